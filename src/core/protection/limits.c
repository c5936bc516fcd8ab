#include "core/protection/limits.h"

#include "limits_rules.h"

#include "core/base/number.h"
#include "core/reply/events.h"

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

/* Puts one verdict into the minimum. Only verdicts of CCL and DCL block. */
static void take(struct limits_set *set, enum limits_kind kind, const char *rule, uint8_t address,
                 const struct limits_verdict *v)
{
	bool *blocked = kind == LIMIT_CCL ? &set->charge_blocked : &set->discharge_blocked;
	bool first_block = v->blocks && !*blocked;

	if (v->limit < set->limit[kind] || (v->limit == set->limit[kind] && first_block)) {
		set->limit[kind] = v->limit;
		set->reason[kind] = (struct limits_reason){ rule, *v, address, false };
	}
	*blocked |= v->blocks;
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
		v.stage = limits_subject_rules[i].stage;
		take(set, limits_subject_rules[i].kind, limits_subject_rules[i].name, address, &v);
	}
	set->mode = set->charge_blocked ? "Blocked"
	            : in->memory->full_charge ? "Full charge"
	            : in->memory->floating ? "Float" : "Bulk";
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
	return (int32_t)number_min(number_max(value, 0), most);
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
 * do not share evenly. */
static void apply_sharing(struct limits_set *bank, enum limits_kind kind,
                          const struct limits_set *parts, const struct rack_reading *readings,
                          int count, int modules)
{
	int64_t total = (int64_t)bank->limit[kind] * modules;
	int64_t lowest = total;

	for (int i = 0; i < count; i++) {
		int32_t current = kind == LIMIT_CCL ? readings[i].current_ma : -readings[i].current_ma;
		int64_t own = number_max(parts[i].limit[kind], 0);

		if (readings[i].failed || current <= own || total * own / current >= lowest)
			continue;
		lowest = total * own / current;
		bank->reason[kind] = (struct limits_reason){
			.rule = "Uneven sharing", .verdict = { .value = current, .unit = UNIT_MA },
			.address = readings[i].address,
		};
	}
	bank->limit[kind] = (int32_t)lowest;
}

/* A limit that misses a value it needs can only go down: what was said while the value was there, or since, stays
 * in the minimum. The cell that nobody sees any more may be the worst one. */
static void only_down(struct limits_set *part, struct limits_module_memory *m,
                      const struct rack_reading *r)
{
	bool blind = m->judged && (r->failed_cells > 0 || r->lost_temps > 0);
	const bool blocked[LIMIT_KINDS] = { [LIMIT_CCL] = m->charge_blocked, [LIMIT_DCL] = m->discharge_blocked };

	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++) {
		struct limits_verdict before = { .limit = m->limit[k], .blocks = blocked[k], .unit = UNIT_PLACE };

		if (blind)
			take(part, k, "Missing value", r->address, &before);
		m->limit[k] = part->limit[k];
	}
	m->judged = true;
	m->charge_blocked = part->charge_blocked;
	m->discharge_blocked = part->discharge_blocked;
}

/* What one module's own rules say, with `memory` to remember by. */
static void judge_reading(struct limits_set *part, const struct settings *settings,
                          const struct rack_reading *r, const struct reply_pwrsys *pwrsys,
                          struct limits_module_memory *memory, int64_t now_ms)
{
	const struct settings_battery *b = &settings->battery;
	struct limits_module_input in = {
		.p = &settings->protection,
		.r = r,
		.memory = memory,
		.pwrsys = pwrsys,
		.charge_base_ma = limits_share(
		        opt_min(opt_some(b->max_charge_current_ma), r->max_charge_ma).value,
		        settings->protection.charge_derate_pct),
		.discharge_base_ma =
		        opt_min(opt_some(b->max_discharge_current_ma), r->max_discharge_ma).value,
		.now_ms = now_ms,
	};

	judge_module(part, &in);
	only_down(part, memory, r);
}

/* Adds what the rules of a subject say of one module alone, for its own topic. */
static void judge_alone(struct limits_set *set, const struct settings *settings,
                        const struct rack_reading *r, const struct reply_pwrsys *pwrsys,
                        struct limits_subject_memory *memory, int64_t now_ms)
{
	struct limits_subject alone = {
		.charge_soc_pct = r->soc_pct, .discharge_soc_pct = r->soc_pct,
		.voltage_mv = r->pack_mv, .current_ma = r->current_ma,
		.cells = r->cells, .pwrsys = pwrsys,
	};
	struct limits_subject_input in = {
		.settings = settings, .p = &settings->protection, .subject = &alone,
		.memory = memory, .now_ms = now_ms,
	};

