"""The opkg packages, taken apart member by member, and their scripts called in the order that real opkg calls them.

PYLONTECH_RELEASE: a folder with the files of a release; then those are looked at too, as they are.
"""

import gzip
import io
import os
import re
import shutil
import subprocess
import tarfile
import unittest

from gx import MACHINE, NATIVE, ROOT, Gx, staged

PROGRAM = "./data/pylontech-mqtt/new"
FILES = {"LICENSE": 0o644, "README": 0o644, "VERSION": 0o644, "adapter.sh": 0o644, "boot.sh": 0o755, "check-system.sh": 0o644,
         "claim-port.sh": 0o755, "common.sh": 0o644, "driver.sh": 0o644, "files.sha256": 0o644, "install.sh": 0o755, "place.sh": 0o755,
         "pylontech-mqtt.ini": 0o644, "pylontech-mqtt.service": 0o644, "rc-local.sh": 0o644, "stick.sh": 0o644, "service/log/run": 0o755, "service/run": 0o755, "uninstall.sh": 0o755}
FOLDERS = {"", "bin", "service", "service/log"}
SIZE_MAX = 2_000_000


def members(path):
    """The parts of an ar archive, in order: (name, bytes)."""
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith(b"!<arch>\n"):
        raise AssertionError("no ar archive: " + path)
    position, found = 8, []
    while position < len(data):
        header = data[position:position + 60]
        name, size = header[:16].decode().strip().rstrip("/"), int(header[48:58])
        found.append((name, data[position + 60:position + 60 + size]))
        position += 60 + size + size % 2
    return found


def tar_of(data):
    return tarfile.open(fileobj=io.BytesIO(data), mode="r:gz")


