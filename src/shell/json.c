#include "shell/json.h"

#include "core/events.h"
#include "core/payload.h"
#include "core/text.h"

#include <json-c/json.h>
#include <json-c/printbuf.h>
#include <string.h>

#define NUMBER_MAX 24

/* A document under way. One that failed anywhere is not published: with a key too few the driver would go on with an
 * old value, with a null too many it would forget a limit. */
struct build {
	struct json_object *root;
	bool failed;
};

static void add_null(struct build *b, struct json_object *to, const char *key)
{
	if (!to || json_object_object_add(to, key, NULL) != 0)
		b->failed = true;
}

/* Takes `value`; NULL: there was no memory for it. */
static void add(struct build *b, struct json_object *to, const char *key, struct json_object *value)
{
	if (to && value && json_object_object_add(to, key, value) == 0)
		return;
	json_object_put(value);
	b->failed = true;
}

/* json-c writes on without the piece for which its buffer could not grow: this lets it grow before. */
static int make_room(struct json_object *root, struct printbuf *buffer, int level, int flags)
{
	size_t *size = json_object_get_userdata(root);

	(void)level;
	(void)flags;
	return printbuf_memset(buffer, 0, '\0', (int)*size);
}

static const char *text_of(struct json_object *root, size_t size, size_t *length)
{
	json_object_set_serializer(root, make_room, &size, NULL);
	bool room = json_object_to_json_string_length(root, JSON_C_TO_STRING_PLAIN, length) != NULL;
	json_object_set_serializer(root, NULL, NULL, NULL);
	return room ? json_object_to_json_string_length(root, JSON_C_TO_STRING_PLAIN, length) : NULL;
}

/* Copies the text of the document and frees it. */
static size_t finish(struct build *b, char *out, size_t size)
{
	size_t length = 0;
	const char *s = b->failed ? NULL : text_of(b->root, size, &length);

	if (!s || length >= size)
		length = 0;
	else
		memcpy(out, s, length + 1);
	json_object_put(b->root);
	return length;
}

static struct build begin(void)
{
	struct json_object *root = json_object_new_object();

	return (struct build){ .root = root, .failed = !root };
}

static struct json_object *number(int32_t thousandths, int decimals)
{
	char digits[NUMBER_MAX];
	struct text t = text_in(digits, sizeof digits);

	text_milli(&t, thousandths, decimals);
	return json_object_new_double_s(thousandths / 1000.0, digits);
}

static void add_item(struct build *b, struct json_object *to, const struct payload_item *item)
{
	switch (item->kind) {
	case PAYLOAD_INT:
		add(b, to, item->key, json_object_new_int(item->value));
		break;
	case PAYLOAD_MILLI:
		add(b, to, item->key, number(item->value, item->decimals));
		break;
	case PAYLOAD_TEXT:
		add(b, to, item->key, json_object_new_string(item->text));
		break;
	default:
		add_null(b, to, item->key);
		break;
	}
}

static struct json_object *group_of(struct build *b, const char *name)
{
	struct json_object *group;

	if (!name || b->failed)
		return b->root;
	if (!json_object_object_get_ex(b->root, name, &group)) {
		group = json_object_new_object();
		add(b, b->root, name, group);
	}
	return b->failed ? b->root : group;
}

size_t json_figures(const struct figures *figures, char *out, size_t size)
{
	struct build b = begin();
	struct payload_cursor cursor = { 0, 0 };
	struct payload_item item;

	while (payload_next(&cursor, figures, &item) && !b.failed)
		add_item(&b, group_of(&b, item.group), &item);
	return finish(&b, out, size);
}

static void add_text(struct build *b, struct json_object *to, const char *key, const char *text)
{
	if (text[0] != '\0')
		add(b, to, key, json_object_new_string(text));
	else
		add_null(b, to, key);
}

static void add_int(struct build *b, struct json_object *to, const char *key, int64_t n)
{
	add(b, to, key, json_object_new_int64(n));
}

static void add_opt(struct build *b, struct json_object *to, const char *key, struct opt n)
{
	if (n.known)
		add_int(b, to, key, n.value);
	else
		add_null(b, to, key);
}

