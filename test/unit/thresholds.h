/* thresholds: what each threshold of the configuration stands for. A probe brings a module to a value and tells
 * whether the threshold's effect is in force; the table of them and what is asked of it: test_thresholds.c. */
#ifndef TEST_THRESHOLDS_H
#define TEST_THRESHOLDS_H

#include "bench.h"
#include "scene.h"

#include "core/output/bank.h"
#include "core/rack/confirm.h"

struct world {
	struct scene s;
	struct limits limits;
	struct alarms alarms;
	int64_t now_ms;
	int64_t since_full_s;
};

/* Puts a value in and tells whether what the threshold stands for is in force now. */
typedef bool probe(struct world *w, int32_t value);

static inline void renew(struct world *w)
{
	struct settings settings = w->s.settings;

	scene_init(&w->s, 1);
	w->s.settings = settings;
	limits_init(&w->limits);
	alarms_init(&w->alarms);
	w->now_ms = 0;
}

static inline void step_to(struct world *w, int64_t now_ms)
{
	struct scene *s = &w->s;

	w->now_ms = now_ms;
	scene_read(s, now_ms);
	bank_subject(&s->rack, &s->settings, s->reading, s->modules, &s->bank);
	s->bank.since_full_s = w->since_full_s;
	limits_step(&w->limits, &s->settings, s->reading, s->modules, &s->bank, now_ms);
	alarms_step(&w->alarms, &s->settings, s->reading, s->modules, 0, s->modules, now_ms);
}

static inline struct module *with(struct world *w)
{
	return &w->s.rack.module[0];
}

static inline int32_t cvl(struct world *w)
{
	step_to(w, w->now_ms + 1000);
	return w->limits.bank_set.limit[LIMIT_CVL];
}

static inline int32_t ccl(struct world *w)
{
	step_to(w, w->now_ms + 1000);
	return w->limits.bank_set.limit[LIMIT_CCL];
}

static inline int32_t dcl(struct world *w)
{
	step_to(w, w->now_ms + 1000);
	return w->limits.bank_set.limit[LIMIT_DCL];
}

#define FREE_CCL 40000 /* of one module */
#define FREE_DCL 50000
#define CELLS 15

/* ---- Limits ---- */

static inline bool floating(struct world *w, int32_t soc_pct)
{
	with(w)->pwr.soc_pct = opt_some(soc_pct);
	return cvl(w) < 52500;
}

/* A bank that floats, so long after its last full charge. */
static inline bool full_charge_due(struct world *w, int32_t since_s)
{
	renew(w);
	with(w)->pwr.soc_pct = opt_some(99);
	w->since_full_s = since_s;
	(void)cvl(w);
	w->since_full_s = 0;
	return w->limits.bank_set.limit[LIMIT_CVL] == 52500;
}

/* Whether a full charge ends when the pack is at this voltage for so long. */
static inline bool full_charge_ends(struct world *w, int32_t pack_mv, int64_t after_ms)
{
	int32_t day_s = 24 * 3600;

	(void)full_charge_due(w, w->s.settings.protection.full_charge_days * day_s);
	with(w)->pwr.voltage_mv = opt_some(pack_mv);
	step_to(w, 2000);
	assert_false(w->limits.memory.bank.full_charged);
	step_to(w, 2000 + after_ms);
	return w->limits.memory.bank.full_charged;
}

static inline bool full_charge_high(struct world *w, int32_t pack_mv)
{
	return full_charge_ends(w, pack_mv, w->s.settings.protection.full_charge_hours * INT64_C(3600000));
}

static inline bool full_charge_lasted(struct world *w, int32_t ms)
{
	return full_charge_ends(w, 52500, ms);
}

static inline bool headroom(struct world *w, int32_t cell_mv)
{
	with(w)->bat.cell[6].mv = opt_some(cell_mv);
	return cvl(w) < 52500;
}

/* Whether CVL steps down in the time after charge was blocked. */
static inline bool steps_down(struct world *w, int32_t current_ma, int64_t after_ms)
{
	renew(w);
	with(w)->bat.cell[2].temp_mc = opt_some(-5000);
	with(w)->pwr.current_ma = opt_some(current_ma);
	step_to(w, 0);
	step_to(w, after_ms);
	return w->limits.bank_set.limit[LIMIT_CVL] < 49500;
}

