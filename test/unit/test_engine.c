/* The engine in good weather: from the first step to the documents, and what it does on change. */
#include "bench.h"
#include "members.h"

/* Port, speed, newline, prompt, table: every step's actions in their order. */
static void test_first_steps(void **state)
{
	static struct bench b;
	const struct engine_actions *a = &b.actions;

	(void)state;
	bench_init(&b, 2);
	assert_true(engine_deadline(&b.engine) <= b.now_ms);
	bench_step(&b, ENGINE_TICK);
	assert_true(a->open_port);
	assert_true(a->publish_status);
	assert_false(engine_online(&b.engine));
	assert_false(a->close_port);
	assert_int_equal(a->orders, 0);
	assert_int_equal(a->log.count, 0);
	bench_step(&b, ENGINE_PORT_OPENED);
	assert_false(a->open_port);
	assert_false(a->publish_status);
	assert_int_equal(a->log.count, 1);
	assert_string_equal(a->log.line[0].text, "port /dev/ttyBENCH is open: looking for the battery's console");
	assert_int_equal(a->log.line[0].level, LEVEL_INFO);
	assert_int_equal(a->orders, 3);
	assert_int_equal(a->order[0].kind, SESSION_FLUSH_INPUT);
	assert_int_equal(a->order[1].kind, SESSION_SET_SPEED);
	assert_int_equal(a->order[1].speed_baud, 19200);
	assert_int_equal(a->order[2].kind, SESSION_SEND);
	assert_int_equal(a->order[2].command.kind, COMMAND_NEWLINE);
	b.now_ms += BENCH_DELAY_MS;
	bench_step(&b, ENGINE_BYTES);
	assert_int_equal(a->log.count, 1);
	assert_string_equal(a->log.line[0].text, "console found at 19200 baud, prompt pylon>, it was awake");
	assert_int_equal(a->orders, 1);
	assert_int_equal(a->order[0].command.kind, COMMAND_PWR_TABLE);
	assert_false(a->publish_bank || a->publish_modules || a->publish_link);
	assert_int_equal(a->exit_status, ENGINE_EXIT_NONE);
}

/* Nothing is published before every module had its chance; then all at once. */
static void test_start_to_first_publication(void **state)
{
	static struct bench b;
	struct figures f;

	(void)state;
	bench_init(&b, 2);
	assert_false(engine_bank_figures(&b.engine, &f));
	assert_false(engine_module_figures(&b.engine, 1, &f));
	while (b.banks == 0) {
		assert_false(b.online);
		assert_int_equal(b.modules[0] + b.modules[1], 0);
		assert_true(bench_next(&b, b.now_ms + 5000));
	}
	assert_string_equal(b.trace, "pwr pwrsys info1 pwr1 bat1 info2 pwr2 bat2");
	assert_true(b.online);
	assert_int_equal(b.statuses, 2);
	assert_int_equal(b.modules[0], 1);
	assert_int_equal(b.modules[1], 1);
	assert_int_equal(bench_said(&b, "module 1 is US2000, firmware B10.4, barcode PXBENCH, 15 cells"), 1);
	assert_int_equal(bench_said(&b, "module 2 is online"), 1);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_int_equal(f.online.value, 2);
	assert_int_equal(f.offline.value, 0);
	assert_int_equal(f.voltage_mv.value, 49500);
	assert_int_equal(f.installed_mah.value, 100000);
	assert_false(engine_module_figures(&b.engine, 3, &f));
	assert_int_equal(b.engine.cycle_ms, 8 * BENCH_DELAY_MS); /* without looking for the console */
}

