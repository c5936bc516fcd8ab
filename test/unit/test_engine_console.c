/* The engine and what the console is like: login, strange batteries, the number of cells, a new configuration, and
 * single damaged characters where they could do lasting harm. */
#include "bench.h"

static int count_of(const struct bench *b, const char *command)
{
	int count = 0;

	for (const char *at = b->trace; (at = strstr(at, command)) != NULL; at++)
		count++;
	return count;
}

/* A console that can be read is never logged in to, whatever it refuses beside it. */
static void test_no_login_without_need(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 2);
	b.no_pwrsys = b.no_stat = b.no_table = true;
	bench_run(&b, 60000);
	assert_true(b.online);
	b.absent = "Invalid command or fail to excute.";
	b.module[1].there = false;
	bench_run(&b, 60000);
	assert_true(b.online);
	assert_int_equal(count_of(&b, "login"), 0);
}

/* Refused until logged in: once, and then what was refused before is asked again. */
static void test_login_when_refused(void **state)
{
	static struct bench b;
	struct figures f;

	(void)state;
	bench_init(&b, 2);
	b.wants_login = true;
	bench_run_pass(&b);
	assert_string_equal(b.trace, "pwr pwrsys info1 pwr1 login pwr pwrsys info1 pwr1 bat1 info2 pwr2 bat2");
	assert_int_equal(bench_said(&b, "logged in to the console, because it refused"), 1);
	bench_run(&b, 60000);
	assert_int_equal(count_of(&b, "login"), 1);
	assert_non_null(strstr(b.trace, "pwr1 bat1 getpwr1 stat1")); /* what was refused is asked now */
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_int_equal(f.cycles.value, 211);
	b.asleep = true; /* the battery was off: it comes back in user mode */
	b.logged_in = false;
	bench_forget(&b);
	bench_run(&b, 30000);
	assert_true(b.online);
	assert_int_equal(count_of(&b, "login"), 1);
}

/* A console that falls back to user mode by itself is logged in again; one that does so all the time, once a pass. */
static void test_login_again(void **state)
{
	static struct bench b;
	uint32_t passes;

	(void)state;
	bench_init(&b, 1);
	b.wants_login = true;
	bench_run(&b, 20000);
	b.logged_in = false;
	bench_forget(&b);
	bench_run(&b, 20000);
	assert_true(b.online);
	assert_int_equal(count_of(&b, "login"), 1);
	bench_forget(&b);
	passes = b.engine.passes + (uint32_t)b.engine.failed_polls;
	for (int i = 0; i < 20; i++) {
		b.logged_in = false;
		bench_run(&b, 100);
	}
	assert_true((uint32_t)count_of(&b, "login") <=
	            b.engine.passes + (uint32_t)b.engine.failed_polls - passes + 1);
}

/* However the refusal is worded, it may mean that. */
static void test_login_wordings(void **state)
{
	static const char *const words[] = {
		"Unknown command 'x' - try 'help'", "Invalid command or fail to excute.",
		"Command completed unccessfully", "This version do not support this command!",
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(words); i++) {
		static struct bench b;

		bench_init(&b, 1);
		b.wants_login = true;
		b.shy = words[i];
		bench_run(&b, 10000);
		assert_row(words[i], i, count_of(&b, "login"), 1);
		assert_row(words[i], i, b.online, true);
	}
}

/* The login itself is refused: told once, not tried again and again, nothing published. */
static void test_login_refused(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	b.wants_login = b.login_fails = true;
	bench_run(&b, 600000);
	assert_int_equal(count_of(&b, "login"), 1);
	assert_int_equal(bench_said(&b, "the console refused the login; going on without"), 1);
	assert_int_equal(bench_said(&b, "refuses `pwr 1` (unknown command): no values from this module"), 1);
	assert_false(b.online);
	assert_int_equal(b.banks, 0);
	assert_int_equal(b.exit_status, ENGINE_EXIT_NONE);
}

/* A login whose reply was lost or damaged is no refusal: it must not end all hope. */
static void test_login_lost(void **state)
{
	static const enum bench_fault faults[] = { BENCH_MUTE, BENCH_REFUSE, BENCH_CUT };

	(void)state;
	for (int i = 0; i < COUNT_OF(faults); i++) {
		static struct bench b;

		bench_init(&b, 1);
		b.wants_login = true;
		b.trouble = (struct bench_trouble){ faults[i], COMMAND_LOGIN, 0, 1 };
		bench_run_until_sent(&b, "login");
		b.logged_in = false; /* it did not reach the console */
		bench_run(&b, 300000);
		if (faults[i] != BENCH_REFUSE)
			assert_row("online after a lost login", i, b.online, true);
	}
}

