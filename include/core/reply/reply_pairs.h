/* reply_pairs: replies of `label : value` lines (`pwr N`, `info N`, `stat N`, `pwrsys`).
 *
 * Labels that the table does not have are left alone; a line without a colon must be known. */
#ifndef CORE_REPLY_PAIRS_H
#define CORE_REPLY_PAIRS_H

#include "core/reply/reply_field.h"

struct reply_pairs {
	const struct reply_field *fields; /* at most 32 */
	int count;
	const char *heading;           /* a line `heading  N` names the module; NULL: there is none */
	const char *const *prose;      /* how other lines without a colon start, ended by NULL */
	const char *const *foreign;    /* labels that only high-voltage relatives print, ended by NULL */
};

struct reply_pairs_found {
	uint32_t fields;   /* bit i: row i was there */
	struct opt module; /* from the heading */
};

/* Reads all lines into the structure at `out`, which must be zeroed. What was read before a fault
 * stays in it. */
enum reply_result reply_pairs_read(struct reply_reader *r, const struct reply_pairs *pairs,
                                   void *out, struct reply_pairs_found *found);

#endif
