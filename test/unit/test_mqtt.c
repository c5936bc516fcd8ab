/* The MQTT client against a real broker of its own, on a random loopback port.
 * With the argument `long`: what takes longer than the keepalive. */
#include "shell/broker/mqtt.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATH_SIZE 256
#define GOT_MAX 2048
#define PATIENCE_MS 8000
#define HELD_MAX_MS 15000
#define NEWS_MAX 32
#define CALL_MAX_MS 250  /* a call that waited for the network would take seconds */
#define STOP_MAX_MS 1200 /* the promised second, and what a busy machine adds */

/* What a subscriber saw. */
static struct {
	char topic[MQTT_TOPIC_MAX];
	char payload[32];
	bool retain;
} got[GOT_MAX];
static int got_count;

static struct {
	char folder[PATH_SIZE / 2], config[PATH_SIZE], passwords[PATH_SIZE];
	int port;
	pid_t pid;
	struct mosquitto *observer;
	bool observing;
} broker;

static struct mqtt mqtt; /* too large for the stack */
static struct mqtt_news news[NEWS_MAX];
static int news_count;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the broker ---- */

static int free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static bool listening(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)broker.port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	bool yes = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return yes;
}

/* Starts `arguments` with its output thrown away; it dies with this program. */
static pid_t start(char *const arguments[])
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int null = open("/dev/null", O_RDWR);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(arguments[0], arguments);
	_exit(127);
}

static void write_config(bool with_password)
{
	FILE *to = fopen(broker.config, "w");

	assert_non_null(to);
	fprintf(to, "listener %d 127.0.0.1\npersistence false\nlog_dest none\n", broker.port);
	if (geteuid() == 0)
		fprintf(to, "user root\n");
	if (with_password)
		fprintf(to, "allow_anonymous false\npassword_file %s\n", broker.passwords);
	else
		fprintf(to, "allow_anonymous true\n");
	fclose(to);
}

static void broker_start(bool with_password)
{
	char *arguments[] = { (char *)"mosquitto", (char *)"-c", broker.config, NULL };

	write_config(with_password);
	broker.pid = start(arguments);
	for (int64_t end = now_ms() + PATIENCE_MS; !listening();) {
		if (now_ms() > end)
			fail_msg("mosquitto does not listen: is it in PATH? (make deps-test; make unit finds it)");
		poll(NULL, 0, 20);
	}
}

static void broker_stop(void)
{
	if (broker.pid <= 0)
		return;
	kill(broker.pid, SIGCONT);
	kill(broker.pid, SIGTERM);
	waitpid(broker.pid, NULL, 0);
	broker.pid = 0;
}

/* ---- a subscriber ---- */

static void on_message(struct mosquitto *client, void *user, const struct mosquitto_message *message)
{
	(void)client;
	(void)user;
	if (got_count == GOT_MAX)
		return;
	snprintf(got[got_count].topic, sizeof(got[0].topic), "%s", message->topic);
	snprintf(got[got_count].payload, sizeof(got[0].payload), "%.*s", message->payloadlen,
	         (const char *)message->payload);
	got[got_count++].retain = message->retain;
}

static void on_subscribe(struct mosquitto *client, void *user, int mid, int count, const int *granted)
{
	(void)client;
	(void)user;
	(void)mid;
	(void)count;
	(void)granted;
	broker.observing = true;
}

static void observer_start(const char *username, const char *password)
{
	got_count = 0;
	broker.observing = false;
	broker.observer = mosquitto_new(NULL, true, NULL);
	mosquitto_username_pw_set(broker.observer, username, password);
	mosquitto_message_callback_set(broker.observer, on_message);
	mosquitto_subscribe_callback_set(broker.observer, on_subscribe);
	assert_int_equal(mosquitto_connect(broker.observer, "127.0.0.1", broker.port, 60), 0);
	assert_int_equal(mosquitto_subscribe(broker.observer, NULL, "test/base/#", 0), 0);
	for (int64_t end = now_ms() + PATIENCE_MS; !broker.observing && now_ms() < end;)
		mosquitto_loop(broker.observer, 20, 1);
	assert_true(broker.observing);
}

static void observer_stop(void)
{
	if (broker.observer != NULL)
		mosquitto_destroy(broker.observer);
	broker.observer = NULL;
}

