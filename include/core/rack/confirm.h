/* confirm: a reading that would block and jumps is read again before it acts (protection.md, "Inputs",
 * "Confirmation"). A single damaged digit must not turn the lights off; a real fault is seen twice. */
#ifndef CORE_CONFIRM_H
#define CORE_CONFIRM_H

#include "core/rack/rack_reading.h"
#include "core/settings/settings.h"

#include <stdbool.h>
#include <stdint.h>

/* One module's reading that waits for a second one like it. */
struct confirm {
	bool waiting;
	int64_t first_ms;
	struct rack_reading first;
};

/* Takes a reading that would block, of a reply that was asked for at `asked_ms`: how long it is on the wire does not
 * count. `before`: the last accepted one, NULL for the first after start.
 * Returns whether it may act: it does not jump, or agrees with the one that waits and came in time.
 * Else it waits itself from now on. */
bool confirm_take(struct confirm *c, const struct settings_protection *p,
                  const struct rack_reading *before, const struct rack_reading *now,
                  int64_t asked_ms, int64_t now_ms);

/* A reading came that would not block: nothing waits any more. */
void confirm_drop(struct confirm *c);

#endif
