/* The text of a recording: written, read back, and what is refused. */
#include "check.h"

#include "core/recording/tape.h"

static void test_lines(void **state)
{
	static const struct {
		struct tape_piece piece;
		const char *line;
	} rows[] = {
		{ { TAPE_SPEED, 0, 19200, NULL, 0 }, "0 = 19200" },
		{ { TAPE_SENT, 3, 0, "\n", 1 }, "3 > \\n" },
		{ { TAPE_CAME, 35, 0, "\r\n\rpylon>", 9 }, "35 < \\r\\n\\rpylon>" },
		{ { TAPE_CAME, 86400000, 0, "a b  ", 5 }, "86400000 < a b \\x20" },
		{ { TAPE_CAME, 1, 0, " ", 1 }, "1 < \\x20" },
		{ { TAPE_CAME, 1, 0, "\\\t\x7f\xfe", 4 }, "1 < \\\\\\x09\\x7f\\xfe" },
		{ { TAPE_CAME, 1, 0, "\0x", 2 }, "1 < \\x00x" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		const struct tape_piece *wanted = &rows[i].piece;
		char line[TAPE_LINE_MAX];
		struct tape_piece piece;

		tape_write(wanted, line);
		assert_string_equal(line, rows[i].line);
		assert_true(tape_read(line, &piece));
		assert_row(rows[i].line, i, piece.kind, wanted->kind);
		assert_row(rows[i].line, i, piece.at_ms, wanted->at_ms);
		assert_row(rows[i].line, i, piece.speed_baud, wanted->speed_baud);
		assert_int_equal(piece.length, wanted->length);
		assert_memory_equal(piece.bytes, wanted->bytes, wanted->length);
	}
}

/* Whatever bytes, as many as fit: one printable line comes out, and the same bytes back. */
static void test_every_byte(void **state)
{
	(void)state;
	for (int value = 0; value < 256; value++) {
		char bytes[TAPE_BYTES_MAX], line[TAPE_LINE_MAX];
		struct tape_piece piece = { TAPE_CAME, TAPE_MOST_MS, 0, bytes, sizeof bytes };

		memset(bytes, value, sizeof bytes);
		tape_write(&piece, line);
		for (const char *c = line; *c != '\0'; c++)
			assert_in_range(*c, ' ', '~');
		assert_int_not_equal(line[strlen(line) - 1], ' ');
		assert_true(tape_read(line, &piece));
		assert_int_equal(piece.length, sizeof bytes);
		assert_memory_equal(piece.bytes, bytes, sizeof bytes);
	}
}

static void test_remarks(void **state)
{
	char lines[][16] = { "", "#", "# 3 > x" };

	(void)state;
	for (int i = 0; i < COUNT_OF(lines); i++) {
		struct tape_piece piece;

		assert_true(tape_read(lines[i], &piece));
		assert_int_equal(piece.kind, TAPE_REMARK);
	}
}

static void test_refused(void **state)
{
	static const char *const lines[] = {
		"x", "1", "1 ", "1 >", "1 > ", "1 ? x", "1> x", " 1 > x", "-1 > x", "> x", "1 >x", "1 = ", "1 = 0",
		"1 = 19200x", "1 = -9600", "1 = 99999999999", "86400001 > x", "99999999999999999999 > x", "1 > \\",
		"1 > \\q", "1 > \\x", "1 > \\x1", "1 > \\x1g", "1 > \\xAB", "1  > x",
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(lines); i++) {
		char line[64];
		struct tape_piece piece;

		strcpy(line, lines[i]);
		if (tape_read(line, &piece))
			fail_msg("taken: '%s'", lines[i]);
	}
}

static void test_too_long(void **state)
{
	char line[TAPE_BYTES_MAX + 16];
	struct tape_piece piece;

	(void)state;
	memset(line, 'a', sizeof line);
	memcpy(line, "1 > ", 4);
	line[4 + TAPE_BYTES_MAX + 1] = '\0';
	assert_false(tape_read(line, &piece));
	line[4 + TAPE_BYTES_MAX] = '\0';
	assert_true(tape_read(line, &piece));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),   cmocka_unit_test(test_every_byte), cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
