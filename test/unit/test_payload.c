/* The keys of a document, their units and decimals, written out here a second time: the list in
 * driver.md, "The keys that we send". */
#include "check.h"

#include "core/output/payload.h"

#include <stdlib.h>

/* Every figure with a value of its own. */
static void fill(struct figures *f, int cells)
{
	memset(f, 0, sizeof *f);
	f->voltage_mv = opt_some(49516);
	f->current_ma = opt_some(-12345);
	f->power_mw = opt_some(-611278);
	f->temp_mc = opt_some(21360);
	f->installed_mah = opt_some(250004);
	f->capacity_mah = opt_some(180015);
	f->consumed_mah = opt_some(69989);
	f->soc_milli = opt_some(71949);
	f->soc_pct = opt_some(71);
	f->soh_pct = opt_some(98);
	f->time_to_go_s = opt_some(52496);
	f->balancing = opt_some(1);
	f->cvl_mv = opt_some(52405);
	f->ccl_ma = opt_some(39949);
	f->dcl_ma = opt_some(49951);
	f->max_cell_mv = opt_some(3493);
	f->low_mv = opt_some(46004);
	strcpy(f->mode, "Bulk");
	f->cycles = opt_some(211);
	f->history = (struct history_figures){
		.voltage_low_mv = opt_some(46125), .voltage_high_mv = opt_some(53124),
		.cell_low_mv = opt_some(2987), .cell_high_mv = opt_some(3601),
		.temp_low_mc = opt_some(-4049), .temp_high_mc = opt_some(47960),
		.drawn_ah = opt_some(123456), .charged_wh = opt_some(7654321), .discharged_wh = opt_some(7012345),
		.deepest_mah = opt_some(-201250), .since_full_s = opt_some(1209601),
		.low_alarms = opt_some(3), .high_alarms = opt_some(7),
	};
	f->cell_low_mv = opt_some(3297);
	f->cell_high_mv = opt_some(3311);
	f->temp_low_mc = opt_some(-3049);
	f->temp_high_mc = opt_some(24950);
	f->mos_temp_mc = opt_some(33333);
	strcpy(f->cell_low_id, "M3C14");
	strcpy(f->cell_high_id, "M2C1");
	strcpy(f->temp_low_id, "M1");
	strcpy(f->temp_high_id, "M5C5");
	f->cells = opt_some(cells);
	f->online = opt_some(4);
	f->offline = opt_some(2);
	f->blocking_charge = opt_some(3);
	f->blocking_discharge = opt_some(0);
	f->sum_mv = opt_some(49515);
	f->diff_mv = opt_some(14);
	f->has_temperature = opt_some(1);
	f->allow_charge = opt_some(0);
	f->allow_discharge = opt_some(1);
	strcpy(f->connection, "4 of 6 modules");
	for (int i = 0; i < REPLY_CELLS_MAX; i++) {
		f->cell_mv[i] = opt_some(3300 + i);
		f->balance[i] = opt_some(i == 3);
	}
	for (enum alarm a = 0; a < ALARMS; a++)
		f->alarm[a] = opt_some((int32_t)a % 3);
}

#define NUMBER(group, key, decimals, unit, value) { group, key, PAYLOAD_MILLI, value, decimals, unit, NULL }
#define WHOLE(group, key, unit, value) { group, key, PAYLOAD_INT, value, 0, unit, NULL }
#define TEXT(group, key, text) { group, key, PAYLOAD_TEXT, 0, 0, "", text }
#define ALARM(key, which) { "Alarms", key, PAYLOAD_INT, (which) % 3, 0, "", NULL }

