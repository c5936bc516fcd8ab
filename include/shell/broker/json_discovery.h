/* json_discovery: a device and its entities -> the document that Home Assistant discovers it by. */
#ifndef SHELL_JSON_DISCOVERY_H
#define SHELL_JSON_DISCOVERY_H

#include "core/output/discovery.h"
#include "shell/broker/json_build.h"

#include <stddef.h>

/* Writes the document of `device`, whose values are published below `topic_base`. Returns its length, or 0 when it
 * did not fit into `size` or memory ran out. 32 kB hold a module of 24 cells. */
size_t json_discovery(struct json_build *b, const struct discovery_device *device, const char *topic_base,
                      const char *version, char *out, size_t size);

#endif
