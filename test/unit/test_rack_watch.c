/* The rack watches its modules: frozen ones, failed ones, jumps, and those that go together. */
#include "check.h"
#include "scene.h"

/* Identical to the byte for 60 s and 5 passes while more than 2 A flow: the console hangs. */
static void test_frozen(void **state)
{
	static const struct {
		const char *legend;
		int32_t current_ma;
		int passes;
		int64_t for_ms;
		bool frozen;
	} rows[] = {
		{ "all of it", 2001, 5, 60000, true },   { "discharging", -2001, 5, 60000, true },
		{ "at rest", 2000, 5, 60000, false },    { "at rest", -2000, 50, 600000, false },
		{ "four passes", 5000, 4, 60000, false }, { "too short", 5000, 50, 59999, false },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		struct module *m = &s.rack.module[0];

		scene_init(&s, 1);
		m->pwr.current_ma = opt_some(rows[i].current_ma);
		for (int pass = 0; pass <= rows[i].passes; pass++) {
			rack_note_bytes(m, RACK_PWR, "pwr", 1000 + pass);
			rack_note_bytes(m, RACK_BAT, "bat", 1000 + pass);
		}
		scene_read(&s, 1000 + rows[i].for_ms);
		assert_row(rows[i].legend, i, rack_frozen(m, &s.settings.protection, 1000 + rows[i].for_ms),
		           rows[i].frozen);
		assert_row(rows[i].legend, i, rack_age(&s.rack, &s.settings, 1000 + rows[i].for_ms),
		           rows[i].frozen);
		assert_row(rows[i].legend, i, m->state, rows[i].frozen ? MODULE_LOST : MODULE_ONLINE);
		rack_note_bytes(m, (enum rack_reply)(i % 3), "another", 1000 + rows[i].for_ms); /* one byte moves: it lives */
		(void)rack_age(&s.rack, &s.settings, 1000 + rows[i].for_ms);
		assert_row(rows[i].legend, i, m->state, MODULE_ONLINE);
	}
}

enum part { CELL_LOW, CELL_HIGH, TEMP_LOW, TEMP_HIGH, SOC_PART };

/* More than 0.30 V a cell, 5 C or 10 points, either way. */
static void test_jumped(void **state)
{
	static const struct {
		enum part part;
		int32_t before, most;
	} rows[] = { { CELL_LOW, 3300, 300 }, { CELL_HIGH, 3300, 300 }, { TEMP_LOW, 20000, 5000 },
		     { TEMP_HIGH, 20000, 5000 }, { SOC_PART, 50, 10 } };
	struct scene s;
	struct rack_reading now;

	(void)state;
	scene_init(&s, 1);
	scene_read(&s, 0);
	for (int i = 0; i < COUNT_OF(rows); i++) {
		for (int by = -rows[i].most - 1; by <= rows[i].most + 1; by += rows[i].most / 10) {
			int32_t *const parts[] = {
				[CELL_LOW] = &now.cell_low.value.value, [CELL_HIGH] = &now.cell_high.value.value,
				[TEMP_LOW] = &now.temp_low.value.value, [TEMP_HIGH] = &now.temp_high.value.value,
				[SOC_PART] = &now.soc_pct,
			};

			now = s.reading[0];
			*parts[rows[i].part] = rows[i].before + by;
			assert_row("jumped", i, rack_jumped(&s.reading[0], &now, &s.settings.protection),
			           by < -rows[i].most || by > rows[i].most);
			*parts[rows[i].part] = rows[i].before + (by < 0 ? -rows[i].most : rows[i].most);
			assert_false(rack_jumped(&s.reading[0], &now, &s.settings.protection));
		}
		now = s.reading[0];
	}
	now.failed_cells = 1;
	assert_true(rack_jumped(&s.reading[0], &now, &s.settings.protection));
	now = s.reading[0];
	now.cell_low.value = opt_none();
	assert_true(rack_jumped(&s.reading[0], &now, &s.settings.protection));
	assert_true(rack_jumped(&now, &s.reading[0], &s.settings.protection));
	assert_false(rack_jumped(&now, &now, &s.settings.protection));
}

