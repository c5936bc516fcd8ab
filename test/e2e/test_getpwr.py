"""`getpwr` in the place of `bat`, where the console knows it."""

import time
import unittest

from harness import Rig
from truth import differences, expected

LATE = {"History.ChargeCycles", "Soh", "Info.MaxChargeCurrent", "Info.MaxDischargeCurrent", "Info.BatteryLowVoltage"}


def trusted(doc, modules=2):
    return len(doc["modules"]) == modules and all(module["getpwr"] == "used" for module in doc["modules"])


class GetpwrTest(unittest.TestCase):
    def same(self, rig, mark=0):
        for message in rig.subscriber.on(rig.topic("pylon"), mark):
            wrong = [d for d in differences(rig.flat(message), expected(list(rig.sim.stack))) if d.split(" ")[0] not in LATE]
            self.assertEqual(wrong, [])

    def test_used(self):
        """Proven beside `bat`, then in its place; the documents stay the same, a changed cell shows."""
        with Rig(models="us2kbpl", modules=2, getpwr=True) as rig:
            rig.wait_link(trusted)
            self.same(rig)
            bats = rig.sim.count("bat 1")
            self.assertTrue(rig.sim.wait_command("getpwr 1", count=rig.sim.count("getpwr 1") + 3))
            self.assertEqual(rig.sim.count("bat 1"), bats)
            rig.sim.stack[2].cells_mv[3] = 3391
            bank = rig.wait_bank(lambda doc: doc["System.MaxCellVoltage"] == 3.391, timeout_s=6)
            self.assertEqual(bank["System.MaxVoltageCellId"], "M2C4")
            self.assertEqual(len(rig.daemon.matching("getpwr. tells the same")), 2)

    def test_sixteen_modules(self):
        with Rig(models="us5000", modules=16, getpwr=True) as rig:
            rig.wait_link(lambda doc: trusted(doc, 16), timeout_s=30)
            self.same(rig)

    def test_damaged(self):
        """What is damaged of it is never published; `bat` is read in its place."""
        with Rig(models="us2kbpl", modules=2, getpwr=True) as rig:
            rig.wait_link(trusted)
            mark = rig.now()
            for kind, options in (("truncate", {"value": 150}), ("garbage", {}), ("silence", {})):
                fault = rig.sim.fault(kind, command="getpwr 2", count=3, **options)
                bats = rig.sim.count("bat 2")
                self.assertTrue(rig.sim.wait_command("bat 2", count=bats + 1), kind)
                until = time.monotonic() + 10
                while fault.hits < 3 and time.monotonic() < until:
                    time.sleep(0.05)
                rig.sim.clear()
                rig.wait_link(lambda doc: trusted(doc) or doc["modules"][1]["getpwr"] == "not used", since=rig.now())
            self.same(rig, mark)

    def test_unknown(self):
        """A console that does not know it is asked once, and says so once."""
        with Rig(models="us2kbpl", modules=2, getpwr=False) as rig:
            rig.wait_link(lambda doc: len(doc["modules"]) == 2 and doc["modules"][1]["getpwr"] == "not used")
            rig.sim.wait_command("bat 2", count=rig.sim.count("bat 2") + 3)
            self.assertEqual((rig.sim.count("getpwr 1"), rig.sim.count("getpwr 2")), (1, 0))
            self.assertEqual(len(rig.daemon.matching("refuses .getpwr 1.")), 1)


if __name__ == "__main__":
    unittest.main()
