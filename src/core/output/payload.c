#include "core/output/payload.h"

#include "core/base/text.h"

#include <stddef.h>
#include <string.h>

enum source {
	FROM_INT,      /* struct opt, as it is */
	FROM_MILLI,    /* struct opt in thousandths of the unit */
	FROM_TEXT,     /* characters; an empty text is not known */
	FROM_ALARM,    /* struct opt of `alarm`; the key is alarms_key's */
	FROM_CELLS_MILLI, /* an array over the cells: Cell1, Cell2, ... */
	FROM_CELLS_INT
};

struct payload_row {
	const char *group;
	const char *key;
	enum source source;
	size_t offset; /* in struct figures */
	int decimals;  /* of FROM_TEXT: the room for it in struct figures */
	const char *unit;
	const char *text;
};

#define F(field) offsetof(struct figures, field)
#define TEXT_AT(field) FROM_TEXT, F(field), (int)sizeof ((struct figures *)0)->field
#define ALARM_ROW(a, text) \
	{ "Alarms", NULL, FROM_ALARM, F(alarm) + (a) * sizeof(struct opt), 0, "", text }

static const struct payload_row rows[] = {
	{ "Dc", "Voltage", FROM_MILLI, F(voltage_mv), 2, "V", "Pack voltage, mean of the modules" },
	{ "Dc", "Current", FROM_MILLI, F(current_ma), 2, "A", "Current, positive while charging" },
	{ "Dc", "Power", FROM_MILLI, F(power_mw), 1, "W", "Voltage x current" },
	{ "Dc", "Temperature", FROM_MILLI, F(temp_mc), 1, "C", "Mean of the packs" },
	{ NULL, "InstalledCapacity", FROM_MILLI, F(installed_mah), 2, "Ah", "What full modules hold" },
	{ NULL, "Capacity", FROM_MILLI, F(capacity_mah), 2, "Ah", "What is left in them" },
	{ NULL, "ConsumedAmphours", FROM_MILLI, F(consumed_mah), 2, "Ah", "Installed less left" },
	{ NULL, "Soc", FROM_MILLI, F(soc_milli), 1, "%", "State of charge, weighted by capacity" },
	{ NULL, "Soh", FROM_INT, F(soh_pct), 0, "%", "State of health, the worst module's" },
	{ NULL, "TimeToGo", FROM_INT, F(time_to_go_s), 0, "s", "Until empty; 864000 while nothing is drawn, or when it is longer" },
	{ NULL, "Balancing", FROM_INT, F(balancing), 0, "", "1 while a cell balances" },
	{ NULL, "ConnectionInformation", TEXT_AT(connection), "", "Modules online of those known" },
	{ "Info", "MaxChargeVoltage", FROM_MILLI, F(cvl_mv), 2, "V", "CVL" },
	{ "Info", "MaxChargeCurrent", FROM_MILLI, F(ccl_ma), 1, "A", "CCL" },
	{ "Info", "MaxDischargeCurrent", FROM_MILLI, F(dcl_ma), 1, "A", "DCL" },
	{ "Info", "MaxChargeCellVoltage", FROM_MILLI, F(max_cell_mv), 3, "V", "CVL / cells" },
	{ "Info", "BatteryLowVoltage", FROM_MILLI, F(low_mv), 2, "V", "Where the battery wants discharge to end" },
	{ "Info", "ChargeMode", TEXT_AT(mode), "", "Stage: Bulk, Float, Full charge, Blocked; what lowers the limits is in `link`" },
	{ "Settings", "HasTemperature", FROM_INT, F(has_temperature), 0, "", "Always 1" },
	{ "Io", "AllowToCharge", FROM_INT, F(allow_charge), 0, "", "0 while a rule blocks charge" },
	{ "Io", "AllowToDischarge", FROM_INT, F(allow_discharge), 0, "", "0 while a rule blocks discharge" },
	{ "History", "ChargeCycles", FROM_INT, F(cycles), 0, "", "The highest cycle count of the modules" },
	{ "History", "MinimumVoltage", FROM_MILLI, F(history.voltage_low_mv), 2, "V", "Lowest pack voltage; the history is the bank's alone" },
	{ "History", "MaximumVoltage", FROM_MILLI, F(history.voltage_high_mv), 2, "V", "Highest pack voltage" },
	{ "History", "MinimumCellVoltage", FROM_MILLI, F(history.cell_low_mv), 3, "V", "Lowest cell" },
	{ "History", "MaximumCellVoltage", FROM_MILLI, F(history.cell_high_mv), 3, "V", "Highest cell" },
	{ "History", "MinimumTemperature", FROM_MILLI, F(history.temp_low_mc), 1, "C", "Lowest of packs and cells" },
	{ "History", "MaximumTemperature", FROM_MILLI, F(history.temp_high_mc), 1, "C", "Highest of packs and cells" },
	{ "History", "TotalAhDrawn", FROM_INT, F(history.drawn_ah), 0, "Ah", "Discharged in all" },
	{ "History", "ChargedEnergy", FROM_MILLI, F(history.charged_wh), 2, "kWh", "Charged in all" },
	{ "History", "DischargedEnergy", FROM_MILLI, F(history.discharged_wh), 2, "kWh", "Discharged in all" },
	{ "History", "DeepestDischarge", FROM_MILLI, F(history.deepest_mah), 1, "Ah", "Most that was missing to full, below 0 as Victron's monitors have it" },
	{ "History", "TimeSinceLastFullCharge", FROM_INT, F(history.since_full_s), 0, "s", "From the first one on" },
	{ "History", "LowVoltageAlarms", FROM_INT, F(history.low_alarms), 0, "", "How often Alarms.LowVoltage became 2" },
	{ "History", "HighVoltageAlarms", FROM_INT, F(history.high_alarms), 0, "", "How often Alarms.HighVoltage became 2" },
	{ "System", "MinCellVoltage", FROM_MILLI, F(cell_low_mv), 3, "V", "Lowest cell" },
	{ "System", "MinVoltageCellId", TEXT_AT(cell_low_id), "", "Where: module and cell, `M3C14`" },
	{ "System", "MaxCellVoltage", FROM_MILLI, F(cell_high_mv), 3, "V", "Highest cell" },
	{ "System", "MaxVoltageCellId", TEXT_AT(cell_high_id), "", "Where" },
	{ "System", "MinCellTemperature", FROM_MILLI, F(temp_low_mc), 1, "C", "Lowest of packs and cells" },
	{ "System", "MinTemperatureCellId", TEXT_AT(temp_low_id), "", "Where; without a cell: the pack's sensor" },
	{ "System", "MaxCellTemperature", FROM_MILLI, F(temp_high_mc), 1, "C", "Highest of packs and cells" },
	{ "System", "MaxTemperatureCellId", TEXT_AT(temp_high_id), "", "Where" },
	{ "System", "MOSTemperature", FROM_MILLI, F(mos_temp_mc), 1, "C", "Hottest MOSFET, where the console tells" },
	{ "System", "NrOfCellsPerBattery", FROM_INT, F(cells), 0, "", "Cells in series" },
	{ "System", "NrOfModulesOnline", FROM_INT, F(online), 0, "", "Modules with fresh values" },
	{ "System", "NrOfModulesOffline", FROM_INT, F(offline), 0, "", "Modules that are known and silent" },
	{ "System", "NrOfModulesBlockingCharge", FROM_INT, F(blocking_charge), 0, "", "Modules that block charge" },
	{ "System", "NrOfModulesBlockingDischarge", FROM_INT, F(blocking_discharge), 0, "", "Modules that block discharge" },
	ALARM_ROW(ALARM_LOW_VOLTAGE, "Pack voltage low"),
	ALARM_ROW(ALARM_HIGH_VOLTAGE, "Pack voltage high"),
	ALARM_ROW(ALARM_LOW_CELL_VOLTAGE, "A cell is low"),
	ALARM_ROW(ALARM_HIGH_CELL_VOLTAGE, "A cell is high"),
	ALARM_ROW(ALARM_LOW_SOC, "Little charge left"),
	ALARM_ROW(ALARM_CELL_IMBALANCE, "The cells of a module differ"),
	ALARM_ROW(ALARM_HIGH_CHARGE_CURRENT, "The BMS reports charge over-current"),
	ALARM_ROW(ALARM_HIGH_DISCHARGE_CURRENT, "The BMS reports discharge over-current"),
	ALARM_ROW(ALARM_HIGH_CURRENT, "Either of the two, or a short circuit"),
	ALARM_ROW(ALARM_LOW_CHARGE_TEMPERATURE, "Too cold to charge"),
	ALARM_ROW(ALARM_HIGH_CHARGE_TEMPERATURE, "Too hot to charge"),
	ALARM_ROW(ALARM_LOW_TEMPERATURE, "Cold"),
	ALARM_ROW(ALARM_HIGH_TEMPERATURE, "Hot"),
	ALARM_ROW(ALARM_HIGH_INTERNAL_TEMPERATURE, "MOSFETs hot"),
	ALARM_ROW(ALARM_INTERNAL_FAILURE, "A fault inside a module"),
	ALARM_ROW(ALARM_STATE_OF_HEALTH, "The BMS reports bad health"),
	ALARM_ROW(ALARM_BMS_CABLE, "1 some modules lost, 2 all of them"),
	ALARM_ROW(ALARM_FUSE_BLOWN, "Always 0: the console reports no fuse"),
	{ "Voltages", "Sum", FROM_MILLI, F(sum_mv), 3, "V", "Sum of the cells, mean of the modules" },
	{ "Voltages", "Diff", FROM_MILLI, F(diff_mv), 3, "V", "Highest less lowest cell" },
	{ "Voltages", "Cell", FROM_CELLS_MILLI, F(cell_mv), 3, "V", "Cell1 and so on: mean of that position" },
	{ "Balances", "Cell", FROM_CELLS_INT, F(balance), 0, "", "Cell1 and so on: 1 while it balances" },
};

