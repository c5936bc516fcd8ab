/* watch_view: what `pylontech-mqtt watch` knows -> the text of a screen. No I/O and no clock.
 *
 * The owner fills the struct from the daemon's topics (watch_json) and asks for a screen as often as it likes. */
#ifndef SHELL_WATCH_VIEW_H
#define SHELL_WATCH_VIEW_H

#include "core/output/bank.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCH_COLUMNS_MIN 30 /* from 59 on every column that matters is there */
#define WATCH_COLUMNS_MAX 200
#define WATCH_SCREEN_MAX 16384 /* bytes that hold every screen */
#define WATCH_STALE_MS 15000   /* the daemon says something every 5 s: after this it has fallen silent */
#define WATCH_WORD_MAX 32

/* A document of a data topic. */
struct watch_document {
	bool known;
	int64_t heard_ms; /* valid when `known` */
	struct figures figures;
};

/* What the link topic tells of one module. */
struct watch_member {
	bool listed;
	bool online;
	struct opt age_ms; /* of its oldest value, when the link topic spoke */
	char name[WATCH_WORD_MAX], firmware[WATCH_WORD_MAX], barcode[WATCH_WORD_MAX];
	char state[WATCH_WORD_MAX]; /* its own word: Charge, Dischg, Idle */
};

struct watch_link {
	bool known;
	int64_t heard_ms;
	char version[WATCH_WORD_MAX];
	struct bank_reasons reasons; /* why the bank's limits are what they are */
	struct opt uptime_s, speed_baud, cycle_ms, good, damaged, late;
	struct watch_member member[RACK_MODULES_MAX]; /* module N at N - 1 */
};

enum watch_status { WATCH_UNTOLD, WATCH_ONLINE, WATCH_OFFLINE };

struct watch_view {
	char base[SETTINGS_TEXT_MAX];     /* topic_base */
	char broker[SETTINGS_TEXT_MAX + 8]; /* host:port */
	bool connected;
	char trouble[WATCH_WORD_MAX * 3]; /* why not; "" before the first attempt has ended */
	enum watch_status status;
	int64_t status_ms;  /* since when, as far as was heard */
	bool status_seen;   /* the change was heard: it is not older */
	bool heard;         /* anything at all, */
	int64_t heard_ms;   /* last at */
	struct watch_document bank;
	struct watch_document module[RACK_MODULES_MAX]; /* module N at N - 1 */
	struct watch_link link;
	int chosen; /* the module whose cells are shown, 1..16; 0: the one whose cells differ most */
};

struct watch_screen {
	int columns;  /* kept within WATCH_COLUMNS_MIN..MAX */
	int rows;     /* of the terminal; 0: as many as it takes */
	bool colour;
	bool keys;    /* somebody can press them: say which */
	int64_t now_ms;
};

/* Writes the screen, each line ended by \n, none longer than `columns` but for colours; at most `rows` lines. Of many
 * modules those around the chosen one are shown. Returns its length. */
size_t watch_view_draw(const struct watch_view *view, const struct watch_screen *screen, char *out, size_t size);

/* Whether everything is there that the daemon has to tell now. */
bool watch_view_complete(const struct watch_view *view);

/* Moves the choice by `step` modules among those that there are; it stops at the first and the last. */
void watch_view_move(struct watch_view *view, int step);

/* Chooses module `address`, if there is one. */
void watch_view_choose(struct watch_view *view, int address);

#endif
