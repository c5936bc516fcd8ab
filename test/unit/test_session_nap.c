/* When the port need not be read: while a reply of known length goes on, and never where its end could be missed. */
#include "bytes.h"
#include "check.h"

#include "core/console/session.h"

/* A session at `baud` that has had a whole reply of `bytes` to `pwr 1`, in `took_ms`. */
static void learn(struct session *s, int32_t baud, int bytes, int64_t took_ms)
{
	static const char head[] = "pwr 1\n\r@\r\r\n", tail[] = "\nCommand completed successfully\r\n\r$$\r\n\rpylon>";
	struct session_news news = { .kind = SESSION_NOTHING };
	int filler = bytes - (int)(sizeof head - 1) - (int)(sizeof tail - 1);

	session_init(s, baud);
	session_opened(s, 0);
	for (const char *at = "\rpylon>"; *at != '\0'; at++)
		(void)session_byte(s, *at, 0);
	assert_true(session_send(s, (struct command){ COMMAND_PWR, 1 }, 0, 1000));
	for (const char *at = head; *at != '\0'; at++)
		(void)session_byte(s, *at, 999 + took_ms);
	for (int i = 0; i < filler; i++)
		(void)session_byte(s, i % 100 == 99 ? '\n' : 'x', 1000 + took_ms);
	for (const char *at = tail; *at != '\0'; at++)
		news = session_byte(s, *at, 1000 + took_ms);
	assert_int_equal(news.kind, SESSION_REPLY);
	s->order_count = 0;
}

static void feed(struct session *s, int bytes, int64_t now_ms)
{
	for (int i = 0; i < bytes; i++)
		(void)session_byte(s, 'x', now_ms);
}

