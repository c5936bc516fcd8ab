#include "shell/commands/words.h"

#include "core/engine/engine.h"
#include "shell/commands/probe.h"
#include "shell/commands/record.h"
#include "shell/commands/replay.h"
#include "shell/commands/service.h"
#include "shell/system/config.h"
#include "shell/watch/watch.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- What can be asked for. A new word or option is a row here, nothing else. ---- */

const struct words_row words_rows[] = {
	{ "", "", "the daemon: reads the battery and publishes until it is asked to end", service_run },
	{ "probe", "[PORT]",
	  "tries PORT, or every USB serial adapter that nobody holds (20 s each), and says\nwhat is there; status 0: a battery",
	  probe_run },
	{ "record", "FILE [PORT]",
	  "reads every module once and writes every byte into FILE, to be mailed;\nthe service must not run", record_run },
	{ "replay", "FILE",
	  "the daemon on a recording instead of a battery; publishes below\nBASE-replay, so that nobody takes it for one",
	  replay_run },
	{ "watch", "", "what the daemon publishes, as a live view on a terminal, or as one plain picture\n"
	               "elsewhere; reads the broker, so it runs beside the service and on any machine", watch_run },
};

const struct words_option words_options[] = {
	{ NULL, 'c', "FILE", offsetof(struct words_line, config_path), "daemon, record, replay, watch",
	  "the configuration (default " CONFIG_PATH ")" },
	{ NULL, 'n', NULL, offsetof(struct words_line, check), "daemon",
	  "check the configuration, print the rules that follow from it, and end" },
	{ NULL, 'v', NULL, offsetof(struct words_line, verbose), NULL,
	  "log everything, whatever [logging] level says" },
	{ "once", 0, NULL, offsetof(struct words_line, once), "daemon, replay, watch",
	  "read every module once, print the bank's JSON, end; no broker. watch: print one\npicture and end" },
	{ "json", 0, NULL, offsetof(struct words_line, json), "probe", "for scripts" },
	{ "keep-serials", 0, NULL, offsetof(struct words_line, keep_serials), "record",
	  "leave serial numbers readable" },
	{ "fast", 0, NULL, offsetof(struct words_line, fast), "replay",
	  "answers come at once, not when they came" },
	{ "supervised", 0, NULL, offsetof(struct words_line, supervised), "daemon",
	  "wait before ending with 100 (60 s) or 111 (10 s), for a supervisor that\nstarts it again at once" },
	{ "broker", 0, "HOST", offsetof(struct words_line, broker), "watch",
	  "another broker than the configuration's" },
	{ "port", 0, "N", offsetof(struct words_line, broker_port), "watch", "its port" },
	{ "username", 0, "NAME", offsetof(struct words_line, username), "watch", "the user name there" },
	{ "password-file", 0, "FILE", offsetof(struct words_line, password_file), "watch",
	  "the file whose first line is the password" },
	{ "topic-base", 0, "BASE", offsetof(struct words_line, topic_base), "watch", "what the topics begin with" },
	{ "version", 0, NULL, offsetof(struct words_line, version), NULL, "print the version and end" },
	{ "help", 0, NULL, offsetof(struct words_line, help), NULL, "print this and end" },
};

const struct words_note words_signals[] = {
	{ "SIGTERM, SIGINT", "end the program" },
	{ "SIGHUP", "the daemon reads its configuration again; with a word: end" },
};

const struct words_note words_statuses[] = {
	{ "0", "done, or ended on request" },
	{ "100", "configuration or command line, or a file named there that cannot be used" },
	{ "111", "battery or port not found, or lost; the result cannot be written;\nwatch: no daemon that is online" },
};

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

const int words_row_count = COUNT(words_rows);
const int words_option_count = COUNT(words_options);
const int words_signal_count = COUNT(words_signals);
const int words_status_count = COUNT(words_statuses);

/* ---- Printing them ---- */

#define COLUMN 22

static void print_row(FILE *to, const char *name, const char *text)
{
	fprintf(to, "  %-*s", COLUMN, name);
	for (; *text != '\0'; text++)
		if (*text == '\n')
			fprintf(to, "\n  %*s", COLUMN, "");
		else
			putc(*text, to);
	putc('\n', to);
}

void words_name_option(const struct words_option *o, char *out, size_t size)
{
	const char letter[2] = { o->letter, '\0' };

	snprintf(out, size, "%s%s%s%s", o->name ? "--" : "-", o->name ? o->name : letter,
	         o->argument ? " " : "", o->argument ? o->argument : "");
}

void words_name_row(const struct words_row *w, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", w->name, w->arguments[0] != '\0' ? " " : "", w->arguments);
}

