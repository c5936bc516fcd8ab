/* rack_age: how old a module's values are, and who is online, lost or failed by that. */
#ifndef CORE_RACK_AGE_H
#define CORE_RACK_AGE_H

#include "core/rack/rack.h"

/* Whether a module that carries current has said the same to the byte for too long: its console hangs. */
bool rack_frozen(const struct module *m, const struct settings_protection *p, int64_t now_ms);

/* The age of the oldest required reply; -1 when one was never there. */
int64_t rack_age_ms(const struct module *module, int64_t now_ms);

/* The age beyond which a module is lost: max_age, or 2.5 times the last wholly good pass. */
int64_t rack_patience_ms(const struct rack *rack, const struct settings *settings);

/* Whether no module has given a good reply for max_age: a long pass is no excuse for a silent console, so all are
 * lost then. */
bool rack_silent(const struct rack *rack, const struct settings *settings, int64_t now_ms);

/* Those that had failed (bit N-1: module N) before a restart: they still have, until they show that they have not. */
void rack_recall_failed(struct rack *rack, uint32_t failed, const struct settings *settings, int64_t now_ms);

/* Moves modules between their states: lost by age, by silence, or because they are frozen, failed by a fault that lasts.
 * Returns a bit mask (bit N-1: module N) of those whose state changed. */
uint32_t rack_age(struct rack *rack, const struct settings *settings, int64_t now_ms);

/* After a whole pass: wanted modules that never answered count as lost. Same result. */
uint32_t rack_end_of_pass(struct rack *rack);

/* The next moment at which rack_age would change something; INT64_MAX: never. */
int64_t rack_deadline(const struct rack *rack, const struct settings *settings);

/* How many wanted modules are online and have not failed: the N of protection.md. */
int rack_sound(const struct rack *rack);

/* How many wanted modules are in `state`. */
int rack_count(const struct rack *rack, enum module_state state);

#endif
