/* reply_fixtures: the replies of test/fixtures, what they hold, and buffers to spoil them in. */
#ifndef TEST_REPLY_FIXTURES_H
#define TEST_REPLY_FIXTURES_H

#include "reply_files.h"

/* FIXTURES=dir where the fixtures are, else as seen from the top of the repository. */
static const char *fixtures(void)
{
	const char *folder = getenv("FIXTURES");

	return folder != NULL ? folder : "test/fixtures";
}

struct fixture {
	const char *file;
	enum parser parser;
	int address;
	enum reply_result result;
	const char *expected; /* values; after a refusal the field that is blamed */
	const char *last;     /* of `label : value` replies: the last line that must be there */
};

static const struct fixture files[] = {
	/* a: 8 rows, SoC above 100, frost */
	{ "us2000-pwr-table.txt", TABLE, 0, REPLY_OK,
	  "count=8 1.voltage_mv=51230 1.current_ma=-4310 1.temp_mc=22000 1.temp_low_mc=19000 "
	  "1.temp_high_mc=21000 1.cell_low_mv=3411 1.cell_high_mv=3419 1.base=Dischg 1.volt=Normal "
	  "1.soc_pct=71 1.cell_volt=Normal 1.cell_temp=Normal 1.mos_temp_mc=- 2.soc_pct=100 "
	  "3.temp_low_mc=-3000 3.absent=0 4.absent=1 4.base=Absent 4.voltage_mv=- 8.absent=1", NULL },
	/* b: MosTempr, `-` for an older slave */
	{ "us3000c-pwr-table.txt", TABLE, 0, REPLY_OK,
	  "count=16 1.voltage_mv=49611 1.mos_temp_mc=27300 2.mos_temp_mc=- 2.current_ma=-880 "
	  "2.absent=0 3.absent=1 16.absent=1", NULL },
	/* c: Id columns; absent rows with the columns of a */
	{ "us3000d-pwr-table.txt", TABLE, 0, REPLY_OK,
	  "count=16 1.temp_low_mc=23100 1.temp_high_mc=24000 1.cell_low_mv=3309 "
	  "1.cell_high_mv=3318 1.soc_pct=58 1.mos_temp_mc=25900 2.cell_high_mv=3317 3.absent=1", NULL },
	/* d: a row over two lines, text columns at its end */
	{ "pytes-v5-pwr-table.txt", TABLE, 0, REPLY_OK,
	  "count=16 1.voltage_mv=53110 1.current_ma=-2718 1.soc_pct=66 1.cell_temp=Normal 2.absent=1",
	  NULL },
	/* e: high voltage, with and without the lines before the header */
	{ "force-pwr-table.txt", TABLE, 0, REPLY_HIGH_VOLTAGE, "AverageTempr", NULL },
	{ "force-bare-pwr-table.txt", TABLE, 0, REPLY_HIGH_VOLTAGE, "BVlow", NULL },
	{ "force-pwr-table.txt", PWR, 1, REPLY_HIGH_VOLTAGE, "AverageTempr", NULL },
	/* 13 columns */
	{ "old13-pwr-table.txt", TABLE, 0, REPLY_OK,
	  "count=8 1.voltage_mv=50402 1.soc_pct=82 1.cell_volt=- 2.base=SysError 2.volt=Low "
	  "2.cell_low_mv=2988 2.soc_pct=3 3.absent=1", NULL },

	{ "us2000-pwr1.txt", PWR, 1, REPLY_OK,
	  "voltage_mv=51230 current_ma=-4310 temp_mc=22000 soc_pct=71 total_mah=50000 real_mah=- "
	  "max_mv=54000 base=Dischg volt=Normal current=Normal temp=Normal coulomb=Normal soh=Normal "
	  "bat_events=0x0 power_events=0x0 system_fault=0x0 unknown_word=", " System Fault" },
	{ "us2000-events-pwr2.txt", PWR, 2, REPLY_OK,
	  "soc_pct=100 real_mah=48800 base=Charge volt=High coulomb=Full bat_events=0x2+BHV "
	  "power_events=0x2002+PHV+COULFULL system_fault=0x8", " System Fault" },
	{ "us5000-pwr3.txt", PWR, 3, REPLY_OK,
	  "voltage_mv=49611 current_ma=0 temp_mc=-4300 soc_pct=9 total_mah=100000 base=Idle "
	  "coulomb=Low power_events=0x8000+LCOUL", " System Fault" },
	{ "pytes-v5-pwr1.txt", PWR, 1, REPLY_OK,
	  "voltage_mv=53110 current_ma=-2718 soc_pct=66 total_mah=101000 real_mah=101000 max_mv=- "
	  "base=Dischg soh=- system_fault=0x0", " System Fault" },
	{ "us2000-pwr1.txt", PWR, 0, REPLY_OK, "voltage_mv=51230", " System Fault" },
	{ "us2000-pwr1.txt", PWR, 2, REPLY_WRONG_MODULE, "Power", NULL },

	{ "us2000-getpwr1.txt", GETPWR, 0, REPLY_OK,
	  "voltage_mv=51230 current_ma=-4310 temp_mc=22000 mah=35346 base=Dischg volt=Normal current=Normal temp=Normal "
	  "cells=15 first_mv=3411 first_temp_mc=19000 fifth_temp=Low last_mv=3419 last_temp_mc=21000 last_soc_pct=- "
	  "unknown_word=", NULL },

	{ "us2000-bat1.txt", BAT, 0, REPLY_OK,
	  "count=15 0.mv=3411 0.temp_mc=19000 0.base=Dischg 0.volt=Normal 0.soc_pct=71 0.mah=35500 "
	  "0.balancing=- 14.mv=3419 14.temp_mc=21000 14.mah=35346", NULL },
	{ "us2000-sense-bat2.txt", BAT, 0, REPLY_OK,
	  "count=15 6.mv=4095 6.volt=High 6.soc_pct=100 7.mv=3411 14.mah=35318", NULL },
	{ "us5000-bat2.txt", BAT, 0, REPLY_OK,
	  "count=15 0.mv=3300 0.soc_pct=44 0.mah=43210 0.balancing=0 3.balancing=1 9.balancing=1 "
	  "14.mah=43224 14.temp_mc=24900", NULL },
	{ "us3000d-bat1.txt", BAT, 0, REPLY_OK,
	  "count=15 0.mv=3309 0.temp=Normal 4.temp=Low 5.temp=Normal 0.soc_pct=58 14.mah=42886 "
	  "14.balancing=0", NULL },
	{ "pytes-v5-bat1.txt", BAT, 0, REPLY_OK,
	  "count=16 0.mv=3316 0.temp_mc=23000 15.mv=3319 15.soc_pct=66 15.mah=66255 15.temp=Normal",
	  NULL },
	{ "force-bat.txt", BAT, 0, REPLY_HIGH_VOLTAGE, "Time", NULL },
	{ "force-bare-bat.txt", BAT, 0, REPLY_HIGH_VOLTAGE, "Bat", NULL },

	{ "us2000-info1.txt", INFO, 1, REPLY_OK,
	  "address=1 manufacturer=Pylon name=US2000 firmware=B10.4 barcode=PXTAB01234567890 "
	  "specification=48V/50AH capacity_mah=50000 cells=15 max_discharge_ma=96000 "
	  "max_charge_ma=98000", "Device address" },
	{ "us5000-info2.txt", INFO, 2, REPLY_OK,
	  "address=2 name=US5000 capacity_mah=100000 max_discharge_ma=82000 max_charge_ma=81000",
	  "Device address" },
	{ "extra2000-info1.txt", INFO, 0, REPLY_OK, "name=EXTRA2000 cells=15 max_charge_ma=50000",
	  "Device address" },
	{ "pytes-v5-info1.txt", INFO, 1, REPLY_OK,
	  "name=E-BOX-48100X firmware=SXBMS16ZZ9901V1.2.3.LONGER.THAN cells=16 capacity_mah=100000 "
	  "specification=51.2V/100AH", "Device address" },
	{ "us5000-info2.txt", INFO, 1, REPLY_WRONG_MODULE, "Device address", NULL },
	{ "force-info.txt", INFO, 0, REPLY_HIGH_VOLTAGE, "Cell Number", NULL },
	{ "force-damaged-info.txt", INFO, 0, REPLY_HIGH_VOLTAGE, "Specification", NULL },

	{ "us2000-stat1.txt", STAT, 1, REPLY_OK, "address=1 cycles=211 soh_pct=-",
	  "Device address" },
	{ "us5000-stat2.txt", STAT, 2, REPLY_OK, "address=2 cycles=45 soh_pct=98",
	  "Device address" },
	{ "us2000c-stat3.txt", STAT, 3, REPLY_OK, "cycles=0 soh_pct=-", "Device address" },
	{ "pytes-v5-stat.txt", STAT, 1, REPLY_OK, "address=1 cycles=5", "Device address" },
	{ "us5000-stat2.txt", STAT, 3, REPLY_WRONG_MODULE, "Device address", NULL },
	{ "force-stat.txt", STAT, 1, REPLY_HIGH_VOLTAGE, "Device address", NULL },
	{ "force-one-stat.txt", STAT, 1, REPLY_HIGH_VOLTAGE, "Pwr Coulomb(mAS)", NULL },

	{ "us2000-pwrsys.txt", PWRSYS, 0, REPLY_OK,
	  "charge_mv=53250 discharge_mv=46500 charge_ma=24500 discharge_ma=25500 "
	  "system_charge_ma=73500 system_discharge_ma=76500", " Recommend chg voltage" },
};

#define FILES (sizeof files / sizeof *files)

static char wire[FILE_MAX], body[FILE_MAX], changed[FILE_MAX + 256];
static size_t wire_length;
static union parsed parsed;
static struct reply_fault fault;

static void load(const char *file)
{
	if (!read_file(fixtures(), file, wire, &wire_length))
		fail_msg("no fixture %s", file);
	body_of(wire, body);
}

#endif
