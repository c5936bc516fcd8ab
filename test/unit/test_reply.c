#include "reply_fixtures.h"

#include "core/reply/reply_scan.h"

static void test_fixtures(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		const struct fixture *f = &files[i];
		enum reply_result result;

		load(f->file);
		result = parse(f->parser, body, f->address, &parsed, &fault);
		if (result != f->result || fault.result != result)
			fail_msg("%s: %d, %d at %s in line %d", f->file, result, fault.result,
			         fault.field, fault.row);
		if (result == REPLY_OK) {
			assert_string_equal(fault.field, "");
			assert_int_equal(fault.row, 0);
			expect_values(f->file, f->parser, &parsed, f->expected);
			expect_plausible(f->file, f->parser, &parsed);
		} else {
			assert_string_equal(fault.field, f->expected);
		}
	}
}

/* A reply of one kind is never a reply of another. */
static void test_crossed(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		load(files[i].file);
		for (int p = 0; p < PARSERS; p++)
			if (p != (int)files[i].parser &&
			    parse((enum parser)p, body, 0, &parsed, &fault) == REPLY_OK)
				fail_msg("%s as %d", files[i].file, p);
	}
}

struct broken {
	const char *file;
	enum parser parser;
	const char *from, *to; /* the first `from` of the body becomes `to` */
	enum reply_result result;
	const char *field;
	int row;
};

#define OLD "us2000-pwr1.txt"
#define EVT "us2000-events-pwr2.txt"
#define INF "us2000-info1.txt"
#define STA "us5000-stat2.txt"
#define TAB "us2000-pwr-table.txt"
#define V5T "pytes-v5-pwr-table.txt"
#define BO "us2000-bat1.txt"
#define BN "us5000-bat2.txt"
#define SYS "us2000-pwrsys.txt"
#define GET "us2000-getpwr1.txt"
#define BAD REPLY_DAMAGED
#define FAR REPLY_OUT_OF_RANGE

