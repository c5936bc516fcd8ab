"""Losing the battery: a module, all of them, the port; and getting it back."""

import time
import unittest

from harness import Rig, patience

# Everything shortened: a module is lost after 2 s, two failed polls end the program.
FIXED = {"serial": {"baud": 115200}}
QUICK = {"max_age_s": 2, "failed_poll_s": "0.2", "backoff_max_s": "0.4", "max_failed_polls": 2, "offline_patience_s": "0.3"}
PATIENT = dict(QUICK, max_failed_polls=50, publish_unchanged=2)


def counts(online, offline):
    return lambda b: (b["System.NrOfModulesOnline"], b["System.NrOfModulesOffline"]) == (online, offline)


class ModuleTest(unittest.TestCase):
    def lost_and_back(self, lose, give_back):
        with Rig(models="us2kbpl", modules=3, config=FIXED, constants=PATIENT) as rig:
            rig.wait_bank(counts(3, 0))
            lose(rig)
            lost_at = time.monotonic()
            bank = rig.wait_bank(counts(2, 1), timeout_s=8)
            self.assertEqual(bank["Alarms.BmsCable"], 1)
            self.assertAlmostEqual(bank["InstalledCapacity"], 100, delta=0.01)
            self.assertLess(time.monotonic() - lost_at, patience(5))
            mark = rig.now()
            rig.wait_bank(since=mark)
            time.sleep(2)
            self.assertEqual(rig.subscriber.on(rig.topic("battery_2"), mark), [], "a lost module's topic is not silent")
            self.assertNotEqual(rig.subscriber.on(rig.topic("battery_3"), mark), [])
            link = rig.wait_link(lambda doc: doc["modules"][1]["online"] == 0)
            self.assertEqual([m["online"] for m in link["modules"]], [1, 0, 1])
            self.assertGreaterEqual(link["modules"][1]["age_ms"], 2000)
            self.assertEqual(len(rig.daemon.matching("^warning: module 2 is lost")), 1)
            self.assertEqual(len(rig.daemon.matching("module 2 is online")), 1)
            give_back(rig)
            bank = rig.wait_bank(counts(3, 0), timeout_s=8)
            self.assertEqual(bank["Alarms.BmsCable"], 0)
            rig.wait_module(2, since=mark)

    def test_refused(self):
        """The cable between two modules is pulled: the console says that it failed."""
        def set_present(value):
            return lambda rig: setattr(rig.sim.stack[2], "present", value)
        self.lost_and_back(set_present(False), set_present(True))

    def test_silent(self):
        """The module does not answer at all."""
        self.lost_and_back(lambda rig: rig.sim.fault("silence", module=2), lambda rig: rig.sim.clear())

    def test_always_damaged(self):
        self.lost_and_back(lambda rig: rig.sim.fault("truncate", command="bat 2", value=300),
                           lambda rig: rig.sim.clear())

    def test_a_slow_start_gives_no_patience(self):
        """The time that the console was looked for and woken is no part of a pass."""
        with Rig(models="us2kbpl", modules=2, asleep=True, constants=PATIENT) as rig:
            rig.wait_bank(counts(2, 0), timeout_s=40)
            rig.sim.stack[2].present = False
            rig.wait_bank(counts(1, 1), timeout_s=6)

    def test_failed(self):
        """It answers, but reports a fault and carries nothing: it leaves the bank like a lost one."""
        with Rig(models="us2kbpl", modules=2, config=FIXED, constants=dict(PATIENT, failed_s=1)) as rig:
            rig.wait_bank(counts(2, 0))
            rig.sim.stack[2].set_many(base_state="SysError", current_ma=0)
            bank = rig.wait_bank(counts(1, 1), timeout_s=8)
            self.assertEqual(bank["Alarms.InternalFailure"], 2)
            link = rig.wait_link(lambda doc: doc["modules"][1]["failed"] == 1)
            self.assertEqual([(m["online"], m["failed"]) for m in link["modules"]], [(1, 0), (1, 1)])
            self.assertEqual(len(rig.daemon.matching("^warning: module 2 has failed")), 1)
            rig.sim.stack[2].set_many(base_state=None)
            bank = rig.wait_bank(counts(2, 0), timeout_s=8)
            self.assertEqual(bank["Alarms.InternalFailure"], 0)
            rig.wait_link(lambda doc: doc["modules"][1]["failed"] == 0)

    def test_offline_costs_one_command_a_pass(self):
        with Rig(models="us2kbpl", modules=2, config=FIXED, constants=PATIENT) as rig:
            rig.wait_bank(counts(2, 0))
            rig.sim.fault("silence", module=2)
            rig.wait_bank(counts(1, 1))
            time.sleep(1)
            start = len(rig.sim.commands)
            time.sleep(5)
            commands = [text for _, text in rig.sim.commands[start:]]
            passes = commands.count("bat 1")
            asked = sum(1 for text in commands if text.endswith(" 2"))
            self.assertGreaterEqual(passes, 3)
            self.assertLessEqual(asked, passes + 1)
            self.assertGreaterEqual(asked, passes - 2)

    def test_never_there(self):
        """A configured module that never answers counts as offline; the others are published."""
        with Rig(models="us2kbpl", modules=2, config=dict(FIXED, battery={"addresses": "1,2,5"}),
                 constants=PATIENT) as rig:
            bank = rig.wait_bank(counts(2, 1))
            self.assertEqual(bank["Alarms.BmsCable"], 1)
            self.assertEqual(rig.subscriber.on(rig.topic("battery_5")), [])
            self.assertIsNotNone(rig.daemon.wait_line("^warning: module 5 ", 3))

    def test_default_age(self):
        """The one test at the default of 15 s."""
        with Rig(models="us2kbpl", modules=2) as rig:
            rig.wait_bank(counts(2, 0))
            gone = time.monotonic()
            rig.sim.stack[2].present = False
            rig.wait_bank(counts(1, 1), timeout_s=25)
            self.assertTrue(14 < time.monotonic() - gone < patience(18), "after %.1f s" % (time.monotonic() - gone))


