#include "core/console/framing.h"

#include "core/base/text.h"

#include <string.h>

/* The spelling is the console's. */
static const char completed_line[] = "Command completed successfully";

struct refusal {
	const char *line;
	bool whole; /* else only its beginning */
	enum framing_verdict verdict;
};

static const struct refusal refusals[] = {
	{ "Unknown command '", false, FRAMING_UNKNOWN },
	{ "Invalid command or fail to excute.", true, FRAMING_INVALID },
	{ "Command completed unccessfully", true, FRAMING_FAILED },
	{ "This version do not support this command!", true, FRAMING_UNSUPPORTED },
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

static const struct refusal *find_refusal(const char *line)
{
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		const struct refusal *r = &refusals[i];

		if (r->whole ? strcmp(line, r->line) == 0
		             : strncmp(line, r->line, strlen(r->line)) == 0)
			return r;
	}
	return NULL;
}

/* Takes trailing blanks off and terminates the line. */
static void trim_line(struct framing *f)
{
	while (f->line_length > 0 &&
	       (f->line[f->line_length - 1] == ' ' || f->line[f->line_length - 1] == '\t'))
		f->line_length--;
	f->line[f->line_length] = '\0';
}

/* Cuts "completed" off the line. Some consoles end the last row before it with CR alone. */
static bool cut_completed(struct framing *f)
{
	const size_t length = sizeof completed_line - 1;

	if (f->line_length < length ||
	    strcmp(f->line + f->line_length - length, completed_line) != 0)
		return false;
	f->line_length -= length;
	trim_line(f);
	return true;
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
	const struct refusal *refusal = find_refusal(f->line);

	if (f->body_length == 0 && strcmp(f->line, "@") == 0)
		return FRAMING_MORE;
	if (strcmp(f->line, "$$") == 0) {
		f->dollars = true;
		return FRAMING_MORE;
	}
	if (f->completed || f->dollars) /* two replies have run into each other */
		f->dirty = true;
	if (cut_completed(f))
		f->completed = true;
	if (refusal) {
		f->refused = true;
		f->verdict = refusal->verdict;
	}
	return f->line_length > 0 ? add_to_body(f) : FRAMING_MORE;
}

static enum framing_event end_line(struct framing *f)
{
	enum framing_event event = FRAMING_MORE;

	trim_line(f);
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

static bool is_text(uint8_t byte)
{
	return byte == '\t' || (byte >= 0x20 && byte <= 0x7e);
}

/* Most bytes: those of a line that end nothing and fit into it go there at once. Returns how many. */
static size_t take_text(struct framing *f, const uint8_t *bytes, size_t length)
{
	size_t room = sizeof f->line - 1 - f->line_length, run = 0;

	if (length > room)
		length = room;
	while (run < length && bytes[run] != '>' && is_text(bytes[run]))
		run++;
	memcpy(f->line + f->line_length, bytes, run);
	f->line_length += run;
	return run;
}

static enum framing_event take_byte(struct framing *f, uint8_t byte)
{
	if (byte == '\r')
		return FRAMING_MORE;
	if (byte == '\n')
		return end_line(f);
	if (!is_text(byte)) {
		f->not_text++;
		f->dirty = f->dirty || f->echoed;
		return FRAMING_MORE;
	}
	if (byte == '>' && is_word(f->line, f->line_length))
		return take_prompt(f);
	return add_to_line(f, (char)byte);
}

enum framing_event framing_feed(struct framing *f, const uint8_t *bytes, size_t *length)
{
	enum framing_event event = FRAMING_MORE;
	size_t taken = 0;

	while (taken < *length && event == FRAMING_MORE) {
		taken += take_text(f, bytes + taken, *length - taken);
		if (taken < *length)
			event = take_byte(f, bytes[taken++]);
	}
	*length = taken;
	return event;
}

bool framing_debug_prompt(const struct framing *f)
{
	static const char suffix[] = "_debug";
	size_t length = strlen(f->prompt);

	return length >= sizeof suffix - 1 &&
	       strcmp(f->prompt + length - (sizeof suffix - 1), suffix) == 0;
}
