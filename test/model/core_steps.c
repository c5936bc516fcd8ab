/* core_steps: drives the limits, alarms and dynamics of the core by lines of text, for the comparison with
 * the independent model (compare.py).
 *
 *   core_steps --settings     prints the settings, keys and constants, and the orders that they must keep
 *   core_steps                reads scenarios from stdin, writes one line for each step
 *
 * A scenario is
 *   new                       every setting has its default
 *   set SECTION KEY VALUE     any number of these
 *   start MODULES CELLS       everything in good order at 3.30 V a cell, 20 C, 50 %, 0 A; nothing else known
 *   step MS LOST FAILED ...   so much later; masks of modules (bit N-1); then what has changed, N.FIELD=VALUE
 *   settle                    the first whole bank after all was lost: DCL is free at once
 *   flush                     what was written goes out
 * A line of output begins with "bank" or "lost", then CVL CCL DCL, charge and discharge blocked, the mode's
 * letter (B bulk, F float, U full charge, X blocked), what is published of the three, voltage, power and SoC, and alarms; for each module that answers its
 * number, the same of its own topic. Anything not understood ends the program with status 2. */
#include "core/output/bank.h"
#include "core/protection/alarms.h"
#include "core/protection/bank_subject.h"
#include "core/protection/dynamics.h"
#include "core/protection/limits.h"
#include "core/rack/rack_age.h"
#include "core/rack/rack_reading.h"
#include "core/settings/settings.h"

#include "members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 65536

struct world {
	struct settings settings;
	struct rack rack;
	struct limits limits;
	struct alarms alarms;
	struct rack_reading reading[RACK_MODULES_MAX];
	int sound, answering; /* sound ones come first */
	struct dynamics dynamics, module_dynamics[RACK_MODULES_MAX];
	struct limits_set shown;
	struct limits_subject last;
	struct figures figures;
	int together;
	int modules, cells;
	uint32_t lost;
	int64_t now_ms, full_ms; /* the last full charge */
};

static struct world w;
static unsigned long line_number;

static _Noreturn void refuse(const char *what, const char *text)
{
	fprintf(stderr, "core_steps: line %lu: %s: %s\n", line_number, what, text);
	exit(2);
}

static int32_t number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0')
		refuse("not a number", text);
	return (int32_t)n;
}

static struct opt optional(const char *text)
{
	return strcmp(text, "-") == 0 ? opt_none() : opt_some(number(text));
}

static enum word word(const char *text)
{
	for (enum word i = 0; i < WORDS; i++)
		if (strcmp(text, reply_word_name(i)) == 0)
			return i;
	refuse("not a state word", text);
}

/* BITS or BITS:NAME,NAME */
static struct reply_events events(char *text)
{
	struct reply_events e = { .known = true };
	char *end, *comma;

	e.bits = (uint32_t)strtoul(text, &end, 16);
	if (*end == '\0')
		return e;
	snprintf(e.names, sizeof e.names, "%s", end + 1);
	while ((comma = strchr(e.names, ',')) != NULL)
		*comma = ' ';
	return e;
}

static struct opt sound(struct opt mv)
{
	return mv.known && rack_sense_failed(&w.settings, mv.value) ? opt_none() : mv;
}

/* LOWEST,HIGHEST cell, LOWEST,HIGHEST temperature, MOSFET, or `-` for no row. */
static void set_row(struct module *m, char *text)
{
	struct opt v[5];
	char *save = NULL;

	m->row_ms = RACK_NEVER;
	m->beyond = (struct rack_beyond){ 0 };
	if (strcmp(text, "-") == 0)
		return;
	for (int i = 0; i < 5; i++) {
		char *part = strtok_r(i == 0 ? text : NULL, ",", &save);

		if (part == NULL)
			refuse("a row has five values", text);
		v[i] = optional(part);
	}
	m->row_ms = w.now_ms;
	m->row = (struct reply_row){ .mos_temp_mc = v[4] };
	m->beyond = (struct rack_beyond){ sound(v[0]), sound(v[1]), v[2], v[3] };
}

