"""`pylontech-mqtt watch`: the live view on a terminal of 80 x 24, and the plain picture elsewhere."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from daemon import BINARY, WRAPPER, patience, run_once, write_config
from harness import Rig
from mqtt import free_port

PICTURE_S = 12                     # for what never becomes complete
ESCAPE = re.compile(r"\x1b(\[[?\d;]*[A-Za-z])")


class Screen:
    """A terminal of 80 x 24 with the program on it; knows what stands there now."""

    def __init__(self, *arguments, columns=80, rows=24):
        self.master, slave = pty.openpty()
        self.slave = slave             # kept open, to look at its mode afterwards
        self.resize(columns, rows, None)
        self.before = termios.tcgetattr(slave)
        self.bytes = b""
        environment = dict(os.environ, TERM="xterm")
        self.process = subprocess.Popen(WRAPPER + [BINARY, "watch"] + list(arguments), stdin=slave, stdout=slave,
                                        stderr=slave, env=environment, start_new_session=True)

    def resize(self, columns, rows, process):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if process:
            process.send_signal(signal.SIGWINCH)

    def read(self, seconds):
        """What comes within this time, at most."""
        if select.select([self.master], [], [], seconds)[0]:
            self.bytes += os.read(self.master, 65536)

    @property
    def lines(self):
        """The newest whole screen."""
        screens = self.bytes.decode("ascii").split("\x1b[H")
        whole = [s for s in screens[1:] if "\x1b[J" in s]
        return ESCAPE.sub("", whole[-1].split("\x1b[J")[0]).split("\r\n") if whole else []

    @property
    def text(self):
        return "\n".join(self.lines)

    def wait(self, pattern, timeout_s=15):
        """Until the newest screen matches."""
        until = time.monotonic() + patience(timeout_s)
        while not re.search(pattern, self.text):
            if time.monotonic() > until or self.process.poll() is not None:
                raise AssertionError("no %r on the screen:\n%s" % (pattern, self.text))
            self.read(0.2)
        return self.text

    def press(self, keys):
        os.write(self.master, keys)

    def ended(self):
        """The exit status, when everything that it said was read."""
        until = time.monotonic() + patience(5)
        while self.process.poll() is None and time.monotonic() < until:
            self.read(0.05)
        self.read(0.05)
        return self.process.poll()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for fd in (self.master, self.slave):
            os.close(fd)


class WatchTest(unittest.TestCase):
    def screen(self, *arguments, **size):
        screen = Screen(*arguments, **size)
        self.addCleanup(screen.close)
        return screen

    def check_restored(self, screen):
        """The mode of the terminal, its cursor and its screen are as they were."""
        self.assertEqual(termios.tcgetattr(screen.slave), screen.before)
        self.assertEqual(screen.bytes.count(b"\x1b[?1049h"), 1)
        self.assertTrue(screen.bytes.endswith(b"\x1b[?25h\x1b[?1049l"), screen.bytes[-40:])

    def test_live(self):
        """It fits, it follows the battery, keys choose the module, a new size is taken, q ends it."""
        with Rig(models="extra2000", modules=3) as rig:
            screen = self.screen("-c", rig.path)
            screen.wait("online.*\n.*\nBank   .#+")
            why = rig.wait_link(lambda link: "module" in (link["limits"]["discharge_current"] or ""))["limits"]
            bank = rig.wait_bank()
            screen.wait(re.escape("DCL  %7.1f A   %s\n" % (bank["Info.MaxDischargeCurrent"], why["discharge_current"])))
            self.assertTrue(why["charge_voltage"].startswith("Bulk"), why)
            screen.wait(re.escape("CVL  %7.2f V   %s\n" % (bank["Info.MaxChargeVoltage"], why["charge_voltage"])))
            screen.wait(r"\n> 1   [\s\S]*\n  3 [\s\S]*Module 1 [\s\S]*\nC1  3\.\d\d\d #")
            self.assertLessEqual(len(screen.lines), 24)
            self.assertLess(max(map(len, screen.lines)), 80)
            for key, chosen in ((b"3", 3), (b"p", 2), (b"\x1b[B", 3), (b"n", 3), (b"\x1bOA", 2), (b"1", 1), (b"9", 1)):
                screen.press(key)
                screen.wait(r"\n> %d " % chosen, timeout_s=2)
            screen.press(b"2")
            rig.sim.stack[2].cells_mv[4] = 3420
            screen.wait(r"\n> 2 .* 3\.420 C5 [\s\S]*C5  3\.420 #+\*")
            screen.resize(60, 14, screen.process)
            screen.wait(r"\A(.*\n){13}q: end.*\Z", timeout_s=2)
            self.assertLess(max(map(len, screen.lines)), 60)
            screen.press(b"q")
            self.assertEqual(screen.ended(), 0)
            self.check_restored(screen)
            self.assertNotIn(b"\x1b[2J", screen.bytes.split(b"\x1b[H", 1)[1])
            rig.wait_bank(since=rig.now())
            self.assertEqual(rig.broker.retained("e2e/status"), {"e2e/status": b"online"})

    def test_signals_restore_the_terminal(self):
        """Ctrl-C as the terminal sends it, and a kill; before anything was heard as well."""
        for how in ("ctrl-c", "term"):
            screen = self.screen("--broker", "127.0.0.1", "--port", str(free_port()))
            screen.wait("No broker .Connection refused., trying again")
            if how == "ctrl-c":
                screen.process.send_signal(signal.SIGINT)
            else:
                screen.process.terminate()
            self.assertEqual(screen.ended(), 0, how)
            self.check_restored(screen)

    def test_terminal_gone(self):
        """The SSH connection breaks: the program ends by itself."""
        with Rig(modules=1) as rig:
            screen = self.screen("-c", rig.path)
            screen.wait("online")
            os.close(screen.slave)
            os.close(screen.master)
            screen.master, screen.slave = os.open(os.devnull, os.O_RDWR), os.open(os.devnull, os.O_RDWR)
            self.assertIsNotNone(screen.process.wait(patience(5)))

    def test_broker_away_and_back(self):
        with Rig(modules=2) as rig:
            screen = self.screen("-c", rig.path)
            screen.wait("online")
            rig.broker_down()
            text = screen.wait(r"No broker \(.*\), trying again; last heard \d+ s ago")
            self.assertRegex(text, r"\nBank   \[#")
            rig.broker_up()
            screen.wait("\nonline ")

    def test_service_ends_and_comes_back(self):
        with Rig(modules=2) as rig:
            screen = self.screen("-c", rig.path)
            screen.wait("online")
            self.assertEqual(rig.daemon.stop(), 0)
            screen.wait(r"The service has been offline for \d+ s; last heard \d+ s ago", timeout_s=25)
            rig.start_daemon()
            screen.wait("\nonline ")

    def test_module_lost(self):
        """A module that falls silent is said to be, with the age of its values; the bank's alarm shows."""
        with Rig(modules=3, constants={"max_age_s": "2", "offline_patience_s": "0.3"}) as rig:
            screen = self.screen("-c", rig.path)
            screen.wait("online")
            rig.sim.fault("silence", module=2)
            screen.wait(r"\n  2   does not answer; its last values are \d+ s old")
            screen.wait(r"\nAlarms warning BmsCable")

    def test_sixteen(self):
        """All sixteen are within reach on 24 lines."""
        with Rig(models="us5000", modules=16) as rig:
            rig.wait_module(16)
            screen = self.screen("-c", rig.path)
            screen.wait(r"7 of 16 shown$")
            screen.press(b"9" + b"n" * 7)
            screen.wait(r"\n>16 [\s\S]*Module 16 ")
            self.assertLessEqual(len(screen.lines), 24)


