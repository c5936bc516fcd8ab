/* mqtt: publishing, QoS 0, on an mqtt_connection.
 *
 * No call but mqtt_stop waits for the network, whatever the broker does. Nothing is queued: while
 * disconnected a message is skipped, and the caller publishes afresh when MQTT_CONNECTED comes.
 *
 * One slot a topic. A slot has at most one message on its way: it counts as arrived when the broker has
 * answered a question that was sent behind it (an UNSUBSCRIBE of a topic that nobody subscribed, since
 * QoS 0 itself has no answer). Until then the slot keeps only the newest further message. So a broker
 * that froze and thaws gets two messages a topic at most, the second one fresh.
 *
 * All functions are for one thread, the caller's; libmosquitto's thread is inside. */
#ifndef SHELL_MQTT_H
#define SHELL_MQTT_H

#include "shell/broker/mqtt_connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_SLOTS 36 /* status, link, pylon, battery_1 to battery_16, and a device for Home Assistant of the last 17 */
#define MQTT_ANSWER_MAX_MS 25000 /* without an answer, but connected: the slots are freed anyway */

enum mqtt_sent {
	MQTT_SENT,   /* handed to libmosquitto */
	MQTT_HELD,   /* the newest of its slot, sent when the one before has arrived, or there is memory again */
	MQTT_SKIPPED /* not connected, or impossible (too large) */
};

struct mqtt_slot {
	uint32_t sequence; /* of the message on its way; arrived when mqtt.arrived has reached it */
	bool held;
	bool retain;
	char topic[MQTT_TOPIC_MAX];
	size_t length;
	int64_t held_ms; /* when it was published */
};

struct mqtt {
	struct mqtt_connection connection;
	char status_topic[MQTT_TOPIC_MAX];
	int64_t held_max_ms;
	uint32_t sent, arrived; /* sequence numbers */
	bool asked;           /* a question is out ... */
	int asked_mid;
	uint32_t asked_sequence; /* ... behind this message */
	int64_t asked_ms;
	struct mqtt_slot slot[MQTT_SLOTS];
	char payload[MQTT_SLOTS][MQTT_PAYLOAD_MAX]; /* what they hold; last: large, and not cleared */
};

/* Starts the connection. The last will is `BASE/status` = offline, retained. A held message older than `held_max_ms` is
 * dropped, not sent. False, with connection.why: as mqtt_connection_start. */
bool mqtt_start(struct mqtt *mqtt, const struct settings_mqtt *settings, const struct mqtt_subscription *subscription,
		int64_t held_max_ms);

/* For poll(POLLIN): something for mqtt_poll to do. */
int mqtt_fd(const struct mqtt *mqtt);

/* When mqtt_poll has something to do without an event, on the caller's clock; INT64_MAX: never. */
int64_t mqtt_deadline(const struct mqtt *mqtt);

/* Sends what was held and may go. News are as with mqtt_connection_poll: to be called again until false. */
bool mqtt_poll(struct mqtt *mqtt, int64_t now_ms, struct mqtt_news *news);

/* Publishes on the topic that `slot` (0..MQTT_SLOTS - 1) stands for. The payload is copied. To be followed by mqtt_poll,
 * which asks whether it has arrived. */
enum mqtt_sent mqtt_publish(struct mqtt *mqtt, int slot, const char *topic, const char *payload,
                            size_t length, bool retain, int64_t now_ms);

/* Publishes `offline`, retained, on `BASE/status` and disconnects; 1 s at most. Returns false when the
 * thread could not be ended (it waits for a name server, or an address that does not answer): `mqtt`
 * stays in use then, and the process must end. */
bool mqtt_stop(struct mqtt *mqtt);

#endif
