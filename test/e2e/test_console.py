"""The talk with the console: speeds, waking, login, and what may be written to it at all."""

import os
import time
import unittest

from harness import Rig, patience
from sim.console import WAKE_FRAME
from truth import differences, expected

LATE = {"History.ChargeCycles", "Soh", "Info.MaxChargeCurrent", "Info.MaxDischargeCurrent", "Info.BatteryLowVoltage"}


class Case(unittest.TestCase):
    def reads(self, rig, timeout_s=15, since=0):
        """Waits for a bank document; it must be that of the simulated battery."""
        bank = rig.wait_bank(timeout_s=timeout_s, since=since)
        wanted = expected(list(rig.sim.stack))
        self.assertEqual([d for d in differences(bank, wanted) if d.split(" ")[0] not in LATE], [])
        return bank

    def wrong_fixed_speed(self, constants):
        """Stays up and says so once; nothing is published."""
        with Rig(models="us2kbpl", modules=1, baud=115200, config={"serial": {"baud": 9600}}, constants=constants) as rig:
            self.assertIsNotNone(rig.daemon.wait_line("no answer from a console", 15))
            time.sleep(14)
            self.assertTrue(rig.daemon.running)
            self.assertEqual(len(rig.daemon.matching("^(warning|error)")), 1)
            self.assertEqual(rig.subscriber.on(rig.topic("pylon")), [])


class SpeedTest(Case):
    def at(self, baud, configured="auto", **options):
        with Rig(models="us2kbpl", modules=1, baud=baud, config={"serial": {"baud": configured}}, **options) as rig:
            self.reads(rig)
            link = rig.wait_link(lambda doc: doc["passes"] > 0)
            self.assertEqual(link["console"]["speed"], baud)
            self.assertEqual(link["console"]["woken"], 0)
            self.assertNotIn(WAKE_FRAME, rig.sim.written)

    def test_auto_19200(self):
        self.at(19200)

    def test_auto_115200(self):
        self.at(115200)

    def test_auto_9600(self):
        self.at(9600)

    def test_fixed_19200(self):
        self.at(19200, 19200)

    def test_fixed_57600(self):
        self.at(57600, 57600)

    def test_true_wire_speed(self):
        self.at(19200, paced=True)

    def test_fresh_port_that_echoes(self):
        """A cooked terminal sends the battery's text back as commands until it is made raw."""
        self.at(115200, cooked=True)

    def test_old_bytes_are_no_answer(self):
        """What waits in the port's buffer was for somebody else: no prompt of ours, no speed."""
        with Rig(models="us2kbpl", modules=1, start=False) as rig:
            os.write(rig.sim.wire.master, b"3331     5037\r\r\n$$\r\n\rpylon>")
            rig.start_daemon()
            self.reads(rig)
            self.assertEqual(rig.wait_link(lambda doc: doc["passes"] > 0)["console"]["speed"], 115200)

    def test_wrong_fixed_speed(self):
        self.wrong_fixed_speed(None)

    def test_bytes_but_no_text(self):
        """A wrong speed or level is a state of its own."""
        with Rig(models="us2kbpl", modules=1, baud=115200, noise_at_wrong_speed=True, garbage_at_wrong_speed=True,
                 config={"serial": {"baud": 9600}}) as rig:
            self.assertIsNotNone(rig.daemon.wait_line("bytes came, but no text", 15))
            link = rig.wait_link(lambda doc: doc["console"]["garbage"])
            self.assertEqual(link["console"]["garbage"], 1)


class ManyPollsTest(Case):
    def test_wrong_fixed_speed(self):
        """Also after many more polls than max_failed_polls."""
        self.wrong_fixed_speed({"failed_poll_s": "0.2", "backoff_max_s": "0.2", "max_failed_polls": 2})


