/* Sums, means and extremes over the modules, and the figures of one alone. */
#include "stand.h"

static void test_sums(void **state)
{
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 3);
	for (int i = 0; i < 3; i++) {
		m[i].pwr.total_mah = opt_some(50000 + i);
		m[i].pwr.current_ma = opt_some(1000 * (i + 1));
		m[i].pwr.temp_mc = opt_some(20000 + 1000 * i);
		m[i].pwr.voltage_mv = opt_some(49500 + i);
	}
	m[2].pwr.temp_mc = opt_some(22001); /* mean 21000.3 */
	stand_work(&t, 0, 1);
	assert_opt(t.bank.voltage_mv, 49501);
	assert_opt(t.bank.current_ma, 6000);
	assert_opt(t.bank.power_mw, 297006);
	assert_opt(t.bank.temp_mc, 21000);
	assert_opt(t.bank.installed_mah, 150003);
	assert_opt(t.bank.sum_mv, 49500);
	assert_opt(t.alone.voltage_mv, 49501);
	assert_opt(t.alone.current_ma, 2000);
	assert_opt(t.alone.power_mw, 99002);
	assert_opt(t.alone.temp_mc, 21000);
	assert_opt(t.alone.installed_mah, 50001);
	m[0].pwr.temp_mc = m[1].pwr.temp_mc = m[2].pwr.temp_mc = opt_some(-1000);
	m[2].pwr.temp_mc = opt_some(-1002); /* mean -1000.67 */
	m[0].pwr.current_ma = opt_some(-9000);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.temp_mc, -1001);
	assert_opt(t.bank.current_ma, -4000);
	assert_opt(t.bank.power_mw, -198004);
}

/* SoC is weighted by what the modules hold; with one of them unknown all weigh the same. */
static void test_soc(void **state)
{
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 2);
	m[0].pwr.soc_pct = opt_some(91);
	m[1].pwr.soc_pct = opt_some(40);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.soc_milli, 65500);
	assert_opt(t.bank.soc_pct, 65);
	assert_opt(t.alone.soc_milli, 91000);
	m[0].pwr.total_mah = opt_some(100000);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.soc_milli, 65500);
	m[1].info_ms = 0;
	m[1].info.capacity_mah = opt_some(50000);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.soc_milli, 74000); /* (2 x 91 + 40) / 3 */
	m[1].pwr.total_mah = opt_some(0);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.soc_milli, 65500);
}

/* The rules get whole percents, rounded to the careful side. */
static void test_subject(void **state)
{
	struct stand t;
	struct scene *s = &t.scene;
	struct module *m = s->rack.module;

	(void)state;
	stand_init(&t, 3);
	for (int i = 0; i < 3; i++)
		m[i].pwr.current_ma = opt_some(-1000 * (i + 1));
	m[0].pwr.soc_pct = opt_some(91);
	m[1].pwr.soc_pct = opt_some(91);
	m[2].pwr.soc_pct = opt_some(90);
	m[1].pwr.voltage_mv = opt_some(49560);
	stand_work(&t, 0, 0);
	assert_int_equal(s->bank.charge_soc_pct, 91);
	assert_int_equal(s->bank.discharge_soc_pct, 90);
	assert_int_equal(s->bank.voltage_mv, 49520);
	assert_int_equal(s->bank.current_ma, -6000);
	assert_int_equal(s->bank.cells, 15);
	assert_int_equal(s->bank.modules, 3);
	assert_true(s->bank.bank);
	assert_null(s->bank.pwrsys);
	m[0].pwr.soc_pct = opt_some(97);
	m[2].pwr.soc_pct = opt_some(3);
	s->rack.pwrsys_ms = 0;
	stand_work(&t, 0, 0);
	assert_int_equal(s->bank.charge_soc_pct, 64); /* 63.67 */
	assert_int_equal(s->bank.discharge_soc_pct, 63);
	assert_ptr_equal(s->bank.pwrsys, &s->rack.pwrsys);
	s->settings.limits.worst_soc = true;
	stand_work(&t, 0, 0);
	assert_int_equal(s->bank.charge_soc_pct, 97);
	assert_int_equal(s->bank.discharge_soc_pct, 3);
	m[0].pwr.soc_pct = m[1].pwr.soc_pct = m[2].pwr.soc_pct = opt_some(70);
	stand_work(&t, 0, 0);
	assert_int_equal(s->bank.charge_soc_pct, 70);
	assert_int_equal(s->bank.discharge_soc_pct, 70);
}

