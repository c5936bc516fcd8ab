#include "core/limits.h"
#include "core/text.h"
#include "shell/config.h"
#include "shell/log.h"
#include "shell/loop.h"
#include "shell/supervised.h"

#include <getopt.h>
#include <stdio.h>

#define RULE_MAX 512
#define DEFAULT_CONFIG "/data/conf/pylontech-mqtt.ini"

static const char usage[] =
	"Usage: pylontech-mqtt [-c FILE] [-n] [-v] [--once] [--supervised]\n"
	"Reads a Pylontech battery's console and publishes its values and limits by MQTT.\n"
	"\n"
	"  -c FILE       the configuration (default " DEFAULT_CONFIG ")\n"
	"  -n            check the configuration, print the rules that follow from it, and end\n"
	"  -v            log everything, whatever [logging] level says\n"
	"  --once        read every module once, print the bank's JSON, end; no broker\n"
	"  --supervised  wait before ending with 100 (60 s) or 111 (10 s), for a supervisor that\n"
	"                starts it again at once\n"
	"  --version     print the version and end\n"
	"  --help        print this and end\n"
	"\n"
	"SIGTERM and SIGINT end it, SIGHUP reads the configuration again.\n"
	"Exit status: 0 ended on request, 100 configuration, 111 battery or port lost.\n";

enum { OPTION_ONCE = 256, OPTION_SUPERVISED, OPTION_VERSION, OPTION_HELP };

/* What only main itself needs to know. */
struct choice {
	bool check;
	bool supervised;
};

static const struct option options[] = {
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "supervised", no_argument, NULL, OPTION_SUPERVISED },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

/* Returns the status to end with, or ENGINE_EXIT_NONE to go on. */
static int parse(int argc, char **argv, struct loop *loop, struct choice *choice)
{
	int option;

	while ((option = getopt_long(argc, argv, "c:nv", options, NULL)) != -1) {
		switch (option) {
		case 'c': loop->config_path = optarg; break;
		case 'n': choice->check = true; break;
		case 'v': loop->verbose = true; break;
		case OPTION_ONCE: loop->once = true; break;
		case OPTION_SUPERVISED: choice->supervised = true; break;
		case OPTION_VERSION: puts("pylontech-mqtt " VERSION); return 0;
		case OPTION_HELP: fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return ENGINE_EXIT_CONFIGURATION;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "pylontech-mqtt: '%s' is no option\n%s", argv[optind], usage);
		return ENGINE_EXIT_CONFIGURATION;
	}
	return ENGINE_EXIT_NONE;
}

static bool configure(struct loop *loop)
{
	if (!config_read(loop->config_path, &loop->settings, loop_report, NULL))
		return false;
	if (loop->settings.serial.port[0] == '\0') {
		log_error("%s: [serial] port is not set: write the adapter's path, such as "
		          "/dev/serial/by-id/...", loop->config_path);
		return false;
	}
	if (loop->once)
		loop->settings.mqtt.active = false;
	log_set_level(loop->verbose ? LEVEL_DEBUG : loop->settings.level);
	return true;
}

/* The rules as they would be, for the installer to sign off. */
static int print_rules(const struct loop *loop)
{
	char line[RULE_MAX];
	struct text t = text_in(line, sizeof line);

	printf("%s: fine. The limits are the minimum of these rules, for each module and the bank:\n",
	       loop->config_path);
	for (int i = 0; limits_print_rule(&loop->settings, i, &t); i++) {
		printf("  %s\n", line);
		t = text_in(line, sizeof line);
	}
	return 0;
}

static int run(struct loop *loop, const struct choice *choice)
{
	if (!configure(loop))
		return ENGINE_EXIT_CONFIGURATION;
	if (choice->check)
		return print_rules(loop);
	log_info("pylontech-mqtt " VERSION " reads the battery at %s", loop->settings.serial.port);
	return loop_run(loop);
}

int main(int argc, char **argv)
{
	static struct loop loop; /* without a value here, so that it takes no room in the file */
	struct choice choice = { false, false };
	int status;

	loop.config_path = DEFAULT_CONFIG;
	status = parse(argc, argv, &loop, &choice);
	if (status != ENGINE_EXIT_NONE)
		return status;
	status = run(&loop, &choice);
	if (choice.supervised)
		supervised_wait(status);
	return status;
}
