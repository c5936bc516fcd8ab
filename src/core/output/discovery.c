#include "core/output/discovery.h"

#include "core/base/text.h"

#include <string.h>

/* Kinds of values: how Home Assistant shows and counts them. */
enum kind {
	VOLTS,
	CELL_VOLTS,
	AMPERES,
	WATTS,
	CELSIUS,
	AMPERE_HOURS,
	ALL_AMPERE_HOURS,
	STORED_KWH,
	ALL_KWH,
	CHARGE,
	PERCENT,
	SECONDS,
	MILLISECONDS,
	NUMBER,
	COUNTER,
	PHRASE,
	LEVEL,
	YES_NO
};

static const struct kind_row {
	const char *platform, *device_class, *unit, *state_class, *options;
	int decimals;
} kinds[] = {
	[VOLTS] = { "sensor", "voltage", "V", "measurement", NULL, 2 },
	[CELL_VOLTS] = { "sensor", "voltage", "V", "measurement", NULL, 3 },
	[AMPERES] = { "sensor", "current", "A", "measurement", NULL, 1 },
	[WATTS] = { "sensor", "power", "W", "measurement", NULL, 0 },
	[CELSIUS] = { "sensor", "temperature", "\302\260C", "measurement", NULL, 1 }, /* degree sign, UTF-8 */
	[AMPERE_HOURS] = { "sensor", NULL, "Ah", "measurement", NULL, 1 },
	[ALL_AMPERE_HOURS] = { "sensor", NULL, "Ah", "total_increasing", NULL, 0 },
	[STORED_KWH] = { "sensor", "energy_storage", "kWh", "measurement", NULL, 2 },
	[ALL_KWH] = { "sensor", "energy", "kWh", "total_increasing", NULL, 1 },
	[CHARGE] = { "sensor", "battery", "%", "measurement", NULL, 1 },
	[PERCENT] = { "sensor", NULL, "%", "measurement", NULL, 0 },
	[SECONDS] = { "sensor", "duration", "s", "measurement", NULL, -1 },
	[MILLISECONDS] = { "sensor", "duration", "ms", "measurement", NULL, -1 },
	[NUMBER] = { "sensor", NULL, NULL, "measurement", NULL, -1 },
	[COUNTER] = { "sensor", NULL, NULL, "total_increasing", NULL, -1 },
	[PHRASE] = { "sensor", NULL, NULL, NULL, NULL, -1 },
	[LEVEL] = { "sensor", "enum", NULL, NULL, "ok|warning|alarm", -1 },
	[YES_NO] = { "binary_sensor", NULL, NULL, NULL, NULL, -1 },
};

/* Which devices have it; a CELL row stands for as many entities as a module has cells, LINK is of the link topic and
 * about the line, unless it is PLAIN. */
enum { BANK = 1, MODULE = 2, BOTH = BANK | MODULE, CELL = 4 | MODULE, LINK = 8, HIDDEN = 16, PLAIN = 32 };

#define STORED \
	"{% set v = value_json %}{% if v.Capacity is number %}{{ (v.Capacity * v.Dc.Voltage / 1000) | round(2) }}" \
	"{% else %}None{% endif %}"
#define TO_EMPTY /* not known while nothing is drawn: figures.h, FIGURES_TIME_TO_GO_MAX_S */ \
	"{{ value_json.get('TimeToGo') if value_json.get('TimeToGo', 864000) < 864000 else None }}"
#define TO_FULL \
	"{% set v = value_json %}{% if v.ConsumedAmphours is number and v.Dc.Current is number and v.Dc.Current > 0.1 %}" \
	"{{ (v.ConsumedAmphours / v.Dc.Current * 3600) | int }}{% else %}None{% endif %}"

