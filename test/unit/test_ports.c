/* Serial ports: their names below a /dev/serial of our own, their holders below a /proc of our own, and what this
 * machine really has. */
#include "shell/port/ports.h"

#include "check.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 256

struct folder {
	char path[64];
};

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status, (void)kind, (void)where;
	return remove(path);
}

static int set_up(void **state)
{
	static struct folder f;

	strcpy(f.path, "/tmp/pylontech-ports-XXXXXX");
	*state = &f;
	return mkdtemp(f.path) == NULL;
}

static int tear_down(void **state)
{
	struct folder *f = *state;

	return nftw(f->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes the folders that lead to `name`, and puts the whole path into `out`. */
static void path_of(const struct folder *f, const char *name, char out[PATH_SIZE])
{
	snprintf(out, PATH_SIZE, "%s/%s", f->path, name);
	for (char *slash = out + strlen(f->path) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(out, 0700);
		*slash = '/';
	}
}

static void make_file(const struct folder *f, const char *name, const char *text)
{
	char path[PATH_SIZE];
	FILE *file;

	path_of(f, name, path);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_link(const struct folder *f, const char *name, const char *target)
{
	char path[PATH_SIZE], full[PATH_SIZE];

	path_of(f, name, path);
	path_of(f, target, full);
	assert_int_equal(symlink(full, path), 0);
}

/* Without being named, a port gets a byte only where a battery's adapter can be. */
static void test_left_alone(void **state)
{
	static const struct {
		struct ports_entry entry;
		const char *word;
	} rows[] = {
		{ { .device = "/dev/ttyUSB0", .usb_vendor = 0x403, .usb_product = 0x6001 }, NULL },
		{ { .device = "/dev/ttyACM0", .usb_vendor = 0, .usb_product = 0 }, NULL },
		{ { .device = "/dev/ttyUSB1", .usb_vendor = 0x403, .usb_product = 0x6015, .victron = true }, "victron" },
		{ { .device = "/dev/ttyS0", .usb_vendor = -1, .usb_product = -1 }, "not-usb" },
		{ { .device = "/dev/ttyAMA0", .usb_vendor = -1, .usb_product = -1, .victron = true }, "victron" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *word = NULL, *why = ports_leave_alone(&rows[i].entry, &word);

		assert_int_equal(why == NULL, rows[i].word == NULL);
		if (why != NULL)
			assert_string_equal(word, rows[i].word);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *device;
		bool own_number;
		const char *name; /* NULL: none */
	} rows[] = {
		{ "ttyUSB0", true, "serial/by-id/usb-FTDI_A1" },
		{ "ttyUSB0", false, "serial/by-path/platform-usb-1" },
		{ "ttyUSB1", false, "serial/by-path/platform-usb-2" },
		{ "ttyUSB1", true, "serial/by-path/platform-usb-2" },
		{ "ttyUSB2", true, "serial/by-id/usb-CH340" },
		{ "ttyUSB2", false, "serial/by-id/usb-CH340" },
		{ "ttyUSB3", true, NULL },
	};
	const struct folder *f = *state;

	for (int i = 0; i < COUNT_OF(rows); i++)
		make_file(f, rows[i].device, "");
	make_link(f, "serial/by-id/usb-FTDI_A1", "ttyUSB0");
	make_link(f, "serial/by-path/platform-usb-1", "ttyUSB0");
	make_link(f, "serial/by-path/platform-usb-2", "ttyUSB1");
	make_link(f, "serial/by-id/usb-CH340", "ttyUSB2");
	make_link(f, "serial/by-id/dangling", "ttyUSB9");
	for (int i = 0; i < COUNT_OF(rows); i++) {
		char serial[PATH_SIZE], device[PATH_SIZE], wanted[PATH_SIZE], found[PORTS_PATH_MAX];

		path_of(f, "serial", serial);
		path_of(f, rows[i].device, device);
		path_of(f, rows[i].name ? rows[i].name : "", wanted);
		assert_row(rows[i].device, i, ports_name_that_stays(serial, device, rows[i].own_number, found),
		           rows[i].name != NULL);
		if (rows[i].name)
			assert_string_equal(found, wanted);
	}
}

static void test_no_names(void **state)
{
	char found[PORTS_PATH_MAX];

	(void)state;
	assert_false(ports_name_that_stays("/nonexistent", "/dev/ttyUSB0", true, found));
}

static void test_holders(void **state)
{
	const struct folder *f = *state;
	char proc[PATH_SIZE], found[PORTS_TEXT_MAX], device[PATH_SIZE], self[32];

	make_file(f, "ttyUSB0", "");
	make_file(f, "ttyUSB1", "");
	make_file(f, "proc/70/comm", "vedirect-dbus\n");
	make_link(f, "proc/70/fd/0", "ttyUSB1");
	make_link(f, "proc/70/fd/12", "ttyUSB0");
	make_file(f, "proc/71/comm", "sh\n");
	make_link(f, "proc/71/fd/0", "ttyUSB1");
	make_link(f, "proc/72/fd/0", "ttyUSB1"); /* gone before its name could be read */
	make_file(f, "proc/self/comm", "no number");
	make_link(f, "proc/self/fd/0", "ttyUSB0");
	snprintf(self, sizeof self, "proc/%d/fd/0", (int)getpid());
	make_link(f, self, "ttyUSB0"); /* our own does not count */
	path_of(f, "proc", proc);
	path_of(f, "ttyUSB0", device);
	assert_true(ports_holders(proc, device, found));
	assert_string_equal(found, "vedirect-dbus (pid 70)");
	path_of(f, "ttyUSB1", device);
	assert_true(ports_holders(proc, device, found));
	assert_non_null(strstr(found, "vedirect-dbus (pid 70)"));
	assert_non_null(strstr(found, "sh (pid 71)"));
	assert_non_null(strstr(found, "? (pid 72)"));
	path_of(f, "ttyUSB2", device);
	assert_false(ports_holders(proc, device, found));
	assert_false(ports_holders("/nonexistent", device, found));
}

/* A pty that is free, locked, gone; the real /proc. */
static void test_try(void **state)
{
	char path[64], why[PORT_WHY_MAX];
	int master = posix_openpt(O_RDWR | O_NOCTTY), other;

	(void)state;
	assert_int_equal(grantpt(master) + unlockpt(master) + ptsname_r(master, path, sizeof path), 0);
	assert_int_equal(ports_try(path, why), PORT_OK);
	assert_string_equal(why, "");
	other = open(path, O_RDWR | O_NOCTTY);
	assert_int_equal(flock(other, LOCK_EX), 0);
	assert_int_equal(ports_try(path, why), PORT_TAKEN);
	assert_non_null(strstr(why, "taken by another program"));
	close(other);
	assert_int_equal(ports_try(path, why), PORT_OK);
	close(master);
	assert_int_equal(ports_try(path, why), PORT_MISSING);
	assert_int_equal(ports_try("/etc/passwd", why), PORT_NOT_SERIAL);
}

/* What this machine has, whatever it is, agrees with what it says of each by name. Nothing is opened. */
static void test_list(void **state)
{
	static struct ports_entry entries[PORTS_MAX], one;
	int count = ports_list(entries);

	(void)state;
	assert_in_range(count, 0, PORTS_MAX);
	for (int i = 0; i < count; i++) {
		ports_describe(entries[i].device, &one);
		assert_string_equal(one.device, entries[i].device);
		assert_string_equal(one.name, entries[i].name);
		assert_string_equal(one.serial, entries[i].serial);
		assert_int_equal(one.usb_vendor, entries[i].usb_vendor);
		assert_ptr_equal(strstr(entries[i].device, "/dev/"), entries[i].device);
	}
}

/* A pty is not in the list, and still has a name: the one that it was given. */
static void test_describe_unlisted(void **state)
{
	const struct folder *f = *state;
	char path[PATH_SIZE], device[PATH_SIZE];
	struct ports_entry entry;

	make_file(f, "tty", "");
	make_link(f, "battery", "tty");
	path_of(f, "battery", path);
	path_of(f, "tty", device);
	ports_describe(path, &entry);
	assert_string_equal(entry.name, path);
	assert_string_equal(entry.device, device);
	assert_int_equal(entry.usb_vendor, -1);
	assert_false(entry.victron);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_left_alone),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test(test_no_names),
		cmocka_unit_test_setup_teardown(test_holders, set_up, tear_down),
		cmocka_unit_test(test_try),
		cmocka_unit_test(test_list),
		cmocka_unit_test_setup_teardown(test_describe_unlisted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
