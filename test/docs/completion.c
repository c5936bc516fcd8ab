#include "docs.h"

#include "shell/commands/words.h"

#include <stdio.h>
#include <string.h>

static void put_option(const struct words_option *o)
{
	char name[WORDS_NAME_MAX];

	words_name_option(o, name, sizeof name);
	printf("%.*s", (int)strcspn(name, " "), name);
}

static const char *name_of(const struct words_row *w)
{
	return w->name[0] != '\0' ? w->name : "daemon";
}

static void put_options(const struct words_row *w)
{
	const char *between = "";

	printf("\t\t[%s]='", name_of(w));
	for (int i = 0; i < words_option_count; i++) {
		if (!words_go_together(&words_options[i], w))
			continue;
		fputs(between, stdout);
		put_option(&words_options[i]);
		between = " ";
	}
	puts("'");
}

/* Whether an argument may be left out is all the same here. */
static void put_arguments(const struct words_row *w)
{
	printf("\t\t[%s]='", w->name);
	for (const char *at = w->arguments; *at != '\0'; at++)
		if (*at != '[' && *at != ']')
			putchar(*at);
	puts("'");
}

void completion_tables(void)
{
	puts("\tlocal -A options=(");
	for (int i = 0; i < words_row_count; i++)
		put_options(&words_rows[i]);
	puts("\t)\n\tlocal -A arguments=(");
	for (int i = 0; i < words_row_count; i++)
		if (words_rows[i].name[0] != '\0')
			put_arguments(&words_rows[i]);
	puts("\t)\n\tlocal -A takes=(");
	for (int i = 0; i < words_option_count; i++) {
		if (words_options[i].argument == NULL)
			continue;
		fputs("\t\t[", stdout);
		put_option(&words_options[i]);
		printf("]=%s\n", words_options[i].argument);
	}
	puts("\t)");
}
