/* session_script: tables of (time, stimulus) that a session goes through, each line with the state, the
 * news and the orders that must come of it. */
#ifndef TEST_SESSION_SCRIPT_H
#define TEST_SESSION_SCRIPT_H

#include "check.h"
#include "session_run.h"

/* One line of a script. A TICK is also tried one millisecond earlier, where nothing may happen, and
 * the session must have asked for exactly this moment: so every TICK is a test of a time-out. */
struct row {
	int at_ms;
	enum stimulus what;
	const char *text; /* SEND: the command and its patience; FEED, FLOOD: bytes; FLAGS: see flags() */
	enum session_state state;
	enum session_news_kind news;
	const char *orders; /* "@19200" speed, "flush", "nl" newline, "wake", else a command's text */
};

struct script {
	const char *legend;
	int32_t baud;
	const struct row *rows;
	int count;
};

#define SCRIPT(legend, baud, rows) { legend, baud, rows, COUNT_OF(rows) }

/* ---- What a session has done, as text ---- */

static inline void order_text(char *out, size_t size, const struct session_order *o)
{
	char bytes[COMMAND_BYTES_MAX];
	size_t length;

	if (o->kind == SESSION_SET_SPEED) {
		snprintf(out, size, "@%d", (int)o->speed_baud);
		return;
	}
	if (o->kind == SESSION_FLUSH_INPUT) {
		snprintf(out, size, "flush");
		return;
	}
	length = command_bytes(o->command, bytes);
	if (length == 0)
		snprintf(out, size, "nothing to send");
	else if (length == 1)
		snprintf(out, size, "nl");
	else
		snprintf(out, size, bytes[0] == '~' ? "wake" : "%.*s", (int)length - 1, bytes);
}

/* The orders as one text; they are taken out. */
static inline void take_orders(struct session *s, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < s->order_count; i++) {
		char one[32];

		order_text(one, sizeof one, &s->orders[i]);
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? " " : "", one);
	}
	s->order_count = 0;
}

/* "f" found, "w" woken, "g" garbage, and the speed. */
static inline void flags(const struct session *s, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s %d", s->found ? "f" : "", s->woken ? "w" : "", s->garbage ? "g" : "",
	         (int)session_speed_baud(s));
}

/* ---- Running a script ---- */

static inline void tick_on_time(struct run *r, int64_t now_ms)
{
	struct session before = r->s;

	assert_row(r->legend, r->step, session_deadline(&r->s) - r->base_ms, now_ms - r->base_ms);
	assert_row(r->legend, r->step, session_tick(&r->s, now_ms - 1).kind, NONE);
	assert_row(r->legend, r->step, r->s.state, before.state);
	assert_row(r->legend, r->step, session_deadline(&r->s) - r->base_ms, now_ms - r->base_ms);
	assert_row(r->legend, r->step, r->s.order_count, 0);
	tick(r, now_ms);
}

/* "bat 1", or "bat 1 within 3000"; "refused: " in front when session_send must say no. */
static inline void send_command(struct run *r, const char *text, int64_t now_ms)
{
	static const struct {
		const char *text;
		struct command command;
		int32_t first_byte_ms;
		bool taken;
	} rows[] = {
		{ "bat 1", { COMMAND_BAT, 1 }, 0, true },
		{ "pwr 1", { COMMAND_PWR, 1 }, 0, true },
		{ "pwr 1 within 3000", { COMMAND_PWR, 1 }, 3000, true },
		{ "pwr 1 within 5000", { COMMAND_PWR, 1 }, 5000, true },
		{ "pwr", { COMMAND_PWR_TABLE, 0 }, 0, true },
		{ "stat 9", { COMMAND_STAT, 9 }, 0, true },
		{ "login debug", { COMMAND_LOGIN, 0 }, 0, true },
		{ "refused: pwr 1", { COMMAND_PWR, 1 }, 0, false },
		{ "refused: pwr 17", { COMMAND_PWR, 17 }, 0, false },
		{ "refused: pwr 0", { COMMAND_PWR, 0 }, 0, false },
		{ "refused: newline", { COMMAND_NEWLINE, 0 }, 0, false },
		{ "refused: wake", { COMMAND_WAKE, 0 }, 0, false },
	};

	for (int i = 0; i < COUNT_OF(rows); i++) {
		if (strcmp(text, rows[i].text) != 0)
			continue;
		assert_row(r->legend, r->step,
		           session_send(&r->s, rows[i].command, rows[i].first_byte_ms, now_ms),
		           rows[i].taken);
		if (rows[i].taken)
			r->sent = rows[i].command;
		return;
	}
	fail_msg("%s, step %d: no command \"%s\"", r->legend, r->step, text);
}

