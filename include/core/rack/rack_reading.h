/* rack_reading: what the rules see of a module, and of what the stack is made. */
#ifndef CORE_RACK_READING_H
#define CORE_RACK_READING_H

#include "core/rack/rack.h"

/* A value with the place where it was seen. `cell` counts from 1; 0: the pack's own sensor. */
struct rack_extreme {
	struct opt value;
	int cell;
};

/* What the rules see of one module. `own` comes from its own replies; `worst` is the same or what the
 * `pwr` table has shown beyond it (it may only tighten). */
struct rack_reading {
	uint8_t address;
	int cells;
	int32_t pack_mv;
	int32_t current_ma;
	int32_t soc_pct;
	struct rack_extreme cell_low, cell_high; /* own, failed sense lines left out */
	struct rack_extreme temp_low, temp_high; /* own: pack and cells */
	struct rack_extreme worst_cell_low, worst_cell_high, worst_temp_low, worst_temp_high;
	struct opt spread_mv; /* own highest less lowest cell */
	int failed_cells;     /* sense lines that cannot be right */
	int lost_temps;       /* cells that had a temperature before and have none now */
	bool cell_called_low, cell_called_hot; /* by the state word of any cell */
	struct opt mos_temp_mc;
	struct opt max_charge_ma, max_discharge_ma; /* of `info` */
	const struct reply_pwr *pwr;
	int64_t pwr_ms; /* when it was asked for */
	bool unknown_word;           /* a state word that nobody knows */
	bool failed;                 /* answers, but has left the bank: rack_failing */
};

/* Whether two readings of one module differ by more than is believed at once: a cell, the SoC, a temperature,
 * or a sense line that has failed since (protection.md, "Confirmation"). */
bool rack_jumped(const struct rack_reading *before, const struct rack_reading *now,
                 const struct settings_protection *p);

/* Cells in series of the wanted modules, as `bat` has shown them: 0 while unknown. A module that is lost or has
 * failed counts too: it hangs on the busbar all the same. */
struct rack_cells {
	int fewest, most;
};
struct rack_cells rack_cells(const struct rack *rack);

/* What the rules see of an online module. */
void rack_read(const struct rack *rack, const struct module *module,
               const struct settings *settings, int64_t now_ms, struct rack_reading *reading);

#endif
