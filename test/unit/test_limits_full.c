/* The full-charge rule: when it begins, what it does to the charge voltage, how it ends. */
#include "check.h"
#include "scene.h"

#include "core/output/bank.h"

#define DAYS_S (14 * 86400)
#define HOUR 3600000

struct full {
	struct scene scene;
	struct limits limits;
	int64_t since_s, now_ms;
};

/* A stack that floats: 96 % at 3.40 V a cell. */
static void full_init(struct full *t, int modules)
{
	memset(t, 0, sizeof *t);
	scene_init(&t->scene, modules);
	limits_init(&t->limits);
	for (int i = 0; i < modules; i++) {
		t->scene.rack.module[i].pwr.soc_pct = opt_some(96);
		scene_cells(&t->scene, i, 3400);
	}
}

static void put_pack(struct full *t, int32_t mv)
{
	for (int i = 0; i < t->scene.modules; i++)
		t->scene.rack.module[i].pwr.voltage_mv = opt_some(mv);
}

static void put_word(struct full *t, int module, enum word word)
{
	t->scene.rack.module[module].pwr.coulomb = word;
}

static void step(struct full *t, int64_t ms)
{
	struct scene *s = &t->scene;

	t->now_ms += ms;
	scene_read(s, t->now_ms);
	bank_subject(&s->rack, &s->settings, s->reading, s->modules, &s->bank);
	s->bank.since_full_s = t->since_s;
	limits_step(&t->limits, &s->settings, s->reading, s->modules, &s->bank, t->now_ms);
}

static void expect(const struct full *t, const char *mode, int32_t cvl_mv)
{
	assert_string_equal(t->limits.bank_set.mode, mode);
	assert_int_equal(t->limits.bank_set.limit[LIMIT_CVL], cvl_mv);
}

static bool charged(const struct full *t)
{
	return t->limits.memory.bank.full_charged;
}

/* To the second of the day; the stage gives way, its topic of a module alone does not. */
static void test_begins(void **state)
{
	struct full t;

	(void)state;
	full_init(&t, 2);
	t.since_s = DAYS_S - 1;
	step(&t, 0);
	expect(&t, "Float", 51000);
	t.since_s = DAYS_S;
	step(&t, 1000);
	expect(&t, "Full charge", 52500);
	assert_string_equal(t.limits.bank_set.reason[LIMIT_CVL].rule, "Full charge");
	assert_string_equal(t.limits.module_set[0].mode, "Float");
	assert_int_equal(t.limits.module_set[0].limit[LIMIT_CVL], 51000);
	t.since_s = 0; /* nothing but its end ends it */
	step(&t, 1000);
	expect(&t, "Full charge", 52500);
	assert_false(charged(&t));
}

/* The last word of a battery that is lost does not end it: nobody knows whether it still holds. */
static void test_lost(void **state)
{
	static const int32_t published[LIMIT_KINDS] = { 52500, 80000, 100000 };
	struct full t;

	(void)state;
	full_init(&t, 2);
	t.since_s = DAYS_S;
	step(&t, 0);
	t.scene.bank.full = true;
	limits_step_lost(&t.limits, &t.scene.settings, &t.scene.bank, published, t.now_ms + 1000);
	assert_true(t.limits.memory.bank.full_charge);
	assert_false(charged(&t));
}

static void test_never(void **state)
{
	struct full t;

	(void)state;
	full_init(&t, 1);
	t.scene.settings.protection.full_charge_days = 0;
	t.since_s = INT64_C(100) * 365 * 86400;
	step(&t, 0);
	expect(&t, "Float", 51000);
	put_word(&t, 0, WORD_FULL); /* is told all the same */
	step(&t, 1000);
	assert_true(charged(&t));
	/* switched off while one is under way */
	full_init(&t, 1);
	t.since_s = DAYS_S;
	step(&t, 0);
	expect(&t, "Full charge", 52500);
	t.scene.settings.protection.full_charge_days = 0;
	step(&t, 1000);
	expect(&t, "Float", 51000);
}

/* Every module's word ends it, one that is missing does not. 100 % is no word. */
static void test_full_of_all(void **state)
{
	static const struct {
		enum word first, second;
		bool full;
	} rows[] = {
		{ WORD_NONE, WORD_NONE, false }, { WORD_FULL, WORD_NORMAL, false }, { WORD_NORMAL, WORD_FULL, false },
		{ WORD_FULL, WORD_NONE, false }, { WORD_FULL, WORD_FULL, true },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct full t;

		full_init(&t, 2);
		for (int m = 0; m < 2; m++)
			t.scene.rack.module[m].pwr.soc_pct = opt_some(100);
		t.since_s = DAYS_S;
		step(&t, 0);
		put_word(&t, 0, rows[i].first);
		put_word(&t, 1, rows[i].second);
		step(&t, 1000);
		assert_row("charged", i, charged(&t), rows[i].full);
		expect(&t, rows[i].full ? "Float" : "Full charge", rows[i].full ? 51000 : 52500);
		t.since_s = 0;
		put_word(&t, 0, WORD_NORMAL);
		step(&t, 1000);
		assert_row("begins anew", i, charged(&t), false);
		expect(&t, rows[i].full ? "Float" : "Full charge", rows[i].full ? 51000 : 52500);
	}
}

/* Full already when it becomes due: it does not begin. */
static void test_full_at_its_begin(void **state)
{
	struct full t;

	(void)state;
	full_init(&t, 1);
	put_word(&t, 0, WORD_FULL);
	t.since_s = DAYS_S;
	step(&t, 0);
	expect(&t, "Float", 51000);
	assert_true(charged(&t));
}

