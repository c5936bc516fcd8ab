#include "shell/watch/watch_pen.h"

#include <string.h>

#define NUMBER_MAX 32

struct pen pen_on(char *buffer, size_t size, int width, int rows_max, bool colour)
{
	return (struct pen){ .out = text_in(buffer, size), .width = width, .rows_max = rows_max, .colour = colour };
}

static bool below(const struct pen *pen)
{
	return pen->rows_max > 0 && pen->rows >= pen->rows_max;
}

static void put(struct pen *pen, char c)
{
	if (below(pen) || pen->column >= pen->width)
		return;
	text_chars(&pen->out, c >= ' ' && c <= '~' ? &c : "?", 1);
	pen->column++;
}

void pen_text(struct pen *pen, const char *text)
{
	for (; *text != '\0'; text++)
		put(pen, *text);
}

void pen_repeat(struct pen *pen, char c, int count)
{
	for (int i = 0; i < count; i++)
		put(pen, c);
}

void pen_right(struct pen *pen, const char *text, int width)
{
	pen_repeat(pen, ' ', width - (int)strlen(text));
	pen_text(pen, text);
}

void pen_left(struct pen *pen, const char *text, int width)
{
	pen_text(pen, text);
	pen_repeat(pen, ' ', width - (int)strlen(text));
}

void pen_int(struct pen *pen, int n)
{
	char digits[NUMBER_MAX];
	struct text t = text_in(digits, sizeof digits);

	text_int(&t, n);
	pen_text(pen, digits);
}

void pen_milli(struct pen *pen, struct opt value, const struct pen_form *form)
{
	char digits[NUMBER_MAX];
	struct text t = text_in(digits, sizeof digits);

	if (!value.known) {
		pen_right(pen, "-", form->width);
		pen_repeat(pen, ' ', form->width > 0 ? (int)strlen(form->unit) : 0);
		return;
	}
	if (form->plus && value.value > 0)
		text_str(&t, "+");
	text_milli(&t, value.value, form->decimals);
	pen_right(pen, digits, form->width);
	pen_text(pen, form->unit);
}

void pen_value(struct pen *pen, struct opt value, int decimals, const char *unit)
{
	pen_milli(pen, value, &(struct pen_form){ .decimals = decimals, .unit = unit });
}

void pen_bar(struct pen *pen, int64_t part, int64_t of, int width)
{
	int64_t full = (part * width + of / 2) / of;
	int marks = full < 0 ? 0 : full > width ? width : (int)full;

	pen_repeat(pen, '#', marks);
	pen_repeat(pen, '.', width - marks);
}

void pen_age(struct pen *pen, int64_t ms)
{
	static const struct {
		int64_t most_s, second_s;
		const char *unit;
	} rows[] = {
		{ 120, 1, " s" }, { 7200, 60, " min" }, { 172800, 3600, " h" }, { INT64_MAX, 86400, " d" },
	};
	int64_t seconds = ms < 0 ? 0 : ms / 1000;
	int i = 0;

	while (seconds >= rows[i].most_s)
		i++;
	pen_int(pen, (int)(seconds / rows[i].second_s));
	pen_text(pen, rows[i].unit);
}

void pen_style(struct pen *pen, enum pen_style style)
{
	static const char *const codes[] = {
		[PEN_PLAIN] = "\x1b[0m",     [PEN_HEAD] = "\x1b[1m",    [PEN_CHOSEN] = "\x1b[7m",
		[PEN_GOOD] = "\x1b[32m",     [PEN_WARNING] = "\x1b[33m", [PEN_BAD] = "\x1b[1;31m",
	};
	bool on = style != PEN_PLAIN;

	if (!pen->colour || below(pen) || (!on && !pen->styled))
		return;
	text_str(&pen->out, codes[style]);
	pen->styled = on;
}

void pen_end(struct pen *pen)
{
	struct text *t = &pen->out;

	while (t->used > 0 && t->at[t->used - 1] == ' ' && !pen->styled && !below(pen))
		t->at[--t->used] = '\0';
	pen_style(pen, PEN_PLAIN);
	if (!below(pen))
		text_str(t, "\n");
	pen->rows++;
	pen->column = 0;
}
