#include "shell/loop.h"

#include "core/base/text.h"
#include "shell/broker/homeassistant.h"
#include "shell/system/clock.h"
#include "shell/system/config.h"
#include "shell/system/log.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define READ_MAX 4096 /* all that a tty holds: engine_read_after counts on it that nothing is left there */

enum { ASKED_TO_END = 1, ASKED_TO_RELOAD = 2 };

/* The only global: what the signals have asked for. */
static volatile sig_atomic_t asked;

static void on_signal(int number)
{
	asked |= number == SIGHUP ? ASKED_TO_RELOAD : ASKED_TO_END;
}

/* Signals are let in only while the loop waits: none is missed between a look and a wait. */
static void catch_signals(sigset_t *waiting)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t ours;

	sigemptyset(&ours);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigaddset(&ours, numbers[i]);
	action.sa_mask = ours;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &ours, waiting);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigdelset(waiting, numbers[i]);
}

/* ---- The port ---- */

static void port_lost(struct loop *l, const char *fallback)
{
	if (l->line.port.why[0] == '\0')
		text_copy(l->line.port.why, sizeof l->line.port.why, fallback);
	line_close(&l->line);
	l->next = (struct engine_event){ .kind = ENGINE_PORT_FAILED, .text = l->line.port.why };
}

static void open_port(struct loop *l)
{
	enum port_fault fault;

	l->line.port.why[0] = '\0';
	fault = line_open(&l->line, l->settings.serial.port, session_speed_baud(&l->engine.session));
	if (fault == PORT_OK) {
		l->next = (struct engine_event){ .kind = ENGINE_PORT_OPENED };
		return;
	}
	port_lost(l, "the port could not be opened");
	l->next.taken = fault == PORT_TAKEN;
}

static bool carry_out(struct loop *l, const struct session_order *order)
{
	switch (order->kind) {
	case SESSION_SET_SPEED:
		return line_set_speed(&l->line, order->speed_baud);
	case SESSION_FLUSH_INPUT:
		return line_flush_input(&l->line);
	default:
		return line_send(&l->line, order->command);
	}
}

/* ---- Steps ---- */

static void apply(struct loop *l, int64_t now_ms)
{
	const struct engine_actions *a = &l->actions;

	for (int i = 0; i < a->log.count; i++)
		log_line(a->log.line[i].level, "%s", a->log.line[i].text);
	if (a->close_port)
		line_close(&l->line);
	if (a->open_port)
		open_port(l);
	for (int i = 0; i < a->orders && line_is_open(&l->line); i++)
		if (!carry_out(l, &a->order[i]))
			port_lost(l, "the port was lost while writing: adapter unplugged?");
	/* before anybody hears of it: a crash in between must not forget what was said */
	if (a->remember)
		persistence_remember(&l->persistence, &l->engine, now_ms);
	if (a->keep_history)
		persistence_keep_history(&l->persistence, &l->engine);
	if (l->options.until != LOOP_UNTIL_FIRST_BANK)
		documents_publish(&l->documents, &l->engine, a, now_ms);
	else if (a->publish_bank)
		l->exit_status = documents_print_bank(&l->documents, &l->engine) ? 0 : ENGINE_EXIT_BATTERY;
	if (a->exit_status != ENGINE_EXIT_NONE)
		l->exit_status = a->exit_status;
}

static void step(struct loop *l, const struct engine_event *event)
{
	int64_t now = clock_ms();

	engine_step(&l->engine, now, event, &l->actions);
	apply(l, now);
}

static void read_port(struct loop *l)
{
	uint8_t bytes[READ_MAX];
	int count = line_read(&l->line, bytes, sizeof bytes);

	if (count < 0) {
		port_lost(l, "the port was lost: adapter unplugged?");
	} else {
		struct engine_event event = { .kind = ENGINE_BYTES, .bytes = bytes,
			                      .length = (size_t)count };

		step(l, &event);
	}
}

