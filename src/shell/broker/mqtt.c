/* The thread is ours and not mosquitto_loop_start's: that one resolves names in the caller's thread,
 * and ends without a word after some errors. */
#include "shell/broker/mqtt.h"

#include "shell/system/clock.h"

#include <errno.h>
#include <mosquitto.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOOP_MS 10000        /* how long the thread sleeps when nobody wakes it; libmosquitto shortens it to the keepalive */
#define PACKETS 10           /* taken in one go */
#define LINGER_MS 150        /* for the DISCONNECT to leave */
#define STOP_ANSWER_MS 400   /* for the broker to have read `offline` */
#define STOP_THREAD_MS 450   /* for the thread to end */
#define SYSTEM_CERTIFICATES "/etc/ssl/certs"
#define STEADY_MS 30000      /* a connection that held so long resets the pause between attempts */

static const char offline[] = "offline", online[] = "online";

static void signal_fd(int fd)
{
	uint64_t one = 1;

	/* It can only fail when the counter is full, and then it is readable already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static void drain_fd(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

static void lock(struct mqtt *m)
{
	pthread_mutex_lock(&m->shared.mutex);
}

static void unlock(struct mqtt *m)
{
	pthread_mutex_unlock(&m->shared.mutex);
}

/* ---- libmosquitto's thread ---- */

static void note(struct mqtt *m, enum mqtt_news_kind state, const char *reason)
{
	size_t length = strlen(reason);

	m->shared.tried = true;
	m->shared.state = state;
	if (length > 0 && reason[length - 1] == '.')
		length--;
	snprintf(m->shared.reason, sizeof(m->shared.reason), "%.*s", (int)length, reason);
	signal_fd(m->wake_fd);
}

/* The library's own words for some of these end in a full stop, and ERRNO has none. */
static const char *words_of(int rc, int error)
{
	switch (rc) {
	case MOSQ_ERR_ERRNO:
		return error != 0 ? strerror(error) : "connection closed";
	case MOSQ_ERR_EAI:
		return "name of the broker not found";
	case MOSQ_ERR_KEEPALIVE:
		return "no answer in time";
	case MOSQ_ERR_CONN_LOST:
		return "connection closed";
	case MOSQ_ERR_TLS:
		return "TLS failed: check ca_file, the broker's name in its certificate, and our own";
	case MOSQ_ERR_SUCCESS:
		return "disconnected";
	default:
		return mosquitto_strerror(rc);
	}
}

static void on_connect(struct mosquitto *client, void *user, int rc)
{
	struct mqtt *m = user;

	bool deaf = rc == 0 && m->heard_topics[0] != '\0' &&
	            mosquitto_subscribe(client, NULL, m->heard_topics, 0) != MOSQ_ERR_SUCCESS;

	if (deaf)
		mosquitto_disconnect(client); /* it is tried anew */
	lock(m);
	if (deaf) {
		m->shared.refused = true;
		note(m, MQTT_REFUSED, "the subscription could not be sent");
	} else if (rc == 0) {
		m->shared.connected = true;
		m->shared.connects++;
		note(m, MQTT_CONNECTED, "");
	} else {
		m->shared.refused = true;
		note(m, MQTT_REFUSED, mosquitto_connack_string(rc));
	}
	unlock(m);
}

static void note_end(struct mqtt *m, int rc, int error)
{
	lock(m);
	if (m->shared.connected)
		note(m, MQTT_LOST, words_of(rc, error));
	else if (!m->shared.refused && m->shared.state != MQTT_LOST)
		note(m, MQTT_UNREACHABLE, words_of(rc, error));
	m->shared.connected = false;
	unlock(m);
}

static void on_disconnect(struct mosquitto *client, void *user, int rc)
{
	(void)client;
	note_end(user, rc, errno);
}

/* Topic, a zero, payload as one packet. Where the reader does not keep up they are dropped: newer ones follow. */
static void hand_over(struct mqtt *m, const struct mosquitto_message *message)
{
	struct iovec parts[] = {
		{ message->topic, strlen(message->topic) + 1 },
		{ message->payload, (size_t)message->payloadlen },
	};
	struct msghdr packet = { .msg_iov = parts, .msg_iovlen = 2 };

	if (parts[0].iov_len <= MQTT_TOPIC_MAX && parts[1].iov_len < MQTT_PAYLOAD_MAX)
		sendmsg(m->hand_over_fd, &packet, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void take_call(struct mqtt *m, const struct mosquitto_message *message)
{
	if (message->payloadlen != sizeof(online) - 1 || memcmp(message->payload, online, sizeof(online) - 1) != 0)
		return;
	lock(m);
	m->shared.called = true;
	signal_fd(m->wake_fd);
	unlock(m);
}

static void on_message(struct mosquitto *client, void *user, const struct mosquitto_message *message)
{
	struct mqtt *m = user;

	(void)client;
	if (m->listens)
		hand_over(m, message);
	else
		take_call(m, message);
}

static void on_unsubscribe(struct mosquitto *client, void *user, int mid)
{
	struct mqtt *m = user;

	(void)client;
	lock(m);
	m->shared.answered_mid = mid;
	if (m->shared.answer_wanted)
		signal_fd(m->wake_fd);
	unlock(m);
}

/* Lets the DISCONNECT out; a broker that hangs is left without. */
static void leave(struct mqtt *m)
{
	int64_t end_ms = clock_ms() + LINGER_MS;

	if (mosquitto_disconnect(m->client) != MOSQ_ERR_SUCCESS)
		return;
	while (clock_ms() < end_ms && mosquitto_loop(m->client, LINGER_MS, PACKETS) == MOSQ_ERR_SUCCESS)
		;
}

/* One attempt, and the connection if it comes to one. */
static void attempt(struct mqtt *m)
{
	lock(m);
	m->shared.refused = false;
	unlock(m);
	errno = 0;
	int rc = mosquitto_connect(m->client, m->broker, m->port, MQTT_KEEPALIVE_S);
	while (rc == MOSQ_ERR_SUCCESS && !atomic_load(&m->stopping))
		rc = mosquitto_loop(m->client, LOOP_MS, PACKETS);
	if (rc == MOSQ_ERR_SUCCESS)
		leave(m);
	else
		note_end(m, rc, errno);
}

static void pause_before_next(struct mqtt *m, int pause_ms)
{
	struct pollfd stop = { .fd = m->stop_fd, .events = POLLIN };

	poll(&stop, 1, pause_ms);
}

static void *run(void *user)
{
	struct mqtt *m = user;
	int pause_ms = MQTT_RECONNECT_MIN_MS;

	while (!atomic_load(&m->stopping)) {
		int64_t began_ms = clock_ms();
		attempt(m);
		if (clock_ms() - began_ms >= STEADY_MS)
			pause_ms = MQTT_RECONNECT_MIN_MS;
		pause_before_next(m, pause_ms);
		pause_ms = pause_ms * 2 > MQTT_RECONNECT_MAX_MS ? MQTT_RECONNECT_MAX_MS : pause_ms * 2;
	}
	lock(m);
	m->shared.ended = true;
	unlock(m);
	signal_fd(m->wake_fd);
	return NULL;
}

/* ---- start ---- */

static bool refuse_start(struct mqtt *m, const char *why)
{
	snprintf(m->why, sizeof(m->why), "%s", why);
	return false;
}

bool mqtt_has_tls(void)
{
	struct mosquitto *client = mosquitto_new(NULL, true, NULL);
	bool yes = client != NULL && mosquitto_tls_insecure_set(client, false) == MOSQ_ERR_SUCCESS;

	if (client != NULL)
		mosquitto_destroy(client);
	return yes;
}

/* Without this an encrypted key would be asked for on the terminal. */
static int no_key_password(char *password, int size, int writing, void *user)
{
	(void)writing, (void)user;
	if (size > 0)
		password[0] = '\0';
	return 0;
}

static const char *or_none(const char *path)
{
	return *path != '\0' ? path : NULL;
}

/* The broker's name is checked against its certificate unless somebody asks libmosquitto not to. */
static int configure_tls(struct mqtt *m, const struct settings_mqtt *settings)
{
	const char *ca = or_none(settings->ca_file);

	return !settings->tls ? MOSQ_ERR_SUCCESS
	                      : mosquitto_tls_set(m->client, ca, ca == NULL ? SYSTEM_CERTIFICATES : NULL,
	                                          or_none(settings->cert_file), or_none(settings->key_file),
	                                          no_key_password);
}

static bool configure(struct mqtt *m, const struct settings_mqtt *settings)
{
	int rc = mosquitto_username_pw_set(m->client, or_none(settings->username), or_none(settings->password));

	if (rc == MOSQ_ERR_SUCCESS)
		rc = configure_tls(m, settings);
	if (rc == MOSQ_ERR_SUCCESS && !m->listens)
		rc = mosquitto_will_set(m->client, m->status_topic, sizeof(offline) - 1, offline, 0, true);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_threaded_set(m->client, true);
	/* A question must not wait for the acknowledgement of the message before it. */
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_int_option(m->client, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_connect_callback_set(m->client, on_connect);
	mosquitto_disconnect_callback_set(m->client, on_disconnect);
	mosquitto_unsubscribe_callback_set(m->client, on_unsubscribe);
	mosquitto_message_callback_set(m->client, on_message);
	return rc == MOSQ_ERR_SUCCESS || refuse_start(m, mosquitto_strerror(rc));
}

/* Signals are the caller's: none may land in the thread. */
static bool start_thread(struct mqtt *m)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&m->thread, NULL, run, m);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0 || refuse_start(m, strerror(error));
}

static void clean_up(struct mqtt *m)
{
	if (m->client != NULL)
		mosquitto_destroy(m->client);
	mosquitto_lib_cleanup();
	if (m->wake_fd >= 0)
		close(m->wake_fd);
	if (m->stop_fd >= 0)
		close(m->stop_fd);
	if (m->listens) {
		close(m->heard_fd);
		close(m->hand_over_fd);
	}
	pthread_mutex_destroy(&m->shared.mutex);
	m->client = NULL;
	m->wake_fd = m->stop_fd = -1;
	m->running = false;
}

static int lowest_free_fd(const struct mqtt *m)
{
	int fd = dup(m->wake_fd), number = fd;

	if (fd >= 0)
		close(fd);
	return number;
}

/* Without a word the library does without the two sockets by which it is woken: every message would be late then. */
static bool make_client(struct mqtt *m, const char *client_id)
{
	int free_fd = lowest_free_fd(m);

	m->client = mosquitto_new(client_id, true, m);
	if (m->client == NULL)
		return refuse_start(m, strerror(errno));
	return lowest_free_fd(m) >= free_fd + 2 || refuse_start(m, "it got no sockets to be woken by");
}

static bool make_parts(struct mqtt *m, const char *client_id)
{
	int rc = mosquitto_lib_init();
	int error = pthread_mutex_init(&m->shared.mutex, NULL);

	if (rc != MOSQ_ERR_SUCCESS)
		return refuse_start(m, mosquitto_strerror(rc));
	if (error != 0)
		return refuse_start(m, strerror(error));
	m->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	m->stop_fd = m->wake_fd >= 0 ? eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1;
	return m->stop_fd >= 0 ? make_client(m, client_id) : refuse_start(m, strerror(errno));
}

static bool start(struct mqtt *m, const struct settings_mqtt *settings, const char *client_id)
{
	m->wake_fd = m->stop_fd = -1;
	snprintf(m->broker, sizeof(m->broker), "%s", settings->broker);
	m->port = settings->port;
	m->running = make_parts(m, client_id) && configure(m, settings) && start_thread(m);
	if (!m->running)
		clean_up(m);
	return m->running;
}

static void forget_messages(struct mqtt *m)
{
	for (int i = 0; i < MQTT_SLOTS; i++) {
		m->slot[i].held = false;
		m->slot[i].sequence = 0;
	}
	m->sent = m->arrived = 0;
	m->asked = false;
}

/* Without the rooms for payloads: what nobody has written to takes no memory. */
static void clear(struct mqtt *m)
{
	memset(m, 0, offsetof(struct mqtt, payload));
}

bool mqtt_start(struct mqtt *m, const struct settings_mqtt *settings, const char *call_topic, int64_t held_max_ms)
{
	clear(m);
	snprintf(m->heard_topics, sizeof(m->heard_topics), "%s", call_topic);
	m->held_max_ms = held_max_ms;
	snprintf(m->status_topic, sizeof(m->status_topic), "%.*s/status", MQTT_TOPIC_MAX - 8,
	         settings->topic_base);
	return start(m, settings, settings->client_id);
}

/* The broker throws out the one of two that have the same client id. */
bool mqtt_listen(struct mqtt *m, const struct settings_mqtt *settings)
{
	char client_id[SETTINGS_TEXT_MAX];
	int ends[2];

	clear(m);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return refuse_start(m, strerror(errno));
	m->listens = true;
	m->heard_fd = ends[0];
	m->hand_over_fd = ends[1];
	snprintf(m->heard_topics, sizeof(m->heard_topics), "%s/+", settings->topic_base);
	snprintf(client_id, sizeof(client_id), "pylontech-watch-%ld", (long)getpid());
	return start(m, settings, client_id);
}

/* ---- the caller's thread ---- */

int mqtt_fd(const struct mqtt *m)
{
	return m->running ? m->wake_fd : -1;
}

int64_t mqtt_deadline(const struct mqtt *m)
{
	return m->running && m->asked ? m->asked_ms + MQTT_ANSWER_MAX_MS : INT64_MAX;
}

/* Whether what is sent now goes into the connection that the caller knows of. Under the lock: a new
 * connection can begin only after on_disconnect had it, and throws away what was not sent. */
static bool same_connection(const struct mqtt *m)
{
	return m->up && m->shared.connected && m->shared.connects == m->connects_told;
}

static enum mqtt_sent send_now(struct mqtt *m, struct mqtt_slot *slot, const char *topic,
                               const char *payload, size_t length, bool retain)
{
	int rc = MOSQ_ERR_NO_CONN;

	lock(m);
	if (same_connection(m))
		rc = mosquitto_publish(m->client, NULL, topic, (int)length, payload, 0, retain);
	unlock(m);
	if (rc == MOSQ_ERR_SUCCESS)
		slot->sequence = ++m->sent;
	return rc == MOSQ_ERR_SUCCESS ? MQTT_SENT : rc == MOSQ_ERR_NOMEM ? MQTT_HELD : MQTT_SKIPPED;
}

/* Asks the broker for an answer to know what has arrived, one question at a time. */
static void ask(struct mqtt *m, int64_t now)
{
	if (m->asked || m->sent == m->arrived)
		return;
	lock(m);
	m->shared.answered_mid = 0;
	m->asked = same_connection(m) &&
	           mosquitto_unsubscribe(m->client, &m->asked_mid, m->status_topic) == MOSQ_ERR_SUCCESS;
	unlock(m);
	m->asked_sequence = m->sent;
	m->asked_ms = now;
}

static bool answered(struct mqtt *m)
{
	lock(m);
	bool yes = m->shared.answered_mid == m->asked_mid;
	unlock(m);
	return yes;
}

static void take_answer(struct mqtt *m, int64_t now)
{
	if (!m->asked || (!answered(m) && now - m->asked_ms < MQTT_ANSWER_MAX_MS))
		return;
	m->asked = false;
	m->arrived = m->asked_sequence;
}

static bool on_its_way(const struct mqtt *m, const struct mqtt_slot *slot)
{
	return slot->sequence > m->arrived;
}

static void send_held(struct mqtt *m, int64_t now)
{
	for (int i = 0; i < MQTT_SLOTS; i++) {
		struct mqtt_slot *slot = &m->slot[i];
		if (!slot->held || on_its_way(m, slot))
			continue;
		slot->held = now - slot->held_ms <= m->held_max_ms &&
		             send_now(m, slot, slot->topic, m->payload[i], slot->length,
		                      slot->retain) == MQTT_HELD;
	}
}

/* An answer wakes the caller only where it frees a message that is held. */
static void want_answer(struct mqtt *m)
{
	bool wanted = false;

	for (int i = 0; i < MQTT_SLOTS; i++)
		wanted |= m->slot[i].held;
	lock(m);
	m->shared.answer_wanted = wanted;
	unlock(m);
}

static bool tell(const struct mqtt *m, struct mqtt_news *news, enum mqtt_news_kind kind)
{
	news->kind = kind;
	snprintf(news->reason, sizeof(news->reason), "%s",
	         kind == MQTT_CONNECTED ? "" : m->shared.reason);
	return true;
}

/* Under the lock. A connection that ended and came again between two calls is told as both. */
static bool find_news(struct mqtt *m, struct mqtt_news *news)
{
	struct mqtt_shared *shared = &m->shared;

	if (m->up && !same_connection(m)) {
		m->up = false;
		forget_messages(m);
		m->told |= 1u << MQTT_LOST;
		return tell(m, news, MQTT_LOST);
	}
	if (shared->connected && !m->up) {
		m->up = true;
		m->connects_told = shared->connects;
		m->told = 0;
		forget_messages(m);
		return tell(m, news, MQTT_CONNECTED);
	}
	if (m->up && shared->called) {
		shared->called = false;
		return tell(m, news, MQTT_CALLED);
	}
	if (shared->connected || !shared->tried || m->told & 1u << shared->state)
		return false;
	m->told |= 1u << shared->state;
	return tell(m, news, shared->state);
}

bool mqtt_poll(struct mqtt *m, int64_t now, struct mqtt_news *news)
{
	if (!m->running)
		return false;
	drain_fd(m->wake_fd);
	lock(m);
	bool found = find_news(m, news);
	unlock(m);
	if (found)
		return true;
	want_answer(m);
	take_answer(m, now);
	send_held(m, now);
	ask(m, now);
	return false;
}

static enum mqtt_sent hold(struct mqtt_slot *slot, char *room, const char *topic, const char *payload,
                           size_t length, bool retain, int64_t now)
{
	slot->held = true;
	slot->retain = retain;
	slot->held_ms = now;
	slot->length = length;
	memcpy(room, payload, length);
	snprintf(slot->topic, sizeof(slot->topic), "%s", topic);
	return MQTT_HELD;
}

enum mqtt_sent mqtt_publish(struct mqtt *m, int slot_number, const char *topic, const char *payload,
                            size_t length, bool retain, int64_t now)
{
	struct mqtt_slot *slot = &m->slot[slot_number];

	if (!m->running || !m->up || length > MQTT_PAYLOAD_MAX || strlen(topic) >= MQTT_TOPIC_MAX)
		return MQTT_SKIPPED;
	take_answer(m, now);
	enum mqtt_sent sent = on_its_way(m, slot) ? MQTT_HELD
	                                          : send_now(m, slot, topic, payload, length, retain);
	if (sent == MQTT_HELD)
		return hold(slot, m->payload[slot_number], topic, payload, length, retain, now);
	slot->held = false;
	return sent;
}

/* ---- stop ---- */

bool mqtt_hear(struct mqtt *m, struct mqtt_message *message)
{
	ssize_t length = recv(m->heard_fd, message->topic, sizeof(message->topic) - 1, MSG_DONTWAIT);

	if (length <= 0)
		return false;
	message->topic[length] = '\0';
	message->payload = message->topic + strlen(message->topic) + 1;
	message->length = (size_t)(message->topic + length - message->payload);
	return true;
}

static bool ended(struct mqtt *m)
{
	lock(m);
	bool yes = m->shared.ended;
	unlock(m);
	return yes;
}

static bool wait_for(struct mqtt *m, bool (*condition)(struct mqtt *), int patience_ms)
{
	int64_t end_ms = clock_ms() + patience_ms;

	while (!condition(m)) {
		struct pollfd wake = { .fd = m->wake_fd, .events = POLLIN };
		int64_t left_ms = end_ms - clock_ms();
		if (left_ms <= 0)
			return false;
		poll(&wake, 1, (int)left_ms);
		drain_fd(m->wake_fd);
	}
	return true;
}

static bool answered_or_lost(struct mqtt *m)
{
	lock(m);
	bool yes = m->shared.answered_mid == m->asked_mid || !m->shared.connected;
	unlock(m);
	return yes;
}

/* Says goodbye past the slots: what they hold besides is no longer true. */
static void say_offline(struct mqtt *m)
{
	lock(m);
	m->shared.answered_mid = 0;
	m->shared.answer_wanted = true;
	bool asked = m->shared.connected &&
	             mosquitto_publish(m->client, NULL, m->status_topic, sizeof(offline) - 1, offline, 0,
	                               true) == MOSQ_ERR_SUCCESS &&
	             mosquitto_unsubscribe(m->client, &m->asked_mid, m->status_topic) == MOSQ_ERR_SUCCESS;
	unlock(m);
	if (asked)
		wait_for(m, answered_or_lost, STOP_ANSWER_MS);
}

/* What the broker keeps must be the newest: a device that was taken back a moment ago would stay in Home Assistant. */
static void send_kept(struct mqtt *m)
{
	for (int i = 0; i < MQTT_SLOTS; i++) {
		struct mqtt_slot *slot = &m->slot[i];

		if (slot->held && slot->retain)
			send_now(m, slot, slot->topic, m->payload[i], slot->length, true);
	}
}

bool mqtt_stop(struct mqtt *m)
{
	if (!m->running)
		return true;
	send_kept(m);
	if (!m->listens)
		say_offline(m);
	atomic_store(&m->stopping, true);
	signal_fd(m->stop_fd);
	(void)mosquitto_disconnect(m->client); /* wakes the thread, whatever comes of it */
	if (!wait_for(m, ended, STOP_THREAD_MS))
		return false;
	pthread_join(m->thread, NULL);
	clean_up(m);
	return true;
}
