"""The rules that look at one module, as one table each for trips and for event bits.

A trip is on beyond its threshold and stays on until the value has come back to its release. Everything
is turned into "below" by a sign, and every comparison into a strict one on whole numbers, once at start."""

BLOCK = 'block'


def pack_voltage(cell_mv, cells):
    """Cell value times cells, rounded to 0.1 V."""
    return (cell_mv * cells + 50) // 100 * 100


def better_by(key):
    """Released so far on the good side of the trip; the value itself releases."""
    return ('by', key)


def at(key):
    """Released at this value."""
    return ('at', key)


def beyond(key):
    """Released beyond this value; the value itself does not release."""
    return ('beyond', key)


def share(key):
    """A percentage of the base current."""
    return ('share', key)


def amperes(key):
    return ('amperes', key)


# limit, quantity, side, threshold, release, what then
TRIPS = (
    ('ccl', 'temp_low', 'below', 'charge_cold_block_temperature', better_by('temperature_release'), BLOCK),
    ('ccl', 'temp_low', 'below', 'charge_cold_temperature', better_by('temperature_release'),
     amperes('charge_cold_current')),
    ('ccl', 'temp_high', 'above', 'charge_hot_temperature', better_by('temperature_release'),
     amperes('charge_hot_current')),
    ('ccl', 'temp_high', 'above', 'charge_hot_block_temperature', better_by('temperature_release'), BLOCK),
    ('ccl', 'cell_high', 'above', 'cell_over_voltage', beyond('cell_over_release_voltage'), BLOCK),
    ('ccl', 'cell_low', 'below', 'deep_cell_voltage', at('deep_cell_release_voltage'),
     amperes('deep_cell_current')),
    ('ccl', 'cell_low', 'below', 'deep_cell_block_voltage', at('deep_cell_block_release_voltage'), BLOCK),
    ('dcl', 'cell_low', 'below', 'cell_under_voltage', beyond('cell_under_release_voltage'), BLOCK),
    ('dcl', 'pack', 'below', 'pack_low_cell_voltage', beyond('pack_low_release_cell_voltage'),
     share('pack_low_percent')),
    ('dcl', 'temp_low', 'below', 'discharge_cold_block_temperature', better_by('temperature_release'), BLOCK),
    ('dcl', 'temp_high', 'from', 'discharge_hot_temperature', better_by('temperature_release'),
     share('discharge_hot_percent')),
    ('dcl', 'temp_high', 'above', 'discharge_hot_block_temperature', better_by('temperature_release'), BLOCK),
)

OVER_VOLTAGE, UNDER_VOLTAGE, OVER_TEMPERATURE = 0x1, 0x10, 0x100
SHORT_CIRCUIT, SYSTEM_ERROR = 0x10000, 0x10000000
CHARGE_OVER_CURRENT, DISCHARGE_OVER_CURRENT = 0x40000 | 0x100000, 0x20000 | 0x80000
CURRENT_SENSING, VOLTAGE_SENSING, CHARGE_FET, DISCHARGE_FET = 0x4, 0x40, 0x400, 0x800

# Bits that block charge at once.
CHARGE_BITS = OVER_VOLTAGE | CHARGE_OVER_CURRENT | OVER_TEMPERATURE | SYSTEM_ERROR
CHARGE_FAULTS = CHARGE_FET | VOLTAGE_SENSING | CURRENT_SENSING

# Bits that block discharge only when something else says the same: the name printed behind the same word, a
# state word, a measured value. For a discharge FET no name and no word is known: its bit alone blocks nothing.
DISCHARGE_BITS = (
    (('bat', 'power'), UNDER_VOLTAGE, {'BUV', 'PUV', 'UV'}, ('volt', 'Low'),
     (('cell_low', 'below', 'alarm_cell_low_voltage'), ('pack', 'below', 'pack_cut_cell_voltage'))),
    (('bat', 'power'), OVER_TEMPERATURE, {'BOT', 'POT', 'COT', 'DOT', 'CBOT', 'DBOT', 'OT'},
     ('temperature_word', 'High'), (('temp_high', 'above', 'discharge_hot_temperature'),)),
    (('bat', 'power'), SHORT_CIRCUIT, {'SC'}, None, ()),
    (('fault',), DISCHARGE_FET, set(), None, ()),
)

