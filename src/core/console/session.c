#include "core/console/session.h"

#include "core/base/number.h"

#include <string.h>

/* Milliseconds. Sources: console.md, "Port and wake-up" and "Bytes". */
enum {
	PROMPT_MS = 500,         /* a newline is answered within this */
	WAKE_FRAME_MS = 183,     /* 22 bytes of 10 bits at 1200 baud */
	WAKE_SETTLE_MS = 250,    /* by the clock: a drain returns at once on many adapters */
	FIRST_BYTE_MS = 1000,    /* after a command */
	BETWEEN_BYTES_MS = 500,  /* within a reply */
	REPLY_TOTAL_MS = 4000,   /* a reply of 2.8 kB lasts 1.5 s at 19200 */
	REPLY_TOTAL_SLOW_MS = 8000, /* below 19200 */
	QUIET_MS = 300,          /* what was too long has ended */
	BABBLE_MS = 5000         /* it will not end */
};

/* While a reply is known to go on the port need not be read: but for so long at most and at least, and before so many
 * bytes are waiting there. What has not begun yet, or hardly (an echo), may not go on: no nap outlasts the patience for
 * it. The end is looked at as it comes, because no reply is sure to be as long as the last one. Whoever reads has so long
 * for it before silence is told. */
enum {
	NAP_MS = 1200, FIRST_NAP_MS = 400, SHORT_NAP_MS = 20,
	NAP_BYTES = 2048, BEGUN_BYTES = 64, END_BYTES = 4,
	READ_MS = 100
};

enum { WAKE_BAUD = 1200, SLOW_BELOW_BAUD = 19200, WAKES_A_SPEED = 2, KNOCKS_A_WAKE = 4 };

static const int32_t auto_speeds_baud[] = { 19200, 115200, 9600 };

#define NEVER INT64_MAX

enum event {
	NO_EVENT,
	/* from outside */
	OPENED,
	START,
	SEND,
	BYTE,
	/* from framing */
	PROMPT,
	REPLY,
	DAMAGED,
	OVERFLOW,
	/* from the clock */
	SILENCE,  /* the state's patience is over */
	TOO_LONG, /* the patience that bytes do not prolong is over */
	/* from an action */
	PICK_PROBE,
	PICK_WAKE,
	PICK_NONE,
	UNANSWERED,
	EVENTS
};

/* What an action returns is the next event, at once. */
typedef enum event action(struct session *s, int64_t now_ms);

static void order(struct session *s, struct session_order wanted)
{
	if (s->order_count < SESSION_ORDERS_MAX)
		s->orders[s->order_count++] = wanted;
}

static void set_speed(struct session *s, int32_t baud)
{
	if (s->port_baud == baud)
		return;
	s->port_baud = baud;
	order(s, (struct session_order){ .kind = SESSION_SET_SPEED, .speed_baud = baud });
}

static void send_command(struct session *s, struct command command)
{
	order(s, (struct session_order){ .kind = SESSION_SEND, .command = command });
}

static void send_newline(struct session *s)
{
	framing_expect(&s->framing, "");
	send_command(s, (struct command){ COMMAND_NEWLINE, 0 });
}

static void wait_until(struct session *s, int64_t deadline_ms, int64_t hard_deadline_ms)
{
	s->deadline_ms = deadline_ms;
	s->hard_deadline_ms = hard_deadline_ms;
}

static int32_t reply_total_ms(const struct session *s)
{
	return session_speed_baud(s) < SLOW_BELOW_BAUD ? REPLY_TOTAL_SLOW_MS : REPLY_TOTAL_MS;
}

/* How many speeds a round tries: where the console was found once, it is looked for only there. */
static int candidates(const struct session *s)
{
	return s->found ? 1 : s->speeds;
}

/* A round: a newline at each candidate, then wake-ups, WAKES_A_SPEED at each. */
static enum event pick(struct session *s)
{
	int wakes = s->attempt - candidates(s);

	if (wakes >= candidates(s) * WAKES_A_SPEED)
		return PICK_NONE;
	if (!s->found)
		s->speed_index = wakes < 0 ? s->attempt : wakes / WAKES_A_SPEED;
	return wakes < 0 ? PICK_PROBE : PICK_WAKE;
}

static enum event begin_round(struct session *s, int64_t now_ms)
{
	(void)now_ms;
	s->attempt = 0;
	s->heard = false;
	return pick(s);
}

static enum event open_port(struct session *s, int64_t now_ms)
{
	s->port_baud = 0;
	order(s, (struct session_order){ .kind = SESSION_FLUSH_INPUT }); /* what nobody read before us */
	return begin_round(s, now_ms);
}

