#include "core/engine.h"

#include "core/report.h"

#include <string.h>

#define TICK_MS 1000
#define LINK_MS 10000
#define STATUS_MS (5 * 60 * 1000)

void engine_init(struct engine *e, const struct settings *settings, int64_t now_ms)
{
	memset(e, 0, sizeof *e);
	e->settings = *settings;
	e->start_ms = e->next_pass_ms = now_ms;
	e->link_ms = e->evaluated_ms = e->status_ms = now_ms;
	session_init(&e->session, settings->serial.baud);
	rack_init(&e->rack, settings);
	schedule_init(&e->schedule);
	limits_init(&e->limits);
	alarms_init(&e->alarms);
}

void engine_remember(const struct engine *e, struct engine_memory *memory, int64_t now_ms)
{
	memset(memory, 0, sizeof *memory);
	memory->limits = e->limits.memory;
	memory->bank = e->dynamics;
	memcpy(memory->module, e->module_dynamics, sizeof memory->module);
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		memory->seen |= (uint32_t)e->rack.module[i].wanted << i;
	memory->saved_ms = now_ms;
}

bool engine_recall(struct engine *e, const struct engine_memory *memory, int64_t now_ms)
{
	if (now_ms < memory->saved_ms || now_ms - memory->saved_ms > ENGINE_MEMORY_MAX_MS)
		return false;
	e->limits.memory = memory->limits;
	e->dynamics = memory->bank;
	memcpy(e->module_dynamics, memory->module, sizeof e->module_dynamics);
	for (int i = 0; i < RACK_MODULES_MAX && e->settings.battery.addresses == 0; i++)
		e->rack.module[i].wanted |= memory->seen >> i & 1;
	return true;
}

bool engine_online(const struct engine *e)
{
	return e->first_pass_done && e->readings > 0;
}

static int offline(const struct engine *e)
{
	return rack_count(&e->rack, MODULE_LOST) + e->answering - e->readings;
}

bool engine_bank_figures(const struct engine *e, struct figures *figures)
{
	if (e->lost)
		bank_lost_figures(&e->last_figures, &e->settings, &e->shown, offline(e), figures);
	else if (e->readings > 0)
		bank_figures(&e->rack, &e->settings, e->reading, e->readings, offline(e), &e->limits,
		             &e->shown, &e->alarms, figures);
	return e->lost || e->readings > 0;
}

bool engine_module_figures(const struct engine *e, int address, struct figures *figures)
{
	for (int i = 0; i < e->answering; i++) {
		if (e->reading[i].address != address)
			continue;
		bank_module_figures(&e->rack, &e->settings, &e->reading[i],
		                    &e->module_shown[address - 1],
		                    &e->alarms.module_set[address - 1], figures);
		return true;
	}
	return false;
}

/* ---- Evaluation and publication ---- */

/* Reads the modules online, those in good order first. */
static void read_modules(struct engine *e, int64_t now_ms)
{
	e->readings = e->answering = 0;
	for (int failed = 0; failed <= 1; failed++) {
		for (int i = 0; i < RACK_MODULES_MAX; i++) {
			const struct module *m = &e->rack.module[i];

			if (m->state == MODULE_ONLINE && m->failed == failed)
				rack_read(&e->rack, m, &e->settings, now_ms, &e->reading[e->answering++]);
		}
		if (!failed)
			e->readings = e->answering;
	}
}

/* What is published follows the limits by the dynamics, for the bank and for each module. */
static void follow(struct engine *e, int modules, int64_t now_ms)
{
	dynamics_step(&e->dynamics, &e->settings, e->limits.bank_set.limit, modules, now_ms);
	dynamics_show(&e->dynamics, &e->limits.bank_set, &e->shown);
	for (int i = 0; i < e->answering; i++) {
		int m = e->reading[i].address - 1;

		dynamics_step(&e->module_dynamics[m], &e->settings, e->limits.module_set[m].limit, 1,
		              now_ms);
		dynamics_show(&e->module_dynamics[m], &e->limits.module_set[m], &e->module_shown[m]);
	}
}