class PictureTest(unittest.TestCase):
    def picture(self, *arguments):
        began = time.monotonic()
        done = run_once(["watch", *arguments])
        self.assertTrue((done.stdout + done.stderr).isascii())
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        return done, time.monotonic() - began

    def test_picture(self):
        """Not a terminal: all modules, once, without control characters; soon after everything was heard."""
        with Rig(models="us5000", modules=16) as rig:
            rig.wait_module(16)
            done, _ = self.picture("-c", rig.path)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(len(re.findall(r"(?m)^[> ] ?\d+   .* \d+\.\d+ +\d+ s$", done.stdout)), 16, done.stdout)
            self.assertRegex(done.stdout, r"\nonline ")
            self.assertEqual(max(map(len, done.stdout.split("\n"))) <= 80, True)

    def test_login_by_options(self):
        """Beside any configuration: broker, user, password file and base from the command line."""
        with Rig(modules=1, users={"reader": "s3cret"}) as rig:
            rig.wait_bank()
            password = os.path.join(rig.folder, "password")
            write_config(password, "s3cret\n")
            options = ["--broker", "127.0.0.1", "--port", str(rig.broker.port), "--topic-base", "e2e"]
            done, _ = self.picture(*options, "--username", "reader", "--password-file", password)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            done, took = self.picture(*options)
            self.assertEqual(done.returncode, 111)
            self.assertRegex(done.stdout, r"No broker \(.*Refused.*\), trying again; nothing was heard")
            self.assertLess(took, patience(PICTURE_S + 3))

    def test_nobody_there(self):
        """A broker without the service: says so, and shows not one value."""
        with Rig(start=False) as rig:
            done, took = self.picture("-c", rig.path)
            self.assertEqual(done.returncode, 111)
            self.assertIn("Waiting: the service has said nothing yet.", done.stdout)
            self.assertNotRegex(done.stdout.partition("\n")[2], r"\d")
            self.assertLess(took, patience(PICTURE_S + 3))

    def test_refused(self):
        """Options that cannot be, and a file that is not there: 100 and a sentence."""
        for arguments, words in ((["--port", "0"], "command line: [mqtt] port = 0: must be "), (["--broker", ""], "[mqtt] broker = "),
                                 (["-c", "/nowhere/x.ini"], "/nowhere/x.ini"), (["extra"], "'extra'"),
                                 (["--password-file", "/nowhere/p"], "/nowhere/p")):
            done, _ = self.picture(*arguments)
            self.assertEqual(done.returncode, 100, arguments)
            self.assertIn(words, done.stderr)

    def test_pipe_that_breaks(self):
        """`watch | true`: no message, no signal."""
        with Rig(modules=1) as rig:
            rig.wait_bank()
            read, write = os.pipe()
            os.close(read)
            process = subprocess.Popen(WRAPPER + [BINARY, "watch", "-c", rig.path], stdin=subprocess.DEVNULL,
                                       stdout=write, stderr=subprocess.PIPE)
            os.close(write)
            said = process.communicate(timeout=patience(20))[1]
            self.assertEqual((process.returncode, said), (111, b""))

    def test_once_on_a_terminal(self):
        with Rig(modules=1) as rig:
            rig.wait_bank()
            screen = Screen("-c", rig.path, "--once")
            self.addCleanup(screen.close)
            until = time.monotonic() + patience(15)
            while screen.process.poll() is None and time.monotonic() < until:
                screen.read(0.1)
            screen.read(0.1)
            self.assertEqual(screen.process.poll(), 0)
            self.assertNotIn(b"\x1b", screen.bytes)
            self.assertIn(b"\r\nonline ", screen.bytes)


if __name__ == "__main__":
    unittest.main()
