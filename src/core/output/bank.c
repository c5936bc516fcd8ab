#include "core/output/bank.h"

#include "core/base/text.h"
#include "core/protection/bank_subject.h"

#include <string.h>

#define SECONDS_PER_HOUR 3600

static const struct module *module_of(const struct rack *rack, const struct rack_reading *r)
{
	return &rack->module[r->address - 1];
}

/* What a module can still give: its weakest cell's coulomb counter, else SoC x installed. */
static struct opt capacity_mah(const struct module *m)
{
	struct opt least = opt_none();
	struct opt installed = bank_subject_installed_mah(m);
	int counted = 0;

	while (counted < m->bat.cells && m->bat.cell[counted].mah.known)
		least = opt_min(least, m->bat.cell[counted++].mah);
	if (counted == m->bat.cells)
		return least;
	if (!installed.known)
		return opt_none();
	return opt_some((int32_t)((int64_t)installed.value * m->pwr.soc_pct.value / 100));
}

/* Adds `b`; a sum with an absent part is absent. */
static struct opt plus(struct opt a, struct opt b)
{
	return a.known && b.known ? opt_some(a.value + b.value) : opt_none();
}

static int64_t divide_rounded(int64_t a, int64_t b)
{
	return (a < 0 ? a - b / 2 : a + b / 2) / b;
}

/* "M3C14" in the bank, "C14" in a module's own document; the pack's own sensor has no cell. */
static void write_id(char *out, int address, int cell, bool in_bank)
{
	struct text t = text_in(out, FIGURES_ID_MAX);

	if (in_bank) {
		text_str(&t, "M");
		text_int(&t, address);
	}
	if (cell != 0) {
		text_str(&t, "C");
		text_int(&t, cell);
	} else if (!in_bank) {
		text_str(&t, "Pack");
	}
}

static void put_limits(struct figures *f, const struct settings *settings,
                       const struct limits_set *set, int cells)
{
	bool shown = settings->limits.publish;

	text_copy(f->mode, sizeof f->mode, set->mode);
	f->allow_charge = opt_some(!set->charge_blocked);
	f->allow_discharge = opt_some(!set->discharge_blocked);
	f->cvl_mv = shown ? opt_some(set->limit[LIMIT_CVL]) : opt_none();
	f->ccl_ma = shown ? opt_some(set->limit[LIMIT_CCL]) : opt_none();
	f->dcl_ma = shown ? opt_some(set->limit[LIMIT_DCL]) : opt_none();
	f->max_cell_mv = shown ? opt_some(set->limit[LIMIT_CVL] / cells) : opt_none();
}

void bank_reasons(const struct limits_set *limits, struct bank_reasons *reasons)
{
	struct text voltage = text_in(reasons->charge_voltage, sizeof reasons->charge_voltage);
	struct text charge = text_in(reasons->charge_current, sizeof reasons->charge_current);
	struct text discharge = text_in(reasons->discharge_current, sizeof reasons->discharge_current);

	if (!limits)
		return;
	text_str(&voltage, limits->mode);
	if (!limits->reason[LIMIT_CVL].verdict.stage) {
		text_str(&voltage, " (");
		limits_describe(&limits->reason[LIMIT_CVL], &voltage);
		text_str(&voltage, ")");
	}
	limits_describe(&limits->reason[LIMIT_CCL], &charge);
	limits_describe(&limits->reason[LIMIT_DCL], &discharge);
}

static void put_alarms(struct figures *f, const struct alarms_set *alarms)
{
	for (enum alarm a = 0; a < ALARMS; a++)
		f->alarm[a] = opt_some(alarms->level[a]);
}

/* Where the firmware tells nothing, the highest cell of a module that spreads at the top is the one. */
static bool balancing(const struct rack_reading *r, const struct reply_cell *cell, int number,
                      const struct settings_protection *p)
{
	if (cell->balancing.known)
		return cell->balancing.value;
	return r->cell_high.value.known && r->cell_high.cell == number &&
	       r->spread_mv.value > p->balance_spread_mv &&
	       r->cell_high.value.value > p->balance_cell_mv;
}

/* One position over all modules: the mean of the cells there. A failed sense line shows what the console
 * printed only where no sound one stands beside it: the driver must never get a null cell. */
