/* Replies on a line that damages bytes: which of them agree, and when one is believed. */
#include "check.h"

#include "core/rack/repeat.h"

static struct reply_pwr a_pwr(int32_t current_ma)
{
	return (struct reply_pwr){
		.voltage_mv = opt_some(49500), .current_ma = opt_some(current_ma), .temp_mc = opt_some(21000),
		.soc_pct = opt_some(64), .total_mah = opt_some(50000), .base = WORD_CHARGE, .volt = WORD_NORMAL,
		.bat_events = { 0, true, "" },
	};
}

static struct reply_bat a_bat(void)
{
	struct reply_bat bat = { .cells = 15 };

	for (int i = 0; i < bat.cells; i++)
		bat.cell[i] = (struct reply_cell){ .mv = opt_some(3331), .temp_mc = opt_some(21000),
			                           .soc_pct = opt_some(64), .mah = opt_some(32000),
			                           .base = WORD_CHARGE, .volt = WORD_NORMAL };
	return bat;
}

/* A digit that one damaged bit or one lost byte makes of a `pwr`: what is believed at once, beside what counts. */
static void test_pwr_members(void **state)
{
	const struct reply_pwr accepted = a_pwr(5000);
	struct {
		const char *legend;
		struct reply_pwr now;
		bool agrees;
	} rows[] = {
		{ "the same", accepted, true },        { "voltage 49550", accepted, true },
		{ "voltage 49551", accepted, false },  { "current 5500", accepted, true },
		{ "current -5000", accepted, false },  { "temperature 21200", accepted, true },
		{ "temperature 2100", accepted, false }, { "63 %", accepted, false },
		{ "total 5000", accepted, false },     { "total absent", accepted, false },
		{ "Idle", accepted, false },           { "an event bit", accepted, false },
		{ "no events", accepted, false },
	};

	(void)state;
	rows[1].now.voltage_mv.value = 49550;
	rows[2].now.voltage_mv.value = 49551;
	rows[3].now.current_ma.value = 5500;
	rows[4].now.current_ma.value = -5000;
	rows[5].now.temp_mc.value = 21200;
	rows[6].now.temp_mc.value = 2100;
	rows[7].now.soc_pct.value = 63;
	rows[8].now.total_mah.value = 5000;
	rows[9].now.total_mah = opt_none();
	rows[10].now.base = WORD_IDLE;
	rows[11].now.bat_events.bits = 2;
	rows[12].now.bat_events.known = false;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct repeat r = { 0 };

		assert_row(rows[i].legend, i, repeat_take(&r, REPEAT_PWR, &accepted, &rows[i].now), rows[i].agrees);
		/* seen twice it is believed, whatever it is */
		assert_row(rows[i].legend, i, repeat_take(&r, REPEAT_PWR, &accepted, &rows[i].now), true);
	}
}

/* Every cell counts, each of its members, and their number. */
static void test_bat_members(void **state)
{
	(void)state;
	for (int i = 0; i < 15; i++) {
		const struct reply_bat accepted = a_bat();
		struct reply_bat now[] = { accepted, accepted, accepted, accepted, accepted };

		now[0].cell[i].mv.value = 3336;
		now[1].cell[i].mv.value = 3337;
		now[2].cell[i].mah.value = 3200;
		now[3].cell[i].volt = WORD_HIGH;
		now[4].cells = 14;
		for (int k = 0; k < COUNT_OF(now); k++) {
			struct repeat r = { 0 };

			assert_row("cell", i * 10 + k, repeat_take(&r, REPEAT_BAT, &accepted, &now[k]), k == 0);
		}
	}
}

/* `getpwr` is compared with the last one: its pack, and its cells as those of a `bat`. */
static void test_getpwr(void **state)
{
	struct reply_getpwr now = { .voltage_mv = opt_some(49965), .temp_mc = opt_some(21000), .bat = a_bat() };
	struct repeat r = { 0 };

	(void)state;
	assert_false(repeat_take(&r, REPEAT_GETPWR, NULL, &now));
	assert_true(repeat_take(&r, REPEAT_GETPWR, NULL, &now));
	now.bat.cell[14].mv.value = 3231;
	assert_false(repeat_take(&r, REPEAT_GETPWR, NULL, &now));
	assert_true(repeat_take(&r, REPEAT_GETPWR, NULL, &now));
	now.temp_mc.value = 2100;
	assert_false(repeat_take(&r, REPEAT_GETPWR, NULL, &now));
}

static void test_text_and_stack(void **state)
{
	struct reply_info info = { .barcode = "PX1", .cells = opt_some(15), .max_charge_ma = opt_some(102000) };
	struct reply_pwrsys pwrsys = { .charge_ma = opt_some(20000) };
	struct repeat r = { 0 };

	(void)state;
	assert_false(repeat_take(&r, REPEAT_INFO, NULL, &info));
	assert_true(repeat_take(&r, REPEAT_INFO, NULL, &info));
	info.barcode[2] = '3';
	assert_false(repeat_take(&r, REPEAT_INFO, NULL, &info));
	assert_false(repeat_take(&r, REPEAT_PWRSYS, NULL, &pwrsys));
	pwrsys.charge_ma.value = 2000;
	assert_false(repeat_take(&r, REPEAT_PWRSYS, NULL, &pwrsys));
	assert_true(repeat_take(&r, REPEAT_PWRSYS, NULL, &pwrsys));
}

/* A current that is another one in every reply is believed the third time, but not one with a digit too many; a
 * temperature never is. */
static void test_what_moves(void **state)
{
	static const bool believed[] = { false, false, true, false, false, true };
	static const struct {
		int32_t current_ma;
		bool believed;
	} steps[] = {
		{ -4070, false }, { -8000, false }, { -44070, false }, { -49071, false }, { -54071, true },
		{ -1000, false }, { -8000, false }, { 5000, true },
	};
	const struct reply_pwr accepted = a_pwr(0);
	struct repeat r = { 0 };

	(void)state;
	for (int i = 0; i < COUNT_OF(believed); i++) {
		struct reply_pwr now = a_pwr(1000 * (i + 1));

		assert_row("moving", i, repeat_take(&r, REPEAT_PWR, &accepted, &now), believed[i]);
	}
	memset(&r, 0, sizeof r);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		struct reply_pwr now = a_pwr(steps[i].current_ma);

		assert_row("step", i, repeat_take(&r, REPEAT_PWR, &accepted, &now), steps[i].believed);
	}
	memset(&r, 0, sizeof r);
	for (int i = 0; i < 20; i++) {
		struct reply_pwr now = a_pwr(0);

		now.temp_mc.value = 22000 + 300 * i;
		assert_row("jumping", i, repeat_take(&r, REPEAT_PWR, &accepted, &now), false);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pwr_members),
		cmocka_unit_test(test_bat_members),
		cmocka_unit_test(test_getpwr),
		cmocka_unit_test(test_text_and_stack),
		cmocka_unit_test(test_what_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
