#include "core/rack/rack_age.h"

#include <stddef.h>

/* The part of the patience within which modules go together. */
#define TOGETHER 15

/* The first pass of a long stack on a slow line may take longer than any age that is configured; nothing is
 * published before it ends. */
#define SETTLING_MS (5 * 60 * 1000)

static int64_t oldest_ms(const struct module *m)
{
	if (m->pwr_ms == RACK_NEVER || m->bat_ms == RACK_NEVER)
		return RACK_NEVER;
	return m->pwr_ms < m->bat_ms ? m->pwr_ms : m->bat_ms;
}

int64_t rack_age_ms(const struct module *module, int64_t now_ms)
{
	int64_t oldest = oldest_ms(module);

	return oldest == RACK_NEVER ? -1 : now_ms - oldest;
}

int64_t rack_patience_ms(const struct rack *rack, const struct settings *settings)
{
	int64_t passes = (int64_t)rack->last_good_pass_ms *
	                 settings->protection.max_age_passes_tenths / 10;

	if (rack->settling)
		return SETTLING_MS;
	return passes > settings->protection.max_age_ms ? passes : settings->protection.max_age_ms;
}

/* The youngest required reply of all; RACK_NEVER: none yet. */
static int64_t heard_ms(const struct rack *rack)
{
	int64_t heard = RACK_NEVER;

	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		const struct module *m = &rack->module[i];

		heard = m->pwr_ms > heard ? m->pwr_ms : heard;
		heard = m->bat_ms > heard ? m->bat_ms : heard;
	}
	return heard;
}

bool rack_silent(const struct rack *rack, const struct settings *settings, int64_t now_ms)
{
	int64_t heard = heard_ms(rack);

	return !rack->settling && heard != RACK_NEVER && now_ms - heard >= settings->protection.max_age_ms;
}

static bool fresh(const struct module *m, int64_t patience_ms, int64_t now_ms)
{
	int64_t age = rack_age_ms(m, now_ms);

	if (m->state == MODULE_LOST && oldest_ms(m) <= m->lost_oldest_ms)
		return false;
	return age >= 0 && age < patience_ms;
}

/* When one module goes, those that are nearly as old go with it: a silent console is told in one message, not
 * in two of which the second has to wait for the next second. */
static int64_t common_patience_ms(const struct rack *rack, int64_t patience_ms, int64_t now_ms)
{
	for (int i = 0; i < RACK_MODULES_MAX; i++)
		if (rack->module[i].state == MODULE_ONLINE && !fresh(&rack->module[i], patience_ms, now_ms))
			return patience_ms - patience_ms / TOGETHER;
	return patience_ms;
}

static int32_t magnitude(int32_t n)
{
	return n < 0 ? -n : n;
}

/* At rest sameness is normal. */
bool rack_frozen(const struct module *m, const struct settings_protection *p, int64_t now_ms)
{
	return magnitude(m->pwr.current_ma.value) > p->frozen_current_ma &&
	       m->same_passes >= p->frozen_passes && now_ms - m->same_ms >= p->frozen_ms;
}

static bool faulty(const struct module *m, const struct settings *settings)
{
	bool sensor = false;

	for (int i = 0; i < m->bat.cells; i++)
		sensor |= !m->bat.cell[i].mv.known ||
		          rack_sense_failed(settings, m->bat.cell[i].mv.value);
	return (sensor || m->pwr.base == WORD_SYSERROR) &&
	       magnitude(m->pwr.current_ma.value) < settings->protection.failed_current_ma;
}

/* A module that reports a fault and carries nothing for long has failed, until either ends. One that is lost meanwhile
 * has still failed when it answers again. */
static void age_fault(struct module *m, const struct settings *settings, int64_t now_ms)
{
	if (m->state != MODULE_ONLINE && m->failed)
		return;
	if (m->state != MODULE_ONLINE || !faulty(m, settings))
		m->faulty_ms = RACK_NEVER;
	else if (m->faulty_ms == RACK_NEVER)
		m->faulty_ms = now_ms;
	m->failed = m->faulty_ms != RACK_NEVER && now_ms - m->faulty_ms >= settings->protection.failed_ms;
}

void rack_recall_failed(struct rack *rack, uint32_t failed, const struct settings *settings, int64_t now_ms)
{
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		if (!(failed >> i & 1))
			continue;
		rack->module[i].failed = true;
		rack->module[i].faulty_ms = now_ms - settings->protection.failed_ms;
	}
}

/* What was lost by age comes back by a reply younger than `known_ms`, not because the patience has grown meanwhile. A
 * frozen one comes back as soon as it moves. */
static void lose(struct module *m, int64_t known_ms)
{
	m->state = MODULE_LOST;
	m->lost_oldest_ms = known_ms;
}

uint32_t rack_age(struct rack *rack, const struct settings *settings, int64_t now_ms)
{
	int64_t patience = common_patience_ms(rack, rack_patience_ms(rack, settings), now_ms);
	bool silent = rack_silent(rack, settings, now_ms);
	uint32_t changed = 0;

	if (silent)
		patience = 0;
	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		struct module *m = &rack->module[i];
		enum module_state before = m->state;
		bool failed = m->failed;

		if (m->wanted && fresh(m, patience, now_ms) && !rack_frozen(m, &settings->protection, now_ms))
			m->state = MODULE_ONLINE;
		else if (m->state == MODULE_ONLINE)
			lose(m, silent ? heard_ms(rack) : fresh(m, patience, now_ms) ? RACK_NEVER : oldest_ms(m));
		age_fault(m, settings, now_ms);
		if (m->state != before || m->failed != failed)
			changed |= UINT32_C(1) << i;
	}
	return changed;
}

uint32_t rack_end_of_pass(struct rack *rack)
{
	uint32_t changed = 0;

	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		struct module *m = &rack->module[i];

		if (m->wanted && m->state == MODULE_AWAITED) {
			lose(m, oldest_ms(m));
			changed |= UINT32_C(1) << i;
		}
	}
	return changed;
}

int64_t rack_deadline(const struct rack *rack, const struct settings *settings)
{
	int64_t deadline = INT64_MAX;
	int64_t patience = rack_patience_ms(rack, settings);
	int64_t silent = heard_ms(rack) + settings->protection.max_age_ms; /* of no use while nobody is online */

	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		const struct module *m = &rack->module[i];

		if (m->state != MODULE_ONLINE)
			continue;
		if (oldest_ms(m) + patience < deadline)
			deadline = oldest_ms(m) + patience;
		if (!rack->settling && silent < deadline)
			deadline = silent;
	}
	return deadline;
}

int rack_sound(const struct rack *rack)
{
	int count = 0;

	for (int i = 0; i < RACK_MODULES_MAX; i++)
		count += rack->module[i].state == MODULE_ONLINE && !rack->module[i].failed;
	return count;
}

int rack_count(const struct rack *rack, enum module_state state)
{
	int count = 0;

	for (int i = 0; i < RACK_MODULES_MAX; i++)
		count += rack->module[i].wanted && rack->module[i].state == state;
	return count;
}
