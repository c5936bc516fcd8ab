#include "shell/commands/record.h"

#include "core/engine/finding.h"
#include "core/recording/mask.h"
#include "shell/commands/trial.h"
#include "shell/port/ports.h"
#include "shell/system/log.h"

#include <errno.h>
#include <string.h>

#define REMARK_MAX 320

/* Whether the port can be had; else it is said why. */
static bool may_begin(const char *port)
{
	char why[PORT_WHY_MAX];
	enum port_fault fault;

	if (port[0] == '\0') {
		log_error("which port? `pylontech-mqtt probe` finds it; write it behind the file's name");
		return false;
	}
	fault = ports_try(port, why);
	if (fault == PORT_TAKEN)
		log_error("%s. Nothing was recorded. If that is the service, end it first: `svc -d "
		          "/service/pylontech-mqtt` on a GX, else `systemctl stop pylontech-mqtt`", why);
	else if (fault != PORT_OK)
		log_error("%s. Nothing was recorded", why);
	return fault == PORT_OK;
}

/* The last line of the file, and what is said: what the recording shows. */
static int finish(struct recorder *r, const char *path, const struct loop *loop, const struct overheard *o)
{
	bool complete = loop->engine.passes > 0 || loop->engine.failed_polls > 0;
	char remark[REMARK_MAX];
	struct text t = text_in(remark, sizeof remark);

	if (!complete)
		text_str(&t, "ended before it was complete");
	else
		finding_print(finding_of(&loop->engine, o), &loop->engine, o, &t);
	if (!r->keep_serials)
		mask_serials(remark, t.used, 0); /* what another device says may hold one */
	if (!recorder_close(r, remark)) {
		log_error("%s could not be written: %s", path, strerror(errno));
		return ENGINE_EXIT_BATTERY;
	}
	printf("%s: %u commands; %s.\n%s Look at it, then attach it to your report.\n", path, r->commands, remark,
	       r->keep_serials ? "Serial numbers are readable." : "Serial numbers are masked.");
	return complete ? loop->exit_status : ENGINE_EXIT_BATTERY;
}

int record_run(const struct words_line *line)
{
	static struct recorder recorder; /* too large for the stack */
	struct overheard overheard = { 0 };
	const char *path = line->argument[0];
	struct loop *loop = trial_loop();

	if (!trial_settings(line, loop))
		return ENGINE_EXIT_CONFIGURATION;
	if (line->argument[1])
		text_copy(loop->settings.serial.port, sizeof loop->settings.serial.port, line->argument[1]);
	if (!may_begin(loop->settings.serial.port))
		return ENGINE_EXIT_BATTERY;
	if (!recorder_open(&recorder, path, line->keep_serials)) {
		log_error("%s cannot be made: %s. Give a name that is not in use", path, strerror(errno));
		return ENGINE_EXIT_CONFIGURATION;
	}
	loop->line.recorder = &recorder;
	loop->line.overheard = &overheard;
	trial_survey(loop);
	return finish(&recorder, path, loop, &overheard);
}
