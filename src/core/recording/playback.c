#include "core/recording/playback.h"

#include "core/base/number.h"

#include <string.h>

void playback_init(struct playback *p, const struct tape_piece *piece, int pieces, bool fast)
{
	*p = (struct playback){ .piece = piece, .pieces = pieces, .fast = fast, .next = pieces };
}

/* The answer that begins at piece `first`, which was due at `began_ms` of the recording. */
static void answer(struct playback *p, int first, int64_t began_ms, int64_t now_ms)
{
	p->next = p->cursor = first;
	p->given = 0;
	p->shift_ms = now_ms - began_ms;
}

void playback_open(struct playback *p, int32_t speed_baud, int64_t now_ms)
{
	p->speed_baud = speed_baud;
	answer(p, 0, 0, now_ms);
}

void playback_set_speed(struct playback *p, int32_t speed_baud)
{
	p->speed_baud = speed_baud;
}

static bool is_sent(const struct playback *p, int i, const char *bytes, size_t length)
{
	const struct tape_piece *piece = &p->piece[i];

	return piece->kind == TAPE_SENT && piece->speed_baud == p->speed_baud && piece->length == length &&
	       memcmp(piece->bytes, bytes, length) == 0;
}

void playback_send(struct playback *p, const char *bytes, size_t length, int64_t now_ms)
{
	for (int i = 0; i < p->pieces; i++) {
		int at = (p->cursor + i) % p->pieces;

		if (is_sent(p, at, bytes, length)) {
			answer(p, at + 1, p->piece[at].at_ms, now_ms);
			return;
		}
	}
	p->next = p->pieces;
}

/* The next piece that comes without another command, or NULL. */
static const struct tape_piece *coming(const struct playback *p)
{
	return p->next < p->pieces && p->piece[p->next].kind == TAPE_CAME ? &p->piece[p->next] : NULL;
}

int64_t playback_deadline(const struct playback *p)
{
	const struct tape_piece *piece = coming(p);

	if (piece == NULL)
		return INT64_MAX;
	return p->fast ? INT64_MIN : piece->at_ms + p->shift_ms;
}

size_t playback_read(struct playback *p, char *buffer, size_t size, int64_t now_ms)
{
	size_t used = 0;

	while (used < size) {
		const struct tape_piece *piece = coming(p);
		size_t count;

		if (piece == NULL || playback_deadline(p) > now_ms)
			break;
		count = (size_t)number_min((int64_t)(piece->length - p->given), (int64_t)(size - used));

		memcpy(buffer + used, piece->bytes + p->given, count);
		used += count;
		p->given += count;
		if (p->given == piece->length) {
			p->next++;
			p->given = 0;
		}
	}
	return used;
}

int32_t playback_answered_baud(const struct playback *p)
{
	int32_t baud = 0;

	for (int i = 1; i < p->pieces; i++)
		if (p->piece[i].kind == TAPE_CAME && p->piece[i - 1].kind == TAPE_SENT &&
		    p->piece[i - 1].length > 1)
			baud = p->piece[i].speed_baud;
	return baud;
}
