"""Starting and ending: signals in every state, what the log says, and a long calm run."""

import os
import signal
import time
import unittest

from harness import Rig, patience


class SignalTest(unittest.TestCase):
    def ends(self, rig, number):
        """Exit status 0 within a second, and `offline` is the last word."""
        self.assertEqual(rig.daemon.stop(number), 0)
        self.assertLess(rig.daemon.stop_took_s, patience(1.0))
        rig.subscriber.sync()
        self.assertEqual(rig.subscriber.on(rig.topic("status"))[-1].payload, b"offline")
        self.assertEqual(rig.broker.retained(), {rig.topic("status"): b"offline"})

    def test_term(self):
        with Rig(models="us2kbpl", modules=2) as rig:
            rig.wait_bank()
            self.ends(rig, signal.SIGTERM)

    def test_int(self):
        with Rig(models="us2kbpl", modules=2) as rig:
            rig.wait_bank()
            self.ends(rig, signal.SIGINT)

    def test_in_the_middle_of_a_reply(self):
        with Rig(models="extra2000", modules=3, paced=True) as rig:
            self.assertTrue(rig.sim.wait_command("bat 1"))
            time.sleep(0.3)
            self.ends(rig, signal.SIGTERM)

    def test_while_waking(self):
        with Rig(models="extra2000", modules=1, asleep=True, wakes_needed=99) as rig:
            rig.wait_status("offline")
            time.sleep(2.2)
            self.ends(rig, signal.SIGTERM)

    def test_without_a_port(self):
        with Rig(models="us2kbpl", modules=1, link=True, plugged=False) as rig:
            rig.wait_status("offline")
            time.sleep(0.5)
            self.ends(rig, signal.SIGTERM)

    def test_without_a_broker(self):
        with Rig(models="us2kbpl", modules=1, broker=False) as rig:
            self.assertTrue(rig.sim.wait_command("bat 1"))
            self.assertEqual(rig.daemon.stop(), 0)
            self.assertLess(rig.daemon.stop_took_s, patience(1.0))

    def test_many_signals(self):
        """SIGHUP again and again, and none of the others is lost."""
        with Rig(models="us2kbpl", modules=1) as rig:
            rig.wait_bank()
            for _ in range(3):
                rig.hangup({})
                time.sleep(0.05)
            rig.wait_bank(since=rig.now())
            rig.hangup({})
            self.ends(rig, signal.SIGTERM)


class CostTest(unittest.TestCase):
    def cpu_s(self, pid):
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_late_bytes_are_waited_for(self):
        """A reply whose length is known stops half way, in every pass: the program sleeps until it goes on."""
        with Rig(models="us2kbpl", modules=1, config={"serial": {"reading_freq": "0"}}, paced=True) as rig:
            rig.sim.fault("stall", command="bat 1", value=500, seconds=0.4)
            rig.wait_link(lambda link: link["passes"] > 3)
            before, passes = self.cpu_s(rig.daemon.process.pid), rig.wait_link()["passes"]
            time.sleep(4)
            used = self.cpu_s(rig.daemon.process.pid) - before
            self.assertGreater(rig.wait_link(since=rig.now())["passes"], passes + 5)
            self.assertLess(used, 0.3)


class LogTest(unittest.TestCase):
    def test_what_the_start_says(self):
        """Version, port, console, every module, the broker: once each, and nothing else worth a warning."""
        with Rig(models="us2kbpl", modules=2, quiet=True) as rig:
            rig.wait_bank()
            rig.wait_bank(lambda b: "History.ChargeCycles" in b)
            for piece in (r"^info: pylontech-mqtt \d", "console found at 115200", "connected to the broker",
                          "module 1 .*" + rig.sim.stack[1].barcode, "module 2 .*" + rig.sim.stack[2].barcode):
                self.assertEqual(len(rig.daemon.matching(piece)), 1, piece)

    def test_a_calm_run_says_nothing(self):
        """Twenty passes later the log has not grown."""
        with Rig(models="us2kbpl", modules=2, quiet=True) as rig:
            rig.wait_bank()
            time.sleep(3)
            lines = len(rig.daemon.lines)
            passes = rig.wait_link(since=rig.now())["passes"]
            rig.wait_link(lambda doc: doc["passes"] >= passes + 20, timeout_s=20)
            self.assertEqual([text for _, text in rig.daemon.lines[lines:]], [])

    def test_events_are_logged_on_change(self):
        with Rig(models="us2kbpl", modules=2) as rig:
            rig.wait_bank()
            rig.sim.stack[2].set_many(bat_events=0x2, bat_event_names="BHV")
            link = rig.wait_link(lambda doc: doc["modules"][1]["bat_events"] == "0x2")
            self.assertNotEqual(link["modules"][1]["bat_event_names"], "")
            self.assertEqual(link["modules"][0]["bat_events"], "0x0")
            time.sleep(2)
            lines = rig.daemon.matching("module 2.*0x2")
            self.assertEqual(len(lines), 1, lines)
            self.assertIn("BHV", lines[0])


class LinkTest(unittest.TestCase):
    def test_every_key(self):
        """The link document against what the simulator holds."""
        with Rig(models="us2000c", modules=2) as rig:
            rig.sim.stack[1].set_many(power_events=0x2, power_event_names="PHV", volt_state="High")
            link = rig.wait_link(lambda doc: len(doc["modules"]) == 2 and doc["passes"] > 3
                                 and doc["modules"][0]["power_events"] == "0x2")
            self.assertEqual(link["console"], {"state": link["console"]["state"], "speed": 115200, "prompt": "pylon",
                                               "woken": 0, "garbage": 0, "table": 1})
            self.assertTrue(0 <= link["uptime_s"] < patience(20))
            self.assertTrue(0 <= link["cycle_ms"] < patience(2000))
            self.assertEqual(link["failed_polls"], 0)
            self.assertGreater(link["replies"]["good"], 12)
            for module, shown in zip(rig.sim.stack, link["modules"]):
                self.assertEqual((shown["address"], shown["online"], shown["cells"]), (module.address, 1, 15))
                self.assertEqual((shown["name"], shown["firmware"], shown["barcode"]),
                                 (module.device_name, module.firmware, module.barcode))
                self.assertTrue(0 <= shown["age_ms"] < patience(1500), shown["age_ms"])
                self.assertEqual(shown["getpwr"], "not used")
                self.assertEqual((shown["base"], shown["volt"]), (module.base_state, module.volt_state))
                self.assertEqual([shown[k] for k in ("current", "temperature", "coulomb", "soh")], ["Normal"] * 4)
                self.assertGreater(shown["good"], 4)

    def test_published_without_a_battery(self):
        """The link topic tells what is wrong while there is nothing else."""
        with Rig(models="us2kbpl", modules=1, link=True, plugged=False) as rig:
            link = rig.wait_link()
            self.assertEqual((link["console"]["state"], link["passes"], link["modules"]), ("closed", 0, []))


if __name__ == "__main__":
    unittest.main()
