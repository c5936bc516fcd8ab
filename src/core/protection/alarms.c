#include "core/protection/alarms.h"

#include "core/base/number.h"
#include "core/base/trip.h"
#include "core/protection/limits.h"
#include "core/reply/events.h"

#include <stddef.h>
#include <string.h>

enum source {
	SOURCE_BAT,       /* bits of Bat Events */
	SOURCE_POWER,     /* bits of Power Events */
	SOURCE_EVENTS,    /* bits of either */
	SOURCE_FAULT,     /* bits of System Fault */
	SOURCE_UNKNOWN,   /* a bit or a state word that nobody knows */
	SOURCE_VOLT_WORD, /* Volt Status is `bits` (an enum word) */
	SOURCE_SOH_WORD,  /* Soh. Status is anything but Normal */
	SOURCE_SYSERROR,  /* Basic Status is SysError */
	SOURCE_SENSOR,    /* a failed sense line */
	/* measured values against a threshold; below: the lowest, above: the highest */
	SOURCE_PACK_BELOW,
	SOURCE_CELL_BELOW,
	SOURCE_CELL_ABOVE,
	SOURCE_SOC_BELOW,
	SOURCE_SPREAD_ABOVE,
	SOURCE_TEMP_BELOW,
	SOURCE_TEMP_ABOVE,
	SOURCE_MOS_ABOVE
};

struct alarm_row {
	enum alarm alarm;
	uint8_t level;
	enum source source;
	uint32_t bits;
	size_t threshold; /* offset in struct settings_protection */
};

