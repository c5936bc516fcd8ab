/* The bank is what all of its modules say: after a loss or a restart the first one that answers releases nothing. */
#include "bench.h"

static void put_soc(struct bench *b, int32_t first, int32_t second, int32_t third)
{
	b->module[0].soc_pct = first;
	b->module[1].soc_pct = second;
	b->module[2].soc_pct = third;
}

static struct figures shown(const struct bench *b)
{
	struct figures figures;

	assert_true(engine_bank_figures(&b->engine, &figures));
	return figures;
}

/* The console is away until all are lost, and answers again. */
static void away(struct bench *b)
{
	b->dead = true;
	bench_run(b, 25000);
	assert_true(b->engine.lost);
	b->dead = false;
}

/* A new start of the program with what the run before has kept. */
static void restart(struct bench *b, int64_t after_ms)
{
	static struct engine_memory memory;
	struct bench_module module[RACK_MODULES_MAX];
	struct settings settings = b->settings;
	int64_t now_ms = b->now_ms;

	engine_remember(&b->engine, &memory, now_ms);
	memcpy(module, b->module, sizeof module);
	bench_settings(b, settings.battery.addresses);
	memcpy(b->module, module, sizeof module);
	b->now_ms = now_ms + after_ms;
	bench_start(b);
	assert_true(engine_recall(&b->engine, &memory, b->now_ms));
}

/* Blocked below 5 %, released at 8 %: the bank stands at 7 %, its first module at 20 %. */
static void test_low_soc(void **state)
{
	static struct bench b;

	(void)state;
	for (int restarted = 0; restarted <= 1; restarted++) {
		bench_init(&b, 3);
		put_soc(&b, 12, 0, 0);
		bench_run(&b, 20000);
		put_soc(&b, 20, 0, 1);
		bench_run(&b, 60000);
		assert_int_equal(shown(&b).dcl_ma.value, 0);
		if (restarted)
			restart(&b, 3000);
		else
			away(&b);
		for (int i = 0; i < 60; i++) {
			bench_run(&b, 1000);
			if (b.engine.first_pass_done)
				assert_int_equal(shown(&b).dcl_ma.value, 0);
		}
		assert_int_equal(shown(&b).online.value, 3);
		assert_int_equal(shown(&b).allow_discharge.value, 0);
	}
}

/* Float from 95 %, bulk again below 92 %: the bank at 93 %, its first module at 88 %. */
static void test_stage(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 3);
	put_soc(&b, 96, 97, 97);
	bench_run(&b, 20000);
	put_soc(&b, 88, 96, 96);
	bench_run(&b, 60000);
	assert_string_equal(shown(&b).mode, "Float");
	away(&b);
	bench_run(&b, 120000);
	assert_string_equal(shown(&b).mode, "Float");
	assert_int_equal(shown(&b).cvl_mv.value, 51000);
}

/* Current still flows against a block: the charge voltage that has stepped down goes on from there. */
static void test_stepped_down(void **state)
{
	static struct bench b;
	int32_t before_mv;

	(void)state;
	bench_init(&b, 2);
	b.module[0].cell_mv = b.module[1].cell_mv = 3380;
	b.module[0].current_ma = b.module[1].current_ma = 1900;
	bench_run(&b, 20000);
	b.module[1].temp_mc = 3000;
	bench_run(&b, 5000);
	b.module[1].temp_mc = -500;
	bench_run(&b, 120000);
	before_mv = shown(&b).cvl_mv.value;
	assert_true(before_mv < 50000);
	restart(&b, 3000);
	for (int i = 0; i < 60; i++) {
		bench_run(&b, 1000);
		if (b.engine.first_pass_done)
			assert_true(shown(&b).cvl_mv.value <= before_mv);
	}
	assert_true(shown(&b).cvl_mv.value < before_mv);
}