/* How often `topic` came, and the last payload it had. */
static int count_of(const char *topic, const char **last)
{
	int count = 0;

	for (int i = 0; i < got_count; i++) {
		if (strcmp(got[i].topic, topic) != 0)
			continue;
		count++;
		if (last != NULL)
			*last = got[i].payload;
	}
	return count;
}

/* ---- the client under test ---- */

static void client_start(const char *username, const char *password, int64_t held_max_ms)
{
	struct settings s;

	settings_defaults(&s);
	s.mqtt.port = broker.port;
	snprintf(s.mqtt.topic_base, sizeof(s.mqtt.topic_base), "test/base");
	snprintf(s.mqtt.username, sizeof(s.mqtt.username), "%s", username);
	snprintf(s.mqtt.password, sizeof(s.mqtt.password), "%s", password);
	news_count = 0;
	if (!mqtt_start(&mqtt, &s.mqtt, &(struct mqtt_subscription){ "", NULL, NULL }, held_max_ms))
		fail_msg("%s", mqtt.connection.why);
}

/* One turn of a main loop. */
static void turn(int wait_ms)
{
	struct pollfd wake = { .fd = mqtt_fd(&mqtt), .events = POLLIN };

	poll(&wake, 1, wait_ms);
	while (news_count < NEWS_MAX && mqtt_poll(&mqtt, now_ms(), &news[news_count]))
		news_count++;
	/* The library reads one packet a call. */
	for (int before = -1; broker.observer != NULL && before != got_count;) {
		before = got_count;
		mosquitto_loop(broker.observer, 0, 1);
	}
}

static void run_for(int ms)
{
	for (int64_t end = now_ms() + ms; now_ms() < end;)
		turn(10);
}

static void wait_news(int count, enum mqtt_news_kind kind)
{
	for (int64_t end = now_ms() + PATIENCE_MS; news_count < count && now_ms() < end;)
		turn(10);
	assert_true(news_count >= count);
	if (news[count - 1].kind != kind)
		fail_msg("news %d is %d: %s", count, (int)news[count - 1].kind, news[count - 1].reason);
}

static void wait_messages(int count)
{
	for (int64_t end = now_ms() + PATIENCE_MS; got_count < count && now_ms() < end;)
		turn(10);
	if (got_count < count)
		fail_msg("%d messages came, %d were expected", got_count, count);
}

static enum mqtt_sent publish(int slot, const char *topic, const char *payload, bool retain)
{
	return mqtt_publish(&mqtt, slot, topic, payload, strlen(payload), retain, now_ms());
}

static void kill_connection(void)
{
	assert_int_equal(shutdown(mosquitto_socket(mqtt.connection.client), SHUT_RDWR), 0);
}

/* ---- tests ---- */

static void test_publish_will_and_reconnect(void **state)
{
	(void)state;
	broker_start(false);
	observer_start(NULL, NULL);
	client_start("", "", HELD_MAX_MS);
	assert_int_equal(publish(0, "test/base/status", "early", true), MQTT_SKIPPED);
	wait_news(1, MQTT_CONNECTED);
	assert_int_equal(publish(0, "test/base/status", "online", true), MQTT_SENT);
	assert_int_equal(publish(1, "test/base/pylon", "1", false), MQTT_SENT);
	wait_messages(2);
	assert_string_equal(got[0].payload, "online");
	assert_string_equal(got[1].topic, "test/base/pylon");
	/* Gone without a goodbye: the broker speaks the last will. */
	kill_connection();
	wait_news(2, MQTT_LOST);
	assert_true(strlen(news[1].reason) > 0);
	assert_int_equal(publish(1, "test/base/pylon", "2", false), MQTT_SKIPPED);
	wait_news(3, MQTT_CONNECTED);
	wait_messages(3);
	assert_string_equal(got[2].topic, "test/base/status");
	assert_string_equal(got[2].payload, "offline");
	assert_int_equal(publish(1, "test/base/pylon", "3", false), MQTT_SENT);
	wait_messages(4);
	assert_string_equal(got[3].payload, "3");
	/* The status is retained, the data are not. */
	observer_stop();
	observer_start(NULL, NULL);
	run_for(200);
	assert_int_equal(got_count, 1);
	assert_true(got[0].retain);
	assert_string_equal(got[0].payload, "offline");
	assert_true(mqtt_stop(&mqtt));
	assert_int_equal(news_count, 3);
}

