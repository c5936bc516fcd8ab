/* Every threshold, key or constant, at its edge: one unit on the good side, on it, one beyond, and back through
 * its release; at the default and at another value, so that it is this number that steers. A number of the settings
 * that is neither here nor among the amounts below is a fault of this test. */
#include "thresholds.h"

#include "members.h"

#include <stdlib.h>

enum side { BELOW = -1, ABOVE = 1 };

/* Other units than the key's own. */
static int32_t of_pack(int32_t cell_mv)
{
	return limits_pack_mv(cell_mv, CELLS);
}

static int32_t of_sum(int32_t percent)
{
	return CELLS * 3300 * percent / 100;
}

static int32_t of_passes(int32_t tenths)
{
	return LONG_PASS_MS / 10 * tenths;
}

static int32_t of_days(int32_t days)
{
	return days * 24 * 3600;
}

static int32_t of_hours(int32_t hours)
{
	return hours * 3600 * 1000;
}

static int32_t of_minutes(int32_t minutes)
{
	return minutes * 60 * 1000;
}

static const struct threshold {
	const char *key;
	probe *probe;
	enum side side;      /* where it trips */
	bool from;           /* the value itself trips */
	const char *release; /* a key or constant, "+key" or "-key": that far from the threshold; NULL: no hysteresis */
	bool beyond;         /* the release itself does not release */
	int32_t (*in)(int32_t); /* the unit in which the probe is asked; NULL: the key's own */
} thresholds[] = {
	{ "float_soc", floating, ABOVE, true, "bulk_soc", true, NULL },
	{ "full_charge_days", full_charge_due, ABOVE, true, NULL, false, of_days },
	{ "full_charge_voltage", full_charge_high, ABOVE, true, NULL, false, of_pack },
	{ "full_charge_hours", full_charge_lasted, ABOVE, true, NULL, false, of_hours },
	{ "headroom_start_cell_voltage", headroom, ABOVE, false, NULL, false, NULL },
	{ "blocked_current", still_flows, ABOVE, false, NULL, false, NULL },
	{ "blocked_step_s", blocked_step, ABOVE, true, NULL, false, NULL },
	{ "high_soc", charge_soc, ABOVE, false, "high_soc_release", false, NULL },
	{ "charge_cold_temperature", charge_temp, BELOW, false, "+temperature_release", false, NULL },
	{ "charge_cold_block_temperature", charge_temp_block, BELOW, false, "+temperature_release", false, NULL },
	{ "charge_hot_temperature", charge_temp, ABOVE, false, "-temperature_release", false, NULL },
	{ "charge_hot_block_temperature", charge_temp_block, ABOVE, false, "-temperature_release", false, NULL },
	{ "cell_over_voltage", charge_cell_block, ABOVE, false, "cell_over_release_voltage", true, NULL },
	{ "deep_cell_voltage", deep_cell, BELOW, false, "deep_cell_release_voltage", false, NULL },
	{ "deep_cell_block_voltage", deep_cell_block, BELOW, false, "deep_cell_block_release_voltage", false,
	  NULL },
	{ "low_soc", discharge_soc, BELOW, false, "low_soc_release", false, NULL },
	{ "low_soc_block", discharge_soc_block, BELOW, false, "low_soc_block_release", false, NULL },
	{ "cell_under_voltage", discharge_cell_block, BELOW, false, "cell_under_release_voltage", true, NULL },
	{ "pack_low_cell_voltage", pack_low, BELOW, false, "pack_low_release_cell_voltage", true, of_pack },
	{ "pack_cut_cell_voltage", pack_cut, BELOW, false, "pack_low_release_cell_voltage", true, of_pack },
	{ "pack_cut_s", pack_cut_lasts, ABOVE, true, NULL, false, NULL },
	{ "discharge_cold_block_temperature", discharge_temp_block, BELOW, false, "+temperature_release", false,
	  NULL },
	{ "discharge_hot_temperature", discharge_temp, ABOVE, true, "-temperature_release", false, NULL },
	{ "discharge_hot_block_temperature", discharge_temp_block, ABOVE, false, "-temperature_release", false,
	  NULL },
	{ "over_current_s", over_current_ends, ABOVE, true, NULL, false, NULL },
	{ "recovery_hold_s", hold_ends, ABOVE, true, NULL, false, NULL },

	{ "sense_high_voltage", sensor_failed, ABOVE, false, NULL, false, NULL },
	{ "sense_low_voltage", sensor_failed, BELOW, false, NULL, false, NULL },
	{ "pack_tolerance_percent", pack_apart, ABOVE, false, NULL, false, of_sum },
	{ "max_age_s", too_old, ABOVE, true, NULL, false, NULL },
	{ "max_age_passes_tenths", too_old_after_long_passes, ABOVE, true, NULL, false, of_passes },
	{ "frozen_s", hangs_long, ABOVE, true, NULL, false, NULL },
	{ "frozen_passes", hangs_for_passes, ABOVE, true, NULL, false, NULL },
	{ "frozen_current", hangs_under_load, ABOVE, false, NULL, false, NULL },
	{ "failed_current", gone_without_current, BELOW, false, NULL, false, NULL },
	{ "failed_s", gone_for_long, ABOVE, true, NULL, false, NULL },
	{ "lost_module_hold_min", held_no_longer, ABOVE, true, NULL, false, of_minutes },
	{ "lost_battery_soc", lost_empty, BELOW, false, NULL, false, NULL },
	{ "lost_battery_cell_voltage", lost_low, BELOW, false, NULL, false, NULL },
	{ "failed_poll_s", polls_again, ABOVE, true, NULL, false, NULL },
	{ "max_failed_polls", gives_up, ABOVE, true, NULL, false, NULL },
	{ "backoff_max_s", tries_again_without_port, ABOVE, true, NULL, false, NULL },
	{ "offline_patience_s", impatient, ABOVE, true, NULL, false, NULL },

	{ "confirm_cell_voltage", cell_jumped, ABOVE, false, NULL, false, NULL },
	{ "confirm_soc", soc_jumped, ABOVE, false, NULL, false, NULL },
	{ "confirm_temperature", temp_jumped, ABOVE, false, NULL, false, NULL },
	{ "confirm_s", confirmed_too_late, ABOVE, false, NULL, false, NULL },

	{ "alarm_cell_low_voltage", alarm_cell_low, BELOW, false, "+alarm_cell_release_voltage", false, NULL },
	{ "alarm_cell_high_voltage", alarm_cell_high, ABOVE, false, "-alarm_cell_release_voltage", false, NULL },
	{ "alarm_spread_voltage", alarm_spread, ABOVE, false, "-alarm_spread_release_voltage", false, NULL },
	{ "alarm_spread_high_voltage", alarm_spread_high, ABOVE, false, "-alarm_spread_release_voltage", false,
	  NULL },
	{ "alarm_spread_top_cell_voltage", alarm_spread_waits, ABOVE, false, NULL, false, NULL },
	{ "alarm_spread_top_s", alarm_spread_lasted, ABOVE, true, NULL, false, NULL },
	{ "alarm_mos_temperature", alarm_mos, ABOVE, false, "-alarm_temperature_release", false, NULL },
	{ "alarm_mos_high_temperature", alarm_mos_high, ABOVE, false, "-alarm_temperature_release", false, NULL },
	{ "alarm_hot_temperature", alarm_hot, ABOVE, false, "-alarm_temperature_release", false, NULL },
	{ "alarm_hot_high_temperature", alarm_hot_high, ABOVE, false, "-alarm_temperature_release", false, NULL },
	{ "alarm_cold_temperature", alarm_cold, BELOW, false, "+alarm_temperature_release", false, NULL },
	{ "alarm_cold_high_temperature", alarm_cold_high, BELOW, false, "+alarm_temperature_release", false,
	  NULL },
	{ "low_soc", alarm_soc, BELOW, false, "+alarm_soc_release", false, NULL },
	{ "balance_spread_voltage", balancing_by_spread, ABOVE, false, NULL, false, NULL },
	{ "balance_cell_voltage", balancing_by_cell, ABOVE, false, NULL, false, NULL },
};