static void offer(struct engine *e, bool news)
{
	publication_offer(&e->bank, &e->shown, news);
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		if (e->rack.module[i].state == MODULE_ONLINE && !e->lost)
			publication_offer(&e->module[i], &e->module_shown[i], news);
		else
			publication_close(&e->module[i]);
	}
}

static void judge_bank(struct engine *e, int64_t now_ms)
{
	struct limits_subject *bank = &e->last_subject;
	int lost = rack_count(&e->rack, MODULE_LOST);

	bank_subject(&e->rack, &e->settings, e->reading, e->readings, bank);
	limits_step(&e->limits, &e->settings, e->reading, e->answering, bank, now_ms);
	alarms_step(&e->alarms, &e->settings, e->reading, e->answering, lost, lost + e->answering,
	            now_ms);
	if (!e->first_pass_done)
		return;
	follow(e, e->readings, now_ms);
	e->lost = false;
	engine_bank_figures(e, &e->last_figures);
	e->last_cell_low_mv = e->last_figures.cell_low_mv;
}

/* Every module is lost: charge is blocked, discharge goes on with little, or not at all. */
static void judge_lost_bank(struct engine *e, int64_t now_ms)
{
	e->lost = e->recovering = true;
	e->last_subject.modules = e->modules_together;
	limits_step_lost(&e->limits, &e->settings, &e->last_subject, e->last_cell_low_mv,
	                 e->dynamics.published, now_ms);
	e->alarms.bank_set.level[ALARM_BMS_CABLE] = 2;
	follow(e, e->modules_together, now_ms);
}

/* Works everything out anew from what the rack holds now. */
static void evaluate(struct engine *e, int64_t now_ms)
{
	e->evaluated_ms = now_ms;
	read_modules(e, now_ms);
	if (e->readings > 0)
		judge_bank(e, now_ms);
	else if (e->first_pass_done)
		judge_lost_bank(e, now_ms);
	if (!e->first_pass_done)
		return;
	report_limits(e->out, &e->told, &e->shown, now_ms);
	report_alarms(e->out, &e->told.alarms, &e->alarms.bank_set);
	report_lost(e->out, &e->told.lost, e->lost, &e->shown);
	offer(e, false);
}

/* A stack with another number of cells than the owner said is not the one that the limits are for. */
static void check_cells(struct engine *e)
{
	int cells = rack_cells(&e->rack);

	if (cells == 0 || e->settings.battery.num_cells == 0 || cells == e->settings.battery.num_cells)
		return;
	report_cells(e->out, cells, e->settings.battery.num_cells);
	e->out->exit_status = ENGINE_EXIT_CONFIGURATION;
}

static void report_changes(struct engine *e, uint32_t changed, int64_t now_ms)
{
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		const struct module *m = &e->rack.module[i];

		if (changed >> i & 1)
			report_module_state(e->out, &e->rack, m, rack_patience_ms(&e->rack, &e->settings),
			                    rack_frozen(m, &e->settings.protection, now_ms));
	}
	e->link_wanted |= changed != 0;
}

static void publish(struct engine *e, int64_t now_ms)
{
	struct engine_actions *out = e->out;

	if (publication_due(&e->bank, now_ms) && e->first_pass_done) {
		out->publish_bank = out->remember = true;
		publication_sent(&e->bank, &e->shown, now_ms);
	}
	for (int i = 0; i < RACK_MODULES_MAX && e->first_pass_done; i++) {
		if (!publication_due(&e->module[i], now_ms))
			continue;
		out->publish_modules |= UINT32_C(1) << i;
		publication_sent(&e->module[i], &e->module_shown[i], now_ms);
	}
	if (!e->status_known || e->status_online != engine_online(e) ||
	    now_ms - e->status_ms >= STATUS_MS) {
		e->status_known = true;
		e->status_online = engine_online(e);
		e->status_ms = now_ms;
		out->publish_status = true;
	}
	if (now_ms - e->link_ms >= (e->link_wanted ? TICK_MS : LINK_MS)) {
		out->publish_link = true;
		e->link_wanted = false;
		e->link_ms = now_ms;
	}
}

