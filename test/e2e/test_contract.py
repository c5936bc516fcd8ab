"""The contract checker itself: a good run passes, and every rule can fail."""

import json
import os
import re
import unittest

from contract import (JSON_RULE, LINK_CONSOLE, LINK_KEYS, LINK_LIMITS, LINK_MODULE, LINK_REPLIES, STREAM_RULES, Checker,
                      Message, Settings)
from daemon import ROOT
from document import DOCUMENT_RULES, DRIVER_KEYS, LIMITS

BASE = "b"
CELLS = [3.331, 3.334, 3.333, 3.332]
ALARMS = ("LowVoltage HighVoltage LowSoc HighChargeCurrent HighDischargeCurrent HighCurrent CellImbalance "
          "HighChargeTemperature LowChargeTemperature LowCellVoltage LowTemperature HighTemperature FuseBlown "
          "BmsCable HighCellVoltage HighInternalTemperature InternalFailure StateOfHealth").split()
REASONS = {"charge_voltage": "Bulk", "charge_current": "Configured maximum", "discharge_current": None}
LINK = {
    "version": "1", "uptime_s": 3,
    "console": {"state": "idle", "speed": 19200, "prompt": "pylon", "woken": 0, "garbage": 0, "table": 1}, "cycle_ms": None,
    "passes": 1, "failed_polls": 0, "replies": {"good": 4, "damaged": 0, "late": 0, "refused": 0},
    "limits": REASONS, "modules": [{"address": 1, "online": 1, "failed": 0, "age_ms": 7, "good": 4, "damaged": 0, "late": 0,
                 "name": None, "firmware": None, "barcode": None, "getpwr": "untried", "cells": 4, "base": "Idle",
                 "volt": "Normal", "current": "Normal", "temperature": "Normal", "coulomb": "Normal",
                 "soh": "Normal", "bat_events": "0x0",
                 "bat_event_names": "", "power_events": "0x2", "power_event_names": "", "system_fault": "0x0",
                 "system_fault_names": "", "limits": REASONS}],
}


def history(bank):
    """Wide enough for what the tables below do to the present."""
    kept = {"MinimumVoltage": 10.0, "MaximumVoltage": 20.0, "MinimumCellVoltage": 2.9, "MaximumCellVoltage": 3.7,
            "MinimumTemperature": -5.0, "MaximumTemperature": 700.0, "TotalAhDrawn": 17, "ChargedEnergy": 1.25,
            "DischargedEnergy": 0.83, "DeepestDischarge": -90.0, "LowVoltageAlarms": 0, "HighVoltageAlarms": 1}
    return dict(kept if bank else {}, ChargeCycles=12)


def document(bank=True):
    """A bank of two discharging modules of four cells, or one such module."""
    share = 2 if bank else 1
    return {
        "Dc": {"Voltage": 13.33, "Current": -4.0 * share, "Power": -53.3 * share, "Temperature": 22.0},
        "InstalledCapacity": 50.0 * share, "Capacity": 30.0 * share, "ConsumedAmphours": 20.0 * share,
        "Soc": 60.0, "Soh": 99, "TimeToGo": 27000, "Balancing": 0, "ConnectionInformation": "2 of 2 modules",
        "Info": {"MaxChargeVoltage": 14.0, "MaxChargeCurrent": 40.0 * share, "MaxDischargeCurrent": 50.0 * share,
                 "MaxChargeCellVoltage": 3.5, "BatteryLowVoltage": 12.3, "ChargeMode": "Bulk"},
        "Settings": {"HasTemperature": 1}, "Io": {"AllowToCharge": 1, "AllowToDischarge": 1}, "History": history(bank),
        "System": {"MinCellVoltage": 3.331, "MinVoltageCellId": "M1C1" if bank else "C1", "MaxCellVoltage": 3.334,
                   "MaxVoltageCellId": "M1C2" if bank else "C2", "MinCellTemperature": 21.0,
                   "MinTemperatureCellId": "M1C4" if bank else "C4", "MaxCellTemperature": 23.0,
                   "MaxTemperatureCellId": "M2" if bank else "Pack",
                   "NrOfCellsPerBattery": 4, "NrOfModulesOnline": share, "NrOfModulesOffline": 0,
                   "NrOfModulesBlockingCharge": 0, "NrOfModulesBlockingDischarge": 0},
        "Alarms": {name: 0 for name in ALARMS},
        "Voltages": dict({"Sum": 13.33, "Diff": 0.003}, **{"Cell%d" % (k + 1): v for k, v in enumerate(CELLS)}),
        "Balances": {"Cell%d" % (k + 1): 0 for k in range(4)},
    }


