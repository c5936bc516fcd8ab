#include "engine_parts.h"

#include <string.h>

void engine_init(struct engine *e, const struct settings *settings, int64_t now_ms)
{
	memset(e, 0, sizeof *e);
	e->settings = *settings;
	e->start_ms = e->next_pass_ms = now_ms;
	e->link_ms = e->evaluated_ms = e->status_ms = now_ms;
	e->damaged_ms = RACK_NEVER;
	e->quiet_until_ms = INT64_MIN;
	e->partial = true;
	session_init(&e->session, settings->serial.baud);
	rack_init(&e->rack, settings);
	schedule_init(&e->schedule);
	limits_init(&e->limits);
	alarms_init(&e->alarms);
	history_init(&e->history, now_ms);
}

void engine_survey(struct engine *e)
{
	e->schedule.eager = true;
}

void engine_remember(const struct engine *e, struct engine_memory *memory, int64_t now_ms)
{
	memset(memory, 0, sizeof *memory);
	memory->limits = e->limits.memory;
	memory->bank = e->dynamics;
	memcpy(memory->module, e->module_dynamics, sizeof memory->module);
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		memory->seen |= (uint32_t)e->rack.module[i].wanted << i;
		memory->failed |= (uint32_t)e->rack.module[i].failed << i;
	}
	memory->recovering = e->recovering;
	memory->dcl_before_ma = e->dcl_before_ma;
	memory->announced = e->announce.announced;
	memory->history = e->history;
	memory->saved_ms = now_ms;
}

bool engine_recall(struct engine *e, const struct engine_memory *memory, int64_t now_ms)
{
	e->announce.announced = memory->announced; /* whatever its age */
	if (now_ms < memory->saved_ms || now_ms - memory->saved_ms > ENGINE_MEMORY_MAX_MS)
		return false;
	e->limits.memory = memory->limits;
	e->dynamics = memory->bank;
	e->history = memory->history;
	history_pause(&e->history, now_ms);
	e->recovering = memory->recovering;
	e->dcl_before_ma = memory->dcl_before_ma;
	e->limits.memory.bank.full_high = false; /* nobody knows of the time between */
	rack_recall_failed(&e->rack, memory->failed, &e->settings, now_ms);
	memcpy(e->module_dynamics, memory->module, sizeof e->module_dynamics);
	for (int i = 0; i < RACK_MODULES_MAX && e->settings.battery.addresses == 0; i++)
		e->rack.module[i].wanted |= memory->seen >> i & 1;
	return true;
}

/* ---- News of the session ---- */

static void console_ready(struct engine *e)
{
	if (e->console_baud == session_speed_baud(&e->session))
		return;
	e->console_baud = session_speed_baud(&e->session);
	e->link_wanted = true;
	e->login_tried = false;
	schedule_console_found(&e->schedule);
	report_console_found(&e->out->log, &e->told, &e->session);
}

static void console_silent(struct engine *e, int64_t now_ms)
{
	e->console_baud = 0;
	report_console_silent(&e->out->log, &e->told, &e->session, e->passes > 0);
	if (e->in_pass)
		engine_end_pass(e, false, now_ms);
}

static void take_news(struct engine *e, const struct session_news *news, int64_t now_ms)
{
	switch (news->kind) {
	case SESSION_READY:
		console_ready(e);
		break;
	case SESSION_REPLY:
		engine_take_reply(e, news->command, now_ms);
		break;
	case SESSION_DAMAGED:
		report_unreadable(&e->out->log, news->command, engine_module(e, news->command), false);
		engine_ended(e, news->command, SCHEDULE_DAMAGED, now_ms);
		break;
	case SESSION_LATE:
		report_unreadable(&e->out->log, news->command, engine_module(e, news->command), true);
		engine_ended(e, news->command, SCHEDULE_LATE, now_ms);
		break;
	case SESSION_SILENT:
		console_silent(e, now_ms);
		break;
	default: /* SESSION_NOTHING */
		break;
	}
}

/* ---- The door ---- */

static void begin_step(struct engine *e, struct engine_actions *actions)
{
	actions->log.count = actions->orders = 0;
	actions->close_port = actions->open_port = false;
	actions->publish_bank = actions->publish_link = actions->publish_status = false;
	actions->remember = actions->keep_history = false;
	actions->publish_modules = actions->retract = 0;
	actions->announce = ANNOUNCE_NONE;
	actions->exit_status = ENGINE_EXIT_NONE;
	e->out = actions;
}

static void port_gone(struct engine *e, const char *why, bool taken, int64_t now_ms)
{
	e->port_taken = taken;
	session_closed(&e->session);
	e->console_baud = 0;
	report_port_failed(&e->out->log, &e->told, why, e->passes > 0);
	if (e->in_pass)
		engine_end_pass(e, false, now_ms);
}

static void take_bytes(struct engine *e, const struct engine_event *event, int64_t now_ms)
{
	for (size_t taken = 0, some; taken < event->length; taken += some) {
		struct session_news news;

		some = event->length - taken;
		news = session_feed(&e->session, event->bytes + taken, &some, now_ms);
		take_news(e, &news, now_ms);
	}
}

