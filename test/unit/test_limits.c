/* The rules of protection.md at every threshold: one unit below, on it, one above, back through the
 * release. */
#include "check.h"
#include "scene.h"

enum input { SOC, PACK, CELL_HIGH, CELL_LOW, TEMP, PACK_TEMP, CURRENT };

static void put(struct scene *s, enum input input, int32_t value)
{
	struct module *m = &s->rack.module[0];

	switch (input) {
	case SOC:
		m->pwr.soc_pct = opt_some(value);
		break;
	case PACK:
		m->pwr.voltage_mv = opt_some(value);
		break;
	case CELL_HIGH:
		m->bat.cell[6].mv = opt_some(value);
		break;
	case CELL_LOW:
		m->bat.cell[13].mv = opt_some(value);
		break;
	case TEMP:
		m->bat.cell[2].temp_mc = opt_some(value);
		break;
	case PACK_TEMP:
		m->pwr.temp_mc = opt_some(value);
		break;
	case CURRENT:
		m->pwr.current_ma = opt_some(value);
		break;
	}
}

struct point {
	int32_t value, limit;
	bool blocked;
};

#define BASE_CHARGE 40000 /* 80 % of 50 A */
#define BASE_DISCHARGE 50000

static const struct walk {
	const char *legend;
	enum input input;
	enum limits_kind kind;
	struct point point[10];
	int points;
} walks[] = {
	{ "stage", SOC, LIMIT_CVL,
	  { { 94, 52500, 0 }, { 95, 51000, 0 }, { 96, 51000, 0 }, { 92, 51000, 0 }, { 91, 52500, 0 },
	    { 94, 52500, 0 } }, 6 },
	{ "high SoC", SOC, LIMIT_CCL,
	  { { 90, BASE_CHARGE, 0 }, { 91, 7000, 0 }, { 89, 7000, 0 }, { 88, BASE_CHARGE, 0 },
	    { 90, BASE_CHARGE, 0 } }, 5 },
	{ "cold, blocked", TEMP, LIMIT_CCL,
	  { { 1, 10000, 0 }, { 0, 10000, 0 }, { -1, 0, 1 }, { 1999, 0, 1 }, { 2000, 10000, 0 },
	    { 6999, 10000, 0 }, { 7000, BASE_CHARGE, 0 } }, 7 },
	{ "cold, limited", PACK_TEMP, LIMIT_CCL,
	  { { 5001, BASE_CHARGE, 0 }, { 5000, BASE_CHARGE, 0 }, { 4999, 10000, 0 }, { 6999, 10000, 0 },
	    { 7000, BASE_CHARGE, 0 } }, 5 },
	{ "hot, limited", TEMP, LIMIT_CCL,
	  { { 44999, BASE_CHARGE, 0 }, { 45000, BASE_CHARGE, 0 }, { 45001, 10000, 0 },
	    { 43001, 10000, 0 }, { 43000, BASE_CHARGE, 0 } }, 5 },
	{ "hot, blocked", PACK_TEMP, LIMIT_CCL,
	  { { 55000, 10000, 0 }, { 55001, 0, 1 }, { 53001, 0, 1 }, { 53000, 10000, 0 },
	    { 43000, BASE_CHARGE, 0 } }, 5 },
	{ "cell over-voltage and taper", CELL_HIGH, LIMIT_CCL,
	  { { 3650, 0, 0 }, { 3651, 0, 1 }, { 3500, 0, 1 }, { 3499, BASE_CHARGE, 0 },
	    { 3550, 20000, 0 }, { 3580, 8000, 0 }, { 3620, 2000, 0 }, { 3525, 30000, 0 },
	    { 3501, 39600, 0 }, { 3500, BASE_CHARGE, 0 } }, 10 },
	{ "charge taper between points", CELL_HIGH, LIMIT_CCL,
	  { { 3565, 14000, 0 }, { 3600, 5000, 0 }, { 3635, 1000, 0 }, { 3649, 66, 0 } }, 4 },
	{ "deep cell", CELL_LOW, LIMIT_CCL,
	  { { 2801, BASE_CHARGE, 0 }, { 2800, BASE_CHARGE, 0 }, { 2799, 5000, 0 }, { 2999, 5000, 0 },
	    { 3000, BASE_CHARGE, 0 } }, 5 },
	{ "deep cell, blocked", CELL_LOW, LIMIT_CCL,
	  { { 2000, 5000, 0 }, { 1999, 0, 1 }, { 2299, 0, 1 }, { 2300, 5000, 0 },
	    { 3000, BASE_CHARGE, 0 } }, 5 },
	{ "low SoC", SOC, LIMIT_DCL,
	  { { 10, BASE_DISCHARGE, 0 }, { 9, 10000, 0 }, { 11, 10000, 0 }, { 12, BASE_DISCHARGE, 0 },
	    { 5, 10000, 0 }, { 4, 0, 1 }, { 7, 0, 1 }, { 8, 10000, 0 }, { 12, BASE_DISCHARGE, 0 } },
	  9 },
	{ "cell under-voltage and taper", CELL_LOW, LIMIT_DCL,
	  { { 3000, BASE_DISCHARGE, 0 }, { 2900, 25000, 0 }, { 2800, 10000, 0 }, { 2600, 2500, 0 },
	    { 2500, 0, 0 }, { 2499, 0, 1 }, { 3150, 0, 1 }, { 3151, BASE_DISCHARGE, 0 },
	    { 2999, 49750, 0 }, { 2700, 6250, 0 } }, 10 },
	{ "pack low", PACK, LIMIT_DCL,
	  { { 46001, BASE_DISCHARGE, 0 }, { 46000, BASE_DISCHARGE, 0 }, { 45999, 10000, 0 },
	    { 48000, 10000, 0 }, { 48001, BASE_DISCHARGE, 0 } }, 5 },
	{ "discharge, cold", TEMP, LIMIT_DCL,
	  { { -9999, BASE_DISCHARGE, 0 }, { -10000, BASE_DISCHARGE, 0 }, { -10001, 0, 1 },
	    { -8001, 0, 1 }, { -8000, BASE_DISCHARGE, 0 } }, 5 },
	{ "discharge, hot", TEMP, LIMIT_DCL,
	  { { 49999, BASE_DISCHARGE, 0 }, { 50000, 25000, 0 }, { 48001, 25000, 0 },
	    { 48000, BASE_DISCHARGE, 0 }, { 55000, 25000, 0 }, { 55001, 0, 1 }, { 53001, 0, 1 },
	    { 53000, 25000, 0 }, { 48000, BASE_DISCHARGE, 0 } }, 9 },
	{ "cell headroom", CELL_HIGH, LIMIT_CVL,
	  { { 3400, 52500, 0 }, { 3450, 50550, 0 }, { 3520, 49500, 0 }, { 3600, 48300, 0 },
	    { 3649, 47565, 0 }, { 3400, 52500, 0 } }, 6 },
};

