/* What limits do when modules, values or the whole battery are missing: nothing rises by a loss. */
#include "check.h"
#include "scene.h"

#include "core/output/bank.h"

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
		for (enum limits_kind k = LIMIT_CCL; rows[i].blocked && k <= LIMIT_DCL; k++)
			assert_string_equal(reason(&limits, k), rows[i].lost ? "Lost module, module 2"
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
			assert_string_equal(reason(&limits, LIMIT_DCL), "Missing value, module 1");
	}
}

/* The same for the voltage that the highest cell leaves room for, and for a charge block by another rule. */
static void test_missing_cell_and_charge(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 1);
	CELL(&s, 0, 0)->mv = opt_some(3600);
	step(&s, &limits, 0, 0, 0);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 48300);
	CELL(&s, 0, 0)->mv = opt_none();
	step(&s, &limits, 0, 0, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 48300);
	assert_true(limits.bank_set.charge_blocked);
	assert_int_equal(limits.module_set[0].limit[LIMIT_CVL], 48300);
}

static struct reply_bat bat_of(struct scene *s, int32_t last_temp_mc)
{
	struct reply_bat bat = s->rack.module[0].bat;

	bat.cell[14].temp_mc = last_temp_mc ? opt_some(last_temp_mc) : opt_none();
	return bat;
}

/* A temperature that was there and is gone: nothing is released by that. One that never was is not missed. */
static void test_missing_temperature(void **state)
{
	static const struct {
		const char *legend;
		int32_t temp_mc; /* 0: absent */
		int32_t ccl;
		bool blocked;
		int lost_temps;
	} steps[] = {
		{ "never there", 0, 40000, 0, 0 },     { "too hot", 56000, 0, 1, 0 },
		{ "gone: not released", 0, 0, 1, 1 },  { "still gone", 0, 0, 1, 1 },
		{ "back, hot", 46000, 10000, 0, 0 },   { "gone", 0, 10000, 0, 1 },
		{ "back, well", 20000, 40000, 0, 0 },
	};
	struct scene s;
	struct limits limits;
	struct reply_fault fault;

	(void)state;
	begin(&s, &limits, 1);
	for (int i = 0; i < COUNT_OF(steps); i++) {
		struct reply_bat bat = bat_of(&s, steps[i].temp_mc);

		assert_true(rack_take_bat(&s.rack, 1, &bat, &s.settings, i * 1000, &fault));
		rack_read(&s.rack, &s.rack.module[0], &s.settings, i * 1000, &s.reading[0]);
		assert_row(steps[i].legend, i, s.reading[0].lost_temps, steps[i].lost_temps);
		step(&s, &limits, 0, 0, i * 1000);
		assert_row(steps[i].legend, i, limits.bank_set.limit[LIMIT_CCL], steps[i].ccl);
		assert_row(steps[i].legend, i, limits.bank_set.charge_blocked, steps[i].blocked);
	}
}

/* Another module in the same place need not have the sensors of the one before. */
static void test_temperatures_of_another_module(void **state)
{
	struct scene s;
	struct limits limits;
	struct reply_info info = { .barcode = "B1" };
	struct reply_fault fault;
	struct reply_bat bat;

	(void)state;
	begin(&s, &limits, 1);
	rack_take_info(&s.rack, 1, &info, 0, &fault);
	bat = bat_of(&s, 25000);
	rack_take_bat(&s.rack, 1, &bat, &s.settings, 0, &fault);
	strcpy(info.barcode, "B2");
	assert_false(rack_take_info(&s.rack, 1, &info, 1000, &fault));
	assert_true(rack_take_info(&s.rack, 1, &info, 2000, &fault));
	bat = bat_of(&s, 0);
	rack_take_bat(&s.rack, 1, &bat, &s.settings, 2000, &fault);
	rack_read(&s.rack, &s.rack.module[0], &s.settings, 2000, &s.reading[0]);
	assert_int_equal(s.reading[0].lost_temps, 0);
}

/* ---- The whole battery ---- */

static const int32_t all_free[LIMIT_KINDS] = { 52500, 80000, 100000 };

