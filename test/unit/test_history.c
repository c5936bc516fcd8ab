/* Extremes, sums and counts of the history, and the text that is kept of it. */
#include "check.h"

#include "core/base/digest.h"
#include "core/output/bank.h"
#include "core/output/history.h"

#include <stdio.h>

#define HOUR INT64_C(3600000)
#define YEAR (INT64_C(8766) * HOUR)

static struct figures quiet(void)
{
	struct figures f;

	memset(&f, 0, sizeof f);
	f.voltage_mv = opt_some(50000);
	f.current_ma = opt_some(0);
	f.power_mw = opt_some(0);
	f.cell_low_mv = opt_some(3300);
	f.cell_high_mv = opt_some(3340);
	f.temp_low_mc = opt_some(18000);
	f.temp_high_mc = opt_some(22000);
	f.consumed_mah = opt_some(20000);
	return f;
}

static struct history_figures shown(const struct history *h)
{
	struct history_figures figures;

	history_show(h, &figures);
	return figures;
}

#define assert_shown(opt, expected)                  \
	do {                                         \
		assert_true((opt).known);            \
		assert_int_equal((opt).value, expected); \
	} while (0)

/* Nothing has been seen: extremes are absent, sums and counts begin at 0, a full charge is not made up. */
static void test_fresh(void **state)
{
	struct history h;
	struct history_figures f;

	(void)state;
	memset(&h, 0xaa, sizeof h);
	history_init(&h, 1000);
	f = shown(&h);
	assert_false(f.voltage_low_mv.known || f.voltage_high_mv.known || f.cell_low_mv.known || f.cell_high_mv.known);
	assert_false(f.temp_low_mc.known || f.temp_high_mc.known || f.deepest_mah.known || f.since_full_s.known);
	assert_shown(f.drawn_ah, 0);
	assert_shown(f.charged_wh, 0);
	assert_shown(f.discharged_wh, 0);
	assert_shown(f.low_alarms, 0);
	assert_shown(f.high_alarms, 0);
}