static const struct broken broken[] = {
	/* getpwr N */
	{ GET, GETPWR, "51230#", "9999#", FAR, "Voltage", 1 },
	{ GET, GETPWR, "51230#", "70001#", FAR, "Voltage", 1 },
	{ GET, GETPWR, "51230#", "512x0#", BAD, "Voltage", 1 },
	{ GET, GETPWR, "51230#", "51230", BAD, "Voltage", 1 },
	{ GET, GETPWR, "51230#", "-#", BAD, "Voltage", 1 },
	{ GET, GETPWR, "-4310#", "-300001#", FAR, "Current", 1 },
	{ GET, GETPWR, "22000#", "100001#", FAR, "Temperature", 1 },
	{ GET, GETPWR, "35346#", "-1#", FAR, "Coulomb", 1 },
	{ GET, GETPWR, "Dischg#", "D1schg#", BAD, "Base", 1 },
	{ GET, GETPWR, "Dischg#", "Dischg Dischg#", BAD, "Base", 1 },
	{ GET, GETPWR, "Dischg# Normal#", "Dischg#", BAD, "Temp", 1 },
	{ GET, GETPWR, "Dischg#", "Dischg# Normal#", BAD, "", 1 },
	{ GET, GETPWR, "3411#", "5001#", FAR, "Volt of a cell", 2 },
	{ GET, GETPWR, "3411#", "-#", BAD, "Volt of a cell", 2 },
	{ GET, GETPWR, "3411#", "#", BAD, "Volt of a cell", 2 },
	{ GET, GETPWR, "3411#  19000#", "3411#  100001#", FAR, "Tempr of a cell", 2 },
	{ GET, GETPWR, "3411#", "3411", BAD, "Volt of a cell", 2 },
	{ GET, GETPWR, "0#\n1#\n", "0#\n", BAD, "number of lines", 17 },
	{ GET, GETPWR, "0#\n1#\n", "0#\n1#\n2#\n", BAD, "number of lines", 19 },
	{ GET, GETPWR, "0#\n1#\n", "0#\n1#\n3419#  21000# Normal# Normal#\n", BAD, "number of cells", 19 },
	{ GET, GETPWR, "0#\n1#\n", "0#\nx#\n", BAD, "number of cells", 18 },
	{ GET, GETPWR, "0#\n1#\n", "0#\n1# 1#\n", BAD, "number of cells", 18 },
	{ GET, GETPWR, "3411#", "34\00111#", BAD, "", 2 },
	/* pwr N: numbers and units */
	{ OLD, PWR, "51230 ", "512x0 ", BAD, "Voltage", 3 },
	{ OLD, PWR, "51230 ", "5123- ", BAD, "Voltage", 3 },
	{ OLD, PWR, "51230 ", "0051230000 ", BAD, "Voltage", 3 },
	{ OLD, PWR, "51230 ", "+51230 ", BAD, "Voltage", 3 },
	{ OLD, PWR, "51230 ", "- ", BAD, "Voltage", 3 },
	{ OLD, PWR, "51230       mV", "-", BAD, "Voltage", 3 },
	{ OLD, PWR, "51230       mV", "51230", BAD, "Voltage", 3 },
	{ OLD, PWR, "51230       mV", "51230       V", BAD, "Voltage", 3 },
	{ OLD, PWR, "51230       mV", "51230 mV mV", BAD, "Voltage", 3 },
	{ OLD, PWR, "51230       mV", "", BAD, "Voltage", 3 },
	{ OLD, PWR, "51230       mV", "9999 mV", FAR, "Voltage", 3 },
	{ OLD, PWR, "51230       mV", "70001 mV", FAR, "Voltage", 3 },
	{ OLD, PWR, "-4310 ", "-300001 ", FAR, "Current", 4 },
	{ OLD, PWR, "-4310 ", "--4310 ", BAD, "Current", 4 },
	{ OLD, PWR, "-4310 ", "4-310 ", BAD, "Current", 4 },
	{ OLD, PWR, "-4310 ", "-", BAD, "Current", 4 },
	{ OLD, PWR, "22000 ", "-40001 ", FAR, "Temperature", 5 },
	{ OLD, PWR, "22000 ", "100001 ", FAR, "Temperature", 5 },
	{ OLD, PWR, "71          %", "71", BAD, "Coulomb", 6 },
	{ OLD, PWR, "71          %", "0071%", BAD, "Coulomb", 6 },
	{ OLD, PWR, "71          %", "111%", FAR, "Coulomb", 6 },
	{ OLD, PWR, "71          %", "-1%", FAR, "Coulomb", 6 },
	{ OLD, PWR, "50000       mAH", "50000 mAh", BAD, "Total Coulomb", 7 },
	{ OLD, PWR, "50000       mAH", "1000001 mAH", FAR, "Total Coulomb", 7 },
	{ OLD, PWR, "54000 ", "70001 ", FAR, "Max Voltage", 8 },
	/* words */
	{ OLD, PWR, "Dischg", "D1schg", BAD, "Basic Status", 10 },
	{ OLD, PWR, "Dischg", "Dischg.", BAD, "Basic Status", 10 },
	{ OLD, PWR, "Dischg", ".Dischg", BAD, "Basic Status", 10 },
	{ OLD, PWR, "Dischg", "-", BAD, "Basic Status", 10 },
	{ OLD, PWR, "Dischg", "Dischg Charge", BAD, "Basic Status", 10 },
	{ OLD, PWR, "Volt Status     : Normal", "Volt Status     : No mal", BAD, "Volt Status", 12 },
	/* events */
	{ OLD, PWR, "Bat Events      : 0x0", "Bat Events      : 0", BAD, "Bat Events", 19 },
	{ OLD, PWR, "Bat Events      : 0x0", "Bat Events      : 0x", BAD, "Bat Events", 19 },
	{ OLD, PWR, "Bat Events      : 0x0", "Bat Events      : 1x0", BAD, "Bat Events", 19 },
	{ OLD, PWR, "Bat Events      : 0x0", "Bat Events      : 0x0g", BAD, "Bat Events", 19 },
	{ OLD, PWR, "Bat Events      : 0x0", "Bat Events      : 0x0`", BAD, "Bat Events", 19 },
	{ OLD, PWR, "Bat Events      : 0x0", "Bat Events      : 0x012345678", BAD, "Bat Events", 19 },
	{ OLD, PWR, "Bat Events      : 0x0", "Bat Events      : -", BAD, "Bat Events", 19 },
	/* lines */
	{ OLD, PWR, " Voltage ", " Coltage ", BAD, "Voltage", 0 },
	{ OLD, PWR, " System Fault", " System Fxult", BAD, "System Fault", 0 },
	{ OLD, PWR, " Power Events", " Bat Events", BAD, "Bat Events", 20 },
	{ OLD, PWR, " Max Voltage ", " Voltage ", BAD, "Voltage", 8 },
	{ OLD, PWR, " Max Voltage     :", " Max Voltage      ", BAD, "", 8 },
	{ OLD, PWR, " Max Voltage     :", " :", BAD, "", 8 },
	{ OLD, PWR, " Max Voltage     :", " Max V\001oltage     :", BAD, "", 8 },
	{ OLD, PWR, " Max Voltage     :", " Max V\377oltage     :", BAD, "", 8 },
	{ OLD, PWR, " Max Voltage     :", " Max V\177oltage     :", BAD, "", 8 },
	{ OLD, PWR, " Power  1\n", "", BAD, "Power", 0 },
	{ OLD, PWR, " Power  1\n", " Power  \n", BAD, "Power", 2 },
	{ OLD, PWR, " Power  1\n", " Power1\n", BAD, "Power", 2 },
	{ OLD, PWR, " Power  1\n", " Power  x\n", BAD, "Power", 2 },
	{ OLD, PWR, " Power  1\n", " Power  1 1\n", BAD, "Power", 2 },
	{ OLD, PWR, " Power  1\n", " Power  1\n Power  1\n", BAD, "Power", 3 },
	{ OLD, PWR, " Power  1\n", " Power  0\n", FAR, "Power", 0 },
	{ OLD, PWR, " Power  1\n", " Power  17\n", FAR, "Power", 0 },
	{ OLD, PWR, " Power  1\n", " Power  1\n -\n", BAD, "", 3 },
	{ OLD, PWR, "----\n", "---x\n", BAD, "", 1 },

	/* info N */
	{ INF, INFO, "Device address      : 1", "Device address      : -", BAD, "Device address", 1 },
	{ INF, INFO, "Device address      : 1", "Device address      : 1x", BAD, "Device address", 1 },
	{ INF, INFO, "Device address      : 1", "Device address      : 1 1", BAD, "Device address", 1 },
	{ INF, INFO, "Device address      : 1", "Device address      : 0", FAR, "Device address", 0 },
	{ INF, INFO, "Device address      : 1", "Device address      : 17", FAR, "Device address", 0 },
	{ INF, INFO, "Device address", "Device eddress", BAD, "Device address", 0 },
	{ INF, INFO, "Manufacturer", "Device name", BAD, "Device name", 3 },
	{ INF, INFO, "Boot  version       :", "Boot  version        ", BAD, "", 7 },
	{ INF, INFO, ": 15\n", ": 0\n", FAR, "Cell Number", 12 },
	{ INF, INFO, ": 15\n", ": 25\n", REPLY_HIGH_VOLTAGE, "Cell Number", 0 },
	{ INF, INFO, "48V/50AH", "60.1V/50AH", REPLY_HIGH_VOLTAGE, "Specification", 0 },
	{ INF, INFO, "-96000mA", "-96000", BAD, "Max Dischg Curr", 13 },
	{ INF, INFO, "-96000mA", "-96000mAh", BAD, "Max Dischg Curr", 13 },
	{ INF, INFO, "-96000mA", "0mA", FAR, "Max Dischg Curr", 13 },
	{ INF, INFO, "-96000mA", "-300001mA", FAR, "Max Dischg Curr", 13 },
	{ INF, INFO, "98000mA", "mA", BAD, "Max Charge Curr", 14 },

	/* stat N */
	{ STA, STAT, "Device address           2\n", "", BAD, "Device address", 0 },
	{ STA, STAT, "Device address           2\n", "Device address           2x\n", BAD,
	  "Device address", 1 },
	{ STA, STAT, "Device address           2\n", "Device address           0\n",
	  REPLY_HIGH_VOLTAGE, "Device address", 0 },
	{ STA, STAT, ":       45", ":       4S", BAD, "CYCLE Times", 11 },
	{ STA, STAT, ":       45", ":   100001", FAR, "CYCLE Times", 11 },
	{ STA, STAT, ":       45", ":       -1", FAR, "CYCLE Times", 11 },
	{ STA, STAT, ":       98", ":      101", FAR, "SOH", 12 },
	{ STA, STAT, "Dsg Cap         :", "Dsg Cap          ", BAD, "", 15 },
	{ STA, STAT, "SOH             :", "CYCLE Times     :", BAD, "CYCLE Times", 12 },
	{ STA, STAT, "Data Items", "Data\rItems", BAD, "", 2 },

	/* pwr: header */
	{ TAB, TABLE, "Power Volt", "Pawer Volt", BAD, "Power", 1 },
	{ TAB, TABLE, "Base.St", "Base.Xt", BAD, "Base.St", 1 },
	{ TAB, TABLE, "Vhigh", "Vlow ", BAD, "Vlow", 1 },
	{ TAB, TABLE, "Coulomb", "       ", BAD, "Time", 2 },
	{ TAB, TABLE, "Time   ", "       ", BAD, "B.V.St", 2 },
	{ TAB, TABLE, "Time   ", "T i m e", BAD, "B.V.St", 2 },
	{ TAB, TABLE, "Power Volt",
	  "Power a b c d e f g h i j k l m n o p q r s t u v w x y z Volt", BAD, "Vhigh", 1 },
	/* rows */
	{ TAB, TABLE, "\n2 ", "\n3 ", BAD, "Power", 3 },
	{ TAB, TABLE, "\n1 ", "\n0 ", BAD, "Power", 2 },
	{ TAB, TABLE, "\n1 ", "\n1x ", BAD, "Power", 2 },
	{ TAB, TABLE, "\n6     -", "\n6     x", BAD, "Volt", 7 },
	{ TAB, TABLE, "\n5     -      ", "\n5     -      5 ", BAD, "Volt", 6 },
	{ TAB, TABLE, "\n4     -      ", "\n4     Absent ", BAD, "Volt", 5 },
	{ TAB, TABLE, "51190", "-    ", BAD, "Volt", 3 },
	{ TAB, TABLE, "-4155", "-    ", BAD, "Curr", 3 },
	{ TAB, TABLE, "-4155", "     ", BAD, "Vhigh", 3 },
	{ TAB, TABLE, "51230  -4310", "512 30 -4310", FAR, "Volt", 2 },
	{ TAB, TABLE, "51230  -4310", "51230-4310", BAD, "Volt", 2 },
	{ TAB, TABLE, "3411 ", "5001 ", FAR, "Vlow", 2 },
	{ TAB, TABLE, "71%", "71 ", BAD, "Coulomb", 2 },
	{ TAB, TABLE, "71%", "7 1%", BAD, "Coulomb", 2 },
	{ TAB, TABLE, "107%", "117%", FAR, "Coulomb", 3 },
	{ TAB, TABLE, "2024-03-05 07:08:09", "2024-03-05 07:08:0", BAD, "Time", 2 },
	{ TAB, TABLE, "2024-03-05 07:08:09", "2024-03-05 07:08.09", BAD, "Time", 2 },
	{ TAB, TABLE, "2024-03-05 07:08:09", "2O24-03-05 07:08:09", BAD, "Time", 2 },
	{ TAB, TABLE, "2024-03-05 07:08:09", "-                  x", BAD, "", 2 },
	{ TAB, TABLE, "Dischg   Normal", "Absent   Normal", BAD, "Base.St", 2 },
	{ TAB, TABLE, "Normal  \n2 ", "\n2 ", BAD, "B.T.St", 2 },
	{ TAB, TABLE, "Normal  \n2 ", "Normal x\n2 ", BAD, "", 2 },
	{ TAB, TABLE, "Normal  \n2 ", "Normal 2 ", BAD, "", 2 },
	{ TAB, TABLE, "\n8 ", "\n\n \t\n9 ", BAD, "Power", 11 },
	{ V5T, TABLE, "E-BOX-48100X", "            ", BAD, "", 2 },
	{ V5T, TABLE, "EXTAB01234567890     E", "EXTAB 01234567890     E", BAD, "", 2 },
	{ V5T, TABLE, "\n16 ", "\n16 - - - - - - - Absent -\n17 ", BAD, "Power", 19 },

	/* bat N */
	{ BO, BAT, "Battery", "Bottery", BAD, "Battery", 1 },
	{ BO, BAT, "  Volt  ", "  Vo    ", BAD, "Volt", 1 },
	{ BO, BAT, "Tempr", "Tempx", BAD, "Tempr", 1 },
	{ BO, BAT, "Base State", "Base  State", REPLY_OK, "", 0 },
	{ BO, BAT, "Base State", "Base  Stade", BAD, "Temp. State", 2 },
	{ BO, BAT, "Coulomb", "Coulumb", BAD, "", 2 },
	{ BO, BAT, "\n3 ", "\n4 ", BAD, "Battery", 5 },
	{ BO, BAT, "3411 ", "-    ", BAD, "Volt", 2 },
	{ BO, BAT, "3411 ", "5001 ", FAR, "Volt", 2 },
	{ BO, BAT, "3411 ", "-1   ", FAR, "Volt", 2 },
	{ BO, BAT, "-4310 ", "-431O ", BAD, "Curr", 2 },
	{ BO, BAT, "-4310 ", "-400000 ", FAR, "Curr", 2 },
	{ BO, BAT, "19000 ", "-     ", BAD, "Tempr", 2 },
	{ BO, BAT, "71%", "71 ", BAD, "Coulomb", 2 },
	{ BO, BAT, "71%", "0071%", BAD, "Coulomb", 2 },
	{ BO, BAT, "71%", "x1%", BAD, "Coulomb", 2 },
	{ BO, BAT, "71%", "171%", FAR, "Coulomb", 2 },
	{ BO, BAT, "35500 mAH", "35500 mA", BAD, "Coulomb", 2 },
	{ BO, BAT, "35500 mAH", "", BAD, "Coulomb", 2 },
	{ BO, BAT, "35500 mAH", "35500000 mAH", FAR, "Coulomb", 2 },
	{ BO, BAT, "35500 mAH", "35500 mAH N", BAD, "", 2 },
	{ BO, BAT, "35346 mAH", "", BAD, "Coulomb", 16 },
	{ BO, BAT, "35346 mAH\n",
	  "35346 mAH\n"
	  "15 3300 0 1 I N N N 1% 1 mAH\n16 3300 0 1 I N N N 1% 1 mAH\n17 3300 0 1 I N N N 1% 1 mAH\n"
	  "18 3300 0 1 I N N N 1% 1 mAH\n19 3300 0 1 I N N N 1% 1 mAH\n20 3300 0 1 I N N N 1% 1 mAH\n"
	  "21 3300 0 1 I N N N 1% 1 mAH\n22 3300 0 1 I N N N 1% 1 mAH\n23 3300 0 1 I N N N 1% 1 mAH\n"
	  "24 3300 0 1 I N N N 1% 1 mAH\n", BAD, "Battery", 26 },
	{ BN, BAT, "      N\n", "      n\n", BAD, "BAL", 2 },
	{ BN, BAT, "      N\n", "\n", BAD, "BAL", 2 },
	{ BN, BAT, "      N\n", "      NN\n", BAD, "BAL", 2 },
	{ BN, BAT, "Volt. State", "Base State", BAD, "Base State", 1 },

	/* pwrsys */
	{ SYS, PWRSYS, "53250    mV", "532S0    mV", BAD, "Recommend chg voltage", 18 },
	{ SYS, PWRSYS, "53250    mV", "426000    mV", FAR, "Recommend chg voltage", 18 },
	{ SYS, PWRSYS, "24500    mA", "-24500    mA", FAR, "Recommend chg current", 20 },
	{ SYS, PWRSYS, "-25500   mA", "-300001 mA", FAR, "Recommend dsg current", 21 },
	{ SYS, PWRSYS, "-76500   mA", "4800001 mA", FAR, "system Recommend dsg current", 25 },
	{ SYS, PWRSYS, "System is", "System was", BAD, "", 3 },
};

