#include "core/engine/finding.h"

static const struct {
	const char *name;
	const char *advice; /* after what was seen */
} rows[FINDINGS] = {
	[FINDING_BATTERY] = { "battery", "" },
	[FINDING_HIGH_VOLTAGE] = { "high-voltage", "a high-voltage battery (Force H, SC): this program cannot read it" },
	[FINDING_LOGIN] = { "login", "it asks for a login and refuses the one that is known: only its maker has another" },
	[FINDING_CONSOLE] = { "console", "but no module could be read: is it the master module's console? `record` shows "
	                                 "what it said" },
	[FINDING_OTHER] = { "other", "this is no battery's console" },
	[FINDING_TEXT] = { "text", "no prompt of a battery: another device, or a speed that is not tried here" },
	[FINDING_GARBAGE] = { "garbage", "bytes but no text: a wrong speed, or a TTL cable on an RS232 port" },
	[FINDING_SILENCE] = { "silence", "no byte came, even after waking: check that the battery is on, that the cable sits "
	                                 "in the master module's console socket, and TX and RX; many other devices (Modbus) "
	                                 "are silent as well until asked in their own way" },
};

/* The modules that were read: how many, and the first of them (NULL where none was). */
static int modules_read(const struct engine *e, const struct module **first)
{
	int count = 0;

	*first = NULL;
	for (int i = RACK_MODULES_MAX - 1; i >= 0; i--) {
		if (e->rack.module[i].pwr_ms == RACK_NEVER || e->rack.module[i].bat_ms == RACK_NEVER)
			continue;
		*first = &e->rack.module[i];
		count++;
	}
	return count;
}

static enum finding of_console(const struct engine *e)
{
	const struct module *first;

	if (modules_read(e, &first) > 0)
		return FINDING_BATTERY;
	if (e->high_voltage_seen)
		return FINDING_HIGH_VOLTAGE;
	return e->login_tried && !framing_debug_prompt(&e->session.framing) ? FINDING_LOGIN : FINDING_CONSOLE;
}

enum finding finding_of(const struct engine *e, const struct overheard *o)
{
	if (e->session.framing.prompt[0] != '\0')
		return of_console(e);
	if (o->device)
		return FINDING_OTHER;
	if (o->bytes == 0)
		return FINDING_SILENCE;
	return overheard_garbage(o) ? FINDING_GARBAGE : FINDING_TEXT;
}

const char *finding_name(enum finding finding)
{
	return rows[finding].name;
}

static void put_named(struct text *t, const char *before, const char *name)
{
	text_str(t, before);
	text_str(t, name[0] != '\0' ? name : "?");
}

/* "prompt pylon> at 19200 after waking, 5 modules, Extra2000, firmware B67.9, login not needed" */
static void put_console(struct text *t, const struct engine *e)
{
	const struct module *first;
	int modules = modules_read(e, &first);

	put_named(t, "prompt ", e->session.framing.prompt);
	text_str(t, "> at ");
	text_int(t, session_speed_baud(&e->session));
	text_str(t, e->session.woken ? " after waking" : ", awake");
	if (modules == 0)
		return;
	text_str(t, ", ");
	text_int(t, modules);
	text_str(t, modules == 1 ? " module" : " modules");
	put_named(t, ", ", first->info.name);
	put_named(t, ", firmware ", first->info.firmware);
	text_str(t, e->login_tried ? ", login needed (done by itself)" : ", login not needed");
}

void finding_print(enum finding finding, const struct engine *e, const struct overheard *o, struct text *t)
{
	if (finding <= FINDING_CONSOLE)
		put_console(t, e);
	if (finding == FINDING_OTHER)
		put_named(t, "it looks like ", o->device);
	if (finding == FINDING_TEXT) {
		put_named(t, "text came, such as \"", o->tail);
		text_str(t, "\"");
	}
	if (t->used > 0 && rows[finding].advice[0] != '\0')
		text_str(t, ": ");
	text_str(t, rows[finding].advice);
}
