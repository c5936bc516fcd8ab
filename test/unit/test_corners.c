/* Corners that no ordinary use comes to: values that the tables of settings never hold today, and offsets
 * that are none. */
#include "check.h"

#include "core/settings/settings_table.h"

static void test_settings_refused(void **state)
{
	static const struct {
		const char *section, *key, *value;
	} rows[] = {
		{ "mqtt", "active", "maybe" },        { "mqtt", "active", "" },
		{ "mqtt", "password", "tab\there" },  { "mqtt", "password", "rubout\x7f" },
		{ "mqtt", "broker", "two words" },    { "mqtt", "broker", "sm\xc3\xa5l" },
		{ "mqtt", "client_id", "two words" }, { "mqtt", "client_id", "a+b" },
	};
	struct settings settings, before;

	(void)state;
	settings_defaults(&settings);
	before = settings;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		char why[256] = "";

		if (settings_set(&settings, settings_find(rows[i].section, rows[i].key), rows[i].value, why,
		                 sizeof why))
			fail_msg("%s = %s was taken", rows[i].key, rows[i].value);
		assert_true(why[0] != '\0');
		assert_memory_equal(&settings, &before, sizeof settings);
	}
}

static void test_no_row_there(void **state)
{
	(void)state;
	assert_null(settings_at(sizeof(struct settings) + 1));
	assert_null(settings_find("mqtt", "no such key"));
	assert_null(settings_find("no such section", "broker"));
	assert_ptr_equal(settings_at(settings_rows[3].offset), &settings_rows[3]);
}

/* A value beyond the words of its row (which no text can set) is shown as the last of them. */
static void test_word_beyond_the_last(void **state)
{
	const int beyond = LEVEL_DEBUG + 3;
	struct settings settings;
	char value[SETTINGS_TEXT_MAX];

	(void)state;
	settings_defaults(&settings);
	memcpy(&settings.level, &beyond, sizeof settings.level);
	settings_get(&settings, settings_find("logging", "level"), value, sizeof value);
	assert_string_equal(value, "debug");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings_refused),
		cmocka_unit_test(test_no_row_there),
		cmocka_unit_test(test_word_beyond_the_last),
	};

	return cmocka_run_group_tests_name("corners", tests, NULL, NULL);
}
