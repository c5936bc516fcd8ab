"""What one message on a data topic must look like: every rule about a single document.

DOCUMENT_RULES at the end is the table: a name and a function that yields a sentence for every breach.
The rules are those of the driver that reads the topics, and those that our own documents keep.
"""

import json
import math
import os
import re

MANDATORY = ("Dc.Power", "Dc.Voltage", "Soc")
SIX = ("System.MinVoltageCellId", "System.MinCellVoltage", "System.MaxVoltageCellId",
       "System.MaxCellVoltage", "Voltages.Sum", "Voltages.Diff")
ALARMS = ("LowVoltage HighVoltage LowSoc HighChargeCurrent HighDischargeCurrent HighCurrent CellImbalance "
          "HighChargeTemperature LowChargeTemperature LowCellVoltage LowTemperature HighTemperature FuseBlown "
          "BmsCable HighCellVoltage HighInternalTemperature InternalFailure StateOfHealth").split()
STRINGS = ("ConnectionInformation", "Info.ChargeMode", "System.MinVoltageCellId", "System.MaxVoltageCellId",
           "System.MinTemperatureCellId", "System.MaxTemperatureCellId")
COUNTS = ("System.NrOfCellsPerBattery", "System.NrOfModulesOnline", "System.NrOfModulesOffline",
          "System.NrOfModulesBlockingCharge", "System.NrOfModulesBlockingDischarge")
HISTORY = tuple("History." + name for name in (
    "MinimumVoltage MaximumVoltage MinimumCellVoltage MaximumCellVoltage MinimumTemperature MaximumTemperature "
    "TotalAhDrawn ChargedEnergy DischargedEnergy DeepestDischarge TimeSinceLastFullCharge LowVoltageAlarms "
    "HighVoltageAlarms").split())
# Not told before they are known; the limits not when they are off.
OPTIONAL = ("Capacity", "ConsumedAmphours", "History.ChargeCycles", "History.TimeSinceLastFullCharge",
            "InstalledCapacity", "Soh", "System.MOSTemperature", "TimeToGo")
LIMITS = ("Info.MaxChargeVoltage", "Info.MaxChargeCurrent", "Info.MaxDischargeCurrent", "Info.MaxChargeCellVoltage")
FIXED = HISTORY + MANDATORY + SIX + STRINGS + COUNTS + tuple("Alarms." + name for name in ALARMS) + tuple(
    "Dc.Current Dc.Temperature InstalledCapacity ConsumedAmphours Capacity Soh TimeToGo Balancing "
    "Settings.HasTemperature Info.MaxChargeVoltage Info.MaxChargeCurrent Info.MaxDischargeCurrent Info.MaxChargeCellVoltage "
    "Info.BatteryLowVoltage History.ChargeCycles System.MinCellTemperature System.MaxCellTemperature "
    "System.MOSTemperature Io.AllowToCharge Io.AllowToDischarge".split())
WHOLE = COUNTS + ("History.TotalAhDrawn", "History.TimeSinceLastFullCharge", "History.LowVoltageAlarms",
                  "History.HighVoltageAlarms") + ("Balancing", "TimeToGo", "History.ChargeCycles", "Io.AllowToCharge", "Io.AllowToDischarge")
NOT_DISCHARGING_S = 864000               # TimeToGo while nothing is drawn, and at most
SENSE_LOW_V, SENSE_HIGH_V = 0.5, 4.0     # outside: a failed sense line, not a voltage
RANGES = {
    "Soc": (0, 100), "Soh": (0, 100), "Dc.Voltage": (10, 100), "Dc.Temperature": (-40, 100),
    "System.MinCellTemperature": (-40, 100), "System.MaxCellTemperature": (-40, 100),
    "System.MOSTemperature": (-40, 150), "System.MinCellVoltage": (SENSE_LOW_V, SENSE_HIGH_V),
    "System.MaxCellVoltage": (SENSE_LOW_V, SENSE_HIGH_V), "System.NrOfCellsPerBattery": (1, 24),
    "System.NrOfModulesOnline": (0, 16), "System.NrOfModulesOffline": (0, 16), "TimeToGo": (0, NOT_DISCHARGING_S),
    "InstalledCapacity": (1, 5000), "Capacity": (0, 5000), "ConsumedAmphours": (0, 5000),
    "History.ChargeCycles": (0, 100000), "Info.BatteryLowVoltage": (10, 100),
}


