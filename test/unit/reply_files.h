/* What the tests of the reply parsers share: recorded replies from files, all parsers behind one
 * door, and their results as text.
 *
 * Expectations are blank-separated `name=value`: `voltage_mv=51230 base=Dischg`, in columns with
 * the cell or the module before it: `3.mv=3411`. An absent value is `-`, a blank in a text `+`. */
#ifndef TEST_REPLY_FILES_H
#define TEST_REPLY_FILES_H

#include "check.h"

#include "core/console/framing.h"
#include "core/reply/reply.h"

#include <stdlib.h>

#define FILE_MAX 16384

enum parser { INFO, PWR, BAT, TABLE, STAT, PWRSYS, GETPWR, PARSERS };

union parsed {
	struct reply_info info;
	struct reply_pwr pwr;
	struct reply_bat bat;
	struct reply_table table;
	struct reply_stat stat;
	struct reply_pwrsys pwrsys;
	struct reply_getpwr getpwr;
};

enum member_type { OPT, WORD, TEXT, EVENTS, COUNT, FLAG };

struct member {
	enum parser parser;
	const char *name;
	enum member_type type;
	size_t offset;
	int32_t min, max; /* of an OPT */
};

#define I(m) offsetof(struct reply_info, m)
#define P(m) offsetof(struct reply_pwr, m)
#define C(m) offsetof(struct reply_cell, m)
#define R(m) offsetof(struct reply_row, m)
#define S(m) offsetof(struct reply_stat, m)
#define Y(m) offsetof(struct reply_pwrsys, m)
#define G(m) offsetof(struct reply_getpwr, m)
static const struct member members[] = {
	{ INFO, "address", OPT, I(address), 1, 16 },
	{ INFO, "manufacturer", TEXT, I(manufacturer), 0, 0 },
	{ INFO, "name", TEXT, I(name), 0, 0 },
	{ INFO, "firmware", TEXT, I(firmware), 0, 0 },
	{ INFO, "barcode", TEXT, I(barcode), 0, 0 },
	{ INFO, "specification", TEXT, I(specification), 0, 0 },
	{ INFO, "capacity_mah", OPT, I(capacity_mah), 1, 9999999 },
	{ INFO, "cells", OPT, I(cells), 1, 24 },
	{ INFO, "max_discharge_ma", OPT, I(max_discharge_ma), 1, 300000 },
	{ INFO, "max_charge_ma", OPT, I(max_charge_ma), 1, 300000 },
	{ PWR, "voltage_mv", OPT, P(voltage_mv), 10000, 70000 },
	{ PWR, "current_ma", OPT, P(current_ma), -300000, 300000 },
	{ PWR, "temp_mc", OPT, P(temp_mc), -40000, 100000 },
	{ PWR, "soc_pct", OPT, P(soc_pct), 0, 100 },
	{ PWR, "total_mah", OPT, P(total_mah), 1, 1000000 },
	{ PWR, "real_mah", OPT, P(real_mah), 1, 1000000 },
	{ PWR, "max_mv", OPT, P(max_mv), 1, 70000 },
	{ PWR, "base", WORD, P(base), 0, 0 },
	{ PWR, "volt", WORD, P(volt), 0, 0 },
	{ PWR, "current", WORD, P(current), 0, 0 },
	{ PWR, "temp", WORD, P(temp), 0, 0 },
	{ PWR, "coulomb", WORD, P(coulomb), 0, 0 },
	{ PWR, "soh", WORD, P(soh), 0, 0 },
	{ PWR, "bat_events", EVENTS, P(bat_events), 0, 0 },
	{ PWR, "power_events", EVENTS, P(power_events), 0, 0 },
	{ PWR, "system_fault", EVENTS, P(system_fault), 0, 0 },
	{ PWR, "unknown_word", TEXT, P(unknown_word), 0, 0 },
	{ BAT, "mv", OPT, C(mv), 0, 5000 },
	{ BAT, "temp_mc", OPT, C(temp_mc), -40000, 100000 },
	{ BAT, "soc_pct", OPT, C(soc_pct), 0, 100 },
	{ BAT, "mah", OPT, C(mah), 0, 1000000 },
	{ BAT, "balancing", OPT, C(balancing), 0, 1 },
	{ BAT, "base", WORD, C(base), 0, 0 },
	{ BAT, "volt", WORD, C(volt), 0, 0 },
	{ BAT, "current", WORD, C(current), 0, 0 },
	{ BAT, "temp", WORD, C(temp), 0, 0 },
	{ TABLE, "absent", FLAG, R(absent), 0, 0 },
	{ TABLE, "voltage_mv", OPT, R(voltage_mv), 10000, 70000 },
	{ TABLE, "current_ma", OPT, R(current_ma), -300000, 300000 },
	{ TABLE, "temp_mc", OPT, R(temp_mc), -40000, 100000 },
	{ TABLE, "temp_low_mc", OPT, R(temp_low_mc), -40000, 100000 },
	{ TABLE, "temp_high_mc", OPT, R(temp_high_mc), -40000, 100000 },
	{ TABLE, "cell_low_mv", OPT, R(cell_low_mv), 0, 5000 },
	{ TABLE, "cell_high_mv", OPT, R(cell_high_mv), 0, 5000 },
	{ TABLE, "soc_pct", OPT, R(soc_pct), 0, 100 },
	{ TABLE, "mos_temp_mc", OPT, R(mos_temp_mc), -40000, 150000 },
	{ TABLE, "base", WORD, R(base), 0, 0 },
	{ TABLE, "volt", WORD, R(volt), 0, 0 },
	{ TABLE, "current", WORD, R(current), 0, 0 },
	{ TABLE, "temp", WORD, R(temp), 0, 0 },
	{ TABLE, "cell_volt", WORD, R(cell_volt), 0, 0 },
	{ TABLE, "cell_temp", WORD, R(cell_temp), 0, 0 },
	{ TABLE, "unknown_word", TEXT, R(unknown_word), 0, 0 },
	{ STAT, "address", OPT, S(address), 1, 16 },
	{ STAT, "cycles", OPT, S(cycles), 0, 100000 },
	{ STAT, "soh_pct", OPT, S(soh_pct), 1, 100 },
	{ PWRSYS, "charge_mv", OPT, Y(charge_mv), 10000, 70000 },
	{ PWRSYS, "discharge_mv", OPT, Y(discharge_mv), 10000, 70000 },
	{ PWRSYS, "charge_ma", OPT, Y(charge_ma), 0, 300000 },
	{ PWRSYS, "discharge_ma", OPT, Y(discharge_ma), 0, 300000 },
	{ PWRSYS, "system_charge_ma", OPT, Y(system_charge_ma), 0, 4800000 },
	{ PWRSYS, "system_discharge_ma", OPT, Y(system_discharge_ma), 0, 4800000 },
	{ GETPWR, "voltage_mv", OPT, G(voltage_mv), 10000, 70000 },
	{ GETPWR, "current_ma", OPT, G(current_ma), -300000, 300000 },
	{ GETPWR, "temp_mc", OPT, G(temp_mc), -40000, 100000 },
	{ GETPWR, "mah", OPT, G(mah), 0, 1000000 },
	{ GETPWR, "base", WORD, G(base), 0, 0 },
	{ GETPWR, "volt", WORD, G(volt), 0, 0 },
	{ GETPWR, "current", WORD, G(current), 0, 0 },
	{ GETPWR, "temp", WORD, G(temp), 0, 0 },
	{ GETPWR, "first_mv", OPT, G(bat.cell[0].mv), 0, 5000 },
	{ GETPWR, "first_temp_mc", OPT, G(bat.cell[0].temp_mc), -40000, 100000 },
	{ GETPWR, "fifth_temp", WORD, G(bat.cell[4].temp), 0, 0 },
	{ GETPWR, "last_mv", OPT, G(bat.cell[14].mv), 0, 5000 },
	{ GETPWR, "last_temp_mc", OPT, G(bat.cell[14].temp_mc), -40000, 100000 },
	{ GETPWR, "last_soc_pct", OPT, G(bat.cell[14].soc_pct), 0, 100 },
	{ GETPWR, "cells", COUNT, G(bat.cells), 0, 0 },
	{ GETPWR, "unknown_word", TEXT, G(bat.unknown_word), 0, 0 },
};
#undef I
#undef P
#undef C
#undef R
#undef S
#undef Y
#undef G

