/* homeassistant: publishes what Home Assistant discovers the battery by, where the owner wants it. */
#ifndef SHELL_HOMEASSISTANT_H
#define SHELL_HOMEASSISTANT_H

#include "core/engine/engine.h"
#include "shell/broker/json_build.h"
#include "shell/broker/mqtt.h"

/* Where Home Assistant says that it has started; "" where nothing is to be announced. */
void homeassistant_call_topic(const struct settings *settings, char topic[MQTT_TOPIC_MAX]);

/* Whether it does, with a message there; to be the `hear` of a subscription. */
bool homeassistant_calls(void *user, const char *topic, const void *payload, size_t length);

/* Announces one device, retained. `slot`: the first of DISCOVERY_DEVICES slots. `build`: where documents are built.
 * `document`: room for the message, MQTT_PAYLOAD_MAX bytes. False: there was no memory for it. */
bool homeassistant_announce(struct mqtt *mqtt, int slot, const struct engine *engine, int device, bool anew,
                            struct json_build *build, char *document, int64_t now_ms);

/* Takes back what was announced under `settings`, bit N: device N: Home Assistant removes it then. */
void homeassistant_retract(struct mqtt *mqtt, int slot, const struct settings *settings, uint32_t devices, int64_t now_ms);

#endif