static inline bool still_flows(struct world *w, int32_t current_ma)
{
	return steps_down(w, current_ma, w->s.settings.protection.blocked_step_ms);
}

static inline bool blocked_step(struct world *w, int32_t ms)
{
	return steps_down(w, 5000, ms);
}

static inline bool charge_soc(struct world *w, int32_t soc_pct)
{
	with(w)->pwr.soc_pct = opt_some(soc_pct);
	return ccl(w) < FREE_CCL;
}

static inline bool charge_temp(struct world *w, int32_t temp_mc)
{
	with(w)->bat.cell[2].temp_mc = opt_some(temp_mc);
	return ccl(w) < FREE_CCL;
}

static inline bool charge_temp_block(struct world *w, int32_t temp_mc)
{
	(void)charge_temp(w, temp_mc);
	return w->limits.bank_set.charge_blocked;
}

static inline bool charge_cell_block(struct world *w, int32_t cell_mv)
{
	with(w)->bat.cell[6].mv = opt_some(cell_mv);
	(void)ccl(w);
	return w->limits.bank_set.charge_blocked;
}

static inline bool deep_cell(struct world *w, int32_t cell_mv)
{
	with(w)->bat.cell[13].mv = opt_some(cell_mv);
	return ccl(w) < FREE_CCL;
}

static inline bool deep_cell_block(struct world *w, int32_t cell_mv)
{
	(void)deep_cell(w, cell_mv);
	return w->limits.bank_set.charge_blocked;
}

static inline bool discharge_soc(struct world *w, int32_t soc_pct)
{
	with(w)->pwr.soc_pct = opt_some(soc_pct);
	return dcl(w) < FREE_DCL;
}

static inline bool discharge_soc_block(struct world *w, int32_t soc_pct)
{
	(void)discharge_soc(w, soc_pct);
	return w->limits.bank_set.discharge_blocked;
}

static inline bool discharge_cell_block(struct world *w, int32_t cell_mv)
{
	with(w)->bat.cell[13].mv = opt_some(cell_mv);
	(void)dcl(w);
	return w->limits.bank_set.discharge_blocked;
}

static inline bool pack_low(struct world *w, int32_t pack_mv)
{
	with(w)->pwr.voltage_mv = opt_some(pack_mv);
	return dcl(w) < FREE_DCL;
}

static inline bool pack_cut(struct world *w, int32_t pack_mv)
{
	(void)pack_low(w, pack_mv);
	step_to(w, w->now_ms + w->s.settings.protection.pack_cut_ms);
	return w->limits.bank_set.discharge_blocked;
}

static inline bool pack_cut_lasts(struct world *w, int32_t ms)
{
	renew(w);
	with(w)->pwr.voltage_mv = opt_some(44000);
	step_to(w, 0);
	step_to(w, ms);
	return w->limits.bank_set.discharge_blocked;
}

static inline bool discharge_temp(struct world *w, int32_t temp_mc)
{
	with(w)->bat.cell[2].temp_mc = opt_some(temp_mc);
	return dcl(w) < FREE_DCL;
}

static inline bool discharge_temp_block(struct world *w, int32_t temp_mc)
{
	(void)discharge_temp(w, temp_mc);
	return w->limits.bank_set.discharge_blocked;
}

static inline bool over_current_ends(struct world *w, int32_t ms)
{
	renew(w);
	with(w)->pwr.power_events.bits = 0x80000;
	step_to(w, 0);
	with(w)->pwr.power_events.bits = 0;
	step_to(w, ms);
	return w->limits.bank_set.limit[LIMIT_DCL] == FREE_DCL;
}

static inline bool hold_ends(struct world *w, int32_t ms)
{
	int32_t low[LIMIT_KINDS] = { 51000, 0, 0 }, high[LIMIT_KINDS] = { 52500, 40000, 50000 };
	struct dynamics d = { 0 };

	w->s.settings.protection.recovery_ma_s = 0; /* no ramp */
	dynamics_step(&d, &w->s.settings, high, 1, 0);
	dynamics_step(&d, &w->s.settings, low, 1, 0);
	dynamics_step(&d, &w->s.settings, high, 1, ms);
	return d.published[LIMIT_CCL] > 0;
}

