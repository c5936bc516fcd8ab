"""The clocks run over the borders of 32 bits: 2^31 and 2^32 ms since the start of the system, 2^31 s of the year 2038."""

import time
import unittest

from clock import Clock
from harness import Rig, patience
from truth import differences, expected

CONFIG = {"serial": {"baud": 115200}}
CONSTANTS = {"max_age_s": "3", "max_failed_polls": "50"}
BEFORE_S = 8.0         # how much earlier the daemon starts


class BorderTest(unittest.TestCase):
    def over(self, shift):
        """Values right before, on and after the border; then a cell and the silence still block in time."""
        with Clock() as clock, Rig(models="us2kbpl", modules=2, config=CONFIG, constants=CONSTANTS,
                                   environment=clock.environment, start=False) as rig:
            shift(clock)
            border = time.monotonic() + BEFORE_S
            rig.start_daemon()
            rig.wait_reason("charge_current", "BMS recommendation")
            rig.wait_bank()
            mark = rig.now()
            self.assertLess(time.monotonic(), border - 0.5, "too slow to be seen before the border")
            time.sleep(border + 4 - time.monotonic())
            self.look(rig, mark)
            self.block(rig)

    def look(self, rig, mark):
        wanted = expected(rig.sim.stack, recommend=rig.sim.console.recommend)
        messages = rig.subscriber.on(rig.topic("pylon"), mark)
        self.assertGreaterEqual(len(messages), 3)
        for message in messages:
            self.assertEqual(list(differences(rig.flat(message), wanted)), [])
        for one, two in zip(messages, messages[1:]):
            self.assertLess(two.time - one.time, patience(4))
        link = rig.wait_link(since=mark)
        self.assertTrue(0 <= link["uptime_s"] < patience(60))
        self.assertTrue(all(0 <= m["age_ms"] < patience(2000) for m in link["modules"]), link["modules"])
        self.assertEqual(rig.daemon.matching("^(warning|error)"), [])

    def block(self, rig):
        mark = rig.now()
        rig.sim.stack[1].cells_mv[4] = 3660
        rig.wait_bank(lambda b: b["Info.MaxChargeCurrent"] == 0, timeout_s=4, since=mark)
        rig.sim.fault("silence")
        rig.wait_bank(lambda b: b["Alarms.BmsCable"] == 2, timeout_s=6, since=mark)

    def over_ms(self, border):
        self.over(lambda clock: clock.shift(
            monotonic_ms=border - int(1000 * (BEFORE_S + time.clock_gettime(time.CLOCK_MONOTONIC)))))

    def test_31_bits_of_milliseconds(self):
        self.over_ms(2 ** 31)

    def test_32_bits_of_milliseconds(self):
        self.over_ms(2 ** 32)

    def test_2038(self):
        self.over(lambda clock: clock.shift(wall_s=2 ** 31 - int(BEFORE_S + time.time())))


if __name__ == "__main__":
    unittest.main()