/* Passes start reading_freq after one another; a longer one is followed at once. */
static void test_rhythm(void **state)
{
	static const struct {
		int32_t reading_freq_ms;
		int64_t gap_ms;
	} rows[] = { { 2000, 2000 }, { 0, 3 * BENCH_DELAY_MS }, { 300, 3 * BENCH_DELAY_MS },
		     { 7000, 7000 } };

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct bench b;
		int64_t last_ms;

		bench_settings(&b, 1);
		b.settings.serial.reading_freq_ms = rows[i].reading_freq_ms;
		bench_start(&b);
		bench_run(&b, 20000);
		bench_run_pass(&b);
		last_ms = b.engine.pass_ms;
		for (int k = 0; k < 4; k++) {
			bench_run_pass(&b);
			assert_row("gap", i, b.engine.pass_ms - last_ms, rows[i].gap_ms);
			last_ms = b.engine.pass_ms;
		}
	}
}

/* Every pass is news of the bank, but no two messages within a second; at least one in five seconds. A module
 * that says the same is published every ten seconds. */
static void test_publication_rhythm(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 3);
	bench_run(&b, 10000);
	bench_forget(&b);
	bench_run(&b, 60000);
	assert_int_equal(b.banks, 30);
	for (int i = 0; i < 3; i++)
		assert_int_equal(b.modules[i], 6);
	assert_int_equal(b.lines, 0); /* and nothing to say */
	bench_settings(&b, 1);
	b.settings.serial.reading_freq_ms = 12000;
	bench_start(&b);
	bench_run(&b, 15000);
	bench_forget(&b);
	bench_run(&b, 60000);
	assert_in_range(b.banks, 12, 18);
}

/* A module with another value is published after the pass that saw it, and the others are not. */
static void test_changed_module(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 3);
	b.settings.mqtt.publish_unchanged_ms = 30000;
	bench_start(&b);
	bench_run(&b, 31000);
	bench_run_to_pause(&b);
	bench_forget(&b);
	for (int pass = 1; pass <= 5; pass++) {
		b.module[1].current_ma = 10 * pass;
		bench_run_pass(&b);
		assert_int_equal(b.modules[1], pass);
	}
	assert_in_range(b.modules[0] + b.modules[2], 0, 2);
	bench_step(&b, ENGINE_BROKER_UP); /* nobody knows anything */
	bench_run(&b, 1100);
	assert_in_range(b.modules[0], 1, 2);
	assert_in_range(b.modules[2], 1, 2);
}

/* In a pause without anything on its way the engine sleeps between its messages. */
static void test_calm(void **state)
{
	static const struct {
		const char *legend;
		int32_t cell_mv;
		int least, most;
	} rows[] = {
		{ "calm", 3300, 10, 40 },
		{ "blocked: the charge voltage goes down by the clock", 3700, 60, 200 },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct bench b;
		int steps = 0;

		bench_settings(&b, 1);
		b.settings.serial.reading_freq_ms = 14000;
		bench_start(&b);
		bench_run(&b, 60000);
		b.module[0].cell_mv = rows[i].cell_mv;
		bench_run(&b, 60000);
		for (int64_t end_ms = b.now_ms + 60000; bench_next(&b, end_ms);)
			steps += !b.engine.in_pass;
		if (steps < rows[i].least || steps > rows[i].most)
			fail_msg("%s: %d steps in a minute", rows[i].legend, steps);
	}
}

/* In a pause one wake-up sends all that is to be sent: the link and the modules go with the bank. */
static void test_in_step(void **state)
{
	static struct bench b;
	int together = 0;

	(void)state;
	bench_init(&b, 3);
	b.settings.serial.reading_freq_ms = 14000;
	bench_start(&b);
	bench_run(&b, 60000);
	for (int64_t end_ms = b.now_ms + 300000; bench_next(&b, end_ms);) {
		const struct engine_actions *a = &b.actions;

		if (b.engine.in_pass || !(a->publish_link || a->publish_modules != 0))
			continue;
		together += a->publish_bank;
		if (!a->publish_bank)
			fail_msg("alone, %d ms after the bank", (int)(b.now_ms - b.engine.bank.sent_ms));
	}
	assert_in_range(together, 20, 75); /* not one after the other */
}

