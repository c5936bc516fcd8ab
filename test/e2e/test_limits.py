"""Limits and alarms on the wire: what a hot, cold, full, empty or broken module does to the bank's document.

Two US2000C: without anything special CVL 52.5 V, CCL 80 A, DCL 100 A. Each row changes the battery before
the daemon starts and lists what must be seen; the rules are worked out by hand from the documented table.
"""

import time
import unittest

from harness import AT_ONCE, Rig, patience

CVL, CCL, DCL = "Info.MaxChargeVoltage", "Info.MaxChargeCurrent", "Info.MaxDischargeCurrent"
WHY_CCL, WHY_DCL, MODE = "limits.charge_current", "limits.discharge_current", "Info.ChargeMode"    # two of the link
CHARGE, DISCHARGE = "Io.AllowToCharge", "Io.AllowToDischarge"
CALM = {CVL: 52.5, CCL: 80, DCL: 100, CHARGE: 1, DISCHARGE: 1}
BLOCKED_CHARGE = {CCL: 0, CHARGE: 0, "System.NrOfModulesBlockingCharge": 1}
BLOCKED_DISCHARGE = {DCL: 0, DISCHARGE: 0, "System.NrOfModulesBlockingDischarge": 1}


def alarms(**levels):
    return {"Alarms." + name: level for name, level in levels.items()}


def heat(celsius):
    """Module 2, pack and cells."""
    def change(stack):
        stack[2].temperature_mc = celsius * 1000
        stack[2].cell_temps_mc = [celsius * 1000] * 15
    return change


def cell(mv, index=3):
    return lambda stack: stack[2].cells_mv.__setitem__(index, mv)


def cells(mv):
    return lambda stack: setattr(stack[2], "cells_mv", [mv] * 15)


def soc(*percents):
    def change(stack):
        for module, percent in zip(stack, percents):
            module.soc_pct = percent
    return change


def says(**values):
    return lambda stack: stack[2].set_many(**values)


