/* The three tables of settings: rows, wishes, orders. What they mean stands in settings_table.h;
 * the defaults are those of the protection rules, and no range lets a value endanger a LiFePO4 cell.
 * Everything else that the rules need is a constant (constants.h). */
#include "core/settings/settings_table.h"

#include <string.h>

#define AT(member) offsetof(struct settings, member)
#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* clang-format off */

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
#define SOC(key, least, most, preset, text) \
	{ "protection", #key, SETTINGS_INT, AT(protection.key##_pct), least, most, NULL, preset, "%", text }
#define POLICY(key, choices, preset, text) \
	{ "protection", #key, SETTINGS_BOOL, AT(protection.key##_blocks), 0, 1, choices, preset, "", text }

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

	/* [serial] */
	TEXT(serial, port, 0, 127, "",
	     "Serial adapter of the battery's console, best by a name that stays: "
	     "/dev/serial/by-id/... or /dev/serial/by-path/..."),
	{ "serial", "baud", SETTINGS_INT, AT(serial.baud), 9600, 115200, "auto", "auto", "baud",
	  "Speed of the console; auto tries 19200, 115200 and 9600." },
	{ "serial", "reading_freq", SETTINGS_MILLI, AT(serial.reading_freq_ms), 0, 14000, NULL, "2", "s",
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

	/* [protection]: a cell_ voltage is that of one cell, a current that of one module */
	VOLTS(cell_bulk, 3300, 3600, "3.50", "Charge voltage of the bulk stage, per cell."),
	VOLTS(cell_float, 3200, 3500, "3.40", "Charge voltage of the float stage, per cell."),
	{ "protection", "full_charge_days", SETTINGS_INT, AT(protection.full_charge_days), 0, 365, NULL, "14", "days",
	  "After so many days without a full charge the bulk voltage holds until every module reports Full; 0: never." },
	VOLTS(full_charge, 3300, 3600, "3.467",
	      "A pack that has been charged to this, per cell, for two hours in all counts as fully charged, too."),
	AMPERES(high_soc_current, 0, 50000, "7", "Charge current of a module above a state of charge of 90 %."),
	DEGREES(charge_cold, 1000, 25000, "5", "A module colder than this is charged with charge_cold_current."),
	AMPERES(charge_cold_current, 0, 50000, "10", "Charge current of a cold module. Below 0 C there is none."),
	DEGREES(charge_hot, 30000, 50000, "45", "A module hotter than this is charged with 10 A. Above 55 C it is not charged."),
	SOC(low_soc, 1, 50, "10", "Below this state of charge a module is discharged with 10 A."),
	SOC(low_soc_release, 2, 60, "12", "From this state of charge on the limit by low_soc ends."),
	SOC(low_soc_block, 0, 40, "5", "Below this state of charge there is no discharge."),
	SOC(low_soc_block_release, 1, 50, "8", "From this state of charge on the block by low_soc_block ends."),
	POLICY(lost_module, "degrade|block", "degrade",
	       "What a lost module does to the bank. degrade: the others carry on, not above the float "
	       "voltage; block: no charge and no discharge."),
	POLICY(failed_module, "degrade|block", "degrade",
	       "The same for a failed module: one with a system error or a failed sense line that carries "
	       "no current."),
	POLICY(lost_battery, "derate|block", "derate",
	       "What the loss of every module does to discharge. derate: 10 A a module; block: none."),
	SOC(lost_battery_soc, 1, 100, "10", "A lost battery whose last state of charge is below this is not discharged."),

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

/* clang-format on */

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
	/* charge current */
	{ P(charge_cold_block_mc), SETTINGS_BELOW, P(charge_cold_mc) },
	{ P(charge_cold_mc), SETTINGS_BELOW, P(charge_hot_mc) },
	{ P(charge_hot_mc), SETTINGS_BELOW, P(charge_hot_block_mc) },
	/* discharge current */
	{ P(low_soc_pct), SETTINGS_BELOW, P(low_soc_release_pct) },
	{ P(low_soc_block_pct), SETTINGS_BELOW, P(low_soc_block_release_pct) },
	{ P(low_soc_block_pct), SETTINGS_NOT_ABOVE, P(low_soc_pct) },
	{ P(low_soc_pct), SETTINGS_BELOW, P(high_soc_pct) },
	{ P(low_soc_release_pct), SETTINGS_BELOW, P(float_soc_pct) },
	{ P(cell_under_release_mv), SETTINGS_BELOW, P(cell_float_mv) },
	{ P(pack_low_release_cell_mv), SETTINGS_BELOW, P(cell_float_mv) },
	/* losses */
	{ P(low_soc_block_pct), SETTINGS_BELOW, P(lost_battery_soc_pct) },
	/* ages: a pass must come round before the values of the last one are too old */
	{ AT(serial.reading_freq_ms), SETTINGS_BELOW, P(max_age_ms) },
};
const int settings_order_count = LENGTH(settings_orders);
