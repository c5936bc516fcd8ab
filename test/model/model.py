"""An independent model of the protection rules, written from protection.md and from nothing else.

Where the text leaves room, these decisions hold:
- Trips ("below", "above") are strict. "from 50 C", "from 95 %" take the value itself in.
- A release written "at X", "X above", "X below" takes the value itself in; "released below X",
  "released above X" do not. The deep-cell releases are of the second kind.
- A pack voltage is the cell's value times the cells, rounded to 0.1 V.
- The bank's SoC is in thousandths of a percent, weighted by capacity; charge rules see it rounded up to
  whole percent, discharge rules rounded down.
- The result of a taper and every percentage are rounded down to mA.
- Headroom: pack voltage + cells x (target - highest cell), while the highest cell is above the start.
- Bank: the minimum of per-module values (of its modules, of missing ones, of SoC rules, of the stack's
  wishes divided by N and rounded down), times N; where a module carries more than its own rules grant (SoC
  rules left out), the smallest ratio of what is granted to what flows scales that, rounded down.
- While charge is blocked, current is looked at every 10 s, and the voltage goes down if it flows then.
- While charge is blocked CCL is 0; while discharge is blocked DCL is discharge_blocked_current.
- The stack's wish for the charge voltage is the bank's and each topic's; it is no module's, so not kept.
- A failed module's rules do not count in the bank, what it was granted last does, like a lost one's.
- What a missing module was granted last counts from the step at which it is first missing.
- All lost: DCL is lost_battery_current for each of the modules that were together last, unless the last
  SoC (as discharge rules see it) or lowest cell was too low, or discharge was blocked; the SoC rules and
  wishes go on with the last values, no current is known, and nothing is above what is published.
- A cell whose voltage is absent or cannot be, and a cell whose temperature was there before and is absent:
  while a module has one, nothing that its own rules grant is more than they granted before.
- What a missing module was granted last counts also while all are missing.
- No limit rises by a loss: for as long as that counts the rules see the SoC of the bank with and without what missing
  modules said last, each of these like one more of the others, and take the higher for charge, the lower for discharge.
  Their lowest cells count likewise when a battery is lost.
- A full charge is the bank's alone, and takes the place of the stage: everything else may lower the voltage. Days
  count in whole seconds from the last one; the hours at the voltage add up over the steps of one full charge at whose
  begin and end it was reached; not while charge is blocked, or all are lost. Then, as with "Full" of every module
  that is neither lost nor failed, the days count anew.
- The `pwr` table may trip a rule and keep it from ending; it ends none.
"""

from dataclasses import dataclass, field

from model_rules import Plan, known

FREE = 1 << 40   # no limit at all


@dataclass
class Module:
    """What the console says of one module, in mV, mA, mC, %."""
    pack: int = 49500
    current: int = 0
    soc: int = 50
    temperature: int = 20000
    cells: list = field(default_factory=lambda: [3300] * 15)
    cell_temperatures: list = field(default_factory=lambda: [20000] * 15)
    base: str = 'Idle'
    volt: str = 'Normal'
    current_word: str = 'Normal'
    temperature_word: str = 'Normal'
    coulomb: str = '-'
    soh: str = '-'
    bat: int = 0
    power: int = 0
    fault: int = 0
    names: dict = field(default_factory=lambda: {'bat': (), 'power': (), 'fault': ()})
    unknown_word: bool = False
    max_charge: int | None = None
    max_discharge: int | None = None
    capacity: int | None = None
    row: dict = field(default_factory=dict)   # of the `pwr` table; may be old: it only tightens


@dataclass
class Verdict:
    """Limits and blocks: of a module, a topic or the bank."""
    cvl: int = FREE
    ccl: int = FREE
    dcl: int = FREE
    charge_blocked: bool = False
    discharge_blocked: bool = False
    mode: str = ''

    def triple(self):
        return (self.cvl, self.ccl, self.dcl)


def strictest(a, b):
    return Verdict(min(a.cvl, b.cvl), min(a.ccl, b.ccl), min(a.dcl, b.dcl),
                   a.charge_blocked or b.charge_blocked, a.discharge_blocked or b.discharge_blocked)


