/* json: the core's items and states -> JSON text, by json-c. */
#ifndef SHELL_JSON_H
#define SHELL_JSON_H

#include "core/engine.h"
#include "shell/json_build.h"

#include <stddef.h>

/* `b` is where documents are built, one after the other.
 *
 * Writes the document of `figures` (a data topic's) to `out`, terminated. Returns its length, or 0 when it
 * did not fit into `size` or memory ran out: then nothing may be published. 8 kB hold 24 cells. */
size_t json_figures(struct json_build *b, const struct figures *figures, char *out, size_t size);

/* The same for the link topic: the state of the console and of every module (README, "Topics"). 32 kB hold
 * 16 modules. */
size_t json_link(struct json_build *b, const struct engine *engine, const char *version, int64_t now_ms, char *out,
                 size_t size);

#endif
