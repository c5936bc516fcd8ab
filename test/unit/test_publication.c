/* Publications: when a topic's document leaves, against a clock of numbers. */
#include "check.h"

#include "core/base/text.h"
#include "core/output/payload.h"
#include "core/output/publication.h"

#include <stdlib.h>

static struct limits_set a_set(int32_t cvl_mv, int32_t ccl_ma, int32_t dcl_ma)
{
	struct limits_set set = { .limit = { cvl_mv, ccl_ma, dcl_ma }, .mode = "" };

	return set;
}

/* Lets time run in steps of 50 ms from `from_ms` to just before `to_ms`, offering `set` every time; writes when
 * something left: "0 5000 ". */
static void run(struct publication *p, const struct limits_set *set, int64_t from_ms, int64_t to_ms,
                char *out, size_t size)
{
	for (int64_t now = from_ms; now < to_ms; now += 50) {
		size_t used = strlen(out);

		publication_offer(p, set, false);
		assert_true(publication_due(p, now) == (publication_deadline(p) <= now));
		if (!publication_due(p, now))
			continue;
		publication_sent(p, set, now);
		assert_false(publication_due(p, now));
		snprintf(out + used, size - used, "%d ", (int)now);
	}
}

static void test_closed(void **state)
{
	struct publication p = { 0 };

	(void)state;
	assert_false(publication_due(&p, 0));
	assert_false(publication_due(&p, INT64_MAX));
	assert_true(publication_deadline(&p) == INT64_MAX);
	publication_close(&p);
	assert_false(publication_due(&p, INT64_MAX));
}

static void test_first_leaves_at_once(void **state)
{
	struct publication p = { 0 };
	struct limits_set set = a_set(52500, 40000, 50000);

	(void)state;
	publication_offer(&p, &set, false);
	publication_offer(&p, &set, false);
	assert_true(publication_due(&p, -5000)); /* whatever the clock says */
	assert_true(publication_deadline(&p) <= 0);
	publication_sent(&p, &set, 0);
	assert_false(publication_due(&p, 1100)); /* no repetition: nothing became stricter */
}

/* Without news: at least every 5 s. */
static void test_longest(void **state)
{
	struct publication p = { 0 };
	struct limits_set set = a_set(52500, 40000, 50000);
	char times[128] = "";

	(void)state;
	run(&p, &set, 0, 20000, times, sizeof times);
	assert_string_equal(times, "0 5000 10000 15000 ");
	assert_true(publication_deadline(&p) == 20000);
	assert_false(publication_due(&p, 19999));
	assert_true(publication_due(&p, 20000));
	p.longest_ms = 10000; /* a module's */
	assert_true(publication_deadline(&p) == 25000);
	assert_false(publication_due(&p, 24999));
}

/* Looser limits are no reason to hurry. */
static void test_looser_waits(void **state)
{
	struct publication p = { 0 };
	struct limits_set set = a_set(51000, 10000, 10000), looser = a_set(52500, 40000, 50000);
	char times[128] = "";

	(void)state;
	run(&p, &set, 0, 2000, times, sizeof times);
	run(&p, &looser, 2000, 12000, times, sizeof times);
	assert_string_equal(times, "0 5000 10000 ");
}

