"""The comparison with what the battery held can fail: in every key, and for values that are too old."""

import time
import unittest

from contract import Message
from held import Held
from sim.simulator import Simulator
from truth import expected

AGE_S = 5.0
BASE = "e2e"
MEASURED = ("Dc.Voltage", "Dc.Current", "Dc.Power", "Dc.Temperature", "Soc", "Capacity", "InstalledCapacity",
            "System.MinCellVoltage", "System.MaxCellTemperature", "Voltages.Cell7", "Info.MaxChargeCurrent",
            "Info.MaxDischargeCurrent", "Info.MaxChargeVoltage", "Io.AllowToCharge", "Alarms.InternalFailure",
            "System.NrOfModulesBlockingCharge", "TimeToGo", "History.ChargeCycles")


class HeldTest(unittest.TestCase):
    def setUp(self):
        self.sim = Simulator("us2kbpl", 2)
        self.addCleanup(self.sim.stop)
        self.sim.started = time.monotonic()
        for module in self.sim.stack:
            module.current_ma = -5000 - module.address

    def document(self, modules=None, in_bank=True):
        flat = expected(list(self.sim.stack) if modules is None else modules, in_bank, self.sim.console.recommend)
        return {k: sorted(v)[0] if isinstance(v, set) else v if isinstance(v, (int, float, type(None))) else "text"
                for k, v in flat.items()}

    def faults(self, flat, at=0.0, name="pylon", **options):
        message = Message(time.monotonic() + at, BASE + "/" + name, 0, False, b"")
        return list(Held(self.sim, AGE_S, **options).faults([message], lambda _: flat, BASE))

    def test_the_truth(self):
        self.assertEqual(self.faults(self.document()), [])
        self.assertEqual(self.faults(self.document([self.sim.stack[2]], False), name="battery_2"), [])

    def test_each_key(self):
        for path in MEASURED:
            for noisy in (False, True):
                flat = self.document()
                flat[path] += 3 * max(1, abs(flat[path]))
                self.assertNotEqual(self.faults(flat, noisy=noisy), [], path)

    def test_a_small_digit(self):
        """A millivolt is a fault; on a line that damages bytes five are none and nine are."""
        for wrong_v, noisy, found in ((0.001, False, True), (0.005, True, False), (0.009, True, True)):
            flat = self.document([self.sim.stack[1]], False)
            flat["Voltages.Cell3"] += wrong_v
            self.assertEqual(bool(self.faults(flat, name="battery_1", noisy=noisy)), found, wrong_v)

    def test_the_other_module(self):
        self.assertNotEqual(self.faults(self.document([self.sim.stack[2]], False), name="battery_1"), [])

    def test_too_old(self):
        flat = self.document()
        for module in self.sim.stack:
            module.current_ma = 7000
        self.assertEqual(self.faults(flat, at=AGE_S - 1), [])
        self.assertNotEqual(self.faults(flat, at=AGE_S + 3), [])

    def test_who_may_be_lost(self):
        flat = self.document([self.sim.stack[1]])
        flat["System.NrOfModulesOffline"] = flat["Alarms.BmsCable"] = 1
        self.assertEqual(self.faults(flat, lost=[2]), [])
        self.assertNotEqual(self.faults(flat, lost=[1]), [])
        self.assertNotEqual(self.faults(flat, lost=()), [])

    def test_a_lost_battery(self):
        """Only after it was there, without charge, and with little discharge."""
        sound, flat = self.document(), self.document()
        flat.update({"System.NrOfModulesOnline": 0, "System.NrOfModulesOffline": 2, "Alarms.BmsCable": 2,
                     "Info.MaxChargeCurrent": 0, "Info.MaxDischargeCurrent": 20, "Io.AllowToCharge": 0})
        self.assertEqual(self.sequence(sound, flat), [])
        self.assertNotEqual(self.faults(flat), [])
        for path, value in (("Info.MaxChargeCurrent", 5), ("Io.AllowToCharge", 1), ("Info.MaxDischargeCurrent", 30),
                            ("Dc.Voltage", 47.0), ("Soc", 12), ("Dc.Current", 3.0), ("Voltages.Cell3", 3.1)):
            self.assertNotEqual(self.sequence(sound, dict(flat, **{path: value})), [], path)

    def sequence(self, *documents):
        now = time.monotonic()
        messages = [Message(now + 10 * k, BASE + "/pylon", 0, False, b"%d" % k) for k in range(len(documents))]
        return list(Held(self.sim, AGE_S).faults(messages, lambda m: documents[int(m.payload)], BASE))


if __name__ == "__main__":
    unittest.main()
