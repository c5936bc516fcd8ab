/* The tables of settings: defaults, parsing, writing, wishes, orders. */
#include "core/settings/settings.h"
#include "core/settings/constants.h"
#include "core/settings/settings_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"

#define WHY_MAX 256

static const struct settings_row *row_of(const char *section, const char *key)
{
	const struct settings_row *row = settings_find(section, key);

	if (row == NULL)
		fail_msg("no row [%s] %s", section, key);
	return row;
}

/* Every default is one that its own row takes, and the defaults keep every order. */
static void test_defaults_are_good(void **state)
{
	(void)state;
	struct settings s, again;
	char why[WHY_MAX] = "", value[SETTINGS_TEXT_MAX];

	settings_defaults(&s);
	memset(&again, 0x55, sizeof(again));
	for (int i = 0; i < settings_row_count; i++) {
		const struct settings_row *row = &settings_rows[i];
		if (!settings_set(&again, row, row->preset, why, sizeof(why)))
			fail_msg("[%s] %s = %s: %s", row->section, row->key, row->preset, why);
		settings_get(&s, row, value, sizeof(value));
		if (!settings_set(&again, row, value, why, sizeof(why)))
			fail_msg("[%s] %s written as %s: %s", row->section, row->key, value, why);
		char second[SETTINGS_TEXT_MAX];
		settings_get(&again, row, second, sizeof(second));
		assert_string_equal(value, second);
	}
	if (member_out_of_order(&s) != NULL)
		fail_msg("%s is not in order", member_out_of_order(&s));
}

static int32_t number_at(const struct settings *s, size_t offset, int index)
{
	int32_t n;

	memcpy(&n, (const char *)s + offset + (size_t)index * sizeof(n), sizeof(n));
	return n;
}

/* Every constant has a range in the tests and lies in it; the defaults have it, and no key of the same name or place. */
static void test_constants_are_good(void **state)
{
	(void)state;
	struct settings s;

	settings_defaults(&s);
	assert_int_equal(MEMBER_COUNT_OF(member_ranges), settings_fixed_count);
	for (int i = 0; i < settings_fixed_count; i++) {
		const struct settings_row *row = &settings_fixed_rows[i];
		struct settings_row with_range = member_with_range(*row);

		assert_ptr_equal(settings_fixed(row->section, row->key), row);
		assert_null(settings_find(row->section, row->key));
		assert_null(settings_at(row->offset));
		assert_null(row->preset);
		assert_true(with_range.least < with_range.most);
		for (int point = 0; point < (member_is_taper(row) ? SETTINGS_TAPER_POINTS : 1); point++) {
			int32_t n = number_at(settings_constants(), row->offset, point);

			if (n < with_range.least || n > with_range.most)
				fail_msg("%s is %d", row->key, (int)n);
			assert_int_equal(number_at(&s, row->offset, point), n);
		}
	}
	assert_null(settings_fixed("protection", "cell_bulk_voltage"));
	assert_null(settings_fixed("serial", "max_age_s"));
}

/* An order among constants alone belongs to the tests: no owner can break it. */
static void test_orders_are_where_they_belong(void **state)
{
	(void)state;
	for (int i = 0; i < member_order_count(); i++) {
		const struct settings_order *order = member_order(i);
		bool of_a_key = settings_order_row(order, false) != NULL || settings_order_row(order, true) != NULL;

		assert_int_equal(of_a_key, i < settings_order_count);
	}
}

static void test_rows_are_unique(void **state)
{
	(void)state;
	for (int i = 0; i < settings_row_count; i++) {
		const struct settings_row *row = &settings_rows[i];
		assert_ptr_equal(settings_find(row->section, row->key), row);
		assert_ptr_equal(settings_at(row->offset), row);
		assert_null(strchr(row->text, '|'));
		assert_true(strlen(row->text) > 0);
	}
	assert_null(settings_find("mqtt", "Port"));
	assert_null(settings_find("serial", "broker"));
}

