#include "core/rack/confirm.h"

void confirm_drop(struct confirm *c)
{
	c->waiting = false;
}

bool confirm_take(struct confirm *c, const struct settings_protection *p,
                  const struct rack_reading *before, const struct rack_reading *now,
                  int64_t asked_ms, int64_t now_ms)
{
	bool second = c->waiting && asked_ms - c->first_ms <= p->confirm_ms &&
	              !rack_jumped(&c->first, now, p);

	if (second || (before && !rack_jumped(before, now, p))) {
		c->waiting = false;
		return true;
	}
	c->waiting = true;
	c->first_ms = now_ms;
	c->first = *now;
	return false;
}
