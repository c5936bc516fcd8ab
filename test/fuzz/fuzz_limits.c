/* The limits walk: readings that are plausible or not, modules that go and fail, time; against what must hold on
 * every step, and beside each step the same step with one thing worse, which may give no higher limit. */
#include "bounds.h"
#include "fuzz.h"
#include "members.h"
#include "scene.h"

#include "core/output/bank.h"

#define STEPS_MAX 200
#define CVL (1u << LIMIT_CVL)
#define CCL (1u << LIMIT_CCL)
#define DCL (1u << LIMIT_DCL)
#define ALL (CVL | CCL | DCL)

struct walk {
	struct scene scene;
	struct limits limits;
	struct dynamics dynamics;
	struct limits_subject last;
	int sound, answering, together;
	int64_t now_ms;
};

/* ---- Settings ---- */

static void change_setting(struct fuzz *f, struct settings *s)
{
	const struct settings_row row = member_row(fuzz_byte(f) % member_count());
	int32_t low = row.least, high = row.most, value;
	struct settings before = *s;

	if (row.kind != SETTINGS_INT && row.kind != SETTINGS_MILLI && row.kind != SETTINGS_BOOL)
		return;
	if (row.kind == SETTINGS_BOOL) {
		*((bool *)s + row.offset) ^= true;
		return;
	}
	value = low + (int32_t)((int64_t)fuzz_word(f) * ((int64_t)high - low) / 65535);
	memcpy((char *)s + row.offset, &value, sizeof value);
	if (member_out_of_order(s) != NULL)
		*s = before;
}

/* ---- What changes ---- */

static struct reply_cell *a_cell(struct fuzz *f, struct module *m)
{
	return &m->bat.cell[fuzz_byte(f) % m->bat.cells];
}

static void change_cell(struct fuzz *f, struct module *m)
{
	a_cell(f, m)->mv = opt_some(fuzz_within(f, 1900, 3900));
}

static void change_cells(struct fuzz *f, struct module *m)
{
	int32_t mv = fuzz_within(f, 1900, 3900);

	for (int i = 0; i < m->bat.cells; i++)
		m->bat.cell[i].mv = opt_some(mv);
	m->pwr.voltage_mv = opt_some(mv * m->bat.cells);
}

/* Of the range that replies may have. */
static void change_sense(struct fuzz *f, struct module *m)
{
	a_cell(f, m)->mv = opt_some(fuzz_within(f, 0, 5000));
}

static void lose_cell(struct fuzz *f, struct module *m)
{
	a_cell(f, m)->mv = opt_none();
}

static int32_t a_temperature(struct fuzz *f)
{
	return fuzz_within(f, -200, 650) * 100;
}

static void change_temperature(struct fuzz *f, struct module *m)
{
	m->pwr.temp_mc = opt_some(a_temperature(f));
}

static void change_cell_temperature(struct fuzz *f, struct module *m)
{
	int i = fuzz_byte(f) % m->bat.cells;

	m->bat.cell[i].temp_mc = opt_some(a_temperature(f));
	m->temps_seen |= UINT32_C(1) << i;
}

static void lose_temperature(struct fuzz *f, struct module *m)
{
	a_cell(f, m)->temp_mc = opt_none();
}

static void change_soc(struct fuzz *f, struct module *m)
{
	m->pwr.soc_pct = opt_some(fuzz_within(f, 0, 100));
}

static void change_current(struct fuzz *f, struct module *m)
{
	m->pwr.current_ma = opt_some(fuzz_within(f, -30000, 30000) * 10);
}

static void change_pack(struct fuzz *f, struct module *m)
{
	m->pwr.voltage_mv = opt_some(fuzz_within(f, 10000, 70000));
}

static struct reply_events *an_event_word(struct fuzz *f, struct module *m)
{
	struct reply_events *words[] = { &m->pwr.bat_events, &m->pwr.power_events, &m->pwr.system_fault };

	return words[fuzz_byte(f) % 3];
}

static void change_events(struct fuzz *f, struct module *m)
{
	static const char *const names[] = { "", "BUV", "PUV COC", "SC", "DOC", "BOT", "BOV COULFULL" };
	struct reply_events *e = an_event_word(f, m);
	int bit = fuzz_within(f, -8, 31);

	e->bits = bit < 0 ? 0 : e->bits | UINT32_C(1) << bit;
	strcpy(e->names, names[fuzz_byte(f) % (sizeof names / sizeof names[0])]);
}

static void change_word(struct fuzz *f, struct module *m)
{
	enum word *words[] = { &m->pwr.base, &m->pwr.volt, &m->pwr.current, &m->pwr.temp, &m->pwr.soh };

	*words[fuzz_byte(f) % 5] = (enum word)(fuzz_byte(f) % WORDS);
}

