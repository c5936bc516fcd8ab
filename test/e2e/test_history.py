"""The history over restarts, crashes and damage, and the full charge that comes with it."""

import os
import stat
import unittest

from daemon import run_once
from harness import Rig, patience

HEAD = "pylontech-mqtt history 1\n"
DAY_S = 86400
MODE, CVL, SINCE = "Info.ChargeMode", "Info.MaxChargeVoltage", "History.TimeSinceLastFullCharge"


def text_of(**values):
    """A file as the daemon keeps it; the sum is FNV-1a over all lines before."""
    body = HEAD + "".join("%s %d\n" % pair for pair in values.items())
    total = 2166136261
    for byte in body.encode():
        total = (total ^ byte) * 16777619 % 2 ** 32
    return body + "sum %d\n" % total


class Case(unittest.TestCase):
    def rig(self, **options):
        return Rig(models="us2kbpl", modules=2, **options)

    def path(self, rig):
        return os.path.join(rig.folder, "history")

    def write(self, rig, text):
        with open(self.path(rig), "w", encoding="ascii") as file:
            file.write(text)

    def read(self, rig):
        with open(self.path(rig), encoding="ascii") as file:
            return dict(line.split() for line in file.read().splitlines()[1:])

    def again(self, rig, memory):
        """Starts it anew; without `memory` as after a boot."""
        if not memory:
            os.unlink(os.path.join(rig.folder, "memory"))
        mark = rig.now()
        rig.start_daemon()
        return rig.wait_bank(since=mark)

    def cells(self, rig, mv):
        for module in rig.sim.stack:
            module.cells_mv = [mv] * 15

    def low(self, rig, mv):
        """The battery is so low for a while, then as before."""
        self.cells(rig, mv)
        rig.wait_bank(lambda b: abs(b["History.MinimumVoltage"] - 15 * mv / 1000) < 0.01)
        self.cells(rig, 3330)
        rig.wait_bank(lambda b: b["Dc.Voltage"] > 49.9)


class KeepingTest(Case):
    def test_a_stop_keeps_it(self):
        """And nothing else of it is on the disk before an hour has gone."""
        with self.rig(quiet=True) as rig:
            rig.wait_bank()
            self.low(rig, 3250)
            self.assertFalse(os.path.exists(self.path(rig)))
            self.assertEqual(rig.daemon.stop(), 0)
            self.assertEqual(stat.S_IMODE(os.stat(self.path(rig)).st_mode), 0o600)
            self.assertEqual(self.read(rig)["voltage_low_mv"], "48750")
            bank = self.again(rig, memory=False)
            self.assertEqual(bank["History.MinimumVoltage"], 48.75)
            self.assertEqual(bank["History.MinimumCellVoltage"], 3.25)

    def test_a_crash(self):
        """What came since it was kept last is lost, but for a restart of the same boot."""
        for memory, lowest in ((True, 48.0), (False, 48.75)):
            with self.subTest(memory=memory), self.rig() as rig:
                rig.wait_bank()
                self.low(rig, 3250)
                self.assertEqual(rig.daemon.stop(), 0)
                self.again(rig, memory=False)
                self.low(rig, 3200)
                rig.crash_daemon()
                self.assertEqual(self.again(rig, memory)["History.MinimumVoltage"], lowest)

    def test_what_was_kept_counts_on(self):
        """Years of it, and the time between by the wall clock."""
        with self.rig(start=False) as rig:
            self.write(rig, text_of(voltage_low_mv=44444, drawn_mah=123456789, charged_mwh=7654321000, kept_s=10 ** 8,
                                    since_full_s=1000, full_seen=1, high_alarms=3, saved_s=0))
            bank = self.again_first(rig)
            self.assertEqual(bank["History.MinimumVoltage"], 44.44)
            self.assertEqual(bank["History.TotalAhDrawn"], 123456)
            self.assertAlmostEqual(bank["History.ChargedEnergy"], 7654.32, delta=0.02)
            self.assertEqual(bank["History.HighVoltageAlarms"], 3)
            self.assertIn(bank[SINCE], range(1000, 1000 + int(patience(60))))

    def again_first(self, rig):
        rig.start_daemon()
        return rig.wait_bank()

    def test_nowhere(self):
        with self.rig(config={"history": {"file": ""}}) as rig:
            self.assertIsNotNone(rig.wait_bank()["History.MinimumVoltage"])
            self.assertEqual(rig.daemon.stop(), 0)
            self.assertFalse(os.path.exists(self.path(rig)))

    def test_once_keeps_nothing(self):
        with self.rig(start=False) as rig:
            self.assertEqual(run_once(["-c", rig.path, "--once"]).returncode, 0)
            self.assertFalse(os.path.exists(self.path(rig)))


