/* What Home Assistant is told: every value that the documents have, names and ids, the room that it takes. */
#include "check.h"

#include "core/output/discovery.h"
#include "core/output/payload.h"
#include "shell/broker/homeassistant.h"
#include "shell/broker/json_discovery.h"

#define VALUES_MAX 256

/* Values of the documents that have no entity of their own, with the reason. */
static const struct {
	const char *key;
	bool of_bank, of_module; /* left out there */
} left_out[] = {
	{ "ConnectionInformation", true, true }, /* modules online and offline say it */
	{ "Info.MaxChargeCellVoltage", true, true }, /* the limit divided by the cells */
	{ "Info.BatteryLowVoltage", true, true }, /* a constant of the battery */
	{ "System.NrOfCellsPerBattery", true, true }, /* the same */
	{ "System.NrOfModulesOnline", false, true }, /* a module is not several */
	{ "System.NrOfModulesOffline", false, true },
	{ "System.NrOfModulesBlockingCharge", false, true },
	{ "System.NrOfModulesBlockingDischarge", false, true },
	{ "Alarms.BmsCable", false, true },
	{ "Alarms.FuseBlown", true, true }, /* always 0 */
	{ "Settings.HasTemperature", true, true }, /* always 1 */
	{ "Info.ChargeMode", true, true }, /* the link tells more */
	{ "Voltages.Sum", true, true }, /* the pack voltage once more */
	{ "Voltages.Cell", true, false }, /* the bank's are means, of no use to anybody */
	{ "Balances.Cell", true, false },
	{ "History.MinimumVoltage", false, true }, /* the history is the bank's alone */
	{ "History.MaximumVoltage", false, true },
	{ "History.MinimumCellVoltage", false, true },
	{ "History.MaximumCellVoltage", false, true },
	{ "History.MinimumTemperature", false, true },
	{ "History.MaximumTemperature", false, true },
	{ "History.TotalAhDrawn", false, true },
	{ "History.ChargedEnergy", false, true },
	{ "History.DischargedEnergy", false, true },
	{ "History.DeepestDischarge", false, true },
	{ "History.TimeSinceLastFullCharge", false, true },
	{ "History.LowVoltageAlarms", false, true },
	{ "History.HighVoltageAlarms", false, true },
};

static bool is_left_out(const char *key, bool bank)
{
	for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
		if (strcmp(left_out[i].key, key) == 0)
			return bank ? left_out[i].of_bank : left_out[i].of_module;
	return false;
}

static struct discovery_device device_of(int number, int cells)
{
	struct discovery_device device;

	memset(&device, 0, sizeof device);
	discovery_describe(&device, number, "victron-battery-middleware", "PPTX0001");
	device.cells = cells;
	return device;
}

/* How a template begins that looks for a key, up to its last quote. */
static void write_path(char *out, size_t size, const char *group, const char *key)
{
	if (group)
		snprintf(out, size, "value_json.get('%s', {}).get('%s", group, key);
	else
		snprintf(out, size, "value_json.get('%s", key);
}

/* How many entities of the device show the value of this key. */
static int shown_by(const struct discovery_device *device, const char *group, const char *key)
{
	struct discovery_cursor cursor = { 0, 0 };
	struct discovery_entity entity;
	char path[96];
	int count = 0;

	write_path(path, sizeof path, group, key);
	while (discovery_next(&cursor, device, &entity)) {
		const char *at = entity.of_link ? NULL : strstr(entity.value, path);

		count += at != NULL && strchr("'0123456789", at[strlen(path)]) != NULL;
	}
	return count;
}

static void test_every_value(void **state)
{
	const char *group, *key, *unit, *text;
	char path[96];

	(void)state;
	for (int bank = 0; bank <= 1; bank++) {
		struct discovery_device device = device_of(bank ? DISCOVERY_BANK : 3, 15);

		for (int i = 0; payload_describe(i, &group, &key, &unit, &text); i++) {
			bool cell = strcmp(key, "Cell") == 0;

			snprintf(path, sizeof path, "%s%s%s", group ? group : "", group ? "." : "", key);
			int shown = shown_by(&device, group, key);

			if (shown != (is_left_out(path, bank) ? 0 : cell ? 15 : 1))
				fail_msg("%s of the %s: %d entities", path, bank ? "bank" : "module", shown);
		}
	}
}