class BatteryTest(unittest.TestCase):
    def silent_until_exit(self, constants, least_s, most_s):
        with Rig(models="us2kbpl", modules=2, config=FIXED, constants=constants) as rig:
            rig.wait_bank(counts(2, 0))
            rig.sim.fault("silence")
            began = time.monotonic()
            polls = constants.get("max_failed_polls", 10)
            rig.wait_status("offline", timeout_s=most_s, since=rig.now())
            status = rig.daemon.wait(most_s)
            self.assertEqual(status, 111)
            took = rig.daemon.stopped - began
            self.assertTrue(least_s <= took <= patience(most_s), "ended after %.1f s" % took)
            last = rig.daemon.matching("critical")
            self.assertEqual(len(last), 1)
            self.assertTrue(last[0].startswith("error: "), last[0])
            self.assertIn(" %d " % polls, last[0])
            self.assertEqual(rig.broker.retained(), {rig.topic("status"): b"offline"})

    def test_silence_ends_it(self):
        self.silent_until_exit(QUICK, 4, 30)

    def test_silence_at_the_defaults(self):
        """Ten polls, six seconds apart."""
        self.silent_until_exit({}, 50, 90)

    def test_back_before_the_end(self):
        with Rig(models="us2kbpl", modules=2, config=FIXED, constants=PATIENT) as rig:
            rig.wait_bank(counts(2, 0))
            rig.sim.fault("silence")
            rig.wait_status("offline", since=rig.now())
            link = rig.wait_link(lambda doc: doc["failed_polls"] >= 1, since=rig.now())
            self.assertEqual([m["online"] for m in link["modules"]], [0, 0])
            mark = rig.now()
            time.sleep(2)
            for message in rig.subscriber.on(rig.topic("pylon"), mark):
                self.assertEqual(rig.flat(message)["Alarms.BmsCable"], 2)
            rig.sim.clear()
            rig.wait_status("online", since=mark)
            bank = rig.wait_bank(counts(2, 0), since=mark)
            self.assertEqual(bank["Alarms.BmsCable"], 0)
            rig.wait_link(lambda doc: doc["failed_polls"] == 0, since=rig.now())

    def test_lost_once(self):
        """Modules that are a little apart in age are lost for good, not now and again."""
        with Rig(models="us2kbpl", modules=3, latency_s=0.03, config=FIXED, constants=dict(PATIENT, max_age_s=4)) as rig:
            rig.wait_bank(counts(3, 0))
            rig.sim.fault("silence")
            rig.wait_bank(lambda b: b["Alarms.BmsCable"] == 2)
            mark = rig.now()
            time.sleep(3)
            for pattern in ("module 1 is lost", "module 2 is lost", "module 3 is lost", "every module is lost"):
                self.assertEqual(len(rig.daemon.matching(pattern)), 1, pattern)
            for message in rig.subscriber.on(rig.topic("pylon"), mark):
                self.assertEqual(rig.flat(message)["Alarms.BmsCable"], 2)

    def test_never_there(self):
        """Before the first good reply it stays up, whatever max_failed_polls says, and says so once."""
        with Rig(models="us2kbpl", modules=1, config=FIXED, constants=QUICK, start=False) as rig:
            rig.sim.fault("silence")
            rig.start_daemon()
            self.assertIsNotNone(rig.daemon.wait_line("no answer from a console", 15))
            rig.wait_link(lambda doc: doc["failed_polls"] >= 3, timeout_s=40)
            self.assertTrue(rig.daemon.running)
            self.assertEqual(len(rig.daemon.matching("^(warning|error)")), 1)
            self.assertEqual({m.payload for m in rig.subscriber.on(rig.topic("status"))}, {b"offline"})
            self.assertEqual(rig.subscriber.on(rig.topic("pylon")), [])
            rig.sim.clear()
            rig.wait_bank(counts(1, 0))


