"""Random walks: scenarios whose values dwell near the thresholds, jump, go and come back. The same seed gives
the same scenario."""

from world import SETTLE, Scenario
from model_rules import pack_voltage
from model_settings import DEFAULTS, with_changes

STEPS = 250      # of one scenario

CELL_LOW = ('deep_cell_voltage', 'deep_cell_release_voltage', 'deep_cell_block_voltage',
            'deep_cell_block_release_voltage', 'cell_under_voltage', 'cell_under_release_voltage',
            'alarm_cell_low_voltage', 'lost_battery_cell_voltage')
CELL_HIGH = ('headroom_start_cell_voltage', 'headroom_target_cell_voltage', 'cell_over_voltage',
             'cell_over_release_voltage', 'alarm_cell_high_voltage', 'alarm_spread_top_cell_voltage')
SENSE = ('sense_high_voltage', 'sense_low_voltage')
PACK = ('pack_low_cell_voltage', 'pack_cut_cell_voltage', 'pack_low_release_cell_voltage',
        'cell_float_voltage', 'cell_floor_voltage', 'full_charge_voltage')
HEAT = ('charge_cold_block_temperature', 'charge_cold_temperature', 'charge_hot_temperature',
        'charge_hot_block_temperature', 'discharge_cold_block_temperature', 'discharge_hot_temperature',
        'discharge_hot_block_temperature', 'alarm_hot_temperature', 'alarm_hot_high_temperature',
        'alarm_cold_temperature', 'alarm_cold_high_temperature')
MOS = ('alarm_mos_temperature', 'alarm_mos_high_temperature')
CHARGE = ('float_soc', 'bulk_soc', 'high_soc', 'high_soc_release', 'low_soc', 'low_soc_release',
          'low_soc_block', 'low_soc_block_release', 'lost_battery_soc')
TIMES = ('blocked_step_s', 'pack_cut_s', 'over_current_s', 'recovery_hold_s', 'alarm_spread_top_s')

BITS = {
    'bat': [1 << i for i in range(32)],
    'power': [1 << i for i in range(32)],
    'fault': [1 << i for i in range(14)],
}
BITS_THAT_ACT = {
    'bat': [0x1, 0x10, 0x100, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x10000000, 0x2000],
    'power': [0x1, 0x10, 0x100, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x10000000, 0x8000],
    'fault': [0x4, 0x40, 0x400, 0x800, 0x10, 0x8, 0x1000],
}
NAMES = ('BUV', 'PUV', 'UV', 'BOT', 'COT', 'DBOT', 'OT', 'SC', 'BOV', 'COC', 'COC2', 'DOC', 'BHV', 'COULFULL', 'LCOUL', 'XX')
WORDS = {
    'base': ('Charge', 'Dischg', 'Idle', 'Balance', 'SysError', '?'),
    'volt': ('Normal', 'Low', 'High', '?'),
    'temperature_word': ('Normal', 'Low', 'High'),
    'current_word': ('Normal', 'High'),
    'soh': ('-', 'Normal', 'Low', 'High', '?'),
}


def moment(rng, settings):
    """Milliseconds to the next step: mostly a poll, sometimes on either side of a time that matters."""
    kind = rng.random()
    if kind < 0.55:
        return rng.choice((0, 50, 99, 100, 101, 250, 1000, 1000, 2000, 2000, 2500))
    if kind < 0.85:
        return rng.randrange(0, 4000)
    if kind < 0.97:
        return max(0, settings[rng.choice(TIMES)] + rng.choice((-1, 0, 0, 1)))
    if kind < 0.98:
        return settings['full_charge_hours'] * rng.choice((3600000, 1800000)) + rng.choice((-1, 0, 1))
    return max(0, settings['lost_module_hold_min'] * 60000 + rng.choice((-1, 0, 1)))


