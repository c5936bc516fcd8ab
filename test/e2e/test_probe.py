"""`probe`: what it says of a battery, of what is none, and of a port that it may not touch.

A port is always named: the real ports of the machine that runs the tests are nobody's to try. The list of them is
looked at in test_ports.c.
"""

import contextlib
import json
import os
import pty
import re
import threading
import time
import tty
import unittest

from daemon import WRAPPER, run_once, write_config
from harness import Rig
from sim.console import WAKE_FRAME

LONG_S = 60


@contextlib.contextmanager
def other_device(answer):
    """A pty with something that is no battery: `answer(read)` gives what to send, again and again."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    stop = threading.Event()

    def run():
        while not stop.wait(0.05):
            try:
                read = os.read(master, 4096)
            except (BlockingIOError, OSError):
                read = b""
            with contextlib.suppress(BlockingIOError):
                os.write(master, answer(read))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        stop.set()
        thread.join()
        os.close(master)
        os.close(slave)


class Case(unittest.TestCase):
    def rig(self, models="us2kbpl", modules=2, start=False, **options):
        return Rig(models=models, modules=modules, start=start, **options)

    def probe(self, port, status=0):
        done = run_once(["probe", port], LONG_S)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def probe_json(self, port, status=0):
        done = run_once(["probe", port, "--json"], LONG_S)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual(len(document), 1)
        return document[0]


class BatteryTest(Case):
    def test_in_words(self):
        with self.rig(models="extra2000", modules=5, asleep=True) as rig:
            said = self.probe(rig.sim.port)
            self.assertIn("  prompt pylon> at 19200 after waking, 5 modules, EXTRA2000, firmware B62.4, login not needed\n",
                          said)
            self.assertIn("    [serial]\n    port = %s\n    baud = 19200\n" % rig.sim.port, said)

    def test_its_configuration_works(self):
        with self.rig(link=True) as rig:
            lines = self.probe(rig.link).split("For the configuration:\n")[1]
            path = os.path.join(rig.folder, "found.ini")
            write_config(path, re.sub("(?m)^ +", "", lines))
            done = run_once(["-c", path, "--once"], LONG_S)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout)["System"]["NrOfModulesOnline"], 2)

    def test_json(self):
        with self.rig(models=["us5000", "us2000c"], own_layouts=True, baud=9600) as rig:
            found = self.probe_json(rig.sim.port)
            modules = [dict(address=n, name=m.device_name, firmware=m.firmware, barcode=m.barcode, cells=15)
                       for n, m in enumerate(rig.sim.stack, 1)]
            text = found.pop("text")
            self.assertEqual(found, {
                "port": rig.sim.port, "device": rig.sim.port, "description": None, "maker": None, "usb": None,
                "serial": None, "result": "battery", "baud": 9600, "prompt": "pylon", "woken": False, "login": False,
                "modules": modules})
            self.assertIn("2 modules, " + rig.sim.stack[1].device_name, text)

    def test_login(self):
        with self.rig(login_required=True) as rig:
            self.assertIn("login needed (done by itself)", self.probe(rig.sim.port))

    def test_only_reads(self):
        with self.rig(asleep=True) as rig:
            self.probe(rig.sim.port)
            lines = set(rig.sim.written.replace(WAKE_FRAME, b"").split(b"\n"))
            self.assertEqual(lines, {b"", b"pwr", b"pwrsys", b"getpwr 1"} | {
                b"%s %d" % (word, n) for word in (b"info", b"pwr", b"bat", b"stat") for n in (1, 2)})

    def test_sixteen(self):
        with self.rig(models="us2000c", modules=16) as rig:
            self.assertIn(", 16 modules, ", self.probe(rig.sim.port))


class HeldTest(Case):
    def test_by_the_service(self):
        """Who has it is said, and the port is not touched."""
        with self.rig(start=True) as rig:
            rig.wait_bank()
            before = rig.sim.written
            said = self.probe(rig.sim.port, 111)
            self.assertIn("is taken by another program", said)
            if not WRAPPER:
                self.assertIn("pylontech-mqtt (pid %d)" % rig.daemon.process.pid, said)
            self.assertEqual(self.probe_json(rig.sim.port, 111)["result"], "held")
            rig.wait_bank(since=rig.now())
            self.assertNotIn(b"\n\n", rig.sim.written[len(before) - 1:])     # nobody knocked meanwhile
            self.assertNotIn(WAKE_FRAME, rig.sim.written)
            self.assertEqual(rig.daemon.matching("^(warning|error)"), [])


class NoBatteryTest(Case):
    def test_missing(self):
        found = self.probe_json("/dev/tty-that-is-not-there", 111)
        self.assertEqual(found["result"], "missing")
        self.assertIn("is missing", found["text"])
        self.assertNotIn("modules", found)

    def test_no_port_at_all(self):
        with self.rig() as rig:
            self.assertEqual(self.probe_json(rig.path, 111)["result"], "not-serial")

    def test_silence(self):
        with self.rig(baud=57600) as rig:
            said = self.probe(rig.sim.port, 111)
            self.assertIn("no byte came, even after waking", said)
            self.assertNotIn("For the configuration", said)

    def test_garbage(self):
        with self.rig(baud=57600, garbage_at_wrong_speed=True) as rig:
            found = self.probe_json(rig.sim.port, 111)
            self.assertEqual(found["result"], "garbage")
            self.assertIn("bytes but no text: a wrong speed, or a TTL cable on an RS232 port", found["text"])

    def test_high_voltage(self):
        with self.rig(models="force_h2", modules=1) as rig:
            found = self.probe_json(rig.sim.port, 111)
            self.assertEqual((found["result"], found["modules"]), ("high-voltage", []))
            self.assertIn("this program cannot read it", found["text"])

    def test_console_of_another_kind(self):
        """A prompt, and whatever is asked is refused."""
        def refuse(read):
            return b"".join(line + b"\n\r@\r\r\nUnknown command\r\n\r$$\r\n\rbox>" if line.strip() else b"\r\n\rbox>"
                            for line in read.split(b"\n")[:-1])

        with other_device(refuse) as port:
            found = self.probe_json(port, 111)
        self.assertIn(found["result"], ("console", "login"))
        self.assertEqual((found["prompt"], found["modules"]), ("box", []))

    def test_ve_direct(self):
        began = time.monotonic()

        def speak(_):
            return b"\r\nPID\t0xA053\r\nV\t%d\r\n" % (12000 + int(time.monotonic() - began))

        with other_device(speak) as port:
            found = self.probe_json(port, 111)
        self.assertEqual(found["result"], "other")
        self.assertIn("VE.Direct", found["text"])

    def test_loop(self):
        """RX on TX."""
        with other_device(lambda read: read) as port:
            found = self.probe_json(port, 111)
        self.assertEqual(found["result"], "other")
        self.assertIn("hears itself", found["text"])


class WordTest(Case):
    def test_refused(self):
        for arguments in (["probe", "a", "b"], ["probe", "a", "--once"], ["probe", "a", "-c", "b"], ["--json"]):
            done = run_once(arguments)
            self.assertEqual((done.returncode, done.stdout), (100, ""), arguments)


if __name__ == "__main__":
    unittest.main()
