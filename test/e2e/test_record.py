"""`record` writes down the talk with a battery, `replay` runs the daemon on it: both must tell the same."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import time
import unittest

from daemon import BINARY, ROOT, WRAPPER, Daemon, patience, run_once
from harness import BASE, Rig
from sim.console import WAKE_FRAME

TITLE = "pylontech-mqtt recording 1"
LINE = re.compile(r"(\d+) ([=<>]) (.+)")
REPLAY = BASE + "-replay"


def flat(value, path=""):
    if not isinstance(value, dict):
        return {path: value}
    return {k: v for key, part in value.items() for k, v in flat(part, path + "." + key).items()}


def readme_commands(heading):
    """The commands that docs/commands.md shows below a heading, without their remarks."""
    with open(os.path.join(ROOT, "docs/commands.md"), encoding="ascii") as file:
        section = file.read().split("\n" + heading + "\n")[1].split("\n#")[0]
    block = section.split("```")[1]
    return [line.split("#")[0].split()[1:] for line in block.splitlines() if line.startswith("pylontech-mqtt ")]


def unescape(text):
    return re.sub(rb"\\(r|n|\\|x([0-9a-f]{2}))", lambda m: {b"r": b"\r", b"n": b"\n", b"\\": b"\\"}.get(
        m.group(1), bytes([int(m.group(2) or b"0", 16)])), text.encode("ascii"))


class Recording:
    """The file, read with a reader of its own."""

    def __init__(self, path):
        with open(path, encoding="ascii", newline="") as file:
            self.text = file.read()
        lines = self.text.split("\n")
        self.title, self.remarks = lines[0], [line[2:] for line in lines[1:] if line.startswith("# ")]
        self.pieces = [LINE.fullmatch(line).groups() for line in lines[1:-1] if not line.startswith("# ")]

    def bytes(self, direction):
        return b"".join(unescape(text) for _, mark, text in self.pieces if mark == direction)

    @property
    def speeds(self):
        return [int(text) for _, mark, text in self.pieces if mark == "="]


class Case(unittest.TestCase):
    def rig(self, models="us2kbpl", modules=2, start=False, **options):
        return Rig(models=models, modules=modules, start=start, **options)

    def record(self, rig, *options, status=0):
        path = os.path.join(rig.folder, "recording.txt")
        done = run_once(["record", path, "-c", rig.path, *options], 60)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return path, done

    def replay_once(self, rig, path, *options):
        done = run_once(["replay", path, "-c", rig.path, "--once", *options], 60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return flat(json.loads(done.stdout))


class RecordTest(Case):
    def test_every_byte(self):
        """What was written and what came, to the byte, with every command for each module."""
        with self.rig(models="extra2000", modules=2, asleep=True) as rig:
            path, done = self.record(rig, "--keep-serials")
            recording = Recording(path)
            self.assertEqual(recording.bytes(">"), rig.sim.written)
            came = recording.bytes("<")
            for _, text, body in rig.sim.sent:
                place = came.find(body)
                self.assertGreaterEqual(place, 0, text)
                came = came[place + len(body):]
            commands = [line.decode() for line in rig.sim.written.replace(WAKE_FRAME, b"").split(b"\n") if line]
            self.assertEqual(sorted(commands), sorted(["pwr", "pwrsys", "getpwr 1"] + [
                "%s %d" % (word, n) for word in ("info", "pwr", "bat", "stat") for n in (1, 2)]))
            self.assertEqual(recording.title, TITLE)
            self.assertEqual(recording.speeds, [19200, 115200, 9600, 1200, 19200])
            self.assertRegex(recording.remarks[0], r"pylontech-mqtt \d+\.\d+\.\d+ on \d{4}-\d\d-\d\d \d\d:\d\d UTC")
            self.assertIn("prompt pylon> at 19200 after waking, 2 modules, EXTRA2000", recording.remarks[-1])
            self.assertIn("prompt pylon> at 19200 after waking, 2 modules, EXTRA2000", done.stdout)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_getpwr(self):
        """Where the console knows it, it is there for each module."""
        with self.rig(getpwr=True) as rig:
            text = Recording(self.record(rig)[0]).text
            self.assertRegex(text, r"> getpwr 1\\n\n")
            self.assertRegex(text, r"> getpwr 2\\n\n")

    def test_mailable(self):
        """Printable, no blank at a line's end, no long lines, whatever came; times never go back."""
        with self.rig() as rig:
            rig.sim.fault("garbage", command="stat 1", count=1)
            recording = Recording(self.record(rig)[0])
            for line in recording.text.split("\n"):
                self.assertTrue(line.isprintable() and line == line.rstrip() and len(line) < 900, line)
            self.assertIn("\\x", recording.text)
            times = [int(at) for at, _, _ in recording.pieces]
            self.assertEqual(times, sorted(times))

    def test_serials_masked(self):
        for models in ("us2kbpl", "us5000", "pytes4850", "pytes48100"):
            with self.subTest(models), self.rig(models=models, modules=2) as rig:
                path, done = self.record(rig)
                text = Recording(path).text
                shown = [b.decode("latin-1") for _, _, b in rig.sim.sent if rig.sim.stack[1].barcode.encode() in b]
                self.assertTrue(shown)
                for module in rig.sim.stack:
                    self.assertNotIn(module.barcode[3:], text)
                    self.assertNotIn(module.barcode[3:], done.stdout)
                self.assertNotIn("C0FFEE", text)
                self.assertRegex(text, rig.sim.stack[1].barcode[:3] + r"x+01\b")

    def test_service_holds_the_port(self):
        with self.rig(start=True) as rig:
            rig.wait_bank()
            path = os.path.join(rig.folder, "recording.txt")
            done = run_once(["record", path, "-c", rig.path])
            self.assertEqual(done.returncode, 111)
            self.assertRegex(done.stderr, r"taken by another program.*pylontech-mqtt \(pid %d\)|%s" % (
                rig.daemon.process.pid, r"taken by another program" if WRAPPER else "$^"))
            self.assertIn("svc -d /service/pylontech-mqtt", done.stderr)
            self.assertFalse(os.path.exists(path))
            rig.wait_bank(since=rig.now())

    def test_never_over_another_file(self):
        with self.rig() as rig:
            path = os.path.join(rig.folder, "recording.txt")
            with open(path, "w", encoding="ascii") as file:
                file.write("mine")
            self.assertIn("not in use", self.record(rig, status=100)[1].stderr)
            with open(path, encoding="ascii") as file:
                self.assertEqual(file.read(), "mine")
            self.assertEqual(rig.sim.written, b"")

    def test_nobody_answers(self):
        """A recording of what went wrong is a recording too."""
        with self.rig(baud=57600, garbage_at_wrong_speed=True, config={"serial": {"baud": 9600}}) as rig:
            path, done = self.record(rig, status=111)
            self.assertIn("bytes but no text", done.stdout)
            self.assertIn("bytes but no text", Recording(path).remarks[-1])
            self.assertNotEqual(Recording(path).bytes("<"), b"")

    def test_interrupted(self):
        with self.rig(models="extra2000", paced=True) as rig:
            path = os.path.join(rig.folder, "recording.txt")
            with subprocess.Popen(WRAPPER + [BINARY, "record", path, rig.sim.port], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                self.assertTrue(rig.sim.wait_command("bat 1", timeout_s=patience(10)))
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=patience(10))
                self.assertEqual(process.returncode, 111)
            self.assertIn("before it was complete", Recording(path).remarks[-1])
            self.assertIn("bat 1", Recording(path).text)

    def test_which_port(self):
        with self.rig() as rig:
            rig.write_config({"serial": {"port": None}})
            self.assertIn("which port", self.record(rig, status=111)[1].stderr)
            self.record(rig, rig.sim.port)


    def test_the_readme(self):
        """Its commands, as they stand there but for the places of files."""
        commands = readme_commands("## Send us a recording")
        self.assertEqual([words[0] for words in commands], ["record", "replay"])
        with self.rig() as rig:
            for words in commands:
                words = [os.path.join(rig.folder, word) if word.endswith(".txt") else word for word in words]
                done = run_once(words + ["-c", rig.path], 60)
                self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(flat(json.loads(done.stdout))[".System.NrOfModulesOnline"], 2)