#define ROWS ((int)(sizeof rows / sizeof rows[0]))

_Static_assert(ROWS - 2 + 2 * REPLY_CELLS_MAX <= PAYLOAD_ITEMS_MAX, "two rows are arrays over the cells");

static bool is_array(const struct payload_row *row)
{
	return row->source == FROM_CELLS_MILLI || row->source == FROM_CELLS_INT;
}

static const char *key_of(const struct payload_row *row)
{
	if (row->source != FROM_ALARM)
		return row->key;
	return alarms_key((enum alarm)((row->offset - F(alarm)) / sizeof(struct opt)));
}

static void write_key(const struct payload_row *row, int element, struct payload_item *item)
{
	struct text key = text_in(item->key, sizeof item->key);

	text_str(&key, key_of(row));
	if (is_array(row))
		text_int(&key, element + 1);
}

static void write_number(const struct payload_row *row, struct opt value, struct payload_item *item)
{
	bool milli = row->source == FROM_MILLI || row->source == FROM_CELLS_MILLI;

	if (!value.known)
		return;
	item->kind = milli ? PAYLOAD_MILLI : PAYLOAD_INT;
	item->value = value.value;
	item->decimals = row->decimals;
}

static void write_value(const struct payload_row *row, const struct figures *figures, int element,
                        struct payload_item *item)
{
	const char *at = (const char *)figures + row->offset;