#define BROKEN (sizeof broken / sizeof *broken)

static void change(const struct broken *b)
{
	const char *at = strstr(body, b->from);

	if (at == NULL)
		fail_msg("%s has no '%s'", b->file, b->from);
	snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - body), body, b->to,
	         at + strlen(b->from));
}

static int print_failure(const struct broken *b, enum reply_result result)
{
	print_error("%s '%s' -> '%s': %d, %d at '%s' in line %d\n", b->file, b->from, b->to, result,
	            fault.result, fault.field, fault.row);
	return 1;
}

static void test_broken(void **state)
{
	int failures = 0;

	(void)state;
	for (size_t i = 0; i < BROKEN; i++) {
		const struct broken *b = &broken[i];
		enum reply_result result;

		load(b->file);
		change(b);
		result = parse(b->parser, changed, 0, &parsed, &fault);
		if (result != b->result || fault.result != result || fault.row != b->row ||
		    strcmp(fault.field, b->field) != 0)
			failures += print_failure(b, result);
	}
	assert_int_equal(failures, 0);
}

/* Changes that a parser must take. */
static const struct {
	const char *file;
	enum parser parser;
	const char *from, *to, *expected;
} accepted[] = {
	{ OLD, PWR, "51230       mV", "51230mV", "voltage_mv=51230" },
	{ OLD, PWR, "51230       mV", "\t51230\tmV", "voltage_mv=51230" },
	{ OLD, PWR, "71          %", "110%", "soc_pct=100" },
	{ OLD, PWR, "50000       mAH", "-", "total_mah=-" },
	{ OLD, PWR, "50000       mAH", "0 mAH", "total_mah=-" },
	{ OLD, PWR, "50000       mAH", "179280000 mAS", "total_mah=49800" },
	{ OLD, PWR, "54000       mV", "0 mV", "max_mv=-" },
	{ OLD, PWR, "Volt Status     : Normal", "Volt Status     : -", "volt=-" },
	{ OLD, PWR, "Volt Status     : Normal", "Volt Status     : Balance", "volt=Balance" },
	{ OLD, PWR, "Dischg", "Pre_charge.one", "base=? unknown_word=Pre_charge.one volt=Normal" },
	{ OLD, PWR, "Dischg", "Abcdefghijklmnopqrstuvwxyz", "base=? unknown_word=Abcdefghijklmno" },
	{ OLD, PWR, "Soh. Status     : Normal", "Soh. Status     : X", "soh=? unknown_word=X" },
	{ OLD, PWR, "Coul. Status    : Normal  \n Soh. Status     : Normal",
	  "Coul. Status    : First\n Soh. Status     : Second",
	  "coulomb=? soh=? unknown_word=First" },
	{ EVT, PWR, "48800       mAH", "0 mAH", "real_mah=-" },
	{ EVT, PWR, "0x2 ", "0xfFA09 ", "bat_events=0xffa09+BHV" },
	{ EVT, PWR, "0x2        BHV ",
	  "0x2 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA BBBBBBBB CCCCCCC",
	  "bat_events=0x2+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+CCCCCCC" },
	{ INF, INFO, "48V/50AH", "51.25V/49.5AH", "capacity_mah=49500" },
	{ INF, INFO, "48V/50AH", "48V/0AH", "capacity_mah=-" },
	{ INF, INFO, "48V/50AH", "48V/50Ah", "capacity_mah=- specification=48V/50Ah" },
	{ INF, INFO, "48V/50AH", "48V/50AHx", "capacity_mah=-" },
	{ INF, INFO, "48V/50AH", "48.V/50AH", "capacity_mah=-" },
	{ INF, INFO, "48V/50AH", "50AH", "capacity_mah=-" },
	{ INF, INFO, "48V/50AH", "-", "capacity_mah=- specification=" },
	{ INF, INFO, "48V/50AH", "", "capacity_mah=- specification=" },
	{ INF, INFO, ": 15\n", ": -\n", "cells=-" },
	{ INF, INFO, ": 15\n", ": 24\n", "cells=24" },
	{ INF, INFO, "US2000\n", "US 2000  X  \n", "name=US+2000++X" },
	{ INF, INFO, "-96000mA", "96000 mA", "max_discharge_ma=96000" },
	{ STA, STAT, ":       45", ":        -", "cycles=-" },
	{ STA, STAT, "CYCLE Times", "CYCLE-Times", "cycles=- soh_pct=98" },
	{ TAB, TABLE, "3411 ", "-    ", "1.cell_low_mv=- 1.cell_high_mv=3419" },
	{ TAB, TABLE, "2024-03-05 07:08:09", "-", "1.soc_pct=71 1.cell_temp=Normal" },
	{ TAB, TABLE, "Dischg   Normal", "Dischg   Odd   ",
	  "1.volt=? 1.unknown_word=Odd 2.unknown_word=" },
	{ BO, BAT, "3411 ", "5000 ", "0.mv=5000" },
	{ BO, BAT, " 71%      35500 mAH", " -", "0.soc_pct=- 0.mah=- 1.soc_pct=71" },
	{ BO, BAT, " 71%      35500 mAH", " 35500mAH", "0.soc_pct=- 0.mah=35500" },
	{ BO, BAT, "Dischg", "Rest", "0.base=? 1.base=Dischg" },
	{ BO, BAT, "Base State   Volt. State", "Base State Volt. State", "0.volt=Normal" },
	{ "us3000d-bat1.txt", BAT, "Normal       Normal       58%", "High         Low          58%",
	  "0.temp=High" },
	{ BN, BAT, "      N\n", "      -\n", "0.balancing=-" },
	{ SYS, PWRSYS, "24500    mA", "0    mA", "charge_ma=0" },
	{ SYS, PWRSYS, "Recommend chg voltage", "Xecommend chg voltage",
	  "charge_mv=- discharge_mv=46500" },
	{ SYS, PWRSYS, "System is charging", "System is idle", "charge_mv=53250" },
};

