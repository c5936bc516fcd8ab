/* The engine on guard: readings that must be seen twice, consoles that hang, modules that have failed, and what a
 * restart takes over. */
#include "bench.h"

static bool blocked(const struct bench *b)
{
	return b->engine.limits.bank_set.charge_blocked;
}

static void settle(struct bench *b)
{
	bench_init(b, 1);
	bench_run(b, 20000);
	bench_run_to_pause(b);
	bench_forget(b);
}

/* A reading that would block and jumps is read again at once; the second that agrees blocks. */
static void test_confirmed(void **state)
{
	static struct bench b;

	(void)state;
	settle(&b);
	b.no_table = true;
	b.module[0].temp_mc = -10000;
	bench_run_until_sent(&b, "pwr1");
	bench_run_until_sent(&b, "pwr1");
	assert_false(blocked(&b));
	bench_run_until_sent(&b, "bat1");
	bench_run_pass(&b);
	assert_true(blocked(&b));
	assert_int_equal(b.engine.rack.module[0].damaged, 0);
	settle(&b);
	b.no_table = true;
	b.module[0].cell_mv = 2400; /* the cells jump, the pack with them */
	bench_run_pass(&b);
	assert_true(b.engine.limits.bank_set.discharge_blocked);
	assert_non_null(strstr(b.trace, "pwr1 pwr1 bat1 bat1"));
}

/* One damaged digit: the second reading does not agree, and nothing is blocked at any time. */
static void test_not_confirmed(void **state)
{
	static struct bench b;

	(void)state;
	settle(&b);
	b.no_table = true;
	b.module[0].temp_mc = -10000;
	bench_run_until_sent(&b, "pwr1");
	b.module[0].temp_mc = 20000;
	bench_run_pass(&b);
	assert_false(blocked(&b));
	assert_non_null(strstr(b.trace, "pwr1 pwr1 bat1"));
	bench_run(&b, 10000);
	assert_false(blocked(&b));
	assert_int_equal(bench_said(&b, "reply to `pwr 1` not used: unconfirmed, would block or jumps: once more"), 1);
}

/* Nor does one damaged digit in the table, the longest of all replies, block anything: the lights would go out. */
static void test_table_not_confirmed(void **state)
{
	static const int32_t vlow_mv[] = { 2300, 1300 }, tlow_mc[] = { -19000, -2000 };

	(void)state;
	for (int i = 0; i < COUNT_OF(vlow_mv); i++) {
		static struct bench b;

		settle(&b);
		b.table_vlow_mv = vlow_mv[i];
		b.table_tlow_mc = tlow_mc[i];
		bench_run_until_sent(&b, "pwr"); /* its reply is on the way */
		b.table_vlow_mv = b.table_tlow_mc = 0;
		for (int64_t end_ms = b.now_ms + 10000; b.now_ms < end_ms;) {
			assert_true(bench_next(&b, end_ms + 5000));
			assert_row("charge blocked", i, blocked(&b), false);
			assert_row("discharge blocked", i, b.engine.limits.bank_set.discharge_blocked, false);
		}
	}
}

/* A dangerous value of a module whose turn is far away: the table between the slow replies sees it. */
static void test_table_between_replies(void **state)
{
	static struct bench b;
	uint32_t passes;

	(void)state;
	bench_init(&b, 8);
	bench_run(&b, 20000);
	bench_run_to_pause(&b);
	bench_run_until_sent(&b, "bat1");
	passes = b.engine.passes;
	b.table_vlow_mv = 2900;
	bench_run(&b, 1400); /* the pass has begun 0.3 s ago, and lasts more than 2 */
	assert_int_equal(b.engine.passes, passes);
	assert_true(b.engine.in_pass);
	assert_int_equal(b.engine.shown.limit[LIMIT_DCL], 8 * 25000);
	assert_true(b.now_ms - b.bank_ms < 1400);
}

/* A jump that blocks nothing is seen twice as well: a lost digit of a temperature must not derate the charge. */
static void test_harmless_jump(void **state)
{
	static struct bench b;

	(void)state;
	settle(&b);
	b.no_table = true;
	b.module[0].temp_mc = 2000;
	bench_run_until_sent(&b, "pwr1");
	b.module[0].temp_mc = 20000;
	bench_run_pass(&b);
	assert_non_null(strstr(b.trace, "pwr1 pwr1 bat1"));
	assert_int_equal(b.engine.rack.module[0].pwr.temp_mc.value, 20000);
}

