/* bench: the engine on a bench, with a small battery at its port and a clock of numbers.
 *
 * The battery answers each command by a text in the shape of a US2000's, with the values of its modules; what
 * it shall do wrong is set by the test. The bench carries out what the engine orders, keeps what it says, and
 * checks on every step what must hold at any time. */
#ifndef TEST_BENCH_H
#define TEST_BENCH_H

#include "check.h"

#include "core/engine/engine.h"
#include "core/rack/rack_age.h"

#define BENCH_DELAY_MS 120 /* from a command to its whole reply */
#define BENCH_LINES_MAX 256
#define BENCH_TRACE_MAX 8192
#define BENCH_MODULES 8 /* rows of its table */

struct bench_module {
	bool there;
	int32_t current_ma, temp_mc, soc_pct;
	int cells, info_cells;
	int32_t cell_mv;
	int32_t seventh_mv;       /* cell 7 alone; 0: as the others */
	int32_t pack_mv;          /* 0: the sum of the cells */
	int32_t total_mah;
	const char *barcode, *firmware, *base, *coulomb, *soh;
	const char *bat_events, *power_events; /* with the names behind them */
};

enum bench_fault { BENCH_DAMAGE, BENCH_MUTE, BENCH_CUT, BENCH_REFUSE };

/* What goes wrong with the next `times` commands of this kind; address 0: any module. */
struct bench_trouble {
	enum bench_fault fault;
	enum command_kind kind;
	uint8_t address;
	int times;
};

struct bench {
	struct settings settings;
	struct engine engine;
	struct engine_actions actions; /* of the last step */
	int64_t now_ms;
	/* the battery */
	struct bench_module module[RACK_MODULES_MAX];
	bool dead, asleep, no_port, taken_port; /* of the last: another program holds it */
	bool no_table, no_pwrsys, no_stat;
	bool bare_table;     /* its columns of extremes are empty */
	int32_t slow_ms;     /* how much later than BENCH_DELAY_MS a reply is whole */
	bool getpwr;          /* the console knows it */
	bool getpwr_nonsense; /* but what it says has no temperatures */
	int32_t getpwr_off_mv; /* by how much its cells differ from those of `bat` */
	bool wants_login, logged_in, login_fails;
	const char *shy; /* what it says to a command before the login */
	bool high_voltage, stat_nonsense, pwrsys_nonsense;
	int32_t table_vlow_mv, table_tlow_mc; /* instead of the modules' in the table; 0: theirs */
	const char *absent; /* what it says to a command for a module that is not there; NULL: nothing */
	struct bench_trouble trouble;
	/* the line */
	bool open;
	int32_t baud;
	bool port_event, replying;
	int64_t reply_ms;
	char reply[8192];
	size_t length;
	/* what was seen */
	char trace[BENCH_TRACE_MAX];
	char line[BENCH_LINES_MAX][REPORT_LINE_MAX]; /* down to level info */
	int lines, debug_lines;
	int banks, kept, links, statuses, modules[RACK_MODULES_MAX], opens;
	int64_t bank_ms, module_ms[RACK_MODULES_MAX];
	bool online; /* as the status topic says */
	int exit_status;
};

#define BENCH_EPOCH_MS 1000000

static inline void bench_settings(struct bench *b, uint32_t addresses)
{
	memset(b, 0, sizeof *b);
	settings_defaults(&b->settings);
	strcpy(b->settings.serial.port, "/dev/ttyBENCH");
	b->settings.serial.baud = 19200;
	b->settings.battery.addresses = addresses;
	b->now_ms = BENCH_EPOCH_MS;
	b->exit_status = ENGINE_EXIT_NONE;
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		b->module[i] = (struct bench_module){
			.there = addresses >> i & 1, .current_ma = 0, .temp_mc = 20000, .soc_pct = 50,
			.cells = 15, .info_cells = 15, .cell_mv = 3300, .total_mah = 50000,
			.barcode = "PXBENCH", .firmware = "B10.4", .base = "Idle", .coulomb = "Normal", .soh = "Normal",
			.bat_events = "0x0",
			.power_events = "0x0",
		};
}

/* Starts the engine with b->settings. */
static inline void bench_start(struct bench *b)
{
	engine_init(&b->engine, &b->settings, b->now_ms);
}

