"""The fault matrix: one row is one fault that a running battery meets, with how long it takes until the limits are
safe, how long until all is well again, and the proof that nothing wrong was published meanwhile.

    with Row("the adapter is unplugged", link=True) as row:
        row.spoil(row.sim.unplug)
        row.safe(all_lost)
        row.mend(row.sim.replug)
        row.back()

The battery moves all the time: currents, cells and state of charge, so that an old value is a wrong one. On leaving,
every value of the run is compared with what the battery held (held.py), beside all that a Rig checks. `run.py`
prints the rows as one table.
"""

import threading
import time

import records
from harness import AT_ONCE, Rig, merged, patience
from held import LIMITS, Held
from truth import agrees, expected

AGE_S = 5.0                # max_age of most rows: the default is 15 s
MESSAGE_S = 1.0            # a message a second
CALM_S = 2.0               # the fault begins in a battery that has been read for a while
STEP_S = 0.9               # between two movements
SWING_MA = (5000, 5130, 5270, -4100, -4230, -4370, 3010, 3150, -8020)


def all_lost(bank):
    """Charge blocked, discharge derated or blocked, the alarm raised."""
    return (bank["Info.MaxChargeCurrent"] == 0 and bank["Io.AllowToCharge"] == 0 and bank["Alarms.BmsCable"] == 2
            and bank["Info.MaxDischargeCurrent"] <= 10 * bank["System.NrOfModulesOffline"]
            and bank["Info.MaxChargeVoltage"] <= 51.0)


def one_lost(bank):
    return (bank["System.NrOfModulesOffline"] == 1 and bank["Alarms.BmsCable"] == 1
            and bank["Info.MaxChargeVoltage"] <= 51.0)


class Row(Rig):
    """fault: its name in the table. age_s: max_age of this row. lost: the addresses that the fault may take away
    (None: any). late_s: how much later than usual a message may arrive. noisy: see held.py. Everything else is for
    the Rig."""

    def __init__(self, fault, age_s=AGE_S, lost=None, config=None, late_s=0.0, noisy=False, constants=None, **rig):
        quick = {"max_age_s": "%g" % age_s, "max_failed_polls": 100, "failed_poll_s": 1, "backoff_max_s": 2}
        rig.setdefault("models", "us2kbpl")
        super().__init__(config=merged({"serial": {"baud": 115200}}, config),
                         constants={**AT_ONCE, **quick, **(constants or {})}, **rig)
        self.fault, self.age_s = fault, age_s
        self.held = Held(self.sim, age_s + late_s, lost, noisy)
        self.times = {"safe": None, "back": None}
        self.began = self.mended = self.mark = None
        self.still = threading.Event()
        self.mover = threading.Thread(target=self._move, name="mover", daemon=True)

    # ---- the battery moves ----

    def _move(self):
        step = 0
        while not self.still.wait(STEP_S):
            step += 1
            for module in self.sim.stack:
                cells = list(module.cells_mv)
                cells[step % len(cells)] = 3331 + (step + module.address) % 7
                with self.sim.lock:
                    module.set_many(cells_mv=cells, current_ma=SWING_MA[step % len(SWING_MA)] + 17 * module.address,
                                    soc_pct=62.0 + module.address + step // 4 % 3)

    def __enter__(self):
        super().__enter__()
        self.mover.start()
        try:
            if self.wants["start"] and self.wants["broker"] and self.wants["plugged"]:
                self.calm()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def _end_children(self):
        self.still.set()
        super()._end_children()

    # ---- the course of a row ----

    def well(self, flat):
        """Every module online and the limits those of a calm battery, the BMS's own wishes among them."""
        usual = expected(list(self.sim.stack), recommend=self.sim.console.recommend)
        return (flat["System.NrOfModulesOnline"] == len(self.sim.stack) and flat["Alarms.BmsCable"] == 0
                and all(agrees(path, flat[path], usual) for path in LIMITS))

    def calm(self, timeout_s=30):
        self.wait_bank(self.well, timeout_s=timeout_s)
        time.sleep(CALM_S)

    def spoil(self, act):
        self.mark, self.began = self.now(), time.monotonic()
        act()

    def _first(self, predicate, timeout_s):
        """When the first bank document since the mark came that the predicate likes."""
        self.wait_bank(predicate, timeout_s=timeout_s, since=self.mark)
        return next(m.time for m in self.subscriber.on(self.topic("pylon"), self.mark) if predicate(self.flat(m)))

    def safe(self, predicate, within_s=None):
        """Waits for safe limits: within the age that values may have and a message, unless it is said otherwise."""
        within_s = self.age_s + MESSAGE_S if within_s is None else within_s
        self.times["safe"] = self._first(predicate, within_s + 20) - self.began
        if self.times["safe"] > patience(within_s):
            raise AssertionError("safe limits only after %.1f s" % self.times["safe"])

    def mend(self, act):
        self.mark, self.mended = self.now(), time.monotonic()
        act()

    def back(self, within_s, watch_s=3.0):
        """Waits until all is well, and looks on for a while: longer than values may be old where the fault was so short
        that the limits did not notice."""
        self.times["back"] = self._first(self.well, within_s + 20) - self.mended
        if self.times["back"] > patience(within_s):
            raise AssertionError("all is well only after %.1f s" % self.times["back"])
        self.watch(watch_s)

    def watch(self, seconds):
        """Looks on while the fault lasts."""
        time.sleep(patience(seconds))

    def _finish(self):
        faults = super()._finish()
        faults += self.held.faults(self.subscriber.messages, self.flat, self.config["mqtt"]["topic_base"])
        if not self.held.judged:
            faults.append("no document was judged")
        if not faults:
            records.leave("row", {"fault": self.fault, "age_s": self.age_s, "judged": self.held.judged, **self.times})
        return faults


def shown(seconds):
    return "-" if seconds is None else "%.1f s" % seconds


def table(rows):
    """The lines of the table; `safe` counts from the fault, `back` from its end."""
    form = "%-62s %8s %8s %8s %10s"
    lines = [form % ("fault (nothing wrong was published in any of them)", "max age", "safe", "back", "documents")]
    for row in sorted(rows, key=lambda row: row["fault"]):
        lines.append(form % (row["fault"], "%g s" % row["age_s"], shown(row["safe"]), shown(row["back"]),
                             row["judged"]))
    return lines
