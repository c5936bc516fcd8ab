/* rack: up to 16 modules: their last good replies, the ages of these, identity, online or lost.
 *
 * It decides whether a reply that was whole is also plausible beside the others of its module, and
 * when a module's values are too old. It knows no threshold of protection. */
#ifndef CORE_RACK_H
#define CORE_RACK_H

#include "core/reply/reply.h"
#include "core/settings/settings.h"

#include <stdbool.h>
#include <stdint.h>

#define RACK_MODULES_MAX REPLY_MODULES_MAX
#define RACK_NEVER INT64_MIN

enum module_state {
	MODULE_AWAITED, /* no complete set of good replies yet */
	MODULE_ONLINE,  /* both required replies are there and young enough */
	MODULE_LOST     /* had been online, or a whole pass went by without it; or it is frozen */
};

/* The replies with measured values. */
enum rack_reply { RACK_PWR, RACK_BAT, RACK_GETPWR, RACK_REPLIES };

/* What the `pwr` table has shown of a module since its last `bat`, the worst of each: the table may tighten, but it
 * takes nothing back. That is for the module's own reply. */
struct rack_beyond {
	struct opt cell_low_mv, cell_high_mv, temp_low_mc, temp_high_mc;
};

struct module {
	uint8_t address;
	bool wanted; /* configured, or seen once with `addresses = auto` */
	enum module_state state;
	struct reply_info info;
	struct reply_pwr pwr;
	struct reply_bat bat;
	struct reply_stat stat;
	struct reply_row row; /* as it was last; only `beyond` is for protection */
	struct rack_beyond beyond;
	/* when the reply above came, on the caller's clock; RACK_NEVER: there is none */
	int64_t info_ms, pwr_ms, bat_ms, stat_ms, row_ms;
	uint32_t good, damaged, late, refused; /* replies, ever */
	uint32_t denied;                   /* refusals of a required command among them */
	uint32_t doubted_pwr, doubted_bat; /* fields of a reply that lacked known ones, to be confirmed */
	char doubted_word[3][REPLY_WORD_MAX]; /* the last unknown state words of `pwr`, `bat` and the row */
	char doubted_barcode[REPLY_NAME_MAX];
	uint32_t temps_seen;        /* bit i: cell i has had a temperature */
	struct opt doubted_pack_mv; /* a pack voltage that did not fit the cells */
	int doubted_cells;          /* rows of a `bat` that `info` or the one before did not know; 0: none */
	bool doubted_soc;           /* `bat` and `pwr` tell another SoC, and did so twice */
	uint32_t hash[RACK_REPLIES]; /* of the bytes of the last good replies */
	int64_t same_ms;             /* since when all of them are the same */
	int32_t same_passes;         /* and for how many replies with cells */
	int64_t lost_oldest_ms;      /* its oldest required reply when it was lost: only younger ones bring it back */
	int64_t faulty_ms;           /* since when it reports a fault and carries nothing; RACK_NEVER */
	bool failed;                 /* for too long: it has left the bank */
};

struct rack {
	struct module module[RACK_MODULES_MAX]; /* module N at N - 1 */
	struct reply_pwrsys pwrsys;
	int64_t pwrsys_ms;
	int32_t last_good_pass_ms; /* how long the last wholly good pass took; 0: none yet */
	bool settling;             /* no pass has ended yet: nothing is too old */
};

/* A value with the place where it was seen. `cell` counts from 1; 0: the pack's own sensor. */
struct rack_extreme {
	struct opt value;
	int cell;
};

/* What the rules see of one module. `own` comes from its own replies; `worst` is the same or what the
 * `pwr` table has shown beyond it (it may only tighten). */
struct rack_reading {
	uint8_t address;
	int cells;
	int32_t pack_mv;
	int32_t current_ma;
	int32_t soc_pct;
	struct rack_extreme cell_low, cell_high; /* own, failed sense lines left out */
	struct rack_extreme temp_low, temp_high; /* own: pack and cells */
	struct rack_extreme worst_cell_low, worst_cell_high, worst_temp_low, worst_temp_high;
	struct opt spread_mv; /* own highest less lowest cell */
	int failed_cells;     /* sense lines that cannot be right */
	int lost_temps;       /* cells that had a temperature before and have none now */
	bool cell_called_low, cell_called_hot; /* by the state word of any cell */
	struct opt mos_temp_mc;
	struct opt max_charge_ma, max_discharge_ma; /* of `info` */
	const struct reply_pwr *pwr;
	int64_t pwr_ms; /* when it was asked for */
	bool unknown_word;           /* a state word that nobody knows */
	bool failed;                 /* answers, but has left the bank: rack_failing */
};