#define MEMBERS (sizeof members / sizeof *members)

static inline enum reply_result parse(enum parser parser, const char *body, int address,
                                      union parsed *to, struct reply_fault *fault)
{
	memset(to, 0x5a, sizeof *to); /* what the parser leaves alone must show */
	memset(fault, 0x5a, sizeof *fault);
	switch (parser) {
	case INFO:
		return reply_parse_info(body, address, &to->info, fault);
	case PWR:
		return reply_parse_pwr(body, address, &to->pwr, fault);
	case BAT:
		return reply_parse_bat(body, &to->bat, fault);
	case TABLE:
		return reply_parse_table(body, &to->table, fault);
	case STAT:
		return reply_parse_stat(body, address, &to->stat, fault);
	case GETPWR:
		return reply_parse_getpwr(body, &to->getpwr, fault);
	default:
		return reply_parse_pwrsys(body, &to->pwrsys, fault);
	}
}

/* Reads a file, terminated; false when there is none. */
static inline bool read_file(const char *folder, const char *name, char *to, size_t *length)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file == NULL)
		return false;
	*length = fread(to, 1, FILE_MAX - 1, file);
	fclose(file);
	to[*length] = '\0';
	return true;
}

/* The next line without CRs; false at the end. */
static inline bool wire_line(const char **at, char *line, size_t size)
{
	size_t used = 0;

	if (**at == '\0')
		return false;
	for (; **at != '\0' && **at != '\n'; ++*at)
		if (**at != '\r' && used + 1 < size)
			line[used++] = **at;
	*at += **at == '\n';
	line[used] = '\0';
	return true;
}

