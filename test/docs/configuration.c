/* The table of keys as the sample file and as the tables of docs/configuration.md. */
#include "docs.h"

#include "core/settings/settings_table.h"

#include <stdio.h>
#include <string.h>

#define SAMPLE_WIDTH 100
#define ALLOWED_MAX 256

/* Prints a comment, a line as long as it may be. */
static void print_comment(const char *text)
{
	size_t width = SAMPLE_WIDTH - 2;

	while (*text != '\0') {
		size_t length = strlen(text);
		if (length > width)
			for (length = width; length > 0 && text[length] != ' '; length--)
				;
		if (length == 0)
			length = strcspn(text, " ");
		printf("# %.*s\n", (int)length, text);
		text += length;
		text += strspn(text, " ");
	}
}

static bool starts_section(int row)
{
	return row == 0 || strcmp(settings_rows[row].section, settings_rows[row - 1].section) != 0;
}

static void print_sample_row(const struct settings_row *row)
{
	char allowed[ALLOWED_MAX], comment[1024];

	settings_allowed(row, allowed, sizeof(allowed));
	snprintf(comment, sizeof(comment), "%s Takes %s.", row->text, allowed);
	putchar('\n');
	print_comment(comment);
	printf("#%s =%s%s\n", row->key, *row->preset != '\0' ? " " : "", row->preset);
}

void configuration_sample(void)
{
	print_comment("Configuration of pylontech-mqtt. Every key stands here with its default; take "
		      "the # away to change one. The program reads it again on SIGHUP.");
	for (int i = 0; i < settings_row_count; i++) {
		if (starts_section(i))
			printf("\n[%s]\n", settings_rows[i].section);
		print_sample_row(&settings_rows[i]);
	}
}

static void print_row(const struct settings_row *row)
{
	char allowed[ALLOWED_MAX];

	settings_allowed(row, allowed, sizeof(allowed));
	printf("| `%s` | %s%s%s | %s | %s |\n", row->key, *row->preset != '\0' ? "`" : "",
	       *row->preset != '\0' ? row->preset : "empty", *row->preset != '\0' ? "`" : "", allowed, row->text);
}

void configuration_tables(void)
{
	for (int i = 0; i < settings_row_count; i++) {
		if (starts_section(i))
			printf("%s**`[%s]`**\n\n| key | default | takes | meaning |\n|---|---|---|---|\n",
			       i == 0 ? "" : "\n", settings_rows[i].section);
		print_row(&settings_rows[i]);
	}
}
