/* reply_columns: replies of a header and rows (`pwr`, `bat N`).
 *
 * A column is found by its name in the header. A name is one token, and a `State` behind it belongs
 * to it ("Base State"): one blank is all that the D series leaves between two names. A column that
 * the table does not have is one token in each row. */
#ifndef CORE_REPLY_COLUMNS_H
#define CORE_REPLY_COLUMNS_H

#include "core/reply/reply_field.h"

#define REPLY_COLUMNS_MAX 32

struct reply_columns {
	const char *index; /* the first column: it counts the rows */
	const struct reply_field *fields; /* at most 32 */
	int count;
	const char *const *foreign; /* labels and columns that only high-voltage relatives print */
};

struct reply_columns_head {
	struct reply_span name[REPLY_COLUMNS_MAX];
	int field[REPLY_COLUMNS_MAX]; /* -1: not in the table */
	int count;
	uint32_t fields; /* bit i: column i of the table is there */
};

/* Reads the header, which is the first line. */
enum reply_result reply_columns_head(struct reply_reader *r, const struct reply_columns *columns,
                                     struct reply_columns_head *head);

/* Reads the row that begins with `line`; its first column must say `index`. It may go on in the
 * lines behind it, but must end with a line. */
enum reply_result reply_columns_row(struct reply_reader *r, const struct reply_columns *columns,
                                    const struct reply_columns_head *head, struct reply_span line,
                                    int index, void *out);

/* Whether `line` is the row of a module that is not there: its number, one `Absent`, else only
 * `-`. Such rows need not have all columns: newer masters print them as their fathers did. */
bool reply_columns_absent(struct reply_span line, int index);

#endif
