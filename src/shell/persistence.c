#include "shell/persistence.h"

#include "shell/system/history_file.h"
#include "shell/system/log.h"
#include "shell/system/memory.h"

#include <errno.h>
#include <string.h>

void persistence_recall(struct persistence *p, struct engine *engine, int64_t now_ms)
{
	const char *path = engine->settings.limits.memory_file;

	if (path[0] == '\0' || p->off)
		return;
	if (!memory_read(path, &p->memory)) {
		if (errno != 0 && errno != ENOENT)
			log_warning("%s cannot be read: %s; beginning without the trips and limits of the run "
				    "before",
				    path, strerror(errno));
	} else if (engine_recall(engine, &p->memory, now_ms)) {
		log_info("taking over trips and limits of the run before");
	}
}

void persistence_remember(struct persistence *p, const struct engine *engine, int64_t now_ms)
{
	const char *path = engine->settings.limits.memory_file;

	if (path[0] == '\0' || p->off)
		return;
	engine_remember(engine, &p->memory, now_ms);
	if (memory_write(path, &p->memory)) {
		p->memory_told = false;
	} else if (!p->memory_told) {
		log_warning("%s cannot be written: %s; a restart will begin without it", path, strerror(errno));
		p->memory_told = true;
	}
}

/* The one that the run before has left in RAM is newer, when it is not the shorter one. */
void persistence_recall_history(struct persistence *p, struct engine *engine, int64_t now_ms)
{
	const char *path = engine->settings.history.file;
	struct history kept;

	history_init(&kept, now_ms);
	p->history_held = path[0] != '\0' && !p->off && history_file_read(path, &kept, now_ms);
	history_adopt(&engine->history, &kept);
}

void persistence_keep_history(struct persistence *p, const struct engine *engine)
{
	const char *path = engine->settings.history.file;

	if (path[0] == '\0' || !p->history_held)
		return;
	if (history_file_write(path, &engine->history)) {
		p->history_told = false;
	} else if (!p->history_told) {
		log_warning("[history] file = %s cannot be written: %s; the history goes on in memory only", path,
			    strerror(errno));
		p->history_told = true;
	}
}
