/* opt: an integer that may be absent. Absence is never zero.
 *
 * Every measured value of this program is one of these, in device units (mV, mA, mC, percent).
 * `value` means nothing unless `known`. */
#ifndef CORE_OPT_H
#define CORE_OPT_H

#include <stdbool.h>
#include <stdint.h>

struct opt {
	int32_t value;
	bool known;
};

static inline struct opt opt_some(int32_t value)
{
	return (struct opt){ value, true };
}

static inline struct opt opt_none(void)
{
	return (struct opt){ 0, false };
}

/* The lesser / greater of two values; an absent one does not take part. */
static inline struct opt opt_min(struct opt a, struct opt b)
{
	if (!a.known)
		return b;
	return b.known && b.value < a.value ? b : a;
}

static inline struct opt opt_max(struct opt a, struct opt b)
{
	if (!a.known)
		return b;
	return b.known && b.value > a.value ? b : a;
}

/* Whether two values differ by more than is allowed, or one of them is absent. */
static inline bool opt_apart(struct opt a, struct opt b, int32_t more_than)
{
	if (!a.known || !b.known)
		return a.known != b.known;
	return a.value - b.value > more_than || b.value - a.value > more_than;
}

static inline int32_t opt_or(struct opt a, int32_t fallback)
{
	return a.known ? a.value : fallback;
}

#endif