static void change_row(struct fuzz *f, struct module *m)
{
	uint8_t known = fuzz_byte(f);
	struct opt *value[] = { &m->row.cell_low_mv, &m->row.cell_high_mv, &m->row.temp_low_mc,
		                &m->row.temp_high_mc, &m->row.mos_temp_mc };

	memset(&m->row, 0, sizeof m->row);
	m->row.address = m->address;
	m->row_ms = known & 0x80 ? RACK_NEVER : 0; /* read_modules makes it young */
	for (int i = 0; i < 5; i++)
		if (known >> i & 1)
			*value[i] = opt_some(i < 2 ? fuzz_within(f, 0, 5000) : a_temperature(f));
}

static void change_maxima(struct fuzz *f, struct module *m)
{
	m->info_ms = 0;
	m->info.max_charge_ma = opt_some(fuzz_within(f, 1, 65000));
	m->info.max_discharge_ma = opt_some(fuzz_within(f, 1, 65000));
}

static void change_presence(struct fuzz *f, struct module *m)
{
	uint8_t what = fuzz_byte(f);

	m->state = what % 3 == 1 ? MODULE_LOST : MODULE_ONLINE;
	m->failed = what % 3 == 2;
}

static void mend(struct fuzz *f, struct module *m)
{
	(void)f;
	for (int i = 0; i < m->bat.cells; i++) {
		m->bat.cell[i].mv = opt_some(3300);
		m->bat.cell[i].temp_mc = opt_some(20000);
	}
	m->pwr.voltage_mv = opt_some(3300 * m->bat.cells);
	m->pwr.temp_mc = opt_some(20000);
	m->pwr.bat_events.bits = m->pwr.power_events.bits = m->pwr.system_fault.bits = 0;
	m->pwr.base = WORD_IDLE;
	m->pwr.volt = m->pwr.current = m->pwr.temp = m->pwr.soh = WORD_NORMAL;
}

static void (*const changes[])(struct fuzz *f, struct module *m) = {
	change_cell, change_cells, change_sense, lose_cell, change_temperature, change_cell_temperature,
	lose_temperature, change_soc, change_current, change_pack, change_events, change_word, change_row,
	change_maxima, change_presence, mend,
};

static void change_wish(struct fuzz *f, struct rack *rack)
{
	struct reply_pwrsys *p = &rack->pwrsys;
	struct opt *value[] = { &p->charge_mv, &p->charge_ma, &p->discharge_ma, &p->system_charge_ma,
		                &p->system_discharge_ma };
	int i = fuzz_byte(f) % 5;

	rack->pwrsys_ms = 0;
	*value[i] = fuzz_byte(f) & 1 ? opt_none() : opt_some(fuzz_within(f, i == 0 ? 10000 : 0, 60000));
}

/* ---- What is worse ---- */

static struct rack_reading reading_of(const struct walk *w, const struct module *m)
{
	struct rack_reading r;

	rack_read(&w->scene.rack, m, &w->scene.settings, w->now_ms, &r);
	return r;
}

static bool raise_cell(struct fuzz *f, const struct walk *w, struct module *m)
{
	const struct settings_protection *p = &w->scene.settings.protection;
	struct reply_cell *cell = a_cell(f, m);
	struct rack_reading r = reading_of(w, m);
	int32_t to = cell->mv.value + fuzz_byte(f);

	if (!cell->mv.known || to > p->sense_high_mv || rack_sense_failed(&w->scene.settings, cell->mv.value))
		return false;
	if (r.cell_low.value.value == cell->mv.value) /* a deep cell may recover by it */
		return false;
	cell->mv.value = to;
	return true;
}

static bool lower_cell(struct fuzz *f, const struct walk *w, struct module *m)
{
	const struct settings_protection *p = &w->scene.settings.protection;
	struct reply_cell *cell = a_cell(f, m);
	struct rack_reading r = reading_of(w, m);
	int32_t to = cell->mv.value - fuzz_byte(f);

	if (!cell->mv.known || to < p->sense_low_mv || rack_sense_failed(&w->scene.settings, cell->mv.value))
		return false;
	if (r.cell_high.value.value == cell->mv.value) /* a full cell may be released by it */
		return false;
	cell->mv.value = to;
	return true;
}

static bool cool(struct fuzz *f, const struct walk *w, struct module *m)
{
	struct rack_reading r = reading_of(w, m);

	if (m->pwr.temp_mc.value == r.temp_high.value.value)
		return false;
	m->pwr.temp_mc.value -= fuzz_byte(f) * 100;
	return true;
}

