/* The configuration file: what is taken, and what is said of what is not. */
#include "core/settings/settings_table.h"
#include "shell/system/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PATH_SIZE 256
#define SAID_MAX 16384

#define READER(said) (&(const struct config_reader){ can_encrypt, take, (said) })

static char folder[PATH_SIZE / 2];
static char file[PATH_SIZE];

/* What was reported: "F " or "W ", then the message without the path, a line each. */
struct said {
	char text[SAID_MAX];
	int faults, warnings;
};

static void take(void *context, bool fault, const char *message)
{
	struct said *said = context;
	size_t used = strlen(said->text);
	const char *shown = strncmp(message, file, strlen(file)) == 0 ? message + strlen(file) + 1
	                                                                : message;

	snprintf(said->text + used, sizeof(said->text) - used, "%s %s\n", fault ? "F" : "W", shown);
	*(fault ? &said->faults : &said->warnings) += 1;
}

static bool can_encrypt(void)
{
	return true;
}

static bool cannot_encrypt(void)
{
	return false;
}

static void write_file(const char *path, const void *text, size_t length, mode_t mode)
{
	FILE *to = fopen(path, "w");

	assert_non_null(to);
	assert_int_equal(fwrite(text, 1, length, to), length);
	assert_int_equal(fclose(to), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static bool read_text(const char *text, struct settings *s, struct said *said)
{
	memset(said, 0, sizeof(*said));
	write_file(file, text, strlen(text), 0600);
	return config_read(file, s, READER(said));
}

static void test_without_tls(void **state)
{
	(void)state;
	const char *text = "[mqtt]\ntls = yes\n";
	struct settings s;
	struct said said = { .faults = 0 };

	assert_true(read_text(text, &s, &said));
	assert_true(s.mqtt.tls);
	assert_false(config_read(file, &s, &(struct config_reader){ cannot_encrypt, take, &said }));
	assert_non_null(strstr(said.text, "F 2: [mqtt] tls = yes: this program was built without TLS"));
	assert_int_equal(said.faults, 1);
}

static void test_empty_is_all_defaults(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "\n", "# nothing\n; nothing", "[mqtt]\n\n[logging]", "\xef\xbb\xbf" };
	struct settings defaults, s;
	struct said said;

	settings_defaults(&defaults);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!read_text(texts[i], &s, &said))
			fail_msg("'%s': %s", texts[i], said.text);
		assert_memory_equal(&s, &defaults, sizeof(s));
		assert_string_equal(said.text, "");
	}
}

static void test_good_file(void **state)
{
	(void)state;
	struct settings s;
	struct said said;

	if (!read_text("\xef\xbb\xbf[mqtt] ; the broker\r\n"
		       "  broker = 192.0.2.1   ; comment\r\n"
		       "port:1884\n"
		       "[battery]\n"
		       "\taddresses=1,2,3\n"
		       "# num_cells = 99\n"
		       "[protection]\n"
		       "cell_bulk_voltage = 3.48\n"
		       "[mqtt]\n"
		       "topic_base = a/b\n"
		       "[logging]\n"
		       "level = debug",
		       &s, &said))
		fail_msg("%s", said.text);
	assert_string_equal(s.mqtt.broker, "192.0.2.1");
	assert_int_equal(s.mqtt.port, 1884);
	assert_int_equal(s.battery.addresses, 7);
	assert_int_equal(s.protection.cell_bulk_mv, 3480);
	assert_string_equal(s.mqtt.topic_base, "a/b");
	assert_int_equal(s.level, LEVEL_DEBUG);
}

