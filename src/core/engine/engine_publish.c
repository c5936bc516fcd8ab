#include "engine_parts.h"

#define LINK_MS 10000
#define LINK_AHEAD_MS 4000 /* how much earlier it goes along with the bank: so they come into step */
#define STATUS_MS (5 * 60 * 1000)

int64_t engine_link_due_ms(const struct engine *e)
{
	return e->link_ms + (e->link_wanted ? ENGINE_TICK_MS : LINK_MS);
}

/* Whether data may leave at all. */
static bool may_publish(const struct engine *e, int64_t now_ms)
{
	return e->first_pass_done && now_ms >= e->quiet_until_ms;
}

/* A key that is not sent any more keeps its value in the driver, and a null is refused by 1.0.11 of it: limits that
 * nobody publishes any more end only with the driver's own time-out. */
void engine_withdraw_limits(struct engine *e, int64_t now_ms)
{
	bool off = !e->settings.limits.publish && e->settings.mqtt.active;

	if (off && !e->limits_off) {
		e->quiet_until_ms = now_ms + ENGINE_QUIET_MS;
		report_quiet(&e->out->log, ENGINE_DRIVER_TIMEOUT_S, ENGINE_QUIET_MS / 1000);
	} else if (!off) {
		e->quiet_until_ms = INT64_MIN;
	}
	e->limits_off = off;
}

bool engine_any_due(const struct engine *e, int64_t now_ms)
{
	bool due = publication_due(&e->bank, now_ms);

	for (int i = 0; i < RACK_MODULES_MAX; i++)
		due |= publication_due(&e->module[i], now_ms);
	return (due && may_publish(e, now_ms)) || now_ms >= engine_link_due_ms(e);
}

static void tell_module(struct engine *e, int number)
{
	struct figures figures;

	if (engine_module_figures(e, number, &figures))
		e->module_figures[number - 1] = figures;
}

/* The bank's document and those of the modules: when one must leave, those whose time is near go along. */
static void publish_data(struct engine *e, int64_t now_ms)
{
	struct engine_actions *out = e->out;

	if (publication_along(&e->bank, now_ms)) {
		out->publish_bank = out->remember = true;
		out->keep_history = history_due(&e->history, now_ms);
		publication_sent(&e->bank, &e->shown, now_ms);
		e->safe_told = e->lost;
	}
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		if (!publication_along(&e->module[i], now_ms))
			continue;
		out->publish_modules |= UINT32_C(1) << i;
		tell_module(e, i + 1);
		publication_sent(&e->module[i], &e->module_shown[i], now_ms);
	}
}

void engine_publish(struct engine *e, int64_t now_ms)
{
	struct engine_actions *out = e->out;
	bool due = engine_any_due(e, now_ms);

	if (out->exit_status == ENGINE_EXIT_CONFIGURATION)
		return;
	if (due && may_publish(e, now_ms))
		publish_data(e, now_ms);
	if (!e->status_known || e->status_online != engine_online(e) || now_ms - e->status_ms >= STATUS_MS) {
		e->status_known = true;
		e->status_online = engine_online(e);
		e->status_ms = now_ms;
		out->publish_status = true;
	}
	if (due && now_ms + LINK_AHEAD_MS >= engine_link_due_ms(e) && now_ms - e->link_ms >= ENGINE_TICK_MS) {
		out->publish_link = true;
		engine_link_told(e);
		e->link_wanted = false;
		e->link_ms = now_ms;
	}
	engine_announce(e, now_ms);
}
