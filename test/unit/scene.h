/* scene: a module in good order, to be spoiled by a test one value at a time. */
#ifndef TEST_SCENE_H
#define TEST_SCENE_H

#include "core/output/bank.h"
#include "core/protection/bank_subject.h"
#include "core/protection/limits.h"
#include "core/rack/rack_age.h"
#include "core/rack/rack_reading.h"
#include "core/settings/settings.h"

#include <string.h>

struct scene {
	struct settings settings;
	struct rack rack;
	struct rack_reading reading[RACK_MODULES_MAX];
	struct limits_subject bank;
	int modules;
};

/* `modules` of 15 cells at 3.30 V, 20 C, 50 %, 0 A, nothing known beside the required replies. */
static inline void scene_init(struct scene *s, int modules)
{
	memset(s, 0, sizeof *s);
	settings_defaults(&s->settings);
	s->settings.battery.addresses = (UINT32_C(1) << modules) - 1;
	rack_init(&s->rack, &s->settings);
	s->rack.settling = false;
	s->modules = modules;
	for (int i = 0; i < modules; i++) {
		struct module *m = &s->rack.module[i];

		m->pwr.voltage_mv = opt_some(49500);
		m->pwr.current_ma = opt_some(0);
		m->pwr.temp_mc = opt_some(20000);
		m->pwr.soc_pct = opt_some(50);
		m->pwr.base = WORD_IDLE;
		m->pwr.volt = m->pwr.current = m->pwr.temp = WORD_NORMAL;
		m->pwr.bat_events.known = m->pwr.power_events.known = m->pwr.system_fault.known = true;
		m->bat.cells = 15;
		for (int c = 0; c < 15; c++) {
			m->bat.cell[c].mv = opt_some(3300);
			m->bat.cell[c].temp_mc = opt_some(20000);
		}
		m->pwr_ms = m->bat_ms = 0;
		m->state = MODULE_ONLINE;
	}
}

/* Sets every cell of module `i` (from 0) and the pack's voltage with them. */
static inline void scene_cells(struct scene *s, int i, int32_t mv)
{
	struct module *m = &s->rack.module[i];

	for (int c = 0; c < m->bat.cells; c++)
		m->bat.cell[c].mv = opt_some(mv);
	m->pwr.voltage_mv = opt_some(mv * m->bat.cells);
}

static inline void scene_read(struct scene *s, int64_t now_ms)
{
	for (int i = 0; i < s->modules; i++) {
		s->rack.module[i].pwr_ms = s->rack.module[i].bat_ms = now_ms;
		rack_read(&s->rack, &s->rack.module[i], &s->settings, now_ms, &s->reading[i]);
	}
}

/* The limits, as the readings are. */
static inline void scene_judge(struct scene *s, struct limits *limits, int64_t now_ms)
{
	bank_subject(&s->rack, &s->settings, s->reading, s->modules, &s->bank);
	limits_step(limits, &s->settings, s->reading, s->modules, &s->bank, now_ms);
}

/* All of them are read, and the limits worked out. */
static inline void scene_step(struct scene *s, struct limits *limits, int64_t now_ms)
{
	scene_read(s, now_ms);
	scene_judge(s, limits, now_ms);
}

#endif
