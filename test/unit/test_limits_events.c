/* What the BMS reports and what must say the same before a bit blocks discharge (protection.md, "Unproven event bits"). */
#include "check.h"
#include "scene.h"

static void put_cell(struct scene *s, int32_t mv)
{
	s->rack.module[0].bat.cell[13].mv = opt_some(mv);
}

static void put_pack(struct scene *s, int32_t mv)
{
	s->rack.module[0].pwr.voltage_mv = opt_some(mv);
}

static void put_temp(struct scene *s, int32_t temp_mc)
{
	s->rack.module[0].bat.cell[2].temp_mc = opt_some(temp_mc);
}

/* Which bits block what, and what a witness is for discharge. */
static void test_events(void **state)
{
	static const struct {
		const char *legend;
		uint32_t bat, power, fault;
		const char *names;
		enum word base, volt, temp;
		bool charge, discharge;
	} rows[] = {
		{ "nothing", 0, 0, 0, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 0, 0 },
		{ "high voltage", 2, 2, 0, "BHV", WORD_CHARGE, WORD_HIGH, WORD_NORMAL, 0, 0 },
		{ "cell over-voltage", 1, 0, 0, "", WORD_CHARGE, WORD_NORMAL, WORD_NORMAL, 1, 0 },
		{ "pack over-voltage", 0, 1, 0, "", WORD_CHARGE, WORD_NORMAL, WORD_NORMAL, 1, 0 },
		{ "charge over-current 2", 0x40000, 0, 0, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 1, 0 },
		{ "charge over-current", 0, 0x100000, 0, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 1, 0 },
		{ "heat, alone", 0x100, 0, 0, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 1, 0 },
		{ "heat, word", 0x100, 0, 0, "", WORD_IDLE, WORD_NORMAL, WORD_HIGH, 1, 1 },
		{ "heat, name", 0, 0x100, 0, "POT", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 1, 1 },
		{ "under-voltage, alone", 0x10, 0, 0, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 0, 0 },
		{ "under-voltage, word", 0x10, 0, 0, "", WORD_IDLE, WORD_LOW, WORD_NORMAL, 0, 1 },
		{ "under-voltage, name", 0x10, 0, 0, "BUV", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 0, 1 },
		{ "short circuit, alone", 0, 0x10000, 0, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 0, 0 },
		{ "short circuit, name", 0, 0x10000, 0, "SC", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 0, 1 },
		{ "system error bit", 0x10000000, 0, 0, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 1, 0 },
		{ "system error word", 0, 0, 0, "", WORD_SYSERROR, WORD_NORMAL, WORD_NORMAL, 1, 1 },
		{ "charge FET", 0, 0, 0x400, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 1, 0 },
		{ "voltage sensing", 0, 0, 0x40, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 1, 0 },
		{ "current sensing", 0, 0, 0x4, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 1, 0 },
		{ "discharge FET, alone", 0, 0, 0x800, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 0, 0 },
		{ "over-voltage, name", 0x1, 0, 0, "BOV", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 1, 0 },
		{ "charge over-current, name", 0, 0x100000, 0, "COC", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 1,
		  0 },
		{ "name of another bit", 0x10, 0, 0, "BOT", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 0, 0 },
		{ "information", 0x200000, 0x2004, 0, "", WORD_IDLE, WORD_NORMAL, WORD_NORMAL, 0, 0 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		struct limits limits;
		struct reply_pwr *pwr = &s.rack.module[0].pwr;

		scene_init(&s, 1);
		limits_init(&limits);
		pwr->bat_events.bits = rows[i].bat;
		pwr->power_events.bits = rows[i].power;
		pwr->system_fault.bits = rows[i].fault;
		strcpy(pwr->bat_events.names, rows[i].bat ? rows[i].names : "");
		strcpy(pwr->power_events.names, rows[i].power ? rows[i].names : "");
		pwr->base = rows[i].base;
		pwr->volt = rows[i].volt;
		pwr->temp = rows[i].temp;
		scene_step(&s, &limits, 0);
		assert_row(rows[i].legend, i, limits.bank_set.charge_blocked, rows[i].charge);
		assert_row(rows[i].legend, i, limits.bank_set.discharge_blocked, rows[i].discharge);
	}
}

/* Measured values are witnesses too. */
static void test_events_measured(void **state)
{
	static const struct {
		uint32_t bits;
		void (*put)(struct scene *s, int32_t value);
		int32_t on, beyond;
	} rows[] = {
		{ 0x10, put_cell, 2800, 2799 }, { 0x10, put_pack, 45000, 44999 }, { 0x100, put_temp, 50000, 50001 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		struct limits limits;

		scene_init(&s, 1);
		limits_init(&limits);
		s.rack.module[0].pwr.power_events.bits = rows[i].bits;
		rows[i].put(&s, rows[i].on);
		scene_step(&s, &limits, 0);
		assert_row("on", i, limits.bank_set.discharge_blocked, false);
		rows[i].put(&s, rows[i].beyond);
		scene_step(&s, &limits, 1000);
		assert_row("beyond", i, limits.bank_set.discharge_blocked, true);
	}
}

/* So are the state words of single cells. */
static void test_events_and_words_of_cells(void **state)
{
	static const struct {
		uint32_t bits;
		enum word volt, temp;
		bool blocked;
	} rows[] = {
		{ 0x10, WORD_HIGH, WORD_LOW, 0 }, { 0x10, WORD_LOW, WORD_HIGH, 1 }, { 0, WORD_LOW, WORD_HIGH, 0 },
		{ 0x100, WORD_LOW, WORD_LOW, 0 }, { 0x100, WORD_HIGH, WORD_HIGH, 1 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		struct limits limits;

		scene_init(&s, 1);
		limits_init(&limits);
		s.rack.module[0].pwr.bat_events.bits = rows[i].bits;
		s.rack.module[0].bat.cell[3].volt = rows[i].volt;
		s.rack.module[0].bat.cell[9].temp = rows[i].temp;
		scene_step(&s, &limits, 0);
		assert_row("words", i, limits.bank_set.discharge_blocked, rows[i].blocked);
	}
}

/* Discharge over-current halves the current for 60 s after it was last seen. */
static void test_over_current(void **state)
{
	static const struct {
		int64_t now_ms;
		uint32_t bits;
		int32_t dcl;
	} steps[] = {
		{ 0, 0, 50000 },         { 1000, 0x80000, 25000 },  { 50000, 0x20000, 25000 },
		{ 109999, 0, 25000 },    { 110000, 0, 50000 },
	};
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 1);
	limits_init(&limits);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		s.rack.module[0].pwr.power_events.bits = steps[i].bits;
		scene_step(&s, &limits, steps[i].now_ms);
		assert_row("over-current", i, limits.bank_set.limit[LIMIT_DCL], steps[i].dcl);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_events_measured),
		cmocka_unit_test(test_events_and_words_of_cells),
		cmocka_unit_test(test_over_current),
	};

	return cmocka_run_group_tests_name("limits_events", tests, NULL, NULL);
}
