/* file: reads a small regular file whole, never blocking on anything else. */
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

#endif
