"""dbus-mqtt-battery beside us: its versions, its configuration, its archive. The driver here is a stand-in of its shape."""

import io
import tarfile
import unittest
import zipfile

from scene import Scene

PLACE = "data/etc/dbus-mqtt-battery"
TOPIC = "victron-battery-middleware/pylon"
RIGHT = "[DEFAULT]\ndevice_name = Pylontech\ntimeout = 60\n[MQTT]\nbroker_address = 127.0.0.1\nbroker_port = 1883\ntopic = " + TOPIC + "\n"
SAMPLE = "; a sample\n[DEFAULT]\nlogging = WARNING\ndevice_name = MQTT Battery\ntimeout = 60\n\n[MQTT]\nbroker_address = IP_ADDR_OR_FQDN\n" \
         "broker_port = 1883\ntopic = enphase/battery\n\n[TIME_TO_GO]\nenabled = 0\n"
INSTALLER = "#!/bin/bash\necho their install.sh ran\nln -sfn %s/service %s/service/dbus-mqtt-battery\n" \
            "grep -qs dbus-mqtt-battery %s/data/rc.local || echo 'bash %s/install.sh' >>%s/data/rc.local\n"


class WithDriver(Scene):
    """An adapter and a driver of a version."""

    def program(self, version):
        return 'service.add_path("/FirmwareVersion", "%s")\n' % version

    def put_driver(self, version="1.0.11 (20250409)", config=RIGHT, place=PLACE):
        self.gx.write(place + "/" + place.split("/")[-1] + ".py", self.program(version))
        if config is not None:
            self.gx.write(place + "/config.ini", config)
        self.gx.write(place + "/service/run", "#!/bin/sh\n", 0o755)
        self.gx.write("data/rc.local", "#!/bin/bash\nbash %s/install.sh\n" % self.gx.path(place), 0o755)

    def files(self, version="1.0.11 (20250409)"):
        """The driver as its author's archive has it, below a folder that says the version."""
        here = self.gx.path(PLACE)
        installer = INSTALLER % (here, self.gx.root, self.gx.root, here, self.gx.root)
        return {"README.md": "read me\n", "dbus-mqtt-battery/dbus-mqtt-battery.py": self.program(version),
                "dbus-mqtt-battery/config.sample.ini": SAMPLE, "dbus-mqtt-battery/install.sh": installer,
                "dbus-mqtt-battery/service/run": "#!/bin/sh\n", "dbus-mqtt-battery/service/log/run": "#!/bin/sh\n"}

    def zip(self, path, version="1.0.11 (20250409)"):
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in self.files(version).items():
                archive.writestr("mr-manuel-venus-os_dbus-mqtt-battery-0123abc/" + name, text)

    def tar(self, path, version="1.0.12 (20260214)"):
        with tarfile.open(path, "w:gz") as archive:
            for name, text in self.files(version).items():
                member = tarfile.TarInfo("venus-os_dbus-mqtt-battery-1.0.12/" + name)
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))