static void test_walks(void **state)
{
	(void)state;
	for (int w = 0; w < COUNT_OF(walks); w++) {
		struct scene s;
		struct limits limits;

		scene_init(&s, 1);
		limits_init(&limits);
		for (int i = 0; i < walks[w].points; i++) {
			const struct point *p = &walks[w].point[i];
			const struct limits_set *set = &limits.bank_set;

			put(&s, walks[w].input, p->value);
			scene_step(&s, &limits, i * 1000);
			assert_row(walks[w].legend, i, set->limit[walks[w].kind], p->limit);
			assert_row(walks[w].legend, i,
			           walks[w].kind == LIMIT_DCL ? set->discharge_blocked : set->charge_blocked,
			           p->blocked);
			assert_row(walks[w].legend, i, limits.module_set[0].limit[walks[w].kind],
			           p->limit);
		}
	}
}

/* Beyond the last point the last share holds, where a taper ends before the block. */
static void test_taper_ends_early(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 1);
	limits_init(&limits);
	s.settings.protection.charge_taper =
		(struct settings_taper){ { 3400, 3450, 3500, 3550, 3600 }, { 100, 80, 60, 40, 10 } };
	put(&s, CELL_HIGH, 3600);
	scene_step(&s, &limits, 0);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 4000);
	put(&s, CELL_HIGH, 3650);
	scene_step(&s, &limits, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 4000);
	assert_false(limits.bank_set.charge_blocked);
	put(&s, CELL_HIGH, 3300);
	scene_step(&s, &limits, 2000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], BASE_CHARGE);
}

