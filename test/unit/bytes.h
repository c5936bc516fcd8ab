/* bytes: one byte at a time, where a test counts them. */
#ifndef TEST_BYTES_H
#define TEST_BYTES_H

#include "core/console/session.h"

static inline enum framing_event framing_byte(struct framing *f, char byte)
{
	size_t one = 1;

	return framing_feed(f, (const uint8_t *)&byte, &one);
}

static inline struct session_news session_byte(struct session *s, char byte, int64_t now_ms)
{
	size_t one = 1;

	return session_feed(s, (const uint8_t *)&byte, &one, now_ms);
}

#endif
