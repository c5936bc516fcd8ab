/* The engine in bad weather: replies damaged and late, modules, the console and the port lost and found. */
#include "bench.h"

/* What could not be read is read again at once; the old values stand. */
static void test_read_again(void **state)
{
	static const struct {
		const char *legend;
		struct bench_trouble trouble;
		const char *trace;
		uint32_t damaged, late;
	} rows[] = {
		{ "pwr damaged", { BENCH_DAMAGE, COMMAND_PWR, 1, 1 }, "pwr pwr1 pwr1 bat1", 1, 0 },
		{ "bat damaged twice", { BENCH_DAMAGE, COMMAND_BAT, 1, 2 }, "pwr pwr1 bat1 bat1 bat1", 2, 0 },
		{ "pwr late", { BENCH_MUTE, COMMAND_PWR, 1, 1 }, "pwr pwr1 pwr1 pwr bat1", 0, 1 },
		{ "bat cut", { BENCH_CUT, COMMAND_BAT, 1, 1 }, "pwr pwr1 bat1 bat1", 0, 1 },
		{ "table damaged", { BENCH_DAMAGE, COMMAND_PWR_TABLE, 0, 1 }, "pwr pwr pwr1 bat1", 0, 0 },
		{ "given up", { BENCH_DAMAGE, COMMAND_PWR, 1, 3 }, "pwr pwr1 pwr1 pwr1", 3, 0 },
		{ "refused", { BENCH_REFUSE, COMMAND_BAT, 1, 1 }, "pwr pwr1 bat1", 0, 0 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct bench b;
		const struct module *m = &b.engine.rack.module[0];

		bench_init(&b, 1);
		b.getpwr = true;
		b.getpwr_off_mv = 100;
		bench_run(&b, 10000);
		bench_run_to_pause(&b);
		bench_forget(&b);
		b.trouble = rows[i].trouble;
		bench_run_pass(&b);
		if (strcmp(b.trace, rows[i].trace) != 0)
			fail_msg("%s: %s", rows[i].legend, b.trace);
		assert_row(rows[i].legend, i, m->damaged, rows[i].damaged);
		assert_row(rows[i].legend, i, m->late, rows[i].late);
		assert_row(rows[i].legend, i, m->refused, i == COUNT_OF(rows) - 1);
		assert_row(rows[i].legend, i, m->state, MODULE_ONLINE);
		assert_true(b.online);
	}
}

/* A whole reply whose pack voltage leaves the cells is read again, with the cells. */
static void test_doubted_reply(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 10000);
	bench_run_to_pause(&b);
	bench_forget(&b);
	b.module[0].pack_mv = 52000;
	bench_run_until_sent(&b, "pwr1"); /* its reply is on the way */
	b.module[0].pack_mv = 0;
	bench_run_pass(&b);
	assert_string_equal(b.trace, "pwr pwr1 pwr1 bat1");
	assert_int_equal(b.engine.rack.module[0].pwr.voltage_mv.value, 49500);
	assert_int_equal(bench_said(&b, "reply to `pwr 1` not used: impossible value, Voltage"), 1);
}

/* Both change at once: the cells that do not fit send it back to the pack's voltage. */
static void test_real_jump(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 10000);
	bench_run_to_pause(&b);
	bench_forget(&b);
	b.module[0].cell_mv = 3100;
	bench_run_pass(&b);
	assert_string_equal(b.trace, "pwr pwr1 pwr1 bat1");
	assert_int_equal(b.engine.rack.module[0].bat.cell[3].mv.value, 3100);
}

static void check_one_lost(struct bench *b, int64_t last_good_ms)
{
	struct figures f;

	while (b->engine.rack.module[1].state == MODULE_ONLINE) {
		assert_true(b->now_ms - last_good_ms < 15000);
		assert_true(bench_next(b, b->now_ms + 5000));
	}
	assert_int_equal(b->now_ms - last_good_ms, 15000);
	assert_int_equal(bench_said(b, "module 2 is lost: no good reply for 15 s"), 1);
	assert_true(engine_bank_figures(&b->engine, &f));
	assert_int_equal(f.online.value, 1);
	assert_int_equal(f.offline.value, 1);
	assert_int_equal(f.alarm[ALARM_BMS_CABLE].value, 1);
	assert_false(engine_module_figures(&b->engine, 2, &f));
}