static struct settings_row row_of(const char *key)
{
	struct settings_row row = { 0 };

	if (!member_find("protection", key, &row))
		fail_msg("no key [protection] %s, and no constant", key);
	return row;
}

static int32_t number(const struct settings *s, const char *key)
{
	int32_t n;

	memcpy(&n, (const char *)s + row_of(key).offset, sizeof n);
	return n;
}

/* Where the threshold lets go, in the key's own unit. */
static int32_t release_of(const struct settings *s, const struct threshold *t)
{
	int32_t trip = number(s, t->key);

	if (t->release == NULL)
		return trip;
	if (t->release[0] == '+' || t->release[0] == '-')
		return trip + (t->release[0] == '+' ? 1 : -1) * number(s, t->release + 1);
	return number(s, t->release);
}

static int32_t in_unit(const struct threshold *t, int32_t value)
{
	return t->in ? t->in(value) : value;
}

static void expect(struct world *w, const struct threshold *t, const char *where, int32_t value, bool tripped)
{
	if (t->probe(w, value) != tripped)
		fail_msg("%s, %s (%d): %s", t->key, where, (int)value,
		         tripped ? "has not tripped" : "is tripped");
}

static void walk(const struct settings *settings, const struct threshold *t)
{
	int32_t trip = in_unit(t, number(settings, t->key));
	int32_t release = in_unit(t, release_of(settings, t));
	bool beyond = t->release ? t->beyond : t->from; /* without hysteresis it ends where it begins */
	struct world w = { .s.settings = *settings };

	renew(&w);
	expect(&w, t, "one unit on the good side", trip - t->side, false);
	expect(&w, t, "on it", trip, t->from);
	expect(&w, t, "one unit beyond", trip + t->side, true);
	expect(&w, t, "before its release", beyond ? release : release + t->side, true);
	expect(&w, t, "released", beyond ? release - t->side : release, false);
	expect(&w, t, "beyond once more", trip + t->side, true);
}

static void test_defaults(void **state)
{
	struct settings settings;

	(void)state;
	settings_defaults(&settings);
	for (int i = 0; i < COUNT_OF(thresholds); i++)
		walk(&settings, &thresholds[i]);
}