static enum event next_attempt(struct session *s, int64_t now_ms)
{
	(void)now_ms;
	s->attempt++;
	return pick(s);
}

static enum event probe(struct session *s, int64_t now_ms)
{
	set_speed(s, session_speed_baud(s));
	send_newline(s);
	wait_until(s, now_ms + PROMPT_MS, now_ms + reply_total_ms(s));
	return NO_EVENT;
}

/* Bytes at a speed that is known to be right are a reply that comes late: its prompt is waited for.
 * Before that they are most likely a wrong speed. */
static enum event hear_probe(struct session *s, int64_t now_ms)
{
	s->heard = true;
	if (s->found && now_ms + BETWEEN_BYTES_MS < s->hard_deadline_ms)
		s->deadline_ms = now_ms + BETWEEN_BYTES_MS;
	return NO_EVENT;
}

static enum event wake(struct session *s, int64_t now_ms)
{
	set_speed(s, WAKE_BAUD);
	send_command(s, (struct command){ COMMAND_WAKE, 0 });
	wait_until(s, now_ms + WAKE_FRAME_MS + WAKE_SETTLE_MS, NEVER);
	return NO_EVENT;
}

static enum event knock(struct session *s, int64_t now_ms)
{
	s->knocks++;
	send_newline(s);
	wait_until(s, now_ms + PROMPT_MS, NEVER);
	return NO_EVENT;
}

static enum event first_knock(struct session *s, int64_t now_ms)
{
	s->knocks = 0;
	set_speed(s, session_speed_baud(s));
	order(s, (struct session_order){ .kind = SESSION_FLUSH_INPUT });
	return knock(s, now_ms);
}

static enum event knock_again(struct session *s, int64_t now_ms)
{
	return s->knocks < KNOCKS_A_WAKE ? knock(s, now_ms) : UNANSWERED;
}

static enum event hear(struct session *s, int64_t now_ms)
{
	(void)now_ms;
	s->heard = true;
	return NO_EVENT;
}

static enum event rest(struct session *s, int64_t now_ms)
{
	(void)now_ms;
	wait_until(s, NEVER, NEVER);
	return NO_EVENT;
}

static enum event settle(struct session *s, int64_t now_ms)
{
	s->woken = s->attempt >= candidates(s);
	s->garbage = false;
	return rest(s, now_ms);
}

static int32_t wire_ms(const struct session *s, int32_t bytes)
{
	return bytes * 10 * 1000 / session_speed_baud(s);
}

/* The next reply to this command will be as long; a line that is no wire (a pty) is read as it comes. */
static void learn_length(struct session *s, int64_t now_ms)
{
	s->reply_bytes[s->command.kind][s->command.address] = s->reply_bytes[s->command.kind][0] = s->bytes;
	s->swift = (now_ms - s->sent_ms) * 2 < wire_ms(s, s->bytes);
	s->at_once = s->first_ms == now_ms;
}

/* A prompt may be an old one, or what a wrong speed made of something; a whole reply is the console. */
static enum event trust(struct session *s, int64_t now_ms)
{
	s->found = true;
	learn_length(s, now_ms);
	return rest(s, now_ms);
}

static enum event give_up(struct session *s, int64_t now_ms)
{
	s->garbage = s->heard;
	return rest(s, now_ms);
}

static enum event babble(struct session *s, int64_t now_ms)
{
	s->garbage = true;
	return rest(s, now_ms);
}

static enum event ask(struct session *s, int64_t now_ms)
{
	char echo[COMMAND_BYTES_MAX];
	int32_t total_ms = reply_total_ms(s);

	command_echo(s->command, echo);
	framing_expect(&s->framing, echo);
	send_command(s, s->command);
	if (total_ms < s->first_byte_ms)
		total_ms = s->first_byte_ms;
	wait_until(s, now_ms + s->first_byte_ms, now_ms + total_ms);
	return NO_EVENT;
}

static enum event hear_reply(struct session *s, int64_t now_ms)
{
	s->deadline_ms = now_ms + BETWEEN_BYTES_MS;
	return NO_EVENT;
}

static enum event drain(struct session *s, int64_t now_ms)
{
	wait_until(s, now_ms + QUIET_MS, now_ms + BABBLE_MS);
	return NO_EVENT;
}

static enum event hear_drain(struct session *s, int64_t now_ms)
{
	s->deadline_ms = now_ms + QUIET_MS;
	return NO_EVENT;
}

struct transition {
	action *action; /* NULL: the event is nothing to the state */
	enum session_state next;
	enum session_news_kind news;
};

