"""--supervised: the program waits before it ends, so that a supervisor's restart at once does not spin."""

import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from gx import NATIVE

BROKEN = "[serial]\nport = /dev/null\nbaud = fast\n"
LOST = "[mqtt]\nactive = no\n[serial]\nport = %s/nothing\n"
LONGEST_S = 40


class Supervised(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, text, *options):
        path = os.path.join(self.folder, "config.ini")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        process = subprocess.Popen([NATIVE, "-c", path, *options], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        guard = threading.Timer(LONGEST_S, process.kill)
        guard.start()
        self.addCleanup(guard.cancel)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_line(self, process, part):
        for line in process.stderr:
            if part in line:
                return
        self.fail("it did not say %r" % part)

    def test_a_signal_ends_the_wait_at_once(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with self.subTest(number):
                process = self.start(BROKEN, "--supervised")
                self.wait_line(process, "waiting 60 s")
                time.sleep(1.5)
                self.assertIsNone(process.poll())
                began = time.monotonic()
                process.send_signal(number)
                self.assertEqual(process.wait(5), 100)
                self.assertLess(time.monotonic() - began, 1)
                self.assertEqual(process.stderr.read(), "")

    def test_ten_seconds_after_a_lost_port(self):
        process = self.start(LOST % self.folder, "--supervised", "--once")
        self.wait_line(process, "waiting 10 s")
        began = time.monotonic()
        self.assertEqual(process.wait(20), 111)
        self.assertAlmostEqual(time.monotonic() - began, 10, delta=1)

    def test_no_wait_without_it(self):
        for text, status in ((BROKEN, 100), (LOST % self.folder, 111)):
            process = self.start(text, "--once")
            self.assertEqual(process.wait(10), status)
            self.assertNotIn("waiting", process.stderr.read())

    def test_no_wait_after_a_request(self):
        process = self.start(LOST % self.folder, "--supervised")
        self.wait_line(process, "reads the battery")
        time.sleep(0.3)
        process.terminate()
        self.assertEqual(process.wait(5), 0)


if __name__ == "__main__":
    unittest.main()
