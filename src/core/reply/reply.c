#include "core/reply/reply.h"

#include "core/reply/reply_columns.h"
#include "core/reply/reply_pairs.h"

#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static const char *const none[] = { NULL };

/* info 2
 *
 *   Device address      : 2
 *   Manufacturer        : Pylon
 *   Device name         : US2000
 *   Board version       : BOARDV10R01
 *   Main Soft version   : B10.4
 *   Soft  version       : V1.2
 *   Boot  version       : V1.1
 *   Comm version        : V2.0
 *   Release Date        : 19-03-14
 *   Barcode             : PXTAB01234567890
 *   Specification       : 48V/50AH
 *   Cell Number         : 15
 *   Max Dischg Curr     : -100000mA
 *   Max Charge Curr     : 102000mA
 *   Console Port rate   : 115200
 */
#define AT(member) offsetof(struct reply_info, member)
static const struct reply_field info_fields[] = {
	{ "Device address", REPLY_INT, REPLY_NEEDED, AT(address), NULL, 0, 255, 0 },
	{ "Manufacturer", REPLY_TEXT, REPLY_OPTIONAL, AT(manufacturer), NULL, 0, 0, 0 },
	{ "Device name", REPLY_TEXT, REPLY_OPTIONAL, AT(name), NULL, 0, 0, 0 },
	{ "Main Soft version", REPLY_TEXT, REPLY_OPTIONAL, AT(firmware), NULL, 0, 0, 0 },
	{ "Barcode", REPLY_TEXT, REPLY_OPTIONAL, AT(barcode), NULL, 0, 0, 0 },
	{ "Specification", REPLY_TEXT, REPLY_OPTIONAL, AT(specification), NULL, 0, 0, 0 },
	{ "Cell Number", REPLY_INT, REPLY_OPTIONAL, AT(cells), NULL, 1, 1000, 0 },
	{ "Cell Count", REPLY_INT, REPLY_OPTIONAL, AT(cells), NULL, 1, 1000, 0 },
	{ "Max Dischg Curr", REPLY_MAGNITUDE, REPLY_OPTIONAL, AT(max_discharge_ma), "mA",
	  1, 300000, 0 },
	{ "Max Charge Curr", REPLY_MAGNITUDE, REPLY_OPTIONAL, AT(max_charge_ma), "mA",
	  1, 300000, 0 },
};
#undef AT

static const struct reply_pairs info_pairs = {
	info_fields, COUNT(info_fields), NULL, none, none
};

/* pwr 2
 *
 *   ----------------------------
 *   Power  2
 *   Voltage         : 49200       mV
 *   Current         : -5150       mA
 *   Temperature     : 21000       mC
 *   Coulomb         : 64          %
 *   Total Coulomb   : 50000       mAH
 *   Real Coulomb    : 49100       mAH
 *   Max Voltage     : 54000       mV
 *   Charge Times    : 0
 *   Basic Status    : Dischg
 *   Discharge Sec.  : 340     s
 *   Volt Status     : Normal
 *   Current Status  : Normal
 *   Tmpr. Status    : Normal
 *   Coul. Status    : Normal
 *   Soh. Status     : Normal
 *   Heater Status   : OFF
 *   Protect ENA     : BOV BHV BLV BUV POV PHV PLV PUV COC DOC SC LCOUL
 *   Bat Events      : 0x0
 *   Power Events    : 0x2000     COULFULL
 *   System Fault    : 0x0
 *   ----------------------------
 */