	judge_subject(set, &in, r->address);
	apply_blocks(set, settings);
	final_clamp(set, settings, r->cells, 1);
}

static void step_module(struct limits *limits, const struct settings *settings,
                        const struct rack_reading *r, const struct reply_pwrsys *pwrsys,
                        int64_t now_ms, struct limits_set *part)
{
	struct limits_memory *memory = &limits->memory;
	int i = r->address - 1;

	judge_reading(part, settings, r, pwrsys, &memory->module[i], now_ms);
	limits->module_set[i] = *part;
	judge_alone(&limits->module_set[i], settings, r, pwrsys, &memory->alone[i], now_ms);
	if (!r->failed)
		memory->held[i] = (struct limits_held){
			true, part->limit[LIMIT_CVL], part->limit[LIMIT_CCL], part->charge_blocked,
			r->soc_pct, r->worst_cell_low.value,
		};
}

bool limits_would_block(const struct limits *limits, const struct settings *settings,
                        const struct rack_reading *reading, const struct reply_pwrsys *pwrsys,
                        int64_t now_ms)
{
	const struct limits_set *now = &limits->module_set[reading->address - 1];
	struct limits_module_memory memory = limits->memory.module[reading->address - 1];
	struct limits_subject_memory alone = limits->memory.alone[reading->address - 1];
	struct limits_set set;

	judge_reading(&set, settings, reading, pwrsys, &memory, now_ms);
	judge_alone(&set, settings, reading, pwrsys, &alone, now_ms);
	return (set.charge_blocked && !now->charge_blocked) ||
	       (set.discharge_blocked && !now->discharge_blocked);
}

/* Whether what module `i` (from 0) said last still holds: it is missing, and not for long. */
static bool holds(const struct limits_memory *memory, const struct settings *settings, int i, int64_t now_ms)
{
	int64_t hold_ms = (int64_t)settings->protection.lost_module_hold_min * 60 * 1000;

	return (memory->missing >> i & 1) && memory->held[i].known && now_ms - memory->missing_ms[i] < hold_ms;
}

/* What a module that is missing from the bank still says: not above float, and its last charge limits for a
 * while. Its discharge block is not kept: it carries nothing any more. */
static void take_missing(struct limits_set *set, const struct settings *settings,
                         const struct limits_memory *memory, const struct limits_subject *bank,
                         int i, int64_t now_ms)
{
	const struct settings_protection *p = &settings->protection;
	bool failed = bank->failed >> i & 1;
	const char *rule = failed ? "Failed module" : "Lost module";
	const struct limits_held *held = &memory->held[i];
	struct limits_verdict v = { .limit = limits_pack_mv(p->cell_float_mv, bank->cells), .unit = UNIT_PLACE };

	take(set, LIMIT_CVL, rule, (uint8_t)(i + 1), &v);
	if (holds(memory, settings, i, now_ms)) {
		v.limit = held->cvl_mv;
		take(set, LIMIT_CVL, rule, (uint8_t)(i + 1), &v);
		v.limit = held->ccl_ma;
		v.blocks = held->charge_blocked;
		take(set, LIMIT_CCL, rule, (uint8_t)(i + 1), &v);
	}
	if (failed ? p->failed_module_blocks : p->lost_module_blocks) {
		v = (struct limits_verdict){ .blocks = true, .unit = UNIT_PLACE };
		take(set, LIMIT_CCL, rule, (uint8_t)(i + 1), &v);
		take(set, LIMIT_DCL, rule, (uint8_t)(i + 1), &v);
	}
}

/* Since when which modules are missing. */
static void note_missing(struct limits_memory *memory, uint32_t missing, int64_t now_ms)
{
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		if (!(memory->missing >> i & 1))
			memory->missing_ms[i] = now_ms;
	memory->missing = missing;
}

static void judge_missing(struct limits *limits, const struct settings *settings,
                          const struct limits_subject *bank, int64_t now_ms)
{
	note_missing(&limits->memory, bank->lost | bank->failed, now_ms);
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		if (limits->memory.missing >> i & 1)
			take_missing(&limits->bank_set, settings, &limits->memory, bank, i, now_ms);
}

/* A bank that has lost its emptiest module is no fuller: what missing modules said last counts in its SoC, each like
 * the mean of the others, and in its lowest cell, while it holds. To the careful side, and never to the other one. */
static void count_missing(const struct limits_memory *memory, const struct settings *settings,
                          struct limits_subject *bank, int64_t now_ms)
{
	int32_t all = bank->modules, low = bank->discharge_soc_pct, high = bank->charge_soc_pct;
	int32_t low_sum = low * all, high_sum = high * all;

	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		const struct limits_held *held = &memory->held[i];

