/* The engine and Home Assistant: who is announced when, and when it is taken back. */
#include "bench.h"

#define MINUTES(n) ((n) * 60 * 1000)

/* Announcements of the run, by device; bit N of `anew`: device N was taken back first. */
struct heard {
	int count[DISCOVERY_DEVICES];
	uint32_t anew, retracted;
};

static struct heard heard_in(struct bench *b, int64_t ms)
{
	struct heard heard = { .anew = 0 };
	int64_t end_ms = b->now_ms + ms;

	while (bench_next(b, end_ms)) {
		const struct engine_actions *a = &b->actions;

		heard.retracted |= a->retract;
		if (a->announce == ANNOUNCE_NONE)
			continue;
		heard.count[a->announce]++;
		heard.anew |= (uint32_t)a->announce_anew << a->announce;
	}
	b->now_ms = end_ms;
	return heard;
}

static void discovering(struct bench *b, int modules)
{
	bench_settings(b, (UINT32_C(1) << modules) - 1);
	b->settings.homeassistant.discovery = true;
	for (int i = 0; i < modules; i++)
		b->module[i].barcode = i == 0 ? "PXONE" : i == 1 ? "PXTWO" : "PXMORE";
	bench_start(b);
}

static struct discovery_device device_of(const struct bench *b, int number)
{
	struct discovery_device device;

	assert_true(engine_device(&b->engine, number, &device));
	return device;
}

static void test_not_asked_for(void **state)
{
	static struct bench b;
	struct heard heard;

	(void)state;
	discovering(&b, 2);
	b.engine.settings.homeassistant.discovery = false;
	heard = heard_in(&b, MINUTES(6));
	assert_int_equal(heard.count[0] + heard.count[1] + heard.count[2], 0);
	discovering(&b, 2);
	b.engine.settings.mqtt.active = false;
	heard = heard_in(&b, MINUTES(6));
	assert_int_equal(heard.count[0] + heard.count[1] + heard.count[2], 0);
	bench_step(&b, ENGINE_BROKER_UP);
	assert_int_equal(b.actions.retract, 0);
}

/* When it is first known, then every five minutes, at a connection and when Home Assistant has started. */
static void test_when(void **state)
{
	static struct bench b;
	struct heard heard;

	(void)state;
	discovering(&b, 2);
	heard = heard_in(&b, 20000);
	assert_int_equal(heard.count[0], 1);
	assert_int_equal(heard.count[1], 1);
	assert_int_equal(heard.count[2], 1);
	assert_int_equal(heard.count[3], 0);
	assert_int_equal(heard.anew, 0);
	heard = heard_in(&b, MINUTES(4));
	assert_int_equal(heard.count[0] + heard.count[1] + heard.count[2], 0);
	heard = heard_in(&b, MINUTES(5));
	assert_int_equal(heard.count[0], 1);
	assert_int_equal(heard.count[2], 1);
	for (int i = 0; i < 2; i++) {
		bench_step(&b, i ? ENGINE_ANNOUNCE : ENGINE_BROKER_UP);
		assert_int_equal(b.actions.announce, 0);
		heard = heard_in(&b, 1000);
		assert_int_equal(heard.count[0], 0);
		assert_int_equal(heard.count[1], 1);
		assert_int_equal(heard.count[2], 1);
	}
	assert_int_equal(heard.retracted, 0);
}

static void test_who(void **state)
{
	static struct bench b;
	struct discovery_device device;

	(void)state;
	discovering(&b, 5);
	b.module[4].there = false;
	assert_false(engine_device(&b.engine, 0, &device));
	bench_run_pass(&b);
	assert_string_equal(device_of(&b, 0).id, "pylontech_victron_battery_middleware");
	device = device_of(&b, 2);
	assert_string_equal(device.id, "pylontech_PXTWO");
	assert_string_equal(device.bank_id, "pylontech_victron_battery_middleware");
	assert_string_equal(device.model, "US2000");
	assert_string_equal(device.firmware, "B10.4");
	assert_string_equal(device.serial, "PXTWO");
	assert_int_equal(device.cells, 15);
	/* two that say the same barcode are told apart by their addresses */
	assert_string_equal(device_of(&b, 3).id, "pylontech_victron_battery_middleware_module_3");
	assert_string_equal(device_of(&b, 4).id, "pylontech_victron_battery_middleware_module_4");
	/* one that never answered, one that nobody wants */
	assert_false(engine_device(&b.engine, 5, &device));
	assert_false(engine_device(&b.engine, 6, &device));
}

