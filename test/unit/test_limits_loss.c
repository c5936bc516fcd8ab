/* What limits do when modules, values or the whole battery are missing: nothing rises by a loss. */
#include "check.h"
#include "scene.h"

#include "core/bank.h"

#define MINUTE INT64_C(60000)
#define CELL(s, i, c) (&(s)->rack.module[i].bat.cell[c])

/* Steps with the modules of `lost` silent and those of `failed` (bit 0: the first) out of the bank. */
static void step(struct scene *s, struct limits *limits, uint32_t lost, uint32_t failed, int64_t now_ms)
{
	struct rack_reading readings[RACK_MODULES_MAX];
	int sound = 0, count = 0;

	for (int want_failed = 0; want_failed <= 1; want_failed++) {
		for (int i = 0; i < s->modules; i++) {
			struct module *m = &s->rack.module[i];

			m->state = lost >> i & 1 ? MODULE_LOST : MODULE_ONLINE;
			m->failed = failed >> i & 1;
			m->pwr_ms = m->bat_ms = now_ms;
			if (m->state == MODULE_ONLINE && m->failed == want_failed)
				rack_read(&s->rack, m, &s->settings, now_ms, &readings[count++]);
		}
		sound = want_failed ? sound : count;
	}
	bank_subject(&s->rack, &s->settings, readings, sound, &s->bank);
	limits_step(limits, &s->settings, readings, count, &s->bank, now_ms);
}

static void begin(struct scene *s, struct limits *limits, int modules)
{
	scene_init(s, modules);
	limits_init(limits);
}

static const char *reason(const struct limits *limits, enum limits_kind kind)
{
	static char out[96];
	struct text t = text_in(out, sizeof out);

	limits_describe(&limits->bank_set.reason[kind], &t);
	return out;
}

static void assert_limits(const char *legend, int row, const struct limits_set *set, int32_t cvl,
                          int32_t ccl, int32_t dcl)
{
	assert_row(legend, row, set->limit[LIMIT_CVL], cvl);
	assert_row(legend, row, set->limit[LIMIT_CCL], ccl);
	assert_row(legend, row, set->limit[LIMIT_DCL], dcl);
}

/* The others carry on, not above float, and the last limits of the lost one count for an hour. */
static void test_lost_module_is_held(void **state)
{
	static const struct {
		const char *legend;
		uint32_t lost;
		int64_t now_ms;
		int32_t cvl, ccl, dcl;
	} steps[] = {
		{ "both there, the second cold", 0, 0, 52500, 20000, 100000 },
		{ "the second goes", 2, 1000, 51000, 10000, 50000 },
		{ "an hour less 1 ms", 2, 60 * MINUTE + 999, 51000, 10000, 50000 },
		{ "an hour: only float is left", 2, 60 * MINUTE + 1000, 51000, 40000, 50000 },
		{ "it is back, still cold", 0, 61 * MINUTE, 52500, 20000, 100000 },
		{ "and gone: a new hour", 2, 62 * MINUTE, 51000, 10000, 50000 },
		{ "of its own", 2, 122 * MINUTE - 1, 51000, 10000, 50000 },
		{ "which ends", 2, 122 * MINUTE, 51000, 40000, 50000 },
	};
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 2);
	CELL(&s, 1, 4)->temp_mc = opt_some(4000);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		step(&s, &limits, steps[i].lost, 0, steps[i].now_ms);
		assert_limits(steps[i].legend, i, &limits.bank_set, steps[i].cvl, steps[i].ccl, steps[i].dcl);
		assert_false(limits.bank_set.charge_blocked);
	}
	step(&s, &limits, 2, 0, 122 * MINUTE);
	assert_string_equal(reason(&limits, LIMIT_CVL), "Lost module, module 2");
	s.settings.protection.lost_module_hold_min = 0;
	step(&s, &limits, 0, 0, 123 * MINUTE);
	step(&s, &limits, 2, 0, 124 * MINUTE);
	assert_limits("no hold", 0, &limits.bank_set, 51000, 40000, 50000);
}

/* Its charge voltage and its charge block are held; its discharge block is not: it carries nothing. */
static void test_what_is_held(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 3);
	CELL(&s, 2, 0)->mv = opt_some(3545);
	step(&s, &limits, 0, 0, 0);
	step(&s, &limits, 4, 0, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 49500 - 15 * 25);
	assert_string_equal(reason(&limits, LIMIT_CVL), "Lost module, module 3");
	assert_string_equal(reason(&limits, LIMIT_CCL), "Lost module, module 3");
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 2 * 22000);

	begin(&s, &limits, 3);
	CELL(&s, 2, 0)->mv = opt_some(3700);
	CELL(&s, 2, 1)->mv = opt_some(2400);
	step(&s, &limits, 0, 0, 0);
	assert_true(limits.bank_set.discharge_blocked);
	step(&s, &limits, 4, 0, 1000);
	assert_true(limits.bank_set.charge_blocked);
	assert_string_equal(limits.bank_set.mode, "Blocked");
	assert_false(limits.bank_set.discharge_blocked);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 2 * 50000);
	step(&s, &limits, 4, 0, 1000 + 60 * MINUTE);
	assert_false(limits.bank_set.charge_blocked);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 51000);
}

