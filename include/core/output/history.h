/* history: what the battery has been through, added up over months: extremes, charge and energy, alarms, and how
 * long ago it was full.
 *
 * Whole numbers without drift: what does not make a whole mAh, mWh or second waits for the next step. The largest
 * stack at its largest current fills a 64-bit sum in more than a thousand years. Time is the caller's monotonic clock;
 * it does not survive a boot, so the text that is kept has the wall clock of its writing, and reading it adds the
 * time between where both wall clocks can be believed. */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include "core/base/text.h"
#include "core/output/figures.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_TEXT_MAX 1024
#define HISTORY_KEEP_MS (60 * 60 * 1000) /* flash wears: no more often than this */

enum history_value {
	/* extremes: absent until a value was seen */
	HISTORY_VOLTAGE_LOW, /* mV */
	HISTORY_VOLTAGE_HIGH,
	HISTORY_CELL_LOW,
	HISTORY_CELL_HIGH,
	HISTORY_TEMPERATURE_LOW, /* mC */
	HISTORY_TEMPERATURE_HIGH,
	HISTORY_DEEPEST, /* mAh below full */
	HISTORY_EXTREMES,
	/* sums, which begin at 0 */
	HISTORY_DRAWN = HISTORY_EXTREMES, /* mAh */
	HISTORY_CHARGED,                  /* mWh */
	HISTORY_DISCHARGED,
	HISTORY_KEPT,       /* s for which this history has been kept, the battery seen or not */
	HISTORY_SINCE_FULL, /* s since the last full charge, or since the beginning */
	HISTORY_SUMS,
	/* counts and marks, likewise */
	HISTORY_FULL_SEEN = HISTORY_SUMS, /* 1: there has been a full charge */
	HISTORY_LOW_ALARMS,
	HISTORY_HIGH_ALARMS,
	HISTORY_LOW_ALARM, /* 1: it is on */
	HISTORY_HIGH_ALARM,
	HISTORY_VALUES
};

/* No pointers in it: a restart within the same boot takes it over as bytes. */
struct history {
	int64_t value[HISTORY_VALUES];
	bool seen[HISTORY_EXTREMES];
	int64_t rest[HISTORY_SUMS]; /* of a sum, in thousandths of what follows the unit: mA ms, mW ms, ms */
	int64_t at_ms;              /* up to when time was counted */
	int64_t kept_ms;            /* when it was last handed out to be kept */
	bool running;               /* current and power hold since at_ms */
	int32_t current_ma, power_mw;
};

/* A history that begins now. */
void history_init(struct history *h, int64_t now_ms);

/* The bank as it is now; current and power count until the next step. */
void history_step(struct history *h, const struct figures *now, int64_t now_ms);

/* Nobody knows what the battery does: time goes on, nothing else. */
void history_pause(struct history *h, int64_t now_ms);

/* The battery is full. */
void history_full(struct history *h);

/* Whether it is to be kept now; true only once in HISTORY_KEEP_MS. */
bool history_due(struct history *h, int64_t now_ms);

void history_show(const struct history *h, struct history_figures *figures);

/* Writes it as text: a line for each value, a sum over them at the end. `wall_s`: seconds since 1970. */
void history_write(const struct history *h, int64_t wall_s, struct text *out);

/* Takes such a text of `length` bytes. False: it is damaged, and `h` is as it was. Values that this program
 * does not know are ignored. */
bool history_read(struct history *h, const char *from, size_t length, int64_t wall_s, int64_t now_ms);

/* Takes the other one when it has been kept for longer. */
void history_adopt(struct history *h, const struct history *other);

#endif
