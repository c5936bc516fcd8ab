#include "engine_parts.h"

#include "core/base/text.h"

#include <string.h>

/* One damaged digit can look like a high-voltage battery: it must be seen so often in a row. */
#define HIGH_VOLTAGE_TIMES 2

static bool not_yet(struct reply_fault *fault, const char *why)
{
	*fault = (struct reply_fault){ .result = REPLY_OK };
	text_copy(fault->field, sizeof fault->field, why);
	return false;
}

static bool noisy(const struct engine *e, int64_t now_ms)
{
	return e->damaged_ms != RACK_NEVER && now_ms - e->damaged_ms < REPEAT_MS;
}

static void damaged(struct engine *e, int64_t now_ms)
{
	if (!noisy(e, now_ms))
		report_noisy(&e->out->log);
	e->damaged_ms = now_ms;
}

/* Whether a reply may be used: on a line that has shown damage not at its first word (told by report_noisy). */
static bool repeated(struct engine *e, int address, enum repeat_kind kind, bool known, const void *accepted,
                     const void *now, int64_t now_ms, struct reply_fault *fault)
{
	bool believed = repeat_take(&e->repeat[address - 1], kind, known ? accepted : NULL, now);

	if (believed || !noisy(e, now_ms))
		return true;
	return not_yet(fault, "");
}

static bool take_info(struct engine *e, int address, const char *body, int64_t now_ms,
                      struct reply_fault *fault)
{
	struct module *m = &e->rack.module[address - 1];
	struct reply_info info;
	bool known = m->info_ms != RACK_NEVER;
	char before[REPLY_NAME_MAX], firmware[REPLY_NAME_MAX];

	text_copy(before, sizeof before, m->info.barcode);
	text_copy(firmware, sizeof firmware, m->info.firmware);
	if (reply_parse_info(body, address, &info, fault) != REPLY_OK ||
	    !repeated(e, address, REPEAT_INFO, known, &m->info, &info, now_ms, fault) ||
	    !rack_take_info(&e->rack, address, &info, now_ms, fault))
		return false;
	if (known && strcmp(firmware, m->info.firmware) != 0)
		schedule_firmware_changed(&e->schedule, address);
	if (known && strcmp(before, m->info.barcode) == 0)
		return true;
	report_identity(&e->out->log, m, before[0] != '\0');
	if (before[0] != '\0')
		schedule_module_swapped(&e->schedule, address);
	return true;
}

/* Whether a module that has just taken a reply may act on it; else it must be read again (`before`: the module
 * as it was). */
static bool confirmed(struct engine *e, const struct module *before, const struct module *m,
                      int64_t now_ms, struct reply_fault *fault)
{
	struct module then = *before;
	const struct reply_pwrsys *pwrsys = e->rack.pwrsys_ms == RACK_NEVER ? NULL : &e->rack.pwrsys;
	bool known = before->pwr_ms != RACK_NEVER && before->bat_ms != RACK_NEVER;
	struct confirm *c = &e->confirm[m->address - 1];
	struct rack_reading was, is;

	rack_level_beyond(&then, m, &e->settings);
	rack_read(&e->rack, m, &e->settings, now_ms, &is);
	rack_read(&e->rack, &then, &e->settings, now_ms, &was);
	if (!(known && rack_jumped(&was, &is, &e->settings.protection)) &&
	    !limits_would_block(&e->limits, &e->settings, &is, pwrsys, now_ms)) {
		confirm_drop(c);
		return true;
	}
	if (confirm_take(c, &e->settings.protection, known ? &was : NULL, &is, e->session.sent_ms, now_ms))
		return true;
	return not_yet(fault, "would block or jumps: once more");
}

static bool tells_extremes(const struct reply_table *table)
{
	for (int i = 0; i < table->rows; i++) {
		const struct reply_row *row = &table->row[i];
		struct opt low = opt_min(row->cell_low_mv, row->temp_low_mc);

		if (opt_max(low, opt_max(row->cell_high_mv, row->temp_high_mc)).known)
			return true;
	}
	return false;
}

/* One row at a time, so that a damaged digit in one holds back that one: the table must be read again then. */
static bool take_table(struct engine *e, const char *body, int64_t now_ms,
                       struct reply_fault *fault)
{
	struct reply_table table;
	bool sure = true;

