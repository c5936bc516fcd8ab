"""Makes a failing case short, and writes it as one would read it."""

import time

from world import DEFAULT_TEXT, SETTLE, change_text, in_words

TRIES_S = 60     # no more time than this for one case


class Refused(RuntimeError):
    """The program does not take these settings."""


class Shrinker:
    def __init__(self, fails, seconds=TRIES_S):
        self.fails = fails      # case -> fault or None
        self.until = time.monotonic() + seconds

    def still_fails(self, case, scenario):
        if time.monotonic() > self.until or not begins_well(scenario):
            return False
        try:
            return self.fails(case.again(scenario)) is not None
        except Refused:
            return False   # without one setting another may be out of order

    def shrink(self, case):
        """A case with fewer and simpler steps that fails as well."""
        case = self.cut_tail(case)
        while True:
            before = case.scenario
            for simplify in (self.steps, self.merged, self.changes, self.masks, self.settings, self.modules,
                             self.times):
                case = simplify(case)
            if case.scenario == before or time.monotonic() > self.until:
                return case

    def cut_tail(self, case):
        fault = self.fails(case)
        steps, seen = [], -1
        for step in case.scenario.steps:
            steps.append(step)
            seen += step != SETTLE
            if seen == fault[0]:
                break
        shorter = case.scenario._replace(steps=steps)
        return case.again(shorter) if self.still_fails(case, shorter) else case

    def without(self, case, scenarios):
        """The first of these scenarios that still fails, else the case as it is."""
        for scenario in scenarios:
            if self.still_fails(case, scenario):
                return case.again(scenario)
        return case

    def steps(self, case):
        """Leaves out runs of steps, long ones first."""
        size = max(1, len(case.scenario.steps) // 2)
        while size:
            start = 0
            while start < len(case.scenario.steps):
                steps = case.scenario.steps
                shorter = case.scenario._replace(steps=steps[:start] + steps[start + size:])
                if self.still_fails(case, shorter):
                    case = case.again(shorter)
                else:
                    start += size
            size //= 2
        return case

    def merged(self, case):
        """Puts a step into the next one: its time and its changes stay."""
        i = 0
        while i + 1 < len(case.scenario.steps):
            steps = case.scenario.steps
            a, b = steps[i], steps[i + 1]
            i += 1
            if SETTLE in (a, b):
                continue
            both = (a[0] + b[0], b[1], b[2], a[3] + b[3])
            shorter = case.scenario._replace(steps=steps[:i - 1] + [both] + steps[i + 1:])
            if self.still_fails(case, shorter):
                case, i = case.again(shorter), i - 1
        return case

    def replaced(self, case, i, step):
        steps = list(case.scenario.steps)
        steps[i] = step
        return case.scenario._replace(steps=steps)

    def changes(self, case):
        for i in range(len(case.scenario.steps)):
            k = 0
            while case.scenario.steps[i] != SETTLE and k < len(case.scenario.steps[i][3]):
                step = case.scenario.steps[i]
                fewer = (*step[:3], step[3][:k] + step[3][k + 1:])
                tried = self.without(case, [self.replaced(case, i, fewer)])
                k += tried is case
                case = tried
        return case

    def masks(self, case):
        for i, step in enumerate(case.scenario.steps):
            if step == SETTLE:
                continue
            for lost, failed in ((0, 0), (step[1], 0), (0, step[2])):
                if (lost, failed) != (step[1], step[2]):
                    case = self.without(case, [self.replaced(case, i, (step[0], lost, failed, step[3]))])
                    step = case.scenario.steps[i]
        return case

    def settings(self, case):
        for key in list(case.scenario.settings):
            fewer = {k: v for k, v in case.scenario.settings.items() if k != key}
            case = self.without(case, [case.scenario._replace(settings=fewer)])
        return case

    def modules(self, case):
        """Fewer modules, as long as no step speaks of the last one."""
        while case.scenario.modules > 1:
            scenario = case.scenario
            last = scenario.modules
            if any(s != SETTLE and any(c[0] == last for c in s[3]) for s in scenario.steps):
                break
            keep = (1 << (last - 1)) - 1
            steps = [s if s == SETTLE else (s[0], s[1] & keep, s[2] & keep, s[3]) for s in scenario.steps]
            smaller = self.without(case, [scenario._replace(modules=last - 1, steps=steps)])
            if smaller is case:
                break
            case = smaller
        return case

    def times(self, case):
        for i, step in enumerate(case.scenario.steps):
            if step != SETTLE:
                rounder = [ms for ms in (0, 1000) if ms < step[0]]
                case = self.without(case, [self.replaced(case, i, (ms, *step[1:])) for ms in rounder])
        return case


def begins_well(scenario):
    """A bank that was never seen cannot be lost."""
    if not scenario.steps or scenario.steps[0] == SETTLE:
        return False
    return scenario.steps[0][1] | scenario.steps[0][2] != (1 << scenario.modules) - 1


def modules_of(mask):
    return ', '.join(str(i + 1) for i in range(16) if mask >> i & 1)


def readable(case, fault):
    """The case as a person would tell it."""
    s = case.scenario
    out = [f'{s.modules} module{"s" if s.modules > 1 else ""} of {s.cells} cells, all at 3.30 V, 20 C, 50 %, 0 A']
    out += [f'setting {k} = {in_words(k, v)} (default {DEFAULT_TEXT[k]})' for k, v in s.settings.items()]
    now, at = 0, -1
    for step in s.steps:
        if step == SETTLE:
            out.append('          the bank is whole again: DCL is free at once')
            continue
        ms, lost, failed, changes = step
        now, at = now + ms, at + 1
        told = [change_text(*c) for c in changes]
        told += [f'lost: {modules_of(lost)}'] if lost else []
        told += [f'failed: {modules_of(failed)}'] if failed else []
        out.append(f'{now / 1000:9.3f} s  {"  ".join(told) or "no change"}'
                   + ('   <-- here' if at == fault[0] else ''))
    return '\n'.join(out) + f'\n{fault[1]}'
