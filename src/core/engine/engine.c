#include "engine_parts.h"

#include <string.h>

#define TICK_MS 1000
#define LINK_MS 10000
#define LINK_AHEAD_MS 4000 /* how much earlier it goes along with the bank: so they come into step */
#define STATUS_MS (5 * 60 * 1000)

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

/* ---- Publication ---- */

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

static void report_changes(struct engine *e, uint32_t changed, int64_t now_ms)
{
	int64_t patience = rack_silent(&e->rack, &e->settings, now_ms) ? e->settings.protection.max_age_ms
	                                                                : rack_patience_ms(&e->rack, &e->settings);

	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		const struct module *m = &e->rack.module[i];

		if (changed >> i & 1)
			report_module_state(&e->out->log, &e->rack, m, patience,
			                    rack_frozen(m, &e->settings.protection, now_ms));
	}
	e->link_wanted |= changed != 0;
}

static int64_t link_due_ms(const struct engine *e)
{
	return e->link_ms + (e->link_wanted ? TICK_MS : LINK_MS);
}

/* Whether data may leave at all. */
static bool may_publish(const struct engine *e, int64_t now_ms)
{
	return e->first_pass_done && now_ms >= e->quiet_until_ms;
}

/* A key that is not sent any more keeps its value in the driver, and a null is refused by 1.0.11 of it: limits that
 * nobody publishes any more end only with the driver's own time-out. */
static void withdraw_limits(struct engine *e, int64_t now_ms)
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

