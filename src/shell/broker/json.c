#include "shell/broker/json.h"

#include "core/base/text.h"
#include "core/output/payload.h"
#include "core/rack/rack_age.h"
#include "core/reply/events.h"

#include <json-c/printbuf.h>
#include <string.h>

#define NUMBER_MAX 24
#define NAMES_MAX 200 /* of events, cut behind this */

static int print_number(struct json_object *object, struct printbuf *buffer, int level, int flags)
{
	const struct payload_item *item = json_object_get_userdata(object);
	char digits[NUMBER_MAX];
	struct text t = text_in(digits, sizeof digits);

	(void)level, (void)flags;
	if (item->kind == PAYLOAD_MILLI)
		text_milli(&t, item->value, item->decimals);
	else
		text_int(&t, item->value);
	return printbuf_memappend(buffer, digits, (int)strlen(digits));
}

/* The object is a text, or stands for a number; what it says comes by `write_leaf`. */
static struct json_object *new_leaf(struct json_leaf *leaf, const struct payload_item *item)
{
	leaf->object = item->text ? json_object_new_string("") : json_object_new_int(0);
	if (leaf->object && !item->text)
		json_object_set_serializer(leaf->object, print_number, &leaf->item, NULL);
	return leaf->object;
}

static bool write_leaf(struct json_leaf *leaf, const struct payload_item *item)
{
	leaf->item = *item;
	return item->kind != PAYLOAD_TEXT || json_object_set_string(leaf->object, item->text) == 1;
}

static struct json_object *group_of(struct json_build *b, const char *name)
{
	struct json_object *group;

	if (!name || b->failed)
		return b->root;
	if (!json_object_object_get_ex(b->root, name, &group)) {
		group = json_object_new_object();
		json_build_add(b, b->root, name, group);
	}
	return b->failed ? b->root : group;
}

static void drop(struct json_layout *layout)
{
	json_object_put(layout->root);
	layout->root = NULL;
}

/* The document as it is where so much is known, without what it says. */
static bool lay_out(struct json_build *b, struct json_layout *layout, const struct figures *figures)
{
	struct payload_cursor cursor = { 0, 0 };
	struct payload_item item;
	int n = 0;

	drop(layout);
	json_build_begin(b);
	for (; payload_next(&cursor, figures, &item) && !b->failed; n++) {
		layout->leaf[n].object = NULL;
		if (item.kind != PAYLOAD_NULL)
			json_build_add(b, group_of(b, item.group), item.key, new_leaf(&layout->leaf[n], &item));
	}
	layout->root = b->root;
	layout->items = n;
	if (b->failed)
		drop(layout);
	return !b->failed;
}

/* Writes what the figures say into the document. False: something else is known than what it was laid out for. `made`
 * becomes false where memory ran out. */
static bool fill_in(struct json_layout *layout, const struct figures *figures, bool *made)
{
	struct payload_cursor cursor = { 0, 0 };
	struct payload_item item;
	int n = 0;

	for (; payload_next(&cursor, figures, &item); n++) {
		struct json_leaf *leaf = &layout->leaf[n];

		if (n >= layout->items || (leaf->object != NULL) != (item.kind != PAYLOAD_NULL))
			return false;
		if (leaf->object)
			*made &= write_leaf(leaf, &item);
	}
	return n == layout->items;
}

size_t json_figures(struct json *json, enum json_data data, const struct figures *figures, char *out, size_t size)
{
	struct json_layout *layout = &json->layout[data];
	bool made = true;

	if (!layout->root || !fill_in(layout, figures, &made))
		made = lay_out(&json->build, layout, figures) && fill_in(layout, figures, &made) && made;
	return made ? json_build_print(&json->build, layout->root, out, size) : 0;
}

void json_end(struct json *json)
{
	for (enum json_data data = 0; data < JSON_DATA_KINDS; data++)
		drop(&json->layout[data]);
	json_build_end(&json->build);
}

static void add_int(struct json_build *b, struct json_object *to, const char *key, int64_t n)
{
	json_build_add(b, to, key, json_object_new_int64(n));
}

static void add_opt(struct json_build *b, struct json_object *to, const char *key, struct opt n)
{
	if (n.known)
		add_int(b, to, key, n.value);
	else
		json_build_null(b, to, key);
}