static void test_stop_says_offline_once(void **state)
{
	(void)state;
	broker_start(false);
	observer_start(NULL, NULL);
	client_start("", "", HELD_MAX_MS);
	wait_news(1, MQTT_CONNECTED);
	publish(0, "test/base/status", "online", true);
	int64_t began = now_ms();
	assert_true(mqtt_stop(&mqtt));
	assert_in_range(now_ms() - began, 0, STOP_MAX_MS);
	assert_int_equal(mqtt_fd(&mqtt), -1);
	run_for(300);
	/* A last will on top would make three. */
	assert_int_equal(got_count, 2);
	assert_string_equal(got[1].payload, "offline");
	assert_true(mqtt_stop(&mqtt));
}

static void make_passwords(void)
{
	char *arguments[] = { (char *)"mosquitto_passwd", (char *)"-c", (char *)"-b",
	                      broker.passwords,           (char *)"me", (char *)"secret", NULL };
	int status = -1;

	assert_true(waitpid(start(arguments), &status, 0) > 0);
	assert_int_equal(status, 0);
}

static void test_password(void **state)
{
	(void)state;
	make_passwords();
	broker_start(true);
	observer_start("me", "secret");
	client_start("me", "wrong", HELD_MAX_MS);
	wait_news(1, MQTT_REFUSED);
	assert_non_null(strstr(news[0].reason, "not authorised"));
	/* Tried again, but told once. */
	run_for(3500);
	assert_int_equal(news_count, 1);
	assert_true(mqtt_stop(&mqtt));
	client_start("me", "secret", HELD_MAX_MS);
	wait_news(1, MQTT_CONNECTED);
	publish(1, "test/base/pylon", "1", false);
	wait_messages(1);
	assert_true(mqtt_stop(&mqtt));
}

static void test_no_queue_while_disconnected(void **state)
{
	(void)state;
	broker.port = free_port();
	client_start("", "", HELD_MAX_MS);
	wait_news(1, MQTT_UNREACHABLE);
	for (int i = 0; i < 50; i++)
		assert_int_equal(publish(1, "test/base/pylon", "old", false), MQTT_SKIPPED);
	broker_start(false);
	observer_start(NULL, NULL);
	wait_news(2, MQTT_CONNECTED);
	run_for(200);
	assert_int_equal(got_count, 0);
	publish(1, "test/base/pylon", "new", false);
	wait_messages(1);
	assert_string_equal(got[0].payload, "new");
	/* The broker goes and comes again. */
	broker_stop();
	observer_stop();
	wait_news(3, MQTT_LOST);
	for (int i = 0; i < 50; i++)
		assert_int_equal(publish(1, "test/base/pylon", "old", false), MQTT_SKIPPED);
	broker_start(false);
	observer_start(NULL, NULL);
	wait_news(4, MQTT_CONNECTED);
	run_for(200);
	assert_int_equal(got_count, 0);
	int64_t began = now_ms();
	broker_stop();
	observer_stop();
	wait_news(5, MQTT_LOST);
	assert_true(mqtt_stop(&mqtt));
	assert_in_range(now_ms() - began, 0, 3000);
}

/* Publishes numbered messages on five topics every 20 ms; returns the longest time a call took. */
static int64_t publish_for(int ms, int *number)
{
	int64_t longest = 0;

	for (int64_t end = now_ms() + ms; now_ms() < end;) {
		char payload[16];
		snprintf(payload, sizeof(payload), "%d", ++*number);
		for (int slot = 1; slot <= 5; slot++) {
			char topic[MQTT_TOPIC_MAX];
			snprintf(topic, sizeof(topic), "test/base/%d", slot);
			int64_t began = now_ms();
			publish(slot, topic, payload, false);
			int64_t took = now_ms() - began;
			longest = took > longest ? took : longest;
		}
		run_for(20);
	}
	return longest;
}