/* Coulomb counters where every cell has one, the weakest counts; else SoC x installed. */
static void test_capacity(void **state)
{
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 2);
	m[0].pwr.soc_pct = opt_some(61);
	stand_work(&t, 0, 0);
	assert_false(t.alone.installed_mah.known);
	assert_false(t.alone.capacity_mah.known);
	assert_false(t.alone.consumed_mah.known);
	m[0].pwr.total_mah = opt_some(50000);
	stand_work(&t, 0, 0);
	assert_opt(t.alone.capacity_mah, 30500);
	assert_opt(t.alone.consumed_mah, 19500);
	assert_false(t.bank.installed_mah.known); /* of one module it is not known */
	assert_false(t.bank.capacity_mah.known);
	assert_false(t.bank.consumed_mah.known);
	for (int c = 0; c < 15; c++)
		m[0].bat.cell[c].mah = opt_some(31000 + c);
	m[0].bat.cell[9].mah = opt_some(29999);
	m[1].pwr.total_mah = opt_some(74000);
	stand_work(&t, 0, 0);
	assert_opt(t.alone.capacity_mah, 29999);
	assert_opt(t.alone.consumed_mah, 20001);
	assert_opt(t.bank.installed_mah, 124000);
	assert_opt(t.bank.capacity_mah, 29999 + 37000);
	assert_opt(t.bank.consumed_mah, 124000 - 29999 - 37000);
	m[0].bat.cell[14].mah = opt_none();
	stand_work(&t, 0, 0);
	assert_opt(t.alone.capacity_mah, 30500);
	m[0].bat.cell[14].mah = m[0].bat.cell[0].mah = opt_none();
	stand_work(&t, 0, 0);
	assert_opt(t.alone.capacity_mah, 30500);
	for (int c = 0; c < 15; c++)
		m[0].bat.cell[c].mah = opt_some(50500); /* more than it was sold for */
	stand_work(&t, 0, 0);
	assert_opt(t.alone.capacity_mah, 50500);
	assert_opt(t.alone.consumed_mah, 0);
}

/* Only the specification tells what is installed; the counter of `pwr` goes before it. */
static void test_installed(void **state)
{
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 1);
	m->info_ms = 0;
	m->info.capacity_mah = opt_some(74000);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.installed_mah, 74000);
	m->pwr.total_mah = opt_some(72500);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.installed_mah, 72500);
}

static void test_time_to_go(void **state)
{
	static const struct {
		int32_t current_ma;
		int32_t time_s;
	} rows[] = {
		{ 0, 864000 }, { 1, 864000 }, { 10000, 864000 }, { -10000, 9000 },
		{ -7000, 12857 }, { -105, 857142 }, { -104, 864000 }, { -1, 864000 },
	};
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 1);
	m->pwr.current_ma = opt_some(-10000);
	stand_work(&t, 0, 0);
	assert_false(t.bank.time_to_go_s.known); /* no capacity known */
	m->pwr.current_ma = opt_some(0);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.time_to_go_s, FIGURES_TIME_TO_GO_MAX_S);
	m->pwr.total_mah = opt_some(50000);
	for (int i = 0; i < COUNT_OF(rows); i++) {
		m->pwr.current_ma = opt_some(rows[i].current_ma);
		stand_work(&t, 0, 0);
		assert_row("time to go", i, t.bank.time_to_go_s.known, true);
		assert_row("time to go", i, t.bank.time_to_go_s.value, rows[i].time_s);
	}
}

/* A large bank that gives next to nothing would go on for longer than an integer holds: it must never turn
 * negative or small. */
static void test_time_to_go_of_a_large_bank(void **state)
{
	struct stand t;

	(void)state;
	stand_init(&t, 16);
	for (int i = 0; i < 16; i++)
		t.scene.rack.module[i].pwr.total_mah = opt_some(100000);
	t.scene.rack.module[3].pwr.current_ma = opt_some(-1);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.time_to_go_s, 864000);
}

static void test_counters(void **state)
{
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 3);
	stand_work(&t, 0, 0);
	assert_false(t.bank.cycles.known);
	assert_false(t.bank.soh_pct.known);
	m[0].stat.cycles = opt_some(100);
	m[1].stat = (struct reply_stat){ .cycles = opt_some(211), .soh_pct = opt_some(97) };
	m[2].stat = (struct reply_stat){ .cycles = opt_some(210), .soh_pct = opt_some(96) };
	m[1].stat_ms = m[2].stat_ms = 0;
	stand_work(&t, 0, 0);
	assert_opt(t.bank.cycles, 211);
	assert_opt(t.bank.soh_pct, 96);
	assert_false(t.alone.cycles.known);
	stand_work(&t, 0, 1);
	assert_opt(t.alone.cycles, 211);
	assert_opt(t.alone.soh_pct, 97);
}

static void test_cell_means(void **state)
{
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 3);
	m[0].bat.cell[0].mv = opt_some(3301);
	m[1].bat.cell[0].mv = opt_some(3302);
	m[2].bat.cell[0].mv = opt_some(3302);
	m[0].bat.cell[14].mv = opt_some(3310);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.cells, 15);
	assert_opt(t.bank.cell_mv[0], 3302); /* 3301.67 */
	assert_opt(t.bank.cell_mv[1], 3300);
	assert_opt(t.bank.cell_mv[14], 3303); /* 3303.33 */
	assert_opt(t.alone.cell_mv[0], 3301);
	assert_opt(t.alone.cell_mv[14], 3310);
	assert_opt(t.alone.sum_mv, 49511);
	assert_opt(t.bank.sum_mv, 49505); /* 49511, 49502, 49502 */
	assert_opt(t.alone.diff_mv, 10);
	m[1].bat.cells = 14; /* another kind of module in the stack: where it has no cell it has no part */
	m[1].bat.cell[14].mv = opt_some(3900);
	stand_work(&t, 0, 1);
	assert_opt(t.bank.cell_mv[14], 3305);
	assert_opt(t.alone.cells, 14);
}