/* On a line that has shown damage a reply that differs is read twice, whatever it tells; ten minutes later not. */
static void test_noisy_line(void **state)
{
	static struct bench b;

	(void)state;
	settle(&b);
	b.module[0].current_ma = 5000;
	bench_run_pass(&b);
	assert_null(strstr(b.trace, "pwr1 pwr1"));
	b.trouble = (struct bench_trouble){ BENCH_DAMAGE, COMMAND_PWR_TABLE, 0, 1 };
	bench_run_pass(&b);
	assert_int_equal(bench_said(&b, "a reply came damaged: until ten minutes"), 1);
	for (int noisy = 1; noisy >= 0; noisy--) {
		bench_run_to_pause(&b);
		bench_forget(&b);
		b.module[0].current_ma += 3000; /* one reply tells so, the next does not */
		bench_run_until_sent(&b, "pwr1");
		b.module[0].current_ma -= 3000;
		bench_run_until_sent(&b, "bat1");
		assert_int_equal(b.engine.rack.module[0].pwr.current_ma.value, noisy ? 5000 : 8000);
		bench_run(&b, REPEAT_MS);
	}
	assert_int_equal(b.engine.rack.module[0].damaged, 0);
}

/* What did not jump acts at once. */
static void test_no_jump_acts_at_once(void **state)
{
	static struct bench b;

	(void)state;
	settle(&b);
	b.module[0].temp_mc = 3000;
	bench_run_pass(&b);
	b.module[0].temp_mc = -500;
	bench_forget(&b);
	bench_run_pass(&b);
	assert_true(blocked(&b));
	assert_null(strstr(b.trace, "pwr1 pwr1"));
}

/* The first after start has nothing to jump from: it is read twice before it blocks. */
static void test_first_after_start(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	b.no_table = true;
	b.module[0].temp_mc = -10000;
	bench_run_pass(&b);
	assert_true(blocked(&b));
	assert_non_null(strstr(b.trace, "bat1 bat1"));
}

/* All replies the same to the byte while current flows: lost. At rest that is normal. */
static void test_frozen_console(void **state)
{
	static struct bench b;

	(void)state;
	settle(&b);
	bench_run(&b, 300000);
	assert_true(b.online);
	assert_int_equal(b.lines, 0);
	b.module[0].current_ma = 5000;
	b.module[0].base = "Charge";
	bench_run(&b, 55000);
	assert_true(b.online);
	bench_run(&b, 10000);
	assert_false(b.online);
	assert_int_equal(bench_said(&b, "module 1 is counted as lost: it carries current, but its replies stay "
	                                "the same to the byte"), 1);
	b.module[0].current_ma = 5010;
	bench_run(&b, 5000);
	assert_true(b.online);
}

/* A module that reports a fault and carries nothing leaves the bank; its own topic goes on. */
static void test_failed_module(void **state)
{
	static struct bench b;
	struct figures f;

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 20000);
	b.module[1].base = "SysError";
	bench_run(&b, 70000);
	assert_int_equal(bench_said(&b, "module 2 has failed: it reports a fault and carries no current; it is left "
	                                "out of the bank; modules in good order: 1"), 1);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_int_equal(f.online.value, 1);
	assert_int_equal(f.offline.value, 1);
	assert_int_equal(f.alarm[ALARM_INTERNAL_FAILURE].value, 2);
	assert_true(engine_module_figures(&b.engine, 2, &f));
	assert_int_equal(f.alarm[ALARM_INTERNAL_FAILURE].value, 2);
	assert_int_equal(f.allow_charge.value, 0);
	assert_true(engine_module_figures(&b.engine, 1, &f));
	assert_int_equal(f.alarm[ALARM_INTERNAL_FAILURE].value, 0);
	assert_int_equal(f.allow_charge.value, 1);
	b.module[1].base = "Idle";
	bench_run(&b, 10000);
	assert_int_equal(bench_said(&b, "module 2 is online"), 2);
}

/* The only module has failed: nobody is left to carry anything, and the bank says why. */
static void test_only_module_failed(void **state)
{
	static struct bench b;
	struct figures f;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 20000);
	b.module[0].base = "SysError";
	bench_run(&b, 80000);
	bench_forget(&b);
	bench_run(&b, 30000);
	assert_true(b.banks > 0);
	assert_int_equal(b.exit_status, ENGINE_EXIT_NONE);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_int_equal(f.ccl_ma.value, 0);
	assert_int_equal(f.allow_charge.value, 0);
	assert_int_equal(f.alarm[ALARM_INTERNAL_FAILURE].value, 2);
	assert_int_equal(f.online.value, 0);
	assert_int_equal(f.offline.value, 1);
}

/* A damaged optional reply is read again, and given up without harm. */
static void test_optional_replies_damaged(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	b.module[0].barcode = "PXLONG";
	b.stat_nonsense = b.pwrsys_nonsense = true;
	bench_run(&b, 10000);
	assert_non_null(strstr(b.trace, "pwrsys pwrsys pwrsys info1"));
	assert_non_null(strstr(b.trace, "stat1 stat1 stat1"));
	assert_true(b.online);
	assert_int_equal(b.engine.rack.module[0].stat_ms == RACK_NEVER, true);
	assert_true(b.engine.rack.pwrsys_ms == RACK_NEVER);
}

/* A restart within ten minutes takes over trips, stage and limits; an older memory, or one from the future, is
 * nothing. */
