/* The thread is ours and not mosquitto_loop_start's: that one resolves names in the caller's thread,
 * and ends without a word after some errors. */
#include "shell/broker/mqtt_connection.h"

#include "shell/system/clock.h"

#include <errno.h>
#include <mosquitto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOP_MS 10000 /* how long the thread sleeps when nobody wakes it; libmosquitto shortens it to the keepalive */
#define PACKETS 10    /* taken in one go */
#define LINGER_MS 150 /* for the DISCONNECT to leave */
#define STOP_THREAD_MS 450 /* for the thread to end */
#define SYSTEM_CERTIFICATES "/etc/ssl/certs"
#define STEADY_MS 30000 /* a connection that held so long resets the pause between attempts */

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

void mqtt_connection_lock(struct mqtt_connection *c)
{
	pthread_mutex_lock(&c->shared.mutex);
}

void mqtt_connection_unlock(struct mqtt_connection *c)
{
	pthread_mutex_unlock(&c->shared.mutex);
}

/* ---- libmosquitto's thread ---- */

static void note(struct mqtt_connection *c, enum mqtt_news_kind state, const char *reason)
{
	size_t length = strlen(reason);

	c->shared.tried = true;
	c->shared.state = state;
	if (length > 0 && reason[length - 1] == '.')
		length--;
	snprintf(c->shared.reason, sizeof(c->shared.reason), "%.*s", (int)length, reason);
	signal_fd(c->wake_fd);
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
	struct mqtt_connection *c = user;

	bool deaf =
		rc == 0 && c->topics[0] != '\0' && mosquitto_subscribe(client, NULL, c->topics, 0) != MOSQ_ERR_SUCCESS;

	if (deaf)
		mosquitto_disconnect(client); /* it is tried anew */
	mqtt_connection_lock(c);
	if (deaf) {
		c->shared.refused = true;
		note(c, MQTT_REFUSED, "the subscription could not be sent");
	} else if (rc == 0) {
		c->shared.connected = true;
		c->shared.connects++;
		note(c, MQTT_CONNECTED, "");
	} else {
		c->shared.refused = true;
		note(c, MQTT_REFUSED, mosquitto_connack_string(rc));
	}
	mqtt_connection_unlock(c);
}

static void note_end(struct mqtt_connection *c, int rc, int error)
{
	mqtt_connection_lock(c);
	if (c->shared.connected)
		note(c, MQTT_LOST, words_of(rc, error));
	else if (!c->shared.refused && c->shared.state != MQTT_LOST)
		note(c, MQTT_UNREACHABLE, words_of(rc, error));
	c->shared.connected = false;
	mqtt_connection_unlock(c);
}

static void on_disconnect(struct mosquitto *client, void *user, int rc)
{
	(void)client;
	note_end(user, rc, errno);
}

static void on_message(struct mosquitto *client, void *user, const struct mosquitto_message *message)
{
	struct mqtt_connection *c = user;

	(void)client;
	if (!c->hear(c->user, message->topic, message->payload, (size_t)message->payloadlen))
		return;
	mqtt_connection_lock(c);
	c->shared.heard = true;
	signal_fd(c->wake_fd);
	mqtt_connection_unlock(c);
}

static void on_unsubscribe(struct mosquitto *client, void *user, int mid)
{
	struct mqtt_connection *c = user;

	(void)client;
	mqtt_connection_lock(c);
	c->shared.answered_mid = mid;
	if (c->shared.answer_wanted)
		signal_fd(c->wake_fd);
	mqtt_connection_unlock(c);
}

/* Lets the DISCONNECT out; a broker that hangs is left without. */
static void leave(struct mqtt_connection *c)
{
	int64_t end_ms = clock_ms() + LINGER_MS;

	if (mosquitto_disconnect(c->client) != MOSQ_ERR_SUCCESS)
		return;
	while (clock_ms() < end_ms && mosquitto_loop(c->client, LINGER_MS, PACKETS) == MOSQ_ERR_SUCCESS)
		;
}

/* One attempt, and the connection if it comes to one. */
static void attempt(struct mqtt_connection *c)
{
	mqtt_connection_lock(c);
	c->shared.refused = false;
	mqtt_connection_unlock(c);
	errno = 0;
	int rc = mosquitto_connect(c->client, c->broker, c->port, MQTT_KEEPALIVE_S);
	while (rc == MOSQ_ERR_SUCCESS && !atomic_load(&c->stopping))
		rc = mosquitto_loop(c->client, LOOP_MS, PACKETS);
	if (rc == MOSQ_ERR_SUCCESS)
		leave(c);
	else
		note_end(c, rc, errno);
}

