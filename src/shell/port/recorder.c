#include "shell/port/recorder.h"

#include "core/base/number.h"
#include "core/recording/mask.h"
#include "shell/system/clock.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define JOIN_MS 100 /* a longer pause within a line is worth a piece of its own */

bool recorder_open(struct recorder *r, const char *path, bool keep_serials)
{
	time_t now = time(NULL);
	struct tm utc;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	memset(r, 0, sizeof *r);
	r->file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (r->file == NULL)
		return false;
	r->keep_serials = keep_serials;
	r->start_ms = clock_ms();
	gmtime_r(&now, &utc);
	fprintf(r->file, TAPE_TITLE "\n# by pylontech-mqtt " VERSION " on %d-%02d-%02d %02d:%02d UTC, serial numbers %s\n",
	        utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
	        keep_serials ? "as they are" : "masked");
	return true;
}

static void put(struct recorder *r, const struct tape_piece *piece)
{
	char line[TAPE_LINE_MAX];

	tape_write(piece, line);
	fprintf(r->file, "%s\n", line);
}

/* How much of the bytes makes a line of its own: a line of the console, or what fits. */
static size_t line_length(const char *bytes, size_t length)
{
	const char *end = memchr(bytes, '\n', length);

	return (size_t)number_min(end ? end - bytes + 1 : (int64_t)length, TAPE_BYTES_MAX);
}

/* Writes what has come since the last command. */
static void flush(struct recorder *r)
{
	const char *at = r->bytes;

	if (!r->keep_serials)
		mask_serials(r->bytes, r->used, r->address);
	for (int i = 0; i < r->pieces; i++)
		for (size_t left = r->piece[i].length, length; left > 0; left -= length, at += length) {
			length = line_length(at, left);
			put(r, &(struct tape_piece){ TAPE_CAME, r->piece[i].at_ms, 0, at, length });
		}
	r->used = 0;
	r->pieces = 0;
}

void recorder_speed(struct recorder *r, int32_t speed_baud)
{
	if (speed_baud == r->speed_baud)
		return;
	flush(r);
	r->speed_baud = speed_baud;
	put(r, &(struct tape_piece){ .kind = TAPE_SPEED, .at_ms = clock_ms() - r->start_ms, .speed_baud = speed_baud });
}

void recorder_sent(struct recorder *r, struct command command)
{
	char bytes[COMMAND_BYTES_MAX];
	size_t length = command_bytes(command, bytes);

	flush(r);
	r->address = command.address;
	r->commands += length > 1;
	put(r, &(struct tape_piece){ TAPE_SENT, clock_ms() - r->start_ms, 0, bytes, length });
}

/* Whether what comes now belongs to the last piece: the same line of the console, without a pause in it. */
static bool joins(const struct recorder *r, int64_t at_ms)
{
	bool ended = r->pieces == 0 || r->bytes[r->used - 1] == '\n';

	return r->pieces == RECORDER_PIECES_MAX ||
	       (!ended && at_ms - r->piece[r->pieces - 1].at_ms < JOIN_MS);
}

/* `bytes`: at most one line. A piece has the time of its last byte, so that a reply takes as long as it took. */
static void keep(struct recorder *r, const char *bytes, size_t length)
{
	int64_t at_ms = clock_ms() - r->start_ms;

	if (!joins(r, at_ms))
		r->piece[r->pieces++].length = 0;
	memcpy(r->bytes + r->used, bytes, length);
	r->used += length;
	r->piece[r->pieces - 1].at_ms = at_ms;
	r->piece[r->pieces - 1].length += length;
}

void recorder_came(struct recorder *r, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		size_t count = (size_t)number_min((int64_t)line_length(at, length),
		                                  (int64_t)(sizeof r->bytes - r->used));

		keep(r, at, count);
		at += count;
		length -= count;
		if (r->used == sizeof r->bytes)
			flush(r);
	}
}

bool recorder_close(struct recorder *r, const char *remark)
{
	bool good;

	flush(r);
	fprintf(r->file, "# %s\n", remark);
	good = fflush(r->file) == 0 && !ferror(r->file) && fsync(fileno(r->file)) == 0;
	return fclose(r->file) == 0 && good;
}
