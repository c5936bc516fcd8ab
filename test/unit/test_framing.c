/* Framing: own fixtures in the shapes of console.md, and every recorded reply. */
#include "bytes.h"
#include "captures.h"
#include "check.h"

#include "core/console/framing.h"

#define DONE "Command completed successfully\r\n\r"
#define END "$$\r\n\rpylon>"
#define OPEN CAPTURE_OPEN /* the reply is not closed */

struct fixture {
	const char *legend;
	const char *echo;
	const char *bytes;
	int verdict;
	const char *body;
};

static const struct fixture fixtures[] = {
	/* Whole replies, as the models wrap them. */
	{ "old relative, extra CRs", "bat 3",
	  "bat 3\n\r@\r\r\nBattery  Volt\r\r\n0  3301\r\r\n1  3302\r\n\r" DONE END, FRAMING_OK,
	  "Battery  Volt\n0  3301\n1  3302\n" },
	{ "accepted in the other shape", "info 2",
	  "info 2\n\r@\r\n\rDevice address : 2\r\n\r\r\n\rCell Number : 15\r\n\r" DONE END, FRAMING_OK,
	  "Device address : 2\nCell Number : 15\n" },
	{ "no acceptance at all", "time", "time\r\n\r2024-01-02 03:04:05\r\n\r" DONE END, FRAMING_OK,
	  "2024-01-02 03:04:05\n" },
	{ "echo ended by CR alone", "info 9", "info 9\r@\r\n\rName : X\r\n\r" DONE END, FRAMING_OK,
	  "Name : X\n" },
	{ "prompt before the echo", "pwr", "\n\rpylon>\n\rpylon>pwr\n\r@\r\r\n1 52000\r\n\r" DONE END,
	  FRAMING_OK, "1 52000\n" },
	{ "another prompt", "pwr", "pwr\n\r@\r\r\n1 52000\r\n\r" DONE "$$\r\n\rMAKER>", FRAMING_OK,
	  "1 52000\n" },
	{ "debug prompt", "pwr", "pylon_debug>pwr\n@\n1 52000\n" DONE "$$\n\npylon_debug>", FRAMING_OK,
	  "1 52000\n" },
	{ "LF only", "bat 1", "\n\npylon>bat 1\n\n@\n\n0 3300\n\n" DONE "\n$$\n\npylon>", FRAMING_OK,
	  "0 3300\n" },
	{ "trailing blanks everywhere", "bat 1",
	  "bat 1 \n\r@ \r\n0 3300 \t \r\n \t\r\nCommand completed successfully  \r\n$$ \r\n\rpylon>",
	  FRAMING_OK, "0 3300\n" },
	{ "leading blanks and tabs stay", "bat 1", "bat 1\n@\n  a\tb\n" DONE END, FRAMING_OK,
	  "  a\tb\n" },
	{ "last row ended by CR alone", "info 9",
	  "info 9\r\n\rName : X\r\r\nModule : 1   \r\r" DONE END, FRAMING_OK, "Name : X\nModule : 1\n" },
	{ "completed behind a row's LF that was lost", "bat 1", "bat 1\n@\n0 3300 mAH" DONE END, FRAMING_OK,
	  "0 3300 mAH\n" },
	{ "no body", "pwr", "pwr\n@\n" DONE END, FRAMING_OK, "" },
	{ "a mark within a line is no prompt", "pwr", "pwr\n@\nAlarm> 5 > x\n" DONE END,
	  FRAMING_DAMAGED, "" },
	{ "a mark behind other text is no prompt", "pwr", "pwr\n@\n5> a1> -> >\n" DONE END, FRAMING_OK,
	  "5> a1> -> >\n" },
	{ "every letter that a prompt may have", "pwr", "pwr\n@\n" DONE "$$\r\n_AZaz_>", FRAMING_OK, "" },
	{ "no prompt: next to the letters", "pwr", "pwr\n@\n" DONE "$$\r\n@>[>`>{>", OPEN, "" },
	{ "no prompt: too long a word", "pwr", "pwr\n@\n" DONE "$$\r\nabcdefghijklmnopqrstuvwx>", OPEN, "" },
	{ "the longest prompt", "pwr", "pwr\n@\n" DONE "$$\r\nabcdefghijklmnopqrstuvw>", FRAMING_OK, "" },
	{ "a later @ belongs to the body", "stat 1", "stat 1\n@\nA\n@\n" DONE END, FRAMING_OK, "A\n@\n" },

	/* Refusals, whole as well. */
	{ "unknown command", "pwrsys",
	  "pwrsys\n\rUnknown command 'pwrsys' - try 'help'\r\n\r" END, FRAMING_UNKNOWN,
	  "Unknown command 'pwrsys' - try 'help'\n" },
	{ "invalid command", "stat 9",
	  "stat 9\n\r@\r\n\rInvalid command or fail to excute.\r\n\rUsage:\r\nShow it - stat\r\n\r" END,
	  FRAMING_INVALID, "Invalid command or fail to excute.\nUsage:\nShow it - stat\n" },
	{ "failed", "info 9", "info 9\n\r@\r\n\rCommand completed unccessfully\r\n\r" END, FRAMING_FAILED,
	  "Command completed unccessfully\n" },
	{ "not in this version", "stat 9",
	  "stat 9\n@\nThis version do not support this command!  \r\n\r" END, FRAMING_UNSUPPORTED,
	  "This version do not support this command!\n" },

	/* What comes before the echo is stray. */
	{ "rest of an earlier reply", "bat 2",
	  "9 3333\r\n" DONE END "bat 2\n\r@\r\r\n0 3300\r\n\r" DONE END, FRAMING_OK, "0 3300\n" },
	{ "another command's whole reply", "bat 2",
	  "bat 1\n@\n0 3111\n" DONE END "bat 2\n@\n0 3300\n" DONE END, FRAMING_OK, "0 3300\n" },
	{ "an echo that is only a beginning", "bat 1", "bat 10\n@\n0 3300\n" DONE END, OPEN, "" },
	{ "an echo that has lost a character", "bat 1", "ba 1\n@\n0 3300\n" DONE END, OPEN, "" },
	{ "no text before the echo does no harm", "bat 1", "\377\001bat 1\n@\n0 3300\n" DONE END,
	  FRAMING_OK, "0 3300\n" },
	{ "a long stray line", "pwr",
	  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
	  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
	  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
	  "\npwr\n@\nx\n" DONE END, FRAMING_OK, "x\n" },
	{ "echo once more: the reply starts anew", "bat 1",
	  "bat 1\n@\n0 3\377bat 1\nbat 1\n@\n0 3300\n" DONE END, FRAMING_OK, "0 3300\n" },
	{ "nothing awaited", "", "\nbat 1\n@\n0 3300\n" DONE END, OPEN, "" },

	/* The prompt came, but something is missing. */
	{ "$$ is missing", "bat 1", "bat 1\n@\n0 3300\n" DONE "\n\rpylon>", FRAMING_DAMAGED, "0 3300\n" },
	{ "half of $$", "bat 1", "bat 1\n@\n0 3300\n" DONE "$\n\rpylon>", FRAMING_DAMAGED, "0 3300\n$\n" },
	{ "completed is missing", "bat 1", "bat 1\n@\n0 3300\n" END, FRAMING_DAMAGED, "0 3300\n" },
	{ "completed is damaged", "bat 1", "bat 1\n@\n0 3300\nCommand completed succesfully\n" END,
	  FRAMING_DAMAGED, "0 3300\nCommand completed succesfully\n" },
	{ "a refusal is damaged", "bat 1", "bat 1\n@\nInvalid command or fail to excute\n" END,
	  FRAMING_DAMAGED, "Invalid command or fail to excute\n" },
	{ "refused and completed", "bat 1", "bat 1\n@\nUnknown command 'x'\n" DONE END, FRAMING_DAMAGED,
	  "Unknown command 'x'\n" },
	{ "a line behind completed", "bat 1", "bat 1\n@\n0 3300\n" DONE "1 3301\n" END, FRAMING_DAMAGED,
	  "0 3300\n1 3301\n" },
	{ "a line behind $$", "bat 1", "bat 1\n@\n0 3300\n" DONE "$$\nx\npylon>", FRAMING_DAMAGED,
	  "0 3300\nx\n" },
	{ "nothing but the prompt", "bat 1", "bat 1\n\rpylon>", FRAMING_DAMAGED, "" },
	{ "a byte above text", "bat 1", "bat 1\n@\n0 33\2060\n" DONE END, FRAMING_DAMAGED, "0 330\n" },
	{ "a control byte", "bat 1", "bat 1\n@\n0 33\0330\n" DONE END, FRAMING_DAMAGED, "0 330\n" },
	{ "delete is no text", "bat 1", "bat 1\n@\n0 33\1770\n" DONE END, FRAMING_DAMAGED, "0 330\n" },
	{ "no text in the prompt", "bat 1", "bat 1\n@\n0 3300\n" DONE "$$\n\rpyl\377on>", FRAMING_DAMAGED,
	  "0 3300\n" },
	{ "every printable byte is text", "bat 1", "bat 1\n@\n !~\n" DONE END, FRAMING_OK, " !~\n" },

	/* The end never comes. */
	{ "the prompt's mark is lost", "bat 1", "bat 1\n@\n0 3300\n" DONE "$$\r\n\rpylon", OPEN, "" },
	{ "the prompt is damaged", "bat 1", "bat 1\n@\n0 3300\n" DONE "$$\r\n\rpy1on>", OPEN, "" },
	{ "the pager waits", "help", "help\n@\nLocal:\nPress [Enter] to be continued\r", OPEN, "" },
};

