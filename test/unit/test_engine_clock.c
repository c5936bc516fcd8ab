/* The clock's number does not matter: the same story told before, over and after 2^31 and 2^32 ms, and over 2^31 s. */
#include "bench.h"

#define SECONDS 150
#define STEP_MS 10000 /* the border comes this much earlier in each telling */

struct second {
	int32_t limit[LIMIT_KINDS];
	bool online;
	int banks, lines;
};

struct story {
	struct second second[SECONDS];
	char trace[BENCH_TRACE_MAX];
};

/* A cell trips and releases, a module is lost and comes back, then the whole battery. */
static void happen(struct bench *b, int second)
{
	switch (second) {
	case 20: b->module[0].seventh_mv = 3700; break;
	case 30: b->module[0].seventh_mv = 0; break;
	case 60: b->module[1].there = false; break;
	case 80: b->module[1].there = true; break;
	case 100: b->dead = true; break;
	case 125: b->dead = false; break;
	default: break;
	}
}

static void tell(struct story *story, int64_t epoch_ms)
{
	static struct bench b;

	memset(story, 0, sizeof *story);
	bench_settings(&b, 3);
	b.now_ms = epoch_ms;
	bench_start(&b);
	for (int i = 0; i < SECONDS; i++) {
		struct second *s = &story->second[i];

		happen(&b, i);
		bench_run(&b, 1000);
		memcpy(s->limit, b.engine.shown.limit, sizeof s->limit);
		s->online = b.online;
		s->banks = b.banks;
		s->lines = b.lines;
	}
	strcpy(story->trace, b.trace);
}

static void compare(const struct story *wanted, const struct story *is, int64_t epoch_ms)
{
	for (int i = 0; i < SECONDS; i++)
		if (memcmp(&wanted->second[i], &is->second[i], sizeof is->second[i]) != 0)
			fail_msg("begun at %lld ms, second %d differs", (long long)epoch_ms, i);
	assert_string_equal(wanted->trace, is->trace);
}

static void test_same_over_every_border(void **state)
{
	static const int64_t borders_ms[] = { INT64_C(1) << 31, INT64_C(1) << 32, INT64_C(1000) << 31 };
	static struct story wanted, is;

	(void)state;
	tell(&wanted, BENCH_EPOCH_MS);
	assert_true(wanted.second[15].online && wanted.second[15].limit[LIMIT_CCL] > 0);
	assert_int_equal(wanted.second[25].limit[LIMIT_CCL], 0);
	assert_true(wanted.second[55].limit[LIMIT_CCL] > 0);
	assert_int_equal(wanted.second[120].limit[LIMIT_CCL], 0);
	for (int k = 0; k < COUNT_OF(borders_ms); k++)
		for (int64_t before_ms = -1; before_ms < SECONDS * 1000; before_ms += STEP_MS) {
			tell(&is, borders_ms[k] - before_ms);
			compare(&wanted, &is, borders_ms[k] - before_ms);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_same_over_every_border) };

	return cmocka_run_group_tests_name("engine, clock", tests, NULL, NULL);
}
