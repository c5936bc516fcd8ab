/* publication: when a topic's document goes out (driver.md, "Time-out" and "The one-second rule").
 *
 * Of two messages within one second the driver may lose the second: at most one a second leaves, and one
 * that makes a limit stricter, as the document shows it, is sent again 1.1 s later. Something leaves at least every
 * 5 s, on a module's topic at least every 10 s, earlier when another topic's document goes out. */
#ifndef CORE_PUBLICATION_H
#define CORE_PUBLICATION_H

#include "core/protection/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define PUBLICATION_GAP_MS 1050 /* a second, and what the way to the driver may jitter */
#define PUBLICATION_REPEAT_MS 1100
#define PUBLICATION_LONGEST_MS 5000
#define PUBLICATION_AHEAD_MS 1500 /* how much earlier it goes along with others: one wake-up for all of them */

struct publication {
	int32_t longest_ms; /* the longest silence; 0: PUBLICATION_LONGEST_MS */
	bool open;         /* there is something to publish */
	bool wanted;
	int64_t sent_ms;   /* valid when `sent` */
	bool sent;         /* something has gone out since it was opened */
	bool repeat;       /* the last one was stricter and must go out again */
	int32_t limit[LIMIT_KINDS]; /* as sent last */
};

/* Nothing is known any more: nothing leaves until the next publication_offer. */
void publication_close(struct publication *p);

/* The present limits. `news`: send soon anyway; without it only stricter limits make it wanted. */
void publication_offer(struct publication *p, const struct limits_set *set, bool news);

/* Whether it must leave now. */
bool publication_due(const struct publication *p, int64_t now_ms);

/* Whether it may go along with another that must. */
bool publication_along(const struct publication *p, int64_t now_ms);

/* It has left, with these limits. */
void publication_sent(struct publication *p, const struct limits_set *set, int64_t now_ms);

/* When publication_due may change; INT64_MAX: never. */
int64_t publication_deadline(const struct publication *p);

#endif
