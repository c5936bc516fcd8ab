"""The story of the demo: an evening load, then the sun; one cell runs ahead, one module gets warm.

The chargers obey the published limits, as those of a GX system do: what the daemon publishes acts on
the battery that it reads.
"""

from sim.physics import Physics

TIME_SCALE = 30.0                  # seconds of battery a second
START_SOC = 83.0
# (from s, to s, from value, to value): flat before and after.
SUN_MA = (8, 20, -6000, 16000)     # a module
WARMTH_MC = (12, 30, 0, 23000)     # on top of what it was
RUNAWAY_MV = (28, 46, 0, 215)      # on top of what the charge gives
RUNAWAY = (3, 4)                   # module, cell from 0
WARM_MODULE = 5
TRICKLE_MA = 1500                  # what still flows when a charger has reached its voltage


def ramp(points, at):
    since, until, start, end = points
    share = min(1.0, max(0.0, (at - since) / (until - since)))
    return start + (end - start) * share


class Sun(Physics):
    """Physics of the simulator with this story; `limits` gives CVL in mV and CCL of a module in mA."""

    def __init__(self, stack, limits):
        super().__init__(stack, True, TIME_SCALE)
        self.limits = limits
        for module in stack:
            module.soc_pct = START_SOC + module.address % 3
        self.cool = stack[WARM_MODULE].snapshot()

    def move(self, module, seconds):
        module.current_ma = self.charger(module, ramp(SUN_MA, self.steps)) + 23 * module.address
        super().move(module, seconds)
        if module.address == WARM_MODULE:
            warmer = int(ramp(WARMTH_MC, self.steps))
            module.set_many(temperature_mc=self.cool["temperature_mc"] + warmer,
                            cell_temps_mc=[t + warmer for t in self.cool["cell_temps_mc"]])

    def charger(self, module, wanted_ma):
        """A charger holds the current limit, and throttles at the voltage limit."""
        cvl_mv, ccl_ma = self.limits()
        if cvl_mv is None or wanted_ma < 0:
            return int(wanted_ma)
        if module.voltage_mv > cvl_mv:
            wanted_ma = min(wanted_ma, TRICKLE_MA)
        return int(min(wanted_ma, ccl_ma))

    def skew(self, module, k, soc):
        extra = ramp(RUNAWAY_MV, self.steps) if (module.address, k) == RUNAWAY else 0
        return super().skew(module, k, soc) + extra
