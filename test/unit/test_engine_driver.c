/* What the driver of either version is told and not told: no value is taken back, limits that are switched off end by
 * silence, and why the limits are what they are stands on the link alone. */
#include "bench.h"

#include "core/output/payload.h"

static struct bench b;

static struct figures bank(void)
{
	struct figures f;

	assert_true(engine_bank_figures(&b.engine, &f));
	return f;
}

static struct figures module(int address)
{
	struct figures f;

	assert_true(engine_module_figures(&b.engine, address, &f));
	return f;
}

static void configure(void)
{
	engine_configure(&b.engine, &b.settings, b.now_ms, &b.actions);
	bench_apply(&b);
}

/* Left out until it is known; then it stays, whatever becomes of its source. */
static void test_what_is_known_stays(void **state)
{
	(void)state;
	bench_init(&b, 2);
	while (b.banks == 0)
		assert_true(bench_next(&b, b.now_ms + 10000));
	assert_false(bank().cycles.known || module(1).cycles.known);
	bench_run(&b, 60000);
	assert_true(bank().cycles.known && module(1).cycles.known && module(2).cycles.known);
	int32_t cycles = module(2).cycles.value;

	b.engine.rack.module[0].stat_ms = b.engine.rack.module[1].stat_ms = RACK_NEVER;
	b.no_stat = true;
	bench_run(&b, 60000);
	assert_int_equal(b.engine.rack.module[1].stat_ms, RACK_NEVER);
	assert_int_equal(bank().cycles.value, cycles);
	assert_int_equal(module(2).cycles.value, cycles);
	assert_true(bank().cycles.known && module(2).cycles.known);
}

/* What a module's document has told outlasts the module's absence, too. */
static void test_a_module_comes_back(void **state)
{
	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 60000);
	assert_true(module(2).cycles.known);
	b.module[1].there = false;
	bench_run(&b, 60000);
	assert_false(engine_module_figures(&b.engine, 2, &(struct figures){ 0 }));
	b.no_stat = true;
	b.module[1].there = true;
	b.engine.rack.module[1].stat_ms = RACK_NEVER;
	bench_run(&b, 120000);
	assert_true(module(2).cycles.known);
}

static void expect_no_limits(const struct figures *f)
{
	assert_false(f->cvl_mv.known || f->ccl_ma.known || f->dcl_ma.known || f->max_cell_mv.known);
	assert_true(f->voltage_mv.known && f->low_mv.known && f->allow_charge.known);
}

/* For so long that the driver has ended and come again: no data, but status and link. `since_ms`: when it was asked. */
static void expect_quiet(int64_t since_ms)
{
	while (b.banks == 0) {
		assert_int_equal(b.modules[0] + b.modules[1], 0);
		assert_true(bench_next(&b, b.now_ms + 80000));
	}
	assert_in_range(b.now_ms - since_ms, 70000, 70100);
	assert_true(b.modules[0] == 1 && b.modules[1] == 1);
	assert_in_range(b.links, 6, 20);
	assert_int_equal(bench_said(&b, "the driver forgets the limits after 60 s without data; nothing is published for the "
	                                "battery until then, the values go on in 70 s"), 1);
	for (int i = 0; i <= 2; i++) {
		struct figures f = i == 0 ? bank() : module(i);

		expect_no_limits(&f);
	}
}

static void test_limits_off_at_the_start(void **state)
{
	(void)state;
	bench_settings(&b, 3);
	b.settings.limits.publish = false;
	bench_start(&b);
	expect_quiet(b.now_ms);
	assert_true(b.online);
}

static void test_limits_off_by_reload(void **state)
{
	int64_t since_ms;

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 30000);
	assert_true(bank().cvl_mv.known && module(2).cvl_mv.known);
	bench_forget(&b);
	b.settings.limits.publish = false;
	since_ms = b.now_ms;
	configure();
	expect_quiet(since_ms);
	/* no new silence for what is off already */
	bench_forget(&b);
	b.settings.serial.reading_freq_ms += 1000;
	configure();
	bench_run(&b, 20000);
	assert_in_range(b.banks, 3, 20);
	assert_int_equal(bench_said(&b, "the driver forgets"), 0);
}