/* All but the cells: Voltages.CellN and Balances.CellN. */
static const struct expected {
	const char *group, *key;
	enum payload_kind kind;
	int32_t value;
	int decimals;
	const char *unit;
	const char *text;
} expected[] = {
	NUMBER("Dc", "Power", 1, "W", -611278),
	NUMBER("Dc", "Voltage", 2, "V", 49516),
	NUMBER("Dc", "Current", 2, "A", -12345),
	NUMBER("Dc", "Temperature", 1, "C", 21360),
	NUMBER(NULL, "InstalledCapacity", 2, "Ah", 250004),
	NUMBER(NULL, "ConsumedAmphours", 2, "Ah", 69989),
	NUMBER(NULL, "Capacity", 2, "Ah", 180015),
	NUMBER(NULL, "Soc", 1, "%", 71949),
	WHOLE(NULL, "Soh", "%", 98),
	WHOLE(NULL, "TimeToGo", "s", 52496),
	WHOLE(NULL, "Balancing", "", 1),
	TEXT(NULL, "ConnectionInformation", "4 of 6 modules"),
	/* the 13 that the driver starts at 0 */
	ALARM("LowVoltage", ALARM_LOW_VOLTAGE),
	ALARM("HighVoltage", ALARM_HIGH_VOLTAGE),
	ALARM("LowSoc", ALARM_LOW_SOC),
	ALARM("HighChargeCurrent", ALARM_HIGH_CHARGE_CURRENT),
	ALARM("HighDischargeCurrent", ALARM_HIGH_DISCHARGE_CURRENT),
	ALARM("HighCurrent", ALARM_HIGH_CURRENT),
	ALARM("CellImbalance", ALARM_CELL_IMBALANCE),
	ALARM("HighChargeTemperature", ALARM_HIGH_CHARGE_TEMPERATURE),
	ALARM("LowChargeTemperature", ALARM_LOW_CHARGE_TEMPERATURE),
	ALARM("LowCellVoltage", ALARM_LOW_CELL_VOLTAGE),
	ALARM("LowTemperature", ALARM_LOW_TEMPERATURE),
	ALARM("HighTemperature", ALARM_HIGH_TEMPERATURE),
	ALARM("FuseBlown", ALARM_FUSE_BLOWN),
	/* and those that it knows beside them */
	ALARM("BmsCable", ALARM_BMS_CABLE),
	ALARM("HighCellVoltage", ALARM_HIGH_CELL_VOLTAGE),
	ALARM("HighInternalTemperature", ALARM_HIGH_INTERNAL_TEMPERATURE),
	ALARM("InternalFailure", ALARM_INTERNAL_FAILURE),
	ALARM("StateOfHealth", ALARM_STATE_OF_HEALTH),
	NUMBER("Info", "MaxChargeVoltage", 2, "V", 52405),
	NUMBER("Info", "MaxChargeCurrent", 1, "A", 39949),
	NUMBER("Info", "MaxDischargeCurrent", 1, "A", 49951),
	NUMBER("Info", "MaxChargeCellVoltage", 3, "V", 3493),
	NUMBER("Info", "BatteryLowVoltage", 2, "V", 46004),
	TEXT("Info", "ChargeMode", "Bulk"),
	WHOLE("Settings", "HasTemperature", "", 1),
	WHOLE("History", "ChargeCycles", "", 211),
	NUMBER("History", "MinimumVoltage", 2, "V", 46125),
	NUMBER("History", "MaximumVoltage", 2, "V", 53124),
	NUMBER("History", "MinimumCellVoltage", 3, "V", 2987),
	NUMBER("History", "MaximumCellVoltage", 3, "V", 3601),
	NUMBER("History", "MinimumTemperature", 1, "C", -4049),
	NUMBER("History", "MaximumTemperature", 1, "C", 47960),
	WHOLE("History", "TotalAhDrawn", "Ah", 123456),
	NUMBER("History", "ChargedEnergy", 2, "kWh", 7654321),
	NUMBER("History", "DischargedEnergy", 2, "kWh", 7012345),
	NUMBER("History", "DeepestDischarge", 1, "Ah", -201250),
	WHOLE("History", "TimeSinceLastFullCharge", "s", 1209601),
	WHOLE("History", "LowVoltageAlarms", "", 3),
	WHOLE("History", "HighVoltageAlarms", "", 7),
	TEXT("System", "MinVoltageCellId", "M3C14"),
	NUMBER("System", "MinCellVoltage", 3, "V", 3297),
	TEXT("System", "MaxVoltageCellId", "M2C1"),
	NUMBER("System", "MaxCellVoltage", 3, "V", 3311),
	TEXT("System", "MinTemperatureCellId", "M1"),
	NUMBER("System", "MinCellTemperature", 1, "C", -3049),
	TEXT("System", "MaxTemperatureCellId", "M5C5"),
	NUMBER("System", "MaxCellTemperature", 1, "C", 24950),
	NUMBER("System", "MOSTemperature", 1, "C", 33333),
	WHOLE("System", "NrOfCellsPerBattery", "", 15),
	WHOLE("System", "NrOfModulesOnline", "", 4),
	WHOLE("System", "NrOfModulesOffline", "", 2),
	WHOLE("System", "NrOfModulesBlockingCharge", "", 3),
	WHOLE("System", "NrOfModulesBlockingDischarge", "", 0),
	NUMBER("Voltages", "Sum", 3, "V", 49515),
	NUMBER("Voltages", "Diff", 3, "V", 14),
	WHOLE("Io", "AllowToCharge", "", 0),
	WHOLE("Io", "AllowToDischarge", "", 1),
};

