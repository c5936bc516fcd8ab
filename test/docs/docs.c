/* Prints what documents take from the program's own tables: `docs sample`, `docs configuration`, `docs topics`,
 * `docs words`. */
#include "core/payload.h"
#include "shell/config.h"
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
	else
		return 2;
	return 0;
}