QUANTITIES = ('cell_low', 'cell_high', 'temp_low', 'temp_high')


class View:
    """The extremes of a module: by its own replies, and with what the `pwr` table adds to them."""

    def __init__(self, own, worst, sensor_fault, heat_known):
        self.own = own
        self.worst = worst
        self.sensor_fault = sensor_fault
        self.heat_known = heat_known     # indices of cells whose temperature is there


class Memory:
    def __init__(self, trips):
        self.on = [False] * trips
        self.cut_since = None
        self.cut = False
        self.over_current_ms = None


class Plan:
    """The tables with the values of one set of settings and one number of cells."""

    def __init__(self, settings, cells):
        self.settings = settings
        self.cells = cells
        self.bulk_mv = self.pack(settings['cell_bulk_voltage'])
        self.float_mv = self.pack(settings['cell_float_voltage'])
        self.floor_mv = self.pack(settings['cell_floor_voltage'])
        self.cut_mv = self.pack(settings['pack_cut_cell_voltage'])
        self.cut_release_mv = self.pack(settings['pack_low_release_cell_voltage'])
        self.max_mv = settings['max_charge_voltage'] or self.bulk_mv
        self.trips = [self.compiled(*row) for row in TRIPS]
        self.charge_taper = list(zip(settings['charge_taper_voltage'], settings['charge_taper_percent']))
        self.discharge_taper = sorted(zip(settings['discharge_taper_voltage'],
                                          settings['discharge_taper_percent']))

    def compiled(self, limit, quantity, side, key, release, then):
        value = self.settings[key]
        sign = 1 if side == 'below' else -1
        if release[0] == 'by':
            back = sign * value + self.settings[release[1]]
        else:
            back = sign * self.settings[release[1]] + (release[0] == 'beyond')
        if quantity == 'pack':
            value = self.pack(value)
            back = self.pack(self.settings[release[1]]) + 1
        return (limit == 'ccl', quantity, sign, sign * value + (side == 'from'), back, then == BLOCK,
                None if then == BLOCK else (then[0] == 'share', self.settings[then[1]]))

    def pack(self, cell_mv):
        return pack_voltage(cell_mv, self.cells)

    def new_memory(self):
        return Memory(len(self.trips))

    def view(self, m):
        s = self.settings
        sound = [v for v in m.cells if v is not None and s['sense_low_voltage'] <= v <= s['sense_high_voltage']]
        heat = [m.temperature] + [t for t in m.cell_temperatures if t is not None]
        own = {'cell_low': min(sound, default=None), 'cell_high': max(sound, default=None),
               'temp_low': min(heat), 'temp_high': max(heat), 'pack': m.pack, 'soc': m.soc,
               'mos': m.row.get('mos'), 'spread': max(sound) - min(sound) if sound else None}
        worst = dict(own)
        for quantity in QUANTITIES:
            value = m.row.get(quantity)
            if value is None:
                continue
            if quantity.startswith('cell') and not s['sense_low_voltage'] <= value <= s['sense_high_voltage']:
                continue
            pick = min if quantity.endswith('low') else max
            worst[quantity] = value if own[quantity] is None else pick(value, own[quantity])
        heat_known = frozenset(i for i, t in enumerate(m.cell_temperatures) if t is not None)
        return View(own, worst, len(sound) < len(m.cells), heat_known)

    # judging ----------------------------------------------------------------------------------

    def judge(self, m, view, memory, wishes, now):
        """(CVL, CCL, DCL, charge blocked, discharge blocked) of the module's own rules."""
        s = self.settings
        charge_base = min(s['max_charge_current'], known(m.max_charge)) * s['charge_derate_percent'] // 100
        discharge_base = min(s['max_discharge_current'], known(m.max_discharge))
        ccl = min(charge_base, known(wishes.get('charge')),
                  taper(self.charge_taper, view.worst['cell_high'], charge_base))
        dcl = min(discharge_base, known(wishes.get('discharge')),
                  taper(self.discharge_taper, view.worst['cell_low'], discharge_base))
        no_charge = self.charge_events(m) or view.sensor_fault
        no_discharge = self.discharge_events(m, view)
        for i, (charge, quantity, sign, trip, back, block, grant) in enumerate(self.trips):
            worst, own = view.worst[quantity], view.own[quantity]
            on = memory.on[i]
            if worst is not None:
                on = memory.on[i] = sign * worst < trip or on and (own is None or sign * own < back)
            if not on:
                continue
            if block:
                no_charge, no_discharge = no_charge or charge, no_discharge or not charge
            elif charge:
                ccl = min(ccl, grant[1])
            else:
                dcl = min(dcl, discharge_base * grant[1] // 100 if grant[0] else grant[1])
        no_discharge |= self.pack_cut(m.pack, memory, now)
        if self.over_current(m, memory, now):
            dcl = min(dcl, discharge_base * s['over_current_percent'] // 100)
        return self.charge_voltage(m, view), ccl, dcl, no_charge, no_discharge

    def charge_voltage(self, m, view):
        """Headroom of the highest cell."""
        s, highest = self.settings, view.worst['cell_high']
        if highest is None or highest <= s['headroom_start_cell_voltage']:
            return known(None)
        return max(m.pack + self.cells * (s['headroom_target_cell_voltage'] - highest), self.floor_mv)

    def pack_cut(self, pack, memory, now):
        """Below the cut for a while; ends with the pack-low rule."""
        if pack >= self.cut_mv:
            memory.cut_since = None
        elif memory.cut_since is None:
            memory.cut_since = now
        if memory.cut_since is not None and now - memory.cut_since >= self.settings['pack_cut_s']:
            memory.cut = True
        elif pack > self.cut_release_mv:
            memory.cut = False
        return memory.cut

    def over_current(self, m, memory, now):
        if (m.bat | m.power) & DISCHARGE_OVER_CURRENT:
            memory.over_current_ms = now
        return (memory.over_current_ms is not None
                and now - memory.over_current_ms < self.settings['over_current_s'])

    @staticmethod
    def charge_events(m):
        return bool((m.bat | m.power) & CHARGE_BITS or m.fault & CHARGE_FAULTS or m.base == 'SysError')

    def discharge_events(self, m, view):
        if m.base == 'SysError':
            return True
        if not (m.bat or m.power or m.fault):
            return False
        for words, bit, names, state, measured in DISCHARGE_BITS:
            raised = [w for w in words if getattr(m, w) & bit]
            if not raised:
                continue
            if any(names & set(m.names[w]) for w in raised):
                return True
            if state and getattr(m, state[0]) == state[1]:
                return True
            if any(self.says_the_same(view, *value) for value in measured):
                return True
        return False

    def says_the_same(self, view, quantity, side, key):
        measured = view.worst[quantity]
        threshold = self.pack(self.settings[key]) if quantity == 'pack' else self.settings[key]
        if measured is None:
            return False
        return measured < threshold if side == 'below' else measured > threshold


def known(value):
    return 1 << 40 if value is None else value


def taper(points, value, base):
    """The share of `base` at `value`: linear between the points, exact, rounded down at the end."""
    if value is None:
        return base
    if value <= points[0][0]:
        return base * points[0][1] // 100
    if value >= points[-1][0]:
        return base * points[-1][1] // 100
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if value <= x1:
            return base * (y0 * (x1 - x0) + (y1 - y0) * (value - x0)) // (100 * (x1 - x0))
    raise AssertionError('points rise')
