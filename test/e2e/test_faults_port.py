"""Fault matrix: the adapter and its name."""

import contextlib
import os
import unittest

from matrix import AGE_S, Row, all_lost

DEFAULT_AGE_S = 15


class PortFaults(unittest.TestCase):
    def test_unplugged(self):
        """At the default age: 16 s after the last good reply the limits are safe."""
        with Row("adapter unplugged and plugged in again", age_s=DEFAULT_AGE_S, link=True) as row:
            row.spoil(row.sim.unplug)
            row.safe(all_lost)
            row.mend(row.sim.replug)
            row.back(within_s=6)
            self.assertEqual(len(row.daemon.matching("^error: .*unplugged")), 1)
            self.assertEqual(len(row.daemon.matching("is back: looking")), 1)

    def test_another_number(self):
        """It comes back as another device behind the same link."""
        with Row("adapter comes back under another number", link=True) as row:
            before = row.sim.pty
            row.spoil(row.sim.unplug)
            row.safe(all_lost)
            with contextlib.ExitStack() as others:
                self.take_number(before, others)
                row.mend(row.sim.replug)
                row.back(within_s=6)
            self.assertNotEqual(row.sim.pty, before)

    def take_number(self, name, others):
        """Somebody else has the old number meanwhile: the lowest that is free is given first."""
        for _ in range(100):
            master, slave = os.openpty()
            others.callback(os.close, master)
            others.callback(os.close, slave)
            if os.ttyname(slave) >= name or os.path.exists(name):
                return

    def test_link_gone(self):
        """The name goes, the adapter stays: who has the port open reads on."""
        with Row("by-id link gone, adapter still there", link=True, lost=()) as row:
            row.spoil(lambda: os.unlink(row.link))
            row.wait_bank(row.well, since=row.mark)
            row.watch(8)
            row.mend(lambda: os.symlink(row.sim.pty, row.link))
            row.back(within_s=3)
            self.assertEqual(row.daemon.matching("unplugged|is lost"), [])

    def test_link_gone_and_unplugged(self):
        """The adapter is there again but its name is not: the program waits for the name."""
        with Row("adapter back at once, its by-id link later", link=True) as row:
            def without_a_name():
                row.sim.unplug()
                row.sim.replug()
                os.unlink(row.link)
            row.spoil(without_a_name)
            row.safe(all_lost)
            row.mend(lambda: os.symlink(row.sim.pty, row.link))
            row.back(within_s=6)

    def test_a_short_moment(self):
        """Out and in before the values are too old: the limits stay."""
        with Row("adapter out and in within a second", link=True, lost=()) as row:
            row.spoil(row.sim.unplug)
            row.mend(row.sim.replug)
            row.back(within_s=6, watch_s=AGE_S + 2)
            self.assertEqual(row.daemon.matching("module . is lost"), [])


if __name__ == "__main__":
    unittest.main()
