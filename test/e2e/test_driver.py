"""The stand-ins of the driver: each of its rules shows. And what they make of limits that are switched off."""

import json
import os
import time
import unittest

from clock import Clock
from daemon import patience, run_once
from document import LIMITS
from driver import TIMED_OUT, VERSIONS, Driver, follow
from harness import AT_ONCE, Rig

GOOD = {"Dc": {"Power": 10.0, "Voltage": 50.0}, "Soc": 50, "Info": {"MaxChargeCurrent": 20.0}}
LATE = {"max_age_s": "30", "max_failed_polls": "100"}      # the clock jumps: no module is lost by that
JUMPS, JUMP_S, JUMP_WAIT_S = 3, 20.0, 2.0                                  # most of the 70 s


def with_values(**changes):
    """GOOD with some paths set: Group_Key, or Key."""
    data = json.loads(json.dumps(GOOD))
    for name, value in changes.items():
        group, _, key = name.rpartition("_")
        (data.setdefault(group, {}) if group else data)[key] = value
    return data


def told(version, *documents, apart_s=2.0, **options):
    return follow(Driver(version, **options), [(10.0 + apart_s * k, json.dumps(data)) for k, data in enumerate(documents)])


class StandInTest(unittest.TestCase):
    # version, documents, what it logs (a piece of its one warning), why it ends, what D-Bus shows then
    TABLE = (
        ("1.0.11", [GOOD], None, None, {"Soc": 50, "Info.MaxChargeCurrent": 20.0}),
        ("1.0.12", [GOOD], None, None, {"Soc": 50, "Info.MaxChargeCurrent": 20.0}),
        ("1.0.11", [with_values(Soh=99), with_values(Soh=None)], "Soh", None, {"Soh": 99}),
        ("1.0.12", [with_values(Soh=99), with_values(Soh=None)], None, None, {"Soh": None}),
        ("1.0.11", [with_values(Soh=99), GOOD], None, None, {"Soh": 99}),
        ("1.0.12", [with_values(Soh=99), GOOD], None, None, {"Soh": 99}),
        ("1.0.11", [with_values(Info_ChargeMode="Bulk"), with_values(Info_ChargeMode="Float")], None, None,
         {"Info.ChargeMode": "Float"}),
        ("1.0.11", [with_values(Info_ChargeLimitation="Cold")], None, "ChargeLimitation", {}),
        ("1.0.11", [with_values(Info_DischargeLimitation="Cold")], None, "DischargeLimitation", {}),
        ("1.0.12", [with_values(Info_ChargeLimitation="Cold")], None, None, {"Info.ChargeLimitation": "Cold"}),
        ("1.0.11", [with_values(Soh="99")], None, "Soh", {}),
        ("1.0.12", [with_values(Soh="99")], None, "Soh", {}),
        ("1.0.11", [with_values(Info_Weather=1)], "Info.Weather is unknown", None, {"Soc": 50}),
        ("1.0.12", [with_values(Info_Weather=1)], "Info.Weather is unknown", None, {"Soc": 50}),
        ("1.0.11", [with_values(Balancing=True)], "refused: True", None, {"Balancing": "absent"}),
        ("1.0.12", [with_values(Balancing=True)], "refused: True", None, {"Balancing": "absent"}),
        ("1.0.12", [with_values(Soh=[1])], "refused", None, {"Soh": "absent"}),
        ("1.0.12", [with_values(Info_MaxChargeVoltage={"deep": 1})], "refused", None, {"Info.MaxChargeVoltage": "absent"}),
        ("1.0.12", [with_values(Voltages_Cell1=None)], "extremes", None, {"Soc": 50}),
        ("1.0.11", [GOOD, {"Soc": 60}], "Dc.Power is missing", None, {"Soc": 50}),
        ("1.0.12", [GOOD, dict(GOOD, value="{}")], "understands", None, {"Soc": 50}),
        ("1.0.11", [GOOD, [1]], "understands", None, {"Soc": 50}),
        ("1.0.11", [with_values(Balancing=0)], None, None, {"Balancing": 0}),
        ("1.0.12", [with_values(Balancing=0)], None, None, {"Balancing": 0}),
        ("1.0.10", [with_values(Balancing=0)], None, None, {"Balancing": None}),
    )

    def test_rules(self):
        for version, documents, warning, end, shown in self.TABLE:
            with self.subTest(version=version, documents=documents[-1]):
                driver = told(version, *documents)
                self.assertEqual(len(driver.log), 0 if warning is None else 1, driver.log)
                self.assertIn(warning or "", "".join(driver.log))
                self.assertEqual(len(driver.exits), 0 if end is None else 1, driver.exits)
                self.assertIn(end or "", "".join(driver.exits))
                self.assertEqual({path: driver.bus.get(path, "absent") for path in shown}, shown)

    def test_a_warning_for_each_message(self):
        self.assertEqual(len(told("1.0.11", *[with_values(Soh=None)] * 5).log), 5)

    def test_a_text_ends_it_where_it_changes(self):
        """Started again it ends again with the next one, and shows nothing meanwhile."""
        driver = told("1.0.11", with_values(Info_ChargeLimitation="Cold"), with_values(Info_ChargeLimitation="Cold"))
        self.assertEqual((len(driver.exits), driver.bus), (2, {}))

    def test_silence(self):
        """It ends, and its limits with it; not while anything comes that is JSON."""
        for version in VERSIONS:
            driver = told(version, GOOD)
            for now in range(12, 75):
                driver.tick(float(now))
            self.assertEqual((driver.exits, driver.bus), ([TIMED_OUT], {}))
            driver.feed(json.dumps(with_values(Soh=98)), 80.0)
            driver.tick(81.0)
            self.assertEqual(driver.bus["Soh"], 98)
        self.assertEqual(told("1.0.11", GOOD, {"a": 1}, {"a": 1}, apart_s=40.0).exits, [])
        self.assertEqual(told("1.0.11", GOOD, GOOD, apart_s=61.0).exits, [TIMED_OUT])
        self.assertEqual(told("1.0.11", GOOD, GOOD, apart_s=31.0, timeout_s=30.0).exits, [TIMED_OUT])
        broken = follow(Driver("1.0.11"), [(10.0, json.dumps(GOOD)), (40.0, b""), (60.0, b"{"), (80.0, b"")])
        self.assertEqual(broken.exits, [TIMED_OUT])

    def test_a_timer_that_dies(self):
        """A null where it formats outside of any guard; 0 is one for 1.0.10. The limits of before hold for ever."""
        for version, after in (("1.0.12", with_values(Soc=None)), ("1.0.10", with_values(Soc=0))):
            driver = told(version, GOOD, after, dict(GOOD, Soc=70))
            for now in range(16, 300):
                driver.tick(float(now))
            self.assertTrue(driver.hung)
            self.assertEqual((driver.exits, driver.bus["Soc"], driver.bus["Info.MaxChargeCurrent"]), ([], 50, 20.0))
        self.assertFalse(told("1.0.11", GOOD, with_values(Soc=None)).hung)

    def test_one_second(self):
        """Nothing is on D-Bus before its timer has come round."""
        driver = Driver("1.0.11")
        driver.feed(json.dumps(GOOD), 10.0)
        self.assertEqual(driver.bus, {})
        driver.tick(10.5)
        self.assertEqual(driver.bus["Soc"], 50)


