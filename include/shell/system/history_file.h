/* history_file: the battery's history in a small file on flash: core/output/history's text with the wall clock. */
#ifndef SHELL_HISTORY_FILE_H
#define SHELL_HISTORY_FILE_H

#include "core/output/history.h"

#include <stdbool.h>

/* Reads `path`. Where there is none, or a damaged one, which is logged, `history` stays as it was. False: what is
 * there cannot be read, or is something else; it was logged, and must not be replaced. */
bool history_file_read(const char *path, struct history *history, int64_t now_ms);

/* Writes `path` so that after a power cut at any moment the old one or the new one is there. False: it could not be
 * written; errno says why. */
bool history_file_write(const char *path, const struct history *history);

#endif
