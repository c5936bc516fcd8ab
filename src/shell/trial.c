#include "shell/trial.h"

#include "shell/config.h"
#include "shell/log.h"
#include "shell/service.h"

#include <unistd.h>

bool trial_settings(const struct words_line *line, struct loop *loop)
{
	const char *path = line->config_path;

	if (path == NULL && access(SERVICE_CONFIG, F_OK) == 0)
		path = SERVICE_CONFIG;
	settings_defaults(&loop->settings);
	if (path != NULL && !config_read(path, &loop->settings, loop_report, NULL))
		return false;
	loop->config_path = NULL;
	loop->verbose = line->verbose;
	loop->settings.limits.memory_file[0] = '\0';
	log_set_level(line->verbose ? LEVEL_DEBUG : loop->settings.level);
	return true;
}

int trial_survey(struct loop *loop)
{
	loop->settings.mqtt.active = false;
	loop->survey = true;
	return loop_run(loop);
}
