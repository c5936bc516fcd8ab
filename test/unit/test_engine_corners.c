/* The engine with what a console rarely does: replies that are whole and nonsense, a console left in debug mode,
 * and losses that end by halves. */
#include "bench.h"

/* A whole reply with a field that cannot be read is read again; the old values stand. */
static void test_nonsense_is_read_again(void **state)
{
	static const struct {
		const char *events;
		int32_t seventh_mv;
		const char *trace;
	} rows[] = {
		{ "0xZZ", 0, "pwr1 pwr1 pwr1" },
		{ "0x0", 9000, "pwr1 bat1" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct bench b;

		bench_settings(&b, 1);
		b.no_table = true;
		bench_start(&b);
		bench_run(&b, 10000);
		bench_run_to_pause(&b);
		bench_forget(&b);
		b.module[0].bat_events = rows[i].events;
		b.module[0].seventh_mv = rows[i].seventh_mv;
		b.module[0].pack_mv = 49500;
		bench_run(&b, 2000);
		if (strncmp(b.trace, rows[i].trace, strlen(rows[i].trace)) != 0)
			fail_msg("row %d: %s", i, b.trace);
		assert_true(b.engine.rack.module[0].damaged > 0);
		assert_int_equal(b.engine.rack.module[0].bat.cell[6].mv.value, 3300);
		assert_int_equal(b.engine.rack.module[0].pwr.bat_events.bits, 0);
	}
}

/* `info` that nobody can read: the module is used, its maxima are not known. */
static void test_info_nonsense(void **state)
{
	static struct bench b;

	(void)state;
	bench_settings(&b, 1);
	b.module[0].info_cells = 99;
	bench_start(&b);
	bench_run(&b, 20000);
	assert_true(b.online);
	assert_true(b.engine.rack.module[0].info_ms == RACK_NEVER);
	assert_int_equal(b.engine.reading[0].cells, 15);
}

/* The console was left in debug mode: what it refuses there, no login will bring. */
static void test_debug_mode_from_before(void **state)
{
	static struct bench b;

	(void)state;
	bench_settings(&b, 1);
	b.logged_in = true;
	b.module[0].there = false;
	b.absent = "Unknown command 'x' - try 'help'";
	bench_start(&b);
	bench_run(&b, 30000);
	assert_null(strstr(b.trace, "login"));
	assert_false(b.online);
	b.module[0].there = true;
	bench_run(&b, 120000);
	assert_true(b.online);
}

/* All are lost; one comes back first: DCL stays low until the bank is whole. */
static void test_half_recovery(void **state)
{
	static struct bench b;
	const int32_t *dcl = &b.engine.shown.limit[LIMIT_DCL];

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 10000);
	assert_int_equal(*dcl, 100000);
	b.dead = true;
	bench_run(&b, 20000);
	assert_true(b.engine.lost);
	assert_int_equal(*dcl, 20000);
	b.dead = false;
	b.module[1].there = false;
	bench_run(&b, 20000);
	assert_false(b.engine.lost);
	assert_int_equal(*dcl, 20000);
	b.module[1].there = true;
	bench_run(&b, 10000);
	assert_int_equal(*dcl, 100000);
}

/* All are lost; in the first pass after that one module's replies are damaged: DCL waits for a whole pass. */
static void test_recovery_waits_for_a_whole_pass(void **state)
{
	static struct bench b;
	const int32_t *dcl = &b.engine.shown.limit[LIMIT_DCL];

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 10000);
	b.dead = true;
	bench_run(&b, 20000);
	assert_true(b.engine.lost);
	b.dead = false;
	b.trouble = (struct bench_trouble){ BENCH_DAMAGE, COMMAND_PWR, 2, 3 };
	while (b.trouble.times > 0)
		assert_true(bench_next(&b, b.now_ms + 60000));
	bench_run_to_pause(&b);
	assert_false(b.engine.lost);
	assert_int_equal(*dcl, 20000);
	bench_run(&b, 10000);
	assert_int_equal(*dcl, 100000);
}

/* All are lost and come back one by one; while the second does, the first one's replies are damaged: both have
 * values, but the bank was not read as a whole yet. */
static void test_recovery_by_halves_is_not_whole(void **state)
{
	static struct bench b;
	const int32_t *dcl = &b.engine.shown.limit[LIMIT_DCL];

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 10000);
	b.dead = true;
	bench_run(&b, 20000);
	b.dead = false;
	b.module[1].there = false;
	while (b.engine.lost)
		assert_true(bench_next(&b, b.now_ms + 60000));
	bench_run_to_pause(&b);
	b.module[1].there = true;
	b.trouble = (struct bench_trouble){ BENCH_DAMAGE, COMMAND_PWR, 1, 3 };
	bench_run_pass(&b);
	assert_int_equal(b.trouble.times, 0);
	assert_int_equal(b.engine.readings, 2);
	assert_int_equal(*dcl, 20000);
	bench_run_pass(&b);
	assert_int_equal(*dcl, 100000);
}

/* A port that opens between two passes, unasked: the silence of its console is no failed poll. */
static void test_port_opens_in_the_pause(void **state)
{
	static struct bench b;
	int failed;

	(void)state;
	bench_settings(&b, 1);
	b.no_port = b.dead = true;
	bench_start(&b);
	bench_run(&b, 100000);
	assert_false(b.engine.in_pass);
	failed = b.engine.failed_polls;
	b.open = true;
	bench_step(&b, ENGINE_PORT_OPENED);
	bench_run(&b, 7000);
	assert_false(b.engine.in_pass);
	assert_true(b.engine.told.silence);
	assert_int_equal(b.engine.failed_polls, failed);
}

/* Another port: what was known of the battery is not published on, however long the new one is silent. */
static void test_another_port_is_silent(void **state)
{
	static struct bench b;
	int banks;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 10000);
	banks = b.banks;
	assert_true(banks > 0);
	b.dead = true;
	strcpy(b.settings.serial.port, "/dev/ttyOTHER");
	engine_configure(&b.engine, &b.settings, b.now_ms, &b.actions);
	bench_apply(&b);
	bench_run(&b, 20000);
	assert_int_equal(b.banks, banks);
	b.dead = false;
	bench_run(&b, 120000);
	assert_true(b.banks > banks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nonsense_is_read_again),
		cmocka_unit_test(test_info_nonsense),
		cmocka_unit_test(test_debug_mode_from_before),
		cmocka_unit_test(test_half_recovery),
		cmocka_unit_test(test_recovery_waits_for_a_whole_pass),
		cmocka_unit_test(test_recovery_by_halves_is_not_whole),
		cmocka_unit_test(test_port_opens_in_the_pause),
		cmocka_unit_test(test_another_port_is_silent),
	};

	return cmocka_run_group_tests_name("engine, corners", tests, NULL, NULL);
}