void rack_init(struct rack *rack, const struct settings *settings);

/* Every take returns false when the reply is whole but not to be believed yet: it must be read again.
 * The module keeps its older values then, and `fault` says why. */
bool rack_take_info(struct rack *rack, int address, const struct reply_info *info, int64_t now_ms,
                    struct reply_fault *fault);
bool rack_take_pwr(struct rack *rack, int address, const struct reply_pwr *pwr,
                   const struct settings *settings, int64_t now_ms, struct reply_fault *fault);
bool rack_take_bat(struct rack *rack, int address, const struct reply_bat *bat,
                   const struct settings *settings, int64_t now_ms, struct reply_fault *fault);
/* The cells of `getpwr`; what only `bat` tells of them stays as it was. The module has had a `bat`. */
bool rack_take_getpwr(struct rack *rack, int address, const struct reply_getpwr *getpwr,
                      const struct settings *settings, int64_t now_ms, struct reply_fault *fault);
void rack_take_stat(struct rack *rack, int address, const struct reply_stat *stat, int64_t now_ms);
void rack_take_pwrsys(struct rack *rack, const struct reply_pwrsys *pwrsys, int64_t now_ms);
/* The table: refreshes no age. With `addresses = auto` present rows become wanted modules. Of a module that is not
 * online a row is for display only: nobody has seen its values twice. An unknown word counts the second time. */
void rack_take_table(struct rack *rack, const struct reply_table *table, const struct settings *settings, int64_t now_ms);

/* Notes the bytes of a good reply: a console that hangs repeats itself. */
void rack_note_bytes(struct module *module, enum rack_reply which, const char *body, int64_t now_ms);

/* Whether `getpwr` tells the same as the module's `pwr` and `bat` of a moment before: as many cells, each within
 * 30 mV and 2 C, the pack within 1 % and 2 C. */
bool rack_getpwr_agrees(const struct module *m, const struct reply_getpwr *getpwr);

/* Whether a module that carries current has said the same to the byte for too long: its console hangs. */
bool rack_frozen(const struct module *m, const struct settings_protection *p, int64_t now_ms);

/* Makes `before` the module that a reply which has led to `now` is compared with: what the table has shown does not count
 * where `bat` has just taken it back, and where it has come again it is no news. */
void rack_level_beyond(struct module *before, const struct module *now, const struct settings *settings);

/* Whether two readings of one module differ by more than is believed at once: a cell, the SoC, a temperature,
 * or a sense line that has failed since (protection.md, "Confirmation"). */
bool rack_jumped(const struct rack_reading *before, const struct rack_reading *now,
                 const struct settings_protection *p);

/* The age of the oldest required reply; -1 when one was never there. */
int64_t rack_age_ms(const struct module *module, int64_t now_ms);

/* The age beyond which a module is lost: max_age, or 2.5 times the last wholly good pass. */
int64_t rack_patience_ms(const struct rack *rack, const struct settings *settings);

/* Whether no module has given a good reply for max_age: a long pass is no excuse for a silent console, so all are
 * lost then. */
bool rack_silent(const struct rack *rack, const struct settings *settings, int64_t now_ms);

/* Those that had failed (bit N-1: module N) before a restart: they still have, until they show that they have not. */
void rack_recall_failed(struct rack *rack, uint32_t failed, const struct settings *settings, int64_t now_ms);

/* Moves modules between their states: lost by age, by silence, or because they are frozen, failed by a fault that lasts.
 * Returns a bit mask (bit N-1: module N) of
 * those whose state changed. */
uint32_t rack_age(struct rack *rack, const struct settings *settings, int64_t now_ms);

/* After a whole pass: wanted modules that never answered count as lost. Same result. */
uint32_t rack_end_of_pass(struct rack *rack);

/* The next moment at which rack_age would change something; INT64_MAX: never. */
int64_t rack_deadline(const struct rack *rack, const struct settings *settings);

/* How many wanted modules are online and have not failed: the N of protection.md. */
int rack_sound(const struct rack *rack);

/* How many wanted modules are in `state`. */
int rack_count(const struct rack *rack, enum module_state state);

/* Cells in series of the wanted modules, as `bat` has shown them: 0 while unknown. A module that is lost or has
 * failed counts too: it hangs on the busbar all the same. */
struct rack_cells {
	int fewest, most;
};
struct rack_cells rack_cells(const struct rack *rack);

/* What the rules see of an online module. */
void rack_read(const struct rack *rack, const struct module *module,
               const struct settings *settings, int64_t now_ms, struct rack_reading *reading);

/* Whether a cell's value is a failed sense line rather than a voltage. */
bool rack_sense_failed(const struct settings *settings, int32_t cell_mv);

#endif
