#include "shell/documents.h"

#include "core/base/text.h"
#include "shell/broker/homeassistant.h"
#include "shell/system/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum slot { SLOT_STATUS, SLOT_LINK, SLOT_BANK, SLOT_MODULE, SLOT_DEVICE = SLOT_MODULE + RACK_MODULES_MAX };

_Static_assert(SLOT_DEVICE + DISCOVERY_DEVICES == MQTT_SLOTS, "a slot for every topic");

static void tell_of_memory(struct documents *d, bool made, const char *topic)
{
	if (!made && !d->told)
		log_error("no memory for the message on %s: it is left out, the next one comes with new values", topic);
	d->told = !made;
}

static void send_document(struct documents *d, const struct settings_mqtt *settings, enum slot slot, const char *name,
			  size_t length, int64_t now_ms)
{
	char topic[MQTT_TOPIC_MAX];
	struct text t = text_in(topic, sizeof topic);

	text_str(&t, settings->topic_base);
	text_str(&t, "/");
	text_str(&t, name);
	if (slot >= SLOT_MODULE)
		text_int(&t, (int)slot - SLOT_MODULE + 1);
	tell_of_memory(d, length > 0, topic);
	if (length > 0 && settings->active)
		mqtt_publish(d->mqtt, (int)slot, topic, d->text, length, slot == SLOT_STATUS, now_ms);
}

static void publish_bank(struct documents *d, const struct engine *engine, int64_t now_ms)
{
	size_t length;

	if (!engine_bank_figures(engine, &d->figures))
		return;
	length = json_figures(&d->json, JSON_BANK, &d->figures, d->text, sizeof d->text);
	send_document(d, &engine->settings.mqtt, SLOT_BANK, "pylon", length, now_ms);
}

static void publish_module(struct documents *d, const struct engine *engine, int address, int64_t now_ms)
{
	size_t length;

	if (!engine_module_figures(engine, address, &d->figures))
		return;
	length = json_figures(&d->json, JSON_MODULE, &d->figures, d->text, sizeof d->text);
	send_document(d, &engine->settings.mqtt, (enum slot)(SLOT_MODULE + address - 1), "battery_", length, now_ms);
}

static void publish_link(struct documents *d, const struct engine *engine, int64_t now_ms)
{
	size_t length = json_link(&d->json, engine, VERSION, now_ms, d->text, sizeof d->text);

	send_document(d, &engine->settings.mqtt, SLOT_LINK, "link", length, now_ms);
}

static void publish_status(struct documents *d, const struct engine *engine, int64_t now_ms)
{
	text_copy(d->text, sizeof d->text, engine_online(engine) ? "online" : "offline");
	send_document(d, &engine->settings.mqtt, SLOT_STATUS, "status", strlen(d->text), now_ms);
}

static void announce(struct documents *d, const struct engine *engine, int device, bool anew, int64_t now_ms)
{
	bool made = homeassistant_announce(d->mqtt, SLOT_DEVICE, engine, device, anew, &d->json.build, d->text, now_ms);

	tell_of_memory(d, made, "Home Assistant's discovery");
}

void documents_retract(struct documents *d, const struct settings *settings, uint32_t devices, int64_t now_ms)
{
	if (settings->mqtt.active)
		homeassistant_retract(d->mqtt, SLOT_DEVICE, settings, devices, now_ms);
}

void documents_publish(struct documents *d, const struct engine *engine, const struct engine_actions *actions,
		       int64_t now_ms)
{
	if (actions->publish_status)
		publish_status(d, engine, now_ms);
	if (actions->publish_bank)
		publish_bank(d, engine, now_ms);
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		if (actions->publish_modules >> i & 1)
			publish_module(d, engine, i + 1, now_ms);
	if (actions->publish_link)
		publish_link(d, engine, now_ms);
	if (actions->announce != ANNOUNCE_NONE)
		announce(d, engine, actions->announce, actions->announce_anew, now_ms);
	documents_retract(d, &engine->settings, actions->retract, now_ms);
}

bool documents_print_bank(struct documents *d, const struct engine *engine)
{
	size_t length = 0;
	bool fine;

	if (engine_bank_figures(engine, &d->figures))
		length = json_figures(&d->json, JSON_BANK, &d->figures, d->text, sizeof d->text);
	fine = length > 0 && puts(d->text) >= 0 && fflush(stdout) == 0;
	if (!fine)
		log_error("the bank's document could not be %s: %s", length > 0 ? "written" : "made", strerror(errno));
	return fine;
}

void documents_end(struct documents *d)
{
	json_end(&d->json);
}
