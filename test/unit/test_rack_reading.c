/* The rack: how old its values may grow, and what the rules see of them. */
#include "check.h"
#include "scene.h"

/* A rack of `modules` wanted modules that have said nothing yet. */
static void empty(struct scene *s, int modules)
{
	memset(s, 0, sizeof *s);
	settings_defaults(&s->settings);
	s->settings.battery.addresses = (UINT32_C(1) << modules) - 1;
	rack_init(&s->rack, &s->settings);
	s->rack.settling = false;
	s->modules = modules;
}

/* A module is as old as its older required reply; at max_age it is lost. */
static void test_ages(void **state)
{
	static const struct {
		int64_t pwr_ms, bat_ms, now_ms, age_ms;
		enum module_state state;
		uint32_t changed;
	} steps[] = {
		{ RACK_NEVER, RACK_NEVER, 0, -1, MODULE_AWAITED, 0 },
		{ 100, RACK_NEVER, 100, -1, MODULE_AWAITED, 0 },
		{ 100, 200, 200, 100, MODULE_ONLINE, 2 },
		{ 100, 9000, 15099, 14999, MODULE_ONLINE, 0 },
		{ 100, 9000, 15100, 15000, MODULE_LOST, 2 },
		{ 100, 9000, 15101, 15001, MODULE_LOST, 0 },
		{ 16000, 9000, 24000, 15000, MODULE_LOST, 0 },
		{ 16000, 9001, 24000, 14999, MODULE_ONLINE, 2 },
		{ 16000, 24500, 30999, 14999, MODULE_ONLINE, 0 },
		{ 16000, 24500, 31000, 15000, MODULE_LOST, 2 },
	};
	struct scene s;
	struct module *m = &s.rack.module[1];

	(void)state;
	empty(&s, 2);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		m->pwr_ms = steps[i].pwr_ms;
		m->bat_ms = steps[i].bat_ms;
		assert_row("age", i, rack_age_ms(m, steps[i].now_ms), steps[i].age_ms);
		assert_row("changed", i, rack_age(&s.rack, &s.settings, steps[i].now_ms),
		           steps[i].changed);
		assert_row("state", i, m->state, steps[i].state);
	}
	m->pwr_ms = m->bat_ms = 40000;
	m->wanted = false;
	assert_int_equal(rack_age(&s.rack, &s.settings, 40000), 0);
	assert_int_equal(m->state, MODULE_LOST);
}

/* Nobody says anything for max_age: however long a pass is, all are lost at once, and each comes back by new
 * replies. */
static void test_silent(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, 2);
	s.rack.last_good_pass_ms = 14500;
	s.rack.module[0].pwr_ms = 1000;
	s.rack.module[0].bat_ms = 2000;
	s.rack.module[1].pwr_ms = 11000;
	s.rack.module[1].bat_ms = 12000;
	assert_true(rack_deadline(&s.rack, &s.settings) == 27000);
	assert_false(rack_silent(&s.rack, &s.settings, 26999));
	assert_int_equal(rack_age(&s.rack, &s.settings, 26999), 0);
	assert_true(rack_silent(&s.rack, &s.settings, 27000));
	assert_int_equal(rack_age(&s.rack, &s.settings, 27000), 3);
	s.rack.module[1].pwr_ms = 28000;
	assert_int_equal(rack_age(&s.rack, &s.settings, 28000), 0); /* its cells are the old ones, though but 16 s old */
	s.rack.module[1].bat_ms = 29000;
	assert_int_equal(rack_age(&s.rack, &s.settings, 29000), 2);
	s.rack.settling = true;
	assert_false(rack_silent(&s.rack, &s.settings, 90000));
	assert_int_equal(rack_age(&s.rack, &s.settings, 90000), 0);
}

/* 2.5 x the last wholly good pass, where that is longer than max_age. */
static void test_patience(void **state)
{
	static const struct {
		int32_t pass_ms, max_age_ms;
		int64_t patience_ms;
	} rows[] = {
		{ 0, 15000, 15000 },    { 5999, 15000, 15000 }, { 6000, 15000, 15000 },
		{ 6001, 15000, 15002 }, { 8000, 15000, 20000 }, { 8000, 30000, 30000 },
	};
	struct scene s;

	(void)state;
	scene_init(&s, 2);
	s.rack.module[1].pwr_ms = 4000;
	s.rack.module[0].bat_ms = 1000;
	s.rack.module[0].pwr_ms = 2000;
	s.rack.module[1].bat_ms = 9000; /* the console is heard */
	for (int i = 0; i < COUNT_OF(rows); i++) {
		s.rack.last_good_pass_ms = rows[i].pass_ms;
		s.settings.protection.max_age_ms = rows[i].max_age_ms;
		assert_row("patience", i, rack_patience_ms(&s.rack, &s.settings), rows[i].patience_ms);
		s.rack.module[0].state = s.rack.module[1].state = MODULE_ONLINE;
		assert_row("deadline", i, rack_deadline(&s.rack, &s.settings),
		           1000 + rows[i].patience_ms);
		assert_row("at it", i, rack_age(&s.rack, &s.settings, 999 + rows[i].patience_ms), 0);
		assert_row("at it", i, rack_age(&s.rack, &s.settings, 1000 + rows[i].patience_ms), 1);
		assert_row("the next", i, rack_deadline(&s.rack, &s.settings), 4000 + rows[i].patience_ms < 9000 + rows[i].max_age_ms ? 4000 + rows[i].patience_ms
		                                                                : 9000 + rows[i].max_age_ms);
	}
}

