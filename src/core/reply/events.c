#include "core/reply/events.h"

#include <string.h>

#define PROVEN true
#define ASSUMED false
#define INFO true
#define ALARM false

/* Tags: B.. a cell, P.. the pack; C, D, CB, DB while charging, discharging. */
const struct event_bit event_bits[] = {
	{ EVENT_BAT, 0x1, "over-voltage", "BOV POV OV", ASSUMED, ALARM },
	{ EVENT_BAT, 0x2, "high voltage", "BHV PHV HV", PROVEN, ALARM },
	{ EVENT_BAT, 0x4, "voltage normal", "", ASSUMED, INFO },
	{ EVENT_BAT, 0x8, "low voltage", "BLV PLV LV", ASSUMED, ALARM },
	{ EVENT_BAT, 0x10, "under-voltage", "BUV PUV UV", ASSUMED, ALARM },
	{ EVENT_BAT, 0x20, "sleep", "BSLP PSLP SLP", ASSUMED, ALARM },
	{ EVENT_BAT, 0x40, "life alarm 1", "", ASSUMED, ALARM },
	{ EVENT_BAT, 0x80, "start-up", "", ASSUMED, INFO },
	{ EVENT_BAT, 0x100, "over-temperature", "BOT POT COT DOT CBOT DBOT OT", ASSUMED, ALARM },
	{ EVENT_BAT, 0x200, "high temperature", "BHT PHT CHT DHT CBHT DBHT HT", ASSUMED, ALARM },
	{ EVENT_BAT, 0x400, "temperature normal", "", ASSUMED, INFO },
	{ EVENT_BAT, 0x800, "low temperature", "BLT PLT CLT DLT CBLT DBLT LT", ASSUMED, ALARM },
	{ EVENT_BAT, 0x1000, "under-temperature", "BUT PUT CUT DUT CBUT DBUT UT", ASSUMED, ALARM },
	{ EVENT_BAT, 0x2000, "full charge", "COULFULL", PROVEN, INFO },
	{ EVENT_BAT, 0x4000, "normal power", "", ASSUMED, INFO },
	{ EVENT_BAT, 0x8000, "low power", "LCOUL", ASSUMED, ALARM },
	{ EVENT_BAT, 0x10000, "short circuit", "SC", ASSUMED, ALARM },
	{ EVENT_BAT, 0x20000, "discharge over-current 2", "DOC2", ASSUMED, ALARM },
	{ EVENT_BAT, 0x40000, "charge over-current 2", "COC2", ASSUMED, ALARM },
	{ EVENT_BAT, 0x80000, "discharge over-current", "DOC DOCA", ASSUMED, ALARM },
	{ EVENT_BAT, 0x100000, "charge over-current", "COC COCA", ASSUMED, ALARM },
	{ EVENT_BAT, 0x200000, "idle", "", ASSUMED, INFO },
	{ EVENT_BAT, 0x400000, "charging", "", ASSUMED, INFO },
	{ EVENT_BAT, 0x800000, "discharging", "", ASSUMED, INFO },
	{ EVENT_BAT, 0x1000000, "power failure", "", ASSUMED, ALARM },
	{ EVENT_BAT, 0x2000000, "idle", "", ASSUMED, INFO },
	{ EVENT_BAT, 0x4000000, "charging", "", ASSUMED, INFO },
	{ EVENT_BAT, 0x8000000, "discharging", "", ASSUMED, INFO },
	{ EVENT_BAT, 0x10000000, "system error", "", ASSUMED, ALARM },
	{ EVENT_BAT, 0x20000000, "hibernation", "", ASSUMED, ALARM },
	{ EVENT_BAT, 0x40000000, "shutdown", "", ASSUMED, ALARM },
	{ EVENT_BAT, 0x80000000, "life alarm 2", "", ASSUMED, ALARM },

	{ EVENT_FAULT, 0x1, "reverse connection", "", ASSUMED, ALARM },
	{ EVENT_FAULT, 0x2, "input over-voltage", "", ASSUMED, ALARM },
	{ EVENT_FAULT, 0x4, "current sensing", "", ASSUMED, ALARM },
	{ EVENT_FAULT, 0x8, "analog front end", "", PROVEN, ALARM },
	{ EVENT_FAULT, 0x10, "sleep module", "", ASSUMED, ALARM },
	{ EVENT_FAULT, 0x20, "temperature sensor", "", ASSUMED, ALARM },
	{ EVENT_FAULT, 0x40, "voltage sensing", "", ASSUMED, ALARM },
	{ EVENT_FAULT, 0x80, "I2C", "", ASSUMED, ALARM },
	{ EVENT_FAULT, 0x100, "CAN address", "", ASSUMED, ALARM },
	{ EVENT_FAULT, 0x200, "CAN communication", "", ASSUMED, ALARM },
	{ EVENT_FAULT, 0x400, "charge FET", "", ASSUMED, ALARM },
	{ EVENT_FAULT, 0x800, "discharge FET", "", ASSUMED, ALARM },
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
