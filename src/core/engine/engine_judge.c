#include "engine_parts.h"

#include "core/base/digest.h"
#include "core/protection/bank_subject.h"

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

/* Of some of the modules a bank is worked out like any other, but it releases nothing: no trip of the bank's, no
 * limit, no block. Which of them ends is for the whole to say. */
static void hold_back(struct engine *e, const struct limits_subject_memory *memory, const struct limits_set *before)
{
	struct limits_set *set = &e->limits.bank_set;

	e->limits.memory.bank = *memory;
	if (!e->lost && !e->recovering)
		return; /* before the first pass nothing is published, and nothing was */
	set->charge_blocked |= before->charge_blocked;
	set->discharge_blocked |= before->discharge_blocked;
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++) {
		if (set->limit[k] <= e->dynamics.published[k])
			continue;
		set->limit[k] = e->dynamics.published[k];
		set->reason[k] = before->reason[k];
	}
}

static void judge_bank(struct engine *e, int64_t now_ms)
{
	struct limits_subject *bank = &e->last_subject;
	struct limits_subject_memory memory = e->limits.memory.bank;
	struct limits_set before = e->limits.bank_set;
	int lost = rack_count(&e->rack, MODULE_LOST);

	bank_subject(&e->rack, &e->settings, e->reading, e->readings, bank);
	bank->full &= e->first_pass_done; /* before that it is the word of some of the modules */
	bank->since_full_s = e->history.value[HISTORY_SINCE_FULL];
	limits_step(&e->limits, &e->settings, e->reading, e->answering, bank, now_ms);
	if (e->partial)
		hold_back(e, &memory, &before);
	alarms_step(&e->alarms, &e->settings, e->reading, e->answering, lost, lost + e->answering,
	            now_ms);
	if (!e->first_pass_done)
		return;
	follow(e, e->readings, now_ms);
	e->lost = false;
	engine_bank_figures(e, &e->last_figures);
	history_step(&e->history, &e->last_figures, now_ms);
	if (e->limits.memory.bank.full_charged)
		history_full(&e->history);
}

/* Every module is lost or has failed: charge is blocked, discharge goes on with little, or not at all. */
static void judge_lost_bank(struct engine *e, int64_t now_ms)
{
	int lost = rack_count(&e->rack, MODULE_LOST);

	if (!e->recovering)
		e->dcl_before_ma = e->dynamics.published[LIMIT_DCL];
	e->lost = e->recovering = e->partial = true;
	history_pause(&e->history, now_ms);
	e->last_subject.modules = e->modules_together;
	limits_step_lost(&e->limits, &e->settings, &e->last_subject, e->dynamics.published, now_ms);
	if (e->answering > 0)
		alarms_step(&e->alarms, &e->settings, e->reading, e->answering, lost, lost + e->answering,
		            now_ms);
	else
		e->alarms.bank_set.level[ALARM_BMS_CABLE] = 2; /* the others stand as they were seen last */
	follow(e, e->modules_together, now_ms);
}

/* Another rule or another module: news. The value that goes with it and the cell that has it change all the time, they
 * come in the link's own time; bits are what happened. */
static bool same_reason(const struct limits_reason *a, const struct limits_reason *b)
{
	bool bits = a->verdict.unit == UNIT_BAT_BITS || a->verdict.unit == UNIT_FAULT_BITS;

	return a->rule == b->rule && a->address == b->address && a->recovering == b->recovering &&
	       a->verdict.unit == b->verdict.unit &&
	       (!bits || a->verdict.value == b->verdict.value);
}

static bool same_reasons(const struct limits_set *a, const struct limits_set *b)
{
	bool same = a->mode == b->mode;

	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++)
		same &= same_reason(&a->reason[k], &b->reason[k]);
	return same;
}

static void offer_reasons(struct engine *e)
{
	for (int n = 0; n <= RACK_MODULES_MAX; n++) {
		const struct limits_set *now = engine_limits(e, n);

		e->link_wanted |= now && !same_reasons(now, &e->linked[n]);
	}
}

void engine_link_told(struct engine *e)
{
	for (int n = 0; n <= RACK_MODULES_MAX; n++) {
		const struct limits_set *now = engine_limits(e, n);

		if (now)
			e->linked[n] = *now;
	}
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
	report_limits(&e->out->log, &e->told, &e->shown, now_ms);
	report_alarms(&e->out->log, &e->told, &e->alarms.bank_set);
	report_lost(&e->out->log, &e->told, e->lost, &e->shown);
	engine_offer(e, false);
	offer_reasons(e);
}
