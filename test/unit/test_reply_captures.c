/* The parsers against replies of real batteries (CAPTURES=dir, else ../shared/captures). */
#include "bytes.h"
#include "reply_files.h"

#include <dirent.h>

static const char *captures(void)
{
	const char *folder = getenv("CAPTURES");

	return folder != NULL ? folder : "../shared/captures";
}

struct capture {
	const char *file;
	enum parser parser;
	int address;
	enum reply_result result;
	const char *expected; /* values; after a refusal the field that is blamed */
};

static const struct capture files[] = {
	{ "us2kbpl-pwr-table-arnyminerz-001.raw", TABLE, 0, REPLY_OK,
	  "count=8 1.voltage_mv=50691 1.current_ma=3806 1.temp_low_mc=13000 1.cell_high_mv=3381 "
	  "1.base=Charge 2.soc_pct=89 2.cell_temp=Normal 3.absent=1 8.absent=1" },
	{ "us5000-pwr-table-plchome-us-001.txt", TABLE, 0, REPLY_OK,
	  "count=16 1.voltage_mv=49905 1.mos_temp_mc=27500 3.mos_temp_mc=- 4.soc_pct=40 "
	  "4.cell_high_mv=3329 16.absent=1" },
	{ "pytes-ebox4850p-pwr-table-plchome-001.txt", TABLE, 0, REPLY_OK,
	  "count=8 1.current_ma=0 1.base=Idle 2.soc_pct=74 2.cell_low_mv=3213 3.absent=1" },
	{ "pytes-ebox48100vd-pwr-table-plchome-001.txt", TABLE, 0, REPLY_OK,
	  "count=16 1.voltage_mv=53070 1.current_ma=-5962 1.cell_low_mv=3313 1.soc_pct=80 2.absent=1" },
	{ "force_h2-pwr-plchome-001.txt", TABLE, 0, REPLY_HIGH_VOLTAGE, "AverageTempr" },
	{ "sc0500-cmu_a-pwr-plchome-001.txt", TABLE, 0, REPLY_HIGH_VOLTAGE, "AverageTempr" },
	{ "force_h2-unit-plchome-001.txt", TABLE, 0, REPLY_HIGH_VOLTAGE, "AverageTempr" },

	{ "us2kbpl-pwr3-plchome-us-001.txt", PWR, 3, REPLY_OK,
	  "voltage_mv=49905 current_ma=5024 temp_mc=33000 soc_pct=35 total_mah=50000 real_mah=- "
	  "max_mv=54000 base=Charge coulomb=Normal power_events=0x0" },
	{ "us2kbpl-b-pwr4-plchome-us-001.txt", PWR, 4, REPLY_OK,
	  "voltage_mv=49959 current_ma=6863 soc_pct=45 base=Charge soh=Normal" },
	{ "us2000c-pwr2-plchome-us-001.txt", PWR, 2, REPLY_OK,
	  "voltage_mv=49928 current_ma=6934 temp_mc=32100 soc_pct=43 system_fault=0x0" },
	{ "us5000-pwr1-plchome-us-001.txt", PWR, 1, REPLY_OK,
	  "voltage_mv=49959 current_ma=15939 temp_mc=28200 total_mah=100000 volt=Normal" },
	{ "pytes-ebox4850p-pwr1-plchome-001.txt", PWR, 1, REPLY_OK,
	  "voltage_mv=48328 current_ma=0 soc_pct=77 real_mah=49700 base=Idle" },
	{ "pytes-ebox4850p-pwr2-plchome-001.txt", PWR, 2, REPLY_OK,
	  "voltage_mv=48318 temp_mc=26000 soc_pct=74 total_mah=50000" },
	{ "pytes-ebox48100vd-pwr1-plchome-001.txt", PWR, 1, REPLY_OK,
	  "voltage_mv=53244 soc_pct=73 total_mah=100000 real_mah=100000 max_mv=- base=Idle soh=-" },
	{ "us2kbpl-pwr3-plchome-us-001.txt", PWR, 4, REPLY_WRONG_MODULE, "Power" },

	{ "us2kbpl-bat-arnyminerz-001.raw", BAT, 0, REPLY_OK,
	  "count=15 0.mv=3379 4.mv=3381 9.temp_mc=14000 10.temp_mc=13000 14.soc_pct=89 14.mah=42586 "
	  "14.balancing=-" },
	{ "us2kbpl-bat3-plchome-us-001.txt", BAT, 0, REPLY_OK,
	  "count=15 2.soc_pct=35 2.mah=16510 14.mv=3327 14.balancing=0" },
	{ "us2kbpl-b-bat4-plchome-us-001.txt", BAT, 0, REPLY_OK,
	  "count=15 8.mah=21202 9.mv=3334 9.base=Charge 14.soc_pct=46" },
	{ "us2000c-bat2-plchome-us-001.txt", BAT, 0, REPLY_OK,
	  "count=15 0.mah=21044 0.temp_mc=30700 5.temp_mc=30400 10.temp_mc=30200 14.mv=3329" },
	{ "us5000-bat1-plchome-us-001.txt", BAT, 0, REPLY_OK,
	  "count=15 0.mv=3331 7.temp_mc=27300 14.mah=44231 14.temp=Normal" },
	{ "pytes-ebox4850p-bat1-plchome-001.txt", BAT, 0, REPLY_OK,
	  "count=15 0.mv=3217 0.soc_pct=77 5.mah=40534 14.mv=3222" },
	{ "pytes-ebox48100vd-bat-plchome-001.txt", BAT, 0, REPLY_OK,
	  "count=16 0.mv=3318 8.mah=81932 13.mv=3323 15.soc_pct=80" },
	{ "pytes-ebox48100vd-bat1-plchome-001.txt", BAT, 0, REPLY_OK,
	  "count=16 0.temp_mc=19000 13.soc_pct=36 13.mah=36863 15.base=Dischg" },
	{ "pytes-ebox48100vd-bat1-plchome-002.txt", BAT, 0, REPLY_OK,
	  "count=16 0.mv=3327 15.mv=3325 15.base=Idle 15.mah=73866" },
	/* two columns of one row have changed places */
	{ "pytes-ebox4850p-bat2-plchome-001.txt", BAT, 0, REPLY_DAMAGED, "Temp. State" },
	{ "force_h2-bat-plchome-001.txt", BAT, 0, REPLY_HIGH_VOLTAGE, "Time" },
	{ "sc0500-cmu_a-bat-plchome-001.txt", BAT, 0, REPLY_HIGH_VOLTAGE, "Time" },

	{ "us2kbpl-info-arnyminerz-001.raw", INFO, 1, REPLY_OK,
	  "address=1 name=US2KBPL firmware=B66.6 capacity_mah=50000 cells=15 "
	  "max_discharge_ma=100000 max_charge_ma=102000" },
	{ "us2kbpl-info3-plchome-us-001.txt", INFO, 3, REPLY_OK, "firmware=B67.9.0 cells=15" },
	{ "us2kbpl-b-info4-plchome-us-001.txt", INFO, 4, REPLY_OK, "address=4 name=US2KBPL" },
	{ "us2000c-info2-plchome-us-001.txt", INFO, 2, REPLY_OK,
	  "name=US2000C max_discharge_ma=90000 max_charge_ma=90000" },
	{ "us5000-info1-plchome-us-001.txt", INFO, 1, REPLY_OK,
	  "name=US5000 firmware=B69.16.0.0 specification=48V/100AH capacity_mah=100000" },
	{ "pytes-ebox4850p-info1-plchome-001.txt", INFO, 1, REPLY_OK,
	  "manufacturer=PYTES name=E-BOX-4850P max_charge_ma=102000" },
	{ "pytes-ebox4850p-info2-plchome-001.txt", INFO, 2, REPLY_OK, "address=2 cells=15" },
	{ "pytes-ebox48100vd-info1-plchome-001.txt", INFO, 1, REPLY_OK,
	  "name=E-BOX-48100V-D cells=16 specification=51.2V/100AH capacity_mah=100000 "
	  "max_charge_ma=105000" },
	{ "us5000-info1-plchome-us-001.txt", INFO, 2, REPLY_WRONG_MODULE, "Device address" },
	{ "force_h2-info-plchome-001.txt", INFO, 1, REPLY_HIGH_VOLTAGE, "Cell Number" },
	{ "sc0500-cmu_a-info-plchome-001.txt", INFO, 0, REPLY_HIGH_VOLTAGE, "Cell Number" },
	{ "force_h2-bmuinfo0-plchome-001.txt", INFO, 0, REPLY_HIGH_VOLTAGE, "Cell Number" },

	{ "us2kbpl-stat-arnyminerz-001.raw", STAT, 1, REPLY_OK, "address=1 cycles=430 soh_pct=-" },
	{ "us2kbpl-stat3-plchome-us-001.txt", STAT, 3, REPLY_OK, "cycles=685 soh_pct=-" },
	{ "us2kbpl-b-stat4-plchome-us-001.txt", STAT, 4, REPLY_OK, "cycles=656 soh_pct=-" },
	{ "us2000c-stat2-plchome-us-001.txt", STAT, 2, REPLY_OK, "cycles=157 soh_pct=-" },
	{ "us5000-stat1-plchome-us-001.txt", STAT, 1, REPLY_OK, "cycles=108 soh_pct=100" },
	{ "pytes-ebox4850p-stat1-plchome-001.txt", STAT, 1, REPLY_OK, "cycles=62 soh_pct=-" },
	{ "pytes-ebox4850p-stat2-plchome-001.txt", STAT, 2, REPLY_OK, "address=2 cycles=67" },
	{ "pytes-ebox48100vd-stat-plchome-001.txt", STAT, 1, REPLY_OK, "address=1 cycles=3" },
	{ "force_h2-stat-plchome-001.txt", STAT, 1, REPLY_HIGH_VOLTAGE, "Device address" },
	{ "sc0500-cmu_a-stat-plchome-001.txt", STAT, 0, REPLY_HIGH_VOLTAGE, "Device address" },
};

