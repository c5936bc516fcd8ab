/* line: what the loop talks to: the serial port, with a recorder or a listener beside it, or a recording in its place.
 *
 * The functions are those of shell/port/port.h. */
#ifndef SHELL_LINE_H
#define SHELL_LINE_H

#include "core/console/overheard.h"
#include "shell/port/player.h"
#include "shell/port/port.h"
#include "shell/port/recorder.h"

struct line {
	struct port port;
	/* the caller's, each NULL where it is not wanted; the player stands in for the port */
	struct recorder *recorder;
	struct overheard *overheard;
	struct player *player;
	bool playing; /* the player is open */
};

/* Closed. The three pointers stay. */
void line_init(struct line *l);

enum port_fault line_open(struct line *l, const char *path, int32_t speed_baud);
void line_close(struct line *l);
bool line_is_open(const struct line *l);
int line_fd(const struct line *l);
bool line_set_speed(struct line *l, int32_t speed_baud);
bool line_flush_input(struct line *l);
bool line_send(struct line *l, struct command command);
int line_read(struct line *l, uint8_t *buffer, size_t size);

#endif