/* The link goes out every 10 s, or a second after something happened; the status every five minutes. */
static void test_link_and_status(void **state)
{
	static struct bench b;

	(void)state;
	bench_settings(&b, 1);
	b.settings.serial.reading_freq_ms = 12000;
	bench_start(&b);
	bench_run(&b, 5000);
	assert_in_range(b.links, 1, 2);
	bench_forget(&b);
	bench_run(&b, 620000);
	assert_in_range(b.links, 60, 80);
	assert_int_equal(b.statuses, 2);
	assert_true(b.online);
}

/* No rhythm that the configuration allows lets values grow too old between two passes. */
static void test_every_rhythm_keeps_modules(void **state)
{
	static const int32_t reading_freq_ms[] = { 0, 2000, 10000, 14000, 15000, 20000 };

	(void)state;
	for (int i = 0; i < COUNT_OF(reading_freq_ms); i++) {
		static struct bench b;

		bench_settings(&b, 1);
		b.settings.serial.reading_freq_ms = reading_freq_ms[i];
		if (member_out_of_order(&b.settings) != NULL)
			continue;
		bench_start(&b);
		bench_run(&b, 120000);
		assert_row("lost with a rhythm of", reading_freq_ms[i], bench_said(&b, "is lost"), 0);
	}
}

/* A stricter limit is out within a second, whatever the rhythm, and once more 1.1 s later. */
static void test_stricter_limit(void **state)
{
	static struct bench b;
	int64_t first_ms;
	struct figures f;

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 10300);
	bench_forget(&b);
	b.module[1].temp_mc = -3000;
	while (!b.engine.limits.bank_set.charge_blocked)
		assert_true(bench_next(&b, b.now_ms + 5000));
	first_ms = b.now_ms;
	bench_run(&b, 1000);
	assert_true(b.bank_ms >= first_ms);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_int_equal(f.ccl_ma.value, 0);
	assert_int_equal(f.allow_charge.value, 0);
	assert_int_equal(f.blocking_charge.value, 1);
	first_ms = b.bank_ms;
	while (b.bank_ms == first_ms)
		assert_true(bench_next(&b, b.now_ms + 5000));
	assert_int_equal(b.bank_ms - first_ms, 1100);
	assert_int_equal(bench_said(&b, "charge current limit 0.0 A: Cold: -3.0 C, module 2"), 1);
}

/* What the optional replies tell reaches the documents; the stack's wishes the very first ones. */
static void test_optional_replies(void **state)
{
	static struct bench b;
	struct figures f;

	(void)state;
	bench_init(&b, 1);
	bench_run_pass(&b);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_false(f.cycles.known);
	assert_int_equal(f.low_mv.value, 46500);
	bench_run(&b, 10000);
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_int_equal(f.cycles.value, 211);
}

/* A table that shows no lowest and no highest value is not glanced at between the replies. */
static void test_table_without_extremes(void **state)
{
	(void)state;
	for (int bare = 0; bare <= 1; bare++) {
		static struct bench b;

		bench_init(&b, 2);
		b.bare_table = bare;
		bench_run_pass(&b);
		b.slow_ms = 600;
		bench_run(&b, 20000);
		assert_true(b.online);
		assert_int_equal(strstr(b.trace, "pwr1 pwr bat1") == NULL, bare);
	}
}

/* A table that always tells another temperature than the modules themselves is believed when it has come twice. After
 * that neither is a jump from the other any more. */
static void test_table_that_differs(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 10000);
	bench_run_to_pause(&b);
	bench_forget(&b);
	b.table_tlow_mc = 14000;
	bench_run_pass(&b);
	assert_string_equal(b.trace, "pwr pwr pwr1 bat1 pwr2 bat2");
	for (int i = 0; i < 5; i++) {
		bench_run_to_pause(&b);
		bench_forget(&b);
		bench_run_pass(&b);
		assert_string_equal(b.trace, "pwr pwr1 bat1 pwr2 bat2");
	}
	bench_run_to_pause(&b);
	bench_forget(&b);
	b.trouble = (struct bench_trouble){ BENCH_MUTE, COMMAND_PWR_TABLE, 0, 2 };
	bench_run_pass(&b);
	assert_null(strstr(b.trace, "pwr1 pwr1"));
}