/* Moves a key by a little, up or else down, so that its range and the order still hold. */
static void move(struct settings *s, const char *key)
{
	const struct settings_row row = row_of(key);
	int32_t by = row.kind == SETTINGS_MILLI ? 20 : 2, before = number(s, key);

	for (int sign = 1; sign >= -1; sign -= 2) {
		int32_t now = before + sign * by;

		memcpy((char *)s + row.offset, &now, sizeof now);
		if (now >= row.least && now <= row.most && member_out_of_order(s) == NULL)
			return;
	}
	fail_msg("%s cannot be moved by %d", key, (int)by);
}

/* Another value of the key, and another one of what releases it: both steer. */
static void test_moved(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT_OF(thresholds); i++) {
		const struct threshold *t = &thresholds[i];
		struct settings settings;

		settings_defaults(&settings);
		move(&settings, t->key);
		walk(&settings, t);
		if (t->release == NULL)
			continue;
		settings_defaults(&settings);
		move(&settings, t->release + strspn(t->release, "+-"));
		walk(&settings, t);
	}
}

/* The current one millivolt before (`by` -1), on (0) and behind (1) point `i`, by the definition of a line. */
static int32_t on_line(const struct settings_taper *t, int i, int by, int32_t base)
{
	int next = i + by;
	double percent = t->percent[i];

	if (by != 0 && next >= 0 && next < SETTINGS_TAPER_POINTS)
		percent += (double)(t->percent[next] - t->percent[i]) / abs(t->cell_mv[next] - t->cell_mv[i]);
	return (int32_t)(base * percent / 100);
}

static void check_taper(bool charge)
{
	struct settings settings;
	const struct settings_taper *t = charge ? &settings.protection.charge_taper
	                                        : &settings.protection.discharge_taper;
	struct world w;

	memset(&w, 0, sizeof w);
	settings_defaults(&settings);
	for (int i = 0; i < SETTINGS_TAPER_POINTS; i++) {
		for (int by = -1; by <= 1; by++) {
			int32_t limit, wanted = on_line(t, i, by, charge ? FREE_CCL : FREE_DCL);

			w.s.settings = settings;
			renew(&w);
			with(&w)->bat.cell[6].mv = opt_some(t->cell_mv[i] + (charge ? by : -by));
			limit = charge ? ccl(&w) : dcl(&w);
			if (abs(limit - wanted) > 1)
				fail_msg("point %d%+d mV: %d mA, not %d", i, by, (int)limit, (int)wanted);
		}
	}
}

static void test_tapers(void **state)
{
	(void)state;
	check_taper(true);
	check_taper(false);
}

/* What a rule gives or takes, and what only names or counts: no edge to stand on. */
static const char *const amounts[] = {
	"num_cells", "max_charge_voltage", "max_charge_current", "max_discharge_current",
	"discharge_blocked_current",
	"cell_bulk_voltage", "cell_float_voltage", "cell_floor_voltage", "headroom_target_cell_voltage",
	"blocked_step_voltage", "charge_derate_percent", "high_soc_current", "charge_cold_current",
	"charge_hot_current", "deep_cell_current", "low_soc_current", "pack_low_percent",
	"discharge_hot_percent", "over_current_percent", "lost_battery_current", "recovery_current_a_s",
	"recovery_voltage_v_s", "charge_taper_percent", "discharge_taper_percent",
	"charge_taper_voltage", "discharge_taper_voltage", /* in test_tapers */
};

static bool walked(const char *key)
{
	for (int i = 0; i < COUNT_OF(thresholds); i++) {
		const char *release = thresholds[i].release ? thresholds[i].release : "";

		if (strcmp(thresholds[i].key, key) == 0 || strcmp(release + strspn(release, "+-"), key) == 0)
			return true;
	}
	return false;
}

static bool is_amount(const char *key)
{
	for (int i = 0; i < COUNT_OF(amounts); i++)
		if (strcmp(amounts[i], key) == 0)
			return true;
	return false;
}

static void test_none_is_missing(void **state)
{
	int found = 0;

	(void)state;
	for (int i = 0; i < member_count(); i++) {
		const struct settings_row row = member_row(i);
		bool words = row.kind == SETTINGS_BOOL || row.kind == SETTINGS_TEXT || row.kind == SETTINGS_CHOICE ||
			     row.kind == SETTINGS_ADDRESSES;

		if (words || (strcmp(row.section, "protection") != 0 && strcmp(row.section, "limits") != 0 &&
			      strcmp(row.section, "battery") != 0))
			continue;
		if (walked(row.key) == is_amount(row.key))
			fail_msg("[%s] %s: %s", row.section, row.key,
				 is_amount(row.key) ? "both a threshold and an amount"
						    : "a number that no row here tests");
		found += is_amount(row.key);
	}
	assert_int_equal(found, COUNT_OF(amounts)); /* none that is gone */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_tapers),
		cmocka_unit_test(test_none_is_missing),
	};

	return cmocka_run_group_tests_name("thresholds", tests, NULL, NULL);
}
