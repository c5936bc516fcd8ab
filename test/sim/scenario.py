"""The scenario file: what changes when. README.md has the table of verbs.

    at SECONDS ACTION                  once
    over FROM..TO ACTION START END     a ramp of the action's last number
    every SECONDS ACTION               again and again
"""

import shlex

RAMP_STEP_S = 0.5


def whole(text):
    return int(text, 0)


def flag(text):
    return {"on": True, "off": False, "yes": True, "no": False}[text.lower()]


# name: (attribute, conversion)
FIELDS = {
    "current": ("current_ma", whole), "soc": ("soc_pct", float), "voltage": ("voltage_mv", whole),
    "capacity": ("capacity_mah", whole), "soh": ("soh_pct", whole), "cycles": ("cycles", whole),
    "temperature": ("temperature_mc", whole), "mos": ("mos_mc", whole), "present": ("present", flag),
    "barcode": ("barcode", str), "firmware": ("firmware", str), "name": ("device_name", str),
    "base": ("base_state", str), "volt_state": ("volt_state", str), "current_state": ("current_state", str),
    "temp_state": ("temp_state", str), "coulomb_state": ("coulomb_state", str), "soh_state": ("soh_state", str),
    "bat_events": ("bat_events", whole), "bat_event_names": ("bat_event_names", str),
    "power_events": ("power_events", whole), "power_event_names": ("power_event_names", str),
    "system_fault": ("system_fault", whole), "system_fault_names": ("system_fault_names", str),
    "system_alarm": ("system_alarm", whole), "charge_fet": ("charge_fet", flag),
    "discharge_fet": ("discharge_fet", flag),
}
# Lists: `cell K VALUE`, `cells VALUE`, and so on; cells count from 0 as on the console.
LIST_FIELDS = {"cell": ("cells_mv", whole), "cell_temp": ("cell_temps_mc", whole), "balance": ("balancing", flag)}
ALL_FIELDS = {"cells": ("cells_mv", whole), "cell_temps": ("cell_temps_mc", whole)}
FAULT_OPTIONS = {"command": str, "module": whole, "value": str, "seconds": float, "rate": float, "count": whole}


class ScenarioError(ValueError):
    """A line that makes no sense; the message names it."""


def set_field(module, words):
    name, rest = words[0], words[1:]
    if name in FIELDS and len(rest) >= 1:
        attribute, convert = FIELDS[name]
        setattr(module, attribute, convert(" ".join(rest)))
    elif name in LIST_FIELDS and len(rest) == 2:
        attribute, convert = LIST_FIELDS[name]
        getattr(module, attribute)[int(rest[0])] = convert(rest[1])
    elif name in ALL_FIELDS and len(rest) == 1:
        attribute, convert = ALL_FIELDS[name]
        setattr(module, attribute, [convert(rest[0])] * len(module.cells_mv))
    else:
        raise ScenarioError("no such field: " + " ".join(words))


def module_action(words):
    address = int(words[0])
    rest = [words[1]] + words[2:]
    check_field(rest)
    return lambda sim: set_field(sim.stack[address], rest)


def check_field(words):
    known = words[0] in FIELDS or words[0] in LIST_FIELDS or words[0] in ALL_FIELDS
    if not known:
        raise ScenarioError("no such field: " + words[0])


def all_action(words):
    check_field(words)

    def run(sim):
        for module in sim.stack:
            set_field(module, words)
    return run


def bank_action(words):
    """bank current MA: shared out over the modules that are there."""
    if words[0] != "current" or len(words) != 2:
        raise ScenarioError("bank current MA")
    total = whole(words[1])

    def run(sim):
        there = sim.stack.present()
        for module in there:
            module.current_ma = total // len(there) + 11 * module.address
    return run


def fault_action(words):
    kind, pairs = words[0], words[1:]
    if len(pairs) % 2:
        raise ScenarioError("fault KIND [NAME VALUE]...")
    options = {name: FAULT_OPTIONS[name](value) for name, value in zip(pairs[::2], pairs[1::2])}
    return lambda sim: sim.fault(kind, **options)


def physics_action(words):
    def run(sim):
        sim.physics.on = flag(words[0])
        if len(words) > 1:
            sim.physics.time_scale = float(words[1])
    return run


VERBS = {
    "module": module_action,
    "all": all_action,
    "bank": bank_action,
    "fault": fault_action,
    "clear": lambda words: lambda sim: sim.clear(words[0] if words else None),
    "off": lambda words: lambda sim: sim.switch_off(),
    "wake": lambda words: lambda sim: sim.wake_up(),
    "unplug": lambda words: lambda sim: sim.unplug(),
    "replug": lambda words: lambda sim: sim.replug(),
    "inject": lambda words: lambda sim: sim.inject(" ".join(words)),
    "raw": lambda words: lambda sim: sim.send_raw(" ".join(words).encode("latin-1")),
    "recommend": lambda words: lambda sim: sim.console.recommend.update({words[0]: whole(words[1])}),
    "physics": physics_action,
    "end": lambda words: lambda sim: sim.ended.set(),
}


class Scenario:
    """The lines of a file, sorted by time."""

    def __init__(self, text):
        self.events = []               # [due, action, period or None], times from the start
        for number, line in enumerate(text.splitlines(), 1):
            words = shlex.split(line, comments=True)
            if words:
                self._parse(number, line, words)
        self.events.sort(key=lambda e: e[0])
        self.began = None

    def _parse(self, number, line, words):
        try:
            if words[0] == "at":
                self.events.append([float(words[1]), self._action(words[2:]), None])
            elif words[0] == "every":
                self.events.append([float(words[1]), self._action(words[2:]), float(words[1])])
            elif words[0] == "over":
                self._ramp(words)
            else:
                raise ScenarioError("at, over or every")
        except (ScenarioError, ValueError, IndexError, KeyError) as error:
            raise ScenarioError("line %d: %s (%s)" % (number, line.strip(), error)) from None

    def _ramp(self, words):
        first, last = (float(t) for t in words[1].split(".."))
        start, end = float(words[-2]), float(words[-1])
        if last <= first:
            raise ScenarioError("a ramp needs FROM below TO")
        steps = max(1, int(round((last - first) / RAMP_STEP_S)))
        for k in range(steps + 1):
            value = start + (end - start) * k / steps
            text = repr(value) if words[-3] == "soc" else str(int(round(value)))
            self.events.append([first + (last - first) * k / steps, self._action(words[2:-2] + [text]), None])

    @staticmethod
    def _action(words):
        if not words or words[0] not in VERBS:
            raise ScenarioError("no such verb")
        return VERBS[words[0]](words[1:])

    def action(self, line):
        """The action of one line without its time."""
        return self._action(shlex.split(line))

    def start(self, now):
        self.began = now

    def run(self, sim, now):
        """Runs what is due; returns when the next event is due, or None."""
        while self.events and self.began + self.events[0][0] <= now:
            due, action, period = self.events.pop(0)
            action(sim)
            if period:
                self.events.append([due + period, action, period])
                self.events.sort(key=lambda e: e[0])
        return self.began + self.events[0][0] if self.events else None
