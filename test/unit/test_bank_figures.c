/* What the documents say beside the sums: balances, limits, reasons, counts, names. */
#include "stand.h"

static void test_balances_of_the_column(void **state)
{
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 2);
	for (int i = 0; i < 2; i++)
		for (int c = 0; c < 15; c++)
			m[i].bat.cell[c].balancing = opt_some(0);
	stand_work(&t, 0, 0);
	for (int c = 0; c < 15; c++)
		assert_opt(t.bank.balance[c], 0);
	assert_opt(t.bank.balancing, 0);
	m[0].bat.cell[3].balancing = opt_some(1);
	m[1].bat.cell[14].balancing = opt_some(1);
	m[1].bat.cell[0].mv = opt_some(3600); /* the column knows better */
	stand_work(&t, 0, 0);
	for (int c = 0; c < 15; c++) {
		assert_opt(t.bank.balance[c], c == 3 || c == 14);
		assert_opt(t.alone.balance[c], c == 3);
	}
	assert_opt(t.bank.balancing, 1);
	assert_opt(t.alone.balancing, 1);
}

/* Without a column: the highest cell, while the spread is above 50 mV and it is above 3.40 V. */
static void test_derived_balances(void **state)
{
	static const struct {
		const char *legend;
		int32_t high_mv, others_mv;
		bool balancing;
	} rows[] = {
		{ "spread and height", 3401, 3350, true },
		{ "spread is not above 50 mV", 3401, 3351, false },
		{ "not above 3.40 V", 3400, 3300, false },
		{ "far above", 3600, 3400, true },
		{ "failed sense lines", 4095, 4095, false },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct stand t;

		stand_init(&t, 2);
		scene_cells(&t.scene, 1, rows[i].others_mv);
		t.scene.rack.module[1].bat.cell[6].mv = opt_some(rows[i].high_mv);
		stand_work(&t, 0, 1);
		for (int c = 0; c < 15; c++) {
			assert_row(rows[i].legend, c, t.bank.balance[c].known, true);
			assert_row(rows[i].legend, c, t.bank.balance[c].value, c == 6 && rows[i].balancing);
			assert_row(rows[i].legend, c, t.alone.balance[c].value, c == 6 && rows[i].balancing);
		}
		assert_row(rows[i].legend, i, t.bank.balancing.value, rows[i].balancing);
	}
}

static void test_limits(void **state)
{
	struct stand t;

	(void)state;
	stand_init(&t, 3);
	t.scene.rack.module[1].bat.cell[4].temp_mc = opt_some(3000);
	stand_work(&t, 0, 1);
	for (int i = 0; i < 2; i++) {
		const struct figures *f = i ? &t.alone : &t.bank;
		const struct limits_set *set = i ? &t.limits.module_set[1] : &t.limits.bank_set;
		struct bank_reasons reasons;

		assert_opt(f->cvl_mv, set->limit[LIMIT_CVL]);
		assert_opt(f->ccl_ma, set->limit[LIMIT_CCL]);
		assert_opt(f->dcl_ma, set->limit[LIMIT_DCL]);
		assert_opt(f->max_cell_mv, set->limit[LIMIT_CVL] / 15);
		assert_opt(f->allow_charge, 1);
		assert_opt(f->allow_discharge, 1);
		assert_string_equal(f->mode, "Bulk");
		bank_reasons(set, &reasons);
		assert_string_equal(reasons.charge_voltage, "Bulk");
		assert_string_equal(reasons.charge_current, "Cold: 3.0 C, module 2 cell 5");
		assert_string_equal(reasons.discharge_current, "Configured maximum");
	}
	assert_opt(t.bank.max_cell_mv, 3500);
}

static void test_no_reasons(void **state)
{
	struct bank_reasons reasons;

	(void)state;
	memset(&reasons, 'x', sizeof reasons);
	bank_reasons(NULL, &reasons);
	assert_string_equal(reasons.charge_voltage, "");
	assert_string_equal(reasons.charge_current, "");
	assert_string_equal(reasons.discharge_current, "");
}

