#include "check.h"

#include "core/console/command.h"

#include <stdlib.h>

/* Everything that may ever be written to the battery. %d stands for the address. */
static const struct {
	const char *legend;
	enum command_kind kind;
	const char *bytes;
	const char *echo;
	int has_address;
} allowed[] = {
	{ "newline", COMMAND_NEWLINE, "\n", "", 0 },
	{ "wake frame", COMMAND_WAKE, "~20014682C0048520FCC3\r", "~20014682C0048520FCC3", 0 },
	{ "login", COMMAND_LOGIN, "login debug\n", "login debug", 0 },
	{ "table", COMMAND_PWR_TABLE, "pwr\n", "pwr", 0 },
	{ "system", COMMAND_PWRSYS, "pwrsys\n", "pwrsys", 0 },
	{ "info", COMMAND_INFO, "info %d\n", "info %d", 1 },
	{ "pwr", COMMAND_PWR, "pwr %d\n", "pwr %d", 1 },
	{ "bat", COMMAND_BAT, "bat %d\n", "bat %d", 1 },
	{ "stat", COMMAND_STAT, "stat %d\n", "stat %d", 1 },
	{ "getpwr", COMMAND_GETPWR, "getpwr %d\n", "getpwr %d", 1 },
};

/* A text of the table above with the address put in. */
static void fill_in(char out[64], const char *pattern, int address)
{
	const char *mark = strstr(pattern, "%d");

	if (mark)
		snprintf(out, 64, "%.*s%d%s", (int)(mark - pattern), pattern, address, mark + 2);
	else
		snprintf(out, 64, "%s", pattern);
}

static void check(int row, int address)
{
	struct command command = { allowed[row].kind, (uint8_t)address };
	int fits = allowed[row].has_address ? address >= 1 && address <= 16 : address == 0;
	char bytes[64] = "", echo[64] = "", wanted_bytes[64] = "", wanted_echo[64] = "";
	size_t length = command_bytes(command, bytes);

	command_echo(command, echo);
	if (fits) {
		fill_in(wanted_bytes, allowed[row].bytes, address);
		fill_in(wanted_echo, allowed[row].echo, address);
	}
	if (length != strlen(wanted_bytes) || memcmp(bytes, wanted_bytes, length) != 0)
		fail_msg("%s %d: wrong bytes \"%s\"", allowed[row].legend, address, bytes);
	if (strcmp(echo, wanted_echo) != 0)
		fail_msg("%s %d: wrong echo \"%s\"", allowed[row].legend, address, echo);
	if (length > COMMAND_BYTES_MAX)
		fail_msg("%s %d: %zu bytes", allowed[row].legend, address, length);
}

static void test_every_command_at_every_address(void **state)
{
	(void)state;
	assert_int_equal(COUNT_OF(allowed), COMMAND_KINDS);
	for (int row = 0; row < COUNT_OF(allowed); row++)
		for (int address = 0; address <= 255; address++)
			check(row, address);
}

static void test_has_address(void **state)
{
	(void)state;
	for (int row = 0; row < COUNT_OF(allowed); row++)
		assert_int_equal(command_has_address(allowed[row].kind), allowed[row].has_address);
	assert_int_equal(command_has_address(COMMAND_KINDS), 0);
}

static void test_no_such_kind(void **state)
{
	char out[COMMAND_BYTES_MAX] = "#";

	(void)state;
	assert_int_equal(command_bytes((struct command){ COMMAND_KINDS, 0 }, out), 0);
	assert_int_equal(command_bytes((struct command){ (enum command_kind)-1, 1 }, out), 0);
	assert_string_equal(out, "#");
	command_echo((struct command){ COMMAND_KINDS, 1 }, out);
	assert_string_equal(out, "");
}

/* The frame carries its own proof: the sum of its characters, and the checksum, are 0 modulo 65536. */
static void test_wake_frame_is_sound(void **state)
{
	char out[COMMAND_BYTES_MAX];
	size_t length = command_bytes((struct command){ COMMAND_WAKE, 0 }, out);
	unsigned long sum = 0;

	(void)state;
	assert_int_equal(length, 22);
	for (size_t i = 1; i < length - 5; i++)
		sum += (unsigned char)out[i];
	assert_int_equal((sum + strtoul(out + length - 5, NULL, 16)) & 0xffff, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_command_at_every_address),
		cmocka_unit_test(test_has_address),
		cmocka_unit_test(test_no_such_kind),
		cmocka_unit_test(test_wake_frame_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