/* What is yes or no has two words and no more. */
static void test_two_words(void **state)
{
	(void)state;
	for (int i = 0; i < settings_row_count; i++) {
		const char *choices = settings_rows[i].choices;

		if (settings_rows[i].kind != SETTINGS_BOOL || choices == NULL)
			continue;
		assert_non_null(strchr(choices, '|'));
		assert_ptr_equal(strchr(choices, '|'), strrchr(choices, '|'));
	}
}

/* No member of struct settings is without a row, of a key or of a constant: what no row sets would be zero for ever. */
static void test_rows_cover_the_structure(void **state)
{
	(void)state;
	size_t covered = 0;

	for (int i = 0; i < member_count(); i++) {
		switch (member_row(i).kind) {
		case SETTINGS_BOOL:
			covered += sizeof(bool);
			break;
		case SETTINGS_TEXT:
			covered += SETTINGS_TEXT_MAX;
			break;
		case SETTINGS_TAPER_MV:
		case SETTINGS_TAPER_PCT:
			covered += sizeof(int32_t) * SETTINGS_TAPER_POINTS;
			break;
		default:
			covered += sizeof(int32_t);
		}
	}
	/* Alignment leaves less than four bytes behind each of the seven lone flags. */
	assert_true(covered <= sizeof(struct settings));
	assert_true(covered + 7 * 3 >= sizeof(struct settings));
}

static void test_defaults_of_the_rules(void **state)
{
	(void)state;
	struct settings s;

	settings_defaults(&s);
	assert_true(s.mqtt.active);
	assert_string_equal(s.mqtt.topic_base, "victron-battery-middleware");
	assert_int_equal(s.serial.baud, 0);
	assert_int_equal(s.battery.addresses, 0);
	assert_int_equal(s.battery.max_charge_voltage_mv, 0);
	assert_int_equal(s.battery.max_charge_current_ma, 50000);
	assert_true(s.limits.publish);
	assert_false(s.limits.worst_soc);
	assert_int_equal(s.protection.cell_bulk_mv, 3500);
	assert_int_equal(s.protection.cell_floor_mv, 3133);
	assert_int_equal(s.protection.charge_taper.cell_mv[2], 3580);
	assert_int_equal(s.protection.charge_taper.percent[3], 5);
	assert_int_equal(s.protection.discharge_taper.cell_mv[0], 3000);
	assert_int_equal(s.protection.discharge_cold_block_mc, -10000);
	assert_int_equal(s.protection.max_age_ms, 15000);
	assert_int_equal(s.protection.max_failed_polls, 10);
	assert_int_equal(s.protection.alarm_spread_top_ms, 600000);
	assert_int_equal(s.level, LEVEL_INFO);
}