static const struct discovery_row {
	unsigned of;
	enum kind kind;
	const char *path; /* in the document; one that begins with { is a template of its own */
	const char *name; /* also the end of the unique id: another name is another entity for its owner */
} rows[] = {
	{ BOTH, CHARGE, "Soc", "State of charge" },
	{ BOTH, STORED_KWH, STORED, "Stored energy" },
	{ BOTH, VOLTS, "Dc.Voltage", "Voltage" },
	{ BOTH, AMPERES, "Dc.Current", "Current" },
	{ BOTH, WATTS, "Dc.Power", "Power" },
	{ BOTH, CELSIUS, "Dc.Temperature", "Temperature" },
	{ BOTH, AMPERE_HOURS, "InstalledCapacity", "Installed capacity" },
	{ BOTH, AMPERE_HOURS, "Capacity", "Remaining capacity" },
	{ BOTH, AMPERE_HOURS, "ConsumedAmphours", "Consumed capacity" },
	{ BOTH, SECONDS, TO_EMPTY, "Time to empty" },
	{ BOTH, SECONDS, TO_FULL, "Time to full" },
	{ BOTH, PERCENT, "Soh", "State of health" },
	{ BOTH, COUNTER, "History.ChargeCycles", "Charge cycles" },
	{ BOTH, YES_NO, "Balancing", "Balancing" },
	{ BOTH, VOLTS, "Info.MaxChargeVoltage", "Charge voltage limit" },
	{ BOTH, AMPERES, "Info.MaxChargeCurrent", "Charge current limit" },
	{ BOTH, AMPERES, "Info.MaxDischargeCurrent", "Discharge current limit" },
	{ BOTH | LINK | PLAIN, PHRASE, "limits.charge_voltage", "Charge mode" },
	{ BOTH | LINK | PLAIN, PHRASE, "limits.charge_current", "Charge limited by" },
	{ BOTH | LINK | PLAIN, PHRASE, "limits.discharge_current", "Discharge limited by" },
	{ BOTH, YES_NO, "Io.AllowToCharge", "Charge allowed" },
	{ BOTH, YES_NO, "Io.AllowToDischarge", "Discharge allowed" },
	{ BOTH, CELL_VOLTS, "System.MinCellVoltage", "Lowest cell voltage" },
	{ BOTH, PHRASE, "System.MinVoltageCellId", "Lowest cell" },
	{ BOTH, CELL_VOLTS, "System.MaxCellVoltage", "Highest cell voltage" },
	{ BOTH, PHRASE, "System.MaxVoltageCellId", "Highest cell" },
	{ BOTH, CELL_VOLTS, "Voltages.Diff", "Cell voltage spread" },
	{ BOTH, CELSIUS, "System.MinCellTemperature", "Lowest temperature" },
	{ BOTH, PHRASE, "System.MinTemperatureCellId", "Coldest place" },
	{ BOTH, CELSIUS, "System.MaxCellTemperature", "Highest temperature" },
	{ BOTH, PHRASE, "System.MaxTemperatureCellId", "Hottest place" },
	{ BOTH, CELSIUS, "System.MOSTemperature", "MOSFET temperature" },
	{ BANK, NUMBER, "System.NrOfModulesOnline", "Modules online" },
	{ BANK, NUMBER, "System.NrOfModulesOffline", "Modules offline" },
	{ BANK, NUMBER, "System.NrOfModulesBlockingCharge", "Modules blocking charge" },
	{ BANK, NUMBER, "System.NrOfModulesBlockingDischarge", "Modules blocking discharge" },
	{ BOTH, LEVEL, "Alarms.LowVoltage", "Low voltage" },
	{ BOTH, LEVEL, "Alarms.HighVoltage", "High voltage" },
	{ BOTH, LEVEL, "Alarms.LowCellVoltage", "Low cell voltage" },
	{ BOTH, LEVEL, "Alarms.HighCellVoltage", "High cell voltage" },
	{ BOTH, LEVEL, "Alarms.LowSoc", "Low state of charge" },
	{ BOTH, LEVEL, "Alarms.CellImbalance", "Cell imbalance" },
	{ BOTH, LEVEL, "Alarms.HighChargeCurrent", "High charge current" },
	{ BOTH, LEVEL, "Alarms.HighDischargeCurrent", "High discharge current" },
	{ BOTH, LEVEL, "Alarms.HighCurrent", "High current" },
	{ BOTH, LEVEL, "Alarms.LowChargeTemperature", "Low charge temperature" },
	{ BOTH, LEVEL, "Alarms.HighChargeTemperature", "High charge temperature" },
	{ BOTH, LEVEL, "Alarms.LowTemperature", "Low temperature" },
	{ BOTH, LEVEL, "Alarms.HighTemperature", "High temperature" },
	{ BOTH, LEVEL, "Alarms.HighInternalTemperature", "High MOSFET temperature" },
	{ BOTH, LEVEL, "Alarms.InternalFailure", "Internal failure" },
	{ BOTH, LEVEL, "Alarms.StateOfHealth", "State of health alarm" },
	{ BANK, LEVEL, "Alarms.BmsCable", "Lost modules" },
	{ BANK, VOLTS, "History.MinimumVoltage", "Minimum voltage ever" },
	{ BANK, VOLTS, "History.MaximumVoltage", "Maximum voltage ever" },
	{ BANK, CELL_VOLTS, "History.MinimumCellVoltage", "Minimum cell voltage ever" },
	{ BANK, CELL_VOLTS, "History.MaximumCellVoltage", "Maximum cell voltage ever" },
	{ BANK, CELSIUS, "History.MinimumTemperature", "Minimum temperature ever" },
	{ BANK, CELSIUS, "History.MaximumTemperature", "Maximum temperature ever" },
	{ BANK, ALL_AMPERE_HOURS, "History.TotalAhDrawn", "Discharged in all" },
	{ BANK, ALL_KWH, "History.ChargedEnergy", "Charged energy" },
	{ BANK, ALL_KWH, "History.DischargedEnergy", "Discharged energy" },
	{ BANK, AMPERE_HOURS, "History.DeepestDischarge", "Deepest discharge" },
	{ BANK, SECONDS, "History.TimeSinceLastFullCharge", "Time since full charge" },
	{ BANK, COUNTER, "History.LowVoltageAlarms", "Low voltage alarms" },
	{ BANK, COUNTER, "History.HighVoltageAlarms", "High voltage alarms" },
	{ CELL, CELL_VOLTS, "Voltages.Cell", "Cell voltage" },
	{ CELL | HIDDEN, YES_NO, "Balances.Cell", "Cell balancing" },
	{ BANK | LINK, PHRASE, "console.state", "Console" },
	{ BANK | LINK, MILLISECONDS, "cycle_ms", "Length of a pass" },
	{ BANK | LINK, NUMBER, "failed_polls", "Failed passes in a row" },
	{ BANK | LINK, COUNTER, "replies.good", "Good replies" },
	{ BANK | LINK, COUNTER, "replies.damaged", "Damaged replies" },
	{ BANK | LINK, COUNTER, "replies.late", "Late replies" },
	{ MODULE | LINK, MILLISECONDS, "age_ms", "Age of the values" },
	{ MODULE | LINK, COUNTER, "good", "Good replies" },
	{ MODULE | LINK, COUNTER, "damaged", "Damaged replies" },
	{ MODULE | LINK, COUNTER, "late", "Late replies" },
};

