/* recorder: writes down the talk with a console, as core/recording/tape.h has it. */
#ifndef SHELL_RECORDER_H
#define SHELL_RECORDER_H

#include "core/console/command.h"
#include "core/recording/tape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define RECORDER_BYTES_MAX 16384 /* more than the longest reply */
#define RECORDER_PIECES_MAX 512 /* lines of a reply; what is beyond joins the last one */

/* What came is kept until the next command, so that a serial number is seen whole before it is masked. */
struct recorder {
	FILE *file;
	bool keep_serials;
	int32_t speed_baud; /* as written last */
	int address; /* of the module that was asked last */
	int64_t start_ms;
	char bytes[RECORDER_BYTES_MAX];
	size_t used;
	struct {
		int64_t at_ms;
		size_t length;
	} piece[RECORDER_PIECES_MAX];
	int pieces;
	uint32_t commands; /* that were written down, newlines not counted */
};

/* Makes a new file for the owner alone and writes its head. False with errno: also when the file is there already. */
bool recorder_open(struct recorder *r, const char *path, bool keep_serials);

void recorder_speed(struct recorder *r, int32_t speed_baud);
void recorder_sent(struct recorder *r, struct command command);
void recorder_came(struct recorder *r, const void *bytes, size_t length);

/* Writes what is left and the remark. False: not all of it could be written (a full disk). */
bool recorder_close(struct recorder *r, const char *remark);

#endif
