"""Dynamics of the independent model: stricter at once, looser after a hold and along a ramp.

Decisions: the first step takes the target and starts no hold; a change of N starts one; the ramp climbs in
steps of 100 ms, from the end of the hold or from the moment at which the target rose, whichever is later. What does not make a whole mV or mA yet waits."""

CLIMB_MS = 100


class Dynamics:
    def __init__(self, settings):
        self.hold = settings['recovery_hold_s']
        self.rates = (settings['recovery_voltage_v_s'], settings['recovery_current_a_s'],
                      settings['recovery_current_a_s'])
        self.published = None
        self.free_ms = [None] * 3     # up to when the way up has been used or was closed
        self.modules = None

    def step(self, target, modules, now):
        if self.published is None:
            self.published = list(target)
            self.free_ms = [now] * 3
            self.modules = modules
            return
        if modules != self.modules:
            self.modules = modules
            self.free_ms = [now + self.hold] * 3
        for k in range(3):
            self.follow(k, target[k], now)

    def follow(self, k, target, now):
        if target < self.published[k]:
            self.published[k] = target
            self.free_ms[k] = now + self.hold
        elif target == self.published[k]:
            self.free_ms[k] = max(self.free_ms[k], now)
        elif now >= self.free_ms[k]:
            self.climb(k, target, now)

    def climb(self, k, target, now):
        rate = self.rates[k] * (1 if k == 0 else self.modules)
        if rate == 0:
            self.published[k] = target
            self.free_ms[k] = now
            return
        climbs = (now - self.free_ms[k]) // CLIMB_MS
        rise = rate * climbs * CLIMB_MS // 1000
        if rise:
            self.free_ms[k] += climbs * CLIMB_MS
            self.published[k] = min(target, self.published[k] + rise)

    def release(self, k, target):
        """DCL with the first complete bank after all was lost."""
        self.published[k] = max(self.published[k], target)
