"""As many polls as a battery sees in weeks, unpaced, with faults: memory, descriptors and threads stay as they are.

POLLS=N says how many (`make check` takes some seconds of it, `make check-long` a million). A poll is a whole pass over
the console's commands of one module, as the responder (test/faults/responder.c) counts them.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import unittest

from daemon import BUILD, ROOT, Daemon, patience, write_config
from document import Document, parse
from contract import Settings
from mqtt import Broker, Subscriber, end_process

POLLS = int(os.environ.get("POLLS", "8000"))
RATE = 2000 if POLLS < 100000 else 10000       # one reply in so many is damaged; each costs up to a second
WARM = 0.2                 # of the polls, before memory is compared
GROWTH_KB = 32             # of the resident memory that is not the program's file
SAMPLE_S = 0.1 if POLLS < 100000 else 0.5
STALLED_S = 60.0


class Responder:
    def __init__(self, rate, seed):
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "test", "responder"), os.path.join(ROOT, "test", "fixtures"), str(rate), str(seed)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self.process.stdout.readline().strip()

    def counts(self):
        """{"polls", "commands", "faults"}"""
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        words = self.process.stdout.readline().split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def stop(self):
        self.process.stdin.close()
        end_process(self.process)
        self.process.stdout.close()


def show(text):
    """The long run is watched."""
    if POLLS >= 100000:
        print(text, file=sys.stderr, flush=True)


def sample(pid):
    """What must not grow: memory in kB, descriptors, threads."""
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return {"kb": int(fields["RssAnon"].split()[0]), "threads": int(fields["Threads"]),
            "descriptors": len(os.listdir("/proc/%d/fd" % pid))}


class SoakTest(unittest.TestCase):
    @contextlib.contextmanager
    def running(self):
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pylontech-soak-"))
            self.broker = Broker(folder)
            stack.callback(self.broker.stop)
            self.broker.start()
            self.subscriber = Subscriber(self.broker)
            stack.callback(self.subscriber.stop)
            self.subscriber.start()
            self.responder = Responder(RATE, 1)
            stack.callback(self.responder.stop)
            path = os.path.join(folder, "config.ini")
            write_config(path, {
                "mqtt": {"broker": "127.0.0.1", "port": self.broker.port, "topic_base": "soak"},
                "serial": {"port": self.responder.port, "baud": 115200, "reading_freq": "0"},
                "battery": {"addresses": "1"}, "limits": {"memory_file": os.path.join(folder, "memory")}})
            self.daemon = Daemon(path)
            stack.callback(self.daemon.kill)
            self.daemon.start()
            yield

    def poll(self):
        """Until enough polls are done: [(polls, sample)]."""
        samples, moved = [], time.monotonic()
        while not samples or samples[-1][0] < POLLS:
            time.sleep(SAMPLE_S)
            self.assertTrue(self.daemon.running, self.daemon.log[-2000:])
            polls = self.responder.counts()["polls"]
            if not samples or polls > samples[-1][0]:
                moved = time.monotonic()
            self.assertLess(time.monotonic() - moved, patience(STALLED_S), self.daemon.log[-2000:])
            if polls * 10 // POLLS > (samples[-1][0] * 10 // POLLS if samples else 0):
                show("%d polls: %s" % (polls, sample(self.daemon.process.pid)))
            samples.append((polls, sample(self.daemon.process.pid)))
        return samples

    def banks(self):
        return [Document(parse(m.payload), True, Settings()).flat for m in self.subscriber.on("soak/pylon")]

    def test_no_growth(self):
        with self.running():
            began = time.monotonic()
            samples = self.poll()
            took, counts = time.monotonic() - began, self.responder.counts()
            warm = [s for polls, s in samples if polls >= WARM * POLLS]
            first, last = warm[0], samples[-1][1]
            show("%d polls, %d commands, %d damaged replies in %.0f s; at first %s, at last %s, most %s" % (
                counts["polls"], counts["commands"], counts["faults"], took, first, last,
                {key: max(s[key] for s in warm) for key in first}))
            self.assertGreaterEqual(len(warm), 5)
            self.assertGreater(counts["faults"], POLLS // RATE)
            for name in ("threads", "descriptors"):
                self.assertEqual({s[name] for s in warm}, {first[name]})
            self.assertLessEqual(max(s["kb"] for s in warm), first["kb"] + GROWTH_KB)
            self.values(took)
            self.assertEqual(self.daemon.stop(), 0)

    def values(self, took_s):
        """Nothing but what the battery is, and nobody was lost for long. A bank comes every 1 to 5 seconds."""
        banks = self.banks()
        self.assertGreaterEqual(len(banks), 1 + int(took_s / 5))
        for bank in banks:
            self.assertLessEqual(bank["Info.MaxChargeVoltage"], 52.5)
            self.assertLessEqual((bank["Info.MaxChargeCurrent"], bank["Info.MaxDischargeCurrent"]), (50, 50))
            self.assertIn(bank["System.MaxCellVoltage"], (3.419,))
            self.assertTrue(-4.405 < bank["Dc.Current"] < -4.29, bank["Dc.Current"])
        self.assertEqual([b["Alarms.BmsCable"] for b in banks if b["Alarms.BmsCable"]], [])


if __name__ == "__main__":
    unittest.main()
