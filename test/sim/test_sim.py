#!/usr/bin/python3
"""Tests of the simulator itself."""

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import tty
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
if __package__ in (None, ""):
    sys.path[0] = os.path.dirname(HERE)

from sim import recorded
from sim.console import WAKE_FRAME
from sim.faults import KINDS
from sim.models import MODELS
from sim.physics import ocv_mv
from sim.scenario import Scenario, ScenarioError
from sim.simulator import Simulator

END = b"$$\r\n\rpylon>"


class Port:
    """The other side of the wire: what a daemon does, in a few lines."""

    def __init__(self, path, baud, raw=False):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        if raw:
            tty.setraw(self.fd)
        self.set_speed(baud)

    def set_speed(self, baud):
        attributes = termios.tcgetattr(self.fd)
        attributes[4] = attributes[5] = getattr(termios, "B%d" % baud)
        termios.tcsetattr(self.fd, termios.TCSANOW, attributes)

    def write(self, data):
        os.write(self.fd, data)

    def read(self, quiet_s=0.3, end=b">", count=None):
        """Reads until `end` stands at the end, `count` bytes are there, or it is quiet for a time."""
        data, until = b"", time.monotonic() + 5
        while time.monotonic() < until and select.select([self.fd], [], [], quiet_s)[0]:
            data += os.read(self.fd, 65536)
            if (end and data.endswith(end)) or (count and len(data) >= count):
                break
        return data

    def ask(self, command, quiet_s=0.3):
        self.write(command.encode() + b"\n")
        return self.read(quiet_s)

    def close(self):
        os.close(self.fd)


def wait_until(condition, timeout_s=3.0):
    until = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


class SimCase(unittest.TestCase):
    """One simulator and one port a test."""

    def open(self, models="us2kbpl", modules=2, port_baud=None, paced=False, **options):
        self.sim = Simulator(models, modules, paced=paced, **options).start()
        self.addCleanup(self.sim.stop)
        self.port = Port(self.sim.port, port_baud or self.sim.options.baud)
        self.addCleanup(self.port.close)
        return self.port


