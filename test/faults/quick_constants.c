/* Before src/core/settings/constants.c, for tests that cannot wait as long as the program does: the constants of the
 * program, but for those that the environment names, QUICK_CONSTANTS="max_age_s=3;recovery_hold_s=0"; their ranges and
 * orders are those of test/unit/members.h. It is linked to the program's own objects with --wrap (test/Makefile.inc,
 * pylontech-mqtt-quick); no program that anybody installs has it. */
#include "core/settings/constants.h"
#include "members.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 1024

const struct settings *__real_settings_constants(void);
const struct settings *__wrap_settings_constants(void);

static _Noreturn void refuse(const char *what)
{
	fprintf(stderr, "error: QUICK_CONSTANTS: %s\n", what);
	exit(2);
}

static const char *section_of(const char *key)
{
	for (int i = 0; i < settings_fixed_count; i++)
		if (strcmp(settings_fixed_rows[i].key, key) == 0)
			return settings_fixed_rows[i].section;
	refuse(key);
}

static void take(struct settings *s, char *pair)
{
	char *equals = strchr(pair, '=');

	if (equals == NULL)
		refuse(pair);
	*equals = '\0';
	if (!member_set(s, section_of(pair), pair, equals + 1))
		refuse(pair);
}

const struct settings *__wrap_settings_constants(void)
{
	static struct settings quick;
	static bool known;
	const char *wanted = getenv("QUICK_CONSTANTS");
	char text[TEXT_MAX], *save = NULL;

	if (known)
		return &quick;
	quick = *__real_settings_constants();
	text_copy(text, sizeof text, wanted != NULL ? wanted : "");
	for (char *pair = strtok_r(text, ";", &save); pair != NULL; pair = strtok_r(NULL, ";", &save))
		take(&quick, pair);
	if (member_constant_out_of_order(&quick) != NULL)
		refuse(member_constant_out_of_order(&quick));
	known = true;
	return &quick;
}
