/* json: the core's items and states -> JSON text, by json-c. */
#ifndef SHELL_JSON_H
#define SHELL_JSON_H

#include "core/engine/engine.h"
#include "core/output/payload.h"
#include "shell/broker/json_build.h"

#include <stddef.h>

/* A value in the document of figures. */
struct json_leaf {
	struct json_object *object; /* NULL: it is not known, the document has no such key */
	struct payload_item item;   /* of a number: what the object prints */
};

/* A document of figures, which is kept: its keys stay the same as long as the same is known. */
struct json_layout {
	struct json_object *root; /* NULL: none yet */
	int items;
	struct json_leaf leaf[PAYLOAD_ITEMS_MAX];
};

/* The modules know the same of themselves mostly, the bank knows more. */
enum json_data { JSON_BANK, JSON_MODULE, JSON_DATA_KINDS };

/* Where documents are made, one after the other. Zeroed: nothing was made yet. */
struct json {
	struct json_build build;
	struct json_layout layout[JSON_DATA_KINDS];
};

/* Writes the document of `figures` (a data topic's) to `out`, terminated. Returns its length, or 0 when it
 * did not fit into `size` or memory ran out: then nothing may be published. 8 kB hold 24 cells. */
size_t json_figures(struct json *json, enum json_data data, const struct figures *figures, char *out, size_t size);

/* The same for the link topic: the state of the console and of every module (README, "Topics"). 32 kB hold
 * 16 modules. */
size_t json_link(struct json *json, const struct engine *engine, const char *version, int64_t now_ms, char *out,
                 size_t size);

/* Frees what is kept for further documents. */
void json_end(struct json *json);

#endif
