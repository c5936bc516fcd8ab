#include "core/engine/report.h"

#include "core/base/text.h"
#include "core/rack/rack_age.h"
#include "core/reply/events.h"

#include <string.h>

#define RULE_GAP_MS 60000
#define THINNED 100

/* A new line. */
static struct text line(struct report_lines *out, enum settings_level level)
{
	struct report_line *l = &out->line[out->count < REPORT_LINES_MAX ? out->count++ : REPORT_LINES_MAX - 1];

	l->level = level;
	return text_in(l->text, sizeof l->text);
}

static void say(struct report_lines *out, enum settings_level level, const char *sentence)
{
	struct text t = line(out, level);

	text_str(&t, sentence);
}

static void put_command(struct text *t, struct command command)
{
	char echo[COMMAND_BYTES_MAX];

	command_echo(command, echo);
	text_str(t, "`");
	text_str(t, echo);
	text_str(t, "`");
}

/* The first of its kind, then one in a hundred; the rest is for level debug. */
static enum settings_level thinned(uint32_t earlier, enum settings_level level)
{
	return earlier % THINNED == 0 ? level : LEVEL_DEBUG;
}

void report_port_opened(struct report_lines *out, struct report_memory *told, const char *port)
{
	struct text t = line(out, told->port[0] != '\0' ? LEVEL_WARNING : LEVEL_INFO);

	text_str(&t, "port ");
	text_str(&t, port);
	text_str(&t, told->port[0] != '\0' ? " is back: looking for the battery's console"
	                                   : " is open: looking for the battery's console");
	told->port[0] = '\0';
}

void report_port_failed(struct report_lines *out, struct report_memory *told, const char *why, bool reading)
{
	struct text t;

	if (strcmp(told->port, why) == 0)
		return;
	text_copy(told->port, sizeof told->port, why);
	t = line(out, reading ? LEVEL_ERROR : LEVEL_WARNING);
	text_str(&t, why);
	text_str(&t, "; trying again until it is there, nothing new is published meanwhile");
}

void report_console_found(struct report_lines *out, struct report_memory *told, const struct session *session)
{
	struct text t = line(out, LEVEL_INFO);

	told->silence = false;
	text_str(&t, "console found at ");
	text_int(&t, session_speed_baud(session));
	text_str(&t, " baud, prompt ");
	text_str(&t, session->framing.prompt);
	text_str(&t, session->woken ? ">, after waking it" : ">, it was awake");
}

void report_console_silent(struct report_lines *out, struct report_memory *told, const struct session *session,
                           bool reading)
{
	struct text t;

	if (told->silence)
		return;
	told->silence = true;
	t = line(out, reading ? LEVEL_ERROR : LEVEL_WARNING);
	if (session->garbage)
		text_str(&t, "bytes came, but no text: a wrong speed, or a TTL cable on an RS232 port. Will keep trying");
	else if (reading)
		text_str(&t, "the console has gone silent and does not wake up: is the battery off, the cable "
		             "pulled? Will keep trying");
	else
		text_str(&t, "no answer from a console, even after waking it: check the cable, that the battery "
		             "is on, and that it is the master module. Will keep trying");
}

void report_giving_up(struct report_lines *out, int failed_polls, bool missing, bool taken)
{
	struct text t = line(out, LEVEL_ERROR);

	text_str(&t, "critical: no reply from any module in ");
	text_int(&t, failed_polls);
	text_str(&t, missing ? " polls, the port is missing: nothing is published any more, the GX drops the battery "
	                       "after its time-out. Plug the adapter in again"
	           : taken ? " polls, because another program holds the port. Ending with status 111 so that the service "
	                     "starts afresh and takes it back"
	                     : " polls: the battery is lost. Ending with status 111 so that the service starts "
	                       "afresh; the GX drops the battery after its time-out");
}

void report_login(struct report_lines *out, bool accepted)
{
	say(out, accepted ? LEVEL_INFO : LEVEL_WARNING,
	    accepted ? "logged in to the console, because it refused to be read without"
	             : "the console refused the login; going on without");
}

void report_refused(struct report_lines *out, struct command command,
                    enum framing_verdict verdict, const struct module *module)
{
	static const char *const reasons[] = {
		[FRAMING_UNKNOWN] = "unknown command",
		[FRAMING_INVALID] = "invalid command or address",
		[FRAMING_FAILED] = "command failed",
		[FRAMING_UNSUPPORTED] = "not in this version",
	};
	bool needed = schedule_required(command.kind);
	bool looking = needed && !module->wanted; /* for modules that may not be there */
	struct text t = line(out, looking   ? LEVEL_DEBUG
	                          : !needed ? LEVEL_INFO
	                                    : thinned(module->denied, LEVEL_WARNING));