class NotJson(ValueError):
    """The payload is no document."""


def read_keys(path=os.path.join(os.path.dirname(os.path.abspath(__file__)), "driver_keys.txt")):
    """The driver's D-Bus paths as dotted JSON paths."""
    with open(path, encoding="ascii") as lines:
        paths = [line.strip() for line in lines if line.startswith("/")]
    return frozenset(p.lstrip("/").replace("Dc/0/", "Dc/").replace("/", ".") for p in paths)


DRIVER_KEYS = read_keys()


def no_constant(word):
    raise NotJson("%s is not JSON" % word)


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise NotJson("a key stands twice: %s" % sorted(n for n in names if names.count(n) > 1)[0])
    return dict(pairs)


def parse(payload):
    """Strict JSON: UTF-8, no NaN, no key twice."""
    try:
        return json.loads(payload.decode("utf-8"), parse_constant=no_constant, object_pairs_hook=no_duplicates)
    except (UnicodeDecodeError, ValueError) as error:
        raise NotJson(str(error)) from None


class Document:
    """A parsed payload, flat by dotted path, and the settings it must keep."""

    def __init__(self, data, is_bank, settings):
        self.data = data
        self.is_bank = is_bank
        self.settings = settings
        self.flat = dict(flatten(data)) if isinstance(data, dict) else {}
        self.count = self.whole("System.NrOfCellsPerBattery") or 0
        self.cells = [self.number("Voltages.Cell%d" % (k + 1)) for k in range(min(self.count, 24))]

    def number(self, path):
        """The number at a path, None where there is none."""
        value = self.flat.get(path)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def whole(self, path):
        value = self.number(path)
        return value if isinstance(value, int) else None

    def text(self, path):
        value = self.flat.get(path)
        return value if isinstance(value, str) else None

    def numbers(self, *paths):
        """The numbers at these paths, or None if one of them is missing."""
        values = [self.number(p) for p in paths]
        return None if None in values else values

    @property
    def online(self):
        return self.whole("System.NrOfModulesOnline") or 0

    @property
    def lost(self):
        """All modules are lost: what is measured is what it was."""
        return self.flat.get("Alarms.BmsCable") == 2

    @property
    def max_charge_v(self):
        """What CVL may never exceed."""
        return self.settings.max_charge_v or round(self.settings.bulk_cell_v * self.count, 1)

    @property
    def sound_cells(self):
        return [c for c in self.cells if c is not None and SENSE_LOW_V <= c <= SENSE_HIGH_V]

    @property
    def sense_failed(self):
        return len(self.sound_cells) < len(self.cells) or self.flat.get("Alarms.InternalFailure") == 2


def flatten(data):
    for name, value in data.items():
        if isinstance(value, dict):
            for inner, leaf in value.items():
                yield name + "." + inner, leaf
        else:
            yield name, value


def check_object(doc):
    if not isinstance(doc.data, dict):
        yield "the payload is not an object"


def check_value_key(doc):
    if isinstance(doc.data, dict) and "value" in doc.data:
        yield "a top-level key is named value: the driver unwraps it"


def check_types(doc):
    for path, value in doc.flat.items():
        if isinstance(value, bool):
            yield "%s is a boolean" % path
        elif isinstance(value, list):
            yield "%s is an array" % path
        elif isinstance(value, dict):
            yield "%s lies deeper than one level" % path


def check_known(doc):
    for path in doc.flat:
        if path not in DRIVER_KEYS:
            yield "%s is unknown to the driver" % path


def check_complete(doc):
    left_out = OPTIONAL + (() if doc.is_bank else HISTORY) + (() if doc.settings.publish_limits else LIMITS)
    wanted = tuple(p for p in FIXED if p not in left_out) + tuple(name % (k + 1) for k in range(doc.count) for name in ("Voltages.Cell%d", "Balances.Cell%d"))
    for path in wanted:
        if path not in doc.flat:
            yield "%s is missing" % path
    for path in doc.flat:
        cell = re.fullmatch(r"(?:Voltages|Balances)\.Cell(\d+)", path)
        if cell and int(cell.group(1)) > doc.count:
            yield "%s is beyond NrOfCellsPerBattery" % path