static void set_cell(struct module *m, char kind, const char *which, const char *value)
{
	int first = *which == '*' ? 0 : number(which) - 1;
	int last = *which == '*' ? m->bat.cells - 1 : first;

	if (first < 0 || last >= REPLY_CELLS_MAX)
		refuse("no such cell", which);
	for (int i = first; i <= last; i++) {
		if (kind == 'c')
			m->bat.cell[i].mv = optional(value);
		else
			m->bat.cell[i].temp_mc = optional(value);
		m->temps_seen |= (uint32_t)m->bat.cell[i].temp_mc.known << i;
	}
}

static struct opt *option_of(struct module *m, const char *field)
{
	const struct {
		const char *field;
		struct opt *value;
	} table[] = {
		{ "pack", &m->pwr.voltage_mv }, { "current", &m->pwr.current_ma },
		{ "soc", &m->pwr.soc_pct }, { "temp", &m->pwr.temp_mc },
		{ "capacity", &m->pwr.total_mah }, { "max_charge", &m->info.max_charge_ma },
		{ "max_discharge", &m->info.max_discharge_ma },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(field, table[i].field) == 0)
			return table[i].value;
	return NULL;
}

static enum word *word_of(struct module *m, const char *field)
{
	const struct {
		const char *field;
		enum word *value;
	} table[] = {
		{ "base", &m->pwr.base }, { "volt", &m->pwr.volt }, { "current_word", &m->pwr.current },
		{ "temperature_word", &m->pwr.temp }, { "soh", &m->pwr.soh },
		{ "coulomb", &m->pwr.coulomb },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(field, table[i].field) == 0)
			return table[i].value;
	return NULL;
}

static void set_module(struct module *m, const char *field, char *value)
{
	if (option_of(m, field) != NULL)
		*option_of(m, field) = optional(value);
	else if (word_of(m, field) != NULL)
		*word_of(m, field) = word(value);
	else if (strcmp(field, "bat") == 0)
		m->pwr.bat_events = events(value);
	else if (strcmp(field, "power") == 0)
		m->pwr.power_events = events(value);
	else if (strcmp(field, "fault") == 0)
		m->pwr.system_fault = events(value);
	else if (strcmp(field, "row") == 0)
		set_row(m, value);
	else if (strcmp(field, "unknown") == 0)
		snprintf(m->pwr.unknown_word, sizeof m->pwr.unknown_word, "%s", value[0] == '1' ? "Odd" : "");
	else if (field[0] == 'c' || field[0] == 't')
		set_cell(m, field[0], field + 1, value);
	else
		refuse("no such field", field);
}

static void set_wish(const char *field, const char *value)
{
	struct reply_pwrsys *p = &w.rack.pwrsys;
	const struct {
		const char *field;
		struct opt *value;
	} table[] = {
		{ "charge_voltage", &p->charge_mv }, { "charge", &p->charge_ma },
		{ "discharge", &p->discharge_ma }, { "system_charge", &p->system_charge_ma },
		{ "system_discharge", &p->system_discharge_ma },
	};

	w.rack.pwrsys_ms = w.now_ms;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (strcmp(field, table[i].field) == 0) {
			*table[i].value = optional(value);
			return;
		}
	}
	refuse("no such wish", field);
}

/* N.FIELD=VALUE; N 0: a wish of the whole stack. */
static void change(char *text)
{
	char *dot = strchr(text, '.'), *equals = strchr(text, '=');
	int32_t module;

	if (dot == NULL || equals == NULL)
		refuse("not a change", text);
	*dot = *equals = '\0';
	module = number(text);
	if (module < 0 || module > w.modules)
		refuse("no such module", text);
	if (strcmp(dot + 1, "since_full") == 0)
		w.full_ms = w.now_ms - number(equals + 1) * INT64_C(1000);
	else if (module == 0)
		set_wish(dot + 1, equals + 1);
	else
		set_module(&w.rack.module[module - 1], dot + 1, equals + 1);
}

static void start_module(struct module *m)
{
	m->state = MODULE_ONLINE;
	m->info_ms = 0;
	m->pwr.voltage_mv = opt_some(3300 * w.cells);
	m->pwr.current_ma = opt_some(0);
	m->pwr.temp_mc = opt_some(20000);
	m->pwr.soc_pct = opt_some(50);
	m->pwr.base = WORD_IDLE;
	m->pwr.volt = m->pwr.current = m->pwr.temp = WORD_NORMAL;
	m->pwr.bat_events.known = m->pwr.power_events.known = m->pwr.system_fault.known = true;
	m->bat.cells = w.cells;
	set_cell(m, 'c', "*", "3300");
	set_cell(m, 't', "*", "20000");
}

