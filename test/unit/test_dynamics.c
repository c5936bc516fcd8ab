/* Dynamics: stricter at once, looser after the hold and along the ramp; N; what is shown meanwhile. */
#include "check.h"
#include "members.h"

#include "core/protection/dynamics.h"

struct point {
	int64_t now_ms;
	int32_t target, published;
	int modules; /* 0: as before */
};

static const struct walk {
	const char *legend;
	enum limits_kind kind;
	const char *hold, *ampere, *volt; /* NULL: the default */
	struct point point[10];
	int points;
} walks[] = {
	{ "the first applies at once", LIMIT_CCL, NULL, NULL, NULL,
	  { { 5000, 40000, 40000, 1 }, { 5000, 10000, 10000, 0 } }, 2 },
	{ "stricter at once, each time", LIMIT_DCL, NULL, NULL, NULL,
	  { { 0, 50000, 50000, 1 }, { 1, 49999, 49999, 0 }, { 2, 0, 0, 0 } }, 3 },
	{ "held for 30 s, then 5 A/s", LIMIT_CCL, NULL, NULL, NULL,
	  { { 0, 40000, 40000, 1 }, { 1000, 10000, 10000, 0 }, { 2000, 40000, 10000, 0 },
	    { 30999, 40000, 10000, 0 }, { 31000, 40000, 10000, 0 }, { 31099, 40000, 10000, 0 },
	    { 31100, 40000, 10500, 0 }, { 32099, 40000, 15000, 0 }, { 36999, 40000, 39500, 0 },
	    { 37000, 40000, 40000, 0 } }, 10 },
	{ "one look after hold and ramp", LIMIT_CCL, NULL, NULL, NULL,
	  { { 0, 40000, 40000, 1 }, { 1000, 10000, 10000, 0 }, { 33000, 40000, 20000, 0 },
	    { 90000, 40000, 40000, 0 } }, 4 },
	{ "0.05 V/s for the voltage, whatever N", LIMIT_CVL, NULL, NULL, NULL,
	  { { 0, 52500, 52500, 4 }, { 0, 52000, 52000, 0 }, { 30000, 52500, 52000, 0 },
	    { 30100, 52500, 52005, 0 }, { 39999, 52500, 52495, 0 }, { 40000, 52500, 52500, 0 } }, 6 },
	{ "5 A/s for each module", LIMIT_DCL, NULL, NULL, NULL,
	  { { 0, 200000, 200000, 4 }, { 0, 0, 0, 0 }, { 30000, 200000, 0, 0 }, { 31000, 200000, 20000, 0 },
	    { 39999, 200000, 198000, 0 }, { 40000, 200000, 200000, 0 } }, 6 },
	{ "every dip holds anew", LIMIT_CCL, NULL, NULL, NULL,
	  { { 0, 40000, 40000, 1 }, { 0, 10000, 10000, 0 }, { 29000, 40000, 10000, 0 },
	    { 29500, 9000, 9000, 0 }, { 59499, 40000, 9000, 0 }, { 59500, 40000, 9000, 0 },
	    { 60500, 40000, 14000, 0 } }, 7 },
	{ "a dip on the way up", LIMIT_CCL, NULL, NULL, NULL,
	  { { 0, 40000, 40000, 1 }, { 0, 10000, 10000, 0 }, { 32000, 40000, 20000, 0 },
	    { 32100, 19999, 19999, 0 }, { 62099, 40000, 19999, 0 }, { 62200, 40000, 20499, 0 } }, 6 },
	{ "a target that is met is no dip", LIMIT_CCL, NULL, NULL, NULL,
	  { { 0, 40000, 40000, 1 }, { 0, 10000, 10000, 0 }, { 40000, 10000, 10000, 0 },
	    { 41000, 40000, 15000, 0 } }, 4 },
	{ "no hold before the first, but the ramp", LIMIT_CCL, NULL, NULL, NULL,
	  { { 0, 10000, 10000, 1 }, { 1000, 40000, 15000, 0 }, { 1099, 40000, 15000, 0 },
	    { 1100, 40000, 15500, 0 } }, 4 },
	{ "a change of N holds", LIMIT_CCL, NULL, NULL, NULL,
	  { { 0, 80000, 80000, 2 }, { 100000, 40000, 40000, 1 }, { 140000, 40000, 40000, 0 },
	    { 200000, 80000, 40000, 2 }, { 229999, 80000, 40000, 0 }, { 230000, 80000, 40000, 0 },
	    { 230100, 80000, 41000, 0 } }, 7 },
	{ "N up alone holds what was about to rise", LIMIT_DCL, NULL, NULL, NULL,
	  { { 0, 50000, 50000, 1 }, { 1000, 100000, 50000, 2 }, { 30999, 100000, 50000, 0 },
	    { 31100, 100000, 51000, 0 } }, 4 },
	{ "no hold", LIMIT_CCL, "0", NULL, NULL,
	  { { 0, 40000, 40000, 1 }, { 1000, 10000, 10000, 0 }, { 1099, 40000, 10000, 0 },
	    { 1100, 40000, 10500, 0 } }, 4 },
	{ "no ramp", LIMIT_CCL, NULL, "0", NULL,
	  { { 0, 40000, 40000, 1 }, { 1000, 10000, 10000, 0 }, { 30999, 40000, 10000, 0 },
	    { 31000, 40000, 40000, 0 } }, 4 },
	{ "no ramp of the voltage", LIMIT_CVL, NULL, NULL, "0",
	  { { 0, 52500, 52500, 1 }, { 1000, 51000, 51000, 0 }, { 31000, 52500, 52500, 0 } }, 3 },
	{ "neither", LIMIT_DCL, "0", "0", NULL,
	  { { 0, 50000, 50000, 1 }, { 1000, 0, 0, 0 }, { 1000, 50000, 50000, 0 } }, 3 },
	{ "a ramp of 5 mV/s arrives, looked at every 100 ms", LIMIT_CVL, "0", NULL, "0.005",
	  { { 0, 51000, 51000, 1 }, { 100, 52500, 51000, 0 }, { 200, 52500, 51001, 0 },
	    { 300, 52500, 51001, 0 }, { 399, 52500, 51001, 0 }, { 400, 52500, 51002, 0 } }, 6 },
	{ "a target nearer than the next step of the ramp", LIMIT_CCL, "0", NULL, NULL,
	  { { 0, 10000, 10000, 1 }, { 100, 10499, 10499, 0 }, { 200, 10500, 10500, 0 } }, 3 },
};

