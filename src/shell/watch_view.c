#include "shell/watch_view.h"

#include "shell/watch_pen.h"

#include <stddef.h>
#include <string.h>

#define CELL_COLUMNS 26   /* of the chart: at least so many for a cell */
#define CELL_TEXT 12      /* ... of them all but the bar: "C15 3.341 ", the mark and a gap */
#define SCALE_LEAST_MV 100 /* the chart spans at least this, so that a millivolt does not look like much */
#define SPREAD_STEP_MV 20
#define BANK_TEXT 50      /* the bank's line without its bar */
#define BANK_BAR_MIN 10
#define BANK_BAR_MAX 40
#define FIXED_LINES 11    /* all but alarms, modules, cells and blank lines */
#define BLANKS_MAX 3
#define LABEL_COLUMNS 7   /* "Alarms " */
#define ALARM_TEXT_MAX 96 /* the longest name and sixteen modules */

struct sheet {
	const struct watch_view *view;
	const struct watch_screen *screen;
	struct pen pen;
	int chosen;
	/* how the lines are dealt out */
	int blanks;
	int module[RACK_MODULES_MAX]; /* addresses of all that there are */
	int modules, first, shown;
	int cell_columns, cell_rows;
};

/* ---- Modules ---- */

static bool present(const struct watch_view *v, int address)
{
	return address >= 1 && address <= RACK_MODULES_MAX &&
	       (v->link.member[address - 1].listed || v->module[address - 1].known);
}

/* A module that does not answer; without the link topic its own topic's silence tells. */
static bool silent(const struct watch_view *v, int address)
{
	const struct watch_member *m = &v->link.member[address - 1];
	const struct watch_document *d = &v->module[address - 1];

	return m->listed ? !m->online : v->heard_ms - d->heard_ms > WATCH_STALE_MS;
}

/* Unless somebody has chosen: the module whose cells differ most, in steps that noise does not cross. */
static int chosen_of(const struct watch_view *v)
{
	int32_t most = -1;
	int chosen = 0;

	if (present(v, v->chosen))
		return v->chosen;
	for (int address = 1; address <= RACK_MODULES_MAX; address++) {
		int32_t spread = silent(v, address) ? 0 : opt_or(v->module[address - 1].figures.diff_mv, 0) / SPREAD_STEP_MV;

		if (!present(v, address) || spread <= most)
			continue;
		most = spread;
		chosen = address;
	}
	return chosen;
}

void watch_view_choose(struct watch_view *v, int address)
{
	if (present(v, address))
		v->chosen = address;
}

void watch_view_move(struct watch_view *v, int step)
{
	int address = chosen_of(v) + step;

	while (address >= 1 && address <= RACK_MODULES_MAX && !present(v, address))
		address += step;
	watch_view_choose(v, address);
}

bool watch_view_complete(const struct watch_view *v)
{
	if (v->status != WATCH_ONLINE || !v->bank.known || !v->link.known)
		return false;
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		if (v->link.member[i].online && !v->module[i].known)
			return false;
	return true;
}

/* ---- Small pieces ---- */

static void milli(struct pen *p, struct opt value, int decimals, const char *unit)
{
	pen_milli(p, value, &(struct pen_form){ .decimals = decimals, .unit = unit });
}

static void whole(struct pen *p, struct opt value, const char *unit)
{
	if (value.known)
		pen_int(p, value.value);
	pen_text(p, value.known ? unit : "-");
}

static void word(struct pen *p, const char *text)
{
	pen_text(p, text[0] != '\0' ? text : "-");
}

static void bar(struct pen *p, int64_t part, int64_t of, int width)
{
	int64_t full = (part * width + of / 2) / of;
	int marks = full < 0 ? 0 : full > width ? width : (int)full;

	pen_repeat(p, '#', marks);
	pen_repeat(p, '.', width - marks);
}

static void blank(struct sheet *s, int which)
{
	if (which <= s->blanks)
		pen_end(&s->pen);
}

/* ---- How fresh it all is ---- */

static void ago(struct sheet *s, int64_t since_ms)
{
	pen_age(&s->pen, s->screen->now_ms - since_ms);
}

static void last_words(struct sheet *s)
{
	if (!s->view->bank.known) {
		pen_text(&s->pen, "; nothing was heard from it");
		return;
	}
	pen_text(&s->pen, "; its last words are ");
	ago(s, s->view->bank.heard_ms);
	pen_text(&s->pen, " old");
}

