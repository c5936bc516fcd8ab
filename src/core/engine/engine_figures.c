#include "engine_parts.h"

#include "core/output/payload.h"

bool engine_online(const struct engine *e)
{
	return e->first_pass_done && e->readings > 0;
}

static int offline(const struct engine *e)
{
	return rack_count(&e->rack, MODULE_LOST) + e->answering - e->readings;
}

/* What was told before stays, but for limits that are switched off: those end (withdraw_limits). */
static void keep_known(const struct engine *e, struct figures *figures, const struct figures *before)
{
	payload_keep(figures, before);
	if (!e->settings.limits.publish)
		figures->cvl_mv = figures->ccl_ma = figures->dcl_ma = figures->max_cell_mv = opt_none();
}

bool engine_bank_figures(const struct engine *e, struct figures *figures)
{
	const struct figures before = e->last_figures; /* which may be those to be written */

	if (e->lost)
		bank_lost_figures(&before, &e->settings, &e->shown, &e->alarms.bank_set,
		                  offline(e), figures);
	else if (e->readings > 0)
		bank_figures(&e->rack, &e->settings, e->reading, e->readings, offline(e), &e->limits,
		             &e->shown, &e->alarms, figures);
	else
		return false;
	history_show(&e->history, &figures->history);
	keep_known(e, figures, &before);
	return true;
}

bool engine_module_figures(const struct engine *e, int address, struct figures *figures)
{
	for (int i = 0; i < e->answering; i++) {
		if (e->reading[i].address != address)
			continue;
		bank_module_figures(&e->rack, &e->settings, &e->reading[i],
		                    &e->module_shown[address - 1],
		                    &e->alarms.module_set[address - 1], figures);
		keep_known(e, figures, &e->module_figures[address - 1]);
		return true;
	}
	return false;
}

const struct limits_set *engine_limits(const struct engine *e, int number)
{
	if (!e->first_pass_done)
		return NULL;
	if (number == 0)
		return &e->shown;
	for (int i = 0; i < e->answering; i++)
		if (e->reading[i].address == number)
			return &e->module_shown[number - 1];
	return NULL;
}