/* Each extreme: one unit inside changes nothing, one outside does, and an absent value never. */
static void test_extremes(void **state)
{
	struct figures f = quiet();
	struct history h;
	struct history_figures s;
	static const struct {
		size_t in, out;
		int32_t first;
		int beyond; /* -1: lower */
		int sign;
	} rows[] = {
		{ offsetof(struct figures, voltage_mv), offsetof(struct history_figures, voltage_low_mv), 50000, -1, 1 },
		{ offsetof(struct figures, voltage_mv), offsetof(struct history_figures, voltage_high_mv), 50000, 1, 1 },
		{ offsetof(struct figures, cell_low_mv), offsetof(struct history_figures, cell_low_mv), 3300, -1, 1 },
		{ offsetof(struct figures, cell_high_mv), offsetof(struct history_figures, cell_high_mv), 3340, 1, 1 },
		{ offsetof(struct figures, temp_low_mc), offsetof(struct history_figures, temp_low_mc), 18000, -1, 1 },
		{ offsetof(struct figures, temp_high_mc), offsetof(struct history_figures, temp_high_mc), 22000, 1, 1 },
		{ offsetof(struct figures, consumed_mah), offsetof(struct history_figures, deepest_mah), 20000, 1, -1 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct opt *in = (struct opt *)(void *)((char *)&f + rows[i].in);
		struct opt *out = (struct opt *)(void *)((char *)&s + rows[i].out);
		const int32_t values[] = { rows[i].first - rows[i].beyond, rows[i].first, rows[i].first + rows[i].beyond };

		f = quiet();
		history_init(&h, 0);
		*in = opt_none();
		history_step(&h, &f, 0);
		s = shown(&h);
		assert_false(out->known);
		*in = opt_some(rows[i].first);
		history_step(&h, &f, 1);
		for (int v = 0; v < COUNT_OF(values); v++) {
			*in = opt_some(values[v]);
			history_step(&h, &f, 2 + v);
			s = shown(&h);
			assert_row("extreme", i, out->value, rows[i].sign * (v == 2 ? values[2] : rows[i].first));
		}
		*in = opt_none();
		history_step(&h, &f, 9);
		s = shown(&h);
		assert_row("absent", i, out->value, rows[i].sign * values[2]);
	}
}

/* What flows counts from the step that saw it to the next. */
static void test_sums(void **state)
{
	static const struct {
		int32_t current_ma, power_mw;
		int32_t drawn_ah, charged_wh, discharged_wh; /* after an hour */
	} rows[] = {
		{ 0, 0, 0, 0, 0 },
		{ 999, 49999, 0, 49, 0 },
		{ 20000, 1000000, 0, 1000, 0 },
		{ -999, -999, 0, 0, 0 },
		{ -1000, -1000, 1, 0, 1 },
		{ -20000, -1000000, 20, 0, 1000 },
		{ -4800000, -288000000, 4800, 0, 288000 },
		{ 4800000, 288000000, 0, 288000, 0 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct figures f = quiet();
		struct history h;
		struct history_figures s;

		history_init(&h, -5 * HOUR);
		f.current_ma = opt_some(rows[i].current_ma);
		f.power_mw = opt_some(rows[i].power_mw);
		history_step(&h, &f, 0); /* what was before is not known */
		f.current_ma = f.power_mw = opt_some(0);
		history_step(&h, &f, HOUR);
		history_step(&h, &f, 2 * HOUR);
		s = shown(&h);
		assert_row("drawn", i, s.drawn_ah.value, rows[i].drawn_ah);
		assert_row("charged", i, s.charged_wh.value, rows[i].charged_wh);
		assert_row("discharged", i, s.discharged_wh.value, rows[i].discharged_wh);
	}
}

/* A trickle, in steps of 1 and of 997 ms that alone make nothing: not a mA ms is lost or made up. */
static void test_no_drift(void **state)
{
	struct figures f = quiet();
	struct history h;

	(void)state;
	history_init(&h, 0);
	f.current_ma = opt_some(-1);
	f.power_mw = opt_some(-7);
	for (int64_t ms = 0, i = 0; i <= 1000000; i++, ms += i % 2 ? 1 : 997)
		history_step(&h, &f, ms);
	assert_int_equal(h.value[HISTORY_DRAWN] * HOUR + h.rest[HISTORY_DRAWN], 499000000);
	assert_int_equal(h.value[HISTORY_DISCHARGED] * HOUR + h.rest[HISTORY_DISCHARGED], 7 * INT64_C(499000000));
	assert_int_equal(h.value[HISTORY_KEPT], 499000);
}

/* The largest stack at its largest current for 20 years: no sum overflows; a document's number stands still. */
static void test_twenty_years(void **state)
{
	struct figures f = quiet();
	struct history h;
	struct history_figures s;

	(void)state;
	history_init(&h, 0);
	f.current_ma = opt_some(-4800000);
	f.power_mw = opt_some(-288000000);
	for (int64_t ms = 0; ms <= 20 * YEAR; ms += HOUR)
		history_step(&h, &f, ms);
	assert_int_equal(h.value[HISTORY_DRAWN], INT64_C(4800000) * 20 * 8766);
	assert_int_equal(h.value[HISTORY_DISCHARGED], INT64_C(288000000) * 20 * 8766);
	assert_int_equal(h.value[HISTORY_SINCE_FULL], 20 * YEAR / 1000);
	s = shown(&h);
	assert_shown(s.drawn_ah, 4800 * 20 * 8766);
	assert_shown(s.discharged_wh, INT32_MAX);
	h.value[HISTORY_DEEPEST] = INT64_MAX;
	s = shown(&h);
	assert_shown(s.deepest_mah, INT32_MIN);
}

/* While nobody knows, time goes on and nothing flows; what flowed before the pause is not made longer. */
static void test_pause(void **state)
{
	struct figures f = quiet();
	struct history h;

	(void)state;
	history_init(&h, 0);
	f.current_ma = opt_some(-10000);
	f.power_mw = opt_some(-500000);
	history_step(&h, &f, 0);
	history_step(&h, &f, HOUR);
	history_pause(&h, 2 * HOUR);
	history_pause(&h, 3 * HOUR);
	history_step(&h, &f, 4 * HOUR);
	history_step(&h, &f, 5 * HOUR);
	assert_int_equal(h.value[HISTORY_DRAWN], 20000);
	assert_int_equal(h.value[HISTORY_SINCE_FULL], 5 * 3600);
	assert_int_equal(h.value[HISTORY_KEPT], 5 * 3600);
}

static void test_full(void **state)
{
	struct figures f = quiet();
	struct history h;

	(void)state;
	history_init(&h, 0);
	history_step(&h, &f, 1999);
	assert_int_equal(h.value[HISTORY_SINCE_FULL], 1);
	assert_false(shown(&h).since_full_s.known);
	history_full(&h);
	assert_shown(shown(&h).since_full_s, 0);
	history_step(&h, &f, 2998);
	assert_shown(shown(&h).since_full_s, 0);
	history_step(&h, &f, 2999);
	assert_shown(shown(&h).since_full_s, 1);
	assert_int_equal(h.value[HISTORY_KEPT], 2);
}

/* Only what becomes an alarm counts, once until it is over. */
static void test_alarms(void **state)
{
	static const struct {
		int low, high, lows, highs;
	} rows[] = {
		{ 0, 0, 0, 0 }, { 1, 1, 0, 0 }, { 2, 1, 1, 0 }, { 2, 2, 1, 1 }, { 1, 2, 1, 1 }, { 2, 2, 2, 1 },
		{ 0, 0, 2, 1 }, { 0, 2, 2, 2 },
	};
	struct figures f = quiet();
	struct history h;

	(void)state;
	history_init(&h, 0);
	for (int i = 0; i < COUNT_OF(rows); i++) {
		f.alarm[ALARM_LOW_VOLTAGE] = opt_some(rows[i].low);
		f.alarm[ALARM_HIGH_VOLTAGE] = opt_some(rows[i].high);
		history_step(&h, &f, i);
		assert_row("low", i, shown(&h).low_alarms.value, rows[i].lows);
		assert_row("high", i, shown(&h).high_alarms.value, rows[i].highs);
	}
}

static void test_due(void **state)
{
	struct history h;

	(void)state;
	history_init(&h, 5000);
	assert_false(history_due(&h, 5000 + HOUR - 1));
	assert_true(history_due(&h, 5000 + HOUR));
	assert_false(history_due(&h, 5000 + HOUR));
	assert_false(history_due(&h, 5000 + 2 * HOUR - 1));
	assert_true(history_due(&h, 5000 + 3 * HOUR));
}

/* ---- The text ---- */

#define WALL INT64_C(1767225600) /* 2026 */

static struct history busy(void)
{
	struct history h;

	history_init(&h, 0);
	for (int v = 0; v < HISTORY_VALUES; v++)
		h.value[v] = 1000 + v;
	h.value[HISTORY_TEMPERATURE_LOW] = -12345;
	h.value[HISTORY_DRAWN] = INT64_C(123456789012345678);
	for (int v = 0; v < HISTORY_EXTREMES; v++)
		h.seen[v] = true;
	return h;
}

static size_t written(const struct history *h, int64_t wall_s, char *buffer)
{
	struct text out = text_in(buffer, HISTORY_TEXT_MAX);

	history_write(h, wall_s, &out);
	assert_true(out.used < HISTORY_TEXT_MAX - 1);
	return out.used;
}

static void test_round_trip(void **state)
{
	char text[HISTORY_TEXT_MAX];
	struct history h = busy(), back;

	(void)state;
	memset(&back, 0xaa, sizeof back);
	assert_true(history_read(&back, text, written(&h, WALL, text), WALL, 777));
	assert_memory_equal(back.value, h.value, sizeof h.value);
	assert_memory_equal(back.seen, h.seen, sizeof h.seen);
	assert_int_equal(back.at_ms, 777);
	assert_false(history_due(&back, 777 + HOUR - 1));
	assert_false(back.running);
	history_init(&h, 0);
	assert_true(history_read(&back, text, written(&h, WALL, text), WALL, 0));
	assert_memory_equal(&back, &h, sizeof h);
}

/* The largest numbers that there can be fit. */
static void test_longest(void **state)
{
	char text[HISTORY_TEXT_MAX];
	struct history h = busy();

	(void)state;
	for (int v = 0; v < HISTORY_VALUES; v++)
		h.value[v] = INT64_MIN;
	assert_true(written(&h, INT64_MIN, text) > 0);
}

/* Cut anywhere, or with any bit turned: it is refused whole, and what was there stays. */
static void test_damage(void **state)
{
	char text[HISTORY_TEXT_MAX], bad[HISTORY_TEXT_MAX];
	struct history h = busy(), back, before;
	size_t length = written(&h, WALL, text);

	(void)state;
	history_init(&before, 42);
	back = before;
	for (size_t cut = 0; cut < length; cut++)
		assert_false(history_read(&back, text, cut, WALL, 0));
	for (size_t i = 0; i < length; i++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(bad, text, length);
			bad[i] = (char)(bad[i] ^ 1 << bit);
			if (history_read(&back, bad, length, WALL, 0))
				fail_msg("byte %zu bit %d turned, and it was taken", i, bit);
		}
	}
	assert_memory_equal(&back, &before, sizeof back);
}

/* Texts whose sum is right. */
static size_t summed(char *text, const char *body)
{
	return (size_t)snprintf(text, HISTORY_TEXT_MAX, "%ssum %lu\n", body,
	                        (unsigned long)digest_of(body, strlen(body)));
}

static void test_strange_texts(void **state)
{
#define HEAD "pylontech-mqtt history 1\n"
	static const struct {
		const char *body;
		bool good;
		int64_t drawn;
	} rows[] = {
		{ HEAD, true, 0 },
		{ HEAD "drawn_mah 5\n", true, 5 },
		{ HEAD "drawn_mah -5\n", true, -5 },
		{ HEAD "drawn_mah 999999999999999999\n", true, INT64_C(999999999999999999) },
		{ HEAD "drawn_mah 1000000000000000000\n", false, 0 },
		{ HEAD "of_a_later_version 7\ndrawn_mah 5\n", true, 5 },
		{ HEAD "drawn_mag 7\nsaved_x 9\ndrawn_mah 5\n", true, 5 },
		{ HEAD "drawn_mah\n", false, 0 },
		{ HEAD "drawn_mah \n", false, 0 },
		{ HEAD "drawn_mah 5x\n", false, 0 },
		{ HEAD "drawn_mah -\n", false, 0 },
		{ HEAD "drawn_mah 5 \n", false, 0 },
		{ HEAD "drawn_mah /\n", false, 0 },
		{ HEAD "drawn_mah :\n", false, 0 },
		{ HEAD "drawn_mah 5\nrest", false, 0 },
		{ "pylontech-mqtt history 2\ndrawn_mah 5\n", false, 0 },
		{ "drawn_mah 5\n", false, 0 },
		{ "", false, 0 },
	};
	char text[HISTORY_TEXT_MAX];

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct history h;
		size_t length = summed(text, rows[i].body);

		history_init(&h, 0);
		assert_row("good", i, history_read(&h, text, length, WALL, 0), rows[i].good);
		assert_row("drawn", i, h.value[HISTORY_DRAWN], rows[i].drawn);
	}
}

