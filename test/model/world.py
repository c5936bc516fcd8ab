"""Scenarios: settings and steps, as text for the core's driver, and what the model says to them.

A step is (ms, lost, failed, changes): so much later, bit masks of missing modules, and a tuple of
(module, field, value), module 0 for the stack's wishes. SETTLE stands for the first whole bank after a loss."""

from collections import namedtuple

import model_alarms
from model import Model
from model_dynamics import Dynamics
from model_settings import DEFAULTS, with_changes

Scenario = namedtuple('Scenario', 'settings modules cells steps')
SETTLE = 'settle'

SECTIONS = {
    'max_charge_voltage': 'battery', 'max_charge_current': 'battery', 'max_discharge_current': 'battery',
    'soc_rules': 'limits', 'discharge_blocked_current': 'limits',
}
WHOLE = {'lost_module_hold_min', 'full_charge_days', 'full_charge_hours', 'float_soc', 'bulk_soc', 'high_soc', 'high_soc_release', 'low_soc', 'low_soc_release',
         'low_soc_block', 'low_soc_block_release', 'lost_battery_soc', 'alarm_soc_release'}


def in_words(key, value):
    """A setting as the owner would write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return ' '.join(str(v) if key.endswith('_percent') else f'{v / 1000:.3f}' for v in value)
    if key in WHOLE or key.endswith('_percent'):
        return str(value)
    if key == 'max_charge_voltage' and value == 0:
        return 'auto'
    return f'{value / 1000:.3f}'


DEFAULT_TEXT = {key: in_words(key, value) for key, value in DEFAULTS.items()}


def lines(scenario):
    """The scenario as the driver reads it."""
    yield 'new'
    for key, value in scenario.settings.items():
        yield f'set {SECTIONS.get(key, "protection")} {key} {in_words(key, value)}'
    yield f'start {scenario.modules} {scenario.cells}'
    for step in scenario.steps:
        if step == SETTLE:
            yield SETTLE
            continue
        ms, lost, failed, changes = step
        yield ' '.join([f'step {ms} {lost} {failed}', *(change_text(*c) for c in changes)])


def change_text(module, field, value):
    return f'{module}.{field}={value_text(field, value)}'


def value_text(field, value):
    if value is None:
        return '-'
    if field in ('bat', 'power', 'fault'):
        bits, names = value
        return f'{bits:x}:{",".join(names)}' if names else f'{bits:x}'
    if field == 'row':
        return ','.join('-' if v is None else str(v) for v in value)
    if isinstance(value, bool):
        return str(int(value))
    return str(value)


MODES = {'Bulk': 'B', 'Float': 'F', 'Full charge': 'U', 'Blocked': 'X'}
ROW = ('cell_low', 'cell_high', 'temp_low', 'temp_high', 'mos')


def apply(model, module, field, value):
    """One change, in the model."""
    if field == 'since_full':
        model.full_charge.told_ms = value * 1000
        return
    if module == 0:
        model.wishes[field] = value
        return
    m = model.modules[module - 1]
    model.touched(module - 1)
    if field in ('bat', 'power', 'fault'):
        setattr(m, field, value[0])
        m.names[field] = value[1]
    elif field == 'row':
        m.row = {} if value is None else dict(zip(ROW, value))
    elif field[0] in 'ct' and (field[1:] == '*' or field[1:].isdigit()):
        cells = m.cells if field[0] == 'c' else m.cell_temperatures
        if field[1] == '*':
            cells[:] = [value] * len(cells)
        else:
            cells[int(field[1:]) - 1] = value
    else:
        setattr(m, {'temp': 'temperature', 'unknown': 'unknown_word'}.get(field, field), value)


def half_up(a, b):
    """a / b, rounded to the nearest, halves away from zero."""
    return (2 * abs(a) + b) // (2 * b) * (1 if a >= 0 else -1)


class World:
    """The model with its alarms and dynamics; step() gives the driver's line."""

    def __init__(self, scenario):
        settings = with_changes(scenario.settings)
        self.model = Model(settings, scenario.modules, scenario.cells)
        self.alarms = model_alarms.Alarms(self.model.plan)
        self.alarm_memory = [model_alarms.Memory() for _ in range(scenario.modules)]
        self.dynamics = Dynamics(settings)
        self.module_dynamics = [Dynamics(settings) for _ in range(scenario.modules)]
        self.together = 0
        self.now = 0
        self.target = None
        self.figures = ''

    def settle(self):
        self.dynamics.release(2, self.target[2])

    def step(self, step):
        ms, lost, failed, changes = step
        self.now += ms
        for change in changes:
            apply(self.model, *change)
        count = len(self.model.modules)
        gone = {i for i in range(count) if lost >> i & 1}
        bad = {i for i in range(count) if failed >> i & 1} - gone
        verdict = self.model.step(self.now, gone, bad)
        if verdict is None:
            return self.all_lost()
        self.together = count - len(gone | bad)
        self.target = verdict.triple()
        self.dynamics.step(self.target, self.together, self.now)
        self.figures = self.seen()
        order = [i for i in range(count) if i not in gone and i not in bad] + sorted(bad)
        levels = [self.alarms.judge(self.model.modules[i], self.model.view(i), self.alarm_memory[i], self.now)
                  for i in order]
        worst = model_alarms.bank(levels, len(gone), count)
        parts = [f'bank {self.shown(verdict, self.dynamics)} {self.figures} {digits(worst)}']
        for i, level in zip(order, levels):
            own = self.model.module_verdicts[i]
            self.module_dynamics[i].step(own.triple(), 1, self.now)
            parts.append(f'{i + 1} {self.shown(own, self.module_dynamics[i])} {digits(level)}')
        return ' '.join(parts)

    def all_lost(self):
        verdict = self.model.step_lost(self.now, self.together, self.dynamics.published)
        self.target = verdict.triple()
        self.dynamics.step(self.target, self.together, self.now)
        return f'lost {self.shown(verdict, self.dynamics)} {self.figures}'

    def seen(self):
        """Voltage (mV), power (mW) and SoC (thousandths) of the bank."""
        last, sound = self.model.last, self.model.sound
        voltage = half_up(sum(self.model.modules[i].pack for i in sound), len(sound))
        return f'{voltage} {half_up(voltage * last["current"], 1000)} {last["milli"]}'

    @staticmethod
    def shown(verdict, dynamics):
        mode = MODES[verdict.mode]
        return (f'{verdict.cvl} {verdict.ccl} {verdict.dcl} '
                f'{verdict.charge_blocked:d}{verdict.discharge_blocked:d}{mode} '
                f'{dynamics.published[0]} {dynamics.published[1]} {dynamics.published[2]}')


def digits(levels):
    return ''.join(map(str, levels))


def run_model(scenario):
    """The line that the model expects for each step."""
    world = World(scenario)
    expected = []
    for step in scenario.steps:
        if step == SETTLE:
            world.settle()
        else:
            expected.append(world.step(step))
    return expected
