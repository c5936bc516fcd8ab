/* The history in a file: whole or not at all, whatever happens to the disk in between. */
#include "check.h"

#include "shell/system/file.h"
#include "shell/system/history_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE 8192

struct place {
	char folder[PATH_MAX], file[PATH_MAX + 16], fresh[PATH_MAX + 24];
};

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->folder, "/tmp/history.XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->file, sizeof p->file, "%s/history", p->folder);
	snprintf(p->fresh, sizeof p->fresh, "%s.new", p->file);
	*state = p;
	return 0;
}

static int clear_place(void **state)
{
	struct place *p = *state;

	unlink(p->file);
	unlink(p->fresh);
	rmdir(p->fresh);
	rmdir(p->folder);
	free(p);
	return 0;
}

static struct history drawn(int64_t mah)
{
	struct history h;

	history_init(&h, 0);
	h.value[HISTORY_DRAWN] = mah;
	h.value[HISTORY_KEPT] = 100;
	return h;
}

static int64_t read_drawn(const struct place *p)
{
	struct history h;

	history_init(&h, 5);
	h.value[HISTORY_DRAWN] = -1;
	return history_file_read(p->file, &h, 5) ? h.value[HISTORY_DRAWN] : -2;
}

static void test_round_trip(void **state)
{
	struct place *p = *state;
	struct history h = drawn(42);
	struct stat status;

	assert_true(history_file_write(p->file, &h));
	assert_int_equal(read_drawn(p), 42);
	assert_int_equal(stat(p->file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_not_equal(access(p->fresh, F_OK), 0);
	h = drawn(43);
	assert_true(history_file_write(p->file, &h));
	assert_int_equal(read_drawn(p), 43);
}

/* A path without a folder is one in the folder where we are. */
static void test_bare_name(void **state)
{
	struct place *p = *state;
	struct history h = drawn(42);

	assert_int_equal(chdir(p->folder), 0);
	assert_true(history_file_write("history", &h));
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(read_drawn(p), 42);
}

static void test_missing(void **state)
{
	struct history h = drawn(7), before = h;
	struct place *p = *state;

	assert_true(history_file_read(p->file, &h, 5));
	assert_memory_equal(&h, &before, sizeof h);
}

/* The power goes while the new one is written, at any byte: the old one is there, and the next writing goes through. */
static void test_power_cut(void **state)
{
	static char text[SIZE];
	struct history h = drawn(42), next = drawn(43);
	struct place *p = *state;
	ssize_t length;
	int fd;

	assert_true(history_file_write(p->file, &next));
	fd = open(p->file, O_RDONLY);
	length = read(fd, text, sizeof text);
	close(fd);
	assert_true(length > 0);
	for (ssize_t cut = 0; cut <= length; cut += 13) {
		assert_true(history_file_write(p->file, &h));
		fd = open(p->fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_int_equal(write(fd, text, (size_t)cut), cut);
		close(fd);
		assert_int_equal(read_drawn(p), 42);
		assert_true(history_file_write(p->file, &next));
		assert_int_equal(read_drawn(p), 43);
	}
}

/* Cut short: it may be replaced. Too long for any of ours, or no file at all: it may not. */
static void test_damaged(void **state)
{
	static char text[SIZE];
	struct history h = drawn(42);
	struct place *p = *state;

	assert_true(history_file_write(p->file, &h));
	assert_int_equal(truncate(p->file, 100), 0);
	assert_int_equal(read_drawn(p), -1);
	assert_true(file_replace(p->file, text, sizeof text, false));
	assert_int_equal(read_drawn(p), -2);
	assert_int_equal(unlink(p->file), 0);
	assert_int_equal(mkdir(p->file, 0700), 0);
	assert_int_equal(read_drawn(p), -2);
	assert_false(history_file_write(p->file, &h));
	assert_int_not_equal(access(p->fresh, F_OK), 0);
	assert_int_equal(rmdir(p->file), 0);
}

/* What cannot be written is told by its reason, and leaves what was there. */
static void test_unwritable(void **state)
{
	char path[PATH_MAX + 64], longest[PATH_MAX + 8];
	struct history h = drawn(42), next = drawn(43);
	struct place *p = *state;

	snprintf(path, sizeof path, "%s/gone/history", p->folder);
	assert_false(history_file_write(path, &h));
	assert_int_equal(errno, ENOENT);
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_false(history_file_write(longest, &h));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_true(history_file_write(p->file, &h));
	assert_int_equal(mkdir(p->fresh, 0700), 0);
	assert_false(history_file_write(p->file, &next));
	assert_int_equal(errno, EISDIR);
	assert_int_equal(read_drawn(p), 42);
	assert_int_equal(rmdir(p->fresh), 0);
	assert_int_equal(symlink("/tmp/nobody-follows-this", p->fresh), 0);
	assert_false(history_file_write(p->file, &next));
	assert_int_equal(errno, ELOOP);
	assert_int_equal(read_drawn(p), 42);
}

/* No room for more than a part of it: the old one stays, and the part is taken away. */
static void test_no_room(void **state)
{
	const struct rlimit none = { 10, RLIM_INFINITY };
	struct history h = drawn(42), next = drawn(43);
	struct place *p = *state;
	struct rlimit before;

	assert_true(history_file_write(p->file, &h));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_false(history_file_write(p->file, &next));
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(read_drawn(p), 42);
	assert_int_not_equal(access(p->fresh, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, make_place, clear_place),
		cmocka_unit_test_setup_teardown(test_bare_name, make_place, clear_place),
		cmocka_unit_test_setup_teardown(test_missing, make_place, clear_place),
		cmocka_unit_test_setup_teardown(test_power_cut, make_place, clear_place),
		cmocka_unit_test_setup_teardown(test_damaged, make_place, clear_place),
		cmocka_unit_test_setup_teardown(test_unwritable, make_place, clear_place),
		cmocka_unit_test_setup_teardown(test_no_room, make_place, clear_place),
	};

	return cmocka_run_group_tests_name("history_file", tests, NULL, NULL);
}
