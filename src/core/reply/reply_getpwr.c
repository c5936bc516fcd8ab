/* `getpwr 2`: `#` ends a field; no label and no index. The last two lines are not understood.
 *
 *   49350#  -2632#  21000#  32000#  Dischg#  Normal#  Normal#  Normal#
 *   3290#  20000#  Normal#  Normal#                  one line a cell
 *   ...
 *   0#
 *   1#
 */
#include "core/reply/reply.h"

#include "core/reply/reply_field.h"

#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))
#define LAST_LINES 2

#define AT(member) offsetof(struct reply_getpwr, member)
static const struct reply_field pack_fields[] = {
	{ "Voltage", REPLY_INT, REPLY_NEEDED, AT(voltage_mv), NULL, 10000, 70000, 0 },
	{ "Current", REPLY_INT, REPLY_NEEDED, AT(current_ma), NULL, -300000, 300000, 0 },
	{ "Temperature", REPLY_INT, REPLY_NEEDED, AT(temp_mc), NULL, -40000, 100000, 0 },
	{ "Coulomb", REPLY_INT, REPLY_NEEDED, AT(mah), NULL, 0, 1000000, 0 },
	{ "Base", REPLY_WORD, REPLY_NEEDED, AT(base), NULL, 0, 0, 0 },
	{ "Volt", REPLY_WORD, REPLY_NEEDED, AT(volt), NULL, 0, 0, 0 },
	{ "Curr", REPLY_WORD, REPLY_NEEDED, AT(current), NULL, 0, 0, 0 },
	{ "Temp", REPLY_WORD, REPLY_NEEDED, AT(temp), NULL, 0, 0, 0 },
};
#undef AT

#define AT(member) offsetof(struct reply_cell, member)
static const struct reply_field cell_fields[] = {
	{ "Volt of a cell", REPLY_INT, REPLY_NEEDED, AT(mv), NULL, 0, 5000, 0 },
	{ "Tempr of a cell", REPLY_INT, REPLY_OPTIONAL, AT(temp_mc), NULL, -40000, 100000, 0 },
	{ "Volt. State of a cell", REPLY_WORD, REPLY_OPTIONAL, AT(volt), NULL, 0, 0, 0 },
	{ "Temp. State of a cell", REPLY_WORD, REPLY_OPTIONAL, AT(temp), NULL, 0, 0, 0 },
};
#undef AT

/* What stands before the next `#`; false where there is none. */
static bool take_field(struct reply_span *line, struct reply_span *field)
{
	const char *end = line->length > 0 ? memchr(line->at, '#', line->length) : NULL;

	if (!end)
		return false;
	*field = (struct reply_span){ line->at, (size_t)(end - line->at) };
	line->length -= field->length + 1;
	line->at = end + 1;
	return true;
}

static enum reply_result read_line(struct reply_reader *r, const struct reply_field *fields, int count,
                                   struct reply_span line, void *out)
{
	enum reply_result result = REPLY_OK;

	for (int i = 0; result == REPLY_OK && i < count; i++) {
		struct reply_tokens tokens = { { "", 0 }, NULL };

		if (!take_field(&line, &tokens.rest))
			return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of(fields[i].label));
		result = reply_field_read(r, &fields[i], &tokens, out);
		if (result == REPLY_OK && !reply_scan_finished(&tokens))
			return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of(fields[i].label));
	}
	if (result == REPLY_OK && line.length > 0)
		return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of(""));
	return result;
}

/* A line with one number. */
static bool is_last(struct reply_span line)
{
	struct reply_span field;
	int32_t value;

	return take_field(&line, &field) && line.length == 0 && reply_scan_integer(field, &value);
}

static enum reply_result read_cells(struct reply_reader *r, struct reply_bat *bat)
{
	struct reply_span line;
	int last = 0;

	r->unknown_word = bat->unknown_word;
	while (reply_scan_line(&r->lines, &line)) {
		enum reply_result result;

		r->row = r->lines.row;
		if (is_last(line)) {
			last++;
			continue;
		}
		if (last > 0 || bat->cells == REPLY_CELLS_MAX)
			return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of("number of cells"));
		result = read_line(r, cell_fields, COUNT(cell_fields), line, &bat->cell[bat->cells]);
		if (result != REPLY_OK)
			return result;
		bat->cells++;
	}
	if (last != LAST_LINES || bat->cells == 0)
		return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of("number of lines"));
	return REPLY_OK;
}

enum reply_result reply_parse_getpwr(const char *body, struct reply_getpwr *getpwr,
                                     struct reply_fault *fault)
{
	struct reply_reader r;
	struct reply_span line = { "", 0 };
	enum reply_result result;

	*getpwr = (struct reply_getpwr){ 0 };
	result = reply_field_begin(&r, body, fault);
	if (result != REPLY_OK)
		return result;
	(void)reply_scan_line(&r.lines, &line);
	r.row = r.lines.row;
	r.unknown_word = getpwr->bat.unknown_word;
	result = read_line(&r, pack_fields, COUNT(pack_fields), line, getpwr);
	return result == REPLY_OK ? read_cells(&r, &getpwr->bat) : result;
}
