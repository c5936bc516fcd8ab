/* reply_scan: the body of a reply -> lines, labels, tokens, and the strict shapes of values.
 *
 * Spans point into the body, which must outlive them. Blanks are space and tab. */
#ifndef CORE_REPLY_SCAN_H
#define CORE_REPLY_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_DIGITS_MAX 9 /* digits of a number: always fits 32 bits */

/* A part of the body, not terminated. */
struct reply_span {
	const char *at;
	size_t length;
};

/* How far the body has been read. */
struct reply_lines {
	const char *rest;
	int row; /* number of the last line given, from 1 */
};

/* What is left of a value or a row. With `more`, tokens go on in the next line (Pytes V5 splits its
 * rows); without, the line's end is the end. */
struct reply_tokens {
	struct reply_span rest;
	struct reply_lines *more;
};

struct reply_span reply_scan_of(const char *text);

/* Whether the body is all printable ASCII, tabs and LFs; `row` gets the line that is not. */
bool reply_scan_is_text(const char *body, int *row);

/* The next line that is not blank, without the blanks around it; false at the end. */
bool reply_scan_line(struct reply_lines *lines, struct reply_span *line);

/* Splits at the first colon; false without one or with nothing before it. `value` may be empty. */
bool reply_scan_label(struct reply_span line, struct reply_span *label, struct reply_span *value);

/* The next token, false at the end. */
bool reply_scan_token(struct reply_tokens *tokens, struct reply_span *token);

/* Whether nothing is left of the line. */
bool reply_scan_finished(const struct reply_tokens *tokens);

bool reply_scan_is(struct reply_span span, const char *text);
bool reply_scan_starts(struct reply_span span, const char *text);
bool reply_scan_any(struct reply_span span, const char *const *texts); /* a list ended by NULL */
bool reply_scan_dashes(struct reply_span line); /* a ruler: two or more `-`, nothing else */

/* Optional `-`, 1..REPLY_DIGITS_MAX digits, nothing else. */
bool reply_scan_integer(struct reply_span span, int32_t *value);

/* A number of at most `digits` digits with its unit, glued to it or as the next token; without a
 * `unit` (NULL) the number alone. Where mAH are due, mAS are converted: Pytes V5 counts in them. */
bool reply_scan_amount(struct reply_tokens *tokens, struct reply_span first, const char *unit,
                       size_t digits, int32_t *value);

/* `0x` and 1..8 hexadecimal digits. */
bool reply_scan_hex(struct reply_span span, uint32_t *value);

/* Letters; `_` and `.` inside. */
bool reply_scan_word(struct reply_span span);

/* `YYYY-MM-DD` and `hh:mm:ss`: digits and separators in their places. */
bool reply_scan_time(struct reply_span date, struct reply_span clock);

/* `48V/50AH`, `51.2V/100AH` in thousandths. */
bool reply_scan_specification(struct reply_span span, int32_t *mv, int32_t *mah);

/* Copies into a buffer of `size` bytes, cut when it does not fit, always terminated. */
void reply_scan_copy(char *to, size_t size, struct reply_span span);

#endif