def check_null(doc):
    """1.0.11 refuses it for every key, with a line on flash for each message."""
    for path, value in doc.flat.items():
        if value is None:
            yield "%s is null" % path


def check_mandatory(doc):
    for path in MANDATORY:
        if doc.flat.get(path) is None:
            yield "%s is missing or null: the driver would hang for ever" % path


def check_strings(doc):
    for path, value in doc.flat.items():
        if path in STRINGS and not isinstance(value, str):
            yield "%s is not a string" % path
        if path not in STRINGS and isinstance(value, str):
            yield "%s is a string where a number belongs: the driver exits" % path


def check_six(doc):
    if not any(path.startswith("Voltages.") for path in doc.flat):
        yield "no Voltages"
    for path in SIX:
        if path not in doc.flat:
            yield "%s must stand beside Voltages" % path


def check_ranges(doc):
    for path, (least, most) in RANGES.items():
        value = doc.number(path)
        if value is not None and not (math.isfinite(value) and least <= value <= most):
            yield "%s is %r, not %g to %g" % (path, value, least, most)


def check_whole(doc):
    for path in doc.flat:
        if (path in WHOLE or path.startswith("Alarms.") or path.startswith("Balances.")) and isinstance(
                doc.flat[path], float):
            yield "%s is not a whole number" % path


def check_alarms(doc):
    for path, value in doc.flat.items():
        if path.startswith("Alarms.") and value not in (0, 1, 2):
            yield "%s is %r" % (path, value)


def check_switches(doc):
    for path in ("Io.AllowToCharge", "Io.AllowToDischarge"):
        if doc.flat.get(path) not in (0, 1):
            yield "%s is %r" % (path, doc.flat.get(path))
    for path, value in doc.flat.items():
        if (path.startswith("Balances.") or path == "Balancing") and value not in (0, 1):
            yield "%s is %r" % (path, value)
    if doc.flat.get("Settings.HasTemperature") != 1:
        yield "HasTemperature is %r" % doc.flat.get("Settings.HasTemperature")


def check_balancing(doc):
    cells = [value for path, value in doc.flat.items() if path.startswith("Balances.")]
    if doc.flat.get("Balancing") is not None and doc.flat["Balancing"] != int(1 in cells):
        yield "Balancing is %r, but the cells say otherwise" % doc.flat["Balancing"]


def check_power(doc):
    values = doc.numbers("Dc.Power", "Dc.Voltage", "Dc.Current")
    if values is None:
        return
    power, volts, amperes = values
    if abs(power - volts * amperes) > 0.006 * (abs(volts) + abs(amperes)) + 0.06:
        yield "Dc.Power %r is not %r V x %r A" % (power, volts, amperes)


def check_time_to_go(doc):
    amperes, hours, seconds = doc.number("Dc.Current"), doc.number("Capacity"), doc.number("TimeToGo")
    if amperes is not None and amperes >= 0.01 and seconds != NOT_DISCHARGING_S:
        yield "TimeToGo is %r while charging" % seconds
    if amperes is not None and hours is not None and amperes <= -0.02:
        least = min(3600 * (hours - 0.01) / (0.006 - amperes) - 1, NOT_DISCHARGING_S)
        most = min(3600 * (hours + 0.01) / (-amperes - 0.006) + 1, NOT_DISCHARGING_S)
        if seconds is None or not least <= seconds <= most:
            yield "TimeToGo is %r, but %r Ah at %r A" % (seconds, hours, amperes)


def check_capacity(doc):
    values = doc.numbers("InstalledCapacity", "Capacity", "ConsumedAmphours")
    if values and abs(max(0, values[0] - values[1]) - values[2]) > 0.021:
        yield "%r Ah installed less %r Ah left is not %r Ah" % tuple(values)