#define ITEMS_MAX 160

struct document {
	struct payload_item item[ITEMS_MAX];
	int items;
};

static void read_document(struct document *d, const struct figures *f)
{
	struct payload_cursor cursor = { 0, 0 };

	d->items = 0;
	while (payload_next(&cursor, f, &d->item[d->items])) {
		d->items++;
		assert_true(d->items < ITEMS_MAX);
	}
	assert_false(payload_next(&cursor, f, &d->item[d->items]));
}

static bool same_group(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The one item of that name; a test fails without it, or with two of them. */
static const struct payload_item *find(const struct document *d, const char *group, const char *key)
{
	const struct payload_item *found = NULL;

	for (int i = 0; i < d->items; i++) {
		if (!same_group(d->item[i].group, group) || strcmp(d->item[i].key, key) != 0)
			continue;
		if (found)
			fail_msg("%s.%s stands there twice", group ? group : "", key);
		found = &d->item[i];
	}
	if (!found)
		fail_msg("%s.%s is missing", group ? group : "", key);
	return found;
}

static void check_item(const struct payload_item *item, const struct expected *e)
{
	assert_row(e->key, 0, item->kind, e->kind);
	assert_row(e->key, 0, item->value, e->value);
	assert_row(e->key, 0, item->decimals, e->decimals);
	assert_string_equal(item->unit, e->unit);
	if (e->kind == PAYLOAD_TEXT)
		assert_string_equal(item->text, e->text);
}

static void test_values(void **state)
{
	static struct document d;
	struct figures f;

	(void)state;
	fill(&f, 15);
	read_document(&d, &f);
	for (int i = 0; i < COUNT_OF(expected); i++)
		check_item(find(&d, expected[i].group, expected[i].key), &expected[i]);
}

/* Cell1 to the last that the battery has, and nothing beside them and the list. */
static void test_cells(void **state)
{
	static const int counts[] = { 1, 15, 16, 24 };
	static struct document d;
	struct figures f;

	(void)state;
	for (int i = 0; i < COUNT_OF(counts); i++) {
		fill(&f, counts[i]);
		read_document(&d, &f);
		assert_int_equal(d.items, COUNT_OF(expected) + 2 * counts[i]);
		for (int c = 0; c < counts[i]; c++) {
			char key[24];

			snprintf(key, sizeof key, "Cell%d", c + 1);
			check_item(find(&d, "Voltages", key),
			           &(struct expected)NUMBER("Voltages", key, 3, "V", 3300 + c));
			check_item(find(&d, "Balances", key),
			           &(struct expected)WHOLE("Balances", key, "", c == 3));
		}
		assert_int_equal(find(&d, "System", "NrOfCellsPerBattery")->value, counts[i]);
	}
}

/* What is not known is an item without a value: it has no place in a document. */
static void test_nulls(void **state)
{
	static struct document d;
	struct figures f;

	(void)state;
	memset(&f, 0, sizeof f);
	f.cells = opt_some(15);
	read_document(&d, &f);
	assert_int_equal(d.items, COUNT_OF(expected) + 2 * 15);
	for (int i = 0; i < COUNT_OF(expected); i++) {
		const struct payload_item *item = find(&d, expected[i].group, expected[i].key);

		assert_row(expected[i].key, i, item->kind,
		           strcmp(item->key, "NrOfCellsPerBattery") == 0 ? PAYLOAD_INT : PAYLOAD_NULL);
	}
	assert_int_equal(find(&d, "Voltages", "Cell15")->kind, PAYLOAD_NULL);
}

/* One by one: an absent figure makes its own key null and no other. */
static void test_each_null(void **state)
{
	static struct document d;
	struct figures f;
	struct opt *const places[] = {
		&f.voltage_mv, &f.current_ma, &f.time_to_go_s, &f.soh_pct, &f.cycles, &f.mos_temp_mc,
		&f.cvl_mv, &f.ccl_ma, &f.dcl_ma, &f.max_cell_mv, &f.alarm[ALARM_BMS_CABLE], &f.cell_mv[7],
		&f.balance[14], &f.diff_mv, &f.offline,
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(places); i++) {
		int nulls = 0;

		fill(&f, 15);
		*places[i] = opt_none();
		read_document(&d, &f);
		for (int k = 0; k < d.items; k++)
			nulls += d.item[k].kind == PAYLOAD_NULL;
		assert_row("nulls", i, nulls, 1);
	}
	fill(&f, 15);
	f.mode[0] = '\0';
	read_document(&d, &f);
	assert_int_equal(find(&d, "Info", "ChargeMode")->kind, PAYLOAD_NULL);
	assert_int_equal(find(&d, NULL, "ConnectionInformation")->kind, PAYLOAD_TEXT);
}

/* One by one: what is not known now is what it was before; what is known stays as it is. */
static void test_keep(void **state)
{
	static struct document d, all;
	struct payload_cursor cursor = { 0, 0 };
	struct payload_item item;
	struct figures before, f;

	(void)state;
	fill(&before, 15);
	read_document(&all, &before);
	while (payload_next(&cursor, &before, &item)) {
		bool cells = strcmp(item.key, "NrOfCellsPerBattery") == 0;

		memset(&f, 0, sizeof f);
		f.cells = opt_some(15);
		if (!cells) {
			payload_put_milli(&f, &item, 77000);
			payload_put_text(&f, &item, "7");
		}
		payload_keep(&f, &before);
		read_document(&d, &f);
		for (int i = 0; i < d.items; i++) {
			bool same = d.item[i].kind == all.item[i].kind && d.item[i].value == all.item[i].value &&
			            (d.item[i].kind != PAYLOAD_TEXT || strcmp(d.item[i].text, all.item[i].text) == 0);
			bool this_one = strcmp(d.item[i].key, item.key) == 0 && same_group(d.item[i].group, item.group);

			assert_row(d.item[i].key, i, same, cells || !this_one);
		}
	}
}

/* Of fewer cells than before those that are there; what nobody ever knew stays unknown. */
static void test_keep_other_cells(void **state)
{
	static struct document d;
	struct figures before, f;

	(void)state;
	fill(&before, 16);
	before.mos_temp_mc = opt_none();
	before.mode[0] = '\0';
	memset(&f, 0, sizeof f);
	f.cells = opt_some(15);
	payload_keep(&f, &before);
	read_document(&d, &f);
	assert_int_equal(d.items, COUNT_OF(expected) + 2 * 15);
	assert_false(f.cell_mv[15].known || f.balance[15].known);
	assert_int_equal(find(&d, "Voltages", "Cell15")->value, 3314);
	assert_int_equal(find(&d, "System", "NrOfCellsPerBattery")->value, 15);
	assert_int_equal(find(&d, "System", "MOSTemperature")->kind, PAYLOAD_NULL);
	assert_int_equal(find(&d, "Info", "ChargeMode")->kind, PAYLOAD_NULL);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void test_no_key_twice(void **state)
{
	static struct document d;
	static char names[ITEMS_MAX][64];
	struct figures f;

	(void)state;
	fill(&f, 24);
	read_document(&d, &f);
	for (int i = 0; i < d.items; i++)
		snprintf(names[i], sizeof names[i], "%s/%s", d.item[i].group ? d.item[i].group : "",
		         d.item[i].key);
	qsort(names, (size_t)d.items, sizeof names[0], compare_names);
	for (int i = 1; i < d.items; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			fail_msg("%s twice", names[i]);
}

/* Put back, each item is what it was; a number does not become a text, nor the other way round. */
static void test_put(void **state)
{
	struct payload_cursor cursor = { 0, 0 };
	struct payload_item item, again;
	struct figures f, copy;

	(void)state;
	fill(&f, 15);
	memset(&copy, 0, sizeof copy);
	copy.cells = opt_some(15);
	while (payload_next(&cursor, &f, &item)) {
		struct payload_cursor at = item.at;

		if (item.kind == PAYLOAD_TEXT) {
			payload_put_text(&copy, &item, item.text);
			payload_put_milli(&copy, &item, 7000);
		} else {
			payload_put_milli(&copy, &item, item.kind == PAYLOAD_INT ? item.value * INT64_C(1000) : item.value);
			payload_put_text(&copy, &item, "seven");
		}
		assert_true(payload_next(&at, &copy, &again));
		assert_row(item.key, 0, again.kind, item.kind);
		assert_row(item.key, 0, again.value, item.value);
		if (item.kind == PAYLOAD_TEXT)
			assert_string_equal(again.text, item.text);
	}
}

/* What 32 bits do not hold is not known; a text too long is cut within its own room. */
static void test_put_too_much(void **state)
{
	struct payload_cursor cursor = { 0, 0 };
	struct payload_item item;
	struct figures f;

	(void)state;
	fill(&f, 15);
	while (payload_next(&cursor, &f, &item)) {
		bool whole = item.kind == PAYLOAD_INT;

		if (item.kind == PAYLOAD_TEXT || strcmp(item.key, "NrOfCellsPerBattery") == 0)
			continue;
		struct payload_cursor at = item.at;

		payload_put_milli(&f, &item, whole ? INT64_C(-2147483649000) : INT64_C(2147483648));
		payload_next(&at, &f, &item);
		assert_row(item.key, 0, item.kind, PAYLOAD_NULL);
	}
	fill(&f, 15);
	cursor = (struct payload_cursor){ 0, 0 };
	while (payload_next(&cursor, &f, &item))
		payload_put_text(&f, &item, "0123456789abcdef");
	assert_string_equal(f.cell_low_id, "0123456789a");
	assert_string_equal(f.mode, "0123456789abcde");
	assert_string_equal(f.connection, "0123456789abcdef");
}

/* For people: a row for each key of the list, the cells as one. */
static void test_describe(void **state)
{
	const char *group, *key, *unit, *text;
	int index = 0;

	(void)state;
	for (; payload_describe(index, &group, &key, &unit, &text); index++) {
		bool found = strcmp(key, "Cell") == 0 &&
		             (same_group(group, "Voltages") || same_group(group, "Balances"));

		for (int i = 0; i < COUNT_OF(expected); i++)
			if (same_group(expected[i].group, group) && strcmp(expected[i].key, key) == 0) {
				assert_string_equal(unit, expected[i].unit);
				found = true;
			}
		if (!found)
			fail_msg("%s is not in the list", key);
		assert_true(strlen(text) > 0);
	}
	assert_int_equal(index, COUNT_OF(expected) + 2);
	assert_false(payload_describe(-1, &group, &key, &unit, &text));
	assert_false(payload_describe(index + 1, &group, &key, &unit, &text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_nulls),
		cmocka_unit_test(test_each_null),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_keep_other_cells),
		cmocka_unit_test(test_no_key_twice),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_put_too_much),
		cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
