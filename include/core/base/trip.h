/* trip: hysteresis in one line, for limits and alarms alike.
 *
 * A trip is on beyond `trip` and stays on until the value has come back to `release` (which itself
 * releases). `worst` is the value that may trip, `own` the one that may release: they differ where
 * the `pwr` table, which may only tighten, knows of something worse than the module's own replies. */
#ifndef CORE_TRIP_H
#define CORE_TRIP_H

#include <stdbool.h>
#include <stdint.h>

static inline bool trip_below(bool on, int32_t worst, int32_t own, int32_t trip, int32_t release)
{
	return worst < trip || (on && own < release);
}

static inline bool trip_above(bool on, int32_t worst, int32_t own, int32_t trip, int32_t release)
{
	return worst > trip || (on && own > release);
}

#endif