/* Headroom never goes below the floor, even where a cell is far above its target. */
static void test_headroom_floor(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 1);
	limits_init(&limits);
	scene_cells(&s, 0, 3150);
	put(&s, CELL_HIGH, 3640);
	scene_step(&s, &limits, 0);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 47000);
}

/* 45.0 V must last 10 s, one short dip does not count; released above 48.0 V. */
static void test_pack_cut(void **state)
{
	static const struct {
		int64_t now_ms;
		int32_t mv, dcl;
		bool blocked;
	} steps[] = {
		{ 0, 44999, 10000, 0 },     { 9000, 44999, 10000, 0 },  { 9500, 45000, 10000, 0 },
		{ 10000, 44999, 10000, 0 }, { 19999, 44999, 10000, 0 }, { 20000, 44999, 0, 1 },
		{ 21000, 48000, 0, 1 },     { 22000, 48001, 50000, 0 },
	};
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 1);
	limits_init(&limits);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		put(&s, PACK, steps[i].mv);
		scene_step(&s, &limits, steps[i].now_ms);
		assert_row("pack cut", i, limits.bank_set.limit[LIMIT_DCL], steps[i].dcl);
		assert_row("pack cut", i, limits.bank_set.discharge_blocked, steps[i].blocked);
	}
}

/* A dip that was read once, in a pass longer than 10 s, may have been a pump: only a second reading says that it lasted. */
static void test_pack_cut_takes_two_readings(void **state)
{
	static const struct {
		int64_t now_ms, pwr_ms;
		int32_t mv;
		bool blocked;
	} steps[] = {
		{ 0, 0, 44900, 0 },          { 14000, 0, 44900, 0 }, { 14500, 14500, 49500, 0 },
		{ 29000, 29000, 44900, 0 },  { 42999, 29000, 44900, 0 },
		{ 43000, 38999, 44900, 0 },  { 43500, 39000, 44900, 1 },
	};
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 1);
	limits_init(&limits);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		put(&s, PACK, steps[i].mv);
		scene_read(&s, steps[i].now_ms);
		s.reading[0].pwr_ms = steps[i].pwr_ms;
		scene_judge(&s, &limits, steps[i].now_ms);
		assert_row("pack cut", i, limits.bank_set.discharge_blocked, steps[i].blocked);
	}
}

/* While charge is blocked and more than 1 A still flows, CVL steps down by 0.1 V every 10 s. */
static void test_blocked_voltage(void **state)
{
	static const struct {
		int64_t now_ms;
		int32_t pack_mv, current_ma, cvl;
	} steps[] = {
		{ 0, 50000, 5000, 50000 },      { 9999, 50000, 5000, 50000 },
		{ 10000, 50000, 5000, 49900 },  { 20000, 50000, 1000, 49900 },
		{ 29999, 50000, 1001, 49900 },  { 30000, 50000, 1001, 49800 },
	};
	struct scene s;
	struct limits limits;
	int64_t now = 30000;

	(void)state;
	scene_init(&s, 1);
	limits_init(&limits);
	put(&s, TEMP, -5000);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		put(&s, PACK, steps[i].pack_mv);
		put(&s, CURRENT, steps[i].current_ma);
		scene_step(&s, &limits, steps[i].now_ms);
		assert_row("blocked voltage", i, limits.bank_set.limit[LIMIT_CVL], steps[i].cvl);
		assert_string_equal(limits.bank_set.mode, "Blocked");
	}
	for (int i = 0; i < 40; i++)
		scene_step(&s, &limits, now += 10000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 47000);
	put(&s, TEMP, 20000);
	scene_step(&s, &limits, now += 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 52500);
	put(&s, TEMP, -5000);
	put(&s, PACK, 52000);
	scene_step(&s, &limits, now += 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 51000);
}

