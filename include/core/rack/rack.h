/* rack: up to 16 modules: their last good replies, the ages of these, identity, online or lost.
 *
 * It decides whether a reply that was whole is also plausible beside the others of its module; rack_age when its
 * values are too old, rack_reading what the rules see of them. It knows no threshold of protection. */
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

/* What was not believed at first sight: the second time in a row it is. */
struct rack_doubt {
	uint32_t pwr, bat; /* fields of a reply that lacked known ones */
	char word[3][REPLY_WORD_MAX]; /* the last unknown state words of `pwr`, `bat` and the row */
	char barcode[REPLY_NAME_MAX];
	struct opt pack_mv; /* a pack voltage that did not fit the cells */
	int cells;          /* rows of a `bat` that `info` or the one before did not know; 0: none */
	bool soc;           /* `bat` and `pwr` tell another SoC */
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
	struct rack_doubt doubt;
	uint32_t temps_seen;         /* bit i: cell i has had a temperature */
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

/* Makes `before` the module that a reply which has led to `now` is compared with (rack_jumped): what the table has shown
 * does not count where `bat` has just taken it back, and where it has come again it is no news. */
void rack_level_beyond(struct module *before, const struct module *now, const struct settings *settings);

/* Whether a cell's value is a failed sense line rather than a voltage. */
bool rack_sense_failed(const struct settings *settings, int32_t cell_mv);

#endif