/* The text again and again, a character a millisecond, until 5 ms before the row that follows; news
 * may come on the way. */
static inline void flood(struct run *r, const char *text, int64_t now_ms, int64_t until_ms)
{
	for (const char *c = text; now_ms <= until_ms; now_ms++, c++) {
		if (*c == '\0')
			c = text;
		feed_byte(r, *c, now_ms);
	}
}

static inline void stimulate(struct run *r, const struct row *row, int64_t now_ms, int64_t until_ms)
{
	switch (row->what) {
	case OPEN:
		session_opened(&r->s, now_ms);
		break;
	case CLOSE:
		session_closed(&r->s);
		break;
	case START:
		session_start(&r->s, now_ms);
		break;
	case SEND:
		send_command(r, row->text, now_ms);
		break;
	case FEED:
		for (const char *c = row->text; *c; c++)
			feed_byte(r, *c, now_ms);
		break;
	case TICK:
		tick_on_time(r, now_ms);
		break;
	case FLOOD:
		flood(r, row->text, now_ms, until_ms);
		break;
	case FLAGS:
		break;
	}
}

/* Where nothing is waited for, there is no deadline. */
static inline bool is_at_rest(enum session_state state)
{
	return state == CLOSED || state == IDLE || state == PAUSED;
}

static inline void check_row(struct run *r, const struct row *row)
{
	char text[128];

	if (row->what == FLAGS) {
		flags(&r->s, text, sizeof text);
		if (strcmp(text, row->text) != 0)
			fail_msg("%s, step %d: flags \"%s\"", r->legend, r->step, text);
	}
	assert_row(r->legend, r->step, r->s.state, row->state);
	assert_row(r->legend, r->step, r->news.kind, row->news);
	assert_row(r->legend, r->step, session_deadline(&r->s) == INT64_MAX, is_at_rest(row->state));
	take_orders(&r->s, text, sizeof text);
	if (strcmp(text, row->orders) != 0)
		fail_msg("%s, step %d: orders \"%s\", not \"%s\"", r->legend, r->step, text, row->orders);
	if (row->news != SESSION_REPLY && row->news != SESSION_DAMAGED && row->news != SESSION_LATE)
		return;
	assert_row(r->legend, r->step, r->news.command.kind, r->sent.kind);
	assert_row(r->legend, r->step, r->news.command.address, r->sent.address);
}

static inline void run_script(const struct script *script, int64_t base_ms)
{
	static struct run r;

	memset(&r, 0, sizeof r);
	r.legend = script->legend;
	r.base_ms = base_ms;
	session_init(&r.s, script->baud);
	for (r.step = 0; r.step < script->count; r.step++) {
		const struct row *row = &script->rows[r.step];
		enum session_state from = r.s.state;
		int64_t until = r.step + 1 < script->count ? row[1].at_ms - 5 : row->at_ms;

		r.news = (struct session_news){ .kind = NONE };
		stimulate(&r, row, base_ms + row->at_ms, base_ms + until);
		if (row->what <= SEND)
			count_transition(r.legend, r.step, from, row->what, NONE, r.s.state);
		check_row(&r, row);
	}
}

#endif
