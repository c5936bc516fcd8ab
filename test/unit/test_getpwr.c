/* `getpwr` in the place of `bat`: believed only while it tells the same, given up by itself when it fails. */
#include "bench.h"
#include "scene.h"

/* What a module of scene_init would answer. */
static struct reply_getpwr a_getpwr(void)
{
	struct reply_getpwr g = {
		.voltage_mv = opt_some(49500), .current_ma = opt_some(0), .temp_mc = opt_some(20000),
		.mah = opt_some(25000), .base = WORD_IDLE, .volt = WORD_NORMAL, .current = WORD_NORMAL,
		.temp = WORD_NORMAL, .bat = { .cells = 15 },
	};

	for (int i = 0; i < 15; i++)
		g.bat.cell[i] = (struct reply_cell){ .mv = opt_some(3300), .temp_mc = opt_some(20000),
			                             .volt = WORD_NORMAL, .temp = WORD_NORMAL };
	return g;
}

enum part { CELL, CELL_TEMP, PACK, PACK_TEMP };

static void test_agrees(void **state)
{
	static const struct {
		const char *legend;
		enum part part;
		int32_t value;
		bool agrees;
	} rows[] = {
		{ "cell, 30 mV more", CELL, 3330, true },       { "cell, 31 mV more", CELL, 3331, false },
		{ "cell, 30 mV less", CELL, 3270, true },       { "cell, 31 mV less", CELL, 3269, false },
		{ "2 C more", CELL_TEMP, 22000, true },         { "more than 2 C more", CELL_TEMP, 22001, false },
		{ "2 C less", CELL_TEMP, 18000, true },         { "more than 2 C less", CELL_TEMP, 17999, false },
		{ "pack, 1 % more", PACK, 49995, true },        { "pack, more than that", PACK, 49996, false },
		{ "pack, 1 % less", PACK, 49005, true },        { "pack, less than that", PACK, 49004, false },
		{ "pack, 2 C more", PACK_TEMP, 22000, true },   { "pack, more than that", PACK_TEMP, 22001, false },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct reply_getpwr g = a_getpwr();
		struct opt *const parts[] = { [CELL] = &g.bat.cell[14].mv, [CELL_TEMP] = &g.bat.cell[14].temp_mc,
			                      [PACK] = &g.voltage_mv, [PACK_TEMP] = &g.temp_mc };
		struct scene s;

		scene_init(&s, 1);
		parts[rows[i].part]->value = rows[i].value;
		assert_row(rows[i].legend, i, rack_getpwr_agrees(&s.rack.module[0], &g), rows[i].agrees);
	}
}

static void test_another_number_of_cells(void **state)
{
	struct reply_getpwr g = a_getpwr();
	struct reply_fault fault;
	struct scene s;

	(void)state;
	scene_init(&s, 1);
	g.bat.cells = 14;
	assert_false(rack_getpwr_agrees(&s.rack.module[0], &g));
	assert_false(rack_take_getpwr(&s.rack, 1, &g, &s.settings, 5, &fault));
	assert_int_equal(fault.result, REPLY_DAMAGED);
	assert_string_equal(fault.field, "number of cells");
	assert_true(s.rack.module[0].bat_ms == 0);
}

/* What only `bat` tells stays, the rest is new and as young as the command. */
static void test_taken(void **state)
{
	struct reply_getpwr g = a_getpwr();
	struct reply_fault fault;
	struct scene s;
	const struct reply_cell *cell = &s.rack.module[0].bat.cell[3];

	(void)state;
	scene_init(&s, 1);
	s.rack.module[0].bat.cell[3].balancing = opt_some(1);
	s.rack.module[0].bat.cell[3].soc_pct = opt_some(48);
	g.bat.cell[3] = (struct reply_cell){ .mv = opt_some(3400), .temp_mc = opt_some(25000), .volt = WORD_HIGH,
		                             .temp = WORD_LOW };
	assert_true(rack_take_getpwr(&s.rack, 1, &g, &s.settings, 5, &fault));
	assert_int_equal(cell->mv.value, 3400);
	assert_int_equal(cell->temp_mc.value, 25000);
	assert_int_equal(cell->volt, WORD_HIGH);
	assert_int_equal(cell->temp, WORD_LOW);
	assert_int_equal(cell->balancing.value, 1);
	assert_int_equal(cell->soc_pct.value, 48);
	assert_true(s.rack.module[0].bat_ms == 5);
	assert_int_equal(s.rack.module[0].temps_seen, 0x7fff);
}

