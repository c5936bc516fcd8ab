/* The three tables of settings: rows, wishes, orders. What they mean stands in settings_table.h;
 * the defaults are those of the protection rules, and no range lets a value endanger a LiFePO4 cell. */
#include "core/settings/settings_table.h"

#include <string.h>

#define AT(member) offsetof(struct settings, member)
#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define TEXT(section, key, least, most, preset, text) \
	{ #section, #key, SETTINGS_TEXT, AT(section.key), least, most, NULL, preset, "", text }

/* Rows of [protection]. Kept in thousandths, written with a point. */
#define MILLI(key, member, least, most, preset, unit, text) \
	{ "protection", #key, SETTINGS_MILLI, AT(protection.member), least, most, NULL, preset, unit, text }
#define VOLTS(key, least, most, preset, text) \
	MILLI(key##_voltage, key##_mv, least, most, preset, "V", text)
#define AMPERES(key, least, most, preset, text) \
	MILLI(key, key##_ma, least, most, preset, "A", text)
#define DEGREES(key, least, most, preset, text) \
	MILLI(key##_temperature, key##_mc, least, most, preset, "C", text)
#define DEGREE_STEP(key, least, most, preset, text) \
	MILLI(key, key##_mc, least, most, preset, "C", text)
#define SECONDS(key, least, most, preset, text) \
	MILLI(key##_s, key##_ms, least, most, preset, "s", text)
#define NUMBER(key, member, least, most, preset, unit, text) \
	{ "protection", #key, SETTINGS_INT, AT(protection.member), least, most, NULL, preset, unit, text }
#define SOC(key, least, most, preset, text) NUMBER(key, key##_pct, least, most, preset, "%", text)
#define PERCENT(key, least, most, preset, text) \
	NUMBER(key##_percent, key##_pct, least, most, preset, "%", text)
#define POLICY(key, choices, preset, text) \
	{ "protection", #key, SETTINGS_BOOL, AT(protection.key##_blocks), 0, 1, choices, preset, "", text }
#define TAPER_VOLTS(key, least, most, preset, text) \
	{ "protection", #key "_voltage", SETTINGS_TAPER_MV, AT(protection.key.cell_mv), least, most, \
	  NULL, preset, "V", text }
#define TAPER_PERCENT(key, preset, text) \
	{ "protection", #key "_percent", SETTINGS_TAPER_PCT, AT(protection.key.percent), 0, 100, \
	  NULL, preset, "%", text }

const struct settings_row settings_rows[] = {
	/* [mqtt] */
	{ "mqtt", "active", SETTINGS_BOOL, AT(mqtt.active), 0, 1, NULL, "yes", "",
	  "Whether to publish at all." },
	TEXT(mqtt, broker, 1, 127, "127.0.0.1",
	     "Address or name of the broker. On a GX device always the loopback address."),
	{ "mqtt", "port", SETTINGS_INT, AT(mqtt.port), 1, 65535, NULL, "1883", "",
	  "TCP port of the broker: 1883, or with TLS mostly 8883." },
	TEXT(mqtt, username, 0, 127, "", "User name, empty for none."),
	TEXT(mqtt, password, 0, 127, "",
	     "Password, empty for none. A blank followed by ; starts a comment: such a password belongs "
	     "into password_file."),
	TEXT(mqtt, password_file, 0, 127, "",
	     "File whose first line is the password. Only its owner should be able to read it."),
	{ "mqtt", "tls", SETTINGS_BOOL, AT(mqtt.tls), 0, 1, NULL, "no", "",
	  "Whether the connection is encrypted, and the broker's certificate checked for its name. Not in the static "
	  "programs of a release, which talk to the GX's own broker." },
	TEXT(mqtt, ca_file, 0, 127, "",
	     "PEM file of the authority that has signed the broker's certificate, empty for those that the system trusts."),
	TEXT(mqtt, cert_file, 0, 127, "", "PEM file of our own certificate, where the broker asks for one; empty for none."),
	TEXT(mqtt, key_file, 0, 127, "", "PEM file of the key to it, without a password. Only its owner should be able to read it."),
	TEXT(mqtt, topic_base, 1, 64, "victron-battery-middleware",
	     "All topics begin with it: BASE/pylon, BASE/battery_N, BASE/status, BASE/link."),
	TEXT(mqtt, client_id, 1, 64, "pylontech-mqtt",
	     "Client id, different for every client of the broker."),
	{ "mqtt", "publish_unchanged", SETTINGS_MILLI, AT(mqtt.publish_unchanged_ms), 2000, 30000, NULL, "10", "s",
	  "A module's message that would say the same again waits so long, up to 1.5 s less where another one goes out. The "
	  "bank's is sent every 5 s at least." },

	/* [serial] */
	TEXT(serial, port, 0, 127, "",
	     "Serial adapter of the battery's console, best by a name that stays: "
	     "/dev/serial/by-id/... or /dev/serial/by-path/..."),
	{ "serial", "baud", SETTINGS_INT, AT(serial.baud), 9600, 115200, "auto", "auto", "baud",
	  "Speed of the console; auto tries 19200, 115200 and 9600." },
	{ "serial", "reading_freq", SETTINGS_MILLI, AT(serial.reading_freq_ms), 0, 20000, NULL, "2", "s",
	  "From the start of a pass over all modules to the start of the next; 0: at once." },

	/* [battery] */
	{ "battery", "addresses", SETTINGS_ADDRESSES, AT(battery.addresses), 1, 16, NULL, "auto", "",
	  "Modules to read, such as 1,2,3; auto looks for them." },
	{ "battery", "num_cells", SETTINGS_INT, AT(battery.num_cells), 4, 24, "auto", "auto", "",
	  "Cells in series in a module; auto takes what the console says. A number must agree with it." },
	{ "battery", "max_charge_voltage", SETTINGS_MILLI, AT(battery.max_charge_voltage_mv), 40000,
	  58000, "auto", "auto", "V",
	  "The charge voltage is never above this; auto is the bulk voltage: cell_bulk_voltage times the "
	  "cells." },
	{ "battery", "max_charge_current", SETTINGS_MILLI, AT(battery.max_charge_current_ma), 1000,
	  200000, NULL, "50", "A", "The charge current of one module is never above this." },
	{ "battery", "max_discharge_current", SETTINGS_MILLI, AT(battery.max_discharge_current_ma), 1000,
	  200000, NULL, "50", "A", "The discharge current of one module is never above this." },

	/* [limits] */
	{ "limits", "publish", SETTINGS_BOOL, AT(limits.publish), 0, 1, NULL, "yes", "",
	  "no: no limits are sent, the values are for display only; for 70 s nothing is sent at all, so that the driver "
	  "forgets the limits of before. For a battery that already steers the system over BMS-CAN." },
	{ "limits", "soc_rules", SETTINGS_BOOL, AT(limits.worst_soc), 0, 1, "bank|worst", "bank", "",
	  "What the bank's rules for the state of charge look at: the bank's own, or its worst module." },
	{ "limits", "discharge_blocked_current", SETTINGS_MILLI,
	  AT(limits.discharge_blocked_current_ma), 0, 1000, NULL, "0", "A",
	  "Published discharge limit while discharge is blocked. 0 shuts an off-grid inverter down; some "
	  "owners need 0.1." },

	TEXT(limits, memory_file, 0, 127, "/run/pylontech-mqtt.memory",
	     "Where a restart finds trips, held modules and the last limits; in RAM, since it is for the same "
	     "boot only. Empty: nowhere."),

	/* [protection]: charge voltage; every cell_ voltage is that of one cell */
	VOLTS(cell_bulk, 3300, 3600, "3.50", "Charge voltage of the bulk stage, per cell."),
	VOLTS(cell_float, 3200, 3500, "3.40", "Charge voltage of the float stage, per cell."),
	VOLTS(cell_floor, 3000, 3350, "3.133",
	      "No rule lowers the charge voltage below this, per cell."),
	SOC(float_soc, 50, 100, "95", "From this state of charge on: float stage."),
	SOC(bulk_soc, 40, 99, "92", "Below this state of charge: back to the bulk stage."),
	NUMBER(full_charge_days, full_charge_days, 0, 365, "14", "days",
	       "After so long without a full charge the bulk voltage holds until every module reports Full; 0: never."),
	VOLTS(full_charge, 3300, 3600, "3.467", "Or until the pack has been charged to this, per cell, or above it,"),
	NUMBER(full_charge_hours, full_charge_hours, 1, 24, "2", "hours",
	       "for so long in all. Cells balance only near full."),
	VOLTS(headroom_start_cell, 3300, 3500, "3.40",
	      "While the highest cell is above this, the charge voltage follows the room it still has."),
	VOLTS(headroom_target_cell, 3400, 3600, "3.52",
	      "Voltage that the highest cell shall not exceed by that rule."),
	MILLI(blocked_step_voltage, blocked_step_mv, 50, 1000, "0.1", "V",
	      "While charge is blocked and current still flows, the charge voltage of the pack goes down "
	      "by this much at a time."),
	SECONDS(blocked_step, 100, 60000, "10", "Time between two such steps."),
	AMPERES(blocked_current, 100, 5000, "1", "More charge current than this counts as still flowing."),

	/* [protection]: charge current of one module */
	PERCENT(charge_derate, 10, 100, "80",
	        "Share of the permitted charge current that is used at most."),
	SOC(high_soc, 50, 100, "90", "Above this state of charge: high_soc_current."),
	SOC(high_soc_release, 40, 99, "88", "Below this the limit by high_soc ends."),
	AMPERES(high_soc_current, 0, 50000, "7", "Charge current of a module above high_soc."),
	DEGREES(charge_cold_block, 0, 15000, "0", "Below this no charge."),
	DEGREES(charge_cold, 1000, 25000, "5", "Below this: charge_cold_current."),
	AMPERES(charge_cold_current, 0, 50000, "10", "Charge current of a cold module."),
	DEGREES(charge_hot, 30000, 50000, "45", "Above this: charge_hot_current."),
	AMPERES(charge_hot_current, 0, 50000, "10", "Charge current of a hot module."),
	DEGREES(charge_hot_block, 35000, 55000, "55", "Above this no charge."),
	DEGREE_STEP(temperature_release, 500, 10000, "2",
	            "A limit by temperature ends this far on the good side of its threshold."),
	VOLTS(cell_over, 3450, 3650, "3.65", "A cell above this: no charge."),
	VOLTS(cell_over_release, 3300, 3600, "3.50", "Below this charge is free again."),
	TAPER_VOLTS(charge_taper, 3300, 3650, "3.50 3.55 3.58 3.62 3.65",
	            "Voltages of the highest cell, rising, at which charge_taper_percent holds; linear "
	            "between."),
	TAPER_PERCENT(charge_taper, "100 50 20 5 0", "Share of the base charge current at these voltages."),
	VOLTS(deep_cell, 2500, 3100, "2.80", "A cell below this: deep_cell_current for charge."),
	VOLTS(deep_cell_release, 2600, 3200, "3.00", "Above this that limit ends."),
	AMPERES(deep_cell_current, 0, 50000, "5", "Charge current of a module with a deep cell."),
	VOLTS(deep_cell_block, 2000, 2600, "2.00",
	      "A cell below this: no charge, it may be damaged."),
	VOLTS(deep_cell_block_release, 2050, 2800, "2.30",
	      "Above this charge is free again."),

	/* [protection]: discharge current of one module */
	SOC(low_soc, 1, 50, "10", "Below this state of charge: low_soc_current."),
	SOC(low_soc_release, 2, 60, "12", "From this on that limit ends."),
	AMPERES(low_soc_current, 0, 50000, "10", "Discharge current of a module below low_soc."),
	SOC(low_soc_block, 0, 40, "5", "Below this state of charge: no discharge."),
	SOC(low_soc_block_release, 1, 50, "8", "From this on discharge is free again."),
	VOLTS(cell_under, 2500, 3100, "2.50", "A cell below this: no discharge."),
	VOLTS(cell_under_release, 2600, 3300, "3.15",
	      "Above this discharge is free again."),
	TAPER_VOLTS(discharge_taper, 2500, 3300, "3.00 2.90 2.80 2.60 2.50",
	            "Voltages of the lowest cell, falling, at which discharge_taper_percent holds; linear "
	            "between."),
	TAPER_PERCENT(discharge_taper, "100 50 20 5 0",
	              "Share of the base discharge current at these voltages."),
	VOLTS(pack_low_cell, 2900, 3250, "3.067",
	      "Pack voltage per cell below which pack_low_percent holds."),
	PERCENT(pack_low, 0, 100, "20", "Share of the base discharge current of a low pack."),
	VOLTS(pack_cut_cell, 2800, 3200, "3.00",
	      "Pack voltage per cell below which, for pack_cut_s, discharge is blocked."),
	SECONDS(pack_cut, 0, 60000, "10", "How long the pack must be that low."),
	VOLTS(pack_low_release_cell, 2950, 3350, "3.20",
	      "Pack voltage per cell above which both end."),
	DEGREES(discharge_cold_block, -10000, 15000, "-10",
	        "Below this no discharge."),
	DEGREES(discharge_hot, 30000, 54000, "50", "From this on: discharge_hot_percent."),
	PERCENT(discharge_hot, 0, 100, "50", "Share of the base discharge current of a hot module."),
	DEGREES(discharge_hot_block, 35000, 55000, "55", "Above this no discharge."),
	PERCENT(over_current, 0, 100, "50",
	        "Share of the base discharge current after the BMS reported discharge over-current."),
	SECONDS(over_current, 0, 600000, "60", "For how long."),

	/* [protection]: sensors */
	VOLTS(sense_high, 3700, 4090, "4.00", "A cell above this is a failed sense line."),
	VOLTS(sense_low, 100, 1500, "0.50", "A cell below this is a failed sense line."),
	NUMBER(pack_tolerance_percent, pack_tolerance_pct, 1, 10, "3", "%",
	       "Pack voltage and sum of the cells must agree within this, or the reply does not count."),

	/* [protection]: ages and losses */
	SECONDS(max_age, 500, 30000, "15", "Older values of a module do not count: it is offline."),
	NUMBER(max_age_passes_tenths, max_age_passes_tenths, 10, 50, "25", "tenths",
	       "Or older than this many tenths of the last wholly good pass, if that is longer."),
	SECONDS(failed_poll, 100, 60000, "6", "While passes fail they start at least this far apart."),
	NUMBER(max_failed_polls, max_failed_polls, 1, 100, "10", "",
	       "After this many failed passes in a row the program ends and is started anew."),
	SECONDS(backoff_max, 100, 300000, "60",
	        "Longest pause between attempts before the first good reply, or while the port is missing."),
	SECONDS(offline_patience, 200, 5000, "1", "Patience with a module that is offline."),
	SECONDS(frozen, 1000, 600000, "60",
	        "A module whose replies stay the same to the byte for so long"),
	NUMBER(frozen_passes, frozen_passes, 2, 100, "5", "", "and so many passes"),
	AMPERES(frozen_current, 500, 50000, "2", "while it carries more than this is lost."),
	POLICY(lost_module, "degrade|block", "degrade",
	       "What a lost module does to the bank. degrade: the others carry on, not above the float "
	       "voltage; block: no charge and no discharge."),
	NUMBER(lost_module_hold_min, lost_module_hold_min, 0, 1440, "60", "min",
	       "How long its last charge limits, SoC and lowest cell still count, unless it answers."),
	POLICY(failed_module, "degrade|block", "degrade",
	       "The same for a failed module: one with a system error or a failed sense line that carries "
	       "no current."),
	AMPERES(failed_current, 100, 5000, "0.5", "It has failed when it carries less than this"),
	SECONDS(failed, 1000, 600000, "60", "for so long."),
	POLICY(lost_battery, "derate|block", "derate",
	       "What the loss of every module does to discharge. derate: lost_battery_current; block: no "
	       "discharge."),
	AMPERES(lost_battery_current, 0, 50000, "10",
	        "Discharge current of a module of a lost battery."),
	SOC(lost_battery_soc, 1, 100, "10", "Below this last state of charge: no discharge."),
	VOLTS(lost_battery_cell, 2600, 3400, "3.00", "With a last lowest cell below this: no discharge."),

	/* [protection]: confirmation and recovery */
	MILLI(confirm_cell_voltage, confirm_cell_mv, 50, 1000, "0.30", "V",
	      "A reading that jumps, or would block as the first after a start, is read again before it counts: a cell by more than this,"),
	SOC(confirm_soc, 1, 100, "10", "the state of charge by more than this"),
	DEGREE_STEP(confirm_temperature, 500, 30000, "5", "or a temperature by more than this."),
	SECONDS(confirm, 200, 5000, "1.5", "The second reading counts when it comes within this time."),
	SECONDS(recovery_hold, 0, 600000, "30",
	        "A limit gets looser only so long after it last had to be stricter; 0: at once."),
	MILLI(recovery_current_a_s, recovery_ma_s, 0, 100000, "5", "A/s",
	      "and then by so much a second and module; 0: at once."),
	MILLI(recovery_voltage_v_s, recovery_mv_s, 0, 10000, "0.05", "V/s",
	      "The same for the charge voltage of the pack."),

	/* [protection]: alarms */
	VOLTS(alarm_cell_low, 2500, 3200, "2.80",
	      "A cell below this: warning; below cell_under_voltage: alarm."),
	VOLTS(alarm_cell_high, 3400, 3650, "3.60",
	      "A cell above this: warning; above cell_over_voltage: alarm."),
	VOLTS(alarm_spread, 20, 500, "0.10",
	      "Highest less lowest cell above this: warning."),
	VOLTS(alarm_spread_high, 50, 1000, "0.30", "Above this: alarm."),
	VOLTS(alarm_spread_top_cell, 3300, 3600, "3.45",
	      "With the highest cell above this the spread must last for alarm_spread_top_s."),
	SECONDS(alarm_spread_top, 0, 3600000, "600", "How long, near full."),
	DEGREES(alarm_mos, 50000, 100000, "80", "MOSFET above this: warning."),
	DEGREES(alarm_mos_high, 55000, 110000, "90", "MOSFET above this: alarm."),
	DEGREES(alarm_hot, 30000, 55000, "45", "Above this: warning."),
	DEGREES(alarm_hot_high, 35000, 60000, "55", "Above this: alarm."),
	DEGREES(alarm_cold, -10000, 20000, "0", "Below this: warning."),
	DEGREES(alarm_cold_high, -20000, 15000, "-10", "Below this: alarm."),
	MILLI(alarm_cell_release_voltage, alarm_cell_release_mv, 5, 300, "0.05", "V",
	      "A cell voltage alarm ends this far on the good side."),
	MILLI(alarm_spread_release_voltage, alarm_spread_release_mv, 5, 200, "0.02", "V",
	      "A spread alarm ends this far below its threshold."),
	SOC(alarm_soc_release, 1, 20, "2", "An alarm by state of charge ends this far above its threshold."),
	DEGREE_STEP(alarm_temperature_release, 500, 10000, "2",
	            "A temperature alarm ends this far on the good side."),

	/* [protection]: balancing, where the console does not report it */
	VOLTS(balance_spread, 10, 300, "0.05",
	      "The highest cell is shown as balancing while the spread is above this"),
	VOLTS(balance_cell, 3300, 3600, "3.40", "and it is above this."),

	/* [homeassistant] */
	{ "homeassistant", "discovery", SETTINGS_BOOL, AT(homeassistant.discovery), 0, 1, NULL, "no", "",
	  "Whether Home Assistant, where it listens to the same broker, is told of the bank and every module, so that "
	  "it shows them by itself. Needs Home Assistant 2024.11 or later." },
	TEXT(homeassistant, prefix, 1, 32, "homeassistant",
	     "What its discovery topics begin with, as set in Home Assistant; its birth message comes on PREFIX/status."),

	/* [history] */
	TEXT(history, file, 0, 127, "/data/conf/pylontech-mqtt.history",
	     "Where the history is kept over restarts and power cuts: extremes, charge and energy, the last full charge. "
	     "Written once an hour and at the end. Empty: nowhere; then it begins anew at each boot, and the count of full_charge_days with it."),

	/* [logging] */
	{ "logging", "level", SETTINGS_CHOICE, AT(level), 0, 3, "error|warning|info|debug", "info", "",
	  "How much is logged." },
};
const int settings_row_count = LENGTH(settings_rows);

/* Not a blank either. One comparison for both ends, so that it is the same where char has no sign. */
static bool printable(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)(*s - '!') > '~' - '!')
			return false;
	return true;
}

/* Venus OS gives meaning to what is below N/, R/, W/, P/ and I/. */
static bool topic_granted(const char *s)
{
	if (s[0] == '\0' || !printable(s) || strpbrk(s, "+#") != NULL || strchr("/$", s[0]) != NULL)
		return false;
	if (strchr("NRWPI", s[0]) != NULL && (s[1] == '/' || s[1] == '\0'))
		return false;
	return s[strlen(s) - 1] != '/';
}

static bool client_id_granted(const char *s)
{
	return printable(s) && strpbrk(s, "+#") == NULL;
}

static bool baud_granted(const char *s)
{
	static const char *const speeds[] = { "auto", "9600", "19200", "38400", "57600", "115200" };

	for (int i = 0; i < LENGTH(speeds); i++)
		if (strcmp(s, speeds[i]) == 0)
			return true;
	return false;
}

static const char topic_allowed[] = "printable ASCII without blanks, + or #, not N, R, W, P or I nor below them, without / or "
                                   "$ at its start and / at its end";

const struct settings_wish settings_wishes[] = {
	{ AT(mqtt.broker), printable, "an address or a name without blanks" },
	{ AT(mqtt.username), printable, "printable ASCII without blanks" },
	{ AT(mqtt.topic_base), topic_granted, topic_allowed },
	{ AT(mqtt.client_id), client_id_granted, "printable ASCII without blanks, + or #" },
	{ AT(homeassistant.prefix), topic_granted, topic_allowed },
	{ AT(serial.baud), baud_granted, "auto, 9600, 19200, 38400, 57600 or 115200" },
};
const int settings_wish_count = LENGTH(settings_wishes);

#define P(member) AT(protection.member)

const struct settings_order settings_orders[] = {
	/* charge voltage */
	{ P(cell_floor_mv), SETTINGS_BELOW, P(cell_float_mv) },
	{ P(cell_float_mv), SETTINGS_NOT_ABOVE, P(cell_bulk_mv) },
	{ P(cell_bulk_mv), SETTINGS_BELOW, P(cell_over_mv) },
	{ P(cell_float_mv), SETTINGS_BELOW, P(full_charge_mv) },
	{ P(full_charge_mv), SETTINGS_NOT_ABOVE, P(cell_bulk_mv) },
	{ P(bulk_soc_pct), SETTINGS_BELOW, P(float_soc_pct) },
	{ P(headroom_start_cell_mv), SETTINGS_BELOW, P(headroom_target_cell_mv) },
	{ P(headroom_target_cell_mv), SETTINGS_BELOW, P(cell_over_mv) },
	/* charge current */
	{ P(high_soc_release_pct), SETTINGS_BELOW, P(high_soc_pct) },
	{ P(charge_cold_block_mc), SETTINGS_BELOW, P(charge_cold_mc) },
	{ P(charge_cold_mc), SETTINGS_BELOW, P(charge_hot_mc) },
	{ P(charge_hot_mc), SETTINGS_BELOW, P(charge_hot_block_mc) },
	{ P(cell_over_release_mv), SETTINGS_BELOW, P(cell_over_mv) },
	{ P(charge_taper.cell_mv), SETTINGS_RISES, 0 },
	{ P(charge_taper.percent), SETTINGS_NEVER_RISES, 0 },
	{ P(deep_cell_mv), SETTINGS_BELOW, P(deep_cell_release_mv) },
	{ P(deep_cell_block_mv), SETTINGS_BELOW, P(deep_cell_mv) },
	{ P(deep_cell_block_mv), SETTINGS_BELOW, P(deep_cell_block_release_mv) },
	{ P(deep_cell_block_release_mv), SETTINGS_NOT_ABOVE, P(deep_cell_release_mv) },
	{ P(deep_cell_release_mv), SETTINGS_BELOW, P(cell_over_release_mv) },
	/* discharge current */
	{ P(low_soc_pct), SETTINGS_BELOW, P(low_soc_release_pct) },
	{ P(low_soc_block_pct), SETTINGS_BELOW, P(low_soc_block_release_pct) },
	{ P(low_soc_block_pct), SETTINGS_NOT_ABOVE, P(low_soc_pct) },
	{ P(low_soc_pct), SETTINGS_BELOW, P(high_soc_pct) },
	{ P(low_soc_release_pct), SETTINGS_BELOW, P(float_soc_pct) },
	{ P(cell_under_mv), SETTINGS_BELOW, P(cell_under_release_mv) },
	{ P(cell_under_release_mv), SETTINGS_BELOW, P(cell_float_mv) },
	{ P(discharge_taper.cell_mv), SETTINGS_FALLS, 0 },
	{ P(discharge_taper.percent), SETTINGS_NEVER_RISES, 0 },
	{ P(pack_cut_cell_mv), SETTINGS_BELOW, P(pack_low_cell_mv) },
	{ P(pack_low_cell_mv), SETTINGS_BELOW, P(pack_low_release_cell_mv) },
	{ P(pack_low_release_cell_mv), SETTINGS_BELOW, P(cell_float_mv) },
	{ P(pack_cut_cell_mv), SETTINGS_BELOW, P(cell_floor_mv) },
	{ P(discharge_cold_block_mc), SETTINGS_BELOW, P(discharge_hot_mc) },
	{ P(discharge_hot_mc), SETTINGS_BELOW, P(discharge_hot_block_mc) },
	/* sensors */
	{ P(sense_low_mv), SETTINGS_BELOW, P(deep_cell_block_mv) },
	{ P(cell_over_mv), SETTINGS_BELOW, P(sense_high_mv) },
	/* alarms */
	{ P(cell_under_mv), SETTINGS_NOT_ABOVE, P(alarm_cell_low_mv) },
	{ P(alarm_cell_low_mv), SETTINGS_BELOW, P(alarm_cell_high_mv) },
	{ P(alarm_cell_high_mv), SETTINGS_NOT_ABOVE, P(cell_over_mv) },
	{ P(alarm_spread_release_mv), SETTINGS_BELOW, P(alarm_spread_mv) },
	{ P(alarm_spread_mv), SETTINGS_BELOW, P(alarm_spread_high_mv) },
	{ P(alarm_mos_mc), SETTINGS_BELOW, P(alarm_mos_high_mc) },
	{ P(alarm_cold_high_mc), SETTINGS_BELOW, P(alarm_cold_mc) },
	{ P(alarm_cold_mc), SETTINGS_BELOW, P(alarm_hot_mc) },
	{ P(alarm_hot_mc), SETTINGS_BELOW, P(alarm_hot_high_mc) },
	{ P(cell_under_mv), SETTINGS_BELOW, P(lost_battery_cell_mv) },
	{ P(low_soc_block_pct), SETTINGS_BELOW, P(lost_battery_soc_pct) },
	/* ages: a pass must come round before the values of the last one are too old */
	{ AT(serial.reading_freq_ms), SETTINGS_BELOW, P(max_age_ms) },
};
const int settings_order_count = LENGTH(settings_orders);
