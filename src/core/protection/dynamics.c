#include "core/protection/dynamics.h"

#include "core/base/number.h"

/* Ramps climb in steps of this, so that a slow one (0.05 V/s) is not lost in whole millivolts. */
#define RAMP_STEP_MS 100

/* Before every hold: nothing has been held yet. */
#define LONG_AGO_MS (INT64_MIN / 2)

static int32_t rate_per_s(const struct settings *settings, enum limits_kind kind, int32_t modules)
{
	const struct settings_protection *p = &settings->protection;

	return kind == LIMIT_CVL ? p->recovery_mv_s : p->recovery_ma_s * modules;
}

static int64_t hold_ends_ms(const struct dynamics *d, const struct settings *settings,
                            enum limits_kind kind)
{
	return d->held_ms[kind] + settings->protection.recovery_hold_ms;
}

/* Climbs whole steps of the ramp from where it stands to `now_ms`. Steps that do not make one mV or mA yet wait
 * for those that follow: a very slow ramp arrives as well. */
static void climb(struct dynamics *d, enum limits_kind kind, int32_t target, int32_t rate,
                  int64_t now_ms)
{
	int64_t steps = (now_ms - d->ramp_ms[kind]) / RAMP_STEP_MS;
	int64_t room = target - d->published[kind];
	int64_t rise = rate == 0 ? room : steps * RAMP_STEP_MS * rate / 1000;

	d->published[kind] += (int32_t)number_min(rise, room);
	if (rise > 0)
		d->ramp_ms[kind] += steps * RAMP_STEP_MS;
}

static void step_one(struct dynamics *d, const struct settings *settings, enum limits_kind kind,
                     int32_t target, int64_t now_ms)
{
	int64_t ends = hold_ends_ms(d, settings, kind);

	if (target < d->published[kind]) {
		d->published[kind] = target;
		d->held_ms[kind] = now_ms;
	}
	if (target <= d->published[kind] || now_ms < ends) {
		d->ramp_ms[kind] = now_ms;
		return;
	}
	d->ramp_ms[kind] = number_max(d->ramp_ms[kind], ends);
	climb(d, kind, target, rate_per_s(settings, kind, d->modules), now_ms);
}

void dynamics_step(struct dynamics *d, const struct settings *settings,
                   const int32_t target[LIMIT_KINDS], int32_t modules, int64_t now_ms)
{
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++) {
		if (!d->known) {
			d->published[k] = target[k];
			d->held_ms[k] = LONG_AGO_MS;
		} else if (modules != d->modules) {
			d->held_ms[k] = now_ms;
		}
	}
	d->known = true;
	d->modules = modules;
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++)
		step_one(d, settings, k, target[k], now_ms);
}

bool dynamics_climbing(const struct dynamics *d, const int32_t target[LIMIT_KINDS])
{
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++)
		if (d->published[k] < target[k])
			return true;
	return false;
}

void dynamics_resume(struct dynamics *d, int64_t now_ms)
{
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++)
		d->ramp_ms[k] = now_ms;
}

void dynamics_release(struct dynamics *d, enum limits_kind kind, int32_t target)
{
	d->published[kind] = (int32_t)number_max(d->published[kind], target);
}

void dynamics_show(const struct dynamics *d, const struct limits_set *target,
                   struct limits_set *shown)
{
	struct limits_set before = *shown;

	*shown = *target;
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++) {
		shown->limit[k] = d->published[k];
		if (d->published[k] >= target->limit[k])
			continue;
		if (before.reason[k].rule && before.reason[k].rule[0] != '\0')
			shown->reason[k] = before.reason[k];
		shown->reason[k].recovering = true;
	}
}