/* Modules that are nearly as old as one that goes, go with it. */
static void test_together(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, 3);
	s.rack.module[1].pwr_ms = s.rack.module[1].bat_ms = 1000;
	s.rack.module[2].pwr_ms = s.rack.module[2].bat_ms = 1001;
	assert_int_equal(rack_age(&s.rack, &s.settings, 14999), 0);
	assert_int_equal(rack_age(&s.rack, &s.settings, 15000), 3);
	assert_int_equal(s.rack.module[2].state, MODULE_ONLINE);
}

/* Until the first pass has ended nothing is too old: a long stack on a slow line takes its time. */
static void test_settling(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, 1);
	s.rack.settling = true;
	assert_int_equal(rack_age(&s.rack, &s.settings, 100000), 0);
	s.rack.settling = false;
	assert_int_equal(rack_age(&s.rack, &s.settings, 100000), 1);
	rack_init(&s.rack, &s.settings);
	assert_true(s.rack.settling);
}

/* A whole pass without an answer: lost, and only those that are wanted and were never there. */
static void test_end_of_pass(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, 3);
	s.rack.module[1].state = MODULE_AWAITED;
	s.rack.module[2].state = MODULE_LOST;
	assert_int_equal(rack_end_of_pass(&s.rack), 2);
	assert_int_equal(s.rack.module[0].state, MODULE_ONLINE);
	assert_int_equal(s.rack.module[1].state, MODULE_LOST);
	assert_int_equal(s.rack.module[3].state, MODULE_AWAITED);
	assert_int_equal(rack_end_of_pass(&s.rack), 0);
	assert_int_equal(rack_count(&s.rack, MODULE_ONLINE), 1);
	assert_int_equal(rack_count(&s.rack, MODULE_LOST), 2);
	assert_int_equal(rack_count(&s.rack, MODULE_AWAITED), 0);
}

static void check_extreme(const char *legend, const struct rack_extreme *e, int32_t value, int cell)
{
	assert_row(legend, cell, e->value.known, true);
	assert_row(legend, cell, e->value.value, value);
	assert_row(legend, cell, e->cell, cell);
}

static void test_extremes(void **state)
{
	struct scene s;
	struct module *m = &s.rack.module[0];
	const struct rack_reading *r = &s.reading[0];

	(void)state;
	scene_init(&s, 1);
	m->pwr.soc_pct = opt_some(61);
	m->pwr.current_ma = opt_some(-7000);
	m->bat.cell[4].mv = m->bat.cell[5].mv = opt_some(3290); /* of equals the first */
	m->bat.cell[8].mv = m->bat.cell[11].mv = opt_some(3320);
	m->bat.cell[2].temp_mc = opt_some(19500);
	m->bat.cell[14].temp_mc = opt_some(20500);
	scene_read(&s, 0);
	assert_int_equal(r->address, 1);
	assert_int_equal(r->cells, 15);
	assert_int_equal(r->pack_mv, 49500);
	assert_int_equal(r->current_ma, -7000);
	assert_int_equal(r->soc_pct, 61);
	assert_ptr_equal(r->pwr, &m->pwr);
	check_extreme("lowest cell", &r->cell_low, 3290, 5);
	check_extreme("highest cell", &r->cell_high, 3320, 9);
	check_extreme("coldest", &r->temp_low, 19500, 3);
	check_extreme("hottest", &r->temp_high, 20500, 15);
	assert_int_equal(r->spread_mv.value, 30);
	assert_int_equal(r->failed_cells, 0);
	assert_false(r->max_charge_ma.known);
	m->pwr.temp_mc = opt_some(21000);
	scene_read(&s, 0);
	check_extreme("the pack is the hottest", &r->temp_high, 21000, 0);
	check_extreme("and not the coldest", &r->temp_low, 19500, 3);
	m->pwr.temp_mc = opt_some(19500);
	scene_read(&s, 0);
	check_extreme("as cold as the pack", &r->temp_low, 19500, 0);
}