/* ---- Sensors, ages and losses ---- */

static inline bool sensor_failed(struct world *w, int32_t cell_mv)
{
	with(w)->bat.cell[3].mv = opt_some(cell_mv);
	step_to(w, w->now_ms + 1000);
	return w->s.reading[0].failed_cells > 0 && w->limits.bank_set.charge_blocked;
}

/* `apart_mv`: the pack's voltage less the sum of the cells. */
static inline bool pack_apart(struct world *w, int32_t apart_mv)
{
	struct reply_fault fault;
	struct reply_pwr pwr;

	renew(w);
	pwr = with(w)->pwr;
	pwr.voltage_mv.value += apart_mv;
	return !rack_take_pwr(&w->s.rack, 1, &pwr, &w->s.settings, 1000, &fault);
}

static inline bool too_old(struct world *w, int32_t ms)
{
	renew(w);
	(void)rack_age(&w->s.rack, &w->s.settings, ms);
	return with(w)->state == MODULE_LOST;
}

#define LONG_PASS_MS 10000

static inline bool too_old_after_long_passes(struct world *w, int32_t ms)
{
	renew(w);
	w->s.rack.last_good_pass_ms = LONG_PASS_MS;
	w->s.rack.module[15].pwr_ms = ms; /* somebody is heard: not the whole console is silent */
	(void)rack_age(&w->s.rack, &w->s.settings, ms);
	return with(w)->state == MODULE_LOST;
}

static inline bool hangs(struct world *w, int32_t passes, int32_t current_ma, int64_t for_ms)
{
	struct module *m = with(w);

	renew(w);
	m->pwr.current_ma = opt_some(current_ma);
	for (int i = 0; i <= passes; i++) {
		rack_note_bytes(m, false, "pwr", i);
		rack_note_bytes(m, true, "bat", i);
	}
	m->pwr_ms = m->bat_ms = for_ms;
	(void)rack_age(&w->s.rack, &w->s.settings, for_ms);
	return m->state == MODULE_LOST;
}

static inline bool hangs_long(struct world *w, int32_t ms)
{
	return hangs(w, 50, 20000, ms);
}

static inline bool hangs_for_passes(struct world *w, int32_t passes)
{
	return hangs(w, passes, 20000, 200000);
}

static inline bool hangs_under_load(struct world *w, int32_t current_ma)
{
	return hangs(w, 50, current_ma, 200000);
}

/* Whether a module that reports a fault has failed. */
static inline bool gone(struct world *w, int32_t current_ma, int64_t after_ms)
{
	struct module *m = with(w);

	renew(w);
	m->pwr.base = WORD_SYSERROR;
	m->pwr.current_ma = opt_some(current_ma);
	(void)rack_age(&w->s.rack, &w->s.settings, 0);
	m->pwr_ms = m->bat_ms = after_ms;
	(void)rack_age(&w->s.rack, &w->s.settings, after_ms);
	return m->failed;
}

static inline bool gone_without_current(struct world *w, int32_t current_ma)
{
	return gone(w, current_ma, 200000);
}

static inline bool gone_for_long(struct world *w, int32_t ms)
{
	return gone(w, 0, ms);
}

/* Whether what a lost module said last no longer counts. */
static inline bool held_no_longer(struct world *w, int32_t ms)
{
	struct settings settings = w->s.settings;
	struct scene *s = &w->s;

	renew(w);
	scene_init(s, 2);
	s->settings.protection = settings.protection;
	s->rack.module[1].bat.cell[2].temp_mc = opt_some(3000);
	step_to(w, 0);
	assert_true(w->limits.bank_set.limit[LIMIT_CCL] < 2 * FREE_CCL);
	s->rack.module[1].state = MODULE_LOST;
	s->modules = 1;
	step_to(w, 1000);
	step_to(w, 1000 + (int64_t)ms);
	s->modules = 2;
	return w->limits.bank_set.limit[LIMIT_CCL] == FREE_CCL;
}

