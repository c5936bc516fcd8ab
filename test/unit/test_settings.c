/* The tables of settings: defaults, parsing, writing, wishes, orders. */
#include "core/settings/settings.h"
#include "core/settings/settings_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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
	const struct settings_row *blamed;
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
	if (!settings_check(&s, &blamed, why, sizeof(why)))
		fail_msg("[%s] %s: %s", blamed->section, blamed->key, why);
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

/* No member of struct settings is without a row: what no row sets would be zero for ever. */
static void test_rows_cover_the_structure(void **state)
{
	(void)state;
	size_t covered = 0;

	for (int i = 0; i < settings_row_count; i++) {
		switch (settings_rows[i].kind) {
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
	{ "mqtt", "topic_base", "12345678901234567890123456789012345678901234567890123456789012345",
	  NULL },
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
	{ "serial", "reading_freq", "20.001", NULL },
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
	{ "protection", "discharge_cold_block_temperature", "-10", "-10" },
	{ "protection", "discharge_cold_block_temperature", "-0.5", "-0.5" },
	{ "protection", "discharge_cold_block_temperature", "-10.5", NULL },
	{ "protection", "charge_taper_voltage", "3.4 3.45, 3.5,3.55\t3.6", "3.4 3.45 3.5 3.55 3.6" },
	{ "protection", "charge_taper_voltage", "3.4 3.45 3.5 3.55", NULL },
	{ "protection", "charge_taper_voltage", "3.4 3.45 3.5 3.55 3.6 3.65", NULL },
	{ "protection", "charge_taper_voltage", "3.4 3.45 3.5 3.55 3.7", NULL },
	{ "protection", "charge_taper_percent", "100 50 20 5 0", "100 50 20 5 0" },
	{ "protection", "charge_taper_percent", "101 50 20 5 0", NULL },
	{ "protection", "max_age_s", "1.5", "1.5" },
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
	{ "protection", "charge_taper_percent", "five whole numbers from 0 to 100 %" },
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
	{ "cell_floor_voltage", "3.35", NULL, NULL },
	{ "cell_over_release_voltage", "3.60", NULL, NULL },
	{ "full_charge_voltage", "3.5", NULL, NULL },
	{ "full_charge_voltage", "3.501", "full_charge_voltage",
	  "must not be above [protection] cell_bulk_voltage, which is 3.5 V" },
	{ "cell_over_voltage", "3.50", "cell_bulk_voltage",
	  "must be below [protection] cell_over_voltage, which is 3.5 V" },
	{ "high_soc_release", "90", "high_soc_release", "must be below [protection] high_soc, which is 90 %" },
	{ "bulk_soc", "96", "bulk_soc", "must be below [protection] float_soc, which is 95 %" },
	{ "charge_cold_block_temperature", "5", "charge_cold_block_temperature",
	  "must be below [protection] charge_cold_temperature, which is 5 C" },
	{ "charge_taper_voltage", "3.5 3.55 3.55 3.62 3.65", "charge_taper_voltage",
	  "each number must be above the one before" },
	{ "discharge_taper_voltage", "2.5 2.6 2.8 2.9 3.0", "discharge_taper_voltage",
	  "each number must be below the one before" },
	{ "charge_taper_percent", "100 50 60 5 0", "charge_taper_percent",
	  "no number may be above the one before" },
	{ "charge_taper_percent", "100 50 50 5 5", NULL, NULL },
	{ "cell_under_release_voltage", "2.60", NULL, NULL },
	{ "cell_under_voltage", "2.9", "cell_under_voltage",
	  "must not be above [protection] alarm_cell_low_voltage, which is 2.8 V" },
	{ "low_soc_release", "10", "low_soc", "must be below [protection] low_soc_release, which is 10 %" },
	{ "max_age_s", "2", "reading_freq", "must be below [protection] max_age_s, which is 2 s" },
	{ "sense_high_voltage", "3.7", NULL, NULL },
	{ "alarm_cold_temperature", "-10", "alarm_cold_high_temperature",
	  "must be below [protection] alarm_cold_temperature, which is -10 C" },
};

static void test_orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const struct settings_row *blamed = NULL;
		struct settings s;
		char why[WHY_MAX] = "";

		settings_defaults(&s);
		if (!settings_set(&s, row_of("protection", orders[i].key), orders[i].value, why, sizeof(why)))
			fail_msg("%s = %s: %s", orders[i].key, orders[i].value, why);
		bool kept = settings_check(&s, &blamed, why, sizeof(why));
		if (kept != (orders[i].blamed == NULL))
			fail_msg("%s = %s: order %s %s", orders[i].key, orders[i].value,
			         kept ? "kept" : "broken", why);
		if (!kept) {
			assert_string_equal(blamed->key, orders[i].blamed);
			assert_string_equal(why, orders[i].why);
		}
	}
}

/* Every row of the order table names rows that are there, and can be broken by some value. */
static void test_every_order_can_break(void **state)
{
	(void)state;
	for (int i = 0; i < settings_order_count; i++) {
		const struct settings_order *order = &settings_orders[i];
		bool between = settings_order_row(order, true) != NULL;
		struct settings s;
		char why[WHY_MAX];
		int32_t high = 1000000, low = -1000000;

		assert_non_null(settings_order_row(order, false));
		settings_defaults(&s);
		memcpy((char *)&s + order->a + (between ? 0 : sizeof(int32_t)),
		       order->relation == SETTINGS_RISES ? &low : &high, sizeof(high));
		assert_false(settings_order_kept(&s, order));
		for (int other = 0; other <= between; other++) {
			settings_order_why(&s, order, other, why, sizeof(why));
			assert_true(strlen(why) > 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_are_good),
		cmocka_unit_test(test_rows_are_unique),
		cmocka_unit_test(test_two_words),
		cmocka_unit_test(test_rows_cover_the_structure),
		cmocka_unit_test(test_defaults_of_the_rules),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_what_is_allowed),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_every_order_can_break),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