/* The cells must fit the pack's voltage of the same reply and that of `pwr`: within 3 %. */
static void test_against_the_pack(void **state)
{
	static const struct {
		const char *legend;
		int32_t own_mv, pwr_mv, cell_mv;
		bool taken;
	} rows[] = {
		{ "own, 3 % more", 50985, 49500, 3300, true },  { "own, beyond", 50986, 49500, 3300, false },
		{ "own, 3 % less", 48015, 49500, 3300, true },  { "own, beyond", 48014, 49500, 3300, false },
		{ "pwr, 3 % more", 49500, 50985, 3300, true },  { "pwr, beyond", 49500, 50986, 3300, false },
		{ "failed sense line: no sum", 60000, 49500, 4095, true },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct reply_getpwr g = a_getpwr();
		struct reply_fault fault;
		struct scene s;

		scene_init(&s, 1);
		g.voltage_mv.value = rows[i].own_mv;
		s.rack.module[0].pwr.voltage_mv.value = rows[i].pwr_mv;
		g.bat.cell[0].mv.value = rows[i].cell_mv;
		assert_row(rows[i].legend, i, rack_take_getpwr(&s.rack, 1, &g, &s.settings, 5, &fault), rows[i].taken);
		assert_row(rows[i].legend, i, s.rack.module[0].bat_ms, rows[i].taken ? 5 : 0);
		if (!rows[i].taken)
			assert_string_equal(fault.field, "Volt");
	}
}

/* An unknown word is believed the second time. */
static void test_unknown_word(void **state)
{
	struct reply_getpwr g = a_getpwr();
	struct reply_fault fault;
	struct scene s;

	(void)state;
	scene_init(&s, 1);
	strcpy(g.bat.unknown_word, "Strange");
	assert_false(rack_take_getpwr(&s.rack, 1, &g, &s.settings, 5, &fault));
	assert_string_equal(fault.field, "Strange");
	assert_true(rack_take_getpwr(&s.rack, 1, &g, &s.settings, 6, &fault));
	assert_string_equal(s.rack.module[0].bat.unknown_word, "Strange");
}