class WireTest(SimCase):
    def paced(self, measure, delta):
        """`measure` returns (seconds taken, seconds on the wire). Never faster than the wire; and as fast as the wire in
        the best of some tries, since a busy machine only ever makes it slower."""
        late = []
        for _ in range(6):
            took, wire = measure()
            self.assertGreater(took, wire - delta)
            late.append(took - wire)
            if late[-1] < delta:
                return
        self.fail("late by %s s" % late)

    def test_pacing_at_19200(self):
        port = self.open("extra2000", 1, paced=True, recorded={"x": b"y" * 999 + b">"}, latency_s=0.0)

        def measure():
            start = time.monotonic()
            self.assertEqual(len(port.ask("x")), 1001)
            return time.monotonic() - start, (2 + 1001) / 1920

        self.paced(measure, 0.011)

    def test_a_command_takes_its_time_on_the_wire(self):
        port = self.open("extra2000", 1, paced=True, baud=1200)

        def measure():
            port.write(b"q" * 23 + b"\n")
            start = time.monotonic()
            self.assertTrue(select.select([port.fd], [], [], 2)[0])
            took = time.monotonic() - start
            port.read(1.5)
            return took, 25 / 120

        self.paced(measure, 0.015)

    def test_pacing_does_not_drift_at_115200(self):
        port = self.open("us5000", 2, paced=True, latency_s=0.0)

        def measure():
            start = time.monotonic()
            count = sum(len(port.ask("pwr")) + 4 for _ in range(3))
            return time.monotonic() - start, count / 11520

        self.paced(measure, 0.03)

    def test_a_long_reply_takes_its_time_to_half_a_percent(self):
        for baud, length in ((19200, 2880), (115200, 17280)):
            for adapter in ("direct", "ftdi"):
                with self.subTest(baud=baud, adapter=adapter):
                    port = self.open("extra2000", 1, paced=True, latency_s=0.0, baud=baud, adapter=adapter,
                                     recorded={"x": b"y" * (length - 1) + b">"})
                    wire = (2 + 1 + length) * 10 / baud
                    held = 0.016 if adapter == "ftdi" else 0.0

                    def measure(port=port, length=length, wire=wire):
                        start = time.monotonic()
                        self.assertEqual(len(port.ask("x")), 1 + length)
                        return time.monotonic() - start, wire

                    self.paced(measure, 0.005 * wire + held)

    def test_an_ftdi_adapter_sends_packets(self):
        """19200 baud: the timer rules, 31 bytes at most. 115200: full packets, and one with the rest 16 ms later."""
        for baud, most in ((19200, 31), (115200, 62)):
            with self.subTest(baud=baud):
                port = self.open("extra2000", 1, paced=True, latency_s=0.0, baud=baud, adapter="ftdi",
                                 recorded={"x": b"y" * 999 + b">"})
                self.sim.wire.trace = []
                port.ask("x")
                trace = self.sim.wire.trace
                self.assertTrue(wait_until(lambda trace=trace: sum(n for *_, n in trace) == 1001))  # noted after the write
                self.assertEqual(max(n for *_, n in trace), most)
                for (_, before, _, _), (line_end, due, written, _) in zip(trace, trace[1:]):
                    self.assertLess(due - before, 0.0161)
                    self.assertLessEqual(line_end, due)
                    self.assertLessEqual(due, written)

    def test_wrong_speed_is_silent_both_ways(self):
        port = self.open(port_baud=19200)
        port.write(b"\npwr\n")
        self.assertEqual(port.read(0.15), b"")
        self.assertEqual(self.sim.commands, [])
        port.set_speed(115200)
        self.assertEqual(port.ask(""), b"\n\rpylon>")
        self.assertEqual(self.sim.written, b"\npwr\n\n")

    def test_output_at_a_wrong_speed_is_lost(self):
        port = self.open("extra2000", 1, paced=True)
        port.write(b"pwr\n")
        port.read(0.2, end=None, count=300)
        port.set_speed(9600)
        port.read(0.02, end=None)
        self.assertEqual(port.read(0.2, end=None), b"")
        self.assertGreater(self.sim.wire.wrong_speed_out, 100)

    def test_garbage_at_wrong_speed(self):
        port = self.open(port_baud=9600, garbage_at_wrong_speed=True)
        port.write(b"pwr 1\n")
        data = port.read(0.15, end=None)
        self.assertTrue(data)
        self.assertTrue(all(b == 0x3F or b >= 0x80 for b in data))

    def test_noise_at_wrong_speed_spoils_the_next_command(self):
        port = self.open(port_baud=9600, noise_at_wrong_speed=True)
        port.write(b"~2")
        time.sleep(0.1)
        port.set_speed(115200)
        self.assertIn(b"Unknown command", port.ask("pwr 1"))
        self.assertIn(b"Voltage", port.ask("pwr 1"))

    def test_cooked_terminal_sends_the_text_back(self):
        self.open(cooked=True, paced=True)
        self.port.write(b"pwr 1\n")
        self.assertTrue(wait_until(lambda: len(self.sim.commands) > 2))
        raw = Port(self.sim.port, 115200, raw=True)
        self.addCleanup(raw.close)
        raw.read(0.2, end=None)
        before = len(self.sim.commands)
        raw.ask("pwr 1")
        self.assertEqual(len(self.sim.commands), before + 1)

    def test_closing_and_opening_again(self):
        port = self.open()
        port.close()
        port.fd = os.open(self.sim.port, os.O_RDWR | os.O_NOCTTY)
        self.assertTrue(port.ask("pwr 1").endswith(END))

    def test_unplug_and_replug_under_a_link(self):
        with tempfile.TemporaryDirectory() as folder:
            link = os.path.join(folder, "battery")
            port = self.open(link=link)
            self.sim.unplug()
            self.assertFalse(os.path.lexists(link))
            with self.assertRaises(OSError):
                for _ in range(200):       # it hangs up when the simulator's thread has left its select()
                    os.write(port.fd, b"\n")
                    time.sleep(0.01)
            self.sim.replug()
            new = Port(link, 115200)
            self.addCleanup(new.close)
            self.assertEqual(new.ask(""), b"\n\rpylon>")


