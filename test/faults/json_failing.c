/* Every call that making a document takes fails once, those of json-c itself included: the document is then whole or
 * not made at all, and nothing leaks. Runs with test/faults/fail.c preloaded ($FAIL_CONTROL names its file) and with
 * GLIBC_TUNABLES=glibc.malloc.tcache_count=0, or what is free looks as if it were in use. */
#include "bench.h"

#include "fail.h"
#include "shell/broker/json.h"
#include "shell/broker/json_discovery.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define DOCUMENT_MAX 32768
#define KEY_MAX 48 /* bytes of the heap that a key may take */

enum document { BANK, MODULE, LINK, DEVICE };

static struct fail_control *control;
static struct bench bench;
static struct figures figures;
static struct discovery_device device;
static struct json json;
static char whole[DOCUMENT_MAX], out[DOCUMENT_MAX];
static long failures;

static size_t write_document(enum document document, char *to)
{
	switch (document) {
	case BANK:
		assert_true(engine_bank_figures(&bench.engine, &figures));
		return json_figures(&json, JSON_BANK, &figures, to, DOCUMENT_MAX);
	case MODULE:
		assert_true(engine_module_figures(&bench.engine, 1, &figures));
		return json_figures(&json, JSON_MODULE, &figures, to, DOCUMENT_MAX);
	case DEVICE:
		assert_true(engine_device(&bench.engine, 1, &device));
		return json_discovery(&json.build, &device, "base", "0", to, DOCUMENT_MAX);
	default:
		return json_link(&json, &bench.engine, "0", bench.now_ms, to, DOCUMENT_MAX);
	}
}

/* json-c 0.16 does not free the key whose table could not grow. */
static size_t lost_by_json_c(uint32_t call)
{
	return strcmp(control->names[call], "calloc") == 0 ? KEY_MAX : 0;
}

/* One call fails while a document is made, as the first or after another one. The next one is whole whatever came of it.
 * Returns whether there was such a call. */
static bool fail_one(enum document document, bool first, int n, size_t length)
{
	if (!first)
		assert_true(write_document(document == MODULE ? BANK : MODULE, out) > 0);
	control->fired = 0;
	atomic_store(&control->left, n);
	size_t made = write_document(document, out);
	bool fired = control->fired != 0;
	atomic_store(&control->left, 0);
	assert_true(made == 0 || made == length);
	if (made != 0 && strcmp(out, whole) != 0)
		fail_msg("document %d, %s %d failed: %s", document, control->names[control->call], n, out);
	assert_int_equal(write_document(document, out), length);
	assert_string_equal(out, whole);
	json_end(&json);
	return fired;
}

/* Lets each of these calls fail while the document is made. Returns how many there are. */
static int fail_each(enum document document, bool first, uint32_t call, enum fail_origin origin, size_t length)
{
	for (int n = 1;; n++) {
		size_t before = mallinfo2().uordblks;

		control->call = call;
		control->origin = origin;
		bool fired = fail_one(document, first, n, length);
		if (mallinfo2().uordblks > before + lost_by_json_c(call))
			fail_msg("document %d, %s %d failed: %zu bytes leak", document, control->names[call], n,
			         mallinfo2().uordblks - before);
		if (!fired)
			return n - 1;
	}
}

static void every_call_fails(enum document document)
{
	size_t length = write_document(document, whole);
	long before = failures;

	assert_true(length > 0);
	json_end(&json);
	for (uint32_t call = 0; control->names[call][0] != '\0'; call++)
		for (enum fail_origin origin = 0; origin < FAIL_ORIGINS; origin++)
			for (int first = 0; first <= 1; first++)
				failures += fail_each(document, first != 0, call, origin, length);
	assert_true(failures - before > 100);
}

static void test_bank(void **state)
{
	(void)state;
	every_call_fails(BANK);
}

static void test_module(void **state)
{
	(void)state;
	every_call_fails(MODULE);
}

static void test_link(void **state)
{
	(void)state;
	every_call_fails(LINK);
}

static void test_device(void **state)
{
	(void)state;
	every_call_fails(DEVICE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bank), cmocka_unit_test(test_module), cmocka_unit_test(test_link),
		cmocka_unit_test(test_device),
	};
	int fd = open(getenv("FAIL_CONTROL"), O_RDWR);

	control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || control == MAP_FAILED)
		return 1;
	bench_init(&bench, 2);
	bench_run(&bench, 20000);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%ld calls failed\n", failures);
	return failed;
}