/* Modules 1 to `modules`, as the list says. */
static inline void bench_init(struct bench *b, int modules)
{
	bench_settings(b, (UINT32_C(1) << modules) - 1);
	bench_start(b);
}

/* ---- The battery ---- */

static inline void put(struct bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void put(struct bench *b, const char *format, ...)
{
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(b->reply + b->length, sizeof b->reply - b->length, format, list);
	va_end(list);
	assert_true(length >= 0 && (size_t)length < sizeof b->reply - b->length);
	b->length += (size_t)length;
}

static inline int32_t bench_cell_mv(const struct bench_module *m, int cell)
{
	return cell == 6 && m->seventh_mv != 0 ? m->seventh_mv : m->cell_mv;
}

static inline int32_t bench_pack_mv(const struct bench_module *m)
{
	int32_t sum = 0;

	for (int i = 0; i < m->cells; i++)
		sum += bench_cell_mv(m, i);
	return m->pack_mv != 0 ? m->pack_mv : sum;
}

static inline void put_table(struct bench *b)
{
	static const char dashes[] = "- - - - - - - Absent - - - - - - -";

	if (b->high_voltage)
		put(b, "AverageTempr   : 20900\r\r\nDC Volt        : 311902\r\r\n");
	put(b, "Power Volt Curr Tempr Tlow Thigh Vlow Vhigh Base.St Volt.St Curr.St Temp.St Coulomb Time "
	       "B.V.St B.T.St\r\r\n");
	for (int i = 0; i < BENCH_MODULES; i++) {
		const struct bench_module *m = &b->module[i];

		if (!m->there)
			put(b, "%d %s\r\r\n", i + 1, dashes);
		else if (b->bare_table)
			put(b, "%d %d %d %d - - - - %s Normal Normal Normal %d%% 2024-03-05 07:08:09 Normal Normal\r\r\n", i + 1,
			    bench_pack_mv(m), m->current_ma, m->temp_mc, m->base, m->soc_pct);
		else
			put(b, "%d %d %d %d %d %d %d %d %s Normal Normal Normal %d%% 2024-03-05 07:08:09 Normal "
			       "Normal\r\r\n", i + 1, bench_pack_mv(m), m->current_ma, m->temp_mc,
			    b->table_tlow_mc ? b->table_tlow_mc : m->temp_mc,
			    m->temp_mc, b->table_vlow_mv ? b->table_vlow_mv : m->cell_mv, bench_cell_mv(m, 6),
			    m->base, m->soc_pct);
	}
}

static inline void put_pwr(struct bench *b, const struct bench_module *m, int address)
{
	put(b, " ----------------------------\r\r\n Power  %d\r\r\n", address);
	put(b, " Voltage         : %d       mV\r\r\n", bench_pack_mv(m));
	put(b, " Current         : %d       mA\r\r\n", m->current_ma);
	put(b, " Temperature     : %d       mC\r\r\n", m->temp_mc);
	put(b, " Coulomb         : %d          %%\r\r\n", m->soc_pct);
	put(b, " Total Coulomb   : %d       mAH\r\r\n", m->total_mah);
	put(b, " Basic Status    : %s  \r\r\n Volt Status     : Normal  \r\r\n", m->base);
	put(b, " Coul. Status    : %s  \r\r\n", m->coulomb);
	put(b, " Soh. Status     : %s  \r\r\n", m->soh);
	put(b, " Bat Events      : %s  \r\r\n", m->bat_events);
	put(b, " Power Events    : %s  \r\r\n", m->power_events);
	put(b, " System Fault    : 0x0        \r\r\n ----------------------------\r\r\n");
}

static inline void put_bat(struct bench *b, const struct bench_module *m)
{
	put(b, "Battery  Volt  Curr  Tempr  Base State  Volt. State  Curr. State  Temp. State  Coulomb\r\r\n");
	for (int i = 0; i < m->cells; i++)
		put(b, "%d %d %d %d %s Normal Normal Normal %d%% %d mAH\r\r\n", i, bench_cell_mv(m, i),
		    m->current_ma, m->temp_mc, m->base, m->soc_pct, m->total_mah / 100 * m->soc_pct);
}

static inline void put_getpwr(struct bench *b, const struct bench_module *m)
{
	put(b, "%d# %d# %d# %d# %s# Normal# Normal# Normal#\r\r\n", bench_pack_mv(m), m->current_ma, m->temp_mc,
	    m->total_mah / 100 * m->soc_pct, m->base);
	for (int i = 0; i < m->cells; i++)
		put(b, b->getpwr_nonsense ? "%d# Normal# Normal#\r\r\n" : "%d# %d# Normal# Normal#\r\r\n",
		    bench_cell_mv(m, i) + b->getpwr_off_mv, m->temp_mc);
	put(b, "0#\r\r\n1#\r\r\n");
}

static inline void put_info(struct bench *b, const struct bench_module *m, int address)
{
	put(b, "Device address      : %d\r\r\nDevice name         : US2000\r\r\n", address);
	put(b, "Main Soft version   : %s\r\r\nBarcode             : %s\r\r\n", m->firmware, m->barcode);
	put(b, "Specification       : 48V/50AH\r\r\nCell Number         : %d\r\r\n", m->info_cells);
	put(b, "Max Dischg Curr     : -96000mA\r\r\nMax Charge Curr     : 98000mA\r\r\n");
}

static inline const char *bench_refusal(const struct bench *b, struct command command)
{
	bool unknown = (command.kind == COMMAND_PWR_TABLE && b->no_table) ||
	               (command.kind == COMMAND_PWRSYS && b->no_pwrsys) ||
	               (command.kind == COMMAND_STAT && b->no_stat) ||
	               (command.kind == COMMAND_GETPWR && !b->getpwr) ||
	               (b->wants_login && !b->logged_in && command.kind != COMMAND_LOGIN) ||
	               (b->login_fails && command.kind == COMMAND_LOGIN);

	if (unknown && b->wants_login && b->shy)
		return b->shy;
	if (unknown)
		return "Unknown command 'x' - try 'help'";
	return command.address != 0 && !b->module[command.address - 1].there ? b->absent : NULL;
}

static inline void put_body(struct bench *b, struct command command)
{
	const struct bench_module *m = &b->module[(command.address + 15) % 16];

	switch (command.kind) {
	case COMMAND_PWR_TABLE:
		put_table(b);
		break;
	case COMMAND_PWRSYS:
		put(b, " Recommend dsg voltage    : %s    mV\r\r\n", b->pwrsys_nonsense ? "4650?" : "46500");
		break;
	case COMMAND_INFO:
		put_info(b, m, command.address);
		break;
	case COMMAND_PWR:
		put_pwr(b, m, command.address);
		break;
	case COMMAND_BAT:
		put_bat(b, m);
		break;
	case COMMAND_GETPWR:
		put_getpwr(b, m);
		break;
	case COMMAND_STAT:
		put(b, "Device address           %d\r\r\nCYCLE Times     :      %s\r\r\n", command.address,
		    b->stat_nonsense ? "2_1" : "211");
		break;
	default: /* login debug */
		b->logged_in = true;
		break;
	}
}

static inline void put_reply(struct bench *b, struct command command)
{
	const char *refusal = bench_refusal(b, command);
	char echo[COMMAND_BYTES_MAX];

	command_echo(command, echo);
	put(b, "%s\n\r@\r\r\n", echo);
	if (refusal) {
		put(b, "%s\r\r\n", refusal);
	} else {
		put_body(b, command);
		put(b, "Command completed successfully\r\n\r");
	}
	put(b, "$$\r\n\r%s>", b->logged_in ? "pylon_debug" : "pylon");
}

/* ---- What goes wrong ---- */

static inline bool bench_troubled(struct bench *b, struct command command)
{
	struct bench_trouble *t = &b->trouble;

	if (t->times == 0 || t->kind != command.kind ||
	    (t->address != 0 && t->address != command.address))
		return false;
	t->times--;
	return true;
}

static inline void bench_spoil(struct bench *b, struct command command)
{
	char echo[COMMAND_BYTES_MAX];

	switch (b->trouble.fault) {
	case BENCH_DAMAGE:
		b->reply[b->length / 2] = '\x01';
		break;
	case BENCH_MUTE:
		b->replying = false;
		break;
	case BENCH_CUT:
		b->length /= 2;
		break;
	case BENCH_REFUSE:
		command_echo(command, echo);
		b->length = 0;
		put(b, "%s\n\r@\r\r\nInvalid command or fail to excute.\r\r\n$$\r\n\rpylon>", echo);
		break;
	}
}

static inline void bench_answer(struct bench *b, struct command command)
{
	b->length = 0;
	b->replying = true;
	b->reply_ms = b->now_ms + BENCH_DELAY_MS + b->slow_ms;
	if (command.kind == COMMAND_WAKE) {
		b->asleep = b->asleep && b->baud != 1200;
		b->replying = false;
	} else if (b->dead || b->asleep || b->baud != 19200) {
		b->replying = false;
	} else if (command.kind == COMMAND_NEWLINE) {
		put(b, "\n\r\n\r%s>", b->logged_in ? "pylon_debug" : "pylon");
	} else if (command.address != 0 && !b->module[command.address - 1].there && !b->absent) {
		b->replying = false;
	} else {
		put_reply(b, command);
		if (bench_troubled(b, command))
			bench_spoil(b, command);
	}
}

/* ---- The bench ---- */

static inline void bench_trace(struct bench *b, struct command command)
{
	static const char *const names[COMMAND_KINDS] = {
		[COMMAND_NEWLINE] = "", [COMMAND_WAKE] = "wake", [COMMAND_LOGIN] = "login",
		[COMMAND_PWR_TABLE] = "pwr", [COMMAND_PWRSYS] = "pwrsys", [COMMAND_INFO] = "info",
		[COMMAND_PWR] = "pwr", [COMMAND_BAT] = "bat", [COMMAND_STAT] = "stat",
		[COMMAND_GETPWR] = "getpwr",
	};
	size_t used = strlen(b->trace);

	if (command.kind == COMMAND_NEWLINE || used > sizeof b->trace - 16)
		return;
	snprintf(b->trace + used, sizeof b->trace - used, "%s%s", used ? " " : "", names[command.kind]);
	used = strlen(b->trace);
	if (command.address != 0)
		snprintf(b->trace + used, sizeof b->trace - used, "%d", command.address);
}

static inline void bench_keep_lines(struct bench *b)
{
	for (int i = 0; i < b->actions.log.count; i++) {
		const struct report_line *line = &b->actions.log.line[i];

		assert_true(strlen(line->text) > 0 && strlen(line->text) < sizeof line->text);
		if (line->level == LEVEL_DEBUG)
			b->debug_lines++;
		else if (b->lines < BENCH_LINES_MAX)
			strcpy(b->line[b->lines++], line->text);
	}
}

/* What holds for every message: it has figures, and the driver's second lies between two of a topic. */
static inline void bench_keep_messages(struct bench *b)
{
	const struct engine_actions *a = &b->actions;
	struct figures figures;

	b->links += a->publish_link;
	if (a->publish_bank || a->publish_modules != 0)
		assert_true(b->engine.evaluated_ms == b->now_ms); /* what leaves is as of now */
	b->statuses += a->publish_status;
	b->kept += a->keep_history;
	if (a->publish_status)
		b->online = engine_online(&b->engine);
	if (a->publish_bank) {
		assert_true(engine_bank_figures(&b->engine, &figures));
		assert_true(figures.power_mw.known && figures.voltage_mv.known && figures.soc_milli.known);
		assert_true(b->bank_ms == 0 || b->now_ms - b->bank_ms > 1000);
		b->bank_ms = b->now_ms;
		b->banks++;
	}
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		if (!(a->publish_modules >> i & 1))
			continue;
		assert_true(engine_module_figures(&b->engine, i + 1, &figures));
		assert_true(b->module_ms[i] == 0 || b->now_ms - b->module_ms[i] > 1000);
		b->module_ms[i] = b->now_ms;
		b->modules[i]++;
	}
}

