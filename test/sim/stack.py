"""The physical state of a stack: what is true, whatever the wire makes of it.

Every change is kept in Stack.history with its time, so that a test can compare what was published
with what was true at that moment.
"""

import collections
import time

from .models import MODELS

HISTORY_MAX = 100000
IDLE_MA = 50                       # below this a module calls itself idle


class Cells(list):
    """A list that tells its module when an element is set."""

    def __init__(self, values, changed):
        super().__init__(values)
        self._changed = changed

    def __setitem__(self, index, value):
        super().__setitem__(index, value)
        self._changed()


LISTS = ("cells_mv", "cell_temps_mc", "balancing")


class Module:
    """One battery module; every attribute may be set at any time."""

    def __init__(self, model_name, address, changed=None):
        object.__setattr__(self, "_changed", None)
        self.model_name = model_name
        self.model = MODELS[model_name]
        self.address = address
        self.present = True
        self._init_values()
        self._init_states()
        object.__setattr__(self, "_changed", changed)

    def _init_values(self):
        """Every module starts a little different from its neighbours."""
        n, m = self.address, self.model
        self.cells_mv = [3331 + (3 * n + 5 * k) % 4 for k in range(m.cells)]
        self.cell_temps_mc = [21000 + 1000 * (n % 3) - 300 * (3 * k // m.cells) for k in range(m.cells)]
        self.balancing = [False] * m.cells
        self.current_ma = 5000 + 37 * n
        self.temperature_mc = 24000 + 1000 * (n % 3)
        self.mos_mc = 25500 + 100 * n if m.mos else None
        self.soc_pct = 62.0 + n % 4
        self.capacity_mah = m.capacity_mah
        self.soh_pct = 99 - n % 3
        self.cycles = 210 + 13 * n
        self.charge_times = 3100 + 7 * n
        self.barcode = "%s%011d" % (m.barcode_head, 70041 + 17 * n)
        self.firmware = m.firmware
        self.device_name = m.device_name

    def _init_states(self):
        self._voltage_mv = None
        self._base_state = None
        self.volt_state = self.current_state = self.temp_state = "Normal"
        self.coulomb_state = self.soh_state = "Normal"
        self.cell_volt_state = self.cell_temp_state = "Normal"
        self.bat_events = self.power_events = self.system_fault = self.system_alarm = 0
        self.bat_event_names = self.power_event_names = self.system_fault_names = ""
        self.charge_fet = self.discharge_fet = True

    def __setattr__(self, name, value):
        if name in LISTS:
            value = Cells(value, self._tell)
        object.__setattr__(self, name, value)
        self._tell()

    def _tell(self):
        if self._changed:
            self._changed(self)

    def set_many(self, **values):
        """Sets several attributes as one change."""
        changed = self._changed
        object.__setattr__(self, "_changed", None)
        try:
            for name, value in values.items():
                setattr(self, name, value)
        finally:
            object.__setattr__(self, "_changed", changed)
        self._tell()

    @property
    def voltage_mv(self):
        """The sum of the cells unless a test has set another value (None: the sum again)."""
        return sum(self.cells_mv) if self._voltage_mv is None else self._voltage_mv

    @voltage_mv.setter
    def voltage_mv(self, value):
        self._voltage_mv = value

    @property
    def base_state(self):
        if self._base_state is not None:
            return self._base_state
        if abs(self.current_ma) < IDLE_MA:
            return "Idle"
        return "Charge" if self.current_ma > 0 else "Dischg"

    @base_state.setter
    def base_state(self, value):
        self._base_state = value

    @property
    def percent(self):
        """SoC as the console prints it."""
        return int(round(self.soc_pct))

    @property
    def remaining_mah(self):
        return int(round(self.soc_pct * self.capacity_mah / 100))

    def snapshot(self):
        """Every true value at this moment, as plain data."""
        values = {k.lstrip("_"): v for k, v in vars(self).items() if k not in ("_changed", "model")}
        for name in LISTS:
            values[name] = tuple(values[name])
        values.update(voltage_mv=self.voltage_mv, base_state=self.base_state, remaining_mah=self.remaining_mah)
        return values


class Stack:
    """N modules, addresses from 1."""

    def __init__(self, models):
        self.history = collections.deque(maxlen=HISTORY_MAX)
        self.modules = [Module(name, i + 1, self._record) for i, name in enumerate(models)]
        for module in self.modules:
            self._record(module)

    def _record(self, module):
        self.history.append((time.monotonic(), module.address, module.snapshot()))

    def __getitem__(self, address):
        """The module with this console address, present or not."""
        if not 1 <= address <= len(self.modules):
            raise KeyError(address)
        return self.modules[address - 1]

    def __iter__(self):
        return iter(self.modules)

    def __len__(self):
        return len(self.modules)

    @property
    def master(self):
        return self.modules[0]

    def find(self, address):
        """The module if it is there and present, else None."""
        if 1 <= address <= len(self.modules) and self.modules[address - 1].present:
            return self.modules[address - 1]
        return None

    def present(self):
        return [m for m in self.modules if m.present]

    def truth(self, address, when):
        """What was true of a module at the monotonic time `when`, None if before the start."""
        last = None
        for at, who, values in list(self.history):
            if at > when:
                break
            if who == address:
                last = values
        return last

    def truths(self, address, since, until):
        """Every state of a module that was true at some moment of the interval."""
        first = self.truth(address, since)
        later = [v for at, who, v in list(self.history) if who == address and since < at <= until]
        return ([first] if first else []) + later