	text_str(&t, "the console refuses ");
	put_command(&t, command);
	text_str(&t, " (");
	text_str(&t, reasons[verdict]);
	text_str(&t, needed ? "): no values from this module; is its address right?"
	                    : "): going on without what it tells");
}

void report_fast(struct report_lines *out, struct report_memory *told, int address, enum schedule_fast fast)
{
	uint32_t bit = UINT32_C(1) << (address - 1);
	bool used = (told->fast & bit) != 0;
	struct text t;

	if (fast == SCHEDULE_FAST_UNTRIED || (fast == SCHEDULE_FAST_TRUSTED) == used)
		return;
	told->fast ^= bit;
	t = line(out, LEVEL_INFO);
	text_str(&t, "module ");
	text_int(&t, address);
	text_str(&t, used ? ": `getpwr` fails or differs from `bat` again and again: `bat` is read instead"
	                  : ": `getpwr` tells the same as `bat` and is quicker: used for the cells, compared every minute");
}

void report_unreadable(struct report_lines *out, struct command command,
                       const struct module *module, bool late)
{
	uint32_t earlier = !module ? 1 : late ? module->late : module->damaged;
	struct text t = line(out, thinned(earlier, LEVEL_INFO));

	text_str(&t, "reply to ");
	put_command(&t, command);
	text_str(&t, late ? " did not come in time" : " was damaged on the line");
	text_str(&t, ": not used, read again (");
	text_int(&t, earlier + 1);
	text_str(&t, " so far; 1 in 100 is logged)");
}

void report_noisy(struct report_lines *out)
{
	say(out, LEVEL_INFO, "a reply came damaged: until ten minutes have gone without damage a reply counts when "
	                     "another one agrees with it; if this goes on, look at the cable");
}

void report_fault(struct report_lines *out, struct report_memory *told, struct command command,
                  const struct reply_fault *fault, const struct module *module)
{
	static const char *const results[] = {
		[REPLY_OK] = "unconfirmed",
		[REPLY_DAMAGED] = "damaged",
		[REPLY_OUT_OF_RANGE] = "impossible value",
		[REPLY_WRONG_MODULE] = "another module's",
	};
	struct text t;

	if (fault->result == REPLY_HIGH_VOLTAGE) {
		if (!told->strange)
			say(out, LEVEL_ERROR, "this is a high-voltage battery (Force, SC series): its console is "
			                      "not read, nothing is published. This program is for 48 V stacks");
		told->strange = true;
		return;
	}
	t = line(out, thinned(module ? module->damaged : 1, LEVEL_INFO));
	text_str(&t, "reply to ");
	put_command(&t, command);
	text_str(&t, " not used: ");
	text_str(&t, results[fault->result]);
	if (fault->field[0] != '\0') {
		text_str(&t, ", ");
		text_str(&t, fault->field);
	}
	if (fault->row != 0) {
		text_str(&t, " in line ");
		text_int(&t, fault->row);
	}
	text_str(&t, "; read again");
}

void report_identity(struct report_lines *out, const struct module *module, bool swapped)
{
	struct text t = line(out, LEVEL_INFO);
	const struct reply_info *info = &module->info;

	text_str(&t, "module ");
	text_int(&t, module->address);
	text_str(&t, swapped ? " is another one now: " : " is ");
	text_str(&t, info->name[0] != '\0' ? info->name : "of unknown type");
	text_str(&t, ", firmware ");
	text_str(&t, info->firmware[0] != '\0' ? info->firmware : "unknown");
	text_str(&t, ", barcode ");
	text_str(&t, info->barcode[0] != '\0' ? info->barcode : "unknown");
	if (info->cells.known) {
		text_str(&t, ", ");
		text_int(&t, info->cells.value);
		text_str(&t, " cells");
	}
}

static void put_lost(struct text *t, const struct module *module, int64_t patience_ms, bool frozen)
{
	if (module->pwr_ms == RACK_NEVER) {
		text_str(t, " does not answer: counted as offline; is its address right, its cable in?");
	} else if (frozen) {
		text_str(t, " is counted as lost: it carries current, but its replies stay the same to the byte");
	} else {
		text_str(t, " is lost: no good reply for ");
		text_int(t, patience_ms / 1000);
		text_str(t, " s");
	}
}

