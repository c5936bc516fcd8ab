#include "core/rack/rack.h"

#include "core/base/digest.h"
#include "core/base/text.h"

#include <string.h>

void rack_init(struct rack *rack, const struct settings *settings)
{
	memset(rack, 0, sizeof *rack);
	rack->pwrsys_ms = RACK_NEVER;
	rack->settling = true;
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		struct module *m = &rack->module[i];

		m->address = (uint8_t)(i + 1);
		m->wanted = settings->battery.addresses >> i & 1;
		m->info_ms = m->pwr_ms = m->bat_ms = m->stat_ms = m->row_ms = RACK_NEVER;
		m->faulty_ms = m->lost_oldest_ms = RACK_NEVER;
	}
}

static bool doubt(struct reply_fault *fault, enum reply_result result, const char *field)
{
	fault->result = result;
	fault->row = 0;
	text_copy(fault->field, sizeof fault->field, field);
	return false;
}

/* A line or column that was there before and is missing now is a damaged label more often than a new
 * layout: it is believed when the next reply misses it as well. */
static bool fields_confirmed(uint32_t known, uint32_t now, uint32_t *doubted)
{
	bool fine = (known & ~now) == 0 || *doubted == now;

	*doubted = now;
	return fine;
}

/* An unknown word is a damaged letter until it has come twice in a row. */
static bool word_confirmed(char doubted[REPLY_WORD_MAX], const char *word)
{
	bool fine = word[0] == '\0' || strcmp(word, doubted) == 0;

	text_copy(doubted, REPLY_WORD_MAX, word);
	return fine;
}

static bool within(int32_t a, int32_t b, int32_t tolerance_pct)
{
	int64_t difference = a > b ? a - b : b - a;

	return difference * 100 <= (int64_t)b * tolerance_pct;
}

bool rack_sense_failed(const struct settings *settings, int32_t cell_mv)
{
	return cell_mv > settings->protection.sense_high_mv || cell_mv < settings->protection.sense_low_mv;
}

/* The sum of the cells; absent when a sense line has failed, because it says nothing then. */
static struct opt cells_sum_mv(const struct reply_bat *bat, const struct settings *settings)
{
	int32_t sum = 0;

	for (int i = 0; i < bat->cells; i++) {
		if (!bat->cell[i].mv.known || rack_sense_failed(settings, bat->cell[i].mv.value))
			return opt_none();
		sum += bat->cell[i].mv.value;
	}
	return opt_some(sum);
}

/* What is known stays until the module is another one: a damaged label must not take a bound away. */
static struct opt kept(struct opt now, struct opt before)
{
	return now.known ? now : before;
}

static void kept_name(char now[REPLY_NAME_MAX], const char *before)
{
	if (now[0] == '\0')
		text_copy(now, REPLY_NAME_MAX, before);
}

static void keep_info(struct reply_info *info, const struct reply_info *before)
{
	kept_name(info->name, before->name);
	kept_name(info->firmware, before->firmware);
	kept_name(info->barcode, before->barcode);
	info->capacity_mah = kept(info->capacity_mah, before->capacity_mah);
	info->cells = kept(info->cells, before->cells);
	info->max_charge_ma = kept(info->max_charge_ma, before->max_charge_ma);
	info->max_discharge_ma = kept(info->max_discharge_ma, before->max_discharge_ma);
}

/* Another barcode is another module. One that is missing, now or before, says nothing. */
static bool another(const struct module *m, const char *barcode)
{
	return m->info_ms != RACK_NEVER && m->info.barcode[0] != '\0' && barcode[0] != '\0' &&
	       strcmp(m->info.barcode, barcode) != 0;
}

bool rack_take_info(struct rack *rack, int address, const struct reply_info *info, int64_t now_ms,
                    struct reply_fault *fault)
{
	struct module *m = &rack->module[address - 1];
	bool swapped = another(m, info->barcode);
	struct reply_info before;

	if (swapped && strcmp(m->doubt.barcode, info->barcode) != 0) {
		text_copy(m->doubt.barcode, sizeof m->doubt.barcode, info->barcode);
		return doubt(fault, REPLY_DAMAGED, "Barcode");
	}
	if (swapped) { /* another module sits here: its readings come within a pass */
		m->stat_ms = RACK_NEVER;
		m->temps_seen = 0;
	}
	before = m->info;
	m->info = *info;
	if (m->info_ms != RACK_NEVER && !swapped)
		keep_info(&m->info, &before);
	m->info_ms = now_ms;
	return true;
}

/* A pack voltage that leaves the cells is read again; two such replies that agree are the truth. */
static bool pack_confirmed(struct module *m, const struct reply_pwr *pwr,
                           const struct settings *settings)
{
	struct opt sum = m->bat_ms == RACK_NEVER ? opt_none() : cells_sum_mv(&m->bat, settings);
	int32_t tolerance = settings->protection.pack_tolerance_pct;
	struct opt before = m->doubt.pack_mv;

	m->doubt.pack_mv = opt_none();
	if (!sum.known || within(pwr->voltage_mv.value, sum.value, tolerance))
		return true;
	if (before.known && within(pwr->voltage_mv.value, before.value, tolerance))
		return true;
	m->doubt.pack_mv = pwr->voltage_mv;
	return false;
}

