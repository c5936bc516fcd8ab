/* discovery: what Home Assistant is told of the bank and of each module: one table of entities (discovery.c).
 *
 * An entity says where in our documents its value stands, as a template that Home Assistant evaluates, and what kind
 * of value it is. One device for the bank, one a module (Home Assistant, "MQTT device discovery"). */
#ifndef CORE_DISCOVERY_H
#define CORE_DISCOVERY_H

#include "core/reply/reply.h"
#include "core/settings/settings.h"

#include <stdbool.h>
#include <stddef.h>

#define DISCOVERY_BANK 0 /* device N: module N */
#define DISCOVERY_DEVICES (REPLY_MODULES_MAX + 1)
#define DISCOVERY_ID_MAX 96
#define DISCOVERY_NAME_MAX 48
#define DISCOVERY_TEMPLATE_MAX 320

struct discovery_device {
	int number;
	int cells;                      /* of a module: one entity a cell */
	char id[DISCOVERY_ID_MAX];      /* stays with the battery: the barcode where there is one */
	char bank_id[DISCOVERY_ID_MAX]; /* of the bank's device */
	char name[DISCOVERY_NAME_MAX];
	char model[REPLY_NAME_MAX], firmware[REPLY_NAME_MAX], serial[REPLY_NAME_MAX]; /* "" where not known */
};

struct discovery_entity {
	const char *platform;     /* "sensor", "binary_sensor" */
	const char *device_class; /* NULL, like the three below, where it has none */
	const char *unit;
	const char *state_class;
	const char *options;      /* "ok|warning|alarm": the words of an enumeration */
	int decimals;             /* digits to show; -1: Home Assistant's own choice */
	bool diagnostic;          /* about the line, not about the battery */
	bool hidden;              /* not enabled until its owner wants it */
	bool of_link;             /* in the link topic's document, not in the device's own */
	char name[DISCOVERY_NAME_MAX];
	char id[DISCOVERY_NAME_MAX]; /* the name as the end of a unique id: "charge_voltage_limit" */
	char value[DISCOVERY_TEMPLATE_MAX]; /* the template; an absent value becomes "None", which is "unknown" there */
};

struct discovery_cursor {
	int row, element;
};

/* Writes names and ids. `barcode`: "" where there is none, or where another module has the same: the address stands
 * for it then. */
void discovery_describe(struct discovery_device *device, int number, const char *topic_base, const char *barcode);

/* Steps through the entities of a device: start with a zeroed cursor; false past the last. */
bool discovery_next(struct discovery_cursor *cursor, const struct discovery_device *device,
                    struct discovery_entity *entity);

/* The template that tells from the link document whether a module is `online` or `offline`. */
void discovery_availability(const struct discovery_device *device, char out[DISCOVERY_TEMPLATE_MAX]);

/* "PREFIX/device/NODE/module_3/config": where a device's document goes. The topic is by the address, so that it
 * is known without having read the module. */
void discovery_topic(const struct settings *settings, int number, char *out, size_t size);

/* Whether the documents of one configuration are in the places of the other. */
bool discovery_same_place(const struct settings *a, const struct settings *b);

#endif