/* The other way round: no entity looks where nothing is. */
static void test_nothing_else(void **state)
{
	struct discovery_device device = device_of(3, 1);
	struct discovery_cursor cursor = { 0, 0 };
	struct discovery_entity entity;
	struct figures figures;

	(void)state;
	memset(&figures, 0, sizeof figures);
	figures.cells = opt_some(1);
	while (discovery_next(&cursor, &device, &entity)) {
		struct payload_cursor at = { 0, 0 };
		struct payload_item item;
		bool found = entity.of_link || strncmp(entity.value, "{%", 2) == 0;
		char path[96];

		while (!found && payload_next(&at, &figures, &item)) {
			write_path(path, sizeof path, item.group, item.key);
			found = strstr(entity.value, path) != NULL;
		}
		if (!found)
			fail_msg("%s: %s is in no document", entity.name, entity.value);
	}
}

static void test_ids_differ(void **state)
{
	static char seen[VALUES_MAX][DISCOVERY_NAME_MAX];

	(void)state;
	for (int number = 0; number <= 1; number++) {
		struct discovery_device device = device_of(number, 24);
		struct discovery_cursor cursor = { 0, 0 };
		struct discovery_entity entity;
		int count = 0;

		while (discovery_next(&cursor, &device, &entity)) {
			assert_true(count < VALUES_MAX);
			for (int i = 0; i < count; i++)
				assert_string_not_equal(seen[i], entity.id);
			strcpy(seen[count++], entity.id);
			/* nothing was cut */
			assert_true(strlen(entity.name) < DISCOVERY_NAME_MAX - 1);
			assert_true(strlen(entity.value) < DISCOVERY_TEMPLATE_MAX - 1);
			assert_memory_equal(entity.value + strlen(entity.value) - 2, entity.value[1] == '%' ? "%}" : "}}", 2);
		}
		assert_true(count > 60);
	}
}

static void test_a_cell(void **state)
{
	struct discovery_device device = device_of(16, 2);
	struct discovery_cursor cursor = { 0, 0 };
	struct discovery_entity entity;
	int cells = 0;

	(void)state;
	while (discovery_next(&cursor, &device, &entity)) {
		if (strcmp(entity.id, "cell_2_voltage") == 0) {
			assert_string_equal(entity.name, "Cell 2 voltage");
			assert_string_equal(entity.value, "{{ value_json.get('Voltages', {}).get('Cell2') }}");
			assert_string_equal(entity.unit, "V");
			assert_int_equal(entity.decimals, 3);
			assert_false(entity.hidden || entity.diagnostic);
		}
		if (strcmp(entity.id, "cell_2_balancing") == 0)
			assert_true(entity.hidden && strcmp(entity.platform, "binary_sensor") == 0);
		cells += strncmp(entity.id, "cell_", 5) == 0 && entity.id[5] >= '0' && entity.id[5] <= '9';
	}
	assert_int_equal(cells, 4);
}

/* Why the limits are what they are: from the link, but nothing about the line. */
static void test_reasons(void **state)
{
	static const struct {
		const char *id, *bank, *module;
	} rows[] = {
		{ "charge_mode", "{{ value_json.get('limits', {}).get('charge_voltage') }}",
		  "{{ ((value_json.modules | selectattr('address', 'eq', 3) | list + [{}]) | first)"
		  ".get('limits', {}).get('charge_voltage') }}" },
		{ "charge_limited_by", "{{ value_json.get('limits', {}).get('charge_current') }}",
		  "{{ ((value_json.modules | selectattr('address', 'eq', 3) | list + [{}]) | first)"
		  ".get('limits', {}).get('charge_current') }}" },
		{ "discharge_limited_by", "{{ value_json.get('limits', {}).get('discharge_current') }}",
		  "{{ ((value_json.modules | selectattr('address', 'eq', 3) | list + [{}]) | first)"
		  ".get('limits', {}).get('discharge_current') }}" },
	};
	int found = 0;

	(void)state;
	for (int bank = 0; bank <= 1; bank++) {
		struct discovery_device device = device_of(bank ? DISCOVERY_BANK : 3, 15);
		struct discovery_cursor cursor = { 0, 0 };
		struct discovery_entity entity;

		while (discovery_next(&cursor, &device, &entity))
			for (int i = 0; i < COUNT_OF(rows); i++) {
				if (strcmp(entity.id, rows[i].id) != 0)
					continue;
				assert_string_equal(entity.value, bank ? rows[i].bank : rows[i].module);
				assert_true(entity.of_link && !entity.diagnostic);
				found++;
			}
	}
	assert_int_equal(found, 2 * COUNT_OF(rows));
}

