/* The serial port, played by a pty. */
#include "core/base/address.h"
#include "shell/port/port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATH_SIZE 128

struct pty {
	int master;
	char path[PATH_SIZE];
};

static void pty_make(struct pty *pty)
{
	pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(pty->master >= 0);
	assert_int_equal(grantpt(pty->master), 0);
	assert_int_equal(unlockpt(pty->master), 0);
	assert_int_equal(ptsname_r(pty->master, pty->path, sizeof(pty->path)), 0);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the other end has got, up to `size`, waiting a little for the first byte. */
static ssize_t master_read(const struct pty *pty, char *to, size_t size)
{
	struct pollfd in = { .fd = pty->master, .events = POLLIN };

	poll(&in, 1, 200);
	return read(pty->master, to, size);
}

static struct termios master_settings(const struct pty *pty)
{
	struct termios settings = { 0 };

	assert_int_equal(tcgetattr(pty->master, &settings), 0);
	return settings;
}

static void test_speeds_and_raw_mode(void **state)
{
	(void)state;
	static const struct {
		int32_t baud;
		speed_t speed;
	} speeds[] = {
		{ 1200, B1200 }, { 19200, B19200 }, { 115200, B115200 }, { 9600, B9600 },
		{ 57600, B57600 }, { 38400, B38400 }, { 1200, B1200 },
	};
	struct pty pty;
	struct port port;

	pty_make(&pty);
	port_init(&port);
	if (port_open(&port, pty.path, 19200) != PORT_OK)
		fail_msg("%s", port.why);
	struct termios settings = master_settings(&pty);
	assert_int_equal(cfgetospeed(&settings), B19200);
	assert_int_equal(settings.c_lflag & (tcflag_t)(ECHO | ICANON | ISIG | IEXTEN), 0);
	assert_int_equal(settings.c_oflag & (tcflag_t)OPOST, 0);
	assert_int_equal(settings.c_iflag & (tcflag_t)(ICRNL | INLCR | IGNCR | IXON | IXOFF | ISTRIP), 0);
	assert_int_equal(settings.c_cflag & (tcflag_t)(CSIZE | CSTOPB | PARENB | HUPCL | CRTSCTS), CS8);
	assert_true(settings.c_cflag & CLOCAL);
	assert_true(settings.c_cflag & CREAD);
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		assert_true(port_set_speed(&port, speeds[i].baud));
		settings = master_settings(&pty);
		assert_int_equal(cfgetospeed(&settings), speeds[i].speed);
		assert_int_equal(port.speed_baud, speeds[i].baud);
	}
	port_close(&port);
	close(pty.master);
}

