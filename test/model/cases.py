"""What is asked of the core: the same as the model (Same), never more for a worse input (Worse), never more for
an input that is absent or absurd (Probe).

A case has a scenario, knows which scenarios the core has to run, and finds the fault in what it said: (step,
text) or None. `again` makes the same case of another scenario, for shrinking."""

import invariants
from invariants import parse
from world import SETTLE, Scenario, run_model


class Same:
    """The core says what the model says, and every invariant holds."""

    def __init__(self, scenario):
        self.scenario = scenario

    def again(self, scenario):
        return Same(scenario)

    def runs(self):
        return [self.scenario]

    def fault(self, said):
        said, expected = said[0], run_model(self.scenario)
        broken = invariants.first_broken(self.scenario, said)
        if said == expected:
            return broken
        at = next(i for i, (a, b) in enumerate(zip(said, expected)) if a != b)
        if broken and broken[0] <= at:
            return broken
        return at, 'core and model differ:\n' + differences(said[at], expected[at])


def differences(core, model):
    """The fields that are not the same, by name."""
    rows = []
    for (name, a), (_, b) in zip(named(core), named(model)):
        if a != b:
            rows.append(f'  {name}: core {a}, model {b}')
    return '\n'.join(rows) or f'  core:  {core}\n  model: {model}'


FULL_CHARGE = 'U'
TOPIC = ('CVL', 'CCL', 'DCL', 'blocks and mode', 'published CVL', 'published CCL', 'published DCL')


def named(line):
    parts = line.split()
    yield 'state', parts[0]
    names = ['bank ' + n for n in (*TOPIC, 'voltage', 'power', 'SoC', 'alarms')]
    yield from zip(names, parts[1:12])
    for start in range(12, len(parts), 9):
        address = parts[start]
        yield 'module', address
        yield from zip([f'module {address} {n}' for n in (*TOPIC, 'alarms')], parts[start + 1:start + 9])


# How a value of a module gets worse, and which limits (CVL, CCL, DCL) may then not be higher.
def at_least(value, other):
    return value if other is None else max(value, other)


def at_most(value, other):
    return value if other is None else min(value, other)


def union(value, other):
    bits, names = other or (0, ())
    return bits | value[0], tuple(dict.fromkeys((*names, *value[1])))


def both_ends(value, other):
    """A row of the `pwr` table that knows more extremes."""
    other = other or (None,) * 5
    picks = (at_most, at_least, at_most, at_least)
    return tuple(o if v is None else pick(v, o) for v, o, pick in zip(value, other, picks)) + (other[4],)


WORSE = {
    'soc_up': ('soc', at_least, (0, 1), 50),
    'soc_down': ('soc', at_most, (2,), 50),
    'pack_down': ('pack', at_most, (0, 1, 2), None),
    'current_up': ('current', at_least, (0, 1), 0),
    'current_down': ('current', at_most, (2,), 0),
    'bat': ('bat', union, (0, 1, 2), None),
    'power': ('power', union, (0, 1, 2), None),
    'fault': ('fault', union, (0, 1, 2), None),
    'max_charge': ('max_charge', at_most, (0, 1, 2), None),
    'max_discharge': ('max_discharge', at_most, (0, 1, 2), None),
    'row': ('row', both_ends, (0, 1, 2), None),
}


class Worse:
    """Beside the scenario runs one in which a value of one module is worse from some step on. That step has
    the change (module, '+KIND', value)."""

    def __init__(self, scenario):
        self.scenario = scenario

    def again(self, scenario):
        return Worse(scenario)

    def runs(self):
        base = [s if s == SETTLE else (*s[:3], tuple(c for c in s[3] if c[1][0] != '+'))
                for s in self.scenario.steps]
        return [self.scenario._replace(steps=base), self.scenario._replace(steps=list(self.worse_steps()))]

    def worse_steps(self):
        worse = None
        for step in self.scenario.steps:
            if step == SETTLE:
                yield step
                continue
            changes = []
            for change in step[3]:
                if change[1][0] == '+':
                    worse = WorseValue(self.scenario, change)
                elif worse is None or not worse.takes(change):
                    changes.append(change)
            if worse is not None:
                changes += worse.now()
            yield (*step[:3], tuple(changes))

    def compared(self):
        return next((WORSE[c[1][1:]][2] for s in self.scenario.steps if s != SETTLE for c in s[3]
                     if c[1][0] == '+'), ())

    def fault(self, said):
        limits = self.compared()
        for at, (base, worse) in enumerate(zip(*said)):
            if base == worse or not base.startswith('bank'):
                continue
            for one, other in zip(parse(base).topics, parse(worse).topics):
                k = self.higher(one, other, limits)
                if k is not None:
                    return at, (f'{one.name}: {TOPIC[k]} is {one.limit[k]}, and {other.limit[k]} with the '
                                'worse input (marked +)')
        return None

    def higher(self, one, other, limits):
        """The limit that a worse input made higher. While charge is blocked the moment decides at which that
        began, and with a worse input it began earlier. A full charge lasts longer where less is charged."""
        kept = self.scenario.settings.get('discharge_blocked_current', 0)
        for k in limits:
            if k == 0 and (one.charge_blocked or other.mode == FULL_CHARGE):
                continue
            if other.limit[k] > (max(one.limit[k], kept) if k == 2 else one.limit[k]):
                return k
        return None