static void add_events(struct json_build *b, struct json_object *to, const char *key, const char *names_key,
                       enum event_word word, const struct reply_events *events)
{
	char bits[NUMBER_MAX], names[NAMES_MAX];
	struct text t = text_in(bits, sizeof bits);
	struct text n = text_in(names, sizeof names);

	text_hex(&t, events->bits);
	events_describe(word, events->bits, &n);
	json_build_text(b, to, key, events->known ? bits : "");
	json_build_add(b, to, names_key, json_object_new_string(names));
}

static void add_words(struct json_build *b, struct json_object *to, const struct reply_pwr *pwr)
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

		json_build_text(b, to, rows[i].key, name);
	}
}

/* What sets the limits of the bank (0) or of a module. */
static void add_reasons(struct json_build *b, struct json_object *to, const struct engine *engine, int number)
{
	struct json_object *o = json_object_new_object();
	struct bank_reasons reasons;

	bank_reasons(engine_limits(engine, number), &reasons);
	json_build_text(b, o, "charge_voltage", reasons.charge_voltage);
	json_build_text(b, o, "charge_current", reasons.charge_current);
	json_build_text(b, o, "discharge_current", reasons.discharge_current);
	json_build_add(b, to, "limits", o);
}

static struct json_object *link_module(struct json_build *b, const struct engine *engine, int number, int64_t now_ms)
{
	const struct module *m = &engine->rack.module[number - 1];
	struct json_object *o = json_object_new_object();
	int64_t age = rack_age_ms(m, now_ms);

	add_int(b, o, "address", m->address);
	add_int(b, o, "online", m->state == MODULE_ONLINE);
	add_int(b, o, "failed", m->failed);
	if (age < 0)
		json_build_null(b, o, "age_ms");
	else
		add_int(b, o, "age_ms", age);
	add_int(b, o, "good", m->good);
	add_int(b, o, "damaged", m->damaged);
	add_int(b, o, "late", m->late);
	json_build_text(b, o, "name", m->info.name);
	json_build_text(b, o, "firmware", m->info.firmware);
	json_build_text(b, o, "barcode", m->info.barcode);
	json_build_text(b, o, "getpwr", schedule_fast_name(engine->schedule.fast[m->address]));
	add_opt(b, o, "cells", m->bat_ms == RACK_NEVER ? opt_none() : opt_some(m->bat.cells));
	add_words(b, o, &m->pwr);
	add_events(b, o, "bat_events", "bat_event_names", EVENT_BAT, &m->pwr.bat_events);
	add_events(b, o, "power_events", "power_event_names", EVENT_POWER, &m->pwr.power_events);
	add_events(b, o, "system_fault", "system_fault_names", EVENT_FAULT, &m->pwr.system_fault);
	add_reasons(b, o, engine, number);
	return o;
}

static struct json_object *link_console(struct json_build *b, const struct session *s, const struct schedule *schedule)
{
	struct json_object *o = json_object_new_object();

	json_build_text(b, o, "state", session_state_name(s->state));
	add_int(b, o, "speed", session_speed_baud(s));
	json_build_text(b, o, "prompt", s->framing.prompt);
	add_int(b, o, "woken", s->woken);
	add_int(b, o, "garbage", s->garbage);
	add_int(b, o, "table", schedule_glances(schedule));
	return o;
}

static struct json_object *link_replies(struct json_build *b, const struct rack *rack)
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

size_t json_link(struct json *json, const struct engine *engine, const char *version, int64_t now_ms, char *out,
                 size_t size)
{
	struct json_object *modules = json_object_new_array();
	struct json_build *b = &json->build;

	json_build_begin(b);
	json_build_text(b, b->root, "version", version);
	add_int(b, b->root, "uptime_s", (now_ms - engine->start_ms) / 1000);
	json_build_add(b, b->root, "console", link_console(b, &engine->session, &engine->schedule));
	add_opt(b, b->root, "cycle_ms", engine->passes == 0 ? opt_none() : opt_some(engine->cycle_ms));
	add_int(b, b->root, "passes", engine->passes);
	add_int(b, b->root, "failed_polls", engine->failed_polls);
	json_build_add(b, b->root, "replies", link_replies(b, &engine->rack));
	add_reasons(b, b->root, engine, 0);
	json_build_add(b, b->root, "modules", modules);
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		if (engine->rack.module[i].wanted && !b->failed)
			json_build_append(b, modules, link_module(b, engine, i + 1, now_ms));
	return json_build_finish(b, out, size);
}
