#include "watch_parts.h"

#include <stddef.h>
#include <string.h>

struct column {
	const char *title;
	int rank;          /* the highest goes first where the screen is narrow */
	size_t value;      /* offset of a struct opt in struct figures, */
	size_t id;         /* and of the text behind it; 0: none */
	struct pen_form form;
};

#define AT(field) offsetof(struct figures, field)
#define MARK_COLUMNS 4
#define ID_COLUMNS 4
#define AGE_COLUMNS 7
#define STATE_COLUMNS 9
#define STATE_RANK 4

static const struct column columns[] = {
	{ "SoC", 0, AT(soc_milli), 0, { 4, 0, false, " %" } },
	{ "V", 2, AT(voltage_mv), 0, { 7, 2, false, "" } },
	{ "A", 0, AT(current_ma), 0, { 8, 2, true, "" } },
	{ "lowest", 0, AT(cell_low_mv), AT(cell_low_id), { 6, 3, false, "" } },
	{ "highest", 0, AT(cell_high_mv), AT(cell_high_id), { 6, 3, false, "" } },
	{ "spread", 0, AT(diff_mv), 0, { 7, 3, false, "" } },
	{ "C", 0, AT(temp_high_mc), 0, { 6, 1, false, "" } },
	{ "CCL", 3, AT(ccl_ma), 0, { 6, 1, false, "" } },
	{ "DCL", 3, AT(dcl_ma), 0, { 6, 1, false, "" } },
};

#define COLUMNS (sizeof columns / sizeof columns[0])

static int width_of(const struct column *c)
{
	return c->form.width + (int)strlen(c->form.unit) + (c->id != 0 ? ID_COLUMNS : 0);
}

/* The highest rank of columns that fit into the width. */
static int rank_of(int width)
{
	int rank = STATE_RANK;

	for (; rank > 0; rank--) {
		int needed = MARK_COLUMNS + AGE_COLUMNS + (rank >= STATE_RANK ? STATE_COLUMNS : 0);

		for (size_t i = 0; i < COLUMNS; i++)
			needed += columns[i].rank <= rank ? width_of(&columns[i]) : 0;
		if (needed <= width)
			break;
	}
	return rank;
}

static void draw_header(struct sheet *s, int rank)
{
	struct pen *p = &s->pen;

	pen_style(p, PEN_HEAD);
	pen_left(p, "  #", MARK_COLUMNS);
	for (size_t i = 0; i < COLUMNS; i++) {
		const struct column *c = &columns[i];

		if (c->rank <= rank)
			pen_right(p, c->title, width_of(c) - (c->id != 0 ? ID_COLUMNS - 1 : 0));
		if (c->rank <= rank && c->id != 0)
			pen_repeat(p, ' ', ID_COLUMNS - 1);
	}
	pen_left(p, "    age", AGE_COLUMNS);
	if (rank >= STATE_RANK)
		pen_text(p, " state");
	pen_end(p);
}

/* How old the values of a module are by now. */
static int64_t age_ms(const struct sheet *s, const struct watch_member *m)
{
	return m->age_ms.value + s->screen->now_ms - s->view->link.heard_ms;
}

static void draw_age(struct sheet *s, const struct watch_member *m)
{
	char text[WATCH_WORD_MAX];
	struct pen p = pen_on(text, sizeof text, sizeof text, 0, false);

	if (m->age_ms.known)
		pen_age(&p, age_ms(s, m));
	pen_right(&s->pen, m->age_ms.known ? text : "-", AGE_COLUMNS);
}

static void draw_silence(struct sheet *s, const struct watch_member *m)
{
	pen_text(&s->pen, "   does not answer");
	if (!m->age_ms.known)
		return;
	pen_text(&s->pen, "; its last values are ");
	pen_age(&s->pen, age_ms(s, m));
	pen_text(&s->pen, " old");
}

static void draw_values(struct sheet *s, const struct figures *f, int rank)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		const struct column *c = &columns[i];
		struct opt value;

		if (c->rank > rank)
			continue;
		memcpy(&value, (const char *)f + c->value, sizeof value);
		pen_milli(&s->pen, value, &c->form);
		if (c->id != 0) {
			pen_text(&s->pen, " ");
			pen_left(&s->pen, (const char *)f + c->id, ID_COLUMNS - 1);
		}
	}
}

static void draw_module(struct sheet *s, int address, int rank)
{
	const struct watch_document *d = &s->view->module[address - 1];
	const struct watch_member *m = &s->view->link.member[address - 1];
	struct pen *p = &s->pen;
	int level = d->known ? watch_model_worst(&d->figures) : 0;
	char number[8];
	struct text t = text_in(number, sizeof number);

	text_int(&t, address);
	pen_style(p, watch_model_silent(s->view, address) ? PEN_BAD : address == s->chosen ? PEN_CHOSEN : PEN_PLAIN);
	pen_text(p, address == s->chosen ? ">" : " ");
	pen_right(p, number, 2);
	if (watch_model_silent(s->view, address)) {
		draw_silence(s, m);
	} else {
		pen_text(p, level > 0 ? "!" : " ");
		draw_values(s, &d->figures, rank);
		draw_age(s, m);
		pen_text(p, rank >= STATE_RANK ? " " : "");
		pen_text(p, rank >= STATE_RANK ? m->state : "");
	}
	pen_end(p);
}

void watch_rows_draw(struct sheet *s)
{
	int rank = rank_of(s->pen.width);

	draw_header(s, rank);
	for (int i = s->first; i < s->first + s->shown; i++)
		draw_module(s, s->module[i], rank);
}
