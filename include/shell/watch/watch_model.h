/* watch_model: what `pylontech-mqtt watch` knows of the daemon and its battery, and what follows from it. No I/O and no
 * clock. The owner fills the struct from the daemon's topics (watch_json). */
#ifndef SHELL_WATCH_MODEL_H
#define SHELL_WATCH_MODEL_H

#include "core/output/bank.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	struct opt speed_baud, cycle_ms, good, damaged, late;
	struct watch_member member[RACK_MODULES_MAX]; /* module N at N - 1 */
};

enum watch_status { WATCH_UNTOLD, WATCH_ONLINE, WATCH_OFFLINE };

struct watch_model {
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

/* Whether everything is there that the daemon has to tell now. */
bool watch_model_complete(const struct watch_model *model);

/* Moves the choice by `step` modules among those that there are; it stops at the first and the last. */
void watch_model_move(struct watch_model *model, int step);

/* Chooses module `address`, if there is one. */
void watch_model_choose(struct watch_model *model, int address);

/* There is a module of this address. */
bool watch_model_present(const struct watch_model *model, int address);

/* The module whose cells are shown; 0: there is none. Unless somebody has chosen: the one whose cells differ most, in
 * steps that noise does not cross. */
int watch_model_chosen(const struct watch_model *model);

/* A module that does not answer; without the link topic its own topic's silence tells. */
bool watch_model_silent(const struct watch_model *model, int address);

/* The highest alarm level; -1: none is known. */
int watch_model_worst(const struct figures *figures);

/* Whether a module that answers has this alarm. */
bool watch_model_has_alarm(const struct watch_model *model, int address, enum alarm alarm);

#endif