static inline bool lost_at(struct world *w, int32_t soc_pct, int32_t cell_mv)
{
	int32_t published[LIMIT_KINDS] = { 52500, FREE_CCL, FREE_DCL };

	renew(w);
	with(w)->pwr.soc_pct = opt_some(soc_pct);
	step_to(w, 0);
	w->s.bank.cell_low_mv = opt_some(cell_mv);
	limits_step_lost(&w->limits, &w->s.settings, &w->s.bank, published, 1000);
	return w->limits.bank_set.discharge_blocked;
}

static inline bool lost_empty(struct world *w, int32_t soc_pct)
{
	return lost_at(w, soc_pct, 3300);
}

static inline bool lost_low(struct world *w, int32_t cell_mv)
{
	return lost_at(w, 50, cell_mv);
}

/* ---- Confirmation ---- */

static inline bool jumped(struct world *w, int32_t cell_mv, int32_t soc_pct, int32_t temp_mc)
{
	struct rack_reading now;

	step_to(w, 0);
	now = w->s.reading[0];
	now.cell_high.value.value += cell_mv;
	now.soc_pct += soc_pct;
	now.temp_high.value.value += temp_mc;
	return rack_jumped(&w->s.reading[0], &now, &w->s.settings.protection);
}

static inline bool cell_jumped(struct world *w, int32_t mv)
{
	return jumped(w, mv, 0, 0);
}

static inline bool soc_jumped(struct world *w, int32_t pct)
{
	return jumped(w, 0, pct, 0);
}

static inline bool temp_jumped(struct world *w, int32_t mc)
{
	return jumped(w, 0, 0, mc);
}

static inline bool confirmed_too_late(struct world *w, int32_t ms)
{
	struct confirm c = { 0 };

	step_to(w, 0);
	(void)confirm_take(&c, &w->s.settings.protection, NULL, &w->s.reading[0], 0, 0);
	return !confirm_take(&c, &w->s.settings.protection, NULL, &w->s.reading[0], ms, ms);
}

/* ---- Polls, on the bench ---- */

static struct bench bench;

static inline void silent_bench(struct world *w)
{
	bench_settings(&bench, 1);
	bench.settings.protection = w->s.settings.protection;
	bench_start(&bench);
	bench_run(&bench, 10000);
	bench.dead = true;
	while (bench.engine.failed_polls == 0)
		assert_true(bench_next(&bench, bench.now_ms + 60000));
}

static inline bool gives_up(struct world *w, int32_t polls)
{
	silent_bench(w);
	while (bench.exit_status == ENGINE_EXIT_NONE && bench.engine.failed_polls < polls)
		assert_true(bench_next(&bench, bench.now_ms + 60000));
	return bench.exit_status != ENGINE_EXIT_NONE;
}

static inline bool polls_again(struct world *w, int32_t ms)
{
	int64_t began_ms;

	silent_bench(w);
	began_ms = bench.engine.pass_ms;
	bench_run(&bench, began_ms + ms - bench.now_ms);
	return bench.engine.pass_ms > began_ms;
}

static inline bool tries_again_without_port(struct world *w, int32_t ms)
{
	int64_t began_ms;

	bench_settings(&bench, 1);
	bench.settings.protection = w->s.settings.protection;
	bench.no_port = true;
	bench_start(&bench);
	bench_run(&bench, 300000);
	began_ms = bench.engine.pass_ms;
	while (bench.engine.pass_ms == began_ms)
		assert_true(bench_next(&bench, bench.now_ms + 600000));
	began_ms = bench.engine.pass_ms;
	bench_run(&bench, began_ms + ms - bench.now_ms);
	return bench.engine.pass_ms > began_ms;
}

static inline bool impatient(struct world *w, int32_t ms)
{
	bench_settings(&bench, 3);
	bench.settings.protection = w->s.settings.protection;
	bench.module[1].there = false;
	bench_start(&bench);
	bench_run(&bench, 20000);
	assert_int_equal(bench.engine.rack.module[1].state, MODULE_LOST);
	bench_run_until_sent(&bench, "pwr2");
	bench_run(&bench, ms);
	return bench.engine.session.state != SESSION_AWAITING;
}

/* ---- Alarms ---- */

static inline uint8_t alarm_of(struct world *w, enum alarm alarm)
{
	step_to(w, w->now_ms + 1000);
	return w->alarms.bank_set.level[alarm];
}

