#include "core/recording/tape.h"

#include "core/base/text.h"

#include <string.h>

#define SPEED_MOST_BAUD 4000000

static const char marks[] = { [TAPE_REMARK] = '#', [TAPE_SPEED] = '=', [TAPE_SENT] = '>', [TAPE_CAME] = '<' };
static const char hex[] = "0123456789abcdef";

/* ---- Writing ---- */

static void put_byte(struct text *t, char c, bool last)
{
	unsigned value = (unsigned char)c;

	if (c == '\r')
		text_str(t, "\\r");
	else if (c == '\n')
		text_str(t, "\\n");
	else if (c == '\\')
		text_str(t, "\\\\");
	else if (value < 0x20 || value > 0x7e || (c == ' ' && last)) { /* mail programs cut blanks at the end */
		const char escape[] = { '\\', 'x', hex[value >> 4], hex[value & 15] };

		text_chars(t, escape, sizeof escape);
	} else
		text_chars(t, &c, 1);
}

void tape_write(const struct tape_piece *piece, char *out)
{
	struct text t = text_in(out, TAPE_LINE_MAX);

	text_int(&t, piece->at_ms);
	text_str(&t, " ");
	text_chars(&t, &marks[piece->kind], 1);
	text_str(&t, " ");
	if (piece->kind == TAPE_SPEED)
		text_int(&t, piece->speed_baud);
	for (size_t i = 0; i < piece->length; i++)
		put_byte(&t, piece->bytes[i], i + 1 == piece->length);
}

/* ---- Reading ---- */

/* Digits up to `most`. Returns what follows them, or NULL. */
static char *take_number(char *at, int64_t most, int64_t *value)
{
	char *first = at;

	for (*value = 0; *at >= '0' && *at <= '9'; at++) {
		*value = *value * 10 + (*at - '0');
		if (*value > most)
			return NULL;
	}
	return at > first ? at : NULL;
}

static int hex_digit(char c)
{
	const char *found = c != '\0' ? strchr(hex, c) : NULL;

	return found ? (int)(found - hex) : -1;
}

/* What an escape (behind its backslash) stands for. Returns its length, or 0. */
static size_t take_escape(const char *at, char *out)
{
	static const char letters[] = "rn\\", values[] = "\r\n\\";
	const char *letter = *at != '\0' ? strchr(letters, *at) : NULL;

	if (letter) {
		*out = values[letter - letters];
		return 1;
	}
	if (*at != 'x' || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
		return 0;
	*out = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
	return 3;
}

static bool decode(char *at, struct tape_piece *piece)
{
	char *to = at;

	piece->bytes = at;
	while (*at != '\0') {
		size_t length;

		if (*at != '\\') {
			*to++ = *at++;
			continue;
		}
		length = take_escape(at + 1, to);
		if (length == 0)
			return false;
		at += 1 + length;
		to++;
	}
	piece->length = (size_t)(to - piece->bytes);
	return piece->length > 0 && piece->length <= TAPE_BYTES_MAX;
}

static bool take_speed(char *at, struct tape_piece *piece)
{
	int64_t speed;
	char *end = take_number(at, SPEED_MOST_BAUD, &speed);

	piece->kind = TAPE_SPEED;
	piece->speed_baud = (int32_t)speed;
	return end != NULL && *end == '\0' && speed > 0;
}

bool tape_read(char *line, struct tape_piece *piece)
{
	char *at;

	*piece = (struct tape_piece){ .kind = TAPE_REMARK };
	if (line[0] == marks[TAPE_REMARK] || line[0] == '\0')
		return true;
	at = take_number(line, TAPE_MOST_MS, &piece->at_ms);
	if (at == NULL || at[0] != ' ' || at[1] == '\0' || at[2] != ' ')
		return false;
	if (at[1] == marks[TAPE_SPEED])
		return take_speed(at + 3, piece);
	piece->kind = at[1] == marks[TAPE_SENT] ? TAPE_SENT : TAPE_CAME;
	return (at[1] == marks[TAPE_SENT] || at[1] == marks[TAPE_CAME]) && decode(at + 3, piece);
}