/* Back to yes, also in the middle of the silence: at once. */
static void test_limits_on_again(void **state)
{
	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 30000);
	b.settings.limits.publish = false;
	configure();
	bench_run(&b, 20000);
	bench_forget(&b);
	b.settings.limits.publish = true;
	configure();
	bench_run(&b, 6000);
	assert_in_range(b.banks, 1, 6);
	assert_true(bank().cvl_mv.known && module(1).dcl_ma.known);
}

/* Without a broker nobody has to forget anything. */
static void test_limits_off_without_broker(void **state)
{
	(void)state;
	bench_settings(&b, 3);
	b.settings.limits.publish = false;
	b.settings.mqtt.active = false;
	bench_start(&b);
	bench_run(&b, 10000);
	assert_in_range(b.banks, 1, 10);
	assert_int_equal(bench_said(&b, "the driver forgets"), 0);
	for (int on = 1; on >= 0; on--) {
		b.settings.limits.publish = on;
		configure();
		bench_run(&b, 20000);
		assert_int_equal(bank().cvl_mv.known, on);
		assert_int_equal(module(2).max_cell_mv.known, on);
	}
}

/* In the silence the daemon wakes for its passes and the link, and spins for no document that is due. */
static void test_sleeps_in_the_silence(void **state)
{
	int ticks = 0;

	(void)state;
	bench_settings(&b, 3);
	b.settings.limits.publish = false;
	b.settings.serial.reading_freq_ms = 10000;
	bench_start(&b);
	bench_run(&b, 20000);
	bench_run_to_pause(&b);
	for (int64_t end_ms = b.now_ms + 5000; bench_next(&b, end_ms); ticks++)
		;
	assert_in_range(ticks, 0, 12);
}

static const char *reason(int number)
{
	static struct bank_reasons reasons;

	bank_reasons(engine_limits(&b.engine, number), &reasons);
	return reasons.charge_current;
}

/* Another reason is told within a second. */
static void test_a_reason_is_news(void **state)
{
	(void)state;
	bench_init(&b, 2);
	assert_null(engine_limits(&b.engine, 0));
	assert_null(engine_limits(&b.engine, 1));
	bench_run(&b, 30000);
	assert_string_equal(reason(0), "Configured maximum");
	assert_null(engine_limits(&b.engine, 3));
	bench_forget(&b);
	bench_run(&b, 60000);
	assert_in_range(b.links, 5, 10); /* nothing new */
	for (int i = 0; i < 2; i++) {
		int64_t since_ms = b.now_ms;

		b.module[1].temp_mc = i == 0 ? 3000 : 20000;
		bench_forget(&b);
		while (strncmp(reason(2), i == 0 ? "Cold" : "Recovery after Cold", i == 0 ? 4 : 19) != 0)
			assert_true(bench_next(&b, b.now_ms + 10000));
		b.links = b.actions.publish_link;
		since_ms = b.now_ms;
		while (b.links == 0)
			assert_true(bench_next(&b, b.now_ms + 10000));
		assert_in_range(b.now_ms - since_ms, 0, 1000);
		bench_run(&b, 10000);
	}
}

/* The same one with another value or of another cell comes in the link's own time. */
static void test_a_value_is_no_news(void **state)
{
	(void)state;
	bench_init(&b, 2);
	b.module[0].temp_mc = 3000;
	bench_run(&b, 30000);
	assert_string_equal(reason(1), "Cold: 3.0 C, module 1");
	bench_forget(&b);
	for (int i = 0; i < 30; i++) {
		b.module[0].temp_mc = i % 2 == 0 ? 3100 : 3000;
		bench_run(&b, 2000);
	}
	assert_in_range(b.links, 5, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_known_stays),
		cmocka_unit_test(test_a_module_comes_back),
		cmocka_unit_test(test_limits_off_at_the_start),
		cmocka_unit_test(test_limits_off_by_reload),
		cmocka_unit_test(test_limits_on_again),
		cmocka_unit_test(test_limits_off_without_broker),
		cmocka_unit_test(test_sleeps_in_the_silence),
		cmocka_unit_test(test_a_reason_is_news),
		cmocka_unit_test(test_a_value_is_no_news),
	};

	return cmocka_run_group_tests_name("engine, driver", tests, NULL, NULL);
}
