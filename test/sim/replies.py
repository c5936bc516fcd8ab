"""The text of every reply.

A reply body is what follows the echo `command LF`. Two shapes exist:
  rows   CR @ CR CR LF   row CR CR LF ... last row CR LF CR   trailer
  lines  CR @ CR LF CR   line CR LF CR ...                    trailer
The trailer is "Command completed successfully", `$$` and the prompt, parted by CR LF CR.
"""

from . import tables

ROW_END = "\r\r\n"
LAST_END = "\r\n\r"
DONE = "Command completed successfully"


def trailer(prompt):
    return DONE + LAST_END + "$$" + LAST_END + prompt


def rows_body(rows, prompt, mark=True):
    """`rows` may hold (text, end) where the end differs."""
    text = "\r@" + ROW_END if mark else ROW_END
    for row in rows[:-1]:
        text += row[0] + row[1] if isinstance(row, tuple) else row + ROW_END
    return text + rows[-1] + LAST_END + trailer(prompt)


def lines_body(lines, prompt, mark=True):
    text = ("\r@" if mark else "") + LAST_END
    return text + "".join(line + LAST_END for line in lines) + trailer(prompt)


def step(value_mc, model):
    """A temperature in the resolution of the model."""
    return int(round(value_mc / model.temp_step_mc)) * model.temp_step_mc


# ---- `pwr`: the table ----

def table_values(module, clock):
    """Every value that a row of any layout can show, by header name."""
    model = module.model
    temps = [step(t, model) for t in module.cell_temps_mc]
    cells = list(module.cells_mv)
    low_t, high_t, low_v, high_v = min(temps), max(temps), min(cells), max(cells)
    mos = model.mos and module.mos_mc is not None
    return {
        "Power": module.address, "Volt": module.voltage_mv, "Curr": module.current_ma,
        "Tempr": step(module.temperature_mc, model), "Tlow": low_t, "Tlow.Id": temps.index(low_t),
        "Thigh": high_t, "Thigh.Id": temps.index(high_t), "Vlow": low_v, "Vlow.Id": cells.index(low_v),
        "Vhigh": high_v, "Vhigh.Id": cells.index(high_v), "Base.St": module.base_state,
        "Volt.St": module.volt_state, "Curr.St": module.current_state, "Temp.St": module.temp_state,
        "Coulomb": "%d%%" % module.percent, "Time": clock, "B.V.St": module.cell_volt_state,
        "B.T.St": module.cell_temp_state, "MosTempr": step(module.mos_mc, model) if mos else "-",
        "M.T.St": "Normal" if mos else "-", "SysAlarm.St": "Normal" if not module.system_alarm else "Alarm",
        "Barcode": module.barcode, "DevType": module.device_name,
    }


def table_row(layout, values):
    row = " ".join(str(values[name]).ljust(width) for name, width in layout)
    if values.get("MosTempr", "-") == "-":
        return row
    # A quirk of the firmware: no blank before a MOSFET temperature, so what follows is one place too far left.
    return row.replace(" %-8s " % values["MosTempr"], "%-8s " % values["MosTempr"])


def absent_row(layout, address):
    values = {name: "-" for name, _ in layout}
    values.update({"Power": address, "Base.St": "Absent"})
    return table_row(layout, values)


def table_rows(stack, clock, stale):
    """The rows of a low-voltage table; `stale` holds rows that stopped being refreshed."""
    model = stack.master.model
    layout = tables.PWR[model.table]
    absent = tables.PWR_ABSENT.get(model.table, layout)
    rows = [" ".join(name.ljust(width) for name, width in layout)]
    for address in range(1, model.rows + 1):
        module = stack.find(address)
        if module is None:
            rows.append(absent_row(absent, address))
        else:
            rows.append(stale.get(address) or table_row(layout, table_values(module, clock)))
    return tables.PWR_TAIL.get(model.table, lambda r: r)(rows)


