"""What a document must say of a simulated stack at rest: worked out from the simulator's own values.

Nothing here knows how the daemon does it: the inputs are what the battery is, the rules are the
documented ones. It covers a calm battery (no rule but the basic ones acts); tests of single rules
have their expected values in their own tables.
"""

from document import HISTORY
from sim.replies import step

CELL_BULK_V, CELL_LOW_V = 3.50, 3.067
DERATE = 0.8
BALANCE_SPREAD_MV, BALANCE_CELL_MV = 50, 3400
ALARMS = ("LowVoltage HighVoltage LowSoc HighChargeCurrent HighDischargeCurrent HighCurrent CellImbalance "
          "HighChargeTemperature LowChargeTemperature LowCellVoltage LowTemperature HighTemperature FuseBlown "
          "BmsCable HighCellVoltage HighInternalTemperature InternalFailure StateOfHealth").split()
# How far a printed decimal may be from the true value. The mean of the packs is rounded to whole millivolts first.
ROUNDING = {"Dc.Voltage": 0.0056, "Dc.Current": 0.0051, "Dc.Temperature": 0.051, "Soc": 0.051,
            "InstalledCapacity": 0.0051, "Capacity": 0.0051, "ConsumedAmphours": 0.0101,
            "Info.MaxChargeVoltage": 0.0051, "Info.MaxChargeCurrent": 0.051, "Info.MaxDischargeCurrent": 0.051,
            "Info.MaxChargeCellVoltage": 0.0011, "Info.BatteryLowVoltage": 0.0051}
WHATEVER = object()                # any text: its wording is not part of this contract
PAST = object()                    # nothing of the battery as it is now, and not of modules: document.py compares it
NOT_DISCHARGING_S = 864000


class Seen:
    """One module as the console shows it, in device units.

    cells, cell_temps, balances: one value a cell; mos, cycles, soh: None where the console does not tell.
    charge_ma, discharge_ma: the hardware maxima of `info`, None where it is refused.
    """

    def __init__(self, address, mv, ma, soc, installed, left, temp, cells, cell_temps, balances=None, mos=None,
                 cycles=None, soh=None, charge_ma=None, discharge_ma=None):
        self.address, self.mv, self.ma, self.soc = address, mv, ma, min(100, soc)
        self.installed, self.left, self.temp = installed, left, temp
        self.cells, self.cell_temps = list(cells), list(cell_temps)
        self.balances = list(balances) if balances is not None else guessed_balances(self.cells)
        self.mos, self.cycles, self.soh = mos, cycles, soh
        self.charge_ma, self.discharge_ma = charge_ma, discharge_ma

    def voltages(self):
        return {"C%d" % (k + 1): mv for k, mv in enumerate(self.cells)}

    def temperatures(self):
        places = {"C%d" % (k + 1): mc for k, mc in enumerate(self.cell_temps)}
        places["Pack"] = self.temp
        return places


def guessed_balances(cells):
    """Firmware without a BAL column: the highest cell of a wide spread near the top."""
    high = max(cells)
    one = high - min(cells) > BALANCE_SPREAD_MV and high > BALANCE_CELL_MV
    return [int(one and k == cells.index(high)) for k in range(len(cells))]


def look(module):
    """A module of the simulator as its model's console shows it."""
    model = module.model
    stat, info = "stat N" not in model.refused, "info N" not in model.refused
    return Seen(
        module.address, module.voltage_mv, module.current_ma, module.percent, module.capacity_mah, module.remaining_mah,
        step(module.temperature_mc, model), module.cells_mv, [step(t, model) for t in module.cell_temps_mc],
        balances=[int(b) for b in module.balancing] if model.bat in ("new", "dtemp") else None,
        mos=step(module.mos_mc, model) if model.mos and module.mos_mc is not None else None,
        cycles=module.cycles if stat else None, soh=module.soh_pct if stat and model.stat == "new" else None,
        charge_ma=model.max_charge_ma if info else None, discharge_ma=abs(model.max_discharge_ma) if info else None)


def places(seen, which, in_bank):
    """{id: value} of every cell or temperature, as the ids are written on this topic."""
    result = {}
    for module in seen:
        for name, value in getattr(module, which)().items():
            bank_name = "M%d" % module.address + ("" if name == "Pack" else name)
            result[bank_name if in_bank else name] = value
    return result


def ends(values, low):
    """The extreme and the set of ids that share it."""
    extreme = (min if low else max)(values.values())
    return extreme, {name for name, value in values.items() if value == extreme}


def mean(values):
    return sum(values) / len(values)


def known(values, choose):
    values = [v for v in values if v is not None]
    return choose(values) if values else None


