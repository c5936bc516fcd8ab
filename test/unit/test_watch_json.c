/* What the daemon writes, `watch` reads: every figure comes back as it went out. */
#include "check.h"

#include "core/output/payload.h"
#include "shell/broker/json.h"
#include "shell/watch/watch_json.h"

#include <stdlib.h>

#define NOW_MS 5000
#define DOCUMENT_MAX 16384

static char document[DOCUMENT_MAX];
static struct json json;

/* A value of its own for each key, of the roundness that the document shows. Two of them are told by no key. */
static void fill(struct figures *f, int cells)
{
	struct payload_cursor cursor = { 0, 0 };
	struct payload_item item;
	int n = 0;

	memset(f, 0, sizeof *f);
	f->cells = opt_some(cells);
	while (payload_next(&cursor, f, &item)) {
		n++;
		if (strstr(item.key, "NrOfCells") == NULL)
			payload_put_milli(f, &item, 1000 * (n % 2 != 0 ? n : -n));
		if (strstr(item.key, "Cell") == item.key && item.group[0] == 'V')
			payload_put_milli(f, &item, 3300 + n);
		payload_put_text(f, &item, item.key);
	}
}

/* By what the daemon would tell of them: every key. */
static void assert_same(const struct figures *a, const struct figures *b)
{
	static char other[DOCUMENT_MAX];

	assert_true(json_figures(&json, JSON_BANK, a, document, sizeof document) > 0);
	assert_true(json_figures(&json, JSON_BANK, b, other, sizeof other) > 0);
	assert_string_equal(document, other);
}

static struct watch_model *read_back(const struct figures *f)
{
	static struct watch_model v;

	memset(&v, 0, sizeof v);
	assert_true(json_figures(&json, JSON_BANK, f, document, sizeof document) > 0);
	assert_true(watch_json_take(&v, "pylon", document, NOW_MS));
	return &v;
}

static void test_figures_come_back(void **state)
{
	static const int counts[] = { 1, 15, 16, REPLY_CELLS_MAX };
	struct figures f;

	(void)state;
	for (int i = 0; i < COUNT_OF(counts); i++) {
		fill(&f, counts[i]);
		const struct watch_model *v = read_back(&f);

		assert_same(&v->bank.figures, &f);
		assert_true(v->bank.known && v->heard);
		assert_int_equal(v->bank.heard_ms, NOW_MS);
		assert_int_equal(v->heard_ms, NOW_MS);
	}
	assert_int_equal(read_back(&f)->bank.figures.voltage_mv.value, 1000);
	assert_string_equal(read_back(&f)->bank.figures.mode, "ChargeMode");
}

/* What is absent stays so, whatever was there in the message before. */
static void test_absent(void **state)
{
	struct figures f;
	struct watch_model *v;

	(void)state;
	fill(&f, 15);
	v = read_back(&f);
	memset(&f, 0, sizeof f);
	f.cells = opt_some(15);
	assert_true(json_figures(&json, JSON_BANK, &f, document, sizeof document) > 0);
	assert_string_equal(document, "{\"System\":{\"NrOfCellsPerBattery\":15}}");
	assert_true(watch_json_take(v, "pylon", document, NOW_MS));
	assert_same(&v->bank.figures, &f);
}

/* Each fraction to the last digit that is shown, on both sides of zero. */
static void test_digits(void **state)
{
	static const int32_t values[] = { 3299, 3300, 3301, -1, 1, -3049, 65535, 4095 };
	struct figures f;

	(void)state;
	for (int i = 0; i < COUNT_OF(values); i++) {
		fill(&f, 15);
		f.diff_mv = opt_some(values[i]);
		assert_int_equal(read_back(&f)->bank.figures.diff_mv.value, values[i]);
	}
}

/* Whatever comes, nothing breaks, and what is not understood is absent. */
static void test_odd_values(void **state)
{
	static const char odd[] =
		"{\"Dc\":{\"Voltage\":\"high\",\"Current\":1e99,\"Power\":NaN,\"Temperature\":[1]},\"Soc\":{},\"Soh\":5000000000,"
		"\"System\":{\"NrOfCellsPerBattery\":99},\"Info\":{\"ChargeMode\":7},\"Alarms\":3,\"TimeToGo\":2147483000,"
		"\"Voltages\":{\"Cell1\":3.3}}";
	static struct watch_model v;
	struct figures f;

	(void)state;
	memset(&f, 0, sizeof f);
	f.time_to_go_s = opt_some(2147483000);
	assert_true(watch_json_take(&v, "battery_16", odd, NOW_MS));
	assert_true(v.module[15].known);
	assert_same(&v.module[15].figures, &f);
}

static void test_not_taken(void **state)
{
	static const struct {
		const char *name, *payload;
	} rows[] = {
		{ "pylon", "" }, { "pylon", "{" }, { "pylon", "[]" }, { "pylon", "null" }, { "link", "7" },
		{ "battery_0", "{}" }, { "battery_17", "{}" }, { "battery_x", "{}" }, { "other", "{}" }, { "", "{}" },
	};
	static struct watch_model v, none;

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++)
		assert_row(rows[i].name, i, watch_json_take(&v, rows[i].name, rows[i].payload, NOW_MS), false);
	assert_memory_equal(&v, &none, sizeof v);
}