	if (reply_parse_table(body, &table, fault) != REPLY_OK)
		return false;
	report_unlisted(&e->out->log, &e->told, &e->settings, &table);
	e->schedule.table_tells |= tells_extremes(&table);
	for (int i = 0; i < table.rows; i++) {
		struct reply_table one = { .rows = 1, .row = { table.row[i] } };
		struct module *m = &e->rack.module[table.row[i].address - 1], before = *m;

		if (!table.row[i].absent && !repeated(e, m->address, REPEAT_ROW, m->row_ms != RACK_NEVER, &m->row,
		                                      &table.row[i], now_ms, fault)) {
			sure = false;
			continue;
		}
		rack_take_table(&e->rack, &one, &e->settings, e->session.sent_ms);
		if (m->state == MODULE_ONLINE && !confirmed(e, &before, m, now_ms, fault)) {
			*m = before;
			sure = false;
			continue;
		}
		report_unknown_word(&e->out->log, COMMAND_PWR_TABLE, m, before.row.unknown_word, m->row.unknown_word);
	}
	return sure;
}

static bool take_pwr(struct engine *e, int address, const char *body, int64_t now_ms,
                     struct reply_fault *fault)
{
	struct module *m = &e->rack.module[address - 1];
	struct module before = *m;
	struct reply_pwr pwr;

	if (reply_parse_pwr(body, address, &pwr, fault) != REPLY_OK ||
	    !repeated(e, address, REPEAT_PWR, m->pwr_ms != RACK_NEVER, &m->pwr, &pwr, now_ms, fault) ||
	    !rack_take_pwr(&e->rack, address, &pwr, &e->settings, e->session.sent_ms, fault))
		return false;
	if (!confirmed(e, &before, m, now_ms, fault)) {
		*m = before;
		return false;
	}
	rack_note_bytes(m, RACK_PWR, body, now_ms);
	m->wanted |= e->settings.battery.addresses == 0;
	report_events(&e->out->log, address, before.pwr_ms != RACK_NEVER ? &before.pwr : NULL, &pwr);
	report_unknown_word(&e->out->log, COMMAND_PWR, m, before.pwr.unknown_word, pwr.unknown_word);
	return true;
}

static bool take_bat(struct engine *e, int address, const char *body, int64_t now_ms,
                     struct reply_fault *fault)
{
	struct module *m = &e->rack.module[address - 1], before = *m;
	struct reply_bat bat;

	if (reply_parse_bat(body, &bat, fault) != REPLY_OK ||
	    !repeated(e, address, REPEAT_BAT, m->bat_ms != RACK_NEVER, &m->bat, &bat, now_ms, fault) ||
	    !rack_take_bat(&e->rack, address, &bat, &e->settings, e->session.sent_ms, fault))
		return false;
	if (!confirmed(e, &before, m, now_ms, fault)) {
		*m = before;
		return false;
	}
	rack_note_bytes(m, RACK_BAT, body, now_ms);
	report_unknown_word(&e->out->log, COMMAND_BAT, m, before.bat.unknown_word, bat.unknown_word);
	return true;
}

/* `getpwr` is believed only while it tells what a `bat` of the moment before has told. */
static bool take_getpwr(struct engine *e, int address, const char *body, int64_t now_ms,
                        struct reply_fault *fault)
{
	struct module *m = &e->rack.module[address - 1], before = *m;
	struct reply_getpwr getpwr;

	if (reply_parse_getpwr(body, &getpwr, fault) != REPLY_OK ||
	    !repeated(e, address, REPEAT_GETPWR, false, NULL, &getpwr, now_ms, fault))
		return false;
	if (schedule_fast_on_trial(&e->schedule, address)) {
		schedule_fast_compared(&e->schedule, address, rack_getpwr_agrees(m, &getpwr));
		return true;
	}
	if (!rack_take_getpwr(&e->rack, address, &getpwr, &e->settings, e->session.sent_ms, fault))
		return false;
	if (!confirmed(e, &before, m, now_ms, fault)) {
		*m = before;
		return false;
	}
	rack_note_bytes(m, RACK_GETPWR, body, now_ms);
	report_unknown_word(&e->out->log, COMMAND_GETPWR, m, before.bat.unknown_word, getpwr.bat.unknown_word);
	return true;
}

static bool take_stat(struct engine *e, int address, const char *body, int64_t now_ms,
                      struct reply_fault *fault)
{
	const struct module *m = &e->rack.module[address - 1];
	struct reply_stat stat;

	if (reply_parse_stat(body, address, &stat, fault) != REPLY_OK ||
	    !repeated(e, address, REPEAT_STAT, m->stat_ms != RACK_NEVER, &m->stat, &stat, now_ms, fault))
		return false;
	rack_take_stat(&e->rack, address, &stat, now_ms);
	return true;
}