/* A module that has failed is the same when its replies are missing for a while, and after a restart. */
static void test_failed(void **state)
{
	static struct bench b;

	(void)state;
	for (int sensor = 0; sensor <= 1; sensor++) {
		bench_init(&b, 2);
		bench_run(&b, 20000);
		b.module[1].base = sensor ? "Idle" : "SysError";
		b.module[1].seventh_mv = sensor ? 4095 : 0;
		b.module[1].pack_mv = sensor ? 49500 : 0;
		bench_run(&b, 200000);
		assert_int_equal(shown(&b).dcl_ma.value, 50000);
		b.module[1].there = false;
		bench_run(&b, 30000);
		b.module[1].there = true;
		for (int i = 0; i < 100; i++) {
			bench_run(&b, 1000);
			assert_int_equal(shown(&b).dcl_ma.value, 50000);
		}
		restart(&b, 3000);
		for (int i = 0; i < 100; i++) {
			bench_run(&b, 1000);
			if (b.engine.first_pass_done)
				assert_int_equal(shown(&b).dcl_ma.value, 50000);
		}
		/* repaired: it counts again */
		b.module[1].base = "Idle";
		b.module[1].seventh_mv = b.module[1].pack_mv = 0;
		bench_run(&b, 90000);
		assert_int_equal(shown(&b).dcl_ma.value, 100000);
	}
}

/* What the table knew of a cell decides, too, what a lost battery may give. */
static void test_table_before_the_loss(void **state)
{
	static struct bench b;

	(void)state;
	for (int low = 0; low <= 1; low++) {
		bench_init(&b, 3);
		for (int i = 0; i < 3; i++)
			b.module[i].cell_mv = 3150;
		bench_run(&b, 20000);
		b.table_vlow_mv = low ? 2999 : 3000;
		bench_run_to_pause(&b);
		bench_run_until_sent(&b, "bat1");
		b.dead = true;
		bench_run(&b, 25000);
		assert_int_equal(shown(&b).dcl_ma.value, low ? 0 : 30000);
	}
}

/* Discharge comes back to what it was before the loss; the rest of the way is the ramp's. */
static void test_ramp_under_way(void **state)
{
	static struct bench b;
	int32_t before_ma;

	(void)state;
	bench_init(&b, 3);
	bench_run(&b, 20000);
	b.module[1].temp_mc = 47000;
	bench_run(&b, 3000);
	b.module[1].temp_mc = 51500;
	bench_run(&b, 3000);
	b.module[1].temp_mc = 55500;
	bench_run(&b, 40000);
	assert_int_equal(shown(&b).dcl_ma.value, 0);
	b.module[1].temp_mc = 51000;
	bench_run(&b, 3000);
	b.module[1].temp_mc = 47000;
	while (shown(&b).dcl_ma.value == 0)
		bench_run(&b, 500);
	before_ma = shown(&b).dcl_ma.value;
	assert_true(before_ma < 150000);
	b.engine.settings.protection.recovery_ma_s = 1; /* so slow that the loss finds it under way */
	away(&b);
	bench_run_pass(&b);
	assert_true(shown(&b).dcl_ma.value <= before_ma + 1000);
	assert_true(shown(&b).dcl_ma.value > 0);
}

/* Time between two runs is none that the pack was seen full. */
static void test_full_is_not_assumed(void **state)
{
	static struct bench b;
	int64_t held_ms;

	(void)state;
	bench_init(&b, 1);
	b.module[0].cell_mv = 3480;
	b.module[0].soc_pct = 96;
	bench_run(&b, 20000);
	b.engine.history.value[HISTORY_SINCE_FULL] = 15 * 86400;
	bench_run(&b, 60000);
	held_ms = b.engine.limits.memory.bank.full_held_ms;
	assert_true(held_ms > 0);
	restart(&b, 500000);
	bench_run(&b, 5000);
	assert_true(b.engine.limits.memory.bank.full_held_ms < held_ms + 6000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_low_soc),
		cmocka_unit_test(test_stage),
		cmocka_unit_test(test_stepped_down),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_table_before_the_loss),
		cmocka_unit_test(test_ramp_under_way),
		cmocka_unit_test(test_full_is_not_assumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
