/* loop: the one poll loop between the port, the broker, the clock and the core. */
#ifndef SHELL_LOOP_H
#define SHELL_LOOP_H

#include "core/engine/engine.h"
#include "shell/broker/mqtt.h"
#include "shell/documents.h"
#include "shell/persistence.h"
#include "shell/port/line.h"

#include <stdbool.h>

enum loop_until {
	LOOP_UNTIL_ASKED,      /* the daemon */
	LOOP_UNTIL_FIRST_BANK, /* prints its document on stdout; no broker */
	LOOP_UNTIL_SURVEYED    /* every command once for every module; the engine tells what was found */
};

struct loop_options {
	const char *config_path; /* read again at SIGHUP; NULL: SIGHUP ends it too */
	enum loop_until until;
	bool persist; /* it takes over what the run before has left, and leaves it to the next */
	bool verbose; /* level debug whatever the configuration says */
};

struct loop {
	struct loop_options options;
	struct settings settings;
	struct line line;        /* its three pointers are the caller's */
	/* the rest is the loop's own */
	struct engine engine;
	struct engine_actions actions;
	struct engine_event next; /* what the last actions answered; ENGINE_TICK: nothing */
	struct mqtt mqtt;
	struct documents documents;
	struct persistence persistence;
	int exit_status; /* ENGINE_EXIT_NONE: go on */
};

/* Runs until a signal asks to end (0), or the battery or the port is lost (111), or the settings do not
 * fit the battery (100). `loop` has what stands above the loop's own set, the rest zeroed. */
int loop_run(struct loop *loop);

#endif