def check_limits(doc):
    modules = doc.online + (doc.whole("System.NrOfModulesOffline") or 0) if doc.lost else doc.online
    most = (("Info.MaxChargeVoltage", doc.max_charge_v),
            ("Info.MaxChargeCurrent", doc.settings.max_charge_a * modules),
            ("Info.MaxDischargeCurrent", doc.settings.max_discharge_a * modules))
    for path, limit in most:
        value = doc.number(path)
        if not doc.settings.publish_limits:
            continue
        if value is None or not 0 <= value <= limit:
            yield "%s is %r, not 0 to %g" % (path, doc.flat.get(path), limit)


def check_limits_off(doc):
    if not doc.settings.publish_limits:
        yield from ("%s is published though limits are off" % path for path in LIMITS if path in doc.flat)


def check_cell_limit(doc):
    values = doc.numbers("Info.MaxChargeCellVoltage", "Info.MaxChargeVoltage")
    if values and doc.count and abs(values[0] - values[1] / doc.count) > 0.002:
        yield "MaxChargeCellVoltage %r is not CVL %r over %d cells" % (values[0], values[1], doc.count)


def check_blocks(doc):
    """What is blocked has its limit at the bottom, and the counts say who blocks."""
    blocked_a = doc.settings.discharge_blocked_a
    for kind, limit, bottom in (("Charge", "Info.MaxChargeCurrent", 0),
                                ("Discharge", "Info.MaxDischargeCurrent", blocked_a)):
        allowed = doc.flat.get("Io.AllowTo" + kind)
        blocking = doc.whole("System.NrOfModulesBlocking" + kind) or 0
        if allowed == 0 and (doc.number(limit) or 0) > bottom and not (doc.lost and kind == "Discharge"):
            yield "%s is blocked, but %s is %r" % (kind, limit, doc.number(limit))
        if allowed == 1 and blocking > 0:
            yield "%d modules block, but AllowTo%s is 1" % (blocking, kind)
        if blocking > doc.online and not doc.lost:
            yield "more modules block %s than are online" % kind
    cvl = doc.number("Info.MaxChargeVoltage")
    float_v = round(doc.settings.float_cell_v * doc.count, 1)
    if doc.flat.get("Io.AllowToCharge") == 0 and cvl is not None and cvl > float_v + 0.001:
        yield "charge is blocked, but CVL is %r, above float" % cvl


def check_modules(doc):
    online, offline = doc.whole("System.NrOfModulesOnline"), doc.whole("System.NrOfModulesOffline")
    if online is None or offline is None:
        yield "module counts are missing"
    elif not doc.is_bank:
        if (online, offline) != (1, 0):
            yield "a module's own document says %d online, %d offline" % (online, offline)
    elif doc.flat.get("Alarms.BmsCable") == 0 and doc.flat.get("Alarms.InternalFailure") == 2:
        return  # those that are missing have failed, and answer
    elif doc.flat.get("Alarms.BmsCable") != (0 if offline == 0 else 1 if online else 2):
        yield "BmsCable is %r with %d online, %d offline" % (doc.flat.get("Alarms.BmsCable"), online, offline)


def check_sums(doc):
    """Sum and Diff agree with the cells and with the extremes."""
    total, diff = doc.number("Voltages.Sum"), doc.number("Voltages.Diff")
    if total is not None and not doc.sense_failed and None not in doc.cells:
        if abs(total - sum(doc.cells)) > 0.002 + (0.0005 * doc.count if doc.is_bank else 0):
            yield "Sum %r is not that of the cells, %.3f" % (total, sum(doc.cells))
    ends = doc.numbers("System.MinCellVoltage", "System.MaxCellVoltage")
    if diff is not None and ends and abs(diff - (ends[1] - ends[0])) > 0.0015:
        yield "Diff %r is not %r less %r" % (diff, ends[1], ends[0])


def check_voltage(doc):
    """The pack voltage is near the sum of its cells (a reply that is not does not count)."""
    total, volts = doc.number("Voltages.Sum"), doc.number("Dc.Voltage")
    if total and volts and not doc.sense_failed and abs(total - volts) > 0.1 * volts:
        yield "Dc.Voltage %r is far from the cells' sum %r" % (volts, total)