/* What is left of discharge by what was seen last. */
static void test_lost_battery(void **state)
{
	static const struct {
		const char *legend;
		bool blocks;
		int32_t soc_pct, cell_mv; /* 0: unknown */
		int32_t dcl;
		bool blocked;
	} rows[] = {
		{ "enough", false, 10, 3000, 20000, 0 },   { "SoC too low", false, 9, 3000, 0, 1 },
		{ "cell too low", false, 10, 2999, 0, 1 }, { "no cell known", false, 10, 0, 0, 1 },
		{ "policy", true, 50, 3300, 0, 1 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		struct limits limits;
		struct opt low = rows[i].cell_mv ? opt_some(rows[i].cell_mv) : opt_none();

		begin(&s, &limits, 2);
		s.settings.protection.lost_battery_blocks = rows[i].blocks;
		s.rack.module[0].pwr.soc_pct = s.rack.module[1].pwr.soc_pct = opt_some(rows[i].soc_pct);
		step(&s, &limits, 0, 0, 0);
		s.bank.cell_low_mv = low;
		limits_step_lost(&limits, &s.settings, &s.bank, all_free, 1000);
		assert_limits(rows[i].legend, i, &limits.bank_set, 49500, 0, rows[i].dcl);
		assert_true(limits.bank_set.charge_blocked);
		assert_row(rows[i].legend, i, limits.bank_set.discharge_blocked, rows[i].blocked);
		assert_string_equal(limits.bank_set.mode, "Blocked");
		assert_string_equal(reason(&limits, LIMIT_CCL), "Battery lost");
		assert_string_equal(reason(&limits, LIMIT_DCL), "Battery lost");
	}
}

/* A bank that loses its emptiest module is no fuller, one that loses its fullest no emptier: what they said last counts
 * in the SoC that the rules see, while it is held, each as one of the others. With `worst` their own does. */
static void test_soc_of_a_missing_module(void **state)
{
	static const struct {
		const char *legend;
		bool worst, failed;
		int32_t soc_pct[3]; /* the third goes */
		int32_t dcl, ccl;   /* of all three, then of two, */
		int32_t dcl_then, ccl_then, dcl_late, ccl_late; /* while it is held and after that */
	} rows[] = {
		{ "low", false, false, { 12, 12, 4 }, 30000, 120000, 20000, 80000, 100000, 80000 },
		{ "not low", false, false, { 13, 13, 4 }, 150000, 120000, 100000, 80000, 100000, 80000 },
		{ "blocked", false, false, { 5, 5, 3 }, 0, 120000, 0, 80000, 0, 80000 },
		{ "high", false, false, { 88, 88, 95 }, 150000, 21000, 100000, 14000, 100000, 80000 },
		{ "not high", false, false, { 88, 88, 94 }, 150000, 120000, 100000, 80000, 100000, 80000 },
		{ "failed", false, true, { 12, 12, 4 }, 30000, 120000, 20000, 80000, 100000, 80000 },
		{ "worst, low", true, false, { 50, 50, 9 }, 30000, 120000, 20000, 80000, 100000, 80000 },
		{ "worst, high", true, false, { 50, 50, 91 }, 150000, 21000, 100000, 14000, 100000, 80000 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		uint32_t lost = rows[i].failed ? 0 : 4, failed = rows[i].failed ? 4 : 0;
		struct limits limits;
		struct scene s;

		begin(&s, &limits, 3);
		s.settings.limits.worst_soc = rows[i].worst;
		for (int m = 0; m < 3; m++)
			s.rack.module[m].pwr.soc_pct = opt_some(rows[i].soc_pct[m]);
		step(&s, &limits, 0, 0, 0);
		assert_row(rows[i].legend, i, limits.bank_set.limit[LIMIT_DCL], rows[i].dcl);
		assert_row(rows[i].legend, i, limits.bank_set.limit[LIMIT_CCL], rows[i].ccl);
		step(&s, &limits, lost, failed, 1000);
		assert_row(rows[i].legend, i, limits.bank_set.limit[LIMIT_DCL], rows[i].dcl_then);
		assert_row(rows[i].legend, i, limits.bank_set.limit[LIMIT_CCL], rows[i].ccl_then);
		step(&s, &limits, lost, failed, 60 * MINUTE + 999);
		assert_row(rows[i].legend, i, limits.bank_set.limit[LIMIT_DCL], rows[i].dcl_then);
		step(&s, &limits, lost, failed, 60 * MINUTE + 1000);
		assert_row(rows[i].legend, i, limits.bank_set.limit[LIMIT_DCL], rows[i].dcl_late);
		assert_row(rows[i].legend, i, limits.bank_set.limit[LIMIT_CCL], rows[i].ccl_late);
	}
}

/* What the rest does meanwhile counts, too: the SoC is a mean. Its release is reached without the missing one's help,
 * and a loss that would be to the loose side changes nothing. */
static void test_soc_moves_on_without_a_missing_module(void **state)
{
	struct limits limits;
	struct scene s;

	(void)state;
	begin(&s, &limits, 3);
	for (int m = 0; m < 3; m++)
		s.rack.module[m].pwr.soc_pct = opt_some(4);
	step(&s, &limits, 0, 0, 0);
	step(&s, &limits, 4, 0, 1000);
	assert_true(limits.bank_set.discharge_blocked);
	for (int m = 0; m < 2; m++)
		s.rack.module[m].pwr.soc_pct = opt_some(9);
	step(&s, &limits, 4, 0, 2000);
	assert_int_equal(s.bank.discharge_soc_pct, 7); /* (9 + 9 + 4) / 3 */
	assert_true(limits.bank_set.discharge_blocked);
	for (int m = 0; m < 2; m++)
		s.rack.module[m].pwr.soc_pct = opt_some(10);
	step(&s, &limits, 4, 0, 3000);
	assert_int_equal(s.bank.discharge_soc_pct, 8);
	assert_int_equal(s.bank.charge_soc_pct, 10); /* a fuller rest is not made emptier for the charge rules */
	assert_false(limits.bank_set.discharge_blocked);

	begin(&s, &limits, 3);
	for (int m = 0; m < 3; m++)
		s.rack.module[m].pwr.soc_pct = opt_some(m < 2 ? 88 : 95);
	step(&s, &limits, 0, 0, 0);
	step(&s, &limits, 4, 0, 1000);
	assert_int_equal(s.bank.charge_soc_pct, 91); /* 90.3, to the careful side */
	assert_int_equal(s.bank.discharge_soc_pct, 88);
}

/* The lowest cell that decides over a lost battery may be one of a module that went before the others. */
static void test_cell_of_a_missing_module(void **state)
{
	struct limits limits;
	struct scene s;

	(void)state;
	for (int late = 0; late <= 1; late++) {
		begin(&s, &limits, 2);
		s.rack.module[1].beyond.cell_low_mv = opt_some(2999);
		step(&s, &limits, 0, 0, 0);
		assert_int_equal(s.bank.cell_low_mv.value, 2999);
		step(&s, &limits, 2, 0, 1000);
		assert_int_equal(s.bank.cell_low_mv.value, 2999);
		if (late)
			step(&s, &limits, 2, 0, 60 * MINUTE + 1000);
		limits_step_lost(&limits, &s.settings, &s.bank, all_free, 60 * MINUTE + 2000);
		assert_int_equal(limits.bank_set.discharge_blocked, !late);
	}
}

/* Nothing rises because all are lost: what is published, a block, SoC rules and wishes still hold. */
static void test_lost_battery_raises_nothing(void **state)
{
	static const int32_t low[LIMIT_KINDS] = { 48000, 0, 3000 };
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 2);
	step(&s, &limits, 0, 0, 0);
	limits_step_lost(&limits, &s.settings, &s.bank, low, 1000);
	assert_limits("published", 0, &limits.bank_set, 48000, 0, 3000);

	begin(&s, &limits, 2);
	CELL(&s, 1, 0)->mv = opt_some(2400);
	step(&s, &limits, 0, 0, 0);
	for (int i = 1; i < 4; i++) {
		limits_step_lost(&limits, &s.settings, &s.bank, all_free, i * 1000);
		assert_true(limits.bank_set.discharge_blocked);
		assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 0);
	}

	begin(&s, &limits, 2);
	s.settings.protection.low_soc_current_ma = 4000;
	s.settings.protection.lost_battery_soc_pct = 6;
	s.rack.module[0].pwr.soc_pct = s.rack.module[1].pwr.soc_pct = opt_some(9);
	step(&s, &limits, 0, 0, 0);
	limits_step_lost(&limits, &s.settings, &s.bank, all_free, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 8000);
	assert_string_equal(reason(&limits, LIMIT_DCL), "Low SoC: 9 %");
}

