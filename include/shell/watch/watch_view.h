/* watch_view: what `pylontech-mqtt watch` knows (watch_model) -> the text of a screen, as often as its owner likes. No
 * I/O and no clock. */
#ifndef SHELL_WATCH_VIEW_H
#define SHELL_WATCH_VIEW_H

#include "shell/watch/watch_model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCH_COLUMNS_MIN 30 /* from 59 on every column that matters is there */
#define WATCH_COLUMNS_MAX 200
#define WATCH_SCREEN_MAX 16384 /* bytes that hold every screen */

struct watch_screen {
	int columns;  /* kept within WATCH_COLUMNS_MIN..MAX */
	int rows;     /* of the terminal; 0: as many as it takes */
	bool colour;
	bool keys;    /* somebody can press them: say which */
	int64_t now_ms;
};

/* Writes the screen, each line ended by \n, none longer than `columns` but for colours; at most `rows` lines. Of many
 * modules those around the chosen one are shown. Returns its length. */
size_t watch_view_draw(const struct watch_model *model, const struct watch_screen *screen, char *out, size_t size);

#endif
