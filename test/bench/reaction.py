"""From a change in the battery to the message with the stricter limit."""

import random
import time

from stand import CHARGE, DISCHARGE

# Each module always has a cell just below each threshold, so that no step is so large that it must be seen twice.
HIGH_CELL, LOW_CELL, HOT_SENSOR = 0, 1, 0
HIGH_MV, LOW_MV, HOT_MC = (3450, 3660), (2650, 2480), (52000, 56000)
PAUSE_MAX_S = 2.0


class Change:
    """One value of a module that steps over a threshold and back."""

    def __init__(self, kind, limit, values, field, index):
        self.kind, self.limit, self.values, self.field, self.index = kind, limit, values, field, index

    def put(self, module, over):
        getattr(module, self.field)[self.index] = self.values[over]


CELL_HIGH = Change("cell_high", CHARGE, HIGH_MV, "cells_mv", HIGH_CELL)
CELL_LOW = Change("cell_low", DISCHARGE, LOW_MV, "cells_mv", LOW_CELL)
HOT = Change("hot", CHARGE, HOT_MC, "cell_temps_mc", HOT_SENSOR)
# What changes at a time: two limits that have nothing to do with each other, or one value that moves both.
ROUNDS = ((CELL_HIGH, CELL_LOW), (CELL_HIGH, CELL_LOW), (HOT,))
ROUNDS_REFERENCE = ((CELL_HIGH,),)


class Reaction:
    def __init__(self, stand):
        self.stand = stand
        self.random = random.Random()
        self.rounds = ROUNDS_REFERENCE if stand.reference else ROUNDS
        self.took = {}                 # kind: [seconds, or None where no message came]

    def prepare(self):
        """Before the program starts: values at which the limits are low but not zero."""
        for changes in self.rounds:
            for change in changes:
                for module in self.stand.sim.stack:
                    change.put(module, False)

    def run(self, count, cycle_s):
        """At least `count` changes."""
        turn = 0
        while sum(len(took) for took in self.took.values()) < count:
            self._round(self.rounds[turn % len(self.rounds)], 3 * cycle_s + 10, min(cycle_s, PAUSE_MAX_S))
            turn += 1

    def _round(self, changes, patience_s, pause_s):
        done = []
        for change in changes:
            time.sleep(self.random.uniform(0, pause_s))
            module = self.stand.sim.stack[self.random.randint(1, self.stand.modules)]
            before, since = self.stand.newest(change.limit), len(self.stand.subscriber.messages)
            change.put(module, True)
            done.append((change, module, before, since, time.monotonic()))
        for change, module, before, since, at in done:
            def stricter(message, change=change, before=before, at=at):
                value = self.stand.limit(message, change.limit)
                return value is not None and value <= before / 2 and message.time > at
            message = self.stand.wait(stricter, patience_s, since)
            self.took.setdefault(change.kind, []).append(message.time - at if message else None)
        for change, module, before, *_ in done:
            since = len(self.stand.subscriber.messages)
            change.put(module, False)
            self.stand.wait(lambda m, c=change, b=before: (self.stand.limit(m, c.limit) or 0) >= b, patience_s, since)
