/* Every row of the alarm table in protection.md: one below, on and above each threshold and back through its
 * release, every bit and every word, and what the bank makes of its modules. */
#include "check.h"
#include "scene.h"

#include "core/protection/alarms.h"
#include "core/reply/events.h"

enum input { SOC, PACK, CELL_HIGH, CELL_LOW, TEMP, PACK_TEMP, MOS };

static void put(struct scene *s, int i, enum input input, int32_t value)
{
	struct module *m = &s->rack.module[i];
	struct opt *const places[] = {
		[SOC] = &m->pwr.soc_pct,          [PACK] = &m->pwr.voltage_mv,
		[CELL_HIGH] = &m->bat.cell[6].mv, [CELL_LOW] = &m->bat.cell[13].mv,
		[TEMP] = &m->bat.cell[2].temp_mc, [PACK_TEMP] = &m->pwr.temp_mc,
		[MOS] = &m->row.mos_temp_mc,
	};

	*places[input] = opt_some(value);
	if (input == MOS)
		m->row_ms = 0;
}

static void step(struct scene *s, struct alarms *alarms, int64_t now_ms)
{
	scene_read(s, now_ms);
	alarms_step(alarms, &s->settings, s->reading, s->modules, 0, s->modules, now_ms);
}

static const struct walk {
	const char *legend;
	enum input input;
	enum alarm alarm;
	struct point {
		int32_t value, level;
	} point[10];
	int points;
} walks[] = {
	{ "pack low", PACK, ALARM_LOW_VOLTAGE,
	  { { 46001, 0 }, { 46000, 0 }, { 45999, 1 }, { 46749, 1 }, { 46750, 0 }, { 45999, 1 } }, 6 },
	{ "pack very low", PACK, ALARM_LOW_VOLTAGE,
	  { { 45001, 1 }, { 45000, 1 }, { 44999, 2 }, { 45749, 2 }, { 45750, 1 }, { 46750, 0 } }, 6 },
	{ "cell over-voltage", CELL_HIGH, ALARM_HIGH_VOLTAGE,
	  { { 3649, 0 }, { 3650, 0 }, { 3651, 2 }, { 3601, 2 }, { 3600, 0 }, { 3650, 0 } }, 6 },
	{ "cell low", CELL_LOW, ALARM_LOW_CELL_VOLTAGE,
	  { { 2801, 0 }, { 2800, 0 }, { 2799, 1 }, { 2849, 1 }, { 2850, 0 }, { 2800, 0 } }, 6 },
	{ "cell very low", CELL_LOW, ALARM_LOW_CELL_VOLTAGE,
	  { { 2501, 1 }, { 2500, 1 }, { 2499, 2 }, { 2549, 2 }, { 2550, 1 }, { 2850, 0 } }, 6 },
	{ "cell high", CELL_HIGH, ALARM_HIGH_CELL_VOLTAGE,
	  { { 3599, 0 }, { 3600, 0 }, { 3601, 1 }, { 3551, 1 }, { 3550, 0 }, { 3600, 0 } }, 6 },
	{ "cell very high", CELL_HIGH, ALARM_HIGH_CELL_VOLTAGE,
	  { { 3649, 1 }, { 3650, 1 }, { 3651, 2 }, { 3601, 2 }, { 3600, 1 }, { 3550, 0 } }, 6 },
	{ "SoC low", SOC, ALARM_LOW_SOC,
	  { { 11, 0 }, { 10, 0 }, { 9, 1 }, { 11, 1 }, { 12, 0 }, { 10, 0 } }, 6 },
	{ "SoC very low", SOC, ALARM_LOW_SOC,
	  { { 6, 1 }, { 5, 1 }, { 4, 2 }, { 6, 2 }, { 7, 1 }, { 12, 0 } }, 6 },
	{ "spread", CELL_LOW, ALARM_CELL_IMBALANCE,
	  { { 3201, 0 }, { 3200, 0 }, { 3199, 1 }, { 3219, 1 }, { 3220, 0 }, { 3200, 0 } }, 6 },
	{ "wide spread", CELL_LOW, ALARM_CELL_IMBALANCE,
	  { { 3001, 1 }, { 3000, 1 }, { 2999, 2 }, { 3019, 2 }, { 3020, 1 }, { 3220, 0 } }, 6 },
	{ "cold to charge", TEMP, ALARM_LOW_CHARGE_TEMPERATURE,
	  { { 1, 0 }, { 0, 0 }, { -1, 2 }, { 1999, 2 }, { 2000, 0 }, { 0, 0 } }, 6 },
	{ "hot to charge", TEMP, ALARM_HIGH_CHARGE_TEMPERATURE,
	  { { 44999, 0 }, { 45000, 0 }, { 45001, 1 }, { 43001, 1 }, { 43000, 0 }, { 45000, 0 } }, 6 },
	{ "too hot to charge", PACK_TEMP, ALARM_HIGH_CHARGE_TEMPERATURE,
	  { { 54999, 1 }, { 55000, 1 }, { 55001, 2 }, { 53001, 2 }, { 53000, 1 }, { 43000, 0 } }, 6 },
	{ "cold", PACK_TEMP, ALARM_LOW_TEMPERATURE,
	  { { 1, 0 }, { 0, 0 }, { -1, 1 }, { 1999, 1 }, { 2000, 0 }, { 0, 0 } }, 6 },
	{ "very cold", TEMP, ALARM_LOW_TEMPERATURE,
	  { { -9999, 1 }, { -10000, 1 }, { -10001, 2 }, { -8001, 2 }, { -8000, 1 }, { 2000, 0 } }, 6 },
	{ "hot", PACK_TEMP, ALARM_HIGH_TEMPERATURE,
	  { { 44999, 0 }, { 45000, 0 }, { 45001, 1 }, { 43001, 1 }, { 43000, 0 }, { 45000, 0 } }, 6 },
	{ "very hot", TEMP, ALARM_HIGH_TEMPERATURE,
	  { { 54999, 1 }, { 55000, 1 }, { 55001, 2 }, { 53001, 2 }, { 53000, 1 }, { 43000, 0 } }, 6 },
	{ "MOSFET", MOS, ALARM_HIGH_INTERNAL_TEMPERATURE,
	  { { 79999, 0 }, { 80000, 0 }, { 80001, 1 }, { 78001, 1 }, { 78000, 0 }, { 80000, 0 } }, 6 },
	{ "hot MOSFET", MOS, ALARM_HIGH_INTERNAL_TEMPERATURE,
	  { { 89999, 1 }, { 90000, 1 }, { 90001, 2 }, { 88001, 2 }, { 88000, 1 }, { 78000, 0 } }, 6 },
	{ "sense line, high", CELL_HIGH, ALARM_INTERNAL_FAILURE,
	  { { 3999, 0 }, { 4000, 0 }, { 4001, 2 }, { 4095, 2 }, { 4000, 0 } }, 5 },
	{ "sense line, low", CELL_LOW, ALARM_INTERNAL_FAILURE,
	  { { 501, 0 }, { 500, 0 }, { 499, 2 }, { 0, 2 }, { 500, 0 } }, 5 },
};