/* ---- Feeding ---- */

struct outcome {
	int verdict; /* OPEN: not closed */
	int prompts;
	int overflows;
	size_t taken; /* bytes, until it closed */
};

/* Feeds in chunks of at most `chunk` bytes (0: as many as there are; negative: random up to that).
 * Between two chunks the structure moves: nothing may be kept elsewhere. */
static struct outcome feed(struct framing *f, const char *bytes, size_t length, int chunk,
                           uint32_t *seed)
{
	static struct framing moved;
	struct outcome out = { .verdict = OPEN };
	size_t left = 0;

	while (out.verdict == OPEN && out.taken < length) {
		enum framing_event event;
		size_t some;

		if (left == 0) {
			left = chunk == 0 ? length
			     : chunk > 0 ? (size_t)chunk
			                 : 1 + next_random(seed) % (uint32_t)-chunk;
			moved = *f;
			memset(f, 0xa5, sizeof *f);
			*f = moved;
		}
		some = left = left < length - out.taken ? left : length - out.taken;
		event = framing_feed(f, (const uint8_t *)bytes + out.taken, &some);
		assert_true(some > 0 && some <= left && (event != FRAMING_MORE || some == left));
		left -= some;
		out.taken += some;
		out.prompts += event == FRAMING_PROMPT;
		out.overflows += event == FRAMING_OVERFLOW;
		if (event == FRAMING_CLOSED)
			out.verdict = (int)f->verdict;
	}
	return out;
}

