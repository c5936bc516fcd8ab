/* A million polls of the core, weeks of its time, with faults all along: the same memory at the end as at first, and
 * what bench.h checks at every step. `core_soak POLLS` */
#include "bench.h"

#include <malloc.h>
#include <stdlib.h>

#define MODULES 2
#define BEGIN_MS INT64_C(1147483648) /* a million polls at 2 s go on over 2^31 ms */
#define CALM_PASSES 40 /* the longest time without a fault */

static struct bench bench;
static uint32_t dice = 1;
static long polls_wanted, faults, lost;

static int roll(int sides)
{
	dice = dice * 1664525u + 1013904223u;
	return (int)((dice >> 8) % (uint32_t)sides);
}

/* One thing that goes wrong, or a value that goes where a rule acts. */
static void trouble(struct bench *b)
{
	static const enum command_kind kinds[] = { COMMAND_PWR_TABLE, COMMAND_PWR, COMMAND_BAT, COMMAND_INFO, COMMAND_STAT };
	static const enum bench_fault bad[] = { BENCH_DAMAGE, BENCH_MUTE, BENCH_CUT, BENCH_REFUSE };
	static const int32_t cells_mv[] = { 3300, 3300, 3440, 3520, 3620, 3700, 3000, 2850 };
	struct bench_module *m = &b->module[roll(MODULES)];

	faults++;
	b->dead = false;
	b->no_port = false;
	m->there = true;
	m->seventh_mv = cells_mv[roll(COUNT_OF(cells_mv))];
	m->current_ma = roll(40001) - 20000;
	m->temp_mc = roll(60000) - 5000;
	b->trouble = (struct bench_trouble){ bad[roll(COUNT_OF(bad))], kinds[roll(COUNT_OF(kinds))],
		                             (uint8_t)roll(MODULES + 1), 1 + roll(3) };
	if (roll(20) == 0)
		m->there = false;
	if (roll(200) == 0)
		b->dead = true;
	if (roll(200) == 0 && b->open)
		bench_unplug(b);
	if (roll(10) == 0)
		bench_step(b, ENGINE_BROKER_UP);
}

/* What the shell's supervisor would do after the loss of everything. */
static void start_again(struct bench *b)
{
	lost++;
	b->exit_status = ENGINE_EXIT_NONE;
	b->open = b->replying = b->port_event = b->dead = b->no_port = false;
	b->bank_ms = 0;
	memset(b->module_ms, 0, sizeof b->module_ms);
	bench_start(b);
}

static void check_limits(const struct bench *b)
{
	const struct settings_battery *most = &b->settings.battery;
	const int32_t *limit = b->engine.shown.limit;

	assert_in_range(limit[LIMIT_CCL], 0, most->max_charge_current_ma * MODULES);
	assert_in_range(limit[LIMIT_DCL], 0, most->max_discharge_current_ma * MODULES);
	assert_in_range(limit[LIMIT_CVL], 0, 54000);
}

static void test_soak(void **state)
{
	struct bench *b = &bench;
	size_t before = mallinfo2().uordblks;
	long polls = 0;

	(void)state;
	bench_settings(b, (1u << MODULES) - 1);
	b->now_ms = BEGIN_MS;
	bench_start(b);
	while (polls < polls_wanted) {
		uint32_t passes = b->engine.passes;

		trouble(b);
		for (int i = roll(CALM_PASSES) + 1; i > 0 && b->exit_status == ENGINE_EXIT_NONE; i--)
			bench_run(b, b->settings.serial.reading_freq_ms);
		polls += b->engine.passes - passes;
		check_limits(b);
		bench_forget(b);
		if (b->exit_status != ENGINE_EXIT_NONE)
			start_again(b);
	}
	assert_int_equal(mallinfo2().uordblks, before);
	printf("%ld polls in %lld days of its time, %ld faults, %ld losses of all\n", polls,
	       (long long)((b->now_ms - BEGIN_MS) / 86400000), faults, lost);
	assert_true(faults > polls / CALM_PASSES / 2 && lost >= polls / 100000);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_soak) };

	polls_wanted = argc == 2 ? atol(argv[1]) : 0;
	return polls_wanted <= 0 || cmocka_run_group_tests_name("soak of the core", tests, NULL, NULL) != 0;
}