static void take_event(struct engine *e, const struct engine_event *event, int64_t now_ms)
{
	switch (event->kind) {
	case ENGINE_PORT_OPENED:
		e->port_taken = false;
		report_port_opened(&e->out->log, &e->told, e->settings.serial.port);
		session_opened(&e->session, now_ms);
		break;
	case ENGINE_PORT_FAILED:
		port_gone(e, event->text, event->taken, now_ms);
		break;
	case ENGINE_BYTES:
		take_bytes(e, event, now_ms);
		break;
	case ENGINE_BROKER_UP:
		e->status_known = false;
		e->link_wanted = true;
		memset(e->digest, 0, sizeof e->digest);
		if (e->first_pass_done)
			engine_offer(e, true);
		announce_again(&e->announce, now_ms);
		if (!e->settings.homeassistant.discovery)
			e->out->retract = announce_retract(&e->announce);
		break;
	case ENGINE_ANNOUNCE:
		announce_again(&e->announce, now_ms);
		break;
	default: /* ENGINE_TICK */
		break;
	}
}

static void hand_over_orders(struct engine *e)
{
	memcpy(e->out->order, e->session.orders,
	       (size_t)e->session.order_count * sizeof e->session.orders[0]);
	e->out->orders = e->session.order_count;
	e->session.order_count = 0;
}

/* A stack with another number of cells than the owner said is not the one that the limits are for. */
static void check_cells(struct engine *e)
{
	struct rack_cells cells = rack_cells(&e->rack);
	int configured = e->settings.battery.num_cells;

	if (cells.most == 0)
		return;
	if (configured == 0) {
		report_unlike_cells(&e->out->log, &e->told, cells);
	} else if (cells.fewest != configured || cells.most != configured) {
		report_cells(&e->out->log, cells.fewest != configured ? cells.fewest : cells.most, configured);
		e->out->exit_status = ENGINE_EXIT_CONFIGURATION;
	}
}

void engine_step(struct engine *e, int64_t now_ms, const struct engine_event *event,
                 struct engine_actions *actions)
{
	uint32_t good = e->pass_good, changed;
	struct session_news news;

	begin_step(e, actions);
	engine_withdraw_limits(e, now_ms);
	take_event(e, event, now_ms);
	news = session_tick(&e->session, now_ms);
	take_news(e, &news, now_ms);
	changed = rack_age(&e->rack, &e->settings, now_ms);
	engine_report_changes(e, changed, now_ms);
	/* what leaves is as of now, so that ramps are true to the published second */
	if (changed != 0 || e->pass_good != good || now_ms - e->evaluated_ms >= ENGINE_TICK_MS ||
	    engine_any_due(e, now_ms))
		engine_judge(e, now_ms);
	if (!e->in_pass && now_ms >= e->next_pass_ms)
		engine_begin_pass(e, now_ms);
	engine_send_next(e, now_ms);
	check_cells(e);
	engine_publish(e, now_ms);
	hand_over_orders(e);
	e->out = NULL;
}

static bool same_place(const struct settings *a, const struct settings *b)
{
	return strcmp(a->serial.port, b->serial.port) == 0 && a->serial.baud == b->serial.baud &&
	       a->battery.addresses == b->battery.addresses;
}

void engine_configure(struct engine *e, const struct settings *settings, int64_t now_ms,
                      struct engine_actions *actions)
{
	bool same = same_place(&e->settings, settings);

	begin_step(e, actions);
	if (!settings->homeassistant.discovery || !discovery_same_place(&e->settings, settings))
		actions->retract = announce_retract(&e->announce);
	e->settings = *settings;
	engine_withdraw_limits(e, now_ms);
	e->status_known = false;
	if (!same) {
		e->failed_polls = 0;
		session_init(&e->session, settings->serial.baud);
		rack_init(&e->rack, settings);
		schedule_init(&e->schedule);
		e->in_pass = e->first_pass_done = false;
		e->partial = true;
		e->followed = 0;
		memset(e->digest, 0, sizeof e->digest);
		e->console_baud = 0;
		e->next_pass_ms = now_ms;
		actions->close_port = true;
	}
	engine_judge(e, now_ms);
	hand_over_orders(e);
	e->out = NULL;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Whether the limits stay as they are for as long as no reply comes: no ramp climbs, no rule waits for time. */
static bool calm(const struct engine *e)
{
	bool climbing = dynamics_climbing(&e->dynamics, e->limits.bank_set.limit);

	for (int i = 0; i < e->answering; i++) {
		int m = e->reading[i].address - 1;

		climbing |= dynamics_climbing(&e->module_dynamics[m], e->limits.module_set[m].limit);
	}
	return !climbing && !limits_waiting(&e->limits);
}

static int64_t data_deadline(const struct engine *e)
{
	int64_t deadline = publication_deadline(&e->bank);

	for (int i = 0; i < RACK_MODULES_MAX; i++)
		deadline = earlier(deadline, publication_deadline(&e->module[i]));
	return deadline > e->quiet_until_ms ? deadline : e->quiet_until_ms;
}

int64_t engine_deadline(const struct engine *e)
{
	int64_t deadline = earlier(session_deadline(&e->session), rack_deadline(&e->rack, &e->settings));

	if (!e->in_pass)
		deadline = earlier(deadline, e->next_pass_ms);
	if (e->readings > 0 && !calm(e))
		deadline = earlier(deadline, e->evaluated_ms + ENGINE_TICK_MS);
	if (e->first_pass_done)
		deadline = earlier(deadline, data_deadline(e));
	if (engine_announces(e))
		deadline = earlier(deadline, announce_deadline(&e->announce));
	return earlier(deadline, engine_link_due_ms(e));
}

int64_t engine_read_after(const struct engine *e)
{
	return session_read_after(&e->session);
}
