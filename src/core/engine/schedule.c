#include "core/engine/schedule.h"

#include <string.h>

#define MINUTE_MS (60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)

/* Times that a command is sent again in one visit. */
#define TRIES_DAMAGED 3
#define TRIES_LATE 2

/* Addresses without a module are tried again (protection.md, "Losing the battery"). */
#define SCAN_SOON_MS (10 * 1000)
#define SCAN_SOON_FOR_MS (2 * MINUTE_MS)
#define SCAN_LATER_MS (5 * MINUTE_MS)
#define SCAN_ADDRESSES 8 /* what the DIP switches of an Extra2000 can say */

/* The table is read between the slow replies again: so often at most, and so that it takes two thirds of the
 * wire's time at most, however long it is (19200 baud: 0.7 s for 8 rows, 1.5 s for 16). After so many failures
 * in a row it is left to the start of a pass. */
#define GLANCE_MS 1000
#define GLANCE_FAILURES 3

/* `getpwr` is given up after so many failures or disagreements in a row. */
#define FAST_FAILURES 3

enum scope { STACK, MODULE };

static const struct schedule_row {
	enum command_kind kind;
	enum scope scope;
	bool required;      /* a module is nothing without it */
	bool slow;          /* once it was good: at most one of these a pass, and not in the first */
	int32_t interval_ms; /* 0: in every pass */
} rows[] = {
	{ COMMAND_PWR_TABLE, STACK, false, false, 0 },
	{ COMMAND_PWRSYS, STACK, false, false, MINUTE_MS }, /* its wishes bound the first limits, too */
	{ COMMAND_INFO, MODULE, false, false, HOUR_MS },
	{ COMMAND_PWR, MODULE, true, false, 0 },
	{ COMMAND_BAT, MODULE, true, false, 0 }, /* MINUTE_MS where `getpwr` is trusted */
	{ COMMAND_GETPWR, MODULE, false, false, 0 },
	{ COMMAND_STAT, MODULE, false, true, HOUR_MS },
};

#define ROWS ((int)(sizeof rows / sizeof rows[0]))
_Static_assert(ROWS <= SCHEDULE_ROWS_MAX, "schedule holds a time for every row");

static int row_of(enum command_kind kind)
{
	int row = 0;

	while (row < ROWS - 1 && rows[row].kind != kind)
		row++;
	return row;
}

void schedule_init(struct schedule *s)
{
	memset(s, 0, sizeof *s);
	s->scan_ms = s->first_ms = RACK_NEVER;
	for (int row = 0; row < SCHEDULE_ROWS_MAX; row++)
		for (int address = 0; address <= RACK_MODULES_MAX; address++)
			s->asked_ms[row][address] = RACK_NEVER;
}

/* It has a bank to show: what can wait waits. */
static bool first_pass(const struct schedule *s)
{
	return s->pass_ms == s->first_ms;
}

void schedule_console_found(struct schedule *s)
{
	memset(s->refused, 0, sizeof s->refused);
	if (first_pass(s)) /* the first limits are to know all that bounds them */
		s->row = s->address = s->tries = 0;
}

void schedule_module_back(struct schedule *s, int address)
{
	s->asked_ms[row_of(COMMAND_INFO)][address] = RACK_NEVER;
	for (int row = 0; row < ROWS; row++)
		s->refused[row][address] = false;
}

void schedule_module_swapped(struct schedule *s, int address)
{
	s->asked_ms[row_of(COMMAND_STAT)][address] = RACK_NEVER;
}

bool schedule_required(enum command_kind kind)
{
	return rows[row_of(kind)].required;
}

bool schedule_refused(const struct schedule *s, enum command_kind kind, int address)
{
	return s->refused[row_of(kind)][address];
}

/* With `addresses = auto` and no table to look at, silent addresses have to be tried one by one. */
static bool scan_due(const struct schedule *s, const struct settings *settings, int64_t now_ms)
{
	bool soon = now_ms - s->first_ms < SCAN_SOON_FOR_MS;

	if (settings->battery.addresses != 0 || s->table_seen)
		return false;
	return s->scan_ms == RACK_NEVER ||
	       now_ms - s->scan_ms >= (soon ? SCAN_SOON_MS : SCAN_LATER_MS);
}