static const struct {
	const char *legend, *text, *said;
} faults[] = {
	{ "unknown key", "[serial]\nspeed = 1\n",
	  "F 2: unknown key speed in [serial]: there are port, baud, reading_freq\n" },
	{ "unknown section", "\n[mqqt]\nport = 1\n",
	  "F 2: unknown section [mqqt]: there are mqtt, serial, battery, limits, protection, homeassistant, history, "
	  "logging\n" },
	{ "unknown empty section", "[x]",
	  "F 1: unknown section [x]: there are mqtt, serial, battery, limits, protection, homeassistant, history, "
	  "logging\n" },
	{ "before a section", "port = 1\n", "F 1: port stands before the first [section]\n" },
	{ "duplicate", "[mqtt]\nport = 1\n[serial]\n[mqtt]\nport = 2\n",
	  "F 5: [mqtt] port stands in line 2 already: once is allowed\n" },
	{ "duplicate of a bad value", "[mqtt]\nport = 0\nport = 2\n",
	  "F 2: [mqtt] port = 0: must be a whole number from 1 to 65535\n"
	  "F 3: [mqtt] port stands in line 2 already: once is allowed\n" },
	{ "bad value", "[protection]\ncell_bulk_voltage = 3.9\n",
	  "F 2: [protection] cell_bulk_voltage = 3.9: must be a number from 3.3 to 3.6 V\n" },
	{ "empty value", "[mqtt]\nport =\n", "F 2: [mqtt] port = : must be a whole number from 1 to 65535\n" },
	{ "no equals sign", "[mqtt]\nport 1883\n",
	  "F 2: not understood: a line is [section], key = value or # comment\n" },
	{ "no equals sign in the last line", "[mqtt]\nx",
	  "F 2: not understood: a line is [section], key = value or # comment\n" },
	{ "no closing bracket", "[mqtt\nport = 1\n",
	  "F 1: a section needs its closing bracket: [name]\nF 2: port stands before the first [section]\n" },
	{ "behind a bracket", "[mqtt] port = 1\n", "F 1: nothing but a comment may stand behind [section]\n" },
	{ "indented is no continuation", "[mqtt]\nport = 1\n  port = 2\n",
	  "F 3: [mqtt] port stands in line 2 already: once is allowed\n" },
	{ "wrong order, first key written", "[protection]\nlow_soc = 20\n",
	  "F 2: [protection] low_soc = 20: must be below [protection] low_soc_release, which is 12 %\n" },
	{ "wrong order, other key written", "[protection]\nlow_soc_release = 9\n",
	  "F 2: [protection] low_soc_release = 9: must be above [protection] low_soc, which is 10 %\n" },
	{ "wrong order, both written: the later one", "[protection]\nlow_soc = 20\nlow_soc_release = 15\n",
	  "F 3: [protection] low_soc_release = 15: must be above [protection] low_soc, which is 20 %\n" },
	{ "wrong order, a constant in the first place", "[protection]\ncell_float_voltage = 3.2\n",
	  "F 2: [protection] cell_float_voltage = 3.2: must be above the constant pack_low_release_cell_voltage, "
	  "which is 3.2 V\n" },
	{ "a key that is gone", "[protection]\n\nalarm_spread_release_voltage = 0.03\n",
	  "F 3: [protection] alarm_spread_release_voltage is no key any more: 0.02 V holds\n" },
	{ "gone, of another section", "[mqtt]\npublish_unchanged = 2\n",
	  "F 2: [mqtt] publish_unchanged is no key any more: 10 s holds\n" },
	{ "gone, five numbers", "[protection]\ncharge_taper_voltage = 1 2 3 4 5\n",
	  "F 2: [protection] charge_taper_voltage is no key any more: 3.5 3.55 3.58 3.62 3.65 V holds\n" },
	{ "gone, without a unit", "[protection]\nmax_failed_polls = 10\n",
	  "F 2: [protection] max_failed_polls is no key any more: 10 holds\n" },
	{ "gone, twice", "[protection]\nmax_age_s = 10\nmax_age_s = 10\n",
	  "F 2: [protection] max_age_s is no key any more: 15 s holds\n"
	  "F 3: [protection] max_age_s is no key any more: 15 s holds\n" },
	{ "gone, but not of this section", "[serial]\nmax_age_s = 10\n",
	  "F 2: unknown key max_age_s in [serial]: there are port, baud, reading_freq\n" },
	{ "unknown, with all that there are", "[protection]\nx = 1\n",
	  "F 2: unknown key x in [protection]: there are cell_bulk_voltage, cell_float_voltage, full_charge_days, "
	  "full_charge_voltage, high_soc_current, charge_cold_temperature, charge_cold_current, "
	  "charge_hot_temperature, "
	  "low_soc, low_soc_release, low_soc_block, low_soc_block_release, lost_module, failed_module, lost_battery, "
	  "lost_battery_soc\n" },
	{ "several", "[mqtt]\nport = 0\nfoo\n[logging]\nlevel = loud\n",
	  "F 2: [mqtt] port = 0: must be a whole number from 1 to 65535\n"
	  "F 3: not understood: a line is [section], key = value or # comment\n"
	  "F 5: [logging] level = loud: must be error, warning, info or debug\n" },
	{ "password is not shown",
	  "[mqtt]\nusername = u\npassword = se\x01"
	  "cret\n",
	  "F 3: [mqtt] password = (hidden): must be empty or up to 127 characters\n" },
	{ "password without a name", "[mqtt]\npassword = secret\n",
	  "F 2: [mqtt] username is needed with a password\n" },
	{ "both passwords", "[mqtt]\nusername = u\npassword = x\npassword_file = /nowhere\n",
	  "F 4: [mqtt] password_file: password is set too, only one is allowed\n" },
	{ "no password file", "[mqtt]\nusername = u\npassword_file = /nowhere/x\n",
	  "F 3: [mqtt] password_file = /nowhere/x: cannot be read: No such file or directory\n" },
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct settings s, before;
		struct said said;

		memset(&s, 0x5a, sizeof(s));
		before = s;
		if (read_text(faults[i].text, &s, &said))
			fail_msg("%s: taken", faults[i].legend);
		if (strcmp(said.text, faults[i].said) != 0)
			fail_msg("%s:\n%s", faults[i].legend, said.text);
		/* A running program keeps what it has. */
		assert_memory_equal(&s, &before, sizeof(s));
	}
}