class Checks(WithDriver):
    def setUp(self):
        super().setUp()
        self.ready()

    def test_none(self):
        said = self.installed()
        self.assertIn("dbus-mqtt-battery is not installed", said)
        self.assertIn("topic = " + TOPIC, said)
        self.assertIn("absorption", said)

    def test_right(self):
        for version in ("1.0.11 (20250409)", "1.0.12 (20260214)", "1.1.0", "2.0.0"):
            with self.subTest(version):
                self.put_driver(version)
                said = self.installed()
                self.assertIn("Driver: %s in %s, with our topic." % (version.split()[0], self.gx.path(PLACE)), said)
                self.assertNotIn("WARNING", said)

    def test_versions_that_must_not_be_used(self):
        for version in ("1.0.9 (20240902)", "1.0.10 (20241230)", "1.0.10-dev (20241223)", "1.0.8"):
            with self.subTest(version):
                self.put_driver(version)
                before = self.gx.tree()
                said = self.refused()
                line = [line for line in said.splitlines() if "dbus-mqtt-battery is" in line]
                self.assertEqual(len(line), 1, said)
                self.assertIn(version.split()[0].split("-")[0], line[0])
                self.assertIn("install 1.0.11 or later", line[0])
                self.assert_nothing_installed(before)

    def test_a_version_for_another_battery_is_not_ours_to_judge(self):
        self.put_driver("1.0.9", RIGHT.replace(TOPIC, "another/battery"))
        self.put_driver("1.0.11", place=PLACE + "-2")
        self.assertIn("with our topic", self.installed())

    def test_wrong_configuration(self):
        for old, new, told in (("timeout = 60", "timeout = 0", "timeout = 0 there"), ("timeout = 60", "timeout = 3600", "timeout = 3600 there"),
                               ("127.0.0.1", "192.168.1.5", "broker_address = 192.168.1.5"), ("1883", "1884", "broker_port = 1884")):
            with self.subTest(new):
                self.put_driver(config=RIGHT.replace(old, new))
                said = self.installed()
                self.assertIn(told, said)
                self.assertEqual(said.count("WARNING"), 1, said)

    def test_topic_of_another(self):
        self.put_driver(config=RIGHT.replace("topic =", ";topic =") + "topic = enphase/battery\n")
        said = self.installed()
        self.assertIn("has not our topic", said)
        self.assertIn("--configure-driver", said)

    def test_two_with_our_topic(self):
        self.put_driver()
        self.put_driver(place=PLACE + "-2")
        self.assertIn("the battery shows twice", self.installed())

    def test_its_line_in_rc_local(self):
        for text, told in (("#!/bin/bash\nexit 0\nbash %s/install.sh\n", True), ("#!/bin/bash\n# bash %s/install.sh\n", True),
                           ("#!/bin/bash\nbash %s/install.sh\nexit 0\n", False)):
            with self.subTest(text):
                self.put_driver()
                self.gx.write("data/rc.local", text % self.gx.path(PLACE), 0o755)
                self.assertEqual("does not get as far as the driver's line" in self.installed(), told)


class Configuring(WithDriver):
    def setUp(self):
        super().setUp()
        self.ready()

    def test_what_it_needs_is_shown_then_written(self):
        self.put_driver(config=SAMPLE)
        said = self.installed("--configure-driver")
        self.assertLess(said.index("topic = " + TOPIC), said.index("with our topic"))
        text = self.gx.read(PLACE + "/config.ini")
        for line in ("device_name = Pylontech", "device_instance = 100", "timeout = 60", "broker_address = 127.0.0.1", "topic = " + TOPIC,
                     "logging = WARNING", "enabled = 0", "; a sample"):
            self.assertEqual(text.splitlines().count(line), 1, text)
        self.assertLess(text.index("device_instance"), text.index("[MQTT]"))
        self.assertEqual(self.gx.read(PLACE + "/config.ini.before-pylontech-mqtt"), SAMPLE)
        self.assertNotIn("WARNING", said)
        self.installed("--configure-driver")
        self.assertEqual(self.gx.read(PLACE + "/config.ini"), text)

    def test_no_configuration_yet(self):
        self.put_driver(config=None)
        self.installed("--configure-driver")
        self.assertEqual(self.gx.read(PLACE + "/config.ini").count("["), 2)
        self.assertIn("topic = " + TOPIC, self.gx.read(PLACE + "/config.ini"))

    def test_not_there_or_several(self):
        self.assertIn("there is nothing to configure", self.installed("--configure-driver"))
        self.put_driver(config=SAMPLE)
        self.put_driver(config=SAMPLE, place=PLACE + "-2")
        self.assertIn("several copies", self.installed("--configure-driver"))
        self.assertEqual(self.gx.read(PLACE + "/config.ini"), SAMPLE)

    def test_our_own_topic_and_port(self):
        self.gx.write("data/conf/pylontech-mqtt.ini", "[mqtt]\nport = 1999\ntopic_base = mine\n", 0o600)
        self.put_driver(config=SAMPLE)
        self.installed("--configure-driver")
        self.assertIn("topic = mine/pylon\n", self.gx.read(PLACE + "/config.ini"))
        self.assertIn("broker_port = 1999\n", self.gx.read(PLACE + "/config.ini"))


if __name__ == "__main__":
    unittest.main()
