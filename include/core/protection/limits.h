/* limits: CVL, CCL and DCL as the minimum over named rules (protection.md, "Rules").
 *
 * Two tables: rules that look at one module (limits_module.c), and rules that look at a subject (limits_subject.c: the
 * bank, or one module alone) with a SoC, a voltage and a current of its own. The winner of each limit is
 * kept with the place and the value that made it win. Adding a rule is one function and one row.
 * The final clamp, last of all, is never bypassed. */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include "core/base/text.h"
#include "core/rack/rack_reading.h"
#include "core/settings/settings.h"

#include <stdbool.h>
#include <stdint.h>

enum limits_kind { LIMIT_CVL, LIMIT_CCL, LIMIT_DCL, LIMIT_KINDS };

enum limits_unit {
	UNIT_NONE,
	UNIT_PLACE, /* no value, but a module to name */
	UNIT_MV,
	UNIT_MC,
	UNIT_PCT,
	UNIT_MA,
	UNIT_BAT_BITS,  /* Bat or Power Events */
	UNIT_FAULT_BITS /* System Fault */
};

/* What one rule says. */
struct limits_verdict {
	int32_t limit; /* mV or mA; LIMITS_FREE: the rule does not speak */
	bool blocks;   /* blocks charge (a CCL rule) or discharge (a DCL rule) */
	int32_t value; /* the measured value that made it speak, in `unit` */
	enum limits_unit unit;
	int cell;      /* where: cell from 1, 0 the whole module */
	bool stage;    /* it is what the set's `mode` says already */
};

#define LIMITS_FREE INT32_MAX

/* Why a limit is what it is. */
struct limits_reason {
	const char *rule; /* its name in the table; "" before anything was worked out */
	struct limits_verdict verdict;
	uint8_t address; /* the module; 0: the bank as a whole */
	bool recovering; /* the rule has let go; the limit is still on its way up */
};

struct limits_set {
	int32_t limit[LIMIT_KINDS]; /* mV, mA, mA */
	bool charge_blocked, discharge_blocked;
	const char *mode; /* the stage: "Bulk", "Float", "Full charge" or "Blocked" */
	struct limits_reason reason[LIMIT_KINDS];
};

/* The memory of the rules that look at one module. */
struct limits_module_memory {
	bool charge_cold_block, charge_cold, charge_hot, charge_hot_block;
	bool cell_over, deep_cell, deep_cell_block;
	bool cell_under, pack_low, pack_cut;
	bool discharge_cold_block, discharge_hot, discharge_hot_block;
	bool pack_under;          /* below the cut at the last reading */
	int64_t pack_under_ms;    /* since which one */
	bool over_current;        /* was reported */
	int64_t over_current_ms;  /* when it was last reported */
	/* what all rules said together last: while a required value is missing it only goes down */
	bool judged, charge_blocked, discharge_blocked;
	int32_t limit[LIMIT_KINDS];
};

/* The memory of the rules that look at a subject. */
struct limits_subject_memory {
	bool floating;
	bool high_soc, low_soc, low_soc_block;
	bool blocked;
	int32_t blocked_mv;      /* the charge voltage while blocked */
	int64_t blocked_step_ms; /* when it was last lowered, or set */
	bool full_charge;        /* one is under way */
	bool full_high;          /* the pack was high enough for one at the last step, */
	int64_t full_ms;         /* which was then */
	int64_t full_held_ms;    /* how long it has been high enough in all */
	bool full_charged;       /* at the last step a full charge was there: by the modules' word, or held long enough */
};

/* What a subject rule sees. */
struct limits_subject {
	int32_t charge_soc_pct;    /* the SoC that charge rules look at */
	int32_t discharge_soc_pct; /* the SoC that discharge rules look at */
	struct opt cell_low_mv; /* the lowest that anybody knows of, the `pwr` table too; of the bank alone */
	int32_t voltage_mv;
	int32_t current_ma;
	int cells;
	const struct reply_pwrsys *pwrsys;
	bool bank; /* the whole bank: the stack's own wishes hold for it */
	int modules; /* of the bank: how many share the current */
	uint32_t lost, failed; /* bit N-1: module N is missing from the bank */
	bool full;             /* every module that counts reports Full */
	int64_t since_full_s;  /* since the last full charge, or since anybody counts; of the bank alone */
};

/* What a module's own rules said last: it outlives the module for a while. */
struct limits_held {
	bool known;
	int32_t cvl_mv, ccl_ma;
	bool charge_blocked;
	int32_t soc_pct;
	struct opt cell_low_mv;
};

/* What a restart within the same boot must find again (no pointers in it). */
struct limits_memory {
	struct limits_module_memory module[RACK_MODULES_MAX];
	struct limits_subject_memory alone[RACK_MODULES_MAX];
	struct limits_subject_memory bank;
	struct limits_held held[RACK_MODULES_MAX];
	uint32_t missing;                 /* bit N-1: module N was lost or failed at the last step */
	int64_t missing_ms[RACK_MODULES_MAX]; /* since when; of the others: the last step */
};

struct limits {
	struct limits_memory memory;
	struct limits_set module_set[RACK_MODULES_MAX]; /* each alone, as its topic shows it */
	struct limits_set bank_set;
};

void limits_init(struct limits *limits);

/* Works out every limit from `count` readings of online modules (1..16, ascending addresses; at least one
 * has not failed) and the bank's own subject, as bank_subject gives it. Failed modules get their own limits, but take
 * no part in the bank's. In the bank's SoC and lowest cell what missing modules said last is counted in while it is
 * held: `bank` comes back with them. */
void limits_step(struct limits *limits, const struct settings *settings,
                 const struct rack_reading *readings, int count,
                 struct limits_subject *bank, int64_t now_ms);

/* The limits of a bank whose modules are all lost. `last` is the bank as limits_step left it last (its `modules`: how
 * many there were), `published` what is in force: nothing rises because of a loss. */
void limits_step_lost(struct limits *limits, const struct settings *settings,
                      const struct limits_subject *last,
                      const int32_t published[LIMIT_KINDS], int64_t now_ms);

/* Whether the module of `reading` would newly block charge or discharge if this were its reading.
 * Changes nothing. */
bool limits_would_block(const struct limits *limits, const struct settings *settings,
                        const struct rack_reading *reading, const struct reply_pwrsys *pwrsys,
                        int64_t now_ms);

/* Whether a rule of the last step waits for time alone to pass: it must be looked at again without a new
 * reading. */
bool limits_waiting(const struct limits *limits);

/* A pack voltage for a cell's voltage: times the cells, rounded to 0.1 V as protection.md writes it. */
int32_t limits_pack_mv(int32_t cell_mv, int cells);

/* The highest charge voltage that may ever be published: max_charge_voltage, or bulk. */
int32_t limits_max_charge_mv(const struct settings *settings, int cells);

/* "Cold: 3.0 C, module 2"; just the rule's name where no value belongs to it. */
void limits_describe(const struct limits_reason *reason, struct text *out);

/* Rule `index` (from 0) with the values that the settings give it, one line for a person to sign off:
 * "CCL  Cold   10 A below 5 C, ...". False past the last. */
bool limits_print_rule(const struct settings *settings, int index, struct text *out);

#endif
