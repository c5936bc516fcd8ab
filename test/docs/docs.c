/* Prints what documents take from the program's own tables: `docs sample`, `docs configuration`, `docs topics`,
 * `docs words`, `docs watch`. */
#include "core/payload.h"
#include "shell/config.h"
#include "shell/watch_json.h"
#include "shell/words.h"

#include <stdio.h>
#include <string.h>

static void print_topics(void)
{
	const char *group, *key, *unit, *text;

	puts("| key | unit | meaning |\n|---|---|---|");
	for (int i = 0; payload_describe(i, &group, &key, &unit, &text); i++)
		printf("| `%s%s%s%s` | %s | %s |\n", group ? group : "", group ? "." : "", key,
		       strcmp(key, "Cell") == 0 ? "1...CellN" : "", unit, text);
}

/* A picture of `watch`, drawn from what a daemon has said in the demo: "NAME PAYLOAD", a line each. */
static bool print_watch(const char *path)
{
	static struct watch_view view = { .base = "victron-battery-middleware", .broker = "127.0.0.1:1883",
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
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "sample") == 0)
		config_print_sample(stdout);
	else if (strcmp(what, "configuration") == 0)
		config_print_manual(stdout);
	else if (strcmp(what, "topics") == 0)
		print_topics();
	else if (strcmp(what, "words") == 0)
		words_print_manual(stdout);
	else if (strcmp(what, "watch") == 0)
		return print_watch("test/docs/watch-messages.txt") ? 0 : 1;
	else
		return 2;
	return 0;
}
