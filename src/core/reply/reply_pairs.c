#include "core/reply/reply_pairs.h"

static enum reply_result read_pair(struct reply_reader *r, const struct reply_pairs *pairs,
                                   struct reply_span label, struct reply_span value, void *out,
                                   struct reply_pairs_found *found)
{
	struct reply_tokens tokens = { value, NULL };
	int i = reply_field_find(pairs->fields, pairs->count, label);
	enum reply_result result;

	if (reply_scan_any(label, pairs->foreign))
		return reply_field_blame(r, REPLY_HIGH_VOLTAGE, label);
	if (i < 0)
		return REPLY_OK;
	if (found->fields & UINT32_C(1) << i)
		return reply_field_blame(r, REPLY_DAMAGED, label);
	found->fields |= UINT32_C(1) << i;
	result = reply_field_read(r, &pairs->fields[i], &tokens, out);
	if (result == REPLY_OK && !reply_scan_finished(&tokens))
		return reply_field_blame(r, REPLY_DAMAGED, label);
	return result;
}

static enum reply_result read_heading(struct reply_reader *r, const struct reply_pairs *pairs,
                                      struct reply_span line, struct reply_pairs_found *found)
{
	size_t length = reply_scan_of(pairs->heading).length;
	struct reply_tokens tokens = { { line.at + length, line.length - length }, NULL };
	struct reply_span number;
	int32_t module;

	if (found->module.known || !reply_scan_token(&tokens, &number) ||
	    number.at == line.at + length || !reply_scan_integer(number, &module) ||
	    !reply_scan_finished(&tokens))
		return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of(pairs->heading));
	found->module = opt_some(module);
	return REPLY_OK;
}

static bool is_prose(const struct reply_pairs *pairs, struct reply_span line)
{
	for (const char *const *start = pairs->prose; *start != NULL; start++)
		if (reply_scan_starts(line, *start))
			return true;
	return reply_scan_dashes(line);
}

static enum reply_result read_line(struct reply_reader *r, const struct reply_pairs *pairs,
                                   struct reply_span line, void *out,
                                   struct reply_pairs_found *found)
{
	struct reply_span label, value;

	if (reply_scan_label(line, &label, &value))
		return read_pair(r, pairs, label, value, out, found);
	if (pairs->heading != NULL && reply_scan_starts(line, pairs->heading))
		return read_heading(r, pairs, line, found);
	if (is_prose(pairs, line))
		return REPLY_OK;
	return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of(""));
}

static enum reply_result check_needed(struct reply_reader *r, const struct reply_pairs *pairs,
                                      const struct reply_pairs_found *found)
{
	r->row = 0;
	if (pairs->heading != NULL && !found->module.known)
		return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of(pairs->heading));
	for (int i = 0; i < pairs->count; i++)
		if (pairs->fields[i].need == REPLY_NEEDED &&
		    !(found->fields & UINT32_C(1) << i))
			return reply_field_blame(r, REPLY_DAMAGED,
			                         reply_scan_of(pairs->fields[i].label));
	return REPLY_OK;
}

enum reply_result reply_pairs_read(struct reply_reader *r, const struct reply_pairs *pairs,
                                   void *out, struct reply_pairs_found *found)
{
	enum reply_result result = REPLY_OK;
	struct reply_span line;

	*found = (struct reply_pairs_found){ 0 };
	while (result == REPLY_OK && reply_scan_line(&r->lines, &line)) {
		r->row = r->lines.row;
		result = read_line(r, pairs, line, out, found);
	}
	return result == REPLY_OK ? check_needed(r, pairs, found) : result;
}
