/* A line that has damaged a reply: for a while what comes next counts when it has been read twice. */
#include "bench.h"

/* A stack of one that is read well, and then has one reply damaged. */
static void make_noise(struct bench *b, bool getpwr)
{
	bench_init(b, 1);
	b->getpwr = getpwr;
	b->no_pwrsys = b->no_stat = b->no_table = true;
	bench_run(b, 10000);
	bench_run_to_pause(b);
	b->trouble = (struct bench_trouble){ BENCH_DAMAGE, COMMAND_PWR, 1, 1 };
	bench_run_pass(b);
	bench_run_to_pause(b);
	bench_forget(b);
}

/* A cell that has moved by more than noise can be told from. */
static void test_cells_twice(void **state)
{
	static const struct {
		const char *legend;
		bool getpwr;
		const char *first, *then;
	} rows[] = {
		{ "bat", false, "pwr1 bat1 bat1", "pwr1 bat1" },
		{ "getpwr", true, "pwr1 getpwr1 getpwr1", "pwr1 getpwr1" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct bench b;

		make_noise(&b, rows[i].getpwr);
		b.module[0].seventh_mv = 3320;
		bench_run_pass(&b);
		if (strcmp(b.trace, rows[i].first) != 0)
			fail_msg("%s: %s", rows[i].legend, b.trace);
		assert_row(rows[i].legend, i, b.engine.rack.module[0].bat.cell[6].mv.value, 3320);
		bench_run_to_pause(&b);
		bench_forget(&b);
		bench_run_pass(&b);
		if (strcmp(b.trace, rows[i].then) != 0)
			fail_msg("%s, then: %s", rows[i].legend, b.trace);
	}
}

/* A swapped module: its barcode is read until two replies agree, and once more as a new barcode always is. */
static void test_identity(void **state)
{
	static struct bench b;

	(void)state;
	make_noise(&b, false);
	b.module[0].there = false;
	bench_run(&b, 20000);
	b.module[0].there = true;
	b.module[0].barcode = "PXOTHER";
	b.trouble = (struct bench_trouble){ BENCH_DAMAGE, COMMAND_PWR, 1, 1 };
	bench_forget(&b);
	bench_run(&b, 20000);
	assert_non_null(strstr(b.trace, "info1 info1"));
	assert_string_equal(b.engine.rack.module[0].info.barcode, "PXOTHER");
	assert_true(b.online);
}

/* What the stack recommends: the first time twice, and once where it has not changed. */
static void test_wishes(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	b.trouble = (struct bench_trouble){ BENCH_DAMAGE, COMMAND_PWR_TABLE, 0, 1 };
	bench_run_pass(&b);
	assert_non_null(strstr(b.trace, "pwrsys pwrsys info1"));
	assert_true(b.engine.rack.pwrsys_ms != RACK_NEVER);
	bench_forget(&b);
	bench_run(&b, 70000);
	assert_non_null(strstr(b.trace, "pwrsys pwr1"));
	assert_null(strstr(b.trace, "pwrsys pwrsys"));
}

/* After ten minutes without damage a reply counts at its first word again. */
static void test_quiet_again(void **state)
{
	static struct bench b;

	(void)state;
	make_noise(&b, false);
	bench_run(&b, 10 * 60 * 1000);
	bench_run_to_pause(&b);
	bench_forget(&b);
	b.module[0].seventh_mv = 3320;
	bench_run_pass(&b);
	assert_string_equal(b.trace, "pwr1 bat1");
	assert_int_equal(b.engine.rack.module[0].bat.cell[6].mv.value, 3320);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells_twice),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_quiet_again),
	};

	return cmocka_run_group_tests_name("engine, noise", tests, NULL, NULL);
}
