#include "check.h"

#include "core/base/text.h"

static void expect(const char *legend, const struct text *t, const char *wanted)
{
	if (strcmp(t->at, wanted) != 0 || t->used != strlen(wanted))
		fail_msg("%s: \"%s\" (%zu), not \"%s\"", legend, t->at, t->used, wanted);
}

static void test_int(void **state)
{
	static const struct {
		const char *legend;
		int64_t input;
		const char *wanted;
	} rows[] = {
		{ "zero", 0, "0" },
		{ "one digit", 7, "7" },
		{ "negative", -40, "-40" },
		{ "large", 53250, "53250" },
		{ "the greatest", INT64_MAX, "9223372036854775807" },
		{ "the least", INT64_MIN, "-9223372036854775808" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		char buffer[32];
		struct text t = text_in(buffer, sizeof buffer);

		text_int(&t, rows[i].input);
		expect(rows[i].legend, &t, rows[i].wanted);
	}
}

static void test_milli(void **state)
{
	static const struct {
		const char *legend;
		int64_t value;
		int decimals;
		const char *wanted;
	} rows[] = {
		{ "zero", 0, 3, "0.000" },
		{ "no rounding at three decimals", 3379, 3, "3.379" },
		{ "zeros behind the point stay", 50005, 3, "50.005" },
		{ "half goes up", 3050, 1, "3.1" },
		{ "below half goes down", 3049, 1, "3.0" },
		{ "half goes away from zero", -3050, 1, "-3.1" },
		{ "two decimals", 53255, 2, "53.26" },
		{ "two decimals, negative", -2634, 2, "-2.63" },
		{ "whole", 2500, 0, "3" },
		{ "whole, below half", 2499, 0, "2" },
		{ "carry", 9999, 2, "10.00" },
		{ "less than one", -5, 3, "-0.005" },
		{ "the least that is not zero", -1, 3, "-0.001" },
		{ "no negative zero", -4, 2, "0.00" },
		{ "no negative whole zero", -499, 0, "0" },
		{ "the least", INT64_MIN, 3, "-9223372036854775.808" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		char buffer[32];
		struct text t = text_in(buffer, sizeof buffer);

		text_milli(&t, rows[i].value, rows[i].decimals);
		expect(rows[i].legend, &t, rows[i].wanted);
	}
}

static void test_hex(void **state)
{
	static const struct {
		const char *legend;
		uint32_t input;
		const char *wanted;
	} rows[] = {
		{ "zero", 0, "0x0" },
		{ "lower case, no leading zero", 0x20af, "0x20af" },
		{ "every bit", UINT32_MAX, "0xffffffff" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		char buffer[16];
		struct text t = text_in(buffer, sizeof buffer);

		text_hex(&t, rows[i].input);
		expect(rows[i].legend, &t, rows[i].wanted);
	}
}

static void test_pieces_add_up(void **state)
{
	char buffer[64];
	struct text t = text_in(buffer, sizeof buffer);

	(void)state;
	expect("a new text is empty", &t, "");
	text_str(&t, "module ");
	text_int(&t, 3);
	text_chars(&t, ": silent", 1);
	text_str(&t, "");
	text_chars(&t, "x", 0);
	text_milli(&t, -12345, 1);
	text_str(&t, " V ");
	text_hex(&t, 8);
	expect("a sentence", &t, "module 3:-12.3 V 0x8");
}

/* For every size: what fits is written, nothing behind the buffer is touched. */
static void test_cut_when_full(void **state)
{
	static const char whole[] = "cell 12 at -0.250 V";

	(void)state;
	for (size_t size = 1; size <= sizeof whole; size++) {
		char buffer[sizeof whole + 1], wanted[sizeof whole];
		struct text t;

		memset(buffer, '#', sizeof buffer);
		t = text_in(buffer, size);
		text_chars(&t, "cell ", 5);
		text_int(&t, 12);
		text_str(&t, " at ");
		text_milli(&t, -250, 3);
		text_str(&t, " V");
		memcpy(wanted, whole, size - 1);
		wanted[size - 1] = '\0';
		expect("cut", &t, wanted);
		assert_int_equal(buffer[size], '#');
	}
}

static void test_copy(void **state)
{
	static const struct {
		const char *legend;
		size_t size;
		const char *from;
		const char *wanted;
	} rows[] = {
		{ "it fits", 8, "Charge", "Charge" },
		{ "it fits exactly", 7, "Charge", "Charge" },
		{ "cut", 6, "Charge", "Charg" },
		{ "only the terminator", 1, "Charge", "" },
		{ "empty", 4, "", "" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		char to[16];

		memset(to, '#', sizeof to);
		text_copy(to, rows[i].size, rows[i].from);
		if (strcmp(to, rows[i].wanted) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", rows[i].legend, to, rows[i].wanted);
		assert_int_equal(to[rows[i].size], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_milli),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_pieces_add_up),
		cmocka_unit_test(test_cut_when_full),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