static void test_walks(void **state)
{
	(void)state;
	for (int w = 0; w < COUNT_OF(walks); w++) {
		struct scene s;
		struct alarms alarms;

		scene_init(&s, 1);
		alarms_init(&alarms);
		for (int i = 0; i < walks[w].points; i++) {
			put(&s, 0, walks[w].input, walks[w].point[i].value);
			step(&s, &alarms, i * 1000);
			assert_row(walks[w].legend, i, alarms.bank_set.level[walks[w].alarm],
			           walks[w].point[i].level);
			assert_row(walks[w].legend, i, alarms.module_set[0].level[walks[w].alarm],
			           walks[w].point[i].level);
		}
	}
}

/* Pack thresholds grow with the cells: 16 x 3.067 V, and 16 x 50 mV to the release. */
static void test_sixteen_cells(void **state)
{
	static const struct point points[] = {
		{ 49100, 0 }, { 49099, 1 }, { 49899, 1 }, { 49900, 0 }, { 47999, 2 }, { 48799, 2 }, { 48800, 1 },
	};
	struct scene s;
	struct alarms alarms;

	(void)state;
	scene_init(&s, 1);
	alarms_init(&alarms);
	s.rack.module[0].bat.cells = 16;
	s.rack.module[0].bat.cell[15] = s.rack.module[0].bat.cell[0];
	for (int i = 0; i < COUNT_OF(points); i++) {
		put(&s, 0, PACK, points[i].value);
		step(&s, &alarms, i * 1000);
		assert_row("16 cells", i, alarms.bank_set.level[ALARM_LOW_VOLTAGE], points[i].level);
	}
}