static void test_sensor_blocks_charge(void **state)
{
	static const struct {
		int32_t mv;
		bool blocked;
	} rows[] = { { 4001, 1 }, { 4095, 1 }, { 499, 1 }, { 0, 1 }, { 500, 1 }, { 4000, 1 }, { 3400, 0 } };

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		struct limits limits;

		scene_init(&s, 1);
		limits_init(&limits);
		s.rack.module[0].bat.cell[3].mv = opt_some(rows[i].mv);
		scene_step(&s, &limits, 0);
		assert_row("sensor", i, limits.bank_set.charge_blocked, rows[i].blocked);
		assert_row("sensor", i, s.reading[0].failed_cells, rows[i].mv < 500 || rows[i].mv > 4000);
	}
}

/* The maxima of `info` and the wishes of `pwrsys` are upper bounds. */
static void test_upper_bounds(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 2);
	limits_init(&limits);
	s.rack.module[0].info_ms = 0;
	s.rack.module[0].info.max_charge_ma = opt_some(25000);
	s.rack.module[0].info.max_discharge_ma = opt_some(30000);
	scene_step(&s, &limits, 0);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 2 * 20000);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 2 * 30000);
	assert_int_equal(limits.module_set[1].limit[LIMIT_CCL], 40000);

	s.rack.pwrsys_ms = 0;
	s.rack.pwrsys.charge_mv = opt_some(52000);
	s.rack.pwrsys.charge_ma = opt_some(15000);
	s.rack.pwrsys.discharge_ma = opt_some(12000);
	scene_step(&s, &limits, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 52000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 2 * 15000);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 2 * 12000);
	assert_int_equal(limits.module_set[1].limit[LIMIT_DCL], 12000);

	s.rack.pwrsys.system_charge_ma = opt_some(9001);
	s.rack.pwrsys.system_discharge_ma = opt_some(8000);
	scene_step(&s, &limits, 2000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 9000);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 8000);
	assert_int_equal(limits.module_set[1].limit[LIMIT_CCL], 15000);
}

/* The minimum over modules times their number; a module's own topic carries it alone. */
static void test_bank_minimum(void **state)
{
	struct scene s;
	struct limits limits;
	char reason[64];
	struct text t = text_in(reason, sizeof reason);

	(void)state;
	scene_init(&s, 5);
	limits_init(&limits);
	s.rack.module[1].bat.cell[4].temp_mc = opt_some(3000);
	scene_step(&s, &limits, 0);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 5 * 10000);
	assert_int_equal(limits.module_set[0].limit[LIMIT_CCL], 40000);
	assert_int_equal(limits.module_set[1].limit[LIMIT_CCL], 10000);
	assert_false(limits.bank_set.charge_blocked);
	limits_describe(&limits.bank_set.reason[LIMIT_CCL], &t);
	assert_string_equal(reason, "Cold: 3.0 C, module 2 cell 5");

	s.rack.module[3].bat.cell[0].mv = opt_some(3700);
	scene_step(&s, &limits, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 0);
	assert_true(limits.bank_set.charge_blocked);
	assert_int_equal(limits.module_set[0].limit[LIMIT_CCL], 40000);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 5 * 50000);
	t = text_in(reason, sizeof reason);
	limits_describe(&limits.bank_set.reason[LIMIT_CCL], &t);
	assert_string_equal(reason, "Cell over-voltage: 3.700 V, module 4 cell 1");
}

