/* Framing: any bytes after any echo. The input is what comes from the line; its first line is the echo awaited. */
#include "fuzz.h"

#include "core/framing.h"
#include "core/reply_scan.h"

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

static void expect_event(const struct framing *f, enum framing_event event, bool echoed)
{
	assert_true(f->line_length < sizeof f->line);
	if (event == FRAMING_MORE)
		return;
	expect_prompt(f);
	if (event == FRAMING_PROMPT)
		return;
	assert_true(echoed); /* nothing ends what has not begun */
	assert_true(!f->echoed && f->echo[0] == '\0');
	expect_body(f);
	if (event == FRAMING_CLOSED && f->verdict == FRAMING_OK)
		assert_true(f->completed && f->dollars && !f->refused && !f->dirty);
}

/* The same bytes to a framing that has a past, and with a CR before each, must end the same. */
static void feed(struct framing *plain, struct framing *other, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		bool echoed = plain->echoed;
		enum framing_event event = framing_feed(plain, data[i]);

		expect_event(plain, event, echoed);
		assert_int_equal(framing_feed(other, '\r'), FRAMING_MORE);
		assert_int_equal(framing_feed(other, data[i]), event);
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
	for (size_t i = size / 2; i < size; i++)
		framing_feed(&other, data[i]);
	framing_expect(&plain, echo);
	framing_expect(&other, echo);
	memcpy(other.prompt, plain.prompt, sizeof other.prompt);
	feed(&plain, &other, data, size);
	return 0;
}