def expected(modules, in_bank=True, recommend=None, charge_a=50.0, discharge_a=50.0):
    """{path: value}; sets hold what is allowed. `modules`: of the simulator, or Seen. `recommend`:
    Simulator.console.recommend where the daemon can read it, else None."""
    seen = [m if isinstance(m, Seen) else look(m) for m in modules]
    flat = {}
    add_sums(flat, seen)
    add_extremes(flat, seen, in_bank)
    add_limits(flat, seen, recommend, charge_a, discharge_a)
    flat.update({"System.NrOfModulesOnline": len(seen), "System.NrOfModulesOffline": 0,
                 "System.NrOfModulesBlockingCharge": 0, "System.NrOfModulesBlockingDischarge": 0,
                 "Io.AllowToCharge": 1, "Io.AllowToDischarge": 1, "Settings.HasTemperature": 1,
                 "ConnectionInformation": WHATEVER})
    flat.update({"Alarms." + name: 0 for name in ALARMS})
    flat.update({path: PAST for path in HISTORY})
    return {path: value for path, value in flat.items() if value is not None}


def add_sums(flat, seen):
    volts, amps = mean([m.mv for m in seen]) / 1000, sum(m.ma for m in seen) / 1000
    left, installed = sum(m.left for m in seen) / 1000, sum(m.installed for m in seen) / 1000
    flat.update({
        "Dc.Voltage": volts, "Dc.Current": amps, "Dc.Power": volts * amps,
        "Dc.Temperature": mean([m.temp for m in seen]) / 1000, "InstalledCapacity": installed, "Capacity": left,
        "ConsumedAmphours": installed - left,
        "Soc": sum(m.soc * m.installed for m in seen) / sum(m.installed for m in seen),
        "Soh": known([m.soh for m in seen], min), "History.ChargeCycles": known([m.cycles for m in seen], max),
        "TimeToGo": min(3600 * left / -amps, NOT_DISCHARGING_S) if amps < 0 else NOT_DISCHARGING_S,
        "System.MOSTemperature": known([m.mos and m.mos / 1000 for m in seen], max)})


def add_extremes(flat, seen, in_bank):
    for kind, name, title in (("voltages", "Voltage", "CellVoltage"),
                              ("temperatures", "Temperature", "CellTemperature")):
        for low, prefix in ((True, "Min"), (False, "Max")):
            value, ids = ends(places(seen, kind, in_bank), low)
            flat["System.%s%s" % (prefix, title)] = value / 1000
            flat["System.%s%sCellId" % (prefix, name)] = ids
    flat["System.NrOfCellsPerBattery"] = len(seen[0].cells)
    flat["Voltages.Sum"] = mean([sum(m.cells) for m in seen]) / 1000
    flat["Voltages.Diff"] = flat["System.MaxCellVoltage"] - flat["System.MinCellVoltage"]
    for k in range(len(seen[0].cells)):
        flat["Voltages.Cell%d" % (k + 1)] = mean([m.cells[k] for m in seen]) / 1000
        flat["Balances.Cell%d" % (k + 1)] = max(m.balances[k] for m in seen)
    flat["Balancing"] = max(max(m.balances) for m in seen)


def add_limits(flat, seen, recommend, charge_a, discharge_a):
    count = len(seen[0].cells)
    cvl, low = round(CELL_BULK_V * count, 1), round(CELL_LOW_V * count, 1)
    charge = DERATE * min([charge_a] + [m.charge_ma / 1000 for m in seen if m.charge_ma is not None])
    discharge = min([discharge_a] + [m.discharge_ma / 1000 for m in seen if m.discharge_ma is not None])
    if recommend:
        cvl, low = min(cvl, recommend["chg_mv"] / 1000), recommend["dsg_mv"] / 1000
        charge, discharge = min(charge, recommend["chg_ma"] / 1000), min(discharge, -recommend["dsg_ma"] / 1000)
    flat.update({"Info.MaxChargeVoltage": cvl, "Info.MaxChargeCurrent": charge * len(seen),
                 "Info.MaxDischargeCurrent": discharge * len(seen), "Info.MaxChargeCellVoltage": cvl / count,
                 "Info.BatteryLowVoltage": low, "Info.ChargeMode": WHATEVER})


def delta(path, flat):
    """How far the published value may be off: it was rounded."""
    if path == "Dc.Power":
        return 0.0051 * (abs(flat["Dc.Voltage"]) + abs(flat["Dc.Current"])) + 0.051
    if path == "TimeToGo":
        return max(2, 0.001 * flat["TimeToGo"])
    if path.startswith("System.") and "Temperature" in path:
        return 0.051
    return ROUNDING.get(path, 0.00051)


def differences(flat, wanted):
    """One sentence for every key that is not as it must be."""
    for path in sorted(set(flat) | set(wanted)):
        if path not in wanted:
            yield "%s: nobody knows what it should be" % path
        elif path not in flat and wanted[path] is PAST:
            continue
        elif path not in flat:
            yield "%s is missing" % path
        elif not agrees(path, flat[path], wanted):
            yield "%s is %r, not %r" % (path, flat[path], wanted[path])


def agrees(path, value, wanted):
    right = wanted[path]
    if right is PAST:
        return True
    if right is WHATEVER:
        return isinstance(value, str) and value != ""
    if isinstance(right, set):
        return value in right
    if value is None:
        return False
    return abs(value - right) <= delta(path, wanted)
