"""Limits stay safe: while they recover, over a restart, of a console that hangs, after the program stood still.

How soon they are safe after each fault is the matter of the fault matrix, test_faults_*.py."""

import signal
import time
import unittest

from harness import Rig, patience

FAST = {"serial": {"baud": 115200}}


def limits(bank):
    return bank["Info.MaxChargeVoltage"], bank["Info.MaxChargeCurrent"], bank["Info.MaxDischargeCurrent"]


class RecoveryTest(unittest.TestCase):
    def test_discharge_at_once_charge_by_the_ramp(self):
        """After the loss of all: DCL with the first complete bank, CCL and CVL after the hold."""
        constants = {"max_age_s": "3", "recovery_hold_s": "6", "max_failed_polls": "50"}
        with Rig(models="us2kbpl", modules=2, config=FAST, constants=constants) as rig:
            rig.wait_bank(lambda b: b["Info.MaxDischargeCurrent"] == 50)    # what the BMS recommends
            rig.sim.fault("silence")
            rig.wait_bank(lambda b: b["Alarms.BmsCable"] == 2)
            mark = rig.now()
            rig.sim.clear()
            back = rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 2 and b["Alarms.BmsCable"] == 0,
                                 since=mark)
            self.assertEqual(back["Info.MaxChargeCurrent"], 0)
            rig.wait_bank(lambda b: b["Info.MaxDischargeCurrent"] == 50, timeout_s=3, since=mark)
            began = time.monotonic()
            rising = rig.wait_bank(lambda b: b["Info.MaxChargeCurrent"] > 0, since=mark)
            self.assertGreater(time.monotonic() - began, 4)
            self.assertLess(rising["Info.MaxChargeCurrent"], 40)
            rig.wait_reason("charge_current", "Recovery after Battery lost", timeout_s=3, since=mark)
            rig.wait_bank(lambda b: b["Info.MaxChargeCurrent"] == 40, timeout_s=30, since=mark)
            self.ramp_kept(rig, mark, 2 * 5)

    def ramp_kept(self, rig, mark, a_s):
        banks = [(m.time, rig.flat(m)) for m in rig.subscriber.on(rig.topic("pylon"), mark)]
        for (t0, one), (t1, two) in zip(banks, banks[1:]):
            rise = two["Info.MaxChargeCurrent"] - one["Info.MaxChargeCurrent"]
            self.assertLessEqual(rise, a_s * (t1 - t0 + 0.25))

    def test_a_restart_takes_over(self):
        """kill -9 and start: what was blocked stays, and nothing jumps up."""
        with Rig(models="us2kbpl", modules=2, config=FAST) as rig:
            rig.wait_bank(lambda b: b["Info.MaxChargeCurrent"] == 40)     # what the BMS recommends
            rig.sim.stack[1].cells_mv[4] = 3660
            rig.wait_bank(lambda b: b["Info.MaxChargeCurrent"] == 0)
            rig.crash_daemon()
            rig.sim.stack[1].cells_mv[4] = 3520     # below the trip, above the release
            mark = rig.now()
            rig.start_daemon()
            bank = rig.wait_bank(since=mark)
            self.assertEqual((bank["Info.MaxChargeCurrent"], bank["Io.AllowToCharge"]), (0, 0))
            rig.sim.stack[1].cells_mv[4] = 3400
            bank = rig.wait_bank(lambda b: b["Io.AllowToCharge"] == 1, since=mark)
            self.assertLess(bank["Info.MaxChargeCurrent"], 5)


class FrozenTest(unittest.TestCase):
    def test_frozen(self):
        """The same bytes again and again while current flows: lost. Another byte, and it is back."""
        constants = {"frozen_s": "3", "frozen_passes": "3", "max_age_s": "3"}
        with Rig(models="us2kbpl", modules=1, config=FAST, constants=constants) as rig:
            rig.sim.stack[1].current_ma = 5000
            rig.wait_bank(lambda b: b["Dc.Current"] == 5)
            rig.wait_bank(lambda b: b["Alarms.BmsCable"] == 2)
            self.assertEqual(len(rig.daemon.matching("stay the same to the byte")), 1)
            mark = rig.now()
            rig.sim.stack[1].current_ma = 6000
            rig.wait_bank(lambda b: b["Alarms.BmsCable"] == 0 and b["Dc.Current"] == 6, since=mark)

    def test_at_rest_sameness_is_normal(self):
        constants = {"frozen_s": "2", "frozen_passes": "3", "max_age_s": "3"}
        with Rig(models="us2kbpl", modules=1, config=FAST, constants=constants) as rig:
            rig.sim.stack[1].current_ma = 1500
            rig.wait_bank(lambda b: b["Dc.Current"] == 1.5)
            time.sleep(6)
            self.assertEqual(rig.daemon.matching("stay the same"), [])
            rig.wait_bank(lambda b: b["Alarms.BmsCable"] == 0, since=rig.now())


class TimeTest(unittest.TestCase):
    def test_stopped_for_30_s(self):
        """SIGSTOP: never a looser value, and fresh or safe limits within 2 s of going on."""
        with Rig(models="us2kbpl", modules=2, config=FAST) as rig:
            rig.wait_reason("charge_current", "BMS recommendation")
            before = limits(rig.wait_bank(since=rig.now()))
            rig.daemon.send(signal.SIGSTOP)
            rig.gaps.append((time.monotonic() - 1, time.monotonic() + 33))
            rig.sim.stack[2].cells_mv[7] = 3700
            time.sleep(30)
            mark, went_on = rig.now(), time.monotonic()
            rig.daemon.send(signal.SIGCONT)
            safe = rig.wait_bank(lambda b: b["Info.MaxChargeCurrent"] == 0, since=mark)
            self.assertLess(time.monotonic() - went_on, patience(2.0))
            self.assertEqual(safe["Io.AllowToCharge"], 0)
            for message in rig.subscriber.on(rig.topic("pylon"), mark):
                for was, now in zip(before, limits(rig.flat(message))):
                    self.assertLessEqual(now, was)


if __name__ == "__main__":
    unittest.main()