static bool heat(struct fuzz *f, const struct walk *w, struct module *m)
{
	struct rack_reading r = reading_of(w, m);

	if (m->pwr.temp_mc.value == r.temp_low.value.value)
		return false;
	m->pwr.temp_mc.value += fuzz_byte(f) * 100;
	return true;
}

static bool drain(struct fuzz *f, const struct walk *w, struct module *m)
{
	(void)w;
	m->pwr.soc_pct.value = fuzz_within(f, 0, m->pwr.soc_pct.value);
	return true;
}

static bool fill(struct fuzz *f, const struct walk *w, struct module *m)
{
	(void)w;
	m->pwr.soc_pct.value = fuzz_within(f, m->pwr.soc_pct.value, 100);
	return true;
}

static bool charge_more(struct fuzz *f, const struct walk *w, struct module *m)
{
	(void)w;
	m->pwr.current_ma.value += (int32_t)fuzz_word(f);
	return m->pwr.current_ma.value > 0;
}

static bool discharge_more(struct fuzz *f, const struct walk *w, struct module *m)
{
	(void)w;
	m->pwr.current_ma.value -= (int32_t)fuzz_word(f);
	return m->pwr.current_ma.value < 0;
}

static bool sag(struct fuzz *f, const struct walk *w, struct module *m)
{
	(void)w;
	m->pwr.voltage_mv.value -= (int32_t)fuzz_word(f) % 5000;
	return true;
}

static bool more_events(struct fuzz *f, const struct walk *w, struct module *m)
{
	(void)w;
	an_event_word(f, m)->bits |= UINT32_C(1) << fuzz_byte(f) % 32;
	return true;
}

static bool system_error(struct fuzz *f, const struct walk *w, struct module *m)
{
	(void)f;
	(void)w;
	m->pwr.base = WORD_SYSERROR;
	return true;
}

static bool hear_of_row(struct fuzz *f, const struct walk *w, struct module *m)
{
	if (m->row_ms != RACK_NEVER)
		return false;
	change_row(f, m);
	m->row_ms = m->row_ms == RACK_NEVER ? RACK_NEVER : w->now_ms;
	return true;
}

static bool hear_of_maxima(struct fuzz *f, const struct walk *w, struct module *m)
{
	(void)w;
	if (m->info_ms != RACK_NEVER)
		return false;
	change_maxima(f, m);
	return true;
}

static const struct worse {
	const char *name;
	bool (*spoil)(struct fuzz *f, const struct walk *w, struct module *m); /* false: not possible here */
	unsigned kinds; /* limits that may not be higher by it */
} worses[] = {
	{ "a higher cell", raise_cell, CVL | CCL },
	{ "a lower cell", lower_cell, DCL },
	{ "colder", cool, ALL },
	{ "hotter", heat, ALL },
	{ "less SoC", drain, DCL },
	{ "more SoC", fill, CVL | CCL },
	{ "more charge", charge_more, CVL | CCL },
	{ "more discharge", discharge_more, DCL },
	{ "less voltage", sag, CVL | DCL },
	{ "more events", more_events, ALL },
	{ "SysError", system_error, ALL },
	{ "a row of the table", hear_of_row, ALL },
	{ "maxima of info", hear_of_maxima, ALL },
};

/* ---- Steps ---- */

/* Modules in good order first, as the engine has them. */
static void read_modules(struct walk *w)
{
	struct scene *s = &w->scene;

	w->sound = w->answering = 0;
	for (int failed = 0; failed <= 1; failed++) {
		for (int i = 0; i < s->modules; i++) {
			struct module *m = &s->rack.module[i];

			if (m->state != MODULE_ONLINE || m->failed != failed)
				continue;
			m->pwr_ms = m->bat_ms = w->now_ms;
			m->row_ms = m->row_ms == RACK_NEVER ? RACK_NEVER : w->now_ms;
			rack_read(&s->rack, m, &s->settings, w->now_ms, &s->reading[w->answering++]);
		}
		if (!failed)
			w->sound = w->answering;
	}
}

static void judge(struct walk *w)
{
	struct scene *s = &w->scene;

	bank_subject(&s->rack, &s->settings, s->reading, w->sound, &s->bank);
	limits_step(&w->limits, &s->settings, s->reading, w->answering, &s->bank, w->now_ms);
}

