#include "shell/broker/homeassistant.h"

#include "shell/broker/json_discovery.h"

#include <stdio.h>
#include <string.h>

void homeassistant_call_topic(const struct settings *settings, char topic[MQTT_TOPIC_MAX])
{
	topic[0] = '\0';
	if (settings->homeassistant.discovery)
		snprintf(topic, MQTT_TOPIC_MAX, "%s/status", settings->homeassistant.prefix);
}

bool homeassistant_calls(void *user, const char *topic, const void *payload, size_t length)
{
	static const char online[] = "online";

	(void)user, (void)topic;
	return length == sizeof online - 1 && memcmp(payload, online, sizeof online - 1) == 0;
}

/* An empty message takes a retained one away. */
static void publish(struct mqtt *mqtt, int slot, const struct settings *settings, int device, const char *document,
                    size_t length, int64_t now_ms)
{
	char topic[MQTT_TOPIC_MAX];

	discovery_topic(settings, device, topic, sizeof topic);
	mqtt_publish(mqtt, slot + device, topic, document, length, true, now_ms);
}

bool homeassistant_announce(struct mqtt *mqtt, int slot, const struct engine *engine, int device, bool anew,
                            struct json_build *build, char *document, int64_t now_ms)
{
	const struct settings *settings = &engine->settings;
	struct discovery_device described;
	size_t length;

	if (!engine_device(engine, device, &described))
		return true;
	length = json_discovery(build, &described, settings->mqtt.topic_base, VERSION, document, MQTT_PAYLOAD_MAX);
	if (length == 0)
		return false;
	if (anew)
		publish(mqtt, slot, settings, device, "", 0, now_ms);
	publish(mqtt, slot, settings, device, document, length, now_ms);
	return true;
}

void homeassistant_retract(struct mqtt *mqtt, int slot, const struct settings *settings, uint32_t devices, int64_t now_ms)
{
	for (int device = 0; device < DISCOVERY_DEVICES; device++)
		if (devices >> device & 1)
			publish(mqtt, slot, settings, device, "", 0, now_ms);
}