/* Refused addresses without a module are no need while the module that is there can be read. */
static void test_no_login_for_absent_modules(void **state)
{
	static struct bench b;

	(void)state;
	bench_settings(&b, 0);
	b.module[0].there = true;
	b.no_table = true;
	b.absent = "Invalid command or fail to excute.";
	bench_start(&b);
	bench_run(&b, 60000);
	assert_true(b.online);
	assert_int_equal(count_of(&b, "login"), 0);
	assert_int_equal(bench_said(&b, "refuses `pwr 2`"), 0); /* it only looked whether there is one */
}

/* A high-voltage battery is told once and never published; the program stays. */
static void test_high_voltage(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	b.high_voltage = b.no_pwrsys = true;
	b.module[0].there = false;
	bench_run(&b, 3600000);
	assert_int_equal(bench_said(&b, "this is a high-voltage battery"), 1);
	assert_int_equal(b.exit_status, ENGINE_EXIT_NONE);
	assert_false(b.online);
	assert_int_equal(b.banks, 0);
}

/* num_cells must agree with every module, or it ends as a configuration fault before anything is out. */
static void test_number_of_cells(void **state)
{
	static const struct {
		int console[2], configured;
		bool agrees;
	} rows[] = {
		{ { 15, 15 }, 15, true }, { { 15, 15 }, 0, true }, { { 16, 16 }, 15, false }, { { 15, 15 }, 16, false },
		{ { 16, 16 }, 16, true }, { { 15, 16 }, 15, false }, { { 15, 16 }, 16, false }, { { 15, 16 }, 0, true },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct bench b;

		bench_settings(&b, 3);
		b.settings.battery.num_cells = rows[i].configured;
		for (int m = 0; m < 2; m++)
			b.module[m].cells = b.module[m].info_cells = rows[i].console[m];
		bench_start(&b);
		bench_run(&b, 30000);
		assert_row("exit", i, b.exit_status,
		           rows[i].agrees ? ENGINE_EXIT_NONE : ENGINE_EXIT_CONFIGURATION);
		assert_row("published", i, b.banks > 0, rows[i].agrees);
		assert_row("told", i, bench_said(&b, "[battery] num_cells says"), !rows[i].agrees);
	}
}

/* Modules of 15 and of 16 cells in one stack: told once, and once when it is over. */
static void test_unlike_cells(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 2);
	b.module[1].cells = b.module[1].info_cells = 16;
	bench_run(&b, 120000);
	assert_int_equal(bench_said(&b, "modules of 15 and of 16 cells on one busbar: the charge voltage is the one for "
	                                "15 cells, and the others stay far from full. They do not belong together; "
	                                "take one kind out"), 1);
	assert_true(b.online);
	assert_int_equal(b.engine.shown.limit[LIMIT_CVL], 52500);
	b.module[1].cells = b.module[1].info_cells = 15;
	bench_run(&b, 120000);
	assert_int_equal(bench_said(&b, "every module has 15 cells now"), 1);
	assert_int_equal(bench_said(&b, "on one busbar"), 1);
}

/* One damaged digit in the number of cells must neither end the program nor lose the module for good. */
static void test_damaged_number_of_cells(void **state)
{
	(void)state;
	for (int configured = 0; configured <= 15; configured += 15) {
		static struct bench b;

		bench_settings(&b, 2);
		b.settings.battery.num_cells = configured;
		bench_start(&b);
		b.module[1].info_cells = 16;
		bench_run_until_sent(&b, "info2");
		b.module[1].info_cells = 15;
		bench_run(&b, 120000);
		assert_row("exit", configured, b.exit_status, ENGINE_EXIT_NONE);
		assert_row("online", configured, b.online, true);
	}
}

/* A pass that breaks off has not given every module its chance: nothing may be published, nobody counts as
 * lost. */
static void test_first_pass_breaks_off(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 3);
	bench_run_until_sent(&b, "info2");
	bench_unplug(&b);
	assert_int_equal(b.banks, 0);
	assert_false(b.online);
	assert_int_equal(rack_count(&b.engine.rack, MODULE_LOST), 0);
	b.no_port = false;
	bench_run(&b, 20000);
	assert_true(b.online);
	assert_int_equal(rack_count(&b.engine.rack, MODULE_ONLINE), 3);
}

