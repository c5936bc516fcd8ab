"""Whether what was published is what the battery held at that time.

    for sentence in Held(rig.sim, age_s=5).faults(rig.subscriber.messages, rig.flat): ...

Every value of every data document is compared with what truth.py works out from the simulator's history. A value
may be as old as the daemon's patience; what changed meanwhile may be shown as it was at any moment of that time,
each value for itself, because they come from several replies. Values that nothing changed must agree exactly.
"""

import itertools
import re
from types import SimpleNamespace

from sim.models import MODELS
from truth import NOT_DISCHARGING_S, agrees, delta, expected

SLACK_S = 1.5              # a message a second, and the way to the subscriber
LIMITS = ("Info.MaxChargeVoltage", "Info.MaxChargeCurrent", "Info.MaxDischargeCurrent", "Info.MaxChargeCellVoltage")
# Read late: unknown until then. What `pwrsys` wishes may not be known either.
LATE = ("History.ChargeCycles", "Soh")
# What modules that are missing, or were not heard of yet after all were lost, may keep lower than the others would.
HELD_BACK = LIMITS + ("Io.AllowToCharge", "Io.AllowToDischarge")
WISHES = LIMITS + ("Info.BatteryLowVoltage",)
CHARGE = ("Capacity", "ConsumedAmphours")
BAT_S = 60                 # how often `bat` is read where `getpwr` stands for it
TEXTS = ("Info.ChargeMode", "ConnectionInformation")


def still(values):
    """A module of the simulator as it was at one moment."""
    return SimpleNamespace(**values, model=MODELS[values["model_name"]], percent=int(round(values["soc_pct"])))


def runs_out(flat):
    """The charge and the current, each judged for itself, come from two replies."""
    wanted = min(3600 * flat["Capacity"] / -flat["Dc.Current"], NOT_DISCHARGING_S)
    return abs(flat["TimeToGo"] - wanted) <= max(2, 0.002 * wanted)


# What the daemon lets pass on a line that damages bytes (src/core/rack/repeat.c): a digit that is wrong by so little
# cannot be told from a battery that moves.
NOISE = {"Dc.Voltage": 0.050, "Dc.Current": 0.5, "Dc.Temperature": 0.2, "Capacity": 0.1, "ConsumedAmphours": 0.1,
         "System.MinCellVoltage": 0.005, "System.MaxCellVoltage": 0.005, "System.MinCellTemperature": 0.2,
         "System.MaxCellTemperature": 0.2, "Voltages.Sum": 0.015, "Voltages.Diff": 0.010}
NOISY_CELL_V = 0.005


def noise_of(path, modules):
    if path.startswith("Voltages.Cell"):
        return NOISY_CELL_V
    return NOISE.get(path, 0) * (modules if path in ("Dc.Current", "Capacity", "ConsumedAmphours") else 1)


