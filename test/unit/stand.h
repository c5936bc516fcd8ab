/* stand: a scene with all that follows from it: limits, alarms, the figures of the bank and of one module. */
#ifndef TEST_STAND_H
#define TEST_STAND_H

#include "check.h"
#include "scene.h"

#include "core/output/bank.h"

struct stand {
	struct scene scene;
	struct limits limits;
	struct alarms alarms;
	struct figures bank, alone;
};

static inline void stand_init(struct stand *t, int modules)
{
	memset(t, 0, sizeof *t);
	scene_init(&t->scene, modules);
	limits_init(&t->limits);
	alarms_init(&t->alarms);
}

/* Works out the bank, with `offline` modules missing, and module `i` (from 0) alone. */
static inline void stand_work(struct stand *t, int offline, int i)
{
	struct scene *s = &t->scene;
	int address = s->rack.module[i].address;

	scene_step(s, &t->limits, 0);
	alarms_step(&t->alarms, &s->settings, s->reading, s->modules, offline, s->modules + offline, 0);
	memset(&t->bank, 0xaa, sizeof t->bank); /* nothing may be left as it was */
	memset(&t->alone, 0xaa, sizeof t->alone);
	bank_figures(&s->rack, &s->settings, s->reading, s->modules, offline, &t->limits,
	             &t->limits.bank_set, &t->alarms, &t->bank);
	bank_module_figures(&s->rack, &s->settings, &s->reading[i], &t->limits.module_set[address - 1],
	                    &t->alarms.module_set[address - 1], &t->alone);
}

#define assert_opt(opt, expected)                                                                 \
	do {                                                                                      \
		assert_true((opt).known);                                                         \
		assert_int_equal((opt).value, expected);                                          \
	} while (0)

#endif