/* ---- Passes ---- */

static void begin_pass(struct engine *e, int64_t now_ms)
{
	e->in_pass = true;
	e->pass_ms = now_ms;
	e->pass_good = 0;
	schedule_begin(&e->schedule, &e->settings, now_ms);
	if (e->session.state == SESSION_CLOSED)
		e->out->open_port = true;
	else
		session_start(&e->session, now_ms);
}

/* How long after the start of a failed pass the next one starts: ever longer until the first good reply,
 * then steadily, because somebody waits for the battery. */
static int64_t failed_gap_ms(const struct engine *e)
{
	int64_t gap = e->settings.protection.failed_poll_ms;

	if (e->passes > 0)
		return gap;
	for (int i = 1; i < e->failed_polls && gap < e->settings.protection.backoff_max_ms; i++)
		gap *= 2;
	return gap < e->settings.protection.backoff_max_ms ? gap
	                                                   : e->settings.protection.backoff_max_ms;
}

static void pass_failed(struct engine *e)
{
	const struct settings_protection *p = &e->settings.protection;

	e->failed_polls++;
	e->next_pass_ms = e->pass_ms + failed_gap_ms(e);
	if (e->passes > 0 && e->failed_polls >= p->max_failed_polls) {
		report_giving_up(e->out, e->failed_polls);
		e->out->exit_status = ENGINE_EXIT_BATTERY;
	}
}

static void pass_good(struct engine *e, int64_t now_ms)
{
	bool whole = e->schedule.whole && rack_count(&e->rack, MODULE_LOST) == 0;

	e->failed_polls = 0;
	e->passes++;
	e->cycle_ms = (int32_t)(now_ms - e->pass_ms);
	if (whole)
		e->rack.last_good_pass_ms = e->cycle_ms;
	e->next_pass_ms = e->pass_ms + e->settings.serial.reading_freq_ms;
	e->first_pass_done |= rack_sound(&e->rack) > 0;
	report_changes(e, rack_end_of_pass(&e->rack), now_ms);
	evaluate(e, now_ms);
	if (e->readings == 0)
		return;
	e->modules_together = e->readings;
	if (whole && e->recovering) {
		/* the first complete bank after a loss: the lights need not wait for the ramp */
		dynamics_release(&e->dynamics, LIMIT_DCL, e->limits.bank_set.limit[LIMIT_DCL]);
		e->recovering = false;
		evaluate(e, now_ms);
	}
	offer(e, true);
}

static void end_pass(struct engine *e, int64_t now_ms)
{
	e->in_pass = false;
	e->link_wanted = true;
	if (e->pass_good == 0)
		pass_failed(e);
	else
		pass_good(e, now_ms);
}

/* ---- Replies ---- */

static bool take_table(struct engine *e, const char *body, int64_t now_ms,
                       struct reply_fault *fault)
{
	struct reply_table table;

	if (reply_parse_table(body, &table, fault) != REPLY_OK)
		return false;
	report_unlisted(e->out, &e->told.missing, &e->settings, &table);
	rack_take_table(&e->rack, &table, e->settings.battery.addresses == 0, now_ms);
	return true;
}

static bool take_info(struct engine *e, int address, const char *body, int64_t now_ms,
                      struct reply_fault *fault)
{
	struct module *m = &e->rack.module[address - 1];
	struct reply_info info;
	bool known = m->info_ms != RACK_NEVER;
	char before[REPLY_NAME_MAX];

	text_copy(before, sizeof before, m->info.barcode);
	if (reply_parse_info(body, address, &info, fault) != REPLY_OK ||
	    !rack_take_info(&e->rack, address, &info, now_ms, fault))
		return false;
	if (!known || strcmp(before, info.barcode) != 0)
		report_identity(e->out, m, known);
	return true;
}

/* Whether a module that has just taken a reply may act on it; else it must be read again (`before`: the module
 * as it was). */
