#include "core/base/digest.h"

uint32_t digest_of(const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint32_t digest = 2166136261u;

	for (size_t i = 0; i < length; i++)
		digest = (digest ^ at[i]) * 16777619u;
	return digest;
}
