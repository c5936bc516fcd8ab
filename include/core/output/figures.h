/* figures: what a document on a topic shows, in device units; payload names them. */
#ifndef CORE_FIGURES_H
#define CORE_FIGURES_H

#include "core/base/opt.h"
#include "core/protection/alarms.h"
#include "core/reply/reply.h"

#define FIGURES_ID_MAX 12
#define FIGURES_MODE_MAX 16
#define FIGURES_TIME_TO_GO_MAX_S 864000 /* Victron's battery monitors say so while nothing is drawn */
#define FIGURES_CONNECTION_MAX 96

/* As the driver's keys have it; a part of the bank's figures. */
struct history_figures {
	struct opt voltage_low_mv, voltage_high_mv, cell_low_mv, cell_high_mv;
	struct opt temp_low_mc, temp_high_mc;
	struct opt drawn_ah, charged_wh, discharged_wh;
	struct opt deepest_mah; /* below 0 */
	struct opt since_full_s;
	struct opt low_alarms, high_alarms;
};

struct figures {
	struct opt voltage_mv, current_ma, power_mw, temp_mc;
	struct opt installed_mah, capacity_mah, consumed_mah;
	struct opt soc_pct, soc_milli; /* whole percent for the rules, thousandths for people */
	struct opt soh_pct, time_to_go_s, balancing;
	struct opt cvl_mv, ccl_ma, dcl_ma, max_cell_mv, low_mv;
	char mode[FIGURES_MODE_MAX];
	struct opt cycles;
	struct history_figures history; /* of the bank; the caller's, absent here */
	struct opt cell_low_mv, cell_high_mv, temp_low_mc, temp_high_mc, mos_temp_mc;
	char cell_low_id[FIGURES_ID_MAX], cell_high_id[FIGURES_ID_MAX];
	char temp_low_id[FIGURES_ID_MAX], temp_high_id[FIGURES_ID_MAX];
	struct opt cells, online, offline, blocking_charge, blocking_discharge;
	struct opt sum_mv, diff_mv;
	struct opt cell_mv[REPLY_CELLS_MAX];  /* first `cells` are always known */
	struct opt balance[REPLY_CELLS_MAX];  /* 1 balancing, 0 not */
	struct opt allow_charge, allow_discharge;
	struct opt has_temperature; /* 1 */
	struct opt alarm[ALARMS];
	char connection[FIGURES_CONNECTION_MAX];
};

#endif
