/* watch_parts: what the files that draw a screen share: watch_view, watch_rows, watch_chart. */
#ifndef SHELL_WATCH_PARTS_H
#define SHELL_WATCH_PARTS_H

#include "shell/watch/watch_pen.h"
#include "shell/watch/watch_view.h"

struct sheet {
	const struct watch_model *view;
	const struct watch_screen *screen;
	struct pen pen;
	int chosen;
	/* how the lines are dealt out */
	int blanks;
	int module[RACK_MODULES_MAX]; /* addresses of all that there are */
	int modules, first, shown;
	int cell_columns, cell_rows;
};

/* A row a module, those of the window. */
void watch_rows_draw(struct sheet *sheet);

/* The cells of the chosen module as bars. */
void watch_chart_draw(struct sheet *sheet);

#endif