static void pause_before_next(struct mqtt_connection *c, int pause_ms)
{
	struct pollfd stop = { .fd = c->stop_fd, .events = POLLIN };

	poll(&stop, 1, pause_ms);
}

static void *run(void *user)
{
	struct mqtt_connection *c = user;
	int pause_ms = MQTT_RECONNECT_MIN_MS;

	while (!atomic_load(&c->stopping)) {
		int64_t began_ms = clock_ms();
		attempt(c);
		if (clock_ms() - began_ms >= STEADY_MS)
			pause_ms = MQTT_RECONNECT_MIN_MS;
		pause_before_next(c, pause_ms);
		pause_ms = pause_ms * 2 > MQTT_RECONNECT_MAX_MS ? MQTT_RECONNECT_MAX_MS : pause_ms * 2;
	}
	mqtt_connection_lock(c);
	c->shared.ended = true;
	mqtt_connection_unlock(c);
	signal_fd(c->wake_fd);
	return NULL;
}

/* ---- start ---- */

static bool refuse_start(struct mqtt_connection *c, const char *why)
{
	snprintf(c->why, sizeof(c->why), "%s", why);
	return false;
}

bool mqtt_connection_has_tls(void)
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
static int configure_tls(struct mqtt_connection *c, const struct settings_mqtt *settings)
{
	const char *ca = or_none(settings->ca_file);

	return !settings->tls
		       ? MOSQ_ERR_SUCCESS
		       : mosquitto_tls_set(c->client, ca, ca == NULL ? SYSTEM_CERTIFICATES : NULL,
					   or_none(settings->cert_file), or_none(settings->key_file), no_key_password);
}

static bool configure(struct mqtt_connection *c, const struct settings_mqtt *settings, const char *will_topic)
{
	int rc = mosquitto_username_pw_set(c->client, or_none(settings->username), or_none(settings->password));

	if (rc == MOSQ_ERR_SUCCESS)
		rc = configure_tls(c, settings);
	if (rc == MOSQ_ERR_SUCCESS && will_topic != NULL)
		rc = mosquitto_will_set(c->client, will_topic, sizeof(MQTT_OFFLINE) - 1, MQTT_OFFLINE, 0, true);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_threaded_set(c->client, true);
	/* A question must not wait for the acknowledgement of the message before it. */
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_int_option(c->client, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_connect_callback_set(c->client, on_connect);
	mosquitto_disconnect_callback_set(c->client, on_disconnect);
	mosquitto_unsubscribe_callback_set(c->client, on_unsubscribe);
	mosquitto_message_callback_set(c->client, on_message);
	return rc == MOSQ_ERR_SUCCESS || refuse_start(c, mosquitto_strerror(rc));
}

/* Signals are the caller's: none may land in the thread. */
static bool start_thread(struct mqtt_connection *c)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0 || refuse_start(c, strerror(error));
}

static void clean_up(struct mqtt_connection *c)
{
	if (c->client != NULL)
		mosquitto_destroy(c->client);
	mosquitto_lib_cleanup();
	if (c->wake_fd >= 0)
		close(c->wake_fd);
	if (c->stop_fd >= 0)
		close(c->stop_fd);
	pthread_mutex_destroy(&c->shared.mutex);
	c->client = NULL;
	c->wake_fd = c->stop_fd = -1;
	c->running = false;
}

static int lowest_free_fd(const struct mqtt_connection *c)
{
	int fd = dup(c->wake_fd), number = fd;

	if (fd >= 0)
		close(fd);
	return number;
}

/* Without a word the library does without the two sockets by which it is woken: every message would be late then. */
static bool make_client(struct mqtt_connection *c, const char *client_id)
{
	int free_fd = lowest_free_fd(c);

	c->client = mosquitto_new(client_id, true, c);
	if (c->client == NULL)
		return refuse_start(c, strerror(errno));
	return lowest_free_fd(c) >= free_fd + 2 || refuse_start(c, "it got no sockets to be woken by");
}