static const int chunks[] = { 0, 1, -7, -64, -300 };

static void check_fixture(const struct fixture *x, int chunk, uint32_t *seed)
{
	struct framing f;
	struct outcome out;

	framing_init(&f);
	framing_expect(&f, x->echo);
	out = feed(&f, x->bytes, strlen(x->bytes), chunk, seed);
	assert_row(x->legend, chunk, out.verdict, x->verdict);
	assert_row(x->legend, chunk, out.overflows, 0);
	if (x->verdict != OPEN && strcmp(f.body, x->body) != 0)
		fail_msg("%s: body \"%s\", not \"%s\"", x->legend, f.body, x->body);
}

static void test_fixtures(void **state)
{
	uint32_t seed = 4711;

	(void)state;
	for (int i = 0; i < COUNT_OF(fixtures); i++)
		for (int c = 0; c < COUNT_OF(chunks); c++)
			check_fixture(&fixtures[i], chunks[c], &seed);
}

/* However much of a reply has come, it is not closed before its last byte. */
static void check_cuts(const char *legend, const char *echo, const char *bytes, size_t end)
{
	static struct framing f;

	for (size_t cut = 0; cut < end; cut++) {
		framing_init(&f);
		framing_expect(&f, echo);
		assert_row(legend, (int)cut, feed(&f, bytes, cut, 0, NULL).verdict, OPEN);
	}
}