/* The time between counts where both wall clocks can be believed. */
static void test_away(void **state)
{
	static const struct {
		int64_t saved_s, now_s, away_s;
	} rows[] = {
		{ WALL, WALL, 0 },
		{ WALL, WALL + 1, 1 },
		{ WALL, WALL + 366 * 86400, 366 * 86400 },
		{ WALL, WALL + 366 * 86400 + 1, 0 },
		{ WALL, WALL - 1, 0 },      /* set back */
		{ WALL, 30, 0 },            /* 1970: no clock at boot */
		{ 30, 90, 0 },              /* nor at the run before */
		{ 30, WALL, 0 },
		{ 1704067199, 1704067200, 0 },
		{ 1704067200, 1704067201, 1 },
		{ INT64_C(2147483647), INT64_C(2147483707), 60 }, /* over 2038 */
		{ INT64_C(2147483647), -INT64_C(2147483647), 0 }, /* a clock that cannot */
	};
	char text[HISTORY_TEXT_MAX];

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct history h = busy(), back;
		size_t length = written(&h, rows[i].saved_s, text);

		assert_true(history_read(&back, text, length, rows[i].now_s, 0));
		assert_row("away", i, back.value[HISTORY_SINCE_FULL] - h.value[HISTORY_SINCE_FULL], rows[i].away_s);
		assert_row("kept", i, back.value[HISTORY_KEPT], h.value[HISTORY_KEPT]);
	}
}

/* Of two, the one that has been kept for longer. */
static void test_adopt(void **state)
{
	struct history a = busy(), b = busy();

	(void)state;
	b.value[HISTORY_DRAWN] = 5;
	history_adopt(&a, &b);
	assert_int_not_equal(a.value[HISTORY_DRAWN], 5);
	b.value[HISTORY_KEPT]++;
	history_adopt(&a, &b);
	assert_memory_equal(&a, &b, sizeof a);
	a.value[HISTORY_KEPT]--;
	history_adopt(&b, &a);
	assert_int_equal(b.value[HISTORY_KEPT], a.value[HISTORY_KEPT] + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_no_drift),
		cmocka_unit_test(test_twenty_years),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_alarms),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_strange_texts),
		cmocka_unit_test(test_away),
		cmocka_unit_test(test_adopt),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
