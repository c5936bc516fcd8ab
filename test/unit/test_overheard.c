/* What kind of bytes come from a port that is not the battery's. */
#include "check.h"

#include "core/console/overheard.h"

static struct overheard hear(const char *bytes, size_t length)
{
	struct overheard o = { 0 };

	overheard_take(&o, bytes, length);
	return o;
}

static void test_devices(void **state)
{
	static const struct {
		const char *bytes, *part; /* NULL: nothing is recognised */
	} rows[] = {
		{ "\r\nPID\t0xA053\r\nFW\t159\r\n", "VE.Direct" },
		{ "V\t12800\r\nChecksum\t\xd8", "VE.Direct" },
		{ "the Checksum is wrong\r\n", NULL },
		{ "$GPGGA,123519,4807.038,N\r\n", "GPS" },
		{ "$GNRMC,1,2,3\r\n", "GPS" },
		{ "\r\nDebian GNU/Linux 12 box ttyUSB0\r\n\r\nbox login: ", "login" },
		{ "Password: ", "login" },
		{ "~20014682C0048520FCC3\r", "hears itself" },
		{ "~20024642E00202FD33\r", NULL },
		{ "hello\r\n", NULL },
		{ "", NULL },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct overheard whole = hear(rows[i].bytes, strlen(rows[i].bytes)), single = { 0 };

		for (const char *c = rows[i].bytes; *c != '\0'; c++)
			overheard_take(&single, c, 1);
		assert_ptr_equal(whole.device, single.device);
		if ((rows[i].part == NULL) != (whole.device == NULL))
			fail_msg("row %d: %s", i, whole.device ? whole.device : "nothing");
		if (rows[i].part != NULL)
			assert_non_null(strstr(whole.device, rows[i].part));
	}
}

/* A fifth of the bytes, white space not counted. */
static void test_garbage(void **state)
{
	(void)state;
	assert_false(overheard_garbage(&(struct overheard){ 0 }));
	struct overheard text = hear("text\r\n\twith blanks ~", 20), few = hear("12345\xff", 6), many = hear("1234\xff", 5),
	                 nul = hear("\0\0", 2), del = hear("\x7f", 1);

	assert_false(overheard_garbage(&text));
	assert_false(overheard_garbage(&few));
	assert_true(overheard_garbage(&many));
	assert_true(overheard_garbage(&nul));
	assert_true(overheard_garbage(&del));
	assert_int_equal(few.bytes, 6);
	assert_int_equal(few.not_text, 1);
}

/* The last bytes stay, printable, whatever came before. */
static void test_tail(void **state)
{
	struct overheard o = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		overheard_take(&o, i % 7 == 0 ? "\n" : "a", 1);
	assert_int_equal(strlen(o.tail), OVERHEARD_TAIL_MAX);
	overheard_take(&o, "the\x80 end\n", 9);
	assert_string_equal(o.tail + OVERHEARD_TAIL_MAX - 9, "the. end.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_tail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
