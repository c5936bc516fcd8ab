/* schedule: which command is due next, from one table of intervals (schedule.c).
 *
 * A pass is one visit to every wanted module. Between its commands the table of the stack is glanced at, so that
 * a dangerous value of any module is seen before its turn comes. The schedule knows no bytes and no time-outs:
 * it is told how each command ended. */
#ifndef CORE_SCHEDULE_H
#define CORE_SCHEDULE_H

#include "core/console/command.h"
#include "core/rack/rack.h"
#include "core/settings/settings.h"

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_ROWS_MAX 8

enum schedule_end {
	SCHEDULE_GOOD,    /* whole, plausible, taken */
	SCHEDULE_DAMAGED, /* cannot be read: again at once */
	SCHEDULE_DOUBTED, /* whole, but does not fit the other replies of the module: again, with them */
	SCHEDULE_LATE,    /* no answer: again at once */
	SCHEDULE_UNCONFIRMED, /* whole, but it would block: the same again, to see it twice */
	SCHEDULE_REFUSED  /* the console does not know it, or not for this module */
};

/* What is known of `getpwr` for a module. */
enum schedule_fast {
	SCHEDULE_FAST_UNTRIED, /* it is asked behind a `bat`, to be compared with it */
	SCHEDULE_FAST_TRUSTED, /* it stands for the `bat`, which is read and compared once a minute */
	SCHEDULE_FAST_REFUSED  /* unknown to the console, or failed too often: until the firmware is another one */
};

struct schedule {
	int64_t pass_ms;    /* when the pass began */
	int64_t scan_ms;    /* when addresses without a module were last tried; RACK_NEVER: never */
	int64_t first_ms;   /* when the first pass began; RACK_NEVER: none yet */
	int row;            /* where the pass is: row of the table, */
	int address;        /* and module; 0: the rows that ask for the stack */
	int tries;          /* of the present command that failed */
	bool again;         /* this visit has gone back to its start once */
	bool whole;         /* every command of the pass ended well so far, but for modules missing at its start */
	uint32_t missing;   /* bit N-1: module N was lost, or not known, when the pass began */
	bool slow_done;     /* the pass has had its one slow command */
	bool scanning;      /* this pass also tries addresses without a module */
	bool eager;         /* engine_survey's, after schedule_init: nothing waits for a later pass */
	bool table_seen;    /* the console has the `pwr` table and it could be read */
	bool table_tells;   /* the caller's: it has shown a lowest or highest cell or temperature, so it is worth a glance */
	bool glancing;      /* the table is being read between two commands of the pass */
	int glance_tries;   /* of the present glance that failed */
	int glance_failures; /* glances in a row that failed for good */
	int64_t table_sent_ms, table_took_ms; /* the last time it was asked for; how long the last good one took */
	int64_t asked_ms[SCHEDULE_ROWS_MAX][RACK_MODULES_MAX + 1]; /* last good end, by address; 0: stack */
	bool refused[SCHEDULE_ROWS_MAX][RACK_MODULES_MAX + 1];
	enum schedule_fast fast[RACK_MODULES_MAX + 1]; /* by address */
	int fast_failures[RACK_MODULES_MAX + 1];       /* in a row */
};

void schedule_init(struct schedule *s);

/* The console was found anew, or logged in to: what it refused before may work now. The first pass begins again. */
void schedule_console_found(struct schedule *s);

/* A module came back: it may be another one, so ask who it is. */
void schedule_module_back(struct schedule *s, int address);

/* Another firmware answers at this address: `getpwr` is tried anew. */
void schedule_firmware_changed(struct schedule *s, int address);

/* Whether a good `getpwr` was to be compared with the `bat` of this pass, before schedule_done. */
bool schedule_fast_on_trial(const struct schedule *s, int address);

/* How that went. */
void schedule_fast_compared(struct schedule *s, int address, bool agrees);

/* Whether the table is read between the replies. */
bool schedule_glances(const struct schedule *s);

/* "untried", "used" or "not used". */
const char *schedule_fast_name(enum schedule_fast fast);

/* It is another one: its counters are to be read soon, not in an hour. */
void schedule_module_swapped(struct schedule *s, int address);

/* Starts a pass. */
void schedule_begin(struct schedule *s, const struct settings *settings, const struct rack *rack,
                    int64_t now_ms);

/* The command to send now; false: the pass is over. Asking twice gives the same answer. */
bool schedule_next(struct schedule *s, const struct rack *rack, int64_t now_ms,
                   struct command *command);

/* How the command that schedule_next gave has ended. */
void schedule_done(struct schedule *s, const struct rack *rack, enum schedule_end end,
                   int64_t now_ms);

/* Whether the console does not answer this command for this module. */
bool schedule_refused(const struct schedule *s, enum command_kind kind, int address);

/* Whether a module cannot be read without this command. */
bool schedule_required(enum command_kind kind);

#endif
