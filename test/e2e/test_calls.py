"""Every call fails once: the daemon never crashes, never hangs, never publishes a looser limit, and says what failed.

A call is one of the system, of libc's memory or of a library, made by the daemon or on its behalf by libmosquitto or
json-c (test/faults/fail.c). `make check` takes the first of each kind, `CALLS=all` as many as COUNTS says.
"""

import errno
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import termios
import time
import unittest

from calls import Calls, SIZE
from daemon import BINARY, BUILD, patience, run_once
from harness import AT_ONCE, Rig

ALL = os.environ.get("CALLS") == "all"
FAST = {"serial": {"baud": 115200, "reading_freq": "0.3"}}
FIRED_S, HEALED_S = 8.0, 15.0
CRASHED = range(-64, 0)
# Failures that nobody needs to hear of, by the function that made the call or by the library, and why.
SILENT = {
    ("mosquitto", "setsockopt"): "packets are sent a little later",
    ("mosquitto", "pthread_mutex_init"): "the library does not look, and a zeroed mutex is a good one",
    ("mosquitto", "fcntl"): "of a socket, which then waits where it should not",
    ("mosquitto", "strdup"): "the client id: the broker makes one up",
    ("mosquitto", "read"): "of its wake-up; of the connection it is told",
    ("mosquitto", "write"): "the same",
    ("mosquitto", "malloc"): "of a message, which is held and sent in the next turn; else it is told",
    ("mosquitto", "calloc"): "the same",
    ("mosquitto", "close"): "of a connection that has ended: its descriptor is gone all the same",
    ("get_port_details", "__lxstat"): "what kind of adapter it is, which nobody asks",
    ("__wrap_ioctl", "ioctl %#x" % termios.TIOCOUTQ): "how much is still to go out: the time for it is waited",
    ("would_block", "poll"): "whether the logger takes a line: it is written without knowing",
    ("lowest_free_fd", "close"): "it is closed",
    ("lowest_free_fd", "dup"): "a look whether something else has failed",
    ("read_once", "close"): "nothing was written",
    ("read_once", "open"): "tried again",
    ("read_once", "read"): "tried again",
    ("file_read", "close"): "nothing was written",
    ("file_read", "open"): "of the history it is tried again; of the configuration it is told",
    ("read_open", "fstat"): "the same",
    ("read_open", "read"): "the same",
    ("history_file_read", "access"): "it is read all the same",
    ("port_open", "close"): "nothing was written",
    ("ask", "mosquitto_unsubscribe"): "asked again in the next turn",
    ("send_now", "mosquitto_publish"): "held and sent in the next turn",
    ("drain_fd", "read"): "read again in the next turn",
    ("signal_fd", "write"): "the turn comes a little later",
    ("turn", "ppoll"): "the next turn waits",
    ("write_all", "write"): "the log itself",
}
# The first one keeps what is given up from coming back. Those behind it ask for one capability each, also for those that
# this kernel does not know or this user never had.
FIRST_ONLY = (("prctl", "program"),)
# Where the first one is not the one that matters: the configuration, what the run before has left, the port; topics.
FIRST_FIVE = (("open", "program"), ("read", "program"), ("mosquitto_publish", "program"))
RAMP_V_S = 0.05                            # so fast CVL climbs by itself
RETRIED = (errno.EINTR, errno.EAGAIN)      # told or not, the work must go on


def parts(cases, count, index):
    return cases[index::count]


def limits(bank):
    return bank["Info.MaxChargeVoltage"], bank["Info.MaxChargeCurrent"], bank["Info.MaxDischargeCurrent"]


def plain(text):
    """A log line without what differs from run to run."""
    return re.sub(r"\d+", "N", text)


class Case:
    def __init__(self, name, origin, nth, error=0):
        self.name, self.origin, self.nth, self.error = name, origin, nth, error

    def __str__(self):
        return "%s of %s, number %d%s" % (self.name, self.origin, self.nth,
                                          ", " + errno.errorcode[self.error] if self.error else "")


class FailingTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="pylontech-calls-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.calls = Calls(self.folder)
        self.usual = set()             # lines of a run without a failure
        self.wrong = []

    def rig(self):
        """With all that an owner may switch on."""
        password = os.path.join(self.folder, "password")
        with open(password, "w", encoding="ascii") as file:
            file.write("secret\n")
        os.chmod(password, 0o600)
        config = dict(FAST, homeassistant={"discovery": "yes"}, mqtt={"username": "pylon", "password_file": password})
        return Rig(models="us2kbpl", modules=2, config=config, environment=self.calls.environment, start=False)

    def start(self, rig):
        fcntl.ioctl(rig.sim.wire.slave, termios.TIOCNXCL)      # a pty keeps what a crashed run has left
        rig.start_daemon()

    def await_fired(self, rig):
        until = time.monotonic() + patience(FIRED_S)
        while not self.calls.fired() and rig.daemon.running and time.monotonic() < until:
            time.sleep(0.005)
        return self.calls.fired()

    def healed(self, rig, mark):
        """A bank with everybody in it, or the end of the program; None: neither in time."""
        until = time.monotonic() + patience(HEALED_S)
        while time.monotonic() < until:
            message = rig.subscriber.wait_for(
                lambda m: m.topic == rig.topic("pylon") and rig.flat(m)["System.NrOfModulesOnline"] == 2, 0.1, mark)
            if message:
                return "good"
            if not rig.daemon.running:
                return rig.daemon.wait(1)
        return None

    def where(self, case):
        """The functions, inlined ones first, that made the call; of a library its name."""
        if case.origin != "program":
            return [case.origin]
        if not self.calls.fired():
            return ["nobody"]
        done = subprocess.run(["addr2line", "-f", "-i", "-e", BINARY, "%#x" % (self.calls.caller() - 1)],
                              stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.splitlines()[::2]

    def silent(self, case):
        names = (case.name, "%s %#x" % (case.name, self.calls.detail()))
        return any((function, name) in SILENT for function in self.where(case) for name in names)

    def blame(self, case, rig, text):
        self.wrong.append("%s: %s (called by %s)\n    %s" % (
            case, text, ", ".join(self.where(case)), "\n    ".join(line for _, line in rig.daemon.lines[-12:])))

    def judge(self, case, rig, mark, since, outcome):
        """`since`: where the lines of this failure begin in the log."""
        fresh = [text for _, text in rig.daemon.lines[since:] if plain(text) not in self.usual]
        told = any(text.startswith(("warning", "error")) for text in fresh)
        if outcome is None:
            self.blame(case, rig, "nothing good within %g s" % HEALED_S)
        elif outcome in CRASHED:
            self.blame(case, rig, "crashed by signal %d" % -outcome)
        elif outcome not in ("good", 100, 111):
            self.blame(case, rig, "ended with %s" % outcome)
        elif not told and case.error not in RETRIED and not self.silent(case):
            self.blame(case, rig, "not a word about it")
        right = (self.highest[0] + RAMP_V_S * HEALED_S, *self.highest[1:])
        for message in rig.subscriber.on(rig.topic("pylon"), mark):
            now = limits(rig.flat(message))
            if any(a > b for a, b in zip(now, right)):
                self.blame(case, rig, "limits %s, at most %s are right" % (now, right))

    def done(self, kind, count):
        print("%d failures %s, %d wrong" % (count, kind, len(self.wrong)))
        self.assertGreater(count, 0)
        if self.wrong:
            self.fail("\n".join(self.wrong))


def worth(counts, few):
    """The cases of what was counted: `few` of each call, all errors of those that are retried."""
    for (name, origin), count in sorted(counts.items()):
        if origin == "others":         # libc and OpenSSL at work for themselves
            continue
        for nth in [1] if (name, origin) in FIRST_ONLY else few(name, origin, count):
            yield Case(name, origin, nth)
        if ALL and name in ("read", "write", "poll", "ppoll", "pselect"):
            for error in RETRIED:
                yield Case(name, origin, 1, error)


class StartTest(FailingTest):
    """The first seconds, after a run that had blocked the charge: it must stay blocked whatever fails."""
    PARTS = 4

    @staticmethod
    def few(name, origin, count):
        if not ALL:
            return [] if origin == "json" else range(1, 6) if (name, origin) in FIRST_FIVE else [1]
        most = 30 if origin != "json" and not name.startswith("json") else 3
        return range(1, min(count, most) + 1)

    def prepare(self, rig):
        """The memory of a run that tripped, and what a calm start says and counts."""
        rig.sim.stack[1].cells_mv[4] = 3660
        self.start(rig)
        rig.wait_bank(lambda b: b["Info.MaxChargeCurrent"] == 0 and b["Io.AllowToCharge"] == 0)
        rig.sim.stack[1].cells_mv[4] = 3520            # below the trip, above the release
        rig.wait_bank(lambda b: b["System.MaxCellVoltage"] == 3.52)
        rig.daemon.stop()
        self.memory = rig.config["limits"]["memory_file"]
        self.calls.clear()
        mark = rig.now()
        self.start(rig)
        self.highest = limits(rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 2, since=mark))
        self.assertEqual(self.highest[1], 0)
        counts = self.calls.counts()
        time.sleep(2)
        rig.daemon.stop()
        self.usual = {plain(text) for daemon in rig.daemons for _, text in daemon.lines}
        shutil.copy(self.memory, self.memory + ".kept")
        return counts

    def one(self, rig, case):
        shutil.copy(self.memory + ".kept", self.memory)
        wrong = len(self.wrong)
        self.calls.clear()
        self.calls.fail(case.name, case.origin, case.nth, case.error)
        mark = rig.now()
        self.start(rig)
        fired = self.await_fired(rig)
        if not fired:
            self.blame(case, rig, "the call was not made")
        outcome = self.healed(rig, rig.now() if rig.daemon.running else mark)
        if outcome == "good":
            rig.wait_status("online", since=mark)
        if rig.daemon.running:
            status = rig.daemon.stop()
            if status != 0:
                self.blame(case, rig, "exit status %s on SIGTERM" % status)
        self.judge(case, rig, mark, 0, outcome)
        if outcome == "good" and len(self.wrong) == wrong:
            shutil.copy(self.memory, self.memory + ".kept")

    def part(self, index):
        with self.rig() as rig:
            cases = parts(list(worth(self.prepare(rig), self.few)), self.PARTS, index)
            for case in cases:
                self.one(rig, case)
        self.done("at start", len(cases))

    def test_1(self):
        self.part(0)

    def test_2(self):
        self.part(1)

    def test_3(self):
        self.part(2)

    def test_4(self):
        self.part(3)


