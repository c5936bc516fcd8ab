#include "shell/commands/replay.h"

#include "core/base/text.h"
#include "shell/commands/trial.h"
#include "shell/system/log.h"

#include <string.h>

static const char suffix[] = "-replay";

static void add_suffix(char name[SETTINGS_TEXT_MAX])
{
	size_t used = strlen(name);

	text_copy(name + used, SETTINGS_TEXT_MAX - used, suffix);
}

/* What differs from the service. */
static void adjust(struct settings *s, const struct player *player, const char *path, bool once)
{
	int32_t answered_baud = playback_answered_baud(&player->playback);

	s->mqtt.active &= !once;
	s->homeassistant.discovery = false;
	add_suffix(s->mqtt.topic_base);
	add_suffix(s->mqtt.client_id);
	text_copy(s->serial.port, sizeof s->serial.port, path);
	s->serial.baud = answered_baud > 0 ? answered_baud : s->serial.baud;
	s->protection.frozen_ms = INT32_MAX; /* it is played again and again: that is no console that hangs */
}

int replay_run(const struct words_line *line)
{
	const char *path = line->argument[0];
	struct loop *loop = trial_loop();
	char why[PLAYER_WHY_MAX];
	struct player player;
	int status;

	if (!trial_settings(line, loop))
		return ENGINE_EXIT_CONFIGURATION;
	if (!player_load(&player, path, line->fast, why)) {
		log_error("%s cannot be played: %s", path, why);
		return ENGINE_EXIT_CONFIGURATION;
	}
	loop->options.until = line->once ? LOOP_UNTIL_FIRST_BANK : LOOP_UNTIL_ASKED;
	adjust(&loop->settings, &player, path, line->once);
	loop->line.player = &player;
	if (loop->settings.mqtt.active)
		log_warning("this is the recording %s, not the battery: it is published below %s", path,
		            loop->settings.mqtt.topic_base);
	status = loop_run(loop);
	player_free(&player);
	return status;
}