static void draw_offline(struct sheet *s, bool stale)
{
	const struct watch_view *v = s->view;

	pen_text(&s->pen, stale ? "The service is offline for " : "The service reads no battery for ");
	ago(s, v->status_ms);
	pen_text(&s->pen, v->status_seen ? "" : " or longer");
	if (stale)
		last_words(s);
	else if (v->bank.known)
		pen_text(&s->pen, ": the limits are those for a lost one");
}

static void draw_traffic(struct sheet *s)
{
	const struct watch_link *l = &s->view->link;
	struct pen *p = &s->pen;

	pen_style(p, PEN_GOOD);
	pen_text(p, s->view->status == WATCH_ONLINE ? "online" : "status unknown");
	pen_style(p, PEN_PLAIN);
	pen_text(p, "   pass ");
	milli(p, l->cycle_ms, 1, " s");
	pen_text(p, " at ");
	whole(p, l->speed_baud, " baud");
	pen_text(p, "   replies: ");
	whole(p, l->good, " good");
	pen_text(p, ", ");
	whole(p, l->damaged, " damaged");
	pen_text(p, ", ");
	whole(p, l->late, " late");
}

/* The one line that says whether what stands below it can be believed. */
static void draw_state(struct sheet *s)
{
	const struct watch_view *v = s->view;
	bool stale = !v->heard || s->screen->now_ms - v->heard_ms > WATCH_STALE_MS;
	struct pen *p = &s->pen;

	pen_style(p, PEN_BAD);
	if (!v->connected && v->trouble[0] != '\0') {
		pen_text(p, "No broker (");
		pen_text(p, v->trouble);
		pen_text(p, "), trying again");
		last_words(s);
	} else if (v->status == WATCH_OFFLINE) {
		draw_offline(s, stale);
	} else if (!v->heard) {
		pen_text(p, v->connected ? "Waiting: the service has said nothing yet. Is it running?" : "Connecting");
	} else if (stale) {
		pen_text(p, "The service has fallen silent");
		last_words(s);
	} else {
		pen_style(p, PEN_PLAIN);
		draw_traffic(s);
	}
	pen_end(p);
}

static void draw_title(struct sheet *s)
{
	struct pen *p = &s->pen;

	pen_style(p, PEN_HEAD);
	pen_text(p, "pylontech-mqtt ");
	pen_left(p, s->view->link.version, 7);
	pen_text(p, " ");
	pen_text(p, s->view->base);
	pen_text(p, " at ");
	pen_text(p, s->view->broker);
	pen_end(p);
}

/* ---- The bank ---- */

static void draw_charge(struct sheet *s)
{
	const struct figures *f = &s->view->bank.figures;
	int width = s->pen.width - BANK_TEXT;
	struct pen *p = &s->pen;

	width = width > BANK_BAR_MAX ? BANK_BAR_MAX : width < BANK_BAR_MIN ? BANK_BAR_MIN : width;
	pen_text(p, "Bank   [");
	if (f->soc_milli.known)
		bar(p, f->soc_milli.value, 100000, width);
	else
		pen_repeat(p, ' ', width);
	pen_text(p, "]");
	pen_milli(p, f->soc_milli, &(struct pen_form){ .width = 6, .decimals = 1, .unit = " %" });
	pen_milli(p, f->voltage_mv, &(struct pen_form){ .width = 8, .decimals = 2, .unit = " V" });
	pen_milli(p, f->current_ma, &(struct pen_form){ .width = 9, .decimals = 2, .plus = true, .unit = " A" });
	pen_milli(p, f->power_mw, &(struct pen_form){ .width = 8, .decimals = 0, .plus = true, .unit = " W" });
	pen_end(p);
}

static void extreme(struct pen *p, struct opt value, const struct pen_form *form, const char *id)
{
	pen_milli(p, value, form);
	pen_text(p, id[0] != '\0' ? " " : "");
	pen_text(p, id);
}

static void draw_cells_of_bank(struct sheet *s)
{
	static const struct pen_form volts = { .decimals = 3, .unit = " V" }, degrees = { .decimals = 1, .unit = " C" };
	const struct figures *f = &s->view->bank.figures;
	struct pen *p = &s->pen;

	pen_text(p, "Cells  ");
	extreme(p, f->cell_low_mv, &volts, f->cell_low_id);
	pen_text(p, " to ");
	extreme(p, f->cell_high_mv, &volts, f->cell_high_id);
	pen_text(p, "   ");
	extreme(p, f->temp_low_mc, &degrees, f->temp_low_id);
	pen_text(p, " to ");
	extreme(p, f->temp_high_mc, &degrees, f->temp_high_id);
	pen_end(p);
}