/* The patience follows the last wholly good pass: one in which the console fell silent is none. */
static void test_patience_after_silence(void **state)
{
	static struct bench b;
	int32_t good_ms;

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 20000);
	bench_run_to_pause(&b);
	good_ms = b.engine.rack.last_good_pass_ms;
	bench_run_until_sent(&b, "bat1");
	b.dead = true;
	bench_run_to_pause(&b);
	assert_int_equal(b.engine.rack.last_good_pass_ms, good_ms);
	assert_true(rack_patience_ms(&b.engine.rack, &b.engine.settings) == 15000);
}

/* offline_patience is for modules that are offline; the others have the console's second. */
static void test_patience_of_commands(void **state)
{
	static struct bench b;

	(void)state;
	bench_settings(&b, 3);
	b.settings.protection.offline_patience_ms = 300;
	bench_start(&b);
	bench_run(&b, 20000);
	bench_run_until_sent(&b, "pwr2");
	assert_int_equal(session_deadline(&b.engine.session) - b.now_ms, 1000);
	b.module[1].there = false;
	bench_run(&b, 30000);
	bench_run_until_sent(&b, "pwr2");
	assert_int_equal(session_deadline(&b.engine.session) - b.now_ms, 300);
}

/* A new configuration for the same place: protection remembers, the console goes on. */
static void test_reload_same_place(void **state)
{
	static struct bench b;
	struct figures f;

	(void)state;
	bench_init(&b, 2);
	b.module[0].soc_pct = b.module[1].soc_pct = 96;
	bench_run(&b, 20000);
	b.module[0].soc_pct = b.module[1].soc_pct = 93;
	bench_run(&b, 20000);
	bench_forget(&b);
	b.settings.battery.max_charge_current_ma = 5000;
	engine_configure(&b.engine, &b.settings, b.now_ms, &b.actions);
	assert_false(b.actions.close_port);
	assert_false(b.actions.open_port);
	bench_apply(&b);
	bench_run(&b, 3000);
	assert_int_equal(b.statuses, 1);
	assert_true(b.online);
	assert_int_equal(b.opens, 0);
	assert_int_equal(bench_said(&b, "console found"), 0);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_int_equal(f.ccl_ma.value, 2 * 4000);
	assert_string_equal(f.mode, "Float"); /* 93 % alone would be bulk */
}

/* Other addresses, another speed or another port: the console is looked for anew. */
static void test_reload_other_place(void **state)
{
	(void)state;
	for (int what = 0; what < 3; what++) {
		static struct bench b;

		bench_init(&b, 2);
		b.module[2].there = true;
		bench_run(&b, 20000);
		bench_forget(&b);
		if (what == 0)
			b.settings.battery.addresses = 6;
		else if (what == 1)
			b.settings.serial.baud = 0;
		else
			strcpy(b.settings.serial.port, "/dev/ttyOTHER");
		engine_configure(&b.engine, &b.settings, b.now_ms, &b.actions);
		assert_true(b.actions.close_port);
		assert_false(b.actions.publish_bank);
		assert_true(engine_deadline(&b.engine) <= b.now_ms);
		bench_apply(&b);
		assert_false(engine_online(&b.engine));
		while (b.banks == 0) {
			assert_int_equal(b.modules[0] + b.modules[1] + b.modules[2], 0);
			assert_true(bench_next(&b, b.now_ms + 10000));
		}
		assert_int_equal(b.statuses, 2); /* offline, online */
		assert_true(b.online);
		assert_row("opens", what, b.opens, 1);
		assert_row("module 1", what, b.modules[0], what != 0);
		assert_row("module 3", what, b.modules[2], what == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_login_without_need),
		cmocka_unit_test(test_login_when_refused),
		cmocka_unit_test(test_login_again),
		cmocka_unit_test(test_login_wordings),
		cmocka_unit_test(test_login_refused),
		cmocka_unit_test(test_login_lost),
		cmocka_unit_test(test_no_login_for_absent_modules),
		cmocka_unit_test(test_high_voltage),
		cmocka_unit_test(test_number_of_cells),
		cmocka_unit_test(test_unlike_cells),
		cmocka_unit_test(test_damaged_number_of_cells),
		cmocka_unit_test(test_first_pass_breaks_off),
		cmocka_unit_test(test_patience_after_silence),
		cmocka_unit_test(test_patience_of_commands),
		cmocka_unit_test(test_reload_same_place),
		cmocka_unit_test(test_reload_other_place),
	};

	return cmocka_run_group_tests_name("engine, console", tests, NULL, NULL);
}
