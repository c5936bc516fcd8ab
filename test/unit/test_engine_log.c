/* What the log hears: transitions, not conditions. The log of a GX is on flash. */
#include "bench.h"

#include "core/engine/report.h"

/* A thousand passes in good weather: nothing at all. */
static void test_good_weather_is_silent(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 5);
	bench_run(&b, 20000);
	bench_forget(&b);
	while (b.engine.passes < 1000)
		bench_run_pass(&b);
	assert_int_equal(b.lines + b.debug_lines, 0);
}

/* A thousand passes with a damaged reply in each: one line in a hundred, the rest only for debug; that the line is not
 * to be trusted is told once. */
static void test_damaged_replies_are_thinned(void **state)
{
	static const struct {
		const char *legend;
		enum bench_fault fault;
		enum command_kind kind;
		int most, noisy;
	} rows[] = {
		{ "damaged", BENCH_DAMAGE, COMMAND_BAT, 10, 1 }, { "late", BENCH_MUTE, COMMAND_PWR, 10, 0 },
		{ "cut", BENCH_CUT, COMMAND_BAT, 10, 0 },        { "table", BENCH_DAMAGE, COMMAND_PWR_TABLE, 0, 1 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct bench b;

		bench_init(&b, 1);
		bench_run(&b, 20000);
		bench_run_to_pause(&b);
		bench_forget(&b);
		for (int pass = 0; pass < 1000; pass++) {
			b.trouble = (struct bench_trouble){ rows[i].fault, rows[i].kind, 0, 1 };
			bench_run_pass(&b);
		}
		assert_true(b.online);
		assert_row(rows[i].legend, i, bench_said(&b, "a reply came damaged: until"), rows[i].noisy);
		assert_row(rows[i].legend, i, b.lines, rows[i].most + rows[i].noisy);
		assert_row(rows[i].legend, i, b.debug_lines, 1000 - rows[i].most);
	}
}

/* A required command that is refused pass for pass, beside another module that answers. */
static void test_refusals_are_thinned(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 2);
	b.module[1].there = false;
	b.absent = "Invalid command or fail to excute.";
	bench_run(&b, 30000);
	assert_int_equal(bench_said(&b, "refuses `pwr 2` (invalid command or address)"), 1);
	bench_forget(&b);
	bench_run(&b, 400000);
	assert_int_equal(bench_said(&b, "refuses `pwr 2`"), 2);
}

/* A module that comes and goes is told each time; a value that sways at its threshold is not. */
static void test_transitions(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 30000);
	bench_forget(&b);
	for (int i = 0; i < 3; i++) {
		b.module[1].there = false;
		bench_run(&b, 30000);
		b.module[1].there = true;
		bench_run(&b, 30000);
	}
	assert_int_equal(bench_said(&b, "module 2 is lost"), 3);
	assert_int_equal(bench_said(&b, "module 2 is online"), 3);
	bench_run(&b, 120000);
	bench_forget(&b);
	for (int i = 0; i < 600; i++) {
		b.module[0].temp_mc = i % 2 ? 4900 : 5100;
		bench_run(&b, 2000);
	}
	assert_in_range(bench_said(&b, "charge current limit"), 1, 2);
}

/* A rule that takes turns with another is told at most once a minute a limit. */
static void test_rules_are_thinned(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 10000);
	bench_forget(&b);
	for (int i = 0; i < 300; i++) { /* now the cold is the least, now the deep cell */
		b.module[0].temp_mc = 3000;
		b.module[0].seventh_mv = i % 2 ? 2750 : 3300;
		bench_run(&b, 4000);
	}
	assert_in_range(bench_said(&b, "charge current limit"), 1, 2 * 20 + 1);
}

/* More than a step can hold: the last line is overwritten, nothing grows. */
static void test_too_many_lines(void **state)
{
	static struct report_lines out;
	struct settings settings;
	struct reply_table table = { .rows = 16 };
	static struct report_memory told;
	struct alarms_set now;

	(void)state;
	settings_defaults(&settings);
	settings.battery.addresses = 1;
	for (int i = 0; i < 16; i++)
		table.row[i].address = (uint8_t)(i + 1);
	report_unlisted(&out, &told, &settings, &table);
	assert_int_equal(out.count, 15);
	memset(&now, 2, sizeof now);
	report_alarms(&out, &told, &now);
	assert_int_equal(out.count, REPORT_LINES_MAX);
	assert_string_equal(out.line[REPORT_LINES_MAX - 1].text, "alarm FuseBlown: ALARM");
	assert_string_equal(out.line[14].text, "module 16 is in the stack, but not in [battery] addresses: it is "
	                                       "not read and not counted");
}

