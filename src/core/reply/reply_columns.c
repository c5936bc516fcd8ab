#include "core/reply/reply_columns.h"

/* The next name of the header. */
static bool take_name(struct reply_tokens *tokens, struct reply_span *name)
{
	struct reply_tokens ahead;
	struct reply_span word;

	if (!reply_scan_token(tokens, name))
		return false;
	ahead = *tokens;
	if (reply_scan_token(&ahead, &word) && reply_scan_is(word, "State")) {
		name->length = (size_t)(word.at + word.length - name->at);
		*tokens = ahead;
	}
	return true;
}

static enum reply_result add_column(struct reply_reader *r, const struct reply_columns *columns,
                                    struct reply_columns_head *head, struct reply_span name)
{
	int i = reply_field_find(columns->fields, columns->count, name);
	bool again = i >= 0 && head->fields & UINT32_C(1) << i;

	if (again || head->count == REPLY_COLUMNS_MAX)
		return reply_field_blame(r, REPLY_DAMAGED, name);
	if (i >= 0)
		head->fields |= UINT32_C(1) << i;
	head->name[head->count] = name;
	head->field[head->count++] = i;
	return REPLY_OK;
}

static enum reply_result check_needed(struct reply_reader *r, const struct reply_columns *columns,
                                      const struct reply_columns_head *head)
{
	for (int i = 0; i < columns->count; i++)
		if (columns->fields[i].need == REPLY_NEEDED && !(head->fields & UINT32_C(1) << i))
			return reply_field_blame(r, REPLY_DAMAGED,
			                         reply_scan_of(columns->fields[i].label));
	return REPLY_OK;
}

/* A first line that is not the header: is it a relative's? */
static enum reply_result refuse(struct reply_reader *r, const struct reply_columns *columns,
                                struct reply_span line)
{
	struct reply_tokens tokens = { line, NULL };
	struct reply_span name, value;

	if (reply_scan_label(line, &name, &value) && reply_scan_any(name, columns->foreign))
		return reply_field_blame(r, REPLY_HIGH_VOLTAGE, name);
	while (take_name(&tokens, &name))
		if (reply_scan_any(name, columns->foreign))
			return reply_field_blame(r, REPLY_HIGH_VOLTAGE, name);
	return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of(columns->index));
}

enum reply_result reply_columns_head(struct reply_reader *r, const struct reply_columns *columns,
                                     struct reply_columns_head *head)
{
	enum reply_result result = REPLY_OK;
	struct reply_tokens tokens = { { "", 0 }, NULL };
	struct reply_span line = { "", 0 }, name = { "", 0 };

	head->count = 0;
	head->fields = 0;
	(void)reply_scan_line(&r->lines, &line);
	tokens.rest = line;
	r->row = r->lines.row;
	(void)take_name(&tokens, &name);
	if (!reply_scan_is(name, columns->index))
		return refuse(r, columns, line);
	while (result == REPLY_OK && take_name(&tokens, &name))
		result = add_column(r, columns, head, name);
	return result == REPLY_OK ? check_needed(r, columns, head) : result;
}

static bool take_index(struct reply_tokens *tokens, int index)
{
	struct reply_span token = { "", 0 };
	int32_t value;

	(void)reply_scan_token(tokens, &token);
	return reply_scan_integer(token, &value) && value == index;
}

static enum reply_result read_column(struct reply_reader *r, const struct reply_columns *columns,
                                     const struct reply_columns_head *head, int column,
                                     struct reply_tokens *tokens, void *out)
{
	int i = head->field[column];
	struct reply_span token;

	if (i >= 0)
		return reply_field_read(r, &columns->fields[i], tokens, out);
	if (!reply_scan_token(tokens, &token))
		return reply_field_blame(r, REPLY_DAMAGED, head->name[column]);
	return REPLY_OK;
}

enum reply_result reply_columns_row(struct reply_reader *r, const struct reply_columns *columns,
                                    const struct reply_columns_head *head, struct reply_span line,
                                    int index, void *out)
{
	struct reply_tokens tokens = { line, &r->lines };
	enum reply_result result = REPLY_OK;

	if (!take_index(&tokens, index))
		return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of(columns->index));
	for (int i = 0; result == REPLY_OK && i < head->count; i++)
		result = read_column(r, columns, head, i, &tokens, out);
	if (result == REPLY_OK && !reply_scan_finished(&tokens))
		return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of(""));
	return result;
}

bool reply_columns_absent(struct reply_span line, int index)
{
	struct reply_tokens tokens = { line, NULL };
	struct reply_span token;
	int absent = 0;

	if (!take_index(&tokens, index))
		return false;
	while (reply_scan_token(&tokens, &token)) {
		if (reply_scan_is(token, "Absent"))
			absent++;
		else if (!reply_scan_is(token, "-"))
			return false;
	}
	return absent == 1;
}
