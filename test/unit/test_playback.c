/* A recording as a console: which bytes come after which command, and when. */
#include "check.h"

#include "core/recording/playback.h"

#define CAME(at, text) { TAPE_CAME, at, 19200, text, sizeof(text) - 1 }
#define SENT(at, text) { TAPE_SENT, at, 19200, text, sizeof(text) - 1 }

static const struct tape_piece pieces[] = {
	CAME(5, "old "),
	{ TAPE_SENT, 10, 115200, "\n", 1 },
	SENT(500, "\n"),
	CAME(520, "pylon>"),
	SENT(1000, "pwr 1\n"),
	CAME(1100, "first "),
	CAME(1300, "reply"),
	SENT(2000, "pwr 2\n"),
	SENT(4000, "pwr 1\n"),
	CAME(4050, "second"),
};

static struct playback start(bool fast)
{
	struct playback p;

	playback_init(&p, pieces, COUNT_OF(pieces), fast);
	playback_set_speed(&p, 19200);
	return p;
}

static void send(struct playback *p, const char *text, int64_t now_ms)
{
	playback_send(p, text, strlen(text), now_ms);
}

/* All that comes until `now_ms` must be `text`. */
static void comes(struct playback *p, int64_t now_ms, const char *text)
{
	char buffer[64];
	size_t length = playback_read(p, buffer, sizeof buffer - 1, now_ms);

	buffer[length] = '\0';
	assert_string_equal(buffer, text);
}

static void test_times(void **state)
{
	struct playback p = start(false);

	(void)state;
	send(&p, "pwr 1\n", 70000);
	assert_int_equal(playback_deadline(&p), 70100);
	comes(&p, 70099, "");
	comes(&p, 70100, "first ");
	assert_int_equal(playback_deadline(&p), 70300);
	comes(&p, 70299, "");
	comes(&p, 70300, "reply");
	assert_true(playback_deadline(&p) == INT64_MAX);
	comes(&p, 99999, "");
}

static void test_fast(void **state)
{
	struct playback p = start(true);

	(void)state;
	send(&p, "pwr 1\n", 7);
	assert_true(playback_deadline(&p) <= 7);
	comes(&p, 7, "first reply");
	assert_true(playback_deadline(&p) == INT64_MAX);
}

/* One after the other, then again from the start. */
static void test_in_turn(void **state)
{
	static const char *const answers[] = { "first reply", "second", "first reply", "second" };
	struct playback p = start(true);

	(void)state;
	for (int i = 0; i < COUNT_OF(answers); i++) {
		send(&p, "pwr 1\n", i);
		comes(&p, i, answers[i]);
	}
}

static void test_no_answer(void **state)
{
	static const char *const commands[] = { "pwr 2\n", "pwr 3\n", "pwr 1", "" };
	struct playback p = start(true);

	(void)state;
	for (int i = 0; i < COUNT_OF(commands); i++) {
		send(&p, commands[i], 0);
		assert_true(playback_deadline(&p) == INT64_MAX);
		comes(&p, 9999, "");
	}
}

static void test_speeds(void **state)
{
	struct playback p = start(true);

	(void)state;
	playback_set_speed(&p, 115200);
	send(&p, "\n", 0);
	comes(&p, 0, "");
	send(&p, "pwr 1\n", 0);
	comes(&p, 0, "");
	playback_set_speed(&p, 19200);
	send(&p, "\n", 0);
	comes(&p, 0, "pylon>");
	assert_int_equal(playback_answered_baud(&p), 19200);
}

/* A command that is sent too early cuts the answer before it short. */
static void test_interrupted(void **state)
{
	struct playback p = start(false);

	(void)state;
	send(&p, "pwr 1\n", 0);
	comes(&p, 100, "first ");
	send(&p, "\n", 110);
	comes(&p, 130, "pylon>");
	comes(&p, 9999, "");
}

static void test_small_reads(void **state)
{
	struct playback p = start(true);
	char buffer[4];

	(void)state;
	send(&p, "pwr 1\n", 0);
	assert_int_equal(playback_read(&p, buffer, 4, 0), 4);
	assert_memory_equal(buffer, "firs", 4);
	assert_int_equal(playback_read(&p, buffer, 4, 0), 4);
	assert_memory_equal(buffer, "t re", 4);
	assert_int_equal(playback_read(&p, buffer, 4, 0), 3);
	assert_memory_equal(buffer, "ply", 3);
	assert_int_equal(playback_read(&p, buffer, 4, 0), 0);
}

static void test_before_the_first_command(void **state)
{
	struct playback p = start(false);

	(void)state;
	playback_open(&p, 9600, 1000);
	comes(&p, 1004, "");
	comes(&p, 1005, "old ");
	assert_int_equal(p.speed_baud, 9600);
}

static void test_empty(void **state)
{
	struct playback p;

	(void)state;
	playback_init(&p, NULL, 0, false);
	playback_open(&p, 19200, 0);
	assert_true(playback_deadline(&p) == INT64_MAX);
	send(&p, "\n", 0);
	comes(&p, 9999, "");
	assert_int_equal(playback_answered_baud(&p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),       cmocka_unit_test(test_fast),
		cmocka_unit_test(test_in_turn),     cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_speeds),      cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_small_reads), cmocka_unit_test(test_before_the_first_command),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