static inline bool alarm_cell_low(struct world *w, int32_t cell_mv)
{
	with(w)->bat.cell[13].mv = opt_some(cell_mv);
	return alarm_of(w, ALARM_LOW_CELL_VOLTAGE) >= 1;
}

static inline bool alarm_cell_high(struct world *w, int32_t cell_mv)
{
	with(w)->bat.cell[6].mv = opt_some(cell_mv);
	return alarm_of(w, ALARM_HIGH_CELL_VOLTAGE) >= 1;
}

/* A warning by the spread of a battery at rest in the middle. */
static inline bool alarm_spread(struct world *w, int32_t spread_mv)
{
	with(w)->bat.cell[13].mv = opt_some(3300 - spread_mv);
	return alarm_of(w, ALARM_CELL_IMBALANCE) >= 1;
}

static inline bool alarm_spread_high(struct world *w, int32_t spread_mv)
{
	(void)alarm_spread(w, spread_mv);
	return w->alarms.bank_set.level[ALARM_CELL_IMBALANCE] >= 2;
}

/* Whether a spread must last: the highest cell is at the top. */
static inline bool alarm_spread_waits(struct world *w, int32_t high_mv)
{
	renew(w);
	with(w)->bat.cell[6].mv = opt_some(high_mv);
	return alarm_of(w, ALARM_CELL_IMBALANCE) == 0;
}

static inline bool alarm_spread_lasted(struct world *w, int32_t ms)
{
	renew(w);
	with(w)->bat.cell[6].mv = opt_some(3500);
	step_to(w, 0);
	step_to(w, ms);
	return w->alarms.bank_set.level[ALARM_CELL_IMBALANCE] >= 1;
}

static inline bool alarm_mos(struct world *w, int32_t temp_mc)
{
	with(w)->row.mos_temp_mc = opt_some(temp_mc);
	with(w)->row_ms = w->now_ms;
	return alarm_of(w, ALARM_HIGH_INTERNAL_TEMPERATURE) >= 1;
}

static inline bool alarm_mos_high(struct world *w, int32_t temp_mc)
{
	(void)alarm_mos(w, temp_mc);
	return w->alarms.bank_set.level[ALARM_HIGH_INTERNAL_TEMPERATURE] >= 2;
}

static inline bool alarm_hot(struct world *w, int32_t temp_mc)
{
	with(w)->pwr.temp_mc = opt_some(temp_mc);
	return alarm_of(w, ALARM_HIGH_TEMPERATURE) >= 1;
}

static inline bool alarm_hot_high(struct world *w, int32_t temp_mc)
{
	(void)alarm_hot(w, temp_mc);
	return w->alarms.bank_set.level[ALARM_HIGH_TEMPERATURE] >= 2;
}

static inline bool alarm_cold(struct world *w, int32_t temp_mc)
{
	with(w)->pwr.temp_mc = opt_some(temp_mc);
	return alarm_of(w, ALARM_LOW_TEMPERATURE) >= 1;
}

static inline bool alarm_cold_high(struct world *w, int32_t temp_mc)
{
	(void)alarm_cold(w, temp_mc);
	return w->alarms.bank_set.level[ALARM_LOW_TEMPERATURE] >= 2;
}

static inline bool alarm_soc(struct world *w, int32_t soc_pct)
{
	with(w)->pwr.soc_pct = opt_some(soc_pct);
	return alarm_of(w, ALARM_LOW_SOC) >= 1;
}

/* ---- Balancing ---- */

static inline bool balancing(struct world *w, int32_t high_mv, int32_t spread_mv)
{
	struct figures figures;

	renew(w);
	scene_cells(&w->s, 0, high_mv - spread_mv);
	with(w)->bat.cell[6].mv = opt_some(high_mv);
	step_to(w, 0);
	bank_module_figures(&w->s.rack, &w->s.settings, &w->s.reading[0], &w->limits.module_set[0],
	                    &w->alarms.module_set[0], &figures);
	return figures.balancing.value;
}

static inline bool balancing_by_spread(struct world *w, int32_t spread_mv)
{
	return balancing(w, 3500, spread_mv);
}

static inline bool balancing_by_cell(struct world *w, int32_t cell_mv)
{
	return balancing(w, cell_mv, 200);
}

#endif
