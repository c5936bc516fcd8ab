/* Keys are Home Assistant's short ones: a module of 16 cells is 21 kB with them, 29 kB with the long ones. */
#include "shell/broker/json_discovery.h"

#include "shell/broker/json_build.h"
#include "shell/broker/mqtt.h"

#include <stdio.h>
#include <string.h>

/* A key without a text is left out: null has no meaning to Home Assistant here. */
static void put(struct json_build *b, struct json_object *to, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		json_build_text(b, to, key, text);
}

static void put_topic(struct json_build *b, struct json_object *to, const char *key, const char *base, const char *name)
{
	char topic[MQTT_TOPIC_MAX];

	snprintf(topic, sizeof topic, "%s/%s", base, name);
	put(b, to, key, topic);
}

static struct json_object *add_object(struct json_build *b, struct json_object *to, const char *key)
{
	struct json_object *o = json_object_new_object();

	json_build_add(b, to, key, o);
	return b->failed ? NULL : o;
}

static void add_device(struct json_build *b, const struct discovery_device *device)
{
	struct json_object *o = add_object(b, b->root, "dev");

	put(b, o, "ids", device->id);
	put(b, o, "name", device->name);
	put(b, o, "mf", "Pylontech");
	put(b, o, "mdl", device->number == DISCOVERY_BANK ? "Battery stack" : device->model);
	put(b, o, "sw", device->firmware);
	put(b, o, "sn", device->serial);
	if (device->number != DISCOVERY_BANK)
		put(b, o, "via_device", device->bank_id);
}

/* `value`: the template that turns the topic's message into online or offline; NULL: it says so itself. */
static void add_availability(struct json_build *b, struct json_object *list, const char *base, const char *name,
                             const char *value)
{
	struct json_object *o = json_object_new_object();

	put_topic(b, o, "t", base, name);
	put(b, o, "val_tpl", value);
	json_build_append(b, list, o);
}

/* The status topic; a module also has to be online in the link topic. */
static void add_availabilities(struct json_build *b, const struct discovery_device *device, const char *base)
{
	struct json_object *list = json_object_new_array();
	char value[DISCOVERY_TEMPLATE_MAX];

	json_build_add(b, b->root, "avty", list);
	if (b->failed)
		return;
	add_availability(b, list, base, "status", NULL);
	if (device->number == DISCOVERY_BANK)
		return;
	discovery_availability(device, value);
	add_availability(b, list, base, "link", value);
	put(b, b->root, "avty_mode", "all");
}

static void add_options(struct json_build *b, struct json_object *to, const char *words)
{
	struct json_object *list = json_object_new_array();

	json_build_add(b, to, "ops", list);
	while (words != NULL && !b->failed) {
		size_t length = strcspn(words, "|");

		json_build_append(b, list, json_object_new_string_len(words, (int)length));
		words = words[length] == '|' ? words + length + 1 : NULL;
	}
}

static void add_entity(struct json_build *b, struct json_object *components, const struct discovery_device *device,
                       const char *base, const struct discovery_entity *e)
{
	char id[DISCOVERY_ID_MAX + DISCOVERY_NAME_MAX];
	struct json_object *o = add_object(b, components, e->id);

	snprintf(id, sizeof id, "%s_%s", device->id, e->id);
	put(b, o, "p", e->platform);
	put(b, o, "name", e->name);
	put(b, o, "uniq_id", id);
	put(b, o, "dev_cla", e->device_class);
	put(b, o, "unit_of_meas", e->unit);
	put(b, o, "stat_cla", e->state_class);
	put(b, o, "val_tpl", e->value);
	if (e->options != NULL)
		add_options(b, o, e->options);
	if (e->decimals >= 0)
		json_build_add(b, o, "sug_dsp_prc", json_object_new_int(e->decimals));
	if (e->diagnostic)
		put(b, o, "ent_cat", "diagnostic");
	if (e->hidden)
		json_build_add(b, o, "en", json_object_new_boolean(false));
	if (e->of_link)
		put_topic(b, o, "stat_t", base, "link");
	if (strcmp(e->platform, "binary_sensor") == 0) {
		put(b, o, "pl_on", "1");
		put(b, o, "pl_off", "0");
	}
}

size_t json_discovery(struct json_build *b, const struct discovery_device *device, const char *topic_base,
                      const char *version, char *out, size_t size)
{
	struct discovery_cursor cursor = { 0, 0 };
	struct discovery_entity entity;
	struct json_object *o;
	char name[24];

	snprintf(name, sizeof name, device->number == DISCOVERY_BANK ? "pylon" : "battery_%d", device->number);
	json_build_begin(b);
	add_device(b, device);
	o = add_object(b, b->root, "o");
	put(b, o, "name", "pylontech-mqtt");
	put(b, o, "sw", version);
	add_availabilities(b, device, topic_base);
	put_topic(b, b->root, "stat_t", topic_base, name);
	o = add_object(b, b->root, "cmps");
	while (!b->failed && discovery_next(&cursor, device, &entity))
		add_entity(b, o, device, topic_base, &entity);
	return json_build_finish(b, out, size);
}
