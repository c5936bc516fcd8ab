"""Fault matrix: time that is not what it seems."""

import signal
import time
import unittest

from clock import Clock
from matrix import Row, all_lost

DEFAULT_AGE_S = 15
DAY_S = 86400
STOPPED_S = 30


class TimeFaults(unittest.TestCase):
    def test_stopped(self):
        """SIGSTOP: what comes next is of now, or says that the battery is lost."""
        with Row("program stopped for 30 s (SIGSTOP)", age_s=DEFAULT_AGE_S) as row:
            row.daemon.send(signal.SIGSTOP)
            row.gaps.append((time.monotonic() - 1, time.monotonic() + STOPPED_S + 3))
            time.sleep(STOPPED_S)
            row.spoil(lambda: row.daemon.send(signal.SIGCONT))
            row.safe(lambda bank: all_lost(bank) or row.well(bank), within_s=2)
            row.mend(lambda: None)
            row.back(within_s=4)

    def test_clock_jumps(self):
        """The wall clock a day forward, and two back: nothing changes."""
        with Clock() as clock:
            with Row("wall clock a day forward, two back", lost=(), environment=clock.environment) as row:
                row.calm()
                for seconds in (DAY_S, -DAY_S):
                    row.spoil(lambda jump=seconds: clock.shift(wall_s=jump))
                    row.watch(7)
                    banks = [row.flat(m) for m in row.subscriber.on(row.topic("pylon"), row.mark)]
                    self.assertGreater(len(banks), 1)
                    self.assertTrue(all(row.well(bank) for bank in banks))
                row.mend(clock.shift)
                row.back(within_s=2)
                self.assertEqual(row.daemon.matching("^(warning|error)"), [])


if __name__ == "__main__":
    unittest.main()
