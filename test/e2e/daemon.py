"""The daemon under test as a child process: its configuration file, its log, its end."""

import os
import re
import shlex
import signal
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
BINARY = os.environ.get("PYLONTECH_MQTT", os.path.join(BUILD, "pylontech-mqtt"))
# The same program with constants that a test chooses (test/faults/quick_constants.c); none of a release has one.
QUICK = os.path.join(os.path.dirname(BINARY), "test", os.path.basename(BINARY).replace("mqtt", "mqtt-quick"))
# A command to run it under, such as an emulator or valgrind, and how much slower that makes it.
WRAPPER = shlex.split(os.environ.get("PYLONTECH_MQTT_WRAPPER", ""))
SLOWNESS = float(os.environ.get("PYLONTECH_MQTT_SLOWNESS", "1"))
STOP_S = 1.0                       # on request it ends within this
LEVELS = ("error", "warning", "info", "debug")
SAME_LINE_MAX = 4                  # transitions are logged, not conditions


def patience(seconds):
    return seconds * SLOWNESS


def config_text(config):
    """An INI file from {section: {key: value}}."""
    lines = []
    for section, keys in config.items():
        lines.append("[%s]" % section)
        lines += ["%s = %s" % (key, value) for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def write_config(path, config, mode=0o600):
    """`config`: the text, or {section: {key: value}}."""
    with open(path, "w", encoding="ascii") as file:
        file.write(config if isinstance(config, str) else config_text(config))
    os.chmod(path, mode)


def run_once(arguments, timeout_s=30.0, **options):
    """Runs the program to its end; returns the CompletedProcess with text."""
    return subprocess.run(WRAPPER + [BINARY] + list(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=patience(timeout_s), check=False, **options)


def preloaded(name):
    """The path of test/faults/NAME.c, built."""
    path = os.path.join(BUILD, "test", name + ".so")
    if not os.path.exists(path):
        raise RuntimeError("no %s: run make e2e-programs first" % path)
    return path


def with_constants(constants):
    """(program, environment) for {name: value} of constants; without any it is the program itself."""
    if not constants:
        return BINARY, {}
    if not os.access(QUICK, os.X_OK):
        raise RuntimeError("no %s, which a test with other constants needs: run make e2e-programs first" % QUICK)
    return QUICK, {"QUICK_CONSTANTS": ";".join("%s=%s" % pair for pair in constants.items())}


class Daemon:
    """One run of the program with `-c path`; `environment` is added to ours; for `constants` see with_constants."""

    def __init__(self, path, arguments=(), environment=None, constants=None):
        program, chosen = with_constants(constants)
        self.arguments = WRAPPER + [program, "-c", path] + list(arguments)
        self.environment = dict(os.environ, **chosen, **(environment or {}))
        self.lines = []                # (monotonic time, text)
        self.process = None
        self.started = self.stopped = None
        self.stop_took_s = None
        self._changed = threading.Condition()
        self._thread = None

    def start(self):
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=self.environment)
        self._thread = threading.Thread(target=self._read, name="log", daemon=True)
        self._thread.start()
        return self

    def _read(self):
        for line in self.process.stderr:
            with self._changed:
                self.lines.append((time.monotonic(), line.decode("utf-8", "replace").rstrip("\n")))
                self._changed.notify_all()

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def log(self):
        with self._changed:
            return "\n".join(text for _, text in self.lines)

    def matching(self, pattern, since=0):
        """The log lines from index `since` on that hold the pattern."""
        with self._changed:
            return [text for _, text in self.lines[since:] if re.search(pattern, text)]

    def wait_line(self, pattern, timeout_s=10.0, since=0):
        """The first such line, None after the time-out."""
        def found():
            return any(re.search(pattern, text) for _, text in self.lines[since:])

        with self._changed:
            self._changed.wait_for(found, patience(timeout_s))
        lines = self.matching(pattern, since)
        return lines[0] if lines else None

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, timeout_s):
        """The exit status, None while it still runs."""
        try:
            status = self.process.wait(patience(timeout_s))
        except subprocess.TimeoutExpired:
            return None
        self._ended()
        return status

    def _ended(self):
        if self.stopped is None:
            self.stopped = time.monotonic()
        self._thread.join(5)
        self.process.stderr.close()

    def stop(self, number=signal.SIGTERM):
        """Asks it to end; the exit status, None when it had to be killed."""
        began = time.monotonic()
        self.send(number)
        status = self.wait(5)
        self.stop_took_s = time.monotonic() - began
        if status is None:
            self.kill()
        return status

    def kill(self):
        """As a crash would: nothing is said to anybody."""
        if self.running:
            self.process.kill()
            self.process.wait()
        if self.stopped is None:
            self._ended()


def log_faults(lines, secrets=()):
    """What no log of ours may show, whatever happened."""
    for text in sorted(set(lines)):
        if lines.count(text) > SAME_LINE_MAX:
            yield "said %d times: %s" % (lines.count(text), text)
        if not text.isascii() or not text.isprintable():
            yield "not printable: %r" % text
        if not text.startswith(tuple(level + ": " for level in LEVELS)):
            yield "no level before it: %s" % text
        if re.search(r"^\w+: \[?\d{2,4}[-:]\d\d[-:]\d\d", text):
            yield "a time stamp: %s" % text
        for secret in secrets:
            if secret in text:
                yield "a password: %s" % text
