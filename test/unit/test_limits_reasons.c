/* Why a limit is what it is: for every rule the words that a person reads, with the value and the place. */
#include "check.h"
#include "scene.h"

#include "core/output/bank.h"

static void set_soc(struct scene *s, int32_t value)
{
	for (int i = 0; i < s->modules; i++)
		s->rack.module[i].pwr.soc_pct = opt_some(value);
}

static void set_cell(struct scene *s, int32_t value)
{
	s->rack.module[1].bat.cell[4].mv = opt_some(value);
}

static void set_cell_temp(struct scene *s, int32_t value)
{
	s->rack.module[1].bat.cell[4].temp_mc = opt_some(value);
}

static void set_pack_temp(struct scene *s, int32_t value)
{
	s->rack.module[1].pwr.temp_mc = opt_some(value);
}

static void set_pack(struct scene *s, int32_t value)
{
	s->rack.module[1].pwr.voltage_mv = opt_some(value);
}

static void set_current(struct scene *s, int32_t value)
{
	s->rack.module[1].pwr.current_ma = opt_some(value);
}

static void set_power_bits(struct scene *s, int32_t value)
{
	s->rack.module[1].pwr.power_events.bits = (uint32_t)value;
	strcpy(s->rack.module[1].pwr.power_events.names, "SC");
}

static void set_fault_bits(struct scene *s, int32_t value)
{
	s->rack.module[1].pwr.system_fault.bits = (uint32_t)value;
}

static void set_base(struct scene *s, int32_t value)
{
	s->rack.module[1].pwr.base = (enum word)value;
}

static void set_wishes(struct scene *s, int32_t value)
{
	s->rack.pwrsys_ms = 0;
	s->rack.pwrsys.charge_ma = s->rack.pwrsys.discharge_ma = opt_some(value);
}

static void set_stack_wishes(struct scene *s, int32_t value)
{
	s->rack.pwrsys_ms = 0;
	s->rack.pwrsys.system_charge_ma = s->rack.pwrsys.system_discharge_ma = opt_some(value);
}

static void set_voltage_wish(struct scene *s, int32_t value)
{
	s->rack.pwrsys_ms = 0;
	s->rack.pwrsys.charge_mv = opt_some(value);
}

