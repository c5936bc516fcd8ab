/* The rack: which whole replies are believed. */
#include "check.h"
#include "scene.h"

#define FIELDS 0xffffu

/* A rack of `modules` wanted modules that have said nothing yet. */
static void empty(struct scene *s, int modules)
{
	memset(s, 0, sizeof *s);
	settings_defaults(&s->settings);
	s->settings.battery.addresses = (UINT32_C(1) << modules) - 1;
	rack_init(&s->rack, &s->settings);
	s->modules = modules;
}

static struct reply_pwr a_pwr(int32_t mv)
{
	struct reply_pwr pwr = {
		.voltage_mv = opt_some(mv), .current_ma = opt_some(-1500), .temp_mc = opt_some(21000),
		.soc_pct = opt_some(60), .base = WORD_DISCHARGE, .fields = FIELDS,
	};

	return pwr;
}

static struct reply_bat a_bat(int cells, int32_t cell_mv)
{
	struct reply_bat bat = { .cells = cells, .fields = FIELDS };

	for (int i = 0; i < cells; i++) {
		bat.cell[i].mv = opt_some(cell_mv);
		bat.cell[i].temp_mc = opt_some(20000);
	}
	return bat;
}

static bool take_pwr(struct scene *s, int address, struct reply_pwr pwr, int64_t now_ms,
                     struct reply_fault *fault)
{
	return rack_take_pwr(&s->rack, address, &pwr, &s->settings, now_ms, fault);
}

static bool take_bat(struct scene *s, int address, struct reply_bat bat, int64_t now_ms,
                     struct reply_fault *fault)
{
	return rack_take_bat(&s->rack, address, &bat, &s->settings, now_ms, fault);
}

static void assert_cells(const struct scene *s, int fewest, int most)
{
	assert_int_equal(rack_cells(&s->rack).fewest, fewest);
	assert_int_equal(rack_cells(&s->rack).most, most);
}

static void test_init(void **state)
{
	struct scene s;

	(void)state;
	empty(&s, 0);
	s.settings.battery.addresses = 0x8005;
	rack_init(&s.rack, &s.settings);
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		const struct module *m = &s.rack.module[i];

		assert_row("address", i, m->address, i + 1);
		assert_row("wanted", i, m->wanted, i == 0 || i == 2 || i == 15);
		assert_row("state", i, m->state, MODULE_AWAITED);
		assert_row("age", i, rack_age_ms(m, 1000), -1);
		assert_row("nothing known", i,
		           m->info_ms == RACK_NEVER && m->pwr_ms == RACK_NEVER && m->bat_ms == RACK_NEVER &&
		                   m->stat_ms == RACK_NEVER && m->row_ms == RACK_NEVER,
		           true);
	}
	assert_true(s.rack.pwrsys_ms == RACK_NEVER);
	assert_int_equal(rack_count(&s.rack, MODULE_AWAITED), 3);
	assert_cells(&s, 0, 0);
	assert_true(rack_deadline(&s.rack, &s.settings) == INT64_MAX);
}

/* A field that was there and is missing is read again; missing twice it is believed. */
static void test_missing_fields(void **state)
{
	static const struct {
		const char *legend;
		uint32_t fields;
		bool taken;
	} steps[] = {
		{ "first layout", 0x0f, true },   { "a new field", 0x1f, true },
		{ "one missing", 0x17, false },   { "whole again", 0x1f, true },
		{ "one missing", 0x17, false },   { "another missing", 0x1b, false },
		{ "that one again", 0x1b, true }, { "fewer are known now", 0x1b, true },
		{ "two missing", 0x0a, false },   { "both again", 0x0a, true },
	};
	struct scene s;
	struct reply_fault fault;

	(void)state;
	empty(&s, 1);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		struct reply_pwr pwr = a_pwr(49500);
		struct reply_bat bat = a_bat(15, 3300);

		pwr.fields = bat.fields = steps[i].fields;
		fault = (struct reply_fault){ REPLY_OK, "", 7 };
		assert_row(steps[i].legend, i, take_pwr(&s, 1, pwr, i, &fault), steps[i].taken);
		if (!steps[i].taken) {
			assert_row(steps[i].legend, i, fault.result, REPLY_DAMAGED);
			assert_string_equal(fault.field, "a line that was there before");
			assert_int_equal(fault.row, 0);
		}
		assert_row(steps[i].legend, i, take_bat(&s, 1, bat, i, &fault), steps[i].taken);
		if (!steps[i].taken)
			assert_string_equal(fault.field, "a column that was there before");
		assert_row(steps[i].legend, i, s.rack.module[0].pwr_ms == i, steps[i].taken);
		assert_row(steps[i].legend, i, s.rack.module[0].bat_ms == i, steps[i].taken);
	}
}