def pwr_table(stack, prompt, clock, stale):
    if stack.master.model.table == "hv":
        return rows_body(hv_table(stack.master, clock), prompt)
    return rows_body(table_rows(stack, clock, stale), prompt)


def hv_table(module, clock):
    """A high-voltage stack: three lines of preamble and one row for all."""
    temps, cells = module.cell_temps_mc, module.cells_mv
    units = [sum(cells[k:k + 30]) for k in range(0, len(cells), 30)]
    wh = module.remaining_mah * module.voltage_mv // 1000
    row = "".join(str(v).ljust(w) + " " for v, w in zip(
        (module.voltage_mv, module.current_ma, module.temperature_mc, min(temps), max(temps), min(cells),
         max(cells), min(temps), max(temps), min(units), max(units)), (6,) * 11))
    row += "".join(s.ljust(8) + " " for s in (module.base_state, module.volt_state, module.current_state,
                                               module.temp_state))
    row += " %2d%%   %12d mAH  %2d%%   %13d mWH %s  " % (module.percent, module.remaining_mah, module.percent, wh, clock)
    row += "".join(s.ljust(8) + " " for s in ("Normal",) * 4) + "0x0"
    return ["AverageTempr   : %-12d" % (sum(temps) // len(temps)), "DC Volt        : %-12d" % module.voltage_mv,
            "Bat Volt       : %-12d" % (module.voltage_mv + 120), "", tables.HV_HEADER, row]


# ---- `pwr N` ----

def power_pairs(module, master):
    """(label, text) of `pwr N` on Pylontech and the smaller Pytes."""
    model = module.model
    pairs = [("Voltage", "%-12dmV" % module.voltage_mv), ("Current", "%-12dmA" % module.current_ma),
             ("Temperature", "%-12dmC" % step(module.temperature_mc, model)),
             ("Coulomb", "%-12d%%" % module.percent), ("Total Coulomb", "%-12dmAH" % module.capacity_mah)]
    if model.real_coulomb:
        pairs.append(("Real Coulomb", "%-12dmAH" % (module.capacity_mah * module.soh_pct // 100)))
    pairs += [("Max Voltage", "%-12dmV" % model.max_voltage_mv), ("Charge Times", "%-12d" % module.charge_times),
              ("Basic Status", "%-8s" % module.base_state)]
    seconds = {"Charge": "Charge Sec.", "Dischg": "Discharge Sec."}.get(module.base_state)
    if seconds and not model.real_coulomb:
        pairs.append((seconds, "%-8ds" % 0))
    return pairs + [(label, "%-8s" % text) for label, text in state_pairs(module)] + [
        ("Heater Status", "%-8s" % "OFF")]


def state_pairs(module):
    return [("Volt Status", module.volt_state), ("Current Status", module.current_state),
            ("Tmpr. Status", module.temp_state), ("Coul. Status", module.coulomb_state),
            ("Soh. Status", module.soh_state)]


def event_lines(module, width):
    words = (("Bat Events", module.bat_events, module.bat_event_names),
             ("Power Events", module.power_events, module.power_event_names),
             ("System Fault", module.system_fault, module.system_fault_names))
    return [pair(label, ("0x%x" % word).ljust(width) + names) for label, word, names in words]


def pair(label, text):
    return " %-16s: %s" % (label, text)


RULE = " ----------------------------"


def power_head(module):
    return [RULE, " Power  %d" % module.address, ""]


def power_pylon(module, master):
    rows = power_head(module) + [pair(*p) for p in power_pairs(module, master)]
    rows[-1] = (rows[-1], LAST_END)        # the line before Protect ENA ends like a last one
    return rows + [pair("Protect ENA", module.model.protect)] + event_lines(module, 11) + [RULE]


def power_fets(module, master):
    """Newer firmware: the switches, without a blank at the colon, and the alarm word."""
    rows = power_pylon(module, master)
    switches = [" %s:%s" % (label, "ON" if on else "OFF") for label, on in
                (("CFetState", module.charge_fet), ("DFetState", module.discharge_fet))]
    alarm = [pair("System Alarm", ("0x%x" % module.system_alarm).ljust(11))]
    return rows[:-1] + alarm + switches + rows[-1:]


def power_pytes100(module, master):
    charge_mas = module.capacity_mah * 3600
    pairs = [("Voltage", "%-20dmV" % module.voltage_mv), ("SOC Voltage", "%-20dmV" % (module.voltage_mv - 4)),
             ("Current", "%-20dmA" % module.current_ma),
             ("Temperature", "%-20dmC" % step(module.temperature_mc, module.model)),
             ("Coulomb", "%-20d%%" % module.percent), ("Total Coulomb", "%-20dmAS" % charge_mas),
             ("Real Coulomb", "%-20dmAH" % module.capacity_mah), ("Total Power In", "%-20dAS" % 2210456),
             ("Total Power Out", "%-20dAS" % 2101877), ("Charge Count", "%-16d" % 0),
             ("Discharge Count", "%-16d" % 0), ("Charge Times", "%-16d" % module.charge_times),
             ("Work Status", "%-16d" % 2), ("Bat Num", "%-16d" % len(module.cells_mv)),
             ("Barcode", module.barcode), ("DevType", "%-16s" % module.device_name),
             ("Firm Version", module.firmware), ("Next Device", "%-16d" % 0),
             ("Basic Status", "%-8s" % module.base_state)]
    pairs += [(label, "%-8s" % text) for label, text in state_pairs(module)[:4]]
    pairs += [("Bat Status", "VNOR TNOR"), ("Heater Status", "%-8s" % "OFF"),
              ("CMOS Status", "%-8s" % ("ON" if module.charge_fet else "OFF")),
              ("DMOS Status", "%-8s" % ("ON" if module.discharge_fet else "OFF")),
              ("Input Status", "%-8s" % "OFF"), ("Terminal Res.", "%-8s" % "ON")]
    rows = power_head(module) + [pair(*p) for p in pairs]
    rows[-1] = (rows[-1], LAST_END)
    rows += [(pair("Bat Protect ENA", "OV HV LV UV SLP OT HT LT UT"), LAST_END),
             pair("Pwr Protect ENA", "OV HV LV UV SLP OT HT LT UT COC COC1 COC2 COCA DOCA DOC DOC1 DOC2 SC")]
    return rows + event_lines(module, 10) + [RULE]


POWER = {"pylon": power_pylon, "fets": power_fets, "pytes100": power_pytes100}


def pwr_module(module, master, prompt):
    return rows_body(POWER[master.model.power](module, master), prompt)


# ---- `bat N` ----

def bat_row(layout, module, k):
    """One cell; every layout is a list of width and key."""
    values = {
        "index": k, "mv": module.cells_mv[k], "ma": module.current_ma,
        "mc": step(module.cell_temps_mc[k], module.model), "base": module.base_state,
        "volt": module.cell_volt_state, "curr": module.current_state, "temp": module.cell_temp_state,
        "soc": "%d%%" % module.percent, "mah": "%d mAH" % module.remaining_mah,
        "both": "%3d%% %10d mAH" % (module.percent, module.remaining_mah),
        "bal": "Y" if module.balancing[k] else "N",
    }
    return "".join(str(values[key]).ljust(width) for width, key in layout)


def bat_module(module, master, prompt, clock):
    if master.model.bat == "hv":
        return rows_body(hv_bat(module, clock), prompt, mark=False)
    layout = tables.BAT[master.model.bat]
    rows = [bat_row(layout, module, k) for k in range(len(module.cells_mv))]
    return rows_body([tables.BAT_HEADER[master.model.bat]] + rows, prompt)


def hv_bat(module, clock):
    rows = ["Time: %s " % clock, "A.Tempr: %d  " % module.temperature_mc, "C.Curr : 18500   mA", "D.Curr : -18500  mA",
            "B.State: %s " % module.base_state, "BalVolt: 3360",
            "Bat  Volt Curr    Tempr   V.State T.State AH(mAH)       WH(mWH)            Bal"]
    for k, mv in enumerate(module.cells_mv):
        rows.append("%-4d %-4d %-7d %-7d Normal  Normal   %2d%% %8d  %2d%% %12d   N" % (
            k, mv, module.current_ma, module.cell_temps_mc[k], module.percent, module.remaining_mah,
            module.percent, module.remaining_mah * mv // 1000))
    return rows


# ---- `info N` ----

def info_lines(module):
    model = module.model
    values = {
        "Device address": module.address, "Manufacturer": model.manufacturer, "Device name": module.device_name,
        "Board version": model.board, "Board": model.board_extra, "Hard  version": "V20R4C3",
        "Main Soft version": module.firmware, "Iterate version": module.firmware + ".T5",
        "Soft  version": model.soft, "Boot  version": model.boot, "Comm version": "V2.0",
        "Release Date": model.release, "Barcode": module.barcode, "Board ID": "5117AB30C0FFEE%02d" % module.address,
        "Board SRAM Size": "96KB", "Board FLASH Size": "256KB", "Module Barcode": module.barcode,
        "PCBA Barcode": "A" + module.barcode, "Specification": model.specification,
        "Cell Number": len(module.cells_mv), "Max Dischg Curr": "%dmA" % model.max_discharge_ma,
        "Max Charge Curr": "%dmA" % model.max_charge_ma, "EPONPort rate": 1200, "Console Port rate": model.baud,
        "Shut Circuit": "Yes  ", "Relay Feedback": "Yes  ",
    }
    lines = []
    for label in tables.INFO[model.info]:
        if label == "Board" and not model.board_extra:
            continue
        lines.append("%-20s: %s" % (label, values[label]) if label else "")
    return lines


def info_module(module, master, prompt):
    return lines_body(info_lines(module), prompt, mark=not master.model.no_accept_mark)


# ---- `stat N`, `soh N`, `time`, `help` ----

def stat_module(module, master, prompt):
    counters = dict(tables.STAT_DEFAULTS)
    counters.update({"Device address": module.address, "Charge Times": module.charge_times,
                     "CYCLE Times": module.cycles, "SOH": module.soh_pct, "Pwr Percent": module.percent,
                     "Pwr Coulomb": module.remaining_mah * 3600,
                     "Dsg Cap": module.cycles * module.capacity_mah})
    width = 10 if module.model.stat == "pytes100" else 8
    rows = []
    for label in tables.STAT[module.model.stat]:
        colon = " " if label == "Device address" else ":"
        rows.append("%-16s%s %*d" % (label, colon, width, counters.get(label, 0)))
    return rows_body(rows, prompt, mark=not master.model.no_accept_mark)


def soh_module(module, master, prompt):
    if master.model.soh == "mask":
        rows = ["Power   %d" % module.address, "Battery    Voltage    SOHStatus  \xc8$        "]
        rows += ["%-10d %-10d %08x" % (k, mv, 0) for k, mv in enumerate(module.cells_mv)]
        return rows_body(rows, prompt)
    rows = [] if master.model.soh == "hv" else ["Power   %d" % module.address]
    rows.append("Battery    Voltage    SOHCount   SOHStatus ")
    rows += ["%-10d %-10d %-10d %-10s" % (k, mv, 0, module.soh_state) for k, mv in enumerate(module.cells_mv)]
    return rows_body(rows, prompt, mark=not master.model.no_accept_mark)


def time_reply(master, prompt, clock):
    return lines_body(["%s %s" % (master.model.clock_chip, clock)], prompt)


def help_reply(prompt):
    rows = ["Local command:"] + ["%-8s %s" % pair for pair in tables.HELP]
    return rows_body(rows, prompt)


# ---- `getpwr N`, `pwrsys` ----

def getpwr_module(module, prompt):
    """Bare numbers, `#` ends a field; the meaning of the last two lines is unknown."""
    model = module.model
    rows = ["%d# %6d# %6d# %5d# %s# %s# %s# %s#" % (
        module.voltage_mv, module.current_ma, step(module.temperature_mc, model), module.remaining_mah,
        module.base_state, module.volt_state, module.current_state, module.temp_state)]
    rows += ["%d# %6d# %s# %s#" % (mv, step(mc, model), module.cell_volt_state, module.cell_temp_state)
             for mv, mc in zip(module.cells_mv, module.cell_temps_mc)]
    return rows_body(rows + ["0#", "1#"], prompt)


def mean(values):
    return sum(values) // len(values)


def pwrsys(stack, prompt, recommend):
    """`recommend`: chg_mv, dsg_mv, chg_ma, dsg_ma a module; the system lines are for the whole stack."""
    there = stack.present()
    cells = [mv for m in there for mv in m.cells_mv]
    temps = [mc for m in there for mc in m.cell_temps_mc]
    left, full = sum(m.remaining_mah for m in there), sum(m.capacity_mah for m in there)
    total = sum(m.current_ma for m in there)
    state = "idle" if abs(total) < 50 else "charging" if total > 0 else "discharging"
    pairs = [("Total Num", len(stack), ""), ("Present Num", len(there), ""), ("Sleep Num", 0, ""),
             ("System Volt", mean([m.voltage_mv for m in there]), "mV"), ("System Curr", total, "mA"),
             ("System RC", left, "mAH"), ("System FCC", full, "mAH"),
             ("System SOC", 100 * left // full, "%"), ("System SOH", min(m.soh_pct for m in there), "%"),
             ("Highest voltage", max(cells), "mV"), ("Average voltage", mean(cells), "mV"),
             ("Lowest voltage", min(cells), "mV"), ("Highest temperature", max(temps), "mC"),
             ("Average temperature", mean(temps), "mC"), ("Lowest temperature", min(temps), "mC"),
             ("Recommend chg voltage", recommend["chg_mv"], "mV"),
             ("Recommend dsg voltage", recommend["dsg_mv"], "mV"),
             ("Recommend chg current", recommend["chg_ma"], "mA"),
             ("Recommend dsg current", recommend["dsg_ma"], "mA")]
    rows = [" Power System Information", " ---------------------------------", " System is " + state]
    rows += [" %-25s: %-8d %s" % p for p in pairs]
    if stack.master.model.system_recommend:
        rows += [" system %s: %-8d %s" % p for p in (
            ("Recommend chg voltage", recommend["chg_mv"], "mV"), ("Recommend dsg voltage", recommend["dsg_mv"], "mV"),
            ("Recommend chg current", recommend["chg_ma"] * len(there), "mA"),
            ("Recommend dsg current", recommend["dsg_ma"] * len(there), "mA"))]
    return rows_body(rows, prompt)


# ---- errors ----

def error_body(kind, line, prompt):
    """The refusals of the console; `unknown` comes without the @."""
    end = "$$" + LAST_END + prompt
    name = line.split()[0] if line.split() else ""
    if kind == "unknown":
        return "\rUnknown command '%s' - try 'help'" % name + LAST_END + end
    text = {
        "invalid": "Invalid command or fail to excute." + LAST_END + "Usage:\r\n" + tables.usage(name) + LAST_END,
        "failed": "Command completed unccessfully" + LAST_END,
        "version": "This version do not support this command!" + LAST_END,
        "mode": "Quit current mode" + LAST_END,
    }[kind]
    return "\r@" + LAST_END + text + end


ERRORS = ("unknown", "invalid", "failed", "version", "mode")