class Held:
    """age_s: how old a value may be. lost: the addresses that may be lost (None: any of them). noisy: the line damages
    bytes, so that numbers may be off by NOISE."""

    def __init__(self, sim, age_s, lost=None, noisy=False):
        self.sim, self.age_s, self.noisy = sim, age_s, noisy
        self.lost = {m.address for m in sim.stack} if lost is None else set(lost)
        self.known = {}                # what truth.py worked out before
        self.judged = 0

    def faults(self, messages, flat_of, base):
        """A sentence for every value that the battery did not hold."""
        sound_at = None
        for message in messages:
            topic, _, name = message.topic.rpartition("/")
            if topic != base or not (name == "pylon" or name.startswith("battery_")):
                continue
            flat = flat_of(message)
            self.judged += 1
            if name == "pylon" and flat["System.NrOfModulesOnline"]:
                sound_at = message.time
            for sentence in self._document(name, flat, message.time, sound_at):
                yield "%s at %.2f s: %s" % (name, message.time - self.sim.started, sentence)

    def _document(self, name, flat, at, sound_at):
        if name != "pylon":
            module = [int(name.rpartition("_")[2])]
            return self._measured(module, flat, at, False)
        if not flat["System.NrOfModulesOnline"]:
            return self._lost_battery(flat, at, sound_at)
        choices = [self._measured(who, flat, at, True) for who in self._who(flat)]
        return min(choices, key=len, default=["no such modules can be online"])

    def _who(self, flat):
        """The modules that may be meant by this number of those online."""
        everybody = [m.address for m in self.sim.stack]
        for who in itertools.combinations(everybody, flat["System.NrOfModulesOnline"]):
            if set(everybody) - set(who) <= self.lost:
                yield list(who)

    def _states(self, address, since, until):
        """Every state of a module in that time, each once."""
        states = {}
        for values in self.sim.stack.truths(address, since, until):
            states[tuple(sorted((k, str(v)) for k, v in values.items()))] = values
        return list(states.values())

    def _truths(self, who, since, until, in_bank):
        """What the document may say: one dictionary for each combination of the modules' states."""
        for combination in itertools.product(*(self._states(a, since, until) for a in who)):
            for recommend in (None, self.sim.console.recommend):
                key = (in_bank, recommend is None) + tuple(map(id, combination))
                if key not in self.known:
                    # the states are kept beside, so that nothing else gets their identity
                    self.known[key] = (combination, expected([still(v) for v in combination], in_bank, recommend))
                yield self.known[key][1]

    def _measured(self, who, flat, at, in_bank):
        truths = list(self._truths(who, at - self.age_s - SLACK_S, at, in_bank))
        away = len(self.sim.stack) - len(who) if in_bank else 0
        wrong = []
        for path, value in flat.items():
            if path == "System.NrOfModulesOffline":
                right = value in range(away + 1)
            elif path == "Alarms.BmsCable":
                right = value in ((0, 1) if away else (0,))
            elif path in LATE:
                right = value in self._counters(path, who, at)
            elif path in HELD_BACK and away:
                right = value <= max(t[path] for t in truths) + 0.051
            elif path in CHARGE and self.sim.options.getpwr is not False:
                right = self._charge(path, value, who, at)
            elif path == "TimeToGo":
                right = value == NOT_DISCHARGING_S if flat["Dc.Current"] >= 0 else runs_out(flat)
            elif self.noisy and path == "Dc.Power":
                right = abs(value - flat["Dc.Voltage"] * flat["Dc.Current"]) < 0.0051 * (60 + abs(flat["Dc.Current"]))
            elif self.noisy and path.endswith("CellId"):
                right = re.fullmatch(r"(M\d+)?(C\d+)?|Pack", value)    # those that are nearly the same change places
            else:
                right = any(self._agrees(path, value, t, len(who)) for t in truths if path in t)
            if not right:
                allowed = sorted({str(t.get(path)) for t in truths})
                wrong.append("%s is %r, not %s" % (path, value, allowed if len(allowed) < 4 else
                                                   "between %s and %s" % (allowed[0], allowed[-1])))
        return wrong

    def _charge(self, path, value, who, at):
        """Where `getpwr` stands for `bat` this is read once a minute, for each module at another moment."""
        states = [self._states(a, at - BAT_S - self.age_s - SLACK_S, at) for a in who]
        least, most = (sum(choose(s["remaining_mah"] for s in of_one) for of_one in states) / 1000 for choose in (min, max))
        if path == "ConsumedAmphours":
            full = sum(of_one[0]["capacity_mah"] for of_one in states) / 1000
            least, most = full - most, full - least
        noise = 0.011 + (noise_of(path, len(who)) if self.noisy else 0)
        return least - noise <= value <= most + noise

    def _agrees(self, path, value, truth, modules):
        if agrees(path, value, truth):
            return True
        noise = noise_of(path, modules) if self.noisy else 0
        return noise > 0 and abs(value - truth[path]) <= noise + delta(path, truth)

    def _counters(self, path, who, at):
        """What is read once an hour may be known of some modules only."""
        return [t[path] for a in who for t in self._truths([a], at - self.age_s - SLACK_S, at, True) if path in t]

    def _lost_battery(self, flat, at, sound_at):
        """The last values that were true before the loss, and limits that are safe."""
        if sound_at is None:
            return ["a battery that was never there is lost"]
        everybody = [m.address for m in self.sim.stack]
        wrong = []
        for count in range(1, len(everybody) + 1):
            choices = [list(self._truths(list(who), sound_at - self.age_s - SLACK_S, at, True))
                       for who in itertools.combinations(everybody, count)]
            truths = list(itertools.chain.from_iterable(choices))
            wrong = ["%s is %r" % (path, flat[path]) for path in self._still_shown(flat)
                     if not any(self._agrees(path, flat[path], t, count) for t in truths if path in t)]
            if not wrong:
                break
        if flat["Info.MaxChargeCurrent"] != 0 or flat["Io.AllowToCharge"] != 0:
            wrong.append("a lost battery may be charged")
        if flat["Info.MaxDischargeCurrent"] > 10 * len(everybody):
            wrong.append("a lost battery may be discharged with %r A" % flat["Info.MaxDischargeCurrent"])
        return wrong

    @staticmethod
    def _still_shown(flat):
        """What is measured, each for itself; what is worked out from two of them is compared while they live."""
        return [p for p in flat if not p.startswith(("Info.", "Io.", "Alarms.", "System.", "Balanc"))
                and p not in TEXTS + LATE + CHARGE + ("TimeToGo",)]
