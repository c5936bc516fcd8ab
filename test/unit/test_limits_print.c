/* The rules as a person reads them, and the words of a reason. */
#include "check.h"

#include "core/protection/limits_rules.h"
#include "core/settings/settings_table.h"

#define LINE_MAX 512

static int rule_count(void)
{
	return limits_module_rule_count + limits_subject_rule_count;
}

static const char *text_of(int index)
{
	return index < limits_module_rule_count
	               ? limits_module_rules[index].text
	               : limits_subject_rules[index - limits_module_rule_count].text;
}

/* Every {key} is a key of [protection] or a constant, every rule prints, and nothing of it stays unfilled. */
static void test_every_rule_prints(void **state)
{
	struct settings settings;

	(void)state;
	settings_defaults(&settings);
	for (int i = 0; i < rule_count(); i++) {
		char line[LINE_MAX];
		struct text out = text_in(line, sizeof line);

		for (const char *open = strchr(text_of(i), '{'); open; open = strchr(open + 1, '{')) {
			char key[64] = "";

			assert_non_null(strchr(open, '}'));
			strncpy(key, open + 1, (size_t)(strchr(open, '}') - open - 1));
			if (!settings_find("protection", key) && !settings_fixed("protection", key))
				fail_msg("rule %d speaks of %s, which is no setting", i, key);
		}
		assert_true(limits_print_rule(&settings, i, &out));
		assert_true(strlen(line) + 1 < sizeof line);
		assert_null(strpbrk(line, "{}?"));
	}
}

static void test_lines(void **state)
{
	static const struct {
		int index; /* from the first row of its table */
		bool subject;
		const char *line;
	} rows[] = {
		{ 2, false,
		  "CCL  Cold                10 A below 5 C, blocked below 0 C; released 2 C above" },
		{ 11, false,
		  "DCL  Cell under-voltage  blocked below 2.5 V of the lowest cell until above 3.15 V" },
		{ 0, true, "CCL  High SoC            7 A a module above 90 % until 88 %" },
		{ 4, true,
		  "CVL  Full charge         bulk 3.5 V a cell instead of float, after 14 days without a full charge "
		  "(0: never): until every module reports Full, or 2 hours at 3.467 V a cell or more" },
		{ 5, true,
		  "CVL  Stage               bulk 3.5 V a cell while SoC is below 95 %, float 3.4 V a cell from "
		  "there until below 92 %" },
	};
	struct settings settings;

	(void)state;
	settings_defaults(&settings);
	for (int i = 0; i < COUNT_OF(rows); i++) {
		char line[LINE_MAX];
		struct text out = text_in(line, sizeof line);

		assert_true(limits_print_rule(
		        &settings, rows[i].index + (rows[i].subject ? limits_module_rule_count : 0), &out));
		assert_string_equal(line, rows[i].line);
	}
}

static void test_settings_show(void **state)
{
	struct settings settings;
	char line[LINE_MAX];
	struct text out = text_in(line, sizeof line);

	(void)state;
	settings_defaults(&settings);
	settings.protection.charge_cold_current_ma = 8500;
	assert_true(limits_print_rule(&settings, 2, &out));
	assert_non_null(strstr(line, "8.5 A below 5 C"));
}

static void test_past_the_ends(void **state)
{
	struct settings settings;
	char line[LINE_MAX] = "untouched";
	struct text out = { 0 };

	(void)state;
	settings_defaults(&settings);
	out = text_in(line, sizeof line);
	assert_true(limits_print_rule(&settings, rule_count() - 1, &out));
	out = text_in(line, sizeof line);
	assert_false(limits_print_rule(&settings, rule_count(), &out));
	assert_false(limits_print_rule(&settings, -1, &out));
	assert_string_equal(line, "");
}

static void test_reasons(void **state)
{
	static const struct {
		struct limits_reason reason;
		const char *text;
	} rows[] = {
		{ { "Stage", { .value = 96, .unit = UNIT_PCT }, 0, false }, "Stage: 96 %" },
		{ { "Cold", { .value = -1500, .unit = UNIT_MC, .cell = 3 }, 12, false },
		  "Cold: -1.5 C, module 12 cell 3" },
		{ { "Cold", { .value = 3000, .unit = UNIT_MC }, 2, true }, "Recovery after Cold: 3.0 C, module 2" },
		{ { "High cell", { .value = 3601, .unit = UNIT_MV, .cell = 15 }, 1, false },
		  "High cell: 3.601 V, module 1 cell 15" },
		{ { "Uneven sharing", { .value = 51250, .unit = UNIT_MA }, 4, false },
		  "Uneven sharing: 51.3 A, module 4" },
		{ { "BMS event", { .blocks = true, .value = 0x100, .unit = UNIT_BAT_BITS }, 1, false },
		  "BMS event: over-temperature, module 1" },
		{ { "BMS event", { .blocks = true, .value = 0x400, .unit = UNIT_FAULT_BITS }, 1, false },
		  "BMS event: charge FET, module 1" },
		{ { "Cell sensor", { .blocks = true }, 5, false }, "Cell sensor, module 5" },
		{ { "Configured maximum", { .limit = 40000 }, 5, false }, "Configured maximum" },
		{ { "Lost module", { .unit = UNIT_PLACE }, 5, false }, "Lost module, module 5" },
		{ { "Battery lost", { .blocks = true }, 0, false }, "Battery lost" },
		{ { "", { .limit = LIMITS_FREE }, 0, false }, "" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		char line[96];
		struct text out = text_in(line, sizeof line);

		limits_describe(&rows[i].reason, &out);
		assert_string_equal(line, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_rule_prints),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_settings_show),
		cmocka_unit_test(test_past_the_ends),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests_name("limits, in words", tests, NULL, NULL);
}
