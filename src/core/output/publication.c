#include "core/output/publication.h"

#include <string.h>

void publication_close(struct publication *p)
{
	p->open = p->wanted = p->repeat = false;
}

/* As the document shows it: 0.01 V, 0.1 A (payload.c). What nobody can see is nothing new. */
static int32_t shown(enum limits_kind kind, int32_t limit)
{
	static const int32_t steps[LIMIT_KINDS] = { [LIMIT_CVL] = 10, [LIMIT_CCL] = 100, [LIMIT_DCL] = 100 };

	return (limit + steps[kind] / 2) / steps[kind];
}

static bool stricter(const struct publication *p, const struct limits_set *set)
{
	for (enum limits_kind k = 0; k < LIMIT_KINDS; k++)
		if (shown(k, set->limit[k]) < shown(k, p->limit[k]))
			return true;
	return false;
}

void publication_offer(struct publication *p, const struct limits_set *set, bool news)
{
	p->wanted |= news || !p->open || (p->sent && stricter(p, set));
	p->open = true;
}

static int64_t due_ms(const struct publication *p)
{
	if (!p->sent)
		return INT64_MIN; /* the first offer opens, and wants to be sent */
	if (p->repeat)
		return p->sent_ms + PUBLICATION_REPEAT_MS;
	if (p->wanted)
		return p->sent_ms + PUBLICATION_GAP_MS;
	return p->sent_ms + (p->longest_ms != 0 ? p->longest_ms : PUBLICATION_LONGEST_MS);
}

bool publication_due(const struct publication *p, int64_t now_ms)
{
	return p->open && now_ms >= due_ms(p);
}

bool publication_along(const struct publication *p, int64_t now_ms)
{
	return publication_due(p, now_ms) || (p->open && now_ms >= p->sent_ms + PUBLICATION_REPEAT_MS &&
	                                      now_ms + PUBLICATION_AHEAD_MS >= due_ms(p));
}

void publication_sent(struct publication *p, const struct limits_set *set, int64_t now_ms)
{
	p->repeat = p->sent && stricter(p, set);
	p->wanted = false;
	p->sent = true;
	p->sent_ms = now_ms;
	memcpy(p->limit, set->limit, sizeof p->limit);
}

int64_t publication_deadline(const struct publication *p)
{
	return p->open ? due_ms(p) : INT64_MAX;
}
