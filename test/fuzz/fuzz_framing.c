/* Framing: any bytes after any echo. The input is what comes from the line; its first line is the echo awaited. */
#include "fuzz.h"

#include "core/console/framing.h"
#include "core/reply/reply_scan.h"

#define ECHO_MAX 24

static void expect_body(const struct framing *f)
{
	int row;

	assert_true(f->body_length < sizeof f->body);
	assert_int_equal(strlen(f->body), f->body_length);
	assert_true(reply_scan_is_text(f->body, &row));
	assert_null(strchr(f->body, '\r'));
	assert_null(strstr(f->body, "\n\n"));
	assert_null(strstr(f->body, " \n"));
	assert_true(f->body_length == 0 || f->body[f->body_length - 1] == '\n');
}

static void expect_prompt(const struct framing *f)
{
	assert_non_null(memchr(f->prompt, '\0', sizeof f->prompt));
	assert_int_equal(strspn(f->prompt, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"),
	                 strlen(f->prompt));
}

static void expect_event(const struct framing *f, enum framing_event event)
{
	assert_true(f->line_length < sizeof f->line);
	if (event == FRAMING_MORE)
		return;
	expect_prompt(f);
	if (event == FRAMING_PROMPT)
		return;
	assert_true(!f->echoed && f->echo[0] == '\0');
	expect_body(f);
	if (event == FRAMING_CLOSED && f->verdict == FRAMING_OK)
		assert_true(f->completed && f->dollars && !f->refused && !f->dirty);
}

/* What `plain` took at once, one by one and with a CR before each, to a framing that has a past. */
static void feed_slowly(struct framing *other, const uint8_t *data, size_t size, enum framing_event event)
{
	for (size_t i = 0; i < size; i++) {
		bool echoed = other->echoed;
		size_t one = 1;

		assert_int_equal(framing_feed(other, (const uint8_t *)"\r", &one), FRAMING_MORE);
		assert_int_equal(framing_feed(other, data + i, &one), i + 1 < size ? FRAMING_MORE : event);
		assert_int_equal(one, 1);
		assert_true(echoed || i + 1 < size || event == FRAMING_MORE || event == FRAMING_PROMPT); /* begun before */
	}
}

/* Both must end the same. */
static void feed(struct framing *plain, struct framing *other, const uint8_t *data, size_t size)
{
	for (size_t taken = 0, some; taken < size; taken += some) {
		enum framing_event event;

		some = size - taken;
		event = framing_feed(plain, data + taken, &some);
		assert_true(some > 0 && (event != FRAMING_MORE || some == size - taken));
		expect_event(plain, event);
		feed_slowly(other, data + taken, some, event);
		assert_int_equal(other->stray, plain->stray);
		if (event == FRAMING_MORE)
			continue;
		assert_int_equal(other->verdict, plain->verdict);
		assert_string_equal(other->body, plain->body);
		assert_string_equal(other->prompt, plain->prompt);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct framing plain, other;
	char echo[ECHO_MAX + 1] = "";
	size_t length = 0;

	while (length < size && length < ECHO_MAX && data[length] >= 0x20 && data[length] < 0x7f)
		length++;
	memcpy(echo, data, length);
	framing_init(&plain);
	framing_init(&other);
	framing_expect(&other, "bat 1");
	for (size_t taken = size / 2, some; taken < size; taken += some) {
		some = size - taken;
		framing_feed(&other, data + taken, &some);
	}
	framing_expect(&plain, echo);
	framing_expect(&other, echo);
	memcpy(other.prompt, plain.prompt, sizeof other.prompt);
	other.stray = plain.stray;
	feed(&plain, &other, data, size);
	return 0;
}