static void test_bytes_come_unchanged(void **state)
{
	(void)state;
	struct pty pty;
	struct port port;
	char all[256];
	uint8_t got[256];
	size_t used = 0;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	pty_make(&pty);
	port_init(&port);
	assert_int_equal(port_open(&port, pty.path, 115200), PORT_OK);
	assert_int_equal(port_read(&port, got, sizeof(got)), 0);
	assert_int_equal(write(pty.master, all, sizeof(all)), sizeof(all));
	for (int64_t end = now_ms() + 1000; used < sizeof(all) && now_ms() < end;) {
		struct pollfd in = { .fd = port_fd(&port), .events = POLLIN };
		poll(&in, 1, 100);
		int count = port_read(&port, got + used, sizeof(got) - used);
		assert_true(count >= 0);
		used += (size_t)count;
	}
	assert_int_equal(used, sizeof(all));
	assert_memory_equal(got, all, sizeof(all));
	/* No echo went back. */
	assert_int_equal(read(pty.master, all, sizeof(all)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(write(pty.master, "old", 3), 3);
	poll(NULL, 0, 50);
	assert_true(port_flush_input(&port));
	assert_int_equal(port_read(&port, got, sizeof(got)), 0);
	port_close(&port);
	close(pty.master);
}

static void test_commands_go_out(void **state)
{
	(void)state;
	struct pty pty;
	struct port port;
	char expected[COMMAND_BYTES_MAX], got[COMMAND_BYTES_MAX * 2];

	pty_make(&pty);
	port_init(&port);
	assert_int_equal(port_open(&port, pty.path, 19200), PORT_OK);
	for (int kind = 0; kind < COMMAND_KINDS; kind++) {
		struct command command = { .kind = (enum command_kind)kind, .address = 0 };
		if (command_has_address(command.kind))
			command.address = ADDRESS_MAX;
		size_t length = command_bytes(command, expected);
		assert_true(length > 0);
		assert_true(port_send(&port, command));
		assert_int_equal(master_read(&pty, got, sizeof(got)), length);
		assert_memory_equal(got, expected, length);
	}
	/* An address that cannot be: nothing is written. */
	assert_false(port_send(&port, (struct command){ COMMAND_PWR, ADDRESS_MAX + 1 }));
	assert_false(port_send(&port, (struct command){ COMMAND_PWR, 0 }));
	assert_int_equal(master_read(&pty, got, sizeof(got)), -1);
	port_close(&port);
	assert_false(port_send(&port, (struct command){ COMMAND_NEWLINE, 0 }));
	close(pty.master);
}

/* Nobody reads at the other end: sending fails in time instead of waiting for ever. */
static void test_full_port_does_not_block(void **state)
{
	(void)state;
	struct pty pty;
	struct port port;
	bool sent = true;
	int64_t longest = 0;

	pty_make(&pty);
	port_init(&port);
	assert_int_equal(port_open(&port, pty.path, 19200), PORT_OK);
	for (int i = 0; i < 100000 && sent; i++) {
		int64_t began = now_ms();
		sent = port_send(&port, (struct command){ COMMAND_WAKE, 0 });
		int64_t took = now_ms() - began;
		longest = took > longest ? took : longest;
	}
	assert_false(sent);
	assert_in_range(longest, PORT_SEND_MAX_MS - 50, PORT_SEND_MAX_MS + 400);
	int64_t began = now_ms();
	assert_true(port_set_speed(&port, 1200));
	assert_in_range(now_ms() - began, 0, PORT_DRAIN_MAX_MS + 400);
	port_close(&port);
	close(pty.master);
}

static void test_lost_port(void **state)
{
	(void)state;
	struct pty pty;
	struct port port;
	uint8_t byte;

	pty_make(&pty);
	port_init(&port);
	assert_int_equal(port_open(&port, pty.path, 19200), PORT_OK);
	assert_int_equal(port_read(&port, &byte, 1), 0);
	close(pty.master);
	assert_int_equal(port_read(&port, &byte, 1), -1);
	assert_false(port_send(&port, (struct command){ COMMAND_NEWLINE, 0 }));
	port_close(&port);
	assert_false(port_is_open(&port));
	assert_int_equal(port_fd(&port), -1);
	assert_int_equal(port_read(&port, &byte, 1), -1);
	assert_false(port_set_speed(&port, 1200));
	assert_false(port_flush_input(&port));
	port_close(&port);
	/* The adapter is gone for now. */
	assert_int_equal(port_open(&port, pty.path, 19200), PORT_MISSING);
}

static void test_link_is_followed(void **state)
{
	(void)state;
	char link[] = "/tmp/test_port.XXXXXX";
	struct pty pty;
	struct port port;
	int fd = mkstemp(link);

	assert_true(fd >= 0);
	close(fd);
	unlink(link);
	pty_make(&pty);
	assert_int_equal(symlink(pty.path, link), 0);
	port_init(&port);
	assert_int_equal(port_open(&port, link, 19200), PORT_OK);
	port_close(&port);
	close(pty.master);
	assert_int_equal(port_open(&port, link, 19200), PORT_MISSING);
	assert_non_null(strstr(port.why, link));
	assert_non_null(strstr(port.why, "is missing"));
	unlink(link);
}

static void test_not_a_serial_port(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		enum port_fault fault;
	} cases[] = {
		{ "/nowhere/ttyUSB0", PORT_MISSING },
		{ "", PORT_MISSING },
		{ "/dev/null", PORT_NOT_SERIAL },
		{ "/tmp", PORT_NOT_SERIAL },
		{ NULL, PORT_NOT_SERIAL }, /* a regular file of our own */
	};
	char own[] = "/tmp/test_port.XXXXXX";
	int own_fd = mkstemp(own);
	struct port port;

	assert_true(own_fd >= 0);
	close(own_fd);

	port_init(&port);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *path = cases[i].path != NULL ? cases[i].path : own;
		enum port_fault fault = port_open(&port, path, 19200);
		if (fault != cases[i].fault)
			fail_msg("%s: %d, %s", path, (int)fault, port.why);
		assert_false(port_is_open(&port));
	}
	unlink(own);
}