static void test_zero_byte(void **state)
{
	(void)state;
	static const char text[] = "[mqtt]\nport = 18\0" "83\n[logging]\n";
	struct settings s;
	struct said said = { .faults = 0 };

	write_file(file, text, sizeof(text) - 1, 0600);
	assert_false(config_read(file, &s, READER(&said)));
	assert_string_equal(said.text, "F 2: a zero byte: only text is allowed\n");
}

static void test_long_lines(void **state)
{
	(void)state;
	char text[2000], x[1001];
	struct settings s;
	struct said said;

	memset(x, 'x', sizeof(x));
	x[sizeof(x) - 1] = '\0';
	snprintf(text, sizeof(text), "[mqtt]\n# %s\n  ; %s\nport = 1884\n", x, x + 500);
	assert_true(read_text(text, &s, &said));
	assert_int_equal(s.mqtt.port, 1884);
	snprintf(text, sizeof(text), "[mqtt]\nbroker = %s\nport = 0\n", x);
	assert_false(read_text(text, &s, &said));
	assert_string_equal(said.text, "F 2: the line is too long: up to 190 characters are allowed\n"
	                               "F 3: [mqtt] port = 0: must be a whole number from 1 to 65535\n");
	/* Every length around the limits of ours and of inih's buffer. */
	for (int length = 100; length < 420; length++) {
		snprintf(text, sizeof(text), "[mqtt]\nbroker = %.*s\nport = 1884\n", length, x);
		bool good = read_text(text, &s, &said);
		assert_true(good == (length <= 127));
		assert_int_equal(said.faults, good ? 0 : 1);
	}
}

static void test_faults_are_counted_to_the_limit(void **state)
{
	(void)state;
	char text[SAID_MAX] = "[mqtt]\n";
	struct settings s;
	struct said said;

	for (int i = 0; i < CONFIG_FAULTS_MAX + 10; i++)
		strcat(text, "bad\n");
	assert_false(read_text(text, &s, &said));
	assert_int_equal(said.faults, CONFIG_FAULTS_MAX);
}

static void test_no_regular_file(void **state)
{
	(void)state;
	static char large[CONFIG_FILE_MAX + 1];
	struct settings s;
	struct said said = { .faults = 0 };
	char fifo[PATH_SIZE];

	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_false(config_read(fifo, &s, READER(&said)));
	assert_non_null(strstr(said.text, "fifo: not a regular file\n"));
	unlink(fifo);
	assert_false(config_read(folder, &s, READER(&said)));
	assert_false(config_read("/nowhere/x", &s, READER(&said)));
	assert_non_null(strstr(said.text, "/nowhere/x: cannot be read: No such file"));
	memset(large, '#', sizeof(large));
	write_file(file, large, sizeof(large), 0600);
	assert_false(config_read(file, &s, READER(&said)));
	assert_non_null(strstr(said.text, "too large"));
	write_file(file, large, sizeof(large) - 1, 0600);
	assert_true(config_read(file, &s, READER(&said)));
	assert_int_equal(said.faults, 4);
}

static const struct {
	const char *content;
	mode_t mode;
	const char *password; /* NULL: refused */
	int warnings;
} password_files[] = {
	{ "secret\n", 0600, "secret", 0 },
	{ "se cret ; all of it\r\nmore\n", 0400, "se cret ; all of it", 0 },
	{ "secret", 0640, "secret", 1 },
	{ "secret", 0604, "secret", 1 },
	{ "\nsecret\n", 0600, NULL, 0 },
	{ "", 0600, NULL, 0 },
};

static void test_password_file(void **state)
{
	(void)state;
	char path[PATH_SIZE], text[PATH_SIZE * 2];

	snprintf(path, sizeof(path), "%s/password", folder);
	snprintf(text, sizeof(text), "[mqtt]\nusername = u\npassword_file = %s\n", path);
	for (size_t i = 0; i < sizeof(password_files) / sizeof(password_files[0]); i++) {
		struct settings s;
		struct said said;

		unlink(path);
		write_file(path, password_files[i].content, strlen(password_files[i].content),
		           password_files[i].mode);
		bool good = read_text(text, &s, &said);
		assert_int_equal(good, password_files[i].password != NULL);
		if (good)
			assert_string_equal(s.mqtt.password, password_files[i].password);
		assert_int_equal(said.warnings, password_files[i].warnings);
		assert_null(strstr(said.text, "secret"));
	}
	unlink(path);
}

