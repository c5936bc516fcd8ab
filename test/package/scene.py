"""What most tests of the package do in a scratch root."""

import functools
import os
import shutil
import subprocess
import tempfile
import unittest

from gx import Gx


@functools.cache
def apart():
    """A command before another one: root in a mount namespace of its own. And why nothing can be mounted here, as in a
    container without the right to; None where it can."""
    for user in ([], ["--user", "--map-root-user"]):
        command = [shutil.which("unshare"), "--mount", *user]
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([*command, "mount", "-t", "tmpfs", "none", folder], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return command, None
    return None, "nothing can be mounted here: " + " ".join(done.stderr.split())


class Scene(unittest.TestCase):
    """A scratch root, and what most tests do in it."""

    def setUp(self):
        self.gx = Gx()
        self.addCleanup(self.gx.__exit__)

    def ready(self, **adapter):
        names = self.gx.add_adapter("ttyUSB0", **{"serial": "A1B2", **adapter})
        self.gx.unpack()
        return names

    def installed(self, *arguments):
        done = self.gx.install(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def refused(self, *arguments):
        done = self.gx.install(*arguments)
        self.assertEqual(done.returncode, 1, done.stdout)
        return done.stdout

    def assert_rc_local_restored(self, text):
        if text is None:
            self.assertFalse(os.path.exists(self.gx.path("data/rc.local")))
        elif text.startswith("#!") or not text:
            self.assertEqual(self.gx.read("data/rc.local").rstrip("\n"), text.rstrip("\n"))
        else:
            self.assertTrue(self.gx.read("data/rc.local").endswith(text))

    def assert_nothing_installed(self, before):
        """Nothing but the configuration, to answer in."""
        after = self.gx.tree()
        self.assertLessEqual(set(after) - set(before), {"data/conf/pylontech-mqtt.ini"})
        self.assertEqual([name for name in before if after.get(name) != before[name]], [])

    def in_small_data(self, state, *command):
        """Runs a command with /data on a small file system of its own that is full or read-only; its output, and the
        sums of the files that were there before and after."""
        command_before, why_not = apart()
        if why_not:
            self.skipTest(why_not)
        data = self.gx.path("data")
        steps = {"full": "dd if=/dev/zero of={0}/big bs=4096 2>/dev/null", "read-only": "mount -o remount,ro {0}"}[state].format(data)
        look = "find %s -type f ! -name big -exec sha256sum {} + | sort >%s-copy." % (data, data)
        script = "\n".join((
            "PATH=%s" % os.environ["PATH"], "mount -t tmpfs -o size=8m none %s" % data, "cp -a %s-copy/. %s/" % (data, data), steps,
            look + "before", '(export PATH=%s; "$@"; echo status $?)' % self.gx.env["PATH"], look + "after"))
        shutil.copytree(data, data + "-copy", symlinks=True)
        done = self.gx.run(*command_before, "/bin/sh", "-c", script, "sh", *command)
        before, after = (self.gx.read("data-copy." + when) for when in ("before", "after"))
        return done.stdout, before, after
