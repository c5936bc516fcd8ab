"""Everything that a test of the daemon needs, started together and ended by process id.

    with Rig(models="us2kbpl", modules=2) as rig:
        bank = rig.wait_bank()                     # the first bank document, flat by dotted path

On leaving, whatever happened: the daemon is asked to end, all children are ended, and every message
goes through the contract checker and every log line through the log checks.
"""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import commands  # noqa: E402
import records  # noqa: E402
from contract import Checker, Settings  # noqa: E402
from daemon import BINARY, STOP_S, Daemon, log_faults, patience, write_config  # noqa: E402
from document import Document, NotJson, parse  # noqa: E402
from mqtt import Broker, Subscriber  # noqa: E402
from sim.simulator import Simulator  # noqa: E402

BASE = "e2e"
WAIT_S = 15.0
QUIET_S = 70.0             # without limits: so long no data come (ENGINE_QUIET_MS)
AROUND_S = 1.0             # what is on its way when it begins
BACK_S = 3.0               # after a broker's return: until both clients are there again
# Waits are shortened for every test that does not ask for others.
DEFAULTS = {
    "mqtt": {"topic_base": BASE},
    "serial": {"baud": "auto", "reading_freq": "0.5"},
    "battery": {"addresses": "auto"},
    "logging": {"level": "info"},
}
# Constants of a test that cannot wait until limits come back.
AT_ONCE = {"recovery_hold_s": 0, "recovery_current_a_s": 0, "recovery_voltage_v_s": 0}


def merged(config, changes):
    """`changes` laid over `config`; a value of None takes a key away."""
    result = {section: dict(keys) for section, keys in config.items()}
    for section, keys in (changes or {}).items():
        for key, value in keys.items():
            result.setdefault(section, {})[key] = value
            if value is None:
                del result[section][key]
    return result


def counted(texts):
    """Each text once, with how often it came."""
    counts = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    return [text + (" (%d times)" % n if n > 1 else "") for text, n in counts.items()]