/* A module that carries more than its own limit lowers the bank's in proportion. */
static void test_sharing(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 4);
	limits_init(&limits);
	s.rack.module[2].pwr.current_ma = opt_some(50000);
	scene_step(&s, &limits, 0);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 160000 * 40 / 50);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 200000);
	assert_string_equal(limits.bank_set.reason[LIMIT_CCL].rule, "Uneven sharing");
	assert_int_equal(limits.bank_set.reason[LIMIT_CCL].address, 3);
	s.rack.module[2].pwr.current_ma = opt_some(-80000);
	s.rack.module[3].pwr.current_ma = opt_some(-100000);
	scene_step(&s, &limits, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 160000);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 100000);
}

/* SoC rules look at the bank's SoC, or at the worst module's. */
static void test_soc_rules(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 2);
	limits_init(&limits);
	s.rack.module[0].pwr.soc_pct = opt_some(95);
	s.rack.module[1].pwr.soc_pct = opt_some(50);
	scene_step(&s, &limits, 0);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 80000);
	assert_int_equal(limits.module_set[0].limit[LIMIT_CCL], 7000);
	s.settings.limits.worst_soc = true;
	scene_step(&s, &limits, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 14000);
	assert_string_equal(limits.bank_set.mode, "Float");
	s.rack.module[1].pwr.soc_pct = opt_some(4);
	scene_step(&s, &limits, 2000);
	assert_true(limits.bank_set.discharge_blocked);
	s.settings.limits.worst_soc = false;
	limits_init(&limits);
	scene_step(&s, &limits, 3000);
	assert_false(limits.bank_set.discharge_blocked);
	assert_true(limits.module_set[1].discharge_blocked);
}

static void test_blocked_discharge_current(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 3);
	limits_init(&limits);
	s.settings.limits.discharge_blocked_current_ma = 100;
	s.rack.module[1].bat.cell[0].mv = opt_some(2400);
	scene_step(&s, &limits, 0);
	assert_true(limits.bank_set.discharge_blocked);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 100);
	assert_int_equal(limits.module_set[1].limit[LIMIT_DCL], 100);
	assert_int_equal(limits.module_set[0].limit[LIMIT_DCL], 50000);
}

/* Nothing that the console says goes beyond what the owner configured. */
static void test_final_clamp(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 2);
	limits_init(&limits);
	s.settings.battery.max_charge_voltage_mv = 51500;
	s.settings.battery.max_charge_current_ma = 20000;
	s.settings.battery.max_discharge_current_ma = 10000;
	s.settings.limits.discharge_blocked_current_ma = 500000;
	scene_step(&s, &limits, 0);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 51500);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 2 * 16000);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 2 * 10000);
	s.rack.module[1].bat.cell[0].mv = opt_some(2400);
	scene_step(&s, &limits, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 2 * 10000);
	assert_int_equal(limits.module_set[1].limit[LIMIT_DCL], 10000);
}

/* A pack voltage is rounded to 0.1 V, half of it up. */
static void test_pack_voltage(void **state)
{
	static const struct {
		int32_t cell_mv, cells, pack_mv;
	} rows[] = {
		{ 3133, 15, 47000 }, { 3067, 15, 46000 }, { 3500, 15, 52500 }, { 3133, 16, 50100 },
		{ 3349, 1, 3300 },   { 3350, 1, 3400 },   { 3300, 1, 3300 },   { 0, 15, 0 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++)
		assert_row("pack voltage", i, limits_pack_mv(rows[i].cell_mv, rows[i].cells), rows[i].pack_mv);
}

/* Whatever a rule says, nothing below zero leaves. */
static void test_never_below_zero(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 2);
	limits_init(&limits);
	s.rack.pwrsys_ms = 0;
	s.rack.pwrsys.charge_mv = opt_some(-1);
	s.rack.pwrsys.charge_ma = opt_some(-1);
	s.rack.pwrsys.discharge_ma = opt_some(-20000);
	scene_step(&s, &limits, 0);
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++) {
		assert_int_equal(limits.bank_set.limit[k], 0);
		assert_int_equal(limits.module_set[0].limit[k], 0);
	}
}

