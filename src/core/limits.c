#include "core/limits.h"

#include "core/events.h"
#include "core/limits_rules.h"

#include <stddef.h>
#include <string.h>

int32_t limits_pack_mv(int32_t cell_mv, int cells)
{
	return (cell_mv * cells + 50) / 100 * 100;
}

int32_t limits_max_charge_mv(const struct settings *settings, int cells)
{
	if (settings->battery.max_charge_voltage_mv != 0)
		return settings->battery.max_charge_voltage_mv;
	return limits_pack_mv(settings->protection.cell_bulk_mv, cells);
}

#define FREE_REASON { .rule = "", .verdict = { .limit = LIMITS_FREE } }

static const struct limits_set unlimited = {
	.limit = { LIMITS_FREE, LIMITS_FREE, LIMITS_FREE },
	.mode = "",
	.reason = { FREE_REASON, FREE_REASON, FREE_REASON },
};

static bool blocks(const struct limits_set *set, enum limits_kind kind)
{
	return kind == LIMIT_CCL ? set->charge_blocked : kind == LIMIT_DCL && set->discharge_blocked;
}

/* Puts one verdict into the minimum. */
static void take(struct limits_set *set, enum limits_kind kind, const char *rule, uint8_t address,
                 const struct limits_verdict *v)
{
	bool first_block = v->blocks && !blocks(set, kind);

	if (v->limit < set->limit[kind] || (v->limit == set->limit[kind] && first_block)) {
		set->limit[kind] = v->limit;
		set->reason[kind] = (struct limits_reason){ rule, *v, address };
	}
	set->charge_blocked |= v->blocks && kind == LIMIT_CCL;
	set->discharge_blocked |= v->blocks && kind == LIMIT_DCL;
}

static void judge_module(struct limits_set *set, const struct limits_module_input *in)
{
	*set = unlimited;
	for (int i = 0; i < limits_module_rule_count; i++) {
		struct limits_verdict v = limits_module_rules[i].judge(in);

		take(set, limits_module_rules[i].kind, limits_module_rules[i].name, in->r->address, &v);
	}
}

static void judge_subject(struct limits_set *set, struct limits_subject_input *in, uint8_t address)
{
	for (int i = 0; i < limits_subject_rule_count; i++) {
		struct limits_verdict v;

		in->charge_blocked = set->charge_blocked;
		v = limits_subject_rules[i].judge(in);
		take(set, limits_subject_rules[i].kind, limits_subject_rules[i].name, address, &v);
	}
	set->mode = set->charge_blocked ? "Blocked" : in->memory->floating ? "Float" : "Bulk";
}

/* Takes the minimum of another set into `set`. */
static void merge(struct limits_set *set, const struct limits_set *other)
{
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++)
		take(set, k, other->reason[k].rule, other->reason[k].address, &other->reason[k].verdict);
	set->charge_blocked |= other->charge_blocked;
	set->discharge_blocked |= other->discharge_blocked;
}

static int32_t clamp(int64_t value, int64_t most)
{
	return (int32_t)(value < 0 ? 0 : value > most ? most : value);
}

/* Last of all and never bypassed: nothing leaves here above what the owner configured. */
static void final_clamp(struct limits_set *set, const struct settings *settings, int cells,
                        int modules)
{
	const struct settings_battery *b = &settings->battery;

	set->limit[LIMIT_CVL] = clamp(set->limit[LIMIT_CVL], limits_max_charge_mv(settings, cells));
	set->limit[LIMIT_CCL] = clamp(set->limit[LIMIT_CCL], (int64_t)b->max_charge_current_ma * modules);
	set->limit[LIMIT_DCL] =
	        clamp(set->limit[LIMIT_DCL], (int64_t)b->max_discharge_current_ma * modules);
}

static void apply_blocks(struct limits_set *set, const struct settings *settings)
{
	if (set->charge_blocked)
		set->limit[LIMIT_CCL] = 0;
	if (set->discharge_blocked)
		set->limit[LIMIT_DCL] = settings->limits.discharge_blocked_current_ma;
}

/* Where a module carries more than its own limit, the bank's is lowered in proportion: parallel modules
 * do not share evenly. `per_module` is the bank's limit of one module before the sharing. */
