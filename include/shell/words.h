/* words: the command line as two tables (words.c): what the parser takes, what --help prints, what the README shows.
 *
 * `pylontech-mqtt` alone is the daemon; `pylontech-mqtt WORD ...` does something else and ends. */
#ifndef SHELL_WORDS_H
#define SHELL_WORDS_H

#include "shell/loop.h"

#include <stdbool.h>
#include <stdio.h>

#define WORDS_ARGUMENTS_MAX 2

/* What the command line asks for. */
struct words_line {
	const struct words_row *word; /* the daemon's row where none was given */
	const char *argument[WORDS_ARGUMENTS_MAX]; /* NULL where it was left out */
	const char *config_path; /* NULL: not given */
	const char *broker, *broker_port, *username, *password_file, *topic_base; /* instead of the configuration's */
	bool check, fast, json, keep_serials, once, supervised, verbose;
};

/* Does what the line asks for and returns the exit status. `loop` is all zero: it is large, and there is only one. */
typedef int word_run(const struct words_line *line, struct loop *loop);

struct words_row {
	const char *name;      /* "": the daemon */
	const char *arguments; /* "FILE [PORT]": as --help shows them; in brackets what may be left out */
	const char *text;      /* one sentence or two, lines split by \n */
	word_run *run;
};

/* Fills in `line`. Returns ENGINE_EXIT_NONE to go on, or the status to end with: everything was said then. */
int words_parse(int argc, char **argv, struct words_line *line);

/* Prints what --help prints. */
void words_print_help(FILE *to);

/* The same two tables in Markdown, for the README. */
void words_print_manual(FILE *to);

#endif
