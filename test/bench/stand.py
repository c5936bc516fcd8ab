"""One program on one simulated battery with a broker of its own, as quiet as this machine allows."""

import contextlib
import dataclasses
import json
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "e2e"), os.path.dirname(HERE)]

from daemon import with_constants, write_config  # noqa: E402
from harness import AT_ONCE, merged  # noqa: E402
from mqtt import Broker, Subscriber, end_process  # noqa: E402
from sim.simulator import Simulator  # noqa: E402

BASE = "bench"
WAVER_S = 0.5
RAM = "/dev/shm"
SIMULATOR_PRIORITY = -10           # on a real port the wire is no program that has to wait for a processor
CHARGE, DISCHARGE = "MaxChargeCurrent", "MaxDischargeCurrent"
CONFIG = {"mqtt": {"broker": "127.0.0.1", "topic_base": BASE}, "serial": {"reading_freq": "0"}}     # full speed
# Limits come back at once, so that the next change can follow; a cell of 2.65 V is in order. The program is the same but
# for these numbers.
CONSTANTS = dict(AT_ONCE, cell_under_release_voltage=2.6)


class Waver(threading.Thread):
    """Values move a little all the time, as a battery's do: nothing is published twice alike."""

    def __init__(self, sim):
        super().__init__(name="waver", daemon=True)
        self.sim = sim
        self.ended = threading.Event()
        self.random = random.Random(1)

    def run(self):
        while not self.ended.wait(WAVER_S):
            for module in self.sim.stack:
                module.current_ma = -1000 - self.random.randrange(100)
                module.cells_mv[-1] = 3300 + self.random.randrange(3)


class Stand:
    """
    modules, baud   the battery
    adapter         how bytes come: a key of sim.adapter.ADAPTERS
    model, table    what the battery is, and whether its console has the `pwr` table
    reference       another program's command line with {tty} {port} {baud} {modules}; None: ours
    wrapper         a command to run it under
    """

    def __init__(self, modules, baud, adapter="ftdi", model="extra2000", table=True, reference=None, topic=None,
                 wrapper=()):
        self.folder = tempfile.mkdtemp(prefix="pylontech-bench-")
        # what a restart finds again lies in RAM, as it does in /run
        self.ram = tempfile.mkdtemp(prefix="pylontech-bench-", dir=RAM if os.path.isdir(RAM) else None)
        self.modules, self.baud = modules, baud
        self.reference, self.topic, self.wrapper = reference, topic, list(wrapper)
        self.broker = Broker(self.folder)
        self.subscriber = Subscriber(self.broker)
        self.sim = Simulator(model, modules, paced=True, baud=baud, adapter=adapter, latency_s=0.0,
                             no_table=not table)
        master = self.sim.stack.master
        master.model = dataclasses.replace(master.model, rows=max(modules, master.model.rows))
        self.sim.wire.trace = []
        self.waver = Waver(self.sim)
        self.path = os.path.join(self.folder, "bench.ini")
        self.program, self.environment = (None, {}) if reference else with_constants(CONSTANTS)
        self.process = None
        self.mark = None               # the command with which passes begin

    def __enter__(self):
        try:
            sys.setswitchinterval(0.0005)
            self.sim.start()
            with contextlib.suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, self.sim._thread.native_id, SIMULATOR_PRIORITY)
            self.broker.start()
            self.subscriber.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        self.waver.ended.set()
        end_process(self.process)
        for part in (self.subscriber, self.broker):
            with contextlib.suppress(OSError):
                part.stop()
        try:
            self.sim.stop()
        finally:
            for folder in (self.folder, self.ram):
                shutil.rmtree(folder, ignore_errors=True)

    # ---- the program ----

    def configure(self, changes=None):
        fixed = {"mqtt": {"port": self.broker.port}, "serial": {"port": self.sim.port, "baud": self.baud},
                 "limits": {"memory_file": os.path.join(self.ram, "memory")},
                 "history": {"file": os.path.join(self.folder, "history")}}
        write_config(self.path, merged(merged(CONFIG, fixed), changes))

    def command(self):
        if self.reference:
            return shlex.split(self.reference.format(tty=self.sim.port, port=self.broker.port, baud=self.baud,
                                                     modules=self.modules))
        self.configure()
        return self.wrapper + [self.program, "-c", self.path]

    def start(self):
        self.waver.start()
        self.log = os.path.join(self.folder, "program.log")
        command = self.command()
        with open(self.log, "wb") as log:
            self.started = time.monotonic()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=dict(os.environ, **self.environment))

    def alive(self):
        """Raises when the program is gone: nothing can be measured any more."""
        if self.process.poll() is not None:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                raise RuntimeError("the program has ended with %s:\n%s" % (self.process.returncode, log.read()[-2000:]))

    # ---- what it says ----

    def document(self, message):
        """The bank's values where this is the bank's message, else None."""
        wanted = self.topic if self.reference else BASE + "/pylon"
        if wanted and message.topic != wanted:
            return None
        try:
            values = json.loads(message.payload)
            return values if isinstance(values["Info"][CHARGE], (int, float)) else None
        except (ValueError, KeyError, TypeError):
            return None

    def limit(self, message, name):
        """A limit of the bank, None in any other message."""
        values = self.document(message)
        return values["Info"].get(name) if values else None

    def newest(self, name):
        for message in reversed(list(self.subscriber.messages)):
            value = self.limit(message, name)
            if value is not None:
                return value
        return None

    def wait(self, predicate, timeout_s, since=0):
        """The first message that the predicate likes; None after the time-out."""
        message = self.subscriber.wait_for(predicate, timeout_s, since)
        self.alive()
        return message

    def complete(self, message):
        """Whether this is a bank's message with all modules in it."""
        values = self.document(message)
        if values is None:
            return False
        online = values.get("System", {}).get("NrOfModulesOnline", self.modules)
        return online == self.modules
