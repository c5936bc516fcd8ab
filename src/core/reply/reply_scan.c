#include "core/reply/reply_scan.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static struct reply_span trimmed(struct reply_span span)
{
	while (span.length > 0 && is_blank(span.at[0])) {
		span.at++;
		span.length--;
	}
	while (span.length > 0 && is_blank(span.at[span.length - 1]))
		span.length--;
	return span;
}

static struct reply_span from(struct reply_span span, size_t offset)
{
	return (struct reply_span){ span.at + offset, span.length - offset };
}

struct reply_span reply_scan_of(const char *text)
{
	return (struct reply_span){ text, strlen(text) };
}

bool reply_scan_is_text(const char *body, int *row)
{
	*row = 1;
	for (; *body != '\0'; body++) {
		if (*body == '\n')
			++*row;
		else if (*body != '\t' && (*body < ' ' || *body > '~'))
			return false;
	}
	return true;
}

bool reply_scan_line(struct reply_lines *lines, struct reply_span *line)
{
	while (*lines->rest != '\0') {
		size_t length = strcspn(lines->rest, "\n");

		*line = trimmed((struct reply_span){ lines->rest, length });
		lines->rest += length;
		lines->rest += *lines->rest == '\n';
		lines->row++;
		if (line->length > 0)
			return true;
	}
	return false;
}

bool reply_scan_label(struct reply_span line, struct reply_span *label, struct reply_span *value)
{
	const char *colon = memchr(line.at, ':', line.length);
	size_t before;

	if (colon == NULL)
		return false;
	before = (size_t)(colon - line.at);
	*label = trimmed((struct reply_span){ line.at, before });
	*value = trimmed(from(line, before + 1));
	return label->length > 0;
}

bool reply_scan_token(struct reply_tokens *tokens, struct reply_span *token)
{
	size_t length = 0;

	tokens->rest = trimmed(tokens->rest);
	if (tokens->rest.length == 0 &&
	    (tokens->more == NULL || !reply_scan_line(tokens->more, &tokens->rest)))
		return false;
	while (length < tokens->rest.length && !is_blank(tokens->rest.at[length]))
		length++;
	*token = (struct reply_span){ tokens->rest.at, length };
	tokens->rest = from(tokens->rest, length);
	return true;
}

bool reply_scan_finished(const struct reply_tokens *tokens)
{
	return trimmed(tokens->rest).length == 0;
}

bool reply_scan_is(struct reply_span span, const char *text)
{
	return span.length == strlen(text) && memcmp(span.at, text, span.length) == 0;
}

bool reply_scan_starts(struct reply_span span, const char *text)
{
	size_t length = strlen(text);

	return span.length >= length && memcmp(span.at, text, length) == 0;
}

bool reply_scan_any(struct reply_span span, const char *const *texts)
{
	for (; *texts != NULL; texts++)
		if (reply_scan_is(span, *texts))
			return true;
	return false;
}

bool reply_scan_dashes(struct reply_span line)
{
	for (size_t i = 0; i < line.length; i++)
		if (line.at[i] != '-')
			return false;
	return line.length >= 2;
}

/* Reads up to `most` digits at the start; gives their number, 0 when there are none or more. */
static size_t leading_digits(struct reply_span span, size_t most, int32_t *value)
{
	size_t count = 0;

	*value = 0;
	while (count < span.length && is_digit(span.at[count])) {
		if (count == most)
			return 0;
		*value = *value * 10 + (span.at[count] - '0');
		count++;
	}
	return count;
}

bool reply_scan_integer(struct reply_span span, int32_t *value)
{
	bool negative = span.length > 0 && span.at[0] == '-';
	struct reply_span digits = from(span, negative);
	size_t count = leading_digits(digits, REPLY_DIGITS_MAX, value);

	if (negative)
		*value = -*value;
	return count > 0 && count == digits.length;
}

/* Takes the unit behind a number: what is glued to it, else the next token. */
static bool take_unit(struct reply_tokens *tokens, struct reply_span glued, const char *unit,
                      int32_t *value)
{
	struct reply_span token = glued;

	if (unit == NULL)
		return glued.length == 0;
	if (glued.length == 0 && !reply_scan_token(tokens, &token))
		return false;
	if (strcmp(unit, "mAH") == 0 && reply_scan_is(token, "mAS")) {
		*value /= 3600;
		return true;
	}
	return reply_scan_is(token, unit);
}

bool reply_scan_amount(struct reply_tokens *tokens, struct reply_span first, const char *unit,
                       size_t digits, int32_t *value)
{
	bool negative = first.length > 0 && first.at[0] == '-';
	struct reply_span number = from(first, negative);
	size_t count = leading_digits(number, digits, value);

	if (negative)
		*value = -*value;
	return count > 0 && take_unit(tokens, from(number, count), unit, value);
}

static bool hex_digit(char c, uint32_t *digit)
{
	if (is_digit(c))
		*digit = (uint32_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*digit = (uint32_t)(c - 'a') + 10;
	else if (c >= 'A' && c <= 'F')
		*digit = (uint32_t)(c - 'A') + 10;
	else
		return false;
	return true;
}

bool reply_scan_hex(struct reply_span span, uint32_t *value)
{
	if (span.length < 3 || span.length > 10 || !reply_scan_starts(span, "0x"))
		return false;
	*value = 0;
	for (size_t i = 2; i < span.length; i++) {
		uint32_t digit;

		if (!hex_digit(span.at[i], &digit))
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

bool reply_scan_word(struct reply_span span)
{
	if (span.length == 0 || !is_letter(span.at[0]) || !is_letter(span.at[span.length - 1]))
		return false;
	for (size_t i = 1; i + 1 < span.length; i++)
		if (!is_letter(span.at[i]) && span.at[i] != '_' && span.at[i] != '.')
			return false;
	return true;
}

/* `pattern` has a `d` for every digit. */
static bool has_pattern(struct reply_span span, const char *pattern)
{
	if (span.length != strlen(pattern))
		return false;
	for (size_t i = 0; i < span.length; i++)
		if (pattern[i] == 'd' ? !is_digit(span.at[i]) : span.at[i] != pattern[i])
			return false;
	return true;
}

bool reply_scan_time(struct reply_span date, struct reply_span clock)
{
	return has_pattern(date, "dddd-dd-dd") && has_pattern(clock, "dd:dd:dd");
}

/* Takes `51.2V` off the front of `span`, in thousandths. */
static bool take_decimal(struct reply_span *span, const char *unit, int32_t *milli)
{
	static const int32_t scale[] = { 1000, 100, 10, 1 };
	int32_t fraction = 0;
	size_t places = 0;
	size_t count = leading_digits(*span, 4, milli);

	if (count == 0)
		return false;
	*span = from(*span, count);
	if (reply_scan_starts(*span, ".")) {
		*span = from(*span, 1);
		places = leading_digits(*span, 3, &fraction);
		if (places == 0)
			return false;
		*span = from(*span, places);
	}
	*milli = *milli * 1000 + fraction * scale[places];
	if (!reply_scan_starts(*span, unit))
		return false;
	*span = from(*span, strlen(unit));
	return true;
}

bool reply_scan_specification(struct reply_span span, int32_t *mv, int32_t *mah)
{
	return take_decimal(&span, "V/", mv) && take_decimal(&span, "AH", mah) && span.length == 0;
}

void reply_scan_copy(char *to, size_t size, struct reply_span span)
{
	size_t length = span.length < size ? span.length : size - 1;

	memcpy(to, span.at, length);
	to[length] = '\0';
}