class Values:
    """What may be interesting of each quantity, by the settings."""

    def __init__(self, settings, cells):
        s = settings
        lows = [s[k] for k in CELL_LOW] + list(s['discharge_taper_voltage'])
        lows += [s[k] + s['alarm_cell_release_voltage'] for k in ('alarm_cell_low_voltage', 'cell_under_voltage')]
        highs = [s[k] for k in CELL_HIGH] + list(s['charge_taper_voltage'])
        highs += [s[k] - s['alarm_cell_release_voltage'] for k in ('alarm_cell_high_voltage', 'cell_over_voltage')]
        spreads = [s['alarm_spread_voltage'], s['alarm_spread_high_voltage']]
        spreads += [v - s['alarm_spread_release_voltage'] for v in spreads]
        heat = [s[k] for k in HEAT]
        releases = (s['temperature_release'], s['alarm_temperature_release'])
        heat += [v + sign * r for v in heat for r in releases for sign in (1, -1)]
        mos = [s[k] for k in MOS] + [s[k] - s['alarm_temperature_release'] for k in MOS]
        packs = [pack_voltage(s[k], cells) for k in PACK]
        packs += [pack_voltage(s[k], cells) + s['alarm_cell_release_voltage'] * cells for k in PACK[:2]]
        soc = [s[k] for k in CHARGE] + [s[k] + s['alarm_soc_release'] for k in ('low_soc', 'low_soc_block')]
        self.near = {
            'cell': lows * 2 + highs * 2 + [3300 - v for v in spreads] + [3300] * 8,
            'sense': [s[k] for k in SENSE] + [4095, 0],
            'pack': packs, 'temp': heat, 'mos': mos, 'soc': soc,
        }
        self.range = {'cell': (1900, 3750), 'sense': (0, 4500), 'pack': (2800 * cells, 3650 * cells),
                      'temp': (-20000, 65000), 'mos': (20000, 110000), 'soc': (0, 100)}
        self.small = {'cell': 3, 'sense': 1, 'pack': 120, 'temp': 300, 'mos': 500, 'soc': 1}
        most = max(s['max_charge_current'], s['max_discharge_current'])
        self.currents = [0, s['blocked_current'], s['blocked_current'] + 1, s['high_soc_current'],
                         s['charge_cold_current'] + 1, most, most * 8 // 10 + 1, most * 3 // 2]

    def pick(self, rng, kind):
        """Half of them on a threshold or next to it."""
        how = rng.random()
        low, high = self.range[kind]
        if how < 0.55:
            value = rng.choice(self.near[kind]) + rng.choice((-1, 0, 0, 1))
        elif how < 0.85:
            value = rng.choice(self.near[kind]) + rng.randint(-20, 20) * self.small[kind]
        else:
            value = rng.randint(low, high)
        return max(low, min(high, value))


class Walk:
    def __init__(self, rng, settings, modules, cells):
        self.rng = rng
        self.settings = settings
        self.modules = modules
        self.cells = cells
        self.values = Values(settings, cells)
        self.quiet = rng.random()       # some walks change little
        self.lost = self.failed = 0

    # one change ---------------------------------------------------------------------------------

    def change(self):
        module = self.rng.randint(1, self.modules)
        what = self.rng.choices(*CHANGES)[0]
        return what(self, module)

    def one_cell(self, module):
        value = self.values.pick(self.rng, 'cell')
        return [(module, f'c{self.rng.randint(1, min(3, self.cells))}', value)]

    def all_cells(self, module):
        value = self.values.pick(self.rng, 'cell')
        changes = [(module, 'c*', value)]
        if self.rng.random() < 0.5:
            changes.append((module, 'pack', value * self.cells))
        return changes

    def sense_line(self, module):
        value = self.rng.choice((None, self.values.pick(self.rng, 'sense')))
        field = self.rng.choices(('c1', 'c2', 'c*'), (6, 3, 1))[0]
        return [(module, field, value)]

    def pack(self, module):
        return [(module, 'pack', self.values.pick(self.rng, 'pack'))]

    def current(self, module):
        value = self.rng.choice((self.rng.randint(-60000, 60000),
                                 self.rng.choice(self.values.currents) * self.rng.choice((1, 1, -1))))
        return [(module, 'current', max(-300000, min(300000, value)))]

    def soc(self, module):
        value = self.values.pick(self.rng, 'soc')
        if self.rng.random() < 0.4:
            return [(m, 'soc', value) for m in range(1, self.modules + 1)]
        return [(module, 'soc', value)]

    def heat(self, module):
        value = self.values.pick(self.rng, 'temp')
        field = self.rng.choice(('temp', 't1', 't2', 't*'))
        if field != 'temp' and self.rng.random() < 0.05:
            value = None
        return [(module, field, value)]

    def mild(self, module):
        """Everything of a module is well again."""
        return [(module, 'c*', 3300), (module, 'pack', 3300 * self.cells), (module, 't*', 20000),
                (module, 'temp', 20000), (module, 'row', None)]

    def events(self, module):
        word = self.rng.choice(('bat', 'power', 'fault'))
        if self.rng.random() < 0.5:
            return [(module, word, (0, ()))]
        bits = self.rng.choice(BITS_THAT_ACT[word] if self.rng.random() < 0.7 else BITS[word])
        if self.rng.random() < 0.2:
            bits |= self.rng.choice(BITS[word])
        names = tuple(self.rng.sample(NAMES, self.rng.choice((0, 0, 1, 2))))
        return [(module, word, (bits, names))]

    def word(self, module):
        field = self.rng.choice(tuple(WORDS))
        usual = {'base': 'Idle', 'soh': '-'}.get(field, 'Normal')
        return [(module, field, usual if self.rng.random() < 0.5 else self.rng.choice(WORDS[field]))]

    def unknown(self, module):
        return [(module, 'unknown', self.rng.random() < 0.4)]

    def row(self, module):
        rng, pick = self.rng, self.values.pick
        if rng.random() < 0.5:
            return [(module, 'row', None)]
        kinds = ('cell', 'cell', 'temp', 'temp', 'mos')
        row = [pick(rng, kind) if rng.random() < 0.5 else None for kind in kinds]
        if rng.random() < 0.1:
            row[rng.randint(0, 1)] = pick(rng, 'sense')
        return [(module, 'row', tuple(row))]

    def maxima(self, module):
        field = self.rng.choice(('max_charge', 'max_discharge'))
        return [(module, field, self.rng.choice((None, self.rng.randint(1000, 120000))))]

    def capacity(self, module):
        return [(module, 'capacity', self.rng.choice((None, 50000, 74000, self.rng.randint(1, 200000))))]

    def wish(self, _module):
        field = self.rng.choice(('charge_voltage', 'charge', 'discharge', 'system_charge', 'system_discharge'))
        least, most = {'charge_voltage': (self.cells * 3100, self.cells * 3600),
                       'system_charge': (0, 60000 * self.modules),
                       'system_discharge': (0, 60000 * self.modules)}.get(field, (0, 60000))
        return [(0, field, None if self.rng.random() < 0.5 else self.rng.randint(least, most))]

    def full(self, module):
        """What ends a full charge: the word of all, or of all but some."""
        word = self.rng.choice(('Full', 'Normal'))
        whole = self.rng.random() < 0.4
        return [(m, 'coulomb', word) for m in (range(1, self.modules + 1) if whole else (module,))]

    def due(self, _module):
        """What makes one due; then mostly with a pack that is charged to it."""
        s = self.settings
        days = max(0, s['full_charge_days'] * 86400 + self.rng.choice((-1, 0, 0, 1, -3600)))
        changes = [(m, 'coulomb', 'Normal') for m in range(1, self.modules + 1)]
        if self.rng.random() < 0.7:
            high = pack_voltage(s['full_charge_voltage'], self.cells) + self.rng.choice((0, 0, -1, 1))
            changes += [(m, 'pack', high) for m in range(1, self.modules + 1)]
        return [*changes, (0, 'since_full', days)]

    # losses -------------------------------------------------------------------------------------

    def masks(self):
        everyone = (1 << self.modules) - 1
        what = self.rng.random()
        if what < 0.04:
            self.lost ^= 1 << self.rng.randrange(self.modules)
        elif what < 0.07:
            self.failed ^= 1 << self.rng.randrange(self.modules)
        elif what < 0.075:
            self.lost = everyone
        elif what < 0.13:
            self.lost = self.failed = 0
        self.failed &= ~self.lost

    def step(self):
        self.masks()
        changes = []
        while self.rng.random() < 0.55 + 0.3 * self.quiet and len(changes) < 40:
            changes += self.change()
        if self.lost | self.failed == (1 << self.modules) - 1:
            changes = [c for c in changes if c[0] != 0]   # nobody tells the stack's wishes then
        return (moment(self.rng, self.settings), self.lost, self.failed, tuple(changes))


CHANGES = ((Walk.one_cell, Walk.all_cells, Walk.sense_line, Walk.pack, Walk.current, Walk.soc, Walk.heat,
            Walk.mild, Walk.events, Walk.word, Walk.unknown, Walk.row, Walk.maxima, Walk.capacity, Walk.wish, Walk.full,
            Walk.due),
           (18, 8, 1.5, 12, 14, 12, 16, 7, 5, 3, 1, 6, 1, 1, 2, 1, 1))


def scenario(rng, schema, steps=STEPS):
    """One walk with settings of its own; the first step finds everything in good order."""
    changes = schema.random_settings(rng) if rng.random() < 0.5 else {}
    modules = rng.choice((1, 1, 2, 2, 3, 3, 4, 5, 6, rng.randint(7, 16)))
    cells = rng.choice((15, 15, 15, 15, 16, 8))
    walk = Walk(rng, with_changes(changes), modules, cells)
    if cells != 15 and 'max_charge_voltage' in changes:
        changes.pop('max_charge_voltage')
    everyone = (1 << modules) - 1
    out = [(0, 0, 0, ())]
    for _ in range(steps - 1):
        step = walk.step()
        was_lost = out[-1] != SETTLE and (out[-1][1] | out[-1][2]) == everyone
        out.append(step)
        if was_lost and step[1] | step[2] == 0 and rng.random() < 0.5:
            out.append(SETTLE)
    return Scenario(changes, modules, cells, out)


class Schema:
    """The ranges of the settings and the orders that they must keep, as the program has them."""

    def __init__(self, text):
        rows = [line.split('\t') for line in text.splitlines()]
        self.rows = {r[2]: r for r in rows if r[0] == 'row' and r[2] in DEFAULTS}
        self.orders = [r[1:] for r in rows if r[0] == 'order' and r[1] in DEFAULTS]

    def random_value(self, rng, key, default):
        _, _, _, _, least, most, choices, _ = self.rows[key]
        if isinstance(default, str):
            return rng.choice(choices.split('|'))
        if isinstance(default, tuple):
            values = [max(int(least), min(int(most), v + rng.randint(-30, 30))) for v in default]
            return tuple(sorted(values, reverse=default[0] > default[-1]))
        if key == 'max_charge_voltage':
            return rng.choice((0, rng.randint(48000, 54000)))
        near = rng.random() < 0.5 and default != 0
        low, high = (default * 9 // 10, default * 11 // 10) if near else (int(least), int(most))
        return max(int(least), min(int(most), rng.randint(min(low, high), max(low, high))))

    def random_settings(self, rng):
        """Some settings changed, one after the other, each where the orders still hold."""
        changes = {}
        for key in rng.sample(sorted(self.rows), rng.randint(1, 25)):
            tried = {**changes, key: self.random_value(rng, key, DEFAULTS[key])}
            if self.in_order(with_changes(tried)):
                changes = tried
        if rng.random() < 0.3:
            changes.update(recovery_hold_s=rng.choice((0, 1000)))
        return changes

    def in_order(self, s):
        return all(self.kept(s, *order) for order in self.orders)

    @staticmethod
    def kept(s, a, relation, b):
        if relation == 'below':
            return s[a] < s[b]
        if relation == 'not_above':
            return s[a] <= s[b]
        pairs = list(zip(s[a], s[a][1:]))
        if relation == 'rises':
            return all(x < y for x, y in pairs)
        return all(x > y for x, y in pairs) if relation == 'falls' else all(x >= y for x, y in pairs)