static void print_help(FILE *to)
{
	char name[WORDS_NAME_MAX];

	fputs("Usage: pylontech-mqtt [WORD ...] [OPTION ...]\n"
	      "Reads a Pylontech battery's console and publishes its values and limits by MQTT.\n\n", to);
	for (int i = 0; i < words_row_count; i++) {
		words_name_row(&words_rows[i], name, sizeof name);
		print_row(to, name[0] != '\0' ? name : "(no word)", words_rows[i].text);
	}
	putc('\n', to);
	for (int i = 0; i < words_option_count; i++) {
		words_name_option(&words_options[i], name, sizeof name);
		print_row(to, name, words_options[i].text);
	}
	fputs("\nSignals:\n", to);
	for (int i = 0; i < words_signal_count; i++)
		print_row(to, words_signals[i].name, words_signals[i].text);
	fputs("\nExit status:\n", to);
	for (int i = 0; i < words_status_count; i++)
		print_row(to, words_statuses[i].name, words_statuses[i].text);
}

/* ---- Taking them from the command line ---- */

static int refuse(const char *what, const char *why)
{
	fprintf(stderr, "pylontech-mqtt: '%s' %s\n", what, why);
	print_help(stderr);
	return ENGINE_EXIT_CONFIGURATION;
}

static int count_options(const struct words_row *w, const char *needle)
{
	int count = 0;

	for (const char *at = w->arguments; (at = strstr(at, needle)) != NULL; at += strlen(needle))
		count++;
	return count;
}

/* How many arguments a word takes at most, and how many of them may be left out. */
static int arguments_most(const struct words_row *w)
{
	return w->arguments[0] == '\0' ? 0 : count_options(w, " ") + 1;
}

static int arguments_optional(const struct words_row *w)
{
	return count_options(w, "[");
}

static int take_words(int count, char **given, struct words_line *line)
{
	for (int i = 0; i < words_row_count && count > 0; i++)
		if (strcmp(words_rows[i].name, given[0]) == 0)
			line->word = &words_rows[i];
	if (count > 0 && (line->word->name[0] == '\0' || given[0][0] == '\0'))
		return refuse(given[0], "is not a command");
	for (int i = 1; i < count; i++) {
		if (i > arguments_most(line->word))
			return refuse(given[i], "is one argument too many");
		line->argument[i - 1] = given[i];
	}
	if (count > 0 && count - 1 < arguments_most(line->word) - arguments_optional(line->word))
		return refuse(given[0], "needs an argument");
	return ENGINE_EXIT_NONE;
}

static void take_option(const struct words_option *o, struct words_line *line)
{
	char *at = (char *)line + o->offset;

	if (o->argument)
		memcpy(at, &optarg, sizeof optarg);
	else
		*(bool *)(void *)at = true;
}

bool words_go_together(const struct words_option *o, const struct words_row *w)
{
	return o->with == NULL || strstr(o->with, w->name[0] != '\0' ? w->name : "daemon") != NULL;
}

/* Each option of the table in the form that getopt_long wants; its value there is its number in the table. */
static void for_getopt(struct option *names, char *letters)
{
	for (int i = 0; i < words_option_count; i++) {
		if (words_options[i].name)
			*names++ = (struct option){ words_options[i].name, words_options[i].argument != NULL, NULL, i };
		if (words_options[i].letter) {
			*letters++ = words_options[i].letter;
			if (words_options[i].argument)
				*letters++ = ':';
		}
	}
	*names = (struct option){ NULL, 0, NULL, 0 };
	*letters = '\0';
}

static int row_of(int value)
{
	for (int i = 0; i < words_option_count; i++)
		if (value == i || (words_options[i].letter != 0 && value == words_options[i].letter))
			return i;
	return -1;
}

int words_parse(int argc, char **argv, struct words_line *line)
{
	struct option names[COUNT(words_options) + 1];
	char letters[2 * COUNT(words_options) + 1];
	bool given[COUNT(words_options)] = { false };
	int value, status;

	*line = (struct words_line){ .word = &words_rows[0] };
	for_getopt(names, letters);
	while ((value = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		int row = row_of(value);

		if (row < 0) {
			print_help(stderr);
			return ENGINE_EXIT_CONFIGURATION;
		}
		given[row] = true;
		take_option(&words_options[row], line);
		if (line->version)
			return puts("pylontech-mqtt " VERSION) < 0;
		if (line->help) {
			print_help(stdout);
			return 0;
		}
	}
	status = take_words(argc - optind, argv + optind, line);
	for (int i = 0; i < words_option_count && status == ENGINE_EXIT_NONE; i++)
		if (given[i] && !words_go_together(&words_options[i], line->word))
			status = refuse(words_options[i].name ? words_options[i].name : "this option", "cannot be used with this command");
	return status;
}