/* An unknown word is a damaged letter until it has come a second time, one right after the other. */
static void test_unknown_words(void **state)
{
	static const struct {
		const char *word;
		bool taken;
	} steps[] = {
		{ "", true }, { "Normql", false }, { "", true }, { "Normql", false }, { "", true }, { "Idlf", false }, { "Nqrmal", false },
		{ "Nqrmal", true }, { "", true },
	};
	struct scene s;
	struct reply_fault fault;

	(void)state;
	for (int bat = 0; bat <= 1; bat++) {
		empty(&s, 1);
		for (int i = 0; i < COUNT_OF(steps); i++) {
			struct reply_pwr pwr = a_pwr(49500);
			struct reply_bat cells = a_bat(15, 3300);

			strcpy(bat ? cells.unknown_word : pwr.unknown_word, steps[i].word);
			assert_row(steps[i].word, i,
			           bat ? take_bat(&s, 1, cells, i, &fault) : take_pwr(&s, 1, pwr, i, &fault),
			           steps[i].taken);
			if (!steps[i].taken)
				assert_string_equal(fault.field, steps[i].word);
		}
	}
}

/* The pack's voltage against the cells read before: 3 % of 49500 mV are 1485 mV. */
static void test_pack_against_cells(void **state)
{
	static const struct {
		const char *legend;
		int32_t mv;
		bool taken;
	} steps[] = {
		{ "3 % above", 50985, true },      { "beyond", 50986, false },
		{ "back", 49500, true },           { "3 % below", 48015, true },
		{ "beyond", 48014, false },        { "another one", 45000, false },
		{ "agrees with it", 45100, true }, { "forgotten since", 46000, false },
		{ "fits the cells", 49500, true }, { "not the second", 46000, false },
		{ "the second", 46000, true },
	};
	struct scene s;
	struct reply_fault fault;

	(void)state;
	empty(&s, 1);
	assert_true(take_pwr(&s, 1, a_pwr(30000), 0, &fault)); /* nothing to compare it with */
	assert_true(take_pwr(&s, 1, a_pwr(49500), 0, &fault));
	assert_true(take_bat(&s, 1, a_bat(15, 3300), 0, &fault));
	for (int i = 0; i < COUNT_OF(steps); i++) {
		assert_row(steps[i].legend, i, take_pwr(&s, 1, a_pwr(steps[i].mv), 100 + i, &fault),
		           steps[i].taken);
		assert_row(steps[i].legend, i, s.rack.module[0].pwr_ms == 100 + i, steps[i].taken);
		if (!steps[i].taken) {
			assert_row(steps[i].legend, i, fault.result, REPLY_OUT_OF_RANGE);
			assert_string_equal(fault.field, "Voltage");
		}
	}
}

/* The cells against the pack's voltage read before; the sum counts, not one cell. */
static void test_cells_against_pack(void **state)
{
	static const struct {
		const char *legend;
		int32_t first_mv; /* of 15 cells, the others at 3300 */
		bool taken;
	} rows[] = {
		{ "equal", 3300, true },
		{ "pack 3 % above its cells", 3300 - 1441, true },  /* 48059 x 1.03 = 49500.8 */
		{ "pack more than that above", 3300 - 1442, false }, /* 48058 x 1.03 = 49499.7 */
		{ "pack 3 % below its cells, as far as a cell can", 4000, true },
		{ "failed sense line, high: no sum", 4095, true },
		{ "failed sense line, low: no sum", 100, true },
	};
	struct scene s;
	struct reply_fault fault;

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct reply_bat bat = a_bat(15, 3300);

		empty(&s, 1);
		assert_true(take_pwr(&s, 1, a_pwr(49500), 0, &fault));
		bat.cell[0].mv = opt_some(rows[i].first_mv);
		assert_row(rows[i].legend, i, take_bat(&s, 1, bat, 5, &fault), rows[i].taken);
		if (!rows[i].taken) {
			assert_int_equal(fault.result, REPLY_OUT_OF_RANGE);
			assert_string_equal(fault.field, "Volt");
			assert_true(s.rack.module[0].bat_ms == RACK_NEVER);
		}
	}
	empty(&s, 1);
	assert_true(take_bat(&s, 1, a_bat(15, 3000), 0, &fault)); /* before any pack voltage */
	assert_false(take_pwr(&s, 1, a_pwr(49500), 0, &fault));
}

