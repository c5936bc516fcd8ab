#include "core/engine_parts.h"

#include "core/digest.h"
#include "core/report.h"

#include <string.h>

/* Reads the modules online, those in good order first. */
static void read_modules(struct engine *e, int64_t now_ms)
{
	e->readings = e->answering = 0;
	for (int failed = 0; failed <= 1; failed++) {
		for (int i = 0; i < RACK_MODULES_MAX; i++) {
			const struct module *m = &e->rack.module[i];

			if (m->state == MODULE_ONLINE && m->failed == failed)
				rack_read(&e->rack, m, &e->settings, now_ms, &e->reading[e->answering++]);
		}
		if (!failed)
			e->readings = e->answering;
	}
}

/* A step of one topic's dynamics. `bit`: 0 the bank, N module N. */
static void follow_one(struct engine *e, int bit, struct dynamics *d, const struct limits_set *target, int modules,
                       int64_t now_ms)
{
	if (!(e->followed >> bit & 1))
		dynamics_resume(d, now_ms);
	dynamics_step(d, &e->settings, target->limit, modules, now_ms);
}

/* What is published follows the limits by the dynamics, for the bank and for each module. */
static void follow(struct engine *e, int modules, int64_t now_ms)
{
	uint32_t followed = 1;

	follow_one(e, 0, &e->dynamics, &e->limits.bank_set, modules, now_ms);
	dynamics_show(&e->dynamics, &e->limits.bank_set, &e->shown);
	for (int i = 0; i < e->answering; i++) {
		int m = e->reading[i].address - 1;

		follow_one(e, m + 1, &e->module_dynamics[m], &e->limits.module_set[m], 1, now_ms);
		dynamics_show(&e->module_dynamics[m], &e->limits.module_set[m], &e->module_shown[m]);
		followed |= UINT32_C(2) << m;
	}
	e->followed = followed;
}

/* Whether a module's document would say anything else than when this was asked last. */
static bool changed(struct engine *e, int address)
{
	uint32_t before = e->digest[address - 1];
	struct figures figures;

	memset(&figures, 0, sizeof figures); /* the bytes between the fields, too */
	(void)engine_module_figures(e, address, &figures);
	e->digest[address - 1] = digest_of(&figures, sizeof figures);
	return e->digest[address - 1] != before;
}

void engine_offer(struct engine *e, bool news)
{
	if (!e->withdrawn)
		publication_offer(&e->bank, &e->shown, news);
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		e->module[i].longest_ms = e->settings.mqtt.publish_unchanged_ms;
		if (e->rack.module[i].state == MODULE_ONLINE && !e->lost)
			publication_offer(&e->module[i], &e->module_shown[i], news && changed(e, i + 1));
		else
			publication_close(&e->module[i]);
	}
}

static void judge_bank(struct engine *e, int64_t now_ms)
{
	struct limits_subject *bank = &e->last_subject;
	int lost = rack_count(&e->rack, MODULE_LOST);

	bank_subject(&e->rack, &e->settings, e->reading, e->readings, bank);
	bank->full &= e->first_pass_done; /* before that it is the word of some of the modules */
	bank->since_full_s = e->history.value[HISTORY_SINCE_FULL];
	limits_step(&e->limits, &e->settings, e->reading, e->answering, bank, now_ms);
	alarms_step(&e->alarms, &e->settings, e->reading, e->answering, lost, lost + e->answering,
	            now_ms);
	if (!e->first_pass_done)
		return;
	follow(e, e->readings, now_ms);
	e->lost = false;
	engine_bank_figures(e, &e->last_figures);
	e->last_cell_low_mv = e->last_figures.cell_low_mv;
	history_step(&e->history, &e->last_figures, now_ms);
	if (e->limits.memory.bank.full_charged)
		history_full(&e->history);
}

/* Every module is lost or has failed: charge is blocked, discharge goes on with little, or not at all. */
static void judge_lost_bank(struct engine *e, int64_t now_ms)
{
	int lost = rack_count(&e->rack, MODULE_LOST);

	e->lost = e->recovering = true;
	history_pause(&e->history, now_ms);
	e->last_subject.modules = e->modules_together;
	limits_step_lost(&e->limits, &e->settings, &e->last_subject, e->last_cell_low_mv,
	                 e->dynamics.published, now_ms);
	if (e->answering > 0)
		alarms_step(&e->alarms, &e->settings, e->reading, e->answering, lost, lost + e->answering,
		            now_ms);
	else
		e->alarms.bank_set.level[ALARM_BMS_CABLE] = 2; /* the others stand as they were seen last */
	follow(e, e->modules_together, now_ms);
}

void engine_judge(struct engine *e, int64_t now_ms)
{
	e->evaluated_ms = now_ms;
	read_modules(e, now_ms);
	if (e->readings > 0)
		judge_bank(e, now_ms);
	else if (e->first_pass_done)
		judge_lost_bank(e, now_ms);
	if (!e->first_pass_done)
		return;
	report_limits(e->out, &e->told, &e->shown, now_ms);
	report_alarms(e->out, &e->told.alarms, &e->alarms.bank_set);
	report_lost(e->out, &e->told.lost, e->lost, &e->shown);
	engine_offer(e, false);
}