class Rig:
    """Broker, simulator, subscriber and daemon.

    config     {section: {key: value}} over DEFAULTS; broker, port and serial port are filled in
    simulator  keywords of Simulator besides models, modules; unpaced unless `paced` is given, without `getpwr`
               (which would stand for `bat`) unless that is given
    users      {name: password} of the broker; the first is the daemon's as well
    start      whether the daemon is started
    link       whether the serial port is a symbolic link that stays over unplug and replug
    plugged    False: the simulator is started later, with plug()
    foreign    topics that others publish
    quiet      True: not one warning may be logged
    broker_options  more lines for the broker's configuration
    environment   {name: value} that the daemon gets on top of ours
    constants     {name: value}: not the program itself then, but the one that a test can shorten times of; a test of
                  what a release does has none
    """

    def __init__(self, models="us2kbpl", modules=2, config=None, users=None, start=True, link=False, plugged=True,
                 foreign=(), quiet=False, broker=True, store=False, broker_options=(), environment=None, constants=None,
                 **simulator):
        self.folder = tempfile.mkdtemp(prefix="pylontech-e2e-")
        self.wants = {"start": start, "broker": broker, "plugged": plugged, "quiet": quiet,
                      "environment": environment, "constants": constants}
        self.users = users
        self.foreign = foreign
        self.gaps = []
        self.epochs = []               # (time, what is allowed from then on)
        self.quiet = []                # (since, until): no data then
        self.shifted_s = 0.0           # how far the daemon's clock was put forward
        self.daemons = []
        self.broker = Broker(self.folder, users, store, broker_options)
        self.subscriber = Subscriber(self.broker)
        self.link = os.path.join(self.folder, "battery") if link else None
        simulator.setdefault("getpwr", False)
        self.sim = Simulator(models, modules, paced=simulator.pop("paced", False), link=self.link, **simulator)
        self.config = merged(DEFAULTS, config)
        self.path = os.path.join(self.folder, "config.ini")

    # ---- life ----

    def __enter__(self):
        try:
            if self.wants["plugged"]:
                self.sim.start()
            self.broker.start()
            self.subscriber.start()
            self.complete_config()
            if not self.wants["broker"]:
                self.broker_down()
            if self.wants["start"]:
                self.start_daemon()
        except BaseException:
            self._end_children()
            raise
        return self

    def complete_config(self):
        """Fills in what is only known now, and writes the file."""
        port = self.link or (self.sim.port if self.wants["plugged"] else os.path.join(self.folder, "battery"))
        filled = {"mqtt": {"broker": "127.0.0.1", "port": self.broker.port}, "serial": {"port": port},
                  "limits": {"memory_file": os.path.join(self.folder, "memory")},
                  "history": {"file": os.path.join(self.folder, "history")}}
        if self.users:
            name, password = next(iter(self.users.items()))
            filled["mqtt"].update(username=name, password=password)
        self.config = merged(filled, self.config)
        self.write_config()

    def write_config(self, changes=None, mode=0o600):
        self.config = merged(self.config, changes)
        write_config(self.path, self.config, mode)

    def start_daemon(self, *arguments):
        if self.daemons and self.daemons[-1].stopped:
            self.gaps.append((self.daemons[-1].stopped - 0.5, time.monotonic() + 1.0))
        self.epochs.append((time.monotonic(), self.contract()))
        if not self.contract().publish_limits:
            self.expect_quiet()
        self.daemons.append(Daemon(self.path, arguments, self.wants["environment"], self.wants["constants"]).start())
        return self.daemon

    @property
    def daemon(self):
        return self.daemons[-1] if self.daemons else None

    def __exit__(self, kind, error, trace):
        faults = []
        try:
            faults = self._finish()
        finally:
            self._end_children()
        if error is not None:
            error.add_note(self.report(faults))
            return False
        if faults:
            raise AssertionError(self.report(faults))
        return False

    def _finish(self):
        """Ends the daemon as its supervisor would and looks at everything that it did."""
        faults = []
        ended = time.monotonic()
        if self.daemon and self.daemon.running:
            faults += self._stop_daemon()
        faults += counted(str(b) for b in self.breaches(ended))
        faults += ["the subscriber could not read %r" % line for line in self.subscriber.faults]
        written = commands.split(self.sim.written)
        faults += commands.verdict(written, commands.allowlist(), whole=False)
        records.leave("commands", sorted(set(written)))
        secrets = [p for p in (self.users or {}).values()]
        for daemon in self.daemons:
            lines = [text for _, text in daemon.lines]
            faults += list(log_faults(lines, secrets))
            if self.wants["quiet"]:
                faults += ["logged: " + text for text in daemon.matching("^(warning|error): ")]
        return faults

    def _stop_daemon(self):
        faults = []
        status = self.daemon.stop()
        if status != 0:
            faults.append("exit status %s on SIGTERM" % status)
        if self.daemon.stop_took_s > patience(STOP_S):
            faults.append("SIGTERM took %.2f s" % self.daemon.stop_took_s)
        if self.broker.process and not self.interrupted():
            self.subscriber.sync()
            last = self.subscriber.on(self.topic("status"))[-1:]
            if [m.payload for m in last] != [b"offline"]:
                faults.append("the last status is %s" % [m.payload for m in last])
        return faults

    def interrupted(self):
        return bool(self.gaps) and self.gaps[-1][1] > time.monotonic()

    def contract(self):
        """What the present configuration allows."""
        battery, limits, protection = (self.config.get(s, {}) for s in ("battery", "limits", "protection"))
        home = self.config.get("homeassistant", {})
        highest = battery.get("max_charge_voltage", "auto")
        return Settings(
            base=self.config["mqtt"]["topic_base"],
            max_charge_v=None if highest == "auto" else float(highest),
            bulk_cell_v=float(protection.get("cell_bulk_voltage", 3.5)),
            float_cell_v=float(protection.get("cell_float_voltage", 3.4)),
            max_charge_a=float(battery.get("max_charge_current", 50)),
            max_discharge_a=float(battery.get("max_discharge_current", 50)),
            discharge_blocked_a=float(limits.get("discharge_blocked_current", 0)),
            publish_limits=limits.get("publish", "yes") == "yes", foreign=tuple(self.foreign),
            discovery=home.get("prefix", "homeassistant") if home.get("discovery", "no") == "yes" else None)

    def breaches(self, end):
        """Every breach of the contract so far."""
        first = self.epochs[0][1] if self.epochs else self.contract()
        return Checker(first, self.epochs[1:]).check(self.subscriber.messages, end, self.gaps, self.quiet)

    def _end_children(self):
        for daemon in self.daemons:
            daemon.kill()
        for part in (self.subscriber, self.broker):
            with contextlib.suppress(OSError):
                part.stop()
        try:
            self.sim.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def report(self, faults):
        """What a person needs to understand a failure."""
        parts = ["faults:"] + ["  " + fault for fault in faults[:20]]
        for number, daemon in enumerate(self.daemons, 1):
            parts.append("log of run %d:" % number)
            parts += ["  %7.2f  %s" % (at - daemon.started, text) for at, text in daemon.lines[-40:]]
        parts.append("last messages:")
        parts += ["  %s %s %s" % (m.topic, "R" if m.retain else "-", m.payload[:200])
                  for m in self.subscriber.messages[-6:]]
        parts.append("last commands: " + ", ".join(repr(text) for _, text in list(self.sim.commands)[-20:]))
        return "\n".join(parts)

    # ---- what a test does and waits for ----

    def topic(self, name):
        return self.config["mqtt"]["topic_base"] + "/" + name

    def now(self):
        """A mark: only messages that come later count for `since`."""
        return len(self.subscriber.messages)

    def flat(self, message):
        return Document(parse(message.payload), message.topic.endswith("/pylon"), Settings()).flat

    def wait_document(self, name, predicate=lambda flat: True, timeout_s=WAIT_S, since=0):
        """The first document on a data topic that the predicate likes."""
        def likes(message):
            if message.topic != self.topic(name):
                return False
            try:
                return predicate(self.flat(message))
            except (NotJson, KeyError, TypeError):
                return False

        message = self.subscriber.wait_for(likes, patience(timeout_s), since)
        if message is None:
            raise AssertionError("no such document on %s within %g s" % (name, timeout_s))
        return self.flat(message)

    def wait_bank(self, predicate=lambda flat: True, timeout_s=WAIT_S, since=0):
        return self.wait_document("pylon", predicate, timeout_s, since)

    def wait_module(self, address, predicate=lambda flat: True, timeout_s=WAIT_S, since=0):
        return self.wait_document("battery_%d" % address, predicate, timeout_s, since)

    def wait_link(self, predicate=lambda link: True, timeout_s=WAIT_S, since=0):
        message = self.subscriber.wait_for(
            lambda m: m.topic == self.topic("link") and predicate(parse(m.payload)), patience(timeout_s), since)
        if message is None:
            raise AssertionError("no such link document within %g s" % timeout_s)
        return parse(message.payload)

    def wait_status(self, word, timeout_s=WAIT_S, since=0):
        message = self.subscriber.wait_for(
            lambda m: m.topic == self.topic("status") and m.payload == word.encode(), patience(timeout_s), since)
        if message is None:
            raise AssertionError("status %s did not come within %g s" % (word, timeout_s))
        return message

    def broker_down(self, how="stop"):
        """stop or freeze; the gap ends with broker_up()."""
        self.gaps.append((time.monotonic() - 1.0, float("inf")))
        getattr(self.broker, how)()

    def broker_up(self):
        """Brings it back and waits until the subscriber hears again."""
        if self.broker.process:
            self.broker.thaw()
        else:
            self.broker.start()
        self.subscriber.sync()
        self.gaps[-1] = (self.gaps[-1][0], time.monotonic() + BACK_S)

    def expect_quiet(self):
        """The limits were switched off now."""
        self.quiet.append((time.monotonic() + AROUND_S, time.monotonic() + QUIET_S - AROUND_S))

    def end_quiet(self):
        self.quiet = [(since, min(until, time.monotonic())) for since, until in self.quiet]

    def skip(self, clock, seconds):
        """Puts the daemon's clock forward; what it waits for comes so much earlier."""
        self.shifted_s += seconds
        self.quiet = [(since, until - seconds) for since, until in self.quiet]
        clock.shift(monotonic_ms=int(1000 * self.shifted_s))

    def wait_reason(self, key, text, timeout_s=WAIT_S, since=0):
        """Until the link says that this limits the bank."""
        self.wait_link(lambda link: text in (link["limits"][key] or ""), timeout_s, since)

    def plug(self):
        """Starts a simulator that was not plugged in at first."""
        self.sim.start()

    def crash_daemon(self):
        """kill -9: the broker must publish the last will, and nothing stays of it at the port."""
        self.daemon.kill()
        self.gaps.append((self.daemon.stopped - 0.1, self.daemon.stopped + 1.0))

    def hangup(self, changes, refused=False):
        """Changes the configuration and sends SIGHUP; one that must be refused is not remembered."""
        before = self.config
        self.write_config(changes)
        if refused:
            self.config = before
        else:
            self.epochs.append((time.monotonic(), self.contract()))
            if self.epochs[-1][1].publish_limits:
                self.end_quiet()
            elif self.epochs[-2][1].publish_limits:
                self.expect_quiet()
        self.daemon.send(signal.SIGHUP)


def binary_missing():
    """Why nothing can be tested, or None."""
    return None if os.access(BINARY, os.X_OK) else "no program at %s: run make first, or set PYLONTECH_MQTT" % BINARY
