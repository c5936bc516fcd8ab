"""What the demo shows: state in, lines of text out. Nothing here knows of a terminal or a broker."""

WIDTH, HEIGHT = 80, 24
BAR = 20
ALARM_WORDS = {1: "warning", 2: "ALARM"}


def number(value, form, unit=""):
    """A value with its unit, `-` where there is none."""
    return "-" if value is None else form % value + unit


def bar(percent, width=BAR):
    full = int(round(width * (percent or 0) / 100))
    return "[" + "#" * full + "-" * (width - full) + "]"


def duration(seconds):
    return "-" if seconds is None else "%d h %02d min" % (seconds // 3600, seconds // 60 % 60)


def bank_lines(bank):
    if bank is None:
        return ["Bank     waiting for the first complete pass: five modules at 19200 baud",
                "         take about ten seconds"]
    dc, info, system = bank["Dc"], bank["Info"], bank["System"]
    allowed = ["%s %s" % (what, "yes" if bank["Io"]["AllowTo" + key] else "NO") for what, key in (
        ("charge", "Charge"), ("discharge", "Discharge"))]
    return [
        "Bank     %s %5.1f %%  %6.2f V  %+7.2f A  %+7.0f W  %s" % (
            bar(bank["Soc"]), bank["Soc"], dc["Voltage"], dc["Current"], dc["Power"],
            number(dc["Temperature"], "%.1f", " C")),
        "  CVL    %s   %s" % (number(info["MaxChargeVoltage"], "%6.2f", " V"), info["ChargeMode"]),
        "  CCL    %s   %s" % (number(info["MaxChargeCurrent"], "%6.1f", " A"), info["ChargeLimitation"]),
        "  DCL    %s   %s" % (number(info["MaxDischargeCurrent"], "%6.1f", " A"), info["DischargeLimitation"]),
        "  cells  %.3f V (%s) to %.3f V (%s)   allowed: %s" % (
            system["MinCellVoltage"], system["MinVoltageCellId"], system["MaxCellVoltage"],
            system["MaxVoltageCellId"], ", ".join(allowed)),
        "  charge %s of %s Ah, %s to go" % (number(bank["Capacity"], "%.1f"),
                                             number(bank["InstalledCapacity"], "%.1f"), duration(bank["TimeToGo"])),
    ]


HEADER = "Module   SoC        V        A   max T   cell low    high  spread    CCL    DCL"


def module_line(address, module):
    if module is None:
        return "%4d      silent" % address
    dc, system, info = module["Dc"], module["System"], module["Info"]
    return "%4d   %3s %% %8.2f %+8.2f  %6s %10s %7s %7s %6s %6s" % (
        address, number(module["Soc"], "%.0f"), dc["Voltage"], dc["Current"],
        number(system["MaxCellTemperature"], "%.1f"), number(system["MinCellVoltage"], "%.3f"),
        number(system["MaxCellVoltage"], "%.3f"), number(module["Voltages"]["Diff"], "%.3f"),
        number(info["MaxChargeCurrent"], "%.1f"), number(info["MaxDischargeCurrent"], "%.1f"))


def alarm_line(bank):
    raised = ["%s %s" % (name, ALARM_WORDS[level]) for name, level in sorted((bank or {}).get("Alarms", {}).items())
              if level]
    return "Alarms   " + (", ".join(raised) if raised else "none")


def link_line(link, status):
    if link is None:
        return "Status   %s" % status
    replies = link["replies"]
    return "Status   %s   pass %s   replies: %d good, %d damaged, %d late" % (
        status, number(link["cycle_ms"] and link["cycle_ms"] / 1000, "%.1f", " s"), replies["good"],
        replies["damaged"], replies["late"])


def screen(state):
    """All lines of the view, none wider than a terminal of 80 columns, 24 at most."""
    lines = ["pylontech-mqtt demo: %d simulated modules, console at %d baud   %3d of %d s" % (
        len(state["modules"]), state["speed"], state["elapsed_s"], state["seconds"])]
    lines += [link_line(state["link"], state["status"]), ""] + bank_lines(state["bank"]) + ["", HEADER]
    lines += [module_line(address, module) for address, module in sorted(state["modules"].items())]
    lines += ["", alarm_line(state["bank"]), ""] + ["Log      " + text if k == 0 else "         " + text
                                                     for k, text in enumerate(state["log"])]
    lines.append("See all: mosquitto_sub -h 127.0.0.1 -p %d -v -t '#'     Ctrl-C ends" % state["port"])
    return [line[:WIDTH] for line in lines][:HEIGHT]