/* An absent cell makes no sum either: there is nothing to compare the pack with. */
static void test_absent_cell(void **state)
{
	struct scene s;
	struct reply_fault fault;
	struct reply_bat bat = a_bat(15, 3300);

	(void)state;
	empty(&s, 1);
	bat.cell[14].mv = opt_none();
	assert_true(take_bat(&s, 1, bat, 0, &fault));
	assert_true(take_pwr(&s, 1, a_pwr(52000), 0, &fault));
	scene_read(&s, 0);
	assert_int_equal(s.reading[0].failed_cells, 1);
}

static void test_number_of_cells(void **state)
{
	struct scene s;
	struct reply_fault fault;
	struct reply_info info = { .cells = opt_some(16) };

	(void)state;
	empty(&s, 2);
	assert_true(take_bat(&s, 2, a_bat(15, 3300), 0, &fault));
	assert_cells(&s, 15, 15);
	assert_false(take_bat(&s, 2, a_bat(14, 3300), 1, &fault));
	assert_int_equal(fault.result, REPLY_DAMAGED);
	assert_string_equal(fault.field, "number of cells");
	assert_true(take_bat(&s, 2, a_bat(15, 3300), 2, &fault));

	assert_true(rack_take_info(&s.rack, 1, &info, 3, &fault));
	assert_cells(&s, 15, 15); /* `info` alone proves nothing */
	assert_false(take_bat(&s, 1, a_bat(15, 3300), 4, &fault));
	assert_true(take_bat(&s, 1, a_bat(16, 3300), 4, &fault));
	assert_cells(&s, 15, 16); /* module 2 still has 15 */
	assert_false(take_bat(&s, 1, a_bat(15, 3300), 4, &fault));
	assert_true(take_bat(&s, 1, a_bat(16, 3300), 4, &fault));
	assert_false(take_bat(&s, 1, a_bat(15, 3300), 4, &fault));
	assert_false(take_bat(&s, 1, a_bat(14, 3300), 4, &fault));
	assert_false(take_bat(&s, 1, a_bat(15, 3300), 4, &fault));
	assert_true(take_bat(&s, 1, a_bat(15, 3300), 5, &fault)); /* twice: `info` had a damaged digit */
	assert_cells(&s, 15, 15);
	assert_true(take_bat(&s, 1, a_bat(15, 3300), 6, &fault));
	assert_false(take_bat(&s, 1, a_bat(16, 3300), 7, &fault));
	info.cells = opt_none(); /* this firmware does not say: what `bat` says holds */
	empty(&s, 1);
	assert_true(rack_take_info(&s.rack, 1, &info, 5, &fault));
	assert_cells(&s, 0, 0);
	assert_true(take_bat(&s, 1, a_bat(14, 3300), 6, &fault));
	assert_cells(&s, 14, 14);
	s.rack.module[0].wanted = false;
	assert_cells(&s, 0, 0);
}

/* `bat` repeats the SoC, the weakest cell counts: what differs by more than 10 points is read again; where it
 * always does, the second time is believed. */
static void test_soc_against_soc(void **state)
{
	static const struct {
		int32_t others_pct, cell_pct;
		bool taken;
	} steps[] = {
		{ 60, 60, true }, { 60, 50, true }, { 60, 49, false }, { 60, 60, true }, { 70, 70, true },
		{ 71, 71, false }, { 80, 71, true }, { 71, 71, true }, { 71, 70, true }, { 71, 71, false },
	};
	struct scene s;
	struct reply_fault fault;
	struct reply_bat bat = a_bat(15, 3300);

	(void)state;
	empty(&s, 1);
	assert_true(take_bat(&s, 1, bat, 0, &fault));
	bat.cell[3].soc_pct = opt_some(10);
	assert_true(take_bat(&s, 1, bat, 0, &fault)); /* nothing to compare it with yet */
	assert_true(take_pwr(&s, 1, a_pwr(49500), 0, &fault)); /* 60 % */
	for (int i = 0; i < COUNT_OF(steps); i++) {
		for (int c = 0; c < 15; c++)
			bat.cell[c].soc_pct = opt_some(c == 9 ? steps[i].cell_pct : steps[i].others_pct);
		bat.cell[2].soc_pct = opt_none();
		assert_row("SoC", i, take_bat(&s, 1, bat, i, &fault), steps[i].taken);
		if (!steps[i].taken) {
			assert_int_equal(fault.result, REPLY_OUT_OF_RANGE);
			assert_string_equal(fault.field, "SOC");
		}
	}
}