/* Each of the three limits, by the least that the document shows: soon, and once more 1.1 s later. */
static void test_stricter_is_repeated(void **state)
{
	static const int32_t stricter[][LIMIT_KINDS] = {
		{ 52494, 40000, 50000 }, { 52500, 39949, 50000 }, { 52500, 40000, 49949 },
		{ 52494, 60000, 60000 }, { 60000, 0, 60000 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(stricter); i++) {
		struct publication p = { 0 };
		struct limits_set set = a_set(52500, 40000, 50000);
		struct limits_set now = a_set(stricter[i][0], stricter[i][1], stricter[i][2]);
		char times[128] = "";

		run(&p, &set, 0, 3000, times, sizeof times);
		run(&p, &now, 3000, 14200, times, sizeof times);
		if (strcmp(times, "0 3000 4100 9100 14100 ") != 0)
			fail_msg("row %d: %s", i, times);
	}
}

static int decimals_of(const char *key)
{
	static struct figures figures;
	struct payload_cursor cursor = { 0, 0 };
	struct payload_item item;

	figures.cvl_mv = figures.ccl_ma = figures.dcl_ma = opt_some(1);
	while (payload_next(&cursor, &figures, &item))
		if (strcmp(item.key, key) == 0)
			return item.decimals;
	fail_msg("no %s", key);
	return 0;
}

/* What the document does not show is no news: it would say the same again. */
static void test_not_shown(void **state)
{
	static const char *const keys[LIMIT_KINDS] = { "MaxChargeVoltage", "MaxChargeCurrent", "MaxDischargeCurrent" };
	const struct limits_set sets[] = { a_set(52503, 40030, 50070), a_set(14, 140, 140) };
	char before[16], after[16], times[128];

	(void)state;
	for (int i = 0; i < LIMIT_KINDS * COUNT_OF(sets); i++) {
		enum limits_kind k = (enum limits_kind)(i % LIMIT_KINDS);
		struct limits_set set = sets[i / LIMIT_KINDS];

		for (int less = 1; less <= 300 && less <= set.limit[k]; less++) {
			struct publication p = { 0 };
			struct limits_set lower = set;
			struct text t = text_in(before, sizeof before);

			lower.limit[k] -= less;
			text_milli(&t, set.limit[k], decimals_of(keys[k]));
			t = text_in(after, sizeof after);
			text_milli(&t, lower.limit[k], decimals_of(keys[k]));
			times[0] = '\0';
			run(&p, &set, 0, 3000, times, sizeof times);
			run(&p, &lower, 3000, 4200, times, sizeof times);
			assert_string_equal(times, strcmp(before, after) == 0 ? "0 " : "0 3000 4100 ");
		}
	}
}

/* When another topic's goes out: not within the gap of the last or its repetition, and not much before its time. */
static void test_along(void **state)
{
	static const struct {
		const char *legend;
		int64_t now_ms;
		bool along;
	} rows[] = {
		{ "just gone out", 0, false },
		{ "long before its time", 3499, false },
		{ "near it", 3500, true },
		{ "at its time", 5000, true },
		{ "late", 9000, true },
	};
	struct publication p = { 0 }, often = { 0 };
	struct limits_set set = a_set(52500, 40000, 50000), stricter = a_set(52500, 30000, 50000);

	(void)state;
	assert_false(publication_along(&p, 5000)); /* closed */
	publication_offer(&often, &set, true);
	often.longest_ms = 2000;
	publication_sent(&often, &set, 0);
	assert_false(publication_along(&often, PUBLICATION_REPEAT_MS - 1)); /* not within the driver's second */
	assert_true(publication_along(&often, PUBLICATION_REPEAT_MS));
	publication_offer(&p, &set, true);
	assert_true(publication_along(&p, 0)); /* the first */
	publication_sent(&p, &set, 0);
	for (int i = 0; i < COUNT_OF(rows); i++)
		assert_row(rows[i].legend, i, publication_along(&p, rows[i].now_ms), rows[i].along);
	publication_offer(&p, &stricter, false);
	publication_sent(&p, &stricter, 10000);
	assert_false(publication_along(&p, 11099)); /* its repetition must stay 1.1 s behind */
	assert_true(publication_along(&p, 11100));
	publication_sent(&p, &stricter, 11100);
	publication_offer(&p, &set, true);
	assert_false(publication_along(&p, 12149));
	assert_true(publication_along(&p, 12150)); /* the gap is over: it is due */
	publication_close(&p);
	assert_false(publication_along(&p, 20000));
}

/* What becomes stricter within a second of the last waits for the gap. */
static void test_gap(void **state)
{
	struct publication p = { 0 };
	struct limits_set set = a_set(52500, 40000, 50000), stricter = a_set(52500, 30000, 50000);
	char times[128] = "";

	(void)state;
	run(&p, &set, 0, 50, times, sizeof times);
	run(&p, &stricter, 50, 4000, times, sizeof times);
	assert_string_equal(times, "0 1050 2150 ");
	publication_offer(&p, &set, true);
	publication_sent(&p, &set, 10000);
	publication_offer(&p, &set, true);
	assert_false(publication_due(&p, 10000 + PUBLICATION_GAP_MS - 1));
	assert_true(publication_due(&p, 10000 + PUBLICATION_GAP_MS));
	assert_true(publication_deadline(&p) == 10000 + PUBLICATION_GAP_MS);
	assert_true(PUBLICATION_GAP_MS > 1000);
	assert_int_equal(PUBLICATION_REPEAT_MS, 1100);
}

/* Stricter by the step: never two within the driver's second, and the last is repeated. */
static void test_ever_stricter(void **state)
{
	struct publication p = { 0 };
	char times[256] = "";

	(void)state;
	for (int i = 0; i < 40; i++) {
		struct limits_set set = a_set(52500, 40000 - i * 1000, 50000);

		run(&p, &set, i * 100, i * 100 + 100, times, sizeof times);
	}
	for (const char *at = times; strchr(at, ' ')[1] != '\0'; at = strchr(at, ' ') + 1)
		assert_true(atoi(strchr(at, ' ') + 1) - atoi(at) > 1000);
	assert_true(p.repeat);
	assert_true(publication_deadline(&p) == p.sent_ms + PUBLICATION_REPEAT_MS);
}

/* A repetition carries the limits of its own time; when these are stricter again it is repeated too. */
static void test_repetition_of_newer_limits(void **state)
{
	struct publication p = { 0 };
	struct limits_set a = a_set(52500, 40000, 50000), b = a_set(52500, 30000, 50000);
	struct limits_set c = a_set(52500, 20000, 50000);
	char times[128] = "";

	(void)state;
	run(&p, &a, 0, 2000, times, sizeof times);
	run(&p, &b, 2000, 2500, times, sizeof times);
	run(&p, &c, 2500, 9000, times, sizeof times);
	assert_string_equal(times, "0 2000 3100 4200 ");
	times[0] = '\0';
	run(&p, &a, 9000, 10000, times, sizeof times); /* at 9200, looser */
	run(&p, &b, 10000, 10300, times, sizeof times);
	run(&p, &a, 10300, 17000, times, sizeof times);
	/* 10250 stricter; its repetition at 11350 is looser again and not repeated */
	assert_string_equal(times, "9200 10250 11350 16350 ");
}

static void test_news(void **state)
{
	struct publication p = { 0 };
	struct limits_set set = a_set(52500, 40000, 50000);

	(void)state;
	publication_offer(&p, &set, true);
	publication_sent(&p, &set, 0);
	publication_offer(&p, &set, true);
	publication_offer(&p, &set, false); /* wanted stays wanted */
	assert_true(publication_due(&p, 2000));
	publication_sent(&p, &set, 2000);
	assert_false(publication_due(&p, 6999));
	assert_true(publication_due(&p, 7000));
}

/* Closed: silence, also of what was due. Opened again: at once, but not within the driver's second, and
 * what is stricter than before the silence is repeated. */
static void test_close_and_open(void **state)
{
	struct publication p = { 0 };
	struct limits_set set = a_set(52500, 40000, 50000), stricter = a_set(52500, 20000, 50000);
	char times[128] = "";

	(void)state;
	run(&p, &set, 0, 500, times, sizeof times);
	publication_offer(&p, &stricter, true);
	publication_close(&p);
	assert_false(publication_due(&p, 100000));
	assert_true(publication_deadline(&p) == INT64_MAX);
	run(&p, &stricter, 500, 4000, times, sizeof times);
	assert_string_equal(times, "0 1050 2150 ");
	publication_close(&p);
	times[0] = '\0';
	run(&p, &set, 60000, 63000, times, sizeof times);
	assert_string_equal(times, "60000 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_first_leaves_at_once),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_looser_waits),
		cmocka_unit_test(test_stricter_is_repeated),
		cmocka_unit_test(test_not_shown),
		cmocka_unit_test(test_along),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_ever_stricter),
		cmocka_unit_test(test_repetition_of_newer_limits),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_close_and_open),
	};

	return cmocka_run_group_tests_name("publication", tests, NULL, NULL);
}
