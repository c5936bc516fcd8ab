"""Damage on the wire: nothing of a damaged reply is ever published, and it is read again."""

import time
import unittest

from harness import Rig
from truth import differences, expected

# These come late: counters are read once an hour, wishes once a minute.
LATE = {"History.ChargeCycles", "Soh", "Info.MaxChargeCurrent", "Info.MaxDischargeCurrent", "Info.BatteryLowVoltage"}
# legend: the fault, its options, and how the link topic counts it (None: it does no harm)
FAULTS = {
    "cut_short": ("truncate", {"command": "bat 2", "value": 700}, "late"),
    "cut_at_the_prompt": ("truncate", {"command": "pwr 1", "value": -9}, "late"),
    "pause_in_the_middle": ("stall", {"command": "bat 1", "value": 500, "seconds": 1.5}, "late"),
    "reply_comes_late": ("late", {"command": "pwr 2", "seconds": 2.0}, "late"),
    "no_answer": ("silence", {"command": "bat 2"}, "late"),
    "no_echo": ("drop_echo", {"command": "pwr 1"}, "late"),
    "question_marks": ("garbage", {"command": "bat 1"}, "late"),
    "another_module": ("wrong_module", {"command": "pwr 1", "value": 2}, "damaged"),
    "refused_once": ("refuse", {"command": "bat 2", "value": "failed"}, None),
    "refused_as_unknown": ("refuse", {"command": "pwr 2", "value": "unknown"}, None),
    "stray_bytes": ("stray", {"command": "bat 1", "value": "0   3999 \r\r\n"}, None),
}


class DamageTest(unittest.TestCase):
    """Each fault twice in a row, on a battery that does not change: no document may ever deviate."""

    def steady(self, rig, wanted, mark=0):
        for message in rig.subscriber.on(rig.topic("pylon"), mark):
            wrong = [d for d in differences(rig.flat(message), wanted) if d.split(" ")[0] not in LATE]
            self.assertEqual(wrong, [])

    def fault_test(self, kind, options, counted):
        with Rig(models="us2kbpl", modules=2) as rig:
            rig.wait_bank()
            fault = rig.sim.fault(kind, count=2, **options)
            until = time.monotonic() + 15
            while fault.hits < 2 and time.monotonic() < until:
                time.sleep(0.05)
            self.assertEqual(fault.hits, 2, "the daemon did not ask")
            done = rig.sim.count(options["command"])
            self.assertTrue(rig.sim.wait_command(options["command"], count=done + 2), "it is not read any more")
            rig.wait_bank(since=rig.now())
            self.steady(rig, expected(list(rig.sim.stack)))
            if counted:
                address = int(options["command"].split()[1])
                link = rig.wait_link(lambda doc: doc["modules"][address - 1][counted] >= 1)
                self.assertGreaterEqual(link["replies"][counted], 1)
            self.assertEqual(rig.daemon.matching("offline"), [])

    def test_read_again_at_once(self):
        """Not in the next pass, which may be far away."""
        with Rig(models="us2kbpl", modules=2, config={"serial": {"reading_freq": 6}}) as rig:
            rig.wait_bank()
            fault = rig.sim.fault("truncate", command="pwr 2", value=100, count=1)
            self.assertTrue(rig.sim.wait_command("pwr 2", count=rig.sim.count("pwr 2") + 1))
            self.assertEqual(fault.hits, 1)
            again = rig.sim.count("pwr 2") + 1
            self.assertTrue(rig.sim.wait_command("pwr 2", count=again, timeout_s=3.5))

    def test_lost_characters(self):
        """One in 10 kB, as on a long cable: the battery stays on the bus, with its true values."""
        with Rig(models="us2kbpl", modules=3, config={"serial": {"reading_freq": "0"}}, seed=7) as rig:
            rig.wait_bank()
            fault = rig.sim.fault("lose", rate=10000)
            until = time.monotonic() + 25
            while fault.hits < 25 and time.monotonic() < until:
                time.sleep(0.1)
            self.assertGreaterEqual(fault.hits, 25)
            self.steady(rig, expected(list(rig.sim.stack)))
            self.assertEqual(rig.daemon.matching("offline"), [])

    def test_a_module_that_is_not_believed(self):
        """A pack voltage that does not fit the cells, for good: read again, then the module is what it says."""
        with Rig(models="us2kbpl", modules=2) as rig:
            rig.wait_bank()
            rig.sim.stack[2].voltage_mv = 46000
            rig.wait_link(lambda doc: doc["modules"][1]["damaged"] >= 1)
            for message in rig.subscriber.on(rig.topic("pylon")):
                self.assertGreater(rig.flat(message)["Dc.Voltage"], 47.9)


def fault_method(row):
    return lambda self: self.fault_test(*row)


for legend, fault_row in FAULTS.items():
    setattr(DamageTest, "test_" + legend, fault_method(fault_row))


if __name__ == "__main__":
    unittest.main()