def changed(changes, bank=True):
    """The good document with some paths set; the value DELETE takes a key away."""
    data = document(bank)
    for path, value in changes.items():
        group, _, key = path.rpartition(".")
        place = data.setdefault(group, {}) if group else data
        if value is DELETE:
            del place[key]
        else:
            place[key] = value
    return data


DELETE = object()


def message(time, name, data, qos=0, retain=False):
    payload = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Message(time, BASE + "/" + name, qos, retain, payload)


def status(time, word=b"online", retain=True):
    return Message(time, BASE + "/status", 0, retain, word)


def good_run():
    run = [status(0.0), message(0.4, "link", LINK)]
    for k in range(4):
        run.append(message(1.0 + 2 * k, "pylon", document()))
        run.append(message(1.1 + 2 * k, "battery_1", document(bank=False)))
    return run + [status(8.0, b"offline")]


# rule, legend, what to change in the bank's document
BANK_TABLE = (
    ("value key", "a key named value", {"value": 1}),
    ("types", "a boolean", {"Io.AllowToCharge": True}),
    ("types", "an array", {"Voltages.Cell1": [3.3]}),
    ("types", "an object too deep", {"Info.MaxChargeVoltage": {"deep": 1}}),
    ("known", "a key that the driver does not know", {"Info.Weather": 1}),
    ("complete", "a key is missing", {"Info.ChargeMode": DELETE}),
    ("complete", "nothing of the temperature", {"Settings.HasTemperature": DELETE}),
    ("null", "a null", {"System.MOSTemperature": None}),
    ("null", "a cell is null", {"Voltages.Cell3": None}),
    ("complete", "a balancing cell is missing", {"Balances.Cell4": DELETE}),
    ("complete", "a cell too many", {"Voltages.Cell5": 3.3}),
    ("mandatory", "the voltage is null", {"Dc.Voltage": None}),
    ("mandatory", "the power is missing", {"Dc.Power": DELETE}),
    ("mandatory", "SoC is null", {"Soc": None}),
    ("strings", "a string where a number belongs", {"Soh": "99"}),
    ("strings", "a number where a string belongs", {"Info.ChargeMode": 1}),
    ("six", "no sum beside the cells", {"Voltages.Sum": DELETE}),
    ("strings", "a reason where 1.0.11 formats a number", {"Info.ChargeLimitation": "Cold: 3.0 C"}),
    ("six", "no id", {"System.MinVoltageCellId": DELETE}),
    ("ranges", "SoC above 100", {"Soc": 105}),
    ("ranges", "a temperature of a failed sensor", {"System.MaxCellTemperature": 655.3}),
    ("whole", "an alarm of 1.0", {"Alarms.LowSoc": 1.0}),
    ("alarms", "an alarm of 3", {"Alarms.LowSoc": 3}),
    ("switches", "a switch that is null", {"Io.AllowToDischarge": None}),
    ("switches", "it has no temperature", {"Settings.HasTemperature": 0}),
    ("switches", "a cell that balances twice", {"Balances.Cell1": 2, "Balancing": 1}),
    ("balancing", "no cell balances", {"Balancing": 1}),
    ("power", "the wrong sign", {"Dc.Power": 106.6}),
    ("power", "another power", {"Dc.Power": -100.0}),
    ("time to go", "none while discharging", {"TimeToGo": DELETE}),
    ("time to go", "as if nothing were drawn", {"TimeToGo": 864000}),
    ("time to go", "none while charging", {"Dc.Current": 8.0, "Dc.Power": 106.6, "TimeToGo": DELETE}),
    ("ranges", "longer than Victron's own", {"TimeToGo": 864001}),
    ("time to go", "while charging", {"Dc.Current": 8.0, "Dc.Power": 106.6}),
    ("time to go", "in minutes", {"TimeToGo": 450}),
    ("capacity", "consumed is not the rest", {"ConsumedAmphours": 60.0}),
    ("limits", "CVL above its maximum", {"Info.MaxChargeVoltage": 14.1, "Info.MaxChargeCellVoltage": 3.525}),
    ("limits", "CCL above modules x maximum", {"Info.MaxChargeCurrent": 101.0}),
    ("limits", "a negative DCL", {"Info.MaxDischargeCurrent": -1.0}),
    ("limits", "no CCL", {"Info.MaxChargeCurrent": DELETE}),
    ("cell limit", "not CVL over the cells", {"Info.MaxChargeCellVoltage": 3.6}),
    ("blocks", "blocked, but CCL is not 0", {"Io.AllowToCharge": 0, "Info.MaxChargeVoltage": 13.3,
                                             "Info.MaxChargeCellVoltage": 3.325}),
    ("blocks", "blocked, but DCL is not 0", {"Io.AllowToDischarge": 0}),
    ("blocks", "blocked, but CVL is above float", {"Io.AllowToCharge": 0, "Info.MaxChargeCurrent": 0}),
    ("blocks", "a module blocks and the bank does not", {"System.NrOfModulesBlockingCharge": 1}),
    ("blocks", "more block than are there", {"System.NrOfModulesBlockingCharge": 3}),
    ("modules", "one is lost without an alarm", {"System.NrOfModulesOffline": 1}),
    ("modules", "the alarm without a lost one", {"Alarms.BmsCable": 1}),
    ("sums", "another sum", {"Voltages.Sum": 13.34}),
    ("sums", "another difference", {"Voltages.Diff": 0.01}),
    ("voltage", "far from the sum", {"Dc.Voltage": 15.5, "Dc.Power": -124.0}),
    ("extremes", "a cell below the minimum", {"System.MinCellVoltage": 3.333, "Voltages.Diff": 0.001}),
    ("extremes", "temperatures out of order", {"System.MinCellTemperature": 24.0}),
    ("ids", "an id without its module", {"System.MinVoltageCellId": "C1"}),
    ("ids", "a cell that is not there", {"System.MaxVoltageCellId": "M1C5"}),
    ("history", "a voltage lower than ever", {"History.MinimumVoltage": 13.34}),
    ("history", "a cell higher than ever", {"History.MaximumCellVoltage": 3.333}),
    ("history", "extremes out of order", {"History.MinimumTemperature": 30.0, "History.MaximumTemperature": 29.9}),
    ("history", "no extremes", {"History.MaximumVoltage": DELETE}),
    ("complete", "a sum that is not known", {"History.ChargedEnergy": DELETE}),
    ("history", "less than nothing", {"History.LowVoltageAlarms": -1}),
    ("history", "deeper than ever", {"History.DeepestDischarge": -39.9}),
    ("history", "a positive depth", {"History.DeepestDischarge": 40.0}),
)
MODULE_TABLE = (
    ("modules", "a module that counts others", {"System.NrOfModulesOnline": 2}),
    ("extremes", "the minimum is none of the cells", {"System.MinCellVoltage": 3.33, "Voltages.Diff": 0.004}),
    ("ids", "the id names another cell", {"System.MinVoltageCellId": "C3"}),
    ("ids", "an id of the bank", {"System.MinTemperatureCellId": "M1C4"}),
    ("history", "the bank's history", {"History.TotalAhDrawn": 17}),
)
PAYLOAD_TABLE = (
    (JSON_RULE, "no JSON", b"{"), (JSON_RULE, "nothing", b""), (JSON_RULE, "no UTF-8", b'{"a":"\xff"}'),
    (JSON_RULE, "NaN", b'{"Soc": NaN}'), (JSON_RULE, "a key twice", b'{"Soc": 1, "Soc": 2}'),
    ("object", "an array", b"[1]"), ("object", "a bare number", b"7"),
)
LOWER = changed({"Info.MaxChargeCurrent": 20.0})