static void test_link(void **state)
{
	static const char text[] =
		"{\"version\":\"0.1.0\",\"uptime_s\":77,\"console\":{\"state\":\"ready\",\"speed\":19200},\"cycle_ms\":8440,"
		"\"replies\":{\"good\":25,\"damaged\":2,\"late\":1,\"refused\":0},\"limits\":{\"charge_voltage\":\"Bulk (Cell headroom: 3.512 V, module 3 cell 5)\",\"charge_current\":"
		"\"Cold: 3.0 C, module 2 cell 5\",\"discharge_current\":null},\"modules\":[{\"address\":16,\"online\":1,"
		"\"age_ms\":1200,\"name\":\"EXTRA2000\",\"firmware\":\"B62.4\",\"barcode\":\"S16\",\"base\":\"Dischg\"},"
		"{\"address\":2,\"online\":0,\"age_ms\":null},{\"address\":17,\"online\":1},7,{}]}";
	static struct watch_model v;
	const struct watch_member *m = &v.link.member[15];

	(void)state;
	assert_true(watch_json_take(&v, "link", text, NOW_MS));
	assert_true(v.link.known);
	assert_int_equal(v.link.heard_ms, NOW_MS);
	assert_string_equal(v.link.version, "0.1.0");
	assert_int_equal(v.link.speed_baud.value, 19200);
	assert_int_equal(v.link.cycle_ms.value, 8440);
	assert_int_equal(v.link.good.value, 25);
	assert_int_equal(v.link.damaged.value, 2);
	assert_int_equal(v.link.late.value, 1);
	assert_string_equal(v.link.reasons.charge_voltage, "Bulk (Cell headroom: 3.512 V, module 3 cell 5)");
	assert_string_equal(v.link.reasons.charge_current, "Cold: 3.0 C, module 2 cell 5");
	assert_string_equal(v.link.reasons.discharge_current, "");
	assert_true(m->listed && m->online && m->age_ms.known);
	assert_int_equal(m->age_ms.value, 1200);
	assert_string_equal(m->name, "EXTRA2000");
	assert_string_equal(m->firmware, "B62.4");
	assert_string_equal(m->barcode, "S16");
	assert_string_equal(m->state, "Dischg");
	assert_true(v.link.member[1].listed);
	assert_false(v.link.member[1].online || v.link.member[1].age_ms.known);
	assert_false(v.link.member[0].listed);
	assert_true(watch_json_take(&v, "link", "{}", NOW_MS)); /* nothing of the message before stays */
	assert_false(v.link.member[15].listed || v.link.good.known);
}

static void fill_words(struct reply_pwr *pwr)
{
	pwr->base = pwr->volt = pwr->current = pwr->temp = pwr->coulomb = pwr->soh = WORD_UNKNOWN;
	memset(pwr->unknown_word, 'w', sizeof pwr->unknown_word - 1);
	pwr->bat_events = pwr->power_events = pwr->system_fault = (struct reply_events){ .known = true, .bits = UINT32_MAX };
}

/* Sixteen modules that have all to tell that there is, each with three long reasons. */
static void test_the_longest_link(void **state)
{
	static struct engine engine;
	static char text[32768];
	static struct watch_model v;
	const struct limits_reason reason = { .rule = "Recommendation of a module that is missing",
		                              .verdict = { .value = -1, .unit = UNIT_BAT_BITS, .cell = 24 }, .address = 16 };

	(void)state;
	engine.first_pass_done = true;
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		struct module *m = &engine.rack.module[i];
		struct limits_set *set = &engine.module_shown[i];

		engine.reading[engine.answering++].address = m->address = (uint8_t)(i + 1);
		m->wanted = true;
		m->good = m->damaged = m->late = UINT32_MAX;
		memset(m->info.name, 'n', sizeof m->info.name - 1);
		memset(m->info.firmware, 'f', sizeof m->info.firmware - 1);
		memset(m->info.barcode, 'b', sizeof m->info.barcode - 1);
		fill_words(&m->pwr);
		*set = (struct limits_set){ .mode = "Full charge", .reason = { reason, reason, reason } };
	}
	engine.shown = engine.module_shown[0];
	assert_in_range(json_link(&json, &engine, "10.20.30", NOW_MS, text, sizeof text), 20000, sizeof text - 1000);
	assert_true(watch_json_take(&v, "link", text, NOW_MS));
	assert_int_equal(strlen(v.link.reasons.charge_current), BANK_REASON_MAX - 1);
	assert_true(v.link.member[15].listed);
}

/* Since when: sure only when another status was heard before. */
static void test_status(void **state)
{
	static struct watch_model v;

	(void)state;
	assert_true(watch_json_take(&v, "status", "offline", 1000));
	assert_int_equal(v.status, WATCH_OFFLINE);
	assert_false(v.status_seen);
	assert_true(watch_json_take(&v, "status", "offline", 2000));
	assert_int_equal(v.status_ms, 1000);
	assert_true(watch_json_take(&v, "status", "online", 3000));
	assert_int_equal(v.status, WATCH_ONLINE);
	assert_true(watch_json_take(&v, "status", "offline", 4000));
	assert_true(v.status_seen);
	assert_int_equal(v.status_ms, 4000);
	assert_true(watch_json_take(&v, "status", "?", 5000));
	assert_int_equal(v.status, WATCH_UNTOLD);
	assert_false(v.heard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures_come_back),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_odd_values),
		cmocka_unit_test(test_not_taken),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_the_longest_link),
		cmocka_unit_test(test_status),
	};

	int failed = cmocka_run_group_tests_name("watch_json", tests, NULL, NULL);

	json_end(&json);
	return failed;
}