/* What the stack recommends is no stage, although it stands in the same table. */
static void test_recommended_voltage(void **state)
{
	struct bank_reasons reasons;
	struct stand t;

	(void)state;
	stand_init(&t, 1);
	t.scene.rack.pwrsys_ms = 0;
	t.scene.rack.pwrsys.charge_mv = opt_some(51000);
	stand_work(&t, 0, 0);
	bank_reasons(&t.limits.bank_set, &reasons);
	assert_string_equal(reasons.charge_voltage, "Bulk (BMS recommendation: 51.000 V)");
}

/* ChargeMode is the stage alone; the reason names the rule that lowers the voltage, too, when it is neither stage nor
 * block. */
static void test_modes(void **state)
{
	static const struct {
		const char *legend;
		int32_t soc_pct, cell_mv, temp_mc;
		const char *mode, *reason;
	} rows[] = {
		{ "bulk", 50, 3300, 20000, "Bulk", "Bulk" },
		{ "float", 95, 3300, 20000, "Float", "Float" },
		{ "blocked", 50, 3300, -5000, "Blocked", "Blocked" },
		{ "blocked, full", 96, 3300, -5000, "Blocked", "Blocked" },
		{ "headroom", 50, 3480, 20000, "Bulk", "Bulk (Cell headroom: 3.480 V, module 1 cell 7)" },
		{ "headroom, full", 96, 3510, 20000, "Float", "Float (Cell headroom: 3.510 V, module 1 cell 7)" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct stand t;
		struct module *m = t.scene.rack.module;
		struct bank_reasons reasons;

		stand_init(&t, 1);
		m->pwr.soc_pct = opt_some(rows[i].soc_pct);
		m->pwr.temp_mc = opt_some(rows[i].temp_mc);
		m->bat.cell[6].mv = opt_some(rows[i].cell_mv);
		stand_work(&t, 0, 0);
		if (strcmp(t.bank.mode, rows[i].mode) != 0)
			fail_msg("%s: %s", rows[i].legend, t.bank.mode);
		bank_reasons(&t.limits.bank_set, &reasons);
		if (strcmp(reasons.charge_voltage, rows[i].reason) != 0)
			fail_msg("%s: %s", rows[i].legend, reasons.charge_voltage);
	}
}

/* publish = no: there is no CVL, nor the cells' share of it, no CCL, no DCL; everything else is kept. */
static void test_publish_no(void **state)
{
	struct stand t;

	(void)state;
	stand_init(&t, 2);
	t.scene.settings.limits.publish = false;
	stand_work(&t, 0, 0);
	for (int i = 0; i < 2; i++) {
		const struct figures *f = i ? &t.alone : &t.bank;

		assert_false(f->cvl_mv.known);
		assert_false(f->ccl_ma.known);
		assert_false(f->dcl_ma.known);
		assert_false(f->max_cell_mv.known);
		assert_opt(f->allow_charge, 1);
		assert_opt(f->low_mv, 46000);
		assert_opt(f->voltage_mv, 49500);
		assert_string_equal(f->mode, "Bulk");
	}
}

static void test_counts(void **state)
{
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 4);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.online, 4);
	assert_opt(t.bank.offline, 0);
	assert_opt(t.bank.blocking_charge, 0);
	assert_opt(t.bank.blocking_discharge, 0);
	assert_string_equal(t.bank.connection, "4 of 4 modules");
	m[0].bat.cell[2].temp_mc = opt_some(-15000); /* blocks both */
	m[3].bat.cell[2].temp_mc = opt_some(-1);     /* blocks charge */
	stand_work(&t, 2, 3);
	assert_opt(t.bank.online, 4);
	assert_opt(t.bank.offline, 2);
	assert_opt(t.bank.blocking_charge, 2);
	assert_opt(t.bank.blocking_discharge, 1);
	assert_opt(t.bank.allow_charge, 0);
	assert_opt(t.bank.allow_discharge, 0);
	assert_string_equal(t.bank.connection, "4 of 6 modules");
	assert_opt(t.bank.alarm[ALARM_BMS_CABLE], 1);
	assert_opt(t.alone.online, 1);
	assert_opt(t.alone.offline, 0);
	assert_opt(t.alone.blocking_charge, 1);
	assert_opt(t.alone.blocking_discharge, 0);
	assert_opt(t.alone.allow_charge, 0);
	assert_opt(t.alone.allow_discharge, 1);
}

