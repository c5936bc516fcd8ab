"""The USB stick or SD card: what Venus OS does with it early at boot, and what else lies on it."""

import os
import shutil
import subprocess
import unittest

from gx import ROOT, staged
from test_driver import PLACE, TOPIC, WithDriver

CONFIG = "data/conf/pylontech-mqtt.ini"
STICK = "media/sda1"
ARCHIVE = STICK + "/venus-data-pylontech-mqtt-1.0.0.tar.gz"


class Stick(WithDriver):
    def setUp(self):
        super().setUp()
        self.gx.env["PYLONTECH_STICK_LOG_S"] = "0"
        self.gx.add_adapter("ttyUSB0", serial="A1B2")
        os.makedirs(self.gx.path(STICK))
        shutil.copy(staged("1.0.0"), self.gx.path(ARCHIVE))

    def early(self):
        """Early at boot: each archive's hooks and its files; there are no services yet. The status of each."""
        states = []
        shutil.rmtree(self.gx.path("service"), ignore_errors=True)
        for name in sorted(os.listdir(self.gx.path(STICK))):
            if name.startswith("venus-data"):
                states.append(self.one(self.gx.path(STICK + "/" + name)))
        os.makedirs(self.gx.path("service"), exist_ok=True)
        return states

    def one(self, archive):
        hooks = self.gx.path("run/hooks")
        shutil.rmtree(hooks, ignore_errors=True)
        os.mkdir(hooks)
        subprocess.run(["tar", "xzf", archive, "-C", hooks, "rc"], check=True)
        before = self.gx.run("sh", hooks + "/rc/pre-hook.sh")
        if before.returncode:
            return before.stdout
        done = self.gx.run("tar", "xzf", archive, "-C", self.gx.path("data"), "--exclude", "rc")
        return self.gx.run("sh", hooks + "/rc/post-hook.sh", "success" if done.returncode == 0 else "extraction-failed").returncode

    def told(self):
        return self.gx.read(STICK + "/pylontech-mqtt-install.log")

    def test_twice(self):
        for _ in range(2):
            self.assertEqual(self.early(), [0])
            self.gx.boot()
            self.assertTrue(os.path.islink(self.gx.path("service/pylontech-mqtt")))
            self.assertIn("Adapter:", self.told())
            self.assertEqual(self.told(), self.gx.read("data/pylontech-mqtt/install.log"))
            self.assertEqual(self.gx.read("data/rc.local").count("boot.sh"), 1)
            self.assertFalse(os.path.exists(self.gx.path("data/pylontech-mqtt/new")))

    def test_extraction_failed(self):
        self.assertEqual(self.gx.run("sh", os.path.join(ROOT, "packaging/device/post-hook.sh"), "extraction-failed").returncode, 1)
        self.assertIn("could not be unpacked (extraction-failed): nothing was installed", self.told())
        self.assertFalse(os.path.exists(self.gx.path("data/pylontech-mqtt")))

    def test_the_log_of_the_service_comes_back(self):
        self.early()
        self.gx.write("var/volatile/log/pylontech-mqtt/current", "@400000006b0d7e071d47db74 info: something\n")
        self.gx.boot()
        log = self.gx.path(STICK + "/pylontech-mqtt-service.log")
        self.gx.wait(lambda: os.path.exists(log) and os.path.getsize(log), why="no log on the stick")
        with open(log, encoding="ascii") as file:
            self.assertRegex(file.read(), r"^\d{4}-\d\d-\d\d .* info: something\n")

    def test_no_log_without_a_stick(self):
        self.early()
        shutil.rmtree(self.gx.path(STICK))
        self.gx.boot()
        self.assertEqual(os.listdir(self.gx.path("media")), [])

    def test_configuration(self):
        self.gx.write(STICK + "/pylontech-mqtt.ini", "[battery]\r\nmax_charge_current = 33\r\n")
        self.assertEqual(self.early(), [0])
        text = self.gx.read(CONFIG)
        self.assertIn("max_charge_current = 33\n", text)
        self.assertIn("A1B2", text)
        self.assertNotIn("\r", text)
        self.assertEqual(os.stat(self.gx.path(CONFIG)).st_mode & 0o777, 0o600)
        self.assertIn("pylontech-mqtt.ini of the stick is in force", self.told())
        self.assertEqual(self.early(), [0])                 # the stick is still there at the next boot
        self.assertEqual(self.gx.read(CONFIG), text)
        self.gx.write(STICK + "/pylontech-mqtt.ini", "[battery]\nmax_charge_current = 22\n")
        self.assertEqual(self.early(), [0])
        self.assertIn("max_charge_current = 22\n", self.gx.read(CONFIG))
        self.assertIn("A1B2", self.gx.read(CONFIG))
        self.assertEqual(self.gx.read(CONFIG + ".before-stick"), text)

    def test_broken_configuration(self):
        self.gx.write(STICK + "/pylontech-mqtt.ini", "[battery]\nmax_charge_current = many\n")
        before = self.gx.tree("data")
        self.assertEqual(self.early(), [1])
        self.assertIn("pylontech-mqtt.ini:2: [battery] max_charge_current = many", self.told())
        self.assertIn("Nothing was installed", self.told())
        self.assertEqual([name for name in self.gx.tree("data") if name not in before and "pylontech-mqtt" not in name], [])
        self.assertFalse(os.path.exists(self.gx.path(CONFIG)))
        self.assertFalse(os.path.exists(self.gx.path("data/pylontech-mqtt/service")))

    def test_broken_configuration_beside_what_runs(self):
        self.early()
        text = self.gx.read(CONFIG)
        self.gx.write(STICK + "/pylontech-mqtt.ini", "nonsense\n")
        self.assertEqual(self.early(), [1])
        self.assertEqual(self.gx.read(CONFIG), text)
        self.gx.boot()
        self.assertTrue(os.path.islink(self.gx.path("service/pylontech-mqtt")))

    def test_two_release_files(self):
        shutil.copy(staged("1.0.1"), self.gx.path(STICK + "/venus-data-pylontech-mqtt-1.0.1.tar.gz"))
        before = self.gx.tree("data")
        for said in self.early():
            self.assertIn("nothing was unpacked", said)
        self.assertEqual(self.gx.tree("data"), before)
        self.assertIn("more than one release file", self.told())
        self.assertIn("venus-data-pylontech-mqtt-1.0.1.tar.gz", self.told())

    def test_release_file_of_others(self):
        subprocess.run(["tar", "czf", self.gx.path(STICK + "/venus-data.tar.gz"), "-C", ROOT, "LICENSE"], check=True)
        self.assertEqual(self.gx.run("sh", os.path.join(ROOT, "packaging/device/pre-hook.sh")).returncode, 0)

    def test_no_room(self):
        hook = os.path.join(ROOT, "packaging/device/pre-hook.sh")
        for state in ("full", "read-only"):
            with self.subTest(state):
                said, before, after = self.in_small_data(state, "sh", hook)
                self.assertIn("nothing was unpacked", said)
                self.assertIn("status 1", said)
                self.assertEqual(before, after)
                self.assertIn("read-only or has less than 2 MB left", self.told())
                shutil.rmtree(self.gx.path("data-copy"))

    def test_driver(self):
        for pack, name, version in ((self.zip, "venus-os_dbus-mqtt-battery.zip", "1.0.11"),
                                    (self.tar, "dbus-mqtt-battery-1.0.12.tar.gz", "1.0.12")):
            with self.subTest(name):
                pack(self.gx.path(STICK + "/" + name))
                self.assertEqual(self.early(), [0])
                self.assertIn("Driver: %s installed" % version, self.told())
                self.assertIn("their install.sh ran", self.told())
                self.assertNotIn("WARNING", self.told())
                self.assertIn("topic = " + TOPIC, self.gx.read(PLACE + "/config.ini"))
                self.assertTrue(os.access(self.gx.path(PLACE + "/service/run"), os.X_OK))
                self.assertEqual(self.early(), [0])
                self.assertIn("Driver: %s is installed already" % version, self.told())
                os.remove(self.gx.path(STICK + "/" + name))

    def test_driver_upgrade_keeps_its_configuration(self):
        self.put_driver("1.0.11", RIGHT_WITH_NAME)
        self.tar(self.gx.path(STICK + "/dbus-mqtt-battery.tar.gz"))
        self.assertEqual(self.early(), [0])
        self.assertIn("Driver: 1.0.12 installed, in the place of 1.0.11", self.told())
        self.assertIn("logging = DEBUG", self.gx.read(PLACE + "/config.ini"))

    def test_driver_not_to_be_used(self):
        self.zip(self.gx.path(STICK + "/dbus-mqtt-battery.zip"), "1.0.10 (20241230)")
        self.assertEqual(self.early(), [0])
        self.assertIn("is 1.0.10, and 1.0.11 or later is needed; not installed", self.told())
        self.assertFalse(os.path.exists(self.gx.path(PLACE)))

    def test_driver_archive_broken(self):
        for text, told in ((b"PK nonsense", "cannot be unpacked"),):
            with open(self.gx.path(STICK + "/dbus-mqtt-battery.zip"), "wb") as file:
                file.write(text)
            self.assertEqual(self.early(), [0])
            self.assertIn(told, self.told())
            self.assertFalse(os.path.exists(self.gx.path(PLACE)))


RIGHT_WITH_NAME = "[DEFAULT]\nlogging = DEBUG\ntimeout = 60\n[MQTT]\nbroker_address = 127.0.0.1\nbroker_port = 1883\ntopic = " + TOPIC + "\n"

if __name__ == "__main__":
    unittest.main()
