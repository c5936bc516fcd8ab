/* command: everything that this program can ever write to the battery.
 *
 * A command is an enum and an address, never a string: no path leads from a text to the port.
 * All of them only read, but for the wake-up and `login debug`, which change nothing in the battery
 * (console.md, "Only these commands, ever"). */
#ifndef CORE_COMMAND_H
#define CORE_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#define COMMAND_BYTES_MAX 24

enum command_kind {
	COMMAND_NEWLINE,   /* asks for a prompt */
	COMMAND_WAKE,      /* the wake frame, understood at 1200 baud only */
	COMMAND_LOGIN,     /* `login debug` */
	COMMAND_PWR_TABLE, /* `pwr`: one row a module */
	COMMAND_PWRSYS,    /* `pwrsys`: the stack's own wishes */
	COMMAND_INFO,      /* `info N` */
	COMMAND_PWR,       /* `pwr N` */
	COMMAND_BAT,       /* `bat N` */
	COMMAND_STAT,      /* `stat N` */
	COMMAND_GETPWR,    /* `getpwr N`: the cells in a third of the bytes, where the console knows it */
	COMMAND_KINDS
};

struct command {
	enum command_kind kind;
	uint8_t address; /* 1..16 for `info N` and the rows below it, else 0 */
};

/* Writes the bytes of `command` to `out` (COMMAND_BYTES_MAX, not terminated) and returns their
 * number; 0 when the address is out of range for the kind: nothing may be sent then. */
size_t command_bytes(struct command command, char out[COMMAND_BYTES_MAX]);

/* The text that the console echoes (the bytes without the line end), terminated, in `out`. */
void command_echo(struct command command, char out[COMMAND_BYTES_MAX]);

/* Whether the command names a module. */
int command_has_address(enum command_kind kind);

#endif
