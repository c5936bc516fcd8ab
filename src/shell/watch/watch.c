#include "shell/watch/watch.h"

#include "core/engine/engine.h"
#include "shell/broker/mqtt_listen.h"
#include "shell/system/clock.h"
#include "shell/system/config.h"
#include "shell/system/log.h"
#include "shell/watch/watch_json.h"
#include "shell/watch/watch_terminal.h"
#include "shell/watch/watch_view.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REDRAW_MS 1000   /* without news: the ages go on */
#define SETTLE_MS 150    /* news come in bunches: one screen for them all */
#define PICTURE_MS 12000 /* a daemon that reads says everything within this; then the picture is what it is */
#define NO_NEWS_MS 6000  /* and one that does not, or no broker, nothing new after this */
#define KEYS_MAX 64

struct watch {
	struct settings settings;
	struct mqtt_listen mqtt;
	struct watch_model view;
	struct watch_terminal terminal;
	bool live;         /* on a terminal; else one picture */
	bool dirty;        /* something to show since the last screen */
	bool over;
	int64_t began_ms, drawn_ms;
	struct mqtt_message message;
	char screen[WATCH_SCREEN_MAX];
};

/* The only global: whether a signal has asked to end. */
static volatile sig_atomic_t asked;

static void on_signal(int number)
{
	asked = number != SIGWINCH;
}

/* Signals are always let in, so that a write to a terminal that hangs can be interrupted; one that comes just
 * before the wait is seen when that ends, a second later at most. */
static void catch_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGWINCH };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- News ---- */

static void take_news(struct watch *w)
{
	struct mqtt_news news;

	while (mqtt_connection_poll(&w->mqtt.connection, &news)) {
		w->view.connected = news.kind == MQTT_CONNECTED;
		snprintf(w->view.trouble, sizeof w->view.trouble, "%s", news.reason);
		if (!w->view.connected)
			w->view.status = WATCH_UNTOLD; /* it may change unheard */
		w->dirty = true;
	}
}

static void take_messages(struct watch *w, int64_t now_ms)
{
	size_t base = strlen(w->view.base);

	while (mqtt_listen_hear(&w->mqtt, &w->message))
		if (strlen(w->message.topic) > base + 1)
			w->dirty |= watch_json_take(&w->view, w->message.topic + base + 1, w->message.payload, now_ms);
}

static void take_keys(struct watch *w)
{
	char keys[KEYS_MAX];
	ssize_t count = read(STDIN_FILENO, keys, sizeof keys);

	if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN))
		w->over = true;
	for (ssize_t i = 0; i < count; i++) {
		enum watch_key key = watch_terminal_key(&w->terminal, keys[i]);

		w->over |= key == WATCH_KEY_QUIT;
		if (key == WATCH_KEY_PREVIOUS || key == WATCH_KEY_NEXT)
			watch_model_move(&w->view, key == WATCH_KEY_NEXT ? 1 : -1);
		else if (key >= WATCH_KEY_1)
			watch_model_choose(&w->view, (int)(key - WATCH_KEY_1) + 1);
	}
	w->drawn_ms = 0; /* an answer at once */
}

/* ---- Screens ---- */

static void draw_live(struct watch *w, int64_t now_ms)
{
	struct watch_screen screen = { .colour = true, .keys = w->terminal.keys, .now_ms = now_ms };

	watch_terminal_size(&screen.columns, &screen.rows);
	screen.columns--; /* what is written into the last column, some terminals wipe with the rest of the line */
	watch_view_draw(&w->view, &screen, w->screen, sizeof w->screen);
	w->over |= !watch_terminal_show(w->screen);
	w->drawn_ms = now_ms;
	w->dirty = false;
}

static bool print_picture(struct watch *w, int64_t now_ms)
{
	struct watch_screen screen = { .columns = 80, .now_ms = now_ms };
	size_t length = watch_view_draw(&w->view, &screen, w->screen, sizeof w->screen);

	return watch_terminal_write(w->screen, length);
}

/* ---- The loop ---- */

static int wait_ms(const struct watch *w, int64_t now_ms)
{
	int64_t due = w->drawn_ms + (w->dirty ? SETTLE_MS : REDRAW_MS);

	return due <= now_ms ? 0 : (int)(due - now_ms);
}

static void turn(struct watch *w)
{
	struct pollfd fds[] = {
		{ .fd = w->mqtt.heard_fd, .events = POLLIN },
		{ .fd = mqtt_connection_fd(&w->mqtt.connection), .events = POLLIN },
		{ .fd = w->live && w->terminal.keys ? STDIN_FILENO : -1, .events = POLLIN },
	};

	if (poll(fds, 3, w->live ? wait_ms(w, clock_ms()) : SETTLE_MS) < 0) {
		fds[2].revents = 0;
		w->drawn_ms = 0; /* a signal: another size of the terminal */
	}
	take_news(w);
	take_messages(w, clock_ms());
	if (fds[2].revents != 0)
		take_keys(w);
	w->over |= asked;
}

static int watch_live(struct watch *w)
{
	watch_terminal_take(&w->terminal);
	while (!w->over) {
		if (wait_ms(w, clock_ms()) == 0)
			draw_live(w, clock_ms());
		turn(w);
	}
	watch_terminal_leave(&w->terminal);
	return 0;
}

static int64_t picture_ms(const struct watch *w)
{
	return w->view.connected && w->view.status != WATCH_OFFLINE ? PICTURE_MS : NO_NEWS_MS;
}

static int watch_once(struct watch *w)
{
	bool written;

	while (!w->over && !watch_model_complete(&w->view) && clock_ms() - w->began_ms < picture_ms(w))
		turn(w);
	written = print_picture(w, clock_ms());
	return written && w->view.status == WATCH_ONLINE && w->view.bank.known ? 0 : ENGINE_EXIT_BATTERY;
}

/* ---- Start ---- */

/* Without -c a machine that has no configuration gets along with the options alone. */
static bool configure(const struct words_line *line, struct settings *settings)
{
	const char *path = line->config_path                 ? line->config_path
	                   : access(CONFIG_PATH, F_OK) == 0 ? CONFIG_PATH
	                                                      : NULL;
	const struct config_value all[] = {
		{ "mqtt", "broker", line->broker },
		{ "mqtt", "port", line->broker_port },
		{ "mqtt", "username", line->username },
		{ "mqtt", "password_file", line->password_file },
		{ "mqtt", "topic_base", line->topic_base },
	};
	struct config_value given[sizeof all / sizeof all[0]];
	int count = 0;

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (all[i].value != NULL)
			given[count++] = all[i];
	return config_read_with(path, given, count, settings,
				&(struct config_reader){ mqtt_connection_has_tls, log_report, NULL });
}

int watch_run(const struct words_line *line)
{
	static struct watch w; /* large, and zero */
	const struct settings_mqtt *mqtt = &w.settings.mqtt;
	int status;

	if (!configure(line, &w.settings))
		return ENGINE_EXIT_CONFIGURATION;
	w.live = !line->once && watch_terminal_there();
	w.began_ms = clock_ms();
	memcpy(w.view.base, mqtt->topic_base, sizeof w.view.base);
	snprintf(w.view.broker, sizeof w.view.broker, "%s:%d", mqtt->broker, (int)mqtt->port);
	catch_signals();
	if (!mqtt_listen_start(&w.mqtt, mqtt)) {
		log_error("the MQTT client could not be started: %s", w.mqtt.connection.why);
		return ENGINE_EXIT_BATTERY;
	}
	status = w.live ? watch_live(&w) : watch_once(&w);
	mqtt_listen_stop(&w.mqtt);
	return status;
}
