/* The schedule: which command follows which, and what becomes of those that fail.
 *
 * A pass is written as its commands in their order, each with its end: nothing good, `!` damaged,
 * `?` doubted, `-` to be confirmed, `~` late, `x` refused. "pwr" is the table, "pwr1" the module's own. */
#include "check.h"

#include "core/engine/schedule.h"
#include "core/rack/rack_age.h"

struct desk {
	struct settings settings;
	struct rack rack;
	struct schedule schedule;
	int64_t now_ms;
	int64_t step_ms; /* how long a command takes */
};

/* `addresses`: as configured, 0 for auto. */
static void desk_init(struct desk *d, uint32_t addresses)
{
	memset(d, 0, sizeof *d);
	settings_defaults(&d->settings);
	d->settings.battery.addresses = addresses;
	rack_init(&d->rack, &d->settings);
	schedule_init(&d->schedule);
	d->schedule.table_tells = true;
	for (int address = 1; address <= RACK_MODULES_MAX; address++)
		d->schedule.fast[address] = SCHEDULE_FAST_REFUSED;
	d->step_ms = 100;
}

static enum schedule_end end_of(char mark)
{
	switch (mark) {
	case '!':
		return SCHEDULE_DAMAGED;
	case '?':
		return SCHEDULE_DOUBTED;
	case '-':
		return SCHEDULE_UNCONFIRMED;
	case '~':
		return SCHEDULE_LATE;
	case 'x':
		return SCHEDULE_REFUSED;
	default:
		return SCHEDULE_GOOD;
	}
}

/* What the engine does with a good reply. */
static void answer(struct desk *d, struct command command)
{
	struct module *m = &d->rack.module[(command.address + 15) % 16];

	if (command.kind == COMMAND_PWR) {
		if (m->state == MODULE_LOST)
			schedule_module_back(&d->schedule, command.address);
		m->pwr_ms = d->now_ms;
		m->wanted |= d->settings.battery.addresses == 0;
	}
	if (command.kind == COMMAND_BAT) {
		m->bat_ms = d->now_ms;
		m->state = MODULE_ONLINE;
	}
}

static void spell(struct command command, char *out, size_t size)
{
	static const char *const names[COMMAND_KINDS] = {
		[COMMAND_PWR_TABLE] = "pwr", [COMMAND_PWRSYS] = "pwrsys", [COMMAND_INFO] = "info",
		[COMMAND_PWR] = "pwr", [COMMAND_BAT] = "bat", [COMMAND_STAT] = "stat",
		[COMMAND_GETPWR] = "getpwr",
	};

	if (command.address == 0)
		snprintf(out, size, "%s", names[command.kind]);
	else
		snprintf(out, size, "%s%d", names[command.kind], command.address);
}

/* Goes on with the pass: the commands of `script` must come. */
static void play(struct desk *d, const char *legend, const char *script)
{
	const char *at = script;

	while (*at != '\0') {
		size_t length = strcspn(at, " !?-~x");
		char expected[24], actual[24];
		struct command command, again;

		snprintf(expected, sizeof expected, "%.*s", (int)length, at);
		if (!schedule_next(&d->schedule, &d->rack, d->now_ms, &command))
			fail_msg("%s: the pass is over before %s", legend, at);
		assert_true(schedule_next(&d->schedule, &d->rack, d->now_ms, &again));
		assert_memory_equal(&command.address, &again.address, sizeof again.address);
		assert_int_equal(command.kind, again.kind);
		spell(command, actual, sizeof actual);
		if (strcmp(actual, expected) != 0)
			fail_msg("%s: %s, not %s", legend, actual, at);
		d->now_ms += d->step_ms;
		if (end_of(at[length]) == SCHEDULE_GOOD)
			answer(d, command);
		schedule_done(&d->schedule, &d->rack, end_of(at[length]), d->now_ms);
		at += length;
		at += strspn(at, "!?-~x");
		at += strspn(at, " ");
	}
}

