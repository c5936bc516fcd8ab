#include "shell/commands/trial.h"

#include "shell/system/config.h"
#include "shell/system/log.h"

#include <unistd.h>

struct loop *trial_loop(void)
{
	static struct loop loop;

	return &loop;
}

/* Whatever the service would find again after a run of its own. */
static void forget(struct settings *s)
{
	s->limits.memory_file[0] = '\0';
	s->history.file[0] = '\0';
}

void trial_defaults(const struct words_line *line, struct loop *loop)
{
	settings_defaults(&loop->settings);
	forget(&loop->settings);
	loop->options = (struct loop_options){ .verbose = line->verbose };
}

bool trial_settings(const struct words_line *line, struct loop *loop)
{
	const struct config_reader reader = { mqtt_connection_has_tls, log_report, NULL };
	const char *path = line->config_path;

	if (path == NULL && access(CONFIG_PATH, F_OK) == 0)
		path = CONFIG_PATH;
	trial_defaults(line, loop);
	if (path != NULL && !config_read(path, &loop->settings, &reader))
		return false;
	forget(&loop->settings);
	log_set_level(line->verbose ? LEVEL_DEBUG : loop->settings.level);
	return true;
}

int trial_survey(struct loop *loop)
{
	loop->settings.mqtt.active = false;
	loop->options.until = LOOP_UNTIL_SURVEYED;
	return loop_run(loop);
}
