#include "check.h"

#include "core/reply/events.h"

static const struct {
	enum event_word word;
	uint32_t bits;
	const char *expected;
} descriptions[] = {
	{ EVENT_BAT, 0, "" },
	{ EVENT_BAT, 0x1, "over-voltage" },
	{ EVENT_POWER, 0x2002, "high voltage, full charge" },
	{ EVENT_POWER, 0x150000, "short circuit, charge over-current 2, charge over-current" },
	{ EVENT_BAT, 0x80000000, "life alarm 2" },
	{ EVENT_POWER, 0x2200000, "idle, idle" },
	{ EVENT_FAULT, 0x8, "analog front end" },
	{ EVENT_FAULT, 0xC00, "charge FET, discharge FET" },
	{ EVENT_FAULT, 0x1001, "reverse connection, bit 0x1000" },
	{ EVENT_FAULT, 0x80000000, "bit 0x80000000" },
};

static void test_describe(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT_OF(descriptions); i++) {
		char buffer[256];
		struct text text = text_in(buffer, sizeof buffer);

		events_describe(descriptions[i].word, descriptions[i].bits, &text);
		assert_string_equal(buffer, descriptions[i].expected);
	}
}

static void test_unknown(void **state)
{
	(void)state;
	assert_int_equal(events_unknown(EVENT_BAT, UINT32_MAX), 0);
	assert_int_equal(events_unknown(EVENT_POWER, UINT32_MAX), 0);
	assert_int_equal(events_unknown(EVENT_FAULT, UINT32_MAX), 0xFFFFF000);
	assert_int_equal(events_unknown(EVENT_FAULT, 0xFFF), 0);
}

static const struct {
	enum event_word word;
	uint32_t bit;
	const char *names;
	bool expected;
} confirmations[] = {
	{ EVENT_BAT, 0x2, "", true }, /* proven */
	{ EVENT_POWER, 0x2000, "", true },
	{ EVENT_FAULT, 0x8, "", true },
	{ EVENT_FAULT, 0x2, "BHV", false },
	{ EVENT_FAULT, 0x1000, "BHV", false }, /* not in the table */
	{ EVENT_BAT, 0x1, "", false },
	{ EVENT_BAT, 0x1, "BOV", true },
	{ EVENT_POWER, 0x1, "POV", true },
	{ EVENT_BAT, 0x1, "BHV", false },
	{ EVENT_BAT, 0x1, "BO", false },
	{ EVENT_BAT, 0x1, "BOVX", false },
	{ EVENT_BAT, 0x10, "BLV  BUV ", true },
	{ EVENT_POWER, 0x8, "PLV", true },
	{ EVENT_BAT, 0x100, "CBOT", true },
	{ EVENT_BAT, 0x200, "DBHT", true },
	{ EVENT_BAT, 0x800, "CBLT", true },
	{ EVENT_BAT, 0x1000, "PUT", true },
	{ EVENT_POWER, 0x8000, "LCOUL", true },
	{ EVENT_POWER, 0x10000, "SC", true },
	{ EVENT_POWER, 0x20000, "DOC2", true },
	{ EVENT_POWER, 0x20000, "DOC", false },
	{ EVENT_POWER, 0x40000, "COC2", true },
	{ EVENT_POWER, 0x80000, "COC DOCA", true },
	{ EVENT_POWER, 0x100000, "COCA", true },
	{ EVENT_POWER, 0x10000000, "SC", false },
};

static void test_confirmed(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT_OF(confirmations); i++)
		assert_row(confirmations[i].names, i,
		           events_confirmed(confirmations[i].word, confirmations[i].bit,
		                            confirmations[i].names),
		           confirmations[i].expected);
}

/* One row a bit; what is only information is what console.md lists. */
static void test_table(void **state)
{
	uint32_t seen[EVENT_WORDS] = { 0 }, information = 0, proven[EVENT_WORDS] = { 0 };

	(void)state;
	for (int i = 0; i < event_bit_count; i++) {
		const struct event_bit *e = &event_bits[i];

		assert_int_not_equal(e->bit, 0);
		assert_int_equal(e->bit & (e->bit - 1), 0);
		assert_int_not_equal(e->word, EVENT_POWER);
		assert_int_equal(seen[e->word] & e->bit, 0);
		assert_string_not_equal(e->name, "");
		seen[e->word] |= e->bit;
		if (e->proven)
			proven[e->word] |= e->bit;
		if (e->information) {
			assert_int_equal(e->word, EVENT_BAT);
			information |= e->bit;
		}
	}
	assert_int_equal(seen[EVENT_BAT], UINT32_MAX);
	assert_int_equal(seen[EVENT_FAULT], 0xFFF);
	assert_int_equal(information, 0xEE06484);
	assert_int_equal(proven[EVENT_BAT], 0x2002);
	assert_int_equal(proven[EVENT_FAULT], 0x8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_confirmed),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