bool rack_take_pwr(struct rack *rack, int address, const struct reply_pwr *pwr,
                   const struct settings *settings, int64_t now_ms, struct reply_fault *fault)
{
	struct module *m = &rack->module[address - 1];
	uint32_t known = m->pwr_ms == RACK_NEVER ? 0 : m->pwr.fields;

	if (!fields_confirmed(known, pwr->fields, &m->doubt.pwr))
		return doubt(fault, REPLY_DAMAGED, "a line that was there before");
	if (!word_confirmed(m->doubt.word[0], pwr->unknown_word))
		return doubt(fault, REPLY_DAMAGED, pwr->unknown_word);
	if (!pack_confirmed(m, pwr, settings))
		return doubt(fault, REPLY_OUT_OF_RANGE, "Voltage");
	m->pwr = *pwr;
	m->pwr_ms = now_ms;
	return true;
}

/* How many cells the module has by what is known of it; 0: unknown. */
static int known_cells(const struct module *m)
{
	if (m->info_ms != RACK_NEVER && m->info.cells.known)
		return m->info.cells.value;
	return m->bat_ms == RACK_NEVER ? 0 : m->bat.cells;
}

/* Another number of rows than was known is a lost line, or a damaged digit of `info`: the second time in a row
 * it is believed. That the cells must fit the pack's voltage stands beside it. */
static bool cells_confirmed(struct module *m, int cells)
{
	bool fine = known_cells(m) == 0 || cells == known_cells(m) || cells == m->doubt.cells;

	m->doubt.cells = cells;
	return fine;
}

/* `bat N` repeats the SoC: the weakest cell's. Where a firmware always tells two, the second time is
 * believed. */
static bool soc_confirmed(struct module *m, const struct reply_bat *bat, int32_t tolerance_pct)
{
	struct opt soc = opt_none();
	bool agrees, fine;

	for (int i = 0; i < bat->cells; i++)
		soc = opt_min(soc, bat->cell[i].soc_pct);
	if (!soc.known || m->pwr_ms == RACK_NEVER)
		return true;
	agrees = soc.value - m->pwr.soc_pct.value <= tolerance_pct &&
	         m->pwr.soc_pct.value - soc.value <= tolerance_pct;
	fine = agrees || m->doubt.soc;
	m->doubt.soc = !agrees;
	return fine;
}

/* The module has spoken for its cells: what the table showed of them is past. */
static void cells_told(struct module *m, int64_t now_ms)
{
	m->bat_ms = now_ms;
	m->beyond = (struct rack_beyond){ 0 };
}

bool rack_take_bat(struct rack *rack, int address, const struct reply_bat *bat,
                   const struct settings *settings, int64_t now_ms, struct reply_fault *fault)
{
	struct module *m = &rack->module[address - 1];
	uint32_t known = m->bat_ms == RACK_NEVER ? 0 : m->bat.fields;
	struct opt sum = cells_sum_mv(bat, settings);

	if (!cells_confirmed(m, bat->cells))
		return doubt(fault, REPLY_DAMAGED, "number of cells");
	if (!fields_confirmed(known, bat->fields, &m->doubt.bat))
		return doubt(fault, REPLY_DAMAGED, "a column that was there before");
	if (!word_confirmed(m->doubt.word[1], bat->unknown_word))
		return doubt(fault, REPLY_DAMAGED, bat->unknown_word);
	if (m->pwr_ms != RACK_NEVER && sum.known &&
	    !within(m->pwr.voltage_mv.value, sum.value, settings->protection.pack_tolerance_pct))
		return doubt(fault, REPLY_OUT_OF_RANGE, "Volt");
	if (!soc_confirmed(m, bat, settings->protection.confirm_soc_pct))
		return doubt(fault, REPLY_OUT_OF_RANGE, "SOC");
	if (known_cells(m) != bat->cells)
		m->info.cells = opt_none();
	m->bat = *bat;
	cells_told(m, now_ms);
	for (int i = 0; i < bat->cells; i++)
		m->temps_seen |= (uint32_t)bat->cell[i].temp_mc.known << i;
	return true;
}

/* `bat` and `pwr` have been there before: a `getpwr` is believed only after it was compared with them. */
bool rack_take_getpwr(struct rack *rack, int address, const struct reply_getpwr *getpwr,
                      const struct settings *settings, int64_t now_ms, struct reply_fault *fault)
{
	struct module *m = &rack->module[address - 1];
	struct opt sum = cells_sum_mv(&getpwr->bat, settings);
	int32_t tolerance = settings->protection.pack_tolerance_pct;

	if (getpwr->bat.cells != m->bat.cells)
		return doubt(fault, REPLY_DAMAGED, "number of cells");
	if (!word_confirmed(m->doubt.word[1], getpwr->bat.unknown_word))
		return doubt(fault, REPLY_DAMAGED, getpwr->bat.unknown_word);
	if (sum.known && (!within(getpwr->voltage_mv.value, sum.value, tolerance) ||
	                  !within(m->pwr.voltage_mv.value, sum.value, tolerance)))
		return doubt(fault, REPLY_OUT_OF_RANGE, "Volt");
	for (int i = 0; i < m->bat.cells; i++) {
		const struct reply_cell *now = &getpwr->bat.cell[i];
		struct reply_cell *cell = &m->bat.cell[i];

		cell->mv = now->mv;
		cell->temp_mc = now->temp_mc;
		cell->volt = now->volt;
		cell->temp = now->temp;
		m->temps_seen |= (uint32_t)now->temp_mc.known << i;
	}
	text_copy(m->bat.unknown_word, sizeof m->bat.unknown_word, getpwr->bat.unknown_word);
	cells_told(m, now_ms);
	return true;
}