/* One that does not say who it is, is announced when the console has refused to tell, not before. */
static void test_no_info(void **state)
{
	static struct bench b;
	struct discovery_device device;

	(void)state;
	discovering(&b, 1);
	b.trouble = (struct bench_trouble){ BENCH_DAMAGE, COMMAND_INFO, 0, 3 };
	bench_run_pass(&b);
	assert_false(engine_device(&b.engine, 1, &device));
	b.trouble = (struct bench_trouble){ BENCH_REFUSE, COMMAND_INFO, 0, 1 };
	bench_run_pass(&b);
	assert_string_equal(device_of(&b, 1).id, "pylontech_victron_battery_middleware_module_1");
	assert_string_equal(device_of(&b, 1).serial, "");
	assert_int_equal(b.actions.announce, 1);
	assert_int_equal(heard_in(&b, 20000).count[1], 0);
}

/* Another firmware is told, another module is another device. */
static void test_another(void **state)
{
	static struct bench b;
	struct heard heard;

	(void)state;
	discovering(&b, 2);
	bench_run(&b, 20000);
	b.module[1].firmware = "B10.5";
	heard = heard_in(&b, MINUTES(62));
	assert_int_equal(heard.anew, 0);
	assert_string_equal(device_of(&b, 2).firmware, "B10.5");
	b.module[1].barcode = "PXOTHER";
	heard = heard_in(&b, MINUTES(62));
	assert_int_equal(heard.anew, 1 << 2);
	assert_string_equal(device_of(&b, 2).id, "pylontech_PXOTHER");
}

static void configure(struct bench *b, const struct settings *settings)
{
	engine_configure(&b->engine, settings, b->now_ms, &b->actions);
}

static void test_taken_back(void **state)
{
	static struct bench b;
	struct settings other;

	(void)state;
	discovering(&b, 2);
	bench_run(&b, 20000);
	other = b.settings;
	other.limits.publish = false;
	configure(&b, &other);
	assert_int_equal(b.actions.retract, 0);
	strcpy(other.homeassistant.prefix, "ha");
	configure(&b, &other);
	assert_int_equal(b.actions.retract, 7);
	assert_int_equal(heard_in(&b, 20000).count[2], 1);
	other.homeassistant.discovery = false;
	configure(&b, &other);
	assert_int_equal(b.actions.retract, 7);
	configure(&b, &other);
	assert_int_equal(b.actions.retract, 0);
	assert_int_equal(heard_in(&b, MINUTES(6)).count[0], 0);
}

/* Switched off before a start: what the run before has announced is taken back at the first connection. */
static void test_after_a_start(void **state)
{
	static struct bench b;
	static struct engine_memory memory;
	struct heard heard;

	(void)state;
	discovering(&b, 2);
	bench_run(&b, 20000);
	engine_remember(&b.engine, &memory, b.now_ms);
	assert_int_equal(memory.announced, 7);

	b.settings.homeassistant.discovery = false;
	bench_start(&b);
	b.now_ms += MINUTES(60); /* too late for the limits, not for this */
	assert_false(engine_recall(&b.engine, &memory, b.now_ms));
	bench_step(&b, ENGINE_BROKER_UP);
	assert_int_equal(b.actions.retract, 7);
	bench_step(&b, ENGINE_BROKER_UP);
	assert_int_equal(b.actions.retract, 0);

	b.settings.homeassistant.discovery = true;
	bench_start(&b);
	engine_recall(&b.engine, &memory, b.now_ms);
	bench_step(&b, ENGINE_BROKER_UP);
	assert_int_equal(b.actions.retract, 0);
	heard = heard_in(&b, 20000);
	assert_int_equal(heard.retracted, 0);
	assert_int_equal(heard.count[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_asked_for),
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_no_info),
		cmocka_unit_test(test_another),
		cmocka_unit_test(test_taken_back),
		cmocka_unit_test(test_after_a_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
