#include "core/rack/repeat.h"

#include <stddef.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* The third that agrees with none but for what moves is no damage: the battery moves, but not by any step. A digit too
 * many makes more of it. */
#define BELIEVED 3
#define STEPS 10 /* of what it may differ otherwise: 5 A, 0.5 V, 50 mV of a cell */

enum how { NUMBER, MOVING, WORD, BITS, TEXT };

/* A member, and by how much a number may differ. */
struct member {
	size_t offset;
	enum how how;
	int32_t most;
};

#define AT(member) offsetof(struct reply_pwr, member)
static const struct member pwr[] = {
	{ AT(voltage_mv), MOVING, 50 },  { AT(current_ma), MOVING, 500 },  { AT(temp_mc), NUMBER, 200 },
	{ AT(soc_pct), NUMBER, 0 },      { AT(total_mah), NUMBER, 0 },     { AT(real_mah), NUMBER, 0 },
	{ AT(base), WORD, 0 },           { AT(volt), WORD, 0 },            { AT(current), WORD, 0 },
	{ AT(temp), WORD, 0 },           { AT(coulomb), WORD, 0 },         { AT(soh), WORD, 0 },
	{ AT(bat_events), BITS, 0 },     { AT(power_events), BITS, 0 },    { AT(system_fault), BITS, 0 },
};
#undef AT

#define AT(member) offsetof(struct reply_cell, member)
static const struct member bat[] = { /* of each cell */
	{ AT(mv), MOVING, 5 },     { AT(temp_mc), NUMBER, 200 }, { AT(soc_pct), NUMBER, 0 },
	{ AT(mah), NUMBER, 100 },  { AT(balancing), NUMBER, 0 }, { AT(base), WORD, 0 },
	{ AT(volt), WORD, 0 },     { AT(current), WORD, 0 },     { AT(temp), WORD, 0 },
};
#undef AT

#define AT(member) offsetof(struct reply_getpwr, member)
static const struct member getpwr[] = { /* and its cells, as those of `bat` */
	{ AT(voltage_mv), MOVING, 50 },
	{ AT(temp_mc), NUMBER, 200 },
};
#undef AT

#define AT(member) offsetof(struct reply_row, member)
static const struct member row[] = {
	{ AT(voltage_mv), MOVING, 50 },   { AT(temp_mc), NUMBER, 200 },     { AT(temp_low_mc), NUMBER, 200 },
	{ AT(temp_high_mc), NUMBER, 200 }, { AT(cell_low_mv), MOVING, 5 },  { AT(cell_high_mv), MOVING, 5 },
	{ AT(soc_pct), NUMBER, 0 },       { AT(mos_temp_mc), NUMBER, 500 }, { AT(base), WORD, 0 },
	{ AT(volt), WORD, 0 },            { AT(current), WORD, 0 },         { AT(temp), WORD, 0 },
	{ AT(cell_volt), WORD, 0 },       { AT(cell_temp), WORD, 0 },
};
#undef AT

#define AT(member) offsetof(struct reply_info, member)
static const struct member info[] = {
	{ AT(capacity_mah), NUMBER, 0 },     { AT(cells), NUMBER, 0 }, { AT(max_charge_ma), NUMBER, 0 },
	{ AT(max_discharge_ma), NUMBER, 0 }, { AT(name), TEXT, 0 },    { AT(firmware), TEXT, 0 },
	{ AT(barcode), TEXT, 0 },
};
#undef AT

#define AT(member) offsetof(struct reply_stat, member)
static const struct member stat[] = {
	{ AT(cycles), NUMBER, 0 },
	{ AT(soh_pct), NUMBER, 0 },
};
#undef AT

#define AT(member) offsetof(struct reply_pwrsys, member)
static const struct member pwrsys[] = {
	{ AT(charge_mv), NUMBER, 0 },        { AT(discharge_mv), NUMBER, 0 },
	{ AT(charge_ma), NUMBER, 0 },        { AT(discharge_ma), NUMBER, 0 },
	{ AT(system_charge_ma), NUMBER, 0 }, { AT(system_discharge_ma), NUMBER, 0 },
};
#undef AT

#define KIND(member) { member, COUNT(member), offsetof(struct repeat, member), sizeof(struct reply_##member) }
static const struct kind {
	const struct member *members;
	int count;
	size_t offset, size;
} kinds[REPEAT_KINDS] = {
	[REPEAT_PWR] = KIND(pwr),       [REPEAT_BAT] = KIND(bat),   [REPEAT_GETPWR] = KIND(getpwr),
	[REPEAT_ROW] = KIND(row),       [REPEAT_INFO] = KIND(info), [REPEAT_STAT] = KIND(stat),
	[REPEAT_PWRSYS] = KIND(pwrsys),
};

static bool numbers_agree(const void *a, const void *b, int32_t most)
{
	struct opt one, two;

	memcpy(&one, a, sizeof one);
	memcpy(&two, b, sizeof two);
	return !opt_apart(one, two, most);
}

static bool bits_agree(const void *a, const void *b)
{
	const struct reply_events *one = a, *two = b;

	return one->known == two->known && one->bits == two->bits;
}

static bool member_agrees(const struct member *m, const char *a, const char *b, bool moving)
{
	switch (m->how) {
	case NUMBER:
		return numbers_agree(a, b, m->most);
	case MOVING:
		return numbers_agree(a, b, moving ? m->most * STEPS : m->most);
	case BITS:
		return bits_agree(a, b);
	case TEXT:
		return strcmp(a, b) == 0;
	default:
		return memcmp(a, b, sizeof(enum word)) == 0;
	}
}

static bool members_agree(const struct kind *kind, const void *a, const void *b, bool moving)
{
	for (int i = 0; i < kind->count; i++) {
		const struct member *m = &kind->members[i];

		if (!member_agrees(m, (const char *)a + m->offset, (const char *)b + m->offset, moving))
			return false;
	}
	return true;
}

static bool cells_agree(const struct reply_bat *a, const struct reply_bat *b, bool moving)
{
	for (int i = 0; i < a->cells && a->cells == b->cells; i++)
		if (!members_agree(&kinds[REPEAT_BAT], &a->cell[i], &b->cell[i], moving))
			return false;
	return a->cells == b->cells;
}

/* `moving`: what moves may do so. */
static bool agree(enum repeat_kind kind, const void *a, const void *b, bool moving)
{
	const struct reply_getpwr *one = a, *two = b;

	if (kind == REPEAT_BAT)
		return cells_agree(a, b, moving);
	return members_agree(&kinds[kind], a, b, moving) &&
	       (kind != REPEAT_GETPWR || cells_agree(&one->bat, &two->bat, moving));
}

bool repeat_take(struct repeat *r, enum repeat_kind kind, const void *accepted, const void *now)
{
	void *last = (char *)r + kinds[kind].offset;
	bool moving = r->differed[kind] + 1 >= BELIEVED;
	bool believed = (accepted && agree(kind, accepted, now, moving)) ||
	                (r->known[kind] && agree(kind, last, now, moving));

	if (believed)
		r->differed[kind] = 0;
	else if (!moving)
		r->differed[kind]++;
	memcpy(last, now, kinds[kind].size);
	r->known[kind] = true;
	return believed;
}