static inline void bench_carry_out(struct bench *b)
{
	const struct engine_actions *a = &b->actions;

	if (a->close_port)
		b->open = b->replying = false;
	if (a->open_port) {
		b->opens++;
		b->open = !b->no_port && !b->taken_port;
		b->port_event = true;
	}
	for (int i = 0; i < a->orders && b->open; i++) {
		if (a->order[i].kind == SESSION_SET_SPEED)
			b->baud = a->order[i].speed_baud;
		else if (a->order[i].kind == SESSION_FLUSH_INPUT)
			b->replying = false;
		else {
			bench_trace(b, a->order[i].command);
			bench_answer(b, a->order[i].command);
		}
	}
}

static inline void bench_apply(struct bench *b)
{
	bench_keep_lines(b);
	bench_keep_messages(b);
	bench_carry_out(b);
	b->exit_status = b->actions.exit_status;
}

static inline void bench_step(struct bench *b, enum engine_event_kind kind)
{
	struct engine_event event = { .kind = kind, .text = "cannot open /dev/ttyBENCH: no such file",
		                      .taken = b->taken_port };

	if (kind == ENGINE_BYTES) {
		b->replying = false;
		event.bytes = (const uint8_t *)b->reply;
		event.length = b->length;
	}
	engine_step(&b->engine, b->now_ms, &event, &b->actions);
	bench_apply(b);
}