class PortTest(unittest.TestCase):
    def test_missing_at_start(self):
        """It stays up, says so once, and finds the port when it comes."""
        with Rig(models="us2kbpl", modules=2, config=FIXED, constants=QUICK, link=True, plugged=False) as rig:
            line = rig.daemon.wait_line("^(warning|error): .*battery", 5)
            self.assertIsNotNone(line, "nothing is said of the missing port")
            rig.wait_link(lambda doc: doc["failed_polls"] >= 4, timeout_s=20)
            self.assertTrue(rig.daemon.running)
            self.assertEqual(len(rig.daemon.matching("^(warning|error)")), 1)
            self.assertEqual([m.payload for m in rig.subscriber.on(rig.topic("status"))], [b"offline"])
            rig.plug()
            rig.wait_bank(counts(2, 0))
            rig.wait_status("online")

    def test_not_a_serial_port(self):
        with Rig(models="us2kbpl", modules=1, start=False, config=FIXED, constants=QUICK) as rig:
            rig.write_config({"serial": {"port": rig.path}})
            rig.start_daemon()
            self.assertIsNotNone(rig.daemon.wait_line("^(warning|error): .*not a serial port", 5))
            time.sleep(1.5)
            self.assertTrue(rig.daemon.running)
            with open(rig.path, encoding="ascii") as file:
                self.assertTrue(file.read().startswith("["), "the file was written to")

    def test_unplugged_for_good(self):
        """The adapter is gone: it says what that means, stays up, and is there when the adapter is."""
        with Rig(models="us2kbpl", modules=2, config=FIXED, constants=QUICK, link=True) as rig:
            rig.wait_bank(counts(2, 0))
            rig.sim.unplug()
            rig.wait_status("offline", since=rig.now())
            self.assertIsNotNone(rig.daemon.wait_line("critical", 15))
            time.sleep(3)
            self.assertTrue(rig.daemon.running)
            for pattern in ("critical", "module 1 is lost", "module 2 is lost", "every module is lost"):
                self.assertEqual(len(rig.daemon.matching(pattern)), 1, pattern)
            mark = rig.now()
            time.sleep(2)
            self.assertEqual(rig.subscriber.on(rig.topic("pylon"), mark), [], "data without a port")
            rig.sim.replug()
            rig.wait_status("online", since=mark)
            rig.wait_bank(counts(2, 0), since=mark)


if __name__ == "__main__":
    unittest.main()
