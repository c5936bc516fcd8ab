"""The service under the real daemontools, with the simulated battery and a real broker."""

import os
import signal
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "test", "e2e"), os.path.join(ROOT, "test")]

from gx import MACHINE, Gx  # noqa: E402
from mqtt import Broker, Subscriber  # noqa: E402
from sim.simulator import Simulator  # noqa: E402

CONFIG = "data/conf/pylontech-mqtt.ini"
HISTORY = "data/conf/pylontech-mqtt.history"
BANK = "victron-battery-middleware/pylon"
STATUS = "victron-battery-middleware/status"


class Service(unittest.TestCase):
    """Battery, broker, a subscriber and a device on which svscan runs; nothing installed yet."""

    def setUp(self):
        self.gx = Gx()
        self.addCleanup(self.gx.__exit__)
        self.sim = Simulator("us2kbpl", 2, paced=False, link=os.path.join(self.gx.root, "dev", "ttyUSB0"))
        self.sim.start()
        self.addCleanup(self.sim.stop)
        self.broker = Broker(self.gx.outside)
        self.addCleanup(self.broker.stop)
        self.broker.start()
        self.subscriber = Subscriber(self.broker)
        self.addCleanup(self.subscriber.stop)
        self.subscriber.start()
        self.port, _ = self.gx.add_adapter("ttyUSB0", serial="A1B2")
        self.gx.start_svscan()

    def configure(self, more=""):
        """As the owner would: everything but the port, which install.sh finds."""
        self.gx.write(CONFIG, "[mqtt]\nport = %d\n[serial]\nreading_freq = 0.5\n[limits]\nmemory_file = %s\n[history]\nfile = %s\n[battery]\n%s\n"
                      % (self.broker.port, self.gx.path("run/pylontech-mqtt.memory"), self.gx.path(HISTORY), more), 0o600)

    def installed(self, version="1.0.0"):
        self.gx.unpack(version)
        done = self.gx.install()
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def wait_bank(self, since=None):
        since = len(self.subscriber.messages) if since is None else since
        message = self.subscriber.wait_for(lambda m: m.topic == BANK, 30, since)
        self.assertIsNotNone(message, self.gx.log())
        return message

    def wait_status(self, word, since):
        self.assertIsNotNone(self.subscriber.wait_for(lambda m: m.topic == STATUS and m.payload == word, 20, since), self.gx.log())

    def wait_pid(self, other_than=None):
        def another():
            pid = self.gx.pid()
            return pid if pid != other_than else None

        return self.gx.wait(another, why="not up")

    def test_as_a_user_types(self):
        """install, look, stop, start, restart, crash."""
        self.configure()
        said = self.installed()
        self.assertIn("The service runs: %s: up (pid " % self.gx.path("service/pylontech-mqtt"), said)
        self.wait_bank(0)
        self.assertRegex(self.gx.log(), "reads the battery at " + self.port)
        pid = self.gx.pid()
        self.assertEqual(os.readlink("/proc/%d/exe" % pid), self.gx.path("data/pylontech-mqtt/bin/pylontech-mqtt-" + MACHINE))

        mark = len(self.subscriber.messages)
        self.gx.svc("-d")
        self.gx.wait(lambda: ": down " in self.gx.svstat(), why="svc -d did not stop it")
        self.assertIn("normally up", self.gx.svstat())
        self.wait_status(b"offline", mark)
        self.assertFalse(os.path.exists("/proc/%d" % pid))

        mark = len(self.subscriber.messages)
        self.gx.svc("-u")
        pid = self.wait_pid(pid)
        self.wait_bank(mark)

        mark = len(self.subscriber.messages)
        self.gx.svc("-t")
        pid = self.wait_pid(pid)
        self.wait_bank(mark)

        mark = len(self.subscriber.messages)
        os.kill(pid, signal.SIGKILL)
        self.wait_pid(pid)
        self.wait_bank(mark)
        self.assertGreaterEqual(len(self.gx.calls("stop-tty ttyUSB0")), 4)   # before each start

        log = self.gx.path("var/volatile/log/pylontech-mqtt/current")
        shown = self.gx.run("sh", "-c", 'tail "$1" | tai64nlocal', "sh", log).stdout
        self.assertRegex(shown, r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ info: ")
        self.gx.write("data/conf/pylontech-mqtt.service", "log = flash\n")
        self.gx.run("svc", "-t", self.gx.path("service/pylontech-mqtt/log"))
        self.gx.svc("-h")
        self.gx.wait(lambda: self.gx.log("var/log"), why="no log in flash")

    def test_log_without_its_flash(self):
        """Where it cannot be written the log is in RAM: better there than nowhere."""
        self.configure()
        self.gx.write("data/log/pylontech-mqtt", "no folder")
        self.gx.write("data/conf/pylontech-mqtt.service", "log = flash\n")
        self.installed()
        self.wait_bank(0)
        self.gx.wait(lambda: "connected to the broker" in self.gx.log(), why="no log in RAM")
        self.assertEqual(self.gx.read("data/log/pylontech-mqtt"), "no folder")

    def test_nothing_is_written_to_flash_while_it_runs(self):
        self.configure()
        self.installed()
        self.wait_bank(0)
        before = self.gx.tree("data")
        pid = self.gx.pid()
        self.gx.svc("-t")
        self.wait_pid(pid)
        self.wait_bank()
        after = self.gx.tree("data")
        new = sorted(path for path in after if path not in before)
        self.assertEqual([path for path in new if not path.endswith(".history")], [])
        self.assertEqual(len(new), 1, "a clean stop keeps the history, and nothing else")
        self.assertEqual({path: after[path] for path in before}, before)
        self.assertTrue(os.path.exists(self.gx.path("run/pylontech-mqtt/supervise/status")))
        self.assertTrue(os.path.exists(self.gx.path("run/pylontech-mqtt/log-supervise/status")))

    def test_a_wrong_configuration_does_not_spin(self):
        self.configure()
        self.installed()
        self.wait_bank(0)
        pid = self.gx.pid()
        self.gx.write(CONFIG, self.gx.read(CONFIG) + "nonsense = 1\n", 0o600)
        self.gx.svc("-t")
        pid = self.wait_pid(pid)
        self.gx.wait(lambda: "waiting 60 s" in self.gx.log(), why="it does not wait")
        time.sleep(3)
        self.assertEqual(self.gx.pid(), pid)
        self.assertEqual(self.gx.log().count("waiting 60 s"), 1)
        self.gx.write(CONFIG, self.gx.read(CONFIG).replace("nonsense = 1\n", ""), 0o600)
        self.gx.svc("-h")
        self.wait_pid(pid)
        self.wait_bank()
        self.gx.svc("-d")
        self.gx.wait(lambda: ": down " in self.gx.svstat(), 5, "svc -d did not stop it")

    def test_svc_ends_the_wait(self):
        self.configure("num_cells = nonsense")
        self.gx.place()
        self.gx.write(CONFIG, self.gx.read(CONFIG) + "[serial]\nport = %s\n" % self.port, 0o600)
        self.gx.script("boot.sh")
        self.gx.wait(lambda: "waiting 60 s" in self.gx.log(), why="it does not wait")
        self.gx.svc("-d")
        self.gx.wait(lambda: ": down " in self.gx.svstat(), 5, "svc -d did not stop it")

    def test_upgrade_restarts_once_and_loses_no_setting(self):
        self.configure("max_charge_current = 33")
        self.installed()
        self.wait_bank(0)
        config = self.gx.read(CONFIG)
        pid = self.gx.pid()
        self.gx.unpack("1.0.1")
        self.assertEqual(self.gx.pid(), pid)                # unpacking alone disturbs nothing
        said = self.gx.install().stdout
        self.assertIn("restarted with version 1.0.1", said)
        self.assertIn("as configured", said)
        new = self.wait_pid(pid)
        self.assertIn("voltage_low_mv", self.gx.read(HISTORY))
        self.wait_bank()
        said = self.gx.install().stdout                     # again: nothing to do
        self.assertNotIn("restarted", said)
        self.assertEqual(self.gx.pid(), new)
        self.assertEqual(self.gx.read(CONFIG), config)
        self.assertEqual(self.gx.log().count("reads the battery"), 2)
        self.assertEqual(self.gx.read("data/rc.local").count("boot.sh"), 1)

    def test_upgrade_after_others_rewrote_rc_local(self):
        self.configure()
        self.installed()
        self.wait_bank(0)
        pid = self.gx.pid()
        self.gx.write("data/rc.local", "#!/bin/bash\n", 0o755)
        self.gx.unpack("1.0.1")
        self.assertIn("restarted with version 1.0.1", self.gx.install().stdout)
        self.wait_pid(pid)
        self.wait_bank()
        self.assertEqual(self.gx.read("data/rc.local").count("boot.sh"), 1)

    def test_firmware_update(self):
        self.configure()
        self.installed()
        self.wait_bank(0)
        config = self.gx.read(CONFIG)
        mark = len(self.subscriber.messages)
        self.gx.new_firmware()
        self.assertEqual(os.listdir(self.gx.path("service")), [])
        self.gx.boot()
        self.gx.start_svscan()
        self.wait_pid()
        self.wait_bank(mark)
        self.assertEqual(self.gx.read(CONFIG), config)
        self.assertIn("A1B2", self.gx.read("run/udev/rules.d/z90-pylontech-mqtt.rules"))
        self.assertTrue(os.path.exists(self.gx.path("run/pylontech-mqtt/supervise/status")))

    def test_replug_under_another_number(self):
        self.configure()
        self.installed()
        self.wait_bank(0)
        pid = self.gx.pid()
        self.sim.unplug()
        os.remove(self.port)
        time.sleep(1)
        self.sim.replug()
        os.rename(self.gx.path("dev/ttyUSB0"), self.gx.path("dev/ttyUSB1"))
        os.rename(self.gx.path("udev/ttyUSB0"), self.gx.path("udev/ttyUSB1"))
        os.symlink("../../ttyUSB1", self.port)
        rule = self.gx.read("run/udev/rules.d/z90-pylontech-mqtt.rules")
        self.gx.run(*rule.split('RUN+="')[1].split('"')[0].replace("%k", "ttyUSB1").split())
        self.assertEqual(self.gx.calls("stop-tty")[-1], "stop-tty ttyUSB1")
        self.wait_bank()
        self.assertEqual(self.gx.pid(), pid)

    def test_uninstall_ends_everything(self):
        self.configure()
        before = self.gx.tree()
        self.installed()
        self.wait_bank(0)
        mark = len(self.subscriber.messages)
        done = self.gx.uninstall()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.wait_status(b"offline", mark)
        self.assertEqual([pid for pid in self.gx.processes() if pid != self.gx.svscan.pid], [])
        after = self.gx.tree()
        self.assertEqual(set(after) - set(before), {"data/conf/pylontech-mqtt.service", HISTORY})
        self.assertEqual(set(before) - set(after), set())
        time.sleep(6)                                       # svscan looks every 5 s: nothing comes back
        self.assertEqual([pid for pid in self.gx.processes() if pid != self.gx.svscan.pid], [])
        self.assertEqual(self.gx.calls("start-tty"), ["start-tty ttyUSB0"])

    def test_waits_for_an_adapter(self):
        """Installed by the stick before the adapter was there: the service finds it."""
        self.configure()
        os.rename(self.port, self.gx.path("away"))
        os.rename(self.gx.path("dev/serial/by-path"), self.gx.path("away-too"))
        self.gx.unpack()
        self.assertEqual(self.gx.install("--unattended").returncode, 0)
        self.gx.wait(lambda: "waiting 60 s" in self.gx.log(), why="it does not wait")
        self.assertIn("no USB serial adapter is plugged in", self.gx.log())
        os.rename(self.gx.path("away"), self.port)
        os.rename(self.gx.path("away-too"), self.gx.path("dev/serial/by-path"))
        self.gx.svc("-h")
        self.wait_bank(0)
        self.assertIn("is the only adapter", self.gx.log())


class Log(unittest.TestCase):
    """service/log/run alone."""

    def setUp(self):
        self.gx = Gx()
        self.addCleanup(self.gx.__exit__)
        self.gx.place()

    def flood(self):
        folder = self.gx.path("data/pylontech-mqtt/service/log")
        return self.gx.run("sh", "-c", 'cd "$1" && awk \'BEGIN { for (i = 0; i < 20000; i++) print "info: line", i }\' | ./run', "sh", folder)

    def test_at_most_100_kb_in_ram_and_in_flash(self):
        places = {"ram": "var/volatile/log/pylontech-mqtt", "flash": "data/log/pylontech-mqtt"}
        for choice, place in places.items():
            with self.subTest(choice):
                self.gx.write("data/conf/pylontech-mqtt.service", "# a comment\nlog = %s\n" % choice)
                self.assertEqual(self.flood().returncode, 0)
                sizes = [os.path.getsize(os.path.join(self.gx.path(place), name)) for name in os.listdir(self.gx.path(place))]
                self.assertLessEqual(sum(sizes), 100_000)
                self.assertGreater(sum(sizes), 75_000)
                self.assertIn("info: line 19999", self.gx.log(os.path.dirname(place)))
                other = places["flash" if choice == "ram" else "ram"]
                self.assertEqual(os.path.exists(self.gx.path(other)), choice == "flash")

    def test_ram_when_nothing_is_chosen(self):
        self.flood()
        self.assertTrue(os.path.exists(self.gx.path("var/volatile/log/pylontech-mqtt/current")))


if __name__ == "__main__":
    unittest.main()