static const struct {
	const char *section, *key, *value;
	const char *written; /* NULL: refused */
} values[] = {
	{ "mqtt", "active", "no", "no" },
	{ "mqtt", "active", "yes", "yes" },
	{ "mqtt", "active", "maybe", NULL },
	{ "mqtt", "active", "", NULL },
	{ "mqtt", "active", "no|yes", NULL },
	{ "mqtt", "port", "65535", "65535" },
	{ "mqtt", "port", "65536", NULL },
	{ "mqtt", "port", "0", NULL },
	{ "mqtt", "port", "1883.0", NULL },
	{ "mqtt", "port", "18x", NULL },
	{ "mqtt", "port", "4294968179", NULL },
	{ "mqtt", "port", "-1", NULL },
	{ "mqtt", "port", "+1", NULL },
	{ "mqtt", "broker", "", NULL },
	{ "mqtt", "broker", "a b", NULL },
	{ "mqtt", "broker", "!a~", "!a~" },
	{ "mqtt", "broker", "a\x7f", NULL },
	{ "mqtt", "broker", "\x80", NULL },
	{ "mqtt", "broker", "\xff", NULL },
	{ "mqtt", "username", "", "" },
	{ "mqtt", "username", "a\tb", NULL },
	{ "mqtt", "password", "with blank and \xc3\xa4", "with blank and \xc3\xa4" },
	{ "mqtt", "password", "\x01", NULL },
	{ "mqtt", "topic_base", "a/b", "a/b" },
	{ "mqtt", "topic_base", "Nice", "Nice" },
	{ "mqtt", "topic_base", "N", NULL },
	{ "mqtt", "topic_base", "N/x", NULL },
	{ "mqtt", "topic_base", "R/x", NULL },
	{ "mqtt", "topic_base", "W/x", NULL },
	{ "mqtt", "topic_base", "P/x", NULL },
	{ "mqtt", "topic_base", "I/x", NULL },
	{ "mqtt", "topic_base", "a/", NULL },
	{ "mqtt", "topic_base", "/a", NULL },
	{ "mqtt", "topic_base", "$SYS", NULL },
	{ "mqtt", "topic_base", "a+", NULL },
	{ "mqtt", "topic_base", "a/#", NULL },
	{ "mqtt", "topic_base", "a b", NULL },
	{ "mqtt", "topic_base", "", NULL },
	{ "mqtt", "topic_base", "1234567890123456789012345678901234567890123456789012345678901234",
	  "1234567890123456789012345678901234567890123456789012345678901234" },
	{ "mqtt", "topic_base", "12345678901234567890123456789012345678901234567890123456789012345", NULL },
	{ "mqtt", "client_id", "a+", NULL },
	{ "mqtt", "client_id", "#", NULL },
	{ "serial", "port", "", "" },
	{ "serial", "port", "/dev/serial/by-id/usb x", "/dev/serial/by-id/usb x" },
	{ "serial", "baud", "auto", "auto" },
	{ "serial", "baud", "115200", "115200" },
	{ "serial", "baud", "19201", NULL },
	{ "serial", "baud", "0", NULL },
	{ "serial", "reading_freq", "0", "0" },
	{ "serial", "reading_freq", "2.5", "2.5" },
	{ "serial", "reading_freq", "2,5", NULL },
	{ "serial", "reading_freq", "2.", NULL },
	{ "serial", "reading_freq", ".5", NULL },
	{ "serial", "reading_freq", "2.0005", NULL },
	{ "serial", "reading_freq", "14", "14" },
	{ "serial", "reading_freq", "14.001", NULL },
	{ "battery", "addresses", "auto", "auto" },
	{ "battery", "addresses", "1,2, 16", "1,2,16" },
	{ "battery", "addresses", "3 ,1", "1,3" },
	{ "battery", "addresses", "1,,2", NULL },
	{ "battery", "addresses", "1,1", NULL },
	{ "battery", "addresses", "0", NULL },
	{ "battery", "addresses", "17", NULL },
	{ "battery", "addresses", "1,", NULL },
	{ "battery", "addresses", "1 2", NULL },
	{ "battery", "addresses", "", NULL },
	{ "battery", "num_cells", "auto", "auto" },
	{ "battery", "num_cells", "15", "15" },
	{ "battery", "num_cells", "25", NULL },
	{ "battery", "max_charge_voltage", "auto", "auto" },
	{ "battery", "max_charge_voltage", "52.5", "52.5" },
	{ "battery", "max_charge_voltage", "39.999", NULL },
	{ "battery", "max_charge_voltage", "58.001", NULL },
	{ "battery", "max_charge_voltage", "0", NULL },
	{ "limits", "soc_rules", "worst", "worst" },
	{ "limits", "soc_rules", "yes", NULL },
	{ "limits", "discharge_blocked_current", "0.1", "0.1" },
	{ "protection", "cell_bulk_voltage", "3.45", "3.45" },
	{ "protection", "cell_bulk_voltage", "3.7", NULL },
	{ "protection", "charge_cold_temperature", "1", "1" },
	{ "protection", "charge_cold_temperature", "7.5", "7.5" },
	{ "protection", "charge_cold_temperature", "-0.5", NULL },
	{ "protection", "charge_cold_temperature", "25.001", NULL },
	{ "protection", "lost_module", "block", "block" },
	{ "protection", "lost_module", "derate", NULL },
	{ "logging", "level", "debug", "debug" },
	{ "logging", "level", "trace", NULL },
	{ "logging", "level", "err", NULL },
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct settings_row *row = row_of(values[i].section, values[i].key);
		struct settings s, before;
		char why[WHY_MAX] = "", written[SETTINGS_TEXT_MAX];

		settings_defaults(&s);
		before = s;
		bool taken = settings_set(&s, row, values[i].value, why, sizeof(why));
		if (taken != (values[i].written != NULL))
			fail_msg("[%s] %s = '%s' was %s", row->section, row->key, values[i].value,
			         taken ? "taken" : "refused");
		if (taken) {
			settings_get(&s, row, written, sizeof(written));
			assert_string_equal(written, values[i].written);
		} else {
			assert_memory_equal(&s, &before, sizeof(s));
			assert_true(strlen(why) > 0);
		}
	}
}

