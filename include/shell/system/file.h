/* file: reads a small regular file whole, never blocking on anything else; replaces one whole or not at all. */
#ifndef SHELL_FILE_H
#define SHELL_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct file_facts {
	size_t length;     /* bytes in the buffer */
	bool open_to_others; /* group or others may read it */
};

/* Reads `path` into `buffer`, without a terminator. Returns true, or false with the reason in `why`
 * ("no such file"): missing, no permission, not a regular file, more than `size` bytes. */
bool file_read(const char *path, char *buffer, size_t size, struct file_facts *facts, char *why,
               size_t why_size);

/* Makes `path` hold these bytes, whole or not at all: a new file beside it (PATH.new) takes its name. `durable`: only
 * when the bytes are on the disk, and the name before it returns. False: it could not be written, errno says why. */
bool file_replace(const char *path, const void *bytes, size_t size, bool durable);

#endif
