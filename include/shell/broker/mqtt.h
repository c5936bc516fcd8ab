/* mqtt: publishing, QoS 0, through libmosquitto in a thread of its own.
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

#include "core/settings/settings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_SLOTS 36 /* status, link, pylon, battery_1 to battery_16, and a device for Home Assistant of the last 17 */
#define MQTT_TOPIC_MAX 160
#define MQTT_PAYLOAD_MAX 32768
#define MQTT_REASON_MAX 96

#define MQTT_KEEPALIVE_S 10
#define MQTT_RECONNECT_MIN_MS 1000
#define MQTT_RECONNECT_MAX_MS 10000
#define MQTT_ANSWER_MAX_MS 25000 /* without an answer, but connected: the slots are freed anyway */

enum mqtt_sent {
	MQTT_SENT,   /* handed to libmosquitto */
	MQTT_HELD,   /* the newest of its slot, sent when the one before has arrived, or there is memory again */
	MQTT_SKIPPED /* not connected, or impossible (too large) */
};

enum mqtt_news_kind {
	MQTT_CONNECTED,
	MQTT_LOST,       /* was connected */
	MQTT_REFUSED,    /* the broker said no: user name, password, client id */
	MQTT_UNREACHABLE, /* no broker there */
	MQTT_CALLED      /* Home Assistant has started; only while connected */
};

struct mqtt_news {
	enum mqtt_news_kind kind;
	char reason[MQTT_REASON_MAX]; /* "" with MQTT_CONNECTED */
};

/* What was heard. */
struct mqtt_message {
	char topic[MQTT_TOPIC_MAX + MQTT_PAYLOAD_MAX + 1]; /* the payload lies behind it, with a zero after it */
	const char *payload;
	size_t length; /* of the payload */
};

struct mqtt_slot {
	uint32_t sequence; /* of the message on its way; arrived when mqtt.arrived has reached it */
	bool held;
	bool retain;
	char topic[MQTT_TOPIC_MAX];
	size_t length;
	int64_t held_ms; /* when it was published */
};

/* What both threads touch, guarded by `mutex`. */
struct mqtt_shared {
	pthread_mutex_t mutex;
	bool connected;
	bool refused;       /* in the present attempt */
	uint32_t connects;  /* how often a connection was made */
	enum mqtt_news_kind state;
	char reason[MQTT_REASON_MAX];
	bool tried;         /* `state` means something */
	int answered_mid;
	bool answer_wanted; /* the caller waits for it */
	bool called;        /* MQTT_CALLED is to be told */
	bool ended;         /* the thread is through */
};

struct mosquitto;

struct mqtt {
	/* set at start */
	bool running;
	struct mosquitto *client;
	pthread_t thread;
	int wake_fd, stop_fd;
	char broker[SETTINGS_TEXT_MAX];
	int port;
	char status_topic[MQTT_TOPIC_MAX];
	int64_t held_max_ms;
	char why[MQTT_REASON_MAX]; /* after mqtt_start or mqtt_listen failed */
	bool listens;              /* started by mqtt_listen: */
	int heard_fd, hand_over_fd; /* where the messages come out, and where the thread puts them in */
	char heard_topics[MQTT_TOPIC_MAX]; /* "": it subscribes to nothing */
	atomic_bool stopping;
	struct mqtt_shared shared;
	/* the caller's thread only */
	uint32_t connects_told;
	bool up;              /* MQTT_CONNECTED was told, and no MQTT_LOST since */
	unsigned told;        /* bits of failures that were told since the last connection */
	uint32_t sent, arrived; /* sequence numbers */
	bool asked;           /* a question is out ... */
	int asked_mid;
	uint32_t asked_sequence; /* ... behind this message */
	int64_t asked_ms;
	struct mqtt_slot slot[MQTT_SLOTS];
	char payload[MQTT_SLOTS][MQTT_PAYLOAD_MAX]; /* what they hold; last: large, and not cleared */
};

/* Whether libmosquitto was built with TLS. */
bool mqtt_has_tls(void);

/* Starts the thread, which connects and reconnects for ever, 1 to 10 s apart. The last will is
 * `BASE/status` = offline, retained. A held message older than `held_max_ms` is dropped, not sent.
 * `call_topic`: where Home Assistant says `online` when it has started, the only topic that is subscribed to; "": none.
 * False, with mqtt->why: out of memory, or settings that libmosquitto refuses. The settings are
 * copied. */
bool mqtt_start(struct mqtt *mqtt, const struct settings_mqtt *settings, const char *call_topic, int64_t held_max_ms);

/* The same for one that only listens to `BASE/` and everything below it that has no further slash: without a last
 * will, under a client id of its own, and it never publishes. Connection and news are as after mqtt_start; messages
 * come by mqtt_hear. */
bool mqtt_listen(struct mqtt *mqtt, const struct settings_mqtt *settings);

/* The next message that was heard; false: none now. To be called when heard_fd is readable. */
bool mqtt_hear(struct mqtt *mqtt, struct mqtt_message *message);

/* For poll(POLLIN): something for mqtt_poll to do. */
int mqtt_fd(const struct mqtt *mqtt);

/* When mqtt_poll has something to do without an event, on the caller's clock; INT64_MAX: never. */
int64_t mqtt_deadline(const struct mqtt *mqtt);

/* Sends what was held and may go. Returns true and one piece of news, to be called again until false.
 * Each kind of failure is told once until the next connection, MQTT_UNREACHABLE not after MQTT_LOST. */
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
