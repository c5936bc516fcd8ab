/* fail: what a test and the preloaded library test/faults/fail.c share: counts of calls, and which one shall fail.
 *
 * The file that $FAIL_CONTROL names holds one struct fail_control; the library maps it, fills in `names` and counts.
 * To let the n-th call from now fail, a test writes call, origin and fired = 0, and then left = n. */
#ifndef TEST_FAIL_H
#define TEST_FAIL_H

#include <stdatomic.h>
#include <stdint.h>

#define FAIL_CALLS_MAX 96
#define FAIL_NAME_MAX 40

/* Whose code made the call. What is linked statically (libserialport) belongs to the program. */
enum fail_origin { FAIL_PROGRAM, FAIL_MOSQUITTO, FAIL_JSON, FAIL_INI, FAIL_OTHERS, FAIL_ORIGINS };

struct fail_control {
	_Atomic int64_t left;     /* calls until the failure, this one included; below 1: none */
	uint32_t call, origin;
	uint32_t fired;
	int32_t error;            /* errno of the failure; 0: the usual one of this call */
	uint64_t caller;          /* offset within the object that made the call that failed */
	uint64_t detail;          /* its second argument where it is variadic, such as the request of ioctl */
	_Atomic uint64_t count[FAIL_CALLS_MAX][FAIL_ORIGINS];
	char names[FAIL_CALLS_MAX][FAIL_NAME_MAX];
};

#endif
