"""install.sh, uninstall.sh, boot.sh and claim-port.sh in a scratch root, without a running svscan."""

import os
import shutil
import socket
import subprocess
import time
import unittest

from gx import MACHINE, Gx, tools
from scene import Scene

OTHERS = "#!/bin/bash\nset -e\nmount_things() {\n\texit 1\n}\nbash /data/etc/another/install.sh\n"
SHAPES = {
    "none": None,
    "empty": "",
    "of_others": OTHERS,
    "exit_at_the_end": OTHERS + "\nexit 0\n",
    "no_line_end": OTHERS + "exit 0",
    "no_first_line": "touch /run/there\nexit 0\n",
}
LINE = "sh %s/data/pylontech-mqtt/boot.sh || true # pylontech-mqtt"


class Installing(Scene):
    """One adapter and nothing else, unless the name says so."""

    def hold_port(self):
        """A program that has the port open."""
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        self.ready(target=os.ttyname(slave))
        os.rmdir(self.gx.path("proc"))
        os.symlink("/proc", self.gx.path("proc"))
        holder = subprocess.Popen(["sleep", "120"], stdin=slave, cwd="/")
        os.close(slave)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        return holder

    def rc_local(self, text):
        """Installs twice and uninstalls beside an rc.local of this text."""
        self.ready()
        if text is not None:
            self.gx.write("data/rc.local", text, 0o755 if text else 0o644)
        for _ in range(2):
            self.installed()
            after = self.gx.read("data/rc.local")
            self.assertEqual(after.count(LINE % self.gx.root), 1)
            self.assertTrue(after.startswith("#!/bin/bash\n"))
            self.assertLess(after.index("boot.sh"), after.find("exit") % (len(after) + 1))
            for line in (text or "").splitlines():
                self.assertIn(line, after)
            self.assertTrue(os.access(self.gx.path("data/rc.local"), os.X_OK))
        self.assertEqual(self.gx.uninstall().returncode, 0)
        self.assert_rc_local_restored(text)

    def test_finds_the_only_adapter_and_says_so(self):
        by_id, _ = self.ready()
        said = self.installed()
        self.assertIn("Adapter: %s, the only one." % by_id, said)
        self.assertIn("port = %s\n" % by_id, self.gx.read("data/conf/pylontech-mqtt.ini"))
        self.assertEqual(os.stat(self.gx.path("data/conf/pylontech-mqtt.ini")).st_mode & 0o777, 0o600)
        self.assertEqual(self.gx.calls("stop-tty")[0], "stop-tty ttyUSB0")
        self.assertEqual(os.readlink(self.gx.path("service/pylontech-mqtt")), self.gx.path("data/pylontech-mqtt/service"))
        check = self.gx.run(self.gx.path("data/pylontech-mqtt/bin/pylontech-mqtt-" + MACHINE), "-n", "-c",
                            self.gx.path("data/conf/pylontech-mqtt.ini"))
        self.assertEqual(check.returncode, 0, check.stdout)

    def test_rule_by_serial_number(self):
        self.ready()
        self.installed()
        rule = self.gx.read("run/udev/rules.d/z90-pylontech-mqtt.rules")
        for part in ('ACTION=="add"', 'SUBSYSTEM=="tty"', 'ENV{ID_SERIAL_SHORT}=="A1B2"', 'ENV{ID_USB_INTERFACE_NUM}=="00"',
                     'ENV{VE_SERVICE}="ignore"', 'RUN+="/bin/sh %s/data/pylontech-mqtt/claim-port.sh %%k"' % self.gx.root):
            self.assertIn(part, rule)
        self.assertGreater("z90-pylontech-mqtt.rules", "serial-starter.rules")
        self.assertTrue(self.gx.calls("udevadm control --reload"))

    def test_rule_by_place_where_there_is_no_serial_number(self):
        _, by_path = self.ready(serial=None, model="1a86_USB_Serial", place="1.4")
        self.assertIn(by_path, self.installed())
        self.assertIn('ENV{ID_PATH}=="platform-usb-0:1.4:1.0", ENV{VE_SERVICE}', self.gx.read("run/udev/rules.d/z90-pylontech-mqtt.rules"))

    def test_rule_by_place_where_two_share_a_serial_number(self):
        by_id, _ = self.gx.add_adapter("ttyUSB0", serial="0001", place="1")
        self.gx.add_adapter("ttyUSB1", serial="0001", place="2")
        self.gx.unpack()
        self.gx.write("data/conf/pylontech-mqtt.ini", "[serial]\nport = %s\n" % by_id, 0o600)
        self.installed()
        rule = self.gx.read("run/udev/rules.d/z90-pylontech-mqtt.rules")
        self.assertIn('ENV{ID_PATH}=="platform-usb-0:1:1.0"', rule)
        self.assertNotIn("ID_SERIAL_SHORT", rule)

    def test_a_replug_takes_the_port_again(self):
        self.ready()
        self.installed()
        rule = self.gx.read("run/udev/rules.d/z90-pylontech-mqtt.rules")
        command = rule.split('RUN+="')[1].split('"')[0].replace("%k", "ttyUSB3").replace("/bin/sh", "sh")
        os.remove(self.gx.path("calls"))
        self.assertEqual(self.gx.run(*command.split()).returncode, 0)
        self.assertEqual(self.gx.calls(), ["stop-tty ttyUSB3"])

    def test_victrons_own_cables_are_no_candidates(self):
        self.gx.add_adapter("ttyUSB1", serial="VE4ABC", model="VictronEnergy_BV_VE_Direct_cable", place="2")
        self.gx.add_adapter("ttyUSB2", serial="X", model="something", place="3", VE_SERVICE="mkx")
        by_id, _ = self.ready()
        self.assertIn("Adapter: %s, the only one." % by_id, self.installed())

    for name, text in SHAPES.items():
        locals()["test_rc_local_" + name] = lambda self, text=text: self.rc_local(text)

    def test_rc_local_in_need_of_repair(self):
        """Only a first line, without an end; ours behind an exit; not executable any more: it works after the install."""
        for text, mode in (("#!/bin/bash", 0o755), (OTHERS + "exit 0\n%(ours)s\n", 0o755), ("#!/bin/bash\n%(ours)s\n", 0o644)):
            with self.subTest(text), Gx() as gx:
                gx.add_adapter("ttyUSB0", serial="A1B2")
                gx.unpack()
                gx.write("data/rc.local", text % {"ours": LINE % gx.root} if "%" in text else text, mode)
                for _ in range(2):
                    self.assertEqual(gx.install().returncode, 0)
                    lines = gx.read("data/rc.local").splitlines()
                    self.assertEqual(lines[:2], ["#!/bin/bash", LINE % gx.root])
                    self.assertEqual(lines.count(LINE % gx.root), 1)
                    self.assertTrue(os.access(gx.path("data/rc.local"), os.X_OK))

    def test_an_empty_port_in_a_short_configuration(self):
        by_id, _ = self.ready()
        self.gx.write("data/conf/pylontech-mqtt.ini", "[serial]\nport =\n", 0o600)
        self.assertIn("the only one", self.installed())
        self.assertEqual(self.gx.read("data/conf/pylontech-mqtt.ini"), "[serial]\nport = %s\n" % by_id)

    def test_a_password_is_readable_at_no_moment(self):
        """The new configuration is looked at before its mode is set."""
        self.ready()
        self.gx.write("data/conf/pylontech-mqtt.ini", "[mqtt]\nusername = gx\npassword = geheim\n", 0o600)
        chmod, seen = os.path.join(tools(), "chmod"), self.gx.path("seen")
        self.gx.write("stub/chmod", '#!/bin/sh\n[ ! -f "$2" ] || stat -c "%%a %%n" "$2" >>%s\nexec %s "$@"\n' % (seen, chmod), 0o755)
        done = self.gx.install()
        self.assertEqual(done.returncode, 0, done.stdout)
        with open(seen, encoding="ascii") as file:
            modes = [line.split()[0] for line in file if "pylontech-mqtt.ini.new" in line]
        self.assertEqual(set(modes), {"600"})

    def test_uninstall_on_a_read_only_data(self):
        self.ready()
        self.installed()
        said, before, after = self.in_small_data("read-only", "sh", self.gx.path("data/pylontech-mqtt/uninstall.sh"))
        self.assertIn("nothing was removed", said)
        self.assertIn("status 1", said)
        self.assertEqual(before, after)
        self.assertTrue(os.path.lexists(self.gx.path("service/pylontech-mqtt")))

    def test_rc_local_runs_at_boot_and_others_lines_with_it(self):
        self.ready()
        self.gx.write("data/rc.local", "#!/bin/bash\nset -e\ntouch %s/run/theirs\nexit 0\n" % self.gx.root, 0o755)
        self.installed()
        self.gx.new_firmware()
        self.gx.boot()
        for name in ("run/theirs", "service/pylontech-mqtt", "run/udev/rules.d/z90-pylontech-mqtt.rules", "run/pylontech-mqtt/supervise"):
            self.assertTrue(os.path.exists(self.gx.path(name)), name)

    def test_others_lines_run_where_ours_fails(self):
        """Somebody deleted the folder by hand, or it cannot start: `set -e` of others must not end there."""
        self.ready()
        self.gx.write("data/rc.local", "#!/bin/bash\nset -e\ntouch %s/run/theirs\n" % self.gx.root, 0o755)
        self.installed()
        shutil.rmtree(self.gx.path("data/pylontech-mqtt"))
        with open(self.gx.path("data/rc.local"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        lines.remove("set -e")
        self.gx.write("data/rc.local", "\n".join([lines[0], "set -e"] + lines[1:]) + "\n", 0o755)
        self.gx.new_firmware()
        self.gx.boot()
        self.assertTrue(os.path.exists(self.gx.path("run/theirs")))

    def test_uninstall_leaves_no_trace(self):
        self.gx.add_adapter("ttyUSB0", serial="A1B2")
        before = self.gx.tree()
        self.gx.unpack()
        self.installed()
        self.gx.write("data/conf/pylontech-mqtt.history", "of years\n")
        self.assertEqual(self.gx.uninstall().returncode, 0)
        kept = {"data/conf/pylontech-mqtt.ini", "data/conf/pylontech-mqtt.service", "data/conf/pylontech-mqtt.history"}
        self.assertEqual(set(self.gx.tree()) - set(before), kept)
        self.assertEqual(self.gx.calls("start-tty"), ["start-tty ttyUSB0"])
        self.assertTrue(self.gx.calls("udevadm trigger"))
        self.gx.unpack()
        self.installed()
        self.assertEqual(self.gx.uninstall("--purge").returncode, 0)
        after = self.gx.tree()
        self.assertEqual({name for name in {**before, **after} if before.get(name) != after.get(name)}, set())

    def test_uninstall_twice(self):
        self.ready()
        self.installed()
        again = self.gx.path("tmp/again")
        shutil.copytree(self.gx.path("data/pylontech-mqtt"), again)
        self.assertEqual(self.gx.uninstall().returncode, 0)
        done = self.gx.run("sh", again + "/uninstall.sh")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_gx_that_is_too_old_or_forbids_it(self):
        self.ready()
        before = self.gx.tree()
        for version, refused in (("v2.89", True), ("v2.90", False), ("v3.60~12", False), ("v3.7", False), ("v2.100", False)):
            with self.subTest(version):
                self.gx.write("opt/victronenergy/version", version + "\nVenus\n2026\n")
                if refused:
                    said = self.refused()
                    self.assertIn("%s, and v2.90 or later is needed" % version, said)
                    os.remove(self.gx.path("opt/victronenergy/version"))
                    self.assert_nothing_installed(before)
                else:
                    self.installed()
        self.assertEqual(self.gx.uninstall("--purge").returncode, 0)
        self.gx.write("data/rc.local.disabled", "#!/bin/bash\n", 0o755)
        before = self.gx.tree()
        self.assertIn("Modifications are switched off", self.refused())
        self.assert_nothing_installed(before)

    def test_a_broker_that_drops_packets_holds_nothing_up(self):
        """Nobody answers a full queue of connections, as with a host that is not there."""
        by_id, _ = self.ready()
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(0)
            waiting = [socket.socket() for _ in range(3)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(server.getsockname())
            self.gx.write("data/conf/pylontech-mqtt.ini", "[mqtt]\nport = %d\n[serial]\nport = %s\n" % (server.getsockname()[1], by_id), 0o600)
            began = time.monotonic()
            self.assertIn("does not answer", self.installed())
            self.assertLess(time.monotonic() - began, 15)
            for one in waiting:
                one.close()

    def test_an_edited_configuration_stays(self):
        by_id, _ = self.ready()
        text = "[serial]\nport = %s ; mine\n[battery]\nmax_charge_current = 33\n" % by_id
        self.gx.write("data/conf/pylontech-mqtt.ini", text, 0o600)
        self.gx.write("data/conf/pylontech-mqtt.service", "log = flash\n")
        for version in ("1.0.0", "1.0.1"):
            self.gx.unpack(version)
            self.installed()
            self.assertEqual(self.gx.read("data/conf/pylontech-mqtt.ini"), text)
            self.assertEqual(self.gx.read("data/conf/pylontech-mqtt.service"), "log = flash\n")

    def test_by_hand_unpacked_hooks_go(self):
        self.ready()
        self.gx.unpack(into="data")
        self.assertTrue(os.path.exists(self.gx.path("data/rc/pre-hook.sh")))
        self.installed()
        self.assertFalse(os.path.exists(self.gx.path("data/rc")))

    # ---- bad input ----

    def test_no_adapter(self):
        self.gx.unpack()
        before = self.gx.tree()
        said = self.refused()
        self.assertIn("No USB serial adapter is plugged in", said)
        self.assertIn("Nothing was installed", said)
        self.assert_nothing_installed(before)
        self.assertEqual(self.gx.calls(), [])

    def test_two_adapters(self):
        by_id, _ = self.gx.add_adapter("ttyUSB0", serial="A1B2")
        _, by_path = self.gx.add_adapter("ttyUSB1", model="1a86_USB_Serial", place="2")
        self.gx.unpack()
        before = self.gx.tree()
        said = self.refused()
        self.assertIn("More than one USB serial adapter", said)
        for name in (by_id, by_path, "[serial]"):
            self.assertIn(name, said)
        self.assert_nothing_installed(before)
        self.assertEqual(self.gx.calls(), [])
        config = self.gx.read("data/conf/pylontech-mqtt.ini").replace("#port =\n", "port = %s\n" % by_path)
        self.gx.write("data/conf/pylontech-mqtt.ini", config, 0o600)
        self.assertIn("Adapter: %s, as configured." % by_path, self.installed())
        self.assertEqual(self.gx.calls("stop-tty")[0], "stop-tty ttyUSB1")

    def test_configured_adapter_is_not_there(self):
        self.ready()
        self.gx.write("data/conf/pylontech-mqtt.ini", "[serial]\nport = %s\n" % self.gx.path("dev/serial/by-id/other"), 0o600)
        before = self.gx.tree()
        self.assertIn("there is no such file", self.refused())
        self.assert_nothing_installed(before)

    def test_port_of_serial_starter(self):
        """Its programs end when it is told so: that is no reason to refuse."""
        holder = self.hold_port()
        self.gx.write("opt/victronenergy/serial-starter/stop-tty.sh", "#!/bin/sh\nkill %d\n" % holder.pid, 0o755)
        self.installed()
        self.assertTrue(os.path.islink(self.gx.path("service/pylontech-mqtt")))

    def test_port_taken_by_another_program(self):
        holder = self.hold_port()
        before = self.gx.tree(without=("calls", "proc"))
        done = self.gx.install()
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("is taken by another program (process %d sleep)" % holder.pid, done.stdout)
        after = self.gx.tree(without=("calls", "proc"))
        self.assertEqual({name for name in {**before, **after} if before.get(name) != after.get(name)}, set())
        self.assertEqual(self.gx.calls(), ["stop-tty ttyUSB0", "start-tty ttyUSB0"])

    def test_wrong_configuration(self):
        by_id, _ = self.ready()
        self.gx.write("data/conf/pylontech-mqtt.ini", "[serial]\nport = %s\nbaud = fast\n" % by_id, 0o600)
        before = self.gx.tree()
        said = self.refused()
        self.assertIn("%s:3: [serial] baud = fast" % self.gx.path("data/conf/pylontech-mqtt.ini"), said)
        self.assert_nothing_installed(before)
        self.gx.write("data/conf/pylontech-mqtt.ini", "[battery]\nnum_cells = many\n", 0o600)
        before = self.gx.tree()
        self.assertIn("num_cells = many", self.refused())
        self.assert_nothing_installed(before)

    def test_half_unpacked(self):
        self.ready()
        with open(self.gx.path("tmp/pylontech-mqtt/new/boot.sh"), "r+b") as file:
            file.truncate(100)
        before = self.gx.tree()
        self.assertIn("is not complete (boot.sh)", self.refused())
        self.assert_nothing_installed(before)

    def test_unpacked_anywhere(self):
        """In RAM, in /data as with other packages, or in a folder of one's own."""
        for place in ("tmp", "data", "run/mine"):
            with self.subTest(place), Gx() as gx:
                gx.add_adapter("ttyUSB0", serial="A1B2")
                os.makedirs(gx.path(place), exist_ok=True)
                gx.unpack(into=place)
                self.assertEqual(gx.install(place=place).returncode, 0)
                self.assertEqual(gx.read("data/pylontech-mqtt/VERSION"), "1.0.0\n")
                self.assertFalse(os.path.exists(gx.path("data/pylontech-mqtt/new")))
                self.assertFalse(os.path.exists(gx.path("data/rc")))

    def test_installed_without_anything_unpacked(self):
        self.gx.unpack()
        shutil.rmtree(self.gx.path("tmp/pylontech-mqtt/new"))
        self.assertIn("unpack it again", self.refused())

    def test_no_program_for_this_machine(self):
        self.ready()
        self.gx.write("stub/uname", "#!/bin/sh\necho mips\n", 0o755)
        before = self.gx.tree()
        self.assertIn("no program for this machine (mips)", self.refused())
        self.assert_nothing_installed(before)

    def test_program_by_machine(self):
        self.ready()
        for machine, name in (("armv7l", "armv7"), ("armv8l", "armv7"), ("aarch64", "aarch64")):
            self.gx.write("stub/uname", "#!/bin/sh\necho %s\n" % machine, 0o755)
            done = self.gx.run("sh", "-c", ". %s; binary" % self.gx.path("tmp/pylontech-mqtt/new/common.sh"))
            self.assertEqual(done.stdout.strip(), self.gx.path("data/pylontech-mqtt/bin/pylontech-mqtt-" + name))

    def test_data_is_full(self):
        self.ready()
        said, before, after = self.in_small_data("full", "sh", self.gx.path("tmp/pylontech-mqtt/install.sh"))
        self.assertIn("cannot be written", said)
        self.assertIn("No space left", said)
        self.assertIn("status 1", said)
        self.assertEqual(before, after)
        self.assertFalse(os.path.lexists(self.gx.path("service/pylontech-mqtt")))

    def test_data_is_read_only(self):
        self.ready()
        said, before, after = self.in_small_data("read-only", "sh", self.gx.path("tmp/pylontech-mqtt/install.sh"))
        self.assertIn("Read-only file system", said)
        self.assertIn("status 1", said)
        self.assertEqual(before, after)
        self.assertFalse(os.path.lexists(self.gx.path("service/pylontech-mqtt")))

    def test_data_fills_up_half_way(self):
        """Each file that it writes fails once, although there was room at the start: all is taken back."""
        real = os.path.join(tools(), "mv")
        for name in ("pylontech-mqtt/common.sh", "pylontech-mqtt/files.sha256", "conf/pylontech-mqtt.ini", "conf/pylontech-mqtt.service",
                     "rc.local", "pylontech-mqtt/adapter.rules"):
            with self.subTest(name), Gx() as gx:
                gx.add_adapter("ttyUSB0", serial="A1B2")
                gx.write("data/rc.local", OTHERS, 0o755)
                gx.write("stub/mv", "#!/bin/sh\ncase $2$3 in */data/%s) echo 'mv: No space left on device' >&2; exit 1 ;; esac\n"
                         'exec %s "$@"\n' % (name, real), 0o755)
                gx.unpack()
                before = gx.tree()
                done = gx.install()
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn("could not be written: mv: No space left on device", done.stdout)
                self.assertIn("Nothing was installed", done.stdout)
                after = gx.tree()
                self.assertEqual({name for name in {**before, **after} if before.get(name) != after.get(name)}, set())
                self.assertEqual(gx.calls("start-tty"), ["start-tty ttyUSB0"])

    # ---- what it checks ----

    def test_broker_answers(self):
        by_id, _ = self.ready()
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            self.gx.write("data/conf/pylontech-mqtt.ini", "[mqtt]\nport = %d\n[serial]\nport = %s\n" % (port, by_id), 0o600)
            self.assertIn("Broker: 127.0.0.1:%d answers." % port, self.installed())
        self.assertIn("Broker: 127.0.0.1:%d does not answer." % port, self.installed())

    def test_another_controlling_bms(self):
        by_id, _ = self.ready()
        ours, theirs, idle = ("com.victronenergy.battery." + name for name in ("mqtt_battery_100", "socketcan_can0", "ttyUSB7"))
        self.gx.write("dbus/" + ours, "52.5\n")
        self.gx.write("dbus/" + theirs, "53.2\n")
        self.gx.write("dbus/" + idle, "[]\n")
        said = self.installed()
        self.assertIn("WARNING: %s sends charge limits as well" % theirs, said)
        self.assertNotIn("WARNING: " + ours, said)
        self.assertNotIn("WARNING: " + idle, said)
        self.gx.write("data/conf/pylontech-mqtt.ini", "[serial]\nport = %s\n[limits]\npublish = no\n" % by_id, 0o600)
        self.assertNotIn("WARNING", self.installed())

    # ---- nobody watches ----

    def test_stick_without_an_adapter(self):
        self.gx.unpack()
        self.assertIn("look for the adapter by itself", self.installed("--unattended"))
        self.assertTrue(os.path.islink(self.gx.path("service/pylontech-mqtt")))
        self.assertIn("no USB serial adapter", self.gx.script("claim-port.sh").stdout)
        by_id, _ = self.gx.add_adapter("ttyUSB0", serial="A")
        self.assertIn("is the only adapter", self.gx.script("claim-port.sh").stdout)
        self.assertIn("port = %s\n" % by_id, self.gx.read("data/conf/pylontech-mqtt.ini"))
        self.assertEqual(self.gx.calls("stop-tty"), ["stop-tty ttyUSB0"])

    def test_stick_with_two_adapters(self):
        names = [self.gx.add_adapter("ttyUSB%d" % n, serial="A%d" % n, place=str(n))[0] for n in (0, 1)]
        self.gx.unpack()
        self.installed("--unattended")
        said = self.gx.script("claim-port.sh").stdout
        for name in names:
            self.assertIn("port = " + name, said)
        self.assertEqual(self.gx.calls("stop-tty"), [])


if __name__ == "__main__":
    unittest.main()