static void put_cell(struct figures *f, const struct rack *rack, const struct settings *settings,
                     const struct rack_reading *readings, int count, int position)
{
	int64_t sum = 0, sound = 0;
	int32_t raw = 0;
	bool any = false;

	for (int i = 0; i < count; i++) {
		const struct reply_cell *cell = &module_of(rack, &readings[i])->bat.cell[position];

		if (position >= readings[i].cells)
			continue;
		any |= balancing(&readings[i], cell, position + 1, &settings->protection);
		raw = opt_or(cell->mv, raw);
		if (cell->mv.known && !rack_sense_failed(settings, cell->mv.value)) {
			sum += cell->mv.value;
			sound++;
		}
	}
	f->cell_mv[position] = opt_some(sound > 0 ? (int32_t)divide_rounded(sum, sound) : raw);
	f->balance[position] = opt_some(any);
	f->balancing = opt_some(f->balancing.value || any);
}

static void put_extremes(struct figures *f, const struct rack_reading *readings, int count,
                         bool in_bank)
{
	for (int i = 0; i < count; i++) {
		const struct rack_reading *r = &readings[i];
		const struct {
			const struct rack_extreme *extreme;
			struct opt *value;
			char *id;
			bool low;
		} row[] = {
			{ &r->cell_low, &f->cell_low_mv, f->cell_low_id, true },
			{ &r->cell_high, &f->cell_high_mv, f->cell_high_id, false },
			{ &r->temp_low, &f->temp_low_mc, f->temp_low_id, true },
			{ &r->temp_high, &f->temp_high_mc, f->temp_high_id, false },
		};

		for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
			struct opt v = row[k].extreme->value, had = *row[k].value;

			if (!v.known ||
			    (had.known && (row[k].low ? v.value >= had.value : v.value <= had.value)))
				continue;
			*row[k].value = v;
			write_id(row[k].id, r->address, row[k].extreme->cell, in_bank);
		}
		f->mos_temp_mc = opt_max(f->mos_temp_mc, r->mos_temp_mc);
	}
}

/* The pack's own voltage stands in where a sense line has failed. */
static int32_t cells_sum_mv(const struct rack_reading *r, const struct module *m)
{
	int32_t sum = 0;

	for (int c = 0; c < r->cells; c++)
		sum += opt_or(m->bat.cell[c].mv, 0);
	return r->failed_cells == 0 ? sum : r->pack_mv;
}

static void put_sums(struct figures *f, const struct rack *rack,
                     const struct rack_reading *readings, int count)
{
	int64_t voltage = 0, temp = 0, cells_sum = 0;

	f->current_ma = f->power_mw = f->installed_mah = f->capacity_mah = opt_some(0);
	for (int i = 0; i < count; i++) {
		const struct rack_reading *r = &readings[i];
		const struct module *m = module_of(rack, r);

		voltage += r->pack_mv;
		temp += m->pwr.temp_mc.value;
		f->current_ma.value += r->current_ma;
		f->installed_mah = plus(f->installed_mah, bank_subject_installed_mah(m));
		f->capacity_mah = plus(f->capacity_mah, capacity_mah(m));
		cells_sum += cells_sum_mv(r, m);
		if (m->stat_ms != RACK_NEVER) {
			f->cycles = opt_max(f->cycles, m->stat.cycles);
			f->soh_pct = opt_min(f->soh_pct, m->stat.soh_pct);
		}
	}
	f->voltage_mv = opt_some((int32_t)divide_rounded(voltage, count));
	f->temp_mc = opt_some((int32_t)divide_rounded(temp, count));
	f->sum_mv = opt_some((int32_t)divide_rounded(cells_sum, count));
	f->power_mw = opt_some((int32_t)divide_rounded(
	        (int64_t)f->voltage_mv.value * f->current_ma.value, 1000));
}

/* Known while nothing is drawn, too: the driver would go on with what it was told before. */
static struct opt time_to_go_s(struct opt capacity_mah, int32_t current_ma)
{
	int64_t seconds = FIGURES_TIME_TO_GO_MAX_S;

	if (current_ma < 0 && !capacity_mah.known)
		return opt_none();
	if (current_ma < 0)
		seconds = (int64_t)capacity_mah.value * SECONDS_PER_HOUR / -(int64_t)current_ma;
	return opt_some(seconds < FIGURES_TIME_TO_GO_MAX_S ? (int32_t)seconds : FIGURES_TIME_TO_GO_MAX_S);
}