static void test_lost_battery_clamps(void **state)
{
	static const int32_t high[LIMIT_KINDS] = { 60000, 500000, 500000 };
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 3);
	s.settings.battery.max_discharge_current_ma = 6000;
	s.settings.limits.discharge_blocked_current_ma = 100;
	step(&s, &limits, 0, 0, 0);
	limits_step_lost(&limits, &s.settings, &s.bank, high, 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 18000);
	s.bank.cell_low_mv = opt_some(2999);
	limits_step_lost(&limits, &s.settings, &s.bank, high, 2000);
	assert_int_equal(limits.bank_set.limit[LIMIT_DCL], 100);
}

/* The charge voltage is that of a block that began with the loss; it does not sink: no current is known. */
static void test_lost_battery_voltage(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 1);
	scene_cells(&s, 0, 3390);
	s.rack.module[0].pwr.current_ma = opt_some(20000);
	step(&s, &limits, 0, 0, 0);
	for (int64_t now = 1000; now < 60000; now += 1000)
		limits_step_lost(&limits, &s.settings, &s.bank, all_free, now);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 3390 * 15);
	assert_int_equal(s.bank.current_ma, 20000);
	scene_cells(&s, 0, 3450);
	step(&s, &limits, 0, 0, 61000);
	limits_step_lost(&limits, &s.settings, &s.bank, all_free, 62000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CVL], 51000);
}