static void test_fixtures_cut_at_every_byte(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT_OF(fixtures); i++)
		if (fixtures[i].verdict == FRAMING_OK)
			check_cuts(fixtures[i].legend, fixtures[i].echo, fixtures[i].bytes,
			           strlen(fixtures[i].bytes));
}

/* One character of "completed" or `$$` changed: the prompt closes the reply at once, as damaged. */
static void test_one_byte_wrong_in_the_wrapping(void **state)
{
	static const char good[] = "bat 1\n\r@\r\r\n0  3301\r\r\n1  3302\r\n\r" DONE END;
	static const char wrapping[] = DONE "$$";
	const char *tail = strstr(good, wrapping);
	static struct framing f;

	(void)state;
	for (const char *at = tail; at < tail + sizeof wrapping - 1; at++) {
		char bytes[sizeof good];
		struct outcome out;

		if (*at == '\r')
			continue;
		memcpy(bytes, good, sizeof good);
		bytes[at - good] = '#';
		framing_init(&f);
		framing_expect(&f, "bat 1");
		out = feed(&f, bytes, sizeof good - 1, 0, NULL);
		assert_row("changed", (int)(at - good), out.verdict, FRAMING_DAMAGED);
	}
}

/* ---- Prompts, counts, limits ---- */

static void test_prompts(void **state)
{
	static const struct {
		const char *legend;
		const char *bytes;
		int prompts;
		const char *last;
		bool debug;
	} rows[] = {
		{ "none", "\n\rpylon", 0, "", false },
		{ "user", "\n\rpylon>", 1, "pylon", false },
		{ "debug", "\n\rpylon_debug>", 1, "pylon_debug", true },
		{ "a relative's", "MAKER>", 1, "MAKER", false },
		{ "back in user mode", "pylon_debug>\npylon>", 2, "pylon", false },
		{ "debug alone", "_debug>", 1, "_debug", true },
		{ "not at the end", "_debugger>", 1, "_debugger", false },
		{ "behind a reply", "x\n" DONE END, 1, "pylon", false },
		{ "one letter", "\nx>", 1, "x", false },
		{ "glued", "pylon>pylon>", 2, "pylon", false },
		{ "behind text in the line", "12 pylon>", 0, "", false },
		{ "no word", ">", 0, "", false },
		{ "a blank behind the word", "pylon >", 0, "", false },
		{ "wrong speed", "\n\200\377????\376>", 0, "", false },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct framing f;
		struct outcome out;

		framing_init(&f);
		out = feed(&f, rows[i].bytes, strlen(rows[i].bytes), 1, NULL);
		assert_row(rows[i].legend, i, out.prompts, rows[i].prompts);
		assert_row(rows[i].legend, i, framing_debug_prompt(&f), rows[i].debug);
		if (strcmp(f.prompt, rows[i].last) != 0)
			fail_msg("%s: prompt \"%s\"", rows[i].legend, f.prompt);
		framing_expect(&f, "pwr");
		assert_string_equal(f.prompt, rows[i].last);
	}
}