static void test_memory(void **state)
{
	static const struct {
		const char *legend;
		int64_t later_ms;
		bool taken;
	} rows[] = {
		{ "at once", 0, true },          { "ten minutes", 600000, true },
		{ "more", 600001, false },       { "from the future", -1, false },
	};
	static struct bench b;
	static struct engine_memory memory;

	(void)state;
	bench_settings(&b, 0);
	b.module[2].there = true;
	b.module[2].soc_pct = 96;
	bench_start(&b);
	bench_run(&b, 20000);
	engine_remember(&b.engine, &memory, b.now_ms);
	assert_int_equal(memory.seen, 4);
	for (int i = 0; i < COUNT_OF(rows); i++) {
		engine_init(&b.engine, &b.settings, b.now_ms);
		assert_row(rows[i].legend, i,
		           engine_recall(&b.engine, &memory, b.now_ms + rows[i].later_ms), rows[i].taken);
		assert_row(rows[i].legend, i, b.engine.rack.module[2].wanted, rows[i].taken);
		assert_row(rows[i].legend, i, b.engine.dynamics.known, rows[i].taken);
	}
	b.settings.battery.addresses = 3; /* a list goes before what was seen */
	engine_init(&b.engine, &b.settings, b.now_ms);
	assert_true(engine_recall(&b.engine, &memory, b.now_ms));
	assert_false(b.engine.rack.module[2].wanted);
}

/* What was in force stays in force over a restart: the stage at 93 % is still float. */
static void test_restart(void **state)
{
	static struct bench b;
	static struct engine_memory memory;
	struct figures f;

	(void)state;
	bench_init(&b, 1);
	b.module[0].soc_pct = 96;
	bench_run(&b, 20000);
	engine_remember(&b.engine, &memory, b.now_ms);
	bench_settings(&b, 1);
	b.now_ms = memory.saved_ms + 5000;
	b.module[0].soc_pct = 93;
	bench_start(&b);
	assert_true(engine_recall(&b.engine, &memory, b.now_ms));
	bench_run_pass(&b);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_string_equal(f.mode, "Float");
	assert_int_equal(f.cvl_mv.value, 51000);
}

/* A battery that was lost when the program started afresh: its charge limits climb from what was published, however
 * long nobody watched; discharge is free with the first complete bank, as it is without a restart. */
static void test_restart_after_loss(void **state)
{
	static struct bench b;
	static struct engine_memory memory;
	struct figures f;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 20000);
	b.dead = true;
	bench_run(&b, 60000);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_int_equal(f.ccl_ma.value, 0);
	assert_int_equal(f.dcl_ma.value, 10000);
	engine_remember(&b.engine, &memory, b.now_ms);
	bench_settings(&b, 1);
	b.now_ms = memory.saved_ms + 60000;
	bench_start(&b);
	assert_true(engine_recall(&b.engine, &memory, b.now_ms));
	bench_run_pass(&b);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_in_range(f.ccl_ma.value, 0, 1000);
	assert_in_range(f.cvl_mv.value, memory.bank.published[LIMIT_CVL], memory.bank.published[LIMIT_CVL] + 50);
	assert_int_equal(f.dcl_ma.value, 50000);
	bench_run(&b, 4000);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_in_range(f.ccl_ma.value, 15000, 21000);
}

/* So do those of a module that was away, on its own topic. */
static void test_module_back_climbs(void **state)
{
	static struct bench b;
	struct figures f;

	(void)state;
	bench_init(&b, 2);
	b.module[1].temp_mc = 3000;
	bench_run(&b, 20000);
	b.module[1].there = false;
	bench_run(&b, 60000);
	assert_int_equal(b.engine.rack.module[1].state, MODULE_LOST);
	b.module[1].there = true;
	b.module[1].temp_mc = 20000;
	for (int i = 0; i < 1000 && b.engine.rack.module[1].state != MODULE_ONLINE; i++)
		assert_true(bench_next(&b, b.now_ms + 5000));
	assert_true(engine_module_figures(&b.engine, 2, &f));
	assert_int_equal(f.ccl_ma.value, 10000);
	bench_run(&b, 3000);
	assert_true(engine_module_figures(&b.engine, 2, &f));
	assert_in_range(f.ccl_ma.value, 20000, 25000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_confirmed),
		cmocka_unit_test(test_not_confirmed),
		cmocka_unit_test(test_table_not_confirmed),
		cmocka_unit_test(test_table_between_replies),
		cmocka_unit_test(test_harmless_jump),
		cmocka_unit_test(test_noisy_line),
		cmocka_unit_test(test_no_jump_acts_at_once),
		cmocka_unit_test(test_first_after_start),
		cmocka_unit_test(test_frozen_console),
		cmocka_unit_test(test_failed_module),
		cmocka_unit_test(test_only_module_failed),
		cmocka_unit_test(test_optional_replies_damaged),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_restart_after_loss),
		cmocka_unit_test(test_module_back_climbs),
	};

	return cmocka_run_group_tests_name("engine, guard", tests, NULL, NULL);
}
