/* What is said of a port, from the state of an engine that has looked at it. */
#include "check.h"

#include "core/engine/finding.h"

struct row {
	enum finding finding;
	const char *name, *sentence;
	/* the engine */
	const char *prompt;
	bool woken, login_tried, strange;
	int modules, half_modules;
	/* what came */
	const char *bytes;
};

static const struct row rows[] = {
	{ FINDING_BATTERY, "battery",
	  "prompt pylon> at 19200 after waking, 2 modules, US9, firmware B1.2, login not needed",
	  "pylon", true, false, false, 2, 0, "pylon>" },
	{ FINDING_BATTERY, "battery",
	  "prompt pylon_debug> at 19200, awake, 1 module, US9, firmware B1.2, login needed (done by itself)",
	  "pylon_debug", false, true, false, 1, 3, "" },
	{ FINDING_HIGH_VOLTAGE, "high-voltage",
	  "prompt pylon> at 19200, awake: a high-voltage battery (Force H, SC): this program cannot read it",
	  "pylon", false, false, true, 0, 1, "" },
	{ FINDING_LOGIN, "login",
	  "prompt pylon> at 19200, awake: it asks for a login and refuses the one that is known: only its maker has another",
	  "pylon", false, true, false, 0, 0, "" },
	{ FINDING_CONSOLE, "console",
	  "prompt other> at 19200, awake: but no module could be read: is it the master module's console? `record` shows "
	  "what it said",
	  "other", false, false, false, 0, 1, "" },
	{ FINDING_CONSOLE, "console",
	  "prompt x_debug> at 19200, awake: but no module could be read: is it the master module's console? `record` shows "
	  "what it said",
	  "x_debug", false, true, false, 0, 0, "" },
	{ FINDING_OTHER, "other", "it looks like a GPS receiver: this is no battery's console", "", false, false, false, 0, 0,
	  "$GPGGA" },
	{ FINDING_TEXT, "text",
	  "text came, such as \"hello..\": no prompt of a battery: another device, or a speed that is not tried here",
	  "", false, false, false, 0, 0, "hello\r\n" },
	{ FINDING_GARBAGE, "garbage", "bytes but no text: a wrong speed, or a TTL cable on an RS232 port", "", false, false,
	  false, 0, 0, "\xf0\x80?" },
};

static void set_up(struct engine *e, const struct row *row)
{
	struct settings settings;

	settings_defaults(&settings);
	engine_init(e, &settings, 0);
	strcpy(e->session.framing.prompt, row->prompt);
	e->session.woken = row->woken;
	e->login_tried = row->login_tried;
	e->high_voltage_seen = row->strange;
	for (int i = 0; i < row->modules + row->half_modules; i++) {
		struct module *m = &e->rack.module[2 + i];

		m->pwr_ms = 5;
		m->bat_ms = i < row->modules ? 5 : RACK_NEVER;
		strcpy(m->info.name, i == 0 ? "US9" : "other");
		strcpy(m->info.firmware, i == 0 ? "B1.2" : "other");
	}
}

static void test_rows(void **state)
{
	static struct engine e;

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct overheard o = { 0 };
		char sentence[400];
		struct text t = text_in(sentence, sizeof sentence);

		set_up(&e, &rows[i]);
		overheard_take(&o, rows[i].bytes, strlen(rows[i].bytes));
		assert_row(rows[i].name, i, finding_of(&e, &o), rows[i].finding);
		assert_string_equal(finding_name(rows[i].finding), rows[i].name);
		finding_print(rows[i].finding, &e, &o, &t);
		assert_string_equal(sentence, rows[i].sentence);
	}
}

static void test_silence(void **state)
{
	static const struct row row = { .prompt = "", .bytes = "" };
	static struct engine e;
	struct overheard o = { 0 };
	char sentence[400];
	struct text t = text_in(sentence, sizeof sentence);

	(void)state;
	set_up(&e, &row);
	assert_int_equal(finding_of(&e, &o), FINDING_SILENCE);
	finding_print(FINDING_SILENCE, &e, &o, &t);
	assert_ptr_equal(strstr(sentence, "no byte came, even after waking"), sentence);
	assert_true(t.used < sizeof sentence - 1);
}

/* What `info` does not tell is not made up. */
static void test_without_info(void **state)
{
	static struct engine e;
	char sentence[400];
	struct text t = text_in(sentence, sizeof sentence);

	(void)state;
	set_up(&e, &rows[0]);
	e.rack.module[2].info.name[0] = e.rack.module[2].info.firmware[0] = '\0';
	finding_print(FINDING_BATTERY, &e, &(struct overheard){ 0 }, &t);
	assert_non_null(strstr(sentence, "2 modules, ?, firmware ?,"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_without_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
