/* port: the battery's serial port: open, speed, bytes in, commands out.
 *
 * There is no way to write anything but a command: port_send takes the enum, never a text.
 * Raw 8N1 without flow control, CLOCAL, no HUPCL; DTR and RTS stay as they are. */
#ifndef SHELL_PORT_H
#define SHELL_PORT_H

#include "core/console/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_WHY_MAX 192
#define PORT_DRAIN_MAX_MS 300 /* longest wait for bytes on their way out; the wake frame takes 183 */
#define PORT_SEND_MAX_MS 300  /* longest wait for room to write */

enum port_fault {
	PORT_OK,
	PORT_MISSING,    /* no such file, or the adapter is unplugged */
	PORT_FORBIDDEN,  /* no permission */
	PORT_TAKEN,      /* another program holds it */
	PORT_NOT_SERIAL, /* a file, but no serial port */
	PORT_FAILED      /* anything else; `why` has the system's words */
};

struct sp_port;

struct port {
	struct sp_port *handle; /* NULL: closed */
	int fd;                 /* -1: closed */
	int32_t speed_baud;
	char why[PORT_WHY_MAX]; /* after a fault: a sentence with the path in it */
};

/* A closed port. Before every other function, once. */
void port_init(struct port *port);

/* Opens `path` (links are followed first) for this program alone and sets `speed_baud`. On a fault
 * the port stays closed and port->why says what failed. */
enum port_fault port_open(struct port *port, const char *path, int32_t speed_baud);

/* Closes; nothing happens to a closed port. */
void port_close(struct port *port);

bool port_is_open(const struct port *port);

/* For poll(POLLIN); -1 when closed. */
int port_fd(const struct port *port);

/* Lets out what was sent, waiting PORT_DRAIN_MAX_MS at most, then changes the speed. What an adapter
 * still holds in its own buffer cannot be seen: the caller waits by the clock as well. False: lost. */
bool port_set_speed(struct port *port, int32_t speed_baud);

/* Throws away what came in and was not read. False: lost. */
bool port_flush_input(struct port *port);

/* Writes the bytes of a command whole, waiting PORT_SEND_MAX_MS at most. A command without bytes (an
 * address out of range) writes nothing and returns false. False else: lost, or no room in time. */
bool port_send(struct port *port, struct command command);

/* Reads what is there, up to `size` bytes, without waiting. Returns their number, 0 for none, -1 when
 * the port is lost (unplugged, the other end of a pty closed): close it then. */
int port_read(struct port *port, uint8_t *buffer, size_t size);

#endif
