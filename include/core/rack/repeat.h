/* repeat: on a line that damages bytes, a reply counts when it agrees with another one of its kind.
 *
 * A damaged digit can leave a reply whole and plausible. Most damage is seen, though, because most bytes of a reply
 * are no digits: so a line that shows damage is not believed at the first word for a while (REPEAT_MS). Numbers may
 * differ a little (the tolerances stand in the tables of repeat.c); where voltages or current move by more than that
 * from each reply to the next, the third is believed, unless it is far from them. */
#ifndef CORE_REPEAT_H
#define CORE_REPEAT_H

#include "core/reply/reply.h"

#include <stdbool.h>
#include <stdint.h>

#define REPEAT_MS (10 * 60 * 1000) /* for so long after the last damage */

enum repeat_kind {
	REPEAT_PWR, REPEAT_BAT, REPEAT_GETPWR, REPEAT_ROW, REPEAT_INFO, REPEAT_STAT, REPEAT_PWRSYS, REPEAT_KINDS
};

/* The last replies of one module, believed or not; with the first module those of the stack. Zeroed: none yet. */
struct repeat {
	struct reply_pwr pwr;
	struct reply_bat bat;
	struct reply_getpwr getpwr;
	struct reply_row row;
	struct reply_info info;
	struct reply_stat stat;
	struct reply_pwrsys pwrsys;
	uint8_t differed[REPEAT_KINDS]; /* how many in a row agreed with none */
	bool known[REPEAT_KINDS];
};

/* Takes a reply (a struct reply_pwr for REPEAT_PWR, and so on). `accepted`: the one that counts now, NULL without
 * one. Returns whether it is believed: it agrees with that or with the last one. */
bool repeat_take(struct repeat *r, enum repeat_kind kind, const void *accepted, const void *now);

#endif
