/* reply_field: one row of a reply's table -> one value of its structure.
 *
 * A row says how a value is spelled (kind, unit), what it may be (min, max) and where it goes
 * (offset). */
#ifndef CORE_REPLY_FIELD_H
#define CORE_REPLY_FIELD_H

#include "core/reply/reply.h"
#include "core/reply/reply_scan.h"

#include <stddef.h>
#include <stdint.h>

#define REPLY_NOWHERE SIZE_MAX /* checked, but not kept */

enum reply_kind {
	REPLY_INT,       /* struct opt: a number, with its unit where the row has one */
	REPLY_MAGNITUDE, /* struct opt: likewise, without its sign */
	REPLY_PERCENT,   /* struct opt: `89%` or `89 %`; above 100 it is 100 */
	REPLY_CHARGE,    /* struct opt: `42586 mAH`, or with percents (to `also`) before it */
	REPLY_YESNO,     /* struct opt: `Y` 1, `N` 0 */
	REPLY_WORD,      /* enum word */
	REPLY_EVENTS,    /* struct reply_events: `0x2000   COULFULL`, to the end of the line */
	REPLY_TEXT,      /* char[REPLY_NAME_MAX], to the end of the line */
	REPLY_TIME       /* `YYYY-MM-DD hh:mm:ss`, not kept */
};

enum reply_need {
	REPLY_OPTIONAL, /* may be missing, may be `-` */
	REPLY_VALUED,   /* may be missing, but not be `-` */
	REPLY_NEEDED    /* must be there and have a value */
};

struct reply_field {
	const char *label;
	enum reply_kind kind;
	enum reply_need need;
	size_t offset;
	const char *unit; /* NULL: none */
	int32_t min;
	int32_t max;
	size_t also;
};

/* One parser at work. */
struct reply_reader {
	struct reply_lines lines;
	int row;            /* line to be blamed */
	char *unknown_word; /* REPLY_WORD_MAX bytes for the first unknown word, where rows have words */
	struct reply_fault *fault;
};

/* Starts reading `body`; REPLY_DAMAGED when it is not all text. */
enum reply_result reply_field_begin(struct reply_reader *r, const char *body,
                                    struct reply_fault *fault);

/* Records why and where, and returns `result`. */
enum reply_result reply_field_blame(struct reply_reader *r, enum reply_result result,
                                    struct reply_span label);

/* The row of `fields` with that label, -1 when there is none. */
int reply_field_find(const struct reply_field *fields, int count, struct reply_span label);

/* Reads one value from `tokens` and puts it into the structure at `out`. An absent value leaves it
 * as it was: zeroed. */
enum reply_result reply_field_read(struct reply_reader *r, const struct reply_field *field,
                                   struct reply_tokens *tokens, void *out);

#endif
