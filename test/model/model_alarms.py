"""Alarms of the independent model, one row a source: key, level, and what raises it.

Decisions: an alarm's threshold takes the worst that is known, its release the module's own value; a release
takes the value itself in. A hexadecimal number without a word before it is of Bat or Power Events."""

KEYS = ('LowVoltage', 'HighVoltage', 'LowCellVoltage', 'HighCellVoltage', 'LowSoc', 'CellImbalance',
        'HighChargeCurrent', 'HighDischargeCurrent', 'HighCurrent', 'LowChargeTemperature',
        'HighChargeTemperature', 'LowTemperature', 'HighTemperature', 'HighInternalTemperature',
        'InternalFailure', 'StateOfHealth', 'BmsCable', 'FuseBlown')
INDEX = {key: i for i, key in enumerate(KEYS)}

KNOWN_FAULTS = 0xFFF
MILD_FAULTS = 0x10 | 0x80 | 0x100 | 0x200

# key, level, word, mask
BITS = (
    ('LowVoltage', 1, 'power', 0x8), ('LowVoltage', 2, 'power', 0x10),
    ('HighVoltage', 1, 'power', 0x2), ('HighVoltage', 2, 'power', 0x1),
    ('LowCellVoltage', 1, 'bat', 0x8), ('LowCellVoltage', 2, 'bat', 0x10),
    ('HighCellVoltage', 1, 'bat', 0x2), ('HighCellVoltage', 2, 'bat', 0x1),
    ('LowSoc', 1, 'power', 0x8000),
    ('HighChargeCurrent', 2, 'either', 0x40000 | 0x100000),
    ('HighDischargeCurrent', 2, 'either', 0x20000 | 0x80000),
    ('HighCurrent', 2, 'either', 0x40000 | 0x100000 | 0x20000 | 0x80000 | 0x10000),
    ('LowTemperature', 1, 'either', 0x800), ('LowTemperature', 2, 'either', 0x1000),
    ('HighTemperature', 1, 'either', 0x200), ('HighTemperature', 2, 'either', 0x100),
    ('InternalFailure', 1, 'fault', MILD_FAULTS | ~KNOWN_FAULTS & 0xFFFFFFFF),
    ('InternalFailure', 2, 'fault', KNOWN_FAULTS & ~MILD_FAULTS),
    ('InternalFailure', 2, 'either', 0x10000000),
)

CELL, SPREAD, SOC = 'alarm_cell_release_voltage', 'alarm_spread_release_voltage', 'alarm_soc_release'
HEAT, PACK = 'alarm_temperature_release', 'pack'

# key, level, quantity, side, threshold, release
THRESHOLDS = (
    ('LowVoltage', 1, 'pack', 'below', 'pack_low_cell_voltage', PACK),
    ('LowVoltage', 2, 'pack', 'below', 'pack_cut_cell_voltage', PACK),
    ('HighVoltage', 2, 'cell_high', 'above', 'cell_over_voltage', CELL),
    ('LowCellVoltage', 1, 'cell_low', 'below', 'alarm_cell_low_voltage', CELL),
    ('LowCellVoltage', 2, 'cell_low', 'below', 'cell_under_voltage', CELL),
    ('HighCellVoltage', 1, 'cell_high', 'above', 'alarm_cell_high_voltage', CELL),
    ('HighCellVoltage', 2, 'cell_high', 'above', 'cell_over_voltage', CELL),
    ('LowSoc', 1, 'soc', 'below', 'low_soc', SOC),
    ('LowSoc', 2, 'soc', 'below', 'low_soc_block', SOC),
    ('CellImbalance', 1, 'spread', 'above', 'alarm_spread_voltage', SPREAD),
    ('CellImbalance', 2, 'spread', 'above', 'alarm_spread_high_voltage', SPREAD),
    ('LowChargeTemperature', 2, 'temp_low', 'below', 'charge_cold_block_temperature', HEAT),
    ('HighChargeTemperature', 1, 'temp_high', 'above', 'charge_hot_temperature', HEAT),
    ('HighChargeTemperature', 2, 'temp_high', 'above', 'charge_hot_block_temperature', HEAT),
    ('LowTemperature', 1, 'temp_low', 'below', 'alarm_cold_temperature', HEAT),
    ('LowTemperature', 2, 'temp_low', 'below', 'alarm_cold_high_temperature', HEAT),
    ('HighTemperature', 1, 'temp_high', 'above', 'alarm_hot_temperature', HEAT),
    ('HighTemperature', 2, 'temp_high', 'above', 'alarm_hot_high_temperature', HEAT),
    ('HighInternalTemperature', 1, 'mos', 'above', 'alarm_mos_temperature', HEAT),
    ('HighInternalTemperature', 2, 'mos', 'above', 'alarm_mos_high_temperature', HEAT),
)


class Memory:
    def __init__(self):
        self.on = [False] * len(THRESHOLDS)
        self.since = [None] * len(THRESHOLDS)


class Alarms:
    """Levels of one module; the bank's are the worst of its modules, and BmsCable."""

    def __init__(self, plan):
        self.settings = settings = plan.settings
        self.rows = []
        for key, level, quantity, side, threshold, release in THRESHOLDS:
            sign = 1 if side == 'below' else -1
            trip, back = settings[threshold], 0
            if release == PACK:
                trip, back = plan.pack(trip), settings[CELL] * plan.cells
            else:
                back = settings[release]
            self.rows.append((INDEX[key], level, quantity, sign, sign * trip, sign * trip + back))
        self.lasting = settings['alarm_spread_top_s']
        self.top = settings['alarm_spread_top_cell_voltage']

    def judge(self, m, view, memory, now):
        levels = [0] * len(KEYS)
        for i, (key, level, quantity, sign, trip, back) in enumerate(self.rows):
            worst, own = view.worst[quantity], view.own[quantity]
            on = worst is not None and (sign * worst < trip
                                        or memory.on[i] and (own is None or sign * own < back))
            if quantity == 'spread':
                on = self.lasts(i, on, view, memory, now)
            memory.on[i] = on
            if on and levels[key] < level:
                levels[key] = level
        for key, level in self.words(m, view):
            levels[INDEX[key]] = max(levels[INDEX[key]], level)
        return levels

    def lasts(self, i, beyond, view, memory, now):
        """Near full a spread has to last before it counts; once on it needs no more waiting."""
        if not beyond:
            memory.since[i] = None
            return False
        if memory.since[i] is None:
            memory.since[i] = now
        return (memory.on[i] or view.own['cell_high'] <= self.top
                or now - memory.since[i] >= self.lasting)

    @staticmethod
    def words(m, view):
        """(key, level) of event bits and state words."""
        if m.bat or m.power or m.fault:
            words = {'bat': m.bat, 'power': m.power, 'either': m.bat | m.power, 'fault': m.fault}
            yield from ((key, level) for key, level, word, mask in BITS if words[word] & mask)
        if m.volt == 'Low':
            yield 'LowVoltage', 1
        if m.volt == 'High':
            yield 'HighVoltage', 1
        if m.unknown_word:
            yield 'InternalFailure', 1
        if m.base == 'SysError' or view.sensor_fault:
            yield 'InternalFailure', 2
        if m.soh not in ('-', 'Normal'):
            yield 'StateOfHealth', 1


def bank(levels, lost, modules):
    """The worst of all that answer, and what is lost."""
    worst = [max(column) for column in zip(*levels)]
    if lost:
        worst[INDEX['BmsCable']] = 2 if lost == modules else 1
    return worst