static const struct row {
	const char *legend;
	void (*spoil)(struct scene *s, int32_t value);
	int32_t value;
	enum limits_kind kind;
	const char *text;
} rows[] = {
	{ "bulk", set_soc, 50, LIMIT_CVL, "Stage: 50 %" },
	{ "float", set_soc, 96, LIMIT_CVL, "Stage: 96 %" },
	{ "headroom", set_cell, 3480, LIMIT_CVL, "Cell headroom: 3.480 V, module 2 cell 5" },
	{ "blocked", set_base, WORD_SYSERROR, LIMIT_CVL, "Charge blocked" },
	{ "voltage wish", set_voltage_wish, 51250, LIMIT_CVL, "BMS recommendation: 51.250 V" },
	{ "base", set_soc, 50, LIMIT_CCL, "Configured maximum" },
	{ "high SoC", set_soc, 91, LIMIT_CCL, "High SoC: 91 %" },
	{ "cold", set_cell_temp, 4900, LIMIT_CCL, "Cold: 4.9 C, module 2 cell 5" },
	{ "cold pack", set_pack_temp, 4900, LIMIT_CCL, "Cold: 4.9 C, module 2" },
	{ "cold, blocked", set_cell_temp, -100, LIMIT_CCL, "Cold: -0.1 C, module 2 cell 5" },
	{ "hot", set_cell_temp, 45100, LIMIT_CCL, "Hot: 45.1 C, module 2 cell 5" },
	{ "hot, blocked", set_pack_temp, 55100, LIMIT_CCL, "Hot: 55.1 C, module 2" },
	{ "over-voltage", set_cell, 3651, LIMIT_CCL, "Cell over-voltage: 3.651 V, module 2 cell 5" },
	{ "high cell", set_cell, 3560, LIMIT_CCL, "High cell: 3.560 V, module 2 cell 5" },
	{ "deep cell", set_cell, 2799, LIMIT_CCL, "Deep cell: 2.799 V, module 2 cell 5" },
	{ "deep cell, blocked", set_cell, 1999, LIMIT_CCL, "Deep cell: 1.999 V, module 2 cell 5" },
	{ "sensor", set_cell, 4095, LIMIT_CCL, "Cell sensor, module 2" },
	{ "event", set_power_bits, 0x140001, LIMIT_CCL, "BMS event: over-voltage, module 2" },
	{ "two bits", set_power_bits, 0x140000, LIMIT_CCL,
	  "BMS event: charge over-current 2, charge over-current, module 2" },
	{ "fault", set_fault_bits, 0x440, LIMIT_CCL, "BMS event: charge FET, module 2" },
	{ "system error", set_base, WORD_SYSERROR, LIMIT_CCL, "BMS event: system error, module 2" },
	{ "wish", set_wishes, 12340, LIMIT_CCL, "BMS recommendation: 12.3 A, module 1" },
	{ "stack wish", set_stack_wishes, 24000, LIMIT_CCL, "BMS recommendation: 24.0 A" },
	{ "sharing", set_current, 50000, LIMIT_CCL, "Uneven sharing: 50.0 A, module 2" },
	{ "base", set_soc, 50, LIMIT_DCL, "Configured maximum" },
	{ "low SoC", set_soc, 9, LIMIT_DCL, "Low SoC: 9 %" },
	{ "low SoC, blocked", set_soc, 4, LIMIT_DCL, "Low SoC: 4 %" },
	{ "under-voltage", set_cell, 2499, LIMIT_DCL, "Cell under-voltage: 2.499 V, module 2 cell 5" },
	{ "low cell", set_cell, 2850, LIMIT_DCL, "Low cell: 2.850 V, module 2 cell 5" },
	{ "pack low", set_pack, 45999, LIMIT_DCL, "Pack low: 45.999 V, module 2" },
	{ "cold", set_cell_temp, -10100, LIMIT_DCL, "Cold: -10.1 C, module 2 cell 5" },
	{ "hot", set_cell_temp, 50000, LIMIT_DCL, "Hot: 50.0 C, module 2 cell 5" },
	{ "hot, blocked", set_cell_temp, 55100, LIMIT_DCL, "Hot: 55.1 C, module 2 cell 5" },
	{ "short circuit", set_power_bits, 0x10000, LIMIT_DCL, "BMS event: short circuit, module 2" },
	{ "system error", set_base, WORD_SYSERROR, LIMIT_DCL, "BMS event: system error, module 2" },
	{ "over-current", set_power_bits, 0x20000, LIMIT_DCL, "Over-current" },
	{ "wish", set_wishes, 12340, LIMIT_DCL, "BMS recommendation: 12.3 A, module 1" },
	{ "stack wish", set_stack_wishes, 24000, LIMIT_DCL, "BMS recommendation: 24.0 A" },
	{ "sharing", set_current, -60000, LIMIT_DCL, "Uneven sharing: 60.0 A, module 2" },
};

static void assert_reason(const char *legend, const struct limits *limits, enum limits_kind kind,
                          const char *text)
{
	char line[96];
	struct text out = text_in(line, sizeof line);

	limits_describe(&limits->bank_set.reason[kind], &out);
	if (strcmp(line, text) != 0)
		fail_msg("%s: `%s` instead of `%s`", legend, line, text);
	assert_false(limits->bank_set.reason[kind].recovering);
}

static void test_reasons(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		struct limits limits;

		scene_init(&s, 3);
		limits_init(&limits);
		rows[i].spoil(&s, rows[i].value);
		scene_step(&s, &limits, 0);
		assert_reason(rows[i].legend, &limits, rows[i].kind, rows[i].text);
	}
}