class WakeTest(Case):
    def woken(self, **options):
        with Rig(modules=1, asleep=True, **options) as rig:
            self.reads(rig, 40)
            self.assertEqual(rig.sim.console.wakes, 1)
            self.assertEqual(rig.wait_link(lambda doc: doc["passes"] > 0)["console"]["woken"], 1)
            self.assertEqual(len(rig.daemon.matching("waking it")), 1)

    def test_asleep_19200(self):
        self.woken(models="extra2000")

    def test_asleep_115200(self):
        self.woken(models="us2kbpl")

    def test_asleep_at_true_wire_speed(self):
        self.woken(models="extra2000", paced=True)

    def test_second_wake_up(self):
        """A wake-up can fail the first time."""
        self.woken(models="us2kbpl", wakes_needed=2, config={"serial": {"baud": 115200}})

    def test_goes_to_sleep(self):
        """Silence leads to waking again, and data come back."""
        with Rig(models="us2kbpl", modules=2, config={"serial": {"baud": 115200}}) as rig:
            self.reads(rig)
            rig.sim.switch_off()
            rig.sim.stack[1].current_ma = 7777
            rig.wait_module(1, lambda m: m["Dc.Current"] == 7.78)
            self.assertEqual(rig.sim.console.wakes, 1)


class LoginTest(Case):
    def test_not_needed(self):
        with Rig(models="us2000c", modules=2) as rig:
            self.reads(rig)
            rig.wait_bank(lambda b: "History.ChargeCycles" in b)
            self.assertEqual(rig.sim.count("login"), 0)

    def test_needed(self):
        with Rig(models="extra2000", modules=2, login_required=True) as rig:
            self.reads(rig)
            self.assertEqual(rig.sim.count("login debug"), 1)
            rig.wait_link(lambda doc: doc["console"]["prompt"].startswith("pylon"))

    def test_needed_again_after_sleep(self):
        """A console that was off comes back in user mode."""
        with Rig(models="extra2000", modules=1, login_required=True, config={"serial": {"baud": 19200}}) as rig:
            self.reads(rig)
            rig.sim.switch_off()
            rig.sim.stack[1].current_ma = -4321
            rig.wait_bank(lambda b: b["Dc.Current"] == -4.32)
            self.assertEqual(rig.sim.count("login debug"), 2)

    def test_already_logged_in(self):
        """`login` in debug mode is an error: the prompt tells."""
        with Rig(models="extra2000", modules=1, login_required=True, start=False) as rig:
            rig.sim.console.debug = True
            rig.start_daemon()
            self.reads(rig)
            self.assertEqual(rig.sim.count("login"), 0)


class ForeignTest(Case):
    def test_old_prompts(self):
        """Stray bytes before the echo."""
        with Rig(models="us2kbpl", modules=2) as rig:
            rig.sim.fault("stray", value="4 mAH\r\r\nCommand completed successfully\r\n\r$$\r\n\rpylon>")
            self.reads(rig)
            rig.wait_bank(since=rig.now())

    def test_two_daemons(self):
        """The second one does not touch a port that is taken: it stays up and says so."""
        with Rig(models="us2kbpl", modules=1) as rig:
            self.reads(rig)
            rig.write_config({"mqtt": {"topic_base": "other", "client_id": "other"}})
            rig.start_daemon()
            try:
                self.assertIsNotNone(rig.daemon.wait_line("taken by another program", 5))
                self.assertEqual(rig.daemon.stop(), 0)
            finally:
                rig.daemons.reverse()
                rig.foreign += ("other/status", "other/link")
                rig.write_config({"mqtt": {"topic_base": "e2e", "client_id": None}})
            rig.wait_document("pylon", since=rig.now())

    def test_only_permitted_commands(self):
        """A whole life: sleep, wake, login, refusals, absent modules, damage, silence. What was written is looked at
        after every test (harness.py, commands.py)."""
        with Rig(models="us2000c", modules=3, asleep=True, login_required=True, config={"serial": {"baud": 115200}},
                 constants={"max_age_s": 3}) as rig:
            rig.wait_bank(timeout_s=40)
            rig.sim.stack[2].present = False
            rig.sim.fault("garbage", command="bat 1", count=2)
            rig.sim.fault("refuse", command="pwr 3", value="invalid", count=2)
            rig.wait_bank(lambda b: b["System.NrOfModulesOffline"] == 1)
            rig.sim.switch_off()
            rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 2, since=rig.now() + 3, timeout_s=patience(30))


if __name__ == "__main__":
    unittest.main()
