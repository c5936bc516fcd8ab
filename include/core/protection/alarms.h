/* alarms: bits, words and thresholds -> key and level, one table in alarms.c (protection.md, "Alarms").
 *
 * 0 ok, 1 warning, 2 alarm. Every change makes a notification on the GX, so thresholds have releases;
 * a module that goes takes its alarms with it, but for BmsCable. */
#ifndef CORE_ALARMS_H
#define CORE_ALARMS_H

#include "core/rack/rack_reading.h"
#include "core/settings/settings.h"

#include <stdbool.h>
#include <stdint.h>

enum alarm {
	ALARM_LOW_VOLTAGE,
	ALARM_HIGH_VOLTAGE,
	ALARM_LOW_CELL_VOLTAGE,
	ALARM_HIGH_CELL_VOLTAGE,
	ALARM_LOW_SOC,
	ALARM_CELL_IMBALANCE,
	ALARM_HIGH_CHARGE_CURRENT,
	ALARM_HIGH_DISCHARGE_CURRENT,
	ALARM_HIGH_CURRENT,
	ALARM_LOW_CHARGE_TEMPERATURE,
	ALARM_HIGH_CHARGE_TEMPERATURE,
	ALARM_LOW_TEMPERATURE,
	ALARM_HIGH_TEMPERATURE,
	ALARM_HIGH_INTERNAL_TEMPERATURE,
	ALARM_INTERNAL_FAILURE,
	ALARM_STATE_OF_HEALTH,
	ALARM_BMS_CABLE,
	ALARM_FUSE_BLOWN, /* stays 0: the console reports no fuse */
	ALARMS
};

#define ALARMS_ROWS_MAX 64

/* Levels, one for each enum alarm. */
struct alarms_set {
	uint8_t level[ALARMS];
};

struct alarms_memory {
	bool on[ALARMS_ROWS_MAX];      /* each row of the table */
	bool beyond[ALARMS_ROWS_MAX];      /* of a condition that must last: whether it holds, */
	int64_t since_ms[ALARMS_ROWS_MAX]; /* and since when */
};

struct alarms {
	struct alarms_memory memory[RACK_MODULES_MAX];
	struct alarms_set module_set[RACK_MODULES_MAX];
	struct alarms_set bank_set; /* the worst of the modules, and BmsCable */
};

void alarms_init(struct alarms *alarms);

/* Works out every level from the readings of online modules; `lost` modules of `wanted` are missing. */
void alarms_step(struct alarms *alarms, const struct settings *settings,
                 const struct rack_reading *readings, int count, int lost, int wanted,
                 int64_t now_ms);

/* The driver's key of an alarm: "LowVoltage". */
const char *alarms_key(enum alarm alarm);

#endif
