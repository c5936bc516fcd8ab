/* Fields, durations and keys of `pylontech-mqtt watch`. */
#include "check.h"

#include "shell/watch/watch_pen.h"
#include "shell/watch/watch_terminal.h"

static char text[256];

static struct pen fresh(int width, int rows_max)
{
	return pen_on(text, sizeof text, width, rows_max, false);
}

static void test_ages(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ -5, "0 s" }, { 999, "0 s" }, { 35000, "35 s" }, { 119999, "119 s" }, { 120000, "2 min" },
		{ 7199999, "119 min" }, { 7200000, "2 h" }, { 172799999, "47 h" }, { 172800000, "2 d" },
		{ INT64_C(86400000) * 4000, "4000 d" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct pen p = fresh(80, 0);

		pen_age(&p, rows[i].ms);
		assert_string_equal(text, rows[i].text);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		struct opt value;
		struct pen_form form;
		const char *text;
	} rows[] = {
		{ { 3341, true }, { 7, 3, false, "" }, "  3.341" },
		{ { 3341, true }, { 0, 2, false, " V" }, "3.34 V" },
		{ { 3341, true }, { 7, 1, true, " A" }, "   +3.3 A" },
		{ { -3351, true }, { 0, 1, true, " A" }, "-3.4 A" },
		{ { 0, true }, { 4, 1, true, " A" }, " 0.0 A" },
		{ { 0, false }, { 4, 1, true, " A" }, "   -  " },
		{ { 7, false }, { 0, 1, true, " A" }, "-" },
		{ { 123456, true }, { 3, 0, false, " %" }, "123 %" },
		{ { 123456789, true }, { 3, 2, false, "" }, "123456.79" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct pen p = fresh(80, 0);

		pen_milli(&p, rows[i].value, &rows[i].form);
		assert_string_equal(text, rows[i].text);
	}
}

static void test_edges(void **state)
{
	struct pen p = fresh(5, 2);

	(void)state;
	pen_text(&p, "abcdefg");
	pen_end(&p);
	pen_left(&p, "x", 3);
	pen_end(&p);
	pen_text(&p, "too low");
	pen_end(&p);
	assert_string_equal(text, "abcde\nx\n");
}

/* A buffer that is too small cuts, and stays terminated. */
static void test_small_buffer(void **state)
{
	struct pen p = pen_on(text, 4, 80, 0, true);

	(void)state;
	text[4] = 'X';
	pen_style(&p, PEN_BAD);
	pen_text(&p, "abcdefg");
	pen_end(&p);
	assert_int_equal(strlen(text), 3);
	assert_int_equal(text[4], 'X');
}

static void test_keys(void **state)
{
	static const struct {
		const char *bytes;
		int last; /* what the last byte completes; the others nothing */
	} rows[] = {
		{ "q", WATCH_KEY_QUIT }, { "Q", WATCH_KEY_QUIT }, { "n", WATCH_KEY_NEXT }, { "p", WATCH_KEY_PREVIOUS },
		{ "j", WATCH_KEY_NEXT }, { "k", WATCH_KEY_PREVIOUS }, { "1", WATCH_KEY_1 }, { "9", WATCH_KEY_1 + 8 },
		{ "0", WATCH_KEY_NONE }, { "x", WATCH_KEY_NONE }, { "\x1b[A", WATCH_KEY_PREVIOUS }, { "\x1b[B", WATCH_KEY_NEXT },
		{ "\x1bOA", WATCH_KEY_PREVIOUS }, { "\x1bOB", WATCH_KEY_NEXT }, { "\x1b[C", WATCH_KEY_NONE },
		{ "\x1b\x1b[B", WATCH_KEY_NEXT }, { "\x1b[", WATCH_KEY_NONE }, { "\x1b", WATCH_KEY_NONE },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct watch_terminal t = { .escape = 0 };
		const char *c = rows[i].bytes;

		for (; c[1] != '\0'; c++)
			assert_row("before", i, watch_terminal_key(&t, *c), WATCH_KEY_NONE);
		assert_row("last", i, watch_terminal_key(&t, *c), rows[i].last);
		assert_row("after", i, watch_terminal_key(&t, 'q'), strcmp(rows[i].bytes, "\x1b[") == 0 ? WATCH_KEY_NONE
		                                                                                        : WATCH_KEY_QUIT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_small_buffer),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests_name("watch_pen", tests, NULL, NULL);
}
