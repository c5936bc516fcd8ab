/* check: what every unit test includes, in the order that cmocka wants. */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define COUNT_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* Like assert_int_equal, but names the row of the table that failed. */
#define assert_row(legend, step, actual, expected)                                                \
	do {                                                                                      \
		long long actual_ = (actual), expected_ = (expected);                             \
		if (actual_ != expected_)                                                         \
			fail_msg("%s, step %d: %s is %lld, not %lld", legend, step, #actual,      \
			         actual_, expected_);                                             \
	} while (0)

#endif
