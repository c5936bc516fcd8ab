/* digest: bytes -> a number that tells whether they have changed (FNV-1a). No protection against anybody. */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

uint32_t digest_of(const void *bytes, size_t length);

#endif
