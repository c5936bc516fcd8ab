#include "core/base/text.h"

#include <string.h>

struct text text_in(char *buffer, size_t size)
{
	buffer[0] = '\0';
	return (struct text){ .at = buffer, .size = size, .used = 0 };
}

void text_chars(struct text *t, const char *s, size_t length)
{
	size_t room = t->size - t->used - 1;

	if (length > room)
		length = room;
	memcpy(t->at + t->used, s, length);
	t->used += length;
	t->at[t->used] = '\0';
}

void text_str(struct text *t, const char *s)
{
	text_chars(t, s, strlen(s));
}

/* At least `width` digits, with zeros in front. */
static void put_digits(struct text *t, uint64_t n, unsigned base, int width)
{
	char digits[20]; /* UINT64_MAX in decimal */
	size_t first = sizeof digits;

	do {
		digits[--first] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n > 0 || (int)(sizeof digits - first) < width);
	text_chars(t, digits + first, sizeof digits - first);
}

/* In unsigned arithmetic, because INT64_MIN has no positive twin. */
static uint64_t magnitude(int64_t n)
{
	return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

void text_int(struct text *t, int64_t n)
{
	if (n < 0)
		text_str(t, "-");
	put_digits(t, magnitude(n), 10, 1);
}

void text_milli(struct text *t, int64_t value, int decimals)
{
	static const unsigned power[] = { 1, 10, 100, 1000 };
	unsigned dropped = power[3 - decimals];
	uint64_t rounded = (magnitude(value) + dropped / 2) / dropped;

	if (value < 0 && rounded > 0) /* no "-0.0" */
		text_str(t, "-");
	put_digits(t, rounded / power[decimals], 10, 1);
	if (decimals != 0) {
		text_str(t, ".");
		put_digits(t, rounded % power[decimals], 10, decimals);
	}
}

void text_hex(struct text *t, uint32_t n)
{
	text_str(t, "0x");
	put_digits(t, n, 16, 1);
}

void text_copy(char *to, size_t size, const char *from)
{
	struct text t = text_in(to, size);

	text_str(&t, from);
}