static const struct {
	const char *section, *key, *allowed;
} allowances[] = {
	{ "mqtt", "active", "no or yes" },
	{ "mqtt", "port", "a whole number from 1 to 65535" },
	{ "mqtt", "password", "empty or up to 127 characters" },
	{ "serial", "baud", "auto, 9600, 19200, 38400, 57600 or 115200" },
	{ "battery", "addresses", "auto or different numbers from 1 to 16, such as 1,2,3" },
	{ "battery", "max_charge_voltage", "auto or a number from 40 to 58 V" },
	{ "protection", "cell_bulk_voltage", "a number from 3.3 to 3.6 V" },
	{ "protection", "low_soc", "a whole number from 1 to 50 %" },
	{ "logging", "level", "error, warning, info or debug" },
};

static void test_what_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(allowances) / sizeof(allowances[0]); i++) {
		char allowed[WHY_MAX];
		settings_allowed(row_of(allowances[i].section, allowances[i].key), allowed,
		                 sizeof(allowed));
		assert_string_equal(allowed, allowances[i].allowed);
	}
}

static const struct {
	const char *key, *value; /* of [protection], beside the defaults */
	const char *blamed;      /* NULL: the order is kept */
	const char *why;
} orders[] = {
	{ "cell_float_voltage", "3.466", NULL, NULL },
	{ "cell_float_voltage", "3.467", "cell_float_voltage",
	  "must be below [protection] full_charge_voltage, which is 3.467 V" },
	{ "cell_bulk_voltage", "3.35", "cell_float_voltage",
	  "must not be above [protection] cell_bulk_voltage, which is 3.35 V" },
	{ "full_charge_voltage", "3.5", NULL, NULL },
	{ "full_charge_voltage", "3.501", "full_charge_voltage",
	  "must not be above [protection] cell_bulk_voltage, which is 3.5 V" },
	{ "cell_float_voltage", "3.201", NULL, NULL },
	{ "cell_float_voltage", "3.2", "cell_float_voltage",
	  "must be above the constant pack_low_release_cell_voltage, which is 3.2 V" },
	{ "low_soc_release", "10", "low_soc", "must be below [protection] low_soc_release, which is 10 %" },
	{ "low_soc_block", "8", "low_soc_block", "must be below [protection] low_soc_block_release, which is 8 %" },
	{ "low_soc", "4", "low_soc_block", "must not be above [protection] low_soc, which is 4 %" },
	{ "lost_battery_soc", "5", "low_soc_block", "must be below [protection] lost_battery_soc, which is 5 %" },
};

static const struct settings_order *first_broken(const struct settings *s)
{
	for (int i = 0; i < settings_order_count; i++)
		if (!settings_order_kept(s, &settings_orders[i]))
			return &settings_orders[i];
	return NULL;
}

