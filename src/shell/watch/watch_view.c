#include "shell/watch/watch_view.h"

#include "watch_parts.h"

#include <string.h>

#define CELL_COLUMNS 26   /* of the chart: at least so many for a cell */
#define BANK_TEXT 50      /* the bank's line without its bar */
#define BANK_BAR_MIN 10
#define BANK_BAR_MAX 40
#define FIXED_LINES 11    /* all but alarms, modules, cells and blank lines */
#define BLANKS_MAX 3
#define LABEL_COLUMNS 7   /* "Alarms " */
#define ALARM_TEXT_MAX 96 /* the longest name and sixteen modules */

/* ---- Small pieces ---- */

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
	pen_text(&s->pen, "; last heard ");
	ago(s, s->view->bank.heard_ms);
	pen_text(&s->pen, " ago");
}

static void draw_offline(struct sheet *s, bool stale)
{
	const struct watch_model *v = s->view;

	pen_text(&s->pen, stale ? "The service has been offline for " : "No battery has been read for ");
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
	pen_value(p, l->cycle_ms, 1, " s");
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
	const struct watch_model *v = s->view;
	bool silent = v->heard && s->screen->now_ms - v->heard_ms > WATCH_STALE_MS;
	struct pen *p = &s->pen;

	pen_style(p, PEN_BAD);
	if (!v->connected && v->trouble[0] != '\0') {
		pen_text(p, "No broker (");
		pen_text(p, v->trouble);
		pen_text(p, "), trying again");
		last_words(s);
	} else if (v->status == WATCH_OFFLINE) {
		draw_offline(s, silent || !v->heard);
	} else if (!v->heard) {
		pen_text(p, v->connected ? "Waiting: the service has said nothing yet. Is it running?" : "Connecting");
	} else if (silent) {
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
		pen_bar(p, f->soc_milli.value, 100000, width);
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
	pen_value(p, f->capacity_mah, 1, "");
	pen_text(p, " of ");
	pen_value(p, f->installed_mah, 1, " Ah");
	if (f->time_to_go_s.known && f->time_to_go_s.value < FIGURES_TIME_TO_GO_MAX_S) {
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
	const struct bank_reasons *r = &s->view->link.reasons;

	draw_limit(s, "CVL  ", f->cvl_mv, &volts, opt_none(), r->charge_voltage[0] != '\0' ? r->charge_voltage : f->mode);
	draw_limit(s, "CCL  ", f->ccl_ma, &amperes, f->allow_charge, r->charge_current);
	draw_limit(s, "DCL  ", f->dcl_ma, &amperes, f->allow_discharge, r->discharge_current);
}

/* ---- Alarms ---- */

/* "LowSoc (M3 M5)", with the modules that have it, where they tell. */
static void describe(const struct sheet *s, enum alarm a, struct text *t)
{
	int culprits = 0, named = 0;

	for (int i = 0; i < s->modules; i++)
		culprits += watch_model_has_alarm(s->view, s->module[i], a);
	text_str(t, alarms_key(a));
	if (culprits > 1 && culprits == s->modules) {
		text_str(t, " (all)");
		return;
	}
	for (int i = 0; i < s->modules; i++) {
		if (!watch_model_has_alarm(s->view, s->module[i], a))
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
	int level = watch_model_worst(&s->view->bank.figures);

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

/* ---- The whole ---- */

static void list_modules(struct sheet *s)
{
	for (int address = 1; address <= RACK_MODULES_MAX; address++)
		if (watch_model_present(s->view, address))
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

size_t watch_view_draw(const struct watch_model *model, const struct watch_screen *screen, char *out, size_t size)
{
	int width = screen->columns < WATCH_COLUMNS_MIN   ? WATCH_COLUMNS_MIN
	            : screen->columns > WATCH_COLUMNS_MAX ? WATCH_COLUMNS_MAX
	                                                  : screen->columns;
	struct sheet s = {
		.view = model,
		.screen = screen,
		.pen = pen_on(out, size, width, screen->rows, screen->colour),
		.chosen = watch_model_chosen(model),
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
	watch_rows_draw(&s);
	blank(&s, 3);
	watch_chart_draw(&s);
	draw_footer(&s);
	return s.pen.out.used;
}