static bool confirmed(struct engine *e, const struct module *before, const struct module *m,
                      int64_t now_ms, struct reply_fault *fault)
{
	const struct reply_pwrsys *pwrsys = e->rack.pwrsys_ms == RACK_NEVER ? NULL : &e->rack.pwrsys;
	struct confirm *c = &e->confirm[m->address - 1];
	struct rack_reading was, is;

	rack_read(&e->rack, m, &e->settings, now_ms, &is);
	if (!limits_would_block(&e->limits, &e->settings, &is, pwrsys, now_ms)) {
		confirm_drop(c);
		return true;
	}
	rack_read(&e->rack, before, &e->settings, now_ms, &was);
	if (confirm_take(c, &e->settings.protection,
	                 before->pwr_ms != RACK_NEVER && before->bat_ms != RACK_NEVER ? &was : NULL, &is,
	                 now_ms))
		return true;
	*fault = (struct reply_fault){ .result = REPLY_OK };
	text_copy(fault->field, sizeof fault->field, "would block: once more");
	return false;
}

static bool take_pwr(struct engine *e, int address, const char *body, int64_t now_ms,
                     struct reply_fault *fault)
{
	struct module *m = &e->rack.module[address - 1];
	struct module before = *m;
	struct reply_pwr pwr;

	if (reply_parse_pwr(body, address, &pwr, fault) != REPLY_OK ||
	    !rack_take_pwr(&e->rack, address, &pwr, &e->settings, e->session.sent_ms, fault))
		return false;
	if (!confirmed(e, &before, m, now_ms, fault)) {
		*m = before;
		return false;
	}
	rack_note_bytes(m, false, body, now_ms);
	m->wanted |= e->settings.battery.addresses == 0;
	report_events(e->out, address, before.pwr_ms != RACK_NEVER ? &before.pwr : NULL, &pwr);
	return true;
}

static bool take_bat(struct engine *e, int address, const char *body, int64_t now_ms,
                     struct reply_fault *fault)
{
	struct module *m = &e->rack.module[address - 1], before = *m;
	struct reply_bat bat;

	if (reply_parse_bat(body, &bat, fault) != REPLY_OK ||
	    !rack_take_bat(&e->rack, address, &bat, &e->settings, e->session.sent_ms, fault))
		return false;
	if (!confirmed(e, &before, m, now_ms, fault)) {
		*m = before;
		return false;
	}
	rack_note_bytes(m, true, body, now_ms);
	return true;
}

static bool take_stat(struct engine *e, int address, const char *body, int64_t now_ms,
                      struct reply_fault *fault)
{
	struct reply_stat stat;

	if (reply_parse_stat(body, address, &stat, fault) != REPLY_OK)
		return false;
	rack_take_stat(&e->rack, address, &stat, now_ms);
	return true;
}

static bool take_pwrsys(struct engine *e, const char *body, int64_t now_ms,
                        struct reply_fault *fault)
{
	struct reply_pwrsys pwrsys;

	if (reply_parse_pwrsys(body, &pwrsys, fault) != REPLY_OK)
		return false;
	rack_take_pwrsys(&e->rack, &pwrsys, now_ms);
	return true;
}

static bool take(struct engine *e, struct command command, int64_t now_ms,
                 struct reply_fault *fault)
{
	const char *body = e->session.framing.body;

	switch (command.kind) {
	case COMMAND_PWR_TABLE:
		return take_table(e, body, now_ms, fault);
	case COMMAND_PWRSYS:
		return take_pwrsys(e, body, now_ms, fault);
	case COMMAND_INFO:
		return take_info(e, command.address, body, now_ms, fault);
	case COMMAND_PWR:
		return take_pwr(e, command.address, body, now_ms, fault);
	case COMMAND_BAT:
		return take_bat(e, command.address, body, now_ms, fault);
	default:
		return take_stat(e, command.address, body, now_ms, fault);
	}
}

static struct module *module_of(struct engine *e, struct command command)
{
	return command.address != 0 ? &e->rack.module[command.address - 1] : NULL;
}

