#include "limits_rules.h"

#include "core/base/number.h"
#include "core/base/trip.h"
#include "core/reply/events.h"

#include <stddef.h>

/* ---- Charge current, one module ---- */

static struct limits_verdict charge_base(const struct limits_module_input *in)
{
	return limits_speak_plain(in->charge_base_ma);
}

static struct limits_verdict charge_cold(const struct limits_module_input *in)
{
	const struct settings_protection *p = in->p;
	const struct rack_extreme *worst = &in->r->worst_temp_low;
	int32_t own = in->r->temp_low.value.value;
	bool *blocked = &in->memory->charge_cold_block, *limited = &in->memory->charge_cold;

	*blocked = trip_below(*blocked, worst->value.value, own, p->charge_cold_block_mc,
	                      p->charge_cold_block_mc + p->temperature_release_mc);
	*limited = trip_below(*limited, worst->value.value, own, p->charge_cold_mc,
	                      p->charge_cold_mc + p->temperature_release_mc);
	if (*blocked)
		return limits_block(worst->value.value, UNIT_MC, worst->cell);
	return *limited ? limits_speak(p->charge_cold_current_ma, worst->value.value, UNIT_MC, worst->cell)
	                : limits_silent();
}

static struct limits_verdict charge_hot(const struct limits_module_input *in)
{
	const struct settings_protection *p = in->p;
	const struct rack_extreme *worst = &in->r->worst_temp_high;
	int32_t own = in->r->temp_high.value.value;
	bool *blocked = &in->memory->charge_hot_block, *limited = &in->memory->charge_hot;

	*blocked = trip_above(*blocked, worst->value.value, own, p->charge_hot_block_mc,
	                      p->charge_hot_block_mc - p->temperature_release_mc);
	*limited = trip_above(*limited, worst->value.value, own, p->charge_hot_mc,
	                      p->charge_hot_mc - p->temperature_release_mc);
	if (*blocked)
		return limits_block(worst->value.value, UNIT_MC, worst->cell);
	return *limited ? limits_speak(p->charge_hot_current_ma, worst->value.value, UNIT_MC, worst->cell)
	                : limits_silent();
}

/* "Released below 3.50 V": 3.50 V itself does not release. */
static struct limits_verdict cell_over_voltage(const struct limits_module_input *in)
{
	const struct rack_extreme *worst = &in->r->worst_cell_high;
	bool *on = &in->memory->cell_over;

	if (worst->value.known)
		*on = trip_above(*on, worst->value.value, opt_or(in->r->cell_high.value, INT32_MAX),
		                 in->p->cell_over_mv, in->p->cell_over_release_mv - 1);
	return *on ? limits_block(worst->value.value, UNIT_MV, worst->cell) : limits_silent();
}

/* The share of the base at `mv` on a line of points whose voltages rise or fall. */
static int32_t taper(const struct settings_taper *t, int32_t mv, int32_t base_ma)
{
	bool rising = t->cell_mv[SETTINGS_TAPER_POINTS - 1] > t->cell_mv[0];

	for (int i = 0; i < SETTINGS_TAPER_POINTS; i++) {
		if (rising ? mv > t->cell_mv[i] : mv < t->cell_mv[i])
			continue;
		if (i == 0)
			return limits_share(base_ma, t->percent[i]);
		int64_t way = t->cell_mv[i] - t->cell_mv[i - 1];
		int64_t weighted = (int64_t)t->percent[i - 1] * (t->cell_mv[i] - mv) +
		                   (int64_t)t->percent[i] * (mv - t->cell_mv[i - 1]);

		return (int32_t)(base_ma * weighted / (way * 100));
	}
	return limits_share(base_ma, t->percent[SETTINGS_TAPER_POINTS - 1]);
}

static struct limits_verdict charge_taper(const struct limits_module_input *in)
{
	const struct rack_extreme *worst = &in->r->worst_cell_high;
	int32_t limit;

	if (!worst->value.known)
		return limits_silent();
	limit = taper(&in->p->charge_taper, worst->value.value, in->charge_base_ma);
	return limits_speak(limit, worst->value.value, UNIT_MV, worst->cell);
}

static struct limits_verdict deep_cell(const struct limits_module_input *in)
{
	const struct settings_protection *p = in->p;
	const struct rack_extreme *worst = &in->r->worst_cell_low;
	int32_t own = opt_or(in->r->cell_low.value, INT32_MIN);
	bool *blocked = &in->memory->deep_cell_block, *limited = &in->memory->deep_cell;

	if (!worst->value.known)
		return limits_silent();
	*blocked = trip_below(*blocked, worst->value.value, own, p->deep_cell_block_mv,
	                      p->deep_cell_block_release_mv);
	*limited = trip_below(*limited, worst->value.value, own, p->deep_cell_mv,
	                      p->deep_cell_release_mv);
	if (*blocked)
		return limits_block(worst->value.value, UNIT_MV, worst->cell);
	return *limited ? limits_speak(p->deep_cell_current_ma, worst->value.value, UNIT_MV, worst->cell)
	                : limits_silent();
}