#define AT(member) offsetof(struct reply_pwr, member)
static const struct reply_field pwr_fields[] = {
	{ "Voltage", REPLY_INT, REPLY_NEEDED, AT(voltage_mv), "mV", 10000, 70000, 0 },
	{ "Current", REPLY_INT, REPLY_NEEDED, AT(current_ma), "mA", -300000, 300000, 0 },
	{ "Temperature", REPLY_INT, REPLY_NEEDED, AT(temp_mc), "mC", -40000, 100000, 0 },
	{ "Coulomb", REPLY_PERCENT, REPLY_NEEDED, AT(soc_pct), NULL, 0, 0, 0 },
	{ "Total Coulomb", REPLY_INT, REPLY_OPTIONAL, AT(total_mah), "mAH", 0, 1000000, 0 },
	{ "Real Coulomb", REPLY_INT, REPLY_OPTIONAL, AT(real_mah), "mAH", 0, 1000000, 0 },
	{ "Max Voltage", REPLY_INT, REPLY_OPTIONAL, AT(max_mv), "mV", 0, 70000, 0 },
	{ "Basic Status", REPLY_WORD, REPLY_NEEDED, AT(base), NULL, 0, 0, 0 },
	{ "Volt Status", REPLY_WORD, REPLY_OPTIONAL, AT(volt), NULL, 0, 0, 0 },
	{ "Current Status", REPLY_WORD, REPLY_OPTIONAL, AT(current), NULL, 0, 0, 0 },
	{ "Tmpr. Status", REPLY_WORD, REPLY_OPTIONAL, AT(temp), NULL, 0, 0, 0 },
	{ "Coul. Status", REPLY_WORD, REPLY_OPTIONAL, AT(coulomb), NULL, 0, 0, 0 },
	{ "Soh. Status", REPLY_WORD, REPLY_OPTIONAL, AT(soh), NULL, 0, 0, 0 },
	{ "Bat Events", REPLY_EVENTS, REPLY_NEEDED, AT(bat_events), NULL, 0, 0, 0 },
	{ "Power Events", REPLY_EVENTS, REPLY_NEEDED, AT(power_events), NULL, 0, 0, 0 },
	{ "System Fault", REPLY_EVENTS, REPLY_NEEDED, AT(system_fault), NULL, 0, 0, 0 },
};
#undef AT

static const char *const pwr_foreign[] = { "AverageTempr", "DC Volt", "Bat Volt", NULL };

static const struct reply_pairs pwr_pairs = {
	pwr_fields, COUNT(pwr_fields), "Power", none, pwr_foreign
};

/* bat 2: the old, the new and the D layout, with fewer blanks; Pytes V5 has no Curr column
 *
 *   Battery  Volt  Curr   Tempr  Base State  Volt. State  Curr. State  Temp. State  Coulomb
 *   0        3290  -5150  20000  Dischg      Normal       Normal       Normal       64%  32000 mAH
 *
 *   ...  Curr. State  Temp. State  SOC          Coulomb      BAL
 *        Normal       Normal       64%         32000 mAH      N
 *
 *   ...  Curr. State  DTemp. State CTemp. State SOC          Coulomb          BAL
 *        Normal       Normal       Normal       64%         32000 mAH          N
 */
#define AT(member) offsetof(struct reply_cell, member)
static const struct reply_field bat_fields[] = {
	{ "Volt", REPLY_INT, REPLY_NEEDED, AT(mv), NULL, 0, 5000, 0 },
	{ "Curr", REPLY_INT, REPLY_OPTIONAL, REPLY_NOWHERE, NULL, -300000, 300000, 0 },
	{ "Tempr", REPLY_INT, REPLY_NEEDED, AT(temp_mc), NULL, -40000, 100000, 0 },
	{ "Base State", REPLY_WORD, REPLY_OPTIONAL, AT(base), NULL, 0, 0, 0 },
	{ "Volt. State", REPLY_WORD, REPLY_OPTIONAL, AT(volt), NULL, 0, 0, 0 },
	{ "Curr. State", REPLY_WORD, REPLY_OPTIONAL, AT(current), NULL, 0, 0, 0 },
	{ "Temp. State", REPLY_WORD, REPLY_OPTIONAL, AT(temp), NULL, 0, 0, 0 },
	{ "DTemp. State", REPLY_WORD, REPLY_OPTIONAL, AT(temp), NULL, 0, 0, 0 },
	{ "CTemp. State", REPLY_WORD, REPLY_OPTIONAL, AT(temp), NULL, 0, 0, 0 },
	{ "SOC", REPLY_PERCENT, REPLY_OPTIONAL, AT(soc_pct), NULL, 0, 0, 0 },
	{ "Coulomb", REPLY_CHARGE, REPLY_OPTIONAL, AT(mah), "mAH", 0, 1000000, AT(soc_pct) },
	{ "BAL", REPLY_YESNO, REPLY_OPTIONAL, AT(balancing), NULL, 0, 0, 0 },
};
#undef AT

static const char *const bat_foreign[] = {
	"Time", "A.Tempr", "C.Curr", "D.Curr", "B.State", "BalVolt", "Bat", NULL
};

static const struct reply_columns bat_columns = {
	"Battery", bat_fields, COUNT(bat_fields), bat_foreign
};