static void start(const char *modules, const char *cells)
{
	struct settings settings = w.settings;
	const char *wrong = member_out_of_order(&settings);

	if (wrong != NULL)
		refuse("not in order", wrong);
	memset(&w, 0, sizeof w);
	w.settings = settings;
	w.modules = number(modules);
	w.cells = number(cells);
	w.settings.battery.addresses = (UINT32_C(1) << w.modules) - 1;
	rack_init(&w.rack, &w.settings);
	limits_init(&w.limits);
	alarms_init(&w.alarms);
	for (int i = 0; i < w.modules; i++)
		start_module(&w.rack.module[i]);
}

static void read_modules(uint32_t lost, uint32_t failed)
{
	w.lost = lost;
	w.sound = w.answering = 0;
	for (int want_failed = 0; want_failed <= 1; want_failed++) {
		for (int i = 0; i < w.modules; i++) {
			struct module *m = &w.rack.module[i];

			m->state = lost >> i & 1 ? MODULE_LOST : MODULE_ONLINE;
			m->failed = m->state == MODULE_ONLINE && (failed >> i & 1);
			if (m->state == MODULE_LOST || m->failed != want_failed)
				continue;
			m->pwr_ms = m->bat_ms = w.now_ms;
			if (m->row_ms != RACK_NEVER)
				m->row_ms = w.now_ms;
			rack_read(&w.rack, m, &w.settings, w.now_ms, &w.reading[w.answering++]);
		}
		if (!want_failed)
			w.sound = w.answering;
	}
}

static void follow(int modules)
{
	dynamics_step(&w.dynamics, &w.settings, w.limits.bank_set.limit, modules, w.now_ms);
	dynamics_show(&w.dynamics, &w.limits.bank_set, &w.shown);
	for (int i = 0; i < w.answering && w.sound > 0; i++) {
		int m = w.reading[i].address - 1;

		dynamics_step(&w.module_dynamics[m], &w.settings, w.limits.module_set[m].limit, 1, w.now_ms);
	}
}

static void judge_bank(void)
{
	int missing = w.modules - w.sound;

	bank_subject(&w.rack, &w.settings, w.reading, w.sound, &w.last);
	w.last.since_full_s = (w.now_ms - w.full_ms) / 1000;
	limits_step(&w.limits, &w.settings, w.reading, w.answering, &w.last, w.now_ms);
	alarms_step(&w.alarms, &w.settings, w.reading, w.answering, w.modules - w.answering, w.modules,
	            w.now_ms);
	if (w.limits.memory.bank.full_charged)
		w.full_ms = w.now_ms;
	w.together = w.sound;
	follow(w.sound);
	bank_figures(&w.rack, &w.settings, w.reading, w.sound, missing, &w.limits, &w.shown, &w.alarms,
	             &w.figures);
}

static void judge_lost(void)
{
	struct figures before = w.figures;

	w.last.modules = w.together;
	w.last.since_full_s = (w.now_ms - w.full_ms) / 1000;
	limits_step_lost(&w.limits, &w.settings, &w.last, w.dynamics.published, w.now_ms);
	follow(w.together);
	w.alarms.bank_set.level[ALARM_BMS_CABLE] = 2;
	bank_lost_figures(&before, &w.settings, &w.shown, &w.alarms.bank_set, w.modules, &w.figures);
}

static void print_opt(struct opt value)
{
	if (value.known)
		printf(" %d", (int)value.value);
	else
		printf(" -");
}

static void print_set(const struct limits_set *set, const struct dynamics *d)
{
	char mode = set->mode[0];

	if (mode == 'B' && set->mode[1] == 'l')
		mode = 'X';
	else if (mode == 'F' && set->mode[1] == 'u')
		mode = 'U';
	printf(" %d %d %d %d%d%c %d %d %d", (int)set->limit[LIMIT_CVL], (int)set->limit[LIMIT_CCL],
	       (int)set->limit[LIMIT_DCL], set->charge_blocked, set->discharge_blocked,
	       mode, (int)d->published[LIMIT_CVL], (int)d->published[LIMIT_CCL], (int)d->published[LIMIT_DCL]);
}