class Package(unittest.TestCase):
    """One package, made from the native program."""

    @classmethod
    def setUpClass(cls):
        cls.gx = Gx()
        cls.addClassCleanup(cls.gx.__exit__)
        binary = os.path.join(cls.gx.outside, "pylontech-mqtt-" + MACHINE)
        os.link(NATIVE, binary) if os.stat(NATIVE).st_dev == os.stat(cls.gx.outside).st_dev else subprocess.run(
            ["cp", NATIVE, binary], check=True)
        cls.paths = {}
        for version in ("1.0.0", "1.0.1"):
            cls.paths[version] = os.path.join(cls.gx.outside, version + ".ipk")
            subprocess.run([os.path.join(ROOT, "packaging/release/ipk.sh"), "armv7", binary, cls.paths[version]], check=True,
                           env=dict(os.environ, VERSION=version))

    def look_at(self, path, architecture, machine, version):
        parts = members(path)
        self.assertEqual([name for name, _ in parts], ["debian-binary", "control.tar.gz", "data.tar.gz"])
        parts = dict(parts)
        self.assertEqual(parts["debian-binary"], b"2.0\n")
        for name in ("control.tar.gz", "data.tar.gz"):
            self.assertEqual(parts[name][:3], b"\x1f\x8b\x08")
            self.assertEqual(parts[name][4:8], bytes(4), "a time stamp in " + name)
        self.look_at_control(parts["control.tar.gz"], architecture, version)
        self.look_at_data(parts["data.tar.gz"], machine)
        self.assertLess(os.path.getsize(path), SIZE_MAX)

    def look_at_control(self, data, architecture, version):
        with tar_of(data) as tar:
            self.assertEqual({m.name: (m.mode, m.uid, m.gid) for m in tar},
                             {"./control": (0o644, 0, 0), "./postinst": (0o755, 0, 0), "./postrm": (0o755, 0, 0), "./prerm": (0o755, 0, 0)})
            control = tar.extractfile("./control").read().decode()
        fields = dict(line.split(": ", 1) for line in control.splitlines())
        self.assertEqual((fields["Package"], fields["Version"], fields["Architecture"]), ("pylontech-mqtt", version, architecture))
        self.assertIn("Description", fields)

    def look_at_data(self, data, machine):
        with tar_of(data) as tar:
            found = {m.name: m for m in tar}
            expected = {"%s/%s" % (PROGRAM, name): mode for name, mode in FILES.items()}
            expected["%s/bin/pylontech-mqtt-%s" % (PROGRAM, machine)] = 0o755
            self.assertEqual({n: m.mode for n, m in found.items() if m.isfile()}, expected)
            self.assertEqual({n for n, m in found.items() if m.isdir()}, {("%s/%s" % (PROGRAM, f)).rstrip("/") for f in FOLDERS})
            self.assertEqual({(m.uid, m.gid) for m in found.values()}, {(0, 0)})
            self.assertTrue(all(m.isfile() or m.isdir() for m in found.values()))
            sums = tar.extractfile(PROGRAM + "/files.sha256").read().decode()
        named = {line.split("  ")[1] for line in sums.splitlines()}
        self.assertEqual(named, {n[len(PROGRAM) + 1:] for n in expected} - {"files.sha256"})

    def test_members(self):
        self.look_at(self.paths["1.0.0"], "armv7ahf-vfp", MACHINE, "1.0.0")

    def test_scripts_as_opkg_calls_them(self):
        """install, upgrade, remove, install again."""
        with Gx() as gx:
            gx.add_adapter("ttyUSB0", serial="A1B2")
            before = gx.tree()
            self.unpack(gx, "1.0.0")
            self.call(gx, "1.0.0", "postinst", "configure")
            self.assertTrue(os.path.islink(gx.path("service/pylontech-mqtt")))
            config = gx.read("data/conf/pylontech-mqtt.ini") + "[battery]\nmax_charge_current = 33\n"
            gx.write("data/conf/pylontech-mqtt.ini", config, 0o600)
            self.call(gx, "1.0.0", "prerm", "upgrade", "1.0.1")
            self.unpack(gx, "1.0.1")
            self.call(gx, "1.0.0", "postrm", "upgrade", "1.0.1")
            self.call(gx, "1.0.1", "postinst", "configure")
            self.assertEqual(gx.read("data/pylontech-mqtt/VERSION"), "1.0.1\n")
            self.assertEqual(gx.read("data/conf/pylontech-mqtt.ini"), config)
            self.assertTrue(os.path.islink(gx.path("service/pylontech-mqtt")))
            self.assertEqual(gx.calls("start-tty"), [])
            self.remove(gx, "1.0.1")
            self.assertEqual(set(gx.tree()) - set(before), {"data/conf/pylontech-mqtt.ini", "data/conf/pylontech-mqtt.service"})
            self.assertEqual(gx.calls("start-tty"), ["start-tty ttyUSB0"])

    def test_removed_by_hand_before_or_after(self):
        """uninstall.sh and opkg remove, in either order: neither fails, and nothing stays."""
        for by_hand_first in (True, False):
            with self.subTest(by_hand_first), Gx() as gx:
                gx.add_adapter("ttyUSB0", serial="A1B2")
                before = gx.tree()
                self.unpack(gx, "1.0.0")
                self.call(gx, "1.0.0", "postinst", "configure")
                again = gx.path("tmp/uninstall")
                shutil.copytree(gx.path("data/pylontech-mqtt"), again, symlinks=True)
                for by_hand in (by_hand_first, not by_hand_first):
                    if by_hand:
                        self.assertEqual(gx.run("sh", again + "/uninstall.sh", "--purge").returncode, 0)
                    else:
                        self.remove(gx, "1.0.0")
                self.assertEqual(set(gx.tree()) - set(before), set())

    def test_a_failed_opkg_install_leaves_what_runs(self):
        """On a read-only root opkg unpacks everything and fails then, before any script: nothing of it is used."""
        with Gx() as gx:
            gx.add_adapter("ttyUSB0", serial="A1B2")
            self.unpack(gx, "1.0.0")
            self.call(gx, "1.0.0", "postinst", "configure")
            before = gx.tree("data/pylontech-mqtt")
            self.unpack(gx, "1.0.1")
            gx.boot()
            after = gx.tree("data/pylontech-mqtt")
            self.assertEqual({name: after[name] for name in before}, before)
            self.assertEqual(gx.uninstall("--purge").returncode, 0)
            self.assertFalse(os.path.exists(gx.path("data/pylontech-mqtt")))

    def unpack(self, gx, version):
        with tar_of(dict(members(self.paths[version]))["data.tar.gz"]) as tar:
            tar.extractall(gx.root)

    def remove(self, gx, version):
        self.call(gx, version, "prerm", "remove")
        self.remove_files(gx, version)
        self.call(gx, version, "postrm", "remove")

    def remove_files(self, gx, version):
        """As opkg: what is not there any more is no fault."""
        with tar_of(dict(members(self.paths[version]))["data.tar.gz"]) as tar:
            for member in reversed(tar.getmembers()):
                path = os.path.join(gx.root, member.name)
                if member.isfile() and os.path.exists(path):
                    os.remove(path)
                elif os.path.isdir(path) and not os.listdir(path):
                    os.rmdir(path)

    def call(self, gx, version, script, *arguments):
        path = os.path.join(gx.outside, script)
        with tar_of(dict(members(self.paths[version]))["control.tar.gz"]) as tar, open(path, "wb") as file:
            file.write(tar.extractfile("./" + script).read())
        done = gx.run("sh", path, *arguments)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_same_bytes_again(self):
        again = os.path.join(self.gx.outside, "again.ipk")
        binary = os.path.join(self.gx.outside, "pylontech-mqtt-" + MACHINE)
        subprocess.run([os.path.join(ROOT, "packaging/release/ipk.sh"), "armv7", binary, again], check=True,
                       env=dict(os.environ, VERSION="1.0.0"))
        with open(again, "rb") as one, open(self.paths["1.0.0"], "rb") as other:
            self.assertEqual(one.read(), other.read())

    def test_tarball_as_venus_unpacks_it(self):
        """It asks for the member `rc` by that name, and leaves out whatever is called rc afterwards."""
        with gzip.open(staged("1.0.0")) as data, tarfile.open(fileobj=data) as tar:
            names = tar.getnames()
        self.assertIn("rc/pre-hook.sh", names)
        self.assertIn("rc/post-hook.sh", names)
        self.assertEqual([n for n in names if "rc" in n.split("/")[1:]], [])
        self.assertEqual({n.split("/")[0] for n in names}, {"rc", "pylontech-mqtt"})


