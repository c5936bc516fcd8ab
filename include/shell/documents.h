/* documents: what the engine has to say -> messages on their topics, or one document on stdout. */
#ifndef SHELL_DOCUMENTS_H
#define SHELL_DOCUMENTS_H

#include "core/engine/engine.h"
#include "shell/broker/json.h"
#include "shell/broker/mqtt.h"

#include <stdbool.h>

/* Zeroed but for `mqtt`. Which topics, and whether anything is sent at all, the engine's settings say. */
struct documents {
	struct mqtt *mqtt;
	/* the rest is its own */
	bool told; /* that the last message could not be made */
	struct figures figures;
	struct json json;
	char text[MQTT_PAYLOAD_MAX];
};

/* Publishes whatever the actions of the last step ask for. */
void documents_publish(struct documents *documents, const struct engine *engine, const struct engine_actions *actions,
		       int64_t now_ms);

/* Takes back what Home Assistant was told of devices (bit N: device N) under `settings`, which may be those of before. */
void documents_retract(struct documents *documents, const struct settings *settings, uint32_t devices, int64_t now_ms);

/* Prints the bank's document on stdout. False: it could not be made or written, and it was said why. */
bool documents_print_bank(struct documents *documents, const struct engine *engine);

/* Frees what is kept for further documents. */
void documents_end(struct documents *documents);

#endif