/* pwr: 8 or 16 rows. Newer models add MosTempr and M.T.St, the newest Tlow.Id, Thigh.Id, Vlow.Id,
 * Vhigh.Id and SysAlarm.St; old firmware ends with Coulomb; Pytes V5 adds Barcode and DevType.
 *
 *   Power Volt   Curr   Tempr  Tlow   Thigh  Vlow   Vhigh  Base.St  Volt.St  Curr.St  Temp.St  ...
 *   1     49200  -5150  21000  19000  20000  3277   3284   Dischg   Normal   Normal   Normal
 *   2     -      -      -      -      -      -      -      Absent   -        -        -
 *
 *   ...  Coulomb  Time                 B.V.St   B.T.St
 *        64%      2024-03-05 07:08:09  Normal   Normal
 *        -        -                    -        -
 */
#define AT(member) offsetof(struct reply_row, member)
static const struct reply_field table_fields[] = {
	{ "Volt", REPLY_INT, REPLY_VALUED, AT(voltage_mv), NULL, 10000, 70000, 0 },
	{ "Curr", REPLY_INT, REPLY_VALUED, AT(current_ma), NULL, -300000, 300000, 0 },
	{ "Tempr", REPLY_INT, REPLY_VALUED, AT(temp_mc), NULL, -40000, 100000, 0 },
	{ "Tlow", REPLY_INT, REPLY_OPTIONAL, AT(temp_low_mc), NULL, -40000, 100000, 0 },
	{ "Thigh", REPLY_INT, REPLY_OPTIONAL, AT(temp_high_mc), NULL, -40000, 100000, 0 },
	{ "Vlow", REPLY_INT, REPLY_OPTIONAL, AT(cell_low_mv), NULL, 0, 5000, 0 },
	{ "Vhigh", REPLY_INT, REPLY_OPTIONAL, AT(cell_high_mv), NULL, 0, 5000, 0 },
	{ "Base.St", REPLY_WORD, REPLY_NEEDED, AT(base), NULL, 0, 0, 0 },
	{ "Volt.St", REPLY_WORD, REPLY_OPTIONAL, AT(volt), NULL, 0, 0, 0 },
	{ "Curr.St", REPLY_WORD, REPLY_OPTIONAL, AT(current), NULL, 0, 0, 0 },
	{ "Temp.St", REPLY_WORD, REPLY_OPTIONAL, AT(temp), NULL, 0, 0, 0 },
	{ "Coulomb", REPLY_PERCENT, REPLY_OPTIONAL, AT(soc_pct), NULL, 0, 0, 0 },
	{ "Time", REPLY_TIME, REPLY_OPTIONAL, REPLY_NOWHERE, NULL, 0, 0, 0 },
	{ "B.V.St", REPLY_WORD, REPLY_OPTIONAL, AT(cell_volt), NULL, 0, 0, 0 },
	{ "B.T.St", REPLY_WORD, REPLY_OPTIONAL, AT(cell_temp), NULL, 0, 0, 0 },
	{ "MosTempr", REPLY_INT, REPLY_OPTIONAL, AT(mos_temp_mc), NULL, -40000, 150000, 0 },
};
#undef AT

static const char *const table_foreign[] = {
	"AverageTempr", "DC Volt", "Bat Volt", "BVlow", "BVhigh", NULL
};

static const struct reply_columns table_columns = {
	"Power", table_fields, COUNT(table_fields), table_foreign
};

/* stat 2
 *
 *   Device address           2
 *   Data Items      :      120
 *   Charge Times    :     1900
 *   ...
 *   CYCLE Times     :      211
 *   SOH             :       98
 *   Pwr Coulomb     : 115200000
 *   ...
 */
#define AT(member) offsetof(struct reply_stat, member)
static const struct reply_field stat_fields[] = {
	{ "CYCLE Times", REPLY_INT, REPLY_OPTIONAL, AT(cycles), NULL, 0, 100000, 0 },
	{ "SOH", REPLY_INT, REPLY_OPTIONAL, AT(soh_pct), NULL, 0, 100, 0 },
};
#undef AT

static const char *const stat_foreign[] = { "Pwr Coulomb(mAS)", NULL };

static const struct reply_pairs stat_pairs = {
	stat_fields, COUNT(stat_fields), "Device address", none, stat_foreign
};

