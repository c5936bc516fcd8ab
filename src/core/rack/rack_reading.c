#include "core/rack/rack_reading.h"

#include "core/rack/rack_age.h"

#include <string.h>

bool rack_jumped(const struct rack_reading *before, const struct rack_reading *now,
                 const struct settings_protection *p)
{
	const struct {
		const struct rack_extreme *before, *now;
		int32_t most;
	} rows[] = {
		{ &before->cell_low, &now->cell_low, p->confirm_cell_mv },
		{ &before->cell_high, &now->cell_high, p->confirm_cell_mv },
		{ &before->worst_cell_low, &now->worst_cell_low, p->confirm_cell_mv },
		{ &before->worst_cell_high, &now->worst_cell_high, p->confirm_cell_mv },
		{ &before->temp_low, &now->temp_low, p->confirm_temperature_mc },
		{ &before->temp_high, &now->temp_high, p->confirm_temperature_mc },
		{ &before->worst_temp_low, &now->worst_temp_low, p->confirm_temperature_mc },
		{ &before->worst_temp_high, &now->worst_temp_high, p->confirm_temperature_mc },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (opt_apart(rows[i].before->value, rows[i].now->value, rows[i].most))
			return true;
	return opt_apart(opt_some(before->soc_pct), opt_some(now->soc_pct), p->confirm_soc_pct) ||
	       before->failed_cells != now->failed_cells;
}

struct rack_cells rack_cells(const struct rack *rack)
{
	struct rack_cells cells = { 0, 0 };

	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		const struct module *m = &rack->module[i];

		if (!m->wanted || m->bat_ms == RACK_NEVER)
			continue;
		if (cells.fewest == 0 || m->bat.cells < cells.fewest)
			cells.fewest = m->bat.cells;
		if (m->bat.cells > cells.most)
			cells.most = m->bat.cells;
	}
	return cells;
}

static struct rack_extreme lower(struct rack_extreme a, struct opt value, int cell)
{
	if (value.known && (!a.value.known || value.value < a.value.value))
		return (struct rack_extreme){ value, cell };
	return a;
}

static struct rack_extreme higher(struct rack_extreme a, struct opt value, int cell)
{
	if (value.known && (!a.value.known || value.value > a.value.value))
		return (struct rack_extreme){ value, cell };
	return a;
}

static void read_cells(struct rack_reading *r, const struct module *m,
                       const struct settings *settings)
{
	for (int i = 0; i < m->bat.cells; i++) {
		const struct reply_cell *cell = &m->bat.cell[i];

		r->temp_low = lower(r->temp_low, cell->temp_mc, i + 1);
		r->temp_high = higher(r->temp_high, cell->temp_mc, i + 1);
		r->lost_temps += !cell->temp_mc.known && (m->temps_seen >> i & 1);
		r->cell_called_low |= cell->volt == WORD_LOW;
		r->cell_called_hot |= cell->temp == WORD_HIGH;
		if (!cell->mv.known || rack_sense_failed(settings, cell->mv.value)) {
			r->failed_cells++;
			continue;
		}
		r->cell_low = lower(r->cell_low, cell->mv, i + 1);
		r->cell_high = higher(r->cell_high, cell->mv, i + 1);
	}
	if (r->cell_low.value.known)
		r->spread_mv = opt_some(r->cell_high.value.value - r->cell_low.value.value);
}

static void read_worst(struct rack_reading *r, const struct rack_beyond *beyond)
{
	r->worst_cell_low = lower(r->cell_low, beyond->cell_low_mv, 0);
	r->worst_cell_high = higher(r->cell_high, beyond->cell_high_mv, 0);
	r->worst_temp_low = lower(r->temp_low, beyond->temp_low_mc, 0);
	r->worst_temp_high = higher(r->temp_high, beyond->temp_high_mc, 0);
}

void rack_read(const struct rack *rack, const struct module *module,
               const struct settings *settings, int64_t now_ms, struct rack_reading *reading)
{
	const struct module *m = module;
	int64_t patience = rack_patience_ms(rack, settings);

	memset(reading, 0, sizeof *reading);
	reading->address = m->address;
	reading->failed = m->failed;
	reading->cells = m->bat.cells;
	reading->pack_mv = m->pwr.voltage_mv.value;
	reading->current_ma = m->pwr.current_ma.value;
	reading->soc_pct = m->pwr.soc_pct.value;
	reading->temp_low = reading->temp_high = (struct rack_extreme){ m->pwr.temp_mc, 0 };
	read_cells(reading, m, settings);
	read_worst(reading, &m->beyond);
	reading->unknown_word = m->pwr.unknown_word[0] != '\0' || m->bat.unknown_word[0] != '\0';
	if (m->row_ms != RACK_NEVER && now_ms - m->row_ms < patience) {
		reading->mos_temp_mc = m->row.mos_temp_mc;
		reading->unknown_word |= m->row.unknown_word[0] != '\0';
	}
	if (m->info_ms != RACK_NEVER) {
		reading->max_charge_ma = m->info.max_charge_ma;
		reading->max_discharge_ma = m->info.max_discharge_ma;
	}
	reading->pwr = &m->pwr;
	reading->pwr_ms = m->pwr_ms;
}
