/* watch_pen: lines of a screen in a caller's buffer: clipped at the right edge and at the last row, numbers right
 * in their columns, an absent value as `-`, never 0. Nothing here knows of a terminal but the colours' codes. */
#ifndef SHELL_WATCH_PEN_H
#define SHELL_WATCH_PEN_H

#include "core/base/opt.h"
#include "core/base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum pen_style { PEN_PLAIN, PEN_HEAD, PEN_CHOSEN, PEN_GOOD, PEN_WARNING, PEN_BAD };

struct pen {
	struct text out;
	int width;    /* columns of a line */
	int rows_max; /* lines; 0: as many as come */
	bool colour;
	int column;   /* where the next character goes */
	int rows;     /* lines that have ended */
	bool styled;  /* something other than PEN_PLAIN is on */
};

/* Starts an empty screen in `buffer`, which stays the caller's. */
struct pen pen_on(char *buffer, size_t size, int width, int rows_max, bool colour);

/* Writes a text; what is not printable ASCII becomes `?`: what a battery or a broker sends cannot steer the
 * terminal. */
void pen_text(struct pen *pen, const char *text);

/* `count` times the same character. */
void pen_repeat(struct pen *pen, char c, int count);

/* A text at the right of a field, or from its left; a longer one takes more room. */
void pen_right(struct pen *pen, const char *text, int width);
void pen_left(struct pen *pen, const char *text, int width);

/* A whole number. */
void pen_int(struct pen *pen, int n);

/* A value in thousandths with `decimals` at the right of a field, with its unit; `signed_`: with + where it is
 * positive. */
struct pen_form {
	int width; /* of the number, without the unit; 0: as it comes */
	int decimals;
	bool plus;
	const char *unit; /* "" for none; an absent value has none either, but its room */
};
void pen_milli(struct pen *pen, struct opt value, const struct pen_form *form);

/* The same with the width that it takes. */
void pen_value(struct pen *pen, struct opt value, int decimals, const char *unit);

/* `part` of `of` as # and . over `width`; beyond the ends it is empty or full. */
void pen_bar(struct pen *pen, int64_t part, int64_t of, int width);

/* A duration as a person says it: "35 s", "12 min", "3 h", "9 d". */
void pen_age(struct pen *pen, int64_t ms);

void pen_style(struct pen *pen, enum pen_style style);

/* Ends the line. */
void pen_end(struct pen *pen);

#endif