static void test_naps(void **state)
{
	static const struct {
		const char *legend;
		int32_t baud;
		int length, come;
		int64_t took_ms, nap_ms; /* -1: none */
	} rows[] = {
		{ "nothing has come yet", 19200, 960, 0, 500, 500 },
		{ "nor has it, of a long one: not for longer than its beginning is waited for", 19200, 3000, 0, 1600, 903 },
		{ "a short one", 19200, 80, 0, 42, 42 },
		{ "it has hardly begun: at most 400 ms", 19200, 3000, 63, 1600, 400 },
		{ "a long one: as much as the port's buffer holds", 19200, 3000, 64, 1600, 1066 }, /* 2048 bytes */
		{ "but not for long", 9600, 3000, 64, 3200, 1200 },
		{ "the rest of it less its end", 19200, 960, 800, 500, 81 },        /* 156 bytes */
		{ "hardly worth it", 19200, 960, 917, 500, 20 },                    /* 39 bytes, 20.3 ms */
		{ "not worth it", 19200, 960, 918, 500, -1 },
		{ "the end", 19200, 960, 944, 500, -1 },
		{ "longer than expected", 19200, 960, 1500, 500, -1 },
		{ "shorter than an end", 19200, 80, 64, 42, -1 },
		{ "at 115200", 115200, 4000, 10, 348, 177 },
		{ "as fast as a wire", 19200, 960, 800, 250, 81 },
		{ "no wire: faster than it", 19200, 960, 800, 249, -1 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct session s;
		int64_t expected = rows[i].nap_ms < 0 ? INT64_MIN : 5000 + rows[i].nap_ms;

		learn(&s, rows[i].baud, rows[i].length, rows[i].took_ms);
		assert_row("idle", i, session_read_after(&s), INT64_MIN);
		assert_true(session_send(&s, (struct command){ COMMAND_PWR, 1 }, 0, 5000));
		feed(&s, rows[i].come, 5000);
		if (session_read_after(&s) != expected)
			fail_msg("%s: %lld", rows[i].legend, (long long)session_read_after(&s));
		assert_true(session_read_after(&s) < session_deadline(&s)); /* silence is not found out unread */
	}
}

static void whole_reply(struct session *s, int64_t now_ms)
{
	static const char reply[] = "pwr 1\n\r@\r\r\nx\nCommand completed successfully\r\n\r$$\r\n\rpylon>";
	size_t length = sizeof reply - 1;

	assert_int_equal(session_feed(s, (const uint8_t *)reply, &length, now_ms).kind, SESSION_REPLY);
}

/* A line that is no wire, and had to be waited for once: it is not slept through for ever. */
static void test_slow_once(void **state)
{
	static struct session s;

	(void)state;
	learn(&s, 19200, 1920, 1000);
	assert_true(session_send(&s, (struct command){ COMMAND_PWR, 1 }, 0, 5000));
	assert_true(session_read_after(&s) == 5903);
	whole_reply(&s, 5903);
	s.reply_bytes[COMMAND_PWR][1] = 1920;
	assert_true(session_send(&s, (struct command){ COMMAND_PWR, 1 }, 0, 5903));
	assert_true(session_read_after(&s) == INT64_MIN); /* it is looked at how the reply comes: */
	(void)session_byte(&s, '\n', 5920);               /* as by a wire */
	assert_true(session_read_after(&s) == 5920 + 400);
	whole_reply(&s, 6000);
	s.reply_bytes[COMMAND_PWR][1] = 1920;
	assert_true(session_send(&s, (struct command){ COMMAND_PWR, 1 }, 0, 6000));
	assert_true(session_read_after(&s) == 6903);
	whole_reply(&s, 6903);
	s.reply_bytes[COMMAND_PWR][1] = 1920;
	assert_true(session_send(&s, (struct command){ COMMAND_PWR, 1 }, 0, 6903));
	whole_reply(&s, 6910); /* faster than one */
	s.reply_bytes[COMMAND_PWR][1] = 1920;
	assert_true(session_send(&s, (struct command){ COMMAND_PWR, 1 }, 0, 6910));
	assert_true(session_read_after(&s) == INT64_MIN);
	(void)session_byte(&s, 'p', 6920);
	assert_true(session_read_after(&s) == INT64_MIN);
}

/* A module that has little time to begin leaves no time for a nap of more. */
static void test_little_patience(void **state)
{
	static struct session s;

	(void)state;
	learn(&s, 19200, 1920, 1000);
	assert_true(session_send(&s, (struct command){ COMMAND_PWR, 1 }, 300, 5000));
	assert_true(session_read_after(&s) == 5203); /* the command takes 3 ms */
	assert_true(session_deadline(&s) == 5303);
	learn(&s, 19200, 1920, 1000);
	assert_true(session_send(&s, (struct command){ COMMAND_PWR, 1 }, 100, 5000));
	assert_true(session_read_after(&s) == INT64_MIN);
	assert_int_equal(session_tick(&s, 5100).kind, SESSION_LATE);
}

/* What was not heard in a long nap is silence soon after it; what was heard goes on. */
static void test_silence_after_a_nap(void **state)
{
	(void)state;
	for (int heard = 0; heard <= 1; heard++) {
		static struct session s;

		learn(&s, 19200, 3000, 1600);
		assert_true(session_send(&s, (struct command){ COMMAND_PWR, 1 }, 0, 4000));
		feed(&s, 64, 4020);
		assert_true(session_read_after(&s) == 5086);
		assert_true(session_deadline(&s) == 5186);
		assert_int_equal(session_tick(&s, 5185).kind, SESSION_NOTHING);
		if (heard)
			feed(&s, 1000, 5186);
		assert_int_equal(session_tick(&s, 5186).kind, heard ? SESSION_NOTHING : SESSION_LATE);
	}
}

/* A reply that goes on for too long ends all the same. */
static void test_too_long_after_a_nap(void **state)
{
	static struct session s;

	(void)state;
	learn(&s, 19200, 8000, 3990);
	assert_true(session_send(&s, (struct command){ COMMAND_PWR, 1 }, 0, 4000));
	for (int64_t now = 4100; now < 7900; now += 400)
		feed(&s, 10, now);
	assert_true(session_read_after(&s) > 8000);
	assert_true(session_deadline(&s) == 8000);
	assert_int_equal(session_tick(&s, 8000).kind, SESSION_LATE);
	assert_int_equal(s.state, SESSION_DRAINING);
}

/* Each command has its own length, which the next reply corrects. */
static void test_commands(void **state)
{
	static struct session s;

	(void)state;
	learn(&s, 19200, 1920, 1000);
	assert_true(session_send(&s, (struct command){ COMMAND_BAT, 1 }, 0, 4990));
	feed(&s, 10, 5000);
	assert_true(session_read_after(&s) == INT64_MIN);
	learn(&s, 19200, 1920, 1000);
	assert_true(session_send(&s, (struct command){ COMMAND_PWR, 2 }, 0, 4990)); /* as long as another module's */
	feed(&s, 944, 5000);
	assert_true(session_read_after(&s) == 5506);
	s.reply_bytes[COMMAND_PWR][2] = 1000; /* until its own is known */
	assert_true(session_read_after(&s) == 5027);
	learn(&s, 19200, 100, 60);
	assert_true(session_send(&s, (struct command){ COMMAND_PWR, 1 }, 0, 4990));
	feed(&s, 84, 5000);
	assert_true(session_read_after(&s) == INT64_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_naps),
		cmocka_unit_test(test_slow_once),
		cmocka_unit_test(test_little_patience),
		cmocka_unit_test(test_silence_after_a_nap),
		cmocka_unit_test(test_too_long_after_a_nap),
		cmocka_unit_test(test_commands),
	};

	return cmocka_run_group_tests_name("session, naps", tests, NULL, NULL);
}
