#include "shell/watch/watch_model.h"

#define SPREAD_STEP_MV 20

bool watch_model_present(const struct watch_model *model, int address)
{
	return address >= 1 && address <= RACK_MODULES_MAX &&
	       (model->link.member[address - 1].listed || model->module[address - 1].known);
}

bool watch_model_silent(const struct watch_model *model, int address)
{
	const struct watch_member *m = &model->link.member[address - 1];
	const struct watch_document *d = &model->module[address - 1];

	return m->listed ? !m->online : model->heard_ms - d->heard_ms > WATCH_STALE_MS;
}

int watch_model_chosen(const struct watch_model *model)
{
	int32_t most = -1;
	int chosen = 0;

	if (watch_model_present(model, model->chosen))
		return model->chosen;
	for (int address = 1; address <= RACK_MODULES_MAX; address++) {
		const struct figures *figures = &model->module[address - 1].figures;
		int32_t spread = watch_model_silent(model, address) ? 0 : opt_or(figures->diff_mv, 0) / SPREAD_STEP_MV;

		if (!watch_model_present(model, address) || spread <= most)
			continue;
		most = spread;
		chosen = address;
	}
	return chosen;
}

void watch_model_choose(struct watch_model *model, int address)
{
	if (watch_model_present(model, address))
		model->chosen = address;
}

void watch_model_move(struct watch_model *model, int step)
{
	int address = watch_model_chosen(model) + step;

	while (address >= 1 && address <= RACK_MODULES_MAX && !watch_model_present(model, address))
		address += step;
	watch_model_choose(model, address);
}

bool watch_model_complete(const struct watch_model *model)
{
	if (model->status != WATCH_ONLINE || !model->bank.known || !model->link.known)
		return false;
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		if (model->link.member[i].online && !model->module[i].known)
			return false;
	return true;
}

int watch_model_worst(const struct figures *f)
{
	struct opt level = opt_none();

	for (enum alarm a = 0; a < ALARMS; a++)
		level = opt_max(level, f->alarm[a]);
	return opt_or(level, -1);
}

bool watch_model_has_alarm(const struct watch_model *model, int address, enum alarm a)
{
	const struct watch_document *d = &model->module[address - 1];

	return d->known && !watch_model_silent(model, address) && opt_or(d->figures.alarm[a], 0) > 0;
}
