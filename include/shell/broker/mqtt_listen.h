/* mqtt_listen: hears what the daemon publishes: `BASE/` and everything below it that has no further slash. Without a
 * last will, under a client id of its own, and it never publishes. Connection and news are those of mqtt_connection. */
#ifndef SHELL_MQTT_LISTEN_H
#define SHELL_MQTT_LISTEN_H

#include "shell/broker/mqtt_connection.h"

struct mqtt_listen {
	struct mqtt_connection connection;
	int heard_fd, hand_over_fd; /* where the messages come out, and where the thread puts them in */
};

/* What was heard. */
struct mqtt_message {
	char topic[MQTT_TOPIC_MAX + MQTT_PAYLOAD_MAX + 1]; /* the payload lies behind it, with a zero after it */
	const char *payload;
	size_t length; /* of the payload */
};

/* False, with connection.why: out of memory, or settings that libmosquitto refuses. */
bool mqtt_listen_start(struct mqtt_listen *listen, const struct settings_mqtt *settings);

/* The next message that was heard; false: none now. To be called when heard_fd is readable. */
bool mqtt_listen_hear(struct mqtt_listen *listen, struct mqtt_message *message);

/* Within half a second. */
void mqtt_listen_stop(struct mqtt_listen *listen);

#endif