static void test_names(void **state)
{
	static const struct {
		int number;
		const char *base, *barcode, *id, *name, *topic;
	} rows[] = {
		{ 0, "house", "", "pylontech_house", "Pylontech bank", "homeassistant/device/house/bank/config" },
		{ 3, "house", "PPT0-1", "pylontech_PPT0_1", "Pylontech module 3", "homeassistant/device/house/module_3/config" },
		{ 16, "a/[b~9", "", "pylontech_a__b_9_module_16", "Pylontech module 16", "homeassistant/device/a__b_9/module_16/config" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct discovery_device device;
		struct settings settings;
		char topic[MQTT_TOPIC_MAX];

		memset(&device, 0, sizeof device);
		settings_defaults(&settings);
		strcpy(settings.mqtt.topic_base, rows[i].base);
		discovery_describe(&device, rows[i].number, rows[i].base, rows[i].barcode);
		discovery_topic(&settings, rows[i].number, topic, sizeof topic);
		assert_string_equal(device.id, rows[i].id);
		assert_string_equal(device.name, rows[i].name);
		assert_string_equal(topic, rows[i].topic);
	}
}

static void test_same_place(void **state)
{
	struct settings a, b;

	(void)state;
	settings_defaults(&a);
	b = a;
	assert_true(discovery_same_place(&a, &b));
	strcpy(b.homeassistant.prefix, "ha");
	assert_false(discovery_same_place(&a, &b));
	b = a;
	strcpy(b.mqtt.topic_base, "house");
	assert_false(discovery_same_place(&a, &b));
}

/* The longest names that the configuration and a console allow. */
static void test_room(void **state)
{
	static char document[MQTT_PAYLOAD_MAX];
	static const char base[] = "1234567890123456789012345678901234567890123456789012345678901234";
	char topic[MQTT_TOPIC_MAX];
	struct json_build build = { 0 };
	struct discovery_device device;
	struct settings settings;

	(void)state;
	settings_defaults(&settings);
	strcpy(settings.mqtt.topic_base, base);
	memset(settings.homeassistant.prefix, 'p', 32);
	settings.homeassistant.prefix[32] = '\0';
	for (int number = 0; number <= 16; number += 16) {
		memset(&device, 0, sizeof device);
		for (size_t i = 0; i < sizeof device.serial - 1; i++)
			device.serial[i] = device.model[i] = device.firmware[i] = 'x';
		discovery_describe(&device, number, base, number ? device.serial : "");
		device.cells = REPLY_CELLS_MAX;
		assert_in_range(json_discovery(&build, &device, base, "10.20.30", document, sizeof document), 15000, 31500);
		assert_int_equal(json_discovery(&build, &device, base, "10.20.30", document, 8000), 0);
		discovery_topic(&settings, number, topic, sizeof topic);
		assert_true(strlen(topic) < sizeof topic - 1);
		assert_string_equal(topic + strlen(topic) - 7, "/config");
		/* without a barcode the id is longest */
		discovery_describe(&device, number, base, "");
		assert_true(strlen(device.id) < sizeof device.id - 1);
		assert_in_range(json_discovery(&build, &device, base, "10.20.30", document, sizeof document), 15000, 32700);
	}
	json_build_end(&build);
}

/* What is heard where Home Assistant says that it has started: only that, and nothing but it. */
static void test_its_call(void **state)
{
	static const struct {
		const char *payload;
		bool calls;
	} rows[] = {
		{ "online", true }, { "offline", false }, { "", false },
		{ "onlin", false }, { "online ", false }, { "Online", false },
	};
	struct settings settings;
	char topic[MQTT_TOPIC_MAX];

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++)
		assert_row(rows[i].payload, i,
			   homeassistant_calls(NULL, "homeassistant/status", rows[i].payload, strlen(rows[i].payload)),
			   rows[i].calls);
	settings_defaults(&settings);
	settings.homeassistant.discovery = true;
	homeassistant_call_topic(&settings, topic);
	assert_string_equal(topic, "homeassistant/status");
	settings.homeassistant.discovery = false;
	homeassistant_call_topic(&settings, topic);
	assert_string_equal(topic, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_value), cmocka_unit_test(test_nothing_else),
		cmocka_unit_test(test_ids_differ),  cmocka_unit_test(test_a_cell),
		cmocka_unit_test(test_reasons),     cmocka_unit_test(test_names),
		cmocka_unit_test(test_same_place),  cmocka_unit_test(test_room),
		cmocka_unit_test(test_its_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