class Soc:
    """The rules that look at a SoC, a voltage and a current: of the bank or of one module alone."""

    def __init__(self, plan):
        self.plan = plan
        self.floating = self.high = self.low = self.low_block = False
        self.blocked_at = None      # the charge voltage while blocked
        self.step_ms = 0

    def judge(self, verdict, charge_soc, discharge_soc):
        """Lowers a module's CCL and DCL by the SoC; returns the stage's voltage."""
        s = self.plan.settings
        self.floating = charge_soc >= s['float_soc'] or self.floating and charge_soc >= s['bulk_soc']
        self.high = charge_soc > s['high_soc'] or self.high and charge_soc > s['high_soc_release']
        self.low = discharge_soc < s['low_soc'] or self.low and discharge_soc < s['low_soc_release']
        self.low_block = (discharge_soc < s['low_soc_block']
                          or self.low_block and discharge_soc < s['low_soc_block_release'])
        if self.high:
            verdict.ccl = min(verdict.ccl, s['high_soc_current'])
        if self.low:
            verdict.dcl = min(verdict.dcl, s['low_soc_current'])
        verdict.discharge_blocked |= self.low_block
        verdict.mode = 'Float' if self.floating else 'Bulk'
        return self.plan.float_mv if self.floating else self.plan.bulk_mv

    def blocked_voltage(self, blocked, voltage, current, now):
        """The charge voltage while it is blocked, sinking while current flows; FREE when it is not."""
        s = self.plan.settings
        if not blocked:
            self.blocked_at = None
            return FREE
        if self.blocked_at is None:
            self.blocked_at = min(self.plan.float_mv, voltage)
            self.step_ms = now
        elif now - self.step_ms >= s['blocked_step_s']:
            self.blocked_at -= s['blocked_step_voltage'] if current > s['blocked_current'] else 0
            self.step_ms = now
        self.blocked_at = max(self.blocked_at, self.plan.floor_mv)
        return self.blocked_at


class FullCharge:
    """The rule of the bank alone that a stack must be full now and then."""

    def __init__(self, plan):
        self.plan = plan
        self.since_ms = 0           # without a full charge
        self.told_ms = None         # somebody else knows better
        self.held_ms = 0            # at the voltage, in this full charge
        self.high_at = None         # the last step, if the voltage was high enough then
        self.going = False
        self.seen_ms = 0            # the last step

    def judge(self, full, voltage, blocked, now):
        """Whether a full charge is going on."""
        s = self.plan.settings
        self.since_ms = self.since_ms + now - self.seen_ms if self.told_ms is None else self.told_ms
        self.told_ms, self.seen_ms = None, now
        high = not blocked and voltage >= self.plan.pack(s['full_charge_voltage'])
        if self.going and high and self.high_at is not None:
            self.held_ms += now - self.high_at
        self.high_at = now if high else None
        done = full or self.going and self.held_ms >= s['full_charge_hours'] * 3600000
        due = s['full_charge_days'] and self.since_ms >= s['full_charge_days'] * 86400000
        self.going = bool(s['full_charge_days'] and not done and (self.going or due))
        if not self.going:
            self.held_ms = 0
        if done:
            self.since_ms = 0
        return self.going


@dataclass
class Held:
    cvl: int
    ccl: int
    charge_blocked: bool
    soc: int
    cell_low: int | None