void report_module_state(struct report_lines *out, const struct rack *rack,
                         const struct module *module, int64_t patience_ms, bool frozen)
{
	bool well = module->state == MODULE_ONLINE && !module->failed;
	struct text t = line(out, well ? LEVEL_INFO : LEVEL_WARNING);

	text_str(&t, "module ");
	text_int(&t, module->address);
	if (module->state == MODULE_ONLINE)
		text_str(&t, module->failed ? " has failed: it reports a fault and carries no current; it is "
		                              "left out of the bank"
		                            : " is online");
	else
		put_lost(&t, module, patience_ms, frozen);
	if (!well) {
		text_str(&t, "; modules in good order: ");
		text_int(&t, rack_sound(rack));
	}
}

void report_lost(struct report_lines *out, struct report_memory *told, bool lost, const struct limits_set *limits)
{
	struct text t;

	if (told->lost == lost)
		return;
	told->lost = lost;
	t = line(out, lost ? LEVEL_ERROR : LEVEL_WARNING);
	if (!lost) {
		text_str(&t, "the battery is back");
		return;
	}
	text_str(&t, "every module is lost: charge is blocked, discharge is limited to ");
	text_milli(&t, limits->limit[LIMIT_DCL], 1);
	text_str(&t, " A until one answers");
}

void report_unlisted(struct report_lines *out, struct report_memory *told,
                     const struct settings *settings, const struct reply_table *table)
{
	for (int i = 0; i < table->rows && settings->battery.addresses != 0; i++) {
		uint32_t bit = UINT32_C(1) << (table->row[i].address - 1);
		struct text t;

		if (table->row[i].absent || (settings->battery.addresses & bit) || (told->missing & bit))
			continue;
		told->missing |= bit;
		t = line(out, LEVEL_WARNING);
		text_str(&t, "module ");
		text_int(&t, table->row[i].address);
		text_str(&t, " is in the stack, but not in [battery] addresses: it is not read and not counted");
	}
}

void report_quiet(struct report_lines *out, int timeout_s, int quiet_s)
{
	struct text t = line(out, LEVEL_INFO);

	text_str(&t, "[limits] publish = no: the driver forgets the limits after ");
	text_int(&t, timeout_s);
	text_str(&t, " s without data; nothing is published for the battery until then, the values go on in ");
	text_int(&t, quiet_s);
	text_str(&t, " s");
}

void report_cells(struct report_lines *out, int console, int configured)
{
	struct text t = line(out, LEVEL_ERROR);

	text_str(&t, "the console reports ");
	text_int(&t, console);
	text_str(&t, " cells, [battery] num_cells says ");
	text_int(&t, configured);
	text_str(&t, ": nothing is published. Correct num_cells, or write auto");
}

void report_unlike_cells(struct report_lines *out, struct report_memory *told, struct rack_cells cells)
{
	bool unlike = cells.fewest != cells.most;
	struct text t;

	if (told->unlike == unlike)
		return;
	told->unlike = unlike;
	t = line(out, LEVEL_WARNING);
	if (!unlike) {
		text_str(&t, "every module has ");
		text_int(&t, cells.most);
		text_str(&t, " cells now");
		return;
	}
	text_str(&t, "modules of ");
	text_int(&t, cells.fewest);
	text_str(&t, " and of ");
	text_int(&t, cells.most);
	text_str(&t, " cells on one busbar: the charge voltage is the one for ");
	text_int(&t, cells.fewest);
	text_str(&t, " cells, and the others stay far from full. They do not belong together; take one kind out");
}

static void report_event_word(struct report_lines *out, int address, const char *name,
                              enum event_word word, const struct reply_events *before,
                              const struct reply_events *now)
{
	struct text t;

	if (before->bits == now->bits)
		return;
	t = line(out, LEVEL_INFO);
	text_str(&t, "module ");
	text_int(&t, address);
	text_str(&t, ": ");
	text_str(&t, name);
	text_str(&t, " now ");
	text_hex(&t, now->bits);
	if (now->bits != 0) {
		text_str(&t, " (");
		events_describe(word, now->bits, &t);
		text_str(&t, ")");
	}
	if (now->names[0] != '\0') {
		text_str(&t, ", printed as ");
		text_str(&t, now->names);
	}
}