class Release(Package):
    """The files of a real release."""

    def setUp(self):
        self.folder = os.environ["PYLONTECH_RELEASE"]
        self.version = os.environ["VERSION"]

    def path(self, name):
        return os.path.join(self.folder, name.replace("VERSION", self.version))

    def test_members(self):
        self.look_at(self.path("pylontech-mqtt_VERSION_armv7ahf-vfp.ipk"), "armv7ahf-vfp", "armv7", self.version)
        self.look_at(self.path("pylontech-mqtt_VERSION_aarch64.ipk"), "aarch64", "aarch64", self.version)

    def test_tarball(self):
        with tarfile.open(self.path("venus-data-pylontech-mqtt-VERSION.tar.gz")) as tar:
            found = {m.name: m.mode for m in tar if m.isfile()}
            self.assertEqual({(m.uid, m.gid) for m in tar}, {(0, 0)})
        expected = {"pylontech-mqtt/new/" + name: mode for name, mode in FILES.items()}
        expected.update({"pylontech-mqtt/new/bin/pylontech-mqtt-" + machine: 0o755 for machine in ("armv7", "aarch64")})
        expected.update({"pylontech-mqtt/install.sh": 0o755, "rc/pre-hook.sh": 0o755, "rc/post-hook.sh": 0o755,
                         "rc/common.sh": 0o644, "rc/stick.sh": 0o644})
        self.assertEqual(found, expected)
        self.assertLess(os.path.getsize(self.path("venus-data-pylontech-mqtt-VERSION.tar.gz")), SIZE_MAX)

    def test_sums(self):
        done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(re.findall(": OK$", done.stdout, re.M)), 3)


def load_tests(loader, unused_tests, unused_pattern):
    """A release is looked at where one is named: `make check-release` does."""
    suite = loader.loadTestsFromTestCase(Package)
    if "PYLONTECH_RELEASE" in os.environ:
        suite.addTests(Release(name) for name in ("test_members", "test_tarball", "test_sums"))
    return suite


if __name__ == "__main__":
    unittest.main()
