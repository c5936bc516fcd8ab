/* members: every setting, key or constant, as a row with a range, and every order that they keep, for tests that move
 * them all. What holds of keys stands in the program; the ranges of constants and the orders among them stand here. */
#ifndef TEST_MEMBERS_H
#define TEST_MEMBERS_H

#include "core/base/text.h"
#include "core/settings/settings_table.h"

#include <string.h>

#define MEMBER_WHY_MAX 256
#define MEMBER_COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

static const struct member_range {
	const char *key;
	int32_t least, most;
} member_ranges[] = {
	{ "publish_unchanged", 2000, 30000 },
	{ "cell_floor_voltage", 3000, 3350 },
	{ "float_soc", 50, 100 },
	{ "bulk_soc", 40, 99 },
	{ "full_charge_hours", 1, 24 },
	{ "headroom_start_cell_voltage", 3300, 3500 },
	{ "headroom_target_cell_voltage", 3400, 3600 },
	{ "blocked_step_voltage", 50, 1000 },
	{ "blocked_step_s", 100, 60000 },
	{ "blocked_current", 100, 5000 },
	{ "charge_derate_percent", 10, 100 },
	{ "high_soc", 50, 100 },
	{ "high_soc_release", 40, 99 },
	{ "charge_cold_block_temperature", 0, 15000 },
	{ "charge_hot_current", 0, 50000 },
	{ "charge_hot_block_temperature", 35000, 55000 },
	{ "temperature_release", 500, 10000 },
	{ "cell_over_voltage", 3450, 3650 },
	{ "cell_over_release_voltage", 3300, 3600 },
	{ "charge_taper_voltage", 3300, 3650 },
	{ "charge_taper_percent", 0, 100 },
	{ "deep_cell_voltage", 2500, 3100 },
	{ "deep_cell_release_voltage", 2600, 3200 },
	{ "deep_cell_current", 0, 50000 },
	{ "deep_cell_block_voltage", 2000, 2600 },
	{ "deep_cell_block_release_voltage", 2050, 2800 },
	{ "low_soc_current", 0, 50000 },
	{ "cell_under_voltage", 2500, 3100 },
	{ "cell_under_release_voltage", 2600, 3300 },
	{ "discharge_taper_voltage", 2500, 3300 },
	{ "discharge_taper_percent", 0, 100 },
	{ "pack_low_cell_voltage", 2900, 3250 },
	{ "pack_low_percent", 0, 100 },
	{ "pack_cut_cell_voltage", 2800, 3200 },
	{ "pack_cut_s", 0, 60000 },
	{ "pack_low_release_cell_voltage", 2950, 3350 },
	{ "discharge_cold_block_temperature", -10000, 15000 },
	{ "discharge_hot_temperature", 30000, 54000 },
	{ "discharge_hot_percent", 0, 100 },
	{ "discharge_hot_block_temperature", 35000, 55000 },
	{ "over_current_percent", 0, 100 },
	{ "over_current_s", 0, 600000 },
	{ "sense_high_voltage", 3700, 4090 },
	{ "sense_low_voltage", 100, 1500 },
	{ "pack_tolerance_percent", 1, 10 },
	{ "max_age_s", 500, 30000 },
	{ "max_age_passes_tenths", 10, 50 },
	{ "failed_poll_s", 100, 60000 },
	{ "max_failed_polls", 1, 100 },
	{ "backoff_max_s", 100, 300000 },
	{ "offline_patience_s", 200, 5000 },
	{ "frozen_s", 1000, 600000 },
	{ "frozen_passes", 2, 100 },
	{ "frozen_current", 500, 50000 },
	{ "lost_module_hold_min", 0, 1440 },
	{ "failed_current", 100, 5000 },
	{ "failed_s", 1000, 600000 },
	{ "lost_battery_current", 0, 50000 },
	{ "lost_battery_cell_voltage", 2600, 3400 },
	{ "confirm_cell_voltage", 50, 1000 },
	{ "confirm_soc", 1, 100 },
	{ "confirm_temperature", 500, 30000 },
	{ "confirm_s", 200, 5000 },
	{ "recovery_hold_s", 0, 600000 },
	{ "recovery_current_a_s", 0, 100000 },
	{ "recovery_voltage_v_s", 0, 10000 },
	{ "alarm_cell_low_voltage", 2500, 3200 },
	{ "alarm_cell_high_voltage", 3400, 3650 },
	{ "alarm_spread_voltage", 20, 500 },
	{ "alarm_spread_high_voltage", 50, 1000 },
	{ "alarm_spread_top_cell_voltage", 3300, 3600 },
	{ "alarm_spread_top_s", 0, 3600000 },
	{ "alarm_mos_temperature", 50000, 100000 },
	{ "alarm_mos_high_temperature", 55000, 110000 },
	{ "alarm_hot_temperature", 30000, 55000 },
	{ "alarm_hot_high_temperature", 35000, 60000 },
	{ "alarm_cold_temperature", -10000, 20000 },
	{ "alarm_cold_high_temperature", -20000, 15000 },
	{ "alarm_cell_release_voltage", 5, 300 },
	{ "alarm_spread_release_voltage", 5, 200 },
	{ "alarm_soc_release", 1, 20 },
	{ "alarm_temperature_release", 500, 10000 },
	{ "balance_spread_voltage", 10, 300 },
	{ "balance_cell_voltage", 3300, 3600 },
};

