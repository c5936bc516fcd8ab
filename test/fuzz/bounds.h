/* bounds: what holds of every limit, whatever was read (protection.md, "the final clamp" and "Dynamics"). */
#ifndef TEST_BOUNDS_H
#define TEST_BOUNDS_H

#include "check.h"

#include "core/protection/dynamics.h"

#define BOUNDS_RAMP_STEP_MS 100

/* Limits within what the owner configured for `modules` of `cells`; a block is one. */
static inline void expect_bounds(const struct limits_set *set, const struct settings *settings, int cells, int modules)
{
	const struct settings_battery *b = &settings->battery;
	int32_t blocked_ma = settings->limits.discharge_blocked_current_ma;

	assert_in_range(set->limit[LIMIT_CVL], 0, limits_max_charge_mv(settings, cells));
	assert_in_range(set->limit[LIMIT_CCL], 0, b->max_charge_current_ma * modules);
	assert_in_range(set->limit[LIMIT_DCL], 0, b->max_discharge_current_ma * modules);
	if (set->charge_blocked)
		assert_int_equal(set->limit[LIMIT_CCL], 0);
	if (set->discharge_blocked)
		assert_true(set->limit[LIMIT_DCL] <= blocked_ma);
}

/* From `before` to `after` no value rises faster than its ramp; `free`: bit of a limit that may. */
static inline void expect_ramp(const struct dynamics *before, const struct dynamics *after,
                               const struct settings *settings, int64_t ms, unsigned free)
{
	const struct settings_protection *p = &settings->protection;

	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++) {
		int64_t rate = k == LIMIT_CVL ? p->recovery_mv_s : (int64_t)p->recovery_ma_s * after->modules;
		int64_t rise = after->published[k] - before->published[k];

		if (rate != 0 && before->known && !(free >> k & 1) && rise > rate * (ms + BOUNDS_RAMP_STEP_MS) / 1000)
			fail_msg("limit %d rises by %d in %d ms", (int)k, (int)rise, (int)ms);
	}
}

#endif