class DamageTest(Case):
    def test_damaged(self):
        """One line, the battery is read, and the next stop replaces it."""
        good = text_of(voltage_low_mv=44444)
        for text in ("", good[:-5], good.replace("44444", "44443"), "\0" * 200):
            with self.subTest(text=text[:40]), self.rig(start=False) as rig:
                self.write(rig, text)
                rig.start_daemon()
                self.assertGreater(rig.wait_bank()["History.MinimumVoltage"], 49)
                self.assertEqual(len(rig.daemon.matching(r"^warning: \[history\] file = .*begins anew")), 1)
                self.assertEqual(rig.daemon.stop(), 0)
                self.assertGreater(int(self.read(rig)["voltage_low_mv"]), 49000)

    def test_not_ours(self):
        """Something else stands there by mistake: it is left alone."""
        with self.rig(start=False) as rig:
            self.write(rig, "x" * 5000)
            rig.start_daemon()
            rig.wait_bank()
            self.assertEqual(rig.daemon.stop(), 0)
            self.assertEqual(len(rig.daemon.matching(r"^warning: \[history\] file = .*left as it is")), 1)
            with open(self.path(rig), encoding="ascii") as file:
                self.assertEqual(file.read(), "x" * 5000)

    def test_read_only_folder(self):
        with self.rig(start=False) as rig:
            place = os.path.join(rig.folder, "place")
            os.mkdir(place, 0o500)
            rig.write_config({"history": {"file": os.path.join(place, "history")}})
            rig.start_daemon()
            rig.wait_bank()
            self.assertEqual(rig.daemon.stop(), 0)
            self.assertEqual(len(rig.daemon.matching(r"^warning: \[history\] file = .* cannot be written")), 1)
            self.assertEqual(os.listdir(place), [])


class FullChargeTest(Case):
    def floating(self, rig, since_full_s):
        for module in rig.sim.stack:
            module.set_many(soc_pct=96, cells_mv=[3400] * 15)
        self.write(rig, text_of(kept_s=30 * DAY_S, since_full_s=since_full_s, full_seen=1))
        rig.start_daemon()
        return rig.wait_bank()

    def test_not_yet(self):
        with self.rig(start=False) as rig:
            bank = self.floating(rig, 14 * DAY_S - 600)
            self.assertEqual((bank[MODE], bank[CVL]), ("Float", 51.0))

    def test_a_history_that_is_lost_starts_none(self):
        with self.rig(start=False) as rig:
            for module in rig.sim.stack:
                module.set_many(soc_pct=96, cells_mv=[3400] * 15)
            rig.start_daemon()
            bank = rig.wait_bank()
            self.assertEqual((bank[MODE], bank[CVL], SINCE in bank), ("Float", 51.0, False))

    def test_due_until_every_module_says_so(self):
        with self.rig(start=False) as rig:
            bank = self.floating(rig, 14 * DAY_S)
            self.assertEqual((bank[MODE], bank[CVL]), ("Full charge", 52.5))
            self.assertEqual(rig.wait_module(1)[MODE], "Float")
            rig.sim.stack[1].coulomb_state = "Full"
            mark = rig.now()
            rig.wait_link(lambda link: link["modules"][0]["coulomb"] == "Full", since=mark)
            self.assertEqual(rig.wait_bank(since=mark)[MODE], "Full charge")
            rig.sim.stack[2].coulomb_state = "Full"
            bank = rig.wait_bank(lambda b: b[MODE] == "Float")
            self.assertEqual((bank[CVL], bank[SINCE]), (51.0, 0))
            self.assertEqual(rig.daemon.stop(), 0)
            self.assertLess(int(self.read(rig)["since_full_s"]), patience(30))

    def test_goes_on_after_a_restart(self):
        with self.rig(start=False) as rig:
            self.floating(rig, 14 * DAY_S)
            self.assertEqual(rig.daemon.stop(), 0)
            self.assertEqual(self.again(rig, memory=False)[MODE], "Full charge")


if __name__ == "__main__":
    unittest.main()
