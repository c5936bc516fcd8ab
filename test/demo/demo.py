#!/usr/bin/python3
"""`make demo`: a simulated battery, a private broker and the daemon, watched for a minute.

Everything runs on the loopback, on a random port, in a folder of its own under /tmp, and is ended by
process id at the end, on Ctrl-C, on SIGTERM and when the view is left by `q`. What is shown is the program's own
`watch`: live on a terminal, elsewhere one picture a pass.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e"), os.path.dirname(HERE)]

from daemon import BINARY, Daemon, write_config  # noqa: E402
from mqtt import Broker, Subscriber, end_process  # noqa: E402
from sim.simulator import Simulator  # noqa: E402
from sun import Sun  # noqa: E402

BASE = "victron-battery-middleware"
MODULES = 5
LOOK_S = 0.2


class Newest:
    """The newest document of a topic."""

    def __init__(self, subscriber, name):
        self.subscriber, self.topic = subscriber, BASE + "/" + name
        self.seen = 0
        self.document = None

    def update(self):
        with self.subscriber.changed:
            fresh = self.subscriber.messages[self.seen:]
            self.seen += len(fresh)
        for message in fresh:
            if message.topic == self.topic:
                self.document = json.loads(message.payload)
        return self.document


class Demo:
    def __init__(self, seconds):
        self.seconds = seconds
        self.folder = tempfile.mkdtemp(prefix="pylontech-demo-")
        self.path = os.path.join(self.folder, "pylontech-mqtt.ini")
        self.broker = Broker(self.folder)
        self.subscriber = Subscriber(self.broker)
        self.bank = Newest(self.subscriber, "pylon")
        self.link = Newest(self.subscriber, "link")
        self.sim = Simulator("extra2000", MODULES, asleep=True)
        self.sim.physics = Sun(self.sim.stack, self.limits)
        self.daemon = self.watch = None

    def limits(self):
        """What the chargers of a GX system would be told now: CVL in mV, CCL of a module in mA."""
        bank = self.bank.update()
        if bank is None or bank["Info"]["MaxChargeVoltage"] is None:
            return None, None
        return 1000 * bank["Info"]["MaxChargeVoltage"], 1000 * bank["Info"]["MaxChargeCurrent"] / MODULES

    def start(self):
        self.broker.start()
        self.subscriber.start()
        self.sim.start()
        write_config(self.path, {
            "mqtt": {"broker": "127.0.0.1", "port": self.broker.port, "topic_base": BASE},
            "serial": {"port": self.sim.port}, "battery": {"addresses": "auto"},
            "limits": {"memory_file": os.path.join(self.folder, "memory")},
            "history": {"file": os.path.join(self.folder, "history")}})
        self.daemon = Daemon(self.path).start()
        self.until = time.monotonic() + self.seconds

    def stop(self):
        end_process(self.watch)
        if self.daemon and self.daemon.running:
            self.daemon.stop()
        self.subscriber.stop()
        self.broker.stop()
        self.sim.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def over(self):
        return time.monotonic() > self.until or not self.daemon.running

    def start_watch(self):
        self.watch = subprocess.Popen([BINARY, "watch", "-c", self.path])

    def live(self):
        """On a terminal, until the time is up or somebody leaves the view."""
        self.start_watch()
        while not self.over and self.watch.poll() is None:
            time.sleep(LOOK_S)

    def pictures(self):
        """One a pass."""
        passes = 0
        print("five modules at 19200 baud: the first pass takes about ten seconds\n", flush=True)
        while not self.over:
            link = self.link.update()
            if self.bank.document and link and link["passes"] != passes:
                passes = link["passes"]
                self.start_watch()
                self.watch.wait()
                print(flush=True)
            time.sleep(LOOK_S)

    def run(self):
        """False when the daemon has ended by itself."""
        (self.live if has_live_view() else self.pictures)()
        end_process(self.watch)
        if not self.daemon.running:
            print("the daemon has ended:\n" + self.daemon.log, file=sys.stderr)
        return self.daemon.running


def has_live_view():
    """Whether `watch` goes on by itself on this output, as watch_terminal_there() decides."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def interrupt(*unused):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description="A simulated battery, a private broker and the daemon.")
    parser.add_argument("--seconds", type=float, default=60, help="how long to show it (60)")
    options = parser.parse_args()
    if not os.access(BINARY, os.X_OK):
        print("no program at %s: run make first" % BINARY, file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, interrupt)
    demo = Demo(options.seconds)
    good = True
    try:
        demo.start()
        good = demo.run()
    except KeyboardInterrupt:
        pass
    finally:
        demo.stop()
    print("demo over: broker, simulated battery and daemon have been stopped")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