class WakeTest(SimCase):
    def wake(self, port, frame=WAKE_FRAME, wait_s=0.25):
        port.set_speed(1200)
        port.write(frame)
        time.sleep(wait_s)
        port.set_speed(115200)

    def test_asleep_until_woken(self):
        port = self.open(asleep=True)
        self.assertEqual(port.ask("", 0.1), b"")
        self.wake(port, wait_s=0.05)
        self.assertEqual(port.ask(""), b"\n\rpylon>")
        self.assertEqual(self.sim.console.wakes, 1)

    def test_only_the_exact_frame_at_1200_wakes(self):
        port = self.open(asleep=True)
        self.wake(port, WAKE_FRAME.replace(b"FCC3", b"FCC2"), 0.05)
        port.write(WAKE_FRAME)
        time.sleep(0.1)
        self.wake(port, WAKE_FRAME[:-1], 0.05)
        self.assertEqual(port.ask("", 0.1), b"")

    def test_changing_the_speed_too_early_destroys_the_frame(self):
        port = self.open(asleep=True, paced=True)
        self.wake(port, wait_s=0.1)
        time.sleep(0.15)
        self.assertEqual(port.ask("", 0.1), b"")
        self.wake(port)
        self.assertEqual(port.ask(""), b"\n\rpylon>")

    def test_second_wake_needed_and_off_again_in_user_mode(self):
        port = self.open(asleep=True, wakes_needed=2)
        self.wake(port, wait_s=0.05)
        self.assertEqual(port.ask("", 0.1), b"")
        self.wake(port, wait_s=0.05)
        self.assertTrue(port.ask("login debug").endswith(b"pylon_debug>"))
        self.sim.switch_off()
        self.assertEqual(port.ask("pwr 1", 0.1), b"")
        self.wake(port, wait_s=0.05)
        self.wake(port, wait_s=0.05)
        self.assertEqual(port.ask(""), b"\n\rpylon>")


class ConsoleTest(SimCase):
    def test_echo_and_framing(self):
        port = self.open()
        self.assertTrue(port.ask("pwr 1").startswith(b"pwr 1\n\r@\r\r\n ---"))
        self.assertTrue(port.ask("info 2").startswith(b"info 2\n\r@\r\n\rDevice address      : 2\r\n\r"))
        table = port.ask("pwr")
        self.assertTrue(table.endswith(b"\r\n\rCommand completed successfully\r\n\r$$\r\n\rpylon>"))
        self.assertEqual(table.count(b"\r\r\n"), 9)
        port.write(b"bat 1\r")
        self.assertTrue(port.read().startswith(b"bat 1\n\r@\r\r\nBattery  Volt"))

    def test_errors(self):
        port = self.open("pytes48100", 1, refused={"soh": "version"})
        self.assertEqual(port.ask("xyz"), b"xyz\n\rUnknown command 'xyz' - try 'help'\r\n\r$$\r\n\rPYTES>")
        self.assertTrue(port.ask("stat 1").startswith(
            b"stat 1\n\r@\r\n\rInvalid command or fail to excute.\r\n\rUsage:\r\n"))
        self.assertIn(b"\r@\r\n\rCommand completed unccessfully\r\n\r$$\r\n\rPYTES>", port.ask("pwr 7"))
        self.assertIn(b"Invalid command", port.ask("pwr 17"))
        self.assertIn(b"This version do not support this command!\r\n\r$$", port.ask("soh"))

    def test_login(self):
        port = self.open("us5000", 1)
        self.assertIn(b"Unknown command 'pwrsys'", port.ask("pwrsys"))
        self.assertTrue(port.ask("login debug").endswith(b"$$\r\n\rpylon_debug>"))
        self.assertIn(b"Quit current mode", port.ask("login debug"))
        self.assertIn(b"Recommend chg voltage    : 53250    mV", port.ask("pwrsys"))
        self.assertTrue(port.ask("logout").endswith(b"\rpylon>"))

    def test_login_required_and_no_table(self):
        port = self.open(login_required=True, no_table=True)
        self.assertIn(b"Unknown command 'pwr'", port.ask("pwr 1"))
        port.ask("login debug")
        self.assertIn(b"Voltage", port.ask("pwr 1"))
        self.assertIn(b"Invalid command", port.ask("pwr"))

    def test_commands_are_recorded_and_forbidden_ones_named(self):
        port = self.open()
        for command in ("", "pwr", "bat 2", "time 24 1 1", "shut"):
            port.ask(command, 0.1)
        self.assertEqual([text for _, text in self.sim.commands], ["", "pwr", "bat 2", "time 24 1 1", "shut"])
        self.assertEqual([text for _, text in self.sim.forbidden], ["time 24 1 1", "shut"])
        self.assertEqual(self.sim.written, b"\npwr\nbat 2\ntime 24 1 1\nshut\n")
        self.assertEqual(port.ask("", 0.1), b"")