/* Beyond 4.00 V and 0.5 V it is no cell's voltage: it counts as failed and takes part in nothing. */
static void test_failed_sense_lines(void **state)
{
	static const struct {
		int32_t mv;
		bool failed;
	} rows[] = { { 499, true }, { 500, false }, { 4000, false }, { 4001, true }, { 4095, true },
		     { 0, true } };
	struct scene s;
	const struct rack_reading *r = &s.reading[0];

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		scene_init(&s, 1);
		s.rack.module[0].bat.cell[3].mv = opt_some(rows[i].mv);
		scene_read(&s, 0);
		assert_row("failed", i, rack_sense_failed(&s.settings, rows[i].mv), rows[i].failed);
		assert_row("failed", i, r->failed_cells, rows[i].failed);
		assert_row("spread", i, r->spread_mv.value,
		           rows[i].failed ? 0 : rows[i].mv > 3300 ? rows[i].mv - 3300 : 3300 - rows[i].mv);
	}
	scene_init(&s, 1);
	scene_cells(&s, 0, 4095);
	s.rack.module[0].beyond.cell_high_mv = s.rack.module[0].beyond.cell_low_mv = opt_some(3350);
	scene_read(&s, 0);
	assert_int_equal(r->failed_cells, 15);
	assert_false(r->cell_low.value.known);
	assert_false(r->cell_high.value.known);
	assert_false(r->spread_mv.known);
	check_extreme("the table stands in", &r->worst_cell_high, 3350, 0);
	check_extreme("the table stands in", &r->worst_cell_low, 3350, 0);
}

/* The table shows this of module 1. */
static void take_row(struct scene *s, const struct reply_row *row, int64_t now_ms)
{
	struct reply_table table = { .rows = 1, .row = { *row } };

	table.row[0].address = 1;
	rack_take_table(&s->rack, &table, &s->settings, now_ms);
}

/* A row of the table makes the worst worse, never better. */
static void test_row_only_tightens(void **state)
{
	static const struct {
		const char *legend;
		int32_t low_mv, high_mv, cold_mc, hot_mc;
		int32_t worst_low_mv, worst_high_mv, worst_cold_mc, worst_hot_mc;
	} rows[] = {
		{ "better", 3290, 3310, 20500, 20900, 3280, 3320, 19000, 22000 },
		{ "equal", 3280, 3320, 19000, 22000, 3280, 3320, 19000, 22000 },
		{ "worse", 3279, 3321, 18999, 22001, 3279, 3321, 18999, 22001 },
		{ "failed sense lines", 499, 4001, 19000, 22000, 3280, 3320, 19000, 22000 },
	};
	struct scene s;
	struct module *m = &s.rack.module[0];
	const struct rack_reading *r = &s.reading[0];

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		scene_init(&s, 1);
		m->bat.cell[0].mv = opt_some(3280);
		m->bat.cell[1].mv = opt_some(3320);
		m->bat.cell[2].temp_mc = opt_some(19000);
		m->bat.cell[3].temp_mc = opt_some(22000);
		take_row(&s, &(struct reply_row){ .cell_low_mv = opt_some(rows[i].low_mv),
		                                  .cell_high_mv = opt_some(rows[i].high_mv),
		                                  .temp_low_mc = opt_some(rows[i].cold_mc),
		                                  .temp_high_mc = opt_some(rows[i].hot_mc) }, 0);
		scene_read(&s, 0);
		assert_row(rows[i].legend, i, r->worst_cell_low.value.value, rows[i].worst_low_mv);
		assert_row(rows[i].legend, i, r->worst_cell_high.value.value, rows[i].worst_high_mv);
		assert_row(rows[i].legend, i, r->worst_temp_low.value.value, rows[i].worst_cold_mc);
		assert_row(rows[i].legend, i, r->worst_temp_high.value.value, rows[i].worst_hot_mc);
		assert_row(rows[i].legend, i, r->worst_cell_low.cell, rows[i].low_mv == 3279 ? 0 : 1);
		check_extreme("its own stays", &r->cell_low, 3280, 1);
		check_extreme("its own stays", &r->temp_high, 22000, 4);
		assert_int_equal(r->spread_mv.value, 40);
	}
}

/* The temperature of the MOSFETs is the row's alone, and as old as the row. */
static void test_row_age(void **state)
{
	struct scene s;
	const struct rack_reading *r = &s.reading[0];

	(void)state;
	scene_init(&s, 1);
	scene_read(&s, 0);
	assert_false(r->mos_temp_mc.known);
	take_row(&s, &(struct reply_row){ .mos_temp_mc = opt_some(50000) }, 1000);
	scene_read(&s, 15999);
	assert_int_equal(r->mos_temp_mc.value, 50000);
	scene_read(&s, 16000);
	assert_false(r->mos_temp_mc.known);
}

