/* tape: the talk with a console as text that can be mailed: one line a piece of bytes.
 *
 *   pylontech-mqtt recording 1     the first line
 *   # any remark
 *   0 = 19200                      milliseconds since the start; the speed of the port from here on
 *   3 > \n                         written to the console
 *   35 < \r\n\rpylon>              came from it
 *
 * Bytes are printable ASCII; anything else, a backslash and a blank at the end are escaped: \r \n \\ \x20. */
#ifndef CORE_TAPE_H
#define CORE_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAPE_TITLE "pylontech-mqtt recording 1"
#define TAPE_BYTES_MAX 200 /* of one piece, so that no line is longer than what every mail program takes */
#define TAPE_LINE_MAX (TAPE_BYTES_MAX * 4 + 40)
#define TAPE_MOST_MS (INT64_C(24) * 3600 * 1000) /* no recording is longer */

enum tape_kind { TAPE_REMARK, TAPE_SPEED, TAPE_SENT, TAPE_CAME };

struct tape_piece {
	enum tape_kind kind;
	int64_t at_ms;      /* since the start of the recording */
	int32_t speed_baud; /* TAPE_SPEED */
	const char *bytes;  /* TAPE_SENT, TAPE_CAME; the caller's */
	size_t length;      /* up to TAPE_BYTES_MAX */
};

/* Writes the piece as a line, terminated, without a line end, to `out` (TAPE_LINE_MAX). */
void tape_write(const struct tape_piece *piece, char *out);

/* Reads a line (terminated, without a line end; blank lines are remarks). The bytes are decoded in place and
 * piece->bytes points into `line`. False: it is none of the above. */
bool tape_read(char *line, struct tape_piece *piece);

#endif
