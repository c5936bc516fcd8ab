/* bank: sums, means and extremes over the modules, and the figures of one module alone.
 *
 * Figures are what a document on a topic shows, in device units; payload names them. */
#ifndef CORE_BANK_H
#define CORE_BANK_H

#include "core/output/history.h"
#include "core/protection/alarms.h"
#include "core/protection/limits.h"
#include "core/rack/rack.h"

#define BANK_ID_MAX 12
#define BANK_MODE_MAX 16
#define BANK_REASON_MAX 96
#define BANK_TIME_TO_GO_MAX_S 864000 /* Victron's battery monitors say so while nothing is drawn */

struct figures {
	struct opt voltage_mv, current_ma, power_mw, temp_mc;
	struct opt installed_mah, capacity_mah, consumed_mah;
	struct opt soc_pct, soc_milli; /* whole percent for the rules, thousandths for people */
	struct opt soh_pct, time_to_go_s, balancing;
	struct opt cvl_mv, ccl_ma, dcl_ma, max_cell_mv, low_mv;
	char mode[BANK_MODE_MAX];
	struct opt cycles;
	struct history_figures history; /* of the bank; the caller's, absent here */
	struct opt cell_low_mv, cell_high_mv, temp_low_mc, temp_high_mc, mos_temp_mc;
	char cell_low_id[BANK_ID_MAX], cell_high_id[BANK_ID_MAX];
	char temp_low_id[BANK_ID_MAX], temp_high_id[BANK_ID_MAX];
	struct opt cells, online, offline, blocking_charge, blocking_discharge;
	struct opt sum_mv, diff_mv;
	struct opt cell_mv[REPLY_CELLS_MAX];  /* first `cells` are always known */
	struct opt balance[REPLY_CELLS_MAX];  /* 1 balancing, 0 not */
	struct opt allow_charge, allow_discharge;
	struct opt has_temperature; /* 1 */
	struct opt alarm[ALARMS];
	char connection[BANK_REASON_MAX];
};

/* What sets the limits, for people: "" where nobody knows. */
struct bank_reasons {
	char charge_voltage[BANK_REASON_MAX]; /* the stage, and the rule in brackets when it is neither stage nor block */
	char charge_current[BANK_REASON_MAX], discharge_current[BANK_REASON_MAX];
};

/* The bank as the limits see it, from `count` readings of modules that have not failed (at least one). */
void bank_subject(const struct rack *rack, const struct settings *settings,
                  const struct rack_reading *readings, int count, struct limits_subject *subject);

/* The figures of one online module alone. */
void bank_module_figures(const struct rack *rack, const struct settings *settings,
                         const struct rack_reading *reading, const struct limits_set *limits,
                         const struct alarms_set *alarms, struct figures *figures);

/* The figures of a bank whose modules are all lost: `last`, its last good figures, because the driver would keep them
 * anyway, with what the loss changes on top. */
void bank_lost_figures(const struct figures *last, const struct settings *settings,
                       const struct limits_set *limits, const struct alarms_set *alarms,
                       int offline, struct figures *figures);

/* The figures of the bank. `offline`: wanted modules that are lost or have failed;
 * `shown`: the limits as published. */
void bank_figures(const struct rack *rack, const struct settings *settings,
                  const struct rack_reading *readings, int count, int offline,
                  const struct limits *limits, const struct limits_set *shown,
                  const struct alarms *alarms, struct figures *figures);

/* NULL for `limits`: nobody knows. */
void bank_reasons(const struct limits_set *limits, struct bank_reasons *reasons);

/* The SoC of the bank in thousandths of a percent, weighted by capacity. */
int32_t bank_soc_milli(const struct rack *rack, const struct rack_reading *readings, int count);

#endif
