#include "core/reply/events.h"

#include <string.h>

#define PROVEN true
#define ASSUMED false
#define INFO true
#define ALARM false

/* Tags: B.. a cell, P.. the pack; C, D, CB, DB while charging, discharging. */
const struct event_bit event_bits[] = {
	{ EVENT_BAT, EVENT_OVER_VOLTAGE, "over-voltage", "BOV POV OV", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_HIGH_VOLTAGE, "high voltage", "BHV PHV HV", PROVEN, ALARM },
	{ EVENT_BAT, EVENT_VOLTAGE_NORMAL, "voltage normal", "", ASSUMED, INFO },
	{ EVENT_BAT, EVENT_LOW_VOLTAGE, "low voltage", "BLV PLV LV", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_UNDER_VOLTAGE, "under-voltage", "BUV PUV UV", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_SLEEP, "sleep", "BSLP PSLP SLP", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_LIFE_ALARM_1, "life alarm 1", "", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_START_UP, "start-up", "", ASSUMED, INFO },
	{ EVENT_BAT, EVENT_OVER_TEMPERATURE, "over-temperature", "BOT POT COT DOT CBOT DBOT OT", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_HIGH_TEMPERATURE, "high temperature", "BHT PHT CHT DHT CBHT DBHT HT", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_TEMPERATURE_NORMAL, "temperature normal", "", ASSUMED, INFO },
	{ EVENT_BAT, EVENT_LOW_TEMPERATURE, "low temperature", "BLT PLT CLT DLT CBLT DBLT LT", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_UNDER_TEMPERATURE, "under-temperature", "BUT PUT CUT DUT CBUT DBUT UT", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_FULL_CHARGE, "full charge", "COULFULL", PROVEN, INFO },
	{ EVENT_BAT, EVENT_NORMAL_POWER, "normal power", "", ASSUMED, INFO },
	{ EVENT_BAT, EVENT_LOW_POWER, "low power", "LCOUL", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_SHORT_CIRCUIT, "short circuit", "SC", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_DISCHARGE_OVER_CURRENT_2, "discharge over-current 2", "DOC2", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_CHARGE_OVER_CURRENT_2, "charge over-current 2", "COC2", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_DISCHARGE_OVER_CURRENT, "discharge over-current", "DOC DOCA", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_CHARGE_OVER_CURRENT, "charge over-current", "COC COCA", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_IDLE, "idle", "", ASSUMED, INFO },
	{ EVENT_BAT, EVENT_CHARGING, "charging", "", ASSUMED, INFO },
	{ EVENT_BAT, EVENT_DISCHARGING, "discharging", "", ASSUMED, INFO },
	{ EVENT_BAT, EVENT_POWER_FAILURE, "power failure", "", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_IDLE_2, "idle", "", ASSUMED, INFO },
	{ EVENT_BAT, EVENT_CHARGING_2, "charging", "", ASSUMED, INFO },
	{ EVENT_BAT, EVENT_DISCHARGING_2, "discharging", "", ASSUMED, INFO },
	{ EVENT_BAT, EVENT_SYSTEM_ERROR, "system error", "", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_HIBERNATION, "hibernation", "", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_SHUTDOWN, "shutdown", "", ASSUMED, ALARM },
	{ EVENT_BAT, EVENT_LIFE_ALARM_2, "life alarm 2", "", ASSUMED, ALARM },

	{ EVENT_FAULT, EVENT_FAULT_REVERSE_CONNECTION, "reverse connection", "", ASSUMED, ALARM },
	{ EVENT_FAULT, EVENT_FAULT_INPUT_OVER_VOLTAGE, "input over-voltage", "", ASSUMED, ALARM },
	{ EVENT_FAULT, EVENT_FAULT_CURRENT_SENSING, "current sensing", "", ASSUMED, ALARM },
	{ EVENT_FAULT, EVENT_FAULT_ANALOG_FRONT_END, "analog front end", "", PROVEN, ALARM },
	{ EVENT_FAULT, EVENT_FAULT_SLEEP_MODULE, "sleep module", "", ASSUMED, ALARM },
	{ EVENT_FAULT, EVENT_FAULT_TEMPERATURE_SENSOR, "temperature sensor", "", ASSUMED, ALARM },
	{ EVENT_FAULT, EVENT_FAULT_VOLTAGE_SENSING, "voltage sensing", "", ASSUMED, ALARM },
	{ EVENT_FAULT, EVENT_FAULT_I2C, "I2C", "", ASSUMED, ALARM },
	{ EVENT_FAULT, EVENT_FAULT_CAN_ADDRESS, "CAN address", "", ASSUMED, ALARM },
	{ EVENT_FAULT, EVENT_FAULT_CAN_COMMUNICATION, "CAN communication", "", ASSUMED, ALARM },
	{ EVENT_FAULT, EVENT_FAULT_CHARGE_FET, "charge FET", "", ASSUMED, ALARM },
	{ EVENT_FAULT, EVENT_FAULT_DISCHARGE_FET, "discharge FET", "", ASSUMED, ALARM },
};

const int event_bit_count = (int)(sizeof event_bits / sizeof *event_bits);

static const struct event_bit *find(enum event_word word, uint32_t bit)
{
	enum event_word rows = word == EVENT_POWER ? EVENT_BAT : word;

	for (int i = 0; i < event_bit_count; i++)
		if (event_bits[i].word == rows && event_bits[i].bit == bit)
			return &event_bits[i];
	return NULL;
}

static void describe_bit(enum event_word word, uint32_t bit, struct text *out)
{
	const struct event_bit *known = find(word, bit);

	if (known != NULL) {
		text_str(out, known->name);
		return;
	}
	text_str(out, "bit ");
	text_hex(out, bit);
}

void events_describe(enum event_word word, uint32_t bits, struct text *out)
{
	const char *between = "";

	for (uint32_t bit = 1; bit != 0; bit <<= 1) {
		if (!(bits & bit))
			continue;
		text_str(out, between);
		describe_bit(word, bit, out);
		between = ", ";
	}
}

uint32_t events_unknown(enum event_word word, uint32_t bits)
{
	for (uint32_t bit = 1; bit != 0; bit <<= 1)
		if ((bits & bit) && find(word, bit) != NULL)
			bits &= ~bit;
	return bits;
}

/* The length of the first name of a blank-separated list, whose start is moved to it. */
static size_t next_name(const char **list)
{
	*list += strspn(*list, " ");
	return strcspn(*list, " ");
}

static bool list_has(const char *list, const char *name, size_t length)
{
	size_t n;

	for (; (n = next_name(&list)) > 0; list += n)
		if (n == length && memcmp(list, name, n) == 0)
			return true;
	return false;
}

bool events_confirmed(enum event_word word, uint32_t bit, const char *names)
{
	const struct event_bit *known = find(word, bit);
	size_t n;

	if (known == NULL)
		return false;
	if (known->proven)
		return true;
	for (; (n = next_name(&names)) > 0; names += n)
		if (list_has(known->tags, names, n))
			return true;
	return false;
}