/* The port goes away, as the shell would tell. */
static inline void bench_unplug(struct bench *b)
{
	b->no_port = true;
	b->open = b->replying = b->port_event = false;
	bench_step(b, ENGINE_PORT_FAILED);
}

/* Takes the next thing that happens until `end_ms`; false: nothing does until then. */
static inline bool bench_next(struct bench *b, int64_t end_ms)
{
	int64_t next = engine_deadline(&b->engine);

	/* the port may rest, but silence must not be found out with a reply lying there */
	assert_true(engine_read_after(&b->engine) < session_deadline(&b->engine.session));
	if (b->replying && b->reply_ms < next)
		next = b->reply_ms;
	if (b->port_event)
		next = b->now_ms;
	if (next > end_ms)
		return false;
	b->now_ms = next > b->now_ms ? next : b->now_ms;
	if (b->port_event) {
		b->port_event = false;
		bench_step(b, b->open ? ENGINE_PORT_OPENED : ENGINE_PORT_FAILED);
	} else {
		bench_step(b, b->replying && b->reply_ms <= b->now_ms ? ENGINE_BYTES : ENGINE_TICK);
	}
	return true;
}

/* Lets `ms` go by, or less when the engine wants to end. */
static inline void bench_run(struct bench *b, int64_t ms)
{
	int64_t end_ms = b->now_ms + ms, last_ms = b->now_ms;
	int still = 0;

	while (b->exit_status == ENGINE_EXIT_NONE && bench_next(b, end_ms)) {
		still = b->now_ms == last_ms ? still + 1 : 0;
		last_ms = b->now_ms;
		assert_true(still < 50); /* or the deadline lies in the past and the daemon spins */
	}
	if (b->exit_status == ENGINE_EXIT_NONE)
		b->now_ms = end_ms;
}