#define P(member) offsetof(struct settings, protection.member)

static const struct settings_order member_orders[] = {
	{ P(bulk_soc_pct), SETTINGS_BELOW, P(float_soc_pct) },
	{ P(headroom_start_cell_mv), SETTINGS_BELOW, P(headroom_target_cell_mv) },
	{ P(headroom_target_cell_mv), SETTINGS_BELOW, P(cell_over_mv) },
	{ P(high_soc_release_pct), SETTINGS_BELOW, P(high_soc_pct) },
	{ P(cell_over_release_mv), SETTINGS_BELOW, P(cell_over_mv) },
	{ P(deep_cell_mv), SETTINGS_BELOW, P(deep_cell_release_mv) },
	{ P(deep_cell_block_mv), SETTINGS_BELOW, P(deep_cell_mv) },
	{ P(deep_cell_block_mv), SETTINGS_BELOW, P(deep_cell_block_release_mv) },
	{ P(deep_cell_block_release_mv), SETTINGS_NOT_ABOVE, P(deep_cell_release_mv) },
	{ P(deep_cell_release_mv), SETTINGS_BELOW, P(cell_over_release_mv) },
	{ P(cell_under_mv), SETTINGS_BELOW, P(cell_under_release_mv) },
	{ P(pack_cut_cell_mv), SETTINGS_BELOW, P(pack_low_cell_mv) },
	{ P(pack_low_cell_mv), SETTINGS_BELOW, P(pack_low_release_cell_mv) },
	{ P(pack_cut_cell_mv), SETTINGS_BELOW, P(cell_floor_mv) },
	{ P(discharge_cold_block_mc), SETTINGS_BELOW, P(discharge_hot_mc) },
	{ P(discharge_hot_mc), SETTINGS_BELOW, P(discharge_hot_block_mc) },
	{ P(sense_low_mv), SETTINGS_BELOW, P(deep_cell_block_mv) },
	{ P(cell_over_mv), SETTINGS_BELOW, P(sense_high_mv) },
	{ P(cell_under_mv), SETTINGS_NOT_ABOVE, P(alarm_cell_low_mv) },
	{ P(alarm_cell_low_mv), SETTINGS_BELOW, P(alarm_cell_high_mv) },
	{ P(alarm_cell_high_mv), SETTINGS_NOT_ABOVE, P(cell_over_mv) },
	{ P(alarm_spread_release_mv), SETTINGS_BELOW, P(alarm_spread_mv) },
	{ P(alarm_spread_mv), SETTINGS_BELOW, P(alarm_spread_high_mv) },
	{ P(alarm_mos_mc), SETTINGS_BELOW, P(alarm_mos_high_mc) },
	{ P(alarm_cold_high_mc), SETTINGS_BELOW, P(alarm_cold_mc) },
	{ P(alarm_cold_mc), SETTINGS_BELOW, P(alarm_hot_mc) },
	{ P(alarm_hot_mc), SETTINGS_BELOW, P(alarm_hot_high_mc) },
	{ P(cell_under_mv), SETTINGS_BELOW, P(lost_battery_cell_mv) },
};

/* How the points of a taper follow each other: RISES and FALLS without two that are equal. */
enum member_slope { MEMBER_RISES, MEMBER_FALLS, MEMBER_NEVER_RISES };

static const struct member_taper {
	size_t offset;
	enum member_slope slope;
} member_tapers[] = {
	{ P(charge_taper.cell_mv), MEMBER_RISES },
	{ P(charge_taper.percent), MEMBER_NEVER_RISES },
	{ P(discharge_taper.cell_mv), MEMBER_FALLS },
	{ P(discharge_taper.percent), MEMBER_NEVER_RISES },
};