/* pwrsys
 *
 *   Power System Information
 *   ---------------------------------
 *   System is charging
 *   Total Num                : 4
 *   ...
 *   Recommend chg voltage    : 53250    mV
 *   Recommend dsg voltage    : 46500    mV
 *   Recommend chg current    : 20000    mA
 *   Recommend dsg current    : -25000   mA
 *   system Recommend chg current: 80000   mA
 *   system Recommend dsg current: -100000 mA
 */
#define AT(member) offsetof(struct reply_pwrsys, member)
static const struct reply_field pwrsys_fields[] = {
	{ "Recommend chg voltage", REPLY_INT, REPLY_OPTIONAL, AT(charge_mv), "mV",
	  10000, 70000, 0 },
	{ "Recommend dsg voltage", REPLY_INT, REPLY_OPTIONAL, AT(discharge_mv), "mV",
	  10000, 70000, 0 },
	{ "Recommend chg current", REPLY_INT, REPLY_OPTIONAL, AT(charge_ma), "mA", 0, 300000, 0 },
	{ "Recommend dsg current", REPLY_MAGNITUDE, REPLY_OPTIONAL, AT(discharge_ma), "mA",
	  0, 300000, 0 },
	{ "system Recommend chg current", REPLY_INT, REPLY_OPTIONAL, AT(system_charge_ma), "mA",
	  0, 300000 * REPLY_MODULES_MAX, 0 },
	{ "system Recommend dsg current", REPLY_MAGNITUDE, REPLY_OPTIONAL,
	  AT(system_discharge_ma), "mA", 0, 300000 * REPLY_MODULES_MAX, 0 },
};
#undef AT

static const char *const pwrsys_prose[] = { "Power System Information", "System is ", NULL };

static const struct reply_pairs pwrsys_pairs = {
	pwrsys_fields, COUNT(pwrsys_fields), NULL, pwrsys_prose, none
};

/* The module that the reply names against the one that was asked (0: any). */
static enum reply_result check_module(struct reply_reader *r, const char *label, struct opt module,
                                      int asked)
{
	r->row = 0;
	if (module.value < 1 || module.value > REPLY_MODULES_MAX)
		return reply_field_blame(r, REPLY_OUT_OF_RANGE, reply_scan_of(label));
	if (asked != 0 && module.value != asked)
		return reply_field_blame(r, REPLY_WRONG_MODULE, reply_scan_of(label));
	return REPLY_OK;
}

/* A counter that real modules print as 0 when they do not know. */
static void zero_is_absent(struct opt *opt)
{
	if (opt->value == 0)
		*opt = opt_none();
}

/* Takes the capacity and the volts out of the specification. */
static void read_specification(struct reply_info *info, int32_t *mv)
{
	struct reply_span span = reply_scan_of(info->specification);
	int32_t mah;

	if (!reply_scan_specification(span, mv, &mah))
		*mv = 0;
	else if (mah > 0)
		info->capacity_mah = opt_some(mah);
}

enum reply_result reply_parse_info(const char *body, int address, struct reply_info *info,
                                   struct reply_fault *fault)
{
	struct reply_pairs_found found;
	struct reply_reader r;
	enum reply_result result;
	int32_t mv;

	*info = (struct reply_info){ 0 };
	result = reply_field_begin(&r, body, fault);
	if (result == REPLY_OK)
		result = reply_pairs_read(&r, &info_pairs, info, &found);
	/* Before any other fault: a rack of them prints lines that no low-voltage module has. */
	read_specification(info, &mv);
	if (info->cells.value > REPLY_CELLS_MAX)
		return reply_field_blame(&r, REPLY_HIGH_VOLTAGE, reply_scan_of("Cell Number"));
	if (mv > 60000)
		return reply_field_blame(&r, REPLY_HIGH_VOLTAGE, reply_scan_of("Specification"));
	return result == REPLY_OK ? check_module(&r, "Device address", info->address, address)
	                          : result;
}

enum reply_result reply_parse_pwr(const char *body, int address, struct reply_pwr *pwr,
                                  struct reply_fault *fault)
{
	struct reply_pairs_found found;
	struct reply_reader r;
	enum reply_result result;

	*pwr = (struct reply_pwr){ 0 };
	result = reply_field_begin(&r, body, fault);
	if (result != REPLY_OK)
		return result;
	r.unknown_word = pwr->unknown_word;
	result = reply_pairs_read(&r, &pwr_pairs, pwr, &found);
	if (result != REPLY_OK)
		return result;
	pwr->fields = found.fields;
	zero_is_absent(&pwr->total_mah);
	zero_is_absent(&pwr->real_mah);
	zero_is_absent(&pwr->max_mv);
	return check_module(&r, "Power", found.module, address);
}