static void check_burst(int least, int most, const char *newest)
{
	for (int slot = 1; slot <= 5; slot++) {
		char topic[MQTT_TOPIC_MAX];
		const char *last = "";
		snprintf(topic, sizeof(topic), "test/base/%d", slot);
		int count = count_of(topic, &last);
		if (count < least || count > most)
			fail_msg("%d messages on %s, the last is %s", count, topic, last);
		if (newest != NULL)
			assert_string_equal(last, newest);
	}
}

static void test_frozen_broker(void **state)
{
	(void)state;
	int number = 0;
	char newest[16];

	broker_start(false);
	observer_start(NULL, NULL);
	client_start("", "", HELD_MAX_MS);
	wait_news(1, MQTT_CONNECTED);
	publish_for(500, &number);
	run_for(200);
	/* While the broker answers, hardly a message is overtaken at this rate. */
	assert_in_range(got_count, number * 5 / 2, number * 5);
	got_count = 0;
	kill(broker.pid, SIGSTOP);
	int64_t longest = publish_for(4000, &number);
	assert_in_range(longest, 0, CALL_MAX_MS);
	assert_int_equal(got_count, 0);
	assert_true(mqtt_deadline(&mqtt) < INT64_MAX);
	kill(broker.pid, SIGCONT);
	run_for(700);
	snprintf(newest, sizeof(newest), "%d", number);
	check_burst(1, 2, newest);
	assert_int_equal(news_count, 1);
	assert_true(mqtt_deadline(&mqtt) == INT64_MAX);
	/* And it goes on as before. */
	got_count = 0;
	int before = number;
	publish_for(300, &number);
	run_for(200);
	assert_in_range(got_count, (number - before) * 5 / 2, (number - before) * 5);
	assert_true(mqtt_stop(&mqtt));
}

static void test_held_message_grows_old(void **state)
{
	(void)state;
	int number = 0;

	broker_start(false);
	observer_start(NULL, NULL);
	client_start("", "", 300);
	wait_news(1, MQTT_CONNECTED);
	kill(broker.pid, SIGSTOP);
	publish_for(500, &number);
	run_for(800);
	kill(broker.pid, SIGCONT);
	run_for(500);
	/* The first was on its way; the newest held one had become too old. */
	check_burst(1, 1, "1");
	assert_true(mqtt_stop(&mqtt));
}

/* What is held and retained leaves at the end, before `offline`; other messages that are held do not. */
static void test_stop_with_held_messages(void **state)
{
	const char *kept = "", *data = "";

	(void)state;
	broker_start(false);
	observer_start(NULL, NULL);
	client_start("", "", HELD_MAX_MS);
	wait_news(1, MQTT_CONNECTED);
	kill(broker.pid, SIGSTOP); /* no answer: the second of each slot must wait */
	assert_int_equal(publish(1, "test/base/kept", "1", true), MQTT_SENT);
	assert_int_equal(publish(1, "test/base/kept", "2", true), MQTT_HELD);
	assert_int_equal(publish(2, "test/base/data", "1", false), MQTT_SENT);
	assert_int_equal(publish(2, "test/base/data", "2", false), MQTT_HELD);
	kill(broker.pid, SIGCONT);
	assert_true(mqtt_stop(&mqtt));
	wait_messages(4);
	assert_int_equal(count_of("test/base/kept", &kept), 2);
	assert_string_equal(kept, "2");
	assert_int_equal(count_of("test/base/data", &data), 1);
	assert_string_equal(got[3].payload, "offline");
}

static void test_stop_with_frozen_broker(void **state)
{
	(void)state;
	broker_start(false);
	observer_start(NULL, NULL);
	client_start("", "", HELD_MAX_MS);
	wait_news(1, MQTT_CONNECTED);
	kill(broker.pid, SIGSTOP);
	publish(1, "test/base/pylon", "1", false);
	int64_t began = now_ms();
	assert_true(mqtt_stop(&mqtt));
	assert_in_range(now_ms() - began, 0, STOP_MAX_MS);
	kill(broker.pid, SIGCONT);
	run_for(500);
	/* The broker answers into a closed connection and may speak the last will as well. */
	const char *last = "";
	assert_in_range(count_of("test/base/status", &last), 1, 2);
	assert_string_equal(last, "offline");
}

