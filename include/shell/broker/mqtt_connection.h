/* mqtt_connection: one connection to the broker through libmosquitto, kept up by a thread of its own: it connects and
 * reconnects for ever, 1 to 10 s apart.
 *
 * No call but mqtt_connection_wait and _stop waits for the network, whatever the broker does. All functions are for one
 * thread, the caller's, but for the `hear` of a subscription. */
#ifndef SHELL_MQTT_CONNECTION_H
#define SHELL_MQTT_CONNECTION_H

#include "core/settings/settings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_TOPIC_MAX 160
#define MQTT_PAYLOAD_MAX 32768
#define MQTT_REASON_MAX 96
#define MQTT_OFFLINE "offline" /* the last will */

#define MQTT_KEEPALIVE_S 10
#define MQTT_RECONNECT_MIN_MS 1000
#define MQTT_RECONNECT_MAX_MS 10000

enum mqtt_news_kind {
	MQTT_CONNECTED,
	MQTT_LOST,        /* was connected */
	MQTT_REFUSED,     /* the broker said no: user name, password, client id */
	MQTT_UNREACHABLE, /* no broker there */
	MQTT_HEARD        /* a message that its `hear` wants told; only while connected */
};

struct mqtt_news {
	enum mqtt_news_kind kind;
	char reason[MQTT_REASON_MAX]; /* "" with MQTT_CONNECTED */
};

/* What a connection listens to. */
struct mqtt_subscription {
	const char *topics; /* "": nothing */
	/* In libmosquitto's thread. True: the caller is told, by MQTT_HEARD. */
	bool (*hear)(void *user, const char *topic, const void *payload, size_t length);
	void *user;
};

/* What both threads touch, guarded by `mutex`. */
struct mqtt_shared {
	pthread_mutex_t mutex;
	bool connected;
	bool refused;      /* in the present attempt */
	uint32_t connects; /* how often a connection was made */
	enum mqtt_news_kind state;
	char reason[MQTT_REASON_MAX];
	bool tried; /* `state` means something */
	int answered_mid;
	bool answer_wanted; /* the caller waits for it */
	bool heard;         /* MQTT_HEARD is to be told */
	bool ended;         /* the thread is through */
};

struct mosquitto;

struct mqtt_connection {
	/* set at start */
	bool running;
	struct mosquitto *client;
	pthread_t thread;
	int wake_fd, stop_fd;
	char broker[SETTINGS_TEXT_MAX];
	int port;
	char topics[MQTT_TOPIC_MAX];
	bool (*hear)(void *user, const char *topic, const void *payload, size_t length);
	void *user;
	char why[MQTT_REASON_MAX]; /* after mqtt_connection_start failed */
	atomic_bool stopping;
	struct mqtt_shared shared;
	/* the caller's thread only */
	uint32_t connects_told;
	bool up;       /* MQTT_CONNECTED was told, and no MQTT_LOST since */
	unsigned told; /* bits of failures that were told since the last connection */
};

/* Whether libmosquitto was built with TLS. */
bool mqtt_connection_has_tls(void);

/* Starts the thread. The last will is MQTT_OFFLINE on `will_topic`, retained; NULL: none. False, with `why`: out of
 * memory, or settings that libmosquitto refuses. The settings and the topics are copied. */
bool mqtt_connection_start(struct mqtt_connection *connection, const struct settings_mqtt *settings,
			   const char *client_id, const char *will_topic, const struct mqtt_subscription *subscription);

/* For poll(POLLIN): something for mqtt_connection_poll to do; -1: not running. */
int mqtt_connection_fd(const struct mqtt_connection *connection);

/* Returns true and one piece of news, to be called again until false.
 * Each kind of failure is told once until the next connection, MQTT_UNREACHABLE not after MQTT_LOST. */
bool mqtt_connection_poll(struct mqtt_connection *connection, struct mqtt_news *news);

/* Around every use of `shared` and every message that is sent. */
void mqtt_connection_lock(struct mqtt_connection *connection);
void mqtt_connection_unlock(struct mqtt_connection *connection);

/* Whether what is sent now, under the lock, goes into the connection that the caller knows of. */
bool mqtt_connection_same(const struct mqtt_connection *connection);

/* Waits for a condition that the thread brings about; false: it was not there in time. */
bool mqtt_connection_wait(struct mqtt_connection *connection, bool (*condition)(void *user), void *user,
			  int patience_ms);

/* Disconnects, in half a second at most. False: the thread could not be ended (it waits for a name server, or an address
 * that does not answer): the connection stays in use then, and the process must end. */
bool mqtt_connection_stop(struct mqtt_connection *connection);

#endif
