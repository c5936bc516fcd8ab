/* dynamics: what is published follows what the rules say: stricter at once, looser after a hold and along
 * a ramp (protection.md, "Dynamics"). Time is the caller's monotonic clock: a clock jump changes nothing. */
#ifndef CORE_DYNAMICS_H
#define CORE_DYNAMICS_H

#include "core/protection/limits.h"
#include "core/settings/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct dynamics {
	bool known;                     /* something has been published, by us or by the run before */
	int32_t published[LIMIT_KINDS]; /* mV, mA, mA */
	int64_t held_ms[LIMIT_KINDS];   /* when the target last was below the published value, or N changed */
	int64_t ramp_ms[LIMIT_KINDS];   /* up to when the ramp has been climbed */
	int32_t modules;                /* N at the last step */
};

/* Moves the published values towards `target` (mV, mA, mA) for `modules` (N, at least 1). The first step
 * of all takes the target as it is. */
void dynamics_step(struct dynamics *d, const struct settings *settings,
                   const int32_t target[LIMIT_KINDS], int32_t modules, int64_t now_ms);

/* Whether a published value is still on its way up to `target`. */
bool dynamics_climbing(const struct dynamics *d, const int32_t target[LIMIT_KINDS]);

/* Goes on after a time without steps (a restart, a module that was away): what the ramp would have climbed
 * meanwhile does not count, because nobody watched the battery. The next step climbs from `now_ms`. */
void dynamics_resume(struct dynamics *d, int64_t now_ms);

/* Takes one published value up to the target at once: DCL with the first complete bank after all was
 * lost. */
void dynamics_release(struct dynamics *d, enum limits_kind kind, int32_t target);

/* What a topic shows: the target with the published limits. `shown` is what it showed before: while a limit
 * is on its way up, the rule that had lowered it is still its reason. */
void dynamics_show(const struct dynamics *d, const struct limits_set *target,
                   struct limits_set *shown);

#endif