/* Time alone changes something: whatever of these is remembered, of any module. */
static void test_waiting(void **state)
{
	struct limits limits;

	(void)state;
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		struct limits_memory *m = &limits.memory;
		bool *const flags[] = { &m->module[i].over_current, &m->alone[i].blocked,
			                &m->bank.blocked };

		for (int f = 0; f < COUNT_OF(flags); f++) {
			limits_init(&limits);
			assert_false(limits_waiting(&limits));
			*flags[f] = true;
			assert_row("waiting", f, limits_waiting(&limits), true);
		}
		limits_init(&limits);
		m->missing = UINT32_C(1) << i;
		assert_true(limits_waiting(&limits));
	}
}

/* The hour of a module that comes back later than the others began when all were lost. */
static void test_hour_begins_with_the_battery(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 2);
	CELL(&s, 1, 4)->temp_mc = opt_some(4000);
	step(&s, &limits, 0, 0, 0);
	limits_step_lost(&limits, &s.settings, &s.bank, all_free, 1000);
	limits_step_lost(&limits, &s.settings, &s.bank, all_free, 2000);
	step(&s, &limits, 2, 0, 60 * MINUTE + 999);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 10000);
	step(&s, &limits, 2, 0, 60 * MINUTE + 1000);
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 40000);
}

/* ---- Whether a reading would block ---- */

