"""The configuration and the command line: what is refused, how it is said, SIGHUP, --once, -n."""

import json
import os
import re
import tempfile
import time
import unittest

from contract import Settings
from daemon import ROOT, run_once, write_config
from document import DOCUMENT_RULES, Document, parse
from harness import Rig

GOOD = {"mqtt": {"broker": "127.0.0.1"}, "serial": {"port": "/dev/null-and-void"}}
HEAD = "[serial]\nport = /dev/null-and-void\n"     # two lines that are in order
# legend: lines after HEAD, the line to blame, what the message must hold
BAD = {
    "unknown_section": ("[weather]\nsun = 1", 3, "weather"),
    "unknown_key": ("[mqtt]\nbrokr = x", 4, "brokr.*broker"),
    "key_of_another_section": ("[mqtt]\nreading_freq = 2", 4, "reading_freq"),
    "key_twice": ("[battery]\nnum_cells = 15\nnum_cells = 15", 5, "num_cells"),
    "no_equals_sign": ("[mqtt]\nbroker", 4, "key = value"),
    "open_bracket": ("[mqtt\nbroker = x", 3, "bracket"),
    "port_of_text": ("[mqtt]\nport = http", 4, "port.*65535"),
    "port_of_zero": ("[mqtt]\nport = 0", 4, "1 to 65535"),
    "port_too_high": ("[mqtt]\nport = 65536", 4, "65535"),
    "number_with_a_tail": ("[mqtt]\nport = 1883x", 4, "1883x"),
    "broker_empty": ("[mqtt]\nbroker =", 4, "broker"),
    "topic_with_wildcard": ("[mqtt]\ntopic_base = a/#", 4, "topic_base"),
    "topic_of_the_system": ("[mqtt]\ntopic_base = N/x", 4, "topic_base"),
    "topic_with_end_slash": ("[mqtt]\ntopic_base = a/", 4, "topic_base"),
    "odd_speed": ("baud = 12345", 3, "19200"),
    "negative_interval": ("reading_freq = -1", 3, "reading_freq"),
    "interval_of_nan": ("reading_freq = nan", 3, "reading_freq"),
    "interval_near_age": ("reading_freq = 14.5", 3, "0 to 14 s"),
    "address_zero": ("[battery]\naddresses = 0,1", 4, "addresses"),
    "address_17": ("[battery]\naddresses = 1,17", 4, "16"),
    "address_twice": ("[battery]\naddresses = 1,1", 4, "addresses"),
    "cells_of_3": ("[battery]\nnum_cells = 3", 4, "num_cells"),
    "voltage_for_12_v": ("[battery]\nmax_charge_voltage = 14.4", 4, "40.*58"),
    "voltage_in_millivolts": ("[battery]\nmax_charge_voltage = 52500", 4, "V"),
    "no_current": ("[battery]\nmax_charge_current = 0", 4, "A"),
    "yes_or_no": ("[limits]\npublish = maybe", 4, "yes"),
    "one_of_many": ("[limits]\nsoc_rules = mean", 4, "bank.*worst"),
    "level": ("[logging]\nlevel = loud", 4, "warning.*debug"),
    "release_above_trip": ("[protection]\nlow_soc = 12\nlow_soc_release = 12", 5, "low_soc"),
    "cell_limit_too_high": ("[protection]\ncell_bulk_voltage = 3.70", 4, "3.6 V"),
    "float_above_bulk": ("[protection]\ncell_float_voltage = 3.50\nfull_charge_voltage = 3.49\n"
                         "cell_bulk_voltage = 3.49", 6, "must not be below .*cell_float_voltage, which is 3.5 V"),
    "float_not_above_a_constant": ("[protection]\ncell_float_voltage = 3.2", 4,
                                   "above the constant pack_low_release_cell_voltage, which is 3.2 V"),
    "low_above_low_block": ("[protection]\nlow_soc_block = 11", 4, "low_soc"),
    "a_key_that_is_gone": ("[protection]\nalarm_spread_release_voltage = 0.03", 4,
                           "alarm_spread_release_voltage is no key any more: 0.02 V holds"),
    "one_that_only_tests_may_choose": ("[protection]\nrecovery_hold_s = 0", 4, "no key any more: 30 s holds"),
}


class FileTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pylontech-e2e-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "test.ini")

    def run_file(self, text, *arguments, mode=0o600):
        write_config(self.path, text, mode)
        return run_once(["-c", self.path] + list(arguments))

    def refused(self, text, line, holds):
        """Both at start and with -n: exit status 100 and file:line: what and what is allowed."""
        for arguments in ((), ("-n",)):
            done = self.run_file(text, *arguments)
            self.assertEqual(done.returncode, 100, done.stderr)
            self.assertEqual(done.stdout, "")
            faults = done.stderr.splitlines()
            for fault in faults:
                self.assertRegex(fault, r"^error: %s:\d+: " % re.escape(self.path))
            self.assertRegex(faults[0], "^error: " + re.escape("%s:%d: " % (self.path, line)))
            self.assertRegex(faults[0].partition(self.path)[2], holds)

    def test_before_the_first_section(self):
        self.refused("active = yes\n" + HEAD, 1, "section")

    def test_every_fault_is_told(self):
        done = self.run_file(HEAD + "baud = 1\n[mqtt]\nport = x\nuser = y\n", "-n")
        self.assertEqual(done.returncode, 100)
        self.assertEqual(re.findall(r":(\d+): ", done.stderr), ["3", "5", "6"])

    def test_port_must_be_set(self):
        done = self.run_file("[mqtt]\nbroker = 127.0.0.1\n", "-n")
        self.assertEqual(done.returncode, 100)
        self.assertIn("[serial] port", done.stderr)

    def test_no_file(self):
        done = run_once(["-c", self.path + ".missing"])
        self.assertEqual(done.returncode, 100)
        self.assertIn(self.path + ".missing", done.stderr)

    def test_a_folder(self):
        self.assertEqual(run_once(["-c", os.path.dirname(self.path)]).returncode, 100)

    def test_password_is_never_shown(self):
        done = self.run_file(HEAD + "[mqtt]\npassword = %s\n" % ("hush-" * 30), "-n")
        self.assertEqual(done.returncode, 100)
        self.assertIn(":4: ", done.stderr)
        self.assertNotIn("hush", done.stderr)

    def test_tls_files(self):
        tls = dict(GOOD, mqtt={"tls": "yes", "ca_file": self.path + ".none", "key_file": self.path})
        done = self.run_file(tls, "-n")
        self.assertEqual(done.returncode, 100)
        self.assertRegex(done.stderr, r":\d+: \[mqtt\] ca_file = .*\.none: No such file")
        self.assertRegex(done.stderr, r":\d+: \[mqtt\] cert_file and key_file belong together")

    def test_good(self):
        done = self.run_file(GOOD, "-n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_comments_blanks_and_line_ends(self):
        done = self.run_file("# a\r\n\r\n[serial] ; here\r\n  port = /dev/null-and-void ; there\r\n", "-n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_sample_file(self):
        """The sample with a port is a valid configuration, and so is it with every default written out."""
        with open(os.path.join(ROOT, "conf", "pylontech-mqtt.ini"), encoding="ascii") as file:
            sample = file.read()
        with_port = re.sub(r"(?m)^#port =$", "port = /dev/null-and-void", sample)
        written = re.sub(r"(?m)^#(?=\w+ =)", "", with_port)
        for text in (with_port, written):
            done = self.run_file(text, "-n")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertGreater(len(re.findall(r"(?m)^\w+ = ", written)), 30)

    def test_readable_by_others(self):
        done = self.run_file(dict(GOOD, mqtt={"username": "u", "password": "p"}), "-n", mode=0o644)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "^warning: .*%s.*\n$" % re.escape(self.path))

    def test_password_file_readable_by_others(self):
        secret = self.path + ".secret"
        write_config(secret, "hush\n", 0o644)
        done = self.run_file(dict(GOOD, mqtt={"username": "u", "password_file": secret}), "-n")
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning: ", done.stderr)
        self.assertIn(secret, done.stderr)
        self.assertNotIn("hush", done.stderr)

    def test_password_file_missing(self):
        done = self.run_file(dict(GOOD, mqtt={"username": "u", "password_file": self.path + ".none"}), "-n")
        self.assertEqual(done.returncode, 100)
        self.assertIn(self.path + ".none", done.stderr)


def bad_method(row):
    text, line, holds = row
    return lambda self: self.refused(HEAD + text + "\n", line, holds)


for legend, bad_row in BAD.items():
    setattr(FileTest, "test_refused_" + legend, bad_method(bad_row))


class OptionTest(unittest.TestCase):
    def test_version_and_help(self):
        self.assertRegex(run_once(["--version"]).stdout, r"^pylontech-mqtt \d+\.\d+\.\d+\S*\n$")
        done = run_once(["--help"])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("-c", "-n", "-v", "--once", "--version", "--help"):
            self.assertIn(option, done.stdout)

    def test_what_is_no_option(self):
        for arguments in (["--weather"], ["-x"], ["file"], ["-c"], [""], ["file", "-n"]):
            done = run_once(arguments)
            self.assertEqual(done.returncode, 100)
            self.assertEqual(done.stdout, "")
            self.assertIn("Usage", done.stderr)

    def test_check_touches_nothing(self):
        """-n opens no port and no connection."""
        with Rig(models="us2kbpl", modules=1, start=False) as rig:
            self.assertEqual(run_once(["-n", "-c", rig.path]).returncode, 0)
            self.assertEqual(rig.sim.written, b"")
            self.assertEqual(rig.subscriber.messages, [])

    def once(self, **options):
        with Rig(models="us2kbpl", modules=2, start=False, **options) as rig:
            rig.broker_down()
            done = run_once(["-c", rig.path, "--once"], 30)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout.count("\n"), 1)
            document = Document(parse(done.stdout.encode()), True, Settings())
            self.assertEqual([text for _, rule in DOCUMENT_RULES for text in rule(document)], [])
            self.assertEqual(document.flat["System.NrOfModulesOnline"], 2)
            self.assertEqual(json.loads(done.stdout)["Dc"]["Current"], document.flat["Dc.Current"])
            rig.broker_up()

    def test_once(self):
        """One cycle, the bank's JSON on stdout, no broker."""
        self.once()

    def test_once_wakes_the_battery(self):
        self.once(asleep=True)

    def test_verbose(self):
        with Rig(models="us2kbpl", modules=1, start=False, config={"logging": {"level": "error"}}) as rig:
            rig.start_daemon("-v")
            rig.wait_bank()
            self.assertIsNotNone(rig.daemon.wait_line("^info: ", 3))

    def test_quiet_level(self):
        with Rig(models="us2kbpl", modules=1, config={"logging": {"level": "error"}}) as rig:
            rig.wait_bank()
            self.assertEqual(rig.daemon.log, "")

    def test_wrong_number_of_cells(self):
        """num_cells must agree with the console, or start is refused."""
        with Rig(models="us2kbpl", modules=1, config={"battery": {"num_cells": 16}}) as rig:
            self.assertEqual(rig.daemon.wait(10), 100)
            self.assertEqual(len(rig.daemon.matching("^error: .*num_cells")), 1)
            self.assertEqual(rig.subscriber.on(rig.topic("pylon")), [])


