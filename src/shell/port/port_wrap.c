/* libserialport refuses what is no real serial port: it wants an entry in /sys/class/tty, and modem
 * lines. A pty (a test, socat, ser2net) has neither. The linker's --wrap puts these two functions
 * between: a real port passes through them unchanged, but for a mark that must not outlive us (port.c). */
#include <errno.h>
#include <libserialport.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

/* The linker gives these names. */
enum sp_return __real_get_port_details(struct sp_port *port);
enum sp_return __wrap_get_port_details(struct sp_port *port);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

/* The details (description, USB numbers) are not used here: a port without them is still a port. */
enum sp_return __wrap_get_port_details(struct sp_port *port)
{
	enum sp_return result = __real_get_port_details(port);

	return result == SP_ERR_ARG ? SP_OK : result;
}

static int is_modem_request(unsigned long request)
{
	return request == TIOCMGET || request == TIOCMSET || request == TIOCMBIS || request == TIOCMBIC;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;

	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);

	/* Where ioctl's request is an int, the upper half of a register is anything. */
	request &= 0xffffffffUL;
	if (request == TIOCEXCL)
		return 0;
	int result = __real_ioctl(fd, request, argument);
	if (result == 0 || errno != ENOTTY || !is_modem_request(request))
		return result;
	if (request == TIOCMGET)
		memset(argument, 0, sizeof(int));
	return 0;
}