static void expect_not_higher(const char *what, const struct limits_set *good, const struct limits_set *bad,
                              const struct settings *settings, unsigned kinds)
{
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++) {
		int32_t most = good->limit[k];

		/* a block is published as what the owner allows while blocked */
		if (k == LIMIT_DCL && bad->discharge_blocked && most < settings->limits.discharge_blocked_current_ma)
			most = settings->limits.discharge_blocked_current_ma;
		if ((kinds >> k & 1) && bad->limit[k] > most)
			fail_msg("%s: limit %d is %d instead of %d (%s, %s)", what, (int)k, (int)bad->limit[k],
			         (int)good->limit[k], bad->reason[k].rule, good->reason[k].rule);
	}
	if (kinds & CCL)
		assert_true(bad->charge_blocked || !good->charge_blocked);
	if (kinds & DCL)
		assert_true(bad->discharge_blocked || !good->discharge_blocked);
}

/* The step just taken from `before`, once more with something worse. */
static void step_worse(struct fuzz *f, const struct walk *w, const struct limits *before)
{
	static struct walk bad;
	const struct worse *worse = &worses[fuzz_byte(f) % (sizeof worses / sizeof worses[0])];
	int i = w->scene.reading[fuzz_byte(f) % w->sound].address - 1;

	bad = *w;
	bad.limits = *before;
	if (!worse->spoil(f, w, &bad.scene.rack.module[i]))
		return;
	read_modules(&bad);
	judge(&bad);
	expect_not_higher(worse->name, &w->limits.bank_set, &bad.limits.bank_set, &w->scene.settings, worse->kinds);
	expect_not_higher(worse->name, &w->limits.module_set[i], &bad.limits.module_set[i], &w->scene.settings,
	                  worse->kinds);
}

static void expect_module(const struct walk *w, const struct limits *before, const struct rack_reading *r)
{
	const struct limits_module_memory *was = &before->memory.module[r->address - 1];
	const struct limits_module_memory *is = &w->limits.memory.module[r->address - 1];

	expect_bounds(&w->limits.module_set[r->address - 1], &w->scene.settings, r->cells, 1);
	if (r->failed_cells == 0 && r->lost_temps == 0)
		return;
	for (enum limits_kind k = 0; k < LIMIT_KINDS && was->judged; k++)
		assert_true(is->limit[k] <= was->limit[k]); /* what is not seen raises nothing */
}

static void step_bank(struct walk *w, struct fuzz *f)
{
	static struct limits before;
	struct scene *s = &w->scene;

	before = w->limits;
	judge(w);
	expect_bounds(&w->limits.bank_set, &s->settings, s->reading[0].cells, w->sound);
	for (int i = 0; i < w->answering; i++)
		expect_module(w, &before, &s->reading[i]);
	step_worse(f, w, &before);
	w->last = s->bank;
	w->together = w->sound;
}

static void step_lost(struct walk *w)
{
	w->last.modules = w->together;
	limits_step_lost(&w->limits, &w->scene.settings, &w->last, w->dynamics.published, w->now_ms);
	expect_bounds(&w->limits.bank_set, &w->scene.settings, w->last.cells, w->together);
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++)
		assert_true(w->limits.bank_set.limit[k] <= w->dynamics.published[k]);
}

static void step(struct walk *w, struct fuzz *f)
{
	struct dynamics before = w->dynamics;
	int32_t ms = fuzz_within(f, 0, 3000) * (fuzz_byte(f) % 16 == 0 ? 1000 : 1);

	w->now_ms += ms;
	read_modules(w);
	if (w->sound > 0)
		step_bank(w, f);
	else if (w->together > 0)
		step_lost(w);
	else
		return;
	dynamics_step(&w->dynamics, &w->scene.settings, w->limits.bank_set.limit, w->together, w->now_ms);
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++)
		assert_true(w->dynamics.published[k] <= w->limits.bank_set.limit[k]);
	expect_ramp(&before, &w->dynamics, &w->scene.settings, ms, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct walk w;
	struct fuzz f = { data, size };

	memset(&w, 0, sizeof w);
	scene_init(&w.scene, fuzz_within(&f, 1, RACK_MODULES_MAX));
	limits_init(&w.limits);
	for (int left = fuzz_byte(&f) % 4; left > 0; left--)
		change_setting(&f, &w.scene.settings);
	for (int i = 0; i < STEPS_MAX && f.left > 0; i++) {
		for (int left = fuzz_byte(&f) % 8; left > 0; left--) {
			uint8_t what = fuzz_byte(&f) % (sizeof changes / sizeof changes[0] + 1);

			if (what == sizeof changes / sizeof changes[0])
				change_wish(&f, &w.scene.rack);
			else
				changes[what](&f, &w.scene.rack.module[fuzz_byte(&f) % w.scene.modules]);
		}
		step(&w, &f);
	}
	return 0;
}