struct level {
	enum alarm alarm;
	uint8_t level;
};

/* `set` must have these levels and no others. */
static void check_set(const char *legend, int row, const struct alarms_set *set,
                      const struct level *levels, int count)
{
	struct alarms_set wanted = { { 0 } };

	for (int i = 0; i < count; i++)
		if (levels[i].level != 0)
			wanted.level[levels[i].alarm] = levels[i].level;
	for (enum alarm a = 0; a < ALARMS; a++)
		if (set->level[a] != wanted.level[a])
			fail_msg("%s, row %d: %s is %d, not %d", legend, row, alarms_key(a), set->level[a],
			         wanted.level[a]);
}

enum word_of_bits { BAT = 1, POWER = 2, EITHER = 3, FAULT = 4 };

/* Bits with an alarm of their own; all others of the first 32 and 12 raise none. */
static const struct bit_row {
	enum word_of_bits word;
	uint32_t bits;
	struct level level[2];
} bit_rows[] = {
	{ POWER, 0x1, { { ALARM_HIGH_VOLTAGE, 2 } } },
	{ POWER, 0x2, { { ALARM_HIGH_VOLTAGE, 1 } } },
	{ POWER, 0x8, { { ALARM_LOW_VOLTAGE, 1 } } },
	{ POWER, 0x10, { { ALARM_LOW_VOLTAGE, 2 } } },
	{ POWER, 0x8000, { { ALARM_LOW_SOC, 1 } } },
	{ BAT, 0x1, { { ALARM_HIGH_CELL_VOLTAGE, 2 } } },
	{ BAT, 0x2, { { ALARM_HIGH_CELL_VOLTAGE, 1 } } },
	{ BAT, 0x8, { { ALARM_LOW_CELL_VOLTAGE, 1 } } },
	{ BAT, 0x10, { { ALARM_LOW_CELL_VOLTAGE, 2 } } },
	{ EITHER, 0x100, { { ALARM_HIGH_TEMPERATURE, 2 } } },
	{ EITHER, 0x200, { { ALARM_HIGH_TEMPERATURE, 1 } } },
	{ EITHER, 0x800, { { ALARM_LOW_TEMPERATURE, 1 } } },
	{ EITHER, 0x1000, { { ALARM_LOW_TEMPERATURE, 2 } } },
	{ EITHER, 0x10000, { { ALARM_HIGH_CURRENT, 2 } } },
	{ EITHER, 0x20000, { { ALARM_HIGH_DISCHARGE_CURRENT, 2 }, { ALARM_HIGH_CURRENT, 2 } } },
	{ EITHER, 0x40000, { { ALARM_HIGH_CHARGE_CURRENT, 2 }, { ALARM_HIGH_CURRENT, 2 } } },
	{ EITHER, 0x80000, { { ALARM_HIGH_DISCHARGE_CURRENT, 2 }, { ALARM_HIGH_CURRENT, 2 } } },
	{ EITHER, 0x100000, { { ALARM_HIGH_CHARGE_CURRENT, 2 }, { ALARM_HIGH_CURRENT, 2 } } },
	{ EITHER, 0x10000000, { { ALARM_INTERNAL_FAILURE, 2 } } },
	{ FAULT, 0x10 | 0x80 | 0x100 | 0x200, { { ALARM_INTERNAL_FAILURE, 1 } } },
	{ FAULT, 0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x40 | 0x400 | 0x800, { { ALARM_INTERNAL_FAILURE, 2 } } },
};