/* Of two rules that say the same the first in the table is named, but a block before what only limits. */
static void test_which_rule_is_named(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 1);
	limits_init(&limits);
	s.settings.protection.charge_cold_current_ma = 10000;
	s.settings.protection.deep_cell_current_ma = 10000;
	put(&s, TEMP, 3000);
	put(&s, CELL_LOW, 2700);
	scene_step(&s, &limits, 0);
	assert_string_equal(limits.bank_set.reason[LIMIT_CCL].rule, "Cold");
	s.settings.protection.charge_cold_current_ma = 0;
	scene_step(&s, &limits, 1000);
	assert_string_equal(limits.bank_set.reason[LIMIT_CCL].rule, "Cold");
	s.rack.module[0].pwr.base = WORD_SYSERROR;
	scene_step(&s, &limits, 2000);
	assert_string_equal(limits.bank_set.reason[LIMIT_CCL].rule, "BMS event");
	put(&s, TEMP, -1);
	scene_step(&s, &limits, 3000);
	assert_string_equal(limits.bank_set.reason[LIMIT_CCL].rule, "Cold");
}

/* 16 cells: every pack voltage grows with them. */
static void test_sixteen_cells(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 1);
	s.rack.module[0].bat.cells = 16;
	scene_cells(&s, 0, 3300);
	s.rack.module[0].bat.cell[15].temp_mc = opt_some(20000);
	limits_init(&limits);
	scene_step(&s, &limits, 0);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 56000);
	put(&s, SOC, 96);
	scene_step(&s, &limits, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 54400);
}

/* The table may only tighten: it trips, but it releases nothing and hides nothing. */
static void test_table_tightens(void **state)
{
	struct scene s;
	struct limits limits;
	struct module *m = &s.rack.module[0];

	(void)state;
	scene_init(&s, 1);
	limits_init(&limits);
	m->beyond = (struct rack_beyond){ opt_some(3300), opt_some(3700), opt_some(20000), opt_some(20000) };
	scene_step(&s, &limits, 0);
	assert_true(limits.bank_set.charge_blocked);
	m->beyond.cell_high_mv = opt_some(3200);
	m->bat.cell[0].mv = opt_some(3600);
	scene_step(&s, &limits, 1000);
	assert_true(limits.bank_set.charge_blocked);
	m->beyond.temp_low_mc = opt_some(-11000);
	m->bat.cell[0].mv = opt_some(3300);
	scene_step(&s, &limits, 2000);
	assert_true(limits.bank_set.discharge_blocked);
	m->beyond = (struct rack_beyond){ 0 };
	scene_step(&s, &limits, 3000);
	assert_false(limits.bank_set.discharge_blocked);
	assert_false(limits.bank_set.charge_blocked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_taper_ends_early),
		cmocka_unit_test(test_headroom_floor),
		cmocka_unit_test(test_pack_cut),
		cmocka_unit_test(test_pack_cut_takes_two_readings),
		cmocka_unit_test(test_blocked_voltage),
		cmocka_unit_test(test_sensor_blocks_charge),
		cmocka_unit_test(test_upper_bounds),
		cmocka_unit_test(test_bank_minimum),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_soc_rules),
		cmocka_unit_test(test_blocked_discharge_current),
		cmocka_unit_test(test_final_clamp),
		cmocka_unit_test(test_pack_voltage),
		cmocka_unit_test(test_never_below_zero),
		cmocka_unit_test(test_which_rule_is_named),
		cmocka_unit_test(test_sixteen_cells),
		cmocka_unit_test(test_table_tightens),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
