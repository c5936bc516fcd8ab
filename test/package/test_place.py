"""An upgrade, at every moment of which the power may be cut: the old program starts then, or the new one."""

import os
import shutil
import subprocess
import unittest

from gx import MACHINE, Gx, staged, tools
from scene import Scene

PROGRAM = "data/pylontech-mqtt"
# The calls that change a file; the device dies at one of them.
DEADLY = ("mv", "cp", "rm", "sync", "mkdir", "chmod")


class Upgrade(Scene):
    def setUp(self):
        super().setUp()
        self.ready()
        self.installed()

    def sums(self, gx):
        """{name: its sum} of the program's files."""
        return {name: facts[-1] for name, facts in gx.tree(PROGRAM).items()
                if isinstance(facts[-1], bytes) and not name.endswith((".rules", ".log"))}

    def version_sums(self, version):
        with Gx() as gx:
            gx.add_adapter("ttyUSB0", serial="A1B2")
            gx.unpack(version)
            self.assertEqual(gx.install().returncode, 0)
            return self.sums(gx)

    def die_at(self, gx, number):
        """Lets the device die at its Nth call that changes a file: nothing of the installation runs any more."""
        gx.write("stub/count", "0")
        for name in DEADLY:
            gx.write("stub/" + name, "#!/bin/sh\nread -r n <{0}/stub/count\nn=$((n + 1))\necho $n >{0}/stub/count\n"
                     "[ $n -lt {1} ] || exec kill -9 0\nexec {2}/{3} \"$@\"\n".format(gx.root, number, tools(), name), 0o755)

    def alive_again(self, gx):
        for name in DEADLY:
            os.remove(gx.path("stub/" + name))
        gx.new_firmware()
        gx.boot()

    def upgrade(self, gx):
        return subprocess.run(["sh", gx.path("tmp/pylontech-mqtt/install.sh")], env=gx.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, timeout=60, check=False)

    def test_the_power_is_cut_at_any_call(self):
        old, new = self.version_sums("1.0.0"), self.version_sums("1.0.1")
        self.assertNotEqual(old, new)
        seen = set()
        for number in range(1, 200):
            with self.subTest(number):
                shutil.rmtree(self.gx.path("tmp"))
                os.mkdir(self.gx.path("tmp"))
                self.gx.unpack("1.0.0")
                self.assertEqual(self.gx.install().returncode, 0)
                self.assertEqual(self.sums(self.gx), old)
                self.gx.unpack("1.0.1")
                self.die_at(self.gx, number)
                done = self.upgrade(self.gx)
                ended = done.returncode == 0
                self.alive_again(self.gx)
                found = {name: text for name, text in self.sums(self.gx).items() if "/new/" not in name and not name.endswith(".new")}
                self.assertIn(found, (old, new))
                seen.add(found == new)
                self.assertTrue(os.path.islink(self.gx.path("service/pylontech-mqtt")))
            if ended:
                self.assertGreater(number, 30)
                break
        self.assertTrue(ended)
        self.assertEqual(seen, {False, True})

    def test_what_the_new_release_has_not_goes(self):
        self.gx.write(PROGRAM + "/of-before.sh", "echo\n")
        with open(self.gx.path(PROGRAM + "/files.sha256"), "a", encoding="ascii") as file:
            file.write("0" * 64 + "  of-before.sh\n")
        self.gx.unpack("1.0.1")
        self.installed()
        self.assertFalse(os.path.exists(self.gx.path(PROGRAM + "/of-before.sh")))

    def test_a_full_data_leaves_what_runs(self):
        self.gx.unpack("1.0.1")
        said, before, after = self.in_small_data("full", "sh", self.gx.path("tmp/pylontech-mqtt/install.sh"))
        self.assertIn("cannot be written", said)
        self.assertIn("kB are needed", said)
        self.assertIn("pylontech-mqtt/VERSION", before)
        self.assertEqual(before, after)

    def test_unpacked_into_a_full_data(self):
        """As with packages of others: tar writes over install.sh, and over nothing that runs."""
        archive = staged("1.0.1")
        script = "tar -xzf %s -C %s && sh %s/install.sh" % (archive, self.gx.path("data"), self.gx.path(PROGRAM))
        said, before, after = self.in_small_data("full", "sh", "-c", script)
        self.assertNotIn("status 0", said)
        here = {line.split()[1]: line.split()[0] for line in after.splitlines()}
        for line in before.splitlines():
            total, name = line.split()
            if not name.endswith("pylontech-mqtt/install.sh"):
                self.assertEqual(here[name], total, name)

    def test_it_is_on_the_flash_before_it_gets_its_name(self):
        """Nothing is renamed that was written after the last sync."""
        log = self.gx.path("order")
        for name in ("mv", "sync", "cp"):
            self.gx.write("stub/" + name, '#!/bin/sh\necho %s "$@" >>%s\nexec %s/%s "$@"\n' % (name, log, tools(), name), 0o755)
        self.gx.unpack("1.0.1")
        self.installed()
        with open(log, encoding="ascii") as file:
            lines = file.read().splitlines()
        dirty = False
        for line in lines:
            if line.startswith("cp ") and "/data/" in line.split()[-1]:
                dirty = True
            elif line == "sync":
                dirty = False
            elif line.startswith("mv "):
                self.assertFalse(dirty, line)
        self.assertGreater(len([line for line in lines if line.startswith("mv ") and PROGRAM in line]), 15)
        self.assertEqual(lines[-1], "sync")


class Damaged(Scene):
    """What is not whole is not run, and the log says so."""

    def setUp(self):
        super().setUp()
        self.ready()
        self.installed()
        self.gx.write("stub/sleep", "#!/bin/sh\necho would sleep $1\n", 0o755)

    def run_service(self):
        return self.gx.run("sh", "-c", "cd %s/service && exec sh ./run" % self.gx.path(PROGRAM)).stdout

    def test_program(self):
        binary = self.gx.path(PROGRAM + "/bin/pylontech-mqtt-" + MACHINE)
        with open(binary, "rb") as file:
            whole = file.read()
        for text in (b"", whole[:5000], whole[:-1] + b"x"):
            with open(binary + ".new", "wb") as file:
                file.write(text)
            os.chmod(binary + ".new", 0o755)
            os.rename(binary + ".new", binary)
            said = self.run_service()
            self.assertIn("error: %s is damaged or empty; install again; next look in 60 s" % binary, said)
            self.assertIn("would sleep 60", said)
        os.remove(binary)
        self.assertIn("error: there is no program for this machine", self.run_service())

    def test_scripts(self):
        for name in ("common.sh", "adapter.sh", "claim-port.sh"):
            with self.subTest(name):
                text = self.gx.read(PROGRAM + "/" + name)
                self.gx.write(PROGRAM + "/" + name, "")
                self.assertIn("pylontech-mqtt/%s is damaged or empty" % name, self.run_service())
                self.gx.write(PROGRAM + "/" + name, text, 0o755)


if __name__ == "__main__":
    unittest.main()