def table_of(reply):
    """{address: {header: text}} of a table whose columns stand under their headers."""
    lines = [l for l in reply.decode("latin-1").replace("\r", "").split("\n") if re.match(r"Power |\d+ ", l)]
    starts = [(m.group(), m.start()) for m in re.finditer(r"\S+", lines[0])]
    rows = {}
    for line in lines[1:]:
        cuts = [s for _, s in starts] + [None]
        row = {name: line[a:b].strip() for (name, a), b in zip(starts, cuts[1:])}
        rows[int(row["Power"])] = row
    return rows


def pairs_of(reply):
    return {k.strip(): v.strip() for k, v in
            (l.split(":", 1) for l in reply.decode("latin-1").replace("\r", "").split("\n") if ":" in l)}


def cells_of(reply):
    return re.findall(r"^\s*(\d+) +(\d{4}) +.*$", reply.decode("latin-1").replace("\r", ""), re.M)


LOW_VOLTAGE = [name for name in MODELS if name != "force_h2"]
TABLE_COLUMNS = {"a": 16, "b": 18, "c": 23, "d": 18, "13": 13}


class ModelTest(SimCase):
    def each(self, check):
        for name in LOW_VOLTAGE:
            with self.subTest(model=name):
                sim = Simulator(name, 3, paced=False).start()
                port = Port(sim.port, sim.options.baud)
                try:
                    check(sim, port, MODELS[name])
                finally:
                    port.close()
                    sim.stop()

    def test_replies_agree_with_each_other(self):
        def check(sim, port, model):
            prompt = b"$$\r\n\r" + model.prompt.encode() + b">"
            table, power, bat = port.ask("pwr"), port.ask("pwr 2"), port.ask("bat 2")
            for reply in (table, power, bat):
                self.assertTrue(reply.endswith(prompt))
            row, pairs, cells = table_of(table)[2], pairs_of(power), cells_of(bat)
            self.assertEqual(len(table_of(table)), model.rows)
            self.assertEqual(len(table_of(table)[2]), TABLE_COLUMNS[model.table])
            self.assertEqual(len(cells), model.cells)
            total = sum(int(mv) for _, mv in cells)
            self.assertEqual(int(row["Volt"]), total)
            self.assertEqual(int(pairs["Voltage"].split()[0]), total)
            self.assertEqual(row["Coulomb"].rstrip("%"), pairs["Coulomb"].split()[0])
            self.assertIn("%s%%" % pairs["Coulomb"].split()[0], bat.decode("latin-1"))
            self.assertIn("%d mAH" % sim.stack[2].remaining_mah, bat.decode("latin-1"))
            absent = re.search(r"^4( +-){7} +Absent( +-)+ *$", table.decode("latin-1").replace("\r", ""), re.M)
            self.assertTrue(absent)
            # In layout c the rows of absent modules keep the offsets of the older table.
            header = table.decode("latin-1").split("\n")[2]
            self.assertEqual(absent.group().index("Absent") == header.index("Base.St"), model.table != "c")
        self.each(check)

    def test_columns_of_the_layouts(self):
        def check(sim, port, model):
            bat = port.ask("bat 1").decode("latin-1")
            self.assertEqual("Curr " in bat, model.bat != "nocurr")
            self.assertEqual("BAL" in bat, model.bat in ("new", "dtemp", "dtemp1"))
            self.assertEqual("DTemp. State" in bat, model.bat.startswith("dtemp"))
            table = port.ask("pwr").decode("latin-1")
            self.assertEqual("Tlow.Id" in table and "SysAlarm.St" in table, model.table == "c")
            self.assertEqual("Barcode" in table and "\n\r\n2 " in table, model.table == "d")
            power = port.ask("pwr 1").decode("latin-1")
            self.assertEqual("CFetState:ON" in power, model.power == "fets")
            self.assertEqual("mAS" in power, model.power == "pytes100")
            self.assertEqual(power.count("0x0"), 4 if model.power == "fets" else 3)
        self.each(check)

    def test_info_and_stat(self):
        def check(sim, port, model):
            info, stat = port.ask("info 3"), port.ask("stat 3")
            if "info N" not in model.refused:
                pairs = pairs_of(info)
                self.assertEqual(pairs["Barcode"], sim.stack[3].barcode)
                self.assertEqual(int(pairs["Cell Number"]), model.cells)
                self.assertEqual(pairs["Max Dischg Curr"], "%dmA" % model.max_discharge_ma)
            if "stat N" in model.refused:
                self.assertIn(b"Invalid command", stat)
                stat = port.ask("stat")
            address = 1 if "stat N" in model.refused else 3
            self.assertEqual(int(pairs_of(stat)["CYCLE Times"]), sim.stack[address].cycles)
        self.each(check)

    def test_getpwr(self):
        port = self.open("us2000c", 2)
        reply = port.ask("getpwr 2").decode().replace("\r", "").split("\n")
        module = self.sim.stack[2]
        self.assertEqual([f.strip() for f in reply[2].split("#")][:4],
                         [str(module.voltage_mv), str(module.current_ma), "26000", str(module.remaining_mah)])
        self.assertEqual(len([l for l in reply if l.count("#") == 4]), 15)
        self.sim.stop()
        self.assertIn(b"Unknown command", self.open("extra2000", 1).ask("getpwr 1"))

    def test_high_voltage(self):
        port = self.open("force_h2", 1)
        self.assertIn(b"AverageTempr   :", port.ask("pwr"))
        self.assertIn(b"DC Volt", port.ask("pwr 1"))
        self.assertTrue(port.ask("bat").startswith(b"bat\r\r\nTime: "))
        self.assertIn(b"384V/37AH", port.ask("info 1"))

    def test_mixed_rack(self):
        port = self.open(["us5000", "us2000c", "us2kbplb"])
        rows = table_of(port.ask("pwr"))
        self.assertEqual((rows[2]["M.T.St"] != "-", rows[3]["M.T.St"]), (True, "-"))
        self.assertIn(b"BAL", port.ask("bat 3"))
        self.assertIn(b"US2KBPL", port.ask("info 3"))
        self.assertNotIn(b"Board       ", port.ask("info 3"))


