#include "core/reply/reply_field.h"

#include "core/reply/reply_word.h"

#include <string.h>

/* One value being read. */
struct job {
	struct reply_reader *r;
	const struct reply_field *field;
	struct reply_tokens *tokens;
	struct reply_span first; /* its first token, already taken */
	char *out;
};

enum reply_result reply_field_blame(struct reply_reader *r, enum reply_result result,
                                    struct reply_span label)
{
	r->fault->result = result;
	r->fault->row = r->row;
	reply_scan_copy(r->fault->field, sizeof r->fault->field, label);
	return result;
}

enum reply_result reply_field_begin(struct reply_reader *r, const char *body,
                                    struct reply_fault *fault)
{
	*fault = (struct reply_fault){ .result = REPLY_OK };
	*r = (struct reply_reader){ .lines = { body, 0 }, .fault = fault };
	if (!reply_scan_is_text(body, &r->row))
		return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of(""));
	r->row = 0;
	return REPLY_OK;
}

int reply_field_find(const struct reply_field *fields, int count, struct reply_span label)
{
	for (int i = 0; i < count; i++)
		if (reply_scan_is(label, fields[i].label))
			return i;
	return -1;
}

static enum reply_result blame(const struct job *job, enum reply_result result)
{
	return reply_field_blame(job->r, result, reply_scan_of(job->field->label));
}

static enum reply_result keep(const struct job *job, size_t offset, int32_t value)
{
	struct opt opt = opt_some(value);

	if (offset != REPLY_NOWHERE)
		memcpy(job->out + offset, &opt, sizeof opt);
	return REPLY_OK;
}

static enum reply_result keep_within(const struct job *job, int32_t value)
{
	if (value < job->field->min || value > job->field->max)
		return blame(job, REPLY_OUT_OF_RANGE);
	return keep(job, job->field->offset, value);
}

static enum reply_result read_int(const struct job *job)
{
	int32_t value;

	if (!reply_scan_amount(job->tokens, job->first, job->field->unit, REPLY_DIGITS_MAX, &value))
		return blame(job, REPLY_DAMAGED);
	if (job->field->kind == REPLY_MAGNITUDE && value < 0)
		value = -value;
	return keep_within(job, value);
}

/* 105 to 107 % are real on old firmware. */
static enum reply_result keep_percent(const struct job *job, size_t offset, int32_t value)
{
	if (value < 0 || value > 110)
		return blame(job, REPLY_OUT_OF_RANGE);
	return keep(job, offset, value > 100 ? 100 : value);
}

static enum reply_result read_percent(const struct job *job)
{
	int32_t value;

	if (!reply_scan_amount(job->tokens, job->first, "%", 3, &value))
		return blame(job, REPLY_DAMAGED);
	return keep_percent(job, job->field->offset, value);
}

static enum reply_result read_charge(const struct job *job)
{
	struct job rest = *job;
	int32_t value;

	if (job->first.at[job->first.length - 1] == '%') {
		enum reply_result result;

		if (!reply_scan_amount(job->tokens, job->first, "%", 3, &value) ||
		    !reply_scan_token(job->tokens, &rest.first))
			return blame(job, REPLY_DAMAGED);
		result = keep_percent(job, job->field->also, value);
		if (result != REPLY_OK)
			return result;
	}
	return read_int(&rest);
}

static enum reply_result read_yesno(const struct job *job)
{
	if (reply_scan_is(job->first, "Y"))
		return keep(job, job->field->offset, 1);
	if (reply_scan_is(job->first, "N"))
		return keep(job, job->field->offset, 0);
	return blame(job, REPLY_DAMAGED);
}

/* Two columns may share a place (the D series splits Temp. State): what is not Normal stays. */
static enum reply_result read_word(const struct job *job)
{
	enum word word = reply_word_find(job->first);
	void *place = job->out + job->field->offset;
	enum word *now = place;
	char *unknown = job->r->unknown_word;

	if (!reply_scan_word(job->first))
		return blame(job, REPLY_DAMAGED);
	if (word == WORD_UNKNOWN && unknown[0] == '\0')
		reply_scan_copy(unknown, REPLY_WORD_MAX, job->first);
	if (*now == WORD_NONE || *now == WORD_NORMAL)
		*now = word;
	return REPLY_OK;
}

/* Whole names only: half a name could be another one. */
static void append_name(char *names, struct reply_span name)
{
	size_t used = strlen(names);

	if (used + 1 + name.length >= REPLY_EVENT_NAMES_MAX)
		return;
	if (used > 0)
		names[used++] = ' ';
	reply_scan_copy(names + used, REPLY_EVENT_NAMES_MAX - used, name);
}

static enum reply_result read_events(const struct job *job)
{
	struct reply_events events = { .known = true };
	struct reply_span name;

	if (!reply_scan_hex(job->first, &events.bits))
		return blame(job, REPLY_DAMAGED);
	while (reply_scan_token(job->tokens, &name))
		append_name(events.names, name);
	memcpy(job->out + job->field->offset, &events, sizeof events);
	return REPLY_OK;
}

static enum reply_result read_text(const struct job *job)
{
	const char *end = job->tokens->rest.at + job->tokens->rest.length;
	struct reply_span all = { job->first.at, (size_t)(end - job->first.at) };

	reply_scan_copy(job->out + job->field->offset, REPLY_NAME_MAX, all);
	job->tokens->rest.length = 0;
	return REPLY_OK;
}

static enum reply_result read_time(const struct job *job)
{
	struct reply_span clock;

	if (!reply_scan_token(job->tokens, &clock) || !reply_scan_time(job->first, clock))
		return blame(job, REPLY_DAMAGED);
	return REPLY_OK;
}

static enum reply_result (*const readers[])(const struct job *) = {
	[REPLY_INT] = read_int,
	[REPLY_MAGNITUDE] = read_int,
	[REPLY_PERCENT] = read_percent,
	[REPLY_CHARGE] = read_charge,
	[REPLY_YESNO] = read_yesno,
	[REPLY_WORD] = read_word,
	[REPLY_EVENTS] = read_events,
	[REPLY_TEXT] = read_text,
	[REPLY_TIME] = read_time,
};

enum reply_result reply_field_read(struct reply_reader *r, const struct reply_field *field,
                                   struct reply_tokens *tokens, void *out)
{
	struct job job = { r, field, tokens, { NULL, 0 }, out };

	if (!reply_scan_token(tokens, &job.first))
		return field->kind == REPLY_TEXT ? REPLY_OK : blame(&job, REPLY_DAMAGED);
	if (reply_scan_is(job.first, "-"))
		return field->need == REPLY_OPTIONAL ? REPLY_OK : blame(&job, REPLY_DAMAGED);
	return readers[field->kind](&job);
}