#define STATE(key, degree, from) { .alarm = ALARM_##key, .level = degree, .source = SOURCE_##from }
#define TOLD(key, degree, from, which) \
	{ .alarm = ALARM_##key, .level = degree, .source = SOURCE_##from, .bits = which }
#define MEASURED(key, degree, from, member) \
	{ .alarm = ALARM_##key, .level = degree, .source = SOURCE_##from, \
	  .threshold = offsetof(struct settings_protection, member) }

/* Of System Fault: what the battery goes on with, and what it cannot be trusted with. */
#define FAULT_WARNINGS \
	(EVENT_FAULT_SLEEP_MODULE | EVENT_FAULT_I2C | EVENT_FAULT_CAN_ADDRESS | EVENT_FAULT_CAN_COMMUNICATION)
#define FAULT_FAILURES \
	(EVENT_FAULT_REVERSE_CONNECTION | EVENT_FAULT_INPUT_OVER_VOLTAGE | EVENT_FAULT_CURRENT_SENSING | \
	 EVENT_FAULT_ANALOG_FRONT_END | EVENT_FAULT_TEMPERATURE_SENSOR | EVENT_FAULT_VOLTAGE_SENSING | \
	 EVENT_FAULT_CHARGE_FET | EVENT_FAULT_DISCHARGE_FET)

static const struct alarm_row rows[] = {
	TOLD(LOW_VOLTAGE, 1, POWER, EVENT_LOW_VOLTAGE),
	TOLD(LOW_VOLTAGE, 1, VOLT_WORD, WORD_LOW),
	MEASURED(LOW_VOLTAGE, 1, PACK_BELOW, pack_low_cell_mv),
	TOLD(LOW_VOLTAGE, 2, POWER, EVENT_UNDER_VOLTAGE),
	MEASURED(LOW_VOLTAGE, 2, PACK_BELOW, pack_cut_cell_mv),
	TOLD(HIGH_VOLTAGE, 1, POWER, EVENT_HIGH_VOLTAGE),
	TOLD(HIGH_VOLTAGE, 1, VOLT_WORD, WORD_HIGH),
	TOLD(HIGH_VOLTAGE, 2, POWER, EVENT_OVER_VOLTAGE),
	MEASURED(HIGH_VOLTAGE, 2, CELL_ABOVE, cell_over_mv),
	TOLD(LOW_CELL_VOLTAGE, 1, BAT, EVENT_LOW_VOLTAGE),
	MEASURED(LOW_CELL_VOLTAGE, 1, CELL_BELOW, alarm_cell_low_mv),
	TOLD(LOW_CELL_VOLTAGE, 2, BAT, EVENT_UNDER_VOLTAGE),
	MEASURED(LOW_CELL_VOLTAGE, 2, CELL_BELOW, cell_under_mv),
	TOLD(HIGH_CELL_VOLTAGE, 1, BAT, EVENT_HIGH_VOLTAGE),
	MEASURED(HIGH_CELL_VOLTAGE, 1, CELL_ABOVE, alarm_cell_high_mv),
	TOLD(HIGH_CELL_VOLTAGE, 2, BAT, EVENT_OVER_VOLTAGE),
	MEASURED(HIGH_CELL_VOLTAGE, 2, CELL_ABOVE, cell_over_mv),
	MEASURED(LOW_SOC, 1, SOC_BELOW, low_soc_pct),
	TOLD(LOW_SOC, 1, POWER, EVENT_LOW_POWER),
	MEASURED(LOW_SOC, 2, SOC_BELOW, low_soc_block_pct),
	MEASURED(CELL_IMBALANCE, 1, SPREAD_ABOVE, alarm_spread_mv),
	MEASURED(CELL_IMBALANCE, 2, SPREAD_ABOVE, alarm_spread_high_mv),
	TOLD(HIGH_CHARGE_CURRENT, 2, EVENTS, EVENT_CHARGE_CURRENT),
	TOLD(HIGH_DISCHARGE_CURRENT, 2, EVENTS, EVENT_DISCHARGE_CURRENT),
	TOLD(HIGH_CURRENT, 2, EVENTS, EVENT_CHARGE_CURRENT | EVENT_DISCHARGE_CURRENT | EVENT_SHORT_CIRCUIT),
	MEASURED(LOW_CHARGE_TEMPERATURE, 2, TEMP_BELOW, charge_cold_block_mc),
	MEASURED(HIGH_CHARGE_TEMPERATURE, 1, TEMP_ABOVE, charge_hot_mc),
	MEASURED(HIGH_CHARGE_TEMPERATURE, 2, TEMP_ABOVE, charge_hot_block_mc),
	MEASURED(LOW_TEMPERATURE, 1, TEMP_BELOW, alarm_cold_mc),
	TOLD(LOW_TEMPERATURE, 1, EVENTS, EVENT_LOW_TEMPERATURE),
	MEASURED(LOW_TEMPERATURE, 2, TEMP_BELOW, alarm_cold_high_mc),
	TOLD(LOW_TEMPERATURE, 2, EVENTS, EVENT_UNDER_TEMPERATURE),
	MEASURED(HIGH_TEMPERATURE, 1, TEMP_ABOVE, alarm_hot_mc),
	TOLD(HIGH_TEMPERATURE, 1, EVENTS, EVENT_HIGH_TEMPERATURE),
	MEASURED(HIGH_TEMPERATURE, 2, TEMP_ABOVE, alarm_hot_high_mc),
	TOLD(HIGH_TEMPERATURE, 2, EVENTS, EVENT_OVER_TEMPERATURE),
	MEASURED(HIGH_INTERNAL_TEMPERATURE, 1, MOS_ABOVE, alarm_mos_mc),
	MEASURED(HIGH_INTERNAL_TEMPERATURE, 2, MOS_ABOVE, alarm_mos_high_mc),
	TOLD(INTERNAL_FAILURE, 1, FAULT, FAULT_WARNINGS),
	STATE(INTERNAL_FAILURE, 1, UNKNOWN),
	TOLD(INTERNAL_FAILURE, 2, FAULT, FAULT_FAILURES),
	TOLD(INTERNAL_FAILURE, 2, EVENTS, EVENT_SYSTEM_ERROR),
	STATE(INTERNAL_FAILURE, 2, SYSERROR),
	STATE(INTERNAL_FAILURE, 2, SENSOR),
	STATE(STATE_OF_HEALTH, 1, SOH_WORD),
};

#define ROWS (sizeof rows / sizeof rows[0])
_Static_assert(ROWS <= ALARMS_ROWS_MAX, "alarms_memory holds a flag for every row");

static const char *const keys[ALARMS] = {
	[ALARM_LOW_VOLTAGE] = "LowVoltage",
	[ALARM_HIGH_VOLTAGE] = "HighVoltage",
	[ALARM_LOW_CELL_VOLTAGE] = "LowCellVoltage",
	[ALARM_HIGH_CELL_VOLTAGE] = "HighCellVoltage",
	[ALARM_LOW_SOC] = "LowSoc",
	[ALARM_CELL_IMBALANCE] = "CellImbalance",
	[ALARM_HIGH_CHARGE_CURRENT] = "HighChargeCurrent",
	[ALARM_HIGH_DISCHARGE_CURRENT] = "HighDischargeCurrent",
	[ALARM_HIGH_CURRENT] = "HighCurrent",
	[ALARM_LOW_CHARGE_TEMPERATURE] = "LowChargeTemperature",
	[ALARM_HIGH_CHARGE_TEMPERATURE] = "HighChargeTemperature",
	[ALARM_LOW_TEMPERATURE] = "LowTemperature",
	[ALARM_HIGH_TEMPERATURE] = "HighTemperature",
	[ALARM_HIGH_INTERNAL_TEMPERATURE] = "HighInternalTemperature",
	[ALARM_INTERNAL_FAILURE] = "InternalFailure",
	[ALARM_STATE_OF_HEALTH] = "StateOfHealth",
	[ALARM_BMS_CABLE] = "BmsCable",
	[ALARM_FUSE_BLOWN] = "FuseBlown",
};

struct judge_input {
	const struct settings_protection *p;
	const struct rack_reading *r;
	const struct alarm_row *row;
	int32_t threshold;
	bool on;
	bool *beyond;
	int64_t *since_ms;
	int64_t now_ms;
};

const char *alarms_key(enum alarm alarm)
{
	return keys[alarm];
}

void alarms_init(struct alarms *alarms)
{
	memset(alarms, 0, sizeof *alarms);
}

/* Every bit of Bat and Power Events has a meaning in the list. */
static bool unknown_anything(const struct rack_reading *r)
{
	return r->unknown_word || events_unknown(EVENT_FAULT, r->pwr->system_fault.bits);
}

static bool below(const struct judge_input *in, const struct rack_extreme *worst,
                  const struct rack_extreme *own, int32_t release)
{
	if (!worst->value.known)
		return false;
	return trip_below(in->on, worst->value.value, opt_or(own->value, INT32_MIN), in->threshold,
	                  in->threshold + release);
}

static bool above(const struct judge_input *in, const struct rack_extreme *worst,
                  const struct rack_extreme *own, int32_t release)
{
	if (!worst->value.known)
		return false;
	return trip_above(in->on, worst->value.value, opt_or(own->value, INT32_MAX), in->threshold,
	                  in->threshold - release);
}

static bool pack_below(const struct judge_input *in)
{
	int32_t threshold = limits_pack_mv(in->threshold, in->r->cells);
	int32_t release = in->p->alarm_cell_release_mv * in->r->cells;

	return trip_below(in->on, in->r->pack_mv, in->r->pack_mv, threshold, threshold + release);
}

/* Knees differ at the top: there the spread must last before it counts. */
static bool spread_above(const struct judge_input *in)
{
	int32_t spread = in->r->spread_mv.value;
	bool beyond = in->r->spread_mv.known &&
	              trip_above(in->on, spread, spread, in->threshold,
	                         in->threshold - in->p->alarm_spread_release_mv);

	if (beyond && !*in->beyond)
		*in->since_ms = in->now_ms;
	*in->beyond = beyond;
	if (!beyond || in->on)
		return beyond;
	return in->r->cell_high.value.value <= in->p->alarm_spread_top_cell_mv ||
	       in->now_ms - *in->since_ms >= in->p->alarm_spread_top_ms;
}

static bool judge_word(const struct judge_input *in)
{
	const struct reply_pwr *pwr = in->r->pwr;

	switch (in->row->source) {
	case SOURCE_BAT:
		return pwr->bat_events.bits & in->row->bits;
	case SOURCE_POWER:
		return pwr->power_events.bits & in->row->bits;
	case SOURCE_EVENTS:
		return (pwr->bat_events.bits | pwr->power_events.bits) & in->row->bits;
	case SOURCE_FAULT:
		return pwr->system_fault.bits & in->row->bits;
	case SOURCE_VOLT_WORD:
		return (uint32_t)pwr->volt == in->row->bits;
	case SOURCE_SOH_WORD:
		return pwr->soh != WORD_NONE && pwr->soh != WORD_NORMAL;
	case SOURCE_SYSERROR:
		return pwr->base == WORD_SYSERROR;
	case SOURCE_SENSOR:
		return in->r->failed_cells > 0;
	default:
		return unknown_anything(in->r);
	}
}

static bool judge(const struct judge_input *in)
{
	const struct rack_reading *r = in->r;
	const struct settings_protection *p = in->p;
	struct rack_extreme mos = { .value = r->mos_temp_mc }, soc = { .value = opt_some(r->soc_pct) };

	switch (in->row->source) {
	case SOURCE_PACK_BELOW:
		return pack_below(in);
	case SOURCE_CELL_BELOW:
		return below(in, &r->worst_cell_low, &r->cell_low, p->alarm_cell_release_mv);
	case SOURCE_CELL_ABOVE:
		return above(in, &r->worst_cell_high, &r->cell_high, p->alarm_cell_release_mv);
	case SOURCE_SOC_BELOW:
		return below(in, &soc, &soc, p->alarm_soc_release_pct);
	case SOURCE_SPREAD_ABOVE:
		return spread_above(in);
	case SOURCE_TEMP_BELOW:
		return below(in, &r->worst_temp_low, &r->temp_low, p->alarm_temperature_release_mc);
	case SOURCE_TEMP_ABOVE:
		return above(in, &r->worst_temp_high, &r->temp_high, p->alarm_temperature_release_mc);
	case SOURCE_MOS_ABOVE:
		return above(in, &mos, &mos, p->alarm_temperature_release_mc);
	default:
		return judge_word(in);
	}
}

static void raise_to(uint8_t *level, uint8_t least)
{
	*level = (uint8_t)number_max(*level, least);
}

static void step_module(struct alarms *alarms, const struct settings_protection *p,
                        const struct rack_reading *r, int64_t now_ms)
{
	struct alarms_memory *memory = &alarms->memory[r->address - 1];
	struct alarms_set *set = &alarms->module_set[r->address - 1];

	memset(set, 0, sizeof *set);
	for (size_t i = 0; i < ROWS; i++) {
		struct judge_input in = {
			.p = p, .r = r, .row = &rows[i], .on = memory->on[i],
			.beyond = &memory->beyond[i], .since_ms = &memory->since_ms[i], .now_ms = now_ms,
		};

		memcpy(&in.threshold, (const char *)p + rows[i].threshold, sizeof in.threshold);
		memory->on[i] = judge(&in);
		if (memory->on[i])
			raise_to(&set->level[rows[i].alarm], rows[i].level);
	}
}

void alarms_step(struct alarms *alarms, const struct settings *settings,
                 const struct rack_reading *readings, int count, int lost, int wanted,
                 int64_t now_ms)
{
	struct alarms_set *bank = &alarms->bank_set;

	memset(bank, 0, sizeof *bank);
	for (int i = 0; i < count; i++) {
		const struct alarms_set *set = &alarms->module_set[readings[i].address - 1];

		step_module(alarms, &settings->protection, &readings[i], now_ms);
		for (enum alarm a = 0; a < ALARMS; a++)
			raise_to(&bank->level[a], set->level[a]);
	}
	if (lost > 0)
		bank->level[ALARM_BMS_CABLE] = lost == wanted ? 2 : 1;
}