#define ROWS ((int)(sizeof rows / sizeof rows[0]))

static bool is_cell(const struct discovery_row *row)
{
	return (row->of & CELL) == CELL;
}

/* How many entities of a device a row stands for. */
static int elements(const struct discovery_row *row, const struct discovery_device *device)
{
	if (!(row->of & (device->number == DISCOVERY_BANK ? BANK : MODULE)))
		return 0;
	return is_cell(row) ? device->cells : 1;
}

/* ---- Templates ---- */

/* A module of the link document; an empty object where it is not listed. */
static void write_module(struct text *t, int number)
{
	text_str(t, "(value_json.modules | selectattr('address', 'eq', ");
	text_int(t, number);
	text_str(t, ") | list + [{}]) | first");
}

/* One step of a path after the other. What is not there is None, and nothing for Home Assistant's log. */
static void write_path(struct text *t, const struct discovery_row *row, const struct discovery_device *device, int element)
{
	const char *path = row->path, *dot = strchr(path, '.');

	if ((row->of & LINK) && device->number != DISCOVERY_BANK) {
		text_str(t, "(");
		write_module(t, device->number);
		text_str(t, ")");
	} else {
		text_str(t, "value_json");
	}
	if (dot) {
		text_str(t, ".get('");
		text_chars(t, path, (size_t)(dot - path));
		text_str(t, "', {})");
		path = dot + 1;
	}
	text_str(t, ".get('");
	text_str(t, path);
	if (is_cell(row))
		text_int(t, element + 1);
	text_str(t, "')");
}

static void write_value(const struct discovery_row *row, const struct discovery_device *device, int element,
                        char out[DISCOVERY_TEMPLATE_MAX])
{
	struct text t = text_in(out, DISCOVERY_TEMPLATE_MAX);

	if (row->path[0] == '{') {
		text_str(&t, row->path);
		return;
	}
	text_str(&t, row->kind == LEVEL ? "{{ {0: 'ok', 1: 'warning', 2: 'alarm'}.get(" : "{{ ");
	write_path(&t, row, device, element);
	text_str(&t, row->kind == LEVEL ? ") }}" : " }}");
}