/* What of a line is behind a prompt. */
static inline char *behind_prompt(char *line)
{
	char *end = strchr(line, '>');

	return end != NULL && strspn(line, "abcdefghijklmnopqrstuvwxyzPYTES_") == (size_t)(end - line)
	           ? end + 1
	           : line;
}

/* The echo of a recorded reply: its first text behind a prompt. */
static inline const char *wire_echo(const char *at, char *echo, size_t size)
{
	while (wire_line(&at, echo, size)) {
		char *command = behind_prompt(echo);

		command[strcspn(command, "@")] = '\0';
		if (command[0] == '\0')
			continue;
		memmove(echo, command, strlen(command) + 1);
		return at;
	}
	fail_msg("no echo");
	return NULL;
}

/* The body of a recorded reply, as framing gives it, but made without framing. */
static inline void body_of(const char *wire, char *body)
{
	char line[512];
	const char *at = wire_echo(wire, line, sizeof line);

	body[0] = '\0';
	while (wire_line(&at, line, sizeof line)) {
		if (strcmp(line, "$$") == 0 || strcmp(line, "Command completed successfully") == 0)
			return;
		if (line[strspn(line, " ")] != '\0' && strcmp(line, "@") != 0)
			strcat(strcat(body, line), "\n");
	}
}

/* The structure that a member is in, and how many there are. */
static inline const char *record(enum parser parser, const union parsed *from, int i)
{
	if (parser == BAT)
		return (const char *)&from->bat.cell[i];
	if (parser == TABLE)
		return (const char *)&from->table.row[i];
	return (const char *)from;
}

static inline int records(enum parser parser, const union parsed *from)
{
	return parser == BAT ? from->bat.cells : parser == TABLE ? from->table.rows : 1;
}

static inline void show_member(const struct member *m, const char *at, char *out, size_t size)
{
	struct opt opt;
	struct reply_events events;
	enum word word;

	switch (m->type) {
	case OPT:
		memcpy(&opt, at, sizeof opt);
		snprintf(out, size, opt.known ? "%d" : "-", opt.value);
		break;
	case WORD:
		memcpy(&word, at, sizeof word);
		snprintf(out, size, "%s", reply_word_name(word));
		break;
	case EVENTS:
		memcpy(&events, at, sizeof events);
		snprintf(out, size, "0x%x%s%s", (unsigned)events.bits,
		         events.names[0] == '\0' ? "" : "+", events.names);
		break;
	case FLAG:
		snprintf(out, size, "%d", *(const bool *)at);
		break;
	case COUNT:
		snprintf(out, size, "%d", *(const int *)(const void *)at);
		break;
	default:
		snprintf(out, size, "%s", at);
	}
	for (; *out != '\0'; out++)
		if (*out == ' ')
			*out = '+';
}

/* The value of `name` ("3.mv", "base", "rows", "cells") as text. */
static inline void show(enum parser parser, const union parsed *from, const char *name, char *out,
                        size_t size)
{
	const char *dot = strchr(name, '.');
	int i = dot == NULL ? 0 : atoi(name) - (parser == TABLE);

	if (strcmp(name, "count") == 0) {
		snprintf(out, size, "%d", records(parser, from));
		return;
	}
	for (size_t k = 0; k < MEMBERS; k++)
		if (members[k].parser == parser &&
		    strcmp(members[k].name, dot == NULL ? name : dot + 1) == 0) {
			show_member(&members[k], record(parser, from, i) + members[k].offset, out,
			            size);
			return;
		}
	fail_msg("no member %s", name);
}

static inline void expect_values(const char *legend, enum parser parser, const union parsed *from,
                                 const char *expected)
{
	char list[1024], *save = NULL;

	snprintf(list, sizeof list, "%s", expected);
	for (char *item = strtok_r(list, " ", &save); item; item = strtok_r(NULL, " ", &save)) {
		char *value = strchr(item, '='), seen[128];

		*value++ = '\0';
		show(parser, from, item, seen, sizeof seen);
		if (strcmp(seen, value) != 0)
			fail_msg("%s: %s is %s, not %s", legend, item, seen, value);
	}
}

static inline bool member_plausible(const struct member *m, const char *at)
{
	struct opt opt;
	enum word word;

	if (m->type == OPT) {
		memcpy(&opt, at, sizeof opt);
		return !opt.known || (opt.value >= m->min && opt.value <= m->max);
	}
	if (m->type == WORD) {
		memcpy(&word, at, sizeof word);
		return word >= WORD_NONE && word < WORDS;
	}
	return m->type != TEXT || memchr(at, '\0', REPLY_NAME_MAX) != NULL;
}

/* Whatever came in, what was accepted must be within the ranges of reply.h. */
static inline void expect_plausible(const char *legend, enum parser parser,
                                    const union parsed *from)
{
	int n = records(parser, from);

	if (n < 1 || n > (parser == BAT ? REPLY_CELLS_MAX : REPLY_MODULES_MAX))
		fail_msg("%s: %d records", legend, n);
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < MEMBERS; k++)
			if (members[k].parser == parser &&
			    !member_plausible(&members[k],
			                      record(parser, from, i) + members[k].offset))
				fail_msg("%s: record %d: %s", legend, i, members[k].name);
}

#endif