static void test_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
		struct broken b = { .file = accepted[i].file, .from = accepted[i].from,
		                    .to = accepted[i].to };

		load(b.file);
		change(&b);
		if (parse(accepted[i].parser, changed, 0, &parsed, &fault) != REPLY_OK)
			fail_msg("%s '%s' -> '%s': at '%s' in line %d", b.file, b.from, b.to,
			         fault.field, fault.row);
		expect_values(b.to, accepted[i].parser, &parsed, accepted[i].expected);
		expect_plausible(b.to, accepted[i].parser, &parsed);
	}
}

/* Every range: its ends are taken, one step further is not. */
static const struct edge {
	const char *file;
	enum parser parser;
	const char *from, *to; /* the number is put in for the `#` */
	int32_t min, max;
	const char *field;
} edges[] = {
	{ OLD, PWR, "51230       mV", "# mV", 10000, 70000, "Voltage" },
	{ OLD, PWR, "-4310       mA", "# mA", -300000, 300000, "Current" },
	{ OLD, PWR, "22000       mC", "# mC", -40000, 100000, "Temperature" },
	{ OLD, PWR, "71          %", "#%", 0, 110, "Coulomb" },
	{ OLD, PWR, "50000       mAH", "# mAH", 0, 1000000, "Total Coulomb" },
	{ EVT, PWR, "48800       mAH", "# mAH", 0, 1000000, "Real Coulomb" },
	{ OLD, PWR, "54000       mV", "# mV", 0, 70000, "Max Voltage" },
	{ OLD, PWR, "Power  1", "Power  #", 1, 16, "Power" },
	{ BO, BAT, "3411 ", "# ", 0, 5000, "Volt" },
	{ BO, BAT, "-4310 ", "# ", -300000, 300000, "Curr" },
	{ BO, BAT, "19000 ", "# ", -40000, 100000, "Tempr" },
	{ BN, BAT, "44% ", "#% ", 0, 110, "SOC" },
	{ BO, BAT, "71% ", "#% ", 0, 110, "Coulomb" },
	{ BO, BAT, "35500 ", "# ", 0, 1000000, "Coulomb" },
	{ TAB, TABLE, "51230 ", "# ", 10000, 70000, "Volt" },
	{ TAB, TABLE, "-4310 ", "# ", -300000, 300000, "Curr" },
	{ TAB, TABLE, "22000 ", "# ", -40000, 100000, "Tempr" },
	{ TAB, TABLE, "19000 ", "# ", -40000, 100000, "Tlow" },
	{ TAB, TABLE, "21000  3411", "# 3411", -40000, 100000, "Thigh" },
	{ TAB, TABLE, "3411 ", "# ", 0, 5000, "Vlow" },
	{ TAB, TABLE, "3419 ", "# ", 0, 5000, "Vhigh" },
	{ TAB, TABLE, "71% ", "#% ", 0, 110, "Coulomb" },
	{ "us3000c-pwr-table.txt", TABLE, "27300 ", "# ", -40000, 150000, "MosTempr" },
	{ INF, INFO, "Device address      : 1", "Device address : #", 1, 16, "Device address" },
	{ INF, INFO, "Cell Number         : 15", "Cell Number : #", 1, 24, "Cell Number" },
	{ "extra2000-info1.txt", INFO, "Cell Count          : 15", "Cell Count : #", 1, 24, NULL },
	{ INF, INFO, "-96000mA", "#mA", 1, 300000, "Max Dischg Curr" },
	{ INF, INFO, "98000mA", "#mA", 1, 300000, "Max Charge Curr" },
	{ STA, STAT, ":       45", ": #", 0, 100000, "CYCLE Times" },
	{ STA, STAT, ":       98", ": #", 0, 100, "SOH" },
	{ SYS, PWRSYS, "53250    mV", "# mV", 10000, 70000, "Recommend chg voltage" },
	{ SYS, PWRSYS, "46500    mV", "# mV", 10000, 70000, "Recommend dsg voltage" },
	{ SYS, PWRSYS, "24500    mA", "# mA", 0, 300000, "Recommend chg current" },
	{ SYS, PWRSYS, "73500    mA", "# mA", 0, 4800000, "system Recommend chg current" },
};

