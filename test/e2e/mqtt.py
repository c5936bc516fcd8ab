"""A private broker and a subscriber to all of its topics, both as child processes of the test."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from contract import Message
from daemon import BUILD

FORMAT = "%U %q %r %l %x %t"       # time, QoS, retain, length, payload in hex, topic
# The machine's own mosquitto, or the one that packaging/install-packages.sh has unpacked.
TOOLS = os.pathsep.join((os.environ["PATH"], "/usr/sbin", *(os.path.join(BUILD, "broker/usr", name) for name in ("sbin", "bin"))))
PROBE = "e2e-probe"                # a topic of the harness itself: tells that the subscriber hears
START_S = 10.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_process(process, grace_s=2.0):
    """Ends a child of ours, whatever state it is in."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGCONT)
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tool(name):
    found = shutil.which(name, path=TOOLS)
    if not found:
        raise RuntimeError("no %s here: run make deps-test first" % name)
    return found


class Broker:
    """A mosquitto of our own on a free loopback port.

    folder    where its files go
    users     {name: password}; without it anybody may come in
    store     keep retained messages over a restart
    options   more lines for its configuration
    """

    def __init__(self, folder, users=None, store=False, options=()):
        self.folder, self.users, self.store, self.options = folder, users, store, options
        self.port = None
        self.process = None
        self.more = []                 # lines for its configuration, such as a second listener

    def start(self):
        """On a new port the first time (tried again when somebody is faster), on the same one later."""
        attempts = 5 if self.port is None else 1
        for _ in range(attempts):
            port = self.port or free_port()
            if self._launch(port):
                self.port = port
                return self
        raise RuntimeError("mosquitto does not start: " + self.log()[-400:])

    def _launch(self, port):
        """False when it ends at once: the port was taken meanwhile."""
        arguments = [tool("mosquitto"), "-c", self._configure(port)]
        before = len(self.log())
        with open(os.path.join(self.folder, "broker.log"), "ab") as log:
            self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.process.poll() is None:
            if " running" in self.log()[before:]:
                return True
            time.sleep(0.02)
        end_process(self.process)
        return False

    def _configure(self, port):
        lines = ["listener %d 127.0.0.1" % port, "set_tcp_nodelay true",
                 "persistence %s" % ("true" if self.store else "false")]
        if os.geteuid() == 0:
            lines.append("user root")
        lines += self.options
        if self.store:
            lines.append("persistence_location %s/" % self.folder)
        if self.users:
            passwords = os.path.join(self.folder, "passwords")
            self._write_passwords(passwords)
            lines += ["allow_anonymous false", "password_file " + passwords]
        else:
            lines.append("allow_anonymous true")
        lines += self.more
        path = os.path.join(self.folder, "mosquitto.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        return path

    def _write_passwords(self, path):
        for index, (name, password) in enumerate(self.users.items()):
            subprocess.run([tool("mosquitto_passwd"), "-b"] + (["-c"] if index == 0 else []) + [path, name, password],
                           check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def log(self):
        try:
            with open(os.path.join(self.folder, "broker.log"), encoding="utf-8", errors="replace") as log:
                return log.read()
        except OSError:
            return ""

    def stop(self):
        end_process(self.process)
        self.process = None

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def client(self, program, *arguments):
        """The command line of a mosquitto client of this broker."""
        login = []
        if self.users:
            name, password = next(iter(self.users.items()))
            login = ["-u", name, "-P", password]
        return [program, "-h", "127.0.0.1", "-p", str(self.port)] + login + list(arguments)

    def publish(self, topic, payload, retain=False):
        subprocess.run(self.client("mosquitto_pub", "-t", topic, "-m", payload, *(["-r"] if retain else [])),
                       check=True, timeout=START_S, stdin=subprocess.DEVNULL)

    def retained(self, pattern="#", wait_s=1):
        """{topic: payload} of what a new subscriber is given at once."""
        command = self.client("mosquitto_sub", "-t", pattern, "--retained-only", "-W", str(wait_s), "-F", "%t %x")
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=START_S, check=False)
        lines = [line.partition(" ") for line in done.stdout.decode().splitlines()]
        return {topic: bytes.fromhex(payload) for topic, _, payload in lines}


class Subscriber:
    """Hears everything (`#`) as it was published: with its own QoS and retain flag."""

    def __init__(self, broker):
        self.broker = broker
        self.messages = []
        self.faults = []               # lines of the client that could not be read
        self.changed = threading.Condition()
        self.process = None
        self._probes = 0
        self._thread = None

    def start(self):
        self._offset = time.monotonic() - time.time()
        self.process = subprocess.Popen(
            self.broker.client("mosquitto_sub", "-V", "mqttv5", "-q", "2", "--retain-as-published", "-t", "#",
                               "-F", FORMAT),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._thread = threading.Thread(target=self._read, name="subscriber", daemon=True)
        self._thread.start()
        self.sync()
        return self

    def sync(self):
        """Returns when a message that is published now is heard."""
        until = time.monotonic() + START_S
        before = self._probes
        while self._probes == before:
            if time.monotonic() > until:
                raise RuntimeError("the subscriber hears nothing")
            self.broker.publish(PROBE, "x")
            with self.changed:
                self.changed.wait_for(lambda: self._probes > before, 0.3)

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                try:
                    self._take(line.decode("utf-8").rstrip("\n"))
                except ValueError:
                    self.faults.append(line)
                self.changed.notify_all()

    def _take(self, line):
        at, qos, retain, length, payload, topic = line.split(" ", 5)
        if topic == PROBE:
            self._probes += 1
            return
        data = bytes.fromhex(payload)
        if len(data) != int(length):
            raise ValueError(line)
        self.messages.append(Message(float(at) + self._offset, topic, int(qos), retain == "1", data))

    def wait_for(self, predicate, timeout_s, since=0):
        """The first message from index `since` on that the predicate likes, None after the time-out."""
        position = since

        def found():
            nonlocal position
            while position < len(self.messages):
                position += 1
                if predicate(self.messages[position - 1]):
                    return True
            return False

        with self.changed:
            return self.messages[position - 1] if self.changed.wait_for(found, timeout_s) else None

    def on(self, topic, since=0):
        with self.changed:
            return [m for m in self.messages[since:] if m.topic == topic]

    def stop(self):
        end_process(self.process)
        if self._thread:
            self._thread.join(5)
        if self.process:
            self.process.stdout.close()
