/* Confirmation: which second reading makes the first one act, and until when. */
#include "check.h"
#include "scene.h"

#include "core/rack/confirm.h"

static void reading(struct rack_reading *r, int32_t cell_mv)
{
	memset(r, 0, sizeof *r);
	r->cell_low.value = r->cell_high.value = opt_some(cell_mv);
	r->temp_low.value = r->temp_high.value = opt_some(20000);
	r->soc_pct = 50;
}

static void test_sequences(void **state)
{
	static const struct {
		const char *legend;
		int32_t before_mv; /* 0: the first after start */
		struct {
			int64_t now_ms;
			int32_t cell_mv;
			bool acts;
		} step[3];
	} rows[] = {
		{ "no jump acts at once", 2700, { { 0, 2400, true }, { 2000, 2400, true }, { 4000, 3000, true } } },
		{ "seen twice", 3300, { { 0, 2400, false }, { 100, 2400, true }, { 200, 2400, false } } },
		{ "within 1.5 s", 3300, { { 0, 2400, false }, { 1500, 2450, true }, { 1600, 2400, false } } },
		{ "too late: waits anew", 3300,
		  { { 0, 2400, false }, { 1501, 2400, false }, { 3001, 2400, true } } },
		{ "the second does not agree", 3300,
		  { { 0, 2400, false }, { 100, 2000, false }, { 200, 2100, true } } },
		{ "first after start", 0, { { 0, 2400, false }, { 100, 2400, true }, { 200, 2400, false } } },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct settings settings;
		struct confirm c = { 0 };
		struct rack_reading before, now;

		settings_defaults(&settings);
		reading(&before, rows[i].before_mv);
		for (int k = 0; k < 3; k++) {
			reading(&now, rows[i].step[k].cell_mv);
			assert_row(rows[i].legend, k,
			           confirm_take(&c, &settings.protection, rows[i].before_mv ? &before : NULL,
			                        &now, rows[i].step[k].now_ms, rows[i].step[k].now_ms + 2000 * k),
			           rows[i].step[k].acts);
		}
	}
}

/* A reading between them that would not block ends the wait. */
static void test_drop(void **state)
{
	struct settings settings;
	struct confirm c = { 0 };
	struct rack_reading before, now;

	(void)state;
	settings_defaults(&settings);
	reading(&before, 3300);
	reading(&now, 2400);
	assert_false(confirm_take(&c, &settings.protection, &before, &now, 0, 0));
	confirm_drop(&c);
	assert_false(confirm_take(&c, &settings.protection, &before, &now, 100, 100));
	assert_true(confirm_take(&c, &settings.protection, &before, &now, 200, 200));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_drop),
	};

	return cmocka_run_group_tests_name("confirm", tests, NULL, NULL);
}