/* 15 s without a good reply: lost. It gets one command a pass, its topic is silent, the other goes on. */
static void test_module_lost_and_found(void **state)
{
	static struct bench b;
	const struct module *m = &b.engine.rack.module[1];

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 20000);
	b.module[1].there = false;
	bench_forget(&b);
	check_one_lost(&b, m->pwr_ms < m->bat_ms ? m->pwr_ms : m->bat_ms);
	bench_run_to_pause(&b);
	bench_forget(&b);
	bench_run_pass(&b);
	assert_string_equal(b.trace, "pwr pwr1 bat1 pwr2");
	bench_forget(&b);
	bench_run(&b, 60000);
	assert_int_equal(b.modules[1], 0);
	assert_in_range(b.modules[0], 6, 7); /* it says the same all the time */
	assert_in_range(b.banks, 20, 30);
	assert_int_equal(b.lines - bench_said(&b, " limit "), 0); /* rules may speak up, at most */
	assert_true(bench_said(&b, " limit ") <= LIMIT_KINDS);
	assert_true(b.online);
	bench_run_to_pause(&b);
	b.module[1].there = true;
	b.trace[0] = '\0';
	bench_run_pass(&b);
	bench_run_pass(&b);
	assert_int_equal(bench_said(&b, "module 2 is online"), 1);
	assert_int_equal(m->state, MODULE_ONLINE);
	assert_non_null(strstr(b.trace, "info2")); /* who is it? */
	assert_true(b.modules[1] > 0);
}

/* A configured module that never was there counts as lost after the first pass. */
static void test_module_never_there(void **state)
{
	static struct bench b;
	struct figures f;

	(void)state;
	bench_init(&b, 2);
	b.module[1].there = false;
	bench_run(&b, 30000);
	assert_int_equal(bench_said(&b, "module 2 does not answer: counted as offline"), 1);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_int_equal(f.online.value, 1);
	assert_int_equal(f.offline.value, 1);
	assert_true(b.online);
}

static void check_lost_figures(const struct engine *e)
{
	struct figures f;

	assert_true(engine_bank_figures(e, &f));
	assert_int_equal(f.ccl_ma.value, 0);
	assert_int_equal(f.dcl_ma.value, 2 * 10000);
	assert_int_equal(f.allow_charge.value, 0);
	assert_int_equal(f.alarm[ALARM_BMS_CABLE].value, 2);
	assert_int_equal(f.online.value, 0);
	assert_int_equal(f.offline.value, 2);
	assert_true(f.voltage_mv.known && f.power_mw.known && f.soc_milli.known);
	assert_int_equal(f.voltage_mv.value, 49500);
	assert_int_equal(f.current_ma.value, 0);
	assert_true(f.current_ma.known && f.temp_mc.known && f.cell_high_mv.known);
	assert_string_equal(f.connection, "0 of 2 modules");
	assert_false(engine_module_figures(e, 1, &f));
}

/* All lost: within a second charge is blocked, discharge derated, and that is repeated every 5 s; the modules'
 * topics are silent, and the status says so. */
static void test_all_lost(void **state)
{
	static struct bench b;
	const struct module *m = b.engine.rack.module;
	int64_t oldest_ms;

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 20000);
	b.dead = true;
	bench_forget(&b);
	while (b.online)
		assert_true(bench_next(&b, b.now_ms + 5000));
	oldest_ms = m[0].pwr_ms < m[0].bat_ms ? m[0].pwr_ms : m[0].bat_ms;
	assert_in_range(b.now_ms - oldest_ms, 15000, 16000);
	check_lost_figures(&b.engine);
	bench_run(&b, 1000);
	assert_true(b.bank_ms - oldest_ms <= 16000);
	assert_int_equal(bench_said(&b, "the console has gone silent and does not wake up"), 1);
	assert_int_equal(bench_said(&b, "every module is lost"), 1);
	bench_run(&b, 3000);
	bench_forget(&b);
	bench_run(&b, 20000);
	assert_int_equal(b.banks, 4);
	assert_int_equal(b.modules[0] + b.modules[1], 0);
	assert_int_equal(b.lines, 0);
	check_lost_figures(&b.engine);
	b.dead = false;
	b.asleep = true; /* it comes back as it does after being off: silent until woken */
	bench_run(&b, 15000);
	assert_true(b.online);
	assert_true(b.modules[0] > 0);
	assert_int_equal(bench_said(&b, "after waking it"), 1);
	assert_int_equal(bench_said(&b, "the battery is back"), 1);
}

/* Sixteen modules on a slow line: a pass takes longer than max_age, the first one as well. Nobody is lost by that. */
static void test_long_passes(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 16);
	b.engine.settings.protection.max_age_ms = 2500;
	bench_run(&b, 60000);
	assert_true(b.online);
	assert_in_range(b.engine.cycle_ms, 2600, 10000);
	assert_int_equal(bench_said(&b, "lost"), 0);
	assert_int_equal(rack_sound(&b.engine.rack), 16);
}

