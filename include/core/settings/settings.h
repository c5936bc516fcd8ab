/* settings: what the owner can choose, as one table, and the numbers of the rules that he cannot (constants.h).
 *
 * settings_table.c holds it {section, key, kind, where, least, most, default, unit, text}; parsing, range checks, the
 * sample in conf/ and the manual come from it. A second table there holds the order that values must have among each
 * other. Pure: reading the file is shell/system/config's work. */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_TEXT_MAX 128
#define SETTINGS_TAPER_POINTS 5

struct settings_mqtt {
	bool active;
	char broker[SETTINGS_TEXT_MAX];
	int32_t port;
	char username[SETTINGS_TEXT_MAX];
	char password[SETTINGS_TEXT_MAX];
	char password_file[SETTINGS_TEXT_MAX];
	bool tls;
	char ca_file[SETTINGS_TEXT_MAX];   /* "": the system's certificates */
	char cert_file[SETTINGS_TEXT_MAX]; /* "", with key_file: no certificate of our own */
	char key_file[SETTINGS_TEXT_MAX];
	char topic_base[SETTINGS_TEXT_MAX];
	char client_id[SETTINGS_TEXT_MAX];
	int32_t publish_unchanged_ms; /* longest silence on a module's topic; a constant */
};

struct settings_serial {
	char port[SETTINGS_TEXT_MAX];
	int32_t baud;            /* 0: auto */
	int32_t reading_freq_ms; /* start of a pass to start of the next, 0: at once */
};

struct settings_battery {
	uint32_t addresses;             /* bit N-1: module N; 0: auto */
	int32_t num_cells;              /* 0: what the console says */
	int32_t max_charge_voltage_mv;  /* of the pack; 0: the bulk voltage */
	int32_t max_charge_current_ma;  /* of one module */
	int32_t max_discharge_current_ma;
};

struct settings_limits {
	bool publish;       /* no: CVL, CCL and DCL are null, another BMS link steers */
	bool worst_soc;     /* SoC rules of the bank: of the worst module instead of the bank's SoC */
	int32_t discharge_blocked_current_ma; /* DCL while discharge is blocked */
	char memory_file[SETTINGS_TEXT_MAX];  /* what a restart remembers; "": nothing */
};

/* A piecewise linear share of the base current over a cell's voltage. */
struct settings_taper {
	int32_t cell_mv[SETTINGS_TAPER_POINTS];
	int32_t percent[SETTINGS_TAPER_POINTS];
};

struct settings_protection {
	/* stage; voltages are those of one cell */
	int32_t cell_bulk_mv, cell_float_mv, cell_floor_mv;
	int32_t float_soc_pct, bulk_soc_pct;
	/* full charge; 0 days: never */
	int32_t full_charge_days, full_charge_mv, full_charge_hours;
	/* cell headroom */
	int32_t headroom_start_cell_mv, headroom_target_cell_mv;
	/* charge blocked: the charge voltage steps down while current still flows */
	int32_t blocked_step_mv, blocked_step_ms, blocked_current_ma;
	/* charge current of one module */
	int32_t charge_derate_pct;
	int32_t high_soc_pct, high_soc_release_pct, high_soc_current_ma;
	int32_t charge_cold_block_mc, charge_cold_mc, charge_cold_current_ma;
	int32_t charge_hot_mc, charge_hot_current_ma, charge_hot_block_mc;
	int32_t temperature_release_mc;
	int32_t cell_over_mv, cell_over_release_mv;
	struct settings_taper charge_taper;
	int32_t deep_cell_mv, deep_cell_release_mv, deep_cell_current_ma;
	int32_t deep_cell_block_mv, deep_cell_block_release_mv;
	/* discharge current of one module */
	int32_t low_soc_pct, low_soc_release_pct, low_soc_current_ma;
	int32_t low_soc_block_pct, low_soc_block_release_pct;
	int32_t cell_under_mv, cell_under_release_mv;
	struct settings_taper discharge_taper;
	int32_t pack_low_cell_mv, pack_low_pct, pack_cut_cell_mv, pack_cut_ms, pack_low_release_cell_mv;
	int32_t discharge_cold_block_mc, discharge_hot_mc, discharge_hot_pct, discharge_hot_block_mc;
	int32_t over_current_pct, over_current_ms;
	/* sensors */
	int32_t sense_high_mv, sense_low_mv;
	int32_t pack_tolerance_pct;
	/* ages and losses */
	int32_t max_age_ms;
	int32_t max_age_passes_tenths;
	int32_t failed_poll_ms;
	int32_t max_failed_polls;
	int32_t backoff_max_ms;
	int32_t offline_patience_ms;
	bool lost_module_blocks;  /* else the others carry on */
	int32_t lost_module_hold_min; /* how long its last CVL and CCL still count */
	bool failed_module_blocks;
	int32_t failed_current_ma, failed_ms; /* a faulty module that carries less for so long has failed */
	bool lost_battery_blocks; /* else discharge is derated */
	int32_t lost_battery_current_ma, lost_battery_soc_pct, lost_battery_cell_mv;
	int32_t frozen_ms, frozen_passes, frozen_current_ma;
	/* confirmation of a reading that would block */
	int32_t confirm_cell_mv, confirm_soc_pct, confirm_temperature_mc, confirm_ms;
	/* dynamics */
	int32_t recovery_hold_ms, recovery_ma_s, recovery_mv_s;
	/* alarms */
	int32_t alarm_cell_low_mv, alarm_cell_high_mv;
	int32_t alarm_spread_mv, alarm_spread_high_mv, alarm_spread_top_cell_mv, alarm_spread_top_ms;
	int32_t alarm_mos_mc, alarm_mos_high_mc;
	int32_t alarm_hot_mc, alarm_hot_high_mc, alarm_cold_mc, alarm_cold_high_mc;
	int32_t alarm_cell_release_mv, alarm_spread_release_mv, alarm_soc_release_pct,
	    alarm_temperature_release_mc;
	/* balancing, where the console has no column for it */
	int32_t balance_spread_mv, balance_cell_mv;
};

