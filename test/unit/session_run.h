/* session_run: a session under test, and the list of what may happen to it. */
#ifndef TEST_SESSION_RUN_H
#define TEST_SESSION_RUN_H

#include "bytes.h"
#include "check.h"

#include "core/console/session.h"

/* FLOOD and FLAGS are for scripts: many bytes, and a look at what was found. */
enum stimulus { OPEN, CLOSE, START, SEND, FEED, TICK, FLOOD, FLAGS };

#define NONE SESSION_NOTHING
#define CLOSED SESSION_CLOSED
#define PROBING SESSION_PROBING
#define WAKING SESSION_WAKING
#define KNOCKING SESSION_KNOCKING
#define IDLE SESSION_IDLE
#define AWAITING SESSION_AWAITING
#define DRAINING SESSION_DRAINING
#define PAUSED SESSION_PAUSED

#define PROMPT "\n\r\n\rpylon>"
#define DONE "\r\n\rCommand completed successfully\r\n\r$$\r\n\rpylon>"
#define BAT1 "bat 1\n\r@\r\r\n0        3301     -120 \r\r\n1        3302     -120 " DONE
#define PWR1 "pwr 1\n\r@\r\r\nVoltage : 49800 mV" DONE

/* ---- The transitions that can be seen from outside, each to be visited ---- */

static struct {
	enum session_state from;
	enum stimulus what;
	enum session_news_kind news;
	enum session_state to;
	int visits;
} transitions[] = {
	{ CLOSED, OPEN, NONE, PROBING, 0 },
	{ PROBING, FEED, NONE, PROBING, 0 },
	{ PROBING, FEED, SESSION_READY, IDLE, 0 },
	{ PROBING, TICK, NONE, PROBING, 0 }, /* the next speed */
	{ PROBING, TICK, NONE, WAKING, 0 },
	{ WAKING, TICK, NONE, KNOCKING, 0 },
	{ KNOCKING, FEED, NONE, KNOCKING, 0 },
	{ KNOCKING, FEED, SESSION_READY, IDLE, 0 },
	{ KNOCKING, TICK, NONE, KNOCKING, 0 },
	{ KNOCKING, TICK, NONE, WAKING, 0 },
	{ KNOCKING, TICK, SESSION_SILENT, PAUSED, 0 },
	{ IDLE, SEND, NONE, AWAITING, 0 },
	{ AWAITING, FEED, NONE, AWAITING, 0 },
	{ AWAITING, FEED, SESSION_REPLY, IDLE, 0 },
	{ AWAITING, FEED, SESSION_DAMAGED, IDLE, 0 },
	{ AWAITING, FEED, SESSION_DAMAGED, DRAINING, 0 },
	{ AWAITING, TICK, SESSION_LATE, PROBING, 0 },
	{ AWAITING, TICK, SESSION_LATE, DRAINING, 0 },
	{ DRAINING, FEED, NONE, DRAINING, 0 },
	{ DRAINING, TICK, NONE, PROBING, 0 },
	{ DRAINING, TICK, SESSION_SILENT, PAUSED, 0 },
	{ PAUSED, START, NONE, PROBING, 0 },
	{ PROBING, CLOSE, NONE, CLOSED, 0 },
	{ WAKING, CLOSE, NONE, CLOSED, 0 },
	{ KNOCKING, CLOSE, NONE, CLOSED, 0 },
	{ IDLE, CLOSE, NONE, CLOSED, 0 },
	{ AWAITING, CLOSE, NONE, CLOSED, 0 },
	{ DRAINING, CLOSE, NONE, CLOSED, 0 },
	{ PAUSED, CLOSE, NONE, CLOSED, 0 },
	{ CLOSED, CLOSE, NONE, CLOSED, 0 },
};

/* Everything else must leave the session as it is. */
static inline void count_transition(const char *legend, int step, enum session_state from,
                             enum stimulus what, enum session_news_kind news, enum session_state to)
{
	for (int i = 0; i < COUNT_OF(transitions); i++) {
		if (transitions[i].from == from && transitions[i].what == what &&
		    transitions[i].news == news && transitions[i].to == to) {
			transitions[i].visits++;
			return;
		}
	}
	if (from != to || news != NONE)
		fail_msg("%s, step %d: from %s to %s with news %d by stimulus %d", legend, step,
		         session_state_name(from), session_state_name(to), (int)news, (int)what);
}

struct run {
	const char *legend;
	int step;
	struct session s;
	int64_t base_ms;
	struct session_news news; /* of the last stimulus */
	struct command sent;
};

static inline void note(struct run *r, enum session_state from, enum stimulus what, struct session_news news)
{
	count_transition(r->legend, r->step, from, what, news.kind, r->s.state);
	if (news.kind == NONE)
		return;
	assert_row(r->legend, r->step, r->news.kind, NONE); /* one piece of news at a time */
	r->news = news;
}

static inline void feed_byte(struct run *r, char byte, int64_t now_ms)
{
	enum session_state from = r->s.state;

	note(r, from, FEED, session_byte(&r->s, byte, now_ms));
}

static inline void tick(struct run *r, int64_t now_ms)
{
	enum session_state from = r->s.state;

	note(r, from, TICK, session_tick(&r->s, now_ms));
}

static inline void make_idle(struct session *s, int32_t baud)
{
	session_init(s, baud);
	session_opened(s, 0);
	for (const char *c = PROMPT; *c; c++)
		session_byte(s, *c, 10);
	s->order_count = 0;
	assert_int_equal(s->state, IDLE);
}

#endif