static void report_state_word(struct report_lines *out, int address, const char *name,
                              enum word before, enum word now)
{
	struct text t;

	if (before == now || now == WORD_UNKNOWN || (before == WORD_NONE && now == WORD_NORMAL))
		return;
	t = line(out, LEVEL_INFO);
	text_str(&t, "module ");
	text_int(&t, address);
	text_str(&t, ": ");
	text_str(&t, name);
	text_str(&t, " now ");
	text_str(&t, reply_word_name(now));
}

/* The base word follows the current from minute to minute: only its failure is news. */
static enum word notable(enum word base)
{
	return base == WORD_SYSERROR || base == WORD_UNKNOWN ? base : WORD_NORMAL;
}

void report_events(struct report_lines *out, int address, const struct reply_pwr *before,
                   const struct reply_pwr *now)
{
	static const struct reply_pwr none;
	const struct reply_pwr *old = before ? before : &none;

	report_event_word(out, address, "Bat Events", EVENT_BAT, &old->bat_events, &now->bat_events);
	report_event_word(out, address, "Power Events", EVENT_POWER, &old->power_events,
	                  &now->power_events);
	report_event_word(out, address, "System Fault", EVENT_FAULT, &old->system_fault,
	                  &now->system_fault);
	report_state_word(out, address, "Basic Status", notable(old->base), notable(now->base));
	report_state_word(out, address, "Volt Status", old->volt, now->volt);
	report_state_word(out, address, "Current Status", old->current, now->current);
	report_state_word(out, address, "Tmpr. Status", old->temp, now->temp);
	report_state_word(out, address, "Coul. Status", old->coulomb, now->coulomb);
	report_state_word(out, address, "Soh. Status", old->soh, now->soh);
}

void report_unknown_word(struct report_lines *out, enum command_kind kind, const struct module *module,
                         const char *before, const char *now)
{
	struct command command = { kind, command_has_address(kind) ? module->address : 0 };
	struct text t;

	if (now[0] == '\0' || strcmp(before, now) == 0)
		return;
	t = line(out, LEVEL_WARNING);
	text_str(&t, "module ");
	text_int(&t, module->address);
	text_str(&t, ": the state word `");
	text_str(&t, now);
	text_str(&t, "` in ");
	put_command(&t, command);
	text_str(&t, " is not known: InternalFailure warns while it is there. Please report it to the authors");
}

static void report_rule(struct report_lines *out, const struct limits_set *set,
                        enum limits_kind kind)
{
	static const char *const names[] = {
		[LIMIT_CVL] = "charge voltage limit ",
		[LIMIT_CCL] = "charge current limit ",
		[LIMIT_DCL] = "discharge current limit ",
	};
	struct text t = line(out, LEVEL_INFO);

	text_str(&t, names[kind]);
	text_milli(&t, set->limit[kind], 1);
	text_str(&t, kind == LIMIT_CVL ? " V: " : " A: ");
	limits_describe(&set->reason[kind], &t);
}

void report_limits(struct report_lines *out, struct report_memory *told,
                   const struct limits_set *set, int64_t now_ms)
{
	const bool urgent[LIMIT_KINDS] = {
		[LIMIT_CCL] = told->charge_blocked != set->charge_blocked,
		[LIMIT_DCL] = told->discharge_blocked != set->discharge_blocked,
	};

	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++) {
		const char *rule = set->reason[k].rule;
		bool news = !told->rule[k] || strcmp(told->rule[k], rule) != 0;

		if (!urgent[k] && (!news || (told->rule[k] && now_ms - told->rule_ms[k] < RULE_GAP_MS)))
			continue;
		report_rule(out, set, k);
		told->rule[k] = rule;
		told->rule_ms[k] = now_ms;
	}
	told->charge_blocked = set->charge_blocked;
	told->discharge_blocked = set->discharge_blocked;
}

void report_alarms(struct report_lines *out, struct report_memory *told, const struct alarms_set *now)
{
	static const char *const levels[] = { " is over", ": warning", ": ALARM" };

	for (enum alarm a = 0; a < ALARMS; a++) {
		struct text t;

		if (told->alarms.level[a] == now->level[a])
			continue;
		t = line(out, now->level[a] > told->alarms.level[a] ? LEVEL_WARNING : LEVEL_INFO);
		text_str(&t, "alarm ");
		text_str(&t, alarms_key(a));
		text_str(&t, levels[now->level[a]]);
	}
	told->alarms = *now;
}