		if (!holds(memory, settings, i, now_ms))
			continue;
		all++;
		low_sum += held->soc_pct;
		high_sum += held->soc_pct;
		bank->cell_low_mv = opt_min(bank->cell_low_mv, held->cell_low_mv);
		if (settings->limits.worst_soc) {
			low = (int32_t)number_min(low, held->soc_pct);
			high = (int32_t)number_max(high, held->soc_pct);
		}
	}
	bank->discharge_soc_pct = (int32_t)number_min(low, low_sum / all);
	bank->charge_soc_pct = (int32_t)number_max(high, (high_sum + all - 1) / all);
}

void limits_init(struct limits *limits)
{
	memset(limits, 0, sizeof *limits);
	limits->bank_set = unlimited;
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		limits->module_set[i] = unlimited;
}

static void judge_bank(struct limits *limits, const struct settings *settings,
                       const struct limits_subject *bank, int64_t now_ms)
{
	struct limits_subject_input in = {
		.settings = settings, .p = &settings->protection, .subject = bank,
		.memory = &limits->memory.bank, .now_ms = now_ms,
	};

	judge_subject(&limits->bank_set, &in, 0);
}

void limits_step(struct limits *limits, const struct settings *settings,
                 const struct rack_reading *readings, int count,
                 struct limits_subject *bank, int64_t now_ms)
{
	struct limits_set parts[RACK_MODULES_MAX];
	struct limits_set *set = &limits->bank_set;

	*set = unlimited;
	for (int i = 0; i < count; i++) {
		step_module(limits, settings, &readings[i], bank->pwrsys, now_ms, &parts[i]);
		if (!readings[i].failed)
			merge(set, &parts[i]);
	}
	judge_missing(limits, settings, bank, now_ms);
	count_missing(&limits->memory, settings, bank, now_ms);
	judge_bank(limits, settings, bank, now_ms);
	for (enum limits_kind k = LIMIT_CCL; k <= LIMIT_DCL; k++)
		apply_sharing(set, k, parts, readings, count, bank->modules);
	apply_blocks(set, settings);
	final_clamp(set, settings, bank->cells, bank->modules);
}

/* Whether the bank, as it was last seen, has enough in it to go on giving without being watched. */
static bool may_give(const struct settings_protection *p, const struct limits_subject *last)
{
	return !p->lost_battery_blocks && last->discharge_soc_pct >= p->lost_battery_soc_pct &&
	       last->cell_low_mv.known && last->cell_low_mv.value >= p->lost_battery_cell_mv;
}

void limits_step_lost(struct limits *limits, const struct settings *settings,
                      const struct limits_subject *last,
                      const int32_t published[LIMIT_KINDS], int64_t now_ms)
{
	const struct settings_protection *p = &settings->protection;
	struct limits_set *set = &limits->bank_set;
	struct limits_verdict charge = limits_block_plain();
	struct limits_verdict discharge = may_give(p, last)
	                                          ? limits_speak_plain(p->lost_battery_current_ma)
	                                          : limits_block_plain();
	struct limits_subject bank = *last;

	note_missing(&limits->memory, UINT32_MAX, now_ms);
	bank.current_ma = 0; /* nobody knows it now */
	bank.full = false;
	discharge.blocks |= set->discharge_blocked;
	*set = unlimited;
	take(set, LIMIT_CCL, "Battery lost", 0, &charge);
	take(set, LIMIT_DCL, "Battery lost", 0, &discharge);
	judge_bank(limits, settings, &bank, now_ms);
	set->limit[LIMIT_DCL] = clamp((int64_t)set->limit[LIMIT_DCL] * last->modules, INT32_MAX);
	apply_blocks(set, settings);
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++)
		set->limit[k] = (int32_t)number_min(set->limit[k], published[k]);
	final_clamp(set, settings, last->cells, last->modules);
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

	if (reason->recovering)
		text_str(out, "Recovery after ");
	text_str(out, reason->rule);
	if (v->unit == UNIT_BAT_BITS || v->unit == UNIT_FAULT_BITS) {
		text_str(out, ": ");
		events_describe(v->unit == UNIT_FAULT_BITS ? EVENT_FAULT : EVENT_BAT, (uint32_t)v->value, out);
	} else if (v->unit != UNIT_NONE && v->unit != UNIT_PLACE) {
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

bool limits_waiting(const struct limits *limits)
{
	const struct limits_memory *memory = &limits->memory;
	bool waiting = memory->missing != 0 || memory->bank.blocked;

	for (int i = 0; i < RACK_MODULES_MAX; i++)
		waiting |= memory->module[i].over_current || memory->alone[i].blocked;
	return waiting;
}