static void draw_content(struct sheet *s)
{
	const struct figures *f = &s->view->bank.figures;
	struct pen *p = &s->pen;

	pen_text(p, "Charge ");
	milli(p, f->capacity_mah, 1, "");
	pen_text(p, " of ");
	milli(p, f->installed_mah, 1, " Ah");
	if (f->time_to_go_s.known) {
		pen_text(p, ", empty in ");
		pen_age(p, (int64_t)f->time_to_go_s.value * 1000);
	}
	pen_text(p, "   ");
	word(p, f->connection);
	pen_text(p, "   SoH ");
	whole(p, f->soh_pct, " %");
	pen_text(p, ", ");
	whole(p, f->cycles, "");
	pen_text(p, " cycles");
	pen_end(p);
}

static void draw_limit(struct sheet *s, const char *name, struct opt limit, const struct pen_form *form,
                       struct opt allowed, const char *reason)
{
	bool blocked = allowed.known && allowed.value == 0;
	struct pen *p = &s->pen;

	pen_text(p, name);
	pen_milli(p, limit, form);
	pen_text(p, "   ");
	pen_style(p, blocked ? PEN_BAD : PEN_PLAIN);
	pen_text(p, blocked ? "blocked: " : "");
	word(p, reason);
	pen_end(p);
}

static void draw_limits(struct sheet *s)
{
	static const struct pen_form volts = { .width = 7, .decimals = 2, .unit = " V" };
	static const struct pen_form amperes = { .width = 7, .decimals = 1, .unit = " A" };
	const struct figures *f = &s->view->bank.figures;

	draw_limit(s, "CVL  ", f->cvl_mv, &volts, opt_none(), f->mode);
	draw_limit(s, "CCL  ", f->ccl_ma, &amperes, f->allow_charge, f->charge_reason);
	draw_limit(s, "DCL  ", f->dcl_ma, &amperes, f->allow_discharge, f->discharge_reason);
}

/* ---- Alarms ---- */

static int worst(const struct figures *f)
{
	struct opt level = opt_none();

	for (enum alarm a = 0; a < ALARMS; a++)
		level = opt_max(level, f->alarm[a]);
	return opt_or(level, -1);
}

static bool has_alarm(const struct watch_view *v, int address, enum alarm a)
{
	const struct watch_document *d = &v->module[address - 1];

	return d->known && !silent(v, address) && opt_or(d->figures.alarm[a], 0) > 0;
}

/* "LowSoc (M3 M5)", with the modules that have it, where they tell. */
static void describe(const struct sheet *s, enum alarm a, struct text *t)
{
	int culprits = 0, named = 0;

	for (int i = 0; i < s->modules; i++)
		culprits += has_alarm(s->view, s->module[i], a);
	text_str(t, alarms_key(a));
	if (culprits > 1 && culprits == s->modules) {
		text_str(t, " (all)");
		return;
	}
	for (int i = 0; i < s->modules; i++) {
		if (!has_alarm(s->view, s->module[i], a))
			continue;
		text_str(t, named++ == 0 ? " (M" : " M");
		text_int(t, s->module[i]);
	}
	text_str(t, named > 0 ? ")" : "");
}

/* All of one level, on further lines where they find no room. */
static void draw_level(struct sheet *s, int level)
{
	const struct figures *f = &s->view->bank.figures;
	struct pen *p = &s->pen;
	char alarm[ALARM_TEXT_MAX];

	for (enum alarm a = 0; a < ALARMS; a++) {
		struct text t = text_in(alarm, sizeof alarm);

		if (opt_or(f->alarm[a], 0) != level)
			continue;
		describe(s, a, &t);
		if (p->column > LABEL_COLUMNS && p->column + 2 + (int)(t.used + sizeof "warning") > p->width) {
			pen_end(p);
			pen_repeat(p, ' ', LABEL_COLUMNS);
		}
		pen_text(p, p->column > LABEL_COLUMNS ? ", " : "");
		pen_style(p, level >= 2 ? PEN_BAD : PEN_WARNING);
		pen_text(p, level >= 2 ? "ALARM " : "warning ");
		pen_text(p, alarm);
		pen_style(p, PEN_PLAIN);
	}
}

/* The worst first. */
static void draw_alarms(struct sheet *s)
{
	int level = worst(&s->view->bank.figures);

	pen_left(&s->pen, "Alarms", LABEL_COLUMNS);
	if (level <= 0)
		pen_text(&s->pen, level < 0 ? "-" : "none");
	for (; level > 0; level--)
		draw_level(s, level);
	pen_end(&s->pen);
}

