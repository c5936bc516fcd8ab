/* number: the lesser and the greater of two. */
#ifndef CORE_NUMBER_H
#define CORE_NUMBER_H

#include <stdint.h>

static inline int64_t number_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t number_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

#endif
