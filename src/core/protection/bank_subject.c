#include "core/protection/bank_subject.h"

#include "core/base/number.h"

#include <string.h>

static const struct module *module_of(const struct rack *rack, const struct rack_reading *r)
{
	return &rack->module[r->address - 1];
}

struct opt bank_subject_installed_mah(const struct module *m)
{
	if (m->pwr.total_mah.known)
		return m->pwr.total_mah;
	return m->info_ms == RACK_NEVER ? opt_none() : m->info.capacity_mah;
}

int32_t bank_subject_soc_milli(const struct rack *rack, const struct rack_reading *readings, int count)
{
	int64_t sum = 0, weights = 0;
	bool weighted = true;

	for (int i = 0; i < count; i++)
		weighted &= opt_or(bank_subject_installed_mah(module_of(rack, &readings[i])), 0) > 0;
	for (int i = 0; i < count; i++) {
		int64_t weight = weighted ? bank_subject_installed_mah(module_of(rack, &readings[i])).value : 1;

		sum += weight * readings[i].soc_pct;
		weights += weight;
	}
	return (int32_t)(sum * 1000 / number_max(weights, 1));
}

void bank_subject(const struct rack *rack, const struct settings *settings, const struct rack_reading *readings,
		  int count, struct limits_subject *subject)
{
	int32_t soc = bank_subject_soc_milli(rack, readings, count);
	int64_t voltage = 0;

	memset(subject, 0, sizeof *subject);
	/* rounded to the careful side: up for charge, down for discharge */
	subject->charge_soc_pct = (soc + 999) / 1000;
	subject->discharge_soc_pct = soc / 1000;
	subject->full = true;
	for (int i = 0; i < count; i++) {
		voltage += readings[i].pack_mv;
		subject->current_ma += readings[i].current_ma;
		subject->cell_low_mv = opt_min(subject->cell_low_mv, readings[i].worst_cell_low.value);
		subject->full &= readings[i].pwr->coulomb == WORD_FULL;
		if (settings->limits.worst_soc && readings[i].soc_pct > subject->charge_soc_pct)
			subject->charge_soc_pct = readings[i].soc_pct;
		if (settings->limits.worst_soc && readings[i].soc_pct < subject->discharge_soc_pct)
			subject->discharge_soc_pct = readings[i].soc_pct;
	}
	subject->voltage_mv = (int32_t)(voltage / count);
	subject->cells = rack_cells(rack).fewest; /* of unlike modules the one that is full first */
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		const struct module *m = &rack->module[i];

		subject->lost |= (uint32_t)(m->wanted && m->state == MODULE_LOST) << i;
		subject->failed |= (uint32_t)(m->wanted && m->failed) << i;
	}
	subject->pwrsys = rack->pwrsys_ms == RACK_NEVER ? NULL : &rack->pwrsys;
	subject->bank = true;
	subject->modules = count;
}
