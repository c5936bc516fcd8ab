/* overheard: what kind of bytes come from a port on which no battery answers: a hint for its owner. */
#ifndef CORE_OVERHEARD_H
#define CORE_OVERHEARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OVERHEARD_TAIL_MAX 48

struct overheard {
	uint32_t bytes;    /* that came, ever */
	uint32_t not_text; /* of them: neither printable ASCII nor white space */
	char tail[OVERHEARD_TAIL_MAX + 1]; /* the last of them, terminated; `.` for what is not printable ASCII */
	const char *device; /* "a GPS receiver": what talks like this; NULL while nothing is recognised */
};

/* Starts with all zero. */
void overheard_take(struct overheard *o, const char *bytes, size_t length);

/* Whether what came was mostly no text. */
bool overheard_garbage(const struct overheard *o);

#endif
