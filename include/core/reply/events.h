/* events: what the bits of the console's three event words mean, one table (console.md, "Event bits").
 *
 * Most of the list is a hypothesis from a sister product's reader; `proven` marks what a real capture
 * confirmed. Bits combine: test bits, never the whole number. */
#ifndef CORE_EVENTS_H
#define CORE_EVENTS_H

#include "core/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum event_word { EVENT_BAT, EVENT_POWER, EVENT_FAULT, EVENT_WORDS };

struct event_bit {
	enum event_word word; /* EVENT_BAT rows hold for EVENT_POWER as well */
	uint32_t bit;
	const char *name;     /* for people: "over-voltage" */
	const char *tags;     /* the console's own names that say the same, "BOV POV"; "" when none */
	bool proven;
	bool information;     /* never an alarm */
};

extern const struct event_bit event_bits[];
extern const int event_bit_count;

/* Writes the names of the bits set in `bits`, with ", " between them; a bit that the table does not
 * know as "bit 0x...". */
void events_describe(enum event_word word, uint32_t bits, struct text *out);

/* The bits of `bits` that the table does not know for this word. */
uint32_t events_unknown(enum event_word word, uint32_t bits);

/* Whether the console's printed names (`names`, blank-separated) confirm `bit` of `word`, or the
 * table marks it as proven. */
bool events_confirmed(enum event_word word, uint32_t bit, const char *names);

#endif
