/* limits_rules: the two tables of rules behind limits, private to it.
 *
 * limits_module.c looks at one module, limits_subject.c at a subject: the bank, or one module alone. Each rule
 * is a function that says its limit, or LIMITS_FREE when it has nothing to say. */
#ifndef CORE_LIMITS_RULES_H
#define CORE_LIMITS_RULES_H

#include "core/protection/limits.h"

/* What a rule that looks at one module may use. */
struct limits_module_input {
	const struct settings_protection *p;
	const struct rack_reading *r;
	struct limits_module_memory *memory;
	const struct reply_pwrsys *pwrsys;
	int32_t charge_base_ma, discharge_base_ma;
	int64_t now_ms;
};

/* What a rule that looks at a subject may use. */
struct limits_subject_input {
	const struct settings *settings;
	const struct settings_protection *p;
	const struct limits_subject *subject;
	struct limits_subject_memory *memory;
	bool charge_blocked; /* by any CCL rule: these are judged first */
	int64_t now_ms;
};

struct limits_module_rule {
	enum limits_kind kind;
	const char *name;
	struct limits_verdict (*judge)(const struct limits_module_input *in);
	const char *text; /* for a person; {key} stands for a value of [protection], or a constant */
};

struct limits_subject_rule {
	enum limits_kind kind;
	const char *name;
	struct limits_verdict (*judge)(const struct limits_subject_input *in);
	bool stage; /* what it says is the stage of the charge: limits_set's `mode` names it already */
	const char *text;
};

extern const struct limits_module_rule limits_module_rules[];
extern const int limits_module_rule_count;
/* CCL rules come first: the charge voltage needs to know whether charge is blocked. Full charge comes before the
 * stage, which gives way to it. */
extern const struct limits_subject_rule limits_subject_rules[];
extern const int limits_subject_rule_count;

static inline struct limits_verdict limits_silent(void)
{
	return (struct limits_verdict){ .limit = LIMITS_FREE };
}

static inline struct limits_verdict limits_speak(int32_t limit, int32_t value,
                                                 enum limits_unit unit, int cell)
{
	return (struct limits_verdict){ .limit = limit, .value = value, .unit = unit, .cell = cell };
}

/* With nothing to show but the rule's name. */
static inline struct limits_verdict limits_speak_plain(int32_t limit)
{
	return (struct limits_verdict){ .limit = limit };
}

static inline struct limits_verdict limits_block_plain(void)
{
	return (struct limits_verdict){ .blocks = true };
}

static inline struct limits_verdict limits_block(int32_t value, enum limits_unit unit, int cell)
{
	return (struct limits_verdict){ .blocks = true, .value = value, .unit = unit, .cell = cell };
}

static inline int32_t limits_share(int32_t ma, int32_t percent)
{
	return (int32_t)((int64_t)ma * percent / 100);
}

#endif