/* A failed sense line takes no part in the mean; alone it is shown as printed, never as null. */
static void test_failed_sense_line(void **state)
{
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 2);
	m[0].bat.cell[4].mv = opt_some(4095);
	m[0].pwr.voltage_mv = opt_some(49400);
	m[1].bat.cell[4].mv = opt_some(3304);
	stand_work(&t, 0, 0);
	assert_opt(t.bank.cell_mv[4], 3304);
	assert_opt(t.alone.cell_mv[4], 4095);
	assert_opt(t.alone.sum_mv, 49400); /* the pack's own voltage stands in */
	assert_opt(t.bank.sum_mv, 49452);
	assert_opt(t.bank.cell_high_mv, 3304);
	assert_opt(t.alone.cell_high_mv, 3300);
	assert_opt(t.bank.diff_mv, 4);
	m[1].bat.cell[4].mv = opt_some(12);
	stand_work(&t, 0, 1);
	assert_true(t.bank.cell_mv[4].known);
	assert_opt(t.alone.cell_mv[4], 12);
	m[1].bat.cell[4].mv = opt_none();
	stand_work(&t, 0, 1);
	assert_true(t.bank.cell_mv[4].known);
	assert_true(t.alone.cell_mv[4].known);
	for (int c = 0; c < 15; c++)
		m[0].bat.cell[c].mv = m[1].bat.cell[c].mv = opt_some(0);
	stand_work(&t, 0, 0);
	assert_false(t.bank.cell_low_mv.known);
	assert_false(t.bank.diff_mv.known);
	assert_string_equal(t.bank.cell_low_id, "");
	for (int c = 0; c < 15; c++)
		assert_opt(t.bank.cell_mv[c], 0);
	assert_opt(t.bank.voltage_mv, 49450);
}

static void test_extremes_and_ids(void **state)
{
	struct stand t;
	struct module *m = t.scene.rack.module;

	(void)state;
	stand_init(&t, 3);
	m[1].bat.cell[13].mv = opt_some(3290);
	m[2].bat.cell[0].mv = opt_some(3290); /* no lower: the first stays */
	m[2].bat.cell[1].mv = opt_some(3310);
	m[0].pwr.temp_mc = opt_some(18000);
	m[2].bat.cell[14].temp_mc = opt_some(23000);
	for (int i = 0; i < 2; i++) {
		m[i].row_ms = 0;
		m[i].row.mos_temp_mc = opt_some(40000 + 1000 * i);
		m[i].beyond.cell_low_mv = opt_some(3100); /* the table is for protection, not for display */
	}
	stand_work(&t, 0, 0);
	assert_opt(t.bank.cell_low_mv, 3290);
	assert_string_equal(t.bank.cell_low_id, "M2C14");
	assert_opt(t.bank.cell_high_mv, 3310);
	assert_string_equal(t.bank.cell_high_id, "M3C2");
	assert_opt(t.bank.temp_low_mc, 18000);
	assert_string_equal(t.bank.temp_low_id, "M1");
	assert_opt(t.bank.temp_high_mc, 23000);
	assert_string_equal(t.bank.temp_high_id, "M3C15");
	assert_opt(t.bank.mos_temp_mc, 41000);
	assert_opt(t.bank.diff_mv, 20);
	assert_string_equal(t.alone.temp_low_id, "Pack");
	assert_string_equal(t.alone.temp_high_id, "C1");
	assert_opt(t.alone.mos_temp_mc, 40000);
	stand_work(&t, 0, 2);
	assert_string_equal(t.alone.cell_low_id, "C1");
	assert_string_equal(t.alone.cell_high_id, "C2");
	assert_false(t.alone.mos_temp_mc.known);
	stand_init(&t, 16);
	t.scene.rack.module[15].bat.cells = 24;
	scene_cells(&t.scene, 15, 3300);
	t.scene.rack.module[15].bat.cell[23].mv = opt_some(3200);
	stand_work(&t, 0, 15);
	assert_string_equal(t.bank.cell_low_id, "M16C24");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_soc),
		cmocka_unit_test(test_subject),
		cmocka_unit_test(test_capacity),
		cmocka_unit_test(test_installed),
		cmocka_unit_test(test_time_to_go),
		cmocka_unit_test(test_time_to_go_of_a_large_bank),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_cell_means),
		cmocka_unit_test(test_failed_sense_line),
		cmocka_unit_test(test_extremes_and_ids),
	};

	return cmocka_run_group_tests_name("bank", tests, NULL, NULL);
}
