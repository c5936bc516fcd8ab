#include "core/output/announce.h"

#include "core/base/digest.h"

#include <string.h>

#define AGAIN_MS (5 * 60 * 1000)

void announce_offer(struct announce *a, const struct discovery_device *device)
{
	int n = device->number;
	uint32_t id = digest_of(device->id, strlen(device->id));
	uint32_t all = digest_of(device, sizeof *device);

	if (a->digest[n] == all)
		return;
	if (a->digest[n] != 0 && a->id_digest[n] != id)
		a->anew |= UINT32_C(1) << n;
	a->due |= UINT32_C(1) << n;
	a->id_digest[n] = id;
	a->digest[n] = all;
}

void announce_again(struct announce *a, int64_t now_ms)
{
	for (int n = 0; n < DISCOVERY_DEVICES; n++)
		a->due |= (uint32_t)(a->digest[n] != 0) << n;
	a->all_ms = now_ms;
}

int announce_next(struct announce *a, int64_t now_ms, bool *anew)
{
	if (now_ms - a->all_ms >= AGAIN_MS)
		announce_again(a, now_ms);
	for (int n = 0; n < DISCOVERY_DEVICES; n++) {
		uint32_t bit = UINT32_C(1) << n;

		if (!(a->due & bit))
			continue;
		*anew = a->anew & bit;
		a->due &= ~bit;
		a->anew &= ~bit;
		a->announced |= bit;
		return n;
	}
	return ANNOUNCE_NONE;
}

int64_t announce_deadline(const struct announce *a)
{
	return a->due != 0 ? INT64_MIN : a->all_ms + AGAIN_MS;
}

uint32_t announce_retract(struct announce *a)
{
	uint32_t announced = a->announced;

	memset(a, 0, sizeof *a);
	return announced;
}