class SameTest(Case):
    """The daemon on the recording says what the daemon on the battery said."""

    def once(self, rig):
        """`--once` on the battery, then on the recording of it."""
        live = run_once(["-c", rig.path, "--once"], 60)
        self.assertEqual(live.returncode, 0, live.stderr)
        path, _ = self.record(rig)
        self.assertEqual(self.replay_once(rig, path, "--fast"), flat(json.loads(live.stdout)))

    def test_models(self):
        for models in ("extra2000", "us2kbplb", "us2000c", "us5000new", "us3000d", "pytes4850", "pytes48100", "old13"):
            with self.subTest(models), self.rig(models=models) as rig:
                rig.sim.stack[2].current_ma = -7123
                rig.sim.stack[2].cells_mv[4] = 3391
                self.once(rig)

    def test_mixed_rack(self):
        with self.rig(models=["us5000", "us2000c", "us2kbpl"], own_layouts=True) as rig:
            self.once(rig)

    def test_sixteen(self):
        with self.rig(models="us2000c", modules=16) as rig:
            self.once(rig)

    def test_asleep(self):
        with self.rig(asleep=True, wakes_needed=2) as rig:
            path, _ = self.record(rig)
            self.assertEqual(self.replay_once(rig, path, "--fast")["." + "System.NrOfModulesOnline"], 2)

    def test_getpwr(self):
        with self.rig(getpwr=True) as rig:
            self.once(rig)

    def test_login(self):
        with self.rig(login_required=True) as rig:
            self.once(rig)

    def test_no_table(self):
        """Addresses are tried one by one; where there is no module the console refuses."""
        with self.rig(no_table=True) as rig:
            self.once(rig)

    def test_a_damaged_reply(self):
        """It is read again, live as in the recording."""
        with self.rig() as rig:
            live = run_once(["-c", rig.path, "--once"])
            rig.sim.fault("truncate", command="bat 2", value=300, count=1)
            rig.sim.fault("late", command="pwr 1", seconds=1.5, count=1)
            path, _ = self.record(rig)
            self.assertEqual(self.replay_once(rig, path), flat(json.loads(live.stdout)))

    def test_every_topic(self):
        """The whole daemon: the same documents on every data topic, below another base, and the words of `link`."""
        with self.rig(models="us2kbplb", modules=3, start=True) as rig:
            rig.sim.stack[3].cells_mv[2] = 3402
            names = ("pylon", "battery_1", "battery_2", "battery_3")
            rig.wait_link(lambda doc: doc["passes"] > 6)      # every slow command was asked
            live = {name: rig.wait_document(name, since=rig.now()) for name in names}
            link = rig.wait_link(since=rig.now())
            self.assertEqual(rig.daemon.stop(), 0)
            path, _ = self.record(rig)
            rig.gaps.append((rig.daemon.stopped - 0.5, time.monotonic() + 1.0))
            rig.epochs.append((time.monotonic(), dataclasses.replace(rig.contract(), base=REPLAY)))
            mark = rig.now()
            rig.daemons.append(Daemon(rig.path, ("replay", path)).start())
            for name in names:
                wanted = live[name]
                found = rig.subscriber.wait_for(
                    lambda m, n=name, w=wanted: m.topic == REPLAY + "/" + n and rig.flat(m) == w, patience(30), mark)
                self.assertIsNotNone(found, "%s is never as it was live" % name)
            replayed = self.wait_replayed_link(rig, mark)
            for was, now in zip(link["modules"], replayed["modules"], strict=True):
                for key in sorted(set(was) - {"age_ms", "good", "damaged", "late", "barcode"}):
                    self.assertEqual(now[key], was[key], key)
            self.assertEqual({m.topic.split("/")[0] for m in rig.subscriber.messages[mark:]}, {REPLAY})
            self.assertIsNotNone(rig.daemon.wait_line("^warning: this is the recording .*, not the battery"))
            self.assertEqual(rig.daemon.stop(), 0)

    def wait_replayed_link(self, rig, since):
        message = rig.subscriber.wait_for(lambda m: m.topic == REPLAY + "/link" and json.loads(m.payload)["passes"] > 0,
                                          patience(15), since)
        self.assertIsNotNone(message)
        return json.loads(message.payload)