/* Bits of System Fault that no list knows. */
#define UNKNOWN_FAULTS UINT32_C(0xfffff000)

static void check_bit(enum word_of_bits word, uint32_t bit, const struct level *levels, int count)
{
	static const char *const names[] = { [BAT] = "Bat Events", [POWER] = "Power Events",
		                             [FAULT] = "System Fault" };
	struct scene s;
	struct alarms alarms;
	struct reply_pwr *pwr = &s.rack.module[0].pwr;
	uint32_t *bits = word == BAT ? &pwr->bat_events.bits
	               : word == POWER ? &pwr->power_events.bits : &pwr->system_fault.bits;
	char legend[64];

	snprintf(legend, sizeof legend, "%s 0x%x", names[word], (unsigned)bit);
	scene_init(&s, 1);
	alarms_init(&alarms);
	*bits = bit;
	step(&s, &alarms, 0);
	check_set(legend, 0, &alarms.bank_set, levels, count);
	*bits = 0;
	step(&s, &alarms, 1000);
	check_set(legend, 1, &alarms.bank_set, NULL, 0);
}

static void test_bits(void **state)
{
	static const struct level unknown[] = { { ALARM_INTERNAL_FAILURE, 1 } };

	(void)state;
	assert_int_equal(events_unknown(EVENT_BAT, UINT32_MAX), 0);
	assert_int_equal(events_unknown(EVENT_POWER, UINT32_MAX), 0);
	assert_int_equal(events_unknown(EVENT_FAULT, UINT32_MAX), UNKNOWN_FAULTS);
	for (enum word_of_bits word = BAT; word <= FAULT; word *= 2) {
		for (uint32_t bit = 1; bit != 0; bit <<= 1) {
			const struct bit_row *row = NULL;

			for (int i = 0; i < COUNT_OF(bit_rows); i++)
				if ((bit_rows[i].word & word) && (bit_rows[i].bits & bit))
					row = &bit_rows[i];
			if (row)
				check_bit(word, bit, row->level, 2);
			else if (word == FAULT && (bit & UNKNOWN_FAULTS))
				check_bit(word, bit, unknown, 1);
			else
				check_bit(word, bit, NULL, 0);
		}
	}
}

/* Bits combine: the whole number is never compared. */
static void test_combined_bits(void **state)
{
	static const struct level bat[] = {
		{ ALARM_HIGH_CELL_VOLTAGE, 2 }, { ALARM_LOW_TEMPERATURE, 1 }, { ALARM_INTERNAL_FAILURE, 2 },
	};

	(void)state;
	check_bit(BAT, 0x10000000 | 0x3 | 0x800 | 0x204484, bat, 3);
	check_bit(FAULT, 0x1098, &bat[2], 1);
	check_bit(FAULT, 0x1090, (const struct level[]){ { ALARM_INTERNAL_FAILURE, 1 } }, 1);
}

static void test_words(void **state)
{
	static const struct {
		const char *legend;
		enum word base, volt, soh;
		const char *unknown;
		struct level level;
	} rows[] = {
		{ "all is well", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, "", { 0, 0 } },
		{ "no words", WORD_NONE, WORD_NONE, WORD_NONE, "", { 0, 0 } },
		{ "volt low", WORD_IDLE, WORD_LOW, WORD_NORMAL, "", { ALARM_LOW_VOLTAGE, 1 } },
		{ "volt high", WORD_CHARGE, WORD_HIGH, WORD_NORMAL, "", { ALARM_HIGH_VOLTAGE, 1 } },
		{ "soh low", WORD_CHARGE, WORD_NORMAL, WORD_LOW, "", { ALARM_STATE_OF_HEALTH, 1 } },
		{ "soh full", WORD_CHARGE, WORD_NORMAL, WORD_FULL, "", { ALARM_STATE_OF_HEALTH, 1 } },
		{ "system error", WORD_SYSERROR, WORD_NORMAL, WORD_NORMAL, "",
		  { ALARM_INTERNAL_FAILURE, 2 } },
		{ "unknown word", WORD_UNKNOWN, WORD_NORMAL, WORD_NORMAL, "Heating",
		  { ALARM_INTERNAL_FAILURE, 1 } },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		struct alarms alarms;
		struct reply_pwr *pwr = &s.rack.module[0].pwr;

		scene_init(&s, 1);
		alarms_init(&alarms);
		pwr->base = rows[i].base;
		pwr->volt = rows[i].volt;
		pwr->soh = rows[i].soh;
		strcpy(pwr->unknown_word, rows[i].unknown);
		step(&s, &alarms, 0);
		check_set(rows[i].legend, i, &alarms.bank_set, &rows[i].level, 1);
	}
}