static void set(struct settings *s, const char *key, const char *value)
{
	if (value != NULL)
		assert_true(member_set(s, "protection", key, value));
}

static void test_walks(void **state)
{
	(void)state;
	for (int w = 0; w < COUNT_OF(walks); w++) {
		struct settings settings;
		struct dynamics d = { 0 };
		int modules = 0;

		settings_defaults(&settings);
		set(&settings, "recovery_hold_s", walks[w].hold);
		set(&settings, "recovery_current_a_s", walks[w].ampere);
		set(&settings, "recovery_voltage_v_s", walks[w].volt);
		for (int i = 0; i < walks[w].points; i++) {
			const struct point *p = &walks[w].point[i];
			int32_t target[LIMIT_KINDS] = { 100, 100, 100 };

			target[walks[w].kind] = p->target;
			modules = p->modules ? p->modules : modules;
			dynamics_step(&d, &settings, target, modules, p->now_ms);
			assert_row(walks[w].legend, i, d.published[walks[w].kind], p->published);
			for (enum limits_kind k = 0; k < LIMIT_KINDS; k++)
				if (k != walks[w].kind)
					assert_row("the others stay", i, d.published[k], 100);
		}
	}
}

/* The published value is never ahead of the ramp, however often one looks. */
static void test_pace(void **state)
{
	static const int paces_ms[] = { 1, 7, 99, 100, 101, 250, 999, 1000, 2500 };

	(void)state;
	for (int i = 0; i < COUNT_OF(paces_ms); i++) {
		struct settings settings;
		struct dynamics d = { 0 };
		int32_t low[LIMIT_KINDS] = { 51000, 0, 0 }, high[LIMIT_KINDS] = { 52500, 80000, 100000 };

		settings_defaults(&settings);
		dynamics_step(&d, &settings, high, 2, 0);
		dynamics_step(&d, &settings, low, 2, 0);
		for (int64_t now = 0; now <= 60000; now += paces_ms[i]) {
			int64_t time = now < 30000 ? 0 : now - 30000;

			dynamics_step(&d, &settings, high, 2, now);
			assert_true(d.published[LIMIT_CCL] <= 10 * time);
			assert_true(d.published[LIMIT_CVL] <= 51000 + time / 20);
			assert_true(time < 100 + paces_ms[i] ||
			            d.published[LIMIT_CCL] >= 10 * (time - 100 - paces_ms[i]) ||
			            d.published[LIMIT_CCL] == 80000);
		}
		assert_int_equal(d.published[LIMIT_CCL], 80000);
		assert_int_equal(d.published[LIMIT_DCL], 100000);
	}
}

static void test_release(void **state)
{
	struct settings settings;
	struct dynamics d = { 0 };
	int32_t low[LIMIT_KINDS] = { 51000, 0, 0 }, high[LIMIT_KINDS] = { 52500, 40000, 50000 };

	(void)state;
	settings_defaults(&settings);
	dynamics_step(&d, &settings, low, 1, 0);
	dynamics_release(&d, LIMIT_DCL, 50000);
	assert_int_equal(d.published[LIMIT_DCL], 50000);
	assert_int_equal(d.published[LIMIT_CCL], 0);
	assert_int_equal(d.published[LIMIT_CVL], 51000);
	dynamics_release(&d, LIMIT_DCL, 49999);
	assert_int_equal(d.published[LIMIT_DCL], 50000);
	dynamics_step(&d, &settings, high, 1, 0);
	assert_int_equal(d.published[LIMIT_DCL], 50000);
	assert_int_equal(d.published[LIMIT_CCL], 0);
}

