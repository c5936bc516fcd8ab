/* The log: whole lines, levels, nothing that can forge a line. */
#include "shell/system/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CAUGHT_MAX 8192

/* Runs `write_it` with stderr led into a pipe; returns what it wrote. */
static const char *caught(void (*write_it)(void))
{
	static char text[CAUGHT_MAX];
	int ends[2];
	int saved = dup(STDERR_FILENO);

	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	write_it();
	dup2(saved, STDERR_FILENO);
	close(saved);
	ssize_t length = read(ends[0], text, sizeof(text) - 1);
	close(ends[0]);
	text[length > 0 ? length : 0] = '\0';
	return text;
}

static void write_every_level(void)
{
	log_error("e %d", 1);
	log_warning("w %s", "two");
	log_info("i");
	log_line(LEVEL_DEBUG, "d");
	log_line(LEVEL_WARNING, "again");
}

static void test_levels(void **state)
{
	(void)state;
	log_set_level(LEVEL_DEBUG);
	assert_string_equal(caught(write_every_level), "error: e 1\nwarning: w two\ninfo: i\ndebug: d\n"
	                                               "warning: again\n");
	log_set_level(LEVEL_INFO);
	assert_string_equal(caught(write_every_level),
	                    "error: e 1\nwarning: w two\ninfo: i\nwarning: again\n");
	log_set_level(LEVEL_ERROR);
	assert_string_equal(caught(write_every_level), "error: e 1\n");
	log_set_level(LEVEL_INFO);
}

static void write_controls(void)
{
	log_info("%s", "one\nerror: two\r\x1b[31m\x7f\t\xc3\xa4");
}

static void test_controls_are_replaced(void **state)
{
	(void)state;
	assert_string_equal(caught(write_controls), "info: one?error: two??[31m??\xc3\xa4\n");
}

static void write_long(void)
{
	char text[LOG_LINE_MAX * 2];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	log_info("%.*s", LOG_LINE_MAX - 7, text);
}

static void test_long_lines_are_cut(void **state)
{
	(void)state;
	const char *text = caught(write_long);
	const char *end = strchr(text, '\n');

	assert_non_null(end);
	assert_int_equal(end - text, LOG_LINE_MAX - 1);
	assert_memory_equal(end - 4, "x...", 4);
	/* The longest that fits is whole. */
	const char *second = end + 1;
	assert_int_equal(strlen(second), LOG_LINE_MAX);
	assert_memory_equal(second + LOG_LINE_MAX - 5, "xxxx\n", 5);
}

/* Nobody reads: the work goes on, and the log says later how much of it is missing. */
static void test_nobody_reads(void **state)
{
	static char text[256 * 1024];
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t length, first;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	for (int i = 0; i < 5000; i++)
		log_info("line %d of many that are as long as this one is", i);
	first = read(ends[0], text, sizeof text);
	log_info("taken again");
	log_info("and again");
	dup2(saved, STDERR_FILENO);
	close(saved);
	length = read(ends[0], text, sizeof text - 1);
	close(ends[0]);
	assert_true(first > 4096 && text[first - 1] == '\n');
	text[length] = '\0';
	assert_non_null(strstr(text, " lines of the log are missing here"));
	assert_int_equal(strncmp(text, "warning: ", 9), 0);
	assert_string_equal(strchr(text, '\n') + 1, "info: taken again\ninfo: and again\n");
	assert_string_equal(caught(write_every_level), "error: e 1\nwarning: w two\ninfo: i\nwarning: again\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_controls_are_replaced),
		cmocka_unit_test(test_long_lines_are_cut),
		cmocka_unit_test(test_nobody_reads),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
