/* engine: the whole core behind one door: step(engine, now, event) -> actions.
 *
 * The daemon, a test, a fuzzer and a replay drive the same thing. It reads no clock and touches no
 * descriptor: what must happen outside stands in the actions. */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include "core/console/session.h"
#include "core/engine/report.h"
#include "core/engine/schedule.h"
#include "core/output/announce.h"
#include "core/output/bank.h"
#include "core/output/history.h"
#include "core/output/publication.h"
#include "core/protection/alarms.h"
#include "core/protection/dynamics.h"
#include "core/protection/limits.h"
#include "core/rack/confirm.h"
#include "core/rack/rack_reading.h"
#include "core/rack/repeat.h"
#include "core/settings/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENGINE_EXIT_NONE (-1)
#define ENGINE_EXIT_CONFIGURATION 100
#define ENGINE_EXIT_BATTERY 111
/* Without data for 60 s (its default) the driver ends, and with it all that it was told; and 10 s in which whoever
 * supervises it starts it again and it has subscribed. Only then come data that hold no limits. */
#define ENGINE_DRIVER_TIMEOUT_S 60
#define ENGINE_QUIET_MS ((ENGINE_DRIVER_TIMEOUT_S + 10) * 1000)

enum engine_event_kind {
	ENGINE_TICK,        /* time has passed */
	ENGINE_PORT_OPENED, /* the port is open, at any speed */
	ENGINE_PORT_FAILED, /* it could not be opened, or is gone; `text` says why */
	ENGINE_BYTES,       /* `bytes` came from it */
	ENGINE_BROKER_UP,   /* the broker has accepted us: everything is to be sent again */
	ENGINE_ANNOUNCE     /* Home Assistant has started: it wants to be told of the devices */
};

struct engine_event {
	enum engine_event_kind kind;
	const uint8_t *bytes;
	size_t length;
	const char *text;
	bool taken; /* with ENGINE_PORT_FAILED: another program holds it */
};

/* What the shell has to do after a step, in this order. */
struct engine_actions {
	struct report_lines log;
	bool close_port;
	bool open_port; /* and answer with ENGINE_PORT_OPENED or ENGINE_PORT_FAILED */
	struct session_order order[SESSION_ORDERS_MAX]; /* do these to the port */
	int orders;
	bool publish_bank;
	uint32_t publish_modules; /* bit N-1: module N */
	bool publish_link;
	bool publish_status; /* engine_online says which */
	int announce;        /* tell Home Assistant of this device (engine_device); ANNOUNCE_NONE */
	bool announce_anew;  /* after taking back what was said of it before */
	uint32_t retract;    /* bit N: take back what was said of device N */
	bool remember;       /* keep engine_memory for a restart */
	bool keep_history;   /* keep engine.history for a boot to come; at most once an hour */
	int exit_status;     /* ENGINE_EXIT_NONE, or end with this */
};

/* What a restart within the same boot takes over: the rules' memory and what was published last. No pointers
 * in it: it is kept as bytes. Times are of the monotonic clock, which goes on over a restart. */
struct engine_memory {
	struct limits_memory limits;
	struct dynamics bank;
	struct dynamics module[RACK_MODULES_MAX];
	uint32_t seen; /* bit N-1: module N was in the stack */
	uint32_t failed; /* and had failed */
	bool recovering; /* all was lost, and no complete pass has been since */
	int32_t dcl_before_ma;
	uint32_t announced; /* bit N: Home Assistant was told of device N */
	struct history history;
	int64_t saved_ms;
};

#define ENGINE_MEMORY_MAX_MS (10 * 60 * 1000)