/* `addresses = auto`: whom the table shows, and later ones too. */
static void test_auto(void **state)
{
	static struct bench b;

	(void)state;
	bench_settings(&b, 0);
	b.module[1].there = b.module[2].there = true;
	bench_start(&b);
	bench_run_pass(&b);
	assert_string_equal(b.trace, "pwr pwrsys info2 pwr2 bat2 info3 pwr3 bat3");
	b.module[0].there = true;
	bench_run(&b, 10000);
	assert_int_equal(rack_count(&b.engine.rack, MODULE_ONLINE), 3);
	b.module[0].there = b.module[2].there = false;
	bench_run(&b, 60000);
	assert_int_equal(rack_count(&b.engine.rack, MODULE_ONLINE), 1);
	assert_int_equal(rack_count(&b.engine.rack, MODULE_LOST), 2);
}

/* Without a table the addresses are tried, and a newcomer is found within 10 s. */
static void test_auto_without_table(void **state)
{
	static struct bench b;

	(void)state;
	bench_settings(&b, 0);
	b.module[0].there = true;
	b.no_table = true;
	bench_start(&b);
	bench_run_pass(&b);
	assert_string_equal(b.trace, "pwr pwrsys pwr1 bat1 pwr2 pwr3 pwr4 pwr5 pwr6 pwr7 pwr8");
	assert_int_equal(bench_said(&b, "the console refuses `pwr` (unknown command)"), 1);
	bench_run(&b, 12000);
	b.module[4].there = true;
	bench_run(&b, 30000);
	assert_int_equal(rack_count(&b.engine.rack, MODULE_ONLINE), 2);
	assert_int_equal(rack_count(&b.engine.rack, MODULE_LOST), 0);
}

/* A list is fixed: who answers beside it is told once, neither read nor counted. */
static void test_unlisted_module(void **state)
{
	static struct bench b;
	struct figures f;

	(void)state;
	bench_init(&b, 2);
	b.module[3].there = true;
	bench_run(&b, 60000);
	assert_int_equal(bench_said(&b, "module 4 is in the stack, but not in [battery] addresses"), 1);
	assert_null(strstr(b.trace, "pwr4"));
	assert_true(engine_bank_figures(&b.engine, &f));
	assert_int_equal(f.online.value, 2);
	assert_int_equal(f.offline.value, 0);
	b.module[5].there = true;
	bench_run(&b, 10000);
	assert_int_equal(bench_said(&b, "is in the stack, but not in"), 2);
}

/* Event and state words are told when they change, with their names. */
static void test_events(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 1);
	b.module[0].soh = "High"; /* from the first reply on */
	bench_run(&b, 20000);
	assert_int_equal(bench_said(&b, "module 1: Soh. Status now High"), 1);
	b.module[0].soh = "Normal";
	b.module[0].bat_events = "0x2 BHV";
	bench_run(&b, 20000);
	assert_int_equal(bench_said(&b, "module 1: Bat Events now 0x2 (high voltage), printed as BHV"), 1);
	assert_int_equal(bench_said(&b, "alarm HighCellVoltage: warning"), 1);
	bench_forget(&b);
	b.module[0].bat_events = "0x0";
	b.module[0].base = "SysError";
	b.module[0].soh = "Low";
	bench_run(&b, 20000);
	assert_int_equal(bench_said(&b, "module 1: Bat Events now 0x0"), 1);
	assert_int_equal(bench_said(&b, "alarm HighCellVoltage is over"), 1);
	assert_int_equal(bench_said(&b, "module 1: Basic Status now SysError"), 1);
	assert_int_equal(bench_said(&b, "module 1: Soh. Status now Low"), 1);
	assert_int_equal(bench_said(&b, "alarm InternalFailure: ALARM"), 1);
	bench_forget(&b);
	b.module[0].base = "Qwerty"; /* nobody knows it */
	bench_run(&b, 20000);
	assert_int_equal(bench_said(&b, "module 1: the state word `Qwerty` in `pwr 1` is not known"), 1);
	assert_int_equal(bench_said(&b, "module 1: the state word `Qwerty` in `bat 1` is not known"), 1);
	assert_int_equal(bench_said(&b, "module 1: the state word `Qwerty` in `pwr` is not known"), 1);
	assert_int_equal(bench_said(&b, "Basic Status"), 0);
	assert_int_equal(bench_said(&b, "alarm InternalFailure: warning"), 1);
	bench_forget(&b);
	b.module[0].base = "Charge";
	bench_run(&b, 4000);
	b.module[0].base = "Dischg"; /* follows the current from minute to minute: no news */
	bench_run(&b, 4000);
	assert_int_equal(bench_said(&b, "Basic Status"), 1);
}

