"""How a battery moves with time: a simple model for the demo and for long runs."""

STEP_S = 1.0
AMBIENT_MC = 21000
HEAT_MC_PER_A2 = 1.5               # temperature above ambient that a current ends at
HEAT_S = 1800.0                    # and how slowly it gets there
CELL_MILLIOHM = 1.4
# Open circuit voltage of an LFP cell: flat in the middle, knees at both ends.
OCV = ((0, 2900), (2, 3060), (5, 3150), (10, 3205), (20, 3255), (40, 3292), (60, 3305), (70, 3325),
       (90, 3338), (96, 3350), (98, 3380), (99, 3430), (100, 3500))
FULL_CELL_MV = 3540
HIGH_CELL_MV, LOW_CELL_MV = 3600, 2900


def ocv_mv(soc_pct):
    """Linear between the points of the table."""
    soc = min(100.0, max(0.0, soc_pct))
    for (s0, v0), (s1, v1) in zip(OCV, OCV[1:]):
        if soc <= s1:
            return v0 + (v1 - v0) * (soc - s0) / (s1 - s0)
    return OCV[-1][1]


class Physics:
    """Moves every module by one step a second while it is on."""

    def __init__(self, stack, on, time_scale):
        self.stack, self.on, self.time_scale = stack, on, time_scale
        self.steps = 0
        self.due = None

    def start(self, now):
        self.due = now
        if self.on:
            for module in self.stack:
                self.settle(module)

    def run(self, now):
        """Makes the steps that are due; returns when the next one is, None when off."""
        if not self.on:
            self.due = None
            return None
        if self.due is None:
            self.due = now
        while self.due <= now:
            self.due += STEP_S
            self.steps += 1
            for module in self.stack:
                self.move(module, STEP_S * self.time_scale)
        return self.due

    def move(self, module, seconds):
        if not module.present:
            return
        moved = 100.0 * module.current_ma * seconds / 3600.0 / module.capacity_mah
        soc = min(100.0, max(0.0, module.soc_pct + moved))
        target = AMBIENT_MC + HEAT_MC_PER_A2 * (module.current_ma / 1000.0) ** 2
        step = (target - module.temperature_mc) * min(1.0, seconds / HEAT_S)
        self.settle(module, soc, int(step))

    def settle(self, module, soc=None, warmer_mc=0):
        """Cells, temperatures and states that belong to the module's charge and current."""
        soc = module.soc_pct if soc is None else soc
        amps = module.current_ma / 1000.0
        base = ocv_mv(soc) + amps * CELL_MILLIOHM
        cells = [int(round(base + self.skew(module, k, soc))) for k in range(len(module.cells_mv))]
        values = {"soc_pct": soc, "cells_mv": cells,
                  "temperature_mc": module.temperature_mc + warmer_mc,
                  "cell_temps_mc": [t + warmer_mc for t in module.cell_temps_mc],
                  "balancing": [v > 3450 and v - min(cells) > 20 for v in cells]}
        if module.mos_mc is not None:
            values["mos_mc"] = module.mos_mc + warmer_mc
        values.update(self.states(cells, soc))
        module.set_many(**values)

    @staticmethod
    def states(cells, soc):
        """The words and bits that a BMS would show for these values."""
        high, low = max(cells) >= HIGH_CELL_MV, min(cells) <= LOW_CELL_MV
        full = soc >= 99.9
        bits = (0x2 if high else 0) | (0x8 if low else 0) | (0x2000 if full else 0)
        names = [n for n, on in (("BHV", high), ("BLV", low), ("COULFULL", full)) if on]
        return {"cell_volt_state": "High" if high else "Low" if low else "Normal",
                "coulomb_state": "Full" if full else "Normal", "bat_events": bits,
                "bat_event_names": " ".join(names)}

    def skew(self, module, k, soc):
        """Cells differ by a few mV, more at the knees, and a reading wavers by one mV."""
        fixed = (module.address * 7 + k * 5) % 5 - 2
        knee = 4.0 if soc > 97 or soc < 8 else 1.0
        return fixed * knee + (self.steps + k + module.address) % 2
