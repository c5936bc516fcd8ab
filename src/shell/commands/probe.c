#include "shell/commands/probe.h"

#include "core/engine/finding.h"
#include "shell/commands/trial.h"
#include "shell/port/ports.h"
#include "shell/system/log.h"

#include <json-c/json.h>
#include <string.h>

#define SENTENCE_MAX 400

/* What became of one port. */
struct outcome {
	const struct ports_entry *entry;
	const char *word;    /* for scripts */
	char sentence[SENTENCE_MAX];
	bool tried;          /* the loop's engine has more of it */
	bool battery;
	bool ended;          /* a signal asked to end */
};

/* ---- Trying a port ---- */

static void survey(const struct words_line *line, struct loop *loop, struct outcome *o)
{
	struct text t = text_in(o->sentence, sizeof o->sentence);
	struct overheard overheard = { 0 };
	enum finding finding;

	memset(loop, 0, sizeof *loop);
	trial_defaults(line, loop);
	text_copy(loop->settings.serial.port, sizeof loop->settings.serial.port, o->entry->name);
	loop->line.overheard = &overheard;
	o->ended = trial_survey(loop) == 0 && loop->engine.passes == 0;
	finding = finding_of(&loop->engine, &overheard);
	o->tried = true;
	o->battery = finding == FINDING_BATTERY;
	o->word = finding_name(finding);
	finding_print(finding, &loop->engine, &overheard, &t);
}

static void try(const struct words_line *line, struct loop *loop, struct outcome *o)
{
	static const char *const faults[] = {
		[PORT_MISSING] = "missing", [PORT_FORBIDDEN] = "forbidden", [PORT_TAKEN] = "held",
		[PORT_NOT_SERIAL] = "not-serial", [PORT_FAILED] = "failed",
	};
	const char *alone = line->argument[0] == NULL ? ports_leave_alone(o->entry, &o->word) : NULL;
	char why[PORT_WHY_MAX];
	enum port_fault fault;

	if (alone != NULL) {
		snprintf(o->sentence, sizeof o->sentence, "not tried: %s; name it to try it", alone);
		return;
	}
	fault = ports_try(o->entry->name, why);
	if (fault == PORT_OK) {
		survey(line, loop, o);
		return;
	}
	o->word = faults[fault];
	text_copy(o->sentence, sizeof o->sentence, why);
}

/* ---- In words ---- */

static void print_entry(const struct ports_entry *e)
{
	printf("%s", e->device);
	if (e->description[0] != '\0')
		printf("  %s", e->description);
	if (e->usb_vendor >= 0)
		printf("  %s%sUSB %04x:%04x", e->maker, e->maker[0] != '\0' ? ", " : "", (unsigned)e->usb_vendor,
		       (unsigned)e->usb_product);
	if (e->serial[0] != '\0')
		printf(", serial number %s", e->serial);
	putchar('\n');
	if (strcmp(e->name, e->device) != 0)
		printf("  %s\n", e->name);
	fflush(stdout); /* trying it takes its time */
}

static void print_outcome(const struct outcome *o, const struct loop *loop)
{
	printf("  %s\n", o->sentence);
	if (o->battery)
		printf("  For the configuration:\n    [serial]\n    port = %s\n    baud = %d\n", o->entry->name,
		       (int)session_speed_baud(&loop->engine.session));
}

/* ---- For scripts ---- */

static void add_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, text[0] != '\0' ? json_object_new_string(text) : NULL);
}

static struct json_object *modules(const struct rack *rack)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		const struct module *m = &rack->module[i];
		struct json_object *module;

		if (m->pwr_ms == RACK_NEVER || m->bat_ms == RACK_NEVER)
			continue;
		module = json_object_new_object();
		json_object_object_add(module, "address", json_object_new_int(m->address));
		add_text(module, "name", m->info.name);
		add_text(module, "firmware", m->info.firmware);
		add_text(module, "barcode", m->info.barcode);
		json_object_object_add(module, "cells", json_object_new_int(m->bat.cells));
		json_object_array_add(list, module);
	}
	return list;
}

static void add_console(struct json_object *to, const struct engine *e)
{
	json_object_object_add(to, "baud", json_object_new_int(session_speed_baud(&e->session)));
	add_text(to, "prompt", e->session.framing.prompt);
	json_object_object_add(to, "woken", json_object_new_boolean(e->session.woken));
	json_object_object_add(to, "login", json_object_new_boolean(e->login_tried));
	json_object_object_add(to, "modules", modules(&e->rack));
}

static struct json_object *document(const struct outcome *o, const struct engine *e)
{
	struct json_object *all = json_object_new_object();
	char usb[16] = "";

	if (o->entry->usb_vendor >= 0)
		snprintf(usb, sizeof usb, "%04x:%04x", (unsigned)o->entry->usb_vendor & 0xffff,
		         (unsigned)o->entry->usb_product & 0xffff);
	add_text(all, "port", o->entry->name);
	add_text(all, "device", o->entry->device);
	add_text(all, "description", o->entry->description);
	add_text(all, "maker", o->entry->maker);
	add_text(all, "usb", usb);
	add_text(all, "serial", o->entry->serial);
	add_text(all, "result", o->word);
	add_text(all, "text", o->sentence);
	if (o->tried && e->session.framing.prompt[0] != '\0')
		add_console(all, e);
	return all;
}

/* ---- All of them ---- */

static int find_ports(const struct words_line *line, struct ports_entry entries[PORTS_MAX])
{
	if (line->argument[0] == NULL)
		return ports_list(entries);
	ports_describe(line->argument[0], &entries[0]);
	return 1;
}

static void finish(const struct words_line *line, struct json_object *all, int ports)
{
	if (line->json)
		puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	else if (ports == 0)
		puts("There is no serial port: is the adapter plugged in, and does the system know it (dmesg)?");
	json_object_put(all);
}

int probe_run(const struct words_line *line)
{
	static struct ports_entry entries[PORTS_MAX];
	struct loop *loop = trial_loop();
	struct json_object *all = json_object_new_array();
	int ports = find_ports(line, entries), status = ENGINE_EXIT_BATTERY;
	struct outcome o = { .ended = false };

	log_set_level(line->verbose ? LEVEL_DEBUG : LEVEL_ERROR);
	for (int i = 0; i < ports && !o.ended; i++) {
		o = (struct outcome){ .entry = &entries[i] };
		if (!line->json)
			print_entry(&entries[i]);
		try(line, loop, &o);
		if (o.ended)
			break;
		if (line->json)
			json_object_array_add(all, document(&o, &loop->engine));
		else
			print_outcome(&o, loop);
		status = o.battery ? 0 : status;
	}
	finish(line, all, ports);
	return status;
}