struct settings_homeassistant {
	bool discovery;
	char prefix[SETTINGS_TEXT_MAX]; /* what its discovery topics begin with */
};

struct settings_history {
	char file[SETTINGS_TEXT_MAX]; /* "": it is kept in memory only */
};

enum settings_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_INFO, LEVEL_DEBUG };

struct settings {
	struct settings_mqtt mqtt;
	struct settings_serial serial;
	struct settings_battery battery;
	struct settings_limits limits;
	struct settings_protection protection;
	struct settings_homeassistant homeassistant;
	struct settings_history history;
	enum settings_level level;
};

enum settings_kind {
	SETTINGS_BOOL,      /* yes, no */
	SETTINGS_INT,       /* a whole number */
	SETTINGS_MILLI,     /* a decimal number with up to three digits behind the point, kept x 1000 */
	SETTINGS_TEXT,      /* up to SETTINGS_TEXT_MAX - 1 characters */
	SETTINGS_CHOICE,    /* one word of `choices` */
	SETTINGS_ADDRESSES, /* auto, or 1,2,5 */
	SETTINGS_TAPER_MV,  /* five decimal numbers: a constant, no key */
	SETTINGS_TAPER_PCT  /* five whole numbers: the same */
};

struct settings_row {
	const char *section;
	const char *key;
	enum settings_kind kind;
	size_t offset;      /* in struct settings */
	int32_t least;      /* in the kept unit; of a text: its least and greatest length */
	int32_t most;
	const char *choices; /* SETTINGS_CHOICE: words in the order of their values, "a|b|c";
	                      * SETTINGS_BOOL: the words for false and true, NULL: "no|yes";
	                      * SETTINGS_INT and SETTINGS_MILLI: a word that stands for 0, or NULL */
	const char
		*preset; /* the default, written as the owner would; NULL: a constant, which has no range and no text */
	const char *unit;   /* "" for none */
	const char *text;   /* what it does, one or two sentences */
};

/* The whole table, in the order of the sample file. */
extern const struct settings_row settings_rows[];
extern const int settings_row_count;

/* Fills in every constant and every default. */
void settings_defaults(struct settings *s);

/* The row of a key, or NULL. Names are case-sensitive. */
const struct settings_row *settings_find(const char *section, const char *key);

/* Sets one value from its text. On a fault returns false, leaves the value as it was and writes what
 * is allowed to `why` ("a number from 0 to 60 s"). */
bool settings_set(struct settings *s, const struct settings_row *row, const char *value, char *why,
                  size_t why_size);

/* Writes the value as the owner would write it. */
void settings_get(const struct settings *s, const struct settings_row *row, char *out, size_t size);

#endif