/* Ten failed polls in a row, 6 s apart, then it ends with 111 for the supervisor. */
static void test_ten_failed_polls(void **state)
{
	static struct bench b;
	int64_t dead_ms;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 20000);
	dead_ms = b.now_ms;
	b.dead = true;
	for (int poll = 1; poll <= 10; poll++) {
		int64_t began_ms;

		assert_int_equal(b.exit_status, ENGINE_EXIT_NONE);
		while (b.engine.failed_polls < poll)
			assert_true(bench_next(&b, b.now_ms + 10000));
		began_ms = b.engine.pass_ms;
		assert_true(poll == 1 || began_ms - dead_ms >= 6000);
		dead_ms = began_ms;
	}
	assert_int_equal(b.exit_status, ENGINE_EXIT_BATTERY);
	assert_int_equal(bench_said(&b, "critical: no reply from any module in 10 polls"), 1);
	assert_false(b.online);
}

/* However few failed polls are allowed, the safe limits go out before it ends, twice; also while the port is missing. */
static void test_safe_limits_before_the_end(void **state)
{
	(void)state;
	for (int i = 0; i < 120; i++) { /* the age ends anywhere between two polls */
		static struct bench b;
		bool unplugged = i % 2;

		bench_settings(&b, 1);
		b.settings.protection.max_failed_polls = 1;
		b.settings.protection.max_age_ms += i * 50;
		bench_start(&b);
		bench_run(&b, 20000);
		if (unplugged)
			bench_unplug(&b);
		else
			b.dead = true;
		while (b.exit_status == ENGINE_EXIT_NONE && !b.engine.withdrawn)
			assert_true(bench_next(&b, b.now_ms + 10000));
		assert_int_equal(b.exit_status, unplugged ? ENGINE_EXIT_NONE : ENGINE_EXIT_BATTERY);
		assert_true(b.engine.lost);
		assert_int_equal(b.engine.bank.limit[LIMIT_CCL], 0);
		assert_false(b.engine.bank.repeat);
	}
}

/* A console that answers, but never with a good reply, is as lost as a silent one. */
static void test_only_bad_replies(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	b.no_table = b.no_pwrsys = b.no_stat = true;
	bench_run(&b, 20000);
	b.trouble = (struct bench_trouble){ BENCH_DAMAGE, COMMAND_PWR, 1, 1000 };
	bench_run(&b, 53000);
	assert_int_equal(b.exit_status, ENGINE_EXIT_NONE);
	bench_run(&b, 15000);
	assert_int_equal(b.exit_status, ENGINE_EXIT_BATTERY);
}

/* One good reply, and the count begins anew. */
static void test_good_reply_resets(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 20000);
	b.dead = true;
	while (b.engine.failed_polls < 9)
		assert_true(bench_next(&b, b.now_ms + 10000));
	b.dead = false;
	while (b.engine.failed_polls > 0)
		assert_true(bench_next(&b, b.now_ms + 10000));
	b.dead = true;
	bench_run(&b, 50000);
	assert_int_equal(b.exit_status, ENGINE_EXIT_NONE);
	bench_run(&b, 30000);
	assert_int_equal(b.exit_status, ENGINE_EXIT_BATTERY);
}

/* Before the first good reply it stays up: ever longer pauses up to a minute, and one line. */
static void test_nobody_there_at_start(void **state)
{
	static const int64_t gaps_s[] = { 6, 12, 24, 48, 60, 60, 60 };
	static struct bench b;
	int64_t last_ms;

	(void)state;
	bench_init(&b, 1);
	b.dead = true;
	bench_run(&b, 1000);
	last_ms = b.engine.pass_ms;
	for (int i = 0; i < COUNT_OF(gaps_s); i++) {
		while (b.engine.pass_ms == last_ms)
			assert_true(bench_next(&b, b.now_ms + 100000));
		assert_row("gap", i, b.engine.pass_ms - last_ms <= gaps_s[i] * 1000 + 1000, true);
		assert_row("gap", i, b.engine.pass_ms - last_ms >= gaps_s[i] * 1000, true);
		last_ms = b.engine.pass_ms;
	}
	bench_run(&b, 7200000);
	assert_int_equal(b.exit_status, ENGINE_EXIT_NONE);
	assert_int_equal(b.lines, 2);
	assert_int_equal(bench_said(&b, "no answer from a console, even after waking it"), 1);
	assert_false(b.online);
	assert_int_equal(b.banks, 0);
	b.dead = false;
	b.asleep = true;
	bench_run(&b, 70000);
	assert_true(b.online);
}

