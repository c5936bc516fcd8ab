#include "shell/port/port.h"

#include "shell/system/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define DRAIN_STEP_MS 5

void port_init(struct port *port)
{
	*port = (struct port){ .fd = -1 };
}

bool port_is_open(const struct port *port)
{
	return port->fd >= 0;
}

int port_fd(const struct port *port)
{
	return port->fd;
}

/* What an errno means for the owner of a port. */
static enum port_fault fault_of(int error)
{
	static const struct {
		int error;
		enum port_fault fault;
	} meanings[] = {
		{ ENOENT, PORT_MISSING },     { ENOTDIR, PORT_MISSING },  { ENODEV, PORT_MISSING },
		{ ENXIO, PORT_MISSING },      { ELOOP, PORT_MISSING },    { EACCES, PORT_FORBIDDEN },
		{ EPERM, PORT_FORBIDDEN },    { EROFS, PORT_FORBIDDEN },  { EBUSY, PORT_TAKEN },
		{ EWOULDBLOCK, PORT_TAKEN },  { ENOTTY, PORT_NOT_SERIAL }, { EISDIR, PORT_NOT_SERIAL },
	};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].error == error)
			return meanings[i].fault;
	return PORT_FAILED;
}

static enum port_fault refuse(struct port *port, const char *path, int error)
{
	static const char *const words[] = {
		[PORT_MISSING] = "is missing",
		[PORT_FORBIDDEN] = "cannot be opened for lack of permission",
		[PORT_TAKEN] = "is taken by another program",
		[PORT_NOT_SERIAL] = "is not a serial port",
		[PORT_FAILED] = "cannot be opened",
	};
	enum port_fault fault = fault_of(error);

	snprintf(port->why, sizeof(port->why), "serial port %.100s %s (%s)", path, words[fault],
	         strerror(error));
	return fault;
}

/* Looks at the file itself, before the library touches its settings. Returns a descriptor that keeps
 * it open, or -1 with errno: EWOULDBLOCK where another program has locked it. */
static int look(const char *path)
{
	struct termios unused;
	int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	/* The library takes the same lock by a descriptor of its own: give it back at once. */
	if (tcgetattr(fd, &unused) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    flock(fd, LOCK_UN) == 0)
		return fd;
	int error = errno == EINVAL ? ENOTTY : errno;
	close(fd);
	errno = error;
	return -1;
}

/* What the library does not promise in each of its versions. */
static bool make_raw(int fd)
{
	struct termios settings;

	if (tcgetattr(fd, &settings) != 0)
		return false;
	cfmakeraw(&settings);
	settings.c_cflag |= CLOCAL | CREAD;
	settings.c_cflag &= ~(tcflag_t)(HUPCL | CRTSCTS | CSTOPB);
	settings.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY);
	settings.c_cc[VMIN] = 0;
	settings.c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSANOW, &settings) == 0;
}

/* The library's last error as an errno; 0 and success become EIO. */
static int library_error(void)
{
	int error = sp_last_error_code();

	return error > 0 ? error : EIO;
}

/* Opens by the library what `look` found good. Returns 0 or an errno. */
static int open_for_us(struct port *port, const char *path, int32_t speed_baud)
{
	enum sp_return result;

	sp_set_debug_handler(NULL); /* it looks through the environment at every call */
	result = sp_get_port_by_name(path, &port->handle);

	if (result != SP_OK) {
		port->handle = NULL;
		return result == SP_ERR_ARG ? ENOTTY : ENOMEM;
	}
	if (sp_open(port->handle, SP_MODE_READ_WRITE) != SP_OK ||
	    sp_get_port_handle(port->handle, &port->fd) != SP_OK)
		return library_error();
	/* The lock ends with its owner, however that ends. TIOCEXCL would outlive it where something else keeps the
	 * port open, and would then keep only programs without privileges out: us. */
	if (flock(port->fd, LOCK_EX | LOCK_NB) != 0 || !make_raw(port->fd))
		return errno;
	if (sp_set_baudrate(port->handle, speed_baud) != SP_OK)
		return library_error();
	port->speed_baud = speed_baud;
	return 0;
}

enum port_fault port_open(struct port *port, const char *path, int32_t speed_baud)
{
	char device[PATH_MAX];

	port_close(port);
	if (realpath(path, device) == NULL)
		return refuse(port, path, errno);
	int look_fd = look(device);
	if (look_fd < 0)
		return refuse(port, path, errno);
	int error = open_for_us(port, device, speed_baud);
	close(look_fd);
	if (error == 0)
		return PORT_OK;
	port_close(port);
	return refuse(port, path, error);
}

void port_close(struct port *port)
{
	if (port->handle != NULL) {
		sp_close(port->handle); /* also after a failed sp_open, which may leave it open */
		sp_free_port(port->handle);
	}
	port->handle = NULL;
	port->fd = -1;
}

/* tcdrain would wait without an end where the adapter hangs. */
static void drain(const struct port *port)
{
	int64_t end_ms = clock_ms() + PORT_DRAIN_MAX_MS;

	while (sp_output_waiting(port->handle) != 0 && clock_ms() < end_ms) /* an error: nobody knows, so wait */
		poll(NULL, 0, DRAIN_STEP_MS);
}

bool port_set_speed(struct port *port, int32_t speed_baud)
{
	if (!port_is_open(port))
		return false;
	drain(port);
	if (sp_set_baudrate(port->handle, speed_baud) != SP_OK)
		return false;
	port->speed_baud = speed_baud;
	return true;
}

bool port_flush_input(struct port *port)
{
	return port_is_open(port) && sp_flush(port->handle, SP_BUF_INPUT) == SP_OK;
}

bool port_send(struct port *port, struct command command)
{
	char bytes[COMMAND_BYTES_MAX];
	size_t length = command_bytes(command, bytes), sent = 0;
	int64_t end_ms = clock_ms() + PORT_SEND_MAX_MS;

	if (!port_is_open(port) || length == 0)
		return false;
	while (sent < length) {
		struct pollfd room = { .fd = port->fd, .events = POLLOUT };
		int64_t left_ms = end_ms - clock_ms();
		int count = sp_nonblocking_write(port->handle, bytes + sent, length - sent);
		if (count < 0)
			return false;
		sent += (size_t)count;
		if (sent == length)
			break;
		if (left_ms <= 0 || poll(&room, 1, (int)left_ms) < 0)
			return false;
	}
	return true;
}

/* A tty that was hung up reads as empty for ever: only poll tells it from a silent one. */
static bool hung_up(int fd)
{
	struct pollfd state = { .fd = fd, .events = POLLIN };

	return poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

int port_read(struct port *port, uint8_t *buffer, size_t size)
{
	if (!port_is_open(port))
		return -1;
	int count = sp_nonblocking_read(port->handle, buffer, size);
	if (count < 0 || (count == 0 && hung_up(port->fd)))
		return -1;
	return count;
}