def link(**changes):
    return dict(LINK, **changes)


# rule, legend, a run
RUN_TABLE = (
    ("topics", "a topic of nobody", lambda: good_run() + [message(2.0, "battery_17", document())]),
    ("topics", "outside of the base", lambda: good_run() + [Message(2.0, "N/x", 0, False, b"1")]),
    ("qos", "QoS 1", lambda: good_run() + [message(2.0, "link", LINK, qos=1)]),
    ("retain", "the bank is retained", lambda: [status(0.0), message(1.0, "pylon", document(), retain=True)]),
    ("retain", "the status is not", lambda: [status(0.0, retain=False)]),
    ("status", "another word", lambda: [status(0.0, b"ONLINE")]),
    ("status", "no word", lambda: [status(0.0, b"")]),
    ("link", "no JSON", lambda: [status(0.0), message(1.0, "link", b"x")]),
    ("link", "a key is missing", lambda: [message(1.0, "link", {k: v for k, v in LINK.items() if k != "passes"})]),
    ("link", "another console", lambda: [message(1.0, "link", link(console={"state": "idle"}))]),
    ("link", "another module", lambda: [message(1.0, "link", link(modules=[{"address": 1}]))]),
    ("link", "a boolean", lambda: [message(1.0, "link", link(modules=[dict(LINK["modules"][0], online=True)]))]),
    ("link", "a word in decimal", lambda: [message(1.0, "link", link(modules=[dict(
        LINK["modules"][0], bat_events="12")]))]),
    ("link", "no reasons", lambda: [message(1.0, "link", link(limits=None))]),
    ("link", "an empty reason", lambda: [message(1.0, "link", link(limits=dict(REASONS, charge_current="")))]),
    ("link", "no reasons of a module", lambda: [message(1.0, "link", link(modules=[dict(
        LINK["modules"][0], limits={})]))]),
    ("keys stay", "a key goes", lambda: [status(0.0), message(1.0, "pylon", document()), message(
        3.0, "pylon", changed({"Soh": DELETE}))]),
    ("drivers", "a null", lambda: [status(0.0), message(1.0, "pylon", changed({"Soh": None}))]),
    ("drivers", "a text that changes", lambda: [status(0.0)] + [message(
        1.0 + 2 * k, "pylon", changed({"Info.ChargeLimitation": "Cold: %d C" % k})) for k in range(3)]),
    ("quiet", "data before the driver has forgotten", lambda: good_run()),
    ("rate", "two in a second", lambda: good_run() + [message(1.9, "pylon", document())]),
    ("repeat", "a stricter one only once", lambda: [status(0.0), message(1.0, "pylon", document()), message(
        2.2, "pylon", LOWER), message(4.9, "pylon", LOWER)]),
    ("repeat", "the last one is stricter", lambda: [status(0.0), message(1.0, "pylon", document()), message(
        2.2, "pylon", LOWER), message(5.0, "link", LINK)]),
    ("online", "data before the status", lambda: [message(1.0, "pylon", document())]),
    ("online", "data after offline", lambda: good_run() + [message(9.0, "pylon", document())]),
    ("discovery", "nothing to discover", lambda: good_run() + [Message(9.0, "ha/device/x/bank/config", 0, True, b"{}")]),
    ("retain", "a discovery that does not stay", lambda: good_run() + [
        Message(9.0, "ha/device/x/bank/config", 0, False, b"")]),
    ("silence", "the bank falls silent", lambda: [status(0.0), message(1.0, "pylon", document()), message(
        20.0, "link", LINK)]),
    ("lost", "it lets charge", lambda: lost_run(*range(1, 40, 5), **{"Io.AllowToCharge": 1})),
    ("lost again", "said only once", lambda: lost_run(1.0)),
    ("silence", "the bank never came", lambda: [status(0.0), message(20.0, "link", LINK)]),
)