/* Another barcode at an address: it is asked once more, then it is another module. */
static void test_swapped_module(void **state)
{
	static struct bench b;
	struct module *m = b.engine.rack.module;

	(void)state;
	bench_init(&b, 1);
	bench_run(&b, 10000);
	b.module[0].barcode = "PXOTHER";
	bench_forget(&b);
	bench_run(&b, 3600000);
	assert_string_equal(m->info.barcode, "PXOTHER");
	assert_int_equal(bench_said(&b, "module 1 is another one now: US2000, firmware B10.4, barcode PXOTHER"),
	                 1);
	assert_int_equal(m->damaged, 1);
	assert_true(m->stat_ms > m->info_ms);
}

/* Swapped while it was away: its counters may have been read before its barcode; they are the new one's soon. */
static void test_swapped_while_away(void **state)
{
	static struct bench b;
	const struct module *m = b.engine.rack.module;

	(void)state;
	bench_init(&b, 2);
	bench_run(&b, 60000);
	b.module[1].there = false;
	bench_run(&b, 30000);
	b.module[1].there = true;
	b.module[1].barcode = "PXOTHER";
	bench_run(&b, 30000);
	assert_string_equal(m[1].info.barcode, "PXOTHER");
	assert_true(m[1].stat_ms > m[1].info_ms);
}

/* The broker is back: all is sent again, as soon as the driver's second allows. */
static void test_broker_up(void **state)
{
	static struct bench b;

	(void)state;
	bench_init(&b, 2);
	bench_step(&b, ENGINE_TICK);
	bench_forget(&b);
	bench_step(&b, ENGINE_BROKER_UP);
	assert_int_equal(b.statuses, 1);
	assert_int_equal(b.banks + b.modules[0], 0);
	bench_settings(&b, 3);
	b.settings.serial.reading_freq_ms = 12000;
	bench_start(&b);
	bench_run(&b, 5000);
	bench_forget(&b);
	bench_step(&b, ENGINE_BROKER_UP);
	assert_int_equal(b.statuses, 1);
	assert_true(b.online);
	bench_run(&b, 1100);
	assert_int_equal(b.links, 1);
	assert_int_equal(b.banks, 1);
	assert_int_equal(b.modules[0], 1);
	assert_int_equal(b.modules[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_steps),
		cmocka_unit_test(test_start_to_first_publication),
		cmocka_unit_test(test_rhythm),
		cmocka_unit_test(test_publication_rhythm),
		cmocka_unit_test(test_changed_module),
		cmocka_unit_test(test_calm),
		cmocka_unit_test(test_in_step),
		cmocka_unit_test(test_link_and_status),
		cmocka_unit_test(test_every_rhythm_keeps_modules),
		cmocka_unit_test(test_stricter_limit),
		cmocka_unit_test(test_optional_replies),
		cmocka_unit_test(test_table_without_extremes),
		cmocka_unit_test(test_table_that_differs),
		cmocka_unit_test(test_auto),
		cmocka_unit_test(test_auto_without_table),
		cmocka_unit_test(test_unlisted_module),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_swapped_module),
		cmocka_unit_test(test_swapped_while_away),
		cmocka_unit_test(test_broker_up),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
