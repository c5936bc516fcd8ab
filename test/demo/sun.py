"""The story of the demo: an evening load, then the sun; one cell runs ahead, one module gets warm.

The chargers obey the published charge current limit, as those of a GX system do: what the daemon
publishes acts on the battery that it reads.
"""

from sim.physics import Physics

TIME_SCALE = 40.0                  # seconds of battery a second
START_SOC = 84.0
# (from s, to s, from value, to value): flat before and after.
SUN_MA = (6, 22, -6000, 14000)     # a module
RUNAWAY_MV = (14, 45, 0, 215)      # on top of what the charge gives
WARMTH_MC = (20, 50, 0, 23500)
RUNAWAY = (3, 4)                   # module, cell from 0
WARM_MODULE = 5


def ramp(points, at):
    since, until, start, end = points
    share = min(1.0, max(0.0, (at - since) / (until - since)))
    return start + (end - start) * share


class Sun(Physics):
    """Physics of the simulator with this story; `limit_ma` gives what a module may be charged with."""

    def __init__(self, stack, limit_ma):
        super().__init__(stack, True, TIME_SCALE)
        self.limit_ma = limit_ma
        for module in stack:
            module.soc_pct = START_SOC + module.address % 3
        self.warmth_mc = 0

    def run(self, now):
        before = self.steps
        due = super().run(now)
        if self.steps != before:
            self._warm()
        return due

    def move(self, module, seconds):
        wanted = ramp(SUN_MA, self.steps)
        limit = self.limit_ma()
        module.current_ma = int(min(wanted, wanted if limit is None else limit)) + 23 * module.address
        super().move(module, seconds)

    def _warm(self):
        step = ramp(WARMTH_MC, self.steps) - self.warmth_mc
        self.warmth_mc += step
        for module in self.stack:
            if module.address == WARM_MODULE and step:
                module.set_many(temperature_mc=module.temperature_mc + int(step),
                                cell_temps_mc=[t + int(step) for t in module.cell_temps_mc])

    def skew(self, module, k, soc):
        extra = ramp(RUNAWAY_MV, self.steps) if (module.address, k) == RUNAWAY else 0
        return super().skew(module, k, soc) + extra