/* A whole pass, begun now. `whole`: whether it must count as wholly good. */
static void pass(struct desk *d, const char *legend, const char *script, bool whole)
{
	struct command command;
	char name[24];

	schedule_begin(&d->schedule, &d->settings, &d->rack, d->now_ms);
	play(d, legend, script);
	if (schedule_next(&d->schedule, &d->rack, d->now_ms, &command)) {
		spell(command, name, sizeof name);
		fail_msg("%s: one command too many, %s", legend, name);
	}
	assert_row(legend, 0, d->schedule.whole, whole);
}

#define FIRST_OF_ONE "pwr pwrsys info1 pwr1 bat1"
#define EACH_OF_ONE "pwr pwr1 bat1"

static void test_one_module(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 1);
	pass(&d, "first", FIRST_OF_ONE, true);
	pass(&d, "second: a slow one", "pwr pwr1 bat1 stat1", true);
	for (int i = 0; i < 5; i++)
		pass(&d, "then", EACH_OF_ONE, true);
}

static void test_five_modules(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 0x1f);
	d.step_ms = 10;
	pass(&d, "first",
	     "pwr pwrsys info1 pwr1 bat1 info2 pwr2 bat2 info3 pwr3 bat3 info4 pwr4 bat4 info5 pwr5 bat5", true);
	pass(&d, "second", "pwr pwr1 bat1 stat1 pwr2 bat2 pwr3 bat3 pwr4 bat4 pwr5 bat5", true);
	pass(&d, "third", "pwr pwr1 bat1 pwr2 bat2 stat2 pwr3 bat3 pwr4 bat4 pwr5 bat5", true);
	pass(&d, "fourth", "pwr pwr1 bat1 pwr2 bat2 pwr3 bat3 stat3 pwr4 bat4 pwr5 bat5", true);
	pass(&d, "fifth", "pwr pwr1 bat1 pwr2 bat2 pwr3 bat3 pwr4 bat4 stat4 pwr5 bat5", true);
	pass(&d, "sixth", "pwr pwr1 bat1 pwr2 bat2 pwr3 bat3 pwr4 bat4 pwr5 bat5 stat5", true);
	pass(&d, "then", "pwr pwr1 bat1 pwr2 bat2 pwr3 bat3 pwr4 bat4 pwr5 bat5", true);
}

/* A survey: everything in the first pass, for each module that the table shows. */
static void test_eager(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 3);
	d.schedule.eager = true;
	memset(d.schedule.fast, SCHEDULE_FAST_UNTRIED, sizeof d.schedule.fast);
	pass(&d, "all at once", "pwr pwrsys info1 pwr1 bat1 getpwr1 stat1 info2 pwr2 bat2 getpwr2 stat2", true);
	desk_init(&d, 3);
	d.schedule.eager = true;
	memset(d.schedule.fast, SCHEDULE_FAST_UNTRIED, sizeof d.schedule.fast);
	pass(&d, "who refuses one for a module knows it for none",
	     "pwr pwrsys info1 pwr1 bat1 getpwr1x stat1 info2 pwr2 bat2 stat2", true);
	pass(&d, "and then as ever", "pwr pwr1 bat1 pwr2 bat2", true);
}

static void test_addresses_with_gaps(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 0x8004);
	pass(&d, "gaps", "pwr pwrsys info3 pwr3 bat3 info16 pwr16 bat16", true);
}

