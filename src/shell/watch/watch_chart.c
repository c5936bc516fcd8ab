#include "watch_parts.h"

#define CELL_TEXT 12      /* of a cell's columns all but the bar: "C15 3.341 ", the mark and a gap */
#define SCALE_LEAST_MV 100 /* the chart spans at least this, so that a millivolt does not look like much */

struct scale {
	int32_t low_mv, high_mv;
};

/* A little more than the sound cells span. */
static struct scale scale_of(const struct figures *f)
{
	struct scale s;

	s.low_mv = opt_or(f->cell_low_mv, 0) / 10 * 10 - 10;
	s.high_mv = (opt_or(f->cell_high_mv, 0) + 9) / 10 * 10;
	if (s.high_mv < s.low_mv + SCALE_LEAST_MV)
		s.high_mv = s.low_mv + SCALE_LEAST_MV;
	return s;
}

static void draw_cell(struct sheet *s, const struct figures *f, int cell, int width)
{
	struct scale scale = scale_of(f);
	struct opt mv = f->cell_mv[cell];
	bool balances = opt_or(f->balance[cell], 0) != 0;
	char name[8];
	struct text t = text_in(name, sizeof name);
	struct pen *p = &s->pen;

	text_str(&t, "C");
	text_int(&t, cell + 1);
	pen_left(p, name, 4);
	pen_milli(p, mv, &(struct pen_form){ .width = 5, .decimals = 3, .unit = " " });
	pen_style(p, balances ? PEN_WARNING : PEN_PLAIN);
	if (mv.known)
		pen_bar(p, mv.value - scale.low_mv, scale.high_mv - scale.low_mv, width - CELL_TEXT);
	else
		pen_repeat(p, ' ', width - CELL_TEXT);
	pen_text(p, balances ? "*" : " ");
	pen_style(p, PEN_PLAIN);
	pen_text(p, " ");
}

static void draw_detail_title(struct sheet *s)
{
	const struct watch_member *m = &s->view->link.member[s->chosen - 1];
	const struct figures *f = &s->view->module[s->chosen - 1].figures;
	struct scale scale = scale_of(f);
	struct pen *p = &s->pen;

	pen_style(p, PEN_HEAD);
	pen_text(p, "Module ");
	pen_int(p, s->chosen);
	if (s->cell_rows > 0) {
		pen_text(p, "   bars: ");
		pen_value(p, opt_some(scale.low_mv), 2, " to ");
		pen_value(p, opt_some(scale.high_mv), 2, " V, *: balancing");
	}
	pen_text(p, "   ");
	pen_text(p, m->name);
	pen_text(p, " ");
	pen_text(p, m->firmware);
	pen_text(p, " ");
	pen_text(p, m->barcode);
	pen_end(p);
}

void watch_chart_draw(struct sheet *s)
{
	const struct figures *f;
	int width = s->pen.width / s->cell_columns;
	int cells;

	if (s->chosen == 0)
		return;
	f = &s->view->module[s->chosen - 1].figures;
	cells = opt_or(f->cells, 0);
	draw_detail_title(s);
	for (int row = 0; row < s->cell_rows; row++) {
		for (int c = row; c < cells; c += s->cell_rows)
			draw_cell(s, f, c, width);
		pen_end(&s->pen);
	}
}
