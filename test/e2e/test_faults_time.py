"""Fault matrix: time that is not what it seems."""

import os
import signal
import struct
import subprocess
import tempfile
import time
import unittest

from matrix import Row, all_lost

HERE = os.path.dirname(os.path.abspath(__file__))
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
        with tempfile.TemporaryDirectory() as folder:
            library, shift = os.path.join(folder, "clock_jump.so"), os.path.join(folder, "shift")
            subprocess.run(["gcc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library,
                            os.path.join(HERE, "clock_jump.c")], check=True)
            self.set_clock(shift, 0)
            with Row("wall clock a day forward, two back", start=False, lost=()) as row:
                os.environ.update(LD_PRELOAD=library, CLOCK_JUMP=shift)
                try:
                    row.start_daemon()
                finally:
                    del os.environ["LD_PRELOAD"], os.environ["CLOCK_JUMP"]
                row.calm()
                for seconds in (DAY_S, -DAY_S):
                    row.spoil(lambda jump=seconds: self.set_clock(shift, jump))
                    row.watch(7)
                    banks = [row.flat(m) for m in row.subscriber.on(row.topic("pylon"), row.mark)]
                    self.assertGreater(len(banks), 1)
                    self.assertTrue(all(row.well(bank) for bank in banks))
                row.mend(lambda: self.set_clock(shift, 0))
                row.back(within_s=2)
                self.assertEqual(row.daemon.matching("^(warning|error)"), [])

    def set_clock(self, path, seconds):
        with open(path, "wb") as file:
            file.write(struct.pack("=q", seconds))


if __name__ == "__main__":
    unittest.main()
