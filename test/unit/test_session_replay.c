/* The session under fire: every recorded reply through it, and random stimuli that must lead nowhere
 * but where the list of transitions says. */
#include "captures.h"
#include "check.h"
#include "session_run.h"

#include "core/console/session.h"

/* ---- The recorded replies ---- */

static const int chunks[] = { 0, 1, -7, -64, -300 };

/* Gives the whole recording to a session that waits for its echo, with a pause and a look at the
 * clock between the chunks. */
static enum session_news_kind replay(struct session *s, const struct capture *c, size_t length,
                                     int chunk, uint32_t *seed)
{
	enum session_news_kind kind = NONE;
	int64_t now_ms = 1000;
	size_t left = 0;

	make_idle(s, 115200);
	session_send(s, (struct command){ COMMAND_PWR, 1 }, 0, now_ms);
	framing_expect(&s->framing, c->echo);
	for (size_t i = 0, some; i < length; i += some) {
		struct session_news news;

		if (left == 0) {
			left = chunk == 0 ? length
			     : chunk > 0 ? (size_t)chunk
			                 : 1 + next_random(seed) % (uint32_t)-chunk;
			now_ms += chunk == 1 && i % 8 != 0 ? 0 : 1;
			assert_row(c->name, chunk, session_tick(s, now_ms).kind, NONE);
		}
		some = left = left < length - i ? left : length - i;
		news = session_feed(s, (const uint8_t *)c->bytes + i, &some, now_ms);
		assert_row(c->name, chunk, some > 0 && (news.kind != NONE || some == left), true);
		left -= some;
		if (news.kind != NONE) {
			assert_row(c->name, chunk, kind, NONE);
			kind = news.kind;
		}
	}
	return kind;
}

static enum session_news_kind expected_news(const struct capture *c)
{
	if (c->verdict == CAPTURE_OPEN)
		return NONE;
	return c->verdict == FRAMING_DAMAGED ? SESSION_DAMAGED : SESSION_REPLY;
}

static void visit(const struct capture *c)
{
	static struct session s;
	static char body[FRAMING_BODY_MAX];
	uint32_t seed = 2718;

	for (int i = 0; i < COUNT_OF(chunks); i++) {
		assert_row(c->name, chunks[i], replay(&s, c, c->length, chunks[i], &seed),
		           expected_news(c));
		assert_row(c->name, chunks[i], s.state, c->verdict == CAPTURE_OPEN ? AWAITING : IDLE);
		if (c->verdict != CAPTURE_OPEN)
			assert_row(c->name, chunks[i], s.framing.verdict, c->verdict);
		if (i == 0)
			memcpy(body, s.framing.body, sizeof body);
		assert_string_equal(s.framing.body, body);
	}
}

static void test_captures(void **state)
{
	(void)state;
	captures_each(visit);
}

/* A recording that is cut off ends as late, 500 ms after its last byte, and its rest, when it comes
 * after all, only shows that the console is there. */
static void visit_cut(const struct capture *c)
{
	static struct session s;
	uint32_t seed = 99;

	for (size_t cut = c->end - 1; cut > 0 && c->verdict == FRAMING_OK; cut = cut * 2 / 3) {
		int64_t late_ms;

		assert_row(c->name, (int)cut, replay(&s, c, cut, 0, &seed), NONE);
		late_ms = session_deadline(&s);
		assert_row(c->name, (int)cut, late_ms, 1001 + 500);
		assert_row(c->name, (int)cut, session_tick(&s, late_ms).kind, SESSION_LATE);
		for (size_t i = cut; i < c->end; i++)
			assert_row(c->name, (int)i,
			           session_byte(&s, c->bytes[i], late_ms + 1).kind == SESSION_REPLY,
			           false);
		assert_row(c->name, (int)cut, s.state == IDLE || s.state == PROBING, true);
	}
}

static void test_captures_cut(void **state)
{
	(void)state;
	captures_each(visit_cut);
}

/* ---- Random stimuli ---- */