static struct limits_verdict cell_sensor(const struct limits_module_input *in)
{
	return in->r->failed_cells > 0 ? limits_block_plain() : limits_silent();
}

/* ---- BMS events: which bits block what ---- */

enum evidence { EVIDENCE_NONE, EVIDENCE_LOW_VOLTAGE, EVIDENCE_HEAT };

static const struct event_rule {
	enum event_word word; /* EVENT_BAT: Bat Events and Power Events alike */
	uint32_t bits;
	bool charge, discharge;
	enum evidence evidence; /* what beside a printed name proves the bit for discharge */
} event_rules[] = {
	{ EVENT_BAT, EVENT_OVER_VOLTAGE, true, false, EVIDENCE_NONE },
	{ EVENT_BAT, EVENT_CHARGE_CURRENT, true, false, EVIDENCE_NONE },
	{ EVENT_BAT, EVENT_OVER_TEMPERATURE, true, true, EVIDENCE_HEAT },
	{ EVENT_BAT, EVENT_UNDER_VOLTAGE, false, true, EVIDENCE_LOW_VOLTAGE },
	{ EVENT_BAT, EVENT_SHORT_CIRCUIT, false, true, EVIDENCE_NONE },
	{ EVENT_BAT, EVENT_SYSTEM_ERROR, true, false, EVIDENCE_NONE }, /* see also the base word */
	{ EVENT_FAULT, EVENT_FAULT_CHARGE_FET, true, false, EVIDENCE_NONE },
	{ EVENT_FAULT, EVENT_FAULT_DISCHARGE_FET, false, true, EVIDENCE_NONE },
	{ EVENT_FAULT, EVENT_FAULT_VOLTAGE_SENSING | EVENT_FAULT_CURRENT_SENSING, true, false, EVIDENCE_NONE },
};

static bool proven(const struct event_rule *rule, const struct limits_module_input *in, uint32_t bits,
                   const char *names)
{
	const struct rack_reading *r = in->r;

	if (events_confirmed(rule->word, bits, names))
		return true;
	if (rule->evidence == EVIDENCE_LOW_VOLTAGE)
		return r->pwr->volt == WORD_LOW || r->cell_called_low ||
		       opt_or(r->worst_cell_low.value, INT32_MAX) < in->p->alarm_cell_low_mv ||
		       r->pack_mv < limits_pack_mv(in->p->pack_cut_cell_mv, r->cells);
	if (rule->evidence == EVIDENCE_HEAT)
		return r->pwr->temp == WORD_HIGH || r->cell_called_hot ||
		       r->worst_temp_high.value.value > in->p->discharge_hot_mc;
	return false;
}

/* Unproven bits may block charge; they block discharge only with a second witness. */
static struct limits_verdict judge_events(const struct limits_module_input *in, bool charge)
{
	const struct reply_pwr *pwr = in->r->pwr;
	const struct reply_events *words[] = { &pwr->bat_events, &pwr->power_events };

	if (pwr->base == WORD_SYSERROR)
		return limits_block((int32_t)EVENT_SYSTEM_ERROR, UNIT_BAT_BITS, 0);
	for (size_t i = 0; i < sizeof event_rules / sizeof event_rules[0]; i++) {
		const struct event_rule *rule = &event_rules[i];

		if (!(charge ? rule->charge : rule->discharge))
			continue;
		for (int w = 0; w < (rule->word == EVENT_FAULT ? 1 : 2); w++) {
			const struct reply_events *e =
			        rule->word == EVENT_FAULT ? &pwr->system_fault : words[w];
			uint32_t bits = e->bits & rule->bits;

			if (bits != 0 && (charge || proven(rule, in, bits, e->names)))
				return limits_block((int32_t)bits,
				             rule->word == EVENT_FAULT ? UNIT_FAULT_BITS : UNIT_BAT_BITS, 0);
		}
	}
	return limits_silent();
}

static struct limits_verdict charge_events(const struct limits_module_input *in)
{
	return judge_events(in, true);
}

static struct limits_verdict discharge_events(const struct limits_module_input *in)
{
	return judge_events(in, false);
}

static struct limits_verdict charge_wish(const struct limits_module_input *in)
{
	struct opt wish = in->pwrsys ? in->pwrsys->charge_ma : opt_none();

	return wish.known ? limits_speak(wish.value, wish.value, UNIT_MA, 0) : limits_silent();
}

/* ---- Discharge current, one module ---- */

static struct limits_verdict discharge_base(const struct limits_module_input *in)
{
	return limits_speak_plain(in->discharge_base_ma);
}