/* A module that was never there has said nothing that could be held. */
static void test_never_seen(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 2);
	step(&s, &limits, 2, 0, 0);
	assert_limits("never seen", 0, &limits.bank_set, 51000, 40000, 50000);
	assert_string_equal(reason(&limits, LIMIT_CVL), "Lost module, module 2");
}

static void test_block_policies(void **state)
{
	static const struct {
		bool lost_blocks, failed_blocks;
		uint32_t lost, failed;
		bool blocked;
	} rows[] = {
		{ false, false, 2, 0, false }, { true, false, 2, 0, true },  { false, true, 2, 0, false },
		{ false, false, 0, 2, false }, { true, false, 0, 2, false }, { false, true, 0, 2, true },
		{ true, true, 0, 0, false },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		struct limits limits;

		begin(&s, &limits, 2);
		s.settings.protection.lost_module_blocks = rows[i].lost_blocks;
		s.settings.protection.failed_module_blocks = rows[i].failed_blocks;
		step(&s, &limits, 0, 0, 0);
		step(&s, &limits, rows[i].lost, rows[i].failed, 61 * MINUTE);
		step(&s, &limits, rows[i].lost, rows[i].failed, 122 * MINUTE);
		assert_row("policy, charge", i, limits.bank_set.charge_blocked, rows[i].blocked);
		assert_row("policy, discharge", i, limits.bank_set.discharge_blocked, rows[i].blocked);
		assert_row("policy, DCL", i, limits.bank_set.limit[LIMIT_DCL] == 0, rows[i].blocked);
		if (rows[i].blocked)
			assert_string_equal(reason(&limits, LIMIT_DCL), rows[i].lost ? "Lost module, module 2"
			                                                             : "Failed module, module 2");
	}
}

/* A failed module has limits of its own, but not in the bank; what it was granted before counts for an hour. */
static void test_failed_module(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 2);
	CELL(&s, 0, 4)->temp_mc = opt_some(4000);
	step(&s, &limits, 0, 0, 0);
	CELL(&s, 0, 4)->temp_mc = opt_some(20000);
	CELL(&s, 0, 0)->mv = opt_some(4095);
	step(&s, &limits, 0, 1, 1000);
	assert_true(limits.module_set[0].charge_blocked);
	assert_false(limits.bank_set.charge_blocked);
	assert_limits("failed", 0, &limits.bank_set, 51000, 10000, 50000);
	assert_string_equal(reason(&limits, LIMIT_CCL), "Failed module, module 1");
	step(&s, &limits, 0, 1, 1000 + 60 * MINUTE);
	assert_limits("failed for an hour", 0, &limits.bank_set, 51000, 40000, 50000);
	/* it no longer answers either: the hour does not begin anew */
	step(&s, &limits, 1, 0, 1001 + 60 * MINUTE);
	assert_limits("and lost", 0, &limits.bank_set, 51000, 40000, 50000);
	assert_string_equal(reason(&limits, LIMIT_CVL), "Lost module, module 1");
}

/* What a failed module carries does not count as uneven sharing. */
static void test_failed_module_does_not_share(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 2);
	s.rack.module[0].pwr.current_ma = opt_some(80000);
	step(&s, &limits, 0, 0, 0);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 40000);
	step(&s, &limits, 0, 1, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 40000);
	assert_string_not_equal(limits.bank_set.reason[LIMIT_CCL].rule, "Uneven sharing");
}

/* A module whose worst cell nobody sees any more is granted no more than before; its limits still fall. */
static void test_missing_cell(void **state)
{
	static const struct {
		const char *legend;
		int32_t first_mv, second_mv; /* 0: absent */
		int32_t dcl;
		bool blocked;
	} steps[] = {
		{ "low", 2800, 3300, 10000, 0 },
		{ "its line breaks", 4095, 3300, 10000, 0 },
		{ "another one is lower", 0, 2600, 2500, 0 },
		{ "and comes back", 0, 3300, 2500, 0 },
		{ "all lines are well", 3300, 3300, 50000, 0 },
		{ "under-voltage", 2499, 3300, 0, 1 },
		{ "not seen: not released", 0, 3300, 0, 1 },
		{ "seen: released", 3300, 3300, 50000, 0 },
	};
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 1);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		CELL(&s, 0, 0)->mv = steps[i].first_mv ? opt_some(steps[i].first_mv) : opt_none();
		CELL(&s, 0, 1)->mv = opt_some(steps[i].second_mv);
		step(&s, &limits, 0, 0, i * 1000);
		assert_row(steps[i].legend, i, limits.bank_set.limit[LIMIT_DCL], steps[i].dcl);
		assert_row(steps[i].legend, i, limits.bank_set.discharge_blocked, steps[i].blocked);
		if (i == 1)
			assert_string_equal(reason(&limits, LIMIT_DCL), "Low cell: 2.800 V, module 1 cell 1");
	}
}