static void test_counts(void **state)
{
	static const struct {
		const char *legend;
		const char *bytes;
		uint32_t stray;
		uint32_t not_text;
	} rows[] = {
		{ "nothing", "", 0, 0 },
		{ "line ends are not counted", "\r\n\n\r", 0, 0 },
		{ "a prompt is no stray", "\npylon>", 0, 0 },
		{ "the echo is no stray", "bat 1\n", 0, 0 },
		{ "a line", "0  3300\r\n", 7, 0 },
		{ "a line without its end, when the next reply is awaited", "0  33", 5, 0 },
		{ "bytes that are no text", "\001\177\200\377\033", 0, 5 },
		{ "both", "ab\377cd\n", 4, 1 },
		{ "the reply is no stray", "bat 1\n@\n0 3300\n" DONE END, 0, 0 },
		{ "what comes behind the reply is", "bat 1\n@\n" DONE END "x1\n", 2, 0 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct framing f;

		framing_init(&f);
		framing_expect(&f, "bat 1");
		for (const char *b = rows[i].bytes; *b; b++)
			framing_byte(&f, *b);
		framing_expect(&f, "");
		assert_row(rows[i].legend, i, f.stray, rows[i].stray);
		assert_row(rows[i].legend, i, f.not_text, rows[i].not_text);
	}
}

/* After a reply nothing is awaited, and body and verdict stay until the next expectation. */
static void test_reply_stays(void **state)
{
	static const char reply[] = "bat 1\n@\n0 3300\n" DONE END;
	struct framing f;

	(void)state;
	framing_init(&f);
	framing_expect(&f, "bat 1");
	assert_int_equal(feed(&f, reply, sizeof reply - 1, 0, NULL).verdict, FRAMING_OK);
	assert_int_equal(feed(&f, reply, sizeof reply - 1, 0, NULL).verdict, OPEN);
	assert_string_equal(f.body, "0 3300\n");
	assert_int_equal(f.verdict, FRAMING_OK);
	framing_expect(&f, "bat 1");
	assert_string_equal(f.body, "");
	assert_int_equal(f.body_length, 0);
	assert_int_equal(feed(&f, reply, sizeof reply - 1, 0, NULL).verdict, FRAMING_OK);
}

/* Feeds `c` up to `most` times and returns at which of them an overflow came, 0 for none. */
static int feed_until_overflow(struct framing *f, char c, int most)
{
	for (int i = 1; i <= most; i++)
		if (framing_byte(f, c) == FRAMING_OVERFLOW)
			return i;
	return 0;
}

static void feed_text(struct framing *f, const char *bytes)
{
	while (*bytes)
		framing_byte(f, *bytes++);
}

static void test_endless_line(void **state)
{
	static const char reply[] = "\nbat 1\n@\n0 3300\n" DONE END;
	static struct framing f;

	(void)state;
	framing_init(&f);
	framing_expect(&f, "bat 1");
	assert_int_equal(feed_until_overflow(&f, 'x', 3 * FRAMING_LINE_MAX), 0);
	feed_text(&f, "\nbat 1\n@\n");
	assert_int_equal(f.stray, 3 * FRAMING_LINE_MAX);
	assert_int_equal(feed_until_overflow(&f, 'x', 2 * FRAMING_LINE_MAX), FRAMING_LINE_MAX);
	assert_int_equal(feed_until_overflow(&f, 'x', 3 * FRAMING_LINE_MAX), 0);
	assert_int_equal(feed(&f, reply, sizeof reply - 1, 0, NULL).verdict, OPEN);
	framing_expect(&f, "bat 1");
	assert_int_equal(feed(&f, reply, sizeof reply - 1, 0, NULL).verdict, FRAMING_OK);
}

/* The body is full when its last line and the terminator just fit. */
static void test_endless_body(void **state)
{
	static struct framing f;
	enum { LINE = 64, LINES = FRAMING_BODY_MAX / LINE };
	char line[LINE + 1];
	int overflows = 0;

	(void)state;
	memset(line, 'y', LINE - 1);
	line[LINE - 1] = '\n';
	line[LINE] = '\0';
	framing_init(&f);
	framing_expect(&f, "bat 1");
	feed_text(&f, "bat 1\n");
	for (int i = 0; i < LINES - 1; i++)
		feed_text(&f, line);
	for (int i = 0; i < LINE - 2; i++)
		framing_byte(&f, 'y');
	assert_int_equal(framing_byte(&f, '\n'), FRAMING_MORE);
	assert_int_equal(f.body_length, FRAMING_BODY_MAX - 1);
	assert_int_equal(strlen(f.body), f.body_length);
	framing_byte(&f, 'z');
	overflows += framing_byte(&f, '\n') == FRAMING_OVERFLOW;
	overflows += framing_byte(&f, '\n') == FRAMING_OVERFLOW;
	assert_int_equal(overflows, 1);
	assert_int_equal(feed(&f, DONE END, strlen(DONE END), 0, NULL).verdict, OPEN);
}

/* ---- The recorded replies ---- */

/* What lies between the echo and the end, found by cutting the whole text into lines. */
static void expected_body(const struct capture *c, char *out)
{
	static char copy[sizeof c->bytes + 64];
	char *line, *rest = copy;
	size_t length = 0;
	bool inside = false;

	for (size_t i = 0; i < c->end; i++) {
		bool completed = strncmp(c->bytes + i, "Command completed successfully", 30) == 0;

		if (completed)
			copy[length++] = '\n';
		if (c->bytes[i] != '\r' && (uint8_t)c->bytes[i] < 0x80)
			copy[length++] = c->bytes[i];
	}
	copy[length] = *out = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		for (length = strlen(line); length > 0 && line[length - 1] == ' ';)
			line[--length] = '\0';
		if (!inside)
			inside = strstr(line, c->echo) != NULL;
		else if (strcmp(line, "Command completed successfully") == 0 || strcmp(line, "$$") == 0)
			return;
		else if (length > 0 && strcmp(line, "@") != 0)
			out += sprintf(out, "%s\n", line);
	}
}