/* ---- Signals and news ---- */

static bool same_broker(const struct settings *a, const struct settings *b)
{
	/* whole, so that no later member is forgotten; settings_defaults has zeroed what lies between them */
	return memcmp(&a->mqtt, &b->mqtt, sizeof a->mqtt) == 0 && /* NOLINT(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
	       memcmp(&a->homeassistant, &b->homeassistant, sizeof a->homeassistant) == 0; /* NOLINT(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
}

static void start_mqtt(struct loop *l)
{
	char call_topic[MQTT_TOPIC_MAX];
	const struct mqtt_subscription calls = { call_topic, homeassistant_calls, NULL };

	homeassistant_call_topic(&l->settings, call_topic);
	if (l->settings.mqtt.active &&
	    !mqtt_start(&l->mqtt, &l->settings.mqtt, &calls, l->settings.protection.max_age_ms)) {
		log_error("the MQTT client could not be started: %s", l->mqtt.connection.why);
		l->exit_status = ENGINE_EXIT_BATTERY;
	}
}

static void stop_mqtt(struct loop *l)
{
	if (l->settings.mqtt.active && !mqtt_stop(&l->mqtt))
		l->exit_status = l->exit_status == ENGINE_EXIT_NONE ? ENGINE_EXIT_BATTERY
		                                                    : l->exit_status;
}

static void reload(struct loop *l)
{
	const struct config_reader reader = { mqtt_connection_has_tls, log_report, NULL };
	struct settings fresh = l->settings;
	bool other_broker;

	if (!config_read(l->options.config_path, &fresh, &reader) || fresh.serial.port[0] == '\0') {
		log_error("the configuration was not taken: going on with the old one");
		return;
	}
	log_info("the configuration was read again");
	other_broker = !same_broker(&fresh, &l->settings);
	engine_configure(&l->engine, &fresh, clock_ms(), &l->actions);
	documents_retract(&l->documents, &l->settings, l->actions.retract, clock_ms());
	l->actions.retract = 0;
	if (other_broker)
		stop_mqtt(l);
	l->settings = fresh;
	log_set_level(l->options.verbose ? LEVEL_DEBUG : fresh.level);
	persistence_recall_history(&l->persistence, &l->engine, clock_ms());
	apply(l, clock_ms());
	if (other_broker && l->exit_status == ENGINE_EXIT_NONE)
		start_mqtt(l);
}

static void serve_signals(struct loop *l)
{
	sig_atomic_t now = asked;

	asked = 0; /* signals are blocked here */
	if ((now & ASKED_TO_END) || (now && l->options.config_path == NULL)) {
		log_info("asked to end");
		l->exit_status = 0;
	} else if (now & ASKED_TO_RELOAD) {
		reload(l);
	}
}

static void serve_mqtt(struct loop *l)
{
	static const struct engine_event up = { .kind = ENGINE_BROKER_UP }, call = { .kind = ENGINE_ANNOUNCE };
	struct mqtt_news news;

	while (l->settings.mqtt.active && l->exit_status == ENGINE_EXIT_NONE &&
	       mqtt_poll(&l->mqtt, clock_ms(), &news)) {
		const struct settings_mqtt *m = &l->settings.mqtt;

		if (news.kind == MQTT_CONNECTED) {
			log_info("connected to the broker at %s:%d", m->broker, (int)m->port);
			step(l, &up);
		} else if (news.kind == MQTT_HEARD) {
			step(l, &call);
		} else if (news.kind == MQTT_LOST) {
			log_warning("lost the broker at %s:%d: %s; reconnecting", m->broker, (int)m->port,
			            news.reason);
		} else {
			log_warning("no connection to the broker at %s:%d: %s; will keep trying", m->broker,
			            (int)m->port, news.reason);
		}
	}
}