static void test_what_cannot_be_sent(void **state)
{
	(void)state;
	static char large[MQTT_PAYLOAD_MAX + 1];
	char topic[MQTT_TOPIC_MAX + 1];

	broker_start(false);
	observer_start(NULL, NULL);
	client_start("", "", HELD_MAX_MS);
	wait_news(1, MQTT_CONNECTED);
	memset(large, 'x', sizeof(large));
	memset(topic, 'x', sizeof(topic) - 1);
	topic[sizeof(topic) - 1] = '\0';
	assert_int_equal(mqtt_publish(&mqtt, 1, "test/base/a", large, sizeof(large), false, now_ms()),
	                 MQTT_SKIPPED);
	assert_int_equal(mqtt_publish(&mqtt, 1, topic, "1", 1, false, now_ms()), MQTT_SKIPPED);
	assert_int_equal(mqtt_publish(&mqtt, 1, "test/#", "1", 1, false, now_ms()), MQTT_SKIPPED);
	assert_int_equal(mqtt_publish(&mqtt, 1, "test/base/a", large, sizeof(large) - 1, false, now_ms()),
	                 MQTT_SENT);
	wait_messages(1);
	assert_true(mqtt_stop(&mqtt));
}

/* Frozen for longer than the keepalive: the connection is given up, and made anew after the thaw. */
static void test_frozen_beyond_the_keepalive(void **state)
{
	(void)state;
	int number = 0;

	broker_start(false);
	observer_start(NULL, NULL);
	client_start("", "", HELD_MAX_MS);
	wait_news(1, MQTT_CONNECTED);
	kill(broker.pid, SIGSTOP);
	int64_t longest = 0;
	for (int i = 0; i < 45; i++) {
		int64_t took = publish_for(1000, &number);
		longest = took > longest ? took : longest;
	}
	assert_in_range(longest, 0, CALL_MAX_MS);
	assert_int_equal(news_count, 2);
	assert_int_equal(news[1].kind, MQTT_LOST);
	assert_non_null(strstr(news[1].reason, "no answer"));
	kill(broker.pid, SIGCONT);
	for (int64_t end = now_ms() + 25000; now_ms() < end && news[news_count - 1].kind != MQTT_CONNECTED;)
		turn(10);
	assert_int_equal(news[news_count - 1].kind, MQTT_CONNECTED);
	run_for(1000);
	/* The old connection's messages may be lost with it; nothing else is old. */
	check_burst(0, 1, NULL);
	got_count = 0;
	publish_for(200, &number);
	run_for(200);
	check_burst(2, 20, NULL);
	assert_true(mqtt_stop(&mqtt));
}

static int set_up(void **state)
{
	(void)state;
	broker.port = free_port();
	return 0;
}

/* Also after a failed test: nothing stays behind. */
static int tear_down(void **state)
{
	(void)state;
	broker_stop();
	observer_stop();
	return mqtt_stop(&mqtt) ? 0 : -1;
}

static int make_folder(void **state)
{
	(void)state;
	const char *base = getenv("TMPDIR");

	mosquitto_lib_init();
	snprintf(broker.folder, sizeof(broker.folder), "%.80s/test_mqtt.XXXXXX",
	         base != NULL ? base : "/tmp");
	if (mkdtemp(broker.folder) == NULL)
		return -1;
	snprintf(broker.config, sizeof(broker.config), "%s/mosquitto.conf", broker.folder);
	snprintf(broker.passwords, sizeof(broker.passwords), "%s/passwords", broker.folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(broker.config);
	unlink(broker.passwords);
	mosquitto_lib_cleanup();
	return rmdir(broker.folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		TEST(test_publish_will_and_reconnect),
		TEST(test_stop_says_offline_once),
		TEST(test_password),
		TEST(test_no_queue_while_disconnected),
		TEST(test_frozen_broker),
		TEST(test_held_message_grows_old),
		TEST(test_stop_with_held_messages),
		TEST(test_stop_with_frozen_broker),
		TEST(test_what_cannot_be_sent),
	};
	const struct CMUnitTest long_tests[] = {
		TEST(test_frozen_beyond_the_keepalive),
	};

	if (count > 1 && strcmp(arguments[1], "long") == 0)
		return cmocka_run_group_tests_name("mqtt, long", long_tests, make_folder, remove_folder);
	return cmocka_run_group_tests_name("mqtt", tests, make_folder, remove_folder);
}
