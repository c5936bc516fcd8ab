"""That the benchmark runs and what it writes, not what it measures: nothing here judges a time."""

import json
import os
import subprocess
import sys
import tempfile
import termios
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import table  # noqa: E402
from sim.simulator import Simulator  # noqa: E402
from traffic import Exchange, cycles, exchanges, figures, mark, needed_s  # noqa: E402

RATIOS = ("cycle_s", "cpu_ms_a_cycle", "rss_kb", "wakeups_a_s")


def exchange(at, text, size):
    return Exchange(at, text, len(text) + 1, size - len(text) - 1)


class TrafficTest(unittest.TestCase):
    """Passes out of a record of commands."""

    def passes(self, count, pause_s=0.0):
        found, at = [], 100.0
        for _ in range(count):
            for text, size in (("pwr", 400), ("pwr 1", 1000), ("bat 1", 1600), ("pwr 2", 1000), ("bat 2", 1600)):
                found.append(exchange(at, text, size))
                at += size * 10 / 19200
            at += pause_s
        return found

    def test_a_line_that_is_never_silent(self):
        result = figures(self.passes(4), 19200, "bat 1")
        self.assertAlmostEqual(result["over_wire"], 1.0)
        self.assertAlmostEqual(result["cycle_s"], 5600 / 1920)
        self.assertAlmostEqual(result["table_share"], 400 / 5600)
        self.assertEqual((result["cycles"], result["bytes_a_cycle"]), (3, 5600))

    def test_a_pause_counts(self):
        self.assertAlmostEqual(figures(self.passes(4, 5600 / 1920), 19200, "bat 1")["over_wire"], 2.0)

    def test_where_a_pass_begins(self):
        def named(texts):
            return [exchange(n, text, 100) for n, text in enumerate(texts.split(","))]

        self.assertEqual(mark(self.passes(3)), "bat 1")
        self.assertIsNone(mark(self.passes(2)))
        self.assertIsNone(mark(named("pwr,pwr 1,pwr,pwr,pwr")))
        self.assertEqual(mark(named("pwr 1,bat 1,getpwr 1,getpwr 1,getpwr 1,pwr 1")), "getpwr 1")
        self.assertEqual(mark(named("info,pwr,pwr,pwr")), "pwr")
        self.assertEqual(len(cycles(self.passes(4), "pwr 2")), 3)
        self.assertEqual(cycles(self.passes(4), "getpwr 1"), [])

    def test_nothing_comes_back(self):
        self.assertIsNone(figures(self.passes(1), 19200, "bat 1"))

    def test_every_byte_is_counted(self):
        with Simulator("extra2000", 2, paced=False) as sim:
            sim.wire.trace = []
            fd = os.open(sim.port, os.O_RDWR | os.O_NOCTTY)
            self.addCleanup(os.close, fd)
            attributes = termios.tcgetattr(fd)
            attributes[4] = attributes[5] = getattr(termios, "B%d" % sim.options.baud)
            termios.tcsetattr(fd, termios.TCSANOW, attributes)
            for command in (b"\n", b"pwr\n", b"bat 1\n", b"nonsense\n"):
                os.write(fd, command)
                reply = b""
                while not reply.endswith(b">"):
                    reply += os.read(fd, 65536)
            time.sleep(0.2)            # the wire counts a block behind its writing
            found = exchanges(sim)
            self.assertEqual(sum(one.bytes_in for one in found), sim.wire.bytes_in)
            self.assertEqual(sum(one.bytes_out for one in found), sim.wire.bytes_out)

    def test_what_a_bank_needs(self):
        found = self.passes(2) + [exchange(90.0, "info 1", 1000), exchange(90.1, "stat 1", 5000)]
        self.assertAlmostEqual(needed_s(found, 200.0, 19200), 6600 / 1920)
        self.assertAlmostEqual(needed_s(found, 100.1, 19200), 1400 / 1920)


class BenchTest(unittest.TestCase):
    def test_one_row_beside_a_stand_in(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "bench.json")
            reference = os.path.join(HERE, "stand_in.py") + " {tty} {port} {baud} {modules}"
            done = subprocess.run([sys.executable, os.path.join(HERE, "bench.py"), "--smoke", "--out", out],
                                  env=dict(os.environ, REFERENCE=reference), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)
            with open(out, encoding="ascii") as file:
                result = json.load(file)
            readme = os.path.join(folder, "README.md")
            with open(readme, "w", encoding="ascii") as file:
                file.write("before\n%s\nold\n%s\nafter\n" % (table.START, table.END))
            table.into_readme(readme, result)
            with open(readme, encoding="ascii") as file:
                text = file.read()
        self.check(result)
        self.assertIn("ours / reference", done.stdout)
        self.assertIn(table.text(result), text)
        self.assertTrue(text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text)

    def check(self, result):
        row, = result["rows"]
        self.assertEqual((row["modules"], row["baud"]), (1, 115200))
        for who in ("ours", "reference"):
            with self.subTest(who=who):
                of = row[who]
                self.assertGreaterEqual(of["over_wire"], 0.99)     # nobody is faster than the wire
                self.assertGreaterEqual(of["over_wire"], of["over_wire_and_adapter"])
                self.assertGreaterEqual(of["cycles"], 3)
                self.assertGreater(of["bytes_a_cycle"], 1000)
                self.assertGreaterEqual(of["reaction"]["all"]["changes"], 1)
                self.assertEqual(of["reaction"]["all"]["missed"], 0)
                self.assertGreater(of["reaction"]["all"]["worst_s"], 0)
                self.assertGreaterEqual(of["peak_kb"], of["rss_kb"])
                for name in RATIOS:
                    self.assertGreater(of[name], 0, name)


if __name__ == "__main__":
    unittest.main()