enum reply_result reply_parse_bat(const char *body, struct reply_bat *bat,
                                  struct reply_fault *fault)
{
	struct reply_columns_head head;
	struct reply_reader r;
	struct reply_span line;
	enum reply_result result;

	*bat = (struct reply_bat){ 0 };
	result = reply_field_begin(&r, body, fault);
	if (result == REPLY_OK)
		result = reply_columns_head(&r, &bat_columns, &head);
	if (result != REPLY_OK)
		return result;
	bat->fields = head.fields;
	r.unknown_word = bat->unknown_word;
	while (result == REPLY_OK && reply_scan_line(&r.lines, &line)) {
		r.row = r.lines.row;
		if (bat->cells == REPLY_CELLS_MAX)
			return reply_field_blame(&r, REPLY_DAMAGED, reply_scan_of("Battery"));
		result = reply_columns_row(&r, &bat_columns, &head, line, bat->cells,
		                           &bat->cell[bat->cells]);
		bat->cells++;
	}
	if (bat->cells == 0)
		return reply_field_blame(&r, REPLY_DAMAGED, reply_scan_of("Battery"));
	return result;
}

static enum reply_result read_row(struct reply_reader *r, const struct reply_columns_head *head,
                                  struct reply_span line, int address, struct reply_row *row)
{
	enum reply_result result;

	row->address = (uint8_t)address;
	if (reply_columns_absent(line, address)) {
		row->absent = true;
		row->base = WORD_ABSENT;
		return REPLY_OK;
	}
	r->unknown_word = row->unknown_word;
	result = reply_columns_row(r, &table_columns, head, line, address, row);
	if (result == REPLY_OK && row->base == WORD_ABSENT)
		return reply_field_blame(r, REPLY_DAMAGED, reply_scan_of("Base.St"));
	return result;
}

enum reply_result reply_parse_table(const char *body, struct reply_table *table,
                                    struct reply_fault *fault)
{
	struct reply_columns_head head;
	struct reply_reader r;
	struct reply_span line;
	enum reply_result result;

	*table = (struct reply_table){ 0 };
	result = reply_field_begin(&r, body, fault);
	if (result == REPLY_OK)
		result = reply_columns_head(&r, &table_columns, &head);
	if (result != REPLY_OK)
		return result;
	while (result == REPLY_OK && reply_scan_line(&r.lines, &line)) {
		r.row = r.lines.row;
		if (table->rows == REPLY_MODULES_MAX)
			return reply_field_blame(&r, REPLY_DAMAGED, reply_scan_of("Power"));
		result = read_row(&r, &head, line, table->rows + 1, &table->row[table->rows]);
		table->rows++;
	}
	if (table->rows == 0)
		return reply_field_blame(&r, REPLY_DAMAGED, reply_scan_of("Power"));
	return result;
}

enum reply_result reply_parse_stat(const char *body, int address, struct reply_stat *stat,
                                   struct reply_fault *fault)
{
	struct reply_pairs_found found = { 0 };
	struct reply_reader r;
	enum reply_result result;

	*stat = (struct reply_stat){ 0 };
	result = reply_field_begin(&r, body, fault);
	if (result == REPLY_OK)
		result = reply_pairs_read(&r, &stat_pairs, stat, &found);
	if (found.module.known && found.module.value == 0)
		return reply_field_blame(&r, REPLY_HIGH_VOLTAGE, reply_scan_of("Device address"));
	if (result != REPLY_OK)
		return result;
	stat->address = found.module;
	zero_is_absent(&stat->soh_pct);
	return check_module(&r, "Device address", found.module, address);
}

enum reply_result reply_parse_pwrsys(const char *body, struct reply_pwrsys *pwrsys,
                                     struct reply_fault *fault)
{
	struct reply_pairs_found found;
	struct reply_reader r;
	enum reply_result result;

	*pwrsys = (struct reply_pwrsys){ 0 };
	result = reply_field_begin(&r, body, fault);
	if (result == REPLY_OK)
		result = reply_pairs_read(&r, &pwrsys_pairs, pwrsys, &found);
	if (result == REPLY_OK && found.fields == 0)
		return reply_field_blame(&r, REPLY_DAMAGED,
		                         reply_scan_of(pwrsys_fields[0].label));
	return result;
}
