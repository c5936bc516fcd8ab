/* announce: when Home Assistant is told of a device: at every connection, when it has started, every 5 minutes, and
 * when there is something new to tell. One device at a time, because each is a long message. */
#ifndef CORE_ANNOUNCE_H
#define CORE_ANNOUNCE_H

#include "core/output/discovery.h"

#include <stdbool.h>
#include <stdint.h>

#define ANNOUNCE_NONE (-1)

struct announce {
	uint32_t announced; /* bit N: device N was, at least once */
	uint32_t due;
	uint32_t anew; /* those whose id is another one: what was said before is taken back first */
	uint32_t id_digest[DISCOVERY_DEVICES], digest[DISCOVERY_DEVICES]; /* as offered last; 0: never */
	int64_t all_ms; /* when all of them were due for the last time */
};

/* What there is to tell of a device now. `device` was all zero before it was filled in. */
void announce_offer(struct announce *a, const struct discovery_device *device);

/* Nobody knows of what was told: tell it again. */
void announce_again(struct announce *a, int64_t now_ms);

/* The device to announce now, or ANNOUNCE_NONE. `anew`: what was said of it before is to be taken back first. */
int announce_next(struct announce *a, int64_t now_ms, bool *anew);

/* When announce_next will have something. */
int64_t announce_deadline(const struct announce *a);

/* All that was announced, to be taken back; nothing counts as announced any more. */
uint32_t announce_retract(struct announce *a);

#endif