class FaultTest(SimCase):
    def fault(self, kind, **options):
        self.sim.fault(kind, **options)

    def test_every_kind_is_listed_in_the_manual(self):
        with open(os.path.join(HERE, "README.md"), encoding="ascii") as file:
            manual = file.read()
        for kind in KINDS:
            self.assertIn("`%s`" % kind, manual)

    def test_damaged_bytes(self):
        port = self.open()
        clean = port.ask("bat 1")
        for kind, compare in (("lose", self.assertLess), ("double", self.assertGreater),
                              ("insert", self.assertGreater), ("flip", self.assertEqual)):
            self.sim.clear()
            self.fault(kind, rate=50)
            port.write(b"bat 1\n")
            reply = port.read(0.15, end=None)
            compare(len(reply), len(clean), kind)
            self.assertNotEqual(reply, clean)
        self.sim.clear()
        self.assertEqual(port.ask("bat 1"), clean)
        self.assertGreater(self.sim.faults.damaged_bytes, 20)

    def test_truncate_once(self):
        port = self.open()
        self.fault("truncate", command="bat 2", value=300, count=1)
        self.assertTrue(port.ask("bat 1").endswith(END))
        self.assertEqual(len(port.ask("bat 2", 0.1)), 300 + 6)
        self.assertTrue(port.ask("bat 2").endswith(END))

    def test_stall(self):
        port = self.open()
        self.fault("stall", command="pwr 1", value=100, seconds=0.25)
        self.assertEqual(len(port.ask("pwr 1", 0.1)), 106)
        self.assertTrue(port.read(0.4).endswith(END))

    def test_late_reply_arrives_inside_the_next_one(self):
        port = self.open("extra2000", 2, paced=True)
        self.fault("late", command="pwr 2", seconds=0.4, count=1)
        self.assertEqual(port.ask("pwr 2", 0.1), b"pwr 2\n")
        port.write(b"bat 1\n")
        data = port.read(0.3, end=None)
        self.assertEqual(data.count(b"pylon>"), 2)
        first = data.index(b" Power  2")
        self.assertLess(data.index(b"Battery  Volt"), first)
        self.assertIn(b"mAH", data[data.index(b"System Fault"):])

    def test_no_echo_stray_bytes_and_refusal(self):
        port = self.open()
        self.fault("drop_echo", command="pwr 1", count=1)
        self.assertTrue(port.ask("pwr 1").startswith(b"\r@"))
        self.fault("stray", value="0\r\n\rpylon>", count=1)
        port.write(b"bat 1\n")
        self.assertTrue(port.read(0.1, end=None).startswith(b"0\r\n\rpylon>bat 1\n"))
        self.fault("refuse", command="bat", value="version", count=1)
        self.assertIn(b"This version do not", port.ask("bat 1"))

    def test_silence(self):
        port = self.open()
        self.fault("silence", module=2)
        self.assertEqual(port.ask("bat 2", 0.1), b"bat 2\n")
        self.assertTrue(port.ask("bat 1").endswith(END))
        self.fault("silence")
        self.sim.faults.active.pop(0)
        self.assertEqual(port.ask("", 0.1), b"")
        self.sim.clear("silence")
        self.assertEqual(port.ask(""), b"\n\rpylon>")

    def test_endless_line_ends_with_the_next_command(self):
        port = self.open()
        self.fault("endless", command="pwr 1", value="z", count=1)
        port.write(b"pwr 1\n")
        data = port.read(0.3, end=None, count=3000)
        self.assertGreaterEqual(len(data), 3000)
        self.assertEqual(set(data[6:]), {ord("z")})
        port.write(b"pwr 1\n")
        self.assertTrue(port.read(0.3).endswith(END))

    def test_garbage_wrong_module_frozen(self):
        port = self.open()
        self.fault("garbage", count=1)
        port.write(b"pwr 1\n")
        self.assertTrue(all(b == 0x3F or b >= 0x80 for b in port.read(0.1, end=None)))
        self.fault("wrong_module", command="pwr 1", value=2, count=1)
        self.assertIn(b" Power  2\r", port.ask("pwr 1"))
        self.fault("frozen", module=1)
        before = port.ask("pwr 1")
        self.sim.stack[1].current_ma = -4321
        self.assertEqual(port.ask("pwr 1"), before)
        self.sim.clear("frozen")
        self.assertIn(b"-4321", port.ask("pwr 1"))

    def test_stale_row(self):
        port = self.open()
        self.fault("stale_row", module=2)
        port.ask("pwr")
        for module in self.sim.stack:
            module.current_ma = -1234
        rows = table_of(port.ask("pwr"))
        self.assertEqual((rows[1]["Curr"], rows[2]["Curr"]), ("-1234", "5074"))

    def test_another_program_on_the_port(self):
        port = self.open()
        self.sim.inject("bat 2")
        self.assertTrue(port.read().startswith(b"bat 2\n\r@"))
        self.assertEqual(self.sim.commands, [])

    def test_module_leaves_and_returns(self):
        port = self.open()
        self.sim.stack[2].present = False
        self.assertIn(b"unccessfully", port.ask("pwr 2"))
        self.assertEqual(table_of(port.ask("pwr"))[2]["Base.St"], "Absent")
        self.sim.stack[2].set_many(present=True, barcode="SIMQ00000000001")
        self.assertIn(b"SIMQ00000000001", port.ask("info 2"))

    def test_unknown_fault_is_refused(self):
        self.open()
        for kind, options in (("nonsense", {}), ("lose", {}), ("silence", {"rate": 3})):
            with self.assertRaises(ValueError):
                self.sim.fault(kind, **options)


