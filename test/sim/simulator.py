"""Puts the parts together: a stack, its console and a wire, played by one thread."""

import os
import threading
import time
from dataclasses import dataclass, field

from .console import Console
from .faults import Faults
from .models import MODELS
from .physics import Physics
from .recorded import load as load_recorded
from .scenario import Scenario
from .stack import Stack
from .wire import Wire, wait

LATENCY_S = 0.02                   # the console thinks before it answers (paced only)


@dataclass
class Options:
    """How this console behaves; None: as its model does."""

    baud: int = None
    prompt: str = None
    asleep: bool = False
    wakes_needed: int = 1
    login_required: bool = False
    no_table: bool = False
    getpwr: bool = None
    refused: dict = field(default_factory=dict)
    absent_error: str = "failed"
    own_layouts: bool = False      # each module answers in its own model's layout, not in the master's
    noise_at_wrong_speed: bool = False
    latency_s: float = None
    recorded: dict = None


class Simulator:
    """A battery on a pty.

    models     one name for all modules or a list of names, one a module
    modules    how many, where `models` is one name
    paced      true wire speed; False: as fast as the pty takes it
    link       a symbolic link to the pty that stays the same over unplug() and replug()
    adapter    how bytes get from the line into the computer: a key of adapter.ADAPTERS
    cooked     leave the terminal cooked with echo, as a fresh port is
    recorded   {command: bytes or list of bytes} or a folder of captures; nothing else is answered then
    scenario   text of a scenario
    physics    values move with time (time_scale: how many seconds of battery a second)
    Everything in Options is a keyword too. Use it as a context manager, or start() and stop().
    """

    def __init__(self, models="us2kbpl", modules=2, paced=True, link=None, cooked=False,
                 garbage_at_wrong_speed=False, recorded=None, recorded_match="*", scenario=None, seed=1,
                 physics=False, time_scale=1.0, adapter="direct", **options):
        names = [models] * modules if isinstance(models, str) else list(models)
        self.lock = threading.RLock()
        self.options = Options(**options)
        self._complete(MODELS[names[0]], paced, recorded, recorded_match)
        self.stack = Stack(names)
        self.faults = Faults(seed)
        self.console = Console(self.stack, self.faults, self.options)
        self.wire = Wire(self.options.baud, paced, self.faults, self.console.byte, cooked, link,
                         garbage_at_wrong_speed, adapter)
        self.console.send = self.wire.send
        self.console.stop_endless = self.wire.stop_endless
        self.physics = Physics(self.stack, physics, time_scale)
        self.scenario = Scenario(scenario or "")
        self.error = None
        self.ended = threading.Event()
        self._stop = threading.Event()
        self._thread = None
        self._wake_r, self._wake_w = os.pipe()

    def _complete(self, model, paced, recorded, recorded_match):
        opt = self.options
        opt.baud = opt.baud or model.baud
        if opt.latency_s is None:
            opt.latency_s = LATENCY_S if paced else 0.0
        if isinstance(recorded, (str, os.PathLike)):
            recorded, prompt = load_recorded(recorded, recorded_match)
            opt.prompt = opt.prompt or prompt
        opt.recorded = recorded

    # ---- life ----

    def start(self):
        self.wire.plug()
        self.started = time.monotonic()
        self.scenario.start(self.started)
        self.physics.start(self.started)
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)
        self._thread.start()
        return self

    def stop(self):
        self._stop.set()
        if self._thread:
            self._poke()
            self._thread.join(5)
            self._thread = None
        with self.lock:
            self.wire.unplug()
        for fd in (self._wake_r, self._wake_w):
            if fd is not None:
                os.close(fd)
        self._wake_r = self._wake_w = None
        if self.error:
            raise self.error

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()

    def _poke(self):
        if self._wake_w is not None:
            os.write(self._wake_w, b"x")

    def _run(self):
        try:
            while not self._stop.is_set():
                with self.lock:
                    until = self._step(time.monotonic())
                    master = self.wire.master
                if wait(master, self._wake_r, until):
                    with self.lock:
                        if self.wire.master is not None:
                            self.wire.read(time.monotonic())
        except Exception as error:     # the test must see it, not only a thread's traceback
            self.error = error
            self.ended.set()

    def _step(self, now):
        """Everything that is due; returns when the next thing is."""
        times = [self.scenario.run(self, now), self.physics.run(now)]
        if self.wire.master is not None:
            times.append(self.wire.arrive(now))
            times.append(self.wire.transmit(time.monotonic()))
        times = [t for t in times if t is not None]
        return min(times) if times else None

    # ---- what a test does to it ----

    @property
    def port(self):
        """The name to open: the link where there is one."""
        return self.wire.link or self.wire.port

    @property
    def pty(self):
        return self.wire.port

    def fault(self, kind, **options):
        """Switches a fault on; see faults.KINDS. Options: command, module, value, seconds, rate, count."""
        with self.lock:
            return self.faults.add(kind, **options)

    def clear(self, kind=None):
        """Switches one kind of fault off, or all."""
        with self.lock:
            self.faults.clear(kind)
            if kind in (None, "endless"):
                self.wire.stop_endless()

    def switch_off(self):
        """The battery goes off: silent until it is woken again, then in user mode."""
        with self.lock:
            self.console.sleep()
            self.wire.drop()

    def wake_up(self):
        """Somebody pressed the button."""
        with self.lock:
            self.console.reset()

    def unplug(self):
        with self.lock:
            self.wire.unplug()
        self._poke()

    def replug(self):
        """A new pty under the same link."""
        with self.lock:
            self.wire.plug()
        self._poke()

    def inject(self, line):
        """Another program's command on this port: echo and reply come unasked."""
        with self.lock:
            self.console.inject(line, time.monotonic())
        self._poke()

    def send_raw(self, data):
        """Stray bytes, now."""
        with self.lock:
            self.wire.send(data, time.monotonic())
        self._poke()

    def do(self, line):
        """Runs one scenario action (a line without its time) now."""
        with self.lock:
            self.scenario.action(line)(self)
        self._poke()

    # ---- what a test looks at ----

    @property
    def commands(self):
        """(monotonic time, text) of every line that the console understood."""
        return self.console.commands

    @property
    def forbidden(self):
        """Of those, the ones that the daemon may never send."""
        return self.console.forbidden

    @property
    def written(self):
        """Every byte that was ever written to the port, in order, at whatever speed."""
        return bytes(self.wire.written)

    @property
    def sent(self):
        """(monotonic time, command, body) of every reply before the faults of the wire."""
        return self.console.sent

    def count(self, command):
        """How often a command (its text or its name) was received."""
        return sum(1 for _, text in list(self.commands) if command in (text, text.split(" ")[0]))

    def wait_command(self, command, timeout_s=10.0, count=1):
        """Waits until a command has been received `count` times; True when it has."""
        until = time.monotonic() + timeout_s
        while self.count(command) < count:
            if time.monotonic() > until or self.error:
                return False
            time.sleep(0.01)
        return True
