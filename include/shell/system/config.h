/* config: the configuration file: read, refuse with file and line.
 *
 * The file is INI, read with inih; what keys there are stands in core/settings/settings_table.c. */
#ifndef SHELL_CONFIG_H
#define SHELL_CONFIG_H

#include "core/settings/settings.h"

#include <stdbool.h>

#define CONFIG_PATH "/data/conf/pylontech-mqtt.ini" /* where no -c is given */

/* More faults than this are not told one by one. */
#define CONFIG_FAULTS_MAX 20

/* A longer line (comments excepted) or a larger file is refused. */
#define CONFIG_LINE_MAX 190
#define CONFIG_FILE_MAX 32768

/* Takes one sentence about the file, "FILE:LINE: what and what is allowed", without a line end; line 0
 * where no line can be blamed. `fault`: the file is refused because of it; else it is a warning.
 * It never holds the password. `message` is gone after the call. */
typedef void config_report(void *context, bool fault, const char *message);

/* For whom a configuration is read. */
struct config_reader {
	bool (*has_tls)(void); /* it can encrypt: else tls = yes is refused; asked only then */
	config_report *report;
	void *context; /* of `report` */
};

/* Reads the configuration at `path`: defaults, then the file, then the first line of password_file
 * into mqtt.password, then the order of the values. Every fault is reported, up to CONFIG_FAULTS_MAX.
 * Returns true and fills `out` when there was none; else false, and `out` is as it was. The file is
 * the owner's fault, so a false means exit status 100 at start. Never blocks (a FIFO or a device is
 * refused unread). Not for two threads at once. */
bool config_read(const char *path, struct settings *out, const struct config_reader *reader);

/* A value of the command line, for a key that there is. */
struct config_value {
	const char *section, *key, *value;
};

/* The same with `count` values laid over those of the file; `path` NULL: over the defaults. */
bool config_read_with(const char *path, const struct config_value *values, int count, struct settings *out,
                      const struct config_reader *reader);

#endif