static void test_orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const struct settings_order *broken;
		struct settings s;
		char why[WHY_MAX] = "";

		settings_defaults(&s);
		if (!settings_set(&s, row_of("protection", orders[i].key), orders[i].value, why, sizeof(why)))
			fail_msg("%s = %s: %s", orders[i].key, orders[i].value, why);
		broken = first_broken(&s);
		if ((broken == NULL) != (orders[i].blamed == NULL))
			fail_msg("%s = %s: order %s", orders[i].key, orders[i].value,
				 broken == NULL ? "kept" : "broken");
		if (broken != NULL) {
			bool other = settings_order_row(broken, false) == NULL;

			settings_order_why(&s, broken, other, why, sizeof(why));
			assert_string_equal(settings_order_row(broken, other)->key, orders[i].blamed);
			assert_string_equal(why, orders[i].why);
		}
	}
}

/* Every row of the order table can be broken by some value, and says so of either side. */
static void test_every_order_can_break(void **state)
{
	(void)state;
	for (int i = 0; i < member_order_count(); i++) {
		const struct settings_order *order = member_order(i);
		struct settings s;
		char why[WHY_MAX];
		int32_t high = 1000000;

		settings_defaults(&s);
		memcpy((char *)&s + order->a, &high, sizeof(high));
		assert_false(settings_order_kept(&s, order));
		assert_non_null(member_out_of_order(&s));
		for (int other = 0; other <= 1; other++) {
			settings_order_why(&s, order, other, why, sizeof(why));
			assert_true(strlen(why) > 0);
		}
	}
}

/* Also where no value within its range can break it today: a constant may change. */
static void test_order_with_a_constant(void **state)
{
	(void)state;
	const struct settings_order *broken;
	struct settings s;
	char why[WHY_MAX];

	settings_defaults(&s);
	s.serial.reading_freq_ms = 14999;
	assert_null(first_broken(&s));
	s.serial.reading_freq_ms = 15000;
	broken = first_broken(&s);
	assert_non_null(broken);
	settings_order_why(&s, broken, false, why, sizeof(why));
	assert_string_equal(why, "must be below the constant max_age_s, which is 15 s");
}

/* What the tests hold the tapers to. */
static void test_tapers_in_order(void **state)
{
	(void)state;
	static const struct {
		const char *key, *value;
		bool taken, kept;
	} rows[] = {
		{ "charge_taper_voltage", "3.4 3.45, 3.5,3.55\t3.6", true, true },
		{ "charge_taper_voltage", "3.4 3.45 3.5 3.55", false, true },
		{ "charge_taper_voltage", "3.4 3.45 3.5 3.55 3.6 3.65", false, true },
		{ "charge_taper_voltage", "3.4 3.45 3.5 3.55 3.7", false, true },
		{ "charge_taper_voltage", "3.5 3.55 3.55 3.62 3.65", true, false },
		{ "discharge_taper_voltage", "2.5 2.6 2.8 2.9 3.0", true, false },
		{ "discharge_taper_voltage", "3.0 2.9 2.9 2.6 2.5", true, false },
		{ "charge_taper_percent", "100 50 60 5 0", true, false },
		{ "charge_taper_percent", "100 50 50 5 5", true, true },
		{ "charge_taper_percent", "101 50 20 5 0", false, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct settings s;

		settings_defaults(&s);
		assert_int_equal(member_set(&s, "protection", rows[i].key, rows[i].value), rows[i].taken);
		if ((member_out_of_order(&s) == NULL) != rows[i].kept)
			fail_msg("%s = %s", rows[i].key, rows[i].value);
	}
}

/* At most so many: each one more is another way to make a safe program unsafe. */
static void test_few_keys(void **state)
{
	(void)state;
	assert_true(settings_row_count <= 45);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_are_good),
		cmocka_unit_test(test_constants_are_good),
		cmocka_unit_test(test_orders_are_where_they_belong),
		cmocka_unit_test(test_rows_are_unique),
		cmocka_unit_test(test_two_words),
		cmocka_unit_test(test_rows_cover_the_structure),
		cmocka_unit_test(test_defaults_of_the_rules),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_what_is_allowed),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_every_order_can_break),
		cmocka_unit_test(test_order_with_a_constant),
		cmocka_unit_test(test_tapers_in_order),
		cmocka_unit_test(test_few_keys),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