/* Near full the knees differ: there a spread counts when it has lasted for ten minutes. */
static void test_imbalance_at_the_top(void **state)
{
	static const struct {
		const char *legend;
		int64_t now_ms;
		int32_t high_mv, low_mv, level;
	} steps[] = {
		{ "begins", 0, 3460, 3359, 0 },
		{ "ten minutes less 1 ms", 599999, 3460, 3359, 0 },
		{ "one moment without", 600000, 3460, 3360, 0 },
		{ "begins anew", 600001, 3460, 3359, 0 },
		{ "the old time does not count", 1200000, 3460, 3359, 0 },
		{ "ten minutes", 1200001, 3460, 3359, 1 },
		{ "stays", 1200100, 3460, 3379, 1 },
		{ "released at 80 mV", 1200200, 3460, 3380, 0 },
		{ "begins, wide at once", 1300000, 3600, 3299, 0 },
		{ "wide, ten minutes less 1 ms", 1899999, 3600, 3299, 0 },
		{ "ten minutes", 1900000, 3600, 3299, 2 },
		{ "narrower", 1900100, 3600, 3320, 1 },
		{ "wide again: its own ten minutes", 1900200, 3600, 3299, 1 },
		{ "not yet", 2500199, 3600, 3299, 1 },
		{ "now", 2500200, 3600, 3299, 2 },
		{ "over", 2600000, 3460, 3460, 0 },
		{ "begins", 2600100, 3451, 3350, 0 },
		{ "no longer at the top: at once", 2600200, 3450, 3349, 1 },
		{ "and stays at the top", 2600300, 3500, 3399, 1 },
	};
	struct scene s;
	struct alarms alarms;

	(void)state;
	scene_init(&s, 1);
	alarms_init(&alarms);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		scene_cells(&s, 0, steps[i].low_mv);
		put(&s, 0, CELL_HIGH, steps[i].high_mv);
		step(&s, &alarms, steps[i].now_ms);
		assert_row(steps[i].legend, i, alarms.bank_set.level[ALARM_CELL_IMBALANCE],
		           steps[i].level);
	}
}

/* A spread that is there from the first moment on, in the last of sixteen modules. */
static void test_imbalance_from_the_start(void **state)
{
	struct scene s;
	struct alarms alarms;

	(void)state;
	scene_init(&s, 16);
	alarms_init(&alarms);
	put(&s, 15, CELL_HIGH, 3460);
	for (int64_t now = 0; now < 600000; now += 60000) {
		step(&s, &alarms, now);
		assert_int_equal(alarms.bank_set.level[ALARM_CELL_IMBALANCE], 0);
	}
	step(&s, &alarms, 600000);
	assert_int_equal(alarms.bank_set.level[ALARM_CELL_IMBALANCE], 1);
	assert_int_equal(alarms.module_set[15].level[ALARM_CELL_IMBALANCE], 1);
	assert_int_equal(alarms.module_set[14].level[ALARM_CELL_IMBALANCE], 0);
}