static bool take_pwrsys(struct engine *e, const char *body, int64_t now_ms,
                        struct reply_fault *fault)
{
	struct reply_pwrsys pwrsys;

	if (reply_parse_pwrsys(body, &pwrsys, fault) != REPLY_OK ||
	    !repeated(e, 1, REPEAT_PWRSYS, e->rack.pwrsys_ms != RACK_NEVER, &e->rack.pwrsys, &pwrsys, now_ms, fault))
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
	case COMMAND_GETPWR:
		return take_getpwr(e, command.address, body, now_ms, fault);
	default:
		return take_stat(e, command.address, body, now_ms, fault);
	}
}

struct module *engine_module(struct engine *e, struct command command)
{
	return command.address != 0 ? &e->rack.module[command.address - 1] : NULL;
}

static void count(struct engine *e, struct command command, enum schedule_end end)
{
	struct module *m = engine_module(e, command);

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
	m->denied += end == SCHEDULE_REFUSED && schedule_required(command.kind);
}

void engine_ended(struct engine *e, struct command command, enum schedule_end end, int64_t now_ms)
{
	struct module *m = engine_module(e, command);

	if (command.kind == COMMAND_LOGIN) {
		e->login_again = true;
		return;
	}
	count(e, command, end);
	e->link_wanted |= end == SCHEDULE_DAMAGED || end == SCHEDULE_LATE;
	if (end == SCHEDULE_DAMAGED)
		damaged(e, now_ms);
	if (end == SCHEDULE_GOOD && command.kind != COMMAND_PWRSYS)
		e->pass_good++; /* wishes alone are no sign of a battery that can be read */
	if (end == SCHEDULE_GOOD && m && m->state == MODULE_LOST && command.kind == COMMAND_PWR)
		schedule_module_back(&e->schedule, command.address);
	schedule_done(&e->schedule, &e->rack, end, now_ms);
	if (command.kind == COMMAND_GETPWR && end != SCHEDULE_REFUSED)
		report_fast(&e->out->log, &e->told, command.address, e->schedule.fast[command.address]);
}

/* Whether any module could ever be read: then one that is refused is not there rather. */
static bool anyone_read(const struct engine *e)
{
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		if (e->rack.module[i].pwr_ms != RACK_NEVER)
			return true;
	return false;
}

/* A refusal may only mean that this firmware wants a login first. Debug mode also has commands that
 * write, so it is entered only when a module cannot be read without it. */
static bool login_may_help(const struct engine *e, struct command command)
{
	enum framing_verdict verdict = e->session.framing.verdict;

	if (!schedule_required(command.kind) || e->login_tried ||
	    framing_debug_prompt(&e->session.framing))
		return false;
	return verdict == FRAMING_UNKNOWN || verdict == FRAMING_UNSUPPORTED || !anyone_read(e);
}

static void take_refusal(struct engine *e, struct command command, int64_t now_ms)
{
	if (login_may_help(e, command)) {
		e->login_due = e->login_tried = true;
		return;
	}
	report_refused(&e->out->log, command, e->session.framing.verdict, engine_module(e, command));
	engine_ended(e, command, SCHEDULE_REFUSED, now_ms);
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

void engine_take_reply(struct engine *e, struct command command, int64_t now_ms)
{
	struct reply_fault fault = { REPLY_OK, "", 0 };

	if (command.kind == COMMAND_LOGIN) {
		e->login_again = e->session.framing.verdict == FRAMING_OK; /* the console may fall back */
		if (e->login_again)
			schedule_console_found(&e->schedule); /* what was refused before may work now */
		report_login(&e->out->log, e->session.framing.verdict == FRAMING_OK);
	} else if (e->session.framing.verdict != FRAMING_OK) {
		take_refusal(e, command, now_ms);
	} else if (take(e, command, now_ms, &fault)) {
		e->high_voltage = 0;
		engine_ended(e, command, SCHEDULE_GOOD, now_ms);
	} else if (fault.result == REPLY_HIGH_VOLTAGE && ++e->high_voltage < HIGH_VOLTAGE_TIMES) {
		engine_ended(e, command, SCHEDULE_DAMAGED, now_ms);
	} else {
		e->high_voltage_seen |= fault.result == REPLY_HIGH_VOLTAGE;
		if (fault.result != REPLY_OK || fault.field[0] != '\0')
			report_fault(&e->out->log, &e->told, command, &fault, engine_module(e, command));
		engine_ended(e, command, end_of(fault.result), now_ms);
	}
}