static void count(struct engine *e, struct command command, enum schedule_end end)
{
	struct module *m = module_of(e, command);

	if (!m)
		return;
	if (end == SCHEDULE_GOOD)
		m->good++;
	else if (end == SCHEDULE_LATE)
		m->late++;
	else if (end == SCHEDULE_REFUSED)
		m->refused++;
	else if (end != SCHEDULE_UNCONFIRMED)
		m->damaged++;
}

static void ended(struct engine *e, struct command command, enum schedule_end end, int64_t now_ms)
{
	struct module *m = module_of(e, command);

	if (command.kind == COMMAND_LOGIN)
		return;
	count(e, command, end);
	if (end == SCHEDULE_GOOD)
		e->pass_good++;
	if (end == SCHEDULE_GOOD && m && m->state == MODULE_LOST && command.kind == COMMAND_PWR)
		schedule_module_back(&e->schedule, command.address);
	if (e->in_pass)
		schedule_done(&e->schedule, &e->rack, end, now_ms);
}

/* A refusal may only mean that this firmware wants a login first. Debug mode also has commands that
 * write, so it is entered only when a module cannot be read without it. */
static bool login_may_help(const struct engine *e, struct command command)
{
	enum framing_verdict verdict = e->session.framing.verdict;

	if (!schedule_required(command.kind) || e->login_tried ||
	    framing_debug_prompt(&e->session.framing))
		return false;
	return verdict == FRAMING_UNKNOWN || verdict == FRAMING_UNSUPPORTED || e->passes == 0;
}

static void take_refusal(struct engine *e, struct command command, int64_t now_ms)
{
	if (login_may_help(e, command)) {
		e->login_due = e->login_tried = true;
		return;
	}
	report_refused(e->out, command, e->session.framing.verdict, module_of(e, command));
	ended(e, command, SCHEDULE_REFUSED, now_ms);
}

/* What does not fit the module's other replies is read again with them; a high-voltage battery's reply
 * would not be another one the second time. */
static enum schedule_end end_of(enum reply_result result)
{
	if (result == REPLY_OK)
		return SCHEDULE_UNCONFIRMED;
	if (result == REPLY_HIGH_VOLTAGE)
		return SCHEDULE_REFUSED;
	return result == REPLY_OUT_OF_RANGE ? SCHEDULE_DOUBTED : SCHEDULE_DAMAGED;
}

static void take_reply(struct engine *e, struct command command, int64_t now_ms)
{
	struct reply_fault fault = { REPLY_OK, "", 0 };

	if (command.kind == COMMAND_LOGIN) {
		if (e->session.framing.verdict == FRAMING_OK)
			schedule_console_found(&e->schedule); /* what was refused before may work now */
		report_login(e->out, e->session.framing.verdict == FRAMING_OK);
	} else if (e->session.framing.verdict != FRAMING_OK) {
		take_refusal(e, command, now_ms);
	} else if (take(e, command, now_ms, &fault)) {
		ended(e, command, SCHEDULE_GOOD, now_ms);
	} else {
		report_fault(e->out, command, &fault, module_of(e, command), &e->told.strange);
		ended(e, command, end_of(fault.result), now_ms);
	}
}

static void console_ready(struct engine *e)
{
	if (!framing_debug_prompt(&e->session.framing))
		e->login_tried = e->login_tried && !e->session.woken;
	if (e->told.console)
		return;
	e->told.console = true;
	e->told.silence = false;
	e->link_wanted = true;
	e->login_tried = false;
	schedule_console_found(&e->schedule);
	report_console_found(e->out, &e->session);
}

static void console_silent(struct engine *e, int64_t now_ms)
{
	e->told.console = false;
	if (!e->told.silence)
		report_console_silent(e->out, &e->session, e->passes > 0);
	e->told.silence = true;
	if (e->in_pass)
		end_pass(e, now_ms);
}

