"""Stand-ins for dbus-mqtt-battery, the reader of our data topics, written from its rules.

    driver = Driver("1.0.11")
    driver.feed(payload, now)      # a message of the topic that it subscribes to
    driver.tick(now)               # its timer, once a second; follow() calls both
    driver.log, driver.exits, driver.bus

Values are held in a dictionary and copied to D-Bus by the timer. Where the two versions differ:

1.0.11  refuses null for every key, and formats the two limitations as numbers
1.0.12  takes null, but one in the voltage, the power or the SoC ends its timer, and its time-out with it
1.0.10  (not supported) makes 0 a null

An exit is followed by a new start, as its supervisor does it: with an empty dictionary, and nothing on D-Bus before
the first message. Times are seconds of any clock.
"""

import json

from document import DRIVER_KEYS, flatten

VERSIONS = ("1.0.11", "1.0.12")          # those that we support
TIMEOUT_S = 60.0                         # its default
TIMED_OUT = "time-out"
MANDATORY = ("Dc.Power", "Dc.Voltage", "Soc")
SIX = ("System.MinVoltageCellId", "System.MinCellVoltage", "System.MaxVoltageCellId", "System.MaxCellVoltage",
       "Voltages.Sum", "Voltages.Diff")
TEXTS = ("ConnectionInformation", "Info.ChargeMode", "System.MinVoltageCellId", "System.MaxVoltageCellId",
         "System.MinTemperatureCellId", "System.MaxTemperatureCellId")
TEXTS_SINCE_12 = ("Info.ChargeLimitation", "Info.DischargeLimitation")


class Driver:
    def __init__(self, version, timeout_s=TIMEOUT_S):
        self.version, self.timeout_s = version, timeout_s
        self.texts = TEXTS + (TEXTS_SINCE_12 if version == "1.0.12" else ())
        self.log = []                    # its warnings
        self.exits = []                  # why it ended, each time
        self.since = None                # when it started or heard something
        self._start()

    def _start(self):
        self.values, self.bus = {}, {}   # what it was told; what D-Bus shows
        self.hung = False                # its timer is gone: nothing changes any more, and it never times out

    def _exit(self, why, now):
        self.exits.append(why)
        self.since = now
        self._start()

    # ---- messages ----

    def feed(self, payload, now):
        try:
            data = json.loads(payload)
        except ValueError:
            return                       # no sign of life either
        self.since = now
        if not isinstance(data, dict) or "value" in data:
            self.log.append("nothing that it understands: %r" % data)    # "value" it would take for JSON in a text
            return
        if not self._complete(data):
            return
        for path, value in flatten(data):
            self._take(path, value)
        self._compute()

    def _complete(self, data):
        missing = [path for path in MANDATORY if path not in dict(flatten(data))]
        if missing:
            self.log.append("%s is missing, nothing is taken" % missing[0])
        return not missing

    def _take(self, path, value):
        if path not in DRIVER_KEYS:
            self.log.append("%s is unknown" % path)
        elif type(value) not in (str, int, float) and not (value is None and self.version != "1.0.11"):
            self.log.append("%s has a value that is refused: %r" % (path, value))
        else:
            self.values[path] = None if self.version == "1.0.10" and value == 0 else value

    def _compute(self):
        """It works out what belongs to the cells by itself unless all of it was told."""
        if all(path in self.values for path in SIX):
            return
        cells = [value for path, value in self.values.items() if path.startswith("Voltages.Cell")]
        if None in cells:
            self.log.append("a cell is null: the extremes cannot be worked out")

    # ---- its timer ----

    def tick(self, now):
        if self.since is None:
            self.since = now
        if self.hung:
            return
        if now - self.since >= self.timeout_s:
            self._exit(TIMED_OUT, now)
            return
        if not self.values:
            return
        if any(self.values.get(path) is None for path in MANDATORY):
            self.hung = True
            return
        for path, value in self.values.items():
            if path in self.bus and self.bus[path] == value:
                continue
            if isinstance(value, str) and path not in self.texts:
                self._exit("%s is a text where a number is formatted: %r" % (path, value), now)
                return
            self.bus[path] = value


def follow(driver, messages, end=None):
    """Feeds it (time, payload) in their order, with its timer once a second up to `end`."""
    beat = messages[0][0] if messages else 0.0
    for time, payload in messages + [(end if end is not None else messages[-1][0] + 1, None)] if messages else ():
        while beat + 1 <= time:
            beat += 1
            driver.tick(beat)
        if payload is not None:
            driver.feed(payload, time)
    return driver
