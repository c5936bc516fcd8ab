#include "core/framing.h"

#include "core/text.h"

#include <string.h>

/* The line that ends a reply: whole, or its beginning. The spelling is the console's. */
struct ending {
	const char *line;
	bool whole;
	enum framing_verdict verdict;
};

static const struct ending endings[] = {
	{ "Command completed successfully", true, FRAMING_OK },
	{ "Command completed unccessfully", true, FRAMING_FAILED },
	{ "Invalid command or fail to excute.", true, FRAMING_INVALID },
	{ "This version do not support this command!", true, FRAMING_UNSUPPORTED },
	{ "Unknown command '", false, FRAMING_UNKNOWN },
};

void framing_init(struct framing *f)
{
	memset(f, 0, sizeof *f);
}

static void drop_line(struct framing *f)
{
	f->stray += (uint32_t)f->line_length;
	f->line_length = 0;
}

static void clear_reply(struct framing *f)
{
	f->body[0] = '\0';
	f->body_length = 0;
	f->verdict = FRAMING_DAMAGED;
	f->echoed = f->dollars = f->completed = f->refused = f->dirty = false;
}

void framing_expect(struct framing *f, const char *echo)
{
	drop_line(f);
	clear_reply(f);
	text_copy(f->echo, sizeof f->echo, echo);
}

/* Nothing is awaited any more; body and verdict stay. */
static enum framing_event finish(struct framing *f, enum framing_event event)
{
	f->echo[0] = '\0';
	f->echoed = false;
	return event;
}

/* The accepting `@` sticks to an echo that was ended by CR alone, or whose LF was lost. */
static bool is_echo(const struct framing *f)
{
	size_t length = strlen(f->echo);

	if (length == 0 || strncmp(f->line, f->echo, length) != 0)
		return false;
	return f->line[length] == '\0' || strcmp(f->line + length, "@") == 0;
}

static const struct ending *find_ending(const char *line)
{
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		const struct ending *e = &endings[i];

		if (e->whole ? strcmp(line, e->line) == 0
		             : strncmp(line, e->line, strlen(e->line)) == 0)
			return e;
	}
	return NULL;
}

static enum framing_event add_to_body(struct framing *f)
{
	if (f->body_length + f->line_length + 2 > sizeof f->body)
		return finish(f, FRAMING_OVERFLOW);
	memcpy(f->body + f->body_length, f->line, f->line_length);
	f->body_length += f->line_length;
	f->body[f->body_length++] = '\n';
	f->body[f->body_length] = '\0';
	return FRAMING_MORE;
}

/* A line, not blank, that came after the echo. */
static enum framing_event take_line(struct framing *f)
{
	const struct ending *ending = find_ending(f->line);

	if (f->body_length == 0 && strcmp(f->line, "@") == 0)
		return FRAMING_MORE;
	if (strcmp(f->line, "$$") == 0) {
		f->dollars = true;
		return FRAMING_MORE;
	}
	if (f->completed || f->dollars) /* two replies have run into each other */
		f->dirty = true;
	if (ending && ending->verdict == FRAMING_OK) {
		f->completed = true;
		return FRAMING_MORE;
	}
	if (ending) {
		f->refused = true;
		f->verdict = ending->verdict;
	}
	return add_to_body(f);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static enum framing_event end_line(struct framing *f)
{
	enum framing_event event = FRAMING_MORE;

	while (f->line_length > 0 && is_blank(f->line[f->line_length - 1]))
		f->line_length--;
	f->line[f->line_length] = '\0';
	if (is_echo(f)) {
		clear_reply(f);
		f->echoed = true;
	} else if (!f->echoed) {
		drop_line(f);
	} else if (f->line_length > 0) {
		event = take_line(f);
	}
	f->line_length = 0;
	return event;
}

static bool is_word(const char *s, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char lower = (char)(s[i] | 0x20);

		if (s[i] != '_' && (lower < 'a' || lower > 'z'))
			return false;
	}
	return length > 0 && length < FRAMING_PROMPT_MAX;
}

static enum framing_verdict judge(const struct framing *f)
{
	if (!f->dollars || f->dirty || f->completed == f->refused)
		return FRAMING_DAMAGED;
	return f->completed ? FRAMING_OK : f->verdict;
}

static enum framing_event take_prompt(struct framing *f)
{
	memcpy(f->prompt, f->line, f->line_length);
	f->prompt[f->line_length] = '\0';
	f->line_length = 0;
	if (!f->echoed)
		return FRAMING_PROMPT;
	f->verdict = judge(f);
	return finish(f, FRAMING_CLOSED);
}

/* A full line goes on being dropped until its end, unless it belongs to the reply. */
static enum framing_event add_to_line(struct framing *f, char c)
{
	if (f->line_length + 1 < sizeof f->line) {
		f->line[f->line_length++] = c;
		return FRAMING_MORE;
	}
	f->stray++;
	return f->echoed ? finish(f, FRAMING_OVERFLOW) : FRAMING_MORE;
}

enum framing_event framing_feed(struct framing *f, uint8_t byte)
{
	if (byte == '\r')
		return FRAMING_MORE;
	if (byte == '\n')
		return end_line(f);
	if (byte != '\t' && (byte < 0x20 || byte > 0x7e)) {
		f->not_text++;
		f->dirty = f->dirty || f->echoed;
		return FRAMING_MORE;
	}
	if (byte == '>' && is_word(f->line, f->line_length))
		return take_prompt(f);
	return add_to_line(f, (char)byte);
}

bool framing_debug_prompt(const struct framing *f)
{
	static const char suffix[] = "_debug";
	size_t length = strlen(f->prompt);

	return length >= sizeof suffix - 1 &&
	       strcmp(f->prompt + length - (sizeof suffix - 1), suffix) == 0;
}
