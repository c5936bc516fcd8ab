#include "shell/commands/service.h"

#include "core/base/text.h"
#include "core/protection/limits.h"
#include "shell/loop.h"
#include "shell/system/config.h"
#include "shell/system/log.h"
#include "shell/system/privileges.h"
#include "shell/system/supervised.h"

#include <stdio.h>

#define RULE_MAX 512

static bool configure(struct loop *loop)
{
	if (!config_read(loop->options.config_path, &loop->settings,
			 &(struct config_reader){ mqtt_connection_has_tls, log_report, NULL }))
		return false;
	if (loop->settings.serial.port[0] == '\0') {
		log_error("%s: [serial] port is not set: write the adapter's path, such as "
			  "/dev/serial/by-id/...",
			  loop->options.config_path);
		return false;
	}
	if (loop->options.until == LOOP_UNTIL_FIRST_BANK)
		loop->settings.mqtt.active = false;
	log_set_level(loop->options.verbose ? LEVEL_DEBUG : loop->settings.level);
	return true;
}

/* The rules as they would be, for the installer to sign off. */
static int print_rules(const struct loop *loop)
{
	char line[RULE_MAX];
	struct text t = text_in(line, sizeof line);

	printf("%s: fine. The limits are the minimum of these rules, for each module and the bank:\n",
	       loop->options.config_path);
	for (int i = 0; limits_print_rule(&loop->settings, i, &t); i++) {
		printf("  %s\n", line);
		t = text_in(line, sizeof line);
	}
	return 0;
}

static int run(const struct words_line *line, struct loop *loop)
{
	if (!configure(loop))
		return ENGINE_EXIT_CONFIGURATION;
	if (line->check)
		return print_rules(loop);
	if (!privileges_drop())
		log_warning("the kernel did not take the privileges back that this program does not need; going on with them");
	log_info("pylontech-mqtt " VERSION " reads the battery at %s", loop->settings.serial.port);
	return loop_run(loop);
}

int service_run(const struct words_line *line)
{
	static struct loop loop; /* large, and zero */
	int status;

	loop.options = (struct loop_options){
		.config_path = line->config_path ? line->config_path : CONFIG_PATH,
		.until = line->once ? LOOP_UNTIL_FIRST_BANK : LOOP_UNTIL_ASKED,
		.persist = !line->once,
		.verbose = line->verbose,
	};
	status = run(line, &loop);
	if (line->supervised)
		supervised_wait(status);
	return status;
}
