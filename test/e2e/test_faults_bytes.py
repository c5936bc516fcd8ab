"""Fault matrix: damage on the wire, from a single byte to a line that never ends."""

import unittest

from matrix import Row, all_lost

DEFAULT_AGE_S = 15
KINDS = ("lose", "double", "flip", "insert")
SEEDS = {kind: number for number, kind in enumerate(KINDS, 1)}
BAD_CABLE_S = 20


class ByteFaults(unittest.TestCase):
    """Bytes lost, doubled, flipped, inserted. One in 1000 leaves some replies whole, some of them with a wrong
    digit: what is published is true, or the modules are lost. One in 50 leaves none whole."""

    def one_in_1000(self, kind):
        """From the first byte on: the very first damage of a line that was clean until then cannot be known."""
        with Row("one byte in 1000: " + kind, seed=SEEDS[kind], start=False, noisy=True, age_s=DEFAULT_AGE_S,
                 getpwr=True) as row:
            row.spoil(lambda: row.sim.fault(kind, rate=1000))
            row.start_daemon()
            row.watch(BAD_CABLE_S)
            self.assertGreater(row.sim.faults.damaged_bytes, 100)
            row.mend(row.sim.clear)
            row.back(within_s=12)

    def one_in_50(self, kind):
        with Row("one byte in 50: " + kind, seed=SEEDS[kind]) as row:
            row.spoil(lambda: row.sim.fault(kind, rate=50))
            row.safe(all_lost)
            row.watch(3)
            row.mend(row.sim.clear)
            row.back(within_s=12)


for fault_kind in KINDS:
    setattr(ByteFaults, "test_%s_1_in_1000" % fault_kind, lambda self, k=fault_kind: self.one_in_1000(k))
    setattr(ByteFaults, "test_%s_1_in_50" % fault_kind, lambda self, k=fault_kind: self.one_in_50(k))


class ReplyFaults(unittest.TestCase):
    def test_late(self):
        """Every reply later than it is waited for, so that it arrives inside the next one."""
        with Row("replies late, inside the next one", paced=True) as row:
            row.spoil(lambda: [row.sim.fault("late", command=c, seconds=s)
                               for c, s in (("pwr 1", 1.1), ("bat 1", 1.2), ("pwr 2", 2.1), ("bat 2", 1.3))])
            row.safe(all_lost)
            row.watch(5)
            row.mend(row.sim.clear)
            row.back(within_s=12)

    def test_some_late(self):
        """One module's replies hit those of the other."""
        # what comes late makes passes of up to 6 s, in which the other module is read once: at an age of 5 s it would be lost
        with Row("a module's replies late, inside the other's", paced=True, age_s=DEFAULT_AGE_S, late_s=10.0) as row:
            row.spoil(lambda: [row.sim.fault("late", command=c, seconds=s)
                               for c, s in (("pwr 2", 1.02), ("bat 2", 1.05), ("pwr", 1.03))])
            row.watch(15)
            row.mend(row.sim.clear)
            row.back(within_s=12)

    def test_cut_short(self):
        with Row("every table cut short", age_s=DEFAULT_AGE_S) as row:
            row.spoil(lambda: [row.sim.fault("truncate", command=c, value=200) for c in ("pwr", "bat")])
            row.safe(all_lost)
            row.mend(row.sim.clear)
            row.back(within_s=12)

    def test_rubbish(self):
        with Row("question marks and bytes above 0x7f", age_s=DEFAULT_AGE_S) as row:
            row.spoil(lambda: row.sim.fault("garbage"))
            row.safe(all_lost)
            row.mend(row.sim.clear)
            row.back(within_s=12)

    def test_endless_line(self):
        """Bytes without an end are cut off, and the console is found again when they stop."""
        with Row("an endless line", modules=1) as row:
            row.spoil(lambda: row.sim.fault("endless", command="bat 1", value="9"))
            row.safe(all_lost)
            row.mend(row.sim.clear)
            row.back(within_s=12)


if __name__ == "__main__":
    unittest.main()