/* As many cells as a module may have, and at least one. */
static void test_how_many_cells(void **state)
{
	static const struct {
		int cells;
		enum reply_result result;
		const char *field;
	} rows[] = {
		{ 0, REPLY_DAMAGED, "number of lines" }, { 1, REPLY_OK, "" }, { REPLY_CELLS_MAX, REPLY_OK, "" },
		{ REPLY_CELLS_MAX + 1, REPLY_DAMAGED, "number of cells" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		char body[2048] = "49500# 0# 20000# 25000# Idle# Normal# Normal# Normal#\n";
		struct reply_fault fault = { REPLY_OK, "", 0 };
		struct reply_getpwr g;

		for (int c = 0; c < rows[i].cells; c++)
			strcat(body, "3300# 20000# Normal# Normal#\n");
		strcat(body, "0#\n1#\n");
		assert_row("cells", i, reply_parse_getpwr(body, &g, &fault), rows[i].result);
		assert_string_equal(fault.field, rows[i].field);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(schedule_fast_name(SCHEDULE_FAST_UNTRIED), "untried");
	assert_string_equal(schedule_fast_name(SCHEDULE_FAST_TRUSTED), "used");
	assert_string_equal(schedule_fast_name(SCHEDULE_FAST_REFUSED), "not used");
}

/* ---- In the daemon ---- */

static void start(struct bench *b, int modules)
{
	bench_init(b, modules);
	b->getpwr = true;
	b->no_pwrsys = b->no_stat = b->no_table = true;
}

/* Passes, one after the other, must show these commands. */
static void expect_passes(struct bench *b, const char *const *passes, int count)
{
	for (int i = 0; i < count; i++) {
		bench_run_to_pause(b);
		bench_forget(b);
		bench_run_pass(b);
		if (strcmp(b->trace, passes[i]) != 0)
			fail_msg("pass %d: %s, not %s", i, b->trace, passes[i]);
	}
}

static void test_takes_over(void **state)
{
	static const char *const passes[] = { "pwr1 bat1 getpwr1 stat1 pwr2 bat2 getpwr2 stat2", "pwr1 getpwr1 pwr2 getpwr2",
		                              "pwr1 getpwr1 pwr2 getpwr2" };
	static struct bench b;

	(void)state;
	start(&b, 2);
	bench_run_pass(&b);
	assert_null(strstr(b.trace, "getpwr")); /* the first bank comes first */
	expect_passes(&b, passes, COUNT_OF(passes));
	assert_int_equal(bench_said(&b, "module 1: `getpwr` tells the same as `bat` and is quicker"), 0); /* forgotten */
	b.module[0].seventh_mv = 3350;
	bench_run_pass(&b);
	assert_int_equal(b.engine.rack.module[0].bat.cell[6].mv.value, 3350);
	bench_forget(&b);
	bench_run(&b, 120000);
	assert_non_null(strstr(b.trace, "pwr1 bat1 getpwr1 pwr2 bat2 getpwr2")); /* compared again */
	assert_int_equal(b.engine.schedule.fast[1], SCHEDULE_FAST_TRUSTED);
	assert_true(b.online);
}

/* It differs: three comparisons, then never again. */
static void test_differs(void **state)
{
	static const char *const passes[] = { "pwr1 bat1 getpwr1 stat1", "pwr1 bat1 getpwr1", "pwr1 bat1 getpwr1",
		                              "pwr1 bat1", "pwr1 bat1" };
	static struct bench b;

	(void)state;
	start(&b, 1);
	b.getpwr_off_mv = 31;
	bench_run_pass(&b);
	expect_passes(&b, passes, COUNT_OF(passes));
	assert_int_equal(b.engine.schedule.fast[1], SCHEDULE_FAST_REFUSED);
	assert_int_equal(b.engine.rack.module[0].bat.cell[0].mv.value, 3300);
}

/* It fails after it was trusted: `bat` in its place in the same visit, and it must prove itself anew. */
static void test_falls_back(void **state)
{
	static const struct {
		const char *legend;
		enum bench_fault fault;
		int times;
		const char *pass, *next;
		enum schedule_fast fast;
	} rows[] = {
		{ "damaged once", BENCH_DAMAGE, 1, "pwr1 getpwr1 getpwr1", "pwr1 getpwr1", SCHEDULE_FAST_TRUSTED },
		{ "damaged for good", BENCH_DAMAGE, 3, "pwr1 getpwr1 getpwr1 getpwr1 bat1 getpwr1", "pwr1 getpwr1",
		  SCHEDULE_FAST_TRUSTED },
		{ "late", BENCH_MUTE, 2, "pwr1 getpwr1 getpwr1 bat1 getpwr1", "pwr1 getpwr1", SCHEDULE_FAST_TRUSTED },
		{ "never again", BENCH_DAMAGE, 9, "pwr1 getpwr1 getpwr1 getpwr1 bat1 getpwr1 getpwr1 getpwr1",
		  "pwr1 bat1 getpwr1 getpwr1 getpwr1", SCHEDULE_FAST_REFUSED },
		{ "refused", BENCH_REFUSE, 1, "pwr1 getpwr1 bat1", "pwr1 bat1", SCHEDULE_FAST_REFUSED },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct bench b;
		uint32_t passes;

		start(&b, 1);
		bench_run(&b, 10000);
		bench_run_to_pause(&b);
		bench_forget(&b);
		b.trouble = (struct bench_trouble){ rows[i].fault, COMMAND_GETPWR, 1, rows[i].times };
		passes = b.engine.passes;
		bench_run_pass(&b);
		if (strcmp(b.trace, rows[i].pass) != 0)
			fail_msg("%s: %s", rows[i].legend, b.trace);
		assert_row(rows[i].legend, i, b.engine.schedule.whole, true);
		assert_row(rows[i].legend, i, b.engine.passes, passes + 1);
		bench_run_to_pause(&b);
		bench_forget(&b);
		bench_run_pass(&b);
		if (strcmp(b.trace, rows[i].next) != 0)
			fail_msg("%s, next: %s", rows[i].legend, b.trace);
		assert_row(rows[i].legend, i, b.engine.schedule.fast[1], rows[i].fast);
		assert_row(rows[i].legend, i, b.online, true);
	}
}

/* It is whole, but cannot be read, or its cells leave the pack: the cells of `bat` are taken. */
static void test_nonsense(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		static struct bench b;

		start(&b, 1);
		bench_run(&b, 10000);
		bench_run_to_pause(&b);
		bench_forget(&b);
		b.getpwr_nonsense = i == 0;
		b.getpwr_off_mv = i == 0 ? 0 : 200;
		bench_run_pass(&b);
		if (strncmp(b.trace, "pwr1 getpwr1 getpwr1 getpwr1 bat1", 33) != 0)
			fail_msg("row %d: %s", i, b.trace);
		assert_int_equal(b.engine.rack.module[0].bat.cell[0].mv.value, 3300);
		assert_true(b.engine.rack.module[0].damaged > 0);
		assert_true(b.online);
	}
}

/* Refused by the old firmware, known to the new one. */
static void test_new_firmware_is_asked(void **state)
{
	static struct bench b;

	(void)state;
	start(&b, 1);
	b.getpwr = false;
	bench_run(&b, 10000);
	assert_int_equal(b.engine.schedule.fast[1], SCHEDULE_FAST_REFUSED);
	b.getpwr = true;
	bench_run(&b, 2 * 3600 * 1000);
	assert_int_equal(b.engine.schedule.fast[1], SCHEDULE_FAST_REFUSED);
	b.module[0].firmware = "B10.5";
	bench_run(&b, 2 * 3600 * 1000);
	assert_int_equal(b.engine.schedule.fast[1], SCHEDULE_FAST_TRUSTED);
}

/* The log hears of it twice at most: when it is used, and when it is given up. */
static void test_told(void **state)
{
	static struct bench b;

	(void)state;
	start(&b, 1);
	bench_run(&b, 10000);
	assert_int_equal(bench_said(&b, "module 1: `getpwr` tells the same as `bat` and is quicker"), 1);
	b.trouble = (struct bench_trouble){ BENCH_DAMAGE, COMMAND_GETPWR, 1, 3 };
	bench_run(&b, 60000);
	assert_int_equal(bench_said(&b, "module 1: `getpwr` tells the same as `bat` and is quicker"), 1);
	b.trouble.times = 9;
	bench_run(&b, 60000);
	assert_int_equal(bench_said(&b, "module 1: `getpwr` fails or differs from `bat` again and again"), 1);
}

/* A single strange reading blocks nothing: it is read again, as with `bat`. */
static void test_confirmed(void **state)
{
	static struct bench b;

	(void)state;
	start(&b, 1);
	bench_run(&b, 10000);
	bench_run_until_sent(&b, "getpwr1");
	bench_run_to_pause(&b);
	b.module[0].cell_mv = 3340;
	bench_run_pass(&b);
	b.module[0].seventh_mv = 3700; /* 0.36 V more */
	bench_run_until_sent(&b, "getpwr1");
	b.module[0].seventh_mv = 0;
	bench_run_pass(&b);
	assert_false(b.engine.limits.bank_set.charge_blocked);
	bench_run_to_pause(&b);
	b.module[0].seventh_mv = 3700;
	bench_run_pass(&b);
	assert_non_null(strstr(b.trace, "getpwr1 getpwr1"));
	assert_true(b.engine.limits.bank_set.charge_blocked);
}

/* Other firmware at the address, or another module: it must prove itself again. */
static void test_another_firmware(void **state)
{
	struct schedule s;

	(void)state;
	schedule_init(&s);
	s.fast[2] = SCHEDULE_FAST_REFUSED;
	s.fast_failures[2] = 3;
	schedule_firmware_changed(&s, 2);
	assert_int_equal(s.fast[2], SCHEDULE_FAST_UNTRIED);
	schedule_fast_compared(&s, 2, false);
	schedule_fast_compared(&s, 2, false);
	assert_int_equal(s.fast[2], SCHEDULE_FAST_UNTRIED);
	schedule_fast_compared(&s, 2, true);
	schedule_fast_compared(&s, 2, false);
	schedule_fast_compared(&s, 2, false);
	assert_int_equal(s.fast[2], SCHEDULE_FAST_UNTRIED);
	schedule_fast_compared(&s, 2, false);
	assert_int_equal(s.fast[2], SCHEDULE_FAST_REFUSED);
}

/* A module that hangs repeats its `getpwr` as it would its `bat`. */
static void test_frozen(void **state)
{
	static struct bench b;

	(void)state;
	start(&b, 1);
	b.module[0].current_ma = 5000;
	bench_run(&b, 40000);
	assert_true(b.online);
	bench_run(&b, 30000);
	assert_false(b.online);
	b.module[0].seventh_mv = 3301;
	bench_run(&b, 10000);
	assert_true(b.online);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agrees),
		cmocka_unit_test(test_another_number_of_cells),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_against_the_pack),
		cmocka_unit_test(test_unknown_word),
		cmocka_unit_test(test_takes_over),
		cmocka_unit_test(test_differs),
		cmocka_unit_test(test_falls_back),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_confirmed),
		cmocka_unit_test(test_another_firmware),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_how_many_cells),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_new_firmware_is_asked),
	};

	return cmocka_run_group_tests_name("getpwr", tests, NULL, NULL);
}