static void visit_whole(const struct capture *c)
{
	static struct framing f;
	static char body[sizeof c->bytes];
	uint32_t seed = 31337;

	if (c->echo[0] == '\0')
		fail_msg("%s: no echo", c->name);
	expected_body(c, body);
	for (int i = 0; i < COUNT_OF(chunks); i++) {
		struct outcome out;

		framing_init(&f);
		framing_expect(&f, c->echo);
		out = feed(&f, c->bytes, c->length, chunks[i], &seed);
		assert_row(c->name, chunks[i], out.verdict, c->verdict);
		assert_row(c->name, chunks[i], out.overflows, 0);
		assert_row(c->name, chunks[i], (long long)out.taken,
		           (long long)(c->verdict == OPEN ? c->length : c->end));
		if (strcmp(f.body, body) != 0 && c->verdict != OPEN)
			fail_msg("%s: body\n%s\nnot\n%s", c->name, f.body, body);
	}
}

static void test_captures(void **state)
{
	(void)state;
	captures_each(visit_whole);
}

static void visit_cut(const struct capture *c)
{
	check_cuts(c->name, c->echo, c->bytes, c->end);
}

static void test_captures_cut_at_every_byte(void **state)
{
	(void)state;
	captures_each(visit_cut);
}

/* A reply that answers another command is never taken. */
static void visit_other_echo(const struct capture *c)
{
	static struct framing f;

	framing_init(&f);
	framing_expect(&f, "bat 77");
	assert_row(c->name, 0, feed(&f, c->bytes, c->length, 0, NULL).verdict, OPEN);
}

static void test_captures_of_other_commands(void **state)
{
	(void)state;
	captures_each(visit_other_echo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixtures),
		cmocka_unit_test(test_fixtures_cut_at_every_byte),
		cmocka_unit_test(test_one_byte_wrong_in_the_wrapping),
		cmocka_unit_test(test_prompts),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_reply_stays),
		cmocka_unit_test(test_endless_line),
		cmocka_unit_test(test_endless_body),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_captures_cut_at_every_byte),
		cmocka_unit_test(test_captures_of_other_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