static void test_no_permission(void **state)
{
	(void)state;
	struct pty pty;
	struct port port;
	uid_t user = geteuid();

	pty_make(&pty);
	assert_int_equal(chmod(pty.path, 0), 0);
	port_init(&port);
	if (user == 0)
		assert_int_equal(seteuid(65534), 0);
	enum port_fault fault = port_open(&port, pty.path, 19200);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(fault, PORT_FORBIDDEN);
	assert_non_null(strstr(port.why, "for lack of permission"));
	close(pty.master);
}

static void test_taken_by_another(void **state)
{
	(void)state;
	struct pty pty;
	struct port port, second;

	pty_make(&pty);
	int other = open(pty.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(other >= 0);
	assert_int_equal(flock(other, LOCK_EX), 0);
	struct termios before = master_settings(&pty);
	port_init(&port);
	assert_int_equal(port_open(&port, pty.path, 115200), PORT_TAKEN);
	assert_non_null(strstr(port.why, "is taken by another program"));
	/* The other program's settings were not touched. */
	struct termios after = master_settings(&pty);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(flock(other, LOCK_UN), 0);
	assert_int_equal(port_open(&port, pty.path, 115200), PORT_OK);
	port_init(&second);
	assert_int_equal(port_open(&second, pty.path, 19200), PORT_TAKEN);
	assert_int_not_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
	port_close(&port);
	/* Closed means free. A run that is killed cannot clean up, so it must have left no mark on the port. */
	assert_int_equal(port_open(&second, pty.path, 19200), PORT_OK);
	int exclusive = 1;
	assert_int_equal(ioctl(second.fd, TIOCGEXCL, &exclusive), 0);
	assert_int_equal(exclusive, 0);
	port_close(&second);
	close(pty.master);
}

/* Attempts that fail leave no descriptor behind: the port may be missing for months. */
static void test_no_descriptor_leaks(void **state)
{
	(void)state;
	struct pty pty;
	struct port port;

	pty_make(&pty);
	int other = open(pty.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_EX), 0);
	port_init(&port);
	int before = dup(0);
	close(before);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(port_open(&port, pty.path, 19200), PORT_TAKEN);
		assert_int_equal(port_open(&port, "/nowhere/x", 19200), PORT_MISSING);
		assert_int_equal(port_open(&port, "/dev/null", 19200), PORT_NOT_SERIAL);
	}
	int after = dup(0);
	assert_int_equal(before, after);
	close(after);
	close(other);
	close(pty.master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_speeds_and_raw_mode),
		cmocka_unit_test(test_bytes_come_unchanged),
		cmocka_unit_test(test_commands_go_out),
		cmocka_unit_test(test_full_port_does_not_block),
		cmocka_unit_test(test_lost_port),
		cmocka_unit_test(test_link_is_followed),
		cmocka_unit_test(test_not_a_serial_port),
		cmocka_unit_test(test_no_permission),
		cmocka_unit_test(test_taken_by_another),
		cmocka_unit_test(test_no_descriptor_leaks),
	};

	return cmocka_run_group_tests_name("port", tests, NULL, NULL);
}