class StackTest(SimCase):
    def test_values_and_history(self):
        port = self.open()
        module = self.sim.stack[1]
        before = time.monotonic()
        module.cells_mv[3] = 3700
        module.soc_pct = 40.0
        module.cell_temps_mc[0] = 52000
        module.bat_events, module.bat_event_names = 0x2002, "BHV COULFULL"
        bat = port.ask("bat 1").decode()
        self.assertRegex(bat, r"3 +3700 ")
        self.assertIn("40%      20000 mAH", bat)
        self.assertIn("52000", bat)
        self.assertIn(b"Bat Events      : 0x2002     BHV COULFULL", port.ask("pwr 1"))
        self.assertEqual(self.sim.stack.truth(1, before)["cells_mv"][3] < 3400, True)
        self.assertEqual(self.sim.stack.truth(1, time.monotonic())["cells_mv"][3], 3700)
        self.assertGreaterEqual(len(self.sim.stack.truths(1, before, time.monotonic())), 4)
        module.voltage_mv = 60000
        self.assertIn(b"60000       mV", port.ask("pwr 1"))
        module.voltage_mv = None
        self.assertEqual(module.voltage_mv, sum(module.cells_mv))

    def test_physics_charges(self):
        self.open("us5000", 2)
        physics, module = self.sim.physics, self.sim.stack[1]
        module.set_many(current_ma=50000, soc_pct=90.0)
        for _ in range(60):
            physics.move(module, 10)
        self.assertAlmostEqual(module.soc_pct, 90 + 50 * 600 / 3600, delta=0.01)
        for _ in range(20):
            physics.move(module, 10)
        self.assertEqual(module.coulomb_state, "Full")
        self.assertGreater(max(module.cells_mv), 3550)
        self.assertGreater(module.temperature_mc, 24000)
        self.assertEqual(sorted(ocv_mv(s) for s in range(101)), [ocv_mv(s) for s in range(101)])