	item->kind = PAYLOAD_NULL;
	if (row->source == FROM_TEXT) {
		item->text = at;
		item->kind = at[0] != '\0' ? PAYLOAD_TEXT : PAYLOAD_NULL;
	} else {
		struct opt value;

		memcpy(&value, at + (size_t)element * sizeof value, sizeof value);
		write_number(row, value, item);
	}
}

bool payload_next(struct payload_cursor *cursor, const struct figures *figures,
                  struct payload_item *item)
{
	const struct payload_row *row;

	while (cursor->row < ROWS) {
		row = &rows[cursor->row];
		if (cursor->element < (is_array(row) ? figures->cells.value : 1)) {
			*item = (struct payload_item){ .group = row->group, .unit = row->unit, .at = *cursor };
			write_key(row, cursor->element, item);
			write_value(row, figures, cursor->element, item);
			cursor->element++;
			return true;
		}
		cursor->row++;
		cursor->element = 0;
	}
	return false;
}

static void keep_one(const struct payload_row *row, char *to, const char *from)
{
	struct opt value;

	memcpy(&value, to, sizeof value);
	if (row->source == FROM_TEXT && to[0] == '\0')
		memcpy(to, from, (size_t)row->decimals);
	else if (row->source != FROM_TEXT && !value.known)
		memcpy(to, from, sizeof value);
}

void payload_keep(struct figures *figures, const struct figures *before)
{
	for (int i = 0; i < ROWS; i++) {
		int elements = is_array(&rows[i]) ? figures->cells.value : 1;

		for (int n = 0; n < elements; n++) {
			size_t at = rows[i].offset + (size_t)n * sizeof(struct opt);

			keep_one(&rows[i], (char *)figures + at, (const char *)before + at);
		}
	}
}

void payload_put_milli(struct figures *figures, const struct payload_item *item, int64_t thousandths)
{
	const struct payload_row *row = &rows[item->at.row];
	bool milli = row->source == FROM_MILLI || row->source == FROM_CELLS_MILLI;
	int64_t value = milli ? thousandths : thousandths / 1000;
	struct opt kept = { (int32_t)value, value >= INT32_MIN && value <= INT32_MAX };

	if (row->source != FROM_TEXT)
		memcpy((char *)figures + row->offset + (size_t)item->at.element * sizeof kept, &kept, sizeof kept);
}

void payload_put_text(struct figures *figures, const struct payload_item *item, const char *text)
{
	const struct payload_row *row = &rows[item->at.row];

	if (row->source == FROM_TEXT)
		text_copy((char *)figures + row->offset, (size_t)row->decimals, text);
}

bool payload_describe(int index, const char **group, const char **key, const char **unit,
                      const char **text)
{
	if (index < 0 || index >= ROWS)
		return false;
	*group = rows[index].group;
	*key = key_of(&rows[index]);
	*unit = rows[index].unit;
	*text = rows[index].text;
	return true;
}
