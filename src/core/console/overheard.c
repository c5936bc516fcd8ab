#include "core/console/overheard.h"

#include <string.h>

#define GARBAGE_PERCENT 20 /* text at the right speed has none; noise beside it has little */

/* What is told by a few characters, white space and the rest as `.`. */
static const struct {
	const char *words, *device;
} known[] = {
	{ "20014682C0048520FCC3", "an adapter that hears itself (TX and RX joined, or RS485)" },
	{ ".PID.0x", "a Victron device that speaks VE.Direct" },
	{ ".Checksum.", "a Victron device that speaks VE.Direct" },
	{ "$GP", "a GPS receiver" },
	{ "$GN", "a GPS receiver" },
	{ "login:", "a computer that asks for a login" },
	{ "Password:", "a computer that asks for a login" },
	{ "AT-Command", "a modem" },
};

static void recognise(struct overheard *o)
{
	for (size_t i = 0; i < sizeof known / sizeof known[0] && o->device == NULL; i++)
		if (strstr(o->tail, known[i].words) != NULL)
			o->device = known[i].device;
}

static bool is_blank(char c)
{
	return c == '\r' || c == '\n' || c == '\t';
}

static void take(struct overheard *o, char c)
{
	bool printable = c >= ' ' && c <= '~';
	size_t used = strlen(o->tail);

	o->bytes++;
	o->not_text += !printable && !is_blank(c);
	if (used == OVERHEARD_TAIL_MAX)
		memmove(o->tail, o->tail + 1, used--);
	o->tail[used] = '.';
	if (printable)
		o->tail[used] = c;
	o->tail[used + 1] = '\0';
	recognise(o);
}

void overheard_take(struct overheard *o, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		take(o, bytes[i]);
}

bool overheard_garbage(const struct overheard *o)
{
	return o->not_text > 0 && (uint64_t)o->not_text * 100 >= (uint64_t)o->bytes * GARBAGE_PERCENT;
}
