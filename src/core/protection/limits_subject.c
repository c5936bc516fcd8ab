#include "limits_rules.h"

#include "core/base/number.h"
#include "core/base/trip.h"

#include <stddef.h>

#define HOUR_MS (60 * 60 * 1000)
#define DAY_S (24 * 60 * 60)

/* ---- The bank, or one module alone ---- */

static struct limits_verdict high_soc(const struct limits_subject_input *in)
{
	int32_t soc = in->subject->charge_soc_pct;
	bool *on = &in->memory->high_soc;

	*on = trip_above(*on, soc, soc, in->p->high_soc_pct, in->p->high_soc_release_pct);
	return *on ? limits_speak(in->p->high_soc_current_ma, soc, UNIT_PCT, 0) : limits_silent();
}

static struct limits_verdict low_soc(const struct limits_subject_input *in)
{
	const struct settings_protection *p = in->p;
	int32_t soc = in->subject->discharge_soc_pct;
	bool *blocked = &in->memory->low_soc_block, *limited = &in->memory->low_soc;

	*blocked = trip_below(*blocked, soc, soc, p->low_soc_block_pct, p->low_soc_block_release_pct);
	*limited = trip_below(*limited, soc, soc, p->low_soc_pct, p->low_soc_release_pct);
	if (*blocked)
		return limits_block(soc, UNIT_PCT, 0);
	return *limited ? limits_speak(p->low_soc_current_ma, soc, UNIT_PCT, 0) : limits_silent();
}

/* The stack's wish is shared by its modules; it says nothing of one module alone. */
static struct limits_verdict stack_wish(const struct limits_subject_input *in, struct opt wish_ma)
{
	if (!in->subject->bank || !wish_ma.known)
		return limits_silent();
	return limits_speak(wish_ma.value / in->subject->modules, wish_ma.value, UNIT_MA, 0);
}

static struct limits_verdict stack_charge_wish(const struct limits_subject_input *in)
{
	const struct reply_pwrsys *pwrsys = in->subject->pwrsys;

	return stack_wish(in, pwrsys ? pwrsys->system_charge_ma : opt_none());
}

static struct limits_verdict stack_discharge_wish(const struct limits_subject_input *in)
{
	const struct reply_pwrsys *pwrsys = in->subject->pwrsys;

	return stack_wish(in, pwrsys ? pwrsys->system_discharge_ma : opt_none());
}

/* How long the pack has been held high in this full charge, in all: clouds do not make it begin anew. Time while
 * charge is blocked, or nobody knows the voltage, which blocks it, does not count. */
static void hold_full(const struct limits_subject_input *in)
{
	struct limits_subject_memory *m = in->memory;
	bool high = !in->charge_blocked &&
	            in->subject->voltage_mv >= limits_pack_mv(in->p->full_charge_mv, in->subject->cells);

	if (m->full_charge && high && m->full_high)
		m->full_held_ms += in->now_ms - m->full_ms;
	m->full_high = high;
	m->full_ms = in->now_ms;
}

/* Cells balance near full only. A stack that has not been there for long is charged to its end: what the stage
 * says of float does not hold meanwhile. All that lowers the voltage does. */
static struct limits_verdict full_charge(const struct limits_subject_input *in)
{
	const struct limits_subject *s = in->subject;
	struct limits_subject_memory *m = in->memory;

	if (!s->bank)
		return limits_silent();
	hold_full(in);
	m->full_charged = s->full || m->full_held_ms >= (int64_t)in->p->full_charge_hours * HOUR_MS;
	if (m->full_charged || in->p->full_charge_days == 0) {
		m->full_charge = false;
		m->full_held_ms = 0;
	} else {
		m->full_charge |= s->since_full_s >= in->p->full_charge_days * (int64_t)DAY_S;
	}
	return m->full_charge ? limits_speak_plain(limits_pack_mv(in->p->cell_bulk_mv, s->cells)) : limits_silent();
}

