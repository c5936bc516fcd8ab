#include "shell/watch/watch_json.h"

#include "core/base/text.h"
#include "core/output/payload.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MODULE_TOPIC "battery_"

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(o, key, &value) ? value : NULL;
}

/* NAN for what is no number. By its text: json_object_get_double would bring along a kilobyte of 64-bit sums. */
static double number(struct json_object *value)
{
	bool is = json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);

	return is ? strtod(json_object_get_string(value), NULL) : (double)NAN;
}

static struct opt get_int(struct json_object *o, const char *key)
{
	double n = number(member(o, key));

	return n >= INT32_MIN && n <= INT32_MAX ? opt_some((int32_t)n) : opt_none();
}

static void get_text(struct json_object *o, const char *key, char *out, size_t size)
{
	struct json_object *value = member(o, key);

	text_copy(out, size, json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "");
}

/* ---- Data topics: the table that they were written from reads them ---- */

static void put(struct figures *f, const struct payload_item *item, struct json_object *value)
{
	double n = number(value);

	if (json_object_is_type(value, json_type_string))
		payload_put_text(f, item, json_object_get_string(value));
	else if (fabs(n) < (double)INT32_MAX)
		payload_put_milli(f, item, (int64_t)(n * 1000 + (n < 0 ? -0.5 : 0.5)));
}

static void take_figures(struct watch_document *d, struct json_object *root, int64_t now_ms)
{
	struct figures *f = &d->figures;
	struct payload_cursor cursor = { 0, 0 };
	struct payload_item item;
	struct opt cells = get_int(member(root, "System"), "NrOfCellsPerBattery");

	memset(d, 0, sizeof *d);
	d->known = true;
	d->heard_ms = now_ms;
	if (cells.value > 0 && cells.value <= REPLY_CELLS_MAX)
		f->cells = cells;
	while (payload_next(&cursor, f, &item))
		if (item.group == NULL || strcmp(item.group, "System") != 0 ||
		    strcmp(item.key, "NrOfCellsPerBattery") != 0)
			put(f, &item, member(item.group ? member(root, item.group) : root, item.key));
}

/* ---- The link topic ---- */

static void take_member(struct watch_link *link, struct json_object *o)
{
	struct opt address = get_int(o, "address");
	struct watch_member *m;

	if (address.value < 1 || address.value > RACK_MODULES_MAX)
		return;
	m = &link->member[address.value - 1];
	m->listed = true;
	m->online = get_int(o, "online").value == 1;
	m->age_ms = get_int(o, "age_ms");
	get_text(o, "name", m->name, sizeof m->name);
	get_text(o, "firmware", m->firmware, sizeof m->firmware);
	get_text(o, "barcode", m->barcode, sizeof m->barcode);
	get_text(o, "base", m->state, sizeof m->state);
}

static void take_link(struct watch_link *link, struct json_object *root, int64_t now_ms)
{
	struct json_object *replies = member(root, "replies"), *modules = member(root, "modules");
	struct json_object *limits = member(root, "limits");
	struct bank_reasons *r = &link->reasons;

	memset(link, 0, sizeof *link);
	link->known = true;
	link->heard_ms = now_ms;
	get_text(root, "version", link->version, sizeof link->version);
	get_text(limits, "charge_voltage", r->charge_voltage, sizeof r->charge_voltage);
	get_text(limits, "charge_current", r->charge_current, sizeof r->charge_current);
	get_text(limits, "discharge_current", r->discharge_current, sizeof r->discharge_current);
	link->speed_baud = get_int(member(root, "console"), "speed");
	link->cycle_ms = get_int(root, "cycle_ms");
	link->good = get_int(replies, "good");
	link->damaged = get_int(replies, "damaged");
	link->late = get_int(replies, "late");
	for (size_t i = 0; json_object_is_type(modules, json_type_array) && i < json_object_array_length(modules); i++)
		take_member(link, json_object_array_get_idx(modules, i));
}

/* ---- All of them ---- */

static bool take_status(struct watch_model *model, const char *payload, int64_t now_ms)
{
	enum watch_status status = strcmp(payload, "online") == 0    ? WATCH_ONLINE
	                           : strcmp(payload, "offline") == 0 ? WATCH_OFFLINE
	                                                             : WATCH_UNTOLD;

	if (status == model->status)
		return true;
	model->status_seen = model->status != WATCH_UNTOLD;
	model->status = status;
	model->status_ms = now_ms;
	return true;
}

/* 0 for the bank's topic, N for module N's, -1 for another one. */
static int number_of(const char *name)
{
	size_t prefix = sizeof MODULE_TOPIC - 1;
	long address = strncmp(name, MODULE_TOPIC, prefix) == 0 ? strtol(name + prefix, NULL, 10) : 0;

	if (strcmp(name, "pylon") == 0)
		return 0;
	return address >= 1 && address <= RACK_MODULES_MAX ? (int)address : -1;
}

static bool take_document(struct watch_model *model, const char *name, const char *payload, int64_t now_ms)
{
	bool link = strcmp(name, "link") == 0;
	int place = number_of(name);
	struct json_object *root = link || place >= 0 ? json_tokener_parse(payload) : NULL;
	bool good = json_object_is_type(root, json_type_object);

	if (good && link)
		take_link(&model->link, root, now_ms);
	else if (good)
		take_figures(place == 0 ? &model->bank : &model->module[place - 1], root, now_ms);
	if (good) {
		model->heard = true;
		model->heard_ms = now_ms;
	}
	json_object_put(root);
	return good;
}

bool watch_json_take(struct watch_model *model, const char *name, const char *payload, int64_t now_ms)
{
	if (strcmp(name, "status") == 0)
		return take_status(model, payload, now_ms);
	return take_document(model, name, payload, now_ms);
}
