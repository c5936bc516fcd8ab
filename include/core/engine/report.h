/* report: sentences for the owner. What happened, to which module or key, what the program does now, what
 * the owner can do.
 *
 * Each adds a line to those of the step under way. Conditions are told when they begin and when they
 * end; the log of a GX is on flash, so what can repeat is thinned here. */
#ifndef CORE_REPORT_H
#define CORE_REPORT_H

#include "core/console/session.h"
#include "core/engine/schedule.h"
#include "core/protection/alarms.h"
#include "core/protection/limits.h"
#include "core/rack/rack_reading.h"
#include "core/settings/settings.h"

#include <stdbool.h>
#include <stdint.h>

#define REPORT_LINES_MAX 24
#define REPORT_LINE_MAX 200

struct report_line {
	enum settings_level level;
	char text[REPORT_LINE_MAX];
};

/* To be logged, in this order. When they are full the last one is overwritten. */
struct report_lines {
	struct report_line line[REPORT_LINES_MAX];
	int count;
};

/* What was told last, so that the log hears of changes only. Nothing else may depend on it. */
struct report_memory {
	bool silence;     /* that the console does not answer */
	bool strange;     /* that the battery is none of ours */
	bool unlike;      /* that its modules differ in their number of cells */
	uint32_t missing; /* modules that answer and are not in `addresses` */
	uint32_t fast;    /* bit N-1: that `getpwr` is used for module N */
	char port[REPORT_LINE_MAX]; /* why the port is not open; "" while it is */
	const char *rule[LIMIT_KINDS];
	int64_t rule_ms[LIMIT_KINDS];
	bool charge_blocked, discharge_blocked;
	bool lost;        /* that every module is lost */
	struct alarms_set alarms;
};

void report_port_opened(struct report_lines *out, struct report_memory *told, const char *port);
/* Another reason than the last; `reading`: the battery has been read before in this run. */
void report_port_failed(struct report_lines *out, struct report_memory *told, const char *why, bool reading);
void report_console_found(struct report_lines *out, struct report_memory *told, const struct session *session);
void report_console_silent(struct report_lines *out, struct report_memory *told, const struct session *session,
                           bool reading);
/* `missing`: the port is, so that the program stays up; else it ends. `taken`: another program holds the port. */
void report_giving_up(struct report_lines *out, int failed_polls, bool missing, bool taken);
void report_login(struct report_lines *out, bool accepted);

/* `module` is that of the command, NULL for a command to the whole stack (no required command is). The first of
 * a module is told, then one in a hundred; the others only at level debug. */
void report_refused(struct report_lines *out, struct command command,
                    enum framing_verdict verdict, const struct module *module);
void report_unreadable(struct report_lines *out, struct command command,
                       const struct module *module, bool late);
/* The line has shown damage after a time without. */
void report_noisy(struct report_lines *out);
/* Why a reply was not used; of a high-voltage battery only once. */
void report_fault(struct report_lines *out, struct report_memory *told, struct command command,
                  const struct reply_fault *fault, const struct module *module);

/* What became of `getpwr` for a module. */
void report_fast(struct report_lines *out, struct report_memory *told, int address, enum schedule_fast fast);

void report_identity(struct report_lines *out, const struct module *module, bool swapped);
/* `frozen`: it is lost although it answers. */
void report_module_state(struct report_lines *out, const struct rack *rack,
                         const struct module *module, int64_t patience_ms, bool frozen);
/* Every module is lost, or one is back. */
void report_lost(struct report_lines *out, struct report_memory *told, bool lost, const struct limits_set *limits);
/* Modules that answer and are not in `addresses`. */
void report_unlisted(struct report_lines *out, struct report_memory *told,
                     const struct settings *settings, const struct reply_table *table);
/* `publish` is no from now on: until the driver has forgotten the limits of before (`timeout_s`), nothing is published
 * for it; the values go on after `quiet_s`. */
void report_quiet(struct report_lines *out, int timeout_s, int quiet_s);
void report_cells(struct report_lines *out, int console, int configured);
/* Modules that differ in their number of cells, or do no more. */
void report_unlike_cells(struct report_lines *out, struct report_memory *told, struct rack_cells cells);

/* The unknown state word in a reply about a module, "" for none, when it is another one than before. */
void report_unknown_word(struct report_lines *out, enum command_kind kind, const struct module *module,
                         const char *before, const char *now);

/* Changed event and state words of a module; `before` NULL: the first reply. */
void report_events(struct report_lines *out, int address, const struct reply_pwr *before,
                   const struct reply_pwr *now);
/* A new winner among the rules (at most once a minute a limit), and every block and release. */
void report_limits(struct report_lines *out, struct report_memory *told,
                   const struct limits_set *set, int64_t now_ms);
void report_alarms(struct report_lines *out, struct report_memory *told, const struct alarms_set *now);

#endif