static struct limits_verdict stage(const struct limits_subject_input *in)
{
	int32_t soc = in->subject->charge_soc_pct;
	bool *floating = &in->memory->floating;
	bool low;

	*floating = trip_above(*floating, soc, soc, in->p->float_soc_pct - 1, in->p->bulk_soc_pct - 1);
	low = *floating && !in->memory->full_charge;
	return limits_speak(limits_pack_mv(low ? in->p->cell_float_mv : in->p->cell_bulk_mv, in->subject->cells),
	                    soc, UNIT_PCT, 0);
}

/* Solar chargers with DC feed-in obey CVL and not CCL: while charge is blocked and current still flows,
 * the voltage steps down. */
static struct limits_verdict charge_blocked(const struct limits_subject_input *in)
{
	struct limits_subject_memory *m = in->memory;
	int32_t floor_mv = limits_pack_mv(in->p->cell_floor_mv, in->subject->cells);
	int32_t float_mv = limits_pack_mv(in->p->cell_float_mv, in->subject->cells);

	if (!in->charge_blocked) {
		m->blocked = false;
		return limits_silent();
	}
	if (!m->blocked) {
		m->blocked = true;
		m->blocked_mv = (int32_t)number_min(in->subject->voltage_mv, float_mv);
		m->blocked_step_ms = in->now_ms;
	} else if (in->now_ms - m->blocked_step_ms >= in->p->blocked_step_ms) {
		if (in->subject->current_ma > in->p->blocked_current_ma)
			m->blocked_mv -= in->p->blocked_step_mv;
		m->blocked_step_ms = in->now_ms;
	}
	m->blocked_mv = (int32_t)number_max(m->blocked_mv, floor_mv);
	return limits_speak_plain(m->blocked_mv);
}

static struct limits_verdict voltage_wish(const struct limits_subject_input *in)
{
	const struct reply_pwrsys *pwrsys = in->subject->pwrsys;

	return pwrsys && pwrsys->charge_mv.known
	               ? limits_speak(pwrsys->charge_mv.value, pwrsys->charge_mv.value, UNIT_MV, 0)
	               : limits_silent();
}

const struct limits_subject_rule limits_subject_rules[] = {
	{ LIMIT_CCL, "High SoC", high_soc, false,
	  "{high_soc_current} a module above {high_soc} until {high_soc_release}" },
	{ LIMIT_CCL, "BMS recommendation", stack_charge_wish, false,
	  "never above what the BMS recommends for the stack, where the console tells" },
	{ LIMIT_DCL, "Low SoC", low_soc, false,
	  "{low_soc_current} a module below {low_soc} until {low_soc_release}; blocked "
	  "below {low_soc_block} until {low_soc_block_release}" },
	{ LIMIT_DCL, "BMS recommendation", stack_discharge_wish, false,
	  "never above what the BMS recommends for the stack, where the console tells" },
	{ LIMIT_CVL, "Full charge", full_charge, true,
	  "bulk {cell_bulk_voltage} a cell instead of float, after {full_charge_days} without a full charge (0: never): "
	  "until every module reports Full, or {full_charge_hours} at {full_charge_voltage} a cell or more" },
	{ LIMIT_CVL, "Stage", stage, true,
	  "bulk {cell_bulk_voltage} a cell while SoC is below {float_soc}, float "
	  "{cell_float_voltage} a cell from there until below {bulk_soc}" },
	{ LIMIT_CVL, "Charge blocked", charge_blocked, true,
	  "while charge is blocked: float or the pack voltage then, whichever is less; "
	  "{blocked_step_voltage} lower every {blocked_step_s} while more than "
	  "{blocked_current} still flows, not below {cell_floor_voltage} a cell" },
	{ LIMIT_CVL, "BMS recommendation", voltage_wish, false,
	  "never above what the BMS recommends, where the console tells" },
};

const int limits_subject_rule_count =
        (int)(sizeof limits_subject_rules / sizeof limits_subject_rules[0]);
