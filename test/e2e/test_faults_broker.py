"""Fault matrix: the broker. The limits cannot get safe by a message then: the driver drops a battery that it does not
hear of. What counts is that the battery is read on, that nothing old is sent afterwards, and that it comes soon."""

import contextlib
import signal
import socket
import subprocess
import threading
import time
import unittest

from harness import BACK_S, patience
from matrix import Row
from mqtt import end_process

RECONNECT_S = 12           # the longest pause between two attempts, and the first document


class Mute:
    """Takes connections on the broker's port and never says a word."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.taken = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        with contextlib.suppress(OSError):
            while True:
                self.taken.append(self.listener.accept()[0])

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        for one in [self.listener] + self.taken:
            one.close()


class BrokerFaults(unittest.TestCase):
    def read_on(self, row, seconds):
        """The battery is read all the time."""
        before = row.sim.count("bat 1")
        row.watch(seconds)
        self.assertGreater(row.sim.count("bat 1"), before + seconds / 2, "the battery is not read meanwhile")
        self.assertTrue(row.daemon.running)

    def nothing_old(self, row):
        """No burst: at most the one that was on its way, the newest behind it, and the one whose time has come."""
        for name in ("pylon", "battery_1", "link", "status"):
            times = [m.time for m in row.subscriber.on(row.topic(name), row.mark)]
            self.assertLessEqual(len([t for t in times if t - min(times) < 0.9]), 3, "a burst on " + name)

    def test_absent_at_start(self):
        with Row("broker absent at start", broker=False, lost=()) as row:
            self.assertIsNotNone(row.daemon.wait_line("^warning: no connection to the broker", 5))
            row.began = time.monotonic()
            self.read_on(row, 6)
            self.assertEqual(len(row.daemon.matching("^warning")), 1)
            row.mend(row.broker_up)
            row.back(within_s=RECONNECT_S)
            self.nothing_old(row)

    def test_restarted(self):
        with Row("broker restarted", lost=()) as row:
            row.spoil(row.broker_down)
            row.mend(row.broker_up)
            row.back(within_s=RECONNECT_S)
            self.nothing_old(row)

    def test_killed(self):
        """Without a word, and away for a while."""
        with Row("broker killed, started again later", lost=()) as row:
            row.spoil(lambda: self.kill(row))
            self.read_on(row, 8)
            row.mend(row.broker_up)
            row.back(within_s=RECONNECT_S)
            self.nothing_old(row)

    def kill(self, row):
        row.broker.process.send_signal(signal.SIGKILL)
        row.broker.process.wait()
        row.broker_down()

    def test_hangs(self):
        with Row("broker hangs and goes on", lost=(), late_s=3) as row:
            row.spoil(lambda: row.broker_down("freeze"))
            self.read_on(row, 8)
            row.mend(row.broker_up)
            row.back(within_s=RECONNECT_S)
            self.nothing_old(row)

    def test_never_answers(self):
        """It takes the connection and says nothing, for as long as anybody waits."""
        with Row("broker accepts and never answers", lost=()) as row:
            row.spoil(row.broker_down)
            mute = Mute(row.broker.port)
            self.read_on(row, 20)
            self.assertGreaterEqual(len(mute.taken), 1)
            self.assertLessEqual(len(row.daemon.matching("^(warning|error)")), 3)
            mute.close()
            row.mend(row.broker_up)
            row.back(within_s=RECONNECT_S)
            self.nothing_old(row)

    def test_refuses_the_password(self):
        with Row("broker refuses the password", users={"battery": "s3cret-pass1"}, start=False, lost=()) as row:
            row.write_config({"mqtt": {"password": "wrong-word-77"}})
            row.spoil(row.start_daemon)
            refused = "^warning: no connection to the broker.*(refused|authori[sz]ed)"
            self.assertIsNotNone(row.daemon.wait_line(refused, 5))
            self.read_on(row, 6)
            self.assertEqual(len(row.daemon.matching("^warning")), 1)
            self.assertNotIn("wrong-word-77", row.daemon.log)
            self.assertEqual(row.subscriber.messages, [])
            row.mend(lambda: row.hangup({"mqtt": {"password": "s3cret-pass1"}}))
            row.back(within_s=RECONNECT_S)


class FullBrokerFaults(unittest.TestCase):
    def test_no_place(self):
        """As many clients as it may have: others took our place while it was away."""
        with Row("broker full: no more clients", lost=(), broker_options=("max_connections 2",)) as row:
            row.spoil(row.broker_down)
            other = self.take_the_place(row)
            self.assertIsNotNone(row.daemon.wait_line("broker", 5))
            row.watch(8)
            self.assertEqual(row.subscriber.on(row.topic("pylon"), row.now()), [])
            self.assertLessEqual(len(row.daemon.matching("^(warning|error)")), 3)
            row.mend(lambda: self.give_it_back(row, other))
            row.back(within_s=RECONNECT_S)

    def take_the_place(self, row):
        """A client that is there before the daemon, which is stopped for that moment."""
        row.daemon.send(signal.SIGSTOP)
        row.broker.start()
        other = subprocess.Popen(row.broker.client("mosquitto_sub", "-t", "nothing"), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(2)
        row.daemon.send(signal.SIGCONT)
        return other

    def give_it_back(self, row, other):
        end_process(other)
        row.gaps[-1] = (row.gaps[-1][0], time.monotonic() + BACK_S + RECONNECT_S)

    def test_too_large(self):
        """A quota that our documents exceed: it drops them without a word, and takes them when the quota is gone."""
        with Row("broker drops documents above its size quota", lost=()) as row:
            row.spoil(lambda: self.restart(row, ("message_size_limit 100",)))
            self.assertIsNotNone(row.subscriber.wait_for(
                lambda m: m.topic == row.topic("status"), patience(RECONNECT_S), row.mark))
            row.watch(4)
            self.assertEqual(row.subscriber.on(row.topic("pylon"), row.mark), [], "the quota does not work")
            row.mend(lambda: self.restart(row, ()))
            row.back(within_s=RECONNECT_S)

    def restart(self, row, options):
        row.broker_down()
        row.broker.options = options
        row.broker_up()


if __name__ == "__main__":
    unittest.main()
