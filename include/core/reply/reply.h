/* reply: the body of one reply -> a structure of plausible values.
 *
 * One table of fields a reply, in reply.c, with a sample of the reply drawn above it. Columns and
 * labels are found by their names, never by position. A reply is whole and plausible or it is
 * nothing: after any result but REPLY_OK the structure must not be used.
 *
 * Ranges (protection.md, "Inputs"): pack 10..70 V, |current| <= 300 A, temperature -40..100 C
 * (MOSFETs to 150 C: their alarm begins at 80), SoC 0..110 %, a cell 0..5 V (what is no cell
 * voltage but a failed sense line, 4095 mV on real batteries, is sorted out by rack).
 * `-` in a field makes it absent. Serial numbers and names are cut to their buffers. */
#ifndef CORE_REPLY_H
#define CORE_REPLY_H

#include "core/base/address.h"
#include "core/base/opt.h"

#include <stdbool.h>
#include <stdint.h>

#define REPLY_MODULES_MAX ADDRESS_MAX
#define REPLY_CELLS_MAX 24
#define REPLY_NAME_MAX 32
#define REPLY_WORD_MAX 16
#define REPLY_EVENT_NAMES_MAX 64

enum reply_result {
	REPLY_OK,
	REPLY_DAMAGED,      /* a field, a line or a row that does not have its shape, or is missing */
	REPLY_OUT_OF_RANGE, /* a number that cannot be */
	REPLY_WRONG_MODULE, /* it names another module than the one asked */
	REPLY_HIGH_VOLTAGE  /* a high-voltage relative (Force H, SC): nothing of it is understood */
};

/* Why a reply was refused, for a log line. */
struct reply_fault {
	enum reply_result result;
	char field[REPLY_NAME_MAX]; /* label or column, "" when none can be blamed */
	int row;                    /* line of the body from 1, 0 when none can be blamed */
};

/* State words, spelled in reply_word.c. */
enum word {
	WORD_NONE, /* absent: `-`, or the layout has no such field */
	WORD_NORMAL,
	WORD_HIGH,
	WORD_LOW,
	WORD_FULL,
	WORD_CHARGE,
	WORD_DISCHARGE,
	WORD_IDLE,
	WORD_BALANCE,
	WORD_ABSENT,
	WORD_SYSERROR,
	WORD_UNKNOWN, /* letters, but none of the above */
	WORDS
};

/* "Normal", "Dischg", ... as the console prints it; "-" for WORD_NONE, "?" for WORD_UNKNOWN. */
const char *reply_word_name(enum word word);

/* An event word with the names that the console printed behind it ("" when none). */
struct reply_events {
	uint32_t bits;
	bool known;
	char names[REPLY_EVENT_NAMES_MAX];
};

/* `info N`. Every field is optional but the address. */
struct reply_info {
	struct opt address;
	char manufacturer[REPLY_NAME_MAX];
	char name[REPLY_NAME_MAX];     /* "Device name" */
	char firmware[REPLY_NAME_MAX]; /* "Main Soft version" */
	char barcode[REPLY_NAME_MAX];
	char specification[REPLY_NAME_MAX]; /* "48V/50AH" */
	struct opt capacity_mah;       /* from the specification */
	struct opt cells;              /* "Cell Number" or "Cell Count" */
	struct opt max_discharge_ma;   /* a magnitude: the console prints it negative */
	struct opt max_charge_ma;
};

/* `pwr N`. Required: the first four, base, and the three event words. */
struct reply_pwr {
	struct opt voltage_mv;
	struct opt current_ma; /* + charging */
	struct opt temp_mc;
	struct opt soc_pct;    /* 0..100, clamped from 110 */
	struct opt total_mah;  /* "Total Coulomb": what a full module holds; a 0 is absent */
	struct opt real_mah;   /* "Real Coulomb": what it holds at full today; a 0 is absent */
	struct opt max_mv;     /* "Max Voltage"; a 0 is absent */
	enum word base, volt, current, temp, coulomb, soh;
	struct reply_events bat_events, power_events, system_fault;
	char unknown_word[REPLY_WORD_MAX]; /* the first state word not in the table, "" when none */
	uint32_t fields; /* bit i: row i of the field table was there */
};

/* `bat N`: cells are numbered from 0 here and on the console. */
struct reply_cell {
	struct opt mv;
	struct opt temp_mc;
	struct opt soc_pct;
	struct opt mah;
	struct opt balancing; /* 1 `Y`, 0 `N`; absent where the layout has no BAL column */
	enum word base, volt, current, temp;
};

struct reply_bat {
	int cells; /* 1..REPLY_CELLS_MAX, rows 0..cells-1 were all there */
	struct reply_cell cell[REPLY_CELLS_MAX];
	char unknown_word[REPLY_WORD_MAX];
	uint32_t fields; /* bit i: column i of the column table was there */
};

/* `pwr`: one row a module. The row of an absent one may have fewer columns than the header. */
struct reply_row {
	uint8_t address;
	bool absent; /* Base.St `Absent`: no other field is known then */
	struct opt voltage_mv, current_ma, temp_mc;
	struct opt temp_low_mc, temp_high_mc;
	struct opt cell_low_mv, cell_high_mv;
	struct opt soc_pct;
	struct opt mos_temp_mc;
	enum word base, volt, current, temp, cell_volt, cell_temp;
	char unknown_word[REPLY_WORD_MAX];
};

struct reply_table {
	int rows;
	struct reply_row row[REPLY_MODULES_MAX];
};

/* `getpwr N`: no SoC, no event words. Of the cells only mv, temp_mc, volt and temp are known. */
struct reply_getpwr {
	struct opt voltage_mv, current_ma, temp_mc, mah;
	enum word base, volt, current, temp;
	struct reply_bat bat;
};

/* `stat N` */
struct reply_stat {
	struct opt address;
	struct opt cycles;  /* "CYCLE Times", the true cycle count */
	struct opt soh_pct; /* "SOH"; a 0 (seen on real modules) means that it does not know */
};

/* `pwrsys`: the stack's own wishes, at least one of them. Not among the captures: labels from
 * console.md. */
struct reply_pwrsys {
	struct opt charge_mv;           /* Recommend chg voltage */
	struct opt discharge_mv;        /* Recommend dsg voltage */
	struct opt charge_ma;           /* Recommend chg current: a module's */
	struct opt discharge_ma;        /* Recommend dsg current, a magnitude */
	struct opt system_charge_ma;    /* system Recommend chg current: the stack's */
	struct opt system_discharge_ma; /* system Recommend dsg current, a magnitude */
};

/* Each takes the body (terminated, lines ended by LF, as framing gives it) and the address that was
 * asked (1..16; 0: the body's own is taken). `fault` is always filled in. */
enum reply_result reply_parse_info(const char *body, int address, struct reply_info *info,
                                   struct reply_fault *fault);
enum reply_result reply_parse_pwr(const char *body, int address, struct reply_pwr *pwr,
                                  struct reply_fault *fault);
enum reply_result reply_parse_bat(const char *body, struct reply_bat *bat,
                                  struct reply_fault *fault);
enum reply_result reply_parse_getpwr(const char *body, struct reply_getpwr *getpwr,
                                     struct reply_fault *fault);
enum reply_result reply_parse_table(const char *body, struct reply_table *table,
                                    struct reply_fault *fault);
enum reply_result reply_parse_stat(const char *body, int address, struct reply_stat *stat,
                                   struct reply_fault *fault);
enum reply_result reply_parse_pwrsys(const char *body, struct reply_pwrsys *pwrsys,
                                     struct reply_fault *fault);

#endif