/* Looked up for every byte: found by state and event. That the port has gone stands in session_closed. */
static const struct transition transitions[SESSION_STATES][EVENTS] = {
	[SESSION_CLOSED] = {
		[OPENED] =     { open_port,    SESSION_CHOOSING, SESSION_NOTHING },
	},
	[SESSION_CHOOSING] = {
		[PICK_PROBE] = { probe,        SESSION_PROBING,  SESSION_NOTHING },
		[PICK_WAKE] =  { wake,         SESSION_WAKING,   SESSION_NOTHING },
		[PICK_NONE] =  { give_up,      SESSION_PAUSED,   SESSION_SILENT },
	},
	[SESSION_PROBING] = {
		[BYTE] =       { hear_probe,   SESSION_PROBING,  SESSION_NOTHING },
		[PROMPT] =     { settle,       SESSION_IDLE,     SESSION_READY },
		[SILENCE] =    { next_attempt, SESSION_CHOOSING, SESSION_NOTHING },
	},
	[SESSION_WAKING] = {
		[SILENCE] =    { first_knock,  SESSION_KNOCKING, SESSION_NOTHING },
	},
	[SESSION_KNOCKING] = {
		[BYTE] =       { hear,         SESSION_KNOCKING, SESSION_NOTHING },
		[PROMPT] =     { settle,       SESSION_IDLE,     SESSION_READY },
		[SILENCE] =    { knock_again,  SESSION_KNOCKING, SESSION_NOTHING },
		[UNANSWERED] = { next_attempt, SESSION_CHOOSING, SESSION_NOTHING },
	},
	[SESSION_IDLE] = {
		[SEND] =       { ask,          SESSION_AWAITING, SESSION_NOTHING },
	},
	[SESSION_AWAITING] = {
		[BYTE] =       { hear_reply,   SESSION_AWAITING, SESSION_NOTHING },
		[REPLY] =      { trust,        SESSION_IDLE,     SESSION_REPLY },
		[DAMAGED] =    { rest,         SESSION_IDLE,     SESSION_DAMAGED },
		[OVERFLOW] =   { drain,        SESSION_DRAINING, SESSION_DAMAGED },
		[SILENCE] =    { begin_round,  SESSION_CHOOSING, SESSION_LATE },
		[TOO_LONG] =   { drain,        SESSION_DRAINING, SESSION_LATE },
	},
	[SESSION_DRAINING] = {
		[BYTE] =       { hear_drain,   SESSION_DRAINING, SESSION_NOTHING },
		[SILENCE] =    { begin_round,  SESSION_CHOOSING, SESSION_NOTHING },
		[TOO_LONG] =   { babble,       SESSION_PAUSED,   SESSION_SILENT },
	},
	[SESSION_PAUSED] = {
		[START] =      { begin_round,  SESSION_CHOOSING, SESSION_NOTHING },
	},
};

/* Lets the event, and those that follow from it, act. Adds what is new to `news`. */
static void take(struct session *s, enum event event, int64_t now_ms, struct session_news *news)
{
	const struct transition *t;

	while (event != NO_EVENT && (t = &transitions[s->state][event])->action != NULL) {
		s->state = t->next;
		if (t->news != SESSION_NOTHING)
			*news = (struct session_news){ t->news, s->command };
		event = t->action(s, now_ms);
	}
}

void session_init(struct session *s, int32_t baud)
{
	memset(s, 0, sizeof *s);
	framing_init(&s->framing);
	s->state = SESSION_CLOSED;
	s->speeds = 1;
	s->speeds_baud[0] = baud;
	if (baud == 0) {
		s->speeds = sizeof auto_speeds_baud / sizeof auto_speeds_baud[0];
		memcpy(s->speeds_baud, auto_speeds_baud, sizeof auto_speeds_baud);
	}
	wait_until(s, NEVER, NEVER);
}

void session_opened(struct session *s, int64_t now_ms)
{
	struct session_news none;

	take(s, OPENED, now_ms, &none);
}

void session_closed(struct session *s)
{
	s->order_count = 0;
	s->state = SESSION_CLOSED;
	(void)rest(s, 0);
}

void session_start(struct session *s, int64_t now_ms)
{
	struct session_news none;

	take(s, START, now_ms, &none);
}

/* A bare newline and the wake frame have no echo to wait for: the session sends them itself. */
static bool is_answered(struct command command)
{
	char echo[COMMAND_BYTES_MAX];

	command_echo(command, echo);
	return command.kind != COMMAND_WAKE && echo[0] != '\0';
}

bool session_send(struct session *s, struct command command, int32_t first_byte_ms, int64_t now_ms)
{
	struct session_news none;

	if (s->state != SESSION_IDLE || !is_answered(command))
		return false;
	s->command = command;
	s->bytes = 0;
	s->sent_ms = now_ms;
	s->first_byte_ms = first_byte_ms > 0 ? first_byte_ms : FIRST_BYTE_MS;
	take(s, SEND, now_ms, &none);
	return true;
}