/* `pwrsys` every minute, `info` and `stat` every hour, counted from their last good end. */
static void test_intervals(void **state)
{
	static const struct {
		const char *legend;
		int64_t first_ms; /* of a pass that asks what is due before it */
		int64_t begin_ms;
		const char *script;
	} rows[] = {
		{ "pwrsys: a minute less 1 ms", 0, 60099, EACH_OF_ONE },
		{ "pwrsys: a minute", 0, 60100, "pwr pwrsys pwr1 bat1" },
		{ "info: an hour less 1 ms", 0, 3600099, "pwr pwrsys pwr1 bat1" },
		{ "info: an hour", 0, 3600100, "pwr pwrsys info1 pwr1 bat1" },
		{ "stat: an hour less 1 ms", 3600100, 3601599, EACH_OF_ONE },
		{ "stat: an hour", 3600100, 3601600, "pwr pwr1 bat1 stat1" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct desk d;

		desk_init(&d, 1);
		pass(&d, "first", FIRST_OF_ONE, true);                  /* pwrsys at 200 ms, info at 300, */
		d.now_ms += 1000;
		pass(&d, "second", "pwr pwr1 bat1 stat1", true);        /* stat at 1900 */
		if (rows[i].first_ms != 0) {
			d.now_ms = rows[i].first_ms;
			pass(&d, rows[i].legend, "pwr pwrsys info1 pwr1 bat1", true);
		}
		d.now_ms = rows[i].begin_ms;
		pass(&d, rows[i].legend, rows[i].script, true);
	}
}

/* Damaged: three times in all; late: twice; then a required one ends the module's visit. */
static void test_retries(void **state)
{
	static const struct {
		const char *legend, *script;
		bool whole;
	} rows[] = {
		{ "read again, good", "pwr pwrsys info1 pwr1! pwr1 bat1! bat1! bat1 info2 pwr2 bat2", true },
		{ "late, good", "pwr pwrsys info1 pwr1~ pwr1 bat1~ bat1 info2 pwr2 bat2", true },
		{ "required, damaged", "pwr pwrsys info1 pwr1! pwr1! pwr1! info2 pwr2 bat2", false },
		{ "required, late", "pwr pwrsys info1 pwr1~ pwr1~ info2 pwr2 bat2", false },
		{ "late after damaged", "pwr pwrsys info1 pwr1! pwr1~ info2 pwr2 bat2", false },
		{ "damaged after late", "pwr pwrsys info1 pwr1~ pwr1! pwr1! info2 pwr2 bat2", false },
		{ "bat damaged", "pwr pwrsys info1 pwr1 bat1! bat1! bat1! info2 pwr2 bat2", false },
		{ "bat late", "pwr pwrsys info1 pwr1 bat1~ bat1~ info2 pwr2 bat2", false },
		{ "optional, damaged", "pwr! pwr! pwr! pwrsys! pwrsys! pwrsys! info1! info1! info1! pwr1 bat1 info2 pwr2 bat2",
		  false },
		{ "optional, late", "pwr~ pwr~ pwrsys~ pwrsys~ info1~ info1~ pwr1 bat1 info2 pwr2 bat2", false },
		{ "tries are counted anew for each", "pwr! pwr pwrsys info1! info1! info1 pwr1! pwr1! pwr1 bat1! "
		                                     "bat1! bat1 info2 pwr2 bat2", true },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct desk d;

		desk_init(&d, 3);
		d.step_ms = 10;
		pass(&d, rows[i].legend, rows[i].script, rows[i].whole);
	}
}

/* The table is read between the commands of the modules: a second after it was asked for last, later where it
 * is long, never between two tries; one that fails is no failure of the pass. */
static void test_glances(void **state)
{
	static const struct {
		const char *legend;
		int64_t step_ms;
		const char *script;
		bool whole;
	} rows[] = {
		{ "a second less 1 ms", 499, "pwr pwr1 bat1 pwr pwr2 bat2", true },
		{ "a second", 500, "pwr pwr1 pwr bat1 pwr pwr2 pwr bat2", true },
		{ "long: two thirds of the time", 700, "pwr pwr1 pwr bat1 pwr pwr2 pwr bat2", true },
		{ "not between two tries", 600, "pwr pwr1 pwr bat1! bat1! bat1 pwr pwr2 pwr bat2", true },
		{ "damaged: again", 500, "pwr pwr1 pwr! pwr! pwr bat1 pwr pwr2 pwr bat2", true },
		{ "damaged for good: after another second", 500, "pwr pwr1 pwr! pwr! pwr! bat1 pwr pwr2 pwr bat2", true },
		{ "to be confirmed: again", 500, "pwr pwr1 pwr- pwr bat1 pwr pwr2 pwr bat2", true },
		{ "late: not again at once", 500, "pwr pwr1 pwr~ bat1 pwr pwr2 pwr bat2", true },
		{ "three in a row: no more in this pass", 500, "pwr pwr1 pwr~ bat1 pwrx pwr2 pwr! pwr! pwr! bat2", true },
		{ "no table, no glance", 500, "pwrx pwr1 bat1 pwr2 bat2", true },
		{ "a table that failed at the start", 500, "pwr! pwr! pwr! pwr1 bat1 pwr2 bat2", false },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct desk d;

		desk_init(&d, 3);
		for (int address = 1; address <= 2; address++) /* info, stat and pwrsys are not due */
			for (int row = 0; row < SCHEDULE_ROWS_MAX; row++)
				d.schedule.refused[row][address] = row == 2 || row == 6;
		d.schedule.refused[1][0] = true;
		d.schedule.first_ms = -1; /* the first pass has no glances */
		d.step_ms = rows[i].step_ms;
		pass(&d, rows[i].legend, rows[i].script, rows[i].whole);
	}
}

/* The first pass has a bank to show. */
static void test_no_glances_at_first(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 3);
	d.step_ms = 1000;
	pass(&d, "first", "pwr pwrsys info1 pwr1 bat1 info2 pwr2 bat2", true);
	pass(&d, "second", "pwr pwr1 pwr bat1 pwr stat1 pwr pwr2 pwr bat2", true);
}