/* Whether a document must leave now: that of the bank, of a module, of the link. */
static bool any_due(const struct engine *e, int64_t now_ms)
{
	bool due = publication_due(&e->bank, now_ms);

	for (int i = 0; i < RACK_MODULES_MAX; i++)
		due |= publication_due(&e->module[i], now_ms);
	return (due && may_publish(e, now_ms)) || now_ms >= link_due_ms(e);
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

static void publish(struct engine *e, int64_t now_ms)
{
	struct engine_actions *out = e->out;
	bool due = any_due(e, now_ms);

	if (out->exit_status == ENGINE_EXIT_CONFIGURATION)
		return;
	if (due && may_publish(e, now_ms))
		publish_data(e, now_ms);
	if (!e->status_known || e->status_online != engine_online(e) ||
	    now_ms - e->status_ms >= STATUS_MS) {
		e->status_known = true;
		e->status_online = engine_online(e);
		e->status_ms = now_ms;
		out->publish_status = true;
	}
	if (due && now_ms + LINK_AHEAD_MS >= link_due_ms(e) && now_ms - e->link_ms >= TICK_MS) {
		out->publish_link = true;
		engine_link_told(e);
		e->link_wanted = false;
		e->link_ms = now_ms;
	}
	engine_announce(e, now_ms);
}

/* ---- Passes ---- */

static void begin_pass(struct engine *e, int64_t now_ms)
{
	e->in_pass = true;
	e->pass_ms = e->talk_ms = now_ms;
	e->pass_good = 0;
	e->pass_asked = false;
	e->login_tried = e->login_tried && !e->login_again;
	e->login_again = false;
	schedule_begin(&e->schedule, &e->settings, &e->rack, now_ms);
	if (e->session.state == SESSION_CLOSED)
		e->out->open_port = true;
	else
		session_start(&e->session, now_ms);
}

/* How long after the start of a failed pass the next one starts: steadily while somebody waits for a battery that
 * was read before, ever longer before the first good reply or while the port stays missing. */
static int64_t failed_gap_ms(const struct engine *e)
{
	const struct settings_protection *p = &e->settings.protection;
	int steady = e->passes > 0 ? p->max_failed_polls : 1;
	int64_t gap = p->failed_poll_ms;

	for (int i = steady; i < e->failed_polls && gap < p->backoff_max_ms; i++)
		gap *= 2;
	return gap < p->backoff_max_ms ? gap : p->backoff_max_ms;
}

/* So many failed polls after good ones, or with a port that another program holds: the program starts afresh, and the
 * service takes the port back. Without a port that would change nothing: it stays up, and its silence makes the driver
 * drop the battery. */
static void give_up(struct engine *e)
{
	bool missing = e->session.state == SESSION_CLOSED && !e->port_taken;

	if (!missing)
		e->out->exit_status = ENGINE_EXIT_BATTERY;
	if (!missing || !e->withdrawn)
		report_giving_up(&e->out->log, e->failed_polls, missing, e->port_taken);
	e->withdrawn = true;
	publication_close(&e->bank);
}

/* Whoever was told of a bank must have been told its safe limits, and told again (driver.md, "The one-second rule"). */
static bool may_give_up(const struct engine *e)
{
	return !e->first_pass_done || (e->safe_told && !e->bank.repeat);
}

static void pass_failed(struct engine *e)
{
	e->failed_polls++;
	e->next_pass_ms = e->pass_ms + failed_gap_ms(e);
	if ((e->passes > 0 || e->port_taken) && e->failed_polls >= e->settings.protection.max_failed_polls &&
	    may_give_up(e))
		give_up(e);
}

/* After the loss of every module: the lights need not wait for the ramp, the first complete bank lets discharge
 * go at once to what it was. */
static void recover(struct engine *e, bool whole, int64_t now_ms)
{
	int32_t target = e->limits.bank_set.limit[LIMIT_DCL];

	if (e->recovering && whole && e->readings >= e->modules_together) {
		dynamics_release(&e->dynamics, LIMIT_DCL, target < e->dcl_before_ma ? target : e->dcl_before_ma);
		engine_judge(e, now_ms);
	}
	e->recovering &= e->dynamics.published[LIMIT_DCL] < target && e->dynamics.published[LIMIT_DCL] < e->dcl_before_ma;
	if (!e->recovering)
		e->modules_together = e->readings;
}

/* A pass that broke off has not given every module its chance: it shows that somebody answers, no more. */
static void pass_good(struct engine *e, bool to_its_end, int64_t now_ms)
{
	bool whole = to_its_end && e->schedule.whole;

	e->failed_polls = 0;
	e->withdrawn = false;
	e->passes++;
	e->cycle_ms = (int32_t)(now_ms - e->talk_ms);
	if (whole || (to_its_end && e->rack.settling))
		e->rack.last_good_pass_ms = e->cycle_ms;
	e->rack.settling &= !to_its_end;
	e->next_pass_ms = e->pass_ms + e->settings.serial.reading_freq_ms;
	e->first_pass_done |= to_its_end && rack_sound(&e->rack) > 0;
	e->partial &= !(to_its_end && rack_sound(&e->rack) > 0);
	if (to_its_end)
		report_changes(e, rack_end_of_pass(&e->rack), now_ms);
	engine_judge(e, now_ms);
	if (e->readings == 0 || !e->first_pass_done)
		return;
	recover(e, whole, now_ms);
	engine_offer(e, true);
	engine_offer_devices(e);
}

static void end_pass(struct engine *e, bool to_its_end, int64_t now_ms)
{
	e->in_pass = false;
	e->link_wanted |= e->passes == 0 || e->pass_good == 0; /* further good ones are told of in time */
	if (e->pass_good == 0)
		pass_failed(e);
	else
		pass_good(e, to_its_end, now_ms);
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
		end_pass(e, false, now_ms);
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

/* Only a module that is offline, or only looked for, has a patience of its own; 0: the session's. */
static int32_t patience_ms(struct engine *e, struct command command)
{
	const struct module *m = engine_module(e, command);
	bool absent = m && (!m->wanted || m->state == MODULE_LOST);

	return absent ? e->settings.protection.offline_patience_ms : 0;
}

static void send_next(struct engine *e, int64_t now_ms)
{
	struct command command;

	if (e->session.state != SESSION_IDLE)
		return;
	if (e->login_due) {
		e->login_due = false;
		session_send(&e->session, (struct command){ COMMAND_LOGIN, 0 }, 0, now_ms);
	} else if (e->in_pass) {
		if (schedule_next(&e->schedule, &e->rack, now_ms, &command)) {
			e->talk_ms = e->pass_asked ? e->talk_ms : now_ms;
			e->pass_asked = true;
			session_send(&e->session, command, patience_ms(e, command), now_ms);
		} else {
			end_pass(e, true, now_ms);
		}
	}
}

static void port_gone(struct engine *e, const char *why, bool taken, int64_t now_ms)
{
	e->port_taken = taken;
	session_closed(&e->session);
	e->console_baud = 0;
	report_port_failed(&e->out->log, &e->told, why, e->passes > 0);
	if (e->in_pass)
		end_pass(e, false, now_ms);
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

void engine_step(struct engine *e, int64_t now_ms, const struct engine_event *event,
                 struct engine_actions *actions)
{
	uint32_t good = e->pass_good, changed;
	struct session_news news;

	begin_step(e, actions);
	withdraw_limits(e, now_ms);
	take_event(e, event, now_ms);
	news = session_tick(&e->session, now_ms);
	take_news(e, &news, now_ms);
	changed = rack_age(&e->rack, &e->settings, now_ms);
	report_changes(e, changed, now_ms);
	/* what leaves is as of now, so that ramps are true to the published second */
	if (changed != 0 || e->pass_good != good || now_ms - e->evaluated_ms >= TICK_MS || any_due(e, now_ms))
		engine_judge(e, now_ms);
	if (!e->in_pass && now_ms >= e->next_pass_ms)
		begin_pass(e, now_ms);
	send_next(e, now_ms);
	check_cells(e);
	publish(e, now_ms);
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
	withdraw_limits(e, now_ms);
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
		deadline = earlier(deadline, e->evaluated_ms + TICK_MS);
	if (e->first_pass_done)
		deadline = earlier(deadline, data_deadline(e));
	if (engine_announces(e))
		deadline = earlier(deadline, announce_deadline(&e->announce));
	return earlier(deadline, link_due_ms(e));
}

int64_t engine_read_after(const struct engine *e)
{
	return session_read_after(&e->session);
}