/* Two hours in all at 52.0 V: to the millivolt and the millisecond, clouds between do not count and do not matter. */
static void test_hours(void **state)
{
	static const struct {
		int32_t pack_mv; /* at the end of the step */
		int64_t ms;
		const char *mode;
	} rows[] = {
		{ 51999, 3 * HOUR, "Full charge" },
		{ 52000, 3 * HOUR, "Full charge" },
		{ 52000, HOUR, "Full charge" },     /* 1 h */
		{ 51999, 3 * HOUR, "Full charge" },
		{ 52400, 3 * HOUR, "Full charge" },
		{ 52000, HOUR - 1, "Full charge" }, /* 1 ms is missing */
		{ 52000, 1, "Float" },
		{ 52000, 3 * HOUR, "Float" },       /* the days begin anew */
	};
	struct full t;

	(void)state;
	full_init(&t, 2);
	t.since_s = DAYS_S;
	put_pack(&t, 52400);
	step(&t, 0);
	put_pack(&t, 51999);
	for (int i = 0; i < COUNT_OF(rows); i++) {
		put_pack(&t, rows[i].pack_mv);
		step(&t, rows[i].ms);
		assert_string_equal(t.limits.bank_set.mode, rows[i].mode);
		assert_row("charged", i, charged(&t), i == 6);
		t.since_s = i >= 6 ? 0 : DAYS_S;
	}
	/* the next one needs its own two hours */
	t.since_s = DAYS_S;
	step(&t, 0);
	step(&t, 2 * HOUR - 1);
	expect(&t, "Full charge", 52500);
	step(&t, 1);
	expect(&t, "Float", 51000);
}

/* Blocked charge comes first, and its time does not count. */
static void test_blocked(void **state)
{
	struct full t;

	(void)state;
	full_init(&t, 1);
	t.since_s = DAYS_S;
	put_pack(&t, 52000);
	step(&t, 0);
	t.scene.rack.module[0].pwr.temp_mc = opt_some(-1000);
	step(&t, 1000);
	expect(&t, "Blocked", 51000);
	step(&t, 3 * HOUR);
	t.scene.rack.module[0].pwr.temp_mc = opt_some(20000);
	step(&t, 1000);
	expect(&t, "Full charge", 52500);
	step(&t, 2 * HOUR - 1);
	assert_false(charged(&t));
	step(&t, 1);
	assert_true(charged(&t));
}

/* Everything that lowers the charge voltage still does. */
static void test_others_win(void **state)
{
	struct full t;
	struct reply_pwrsys *wish = &t.scene.rack.pwrsys;

	(void)state;
	full_init(&t, 2);
	t.since_s = DAYS_S;
	scene_cells(&t.scene, 0, 3470); /* 50 mV of room each, above the mean of the packs */
	step(&t, 0);
	expect(&t, "Full charge", 52500);
	t.scene.rack.module[0].bat.cell[4].mv = opt_some(3510);
	step(&t, 1000);
	expect(&t, "Full charge", 52050 + 15 * 10);
	t.scene.rack.module[0].bat.cell[4].mv = opt_some(3470);
	t.scene.rack.pwrsys_ms = 0;
	wish->charge_mv = opt_some(51700);
	step(&t, 1000);
	expect(&t, "Full charge", 51700);
	wish->charge_mv = opt_none();
	t.scene.settings.battery.max_charge_voltage_mv = 51500;
	step(&t, 1000);
	expect(&t, "Full charge", 51500);
}

/* A missing module holds the others at float; their word still counts. */
static void test_lost_module(void **state)
{
	struct full t;

	(void)state;
	full_init(&t, 2);
	t.since_s = DAYS_S;
	step(&t, 0);
	t.scene.rack.module[1].state = MODULE_LOST;
	t.scene.modules = 1;
	step(&t, 1000);
	expect(&t, "Full charge", 51000);
	assert_string_equal(t.limits.bank_set.reason[LIMIT_CVL].rule, "Lost module");
	put_word(&t, 0, WORD_FULL);
	step(&t, 1000);
	assert_true(charged(&t));
}

/* All lost: nobody says that it is full, and no time counts. */
static void test_lost_battery(void **state)
{
	const int32_t published[LIMIT_KINDS] = { 52500, 40000, 50000 };
	struct full t;

	(void)state;
	full_init(&t, 1);
	t.since_s = DAYS_S;
	put_pack(&t, 52000);
	step(&t, 0);
	step(&t, HOUR);
	t.scene.bank.full = true;
	limits_step_lost(&t.limits, &t.scene.settings, &t.scene.bank, published, t.now_ms + HOUR);
	expect(&t, "Blocked", 51000);
	assert_false(charged(&t));
	step(&t, 5 * HOUR);
	step(&t, HOUR - 1);
	assert_false(charged(&t));
	step(&t, 1);
	assert_true(charged(&t));
}

/* What the document says of it. */
static void test_mode(void **state)
{
	struct bank_reasons reasons = { .charge_voltage = "" };
	struct alarms alarms;
	struct figures f;
	struct full t;

	(void)state;
	full_init(&t, 1);
	alarms_init(&alarms);
	t.since_s = DAYS_S;
	step(&t, 0);
	bank_figures(&t.scene.rack, &t.scene.settings, t.scene.reading, 1, 0, &t.limits, &t.limits.bank_set, &alarms,
	             &f);
	assert_string_equal(f.mode, "Full charge");
	bank_reasons(&t.limits.bank_set, &reasons);
	assert_string_equal(reasons.charge_voltage, "Full charge");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begins),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_full_of_all),
		cmocka_unit_test(test_full_at_its_begin),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_blocked),
		cmocka_unit_test(test_others_win),
		cmocka_unit_test(test_lost_module),
		cmocka_unit_test(test_lost_battery),
		cmocka_unit_test(test_mode),
	};

	return cmocka_run_group_tests_name("limits_full", tests, NULL, NULL);
}