class ReloadTest(unittest.TestCase):
    def test_good(self):
        with Rig(models="us2kbpl", modules=1) as rig:
            rig.wait_bank(lambda b: b["Info.MaxDischargeCurrent"] == 25)
            mark = rig.now()
            rig.hangup({"battery": {"max_discharge_current": 12.5, "max_charge_current": 10}})
            bank = rig.wait_bank(lambda b: b["Info.MaxDischargeCurrent"] == 12.5, since=mark)
            self.assertEqual(bank["Info.MaxChargeCurrent"], 8)
            self.assertNotIn(b"offline", [m.payload for m in rig.subscriber.on(rig.topic("status"), mark)])

    def test_bad(self):
        """Refused with file and line; the old one stays in force."""
        with Rig(models="us2kbpl", modules=1) as rig:
            rig.wait_bank()
            mark = rig.now()
            rig.hangup({"battery": {"max_charge_current": "plenty"}}, refused=True)
            line = rig.daemon.wait_line("^error: .*max_charge_current", 5)
            self.assertRegex(line, re.escape(rig.path) + r":\d+: ")
            self.assertIsNotNone(rig.daemon.wait_line("^error: .*old", 2))
            bank = rig.wait_bank(since=mark)
            self.assertEqual(bank["Info.MaxChargeVoltage"], 52.5)
            rig.sim.stack[1].current_ma = 4444
            rig.wait_bank(lambda b: b["Dc.Current"] == 4.44)

    def test_file_gone(self):
        with Rig(models="us2kbpl", modules=1) as rig:
            rig.wait_bank()
            os.rename(rig.path, rig.path + ".away")
            rig.daemon.send(1)
            self.assertIsNotNone(rig.daemon.wait_line("^error: .*old", 5))
            rig.wait_bank(since=rig.now())

    def test_other_base(self):
        """The old status becomes offline, the data go on under the new base."""
        with Rig(models="us2kbpl", modules=1) as rig:
            rig.wait_bank()
            mark = rig.now()
            rig.hangup({"mqtt": {"topic_base": "moved"}})
            rig.wait_bank(since=mark)
            time.sleep(0.5)
            self.assertEqual(rig.broker.retained(), {"e2e/status": b"offline", "moved/status": b"online"})

    def test_other_addresses(self):
        with Rig(models="us2kbpl", modules=3) as rig:
            rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 3)
            mark = rig.now()
            rig.hangup({"battery": {"addresses": "1,3"}})
            bank = rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 2, since=mark)
            self.assertEqual(bank["System.NrOfModulesOffline"], 0)


if __name__ == "__main__":
    unittest.main()