struct engine {
	struct settings settings;
	struct session session;
	struct rack rack;
	struct schedule schedule;
	struct limits limits;
	struct alarms alarms;
	/* of the modules online, at the last evaluation: first those in good order, then the failed ones */
	struct rack_reading reading[RACK_MODULES_MAX];
	int readings;  /* in good order: the N of protection.md */
	int answering; /* and with the failed ones */
	struct confirm confirm[RACK_MODULES_MAX];
	struct repeat repeat[RACK_MODULES_MAX]; /* on a noisy line; the stack's wishes with the first module's */
	int64_t damaged_ms;                     /* the last damage on the line; RACK_NEVER */
	struct dynamics dynamics;
	struct dynamics module_dynamics[RACK_MODULES_MAX];
	struct limits_set shown;                        /* the bank's limits as published */
	struct limits_set module_shown[RACK_MODULES_MAX];
	/* the bank as it was seen last, for the time when it is lost */
	struct limits_subject last_subject;
	struct figures last_figures;
	struct figures module_figures[RACK_MODULES_MAX]; /* what the document of each has told; what is known once stays */
	struct history history;
	uint32_t followed; /* whose dynamics went along at the last evaluation: bit 0 the bank, bit N module N */
	int modules_together; /* N at the end of the last good pass */
	bool lost;            /* every module is lost, after there was one */
	bool partial;         /* no pass has come to its end since the start, or since all were lost: what is known of the
	                       * bank is known of some of its modules */
	bool safe_told;       /* and the limits of a lost bank were published last */
	bool withdrawn;       /* lost for so long that nothing is published any more */
	bool recovering;      /* it was, and no complete pass has been since */
	int32_t dcl_before_ma; /* what was published before all were lost */
	struct publication bank;
	struct publication module[RACK_MODULES_MAX];
	struct announce announce;
	uint32_t digest[RACK_MODULES_MAX]; /* of the figures of each module, when they were offered as news */
	struct report_memory told;
	int64_t start_ms;
	bool in_pass;
	int64_t pass_ms;      /* when the present or last pass began */
	int64_t talk_ms;      /* when its first command was sent: looking for the console does not count */
	int64_t next_pass_ms; /* when the next one begins */
	bool pass_asked;      /* a command of it has been sent */
	uint32_t pass_good;   /* good replies in it */
	uint32_t passes;      /* ended ones with a good reply */
	int32_t cycle_ms;     /* how long the last of them took */
	int failed_polls;     /* in a row */
	bool port_taken;      /* by another program, when it was to be opened last */
	bool first_pass_done; /* every module had its chance: the bank may be published */
	bool login_due, login_tried;
	bool login_again;     /* the next pass may try once more: it worked, or got no answer that could be read */
	int high_voltage;     /* replies in a row that look like a high-voltage battery */
	bool high_voltage_seen; /* and there were enough of them: the battery is none of ours */
	int32_t console_baud; /* at which speed the console answers; 0: it does not */
	bool status_online;   /* as last published */
	bool status_known;    /* anything was published */
	int64_t status_ms, link_ms, evaluated_ms;
	bool link_wanted;
	struct limits_set linked[1 + RACK_MODULES_MAX]; /* whose reasons the link told last: the bank's, the modules' */
	bool limits_off;       /* as the settings said at the last look: nobody may go on with limits of before */
	int64_t quiet_until_ms; /* until then no data leave: the driver is to forget */
	struct engine_actions *out; /* of the step under way */
};

/* Copies `settings`. */
void engine_init(struct engine *e, const struct settings *settings, int64_t now_ms);

/* Right after engine_init: asks everything once in the first pass, as for a run that ends with it. */
void engine_survey(struct engine *e);

/* Takes new settings in a running engine (SIGHUP). What protection remembers stays. What the actions take back was
 * said under the settings of before. When the port, its speed or the addresses change, the console is looked for anew. */
void engine_configure(struct engine *e, const struct settings *settings, int64_t now_ms,
                      struct engine_actions *actions);

/* Takes one event. `actions` is filled in anew. */
void engine_step(struct engine *e, int64_t now_ms, const struct engine_event *event,
                 struct engine_actions *actions);

/* When to step with ENGINE_TICK at the latest. */
int64_t engine_deadline(const struct engine *e);

/* Until when the port need not be read; INT64_MIN: read as it comes. Whoever reads it then must take all that
 * is there. */
int64_t engine_read_after(const struct engine *e);

/* Writes what a restart needs. */
void engine_remember(const struct engine *e, struct engine_memory *memory, int64_t now_ms);

/* Takes over what the run before remembered, right after engine_init; ignored when it is older than
 * ENGINE_MEMORY_MAX_MS or from the future. The caller has checked that it is of the same boot and size. */
bool engine_recall(struct engine *e, const struct engine_memory *memory, int64_t now_ms);

/* Whether the battery's data are good: what the status topic says. */
bool engine_online(const struct engine *e);

/* The figures to publish, with what was known before where it is not now. False: there is nothing to show (no module was
 * ever online; this one is not). */
bool engine_bank_figures(const struct engine *e, struct figures *figures);
bool engine_module_figures(const struct engine *e, int address, struct figures *figures);

/* The limits as published and why, of the bank (0) or of module `number`; NULL: nothing is known. */
const struct limits_set *engine_limits(const struct engine *e, int number);

/* What Home Assistant is to be told of a device. False: nothing yet, its module has not been read. */
bool engine_device(const struct engine *e, int number, struct discovery_device *device);

#endif