class ProtectedTest(unittest.TestCase):
    def test_a_cell_goes_high_and_back(self):
        """What sets the limits changes all the time then: just when it matters the driver must stay."""
        with Rig(models="us2000c", modules=2, constants=AT_ONCE) as rig:
            rig.wait_bank(lambda b: b["Info.MaxChargeCurrent"] > 0)
            for cell_mv in (3380, 3560, 3660, 3540, 3400):
                mark = rig.now()
                rig.sim.stack[2].cells_mv[4] = cell_mv
                rig.wait_bank(lambda b, mv=cell_mv: b["System.MaxCellVoltage"] == mv / 1000, since=mark)
                time.sleep(1.5)
            links = [json.loads(m.payload) for m in rig.subscriber.on(rig.topic("link"))]
            self.assertGreater(len({link["limits"]["charge_current"] for link in links}), 2)
            for topic in ("pylon", "battery_1", "battery_2"):
                for version in VERSIONS:
                    driver = follow(Driver(version), [(m.time, m.payload) for m in rig.subscriber.on(rig.topic(topic))])
                    self.assertEqual((driver.log, driver.exits), ([], []))
                    self.assertGreater(driver.bus["Info.MaxChargeCurrent"], 0)


class LimitsOffTest(unittest.TestCase):
    """[limits] publish = no: the limits that are in force end with either version."""

    def rig(self, clock):
        rig = Rig(models="us2000c", modules=2, constants=LATE, environment=clock.environment)
        for module in rig.sim.stack:
            module.current_ma = 0          # or its replies, always the same, would count as frozen
        return rig

    def limits_of(self, rig, topic, jump):
        """What each version shows in the end; the daemon's clock was put forward after message `jump`."""
        for version in VERSIONS:
            messages = rig.subscriber.messages
            times = [(m.time + (JUMPS * JUMP_S if k >= jump else 0), m.payload) for k, m in enumerate(messages)
                     if m.topic == rig.topic(topic)]
            driver = follow(Driver(version), times)
            self.assertGreater(driver.bus["Dc.Voltage"], 40)
            yield [path for path in LIMITS if path in driver.bus], driver.exits

    def silence(self, rig, clock, mark):
        """Puts the clock forward into its last seconds; returns from which message on."""
        self.assertIsNotNone(rig.daemon.wait_line("the driver forgets the limits after 60 s without data"))
        rig.wait_link(lambda link: link["passes"] > 0, since=mark)
        for _ in range(JUMPS):
            time.sleep(JUMP_WAIT_S)
            jump = rig.now()
            rig.skip(clock, JUMP_S)
        began = time.monotonic()
        bank = rig.wait_bank(since=jump)
        self.assertGreater(bank["Dc.Voltage"], 40)
        rig.wait_module(2, since=jump)
        self.assertLess(time.monotonic() - began, patience(8))
        self.assertEqual([path for path in LIMITS if path in bank], [])
        time.sleep(2)
        return jump

    def test_by_reload(self):
        with Clock() as clock, self.rig(clock) as rig:
            rig.wait_module(2, lambda m: LIMITS[0] in m)
            rig.wait_bank(lambda b: LIMITS[0] in b)
            mark = rig.now()
            rig.hangup({"limits": {"publish": "no"}})
            jump = self.silence(rig, clock, mark)
            for topic in ("pylon", "battery_2"):
                self.assertEqual(list(self.limits_of(rig, topic, jump)), [([], [TIMED_OUT])] * 2)
            # and on again: at once
            mark = rig.now()
            rig.hangup({"limits": {"publish": "yes"}})
            rig.wait_bank(lambda b: LIMITS[0] in b, timeout_s=3, since=mark)

    def test_by_restart(self):
        with Clock() as clock, self.rig(clock) as rig:
            rig.wait_module(2, lambda m: LIMITS[0] in m)
            rig.wait_bank(lambda b: LIMITS[0] in b)
            self.assertEqual(rig.daemon.stop(), 0)
            rig.write_config({"limits": {"publish": "no"}})
            mark = rig.now()
            rig.start_daemon()
            jump = self.silence(rig, clock, mark)
            for topic in ("pylon", "battery_2"):
                self.assertEqual(list(self.limits_of(rig, topic, jump)), [([], [TIMED_OUT])] * 2)

    def test_without_a_broker(self):
        """--once prints at once: nobody has to forget anything."""
        with Rig(models="us2000c", modules=2, config={"limits": {"publish": "no"}}, start=False) as rig:
            began = time.monotonic()
            done = run_once(["-c", rig.path, "--once"], timeout_s=20)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertLess(time.monotonic() - began, patience(15))
            info = json.loads(done.stdout)["Info"]
            self.assertEqual([path for path in LIMITS if os.path.splitext(path)[1][1:] in info], [])
            self.assertNotIn("forgets", done.stderr)


if __name__ == "__main__":
    unittest.main()