class ReplayTest(Case):
    def test_beside_the_service(self):
        """Another client id: the daemon that reads the battery keeps its connection, its memory and its history, and
        Home Assistant hears of the battery alone."""
        with self.rig(config={"homeassistant": {"discovery": "yes"}}) as rig:
            path, _ = self.record(rig)
            rig.epochs.append((time.monotonic(), dataclasses.replace(rig.contract(), base=REPLAY)))
            replay = Daemon(rig.path, ("replay", path, "--fast")).start()
            try:
                message = rig.subscriber.wait_for(lambda m: m.topic == REPLAY + "/pylon", patience(15))
                self.assertIsNotNone(message)
                for name in ("memory", "history"):
                    self.assertFalse(os.path.exists(os.path.join(rig.folder, name)), name)
                rig.start_daemon()
                rig.wait_bank()
                time.sleep(2)                    # a client that was pushed out would come back within this
                self.assertEqual(rig.daemon.matching("lost the broker") + replay.matching("lost the broker"), [])
                self.assertTrue(replay.running)
            finally:
                self.assertEqual(replay.stop(), 0)
            self.assertEqual(rig.broker.retained(REPLAY + "/#"), {REPLAY + "/status": b"offline"})
            self.assertEqual({topic.split("/")[2] for topic in rig.broker.retained("homeassistant/#")}, {BASE})
            self.assertEqual(rig.daemon.matching("taking over"), [])

    def test_times(self):
        """As slow as it was, or at once."""
        with self.rig(modules=1) as rig:
            rig.sim.fault("late", command="bat 1", seconds=0.45, count=1)
            path, _ = self.record(rig)
            took = {}
            for option in ("-v", "--fast"):
                began = time.monotonic()
                self.replay_once(rig, path, option)
                took[option] = time.monotonic() - began
            self.assertGreater(took["-v"], 0.45)
            self.assertLess(took["--fast"], took["-v"] - 0.1)

    def test_without_a_battery(self):
        """A recording on which nobody answers ends as the battery would."""
        with self.rig(baud=57600, config={"serial": {"baud": 9600}}) as rig:
            path, _ = self.record(rig, status=111)
            done = run_once(["replay", path, "-c", rig.path, "--once", "--fast"], 60)
            self.assertEqual(done.returncode, 111)

    def test_refused(self):
        rows = {
            "": "line 1", "hello\n": "line 1", TITLE + "\n": "nothing in it",
            TITLE + "\n# x\n0 = 19200\n": "nothing in it", TITLE + "\n0 > a\n1 < b\n1 ! c\n": "line 4",
            TITLE + "\n0 > \\q\n": "line 2",
        }
        with self.rig() as rig:
            path = os.path.join(rig.folder, "recording.txt")
            for text, holds in rows.items():
                with open(path, "w", encoding="ascii") as file:
                    file.write(text)
                done = run_once(["replay", path, "-c", rig.path, "--once"])
                self.assertEqual(done.returncode, 100, text)
                self.assertIn(holds, done.stderr)
            done = run_once(["replay", path + ".not", "-c", rig.path, "--once"])
            self.assertEqual((done.returncode, "No such file" in done.stderr), (100, True))

    def test_came_by_mail(self):
        """Other line ends are no fault."""
        with self.rig() as rig:
            path, _ = self.record(rig)
            with open(path, encoding="ascii", newline="") as file:
                text = file.read()
            with open(path, "w", encoding="ascii", newline="") as file:
                file.write(text.replace("\n", "\r\n"))
            self.assertEqual(self.replay_once(rig, path, "--fast")[".System.NrOfModulesOnline"], 2)

    def test_words(self):
        for arguments, holds in (
                (["record"], "needs an argument"), (["replay"], "needs an argument"),
                (["replay", "a", "b"], "too many"), (["record", "a", "b", "c"], "too many"),
                (["replay", "a", "--keep-serials"], "cannot be used"), (["record", "a", "--once"], "cannot be used")):
            done = run_once(arguments)
            self.assertEqual((done.returncode, done.stdout), (100, ""))
            self.assertIn(holds, done.stderr)


if __name__ == "__main__":
    unittest.main()