/* After three failures in a row the start of the next pass decides whether glances are worth it. */
static void test_glances_come_back(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 1);
	pass(&d, "first", FIRST_OF_ONE, true);
	d.step_ms = 500;
	pass(&d, "failing", "pwr pwr1 pwr~ bat1 pwr~ stat1", true);
	pass(&d, "still", "pwr pwr1 pwr! pwr! pwr! bat1", true);
	pass(&d, "good at the start: again", "pwr pwr1 pwr bat1", true);
}

/* At 700 ms each nothing is left between the table and the next one but a command; at 3 s for the table, two. */
static void test_long_table(void **state)
{
	struct desk d;
	struct command command;

	(void)state;
	desk_init(&d, 1);
	d.schedule.first_ms = -1;
	d.schedule.refused[1][0] = true;
	schedule_begin(&d.schedule, &d.settings, &d.rack, 0);
	assert_true(schedule_next(&d.schedule, &d.rack, 0, &command));
	d.now_ms = 3000;
	schedule_done(&d.schedule, &d.rack, SCHEDULE_GOOD, d.now_ms);
	d.step_ms = 1499; /* 4500 ms after the table was asked for */
	play(&d, "long table", "info1");
	d.step_ms = 1;
	play(&d, "long table", "pwr1");
	play(&d, "long table", "pwr bat1");
}

/* What was not good is due again in the next pass. */
static void test_failed_is_due_again(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 1);
	pass(&d, "first", "pwr pwrsys info1~ info1~ pwr1 bat1", false);
	pass(&d, "second", "pwr info1 pwr1 bat1 stat1! stat1! stat1!", false);
	pass(&d, "third", "pwr pwr1 bat1 stat1", true);
}

/* A bat that does not fit the pack's voltage is read again with it, once. */
static void test_doubted(void **state)
{
	static const struct {
		const char *legend, *script;
		bool whole;
	} rows[] = {
		{ "back to pwr", "pwr pwrsys info1 pwr1 bat1? pwr1 bat1", true },
		{ "only once", "pwr pwrsys info1 pwr1 bat1? pwr1 bat1? bat1? bat1?", false },
		{ "to be confirmed: itself again", "pwr pwrsys info1 pwr1- pwr1 bat1- bat1", true },
		{ "never confirmed", "pwr pwrsys info1 pwr1 bat1- bat1- bat1-", false },
		{ "pwr alone", "pwr pwrsys info1 pwr1? pwr1 bat1", true },
		{ "pwr for good", "pwr pwrsys info1 pwr1? pwr1? pwr1?", false },
		{ "damaged first", "pwr pwrsys info1 pwr1 bat1! bat1? pwr1 bat1", true },
		{ "optional", "pwr pwrsys info1? info1 pwr1 bat1", true },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct desk d;

		desk_init(&d, 1);
		pass(&d, rows[i].legend, rows[i].script, rows[i].whole);
		pass(&d, "the next may go back again", "pwr pwr1 bat1? pwr1 bat1 stat1", true);
	}
}

