/* watch_json: the daemon's own messages -> struct watch_model, by json-c. */
#ifndef SHELL_WATCH_JSON_H
#define SHELL_WATCH_JSON_H

#include "shell/watch/watch_model.h"

#include <stdbool.h>

/* Takes the message of topic BASE/`name`: pylon, battery_N, status or link, with the terminated text `payload`. What
 * the message does not tell, or tells in a way that is not understood, is absent afterwards. Returns false and
 * changes nothing for another topic, or a text that is no JSON object. */
bool watch_json_take(struct watch_model *model, const char *name, const char *payload, int64_t now_ms);

#endif