/* Why a reply was not used. */
static void test_faults(void **state)
{
	static const struct {
		struct reply_fault fault;
		const char *text;
	} rows[] = {
		{ { REPLY_DAMAGED, "Volt", 3 },
		  "reply to `bat 2` not used: damaged, Volt in line 3; read again" },
		{ { REPLY_OUT_OF_RANGE, "Tempr", 0 },
		  "reply to `bat 2` not used: impossible value, Tempr; read again" },
		{ { REPLY_WRONG_MODULE, "", 0 }, "reply to `bat 2` not used: another module's; read again" },
		{ { REPLY_OK, "", 0 }, "reply to `bat 2` not used: unconfirmed; read again" },
	};
	struct module module = { .address = 2 };

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct report_lines out;
		struct report_memory told = { .strange = false };

		out.count = 0;
		report_fault(&out, &told, (struct command){ COMMAND_BAT, 2 }, &rows[i].fault, &module);
		assert_int_equal(out.count, 1);
		assert_string_equal(out.line[0].text, rows[i].text);
		assert_int_equal(out.line[0].level, LEVEL_INFO);
		report_fault(&out, &told, (struct command){ COMMAND_PWR_TABLE, 0 }, &rows[i].fault, NULL);
		assert_int_equal(out.line[1].level, LEVEL_DEBUG);
	}
}

/* A high-voltage battery is no news the second time. */
static void test_high_voltage(void **state)
{
	static struct report_lines out;
	const struct reply_fault fault = { REPLY_HIGH_VOLTAGE, "BVlow", 1 };
	struct report_memory told = { .strange = false };

	(void)state;
	report_fault(&out, &told, (struct command){ COMMAND_PWR_TABLE, 0 }, &fault, NULL);
	report_fault(&out, &told, (struct command){ COMMAND_PWR_TABLE, 0 }, &fault, NULL);
	assert_true(told.strange);
	assert_int_equal(out.count, 1);
	assert_int_equal(out.line[0].level, LEVEL_ERROR);
}

/* Every refusal has its words; what is not needed is told as such. */
static void test_refusals(void **state)
{
	static const struct {
		enum framing_verdict verdict;
		const char *words;
	} rows[] = {
		{ FRAMING_UNKNOWN, "(unknown command)" },
		{ FRAMING_INVALID, "(invalid command or address)" },
		{ FRAMING_FAILED, "(command failed)" },
		{ FRAMING_UNSUPPORTED, "(not in this version)" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct report_lines out;
		struct module module = { .address = 2, .wanted = true };

		out.count = 0;
		report_refused(&out, (struct command){ COMMAND_PWR, 2 }, rows[i].verdict, &module);
		report_refused(&out, (struct command){ COMMAND_STAT, 2 }, rows[i].verdict, &module);
		assert_non_null(strstr(out.line[0].text, rows[i].words));
		assert_non_null(strstr(out.line[0].text, "no values from this module"));
		assert_int_equal(out.line[0].level, LEVEL_WARNING);
		assert_non_null(strstr(out.line[1].text, "going on without"));
		assert_int_equal(out.line[1].level, LEVEL_INFO);
	}
}

/* Who a module is, as far as it tells. */
static void test_identity(void **state)
{
	static struct report_lines out;
	struct module module = { .address = 3 };

	(void)state;
	report_identity(&out, &module, false);
	assert_string_equal(out.line[0].text,
	                    "module 3 is of unknown type, firmware unknown, barcode unknown");
	strcpy(module.info.name, "US3000C");
	strcpy(module.info.firmware, "B69.1");
	strcpy(module.info.barcode, "PX3");
	module.info.cells = opt_some(15);
	report_identity(&out, &module, true);
	assert_string_equal(out.line[1].text, "module 3 is another one now: US3000C, firmware B69.1, barcode PX3, "
	                                      "15 cells");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_weather_is_silent),
		cmocka_unit_test(test_damaged_replies_are_thinned),
		cmocka_unit_test(test_refusals_are_thinned),
		cmocka_unit_test(test_transitions),
		cmocka_unit_test(test_rules_are_thinned),
		cmocka_unit_test(test_too_many_lines),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_high_voltage),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests_name("engine, log", tests, NULL, NULL);
}
