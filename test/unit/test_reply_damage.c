/* Replies that are cut or damaged, in the body and on the wire: nothing of them is used, or it is harmless. */
#include "bytes.h"
#include "reply_fixtures.h"

/* The number of tokens in the part of `text` before its first LF. */
static int tokens_of_line(const char *text, size_t length)
{
	int count = 0;

	for (size_t i = 0; i < length && text[i] != '\n'; i++)
		count += text[i] != ' ' && (i == 0 || text[i - 1] == ' ');
	return count;
}

/* A body that was cut can look whole only when nothing required is missing: of lines, when the
 * last required one has begun to show its value; of rows, when the last one has all its tokens (or
 * is an absent module's, whose tokens say nothing). That the end of a body is its end is for
 * framing to guarantee, see test_cut_wire. */
static bool may_look_whole(const struct fixture *f, size_t cut)
{
	size_t start = cut;

	if (f->last != NULL) {
		const char *line = strstr(body, f->last);

		return cut > (size_t)(line - body) + strcspn(line, ":123456789");
	}
	while (start > 0 && body[start - 1] != '\n')
		start--;
	return tokens_of_line(body + start, cut - start) == tokens_of_line(body + start, FILE_MAX) ||
	       start == cut || strstr(changed + start, "Absent") != NULL;
}

static void test_cut_body(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		const struct fixture *f = &files[i];

		load(f->file);
		for (size_t cut = 0; cut < strlen(body); cut++) {
			memcpy(changed, body, cut);
			changed[cut] = '\0';
			if (parse(f->parser, changed, f->address, &parsed, &fault) != REPLY_OK)
				continue;
			if (f->result != REPLY_OK && f->result != REPLY_HIGH_VOLTAGE)
				fail_msg("%s cut at %zu", f->file, cut);
			if (f->result == REPLY_OK && !may_look_whole(f, cut))
				fail_msg("%s cut at %zu", f->file, cut);
			expect_plausible(f->file, f->parser, &parsed);
		}
	}
}

/* Feeds the wire from the echo on; the reply is used only when framing calls it whole. */
static enum framing_event feed(struct framing *framing, const char *bytes, size_t length)
{
	enum framing_event last = FRAMING_MORE;

	for (size_t i = 0; i < length; i++) {
		enum framing_event event = framing_byte(framing, bytes[i]);

		if (event == FRAMING_CLOSED || event == FRAMING_OVERFLOW)
			last = event;
	}
	return last;
}

static void test_cut_wire(void **state)
{
	static struct framing framing;
	char echo[64];

	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		const struct fixture *f = &files[i];

		load(f->file);
		wire_echo(wire, echo, sizeof echo);
		framing_init(&framing);
		framing_expect(&framing, echo);
		if (feed(&framing, wire, wire_length - 1) != FRAMING_MORE)
			fail_msg("%s ended early", f->file);
		assert_int_equal(feed(&framing, wire + wire_length - 1, 1), FRAMING_CLOSED);
		assert_int_equal(framing.verdict, FRAMING_OK);
		assert_int_equal(parse(f->parser, framing.body, f->address, &parsed, &fault),
		                 f->result);
		if (f->result == REPLY_OK)
			expect_values(f->file, f->parser, &parsed, f->expected);
	}
}

static void expect_harmless(const struct fixture *f, const char *text)
{
	if (parse(f->parser, text, f->address, &parsed, &fault) == REPLY_OK)
		expect_plausible(f->file, f->parser, &parsed);
	else
		assert_int_not_equal(fault.result, REPLY_OK);
}

/* Every bit of every byte turned over, every byte lost, every byte twice. */
static void test_damaged_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		size_t length;

		load(files[i].file);
		length = strlen(body);
		for (size_t at = 0; at < length; at++) {
			memcpy(changed, body, length + 1);
			for (int bit = 0; bit < 8; bit++) {
				changed[at] = (char)(body[at] ^ 1 << bit);
				expect_harmless(&files[i], changed);
			}
			memcpy(changed + at, body + at + 1, length - at);
			expect_harmless(&files[i], changed);
			memcpy(changed + at, body + at, 1);
			memcpy(changed + at + 1, body + at, length - at + 1);
			expect_harmless(&files[i], changed);
		}
	}
}

/* The same on the wire, one bit of each byte: framing and parser together. */
static void test_damaged_wire(void **state)
{
	static struct framing framing;
	char echo[64];

	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		load(files[i].file);
		wire_echo(wire, echo, sizeof echo);
		for (size_t at = 0; at < wire_length; at++) {
			wire[at] = (char)(wire[at] ^ 1 << at % 8);
			framing_init(&framing);
			framing_expect(&framing, echo);
			if (feed(&framing, wire, wire_length) == FRAMING_CLOSED &&
			    framing.verdict == FRAMING_OK)
				expect_harmless(&files[i], framing.body);
			wire[at] = (char)(wire[at] ^ 1 << at % 8);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_body),
		cmocka_unit_test(test_cut_wire),
		cmocka_unit_test(test_damaged_bytes),
		cmocka_unit_test(test_damaged_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
