/* framing: bytes of the console -> echo, body, end, error, prompt, stray.
 *
 * It knows how a reply is wrapped, and nothing of what a line means. CR is dropped, LF ends a line,
 * the prompt is `<word>>` at the start of a line without an end (console.md, "Bytes"):
 *
 *   bat 1\n                                   the echo: only after it lines belong to the reply
 *   \r@\r\r\n                                 accepted
 *   0        3379 ... \r\r\n                  the body
 *   Command completed successfully\r\n\r      or one of four errors
 *   $$\r\n\rpylon>                            the end
 *
 * Whatever comes before the echo is stray: the rest of an earlier reply, an old prompt, another
 * program's. A prompt without the echo before it only says that the console is there. The echo once
 * more starts the reply anew. Some consoles end the echo with CR alone (`info 9\r@`), or the last row
 * (`...\r\rCommand completed successfully`). */
#ifndef CORE_FRAMING_H
#define CORE_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMING_BODY_MAX 12288 /* the longest captured reply, of a high-voltage relative, has 9.9 kB */
#define FRAMING_LINE_MAX 256
#define FRAMING_PROMPT_MAX 24

enum framing_event {
	FRAMING_MORE,    /* nothing to report yet */
	FRAMING_PROMPT,  /* a prompt that ends no reply of ours */
	FRAMING_CLOSED,  /* the prompt after the echo: see `verdict` */
	FRAMING_OVERFLOW /* a body, or a line of it, without end; the rest is not looked at */
};

enum framing_verdict {
	FRAMING_OK,      /* whole: echo, "Command completed successfully", `$$`, prompt */
	FRAMING_DAMAGED, /* the prompt came, but a part of the wrapping is missing, or a byte is not text,
	                  * or a line stands between "completed" and the prompt */
	/* The console's own refusals, whole as well: */
	FRAMING_UNKNOWN,     /* Unknown command 'x' */
	FRAMING_INVALID,     /* Invalid command or fail to excute. */
	FRAMING_FAILED,      /* Command completed unccessfully */
	FRAMING_UNSUPPORTED  /* This version do not support this command! */
};

struct framing {
	char echo[FRAMING_LINE_MAX]; /* what to wait for; empty: nothing is awaited */
	char line[FRAMING_LINE_MAX];
	size_t line_length;
	/* Lines ended by LF; without CR, trailing blanks, blank lines, `@`, "completed" and `$$`. The
	 * lines of a refusal are in it. */
	char body[FRAMING_BODY_MAX];
	size_t body_length;
	char prompt[FRAMING_PROMPT_MAX]; /* the last prompt's word, without '>' */
	enum framing_verdict verdict;    /* valid after FRAMING_CLOSED */
	bool echoed;
	bool dollars;
	bool completed;
	bool refused;
	bool dirty;        /* a byte that is no text, or a line behind the end, came since the echo */
	uint32_t not_text; /* bytes that are no text, ever: a wrong speed or a level fault */
	uint32_t stray;    /* characters of lines dropped because no echo stood before them, ever */
};

void framing_init(struct framing *f);

/* From now on the reply to `echo` (terminated, shorter than FRAMING_LINE_MAX) is awaited;
 * "" awaits nothing, prompts are still reported. Forgets what has come so far, but for `prompt` and
 * the counts. */
void framing_expect(struct framing *f, const char *echo);

/* Takes bytes up to the first event. `length`: how many there are, and then how many were taken: all of them with
 * FRAMING_MORE. After FRAMING_CLOSED or FRAMING_OVERFLOW nothing is awaited any more; `body` (terminated) and
 * `verdict` stay as they are until the next framing_expect. */
enum framing_event framing_feed(struct framing *f, const uint8_t *bytes, size_t *length);

/* Whether the last prompt was that of the debug mode (`..._debug>`). */
bool framing_debug_prompt(const struct framing *f);

#endif
