"""What must hold on every step, whatever the model says."""

from collections import namedtuple

from model_rules import pack_voltage
from model_settings import with_changes
from world import SETTLE

Topic = namedtuple('Topic', 'name address limit charge_blocked discharge_blocked mode published')
Said = namedtuple('Said', 'state topics figures')

RAMP_STEP_MS = 100


def topic(name, address, parts):
    cvl, ccl, dcl, flags, *published = parts
    return Topic(name, address, (int(cvl), int(ccl), int(dcl)), flags[0] == '1', flags[1] == '1',
                 flags[2], tuple(map(int, published)))


def parse(line):
    parts = line.split()
    topics = [topic('bank', 0, parts[1:8])]
    topics += [topic(f'module {parts[i]}', int(parts[i]), parts[i + 1:i + 8]) for i in range(12, len(parts), 9)]
    return Said(parts[0], topics, parts[8:11])


class Follower:
    """One topic over time: how its published values may move."""

    def __init__(self, settings):
        self.hold = settings['recovery_hold_s']
        self.rates = (settings['recovery_voltage_v_s'], settings['recovery_current_a_s'],
                      settings['recovery_current_a_s'])
        self.published = self.limit = None
        self.modules = 0
        self.at = 0
        self.held_to = [0] * 3

    def settle(self):
        """The first whole bank after a loss: DCL is published as the rules say at once."""
        self.published = (*self.published[:2], max(self.published[2], self.limit[2]))

    def broken(self, t, modules, now):
        before, since, self.published, self.at = self.published, self.at, t.published, now
        changed, self.modules = self.modules != modules, modules
        self.limit = t.limit
        for k, name in enumerate(('CVL', 'CCL', 'DCL')):
            if t.published[k] > t.limit[k]:
                return f'{t.name}: published {name} {t.published[k]} is above the limit {t.limit[k]}'
            if before is None:
                continue
            if t.limit[k] < before[k] or changed:
                self.held_to[k] = now + self.hold
            rise = t.published[k] - before[k]
            if rise <= 0:
                continue
            fault = self.too_fast(k, rise, since, now)
            if fault:
                return f'{t.name}: published {name} rises by {rise}: {fault}'
        return None

    def too_fast(self, k, rise, since, now):
        if now < self.held_to[k]:
            return f'{self.held_to[k] - now} ms too early'
        rate = self.rates[k] * (1 if k == 0 else self.modules)
        time = now - max(since, self.held_to[k]) + RAMP_STEP_MS
        most = -(-rate * time // 1000)   # a slow ramp carries what makes no whole unit yet
        return f'at most {most}' if rate and rise > most else None


class Watch:
    """All topics of one scenario."""

    def __init__(self, scenario):
        self.settings = s = with_changes(scenario.settings)
        self.most_cvl = s['max_charge_voltage'] or pack_voltage(s['cell_bulk_voltage'], scenario.cells)
        self.followers = [Follower(s) for _ in range(scenario.modules + 1)]
        self.modules = scenario.modules
        self.together = 0
        self.now = 0

    def broken(self, step, said):
        self.now += step[0]
        if said.state == 'bank':
            self.together = self.modules - bin(step[1] | step[2]).count('1')
        if not all(part.lstrip('-').isdigit() for part in said.figures):
            return f'voltage, power or SoC is not a number: {said.figures}'
        before = self.followers[0].published
        for t in said.topics:
            modules = 1 if t.address else self.together
            fault = self.out_of_bounds(t, modules) or self.followers[t.address].broken(t, modules, self.now)
            if fault:
                return fault
        if said.state == 'lost' and any(a > b for a, b in zip(said.topics[0].limit, before)):
            return f'all are lost, and a limit is above what was published: {said.topics[0].limit}, {before}'
        return None

    def out_of_bounds(self, t, modules):
        s = self.settings
        most = (self.most_cvl, s['max_charge_current'] * modules, s['max_discharge_current'] * modules)
        if any(not 0 <= value <= top for value, top in zip(t.limit, most)):
            return f'{t.name}: {t.limit} is outside 0..{most}'
        if t.charge_blocked and t.limit[1] != 0:
            return f'{t.name}: charge is blocked with CCL {t.limit[1]}'
        if t.discharge_blocked and t.limit[2] > s['discharge_blocked_current']:
            return f'{t.name}: discharge is blocked with DCL {t.limit[2]}'
        return None


def first_broken(scenario, said):
    """(step, what) of the first step on which something does not hold; None when all is well."""
    watch = Watch(scenario)
    line = iter(said)
    at = 0
    for step in scenario.steps:
        if step == SETTLE:
            watch.followers[0].settle()
            continue
        fault = watch.broken(step, parse(next(line)))
        if fault:
            return at, fault
        at += 1
    return None