void schedule_begin(struct schedule *s, const struct settings *settings, const struct rack *rack,
                    int64_t now_ms)
{
	if (s->first_ms == RACK_NEVER)
		s->first_ms = now_ms;
	s->pass_ms = now_ms;
	s->row = s->address = s->tries = 0;
	s->again = s->slow_done = s->glancing = false;
	s->glance_tries = 0;
	s->whole = true;
	s->missing = 0;
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		s->missing |= (uint32_t)(rack->module[i].state == MODULE_LOST || !rack->module[i].wanted) << i;
	s->scanning = scan_due(s, settings, now_ms);
}

static bool read_in_this_pass(const struct schedule *s, enum command_kind kind, int address)
{
	return s->asked_ms[row_of(kind)][address] >= s->pass_ms;
}

bool schedule_fast_on_trial(const struct schedule *s, int address)
{
	return read_in_this_pass(s, COMMAND_BAT, address);
}

/* While it is untried `bat` comes before it in every visit, to be compared with. */
static bool fast_wanted(const struct schedule *s, int address)
{
	return s->fast[address] == SCHEDULE_FAST_TRUSTED ||
	       (s->fast[address] == SCHEDULE_FAST_UNTRIED && (s->eager || !first_pass(s)));
}

static int64_t interval_ms(const struct schedule *s, int row, int address)
{
	bool replaced = rows[row].kind == COMMAND_BAT && s->fast[address] == SCHEDULE_FAST_TRUSTED;

	return replaced ? MINUTE_MS : rows[row].interval_ms;
}

static bool due(const struct schedule *s, int row, int address, int64_t now_ms)
{
	int64_t asked = s->asked_ms[row][address];

	if (s->refused[row][address] || (rows[row].kind == COMMAND_GETPWR && !fast_wanted(s, address)))
		return false;
	if (rows[row].slow && !s->eager && (s->slow_done || first_pass(s)))
		return false;
	return asked == RACK_NEVER || now_ms - asked >= interval_ms(s, row, address);
}

/* Whether an address without a module is to be tried in this pass. */
static bool scanned(const struct schedule *s, const struct rack *rack, int address)
{
	bool full = rack->module[SCAN_ADDRESSES - 1].wanted;

	return s->scanning && !s->table_seen && (address <= SCAN_ADDRESSES || full);
}

/* A module that is lost, or only supposed, gets one command a pass until it answers that. */
static bool allowed(const struct schedule *s, const struct rack *rack, int row, int address)
{
	const struct module *m = &rack->module[address - 1];

	if (!m->wanted && !scanned(s, rack, address))
		return false;
	if (m->wanted && m->state != MODULE_LOST)
		return true;
	if (m->pwr_ms != RACK_NEVER && m->pwr_ms >= s->pass_ms)
		return true;
	return rows[row].kind == COMMAND_PWR;
}

static bool present_is_due(const struct schedule *s, const struct rack *rack, int64_t now_ms)
{
	if ((rows[s->row].scope == STACK) != (s->address == 0))
		return false;
	return (s->address == 0 || allowed(s, rack, s->row, s->address)) &&
	       due(s, s->row, s->address, now_ms);
}

bool schedule_glances(const struct schedule *s)
{
	return s->table_seen && s->table_tells && s->glance_failures < GLANCE_FAILURES;
}

const char *schedule_fast_name(enum schedule_fast fast)
{
	static const char *const names[] = {
		[SCHEDULE_FAST_UNTRIED] = "untried",
		[SCHEDULE_FAST_TRUSTED] = "used",
		[SCHEDULE_FAST_REFUSED] = "not used",
	};

	return names[fast];
}

/* Whether the table is to be read before the present command. What is being read again is not kept waiting. */
static bool glance_due(const struct schedule *s, int64_t now_ms)
{
	int64_t gap_ms = s->table_took_ms * 3 / 2;

	if (!schedule_glances(s) || s->address == 0 || s->tries > 0 || first_pass(s))
		return false;
	return now_ms - s->table_sent_ms >= (gap_ms > GLANCE_MS ? gap_ms : GLANCE_MS);
}

static void next_module(struct schedule *s)
{
	s->address++;
	s->row = s->tries = 0;
	s->again = false;
}

static void next_row(struct schedule *s)
{
	s->tries = 0;
	if (++s->row == ROWS)
		next_module(s);
}

bool schedule_next(struct schedule *s, const struct rack *rack, int64_t now_ms,
                   struct command *command)
{
	while (s->address <= RACK_MODULES_MAX) {
		if (present_is_due(s, rack, now_ms)) {
			s->glancing |= glance_due(s, now_ms);
			*command = s->glancing ? (struct command){ COMMAND_PWR_TABLE, 0 }
			                       : (struct command){ rows[s->row].kind, (uint8_t)s->address };
			if (command->kind == COMMAND_PWR_TABLE)
				s->table_sent_ms = now_ms;
			return true;
		}
		next_row(s);
	}
	if (s->scanning)
		s->scan_ms = s->pass_ms;
	return false;
}