/* "Released above 3.15 V": 3.15 V itself does not release. */
static struct limits_verdict cell_under_voltage(const struct limits_module_input *in)
{
	const struct rack_extreme *worst = &in->r->worst_cell_low;
	bool *on = &in->memory->cell_under;

	if (worst->value.known)
		*on = trip_below(*on, worst->value.value, opt_or(in->r->cell_low.value, INT32_MIN),
		                 in->p->cell_under_mv, in->p->cell_under_release_mv + 1);
	return *on ? limits_block(worst->value.value, UNIT_MV, worst->cell) : limits_silent();
}

static struct limits_verdict discharge_taper(const struct limits_module_input *in)
{
	const struct rack_extreme *worst = &in->r->worst_cell_low;
	int32_t limit;

	if (!worst->value.known)
		return limits_silent();
	limit = taper(&in->p->discharge_taper, worst->value.value, in->discharge_base_ma);
	return limits_speak(limit, worst->value.value, UNIT_MV, worst->cell);
}

/* The cut must last, because a pack dips when a pump starts: it counts from one reading to another, never by the clock
 * alone, which has seen no second one. Both are released above 48.0 V. */
static struct limits_verdict pack_low(const struct limits_module_input *in)
{
	const struct settings_protection *p = in->p;
	struct limits_module_memory *m = in->memory;
	int32_t mv = in->r->pack_mv;
	int32_t release_mv = limits_pack_mv(p->pack_low_release_cell_mv, in->r->cells) + 1;
	bool under = mv < limits_pack_mv(p->pack_cut_cell_mv, in->r->cells);

	if (under && !m->pack_under)
		m->pack_under_ms = in->r->pwr_ms;
	m->pack_under = under;
	m->pack_cut = (under && in->r->pwr_ms - m->pack_under_ms >= p->pack_cut_ms) ||
	              (m->pack_cut && mv < release_mv);
	m->pack_low = trip_below(m->pack_low, mv, mv, limits_pack_mv(p->pack_low_cell_mv, in->r->cells),
	                         release_mv);
	if (m->pack_cut)
		return limits_block(mv, UNIT_MV, 0);
	return m->pack_low ? limits_speak(limits_share(in->discharge_base_ma, p->pack_low_pct), mv, UNIT_MV, 0)
	                   : limits_silent();
}

static struct limits_verdict discharge_cold(const struct limits_module_input *in)
{
	const struct rack_extreme *worst = &in->r->worst_temp_low;
	bool *on = &in->memory->discharge_cold_block;
	int32_t trip = in->p->discharge_cold_block_mc;

	*on = trip_below(*on, worst->value.value, in->r->temp_low.value.value, trip,
	                 trip + in->p->temperature_release_mc);
	return *on ? limits_block(worst->value.value, UNIT_MC, worst->cell) : limits_silent();
}

/* "Half from 50 C": 50 C itself trips. */
static struct limits_verdict discharge_hot(const struct limits_module_input *in)
{
	const struct settings_protection *p = in->p;
	const struct rack_extreme *worst = &in->r->worst_temp_high;
	int32_t own = in->r->temp_high.value.value;
	bool *blocked = &in->memory->discharge_hot_block, *halved = &in->memory->discharge_hot;

	*blocked = trip_above(*blocked, worst->value.value, own, p->discharge_hot_block_mc,
	                      p->discharge_hot_block_mc - p->temperature_release_mc);
	*halved = trip_above(*halved, worst->value.value, own, p->discharge_hot_mc - 1,
	                     p->discharge_hot_mc - p->temperature_release_mc);
	if (*blocked)
		return limits_block(worst->value.value, UNIT_MC, worst->cell);
	return *halved ? limits_speak(limits_share(in->discharge_base_ma, p->discharge_hot_pct), worst->value.value,
	                       UNIT_MC, worst->cell)
	               : limits_silent();
}

static struct limits_verdict over_current(const struct limits_module_input *in)
{
	struct limits_module_memory *m = in->memory;
	uint32_t bits = (in->r->pwr->bat_events.bits | in->r->pwr->power_events.bits) &
	                EVENT_DISCHARGE_CURRENT;

	if (bits != 0) {
		m->over_current = true;
		m->over_current_ms = in->now_ms;
	}
	if (m->over_current && in->now_ms - m->over_current_ms >= in->p->over_current_ms)
		m->over_current = false;
	return m->over_current
	               ? limits_speak_plain(limits_share(in->discharge_base_ma, in->p->over_current_pct))
	               : limits_silent();
}

static struct limits_verdict discharge_wish(const struct limits_module_input *in)
{
	struct opt wish = in->pwrsys ? in->pwrsys->discharge_ma : opt_none();

	return wish.known ? limits_speak(wish.value, wish.value, UNIT_MA, 0) : limits_silent();
}

