"""`make demo` as a person sees it: with and without a terminal, ended early, and nothing left behind."""

import fcntl
import glob
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest

from daemon import ROOT, patience

DEMO = os.path.join(ROOT, "test", "demo", "demo.py")
FIRST_BANK_S = 12                  # five modules at 19200 baud, woken first
PASS_S = 16                        # the next, with the `pwr` table between the slow replies


def command_lines():
    """What runs on this machine, as far as it may be seen."""
    lines = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                lines.append(file.read().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return lines


class DemoTest(unittest.TestCase):
    def start(self, seconds, **streams):
        command = [sys.executable, DEMO, "--seconds", str(seconds)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **streams)
        self.addCleanup(process.kill)
        return process

    def folder(self, process):
        """The temporary folder of this demo, found by the broker that it runs."""
        until = time.monotonic() + patience(10)
        while time.monotonic() < until and process.poll() is None:
            with open("/proc/%d/task/%d/children" % (process.pid, process.pid), encoding="ascii") as file:
                children = file.read().split()
            for child in children:
                with open("/proc/%s/cmdline" % child, "rb") as file:
                    found = re.search(rb"/tmp/pylontech-demo-\w+", file.read())
                if found:
                    return found.group(0).decode()
            time.sleep(0.1)
        self.fail("the demo runs nothing")

    def nothing_left(self, folder):
        self.assertFalse(os.path.exists(folder), "its folder is still there")
        self.assertEqual([line for line in command_lines() if folder in line], [])

    def test_without_a_terminal(self):
        """One picture a pass: the bank, five modules, alarms, status; no control characters."""
        process = self.start(patience(FIRST_BANK_S) + PASS_S + 4, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        folder = self.folder(process)
        text = process.communicate(timeout=patience(60))[0].decode("ascii")
        self.assertEqual(process.returncode, 0, text)
        self.assertGreaterEqual(len(re.findall(r"(?m)^online   pass \d+\.\d s at 19200 baud", text)), 2, text)
        self.assertNotIn("\x1b", text)
        self.assertRegex(text, r"(?m)^Bank   \[#+\.*\] +\d+\.\d % +\d\d\.\d\d V +[+-]\d+\.\d\d A +[+-]\d+ W$")
        for limit in ("CVL", "CCL", "DCL"):
            self.assertRegex(text, r"(?m)^%s +\d+\.\d+ [VA]   \w+" % limit)
        for address in range(1, 6):
            self.assertRegex(text, r"(?m)^[> ] %d +\d+ %% " % address)
        self.assertRegex(text, "(?m)^Alarms ")
        self.nothing_left(folder)

    def on_a_terminal(self, process, master, seconds):
        """What it shows, and the folder that it uses."""
        shown, until = b"", time.monotonic() + seconds
        folder = self.folder(process)
        while time.monotonic() < until and process.poll() is None:
            shown += self.rest(master)
        return shown, folder

    def test_on_a_terminal(self):
        """The view fits 80 x 24, draws itself anew in place, and gives the cursor back on Ctrl-C."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = self.start(60, stdout=slave, stderr=slave, env=dict(os.environ, TERM="xterm"))
        os.close(slave)
        shown, folder = self.on_a_terminal(process, master, patience(FIRST_BANK_S) + 4)
        process.send_signal(signal.SIGINT)
        while process.poll() is None:
            shown += self.rest(master)
        shown += self.rest(master)
        self.assertEqual(process.returncode, 0)
        *screens, last = re.sub(r"\x1b\[[\d;]*[Km]", "", shown.decode("ascii")).split("\x1b[H")[1:]
        self.assertGreater(len(screens), 10)
        for screen in screens:
            lines = screen.partition("\x1b[J")[0].split("\r\n")
            self.assertLessEqual(len(lines), 24)
            self.assertLessEqual(max(map(len, lines)), 80)
        self.assertIn("\nonline ", screens[-1])
        self.assertIn("\x1b[?25h", last)
        self.nothing_left(folder)

    def test_on_a_terminal_without_a_view(self):
        """Where `watch` draws once and ends, the demo goes on, with a picture a pass."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        process = self.start(patience(FIRST_BANK_S) + 4, stdout=slave, stderr=slave, env=dict(os.environ, TERM="dumb"))
        os.close(slave)
        shown, folder = self.on_a_terminal(process, master, patience(60))
        shown = (shown + self.rest(master)).decode("ascii")
        self.assertEqual(process.wait(10), 0)
        self.assertRegex(shown, r"(?m)^online   pass \d+\.\d s at 19200 baud")
        self.assertIn("demo over", shown)
        self.assertNotIn("\x1b", shown)
        self.nothing_left(folder)

    @staticmethod
    def rest(master):
        """What the other side still says; nothing when it is gone."""
        try:
            return os.read(master, 65536)
        except OSError:
            return b""

    def test_ended_early(self):
        """SIGTERM before anything was read."""
        process = self.start(60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        folder = self.folder(process)
        time.sleep(1)
        process.terminate()
        text = process.communicate(timeout=patience(10))[0].decode("ascii")
        self.assertEqual(process.returncode, 0, text)
        self.nothing_left(folder)


if __name__ == "__main__":
    unittest.main()