static void test_would_block(void **state)
{
	static const struct {
		const char *legend;
		int32_t before_mv, now_mv; /* of a cell */
		int32_t soc_pct;
		bool would;
	} rows[] = {
		{ "nothing", 3300, 3300, 50, false },
		{ "charge", 3300, 3651, 50, true },
		{ "discharge", 3300, 2499, 50, true },
		{ "discharge by the SoC", 3300, 3300, 4, true },
		{ "only less", 3300, 3600, 50, false },
		{ "charge is blocked already", 3651, 3640, 50, false },
		{ "charge is blocked, discharge not yet", 3651, 2499, 50, true },
		{ "discharge is blocked already", 2499, 2480, 50, false },
		{ "discharge is blocked, charge not yet", 2499, 3651, 50, true },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		struct limits limits, before;

		begin(&s, &limits, 2);
		CELL(&s, 1, 0)->mv = opt_some(rows[i].before_mv);
		step(&s, &limits, 0, 0, 0);
		CELL(&s, 1, 0)->mv = opt_some(rows[i].now_mv);
		s.rack.module[1].pwr.soc_pct = opt_some(rows[i].soc_pct);
		scene_read(&s, 1000);
		before = limits;
		assert_row(rows[i].legend, i,
		           limits_would_block(&limits, &s.settings, &s.reading[1], NULL, 1000),
		           rows[i].would);
		assert_memory_equal(&limits, &before, sizeof limits);
		assert_false(limits_would_block(&limits, &s.settings, &s.reading[0], NULL, 1000));
	}
}

/* Each module has its own memory: a trip of another one does not count. */
static void test_would_block_by_its_own_memory(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	begin(&s, &limits, 3);
	for (int i = 1; i < 3; i++) {
		CELL(&s, i, 0)->mv = opt_some(2499);
		s.rack.module[i].pwr.soc_pct = opt_some(4);
	}
	step(&s, &limits, 0, 0, 0);
	CELL(&s, 0, 0)->mv = opt_some(3000);
	s.rack.module[0].pwr.soc_pct = opt_some(6);
	scene_read(&s, 1000);
	assert_false(limits_would_block(&limits, &s.settings, &s.reading[0], NULL, 1000));
}

/* Modules of 15 and of 16 cells on one busbar: the charge voltage is that of the fewer, whoever is first, also while
 * the one with fewer is lost or has failed: it hangs on the busbar all the same. */
static void test_unlike_cells(void **state)
{
	static const struct {
		int cells[2];
		uint32_t lost, failed;
		int32_t cvl_mv;
	} rows[] = {
		{ { 15, 16 }, 0, 0, 52500 }, { { 16, 15 }, 0, 0, 52500 }, { { 16, 16 }, 0, 0, 56000 },
		{ { 16, 15 }, 2, 0, 51000 }, { { 16, 15 }, 0, 2, 51000 }, { { 15, 16 }, 2, 0, 51000 },
		{ { 16, 16 }, 2, 0, 54400 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		struct limits limits;

		begin(&s, &limits, 2);
		for (int m = 0; m < 2; m++) {
			s.rack.module[m].bat.cells = rows[i].cells[m];
			scene_cells(&s, m, 3300);
			CELL(&s, m, 15)->temp_mc = opt_some(20000);
		}
		step(&s, &limits, rows[i].lost, rows[i].failed, 0);
		assert_row("CVL", i, limits.bank_set.limit[LIMIT_CVL], rows[i].cvl_mv);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost_module_is_held),
		cmocka_unit_test(test_what_is_held),
		cmocka_unit_test(test_never_seen),
		cmocka_unit_test(test_block_policies),
		cmocka_unit_test(test_failed_module),
		cmocka_unit_test(test_failed_module_does_not_share),
		cmocka_unit_test(test_missing_cell),
		cmocka_unit_test(test_missing_cell_and_charge),
		cmocka_unit_test(test_missing_temperature),
		cmocka_unit_test(test_temperatures_of_another_module),
		cmocka_unit_test(test_lost_battery),
		cmocka_unit_test(test_soc_of_a_missing_module),
		cmocka_unit_test(test_soc_moves_on_without_a_missing_module),
		cmocka_unit_test(test_cell_of_a_missing_module),
		cmocka_unit_test(test_lost_battery_raises_nothing),
		cmocka_unit_test(test_lost_battery_clamps),
		cmocka_unit_test(test_lost_battery_voltage),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_hour_begins_with_the_battery),
		cmocka_unit_test(test_would_block),
		cmocka_unit_test(test_would_block_by_its_own_memory),
		cmocka_unit_test(test_unlike_cells),
	};

	return cmocka_run_group_tests_name("limits, losses", tests, NULL, NULL);
}
