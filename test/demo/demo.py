#!/usr/bin/python3
"""`make demo`: a simulated battery, a private broker and the daemon, shown for a minute.

Everything runs on the loopback, on a random port, in a folder of its own under /tmp, and is ended by
process id at the end, on Ctrl-C and on SIGTERM. On a terminal the view refreshes itself; elsewhere one
block is printed a pass.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e"), os.path.dirname(HERE)]

from daemon import BINARY, Daemon, write_config  # noqa: E402
from mqtt import Broker, Subscriber  # noqa: E402
from sim.simulator import Simulator  # noqa: E402
from sun import Sun  # noqa: E402
from view import screen  # noqa: E402

BASE = "victron-battery-middleware"
MODULES = 5
LOG_LINES = 3
REFRESH_S = 0.5
CLEAR, HOME, TO_END_OF_LINE, BELOW, HIDE, SHOW = "\x1b[2J", "\x1b[H", "\x1b[K", "\x1b[J", "\x1b[?25l", "\x1b[?25h"


class Newest:
    """The newest message of every topic."""

    def __init__(self, subscriber):
        self.subscriber = subscriber
        self.seen = 0
        self.payload = {}
        self.when = {}

    def update(self):
        with self.subscriber.changed:
            fresh = self.subscriber.messages[self.seen:]
            self.seen += len(fresh)
        for message in fresh:
            self.payload[message.topic[len(BASE) + 1:]] = message.payload
            self.when[message.topic[len(BASE) + 1:]] = message.time

    def document(self, name):
        return json.loads(self.payload[name]) if name in self.payload else None

    def module(self, address, silent_after_s=20.0):
        """A module's document; its topic falls silent when it is lost."""
        name = "battery_%d" % address
        young = time.monotonic() - self.when.get(name, -silent_after_s) < silent_after_s
        return self.document(name) if young else None


class Demo:
    def __init__(self, seconds):
        self.seconds = seconds
        self.folder = tempfile.mkdtemp(prefix="pylontech-demo-")
        self.broker = Broker(self.folder)
        self.subscriber = Subscriber(self.broker)
        self.newest = Newest(self.subscriber)
        self.sim = Simulator("extra2000", MODULES, asleep=True)
        self.sim.physics = Sun(self.sim.stack, self.limits)
        self.daemon = None

    def limits(self):
        """What the chargers of a GX system would be told now: CVL in mV, CCL of a module in mA."""
        bank = self.newest.document("pylon")
        if bank is None or bank["Info"]["MaxChargeVoltage"] is None:
            return None, None
        return 1000 * bank["Info"]["MaxChargeVoltage"], 1000 * bank["Info"]["MaxChargeCurrent"] / MODULES

    def start(self):
        self.broker.start()
        self.subscriber.start()
        self.sim.start()
        path = os.path.join(self.folder, "pylontech-mqtt.ini")
        write_config(path, {"mqtt": {"broker": "127.0.0.1", "port": self.broker.port, "topic_base": BASE},
                            "serial": {"port": self.sim.port}, "battery": {"addresses": "auto"},
                            "limits": {"memory_file": os.path.join(self.folder, "memory")},
                            "history": {"file": os.path.join(self.folder, "history")}})
        self.daemon = Daemon(path).start()
        self.began = time.monotonic()

    def stop(self):
        if self.daemon and self.daemon.running:
            self.daemon.stop()
        self.subscriber.stop()
        self.broker.stop()
        self.sim.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def state(self):
        self.newest.update()
        texts = [text for _, text in self.daemon.lines[-LOG_LINES:]]
        return {"elapsed_s": time.monotonic() - self.began, "seconds": self.seconds, "port": self.broker.port,
                "speed": self.sim.options.baud, "bank": self.newest.document("pylon"),
                "modules": {n: self.newest.module(n) for n in range(1, MODULES + 1)},
                "link": self.newest.document("link"), "log": texts,
                "status": self.newest.payload.get("status", b"unknown").decode()}

    def run(self, show):
        """Until the time is up; False when the daemon has ended by itself."""
        while time.monotonic() - self.began < self.seconds:
            if not self.daemon.running:
                print("the daemon has ended:\n" + self.daemon.log, file=sys.stderr)
                return False
            show(self.state())
            time.sleep(REFRESH_S)
        return True


class Terminal:
    """Redraws in place, so that nothing flickers."""

    def __enter__(self):
        sys.stdout.write(HIDE + CLEAR)
        return self

    def __call__(self, state):
        sys.stdout.write(HOME + "\n".join(line + TO_END_OF_LINE for line in screen(state)) + BELOW)
        sys.stdout.flush()

    def __exit__(self, *error):
        sys.stdout.write(SHOW + "\n")
        sys.stdout.flush()


class Plain:
    """One block a pass."""

    def __init__(self):
        self.passes = None

    def __enter__(self):
        print("five modules at 19200 baud: the first pass takes about ten seconds\n", flush=True)
        return self

    def __call__(self, state):
        passes = state["link"]["passes"] if state["link"] else 0
        if state["bank"] and passes != self.passes:
            self.passes = passes
            print("\n".join(screen(state)) + "\n", flush=True)

    def __exit__(self, *error):
        pass


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
        with Terminal() if sys.stdout.isatty() else Plain() as show:
            good = demo.run(show)
    except KeyboardInterrupt:
        pass
    finally:
        demo.stop()
    print("demo over: broker, simulated battery and daemon have been stopped")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