static void take_news(struct engine *e, const struct session_news *news, int64_t now_ms)
{
	switch (news->kind) {
	case SESSION_NOTHING:
		break;
	case SESSION_READY:
		console_ready(e);
		break;
	case SESSION_REPLY:
		take_reply(e, news->command, now_ms);
		break;
	case SESSION_DAMAGED:
		report_unreadable(e->out, news->command, module_of(e, news->command), false);
		ended(e, news->command, SCHEDULE_DAMAGED, now_ms);
		break;
	case SESSION_LATE:
		report_unreadable(e->out, news->command, module_of(e, news->command), true);
		ended(e, news->command, SCHEDULE_LATE, now_ms);
		break;
	case SESSION_SILENT:
		console_silent(e, now_ms);
		break;
	}
}

/* ---- The door ---- */

static void begin_step(struct engine *e, struct engine_actions *actions)
{
	actions->lines = actions->orders = 0;
	actions->close_port = actions->open_port = false;
	actions->publish_bank = actions->publish_link = actions->publish_status = false;
	actions->remember = false;
	actions->publish_modules = 0;
	actions->exit_status = ENGINE_EXIT_NONE;
	e->out = actions;
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
		if (schedule_next(&e->schedule, &e->rack, now_ms, &command))
			session_send(&e->session, command, e->settings.protection.offline_patience_ms, now_ms);
		else
			end_pass(e, now_ms);
	}
}

static void port_gone(struct engine *e, const char *why, int64_t now_ms)
{
	session_closed(&e->session);
	e->told.console = false;
	report_port_failed(e->out, e->told.port, why, e->passes > 0);
	if (e->in_pass)
		end_pass(e, now_ms);
}

static void take_bytes(struct engine *e, const struct engine_event *event, int64_t now_ms)
{
	for (size_t i = 0; i < event->length; i++) {
		struct session_news news = session_feed(&e->session, event->bytes[i], now_ms);

		take_news(e, &news, now_ms);
	}
}

static void take_event(struct engine *e, const struct engine_event *event, int64_t now_ms)
{
	switch (event->kind) {
	case ENGINE_TICK:
		break;
	case ENGINE_PORT_OPENED:
		report_port_opened(e->out, e->told.port, e->settings.serial.port);
		session_opened(&e->session, now_ms);
		break;
	case ENGINE_PORT_FAILED:
		port_gone(e, event->text, now_ms);
		break;
	case ENGINE_BYTES:
		take_bytes(e, event, now_ms);
		break;
	case ENGINE_BROKER_UP:
		e->status_known = false;
		e->link_wanted = true;
		if (e->first_pass_done)
			offer(e, true);
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
	take_event(e, event, now_ms);
	news = session_tick(&e->session, now_ms);
	take_news(e, &news, now_ms);
	changed = rack_age(&e->rack, &e->settings, now_ms);
	report_changes(e, changed, now_ms);
	if (changed != 0 || e->pass_good != good || now_ms - e->evaluated_ms >= TICK_MS)
		evaluate(e, now_ms);
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
	e->settings = *settings;
	e->status_known = false;
	if (!same) {
		session_init(&e->session, settings->serial.baud);
		rack_init(&e->rack, settings);
		schedule_init(&e->schedule);
		e->in_pass = e->first_pass_done = e->told.console = false;
		e->next_pass_ms = now_ms;
		actions->close_port = true;
	}
	evaluate(e, now_ms);
	hand_over_orders(e);
	e->out = NULL;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t engine_deadline(const struct engine *e)
{
	int64_t deadline = earlier(session_deadline(&e->session), rack_deadline(&e->rack, &e->settings));

	if (!e->in_pass)
		deadline = earlier(deadline, e->next_pass_ms);
	if (e->readings > 0)
		deadline = earlier(deadline, e->evaluated_ms + TICK_MS);
	if (e->first_pass_done) {
		deadline = earlier(deadline, publication_deadline(&e->bank));
		for (int i = 0; i < RACK_MODULES_MAX; i++)
			deadline = earlier(deadline, publication_deadline(&e->module[i]));
	}
	return earlier(deadline, e->link_ms + (e->link_wanted ? TICK_MS : LINK_MS));
}