/* How a login's reply is wrapped is not known: the prompt alone tells whether it worked. */
static enum framing_verdict login_verdict(const struct framing *f)
{
	if (framing_debug_prompt(f))
		return FRAMING_OK;
	return f->verdict == FRAMING_OK || f->verdict == FRAMING_DAMAGED ? FRAMING_FAILED : f->verdict;
}

static enum event closed_event(struct session *s)
{
	if (s->command.kind == COMMAND_LOGIN)
		s->framing.verdict = login_verdict(&s->framing);
	return s->framing.verdict == FRAMING_DAMAGED ? DAMAGED : REPLY;
}

static enum event framing_to_event(struct session *s, enum framing_event framed)
{
	switch (framed) {
	case FRAMING_PROMPT:
		return PROMPT;
	case FRAMING_CLOSED:
		return closed_event(s);
	case FRAMING_OVERFLOW:
		return OVERFLOW;
	default: /* FRAMING_MORE */
		return NO_EVENT;
	}
}

/* A framing's event that is none to the state is no news: the bytes behind it are taken, too. */
struct session_news session_feed(struct session *s, const uint8_t *bytes, size_t *length, int64_t now_ms)
{
	struct session_news news = { .kind = SESSION_NOTHING };
	size_t taken = 0;

	while (taken < *length && news.kind == SESSION_NOTHING) {
		size_t some = *length - taken;
		enum framing_event framed = framing_feed(&s->framing, bytes + taken, &some);
		bool alone = s->bytes == 0 || s->byte_ms != now_ms; /* of those that come together the first speaks for all */

		if (s->bytes == 0)
			s->first_ms = now_ms;
		taken += some;
		s->bytes += (int32_t)some;
		s->byte_ms = now_ms;
		if (alone)
			take(s, BYTE, now_ms, &news);
		take(s, framing_to_event(s, framed), now_ms, &news);
	}
	*length = taken;
	return news;
}

/* Silence cannot be told before the port has been read. */
static int64_t patience_ends_ms(const struct session *s)
{
	return number_max(s->deadline_ms, session_read_after(s) + READ_MS);
}

struct session_news session_tick(struct session *s, int64_t now_ms)
{
	struct session_news news = { .kind = SESSION_NOTHING };

	if (now_ms >= session_deadline(s))
		take(s, patience_ends_ms(s) <= s->hard_deadline_ms ? SILENCE : TOO_LONG, now_ms, &news);
	return news;
}

int64_t session_deadline(const struct session *s)
{
	return number_min(patience_ends_ms(s), s->hard_deadline_ms);
}

/* The command goes over the wire before its reply comes. */
static int64_t nap_begins_ms(const struct session *s)
{
	return s->bytes != 0 ? s->byte_ms : s->sent_ms + wire_ms(s, (int32_t)strlen(s->framing.echo) + 1);
}

/* After a reply of which nobody knows how fast it came the beginning of the next one is looked at. */
static int32_t longest_nap_ms(const struct session *s)
{
	if (s->bytes == 0)
		return s->at_once ? 0 : s->first_byte_ms - READ_MS;
	return s->bytes < BEGUN_BYTES ? FIRST_NAP_MS : NAP_MS;
}

int64_t session_read_after(const struct session *s)
{
	const int32_t *known = s->reply_bytes[s->command.kind];
	int32_t length = known[known[s->command.address] != 0 ? s->command.address : 0];
	int32_t left = length - END_BYTES - s->bytes;
	int64_t nap_ms = wire_ms(s, (int32_t)number_min(left, NAP_BYTES));

	nap_ms = number_min(nap_ms, longest_nap_ms(s));
	if (s->state != SESSION_AWAITING || s->swift || nap_ms < SHORT_NAP_MS)
		return INT64_MIN;
	return nap_begins_ms(s) + nap_ms;
}

int32_t session_speed_baud(const struct session *s)
{
	return s->speeds_baud[s->speed_index];
}

const char *session_state_name(enum session_state state)
{
	static const char *const names[SESSION_STATES] = {
		[SESSION_CLOSED] = "closed",     [SESSION_CHOOSING] = "choosing",
		[SESSION_PROBING] = "probing",   [SESSION_WAKING] = "waking",
		[SESSION_KNOCKING] = "knocking", [SESSION_IDLE] = "idle",
		[SESSION_AWAITING] = "awaiting", [SESSION_DRAINING] = "draining",
		[SESSION_PAUSED] = "paused",
	};

	return (unsigned)state < SESSION_STATES ? names[state] : "?";
}
