#include "limits_rules.h"

#include "core/settings/settings_table.h"

#include <string.h>

#define KEY_MAX 48
#define NAME_WIDTH 20

static const char *const kinds[LIMIT_KINDS] = {
	[LIMIT_CVL] = "CVL  ", [LIMIT_CCL] = "CCL  ", [LIMIT_DCL] = "DCL  ",
};

/* The value of a key of [protection], or of a constant, with its unit; every one in a rule's text has a unit. */
static void put_value(const struct settings *settings, const char *key, size_t length,
                      struct text *out)
{
	char name[KEY_MAX], value[SETTINGS_TEXT_MAX];
	struct text t = text_in(name, sizeof name);
	const struct settings_row *row;

	text_chars(&t, key, length);
	row = settings_find("protection", name);
	if (row == NULL)
		row = settings_fixed("protection", name);
	settings_get(settings, row, value, sizeof value);
	text_str(out, value);
	text_str(out, " ");
	text_str(out, row->unit);
}

static void put_text(const struct settings *settings, const char *text, struct text *out)
{
	const char *open = strchr(text, '{');

	while (open) {
		const char *close = strchr(open, '}');

		text_chars(out, text, (size_t)(open - text));
		put_value(settings, open + 1, (size_t)(close - open - 1), out);
		text = close + 1;
		open = strchr(text, '{');
	}
	text_str(out, text);
}

bool limits_print_rule(const struct settings *settings, int index, struct text *out)
{
	bool of_module = index < limits_module_rule_count;
	int i = of_module ? index : index - limits_module_rule_count;
	const char *name;

	if (index < 0 || (!of_module && i >= limits_subject_rule_count))
		return false;
	name = of_module ? limits_module_rules[i].name : limits_subject_rules[i].name;
	text_str(out, kinds[of_module ? limits_module_rules[i].kind : limits_subject_rules[i].kind]);
	text_str(out, name);
	for (size_t width = strlen(name); width < NAME_WIDTH; width++)
		text_str(out, " ");
	put_text(settings, of_module ? limits_module_rules[i].text : limits_subject_rules[i].text, out);
	return true;
}