class WorseValue:
    """Keeps a value of one module worse than it is in the scenario."""

    def __init__(self, scenario, change):
        self.module, kind, self.value = change[0], change[1][1:], change[2]
        self.field, self.pick, _, self.base = WORSE[kind]
        if self.field == 'pack':
            self.base = 3300 * scenario.cells
        for step in scenario.steps:
            for earlier in step[3] if step != SETTLE else ():
                if earlier is change:
                    return
                self.takes(earlier)

    def takes(self, change):
        if change[0] != self.module or change[1] != self.field:
            return False
        self.base = change[2]
        return True

    def now(self):
        return [(self.module, self.field, self.pick(self.value, self.base))]


class Probe:
    """The last step takes no time and only spoils inputs: no limit may be higher than in the step before."""

    def __init__(self, scenario):
        self.scenario = scenario

    def again(self, scenario):
        return Probe(scenario)

    def runs(self):
        *before, last = self.scenario.steps
        if not before or before[-1] == SETTLE:
            return [self.scenario]
        return [self.scenario._replace(steps=[*before, (0, *before[-1][1:3], last[3])])]

    def fault(self, said):
        if len(said[0]) < 2:
            return None
        before, after = parse(said[0][-2]), parse(said[0][-1])
        for one, other in zip(before.topics, after.topics):
            for k in range(3):
                if other.limit[k] > one.limit[k]:
                    return len(said[0]) - 1, (f'{one.name}: {TOPIC[k]} rises from {one.limit[k]} to '
                                              f'{other.limit[k]} because an input is absent or absurd')
        return None


def random_worse(rng, scenario, values):
    """A Worse case: the scenario with a mark somewhere in its first half."""
    at = rng.randrange(1, max(2, len(scenario.steps) // 2))
    if scenario.steps[at] == SETTLE:
        at -= 1
    kind = rng.choice(tuple(WORSE))
    value = {
        'soc': lambda: values.pick(rng, 'soc'),
        'pack': lambda: values.pick(rng, 'pack'),
        'current': lambda: rng.randint(-80000, 80000),
        'bat': lambda: (1 << rng.randrange(32), rng.choice(((), ('BUV', 'OT', 'SC')))),
        'power': lambda: (1 << rng.randrange(32), ()),
        'fault': lambda: (1 << rng.randrange(12), ()),
        'max_charge': lambda: rng.randint(1000, 60000),
        'max_discharge': lambda: rng.randint(1000, 60000),
        'row': lambda: (values.pick(rng, 'cell'), values.pick(rng, 'cell'), values.pick(rng, 'temp'),
                        values.pick(rng, 'temp'), None),
    }[WORSE[kind][0]]()
    ms, lost, failed, changes = scenario.steps[at]
    mark = (rng.randint(1, scenario.modules), '+' + kind, value)
    steps = [*scenario.steps[:at], (ms, lost, failed, (*changes, mark)), *scenario.steps[at + 1:]]
    return Worse(scenario._replace(steps=steps))


def random_probe(rng, scenario):
    """A Probe case: the scenario up to some step, then sense lines and sensors fail."""
    steps = [s for s in scenario.steps[:rng.randrange(2, len(scenario.steps))]]
    while steps[-1] == SETTLE:
        steps.pop()
    changes = []
    for _ in range(rng.randint(1, 3)):
        field = rng.choice(('c1', 'c2', 'c3', 'c*', 't1', 't2', 't*'))
        value = rng.choice((None, 4095, 0)) if field[0] == 'c' else None
        changes.append((rng.randint(1, scenario.modules), field, value))
    return Probe(Scenario(scenario.settings, scenario.modules, scenario.cells,
                          [*steps, (0, 0, 0, tuple(changes))]))