static void expect_edge(const struct edge *e, int32_t value, bool taken)
{
	char to[64];
	struct broken b = { .file = e->file, .from = e->from, .to = to };
	const char *number = strchr(e->to, '#');
	enum reply_result result;

	snprintf(to, sizeof to, "%.*s%d%s", (int)(number - e->to), e->to, value, number + 1);
	change(&b);
	result = parse(e->parser, changed, 0, &parsed, &fault);
	if ((result == REPLY_OK) != taken)
		fail_msg("%s: %s: %d", e->file, to, result);
	if (taken)
		expect_plausible(to, e->parser, &parsed);
	else if (e->field != NULL)
		assert_string_equal(fault.field, e->field);
}

static void test_edges(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT_OF(edges); i++) {
		load(edges[i].file);
		expect_edge(&edges[i], edges[i].min, true);
		expect_edge(&edges[i], edges[i].max, true);
		expect_edge(&edges[i], edges[i].min - 1, false);
		expect_edge(&edges[i], edges[i].max + 1, false);
	}
}

static void test_fields_tell_the_layout(void **state)
{
	uint32_t with_curr;

	(void)state;
	load(BO);
	assert_int_equal(parse(BAT, body, 0, &parsed, &fault), REPLY_OK);
	with_curr = parsed.bat.fields;
	load("pytes-v5-bat1.txt");
	assert_int_equal(parse(BAT, body, 0, &parsed, &fault), REPLY_OK);
	assert_int_equal(with_curr & ~parsed.bat.fields, 1u << 1);

	load(EVT);
	assert_int_equal(parse(PWR, body, 0, &parsed, &fault), REPLY_OK);
	with_curr = parsed.pwr.fields;
	load(OLD);
	assert_int_equal(parse(PWR, body, 0, &parsed, &fault), REPLY_OK);
	assert_int_equal(with_curr & ~parsed.pwr.fields, 1u << 5);
}

