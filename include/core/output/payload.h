/* payload: figures -> the items of a document, one table of key, source and decimals (payload.c).
 *
 * A document has no null: 1.0.11 of the driver refuses it with a warning and keeps the value that it has, which it
 * does as well with a key that is not sent (driver.md). So what was never known is left out, and what was
 * known once stays (payload_keep). Device units become the driver's units here and nowhere else. */
#ifndef CORE_PAYLOAD_H
#define CORE_PAYLOAD_H

#include "core/output/figures.h"

#include <stdbool.h>
#include <stdint.h>

#define PAYLOAD_KEY_MAX 16
#define PAYLOAD_ITEMS_MAX 128 /* with all the cells that there can be */

/* PAYLOAD_NULL: not known; such an item has no place in a document. */
enum payload_kind { PAYLOAD_NULL, PAYLOAD_INT, PAYLOAD_MILLI, PAYLOAD_TEXT };

struct payload_cursor {
	int row, element;
};

struct payload_item {
	const char *group; /* "Info"; NULL: at the top */
	char key[PAYLOAD_KEY_MAX * 2];
	enum payload_kind kind;
	int32_t value;     /* PAYLOAD_INT: as it is; PAYLOAD_MILLI: in thousandths */
	int decimals;      /* PAYLOAD_MILLI: digits to show, 1..3 */
	const char *text;  /* points into the figures; NULL: never a text */
	const char *unit;  /* "V", "" for none: for the manual */
	struct payload_cursor at; /* where in the table, for payload_put_* */
};

/* Steps through the items in their order: start with a zeroed cursor; false past the last. */
bool payload_next(struct payload_cursor *cursor, const struct figures *figures,
                  struct payload_item *item);

/* What `figures` does not know it takes over from `before`, those of an earlier document of the topic. */
void payload_keep(struct figures *figures, const struct figures *before);

/* The other way round, for a reader of documents: writes the value of an item that payload_next has given for the
 * same `figures`. One of the wrong kind, or a number that 32 bits do not hold, leaves it absent. */
void payload_put_milli(struct figures *figures, const struct payload_item *item, int64_t thousandths);
void payload_put_text(struct figures *figures, const struct payload_item *item, const char *text);

/* The same keys for a person: group, key, unit and a sentence on row `index`; false past the last. */
bool payload_describe(int index, const char **group, const char **key, const char **unit,
                      const char **text);

#endif