static void print_alarms(const struct alarms_set *set)
{
	putchar(' ');
	for (enum alarm a = 0; a < ALARMS; a++)
		putchar('0' + set->level[a]);
}

static void print_step(void)
{
	fputs(w.sound > 0 ? "bank" : "lost", stdout);
	print_set(&w.limits.bank_set, &w.dynamics);
	print_opt(w.figures.voltage_mv);
	print_opt(w.figures.power_mw);
	print_opt(w.figures.soc_milli);
	if (w.sound > 0)
		print_alarms(&w.alarms.bank_set);
	for (int i = 0; i < w.answering && w.sound > 0; i++) {
		int m = w.reading[i].address - 1;

		printf(" %d", m + 1);
		print_set(&w.limits.module_set[m], &w.module_dynamics[m]);
		print_alarms(&w.alarms.module_set[m]);
	}
	putchar('\n');
}

static void step(char *save)
{
	const char *ms = strtok_r(NULL, " ", &save);
	const char *lost = strtok_r(NULL, " ", &save), *failed = strtok_r(NULL, " ", &save);
	char *token;

	if (failed == NULL)
		refuse("a step has three numbers", "");
	w.now_ms += number(ms);
	while ((token = strtok_r(NULL, " ", &save)) != NULL)
		change(token);
	read_modules((uint32_t)number(lost), (uint32_t)number(failed));
	if (w.sound > 0)
		judge_bank();
	else
		judge_lost();
	print_step();
}

static void settle(void)
{
	dynamics_release(&w.dynamics, LIMIT_DCL, w.limits.bank_set.limit[LIMIT_DCL]);
}

static void set(char *save)
{
	const char *section = strtok_r(NULL, " ", &save), *key = strtok_r(NULL, " ", &save);

	if (key == NULL || !member_set(&w.settings, section, key, save))
		refuse("no such setting, or not in its range", key == NULL ? "" : key);
}

static void take_line(char *line)
{
	char *save = NULL;
	const char *what = strtok_r(line, " ", &save);

	line_number++;
	if (what == NULL)
		return;
	if (strcmp(what, "step") == 0)
		step(save);
	else if (strcmp(what, "settle") == 0)
		settle();
	else if (strcmp(what, "new") == 0)
		settings_defaults(&w.settings);
	else if (strcmp(what, "set") == 0)
		set(save);
	else if (strcmp(what, "flush") == 0)
		fflush(stdout);
	else if (strcmp(what, "start") == 0) {
		const char *modules = strtok_r(NULL, " ", &save);

		start(modules, strtok_r(NULL, " ", &save));
	} else
		refuse("not a command", what);
}

static void print_settings(void)
{
	static const char *const relations[] = { [SETTINGS_BELOW] = "below", [SETTINGS_NOT_ABOVE] = "not_above" };
	static const char *const slopes[] = {
		[MEMBER_RISES] = "rises",
		[MEMBER_FALLS] = "falls",
		[MEMBER_NEVER_RISES] = "never_rises",
	};

	for (int i = 0; i < member_count(); i++) {
		struct settings_row r = member_row(i);
		char value[SETTINGS_TEXT_MAX];

		settings_get(&w.settings, &r, value, sizeof value);
		printf("row\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", r.section, r.key, (int)r.kind, (int)r.least, (int)r.most,
		       r.choices ? r.choices : "", value);
	}
	for (int i = 0; i < member_order_count(); i++) {
		const struct settings_order *o = member_order(i);

		printf("order\t%s\t%s\t%s\n", member_at(o->a).key, relations[o->relation], member_at(o->b).key);
	}
	for (int i = 0; i < MEMBER_COUNT_OF(member_tapers); i++)
		printf("order\t%s\t%s\t\n", member_at(member_tapers[i].offset).key, slopes[member_tapers[i].slope]);
}

int main(int argc, char **argv)
{
	static char line[LINE_MAX_BYTES];

	settings_defaults(&w.settings);
	if (argc == 2 && strcmp(argv[1], "--settings") == 0) {
		print_settings();
		return 0;
	}
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		take_line(line);
	}
	return 0;
}