static void test_empty(void **state)
{
	static const char *const nothing[] = { "", "\n", " \n\t\n", "@\n", "?\n", ":\n", "Power\n",
	                                       "Battery\n", "-\n", "--\n", "a:b\n" };

	(void)state;
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
		for (int p = 0; p < PARSERS; p++)
			assert_int_equal(parse((enum parser)p, nothing[i], 0, &parsed, &fault),
			                 REPLY_DAMAGED);
	assert_int_equal(parse(TABLE, "Power Base.St\n", 0, &parsed, &fault), REPLY_DAMAGED);
	assert_string_equal(fault.field, "Power");
	assert_int_equal(parse(TABLE, "Power Base.St Odd\n1 Idle\n", 0, &parsed, &fault),
	                 REPLY_DAMAGED);
	assert_string_equal(fault.field, "Odd");
	assert_int_equal(parse(BAT, "Battery Volt Tempr\n", 0, &parsed, &fault), REPLY_DAMAGED);
	assert_string_equal(fault.field, "Battery");
	assert_int_equal(parse(BAT, "Battery Volt Tempr\n0 3300 20000\n", 0, &parsed, &fault),
	                 REPLY_OK);
}

static void test_words(void **state)
{
	(void)state;
	for (int w = WORD_NONE; w < WORDS; w++)
		assert_non_null(reply_word_name((enum word)w));
	assert_string_equal(reply_word_name(WORD_NONE), "-");
	assert_string_equal(reply_word_name(WORD_UNKNOWN), "?");
	assert_string_equal(reply_word_name(WORD_SYSERROR), "SysError");
}

static void test_integers(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int32_t value;
	} rows[] = {
		{ "0", true, 0 },          { "-0", true, 0 },    { "007", true, 7 },
		{ "999999999", true, 999999999 }, { "-999999999", true, -999999999 },
		{ "1000000000", false, 0 }, { "", false, 0 },    { "-", false, 0 },
		{ "1 ", false, 0 },        { "0x1", false, 0 },  { "1.0", false, 0 },
	};
	int32_t value;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(reply_scan_integer(reply_scan_of(rows[i].text), &value),
		                 rows[i].good);
		if (rows[i].good)
			assert_int_equal(value, rows[i].value);
	}
	assert_false(reply_scan_amount(NULL, reply_scan_of(""), NULL, 9, &value));
	assert_false(reply_scan_word(reply_scan_of("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixtures),
		cmocka_unit_test(test_crossed),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_fields_tell_the_layout),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
