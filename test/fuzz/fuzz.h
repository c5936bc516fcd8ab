/* fuzz: what the harnesses share: their input as a row of choices, and assertions that stop the fuzzer.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput with bytes that it has thought out. cmocka's assertions, with which the
 * helpers of the unit tests check what must hold at any time, abort here. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include "check.h"

#include <stdbool.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return setenv("CMOCKA_TEST_ABORT", "1", 1);
}

/* What is left of the input. */
struct fuzz {
	const uint8_t *at;
	size_t left;
};

/* The next byte; 0 behind the end. */
static inline uint8_t fuzz_byte(struct fuzz *f)
{
	if (f->left == 0)
		return 0;
	f->left--;
	return *f->at++;
}

static inline uint32_t fuzz_word(struct fuzz *f)
{
	uint32_t high = fuzz_byte(f);

	return high << 8 | fuzz_byte(f);
}

/* A number of `low` to `high`, both at most 65535 apart. */
static inline int32_t fuzz_within(struct fuzz *f, int32_t low, int32_t high)
{
	uint32_t span = (uint32_t)(high - low) + 1;

	return low + (int32_t)((span <= 256 ? fuzz_byte(f) : fuzz_word(f)) % span);
}

/* The next bytes as they are, at most `most` of them; their number comes first. */
static inline const uint8_t *fuzz_bytes(struct fuzz *f, size_t most, size_t *length)
{
	const uint8_t *bytes;

	*length = most > 255 ? fuzz_word(f) % (most + 1) : fuzz_byte(f) % (most + 1);
	if (*length > f->left)
		*length = f->left;
	bytes = f->at;
	f->at += *length;
	f->left -= *length;
	return bytes;
}

#endif
