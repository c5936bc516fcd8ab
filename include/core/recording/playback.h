/* playback: a recording in the place of a console: which bytes come when, after a command was sent.
 *
 * A command gets what followed the next piece of the recording in which the same bytes were sent at the same speed;
 * behind the last one it begins again. What was never asked gets no answer, as from a dead console. */
#ifndef CORE_PLAYBACK_H
#define CORE_PLAYBACK_H

#include "core/recording/tape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct playback {
	const struct tape_piece *piece; /* the caller's: what was sent and what came */
	int pieces;
	bool fast;          /* answers come at once instead of at their recorded times */
	int32_t speed_baud; /* the port's now */
	int cursor;         /* where the next command is looked for first */
	int next;           /* the piece that comes next ... */
	size_t given;       /* ... and how much of it has come */
	int64_t shift_ms;   /* from the recording's clock to the caller's */
};

/* `piece` holds only TAPE_SENT and TAPE_CAME, each with the speed that was in force; it stays in use. */
void playback_init(struct playback *p, const struct tape_piece *piece, int pieces, bool fast);

/* The port is opened: what the console said before it was asked anything comes. */
void playback_open(struct playback *p, int32_t speed_baud, int64_t now_ms);

void playback_set_speed(struct playback *p, int32_t speed_baud);

/* A command goes out. */
void playback_send(struct playback *p, const char *bytes, size_t length, int64_t now_ms);

/* Copies what has come by now, up to `size`, and returns how much. */
size_t playback_read(struct playback *p, char *buffer, size_t size, int64_t now_ms);

/* When playback_read has something next; INT64_MAX: nothing is on its way. */
int64_t playback_deadline(const struct playback *p);

/* The speed at which a command (a newline alone is none) was answered last; 0: none ever was. */
int32_t playback_answered_baud(const struct playback *p);

#endif
