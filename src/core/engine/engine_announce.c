#include "engine_parts.h"

#include "core/base/text.h"

#include <string.h>

/* Clones have been seen with the same barcode in every module. */
static bool only_one_with(const struct rack *rack, const char *barcode)
{
	int count = 0;

	for (int i = 0; i < RACK_MODULES_MAX; i++)
		count += strcmp(rack->module[i].info.barcode, barcode) == 0;
	return count == 1;
}

/* A module is told of when it has been read, and has said who it is or refused to. */
static bool ready(const struct engine *e, const struct module *m)
{
	return m->wanted && m->bat_ms != RACK_NEVER &&
	       (m->info_ms != RACK_NEVER || schedule_refused(&e->schedule, COMMAND_INFO, m->address));
}

static bool describe_module(const struct engine *e, int number, struct discovery_device *device)
{
	const struct module *m = &e->rack.module[number - 1];

	if (!ready(e, m))
		return false;
	discovery_describe(device, number, e->settings.mqtt.topic_base,
	                   only_one_with(&e->rack, m->info.barcode) ? m->info.barcode : "");
	device->cells = m->bat.cells;
	text_copy(device->model, sizeof device->model, m->info.name);
	text_copy(device->firmware, sizeof device->firmware, m->info.firmware);
	text_copy(device->serial, sizeof device->serial, m->info.barcode);
	return true;
}

bool engine_device(const struct engine *e, int number, struct discovery_device *device)
{
	memset(device, 0, sizeof *device);
	if (!e->first_pass_done)
		return false;
	if (number != DISCOVERY_BANK)
		return describe_module(e, number, device);
	discovery_describe(device, number, e->settings.mqtt.topic_base, "");
	return true;
}

bool engine_announces(const struct engine *e)
{
	return e->settings.homeassistant.discovery && e->settings.mqtt.active && e->first_pass_done;
}

void engine_offer_devices(struct engine *e)
{
	struct discovery_device device;

	for (int n = 0; n < DISCOVERY_DEVICES && engine_announces(e); n++)
		if (engine_device(e, n, &device))
			announce_offer(&e->announce, &device);
}

void engine_announce(struct engine *e, int64_t now_ms)
{
	if (engine_announces(e))
		e->out->announce = announce_next(&e->announce, now_ms, &e->out->announce_anew);
}
