"""Every model of the simulator with all that can be found out left on auto: speed, addresses, cells, columns.

What is compared here is written down by a person, figure by figure; test_reading compares every key with what the
simulated battery holds. The owner's currents are set as high as the file takes them, so that what is published is
what the console says of the module.
"""

import unittest
from dataclasses import dataclass

from harness import Rig
from sim.models import MODELS

HIGHEST_A = 200                    # the most that the file takes
AUTO = {"serial": {"baud": None}, "battery": {"addresses": None, "max_charge_current": HIGHEST_A,
                                              "max_discharge_current": HIGHEST_A}}
REFUSAL = ("error: this is a high-voltage battery (Force, SC series): its console is not read, nothing is published. "
           "This program is for 48 V stacks")


@dataclass(frozen=True)
class Row:
    """What must come out of two modules; currents are those of one."""

    speed: int
    cells: int
    name: str                      # None: its `info` is refused
    cvl: float
    ccl: float
    dcl: float
    capacity: float
    low: float                     # what `pwrsys` says where it is read without a login, else 3.067 V a cell


# With `pwrsys`: what it recommends, 20 A and 25 A a module. Else 80 % and all of what `info` says, and where that is
# refused too, of what the owner wrote.
ROWS = {
    "extra2000": Row(19200, 15, "EXTRA2000", 52.5, 20, 25, 50, 47.0),
    "us2kbpl": Row(115200, 15, "US2KBPL", 52.5, 20, 25, 50, 47.0),
    "us2kbplb": Row(115200, 15, "US2KBPL", 52.5, 20, 25, 50, 47.0),
    "old13": Row(115200, 15, "US2000", 52.5, 20, 25, 50, 47.0),
    "us2000c": Row(115200, 15, "US2000C", 52.5, 72, 90, 50, 46.0),
    "us5000": Row(115200, 15, "US5000", 52.5, 80, 100, 100, 46.0),
    "us5000new": Row(115200, 15, "US5000", 52.5, 80, 100, 100, 46.0),
    "dseries": Row(115200, 15, "US3000D", 52.5, 59.2, 74, 74, 46.0),
    "us3000d": Row(115200, 15, None, 52.5, 160, 200, 74, 46.0),
    "pytes4850": Row(115200, 15, "E-BOX-SIM50", 52.5, 81.6, 102, 50, 46.0),
    "pytes48100": Row(115200, 16, "E-BOX-SIM100-D", 56.0, 84, 105, 100, 49.1),
}
HIGH_VOLTAGE = {"force_h2"}


class Case(unittest.TestCase):
    def agrees(self, rig, row, modules):
        """Waits for the whole stack's limits, then compares what else was found out."""
        wanted = {"Info.MaxChargeVoltage": row.cvl, "Info.MaxChargeCurrent": row.ccl * modules,
                  "Info.MaxDischargeCurrent": row.dcl * modules, "Info.BatteryLowVoltage": row.low,
                  "System.NrOfCellsPerBattery": row.cells, "System.NrOfModulesOnline": modules,
                  "System.NrOfModulesOffline": 0, "InstalledCapacity": row.capacity * modules}
        rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == modules)
        try:
            rig.wait_bank(lambda b: all(abs(b[key] - value) < 0.001 for key, value in wanted.items()))
        except AssertionError:
            bank = rig.flat(rig.subscriber.on(rig.topic("pylon"))[-1])
            self.assertEqual({key: bank[key] for key in wanted}, wanted)
            raise
        link = rig.wait_link(lambda doc: len(doc["modules"]) == modules and all(
            m["online"] and m["name"] == row.name for m in doc["modules"]))
        self.assertEqual(link["console"]["speed"], row.speed)
        self.assertEqual([m["address"] for m in link["modules"]], list(range(1, modules + 1)))
        self.assertEqual({m["cells"] for m in link["modules"]}, {row.cells})


class AutoTest(Case):
    def test_every_model_has_a_row(self):
        self.assertEqual(set(ROWS) | HIGH_VOLTAGE, set(MODELS))


def model_test(model):
    def test(self):
        with Rig(models=model, modules=2, config=AUTO, getpwr=None, quiet=True) as rig:
            self.agrees(rig, ROWS[model], 2)
    return test


for name in ROWS:
    setattr(AutoTest, "test_" + name, model_test(name))


class SixteenTest(Case):
    def test_at_wire_speed(self):
        """Sixteen modules at 115200 baud: none is ever too old."""
        with Rig(models="us5000new", modules=16, config=AUTO, paced=True, quiet=True) as rig:
            self.agrees(rig, ROWS["us5000new"], 16)
            passes = rig.wait_link(timeout_s=5)["passes"]
            link = rig.wait_link(lambda doc: doc["passes"] >= passes + 2, timeout_s=30)
            self.assertEqual([m["online"] for m in link["modules"]], [1] * 16)
            self.assertLess(max(m["age_ms"] for m in link["modules"]), 10000)

    def test_of_sixteen_cells(self):
        with Rig(models="pytes48100", modules=16, config=AUTO, quiet=True) as rig:
            self.agrees(rig, ROWS["pytes48100"], 16)


class HighVoltageTest(Case):
    def test_refused(self):
        """Refused in one sentence, nothing published; the program stays and asks again."""
        with Rig(models="force_h2", modules=1, config=AUTO) as rig:
            self.assertEqual(rig.daemon.wait_line("(?i)high.voltage", 15), REFUSAL)
            asked = rig.sim.count("pwr")
            self.assertTrue(rig.sim.wait_command("pwr", count=asked + 2, timeout_s=20))
            self.assertEqual(rig.daemon.matching("(?i)high.voltage"), [REFUSAL])
            self.assertEqual(rig.subscriber.on(rig.topic("pylon")), [])
            self.assertEqual([m.payload for m in rig.subscriber.on(rig.topic("status"))], [b"offline"])


if __name__ == "__main__":
    unittest.main()