/* Until the present pass has ended; it must within a minute. */
static inline void bench_run_pass(struct bench *b)
{
	uint32_t passes = b->engine.passes;
	int64_t end_ms = b->now_ms + 60000;

	while (b->engine.passes == passes && bench_next(b, end_ms))
		;
	assert_int_equal(b->engine.passes, passes + 1);
}

/* Until a command, as the trace spells it, has been sent anew. */
static inline void bench_run_until_sent(struct bench *b, const char *command)
{
	int64_t end_ms = b->now_ms + 60000;

	b->trace[0] = '\0';
	while (strstr(b->trace, command) == NULL)
		assert_true(bench_next(b, end_ms));
}

/* To the pause between two passes. */
static inline void bench_run_to_pause(struct bench *b)
{
	while (b->engine.in_pass)
		assert_true(bench_next(b, b->now_ms + 5000));
}

static inline void bench_forget(struct bench *b)
{
	b->trace[0] = '\0';
	b->lines = b->debug_lines = b->banks = b->links = b->statuses = b->opens = 0;
	memset(b->modules, 0, sizeof b->modules);
}

/* How many lines down to level info hold `text`. */
static inline int bench_said(const struct bench *b, const char *text)
{
	int count = 0;

	for (int i = 0; i < b->lines; i++)
		count += strstr(b->line[i], text) != NULL;
	return count;
}

#endif