void rack_take_stat(struct rack *rack, int address, const struct reply_stat *stat, int64_t now_ms)
{
	struct module *m = &rack->module[address - 1];
	struct reply_stat before = m->stat;
	bool known = m->stat_ms != RACK_NEVER;

	m->stat = *stat;
	m->stat_ms = now_ms;
	if (!known)
		return;
	m->stat.cycles = kept(stat->cycles, before.cycles);
	m->stat.soh_pct = kept(stat->soh_pct, before.soh_pct);
}

void rack_take_pwrsys(struct rack *rack, const struct reply_pwrsys *pwrsys, int64_t now_ms)
{
	struct reply_pwrsys before = rack->pwrsys;
	struct reply_pwrsys *p = &rack->pwrsys;
	bool known = rack->pwrsys_ms != RACK_NEVER;

	*p = *pwrsys;
	rack->pwrsys_ms = now_ms;
	if (!known)
		return;
	p->charge_mv = kept(p->charge_mv, before.charge_mv);
	p->discharge_mv = kept(p->discharge_mv, before.discharge_mv);
	p->charge_ma = kept(p->charge_ma, before.charge_ma);
	p->discharge_ma = kept(p->discharge_ma, before.discharge_ma);
	p->system_charge_ma = kept(p->system_charge_ma, before.system_charge_ma);
	p->system_discharge_ma = kept(p->system_discharge_ma, before.system_discharge_ma);
}

static struct opt sane_cell(struct opt mv, const struct settings *settings)
{
	return mv.known && rack_sense_failed(settings, mv.value) ? opt_none() : mv;
}

static void look_beyond(struct rack_beyond *b, const struct reply_row *row, const struct settings *settings)
{
	b->cell_low_mv = opt_min(b->cell_low_mv, sane_cell(row->cell_low_mv, settings));
	b->cell_high_mv = opt_max(b->cell_high_mv, sane_cell(row->cell_high_mv, settings));
	b->temp_low_mc = opt_min(b->temp_low_mc, row->temp_low_mc);
	b->temp_high_mc = opt_max(b->temp_high_mc, row->temp_high_mc);
}

void rack_level_beyond(struct module *before, const struct module *now, const struct settings *settings)
{
	if (before->bat_ms != now->bat_ms)
		before->beyond = now->beyond;
	else if (before->row_ms != now->row_ms && before->row_ms != RACK_NEVER)
		look_beyond(&before->beyond, &before->row, settings);
}

void rack_take_table(struct rack *rack, const struct reply_table *table, const struct settings *settings, int64_t now_ms)
{
	for (int i = 0; i < table->rows; i++) {
		const struct reply_row *row = &table->row[i];
		struct module *m = &rack->module[row->address - 1];

		if (row->absent) {
			m->row_ms = RACK_NEVER;
			continue;
		}
		m->wanted |= settings->battery.addresses == 0;
		m->row = *row;
		if (!word_confirmed(m->doubt.word[2], row->unknown_word))
			m->row.unknown_word[0] = '\0';
		m->row_ms = now_ms;
		if (m->state == MODULE_ONLINE)
			look_beyond(&m->beyond, row, settings);
	}
}

void rack_note_bytes(struct module *module, enum rack_reply which, const char *body, int64_t now_ms)
{
	uint32_t *known = &module->hash[which];
	uint32_t hash = digest_of(body, strlen(body));

	if (hash != *known) {
		*known = hash;
		module->same_ms = now_ms;
		module->same_passes = 0;
	} else if (which != RACK_PWR) {
		module->same_passes++;
	}
}

#define AGREE_CELL_MV 30
#define AGREE_TEMP_MC 2000
#define AGREE_PACK_PCT 1

bool rack_getpwr_agrees(const struct module *m, const struct reply_getpwr *getpwr)
{
	if (getpwr->bat.cells != m->bat.cells || opt_apart(getpwr->temp_mc, m->pwr.temp_mc, AGREE_TEMP_MC) ||
	    !within(getpwr->voltage_mv.value, m->pwr.voltage_mv.value, AGREE_PACK_PCT))
		return false;
	for (int i = 0; i < m->bat.cells; i++)
		if (opt_apart(getpwr->bat.cell[i].mv, m->bat.cell[i].mv, AGREE_CELL_MV) ||
		    opt_apart(getpwr->bat.cell[i].temp_mc, m->bat.cell[i].temp_mc, AGREE_TEMP_MC))
			return false;
	return true;
}
