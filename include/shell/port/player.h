/* player: a recording in the place of a port. */
#ifndef SHELL_PLAYER_H
#define SHELL_PLAYER_H

#include "core/console/command.h"
#include "core/recording/playback.h"

#include <stdbool.h>
#include <stddef.h>

#define PLAYER_FILE_MAX (4 * 1024 * 1024)
#define PLAYER_WHY_MAX 160

struct player {
	char *text; /* the file; the pieces point into it */
	struct tape_piece *piece;
	struct playback playback;
	int fd; /* a timer that is readable when bytes are due */
};

/* Reads the recording. False, with a sentence in `why` (PLAYER_WHY_MAX): it cannot be read, or is none. */
bool player_load(struct player *p, const char *path, bool fast, char *why);

void player_free(struct player *p);

/* As the functions of shell/port/port.h that have these names. */
void player_open(struct player *p, int32_t speed_baud);
int player_fd(const struct player *p);
bool player_set_speed(struct player *p, int32_t speed_baud);
bool player_send(struct player *p, struct command command);
int player_read(struct player *p, void *buffer, size_t size);

#endif