LOST = {"Alarms.BmsCable": 2, "System.NrOfModulesOnline": 0, "System.NrOfModulesOffline": 2, "Io.AllowToCharge": 0,
        "Info.MaxChargeCurrent": 0, "Info.MaxDischargeCurrent": 20.0, "Info.MaxChargeVoltage": 13.3,
        "Info.MaxChargeCellVoltage": 3.325}


def lost_run(*times, **changes):
    """The battery is lost, and said so at these times; the run ends at 40 s."""
    end = [message(40.0, "link", LINK)]
    return [status(0.0, b"offline")] + [message(t, "pylon", changed(dict(LOST, **changes))) for t in times] + end


class ContractTest(unittest.TestCase):
    def rules(self, run, quiet=(), **settings):
        return [breach.rule for breach in Checker(Settings(base=BASE, **settings)).check(run, quiet=quiet)]

    def broken(self, name, data):
        return self.rules([status(0.0), message(1.0, name, data)])

    def test_good_run(self):
        self.assertEqual(Checker(Settings(base=BASE)).check(good_run()), [])

    def test_documents(self):
        for name, table, bank in (("pylon", BANK_TABLE, True), ("battery_2", MODULE_TABLE, False)):
            for rule, legend, changes in table:
                with self.subTest(rule=rule, legend=legend):
                    self.assertIn(rule, self.broken(name, changed(changes, bank)))

    def test_payloads(self):
        for rule, legend, payload in PAYLOAD_TABLE:
            with self.subTest(legend=legend):
                self.assertIn(rule, self.broken("pylon", payload))

    def test_runs(self):
        for rule, legend, run in RUN_TABLE:
            with self.subTest(rule=rule, legend=legend):
                quiet = [(2.0, 4.0)] if rule == "quiet" else []
                self.assertIn(rule, self.rules(run(), quiet, discovery="ha"))

    def test_every_rule_has_a_broken_example(self):
        shown = {row[0] for table in (BANK_TABLE, MODULE_TABLE, PAYLOAD_TABLE, RUN_TABLE) for row in table}
        known = {rule for rule, _ in DOCUMENT_RULES + STREAM_RULES} | {JSON_RULE}
        self.assertEqual(shown | {"limits off"}, known)    # that one in test_limits_that_are_off

    def test_a_repeat_in_time_passes(self):
        run = [status(0.0), message(1.0, "pylon", document()), message(2.2, "pylon", LOWER),
               message(3.3, "pylon", LOWER), message(6.0, "pylon", LOWER)]
        self.assertEqual(self.rules(run), [])

    def test_the_end_excuses_a_missing_repeat(self):
        run = [status(0.0), message(1.0, "pylon", document()), message(2.2, "pylon", LOWER), status(2.9, b"offline")]
        self.assertEqual(self.rules(run), [])

    def test_a_lost_battery(self):
        self.assertEqual(self.rules(lost_run(*range(1, 40, 5))), [])

    def test_a_gap_excuses_silence(self):
        run = [status(0.0), message(1.0, "pylon", document()), message(20.0, "pylon", document())]
        self.assertEqual(self.rules(run), ["silence"])
        checker = Checker(Settings(base=BASE))
        self.assertEqual(checker.check(run, gaps=[(5.0, 18.0)]), [])

    def test_limits_that_are_off(self):
        run = [status(0.0), message(1.0, "pylon", changed({path: DELETE for path in LIMITS}))]
        self.assertEqual(self.rules(run, publish_limits=False), [])
        for path in LIMITS:
            run = [status(0.0), message(1.0, "pylon", changed({p: DELETE for p in LIMITS if p != path}))]
            self.assertEqual(self.rules(run, publish_limits=False), ["limits off"])

    def test_limits_that_are_switched_off(self):
        """Nothing for so long that the driver forgets; then documents without them."""
        off, less = Settings(base=BASE, publish_limits=False), changed({path: DELETE for path in LIMITS})
        run = [status(0.0), message(1.0, "pylon", document()), message(72.0, "pylon", less), message(77.0, "pylon", less)]
        checker = Checker(Settings(base=BASE), [(2.0, off)])
        self.assertEqual(checker.check(run, quiet=[(3.0, 71.0)]), [])
        self.assertEqual([b.rule for b in checker.check(run)], ["silence"])

    def test_what_stays_away(self):
        """Until it is known; and cells that a battery of fewer cells has not."""
        later = [changed({"Soh": DELETE}), changed({"Soh": DELETE, "System.MOSTemperature": 31.0}), changed(
            {"System.MOSTemperature": 31.0})]
        run = [status(0.0)] + [message(1.0 + 2 * k, "pylon", data) for k, data in enumerate(later)]
        self.assertEqual(self.rules(run), [])

    def test_a_configured_maximum_binds(self):
        run = [status(0.0), message(1.0, "pylon", document())]
        self.assertIn("limits", self.rules(run, max_charge_v=13.9))
        self.assertIn("limits", self.rules(run, max_charge_a=39.0))
        self.assertIn("limits", self.rules(run, max_discharge_a=49.0))

    def test_the_key_list(self):
        self.assertEqual(len(DRIVER_KEYS), 169)
        self.assertIn("Dc.Voltage", DRIVER_KEYS)
        self.assertIn("Alarms.BmsCable", DRIVER_KEYS)

    def test_settings_that_change(self):
        lower = Settings(base=BASE, max_charge_a=30.0)
        run = [status(0.0)] + [message(float(t), "pylon", document()) for t in (1, 3, 5)]
        for since, breaches in ((6.0, 0), (4.0, 0), (2.0, 1)):
            found = Checker(Settings(base=BASE), [(since, lower)]).check(run)
            self.assertEqual([b.rule for b in found], ["limits"] * breaches)


class ManualTest(unittest.TestCase):
    """docs/topics.md and the manual page tell of every key of `link` that there is, and of no other."""

    KEYS = ({key for key in LINK_KEYS if key not in ("console", "replies", "limits", "modules")}
            | {"console." + key for key in LINK_CONSOLE} | {"replies." + key for key in LINK_REPLIES}
            | {"limits." + key for key in LINK_LIMITS} | {"modules.limits." + key for key in LINK_LIMITS}
            | {"modules." + key for key in LINK_MODULE if key != "limits"})

    def told(self, path, begin, row, end):
        with open(os.path.join(ROOT, path), encoding="ascii") as file:
            part = file.read().split(begin, 1)[1].split(end, 1)[0]
        return sorted(re.findall(row, part, re.M))

    def test_readme(self):
        self.assertEqual(self.told("docs/topics.md", "<!-- link -->", r"^\| `([a-z_.]+)`", "<!-- /link -->"), sorted(self.KEYS))

    def test_page(self):
        self.assertEqual(self.told("packaging/host/pylontech-mqtt.8", ".SS Keys of link", r"^\\fB([a-z_.]+)\\fR", "\n.SH"),
                         sorted(self.KEYS))


if __name__ == "__main__":
    unittest.main()