class SteadyTest(FailingTest):
    """A running daemon: no limit above those of before, and good values again without a restart."""
    PARTS = 3

    @staticmethod
    def few(name, origin, count):
        if not ALL:
            return [1]
        return range(1, 2 + min(count // 8, 9))

    def steady(self, rig):
        mark = rig.now()
        self.start(rig)
        rig.wait_reason("charge_current", "BMS recommendation", since=mark)
        bank = rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 2, since=rig.now())
        self.highest = limits(bank)

    def counted(self, rig):
        self.steady(rig)
        time.sleep(6)                      # Home Assistant has been told of every device
        self.calls.clear()
        time.sleep(3)
        counts = self.calls.counts()
        self.usual = {plain(text) for _, text in rig.daemon.lines}
        return counts

    def one(self, rig, case):
        if not rig.daemon.running:
            self.steady(rig)
        since, mark = len(rig.daemon.lines), rig.now()
        self.calls.fail(case.name, case.origin, case.nth, case.error)
        if not self.await_fired(rig):
            self.blame(case, rig, "the call was not made")
        outcome = self.healed(rig, rig.now())
        self.judge(case, rig, mark, since, outcome)
        if outcome not in ("good", None):
            self.blame(case, rig, "ended with %s" % outcome)

    def part(self, index):
        with self.rig() as rig:
            cases = parts(list(worth(self.counted(rig), self.few)), self.PARTS, index)
            for number, case in enumerate(cases):
                if number % 3 == 2:                    # no line may come too often
                    rig.daemon.stop()
                self.one(rig, case)
        self.done("of a running daemon", len(cases))

    def test_1(self):
        self.part(0)

    def test_2(self):
        self.part(1)

    def test_3(self):
        self.part(2)


class AllocationTest(FailingTest):
    """Our own code, and libserialport in it, takes no memory after the start; json-c and libmosquitto do a message."""
    TAKING = ("malloc", "calloc", "realloc", "strdup")

    def taken(self, origin):
        return sum(n for (name, where), n in self.calls.counts().items() if name in self.TAKING and where == origin)

    def test_none_after_start(self):
        constants = {**AT_ONCE, "max_age_s": "2", "max_failed_polls": "50"}
        with Rig(models="us2kbpl", modules=2, config=FAST, constants=constants, environment=self.calls.environment) as rig:
            rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 2)
            self.assertGreater(self.taken("program"), 0, "opening the port takes memory: is it not counted?")
            self.calls.clear()
            rig.sim.stack[1].cells_mv[4] = 3660
            rig.wait_bank(lambda b: b["Info.MaxChargeCurrent"] == 0)
            rig.sim.fault("silence", module=2)
            rig.wait_bank(lambda b: b["System.NrOfModulesOffline"] == 1)
            rig.sim.clear()
            rig.sim.fault("flip", rate=200)
            rig.broker_down()
            time.sleep(1)
            rig.broker_up()
            rig.sim.clear()
            rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 2, since=rig.now())
            rig.sim.fault("silence")
            rig.wait_bank(lambda b: b["Alarms.BmsCable"] == 2)
            self.assertEqual(self.taken("program"), 0)
            self.assertGreater(self.taken("json"), 1000)
            self.assertGreater(self.taken("mosquitto"), 10)