/* The worst module wins in the bank; each keeps its own, and takes it along when it goes. */
static void test_worst_module(void **state)
{
	struct scene s;
	struct alarms alarms;

	(void)state;
	scene_init(&s, 3);
	alarms_init(&alarms);
	put(&s, 0, SOC, 9);
	put(&s, 2, SOC, 4);
	put(&s, 1, TEMP, 50000);
	step(&s, &alarms, 0);
	assert_int_equal(alarms.bank_set.level[ALARM_LOW_SOC], 2);
	assert_int_equal(alarms.bank_set.level[ALARM_HIGH_TEMPERATURE], 1);
	assert_int_equal(alarms.module_set[0].level[ALARM_LOW_SOC], 1);
	assert_int_equal(alarms.module_set[1].level[ALARM_LOW_SOC], 0);
	assert_int_equal(alarms.module_set[2].level[ALARM_LOW_SOC], 2);
	assert_int_equal(alarms.module_set[1].level[ALARM_HIGH_TEMPERATURE], 1);
	alarms_step(&alarms, &s.settings, s.reading, 2, 1, 3, 1000);
	assert_int_equal(alarms.bank_set.level[ALARM_LOW_SOC], 1);
	alarms_step(&alarms, &s.settings, &s.reading[1], 1, 2, 3, 2000);
	assert_int_equal(alarms.bank_set.level[ALARM_LOW_SOC], 0);
	assert_int_equal(alarms.bank_set.level[ALARM_HIGH_TEMPERATURE], 1);
}

/* Hysteresis is each module's own. */
static void test_memories_are_apart(void **state)
{
	struct scene s;
	struct alarms alarms;

	(void)state;
	scene_init(&s, 2);
	alarms_init(&alarms);
	put(&s, 1, CELL_HIGH, 3601);
	step(&s, &alarms, 0);
	put(&s, 0, CELL_HIGH, 3580);
	put(&s, 1, CELL_HIGH, 3580);
	step(&s, &alarms, 1000);
	assert_int_equal(alarms.module_set[0].level[ALARM_HIGH_CELL_VOLTAGE], 0);
	assert_int_equal(alarms.module_set[1].level[ALARM_HIGH_CELL_VOLTAGE], 1);
}

static void test_bms_cable(void **state)
{
	static const struct {
		int count, lost, wanted, level;
	} rows[] = { { 3, 0, 3, 0 }, { 2, 1, 3, 1 }, { 1, 2, 3, 1 }, { 0, 3, 3, 2 }, { 0, 1, 1, 2 },
		     { 1, 0, 1, 0 } };
	struct scene s;
	struct alarms alarms;

	(void)state;
	scene_init(&s, 3);
	alarms_init(&alarms);
	scene_read(&s, 0);
	for (int i = 0; i < COUNT_OF(rows); i++) {
		alarms_step(&alarms, &s.settings, s.reading, rows[i].count, rows[i].lost, rows[i].wanted,
		            i * 1000);
		assert_row("BmsCable", i, alarms.bank_set.level[ALARM_BMS_CABLE], rows[i].level);
		for (int m = 0; m < rows[i].count; m++)
			assert_row("a module's own", i, alarms.module_set[m].level[ALARM_BMS_CABLE], 0);
	}
}

/* The table trips an alarm, but only the module's own values release one. */
static void test_table_only_tightens(void **state)
{
	struct scene s;
	struct alarms alarms;
	struct module *m = &s.rack.module[0];

	(void)state;
	scene_init(&s, 1);
	alarms_init(&alarms);
	m->beyond.cell_high_mv = opt_some(3601);
	m->beyond.temp_low_mc = opt_some(-1);
	step(&s, &alarms, 0);
	assert_int_equal(alarms.bank_set.level[ALARM_HIGH_CELL_VOLTAGE], 1);
	assert_int_equal(alarms.bank_set.level[ALARM_LOW_TEMPERATURE], 1);
	m->beyond.cell_high_mv = opt_some(3400);
	m->beyond.temp_low_mc = opt_some(20000);
	put(&s, 0, CELL_HIGH, 3551);
	put(&s, 0, TEMP, 1999);
	step(&s, &alarms, 1000);
	assert_int_equal(alarms.bank_set.level[ALARM_HIGH_CELL_VOLTAGE], 1);
	assert_int_equal(alarms.bank_set.level[ALARM_LOW_TEMPERATURE], 1);
	put(&s, 0, CELL_HIGH, 3550);
	put(&s, 0, TEMP, 2000);
	step(&s, &alarms, 2000);
	assert_int_equal(alarms.bank_set.level[ALARM_HIGH_CELL_VOLTAGE], 0);
	assert_int_equal(alarms.bank_set.level[ALARM_LOW_TEMPERATURE], 0);
}