void discovery_availability(const struct discovery_device *device, char out[DISCOVERY_TEMPLATE_MAX])
{
	struct text t = text_in(out, DISCOVERY_TEMPLATE_MAX);

	text_str(&t, "{{ 'online' if (");
	write_module(&t, device->number);
	text_str(&t, ").get('online') == 1 else 'offline' }}");
}

/* ---- Names ---- */

static bool is_word_character(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What may stand in an id or between two slashes of a discovery topic. */
static void append_id(struct text *t, const char *s)
{
	for (; *s != '\0'; s++)
		text_chars(t, is_word_character(*s) ? s : "_", 1);
}

static void make_id(char id[DISCOVERY_NAME_MAX], const char *name)
{
	struct text t = text_in(id, DISCOVERY_NAME_MAX);

	append_id(&t, name);
	for (char *c = id; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
}

/* "Cell voltage" of cell 3: "Cell 3 voltage". */
static void write_name(const struct discovery_row *row, int element, char name[DISCOVERY_NAME_MAX])
{
	const char *blank = strchr(row->name, ' ');
	struct text t = text_in(name, DISCOVERY_NAME_MAX);

	if (!is_cell(row)) {
		text_str(&t, row->name);
		return;
	}
	text_chars(&t, row->name, (size_t)(blank + 1 - row->name));
	text_int(&t, element + 1);
	text_str(&t, blank);
}

void discovery_describe(struct discovery_device *device, int number, const char *topic_base, const char *barcode)
{
	struct text bank = text_in(device->bank_id, sizeof device->bank_id);
	struct text id = text_in(device->id, sizeof device->id);
	struct text name = text_in(device->name, sizeof device->name);

	device->number = number;
	text_str(&bank, "pylontech_");
	append_id(&bank, topic_base);
	text_str(&name, number == DISCOVERY_BANK ? "Pylontech bank" : "Pylontech module ");
	if (number != DISCOVERY_BANK)
		text_int(&name, number);
	if (number != DISCOVERY_BANK && barcode[0] != '\0') {
		text_str(&id, "pylontech_");
		append_id(&id, barcode);
		return;
	}
	text_str(&id, device->bank_id);
	if (number != DISCOVERY_BANK) {
		text_str(&id, "_module_");
		text_int(&id, number);
	}
}

void discovery_topic(const struct settings *settings, int number, char *out, size_t size)
{
	struct text t = text_in(out, size);

	text_str(&t, settings->homeassistant.prefix);
	text_str(&t, "/device/");
	append_id(&t, settings->mqtt.topic_base);
	text_str(&t, number == DISCOVERY_BANK ? "/bank" : "/module_");
	if (number != DISCOVERY_BANK)
		text_int(&t, number);
	text_str(&t, "/config");
}

bool discovery_same_place(const struct settings *a, const struct settings *b)
{
	return strcmp(a->homeassistant.prefix, b->homeassistant.prefix) == 0 &&
	       strcmp(a->mqtt.topic_base, b->mqtt.topic_base) == 0;
}

/* ---- Entities ---- */

static void write_entity(const struct discovery_row *row, const struct discovery_device *device, int element,
                         struct discovery_entity *entity)
{
	const struct kind_row *kind = &kinds[row->kind];

	*entity = (struct discovery_entity){
		.platform = kind->platform, .device_class = kind->device_class, .unit = kind->unit,
		.state_class = kind->state_class, .options = kind->options, .decimals = kind->decimals,
		.diagnostic = (row->of & (LINK | PLAIN)) == LINK, .of_link = row->of & LINK, .hidden = row->of & HIDDEN,
	};
	write_name(row, element, entity->name);
	make_id(entity->id, entity->name);
	write_value(row, device, element, entity->value);
}

bool discovery_next(struct discovery_cursor *cursor, const struct discovery_device *device,
                    struct discovery_entity *entity)
{
	for (; cursor->row < ROWS; cursor->row++, cursor->element = 0) {
		if (cursor->element < elements(&rows[cursor->row], device)) {
			write_entity(&rows[cursor->row], device, cursor->element, entity);
			cursor->element++;
			return true;
		}
	}
	return false;
}