static void add_events(struct build *b, struct json_object *to, const char *key, const char *names_key,
                       enum event_word word, const struct reply_events *events)
{
	char bits[NUMBER_MAX], names[ENGINE_LINE_MAX];
	struct text t = text_in(bits, sizeof bits);
	struct text n = text_in(names, sizeof names);

	text_hex(&t, events->bits);
	events_describe(word, events->bits, &n);
	add_text(b, to, key, events->known ? bits : "");
	add(b, to, names_key, json_object_new_string(names));
}

static void add_words(struct build *b, struct json_object *to, const struct reply_pwr *pwr)
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

		add_text(b, to, rows[i].key, name);
	}
}

static struct json_object *link_module(struct build *b, const struct module *m, const struct schedule *schedule,
                                       int64_t now_ms)
{
	struct json_object *o = json_object_new_object();
	int64_t age = rack_age_ms(m, now_ms);

	add_int(b, o, "address", m->address);
	add_int(b, o, "online", m->state == MODULE_ONLINE);
	add_int(b, o, "failed", m->failed);
	if (age < 0)
		add_null(b, o, "age_ms");
	else
		add_int(b, o, "age_ms", age);
	add_int(b, o, "good", m->good);
	add_int(b, o, "damaged", m->damaged);
	add_int(b, o, "late", m->late);
	add_text(b, o, "name", m->info.name);
	add_text(b, o, "firmware", m->info.firmware);
	add_text(b, o, "barcode", m->info.barcode);
	add_text(b, o, "getpwr", schedule_fast_name(schedule->fast[m->address]));
	add_opt(b, o, "cells", m->bat_ms == RACK_NEVER ? opt_none() : opt_some(m->bat.cells));
	add_words(b, o, &m->pwr);
	add_events(b, o, "bat_events", "bat_event_names", EVENT_BAT, &m->pwr.bat_events);
	add_events(b, o, "power_events", "power_event_names", EVENT_POWER, &m->pwr.power_events);
	add_events(b, o, "system_fault", "system_fault_names", EVENT_FAULT, &m->pwr.system_fault);
	return o;
}

static struct json_object *link_console(struct build *b, const struct session *s, const struct schedule *schedule)
{
	struct json_object *o = json_object_new_object();

	add_text(b, o, "state", session_state_name(s->state));
	add_int(b, o, "speed", session_speed_baud(s));
	add_text(b, o, "prompt", s->framing.prompt);
	add_int(b, o, "woken", s->woken);
	add_int(b, o, "garbage", s->garbage);
	add_int(b, o, "table", schedule_glances(schedule));
	return o;
}

static struct json_object *link_replies(struct build *b, const struct rack *rack)
{
	struct json_object *o = json_object_new_object();
	int64_t good = 0, damaged = 0, late = 0, refused = 0;

	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		good += rack->module[i].good;
		damaged += rack->module[i].damaged;
		late += rack->module[i].late;
		refused += rack->module[i].refused;
	}
	add_int(b, o, "good", good);
	add_int(b, o, "damaged", damaged);
	add_int(b, o, "late", late);
	add_int(b, o, "refused", refused);
	return o;
}

/* Takes `module`. */
static void append(struct build *b, struct json_object *modules, struct json_object *module)
{
	if (!b->failed && json_object_array_add(modules, module) == 0)
		return;
	json_object_put(module);
	b->failed = true;
}

size_t json_link(const struct engine *engine, const char *version, int64_t now_ms, char *out,
                 size_t size)
{
	struct build b = begin();
	struct json_object *modules = json_object_new_array();

	add_text(&b, b.root, "version", version);
	add_int(&b, b.root, "uptime_s", (now_ms - engine->start_ms) / 1000);
	add(&b, b.root, "console", link_console(&b, &engine->session, &engine->schedule));
	add_opt(&b, b.root, "cycle_ms", engine->passes == 0 ? opt_none() : opt_some(engine->cycle_ms));
	add_int(&b, b.root, "passes", engine->passes);
	add_int(&b, b.root, "failed_polls", engine->failed_polls);
	add(&b, b.root, "replies", link_replies(&b, &engine->rack));
	add(&b, b.root, "modules", modules);
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		if (engine->rack.module[i].wanted && !b.failed)
			append(&b, modules, link_module(&b, &engine->rack.module[i], &engine->schedule, now_ms));
	return finish(&b, out, size);
}
