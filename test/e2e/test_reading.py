"""From the console to the broker: every key of every topic against what the simulated battery holds."""

import unittest

from harness import Rig, patience
from truth import differences, expected

# Every low-voltage model of the simulator, and whether it lets the daemon read the BMS's wishes without a login.
MODELS = {"extra2000": True, "us2kbpl": True, "us2kbplb": True, "us2000c": False, "us5000": False,
          "us5000new": False, "dseries": False, "us3000d": False, "pytes4850": False, "pytes48100": False, "old13": True}
SETTLE_S = 20.0                    # counters are read late and one a pass


def recommend(rig, readable):
    return rig.sim.console.recommend if readable else None


class Case(unittest.TestCase):
    def agrees(self, rig, name, modules, **options):
        """Waits until the topic agrees in every key; else says what the newest document has wrong."""
        wanted = expected(modules, in_bank=name == "pylon", **options)
        message = rig.subscriber.wait_for(
            lambda m: m.topic == rig.topic(name) and not list(differences(rig.flat(m), wanted)), patience(SETTLE_S))
        if message is None:
            newest = rig.subscriber.on(rig.topic(name))[-1:]
            self.fail("\n".join(differences(rig.flat(newest[0]), wanted)) if newest else "nothing on " + name)

    def whole_stack(self, rig, readable):
        modules = list(rig.sim.stack)
        self.agrees(rig, "pylon", modules, recommend=recommend(rig, readable))
        for module in modules:
            self.agrees(rig, "battery_%d" % module.address, [module], recommend=recommend(rig, readable))


class ModelTest(Case):
    """Each model, two modules, every key of all three topics."""


def model_test(name, readable):
    def test(self):
        with Rig(models=name, modules=2, quiet=True) as rig:
            self.whole_stack(rig, readable)
            link = rig.wait_link(lambda doc: len(doc["modules"]) == 2)
            for module, shown in zip(rig.sim.stack, link["modules"]):
                self.assertEqual(shown["address"], module.address)
                self.assertEqual((shown["barcode"], shown["firmware"]), (module.barcode, module.firmware)
                                 if name != "us3000d" else (None, None))
    return test


for model, can_read in MODELS.items():
    setattr(ModelTest, "test_" + model, model_test(model, can_read))


class StackTest(Case):
    def test_first_bank(self):
        """The very first document is complete, and comes soon."""
        with Rig(models="us2kbpl", modules=2) as rig:
            first = rig.wait_bank(timeout_s=5)
            wanted = expected(list(rig.sim.stack))
            late = {"History.ChargeCycles", "Info.MaxChargeCurrent", "Info.MaxDischargeCurrent",
                    "Info.BatteryLowVoltage"}
            wrong = [d for d in differences(first, wanted) if d.split(" ")[0] not in late]
            self.assertEqual(wrong, [])
            self.assertEqual(first["System.NrOfModulesOnline"], 2)

    def test_five_modules_at_wire_speed(self):
        with Rig(models="extra2000", modules=5, paced=True, quiet=True) as rig:
            first = rig.wait_bank(timeout_s=40)
            self.assertEqual(first["System.NrOfModulesOnline"], 5)
            self.agrees_slowly(rig)

    def agrees_slowly(self, rig):
        wanted = expected(list(rig.sim.stack), recommend=rig.sim.console.recommend)
        wanted["History.ChargeCycles"] = {None} | {m.cycles for m in rig.sim.stack}    # read within the first hour

        def flat(message):
            return dict({"History.ChargeCycles": None}, **rig.flat(message))

        message = rig.subscriber.wait_for(
            lambda m: m.topic == rig.topic("pylon") and not list(differences(flat(m), wanted)), patience(40))
        self.assertIsNotNone(message, "no such document: " + "; ".join(
            differences(flat(rig.subscriber.on(rig.topic("pylon"))[-1]), wanted)))

    def test_sixteen_modules(self):
        with Rig(models="us5000", modules=16, quiet=True) as rig:
            self.whole_stack(rig, False)

    def test_mixed_models(self):
        """Different capacities weigh differently; each in its own layout."""
        with Rig(models=["us5000", "us2000c", "us2kbpl"], own_layouts=True) as rig:
            bank = rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 3)
            modules = list(rig.sim.stack)
            weighted = sum(m.percent * m.capacity_mah for m in modules) / sum(m.capacity_mah for m in modules)
            self.assertAlmostEqual(bank["Soc"], weighted, delta=0.06)
            self.assertEqual(bank["InstalledCapacity"], 200)

    def test_discharging(self):
        with Rig(models="us2kbpl", modules=2, start=False, quiet=True) as rig:
            for module in rig.sim.stack:
                module.current_ma = -8000 - module.address
            rig.start_daemon()
            self.whole_stack(rig, True)
            bank = rig.wait_bank()
            self.assertLess(bank["Dc.Power"], 0)
            self.assertGreater(bank["TimeToGo"], 0)

    def test_changes_follow(self):
        """What changes in the battery is seen within two passes and a message's second."""
        with Rig(models="us2kbpl", modules=2) as rig:
            rig.wait_bank()
            for current in (12000, -3500, 0):
                rig.sim.stack[2].current_ma = current
                rig.wait_module(2, lambda m, ma=current: m["Dc.Current"] == ma / 1000, timeout_s=4)

    def test_some_addresses(self):
        """A list of addresses fixes which modules there are."""
        with Rig(models="us2kbpl", modules=3, config={"battery": {"addresses": "1,3"}}) as rig:
            bank = rig.wait_bank()
            self.assertEqual((bank["System.NrOfModulesOnline"], bank["System.NrOfModulesOffline"]), (2, 0))
            self.agrees(rig, "pylon", [rig.sim.stack[1], rig.sim.stack[3]], recommend=rig.sim.console.recommend)
            self.assertEqual(rig.subscriber.on(rig.topic("battery_2")), [])
            self.assertEqual(rig.sim.count("bat 2"), 0)

    def test_without_the_table(self):
        """A console that does not know the table: the addresses are tried one by one."""
        with Rig(models="us2kbpl", modules=3, no_table=True) as rig:
            rig.wait_bank(lambda b: b["System.NrOfModulesOnline"] == 3)

    def test_full_battery_above_100(self):
        """Old firmware says 106 %: clamped."""
        with Rig(models="us2kbpl", modules=1, start=False) as rig:
            rig.sim.stack[1].soc_pct = 106.0
            rig.start_daemon()
            self.assertEqual(rig.wait_bank()["Soc"], 100)

    def test_failed_sense_line(self):
        """4095 mV is no voltage: the cell counts for nothing, the module blocks charge, nothing is null."""
        with Rig(models="us2kbpl", modules=2, start=False) as rig:
            rig.sim.stack[2].cells_mv[6] = 4095
            rig.sim.stack[2].voltage_mv = 49990
            rig.start_daemon()
            bank = rig.wait_bank()
            self.assertEqual(bank["Alarms.InternalFailure"], 2)
            self.assertEqual((bank["Io.AllowToCharge"], bank["Info.MaxChargeCurrent"]), (0, 0))
            self.assertLess(bank["System.MaxCellVoltage"], 3.4)
            self.assertEqual(bank["System.NrOfModulesBlockingCharge"], 1)


if __name__ == "__main__":
    unittest.main()