/* ---- Charge voltage, one module ---- */

/* Leaves the highest cell room up to its target: the chargers regulate the pack, not the cell. */
static struct limits_verdict cell_headroom(const struct limits_module_input *in)
{
	const struct rack_extreme *worst = &in->r->worst_cell_high;
	int32_t floor_mv = limits_pack_mv(in->p->cell_floor_mv, in->r->cells);
	int32_t mv;

	if (!worst->value.known || worst->value.value <= in->p->headroom_start_cell_mv)
		return limits_silent();
	mv = in->r->pack_mv + in->r->cells * (in->p->headroom_target_cell_mv - worst->value.value);
	return limits_speak((int32_t)number_max(mv, floor_mv), worst->value.value, UNIT_MV, worst->cell);
}

/* Among equal limits the first row wins, but a block before what only limits. */
const struct limits_module_rule limits_module_rules[] = {
	{ LIMIT_CVL, "Cell headroom", cell_headroom,
	  "while the highest cell is above {headroom_start_cell_voltage}: pack voltage + "
	  "cells x ({headroom_target_cell_voltage} - highest cell), not below "
	  "{cell_floor_voltage} a cell" },
	{ LIMIT_CCL, "Configured maximum", charge_base,
	  "{charge_derate_percent} of the configured maximum or of the module's own, "
	  "whichever is less" },
	{ LIMIT_CCL, "Cold", charge_cold,
	  "{charge_cold_current} below {charge_cold_temperature}, blocked below "
	  "{charge_cold_block_temperature}; released {temperature_release} above" },
	{ LIMIT_CCL, "Hot", charge_hot,
	  "{charge_hot_current} above {charge_hot_temperature}, blocked above "
	  "{charge_hot_block_temperature}; released {temperature_release} below" },
	{ LIMIT_CCL, "Cell over-voltage", cell_over_voltage,
	  "blocked above {cell_over_voltage} of the highest cell until below {cell_over_release_voltage}" },
	{ LIMIT_CCL, "High cell", charge_taper,
	  "{charge_taper_percent} of the base at {charge_taper_voltage} of the highest "
	  "cell, linear between" },
	{ LIMIT_CCL, "Deep cell", deep_cell,
	  "{deep_cell_current} below {deep_cell_voltage} of the lowest cell until "
	  "{deep_cell_release_voltage}; blocked below {deep_cell_block_voltage} until "
	  "{deep_cell_block_release_voltage}" },
	{ LIMIT_CCL, "Cell sensor", cell_sensor,
	  "blocked while a cell reads above {sense_high_voltage} or below "
	  "{sense_low_voltage}: a failed sense line" },
	{ LIMIT_CCL, "BMS event", charge_events,
	  "blocked on over-voltage, charge over-current, over-temperature, charge FET, "
	  "voltage or current sensing failure, system error" },
	{ LIMIT_CCL, "BMS recommendation", charge_wish,
	  "never above what the BMS recommends for a module, where the console tells" },
	{ LIMIT_DCL, "Configured maximum", discharge_base,
	  "the configured maximum or the module's own, whichever is less" },
	{ LIMIT_DCL, "Cell under-voltage", cell_under_voltage,
	  "blocked below {cell_under_voltage} of the lowest cell until above "
	  "{cell_under_release_voltage}" },
	{ LIMIT_DCL, "Low cell", discharge_taper,
	  "{discharge_taper_percent} of the base at {discharge_taper_voltage} of the lowest"
	  " cell, linear between" },
	{ LIMIT_DCL, "Pack low", pack_low,
	  "{pack_low_percent} of the base below {pack_low_cell_voltage} a cell, blocked "
	  "below {pack_cut_cell_voltage} a cell for {pack_cut_s}; both until above "
	  "{pack_low_release_cell_voltage} a cell" },
	{ LIMIT_DCL, "Cold", discharge_cold,
	  "blocked below {discharge_cold_block_temperature}; released {temperature_release}"
	  " above" },
	{ LIMIT_DCL, "Hot", discharge_hot,
	  "{discharge_hot_percent} of the base from {discharge_hot_temperature}, blocked "
	  "above {discharge_hot_block_temperature}; released {temperature_release} below" },
	{ LIMIT_DCL, "BMS event", discharge_events,
	  "blocked on SysError, and on under-voltage, short circuit, over-temperature or "
	  "discharge FET failure where a printed name, a state word or a measured value "
	  "says the same" },
	{ LIMIT_DCL, "Over-current", over_current,
	  "{over_current_percent} of the base for {over_current_s} after the BMS reported "
	  "discharge over-current" },
	{ LIMIT_DCL, "BMS recommendation", discharge_wish,
	  "never above what the BMS recommends for a module, where the console tells" },
};

const int limits_module_rule_count =
        (int)(sizeof limits_module_rules / sizeof limits_module_rules[0]);
