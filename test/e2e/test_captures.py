"""The real bytes of real batteries, served through a pty to the real program, checked key by key.

The captures are not part of this project: they are looked for in ../shared/captures, or where CAPTURES
says. The expected values were read from them by a person.
"""

import os
import re
import time
import unittest

from daemon import ROOT
from harness import Rig, patience
from sim.recorded import load
from truth import Seen, differences, expected

FOLDER = os.environ.get("CAPTURES") or os.path.join("..", "shared", "captures")
CAPTURES = os.path.join(ROOT, FOLDER)
MISSING = None if os.path.isdir(CAPTURES) else "no captures at %s (set CAPTURES)" % FOLDER


def cells(base, offsets):
    """Cell voltages written as what they have above a base: "1100" is base + 1, base + 1, base, base."""
    return [base + int(digit, 36) for digit in offsets]


# A rack of four in a system of 2023; module 1 speaks for all. Pack and cells were read at different moments.
RACK = (
    Seen(1, 49959, 15939, 45, 100000, 44231, 28200, cells(3330, "110001111101110"),
         [27500] * 4 + [27300] * 4 + [27200] * 4 + [27500] * 3, [0] * 15, mos=27500, cycles=108, soh=100,
         charge_ma=100000, discharge_ma=100000),
    Seen(2, 49928, 6934, 43, 50000, 21043, 32100, cells(3328, "100111000110111"),
         [30700] * 5 + [30400] * 5 + [30200] * 5, [0] * 15, mos=30200, cycles=157, soh=None,
         charge_ma=90000, discharge_ma=90000),
    Seen(3, 49905, 5024, 35, 50000, 16510, 33000, cells(3326, "111111011120211"), [30000] * 15, [0] * 15,
         cycles=685, charge_ma=102000, discharge_ma=100000),
    Seen(4, 49959, 6863, 45, 50000, 21202, 33000, cells(3329, "111022201541333"), [31000] * 15, [0] * 15,
         cycles=656, charge_ma=102000, discharge_ma=100000),
)
PYTES_50 = Seen(1, 48328, 0, 77, 50000, 38286, 26000, cells(3217, "025628353086575"), [25000] * 15,
                cycles=62, charge_ma=102000, discharge_ma=102000)
PYTES_100 = Seen(1, 53244, 0, 73, 100000, 73866, 24000, cells(3325, "2233333333333330"), [18000] * 16,
                 charge_ma=105000, discharge_ma=105000)


@unittest.skipIf(MISSING, MISSING)
class CaptureTest(unittest.TestCase):
    def agrees(self, rig, name, modules, changes=None, timeout_s=25):
        wanted = dict(expected(modules, in_bank=name == "pylon"), **(changes or {}))
        message = rig.subscriber.wait_for(
            lambda m: m.topic == rig.topic(name) and not list(differences(rig.flat(m), wanted)), patience(timeout_s))
        if message is None:
            newest = rig.subscriber.on(rig.topic(name))[-1:]
            self.fail("\n".join(differences(rig.flat(newest[0]), wanted)) if newest else "nothing on " + name)

    def rig(self, match, modules, **options):
        recorded, prompt = load(CAPTURES, match)
        for command, bodies in options.pop("change", lambda r: {})(recorded).items():
            recorded[command] = bodies
        return Rig(models="us2kbpl", modules=modules, recorded=recorded, prompt=prompt, **options)

    def test_rack_of_four(self):
        """US5000, US2000C and two US2000B Plus, at the wire's speed."""
        with self.rig("*-plchome-us-*", 4, paced=True) as rig:
            self.agrees(rig, "pylon", RACK)
            for module in RACK:
                self.agrees(rig, "battery_%d" % module.address, [module])
            link = rig.wait_link(lambda doc: len(doc["modules"]) == 4 and all(m["online"] for m in doc["modules"]))
            self.assertEqual([m["name"] for m in link["modules"]], ["US5000", "US2000C", "US2KBPL", "US2KBPL"])
            self.assertEqual([m["firmware"] for m in link["modules"]],
                             ["B69.16.0.0", "B68.2.0.0", "B67.9.0", "B67.9.0"])

    def test_pytes_50(self):
        """Two small Pytes; one row of the second one's cells is damaged in the capture: never used."""
        with self.rig("pytes-ebox4850p-*", 2) as rig:
            lost = {"System.NrOfModulesOffline": 1, "Alarms.BmsCable": 1, "Info.MaxChargeVoltage": 51.0,
                    "Info.MaxChargeCellVoltage": 3.4}
            rig.wait_bank(lambda b: b["System.NrOfModulesOffline"] == 1)
            self.agrees(rig, "pylon", [PYTES_50], lost)
            self.agrees(rig, "battery_1", [PYTES_50])
            self.assertEqual(rig.subscriber.on(rig.topic("battery_2")), [])
            link = rig.wait_link(lambda doc: any(m["address"] == 2 and m["damaged"] for m in doc["modules"]))
            self.assertEqual([m["online"] for m in link["modules"]], [1, 0])

    def test_pytes_100(self):
        """Sixteen cells, no current in the cells' table, a table that is split over lines, `stat` refused."""
        with self.rig("pytes-ebox48100vd-*", 1, change=lambda r: {"bat 1": r["bat 1"][-1]}) as rig:
            self.agrees(rig, "pylon", [PYTES_100])
            self.agrees(rig, "battery_1", [PYTES_100])

    def test_half_a_console(self):
        """The oldest capture has no `pwr 1`: without it nothing may be published."""
        with self.rig("us2kbpl-*-arnyminerz-*", 1) as rig:
            self.assertTrue(rig.sim.wait_command("pwr 1", count=3))
            time.sleep(2)
            self.assertEqual(rig.subscriber.on(rig.topic("pylon")), [])
            self.assertTrue(rig.daemon.running)

    def refused(self, match):
        with self.rig(match, 1) as rig:
            line = rig.daemon.wait_line("(?i)high.voltage", 15)
            self.assertIsNotNone(line, "nothing is said of a high-voltage battery")
            self.assertTrue(re.match("warning|error", line), line)
            self.assertTrue(rig.sim.wait_command("pwr", count=4, timeout_s=20))
            self.assertEqual(len(rig.daemon.matching("(?i)high.voltage")), 1)
            self.assertEqual(rig.subscriber.on(rig.topic("pylon")), [])
            self.assertEqual([m.payload for m in rig.subscriber.on(rig.topic("status"))], [b"offline"])

    def test_force_h2_is_refused(self):
        self.refused("force_h2-*")

    def test_sc0500_is_refused(self):
        self.refused("sc0500-*")


if __name__ == "__main__":
    unittest.main()
