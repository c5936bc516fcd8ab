#include "shell/port/player.h"

#include "shell/system/clock.h"
#include "shell/system/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Cuts the first line off `*rest` and terminates it; mail programs may have added a CR. NULL: there is none. */
static char *cut_line(char **rest)
{
	char *line = *rest, *end;

	if (*line == '\0')
		return NULL;
	end = line + strcspn(line, "\n");
	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	return line;
}

static size_t count_lines(const char *text)
{
	size_t lines = 1;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		lines++;
	return lines;
}

/* Returns the number of pieces, or minus the number of the line that is wrong. */
static int parse(struct player *p)
{
	char *rest = p->text, *line = cut_line(&rest);
	int32_t speed_baud = 0;
	int pieces = 0;

	if (line == NULL || strcmp(line, TAPE_TITLE) != 0)
		return -1;
	for (int number = 2; (line = cut_line(&rest)) != NULL; number++) {
		struct tape_piece *piece = &p->piece[pieces];

		if (!tape_read(line, piece))
			return -number;
		if (piece->kind == TAPE_SPEED)
			speed_baud = piece->speed_baud;
		piece->speed_baud = speed_baud;
		pieces += piece->kind == TAPE_SENT || piece->kind == TAPE_CAME;
	}
	return pieces;
}

static bool load(struct player *p, const char *path, bool fast, char *why)
{
	struct file_facts facts;
	char reason[PLAYER_WHY_MAX / 2];
	int pieces;

	if (!file_read(path, p->text, PLAYER_FILE_MAX, &facts, reason, sizeof reason)) {
		snprintf(why, PLAYER_WHY_MAX, "%s", reason);
		return false;
	}
	p->text[facts.length] = '\0';
	p->piece = calloc(count_lines(p->text), sizeof *p->piece);
	pieces = p->piece ? parse(p) : 0;
	if (pieces > 0)
		playback_init(&p->playback, p->piece, pieces, fast);
	else if (pieces < 0)
		snprintf(why, PLAYER_WHY_MAX, "line %d is not of a recording; the first line must be `%s`", -pieces,
		         TAPE_TITLE);
	else
		snprintf(why, PLAYER_WHY_MAX, "there is nothing in it");
	return pieces > 0;
}

bool player_load(struct player *p, const char *path, bool fast, char *why)
{
	*p = (struct player){ .text = malloc(PLAYER_FILE_MAX + 1),
		              .fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC) };
	if (p->text != NULL && p->fd >= 0 && load(p, path, fast, why))
		return true;
	if (p->text == NULL || p->fd < 0)
		snprintf(why, PLAYER_WHY_MAX, "out of memory");
	player_free(p);
	return false;
}

void player_free(struct player *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->piece);
	free(p->text);
}

/* Sets the timer to when the next bytes are due. */
static void arm(struct player *p)
{
	int64_t deadline_ms = playback_deadline(&p->playback);
	struct itimerspec at = { .it_value = { 0, 0 } }; /* off */

	if (deadline_ms <= 0)
		at.it_value.tv_nsec = 1; /* long ago */
	else if (deadline_ms != INT64_MAX)
		at.it_value = (struct timespec){ deadline_ms / 1000, (long)(deadline_ms % 1000) * 1000000 };
	timerfd_settime(p->fd, TFD_TIMER_ABSTIME, &at, NULL);
}

void player_open(struct player *p, int32_t speed_baud)
{
	playback_open(&p->playback, speed_baud, clock_ms());
	arm(p);
}

int player_fd(const struct player *p)
{
	return p->fd;
}

bool player_set_speed(struct player *p, int32_t speed_baud)
{
	playback_set_speed(&p->playback, speed_baud);
	return true;
}

bool player_send(struct player *p, struct command command)
{
	char bytes[COMMAND_BYTES_MAX];
	size_t length = command_bytes(command, bytes);

	playback_send(&p->playback, bytes, length, clock_ms());
	arm(p);
	return length > 0;
}

int player_read(struct player *p, void *buffer, size_t size)
{
	int count = (int)playback_read(&p->playback, buffer, size, clock_ms());

	arm(p);
	return count;
}
