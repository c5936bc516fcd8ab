/* events: what the bits of the console's three event words mean, one table (console.md, "Event bits").
 *
 * Most of the list is a hypothesis from a sister product's reader; `proven` marks what a real capture
 * confirmed. Bits combine: test bits, never the whole number. */
#ifndef CORE_EVENTS_H
#define CORE_EVENTS_H

#include "core/base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* The bits of Bat Events and Power Events. */
#define EVENT_OVER_VOLTAGE             UINT32_C(0x1)
#define EVENT_HIGH_VOLTAGE             UINT32_C(0x2)
#define EVENT_VOLTAGE_NORMAL           UINT32_C(0x4)
#define EVENT_LOW_VOLTAGE              UINT32_C(0x8)
#define EVENT_UNDER_VOLTAGE            UINT32_C(0x10)
#define EVENT_SLEEP                    UINT32_C(0x20)
#define EVENT_LIFE_ALARM_1             UINT32_C(0x40)
#define EVENT_START_UP                 UINT32_C(0x80)
#define EVENT_OVER_TEMPERATURE         UINT32_C(0x100)
#define EVENT_HIGH_TEMPERATURE         UINT32_C(0x200)
#define EVENT_TEMPERATURE_NORMAL       UINT32_C(0x400)
#define EVENT_LOW_TEMPERATURE          UINT32_C(0x800)
#define EVENT_UNDER_TEMPERATURE        UINT32_C(0x1000)
#define EVENT_FULL_CHARGE              UINT32_C(0x2000)
#define EVENT_NORMAL_POWER             UINT32_C(0x4000)
#define EVENT_LOW_POWER                UINT32_C(0x8000)
#define EVENT_SHORT_CIRCUIT            UINT32_C(0x10000)
#define EVENT_DISCHARGE_OVER_CURRENT_2 UINT32_C(0x20000)
#define EVENT_CHARGE_OVER_CURRENT_2    UINT32_C(0x40000)
#define EVENT_DISCHARGE_OVER_CURRENT   UINT32_C(0x80000)
#define EVENT_CHARGE_OVER_CURRENT      UINT32_C(0x100000)
#define EVENT_IDLE                     UINT32_C(0x200000)
#define EVENT_CHARGING                 UINT32_C(0x400000)
#define EVENT_DISCHARGING              UINT32_C(0x800000)
#define EVENT_POWER_FAILURE            UINT32_C(0x1000000)
#define EVENT_IDLE_2                   UINT32_C(0x2000000)
#define EVENT_CHARGING_2               UINT32_C(0x4000000)
#define EVENT_DISCHARGING_2            UINT32_C(0x8000000)
#define EVENT_SYSTEM_ERROR             UINT32_C(0x10000000)
#define EVENT_HIBERNATION              UINT32_C(0x20000000)
#define EVENT_SHUTDOWN                 UINT32_C(0x40000000)
#define EVENT_LIFE_ALARM_2             UINT32_C(0x80000000)

/* Those of System Fault. */
#define EVENT_FAULT_REVERSE_CONNECTION UINT32_C(0x1)
#define EVENT_FAULT_INPUT_OVER_VOLTAGE UINT32_C(0x2)
#define EVENT_FAULT_CURRENT_SENSING    UINT32_C(0x4)
#define EVENT_FAULT_ANALOG_FRONT_END   UINT32_C(0x8)
#define EVENT_FAULT_SLEEP_MODULE       UINT32_C(0x10)
#define EVENT_FAULT_TEMPERATURE_SENSOR UINT32_C(0x20)
#define EVENT_FAULT_VOLTAGE_SENSING    UINT32_C(0x40)
#define EVENT_FAULT_I2C                UINT32_C(0x80)
#define EVENT_FAULT_CAN_ADDRESS        UINT32_C(0x100)
#define EVENT_FAULT_CAN_COMMUNICATION  UINT32_C(0x200)
#define EVENT_FAULT_CHARGE_FET         UINT32_C(0x400)
#define EVENT_FAULT_DISCHARGE_FET      UINT32_C(0x800)

/* What belongs together. */
#define EVENT_CHARGE_CURRENT    (EVENT_CHARGE_OVER_CURRENT | EVENT_CHARGE_OVER_CURRENT_2)
#define EVENT_DISCHARGE_CURRENT (EVENT_DISCHARGE_OVER_CURRENT | EVENT_DISCHARGE_OVER_CURRENT_2)

enum event_word { EVENT_BAT, EVENT_POWER, EVENT_FAULT, EVENT_WORDS };

struct event_bit {
	enum event_word word; /* EVENT_BAT rows hold for EVENT_POWER as well */
	uint32_t bit;
	const char *name;     /* for people: "over-voltage" */
	const char *tags;     /* the console's own names that say the same, "BOV POV"; "" when none */
	bool proven;
	bool information;     /* never an alarm */
};

extern const struct event_bit event_bits[];
extern const int event_bit_count;

/* Writes the names of the bits set in `bits`, with ", " between them; a bit that the table does not
 * know as "bit 0x...". */
void events_describe(enum event_word word, uint32_t bits, struct text *out);

/* The bits of `bits` that the table does not know for this word. */
uint32_t events_unknown(enum event_word word, uint32_t bits);

/* Whether the console's printed names (`names`, blank-separated) confirm `bit` of `word`, or the
 * table marks it as proven. */
bool events_confirmed(enum event_word word, uint32_t bit, const char *names);

#endif
