"""Fault matrix: the battery and its modules go, come back, and are others."""

import threading
import unittest

from matrix import Row, all_lost, one_lost

DEFAULT_AGE_S = 15
NEVER = 10 ** 9            # more wake frames than anybody sends
# A supervisor waits a second before it starts the program anew.
RESTART_S = 1.0


class Supervisor:
    """Starts the daemon again whenever it has ended by itself, as the service does."""

    def __init__(self, row):
        self.row = row
        self.restarts = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.over.is_set():
            if self.row.daemon.wait(0.2) is not None and not self.over.wait(RESTART_S):
                self.restarts += 1
                self.row.start_daemon()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.over.set()
        self.thread.join()


class BatteryFaults(unittest.TestCase):
    def switched_off(self, row):
        """Dead: not even the wake frame is heard."""
        row.sim.options.wakes_needed = NEVER
        row.sim.switch_off()

    def switched_on(self, row):
        """The console sleeps until it is woken."""
        row.sim.switch_off()
        row.sim.options.wakes_needed = 1

    def test_off_and_on(self):
        with Row("battery off, on again before the program gives up") as row:
            row.spoil(lambda: self.switched_off(row))
            row.safe(all_lost)
            row.watch(5)
            row.mend(lambda: self.switched_on(row))
            row.back(within_s=12)
            self.assertEqual(row.sim.console.wakes, 1)

    def test_off_for_minutes(self):
        """Longer than it is waited for: the program ends, is started again and again, and nothing is published."""
        defaults = {"max_failed_polls": 10, "failed_poll_s": 6, "backoff_max_s": 60}
        with Row("battery off for two minutes, the program restarted meanwhile", age_s=DEFAULT_AGE_S,
                 constants=defaults) as row, Supervisor(row) as boss:
            row.spoil(lambda: self.switched_off(row))
            row.safe(all_lost)
            self.assertEqual(row.daemons[0].wait(100), 111)
            row.wait_status("offline", since=row.mark)
            mark = row.now()
            row.watch(40)
            self.assertEqual(row.subscriber.on(row.topic("pylon"), mark), [], "data of a battery that is off")
            row.mend(lambda: self.switched_on(row))
            row.back(within_s=60)
            self.assertEqual(boss.restarts, 1)
            self.assertEqual(row.sim.console.wakes, 1)

    def test_silent(self):
        with Row("console silent", age_s=DEFAULT_AGE_S) as row:
            row.spoil(lambda: row.sim.fault("silence"))
            row.safe(all_lost)
            row.mend(row.sim.clear)
            row.back(within_s=12)


class ModuleFaults(unittest.TestCase):
    def test_gone_and_back(self):
        with Row("a module leaves and comes back", modules=3, lost=[3], age_s=DEFAULT_AGE_S) as row:
            row.spoil(lambda: setattr(row.sim.stack[3], "present", False))
            row.safe(one_lost)
            row.watch(3)
            row.mend(lambda: setattr(row.sim.stack[3], "present", True))
            row.back(within_s=5)

    def test_silent(self):
        with Row("a module silent", modules=3, lost=[2], age_s=DEFAULT_AGE_S) as row:
            row.spoil(lambda: row.sim.fault("silence", module=2))
            row.safe(one_lost)
            row.mend(row.sim.clear)
            row.back(within_s=8)

    def test_most_gone(self):
        """The chain breaks behind the master."""
        with Row("all modules but the master leave", modules=3, lost=[2, 3]) as row:
            def leave():
                for address in (2, 3):
                    row.sim.stack[address].present = False
            row.spoil(leave)
            row.safe(lambda bank: bank["System.NrOfModulesOffline"] == 2 and bank["Info.MaxChargeVoltage"] <= 51.0)
            row.mend(lambda: [setattr(row.sim.stack[a], "present", True) for a in (2, 3)])
            row.back(within_s=5)

    def test_swapped(self):
        """Another module in its place: nothing of the old one stays."""
        with Row("a module is swapped for another", lost=[2]) as row:
            row.wait_bank(lambda b: b["History.ChargeCycles"] == row.sim.stack[2].cycles, timeout_s=20)
            row.spoil(lambda: setattr(row.sim.stack[2], "present", False))
            row.safe(one_lost)
            row.mend(lambda: row.sim.stack[2].set_many(
                present=True, barcode="SIMB00000099999", firmware="B66.4", cycles=7, soh_pct=100))
            row.back(within_s=5)
            link = row.wait_link(lambda doc: doc["modules"][1]["barcode"] == "SIMB00000099999")
            self.assertEqual(link["modules"][1]["firmware"], "B66.4")
            row.wait_module(2, lambda module: module["History.ChargeCycles"] == 7)
            row.wait_bank(lambda b: b["History.ChargeCycles"] == row.sim.stack[1].cycles, since=row.now())
            self.assertEqual(len(row.daemon.matching("module 2.*SIMB00000099999")), 1)

    def test_swapped_unseen(self):
        """Swapped faster than anybody looks: seen by the next look at the identity, an hour later at most. What is
        measured is the new module's from the first reply on."""
        with Row("a module is swapped between two looks", lost=()) as row:
            row.spoil(lambda: row.sim.stack[2].set_many(barcode="SIMB00000099999", temperature_mc=31000))
            row.mend(lambda: None)
            row.back(within_s=3)
            row.wait_module(2, lambda module: module["Dc.Temperature"] == 31, since=row.mark)


if __name__ == "__main__":
    unittest.main()