static struct reply_info an_info(const char *barcode)
{
	struct reply_info info = {
		.address = opt_some(1), .cells = opt_some(15), .max_charge_ma = opt_some(25000),
		.max_discharge_ma = opt_some(30000),
	};

	strcpy(info.barcode, barcode);
	return info;
}

/* Another barcode is damaged letters until it has come twice; then it is another module. */
static void test_barcode(void **state)
{
	static const struct {
		const char *barcode;
		bool taken;
	} steps[] = {
		{ "PX1", true }, { "PX1", true }, { "PX7", false }, { "PX1", true }, { "PX2", false },
		{ "PX3", false }, { "PX2", false }, { "PX2", true }, { "PX1", false }, { "PX1", true },
	};
	struct scene s;
	struct reply_fault fault;
	struct reply_stat stat = { .cycles = opt_some(100) };

	(void)state;
	empty(&s, 1);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		struct reply_info info = an_info(steps[i].barcode);
		bool other = strcmp(s.rack.module[0].info.barcode, steps[i].barcode) != 0;

		rack_take_stat(&s.rack, 1, &stat, i);
		assert_row(steps[i].barcode, i, rack_take_info(&s.rack, 1, &info, i, &fault),
		           steps[i].taken);
		assert_row(steps[i].barcode, i, s.rack.module[0].info_ms == i, steps[i].taken);
		/* The counters of the module that was there before are nobody's now. */
		assert_row(steps[i].barcode, i, s.rack.module[0].stat_ms == RACK_NEVER,
		           i > 0 && other && steps[i].taken);
		if (!steps[i].taken) {
			assert_int_equal(fault.result, REPLY_DAMAGED);
			assert_string_equal(fault.field, "Barcode");
		}
	}
}

/* protection.md, "Inputs": optional values, once known, stay until the barcode changes. A line whose label
 * was damaged must not take an upper bound away. */
static void test_optional_values_stay(void **state)
{
	struct scene s;
	struct reply_fault fault;
	struct reply_info info = an_info("PX1"), less = an_info("PX1");
	struct reply_stat stat = { .cycles = opt_some(100), .soh_pct = opt_some(97) };
	struct reply_pwrsys wishes = { .charge_ma = opt_some(20000), .discharge_ma = opt_some(25000) };
	struct rack_reading r;

	(void)state;
	scene_init(&s, 1);
	assert_true(rack_take_info(&s.rack, 1, &info, 0, &fault));
	rack_take_stat(&s.rack, 1, &stat, 0);
	rack_take_pwrsys(&s.rack, &wishes, 0);
	less.max_charge_ma = less.max_discharge_ma = opt_none();
	stat.soh_pct = stat.cycles = opt_none();
	wishes.charge_ma = opt_none();
	for (int i = 1; i <= 3; i++) {
		(void)rack_take_info(&s.rack, 1, &less, i, &fault);
		rack_take_stat(&s.rack, 1, &stat, i);
		rack_take_pwrsys(&s.rack, &wishes, i);
	}
	rack_read(&s.rack, &s.rack.module[0], &s.settings, 3, &r);
	assert_true(r.max_charge_ma.known);
	assert_int_equal(r.max_charge_ma.value, 25000);
	assert_true(r.max_discharge_ma.known);
	assert_true(s.rack.module[0].stat.soh_pct.known);
	assert_true(s.rack.module[0].stat.cycles.known);
	assert_true(s.rack.pwrsys.charge_ma.known);
	less = an_info(""); /* a barcode whose label was damaged, however often, is no other module's */
	less.max_charge_ma = opt_none();
	strcpy(s.rack.module[0].info.name, "US2000");
	strcpy(s.rack.module[0].info.firmware, "B10.4");
	for (int i = 4; i <= 6; i++)
		assert_true(rack_take_info(&s.rack, 1, &less, i, &fault));
	assert_true(s.rack.module[0].info.max_charge_ma.known);
	assert_string_equal(s.rack.module[0].info.barcode, "PX1");
	assert_string_equal(s.rack.module[0].info.name, "US2000");
	assert_string_equal(s.rack.module[0].info.firmware, "B10.4");
	assert_true(s.rack.module[0].stat.cycles.known);
	less = an_info("PX2");
	less.max_charge_ma = opt_none();
	assert_false(rack_take_info(&s.rack, 1, &less, 4, &fault));
	assert_true(rack_take_info(&s.rack, 1, &less, 4, &fault));
	assert_false(s.rack.module[0].info.max_charge_ma.known);
}