class ReloadTest(FailingTest):
    """SIGHUP with another client id: the configuration is read, the client made anew."""
    CALLS = (("fstat", "good"), ("ini_parse_stream", "good"), ("eventfd", 111), ("mosquitto_lib_init", 111),
             ("mosquitto_new", 111), ("socketpair", 111), ("pthread_mutex_init", 111), ("mosquitto_will_set", 111), ("pthread_create", 111),
             ("mosquitto_connect", "good"))

    def test_each(self):
        with self.rig() as rig:
            self.usual = set()
            for number, (name, right) in enumerate(self.CALLS):
                mark = rig.now()
                self.start(rig)
                self.highest = limits(rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 2, since=mark))
                origin = "mosquitto" if name == "socketpair" else "program"
                case, since, mark = Case(name, origin, 1), len(rig.daemon.lines), rig.now()
                self.calls.fail(name, origin)
                rig.hangup({"mqtt": {"client_id": "again-%d" % number}})
                self.assertTrue(self.await_fired(rig), name)
                outcome = self.healed(rig, rig.now())
                self.judge(case, rig, mark, since, outcome)
                if outcome != right:
                    self.blame(case, rig, "ended with %s" % outcome)
                if rig.daemon.running:
                    rig.daemon.stop()
        self.done("while the configuration is read again", len(self.CALLS))


class StopTest(FailingTest):
    """The history is kept at a stop: a failure is told, the end is a good one, the file before stays or is whole."""

    def read_once(self, rig):
        mark = rig.now()
        self.start(rig)
        rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 2, since=mark)

    def stop(self, rig, name, nth, fires=True):
        self.calls.fail(name, "program", nth)
        self.assertEqual(rig.daemon.stop(), 0)
        self.assertEqual(self.calls.fired(), fires, name)
        self.assertEqual(len(rig.daemon.matching("^warning: .*history.* cannot be written: .*in memory only")), 1)

    def test_fsync(self):
        with self.rig() as rig:
            self.read_once(rig)
            self.assertEqual(rig.daemon.stop(), 0)
            path = rig.config["history"]["file"]
            with open(path, "rb") as file:
                before = file.read()
            for nth in (1, 2):             # of the file, and of its folder
                self.read_once(rig)
                self.stop(rig, "fsync", nth)
                with open(path, "rb") as file:
                    now = file.read()
                self.assertTrue(now.startswith(before[:20]) and b"\nsum " in now)
                self.assertTrue(now == before or nth == 2)
                self.assertFalse(os.path.exists(path + ".new"))

    def test_unlink(self):
        """What cannot take the place of a folder is removed again, or stays."""
        with self.rig() as rig:
            path = rig.config["history"]["file"]
            for fails in (True, False):
                self.read_once(rig)
                os.makedirs(os.path.join(path, "taken"))
                self.stop(rig, "unlink", 1 if fails else 2, fails)
                self.assertEqual(os.path.isfile(path + ".new"), fails)
                shutil.rmtree(path)


class TlsTest(FailingTest):
    def test_each(self):
        """Without TLS where it is asked for there is no connection, and a line that says so."""
        for name, status in (("mosquitto_tls_set", 111), ("mosquitto_tls_insecure_set", 100)):
            with Rig(models="us2kbpl", modules=1, config={"mqtt": {"tls": "yes"}}, environment=self.calls.environment,
                     start=False) as rig:
                self.calls.fail(name, "program")
                self.start(rig)
                self.assertEqual(rig.daemon.wait(10), status, name)
                self.assertTrue(self.calls.fired())
                self.assertEqual(len(rig.daemon.matching("^error: .*(MQTT client could not be started|tls)")), 1)


class OnceTest(FailingTest):
    def test_each(self):
        """--once: 0 only with a document on stdout, else 111 and a line that says why."""
        with self.rig() as rig:
            for name in ("puts", "json_object_new_object", "json_object_to_json_string_length"):
                self.calls.fail(name, "program")
                done = run_once(["-c", rig.path, "--once"], env=dict(os.environ, **self.calls.environment))
                self.assertEqual((done.returncode, done.stdout), (111, ""), name)
                self.assertRegex(done.stderr, "error: the bank's document could not be", name)
                self.assertTrue(self.calls.fired())


class DocumentTest(unittest.TestCase):
    def test_every_call(self):
        """Every call and allocation of a document: whole or not at all (test/faults/json_failing.c)."""
        with tempfile.TemporaryDirectory() as folder:
            calls = Calls(folder)
            self.assertEqual(os.path.getsize(calls.path), SIZE)
            environment = dict(os.environ, GLIBC_TUNABLES="glibc.malloc.tcache_count=0", **calls.environment)
            done = subprocess.run([os.path.join(BUILD, "test", "json_failing")], env=environment, text=True, check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout)
            failures = int(re.search(r"(\d+) calls failed", done.stdout)[1])
            self.assertGreater(failures, 1000)


if __name__ == "__main__":
    unittest.main()
