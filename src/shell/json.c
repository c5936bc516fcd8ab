#include "shell/json.h"

#include "core/events.h"
#include "core/payload.h"
#include "core/text.h"

#include <json-c/json.h>
#include <string.h>

#define NUMBER_MAX 24

/* Copies the text of `root` and frees it. */
static size_t finish(struct json_object *root, char *out, size_t size)
{
	size_t length = 0;
	const char *s = root ? json_object_to_json_string_length(root, JSON_C_TO_STRING_PLAIN, &length)
	                     : NULL;

	if (!s || length >= size)
		length = 0;
	else
		memcpy(out, s, length + 1);
	json_object_put(root);
	return length;
}

static struct json_object *number(int32_t thousandths, int decimals)
{
	char digits[NUMBER_MAX];
	struct text t = text_in(digits, sizeof digits);

	text_milli(&t, thousandths, decimals);
	return json_object_new_double_s(thousandths / 1000.0, digits);
}

static struct json_object *value_of(const struct payload_item *item)
{
	switch (item->kind) {
	case PAYLOAD_INT:
		return json_object_new_int(item->value);
	case PAYLOAD_MILLI:
		return number(item->value, item->decimals);
	case PAYLOAD_TEXT:
		return json_object_new_string(item->text);
	default:
		return NULL;
	}
}

static struct json_object *group_of(struct json_object *root, const char *name)
{
	struct json_object *group;

	if (!name)
		return root;
	if (!json_object_object_get_ex(root, name, &group)) {
		group = json_object_new_object();
		json_object_object_add(root, name, group);
	}
	return group;
}

size_t json_figures(const struct figures *figures, char *out, size_t size)
{
	struct json_object *root = json_object_new_object();
	struct payload_cursor cursor = { 0, 0 };
	struct payload_item item;

	while (payload_next(&cursor, figures, &item))
		json_object_object_add(group_of(root, item.group), item.key, value_of(&item));
	return finish(root, out, size);
}

static void add_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, text[0] != '\0' ? json_object_new_string(text) : NULL);
}

static void add_int(struct json_object *to, const char *key, int64_t n)
{
	json_object_object_add(to, key, json_object_new_int64(n));
}

static void add_opt(struct json_object *to, const char *key, struct opt n)
{
	json_object_object_add(to, key, n.known ? json_object_new_int(n.value) : NULL);
}

static void add_events(struct json_object *to, const char *key, const char *names_key,
                       enum event_word word, const struct reply_events *events)
{
	char bits[NUMBER_MAX], names[ENGINE_LINE_MAX];
	struct text t = text_in(bits, sizeof bits);
	struct text n = text_in(names, sizeof names);

	text_hex(&t, events->bits);
	events_describe(word, events->bits, &n);
	json_object_object_add(to, key, events->known ? json_object_new_string(bits) : NULL);
	json_object_object_add(to, names_key, json_object_new_string(names));
}

static void add_words(struct json_object *to, const struct reply_pwr *pwr)
{
	const struct {
		const char *key;
		enum word word;
	} rows[] = {
		{ "base", pwr->base }, { "volt", pwr->volt }, { "current", pwr->current },
		{ "temperature", pwr->temp }, { "coulomb", pwr->coulomb }, { "soh", pwr->soh },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *name = rows[i].word == WORD_UNKNOWN ? pwr->unknown_word
		                   : rows[i].word == WORD_NONE  ? ""
		                                                : reply_word_name(rows[i].word);

		add_text(to, rows[i].key, name);
	}
}

static struct json_object *link_module(const struct module *m, const struct schedule *schedule, int64_t now_ms)
{
	struct json_object *o = json_object_new_object();
	int64_t age = rack_age_ms(m, now_ms);

	add_int(o, "address", m->address);
	add_int(o, "online", m->state == MODULE_ONLINE);
	json_object_object_add(o, "age_ms", age < 0 ? NULL : json_object_new_int64(age));
	add_int(o, "good", m->good);
	add_int(o, "damaged", m->damaged);
	add_int(o, "late", m->late);
	add_text(o, "name", m->info.name);
	add_text(o, "firmware", m->info.firmware);
	add_text(o, "barcode", m->info.barcode);
	add_text(o, "getpwr", schedule_fast_name(schedule->fast[m->address]));
	add_opt(o, "cells", m->bat_ms == RACK_NEVER ? opt_none() : opt_some(m->bat.cells));
	add_words(o, &m->pwr);
	add_events(o, "bat_events", "bat_event_names", EVENT_BAT, &m->pwr.bat_events);
	add_events(o, "power_events", "power_event_names", EVENT_POWER, &m->pwr.power_events);
	add_events(o, "system_fault", "system_fault_names", EVENT_FAULT, &m->pwr.system_fault);
	return o;
}

static struct json_object *link_console(const struct session *s, const struct schedule *schedule)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "state", session_state_name(s->state));
	add_int(o, "speed", session_speed_baud(s));
	add_text(o, "prompt", s->framing.prompt);
	add_int(o, "woken", s->woken);
	add_int(o, "garbage", s->garbage);
	add_int(o, "table", schedule_glances(schedule));
	return o;
}

static struct json_object *link_replies(const struct rack *rack)
{
	struct json_object *o = json_object_new_object();
	int64_t good = 0, damaged = 0, late = 0, refused = 0;

	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		good += rack->module[i].good;
		damaged += rack->module[i].damaged;
		late += rack->module[i].late;
		refused += rack->module[i].refused;
	}
	add_int(o, "good", good);
	add_int(o, "damaged", damaged);
	add_int(o, "late", late);
	add_int(o, "refused", refused);
	return o;
}

size_t json_link(const struct engine *engine, const char *version, int64_t now_ms, char *out,
                 size_t size)
{
	struct json_object *root = json_object_new_object();
	struct json_object *modules = json_object_new_array();

	add_text(root, "version", version);
	add_int(root, "uptime_s", (now_ms - engine->start_ms) / 1000);
	json_object_object_add(root, "console", link_console(&engine->session, &engine->schedule));
	add_opt(root, "cycle_ms", engine->passes == 0 ? opt_none() : opt_some(engine->cycle_ms));
	add_int(root, "passes", engine->passes);
	add_int(root, "failed_polls", engine->failed_polls);
	json_object_object_add(root, "replies", link_replies(&engine->rack));
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		if (engine->rack.module[i].wanted)
			json_object_array_add(modules, link_module(&engine->rack.module[i], &engine->schedule, now_ms));
	json_object_object_add(root, "modules", modules);
	return finish(root, out, size);
}