SCENARIO = """
at 0.0 module 2 cell 3 3700     # a comment
at 0.05 all current -5000
at 0.05 fault silence module 2
over 0.0..1.0 module 1 soc 90 100
at 0.1 module 1 bat_events 0x2002
at 0.15 clear
every 0.1 module 2 temperature 33000
"""


class ScenarioTest(SimCase):
    def test_runs(self):
        self.open(scenario=SCENARIO)
        time.sleep(0.3)
        self.assertEqual(self.sim.stack[2].cells_mv[3], 3700)
        self.assertEqual(self.sim.stack[1].current_ma, -5000)
        self.assertEqual(self.sim.stack[1].bat_events, 0x2002)
        self.assertEqual(self.sim.stack[1].soc_pct, 90.0)
        self.assertEqual(self.sim.stack[2].temperature_mc, 33000)
        self.assertEqual(self.sim.faults.active, [])
        self.sim.do("module 2 soc 41.5")
        self.assertEqual(self.sim.stack[2].percent, 42)

    def test_nonsense_is_refused_with_its_line(self):
        for text in ("at x unplug", "at 1 fly", "\nat 1 module 2 wings 3", "over 5..2 all soc 1 2", "at 1 fault"):
            with self.assertRaisesRegex(ScenarioError, "^line %d: " % (text.count("\n") + 1)):
                Scenario(text)

    def test_the_demo_is_a_scenario(self):
        with open(os.path.join(HERE, "scenarios", "demo.txt"), encoding="ascii") as file:
            self.assertGreater(len(Scenario(file.read()).events), 50)