/* Values of a command line count more than the file's; without a file they lie over the defaults. */
static void test_values_over_the_file(void **state)
{
	(void)state;
	char path[PATH_SIZE];
	const struct config_value values[] = {
		{ "mqtt", "port", "1884" }, { "mqtt", "password_file", path }, { "mqtt", "topic_base", "other" },
	};
	struct settings s;
	struct said said = { .faults = 0 };
	static const char text[] = "[mqtt]\nbroker = gx\nport = 1885\nusername = u\npassword = x\n";

	snprintf(path, sizeof(path), "%s/password", folder);
	write_file(path, "y\n", 2, 0600);
	write_file(file, text, sizeof(text) - 1, 0600);
	assert_true(config_read_with(file, values, 3, &s, READER(&said)));
	assert_string_equal(s.mqtt.broker, "gx");
	assert_int_equal(s.mqtt.port, 1884);
	assert_string_equal(s.mqtt.username, "u");
	assert_string_equal(s.mqtt.password, "y");
	assert_string_equal(s.mqtt.topic_base, "other");
	assert_string_equal(said.text, "");
	assert_true(config_read_with(NULL, values, 1, &s, READER(&said)));
	assert_string_equal(s.mqtt.broker, "127.0.0.1");
	assert_int_equal(s.mqtt.port, 1884);
	assert_false(config_read_with(NULL, values, 2, &s, READER(&said)));
	assert_string_equal(said.text, "F command line: [mqtt] username is needed with a password\n");
	unlink(path);
}

static void test_password_open_to_others(void **state)
{
	(void)state;
	static const char with[] = "[mqtt]\nusername = u\npassword = secret\n", without[] = "[mqtt]\n";
	struct settings s;
	struct said said = { .faults = 0 };

	write_file(file, with, sizeof(with) - 1, 0644);
	assert_true(config_read(file, &s, READER(&said)));
	assert_int_equal(said.warnings, 1);
	assert_null(strstr(said.text, "secret"));
	write_file(file, without, sizeof(without) - 1, 0644);
	assert_true(config_read(file, &s, READER(&said)));
	assert_int_equal(said.warnings, 1);
	write_file(file, with, sizeof(with) - 1, 0600);
	assert_true(config_read(file, &s, READER(&said)));
	assert_int_equal(said.warnings, 1);
}

static void read_document(const char *path, char text[CONFIG_FILE_MAX])
{
	FILE *from = fopen(path, "r");

	assert_non_null(from);
	text[fread(text, 1, CONFIG_FILE_MAX - 1, from)] = '\0';
	assert_int_equal(fclose(from), 0);
}

/* The sample changes nothing; with every key switched on it still means the defaults. */
static void test_sample_is_the_defaults(void **state)
{
	(void)state;
	static char text[CONFIG_FILE_MAX], on[CONFIG_FILE_MAX];
	struct settings defaults, s;
	struct said said;
	int keys = 0;

	read_document("conf/pylontech-mqtt.ini", text);
	settings_defaults(&defaults);
	if (!read_text(text, &s, &said))
		fail_msg("%s", said.text);
	assert_memory_equal(&s, &defaults, sizeof(s));
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		bool key = line[0] == '#' && line[1] != ' ';
		assert_true(strlen(line) <= 100 || key);
		keys += key;
		strcat(on, line + key);
		strcat(on, "\n");
	}
	assert_int_equal(keys, settings_row_count);
	if (!read_text(on, &s, &said))
		fail_msg("%s", said.text);
	assert_memory_equal(&s, &defaults, sizeof(s));
}

static void test_manual_has_every_key(void **state)
{
	(void)state;
	static char text[CONFIG_FILE_MAX];
	char cell[64];

	read_document("docs/configuration.md", text);
	for (int i = 0; i < settings_row_count; i++) {
		snprintf(cell, sizeof(cell), "\n| `%s` | ", settings_rows[i].key);
		assert_non_null(strstr(text, cell));
	}
}

static int make_folder(void **state)
{
	(void)state;
	const char *base = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%.80s/test_config.XXXXXX", base != NULL ? base : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/test.ini", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_is_all_defaults),
		cmocka_unit_test(test_without_tls),
		cmocka_unit_test(test_good_file),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_faults_are_counted_to_the_limit),
		cmocka_unit_test(test_no_regular_file),
		cmocka_unit_test(test_password_file),
		cmocka_unit_test(test_values_over_the_file),
		cmocka_unit_test(test_password_open_to_others),
		cmocka_unit_test(test_sample_is_the_defaults),
		cmocka_unit_test(test_manual_has_every_key),
	};

	return cmocka_run_group_tests_name("config", tests, make_folder, remove_folder);
}