def check_extremes(doc):
    cells, ends = doc.sound_cells, doc.numbers("System.MinCellVoltage", "System.MaxCellVoltage")
    if ends and cells:
        slack = 0.0006 if doc.is_bank else 0.0001
        if ends[0] > min(cells) + slack or ends[1] < max(cells) - slack:
            yield "a cell lies outside of Min- and MaxCellVoltage"
        if not doc.is_bank and (abs(ends[0] - min(cells)) > slack or abs(ends[1] - max(cells)) > slack):
            yield "Min- or MaxCellVoltage is none of the cells"
    temps = doc.numbers("System.MinCellTemperature", "System.MaxCellTemperature")
    mean = doc.number("Dc.Temperature")
    if temps and (temps[0] > temps[1] or (mean is not None and not temps[0] - 0.11 <= mean <= temps[1] + 0.11)):
        yield "temperatures out of order: %r, %r, %r" % (temps[0], mean, temps[1])


def check_ids(doc):
    voltage = r"(M\d+)C(\d+)" if doc.is_bank else r"()C(\d+)"
    temperature = r"(M\d+)(?:C(\d+))?" if doc.is_bank else r"()(?:C(\d+)|Pack)"
    for path in STRINGS[2:]:
        name = doc.text(path)
        if name is None:
            continue
        match = re.fullmatch(voltage if "Voltage" in path else temperature, name)
        if not match or not int(match.group(2) or 1) in range(1, doc.count + 1):
            yield "%s is %r" % (path, name)
        elif not doc.is_bank and "Voltage" in path:
            value = doc.number(path.replace("VoltageCellId", "CellVoltage"))
            cell = doc.cells[int(match.group(2)) - 1]
            if value is not None and cell is not None and abs(value - cell) > 0.0001:
                yield "%s names %s, which is at %r" % (path, name, cell)


# what is shown now, the lowest and the highest of it ever
EVER = (("Dc.Voltage", "Dc.Voltage", "Voltage"),
        ("System.MinCellVoltage", "System.MaxCellVoltage", "CellVoltage"),
        ("System.MinCellTemperature", "System.MaxCellTemperature", "Temperature"))


def check_history(doc):
    """The bank's alone; nothing is shown that it has not seen."""
    if not doc.is_bank:
        yield from ("%s in a module's document" % path for path in HISTORY if path in doc.flat)
        return
    for low, high, name in EVER:
        least, most = doc.number("History.Minimum" + name), doc.number("History.Maximum" + name)
        values = [doc.number(path) for path in (low, high)]
        if least is None or most is None or least > most:
            yield "the extremes of %s are %r and %r" % (name, least, most)
        elif None not in values and (values[0] < least or values[1] > most):
            yield "%s is %r, but never was below %r or above %r" % (name, values, least, most)
    for path in HISTORY[6:9] + HISTORY[11:]:
        if (doc.number(path) or 0) < 0:
            yield "%s is %r" % (path, doc.flat.get(path))
    deepest, consumed = doc.number("History.DeepestDischarge"), doc.number("ConsumedAmphours")
    if (deepest or 0) > 0 or (consumed is not None and (deepest is None or deepest > 0.06 - consumed)):
        yield "DeepestDischarge is %r with %r missing" % (deepest, consumed)


def check_lost(doc):
    """Of a lost battery everything stays as it was, but nothing charges it."""
    if not doc.lost:
        return
    if doc.flat.get("Io.AllowToCharge") != 0 or (doc.number("Info.MaxChargeCurrent") or 0) > 0:
        yield "the battery is lost, but charge is allowed"


DOCUMENT_RULES = (
    ("object", check_object), ("value key", check_value_key), ("types", check_types), ("known", check_known),
    ("complete", check_complete), ("null", check_null), ("mandatory", check_mandatory), ("strings", check_strings), ("six", check_six),
    ("ranges", check_ranges), ("whole", check_whole), ("alarms", check_alarms),
    ("switches", check_switches), ("balancing", check_balancing), ("power", check_power),
    ("time to go", check_time_to_go), ("capacity", check_capacity), ("limits", check_limits), ("limits off", check_limits_off),
    ("cell limit", check_cell_limit), ("blocks", check_blocks), ("modules", check_modules), ("sums", check_sums),
    ("voltage", check_voltage), ("extremes", check_extremes), ("ids", check_ids), ("history", check_history),
    ("lost", check_lost),
)
