/* The engine and the history: what feeds it, who shows it, when it is to be kept, what a restart takes over. */
#include "bench.h"

#define DAY_S 86400

static struct history_figures shown(const struct bench *b)
{
	struct figures figures;

	assert_true(engine_bank_figures(&b->engine, &figures));
	return figures.history;
}

static void put_words(struct bench *b, const char *first, const char *second)
{
	b->module[0].coulomb = first;
	b->module[1].coulomb = second;
}

/* The bank's document has it, a module's does not. */
static void test_shown(void **state)
{
	static struct bench b;
	struct figures figures;

	(void)state;
	bench_init(&b, 2);
	b.module[0].current_ma = b.module[1].current_ma = -1900; /* more, unchanged, is a frozen console */
	b.module[1].temp_mc = 25000;
	bench_run(&b, 3600 * 1000);
	assert_int_equal(shown(&b).voltage_low_mv.value, 49500);
	assert_int_equal(shown(&b).temp_low_mc.value, 20000);
	assert_int_equal(shown(&b).temp_high_mc.value, 25000);
	assert_int_equal(shown(&b).drawn_ah.value, 3);
	assert_int_equal(shown(&b).charged_wh.value, 0);
	assert_in_range(shown(&b).discharged_wh.value, 187, 188);
	assert_int_equal(shown(&b).deepest_mah.value, -50000);
	assert_true(engine_module_figures(&b.engine, 1, &figures));
	assert_false(figures.history.voltage_low_mv.known || figures.history.drawn_ah.known);
	assert_false(figures.history.low_alarms.known || figures.history.since_full_s.known);
}

/* Once an hour, and only while there is something to publish. */
static void test_kept(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 3599 * 1000);
	assert_int_equal(b.kept, 0);
	bench_run(&b, 7 * 1000);
	assert_int_equal(b.kept, 1);
	bench_run(&b, 3590 * 1000);
	assert_int_equal(b.kept, 1);
	bench_run(&b, 20 * 1000);
	assert_int_equal(b.kept, 2);
	bench_init(&b, 1);
	b.dead = true;
	bench_run(&b, 2 * 3600 * 1000);
	assert_int_equal(b.kept, 0);
}

/* At start the first module's word is not that of all. */
static void test_word_of_the_first(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 2);
	put_words(&b, "Full", "Normal");
	bench_run(&b, 20000);
	assert_true(b.engine.passes > 2);
	assert_false(shown(&b).since_full_s.known);
	put_words(&b, "Full", "Full");
	bench_run(&b, 10000);
	assert_in_range(shown(&b).since_full_s.value, 0, 1);
	put_words(&b, "Full", "Normal");
	bench_run(&b, 60000);
	assert_in_range(shown(&b).since_full_s.value, 55, 60);
}

/* A full charge that is due begins with the first whole pass and ends with the word of all. */
static void test_full_charge(void **state)
{
	static struct bench b;
	struct figures f;

	(void)state;
	bench_init(&b, 2);
	b.module[0].soc_pct = b.module[1].soc_pct = 96;
	b.engine.history.value[HISTORY_SINCE_FULL] = 14 * DAY_S - 30;
	bench_run(&b, 15000);
	engine_bank_figures(&b.engine, &f);
	assert_string_equal(f.mode, "Float");
	bench_run(&b, 60000 + 60000);
	engine_bank_figures(&b.engine, &f);
	assert_string_equal(f.mode, "Full charge");
	assert_int_equal(f.cvl_mv.value, 52500);
	assert_int_equal(bench_said(&b, "Full charge"), 1);
	put_words(&b, "Full", "Full");
	bench_run(&b, 10000);
	engine_bank_figures(&b.engine, &f);
	assert_string_equal(f.mode, "Float");
	assert_int_equal(f.cvl_mv.value, 51000);
	assert_int_equal(f.history.since_full_s.value, 0);
}

/* While all are lost nothing flows for the history, but time goes on; it is shown as it was. */
static void test_lost(void **state)
{
	static struct bench b;
	int64_t drawn, since;

	(void)state;
	bench_init(&b, 1);
	b.module[0].current_ma = -36000; /* 10 mAh a second */
	bench_run(&b, 60000);
	b.dead = true;
	bench_run(&b, 20000);
	assert_true(b.engine.lost);
	drawn = b.engine.history.value[HISTORY_DRAWN];
	since = b.engine.history.value[HISTORY_SINCE_FULL];
	bench_run(&b, 30000);
	assert_int_equal(b.engine.history.value[HISTORY_DRAWN], drawn);
	assert_in_range(b.engine.history.value[HISTORY_SINCE_FULL], since + 25, since + 31);
	assert_int_equal(shown(&b).voltage_low_mv.value, 49500);
}

/* A restart of the same boot: all is there, the time between counts, what flowed then nobody knows. */
static void test_restart(void **state)
{
	static struct bench b;
	static struct engine_memory memory;
	struct history before;

	(void)state;
	bench_init(&b, 1);
	b.module[0].current_ma = -36000;
	put_words(&b, "Full", "Full");
	bench_run(&b, 30000);
	put_words(&b, "Normal", "Normal");
	bench_run(&b, 30000);
	engine_remember(&b.engine, &memory, b.now_ms);
	before = b.engine.history;
	b.now_ms += 300000;
	bench_start(&b);
	assert_true(engine_recall(&b.engine, &memory, b.now_ms));
	assert_int_equal(b.engine.history.value[HISTORY_DRAWN], before.value[HISTORY_DRAWN]);
	assert_in_range(b.engine.history.value[HISTORY_SINCE_FULL], before.value[HISTORY_SINCE_FULL] + 300,
	                before.value[HISTORY_SINCE_FULL] + 306);
	assert_int_equal(b.engine.history.kept_ms, before.kept_ms);
	assert_int_equal(b.engine.history.value[HISTORY_FULL_SEEN], 1);
}

/* Another place or other modules: it is the same house's battery. */
static void test_configured(void **state)
{
	static struct bench b;
	struct settings settings;

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 30000);
	settings = b.settings;
	settings.battery.addresses = 1;
	engine_configure(&b.engine, &settings, b.now_ms, &b.actions);
	assert_in_range(b.engine.history.value[HISTORY_KEPT], 25, 30);
	assert_false(b.actions.keep_history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_word_of_the_first),
		cmocka_unit_test(test_full_charge),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_configured),
	};

	return cmocka_run_group_tests_name("engine_history", tests, NULL, NULL);
}