static int alarm_lines(const struct sheet *s)
{
	char text[ALARM_TEXT_MAX];
	struct sheet trial = *s;

	trial.pen = pen_on(text, sizeof text, s->pen.width, 0, false);
	draw_alarms(&trial);
	return trial.pen.rows;
}

/* ---- A row a module ---- */

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
	int level = d->known ? worst(&d->figures) : 0;
	char number[8];
	struct text t = text_in(number, sizeof number);

	text_int(&t, address);
	pen_style(p, silent(s->view, address) ? PEN_BAD : address == s->chosen ? PEN_CHOSEN : PEN_PLAIN);
	pen_text(p, address == s->chosen ? ">" : " ");
	pen_right(p, number, 2);
	if (silent(s->view, address)) {
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

static void draw_modules(struct sheet *s)
{
	int rank = rank_of(s->pen.width);

	draw_header(s, rank);
	for (int i = s->first; i < s->first + s->shown; i++)
		draw_module(s, s->module[i], rank);
}

/* ---- The cells of one module ---- */

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
		bar(p, mv.value - scale.low_mv, scale.high_mv - scale.low_mv, width - CELL_TEXT);
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
		milli(p, opt_some(scale.low_mv), 2, " to ");
		milli(p, opt_some(scale.high_mv), 2, " V, *: balancing");
	}
	pen_text(p, "   ");
	pen_text(p, m->name);
	pen_text(p, " ");
	pen_text(p, m->firmware);
	pen_text(p, " ");
	pen_text(p, m->barcode);
	pen_end(p);
}

static void draw_chart(struct sheet *s)
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

/* ---- The whole ---- */

static void list_modules(struct sheet *s)
{
	for (int address = 1; address <= RACK_MODULES_MAX; address++)
		if (present(s->view, address))
			s->module[s->modules++] = address;
}

/* The modules around the chosen one that fit. */
static void choose_window(struct sheet *s, int room)
{
	int at = 0;

	while (at < s->modules && s->module[at] != s->chosen)
		at++;
	s->shown = s->modules < room ? s->modules : room;
	s->first = at - s->shown / 2;
	if (s->first > s->modules - s->shown)
		s->first = s->modules - s->shown;
	if (s->first < 0)
		s->first = 0;
}

/* Deals out the lines: the chart goes first where there are few, then modules leave the window. */
static void lay_out(struct sheet *s)
{
	int cells = s->chosen == 0 ? 0 : opt_or(s->view->module[s->chosen - 1].figures.cells, 0);
	int rows = s->screen->rows > 0 ? s->screen->rows : INT16_MAX;
	int fixed = FIXED_LINES + alarm_lines(s);
	int room;

	s->cell_columns = s->pen.width / CELL_COLUMNS;
	s->cell_rows = (cells + s->cell_columns - 1) / s->cell_columns;
	if (rows < fixed + 1 + s->cell_rows)
		s->cell_rows = 0;
	room = rows - fixed - s->cell_rows;
	choose_window(s, room < 1 ? 1 : room);
	s->blanks = room - s->shown;
	if (s->blanks > BLANKS_MAX)
		s->blanks = BLANKS_MAX;
}

static void draw_footer(struct sheet *s)
{
	struct pen *p = &s->pen;

	if (!s->screen->keys)
		return;
	pen_text(p, "q: end");
	if (s->modules > 1)
		pen_text(p, "   1-9, n, p, arrows: another module");
	if (s->shown < s->modules) {
		pen_text(p, "   ");
		pen_int(p, s->shown);
		pen_text(p, " of ");
		pen_int(p, s->modules);
		pen_text(p, " shown");
	}
	pen_end(p);
}

size_t watch_view_draw(const struct watch_view *view, const struct watch_screen *screen, char *out, size_t size)
{
	int width = screen->columns < WATCH_COLUMNS_MIN   ? WATCH_COLUMNS_MIN
	            : screen->columns > WATCH_COLUMNS_MAX ? WATCH_COLUMNS_MAX
	                                                  : screen->columns;
	struct sheet s = {
		.view = view,
		.screen = screen,
		.pen = pen_on(out, size, width, screen->rows, screen->colour),
		.chosen = chosen_of(view),
	};

	list_modules(&s);
	lay_out(&s);
	draw_title(&s);
	draw_state(&s);
	blank(&s, 1);
	draw_charge(&s);
	draw_cells_of_bank(&s);
	draw_content(&s);
	draw_limits(&s);
	draw_alarms(&s);
	blank(&s, 2);
	draw_modules(&s);
	blank(&s, 3);
	draw_chart(&s);
	draw_footer(&s);
	return s.pen.out.used;
}
