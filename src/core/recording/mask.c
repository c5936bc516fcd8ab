#include "core/recording/mask.h"

#include <stdbool.h>
#include <string.h>

#define WORD_MIN 10 /* a shorter one is a name, a version or a value */
#define KEPT 3

/* What stands before the colon, in lower case: of a number that names one piece of hardware, and of what may look
 * like one but names a model. NULL ends. */
static const char *const serials[] = { "barcode", "bar code", "board id", "serial", "serial number", "serial no", "sn",
	                               NULL };
static const char *const models[] = { "version", "name", "type", NULL };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + ('a' - 'A'));
	return c;
}

static bool is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool looks_like_serial(const char *word, size_t length)
{
	bool letter = false;

	for (size_t i = 0; i < length; i++) {
		if (letter && is_digit(word[i]))
			return length >= WORD_MIN;
		letter |= is_letter(word[i]);
	}
	return false;
}

/* Whether the bytes up to `end` close with the label. */
static bool closes_with(const char *bytes, size_t end, const char *label)
{
	size_t length = strlen(label);

	if (length > end || (length < end && is_letter(bytes[end - length - 1])))
		return false;
	for (size_t i = 0; i < length; i++)
		if (lower(bytes[end - length + i]) != label[i])
			return false;
	return true;
}

/* Whether a word that starts at `at` stands behind a colon and one of the labels. */
static bool is_labelled(const char *bytes, size_t at, const char *const *labels)
{
	while (at > 0 && bytes[at - 1] == ' ')
		at--;
	if (at == 0 || bytes[at - 1] != ':')
		return false;
	at--;
	while (at > 0 && (bytes[at - 1] == ' ' || bytes[at - 1] == '.'))
		at--;
	for (; *labels; labels++)
		if (closes_with(bytes, at, *labels))
			return true;
	return false;
}

static bool is_serial(const char *bytes, size_t at, size_t end)
{
	return is_labelled(bytes, at, serials) ||
	       (looks_like_serial(bytes + at, end - at) && !is_labelled(bytes, at, models));
}

static void mask_word(char *word, size_t length, int address)
{
	size_t kept = length > KEPT + 2 ? KEPT : 0;

	memset(word + kept, 'x', length - kept);
	if (kept > 0) {
		word[length - 2] = (char)('0' + address / 10 % 10);
		word[length - 1] = (char)('0' + address % 10);
	}
}

void mask_serials(char *bytes, size_t length, int address)
{
	for (size_t at = 0, end; at < length; at = end + 1) {
		for (end = at; end < length && (is_digit(bytes[end]) || is_letter(bytes[end])); end++)
			;
		if (end > at && is_serial(bytes, at, end))
			mask_word(bytes + at, end - at, address);
	}
}
