/* Prints what documents take from the program's own tables: `docs NAME`, with the names in main. */
#include "docs.h"

#include "core/output/payload.h"
#include "shell/commands/words.h"
#include "shell/watch/watch_json.h"
#include "shell/watch/watch_view.h"

#include <stdio.h>
#include <string.h>

/* The end of a row in Markdown: one line, whatever --help makes of it. */
static void end_row(const char *text)
{
	for (; *text != '\0'; text++)
		putchar(*text == '\n' ? ' ' : *text);
	puts(" |");
}

static void print_words(void)
{
	char name[WORDS_NAME_MAX];

	puts("| command | what it does |\n|---|---|");
	for (int i = 0; i < words_row_count; i++) {
		words_name_row(&words_rows[i], name, sizeof name);
		printf("| `pylontech-mqtt%s%s` | ", name[0] != '\0' ? " " : "", name);
		end_row(words_rows[i].text);
	}
	puts("\n| option | with | meaning |\n|---|---|---|");
	for (int i = 0; i < words_option_count; i++) {
		words_name_option(&words_options[i], name, sizeof name);
		printf("| `%s` | %s | ", name, DOCS_WITH(&words_options[i]));
		end_row(words_options[i].text);
	}
}

static void print_topics(void)
{
	puts("| topic | retained | what |\n|---|---|---|");
	for (int i = 0; i < docs_topic_count; i++)
		printf("| %s | %s | %s |\n", docs_topics[i].name, docs_topics[i].retained, docs_topics[i].text);
}

static void print_keys(void)
{
	const char *group, *key, *unit, *text;

	puts("| key | unit | meaning |\n|---|---|---|");
	for (int i = 0; payload_describe(i, &group, &key, &unit, &text); i++)
		printf("| `%s%s%s%s` | %s | %s |\n", group ? group : "", group ? "." : "", key,
		       strcmp(key, "Cell") == 0 ? "1...CellN" : "", unit, text);
}

static void print_link(void)
{
	puts("| key | unit | meaning |\n|---|---|---|");
	for (int i = 0; i < docs_link_count; i++)
		printf("| `%s` | %s | %s |\n", docs_link[i].name, docs_link[i].unit, docs_link[i].text);
}

static void print_version(void)
{
	puts(VERSION);
}

/* A picture of `watch`, drawn from what a daemon has said in the demo: "NAME PAYLOAD", a line each. */
static bool print_watch(const char *path)
{
	static struct watch_model view = { .base = "victron-battery-middleware", .broker = "127.0.0.1:1883",
		                          .connected = true };
	static char line[8192], screen[WATCH_SCREEN_MAX];
	FILE *from = fopen(path, "r");
	bool good = from != NULL;

	while (good && fgets(line, sizeof line, from) != NULL) {
		char *payload = line + strcspn(line, " ");

		line[strcspn(line, "\n")] = '\0';
		if (*payload != '\0')
			*payload++ = '\0';
		good = watch_json_take(&view, line, payload, 0);
	}
	if (from != NULL)
		fclose(from);
	watch_view_draw(&view, &(struct watch_screen){ .columns = 80, .now_ms = 1000 }, screen, sizeof screen);
	printf("```\n%s```\n", screen);
	return good;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} pieces[] = {
		{ "sample", configuration_sample },
		{ "configuration", configuration_tables },
		{ "words", print_words },
		{ "topics", print_topics },
		{ "keys", print_keys },
		{ "link", print_link },
		{ "version", print_version },
		{ "man-words", manual_words },
		{ "man-options", manual_options },
		{ "man-configuration", manual_configuration },
		{ "man-topics", manual_topics },
		{ "man-keys", manual_keys },
		{ "man-link", manual_link },
		{ "man-signals", manual_signals },
		{ "man-statuses", manual_statuses },
		{ "completion", completion_tables },
	};
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "watch") == 0)
		return print_watch("test/docs/watch-messages.txt") ? 0 : 1;
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
		if (strcmp(what, pieces[i].name) == 0) {
			pieces[i].print();
			return 0;
		}
	return 2;
}