/* The first reply lacked it: what is learned later is no other module. */
static void test_barcode_learned_late(void **state)
{
	struct scene s;
	struct reply_fault fault;
	struct reply_info info = an_info(""), named = an_info("PX1");
	struct reply_stat stat = { .cycles = opt_some(100) };

	(void)state;
	scene_init(&s, 1);
	assert_true(rack_take_info(&s.rack, 1, &info, 0, &fault));
	rack_take_stat(&s.rack, 1, &stat, 0);
	named.max_charge_ma = opt_none();
	assert_true(rack_take_info(&s.rack, 1, &named, 1, &fault));
	assert_string_equal(s.rack.module[0].info.barcode, "PX1");
	assert_true(s.rack.module[0].info.max_charge_ma.known);
	assert_true(s.rack.module[0].stat_ms == 0);
}

static void test_stat_and_wishes(void **state)
{
	struct scene s;
	struct reply_stat stat = { .cycles = opt_some(211), .soh_pct = opt_some(98) };
	struct reply_pwrsys wishes = { .charge_mv = opt_some(53250) };

	(void)state;
	empty(&s, 3);
	rack_take_stat(&s.rack, 3, &stat, 77);
	assert_true(s.rack.module[2].stat_ms == 77);
	assert_int_equal(s.rack.module[2].stat.cycles.value, 211);
	assert_true(s.rack.module[1].stat_ms == RACK_NEVER);
	rack_take_pwrsys(&s.rack, &wishes, 88);
	assert_true(s.rack.pwrsys_ms == 88);
	assert_int_equal(s.rack.pwrsys.charge_mv.value, 53250);
}

static struct reply_table a_table(void)
{
	struct reply_table table = { .rows = 3 };

	for (int i = 0; i < 3; i++) {
		table.row[i].address = (uint8_t)(i + 1);
		table.row[i].cell_high_mv = opt_some(3400);
	}
	table.row[1].absent = true;
	return table;
}

/* The table adds modules with `addresses = auto` only, and refreshes no age. */
static void test_table(void **state)
{
	struct reply_table table = a_table();
	struct scene s;

	(void)state;
	empty(&s, 1);
	rack_take_table(&s.rack, &table, &s.settings, 50);
	assert_false(s.rack.module[2].wanted);
	s.settings.battery.addresses = 0;
	rack_take_table(&s.rack, &table, &s.settings, 60);
	assert_true(s.rack.module[0].wanted);
	assert_false(s.rack.module[1].wanted);
	assert_true(s.rack.module[2].wanted);
	assert_true(s.rack.module[2].row_ms == 60);
	assert_true(rack_age_ms(&s.rack.module[2], 60) == -1);
	assert_int_equal(rack_age(&s.rack, &s.settings, 60), 0);
	table.row[1].absent = false;
	table.row[2].absent = true;
	rack_take_table(&s.rack, &table, &s.settings, 70);
	assert_true(s.rack.module[1].wanted);
	assert_true(s.rack.module[2].wanted); /* once seen it counts, and as lost when it goes */
	assert_true(s.rack.module[2].row_ms == RACK_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_missing_fields),
		cmocka_unit_test(test_unknown_words),
		cmocka_unit_test(test_pack_against_cells),
		cmocka_unit_test(test_cells_against_pack),
		cmocka_unit_test(test_absent_cell),
		cmocka_unit_test(test_number_of_cells),
		cmocka_unit_test(test_soc_against_soc),
		cmocka_unit_test(test_barcode),
		cmocka_unit_test(test_optional_values_stay),
		cmocka_unit_test(test_barcode_learned_late),
		cmocka_unit_test(test_stat_and_wishes),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("rack", tests, NULL, NULL);
}