/* An optional command that is refused is not asked again; a required one every time. */
static void test_refused(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 3);
	pass(&d, "first", "pwrx pwrsysx info1x pwr1 bat1 info2 pwr2x", false);
	pass(&d, "second", "pwr1 bat1 stat1x pwr2 bat2 stat2", true);
	pass(&d, "third", "pwr1 bat1 pwr2 bat2x", false);
	pass(&d, "fourth", "pwr1 bat1 pwr2 bat2", true);
	schedule_console_found(&d.schedule);
	pass(&d, "another console", "pwr pwrsys info1 pwr1 bat1 stat1 pwr2 bat2", true);
}

static void test_required(void **state)
{
	static const struct {
		enum command_kind kind;
		bool required;
	} rows[] = {
		{ COMMAND_PWR_TABLE, false }, { COMMAND_PWRSYS, false }, { COMMAND_INFO, false },
		{ COMMAND_PWR, true },        { COMMAND_BAT, true },     { COMMAND_STAT, false },
		{ COMMAND_GETPWR, false },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++)
		assert_row("required", i, schedule_required(rows[i].kind), rows[i].required);
}

/* A lost module gets one command a pass until it answers; then it is asked who it is. */
static void test_lost_module(void **state)
{
	struct desk d;
	struct module *m = &d.rack.module[1];

	(void)state;
	desk_init(&d, 3);
	pass(&d, "first", "pwr pwrsys info1 pwr1 bat1 info2x pwr2 bat2", true);
	pass(&d, "second", "pwr pwr1 bat1 stat1 pwr2 bat2", true);
	pass(&d, "third", "pwr pwr1 bat1 pwr2 bat2 stat2", true);
	m->state = MODULE_LOST;
	pass(&d, "lost: it does not spoil the pass of the others", "pwr pwr1 bat1 pwr2~", true);
	pass(&d, "still", "pwr pwr1 bat1 pwr2~", true);
	pass(&d, "but the other may", "pwr pwr1~ pwr1~ pwr2~", false);
	pass(&d, "something, but damaged", "pwr pwr1 bat1 pwr2! pwr2~", true);
	pass(&d, "half an answer", "pwr pwr1 bat1 pwr2 bat2~", true);
	pass(&d, "it does not stay so", "pwr pwr1 bat1 pwr2 bat2", true);
	assert_int_equal(m->state, MODULE_ONLINE);
	pass(&d, "who is it", "pwr pwr1 bat1 info2 pwr2 bat2", true);
	pass(&d, "as before", "pwr pwr1 bat1 pwr2 bat2", true);
}

/* Its answer counts from the very moment at which the pass began. */
static void test_lost_module_answers_at_once(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 1);
	d.step_ms = 0;
	pass(&d, "first", "pwrx pwrsys info1 pwr1 bat1", true);
	d.rack.module[0].state = MODULE_LOST;
	d.now_ms = 5000;
	pass(&d, "lost", "pwr1 bat1 stat1", true);
}

/* A module that is awaited gets its tries. */
static void test_awaited_module(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 2);
	pass(&d, "awaited", "pwr pwrsys info2~ info2~ pwr2~ pwr2~", false);
	assert_int_equal(rack_end_of_pass(&d.rack), 2);
	pass(&d, "lost", "pwr pwr2~", true);
}

#define SILENT_2_TO_8 " pwr2~ pwr3~ pwr4~ pwr5~ pwr6~ pwr7~ pwr8~"

/* With `addresses = auto` and no table every address is tried: at start, every 10 s for two minutes,
 * then every five minutes. */
