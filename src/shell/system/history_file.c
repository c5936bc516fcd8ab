#include "shell/system/history_file.h"

#include "shell/system/file.h"
#include "shell/system/log.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WHY_MAX 128

bool history_file_read(const char *path, struct history *history, int64_t now_ms)
{
	char text[4 * HISTORY_TEXT_MAX], why[WHY_MAX]; /* a later version may have kept more */
	struct file_facts facts;
	bool fine;
	int tries = 0;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	do
		fine = file_read(path, text, sizeof text, &facts, why, sizeof why);
	while (!fine && ++tries < 3); /* what passes must not cost years */
	if (!fine)
		log_warning("[history] file = %s: %s; it is left as it is, and what comes now is not kept", path, why);
	else if (!history_read(history, text, facts.length, time(NULL), now_ms))
		log_warning("[history] file = %s: damaged; the history begins anew and replaces it", path);
	return fine;
}

bool history_file_write(const char *path, const struct history *history)
{
	char buffer[HISTORY_TEXT_MAX];
	struct text out = text_in(buffer, sizeof buffer);

	history_write(history, time(NULL), &out);
	return file_replace(path, buffer, out.used, true);
}
