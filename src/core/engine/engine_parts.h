/* engine_parts: what the files of the engine call of each other; private to it. */
#ifndef CORE_ENGINE_PARTS_H
#define CORE_ENGINE_PARTS_H

#include "core/engine/engine.h"
#include "core/rack/rack_age.h"

#define ENGINE_TICK_MS 1000 /* limits are worked out anew at least so often */

/* engine_pass.c: the first command of a pass, and its end, after which all is worked out anew. */
void engine_begin_pass(struct engine *e, int64_t now_ms);
void engine_end_pass(struct engine *e, bool to_its_end, int64_t now_ms);

/* The next command, where the console waits for one; the end of the pass, where there is none. */
void engine_send_next(struct engine *e, int64_t now_ms);

/* Tells of the modules (bit N-1: module N) that are in another state now. */
void engine_report_changes(struct engine *e, uint32_t changed, int64_t now_ms);

/* engine_publish.c: puts what is to be published now into the actions. */
void engine_publish(struct engine *e, int64_t now_ms);

/* Whether a document must leave now: that of the bank, of a module, of the link. */
bool engine_any_due(const struct engine *e, int64_t now_ms);

int64_t engine_link_due_ms(const struct engine *e);

/* Looks whether limits that were published are switched off: then nothing leaves until the driver has forgotten them. */
void engine_withdraw_limits(struct engine *e, int64_t now_ms);

/* engine_judge.c: works limits, alarms and what is shown out anew from what the rack holds now. */
void engine_judge(struct engine *e, int64_t now_ms);

/* Offers the present documents to the publications; `news`: they are to leave soon anyway. */
void engine_offer(struct engine *e, bool news);

/* The link tells of these limits and their reasons: until they are others, nothing is new there. */
void engine_link_told(struct engine *e);

/* engine_reply.c: takes the reply that the session holds. */
void engine_take_reply(struct engine *e, struct command command, int64_t now_ms);

/* Counts how a command ended and lets the schedule go on: every command belongs to the pass that sent it. */
void engine_ended(struct engine *e, struct command command, enum schedule_end end, int64_t now_ms);

/* engine_announce.c: whether Home Assistant is told of devices at all. */
bool engine_announces(const struct engine *e);

/* Looks whether there is something new to tell of any device. */
void engine_offer_devices(struct engine *e);

/* Puts the device that is to be announced now into the actions. */
void engine_announce(struct engine *e, int64_t now_ms);

/* The module that a command is for; NULL: the whole stack. */
struct module *engine_module(struct engine *e, struct command command);

#endif