# legend: the change, what of CALM is different or what else must be seen
TABLE = {
    "calm": (lambda stack: None, dict(alarms(LowSoc=0, HighTemperature=0, InternalFailure=0), **{MODE: "Bulk"})),
    "warm": (heat(47), dict(alarms(HighTemperature=1, HighChargeTemperature=1), **{CCL: 20, WHY_CCL: "Hot"})),
    "hot": (heat(51), {CCL: 20, DCL: 50, WHY_DCL: "Hot"}),
    "too_hot": (heat(56), dict(BLOCKED_CHARGE, **BLOCKED_DISCHARGE, **alarms(
        HighTemperature=2, HighChargeTemperature=2), **{CVL: (47.0, 51.0), WHY_CCL: "Hot"})),
    "cool": (heat(3), dict(alarms(LowTemperature=0, LowChargeTemperature=0), **{CCL: 20, WHY_CCL: "Cold"})),
    "frost": (heat(-1), dict(BLOCKED_CHARGE, **alarms(LowTemperature=1, LowChargeTemperature=2),
                             **{CVL: (47.0, 51.0), WHY_CCL: "Cold", MODE: "Blocked"})),
    "deep_frost": (heat(-11), dict(BLOCKED_CHARGE, **BLOCKED_DISCHARGE, **alarms(LowTemperature=2),
                                   **{CVL: (47.0, 51.0)})),
    "high_soc": (soc(92, 92), {CCL: 14, WHY_CCL: "High SoC"}),
    "float": (soc(96, 96), {CCL: 14, CVL: 51.0, MODE: "Float"}),
    "low_soc": (soc(9, 9), dict(alarms(LowSoc=1), **{DCL: 20, WHY_DCL: "Low SoC"})),
    "empty": (soc(4, 4), dict(alarms(LowSoc=2), **{DCL: 0, DISCHARGE: 0})),
    "high_cell": (cell(3560), dict(alarms(HighCellVoltage=0, CellImbalance=0), **{
        CCL: 32, CVL: lambda stack: stack[2].voltage_mv / 1000 + 15 * (3.52 - 3.56), WHY_CCL: "module 2 cell 4"})),
    # it carries more than its limit: 2 x 3.5 A x 3.5 A / 5.07 A
    "higher_cell": (cell(3610), dict(alarms(HighCellVoltage=1), **{CCL: 4.83, CVL: (47.0, 50.0)})),
    "over_voltage": (cell(3660), dict(BLOCKED_CHARGE, **alarms(HighCellVoltage=2, HighVoltage=2),
                                      **{CVL: (47.0, 51.0), WHY_CCL: "over-voltage"})),
    "low_cell": (cell(2850), dict(alarms(LowCellVoltage=0), **{DCL: 35, WHY_DCL: "module 2 cell 4"})),
    "under_voltage": (cell(2450), dict(BLOCKED_DISCHARGE, **alarms(LowCellVoltage=2), **{CCL: 9.85})),
    "deep_cell": (cell(1950), dict(BLOCKED_CHARGE, **BLOCKED_DISCHARGE, **{CVL: (47.0, 51.0)})),
    "low_pack": (cells(3050), dict(alarms(LowVoltage=1), **{DCL: 20, WHY_DCL: "Pack low"})),
    "spread": (cell(3200), alarms(CellImbalance=1)),
    "wide_spread": (cell(3010), alarms(CellImbalance=2)),
    "bms_over_voltage": (says(bat_events=0x1, bat_event_names="BOV"), dict(
        BLOCKED_CHARGE, **alarms(HighCellVoltage=2), **{CVL: (47.0, 51.0), WHY_CCL: "BMS event"})),
    "bms_charge_over_current": (says(power_events=0x100000), dict(
        BLOCKED_CHARGE, **alarms(HighChargeCurrent=2, HighCurrent=2), **{CVL: (47.0, 51.0)})),
    "bms_discharge_over_current": (says(power_events=0x80000), dict(
        alarms(HighDischargeCurrent=2, HighCurrent=2), **{DCL: 50})),
    "under_voltage_bit_alone": (says(bat_events=0x10), alarms(LowCellVoltage=2)),
    "under_voltage_bit_and_name": (says(bat_events=0x10, bat_event_names="BUV"), dict(
        BLOCKED_DISCHARGE, **alarms(LowCellVoltage=2))),
    "charge_switch": (says(system_fault=0x400), dict(BLOCKED_CHARGE, **alarms(InternalFailure=2), **{
        CVL: (47.0, 51.0)})),
    "temperature_sensor": (says(system_fault=0x20), alarms(InternalFailure=2)),
    "can_bus": (says(system_fault=0x200), alarms(InternalFailure=1)),
    "system_error": (says(base_state="SysError"), dict(BLOCKED_CHARGE, **BLOCKED_DISCHARGE, **alarms(InternalFailure=2),
                                                       **{CVL: (47.0, 51.0)})),
    "unknown_word": (says(temp_state="Sunny"), alarms(InternalFailure=1)),
    "high_voltage_word": (says(volt_state="High"), alarms(HighVoltage=1)),
    "bad_health": (says(soh_state="Low"), alarms(StateOfHealth=1)),
    "full": (says(coulomb_state="Full", bat_events=0x2000, bat_event_names="COULFULL"), alarms(InternalFailure=0)),
    "hot_switches": (says(mos_mc=85000), dict(alarms(HighInternalTemperature=1), **{"System.MOSTemperature": 85})),
    "very_hot_switches": (says(mos_mc=91000), alarms(HighInternalTemperature=2)),
    "uneven": (says(current_ma=45000), {CCL: 71.1, WHY_CCL: "module 2"}),
}


def fits(wanted, value, stack):
    """A number, a range, a piece of a text, or what a function says of the stack."""
    if callable(wanted):
        wanted = wanted(stack)
    if isinstance(wanted, str):
        return isinstance(value, str) and wanted in value
    if isinstance(wanted, tuple):
        return value is not None and wanted[0] <= value <= wanted[1]
    return value is not None and abs(value - wanted) < 0.06


def misfits(flat, wanted, stack):
    return ["%s is %r" % (path, flat[path]) for path, want in wanted.items() if not fits(want, flat[path], stack)]


class Case(unittest.TestCase):
    def shows(self, rig, wanted, since=0, timeout_s=6):
        """Waits for a bank document that shows all of it; the link has said why, or says so soon."""
        reasons = {key.partition(".")[2]: text for key, text in wanted.items() if key.startswith("limits.")}
        wanted = {path: value for path, value in wanted.items() if not path.startswith("limits.")}
        message = rig.subscriber.wait_for(
            lambda m: m.topic == rig.topic("pylon") and not misfits(rig.flat(m), wanted, rig.sim.stack),
            patience(timeout_s), since)
        if message is None:
            newest = rig.subscriber.on(rig.topic("pylon"), since)[-1:]
            self.fail(str(misfits(rig.flat(newest[0]), wanted, rig.sim.stack)) if newest else "no document")
        for key, text in reasons.items():
            rig.wait_reason(key, text, timeout_s)
        return message