/* Carries the orders out on a port that only knows its speed: the wake frame leaves at 1200 baud and
 * nothing else does. */
static void carry_out(struct session *s, int32_t *port_baud)
{
	for (int i = 0; i < s->order_count; i++) {
		const struct session_order *o = &s->orders[i];

		if (o->kind == SESSION_SET_SPEED)
			*port_baud = o->speed_baud;
		if (o->kind != SESSION_SEND)
			continue;
		assert_int_equal(*port_baud,
		                 o->command.kind == COMMAND_WAKE ? 1200 : session_speed_baud(s));
	}
	s->order_count = 0;
}

static void feed_random(struct run *r, int64_t now_ms, uint32_t *seed)
{
	static const char *const pieces[] = {
		PROMPT, BAT1, PWR1, "bat 1\n@\n", "0  3301 \r\n", "\377\200", "$$\n", "pylon>", "x", DONE,
		"01234567890123456789012345678901234567890123456789012345678901234567890123456789",
	};
	const char *piece = pieces[next_random(seed) % COUNT_OF(pieces)];

	while (*piece) {
		r->news = (struct session_news){ .kind = NONE };
		feed_byte(r, *piece++, now_ms);
	}
}

static void random_step(struct run *r, int64_t *now_ms, uint32_t *seed)
{
	enum session_state from = r->s.state;
	struct command command = { COMMAND_BAT, 1 };
	uint32_t dice = next_random(seed) % 100;
	int64_t left_ms = session_deadline(&r->s) == INT64_MAX ? 1 : session_deadline(&r->s) - *now_ms;
	bool sent;

	*now_ms += dice % 5 == 0 ? left_ms : (int64_t)(next_random(seed) % 200);
	r->news = (struct session_news){ .kind = NONE };
	if (dice < 2) {
		session_closed(&r->s);
		count_transition(r->legend, r->step, from, CLOSE, NONE, r->s.state);
	} else if (dice < 10) {
		session_opened(&r->s, *now_ms);
		count_transition(r->legend, r->step, from, OPEN, NONE, r->s.state);
	} else if (dice < 20) {
		session_start(&r->s, *now_ms);
		count_transition(r->legend, r->step, from, START, NONE, r->s.state);
	} else if (dice < 40) {
		sent = session_send(&r->s, command, 0, *now_ms);
		assert_int_equal(sent, from == IDLE);
		count_transition(r->legend, r->step, from, SEND, NONE, r->s.state);
	} else if (dice < 70) {
		feed_random(r, *now_ms, seed);
	} else {
		tick(r, *now_ms);
	}
}

/* Without another byte every wait ends: the session goes to rest by its own time-outs. */
static void check_it_comes_to_rest(const struct session *s)
{
	static struct session copy;

	copy = *s;
	for (int i = 0; i < 64 && session_deadline(&copy) != INT64_MAX; i++) {
		int64_t now_ms = session_deadline(&copy);

		session_tick(&copy, now_ms);
		copy.order_count = 0;
		assert_true(session_deadline(&copy) > now_ms);
	}
	assert_true(copy.state == CLOSED || copy.state == IDLE || copy.state == PAUSED);
}

static void test_random_stimuli(void **state)
{
	static struct run r;
	uint32_t seed = 20240229;

	(void)state;
	r.legend = "random";
	for (int round = 0; round < 20; round++) {
		int32_t port_baud = 0;
		int64_t now_ms = 0;

		session_init(&r.s, round % 2 ? 0 : 19200);
		for (r.step = 0; r.step < 2000; r.step++) {
			if (r.s.state == CLOSED)
				port_baud = 0;
			random_step(&r, &now_ms, &seed);
			carry_out(&r.s, &port_baud);
			assert_int_not_equal(r.s.state, SESSION_CHOOSING);
			if (r.step % 50 == 0)
				check_it_comes_to_rest(&r.s);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_captures_cut),
		cmocka_unit_test(test_random_stimuli),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