#define FILES (sizeof files / sizeof *files)

static char wire[FILE_MAX], body[FILE_MAX], changed[FILE_MAX];
static size_t wire_length;
static union parsed parsed;
static struct reply_fault fault;

static void load(const char *file)
{
	if (!read_file(captures(), file, wire, &wire_length))
		fail_msg("no capture %s", file);
	body_of(wire, body);
}

/* Goes on only where the captures are. */
static DIR *open_captures(void)
{
	DIR *folder = opendir(captures());

	if (folder == NULL) {
		print_message("skipped: no captures in %s (set CAPTURES)\n", captures());
		skip();
	}
	return folder;
}

static void need_captures(void)
{
	closedir(open_captures());
}

/* The bodies of these tests are made without framing, so they need a test of their own. */
static void test_body(void **state)
{
	static const struct {
		const char *wire, *echo, *body;
	} rows[] = {
		{ "bat\n\r@\r\r\nA 1\r\r\n\r\r\n B : 2 \r\n\rCommand completed successfully\r\n"
		  "\r$$\r\n\rpylon>", "bat", "A 1\n B : 2 \n" },
		{ "\n\rPYTES>\n\rPYTES>stat 1\n\r@\r\nx>y\n$$\n", "stat 1", "x>y\n" },
		{ "\rpylon>bmuinfo 0\r@\r\nA\n", "bmuinfo 0", "A\n" },
	};
	char echo[64];

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		wire_echo(rows[i].wire, echo, sizeof echo);
		assert_string_equal(echo, rows[i].echo);
		body_of(rows[i].wire, body);
		assert_string_equal(body, rows[i].body);
	}
}