/* What the table has shown of a module holds until the module speaks for itself: neither a later row nor one that
 * grows old takes it back. Of a module that is not online a row says only that it is there. */
static void test_row_holds_until_bat(void **state)
{
	static const struct reply_row worse = { .cell_low_mv = { 2900, true }, .cell_high_mv = { 3700, true },
		                                .temp_low_mc = { -3000, true }, .temp_high_mc = { 58000, true } };
	static const struct reply_row fine = { .cell_low_mv = { 3300, true }, .cell_high_mv = { 3300, true },
		                               .temp_low_mc = { 20000, true }, .temp_high_mc = { 20000, true } };
	struct scene s;
	struct module *m = &s.rack.module[0];
	const struct rack_reading *r = &s.reading[0];
	struct reply_getpwr fast = { .voltage_mv = opt_some(49500), .temp_mc = opt_some(20000) };
	struct reply_fault fault;

	(void)state;
	for (int quick = 0; quick <= 1; quick++) {
		scene_init(&s, 1);
		take_row(&s, &worse, 0);
		take_row(&s, &fine, 1000);
		scene_read(&s, 14000);
		check_extreme("held", &r->worst_cell_low, 2900, 0);
		check_extreme("held", &r->worst_cell_high, 3700, 0);
		check_extreme("held", &r->worst_temp_low, -3000, 0);
		check_extreme("held", &r->worst_temp_high, 58000, 0);
		scene_read(&s, 100000);
		check_extreme("older than any row may be", &r->worst_cell_high, 3700, 0);
		fast.bat = m->bat;
		assert_true(quick ? rack_take_getpwr(&s.rack, 1, &fast, &s.settings, 15000, &fault)
		                  : rack_take_bat(&s.rack, 1, &fast.bat, &s.settings, 15000, &fault));
		scene_read(&s, 15000);
		assert_int_equal(r->worst_cell_low.value.value, 3300);
		assert_int_equal(r->worst_cell_high.value.value, 3300);
		assert_int_equal(r->worst_temp_low.value.value, 20000);
		assert_int_equal(r->worst_temp_high.value.value, 20000);
	}
	m->state = MODULE_AWAITED;
	take_row(&s, &worse, 16000);
	m->state = MODULE_LOST;
	take_row(&s, &worse, 16000);
	m->state = MODULE_ONLINE;
	scene_read(&s, 16000);
	assert_int_equal(r->worst_cell_high.value.value, 3300);
}

/* A state word of a row that nobody knows warns like one of the module's own replies, from the second time on. */
static void test_unknown_word_of_a_row(void **state)
{
	struct scene s;
	struct reply_row row = { .base = WORD_IDLE };

	(void)state;
	scene_init(&s, 1);
	strcpy(row.unknown_word, "Odd");
	take_row(&s, &row, 0);
	scene_read(&s, 0);
	assert_false(s.reading[0].unknown_word);
	take_row(&s, &row, 1000);
	scene_read(&s, 1000);
	assert_true(s.reading[0].unknown_word);
	scene_read(&s, 16000); /* as old as that */
	assert_false(s.reading[0].unknown_word);
	take_row(&s, &row, 17000);
	row.unknown_word[0] = '\0';
	take_row(&s, &row, 18000);
	scene_read(&s, 18000);
	assert_false(s.reading[0].unknown_word);
}

static void test_reading_words_and_maxima(void **state)
{
	struct scene s;
	const struct rack_reading *r = &s.reading[0];

	(void)state;
	scene_init(&s, 1);
	scene_read(&s, 0);
	assert_false(r->unknown_word);
	strcpy(s.rack.module[0].pwr.unknown_word, "Heating");
	scene_read(&s, 0);
	assert_true(r->unknown_word);
	s.rack.module[0].pwr.unknown_word[0] = '\0';
	strcpy(s.rack.module[0].bat.unknown_word, "Heating");
	scene_read(&s, 0);
	assert_true(r->unknown_word);
	s.rack.module[0].info_ms = 0;
	s.rack.module[0].info.max_charge_ma = opt_some(25000);
	s.rack.module[0].info.max_discharge_ma = opt_some(26000);
	scene_read(&s, 0);
	assert_int_equal(r->max_charge_ma.value, 25000);
	assert_int_equal(r->max_discharge_ma.value, 26000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_settling),
		cmocka_unit_test(test_end_of_pass),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_failed_sense_lines),
		cmocka_unit_test(test_row_only_tightens),
		cmocka_unit_test(test_row_age),
		cmocka_unit_test(test_row_holds_until_bat),
		cmocka_unit_test(test_unknown_word_of_a_row),
		cmocka_unit_test(test_reading_words_and_maxima),
	};

	return cmocka_run_group_tests_name("rack, reading", tests, NULL, NULL);
}