static void test_names(void **state)
{
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 1);
	stand_work(&t, 0, 0);
	assert_string_equal(t.bank.connection, "1 of 1 module");
	assert_string_equal(t.alone.connection, "Module 1");
	m->info_ms = 0;
	stand_work(&t, 1, 0);
	assert_string_equal(t.bank.connection, "1 of 2 modules");
	assert_string_equal(t.alone.connection, "Module 1");
	strcpy(m->info.name, "US2000");
	stand_work(&t, 0, 0);
	assert_string_equal(t.alone.connection, "Module 1 US2000");
	memset(m->info.name, 'x', sizeof m->info.name - 1);
	stand_work(&t, 0, 0);
	assert_int_equal(strlen(t.alone.connection), strlen("Module 1 ") + sizeof m->info.name - 1);
}

/* The stack's own wish for the end of discharge goes before the default. */
static void test_battery_low_voltage(void **state)
{
	struct stand t;

	(void)state;
	stand_init(&t, 1);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.low_mv, 46000);
	t.scene.rack.pwrsys_ms = 0;
	stand_work(&t, 0, 0);
	assert_opt(t.bank.low_mv, 46000);
	t.scene.rack.pwrsys.discharge_mv = opt_some(47000);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.low_mv, 47000);
	assert_opt(t.alone.low_mv, 47000);
	stand_init(&t, 1);
	t.scene.rack.module[0].bat.cells = 16;
	scene_cells(&t.scene, 0, 3300);
	t.scene.rack.module[0].bat.cell[15].temp_mc = opt_some(20000);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.low_mv, 49100);
	assert_opt(t.bank.max_cell_mv, 3500);
}

static void test_alarms(void **state)
{
	struct stand t;

	(void)state;
	stand_init(&t, 2);
	t.scene.rack.module[1].pwr.soc_pct = opt_some(4);
	t.scene.rack.module[0].pwr.power_events.bits = 0x2;
	stand_work(&t, 0, 1);
	for (enum alarm a = 0; a < ALARMS; a++) {
		assert_row(alarms_key(a), a, t.bank.alarm[a].known, true);
		assert_row(alarms_key(a), a, t.bank.alarm[a].value,
		           a == ALARM_LOW_SOC ? 2 : a == ALARM_HIGH_VOLTAGE);
		assert_row(alarms_key(a), a, t.alone.alarm[a].value, a == ALARM_LOW_SOC ? 2 : 0);
	}
}

/* A reason names the bits that count. */
static void test_reason_of_events(void **state)
{
	struct stand t;
	struct reply_pwr *pwr = &t.scene.rack.module[0].pwr;
	struct bank_reasons reasons;

	(void)state;
	stand_init(&t, 1);
	pwr->bat_events.bits = 0x140002;
	stand_work(&t, 0, 0);
	bank_reasons(&t.limits.bank_set, &reasons);
	assert_string_equal(reasons.charge_current,
	                    "BMS event: charge over-current 2, charge over-current, module 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_balances_of_the_column),
		cmocka_unit_test(test_derived_balances),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_no_reasons),
		cmocka_unit_test(test_recommended_voltage),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_publish_no),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_battery_low_voltage),
		cmocka_unit_test(test_alarms),
		cmocka_unit_test(test_reason_of_events),
	};

	return cmocka_run_group_tests_name("bank, figures", tests, NULL, NULL);
}