/* Bytes, but no text: told as what it is. */
static void test_garbage(void **state)
{
	static const uint8_t noise[] = { 0xff, 0x80, 0x00, 0xfe };
	static struct bench b;
	struct engine_event event = { .kind = ENGINE_BYTES, .bytes = noise, .length = sizeof noise };

	(void)state;
	bench_init(&b, 1);
	b.dead = true;
	for (int i = 0; i < 200 && bench_said(&b, "no text") == 0; i++) {
		assert_true(bench_next(&b, b.now_ms + 100000));
		engine_step(&b.engine, b.now_ms, &event, &b.actions);
		bench_apply(&b);
	}
	assert_int_equal(bench_said(&b, "bytes came, but no text: a wrong speed, or a TTL cable"), 1);
}

/* The port is missing from the start: it is tried again, told once, and used when it comes. */
static void test_port_missing_at_start(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	b.no_port = true;
	bench_run(&b, 7200000);
	assert_int_equal(b.exit_status, ENGINE_EXIT_NONE);
	assert_in_range(b.opens, 7200 / 61, 7200 / 60 + 5);
	assert_int_equal(b.lines, 1);
	assert_int_equal(bench_said(&b, "cannot open /dev/ttyBENCH: no such file; trying again"), 1);
	assert_false(b.online);
	b.no_port = false;
	bench_run(&b, 70000);
	assert_int_equal(bench_said(&b, "port /dev/ttyBENCH is back"), 1);
	assert_true(b.online);
}

/* The adapter is pulled for a short while. */
static void test_port_lost_and_back(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 20000);
	bench_run_to_pause(&b);
	bench_unplug(&b);
	bench_run(&b, 10000);
	b.no_port = false;
	bench_run(&b, 10000);
	assert_true(b.online);
	assert_int_equal(bench_said(&b, "cannot open"), 1);
	assert_int_equal(bench_said(&b, "is back"), 1);
	bench_run_until_sent(&b, "bat1"); /* within a reply */
	bench_unplug(&b);
	bench_run(&b, 30000);
	assert_false(b.online);
	b.no_port = false;
	bench_run(&b, 10000);
	assert_true(b.online);
}

/* protection.md, "Losing the battery": while the port is missing the program stays up and backs off. */
static void test_port_taken(void **state)
{
	static struct bench b;

	(void)state;
	/* before anything was read, and after it: only a new start can take it back */
	for (int read_before = 0; read_before <= 1; read_before++) {
		bench_init(&b, 1);
		if (read_before)
			bench_run_pass(&b);
		b.taken_port = true;
		if (read_before)
			bench_unplug(&b);
		bench_run(&b, 20 * 60 * 1000);
		assert_int_equal(b.exit_status, ENGINE_EXIT_BATTERY);
		assert_int_equal(bench_said(&b, "in 10 polls, because another program holds the port. Ending with status 111"), 1);
	}
	/* given back in time */
	bench_init(&b, 1);
	b.taken_port = true;
	bench_run(&b, 30 * 1000);
	b.taken_port = false;
	bench_run(&b, 20 * 60 * 1000);
	assert_int_equal(b.exit_status, ENGINE_EXIT_NONE);
	assert_true(b.banks > 0);
}

static void test_port_missing_for_long(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 20000);
	bench_unplug(&b);
	bench_forget(&b);
	bench_run(&b, 3600000);
	assert_int_equal(b.exit_status, ENGINE_EXIT_NONE);
	assert_in_range(b.opens, 55, 75);
	b.no_port = false;
	bench_run(&b, 70000);
	assert_true(b.online);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_again),
		cmocka_unit_test(test_doubted_reply),
		cmocka_unit_test(test_real_jump),
		cmocka_unit_test(test_module_lost_and_found),
		cmocka_unit_test(test_module_never_there),
		cmocka_unit_test(test_all_lost),
		cmocka_unit_test(test_long_passes),
		cmocka_unit_test(test_ten_failed_polls),
		cmocka_unit_test(test_safe_limits_before_the_end),
		cmocka_unit_test(test_only_bad_replies),
		cmocka_unit_test(test_good_reply_resets),
		cmocka_unit_test(test_nobody_there_at_start),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_port_missing_at_start),
		cmocka_unit_test(test_port_lost_and_back),
		cmocka_unit_test(test_port_taken),
		cmocka_unit_test(test_port_missing_for_long),
	};

	return cmocka_run_group_tests_name("engine, losses", tests, NULL, NULL);
}
