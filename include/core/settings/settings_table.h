/* settings_table: the tables behind settings.h, for those who print or check them row by row.
 *
 * A new setting is one row in settings_rows. What its range cannot say is a row in one of two of the
 * tables below: a wish of a single value, or an order between two values. */
#ifndef CORE_SETTINGS_TABLE_H
#define CORE_SETTINGS_TABLE_H

#include "core/settings/settings.h"

#include <stdbool.h>
#include <stddef.h>

/* A wish that one setting has beyond its range or length. */
struct settings_wish {
	size_t offset;                    /* of the row in struct settings */
	bool (*granted)(const char *value); /* looks at the text as written */
	const char *allowed;              /* completes "must be ..." */
};

extern const struct settings_wish settings_wishes[];
extern const int settings_wish_count;

/* The constants by name, with their unit; as keys they are refused. */
extern const struct settings_row settings_fixed_rows[];
extern const int settings_fixed_count;

/* The row of a constant, or NULL. */
const struct settings_row *settings_fixed(const char *section, const char *key);

enum settings_relation {
	SETTINGS_BELOW,    /* a < b */
	SETTINGS_NOT_ABOVE /* a <= b */
};

/* An order that two numbers must have, by their offsets in struct settings. At least one of them is a key. */
struct settings_order {
	size_t a;
	enum settings_relation relation;
	size_t b;
};

extern const struct settings_order settings_orders[];
extern const int settings_order_count;

/* The row of the key at an offset, or NULL. */
const struct settings_row *settings_at(size_t offset);

/* Whether `s` keeps one order. */
bool settings_order_kept(const struct settings *s, const struct settings_order *order);

/* The row to blame for a broken order, a or (`other`) b; NULL where that is a constant. */
const struct settings_row *settings_order_row(const struct settings_order *order, bool other);

/* Writes what is allowed for the blamed row: "must be below [protection] low_soc_release, which is 12 %", or "must be
 * below the constant high_soc, which is 90 %". */
void settings_order_why(const struct settings *s, const struct settings_order *order, bool other,
                        char *why, size_t why_size);

/* Writes what a row takes: "a number from 0 to 60 s". */
void settings_allowed(const struct settings_row *row, char *out, size_t size);

#endif