class RecordedTest(SimCase):
    def test_served_byte_for_byte(self):
        held = {"pwr 1": b"\n\r@\r\r\nanything\xff\r\n\r$$\r\n\rpylon>", "bat 1": [b"\nfirst>", b"\nsecond>"]}
        port = self.open(recorded=held)
        self.assertEqual(port.ask("pwr 1"), b"pwr 1" + held["pwr 1"])
        self.assertEqual([port.ask("bat 1") for _ in range(3)],
                         [b"bat 1\nfirst>", b"bat 1\nsecond>", b"bat 1\nfirst>"])
        self.assertIn(b"Unknown command 'pwr'", port.ask("pwr 2"))
        self.assertEqual(port.ask(""), b"\n\rpylon>")

    def test_names_and_echoes(self):
        for name, command in (("us5000-bat1-plchome-us-001.txt", "bat 1"), ("a-pwr-table-x-001.txt", "pwr"),
                              ("us2kbpl-b-bat4-plchome-us-001.txt", "bat 4"), ("INDEX.md", None),
                              ("p-stat1-ERROR-plchome-001.txt", "stat 1"), ("us2kbpl-bat-me-001.raw", "bat")):
            self.assertEqual(recorded.command_of(name), command)
        self.assertEqual(recorded.after_echo(b"\n\rpylon>\n\rpylon>bat 3\n\r@x", "bat 3"), b"\n\r@x")
        self.assertEqual(recorded.after_echo(b"bat\n\r@x", "bat 1"), b"\n\r@x")
        self.assertEqual(recorded.after_echo(b"pylon>bmuinfo 0\r@x", "bmuinfo 0"), b"\r@x")
        with self.assertRaises(ValueError):
            recorded.after_echo(b"nothing", "pwr")

    def test_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, data in (("m-bat-src-001.raw", b"\n\rPYTES>bat\n\r@row\n$$\r\n\rPYTES>"),
                               ("other-pwr1-src-001.txt", b"pwr 1\nno")):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            port = self.open(recorded=folder, recorded_match="m-*")
        self.assertEqual(port.ask("bat 1"), b"bat 1\n\r@row\n$$\r\n\rPYTES>")
        self.assertEqual(port.ask(""), b"\n\rPYTES>")
        self.assertIn(b"Unknown", port.ask("pwr 1"))


class CommandTest(unittest.TestCase):
    def test_command_line(self):
        program = subprocess.Popen([sys.executable, os.path.join(HERE, "sim.py"), "--model", "extra2000,us2kbpl",
                                    "--unpaced", "--control"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True)
        self.addCleanup(program.kill)
        word, path = program.stdout.readline().split()
        self.assertEqual(word, "pty")
        port = Port(path, 19200)
        self.addCleanup(port.close)
        program.stdin.write("module 2 soc 12\n")
        program.stdin.flush()
        self.assertEqual(program.stdout.readline(), "done module 2 soc 12\n")
        self.assertIn(b"Coulomb         : 12  ", port.ask("pwr 2"))
        program.send_signal(signal.SIGTERM)
        out, _ = program.communicate(timeout=5)
        self.assertEqual(program.returncode, 0)
        self.assertIn("commands 1: pwr=1", out)

    def test_bad_arguments(self):
        for arguments in (["--model", "nonsense"], ["--scenario", "/nowhere"], ["--recorded", HERE]):
            done = subprocess.run([sys.executable, os.path.join(HERE, "sim.py")] + arguments, capture_output=True,
                                  timeout=10)
            self.assertEqual(done.returncode, 2, arguments)


if __name__ == "__main__":
    unittest.main()