static void put_derived(struct figures *f)
{
	if (f->installed_mah.known) { /* and so the capacity: its share by the SoC at least */
		int32_t consumed = f->installed_mah.value - f->capacity_mah.value;

		f->consumed_mah = opt_some(consumed > 0 ? consumed : 0);
	}
	f->time_to_go_s = time_to_go_s(f->capacity_mah, f->current_ma.value);
	if (f->cell_high_mv.known) /* and so the lowest */
		f->diff_mv = opt_some(f->cell_high_mv.value - f->cell_low_mv.value);
}

static void put_common(struct figures *f, const struct rack *rack, const struct settings *settings,
                       const struct rack_reading *readings, int count, bool in_bank)
{
	struct opt wish = rack->pwrsys_ms == RACK_NEVER ? opt_none() : rack->pwrsys.discharge_mv;
	int cells = readings[0].cells;

	memset(f, 0, sizeof *f);
	put_sums(f, rack, readings, count);
	put_extremes(f, readings, count, in_bank);
	put_derived(f);
	f->cells = opt_some(cells);
	f->has_temperature = opt_some(1);
	f->balancing = opt_some(0);
	for (int position = 0; position < cells; position++)
		put_cell(f, rack, settings, readings, count, position);
	f->low_mv = wish.known ? wish
	                       : opt_some(limits_pack_mv(settings->protection.pack_low_cell_mv, cells));
	f->soc_milli = opt_some(bank_subject_soc_milli(rack, readings, count));
	f->soc_pct = opt_some(f->soc_milli.value / 1000);
}

void bank_module_figures(const struct rack *rack, const struct settings *settings,
                         const struct rack_reading *reading, const struct limits_set *limits,
                         const struct alarms_set *alarms, struct figures *figures)
{
	const struct module *m = module_of(rack, reading);
	struct text connection = text_in(figures->connection, sizeof figures->connection);

	put_common(figures, rack, settings, reading, 1, false);
	put_limits(figures, settings, limits, reading->cells);
	put_alarms(figures, alarms);
	figures->online = opt_some(1);
	figures->offline = opt_some(0);
	figures->blocking_charge = opt_some(limits->charge_blocked);
	figures->blocking_discharge = opt_some(limits->discharge_blocked);
	text_str(&connection, "Module ");
	text_int(&connection, m->address);
	if (m->info_ms != RACK_NEVER && m->info.name[0] != '\0') {
		text_str(&connection, " ");
		text_str(&connection, m->info.name);
	}
}

static void put_connection(struct figures *f, int online, int offline)
{
	struct text connection = text_in(f->connection, sizeof f->connection);

	text_int(&connection, online);
	text_str(&connection, " of ");
	text_int(&connection, online + offline);
	text_str(&connection, online + offline == 1 ? " module" : " modules");
}

void bank_figures(const struct rack *rack, const struct settings *settings,
                  const struct rack_reading *readings, int count, int offline,
                  const struct limits *limits, const struct limits_set *shown,
                  const struct alarms *alarms, struct figures *figures)
{
	int blocking_charge = 0, blocking_discharge = 0;

	put_common(figures, rack, settings, readings, count, true);
	put_limits(figures, settings, shown, readings[0].cells);
	put_alarms(figures, &alarms->bank_set);
	for (int i = 0; i < count; i++) {
		blocking_charge += limits->module_set[readings[i].address - 1].charge_blocked;
		blocking_discharge += limits->module_set[readings[i].address - 1].discharge_blocked;
	}
	figures->online = opt_some(count);
	figures->offline = opt_some(offline);
	figures->blocking_charge = opt_some(blocking_charge);
	figures->blocking_discharge = opt_some(blocking_discharge);
	put_connection(figures, count, offline);
}

void bank_lost_figures(const struct figures *last, const struct settings *settings,
                       const struct limits_set *limits, const struct alarms_set *alarms,
                       int offline, struct figures *figures)
{
	struct figures *f = figures;

	*f = *last;
	put_alarms(f, alarms);
	put_limits(f, settings, limits, last->cells.value);
	f->online = opt_some(0);
	f->offline = opt_some(offline);
	put_connection(f, 0, offline);
}