static void age(struct scene *s, int64_t now_ms, uint32_t changed)
{
	s->rack.module[0].pwr_ms = s->rack.module[0].bat_ms = now_ms;
	assert_int_equal(rack_age(&s->rack, &s->settings, now_ms), changed);
}

/* SysError or a failed sense line, and less than 0.5 A, for 60 s: it leaves the bank until either ends. */
static void test_failed_module(void **state)
{
	struct scene s;
	struct module *m = &s.rack.module[0];

	(void)state;
	for (int what = 0; what < 3; what++) {
		scene_init(&s, 1);
		if (what == 0)
			m->pwr.base = WORD_SYSERROR;
		else
			m->bat.cell[3].mv = what == 1 ? opt_some(4095) : opt_none();
		m->pwr.current_ma = opt_some(what ? 499 : -499);
		age(&s, 1000, 0);
		age(&s, 60999, 0);
		assert_int_equal(rack_sound(&s.rack), 1);
		age(&s, 61000, 1);
		assert_true(m->failed);
		assert_int_equal(rack_sound(&s.rack), 0);
		assert_int_equal(rack_count(&s.rack, MODULE_ONLINE), 1);
		m->pwr.current_ma = opt_some(500); /* it carries again */
		age(&s, 62000, 1);
		assert_false(m->failed);
		m->pwr.current_ma = opt_some(0);
		age(&s, 63000, 0);
		age(&s, 122999, 0);
		m->pwr.base = WORD_IDLE; /* the fault ends */
		m->bat.cell[3].mv = opt_some(3300);
		age(&s, 123000, 0);
		m->pwr.base = WORD_SYSERROR;
		age(&s, 123001, 0);
		age(&s, 183000, 0);
		age(&s, 183001, 1);
	}
	assert_int_equal(rack_age(&s.rack, &s.settings, 300000), 1); /* lost: it has failed all the same, */
	assert_true(m->failed);
	age(&s, 400000, 1); /* and has still when it answers, */
	assert_true(m->failed && m->state == MODULE_ONLINE);
	m->pwr.base = WORD_IDLE; /* until it shows that it has not */
	age(&s, 400001, 1);
	assert_false(m->failed);
}

/* When one goes, those that are nearly as old go with it; the others stay. */
static void test_going_together(void **state)
{
	static const struct {
		int64_t younger_by_ms;
		uint32_t changed;
	} rows[] = { { 0, 3 }, { 500, 3 }, { 1000, 3 }, { 1001, 1 }, { 5000, 1 } };

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;

		scene_init(&s, 2);
		s.rack.module[1].pwr_ms = s.rack.module[1].bat_ms = rows[i].younger_by_ms;
		assert_int_equal(rack_age(&s.rack, &s.settings, 14999), 0);
		assert_row("together", i, rack_age(&s.rack, &s.settings, 15000), rows[i].changed);
	}
}

/* A module that was lost by age comes back by a younger reply only: a longer pass of the others, and with it a
 * longer patience, is none. */
static void test_patience_grows(void **state)
{
	struct scene s;
	struct module *m = &s.rack.module[0];

	(void)state;
	scene_init(&s, 1);
	assert_int_equal(rack_age(&s.rack, &s.settings, 15000), 1);
	assert_int_equal(m->state, MODULE_LOST);
	s.rack.last_good_pass_ms = 10000;
	assert_int_equal(rack_age(&s.rack, &s.settings, 16000), 0);
	assert_int_equal(m->state, MODULE_LOST);
	m->pwr_ms = 16000;
	assert_int_equal(rack_age(&s.rack, &s.settings, 16000), 0);
	m->bat_ms = 16500;
	assert_int_equal(rack_age(&s.rack, &s.settings, 16500), 1);
	assert_int_equal(m->state, MODULE_ONLINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_patience_grows),
		cmocka_unit_test(test_jumped),
		cmocka_unit_test(test_failed_module),
		cmocka_unit_test(test_going_together),
	};

	return cmocka_run_group_tests_name("rack, watch", tests, NULL, NULL);
}