#undef P

static inline int member_count(void)
{
	return settings_row_count + settings_fixed_count;
}

/* A constant's row with its range; one without a range has none to move in. */
static inline struct settings_row member_with_range(struct settings_row row)
{
	for (int i = 0; row.preset == NULL && i < MEMBER_COUNT_OF(member_ranges); i++) {
		if (strcmp(member_ranges[i].key, row.key) == 0) {
			row.least = member_ranges[i].least;
			row.most = member_ranges[i].most;
		}
	}
	return row;
}

static inline struct settings_row member_row(int index)
{
	return index < settings_row_count ? settings_rows[index]
					  : member_with_range(settings_fixed_rows[index - settings_row_count]);
}

static inline bool member_find(const char *section, const char *key, struct settings_row *row)
{
	const struct settings_row *found = settings_find(section, key);

	if (found == NULL)
		found = settings_fixed(section, key);
	if (found != NULL)
		*row = member_with_range(*found);
	return found != NULL;
}

/* The row at an offset; there is one. */
static inline struct settings_row member_at(size_t offset)
{
	struct settings_row row = member_row(0);

	for (int i = 1; i < member_count() && row.offset != offset; i++)
		row = member_row(i);
	return row;
}

static inline bool member_is_taper(const struct settings_row *row)
{
	return row->kind == SETTINGS_TAPER_MV || row->kind == SETTINGS_TAPER_PCT;
}

/* Five numbers with blanks or commas between. */
static inline bool member_set_taper(struct settings *s, struct settings_row row, const char *value)
{
	char text[SETTINGS_TEXT_MAX], why[MEMBER_WHY_MAX], *save = NULL;
	struct settings after = *s;
	int count = 0;

	text_copy(text, sizeof text, value);
	row.kind = row.kind == SETTINGS_TAPER_MV ? SETTINGS_MILLI : SETTINGS_INT;
	for (char *number = strtok_r(text, ", \t", &save); number != NULL; number = strtok_r(NULL, ", \t", &save)) {
		if (count == SETTINGS_TAPER_POINTS || !settings_set(&after, &row, number, why, sizeof why))
			return false;
		row.offset += sizeof(int32_t);
		count++;
	}
	if (count == SETTINGS_TAPER_POINTS)
		*s = after;
	return count == SETTINGS_TAPER_POINTS;
}

/* Sets a key, or a constant, as the owner would write it. False: there is none, or not within its range. */
static inline bool member_set(struct settings *s, const char *section, const char *key, const char *value)
{
	struct settings_row row;
	char why[MEMBER_WHY_MAX];

	if (!member_find(section, key, &row))
		return false;
	if (member_is_taper(&row))
		return member_set_taper(s, row, value);
	return settings_set(s, &row, value, why, sizeof why);
}

static inline bool member_slope_kept(const struct settings *s, const struct member_taper *taper)
{
	int32_t point[SETTINGS_TAPER_POINTS];

	memcpy(point, (const char *)s + taper->offset, sizeof point);
	for (int i = 1; i < SETTINGS_TAPER_POINTS; i++) {
		if (taper->slope == MEMBER_RISES ? point[i] <= point[i - 1] : point[i] > point[i - 1])
			return false;
		if (taper->slope == MEMBER_FALLS && point[i] == point[i - 1])
			return false;
	}
	return true;
}

static inline const struct settings_order *member_order(int index)
{
	return index < settings_order_count ? &settings_orders[index] : &member_orders[index - settings_order_count];
}

static inline int member_order_count(void)
{
	return settings_order_count + MEMBER_COUNT_OF(member_orders);
}

/* The first constant that does not keep its order with another one; NULL: all do. */
static inline const char *member_constant_out_of_order(const struct settings *s)
{
	for (int i = 0; i < MEMBER_COUNT_OF(member_orders); i++)
		if (!settings_order_kept(s, &member_orders[i]))
			return member_at(member_orders[i].a).key;
	for (int i = 0; i < MEMBER_COUNT_OF(member_tapers); i++)
		if (!member_slope_kept(s, &member_tapers[i]))
			return member_at(member_tapers[i].offset).key;
	return NULL;
}

/* The same of keys and constants. */
static inline const char *member_out_of_order(const struct settings *s)
{
	for (int i = 0; i < settings_order_count; i++)
		if (!settings_order_kept(s, &settings_orders[i]))
			return member_at(settings_orders[i].a).key;
	return member_constant_out_of_order(s);
}

#endif