static void apply_sharing(struct limits_set *bank, enum limits_kind kind,
                          const struct limits_set *parts, const struct rack_reading *readings,
                          int count, int32_t per_module)
{
	int64_t total = (int64_t)per_module * count;
	int64_t lowest = total;

	for (int i = 0; i < count; i++) {
		int32_t current = kind == LIMIT_CCL ? readings[i].current_ma : -readings[i].current_ma;
		int32_t own = parts[i].limit[kind];

		if (current <= own || total * own / current >= lowest)
			continue;
		lowest = total * own / current;
		bank->reason[kind] = (struct limits_reason){
			"Uneven sharing", limits_speak(0, current, UNIT_MA, 0), readings[i].address
		};
	}
	bank->limit[kind] = (int32_t)lowest;
}

static void step_module(struct limits *limits, const struct settings *settings,
                        const struct rack_reading *r, const struct limits_subject *bank,
                        int64_t now_ms, struct limits_set *part)
{
	const struct settings_battery *b = &settings->battery;
	int index = r->address - 1;
	struct limits_module_input in = {
		.p = &settings->protection,
		.r = r,
		.memory = &limits->module[index],
		.pwrsys = bank->pwrsys,
		.charge_base_ma = limits_share(
		        opt_min(opt_some(b->max_charge_current_ma), r->max_charge_ma).value,
		        settings->protection.charge_derate_pct),
		.discharge_base_ma =
		        opt_min(opt_some(b->max_discharge_current_ma), r->max_discharge_ma).value,
		.now_ms = now_ms,
	};
	struct limits_subject alone = {
		.charge_soc_pct = r->soc_pct, .discharge_soc_pct = r->soc_pct,
		.voltage_mv = r->pack_mv, .current_ma = r->current_ma,
		.cells = r->cells, .pwrsys = bank->pwrsys, .modules = 1,
	};
	struct limits_subject_input subject = {
		.settings = settings, .p = &settings->protection, .subject = &alone,
		.memory = &limits->alone[index], .now_ms = now_ms,
	};

	judge_module(part, &in);
	limits->module_set[index] = *part;
	judge_subject(&limits->module_set[index], &subject, r->address);
	apply_blocks(&limits->module_set[index], settings);
	final_clamp(&limits->module_set[index], settings, r->cells, 1);
}

void limits_init(struct limits *limits)
{
	memset(limits, 0, sizeof *limits);
	limits->bank_set = unlimited;
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		limits->module_set[i] = unlimited;
}

void limits_step(struct limits *limits, const struct settings *settings,
                 const struct rack_reading *readings, int count,
                 const struct limits_subject *bank, int64_t now_ms)
{
	struct limits_set parts[RACK_MODULES_MAX];
	struct limits_set *set = &limits->bank_set;
	struct limits_subject_input subject = {
		.settings = settings, .p = &settings->protection, .subject = bank,
		.memory = &limits->bank, .now_ms = now_ms,
	};

	*set = unlimited;
	for (int i = 0; i < count; i++) {
		step_module(limits, settings, &readings[i], bank, now_ms, &parts[i]);
		merge(set, &parts[i]);
	}
	judge_subject(set, &subject, 0);
	for (enum limits_kind k = LIMIT_CCL; k <= LIMIT_DCL; k++)
		apply_sharing(set, k, parts, readings, count, set->limit[k]);
	apply_blocks(set, settings);
	final_clamp(set, settings, bank->cells, count);
	limits->known = true;
}

void limits_describe(const struct limits_reason *reason, struct text *out)
{
	const struct limits_verdict *v = &reason->verdict;
	static const struct {
		int32_t scale;
		int decimals;
		const char *unit;
	} shown[] = {
		[UNIT_MV] = { 1, 3, " V" }, [UNIT_MC] = { 1, 1, " C" },
		[UNIT_PCT] = { 1000, 0, " %" }, [UNIT_MA] = { 1, 1, " A" },
	};

	text_str(out, reason->rule);
	if (v->unit == UNIT_BAT_BITS || v->unit == UNIT_FAULT_BITS) {
		text_str(out, ": ");
		events_describe(v->unit == UNIT_FAULT_BITS ? EVENT_FAULT : EVENT_BAT, (uint32_t)v->value, out);
	} else if (v->unit != UNIT_NONE) {
		text_str(out, ": ");
		text_milli(out, (int64_t)v->value * shown[v->unit].scale, shown[v->unit].decimals);
		text_str(out, shown[v->unit].unit);
	}
	if (reason->address != 0 && (v->unit != UNIT_NONE || v->blocks)) {
		text_str(out, ", module ");
		text_int(out, reason->address);
	}
	if (v->cell != 0) {
		text_str(out, " cell ");
		text_int(out, v->cell);
	}
}