static void test_values(void **state)
{
	(void)state;
	need_captures();
	for (size_t i = 0; i < FILES; i++) {
		const struct capture *f = &files[i];
		enum reply_result result;

		load(f->file);
		result = parse(f->parser, body, f->address, &parsed, &fault);
		if (result != f->result || fault.result != result)
			fail_msg("%s: %d, %d at %s in line %d", f->file, result, fault.result,
			         fault.field, fault.row);
		if (result == REPLY_OK) {
			expect_values(f->file, f->parser, &parsed, f->expected);
			expect_plausible(f->file, f->parser, &parsed);
		} else {
			assert_string_equal(fault.field, f->expected);
		}
	}
}

static bool is_listed(const char *file, enum parser parser)
{
	for (size_t i = 0; i < FILES; i++)
		if (files[i].parser == parser && files[i].result == REPLY_OK &&
		    strcmp(files[i].file, file) == 0)
			return true;
	return false;
}

/* Every file, every parser: what is not in the table (soh, log, help, time, unit, sysinfo, errors,
 * high voltage, another command's reply) is never taken, and every reply to one of our commands is
 * in the table. */
static void test_nothing_else(void **state)
{
	DIR *folder = open_captures();
	struct dirent *entry;
	int seen = 0;

	(void)state;
	while ((entry = readdir(folder)) != NULL) {
		if (strstr(entry->d_name, ".txt") == NULL && strstr(entry->d_name, ".raw") == NULL)
			continue;
		seen++;
		load(entry->d_name);
		for (int p = 0; p < PARSERS; p++) {
			bool ok = parse((enum parser)p, body, 0, &parsed, &fault) == REPLY_OK;

			if (ok != is_listed(entry->d_name, (enum parser)p))
				fail_msg("%s: parser %d: %d", entry->d_name, p, ok);
		}
	}
	closedir(folder);
	assert_int_not_equal(seen, 0);
}

/* No part of a reply is used: framing ends it with its last byte, and says then what a body made
 * without framing says. */
static void test_cut(void **state)
{
	static struct framing framing;
	char echo[64];

	(void)state;
	need_captures();
	for (size_t i = 0; i < FILES; i++) {
		const struct capture *f = &files[i];

		load(f->file);
		wire_echo(wire, echo, sizeof echo);
		framing_init(&framing);
		framing_expect(&framing, echo);
		for (size_t at = 0; at < wire_length; at++) {
			enum framing_event event = framing_byte(&framing, wire[at]);

			if (event == FRAMING_OVERFLOW ||
			    (event == FRAMING_CLOSED) != (at + 1 == wire_length))
				fail_msg("%s: %d at byte %zu", f->file, event, at);
		}
		if (framing.verdict != FRAMING_OK)
			fail_msg("%s: verdict %d", f->file, framing.verdict);
		if (parse(f->parser, framing.body, f->address, &parsed, &fault) != f->result)
			fail_msg("%s: at %s in line %d", f->file, fault.field, fault.row);
		if (f->result == REPLY_OK)
			expect_values(f->file, f->parser, &parsed, f->expected);
	}
}

/* Bodies cut anywhere: whatever looks whole is plausible. */
static void test_cut_body(void **state)
{
	(void)state;
	need_captures();
	for (size_t i = 0; i < FILES; i++) {
		load(files[i].file);
		for (size_t cut = 0; cut < strlen(body); cut++) {
			memcpy(changed, body, cut);
			changed[cut] = '\0';
			if (parse(files[i].parser, changed, 0, &parsed, &fault) == REPLY_OK)
				expect_plausible(files[i].file, files[i].parser, &parsed);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_nothing_else),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
