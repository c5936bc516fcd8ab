/* watch_terminal: the terminal under the live view: its mode, size and keys. */
#ifndef SHELL_WATCH_TERMINAL_H
#define SHELL_WATCH_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct watch_terminal {
	bool keys; /* stdin is a terminal too */
	struct termios before;
	int escape; /* how much of an arrow key's sequence has come */
};

enum watch_key { WATCH_KEY_NONE, WATCH_KEY_QUIT, WATCH_KEY_PREVIOUS, WATCH_KEY_NEXT, WATCH_KEY_1 /* to _1 + 8 */ };

/* Whether stdout is a terminal that can move its cursor. */
bool watch_terminal_there(void);

/* Takes the screen: keys come at once and unseen, no cursor, and what was there before comes back at the end. */
void watch_terminal_take(struct watch_terminal *t);

/* Leaves it as it was. */
void watch_terminal_leave(const struct watch_terminal *t);

/* Its size now; 80 x 24 where it does not tell. */
void watch_terminal_size(int *columns, int *rows);

/* Shows `text`, lines ended by \n, over what stands there. False: the terminal is gone. */
bool watch_terminal_show(const char *text);

/* The key that a byte of stdin completes. */
enum watch_key watch_terminal_key(struct watch_terminal *t, char c);

/* Writes all of it to stdout; a signal interrupts it. False: nobody reads it any more. */
bool watch_terminal_write(const char *bytes, size_t length);

#endif