static void test_scan(void **state)
{
	static const struct {
		const char *legend;
		int64_t begin_ms;
		const char *script;
	} steps[] = {
		{ "second", 1000, "info1 pwr1 bat1 stat1" },
		{ "too soon", 9999, "pwr1 bat1" },
		{ "10 s", 10000, "pwr1 bat1" SILENT_2_TO_8 },
		{ "too soon", 19999, "pwr1 bat1" },
		{ "20 s", 20000, "pwr1 bat1" SILENT_2_TO_8 },
		{ "just within two minutes", 119999, "pwrsys pwr1 bat1" SILENT_2_TO_8 },
		{ "beyond them", 130000, "pwr1 bat1" },
		{ "five minutes less 1 ms", 419998, "pwrsys pwr1 bat1" },
		{ "five minutes", 419999, "pwr1 bat1" SILENT_2_TO_8 },
		{ "a new one", 719999, "pwrsys pwr1 bat1 pwr2~ pwr3 bat3 stat3 pwr4~ pwr5~ pwr6~ pwr7~ pwr8~" },
		{ "it stays", 720999, "pwr1 bat1 info3 pwr3 bat3" },
	};
	struct desk d;

	(void)state;
	desk_init(&d, 0);
	d.step_ms = 0;
	pass(&d, "at start", "pwrx pwrsys pwr1 bat1" SILENT_2_TO_8, true);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		d.now_ms = steps[i].begin_ms;
		pass(&d, steps[i].legend, steps[i].script, true);
	}
}

/* Beyond the eight that the DIP switches can say only when all eight are there. */
static void test_scan_of_sixteen(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 0);
	for (int i = 0; i < 8; i++) {
		d.rack.module[i].wanted = true;
		d.rack.module[i].state = MODULE_LOST;
	}
	d.rack.module[7].wanted = false;
	pass(&d, "seven", "pwrx pwrsysx pwr1~" SILENT_2_TO_8, true);
	d.rack.module[7].wanted = true;
	d.now_ms = 20000;
	pass(&d, "eight", "pwr1~" SILENT_2_TO_8
	     " pwr9~ pwr10~ pwr11~ pwr12~ pwr13~ pwr14~ pwr15~ pwr16~", true);
}

/* The table shows who is there: nobody else is tried. */
static void test_table_seen(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 0);
	schedule_begin(&d.schedule, &d.settings, &d.rack, 0);
	play(&d, "table damaged", "pwr! pwr");
	assert_true(d.schedule.table_seen);
	d.rack.module[3].wanted = true;
	play(&d, "who the table shows", "pwrsys info4 pwr4 bat4");
	d.now_ms = 600000;
	pass(&d, "later", "pwr pwrsys pwr4 bat4 stat4", true);

	desk_init(&d, 0);
	pass(&d, "no table this time", "pwr~ pwr~ pwrsys pwr1~" SILENT_2_TO_8, false);
	d.now_ms = 10000;
	pass(&d, "nobody", "pwr", true);
}

/* A list is fixed: nobody else is tried, with or without a table. */
static void test_list_is_fixed(void **state)
{
	struct desk d;

	(void)state;
	desk_init(&d, 2);
	pass(&d, "list", "pwrx pwrsys info2 pwr2 bat2", true);
	d.now_ms = 20000;
	pass(&d, "later", "pwr2 bat2 stat2", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_module),
		cmocka_unit_test(test_five_modules),
		cmocka_unit_test(test_eager),
		cmocka_unit_test(test_addresses_with_gaps),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_glances),
		cmocka_unit_test(test_no_glances_at_first),
		cmocka_unit_test(test_glances_come_back),
		cmocka_unit_test(test_long_table),
		cmocka_unit_test(test_failed_is_due_again),
		cmocka_unit_test(test_doubted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_lost_module),
		cmocka_unit_test(test_lost_module_answers_at_once),
		cmocka_unit_test(test_awaited_module),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_scan_of_sixteen),
		cmocka_unit_test(test_table_seen),
		cmocka_unit_test(test_list_is_fixed),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