static bool make_parts(struct mqtt_connection *c, const char *client_id)
{
	int rc = mosquitto_lib_init();
	int error = pthread_mutex_init(&c->shared.mutex, NULL);

	if (rc != MOSQ_ERR_SUCCESS)
		return refuse_start(c, mosquitto_strerror(rc));
	if (error != 0)
		return refuse_start(c, strerror(error));
	c->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	c->stop_fd = c->wake_fd >= 0 ? eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1;
	return c->stop_fd >= 0 ? make_client(c, client_id) : refuse_start(c, strerror(errno));
}

bool mqtt_connection_start(struct mqtt_connection *c, const struct settings_mqtt *settings, const char *client_id,
			   const char *will_topic, const struct mqtt_subscription *subscription)
{
	memset(c, 0, sizeof(*c));
	c->wake_fd = c->stop_fd = -1;
	snprintf(c->broker, sizeof(c->broker), "%s", settings->broker);
	c->port = settings->port;
	snprintf(c->topics, sizeof(c->topics), "%s", subscription->topics);
	c->hear = subscription->hear;
	c->user = subscription->user;
	c->running = make_parts(c, client_id) && configure(c, settings, will_topic) && start_thread(c);
	if (!c->running)
		clean_up(c);
	return c->running;
}

/* ---- the caller's thread ---- */

int mqtt_connection_fd(const struct mqtt_connection *c)
{
	return c->running ? c->wake_fd : -1;
}

/* Whether what is sent now goes into the connection that the caller knows of. Under the lock: a new
 * connection can begin only after on_disconnect had it, and throws away what was not sent. */
bool mqtt_connection_same(const struct mqtt_connection *c)
{
	return c->up && c->shared.connected && c->shared.connects == c->connects_told;
}

static bool tell(const struct mqtt_connection *c, struct mqtt_news *news, enum mqtt_news_kind kind)
{
	news->kind = kind;
	snprintf(news->reason, sizeof(news->reason), "%s", kind == MQTT_CONNECTED ? "" : c->shared.reason);
	return true;
}

/* Under the lock. A connection that ended and came again between two calls is told as both. */
static bool find_news(struct mqtt_connection *c, struct mqtt_news *news)
{
	struct mqtt_shared *shared = &c->shared;

	if (c->up && !mqtt_connection_same(c)) {
		c->up = false;
		c->told |= 1u << MQTT_LOST;
		return tell(c, news, MQTT_LOST);
	}
	if (shared->connected && !c->up) {
		c->up = true;
		c->connects_told = shared->connects;
		c->told = 0;
		return tell(c, news, MQTT_CONNECTED);
	}
	if (c->up && shared->heard) {
		shared->heard = false;
		return tell(c, news, MQTT_HEARD);
	}
	if (shared->connected || !shared->tried || c->told & 1u << shared->state)
		return false;
	c->told |= 1u << shared->state;
	return tell(c, news, shared->state);
}

bool mqtt_connection_poll(struct mqtt_connection *c, struct mqtt_news *news)
{
	if (!c->running)
		return false;
	drain_fd(c->wake_fd);
	mqtt_connection_lock(c);
	bool found = find_news(c, news);
	mqtt_connection_unlock(c);
	return found;
}

bool mqtt_connection_wait(struct mqtt_connection *c, bool (*condition)(void *user), void *user, int patience_ms)
{
	int64_t end_ms = clock_ms() + patience_ms;

	while (!condition(user)) {
		struct pollfd wake = { .fd = c->wake_fd, .events = POLLIN };
		int64_t left_ms = end_ms - clock_ms();
		if (left_ms <= 0)
			return false;
		poll(&wake, 1, (int)left_ms);
		drain_fd(c->wake_fd);
	}
	return true;
}

static bool ended(void *user)
{
	struct mqtt_connection *c = user;

	mqtt_connection_lock(c);
	bool yes = c->shared.ended;
	mqtt_connection_unlock(c);
	return yes;
}

bool mqtt_connection_stop(struct mqtt_connection *c)
{
	atomic_store(&c->stopping, true);
	signal_fd(c->stop_fd);
	(void)mosquitto_disconnect(c->client); /* wakes the thread, whatever comes of it */
	if (!mqtt_connection_wait(c, ended, c, STOP_THREAD_MS))
		return false;
	pthread_join(c->thread, NULL);
	clean_up(c);
	return true;
}