class Model:
    """The whole: step() takes the modules as they are now and works everything out anew."""

    def __init__(self, settings, modules, cells):
        self.settings = settings
        self.plan = Plan(settings, cells)
        self.cells = cells
        self.modules = [Module(pack=3300 * cells, cells=[3300] * cells, cell_temperatures=[20000] * cells)
                        for _ in range(modules)]
        self.wishes = {}                              # `pwrsys`
        self.memory = [self.plan.new_memory() for _ in range(modules)]
        self.alone = [Soc(self.plan) for _ in range(modules)]
        self.bank_soc = Soc(self.plan)
        self.full_charge = FullCharge(self.plan)
        self.held = [None] * modules
        self.granted = [None] * modules               # by the own rules of each, at the last step
        self.heat_seen = [frozenset(range(cells)) for _ in range(modules)]
        self.missing_since = [None] * modules
        self.views = [None] * modules                 # extremes, until a value changes
        self.last = None                              # the bank as it was seen last
        self.was_blocked = False                      # its discharge
        self.module_verdicts = {}
        self.sound = []                               # indices at the last step

    def touched(self, index):
        self.views[index] = None

    def view(self, index):
        if self.views[index] is None:
            self.views[index] = self.plan.view(self.modules[index])
        return self.views[index]

    # one module -------------------------------------------------------------------------------

    def own_rules(self, index, now):
        """What the module's own rules grant it, SoC rules left out."""
        verdict = Verdict()
        (verdict.cvl, verdict.ccl, verdict.dcl, verdict.charge_blocked,
         verdict.discharge_blocked) = self.plan.judge(self.modules[index], self.view(index),
                                                      self.memory[index], self.wishes, now)
        if self.granted[index] is not None and self.blind(index):
            verdict = strictest(verdict, self.granted[index])
        self.granted[index] = verdict
        return verdict

    def blind(self, index):
        """Whether a required value of the module is missing: temperatures once seen count as required."""
        view = self.view(index)
        self.heat_seen[index] |= view.heat_known
        return view.sensor_fault or self.heat_seen[index] != view.heat_known

    def module_topic(self, index, own, now):
        m = self.modules[index]
        verdict = Verdict(own.cvl, own.ccl, own.dcl, own.charge_blocked, own.discharge_blocked)
        rules = self.alone[index]
        stage = rules.judge(verdict, m.soc, m.soc)
        blocked = rules.blocked_voltage(verdict.charge_blocked, m.pack, m.current, now)
        verdict.cvl = min(verdict.cvl, stage, blocked, self.wish('charge_voltage'))
        return self.finish(verdict, 1)

    def wish(self, name):
        return known(self.wishes.get(name))

    def finish(self, verdict, modules):
        """Blocks, and the final clamp."""
        s = self.settings
        if verdict.charge_blocked:
            verdict.ccl, verdict.mode = 0, 'Blocked'
        if verdict.discharge_blocked:
            verdict.dcl = s['discharge_blocked_current']
        verdict.cvl = max(0, min(verdict.cvl, self.plan.max_mv))
        verdict.ccl = max(0, min(verdict.ccl, s['max_charge_current'] * modules))
        verdict.dcl = max(0, min(verdict.dcl, s['max_discharge_current'] * modules))
        return verdict

    # the bank ---------------------------------------------------------------------------------

    def step(self, now, lost, failed):
        """`lost`, `failed`: sets of indices. Returns the bank's verdict; that of each answering module is
        in module_verdicts."""
        answering = [i for i in range(len(self.modules)) if i not in lost]
        sound = [i for i in answering if i not in failed]
        self.sound = sound
        self.note_missing(lost | failed, now)
        if not sound:
            return None
        own = {i: self.own_rules(i, now) for i in answering}
        self.module_verdicts = {i: self.module_topic(i, own[i], now) for i in answering}
        for i in sound:
            self.held[i] = Held(own[i].cvl, own[i].ccl, own[i].charge_blocked, self.modules[i].soc,
                                self.view(i).worst['cell_low'])
        return self.bank({i: own[i] for i in sound}, lost, failed, now)

    def note_missing(self, missing, now):
        for i in range(len(self.modules)):
            if i not in missing:
                self.missing_since[i] = None
            elif self.missing_since[i] is None:
                self.missing_since[i] = now

    def seen(self, sound, kept):
        """SoC, voltage and current of the bank. `kept`: of missing modules, what still counts."""
        here = [self.modules[i] for i in sound]
        weights = [m.capacity or 0 for m in here]
        if not all(weights):
            weights = [1] * len(here)
        milli = sum(w * m.soc for w, m in zip(weights, here)) * 1000 // sum(weights)
        charge_soc, discharge_soc = -(-milli // 1000), milli // 1000
        if self.settings['soc_rules'] == 'worst':
            charge_soc = max(charge_soc, *(m.soc for m in here))
            discharge_soc = min(discharge_soc, *(m.soc for m in here))
        if kept:
            gone = [held.soc for held in kept]
            if self.settings['soc_rules'] == 'worst':
                charge_soc, discharge_soc = max(charge_soc, *gone), min(discharge_soc, *gone)
            else:
                n = len(here) + len(gone)
                charge_soc = max(charge_soc, -(-(charge_soc * len(here) + sum(gone)) // n))
                discharge_soc = min(discharge_soc, (discharge_soc * len(here) + sum(gone)) // n)
        lows = [self.view(i).worst['cell_low'] for i in sound] + [held.cell_low for held in kept]
        lows = [low for low in lows if low is not None]
        return {'milli': milli, 'charge_soc': charge_soc, 'discharge_soc': discharge_soc,
                'voltage': sum(m.pack for m in here) // len(here),
                'current': sum(m.current for m in here), 'modules': len(here),
                'full': all(m.coulomb == 'Full' for m in here),
                'cell_low': min(lows, default=None)}

    def kept(self, now):
        """What missing modules were granted last, while it counts."""
        hold = self.settings['lost_module_hold_min'] * 60000
        return [held for held, since in zip(self.held, self.missing_since)
                if since is not None and held is not None and now - since < hold]

    def bank(self, own, lost, failed, now):
        s, n = self.settings, len(own)
        kept = self.kept(now)
        self.last = seen = self.seen(list(own), kept)
        grants = list(own.values())
        verdict = Verdict(cvl=min(g.cvl for g in grants + kept))
        verdict.ccl = min(g.ccl for g in grants + kept)
        verdict.dcl = min(g.dcl for g in grants)
        verdict.charge_blocked = any(g.charge_blocked for g in grants + kept)
        verdict.discharge_blocked = any(g.discharge_blocked for g in grants)
        for missing, policy in ((lost, 'lost_module'), (failed - lost, 'failed_module')):
            if missing:
                verdict.cvl = min(verdict.cvl, self.plan.float_mv)
                if s[policy] == 'block':
                    verdict.charge_blocked = verdict.discharge_blocked = True
        self.as_one(verdict, seen, n, now)
        verdict.ccl = self.shared_unevenly(verdict.ccl * n,
                                           ((own[i].ccl, self.modules[i].current) for i in own))
        verdict.dcl = self.shared_unevenly(verdict.dcl * n,
                                           ((own[i].dcl, -self.modules[i].current) for i in own))
        self.was_blocked = verdict.discharge_blocked
        return self.finish(verdict, n)

    def as_one(self, verdict, seen, n, now):
        """Stage, SoC rules and wishes of the whole bank; currents are those of one of its n modules."""
        stage = self.bank_soc.judge(verdict, seen['charge_soc'], seen['discharge_soc'])
        if self.full_charge.judge(seen['full'], seen['voltage'], verdict.charge_blocked, now):
            stage, verdict.mode = self.plan.bulk_mv, 'Full charge'
        blocked = self.bank_soc.blocked_voltage(verdict.charge_blocked, seen['voltage'], seen['current'], now)
        verdict.cvl = min(verdict.cvl, stage, blocked, self.wish('charge_voltage'))
        verdict.ccl = min(verdict.ccl, self.wish('system_charge') // n)
        verdict.dcl = min(verdict.dcl, self.wish('system_discharge') // n)

    @staticmethod
    def shared_unevenly(total, carried):
        """The total, scaled by the smallest of granted / flowing among modules that carry too much."""
        return min([total * granted // flowing for granted, flowing in carried if flowing > granted],
                   default=total)

    def step_lost(self, now, together, published):
        """Every module is lost."""
        s, last = self.settings, {**self.last, 'current': 0, 'full': False}
        enough = (s['lost_battery'] == 'derate' and last['discharge_soc'] >= s['lost_battery_soc']
                  and last['cell_low'] is not None and last['cell_low'] >= s['lost_battery_cell_voltage'])
        verdict = Verdict(dcl=s['lost_battery_current'], charge_blocked=True,
                          discharge_blocked=not enough or self.was_blocked)
        self.as_one(verdict, last, together, now)
        verdict.dcl *= together
        self.finish(verdict, together)
        self.was_blocked = verdict.discharge_blocked
        verdict.cvl, verdict.ccl, verdict.dcl = (
            min(a, b) for a, b in zip(verdict.triple(), published))
        return verdict