/* Whether the present module is lost, or only supposed to be there. */
static bool missing(const struct schedule *s, const struct rack *rack)
{
	const struct module *m;

	if (s->address == 0)
		return false;
	m = &rack->module[s->address - 1];
	return !m->wanted || m->state == MODULE_LOST;
}

static void fast_failed(struct schedule *s, int address)
{
	bool often = ++s->fast_failures[address] >= FAST_FAILURES;

	s->fast[address] = often ? SCHEDULE_FAST_REFUSED : SCHEDULE_FAST_UNTRIED;
}

void schedule_fast_compared(struct schedule *s, int address, bool agrees)
{
	if (!agrees) {
		fast_failed(s, address);
		return;
	}
	s->fast[address] = SCHEDULE_FAST_TRUSTED;
	s->fast_failures[address] = 0;
}

void schedule_firmware_changed(struct schedule *s, int address)
{
	s->fast[address] = SCHEDULE_FAST_UNTRIED;
	s->fast_failures[address] = 0;
}

/* The `bat` that it stood for is read in its place. */
static void bat_instead(struct schedule *s)
{
	bool there = schedule_fast_on_trial(s, s->address);

	next_row(s);
	if (!there)
		s->row = row_of(COMMAND_BAT);
}

/* The master answers for all modules: what it does not know for one it does not know for the others. */
static void fast_refused(struct schedule *s)
{
	for (int address = 1; address <= RACK_MODULES_MAX; address++)
		s->fast[address] = SCHEDULE_FAST_REFUSED;
	bat_instead(s);
}

/* Goes on after a command that will not be sent again in this visit. */
static void give_up(struct schedule *s)
{
	if (rows[s->row].kind == COMMAND_GETPWR) {
		fast_failed(s, s->address);
		bat_instead(s);
		return;
	}
	/* a module that was known to be lost does not spoil the pass of the others */
	s->whole &= s->address != 0 && (s->missing >> (s->address - 1) & 1);
	if (rows[s->row].required)
		next_module(s);
	else
		next_row(s);
}

static void table_ended_well(struct schedule *s, int64_t now_ms)
{
	s->table_seen = true;
	s->table_took_ms = now_ms - s->table_sent_ms;
	s->glance_failures = 0;
}

static void ended_well(struct schedule *s, int64_t now_ms)
{
	s->asked_ms[s->row][s->address] = now_ms;
	s->slow_done |= rows[s->row].slow;
	if (rows[s->row].kind == COMMAND_PWR_TABLE)
		table_ended_well(s, now_ms);
	next_row(s);
}

/* A glance that failed is no failure of the pass: the next one comes when it is due. */
static void glance_ended(struct schedule *s, enum schedule_end end, int64_t now_ms)
{
	bool again = end != SCHEDULE_GOOD && end != SCHEDULE_LATE && end != SCHEDULE_REFUSED;

	if (again && ++s->glance_tries < TRIES_DAMAGED)
		return;
	s->glancing = false;
	s->glance_tries = 0;
	s->glance_failures++;
	if (end == SCHEDULE_GOOD)
		table_ended_well(s, now_ms);
}

static void ended_refused(struct schedule *s)
{
	if (rows[s->row].kind == COMMAND_GETPWR) {
		fast_refused(s);
	} else if (rows[s->row].required) {
		give_up(s);
	} else {
		s->refused[s->row][s->address] = true;
		next_row(s);
	}
}

static void ended_badly(struct schedule *s, const struct rack *rack, enum schedule_end end)
{
	int most = end == SCHEDULE_LATE ? TRIES_LATE : TRIES_DAMAGED;

	if (++s->tries >= most || (missing(s, rack) && end == SCHEDULE_LATE)) {
		give_up(s);
	} else if (end == SCHEDULE_DOUBTED && rows[s->row].kind == COMMAND_BAT && !s->again) {
		s->again = true;
		s->row = row_of(COMMAND_PWR);
	}
}

void schedule_done(struct schedule *s, const struct rack *rack, enum schedule_end end,
                   int64_t now_ms)
{
	if (s->glancing)
		glance_ended(s, end, now_ms);
	else if (end == SCHEDULE_GOOD)
		ended_well(s, now_ms);
	else if (end == SCHEDULE_REFUSED)
		ended_refused(s);
	else
		ended_badly(s, rack, end);
}
