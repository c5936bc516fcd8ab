#include "core/console/command.h"

#include "core/base/address.h"
#include "core/base/text.h"

#include <stdbool.h>
#include <string.h>

struct row {
	const char *bytes; /* without address and line end */
	char end;          /* LF on the console; the wake frame belongs to another protocol */
	bool takes_address;
};

/* Not a digit of the wake frame may change: its neighbour turns the battery off. */
static const struct row rows[COMMAND_KINDS] = {
	[COMMAND_NEWLINE] = { "", '\n', false },
	[COMMAND_WAKE] = { "~20014682C0048520FCC3", '\r', false },
	[COMMAND_LOGIN] = { "login debug", '\n', false },
	[COMMAND_PWR_TABLE] = { "pwr", '\n', false },
	[COMMAND_PWRSYS] = { "pwrsys", '\n', false },
	[COMMAND_INFO] = { "info ", '\n', true },
	[COMMAND_PWR] = { "pwr ", '\n', true },
	[COMMAND_BAT] = { "bat ", '\n', true },
	[COMMAND_STAT] = { "stat ", '\n', true },
	[COMMAND_GETPWR] = { "getpwr ", '\n', true },
};

static bool is_kind(enum command_kind kind)
{
	return (unsigned)kind < COMMAND_KINDS;
}

static bool address_fits(struct command command)
{
	if (!rows[command.kind].takes_address)
		return command.address == 0;
	return command.address >= 1 && command.address <= ADDRESS_MAX;
}

void command_echo(struct command command, char out[COMMAND_BYTES_MAX])
{
	struct text t = text_in(out, COMMAND_BYTES_MAX);

	if (!is_kind(command.kind) || !address_fits(command))
		return;
	text_str(&t, rows[command.kind].bytes);
	if (rows[command.kind].takes_address)
		text_int(&t, command.address);
}

size_t command_bytes(struct command command, char out[COMMAND_BYTES_MAX])
{
	size_t length;

	if (!is_kind(command.kind) || !address_fits(command))
		return 0;
	command_echo(command, out);
	length = strlen(out);
	out[length] = rows[command.kind].end;
	return length + 1;
}

int command_has_address(enum command_kind kind)
{
	return is_kind(kind) && rows[kind].takes_address;
}
