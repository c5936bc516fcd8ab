#include "docs.h"

#include "core/output/payload.h"
#include "core/settings/settings_table.h"
#include "shell/commands/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Text as it is to be read: nothing in it is a command of roff, but `this` is bold. */
static void put(const char *text)
{
	bool bold = false;

	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '\\': fputs("\\e", stdout); break;
		case '-': fputs("\\-", stdout); break;
		case '~': fputs("\\(ti", stdout); break;
		case '^': fputs("\\(ha", stdout); break;
		case '\n': putchar(' '); break;
		case '`': bold = !bold; fputs(bold ? "\\fB" : "\\fR", stdout); break;
		default: putchar(*text); break;
		}
	}
}

static void put_bold(const char *text)
{
	fputs("\\fB", stdout);
	put(text);
	fputs("\\fR", stdout);
}

/* The head of an item: a name, and what is not to be typed as it stands. The text comes on the next line. */
static void begin_item(const char *name, const char *rest)
{
	puts(".TP");
	put_bold(name);
	if (*rest != '\0') {
		fputs(" \\fI", stdout);
		put(rest);
		fputs("\\fR", stdout);
	}
	putchar('\n');
}

static void put_item(const char *name, const char *rest, const char *text)
{
	begin_item(name, rest);
	put(text);
	putchar('\n');
}

void manual_words(void)
{
	char name[WORDS_NAME_MAX];

	for (int i = 0; i < words_row_count; i++) {
		snprintf(name, sizeof name, "pylontech-mqtt%s%s", *words_rows[i].name != '\0' ? " " : "", words_rows[i].name);
		put_item(name, words_rows[i].arguments, words_rows[i].text);
	}
}

void manual_options(void)
{
	char name[WORDS_NAME_MAX];

	for (int i = 0; i < words_option_count; i++) {
		const struct words_option *o = &words_options[i];

		words_name_option(o, name, sizeof name);
		name[strcspn(name, " ")] = '\0';
		begin_item(name, o->argument ? o->argument : "");
		printf("(%s) ", DOCS_WITH(o));
		put(o->text);
		putchar('\n');
	}
}

void manual_configuration(void)
{
	char allowed[256];

	for (int i = 0; i < settings_row_count; i++) {
		const struct settings_row *row = &settings_rows[i];

		if (i == 0 || strcmp(row->section, row[-1].section) != 0)
			printf(".SS [%s]\n", row->section);
		settings_allowed(row, allowed, sizeof allowed);
		begin_item(row->key, "");
		put(row->text);
		fputs("\n.br\nTakes ", stdout);
		put(allowed);
		fputs("; default: ", stdout);
		if (*row->preset != '\0')
			put_bold(row->preset);
		puts(*row->preset != '\0' ? "." : "empty.");
	}
}

void manual_topics(void)
{
	for (int i = 0; i < docs_topic_count; i++) {
		puts(".TP");
		put(docs_topics[i].name);
		putchar('\n');
		put(docs_topics[i].text);
		puts(strcmp(docs_topics[i].retained, "yes") == 0 ? " (retained)" : "");
	}
}

void manual_keys(void)
{
	const char *group, *key, *unit, *text;
	char name[80];

	for (int i = 0; payload_describe(i, &group, &key, &unit, &text); i++) {
		snprintf(name, sizeof name, "%s%s%s%s", group ? group : "", group ? "." : "", key,
		         strcmp(key, "Cell") == 0 ? "1...CellN" : "");
		put_item(name, unit, text);
	}
}

void manual_link(void)
{
	for (int i = 0; i < docs_link_count; i++)
		put_item(docs_link[i].name, docs_link[i].unit, docs_link[i].text);
}

static void put_notes(const struct words_note *notes, int count)
{
	for (int i = 0; i < count; i++)
		put_item(notes[i].name, "", notes[i].text);
}

void manual_signals(void)
{
	put_notes(words_signals, words_signal_count);
}

void manual_statuses(void)
{
	put_notes(words_statuses, words_status_count);
}
