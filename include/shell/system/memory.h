/* memory: what a restart within the same boot takes over, in one small file in RAM (/run).
 *
 * The file holds the bytes of struct engine_memory behind a header with the boot's id, the size and a sum; what
 * does not fit, of another boot, another version or damaged, is ignored. */
#ifndef SHELL_MEMORY_H
#define SHELL_MEMORY_H

#include "core/engine/engine.h"

#include <stdbool.h>

/* Reads `path`. False: there is none (errno ENOENT), it is not of this boot and program (0), or errno says why it
 * could not be read. */
bool memory_read(const char *path, struct engine_memory *memory);

/* Writes `path` whole or not at all (a new file beside it takes its name). False: it could not be written; errno
 * says why. */
bool memory_write(const char *path, const struct engine_memory *memory);

#endif