/* `read_ms`: when the port is read without being asked for; INT64_MIN: it is not. */
static int wait_ms(const struct loop *l, int64_t read_ms)
{
	int64_t deadline = engine_deadline(&l->engine);
	int64_t broker = l->settings.mqtt.active ? mqtt_deadline(&l->mqtt) : INT64_MAX;
	int64_t now = clock_ms();

	if (broker < deadline)
		deadline = broker;
	if (read_ms != INT64_MIN && read_ms < deadline)
		deadline = read_ms;
	if (deadline <= now || l->next.kind != ENGINE_TICK)
		return 0; /* the least deadline is no number to subtract from */
	return deadline - now > 60000 ? 60000 : (int)(deadline - now);
}

/* A recording has every byte at its own time. What should have come by now comes late: it is waited for. */
static int64_t read_after(const struct loop *l)
{
	int64_t read_ms = engine_read_after(&l->engine);

	return l->line.recorder || read_ms <= clock_ms() ? INT64_MIN : read_ms;
}

/* Waits, then takes one thing after the other. */
static void turn(struct loop *l, const sigset_t *waiting)
{
	int64_t read_ms = read_after(l);
	/* without events the port still tells that it is gone */
	struct pollfd fds[] = {
		{ .fd = line_fd(&l->line), .events = read_ms == INT64_MIN ? POLLIN : 0 },
		{ .fd = l->settings.mqtt.active ? mqtt_fd(&l->mqtt) : -1, .events = POLLIN },
	};
	int ms = wait_ms(l, read_ms);
	struct timespec patience = { ms / 1000, ms % 1000 * 1000000L };
	int ready = ppoll(fds, 2, &patience, waiting);

	if (asked)
		serve_signals(l);
	if (l->exit_status != ENGINE_EXIT_NONE)
		return;
	if (l->next.kind != ENGINE_TICK) {
		struct engine_event event = l->next;

		l->next = (struct engine_event){ .kind = ENGINE_TICK };
		step(l, &event);
	} else if (line_is_open(&l->line) && ((ready > 0 && fds[0].revents != 0) ||
	                                      (read_ms != INT64_MIN && clock_ms() >= read_ms))) {
		read_port(l);
	} else {
		step(l, &(struct engine_event){ .kind = ENGINE_TICK });
	}
	serve_mqtt(l);
}

/* --once and a survey do not wait for a second pass when the first one failed; a survey is content with it. */
static void end_of_one_pass(struct loop *l)
{
	if (l->exit_status != ENGINE_EXIT_NONE)
		return;
	if (l->options.until != LOOP_UNTIL_ASKED && l->engine.failed_polls > 0)
		l->exit_status = ENGINE_EXIT_BATTERY;
	else if (l->options.until == LOOP_UNTIL_SURVEYED && l->engine.passes > 0)
		l->exit_status = 0;
}

int loop_run(struct loop *l)
{
	sigset_t waiting;

	catch_signals(&waiting);
	line_init(&l->line);
	l->exit_status = ENGINE_EXIT_NONE;
	l->next = (struct engine_event){ .kind = ENGINE_TICK };
	engine_init(&l->engine, &l->settings, clock_ms());
	if (l->options.until == LOOP_UNTIL_SURVEYED)
		engine_survey(&l->engine);
	l->documents.mqtt = &l->mqtt;
	l->persistence.off = !l->options.persist;
	persistence_recall(&l->persistence, &l->engine, clock_ms());
	persistence_recall_history(&l->persistence, &l->engine, clock_ms());
	start_mqtt(l);
	while (l->exit_status == ENGINE_EXIT_NONE) {
		turn(l, &waiting);
		end_of_one_pass(l);
	}
	stop_mqtt(l);
	documents_end(&l->documents);
	line_close(&l->line);
	/* other ends are followed by a new start, which finds it in RAM; many of them must not wear the flash */
	if (l->exit_status == 0 && l->engine.passes > 0)
		persistence_keep_history(&l->persistence, &l->engine);
	return l->exit_status;
}
