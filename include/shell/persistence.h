/* persistence: what the next start finds again: in RAM what protection remembers, on flash the history. */
#ifndef SHELL_PERSISTENCE_H
#define SHELL_PERSISTENCE_H

#include "core/engine/engine.h"

#include <stdbool.h>

/* Zeroed but for `off`. The engine's settings name the files. */
struct persistence {
	bool off; /* nothing is read or written: a run that leaves no trace */
	/* the rest is its own */
	struct engine_memory memory;
	bool memory_told, history_told; /* that it cannot be written */
	bool history_held;              /* its file may be replaced */
};

/* Right after engine_init: takes over what the run before has left, if it is young and of this boot. */
void persistence_recall(struct persistence *persistence, struct engine *engine, int64_t now_ms);

/* Before anybody hears of what a step has worked out. */
void persistence_remember(struct persistence *persistence, const struct engine *engine, int64_t now_ms);

/* At start and with other settings: takes the longer one of the engine's history and the file's. */
void persistence_recall_history(struct persistence *persistence, struct engine *engine, int64_t now_ms);

void persistence_keep_history(struct persistence *persistence, const struct engine *engine);

#endif
