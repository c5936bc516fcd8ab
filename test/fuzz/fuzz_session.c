/* The whole session: the engine with a battery on a bench, whose replies, line and clock the input spoils.
 *
 * The first bytes choose the stack and settings, then each operation is a byte and its arguments. Between two
 * operations time goes by and the engine does what it wants; every step is judged. */
#include "bench.h"
#include "bounds.h"
#include "fuzz.h"

#include "shell/broker/json.h"
#include "shell/broker/json_discovery.h"

#define OPERATIONS_MAX 120
#define SIMULATED_MAX_MS (2 * 60 * 1000)
#define STACK_MAX BENCH_MODULES

struct world {
	struct bench b;
	struct dynamics before; /* as of the step before, */
	int64_t judged_ms;      /* and when they were worked out */
	int64_t before_ms;
	int still;              /* steps without time going by */
	bool free_dcl;          /* the whole battery was lost: DCL need not climb when it is back */
};

static struct world w;

/* ---- What must hold ---- */

/* The owner's list, written out: nothing else may ever reach the battery. */
static bool allowed(const char *bytes, size_t length)
{
	static const char *const whole[] = { "\n", "~20014682C0048520FCC3\r", "login debug\n", "pwr\n", "pwrsys\n" };
	static const char *const with_module[] = { "info ", "pwr ", "bat ", "stat ", "getpwr " };
	char command[COMMAND_BYTES_MAX + 1] = "", good[COMMAND_BYTES_MAX + 1];

	memcpy(command, bytes, length);
	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
		if (strcmp(command, whole[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof with_module / sizeof with_module[0]; i++) {
		for (int address = 1; address <= 16; address++) {
			snprintf(good, sizeof good, "%s%d\n", with_module[i], address);
			if (strcmp(command, good) == 0)
				return true;
		}
	}
	return false;
}

static void expect_orders(const struct engine_actions *a)
{
	char bytes[COMMAND_BYTES_MAX];

	assert_in_range(a->orders, 0, SESSION_ORDERS_MAX);
	for (int i = 0; i < a->orders; i++) {
		const struct session_order *o = &a->order[i];

		if (o->kind == SESSION_SEND)
			assert_true(allowed(bytes, command_bytes(o->command, bytes)));
	}
}

/* No byte of the console gets into the log that could play tricks with a terminal. */
static void expect_lines(const struct engine_actions *a)
{
	assert_in_range(a->log.count, 0, REPORT_LINES_MAX);
	for (int i = 0; i < a->log.count; i++) {
		assert_non_null(memchr(a->log.line[i].text, '\0', REPORT_LINE_MAX));
		for (const char *c = a->log.line[i].text; *c != '\0'; c++)
			assert_in_range(*c, ' ', '~');
	}
}

static void expect_figures(const struct engine *e)
{
	struct figures figures;
	int modules = e->lost ? e->modules_together : e->readings;

	if (!e->first_pass_done || !engine_bank_figures(e, &figures))
		return;
	assert_true(figures.power_mw.known && figures.voltage_mv.known && figures.soc_milli.known);
	assert_in_range(figures.soc_milli.value, 0, 100000);
	assert_in_range(figures.voltage_mv.value, 10000, 70000);
	assert_int_equal(figures.cvl_mv.known, e->settings.limits.publish);
	if (e->dynamics.known)
		expect_bounds(&e->shown, &e->settings, e->last_subject.cells, modules);
}

static void expect_step(void)
{
	const struct engine *e = &w.b.engine;

	expect_orders(&w.b.actions);
	expect_lines(&w.b.actions);
	expect_figures(e);
	expect_ramp(&w.before, &e->dynamics, &e->settings, w.b.now_ms - w.judged_ms,
	            w.free_dcl ? 1u << LIMIT_DCL : 0);
	w.free_dcl = e->lost || e->recovering;
	w.still = w.b.now_ms == w.before_ms ? w.still + 1 : 0;
	assert_true(w.still < 100); /* or the daemon spins */
	w.before = e->dynamics;
	w.judged_ms = e->evaluated_ms;
	w.before_ms = w.b.now_ms;
}

/* ---- The battery and its line ---- */

static void set_module(struct fuzz *f)
{
	static const char *const bases[] = { "Idle", "Charge", "Dischg", "SysError", "Strange" };
	static const char *const events[] = { "0x0", "0x1  BOV", "0x10 BUV", "0x8000 LCOUL", "0x20000", "0xffffffff" };
	struct bench_module *m = &w.b.module[fuzz_byte(f) % STACK_MAX];

	switch (fuzz_byte(f) % 10) {
	case 0: m->there ^= true; break;
	case 1: m->current_ma = fuzz_within(f, -30000, 30000) * 10; break;
	case 2: m->temp_mc = fuzz_within(f, -450, 1050) * 100; break;
	case 3: m->soc_pct = fuzz_within(f, 0, 112); break;
	case 4: m->cell_mv = fuzz_within(f, 1800, 3900); break;
	case 5: m->seventh_mv = fuzz_within(f, 0, 5100); break;
	case 6: m->cells = fuzz_within(f, 0, 25); break;
	case 7: m->base = bases[fuzz_byte(f) % 5]; break;
	case 8: m->bat_events = events[fuzz_byte(f) % 6]; break;
	default: m->power_events = events[fuzz_byte(f) % 6]; break;
	}
}

static void set_battery(struct fuzz *f)
{
	bool *flags[] = { &w.b.dead, &w.b.asleep, &w.b.no_table, &w.b.no_pwrsys, &w.b.no_stat,
		          &w.b.wants_login, &w.b.login_fails, &w.b.high_voltage, &w.b.stat_nonsense,
		          &w.b.pwrsys_nonsense, &w.b.getpwr };

	*flags[fuzz_byte(f) % (sizeof flags / sizeof flags[0])] ^= true;
}

/* Changes, puts in or takes out some bytes of the reply under way. */
static void spoil_reply(struct fuzz *f)
{
	struct bench *b = &w.b;
	size_t at = b->length == 0 ? 0 : fuzz_word(f) % b->length, length, room = sizeof b->reply - b->length;
	uint8_t drop = fuzz_byte(f) % 16;
	const uint8_t *bytes = fuzz_bytes(f, 64, &length);
	size_t behind = b->length - at < drop ? 0 : b->length - at - drop;

	if (length > room)
		return;
	memmove(b->reply + at + length, b->reply + b->length - behind, behind);
	memcpy(b->reply + at, bytes, length);
	b->length = at + length + behind;
}

/* A whole reply with a body of the input. */
static void replace_reply(struct fuzz *f)
{
	size_t length;
	const uint8_t *bytes = fuzz_bytes(f, 2000, &length);
	char echo[COMMAND_BYTES_MAX];

	command_echo(w.b.engine.session.command, echo);
	w.b.length = 0;
	put(&w.b, "%s\n\r@\r\r\n%.*s\r\r\nCommand completed successfully\r\n\r$$\r\n\rpylon>", echo, (int)length,
	    (const char *)bytes);
}

static void raw_bytes(struct fuzz *f)
{
	struct engine_event event = { .kind = ENGINE_BYTES };

	event.bytes = fuzz_bytes(f, 300, &event.length);
	if (!w.b.open)
		return;
	engine_step(&w.b.engine, w.b.now_ms, &event, &w.b.actions);
	bench_apply(&w.b);
	expect_step();
}

/* ---- Time and the shell ---- */

static void run(int64_t ms)
{
	int64_t end_ms = w.b.now_ms + ms;

	while (w.b.exit_status == ENGINE_EXIT_NONE && bench_next(&w.b, end_ms))
		expect_step();
	w.b.now_ms = end_ms > w.b.now_ms ? end_ms : w.b.now_ms;
}

static void plug(void)
{
	if (w.b.no_port) {
		w.b.no_port = false;
	} else {
		bench_unplug(&w.b);
		expect_step();
	}
}

static void configure(struct fuzz *f)
{
	struct settings *s = &w.b.settings;
	uint8_t what = fuzz_byte(f);

	s->battery.addresses ^= what & 0x80 ? UINT32_C(1) << what % STACK_MAX : 0;
	s->battery.max_charge_current_ma = fuzz_within(f, 1, 200) * 1000;
	s->limits.publish ^= what & 1;
	s->homeassistant.discovery ^= what >> 1 & 1;
	engine_configure(&w.b.engine, s, w.b.now_ms, &w.b.actions);
	bench_apply(&w.b);
	expect_lines(&w.b.actions);
	memset(&w.before, 0, sizeof w.before); /* other bounds: nothing to compare with */
}

static void restart(void)
{
	struct engine_memory memory;

	engine_remember(&w.b.engine, &memory, w.b.now_ms);
	bench_start(&w.b);
	engine_recall(&w.b.engine, &memory, w.b.now_ms);
	w.b.open = w.b.replying = w.b.port_event = false;
	w.b.exit_status = ENGINE_EXIT_NONE;
	w.b.bank_ms = 0;
	memset(w.b.module_ms, 0, sizeof w.b.module_ms);
	memset(&w.before, 0, sizeof w.before);
}

static void operate(struct fuzz *f)
{
	uint8_t what = fuzz_byte(f);

	switch (what % 11) {
	case 0: run(fuzz_byte(f)); break;
	case 1: run(fuzz_byte(f) * 50); break;
	case 2: run(fuzz_byte(f) * 400); break;
	case 3: set_module(f); break;
	case 4: set_battery(f); break;
	case 5: spoil_reply(f); break;
	case 6: replace_reply(f); break;
	case 7: raw_bytes(f); break;
	case 8: plug(); break;
	case 9: what & 0x80 ? configure(f) : bench_step(&w.b, what & 0x40 ? ENGINE_ANNOUNCE : ENGINE_BROKER_UP); break;
	default: restart(); break;
	}
}

/* What is filled in anew says the same as what is made from nothing. */
static void expect_same_text(struct json *kept, enum json_data data, const struct figures *figures)
{
	static char document[8192], other[8192];
	struct json fresh;

	memset(&fresh, 0, sizeof fresh);
	assert_true(json_figures(kept, data, figures, document, sizeof document) > 0);
	assert_true(json_figures(&fresh, data, figures, other, sizeof other) > 0);
	assert_string_equal(document, other);
	assert_null(strstr(document, ":null"));
	json_end(&fresh);
}

/* What leaves as JSON fits, whatever the battery had said. */
static void expect_documents(void)
{
	static char document[32768];
	static struct json json;
	struct discovery_device device;
	struct figures figures;

	assert_true(json_link(&json, &w.b.engine, "0.0.0", w.b.now_ms, document, sizeof document) > 0);
	if (w.b.engine.first_pass_done && engine_bank_figures(&w.b.engine, &figures))
		expect_same_text(&json, JSON_BANK, &figures);
	for (int address = 1; address <= RACK_MODULES_MAX; address++)
		if (w.b.engine.first_pass_done && engine_module_figures(&w.b.engine, address, &figures))
			expect_same_text(&json, JSON_MODULE, &figures);
	for (int n = 0; n < DISCOVERY_DEVICES; n++)
		if (engine_device(&w.b.engine, n, &device))
			assert_true(json_discovery(&json.build, &device, w.b.settings.mqtt.topic_base, "0.0.0", document,
			                           sizeof document) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	uint8_t modules = fuzz_byte(&f), how = fuzz_byte(&f);

	memset(&w, 0, sizeof w);
	bench_settings(&w.b, (UINT32_C(1) << modules % (STACK_MAX + 1)) - 1);
	w.b.settings.limits.publish = !(how & 1);
	w.b.settings.limits.worst_soc = how >> 1 & 1;
	w.b.settings.protection.lost_module_blocks = how >> 2 & 1;
	w.b.settings.protection.lost_battery_blocks = how >> 3 & 1;
	w.b.settings.homeassistant.discovery = how >> 6 & 1;
	w.b.settings.serial.baud = how & 16 ? 0 : 19200;
	w.b.absent = how & 32 ? "Invalid command or fail to excute." : NULL;
	bench_start(&w.b);
	for (int i = 0; i < OPERATIONS_MAX && f.left > 0 && w.b.now_ms < BENCH_EPOCH_MS + SIMULATED_MAX_MS; i++) {
		operate(&f);
		if (w.b.exit_status != ENGINE_EXIT_NONE)
			restart();
	}
	expect_documents();
	return 0;
}
