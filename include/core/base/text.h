/* text: builds short sentences in a caller's buffer, always terminated, cut when full.
 *
 * The core formats reasons and log lines with it, because it may not include an I/O header. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *at;    /* the caller's buffer */
	size_t size; /* its size in bytes, the terminator included; at least 1 */
	size_t used; /* characters written, without the terminator */
};

/* Starts an empty text in `buffer`. The buffer stays the caller's. */
struct text text_in(char *buffer, size_t size);

void text_str(struct text *t, const char *s);
void text_chars(struct text *t, const char *s, size_t length);
void text_int(struct text *t, int64_t n);

/* `value` in thousandths with `decimals` (0..3) digits behind the point, rounded half away from
 * zero: text_milli(t, 3050, 1) writes "3.1". */
void text_milli(struct text *t, int64_t value, int decimals);

/* "0x" and lower-case hexadecimal without leading zeros. */
void text_hex(struct text *t, uint32_t n);

/* Copies `from` into a buffer of `size` bytes, cut when it does not fit, always terminated. */
void text_copy(char *to, size_t size, const char *from);

#endif