/* The cut of a low pack comes after its time. */
static void test_pack_cut(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 2);
	limits_init(&limits);
	set_pack(&s, 44900);
	scene_step(&s, &limits, 0);
	scene_step(&s, &limits, 10000);
	assert_true(limits.bank_set.discharge_blocked);
	assert_reason("cut", &limits, LIMIT_DCL, "Pack low: 44.900 V, module 2");
}

/* Of two that carry too much by the same share the first is named. */
static void test_first_of_equals(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 3);
	limits_init(&limits);
	s.rack.module[1].pwr.current_ma = s.rack.module[2].pwr.current_ma = opt_some(50000);
	scene_step(&s, &limits, 0);
	assert_reason("sharing", &limits, LIMIT_CCL, "Uneven sharing: 50.0 A, module 2");
	assert_int_equal(limits.bank_set.limit[LIMIT_CCL], 3 * 40000 * 4 / 5);
}

/* A limit that is lower still, by a wish that makes no sense, does not hide that a module blocks. */
static void test_a_block_is_not_hidden(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 2);
	limits_init(&limits);
	set_wishes(&s, -1);
	set_cell_temp(&s, -11000);
	scene_step(&s, &limits, 0);
	assert_reason("wish", &limits, LIMIT_CCL, "BMS recommendation: 0.0 A, module 1");
	assert_true(limits.bank_set.charge_blocked);
	assert_true(limits.bank_set.discharge_blocked);
	assert_string_equal(limits.bank_set.mode, "Blocked");
}

/* Without one sound cell it is the sensors that block: no cell is known to be deep. */
static void test_no_cell_is_known(void **state)
{
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 2);
	limits_init(&limits);
	for (int c = 0; c < 15; c++)
		s.rack.module[1].bat.cell[c].mv = opt_some(4095);
	scene_step(&s, &limits, 0);
	assert_reason("sensors", &limits, LIMIT_CCL, "Cell sensor, module 2");
}

/* When all are lost that is the reason, whatever had limited them before. */
static void test_lost_after_a_block(void **state)
{
	static const int32_t published[LIMIT_KINDS] = { 49500, 0, 0 };
	struct scene s;
	struct limits limits;

	(void)state;
	scene_init(&s, 2);
	limits_init(&limits);
	set_cell_temp(&s, -11000);
	scene_step(&s, &limits, 0);
	assert_reason("frost", &limits, LIMIT_CCL, "Cold: -11.0 C, module 2 cell 5");
	limits_step_lost(&limits, &s.settings, &s.bank, published, 1000);
	assert_reason("lost", &limits, LIMIT_CCL, "Battery lost");
	assert_reason("lost", &limits, LIMIT_DCL, "Battery lost");
	assert_true(limits.bank_set.discharge_blocked);
}

/* Before anything was worked out nothing is limited, and nobody says why. */
static void test_before_the_first_step(void **state)
{
	struct limits limits;

	(void)state;
	memset(&limits, 0xa5, sizeof limits);
	limits_init(&limits);
	for (int i = -1; i < RACK_MODULES_MAX; i++) {
		const struct limits_set *set = i < 0 ? &limits.bank_set : &limits.module_set[i];

		for (enum limits_kind k = 0; k < LIMIT_KINDS; k++) {
			assert_int_equal(set->limit[k], LIMITS_FREE);
			assert_string_equal(set->reason[k].rule, "");
		}
		assert_false(set->charge_blocked || set->discharge_blocked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_pack_cut),
		cmocka_unit_test(test_first_of_equals),
		cmocka_unit_test(test_a_block_is_not_hidden),
		cmocka_unit_test(test_no_cell_is_known),
		cmocka_unit_test(test_lost_after_a_block),
		cmocka_unit_test(test_before_the_first_step),
	};

	return cmocka_run_group_tests_name("limits, reasons", tests, NULL, NULL);
}