/* What is no longer known is withdrawn, not guessed; the failed sense lines have their own alarm. */
static void test_absent_values(void **state)
{
	static const struct level levels[] = { { ALARM_INTERNAL_FAILURE, 2 } };
	struct scene s;
	struct alarms alarms;

	(void)state;
	scene_init(&s, 1);
	alarms_init(&alarms);
	put(&s, 0, CELL_HIGH, 3700);
	put(&s, 0, CELL_LOW, 2700);
	put(&s, 0, MOS, 95000);
	step(&s, &alarms, 0);
	assert_int_equal(alarms.bank_set.level[ALARM_HIGH_CELL_VOLTAGE], 2);
	assert_int_equal(alarms.bank_set.level[ALARM_LOW_CELL_VOLTAGE], 1);
	assert_int_equal(alarms.bank_set.level[ALARM_HIGH_INTERNAL_TEMPERATURE], 2);
	scene_cells(&s, 0, 4095);
	put(&s, 0, PACK, 49500);
	s.rack.module[0].row_ms = RACK_NEVER;
	step(&s, &alarms, 1000);
	check_set("nothing but the sensors", 0, &alarms.bank_set, levels, 1);
}

/* Where only the table knows of a cell it may trip, and its silence withdraws. */
static void test_only_the_table_knows(void **state)
{
	struct scene s;
	struct alarms alarms;
	struct module *m = &s.rack.module[0];

	(void)state;
	scene_init(&s, 1);
	alarms_init(&alarms);
	scene_cells(&s, 0, 4095);
	put(&s, 0, PACK, 49500);
	m->beyond.cell_high_mv = opt_some(3601);
	m->beyond.cell_low_mv = opt_some(2799);
	step(&s, &alarms, 0);
	assert_int_equal(alarms.bank_set.level[ALARM_HIGH_CELL_VOLTAGE], 1);
	assert_int_equal(alarms.bank_set.level[ALARM_LOW_CELL_VOLTAGE], 1);
	m->beyond.cell_high_mv = m->beyond.cell_low_mv = opt_some(3300);
	step(&s, &alarms, 1000);
	assert_int_equal(alarms.bank_set.level[ALARM_HIGH_CELL_VOLTAGE], 1); /* the table releases nothing */
	assert_int_equal(alarms.bank_set.level[ALARM_LOW_CELL_VOLTAGE], 1);
}

static void test_keys(void **state)
{
	static const char *const keys[] = {
		"LowVoltage", "HighVoltage", "LowCellVoltage", "HighCellVoltage", "LowSoc", "CellImbalance",
		"HighChargeCurrent", "HighDischargeCurrent", "HighCurrent", "LowChargeTemperature",
		"HighChargeTemperature", "LowTemperature", "HighTemperature", "HighInternalTemperature",
		"InternalFailure", "StateOfHealth", "BmsCable", "FuseBlown",
	};

	(void)state;
	assert_int_equal(COUNT_OF(keys), ALARMS);
	for (enum alarm a = 0; a < ALARMS; a++)
		assert_string_equal(alarms_key(a), keys[a]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_sixteen_cells),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_combined_bits),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_imbalance_at_the_top),
		cmocka_unit_test(test_imbalance_from_the_start),
		cmocka_unit_test(test_worst_module),
		cmocka_unit_test(test_memories_are_apart),
		cmocka_unit_test(test_bms_cable),
		cmocka_unit_test(test_table_only_tightens),
		cmocka_unit_test(test_absent_values),
		cmocka_unit_test(test_only_the_table_knows),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests_name("alarms", tests, NULL, NULL);
}