class RuleTest(Case):
    def row(self, change, different):
        with Rig(models="us2000c", modules=2, start=False) as rig:
            change(rig.sim.stack)
            rig.start_daemon()
            first = self.shows(rig, dict(CALM, **different))
            after = self.shows(rig, dict(CALM, **different), since=rig.now())
            self.assertGreater(after.time, first.time)


def row_method(row):
    return lambda self: self.row(*row)


for legend, table_row in TABLE.items():
    setattr(RuleTest, "test_" + legend, row_method(table_row))


class SettingTest(Case):
    def with_settings(self, config, change, wanted):
        with Rig(models="us2000c", modules=2, start=False, config=config) as rig:
            change(rig.sim.stack)
            rig.start_daemon()
            self.shows(rig, wanted)

    def test_worst_soc(self):
        self.with_settings({"limits": {"soc_rules": "worst"}}, soc(50, 92), {CCL: 14})

    def test_bank_soc(self):
        self.with_settings({}, soc(50, 92), CALM)

    def test_maxima(self):
        maxima = {"max_charge_voltage": 51.8, "max_charge_current": 20, "max_discharge_current": 30}
        self.with_settings({"battery": maxima}, lambda stack: None, {CVL: 51.8, CCL: 32, DCL: 60})

    def test_a_little_while_blocked(self):
        self.with_settings({"limits": {"discharge_blocked_current": 0.1}}, soc(4, 4), {DCL: (0.05, 0.11), DISCHARGE: 0})


class ChangeTest(Case):
    def test_stricter_soon(self):
        """Within two passes and a message's second."""
        with Rig(models="us2000c", modules=2) as rig:
            self.shows(rig, CALM)
            mark, began = rig.now(), time.monotonic()
            heat(47)(rig.sim.stack)
            first = self.shows(rig, {CCL: 20}, since=mark)
            self.assertLess(first.time - began, patience(3))

    def test_stricter_twice(self):
        """Again after 1.1 s, though the next pass, and with it the next news, is far away."""
        with Rig(models="us2000c", modules=2, config={"serial": {"reading_freq": 5}}) as rig:
            self.shows(rig, CALM)
            mark = rig.now()
            heat(47)(rig.sim.stack)
            self.shows(rig, {CCL: 20}, since=mark, timeout_s=9)
            time.sleep(2.5)
            for name in ("pylon", "battery_2"):
                times = [m.time for m in rig.subscriber.on(rig.topic(name), mark) if rig.flat(m)[CCL] <= 20]
                self.assertGreater(len(times), 1, name)
                self.assertTrue(1.0 <= times[1] - times[0] <= 1.6, times)

    def test_release_needs_a_distance(self):
        """High SoC trips above 90 and is released at 88."""
        with Rig(models="us2000c", modules=2, constants=AT_ONCE) as rig:
            for percent, ccl in ((92, 14), (89, 14), (87, 80), (90, 80), (91, 14)):
                soc(percent, percent)(rig.sim.stack)
                self.shows(rig, {"Soc": percent, CCL: ccl})

    def test_an_alarm_is_logged_when_it_changes(self):
        with Rig(models="us2000c", modules=2, constants=AT_ONCE) as rig:
            self.shows(rig, CALM)
            heat(47)(rig.sim.stack)
            self.shows(rig, alarms(HighTemperature=1))
            heat(30)(rig.sim.stack)
            self.shows(rig, dict(CALM, **alarms(HighTemperature=0)), since=rig.now())
            self.assertEqual(rig.daemon.matching("alarm HighTemperature"), [
                "warning: alarm HighTemperature: warning", "info: alarm HighTemperature is over"])

    def test_modules_keep_their_own(self):
        """A hot module limits its own topic; its neighbour's is as before."""
        with Rig(models="us2000c", modules=2, start=False) as rig:
            heat(47)(rig.sim.stack)
            rig.start_daemon()
            hot = rig.wait_module(2, lambda m: m[CCL] == 10)
            self.assertEqual(hot["Alarms.HighTemperature"], 1)
            cool = rig.wait_module(1)
            self.assertEqual((cool[CCL], cool["Alarms.HighTemperature"]), (40, 0))


if __name__ == "__main__":
    unittest.main()
