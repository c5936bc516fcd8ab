/* words: the command line as two tables (words.c): what the parser takes, what --help prints, what the
 * documents and the shell's completion are made from.
 *
 * `pylontech-mqtt` alone is the daemon; `pylontech-mqtt WORD ...` does something else and ends. */
#ifndef SHELL_WORDS_H
#define SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_ARGUMENTS_MAX 2
#define WORDS_NAME_MAX 64

/* What the command line asks for. */
struct words_line {
	const struct words_row *word; /* the daemon's row where none was given */
	const char *argument[WORDS_ARGUMENTS_MAX]; /* NULL where it was left out */
	const char *config_path; /* NULL: not given */
	const char *broker, *broker_port, *username, *password_file, *topic_base; /* instead of the configuration's */
	bool check, fast, help, json, keep_serials, once, supervised, verbose, version;
};

/* Does what the line asks for and returns the exit status. */
typedef int word_run(const struct words_line *line);

struct words_row {
	const char *name;      /* "": the daemon */
	const char *arguments; /* "FILE [PORT]": as --help shows them; in brackets what may be left out */
	const char *text;      /* one sentence or two, lines split by \n */
	word_run *run;
};

struct words_option {
	const char *name;     /* NULL: only a letter */
	char letter;          /* 0: only a name */
	const char *argument; /* NULL: it takes none */
	size_t offset;        /* in struct words_line: a bool, or a const char * with an argument */
	const char *with;     /* the words that it goes with, "daemon" for the one without a name; NULL: all */
	const char *text;
};

/* A signal or an exit status. */
struct words_note {
	const char *name, *text;
};

extern const struct words_row words_rows[];
extern const struct words_option words_options[];
extern const struct words_note words_signals[], words_statuses[];
extern const int words_row_count, words_option_count, words_signal_count, words_status_count;

/* "probe [PORT]"; "" for the daemon. */
void words_name_row(const struct words_row *w, char *out, size_t size);

/* "-c FILE", "--once". */
void words_name_option(const struct words_option *o, char *out, size_t size);

bool words_go_together(const struct words_option *o, const struct words_row *w);

/* Fills in `line`. Returns ENGINE_EXIT_NONE to go on, or the status to end with: everything was said then. */
int words_parse(int argc, char **argv, struct words_line *line);

#endif