/* Any of the three below its target is on its way up; one at it or above is not. */
static void test_climbing(void **state)
{
	const int32_t target[LIMIT_KINDS] = { 52500, 40000, 50000 };

	(void)state;
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++) {
		for (int by = -1; by <= 1; by++) {
			struct dynamics d = { .known = true };

			memcpy(d.published, target, sizeof target);
			d.published[k] += by;
			assert_row("climbing", (int)k, dynamics_climbing(&d, target), by < 0);
		}
	}
}

static struct limits_set set_of(int32_t ccl, const char *rule)
{
	struct limits_set set = { .limit = { 42500 + ccl, ccl, 50000 }, .mode = "Bulk" };

	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++)
		set.reason[k].rule = rule;
	return set;
}

/* While a limit is on its way up, the rule that had lowered it is still its reason. */
static void test_show(void **state)
{
	struct settings settings;
	struct dynamics d = { 0 };
	struct limits_set shown = { .mode = "" }, target = set_of(10000, "Cold");

	(void)state;
	settings_defaults(&settings);
	dynamics_step(&d, &settings, target.limit, 1, 0);
	dynamics_show(&d, &target, &shown);
	assert_int_equal(shown.limit[LIMIT_CCL], 10000);
	assert_string_equal(shown.reason[LIMIT_CCL].rule, "Cold");
	assert_false(shown.reason[LIMIT_CCL].recovering);

	target = set_of(40000, "Configured maximum");
	target.charge_blocked = true;
	dynamics_step(&d, &settings, target.limit, 1, 100);
	dynamics_show(&d, &target, &shown);
	assert_int_equal(shown.limit[LIMIT_CCL], 10500);
	assert_int_equal(shown.limit[LIMIT_CVL], 52505);
	assert_true(shown.reason[LIMIT_CVL].recovering);
	assert_string_equal(shown.reason[LIMIT_CCL].rule, "Cold");
	assert_true(shown.reason[LIMIT_CCL].recovering);
	assert_string_equal(shown.reason[LIMIT_DCL].rule, "Configured maximum");
	assert_false(shown.reason[LIMIT_DCL].recovering);
	assert_true(shown.charge_blocked);
	assert_string_equal(shown.mode, "Bulk");

	dynamics_step(&d, &settings, target.limit, 1, 60000);
	dynamics_show(&d, &target, &shown);
	assert_int_equal(shown.limit[LIMIT_CCL], 40000);
	assert_string_equal(shown.reason[LIMIT_CCL].rule, "Configured maximum");
	assert_false(shown.reason[LIMIT_CCL].recovering);
}

/* Right after a restart there is a limit on its way up, but nobody knows which rule had lowered it. */
static void test_show_after_restart(void **state)
{
	struct dynamics d = { .known = true, .published = { 52500, 10000, 50000 } };
	struct limits_set target = set_of(40000, "Hot"), shown = { .mode = "" };

	(void)state;
	dynamics_show(&d, &target, &shown);
	assert_string_equal(shown.reason[LIMIT_CCL].rule, "Hot");
	assert_true(shown.reason[LIMIT_CCL].recovering);
	shown = set_of(0, "");
	dynamics_show(&d, &target, &shown);
	assert_string_equal(shown.reason[LIMIT_CCL].rule, "Hot");
	assert_int_equal(shown.limit[LIMIT_CCL], 10000);
}

/* What nobody watched is not climbed: after a minute without a step the ramp goes on from there. */
static void test_resume(void **state)
{
	const int32_t low[LIMIT_KINDS] = { 51000, 0, 10000 }, high[LIMIT_KINDS] = { 52500, 40000, 50000 };
	struct settings settings;
	struct dynamics d = { 0 };

	(void)state;
	settings_defaults(&settings);
	dynamics_step(&d, &settings, low, 1, 0);
	dynamics_resume(&d, 60000);
	dynamics_step(&d, &settings, high, 1, 60000);
	assert_memory_equal(d.published, low, sizeof low);
	dynamics_step(&d, &settings, high, 1, 61000);
	assert_int_equal(d.published[LIMIT_CVL], 51050);
	assert_int_equal(d.published[LIMIT_CCL], 5000);
	assert_int_equal(d.published[LIMIT_DCL], 15000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_climbing),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_show_after_restart),
	};

	return cmocka_run_group_tests_name("dynamics", tests, NULL, NULL);
}
