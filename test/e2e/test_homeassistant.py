"""Home Assistant's discovery: what is announced when, and that it reads our values by it. Every announcement of every
test also goes through the schema (discovery.py)."""

import os
import re
import signal
import tempfile
import time
import unittest

import discovery
import yaml
from daemon import ROOT
from harness import BASE, Rig, patience
from mqtt import Broker, Subscriber

PREFIX = "homeassistant"
ON = {"homeassistant": {"discovery": "yes"}}
BIRTH = PREFIX + "/status"
QUICK_LOSS = {"max_age_s": "2", "failed_poll_s": "0.5", "max_failed_polls": "100"}


def topic_of(number, prefix=PREFIX):
    return "%s/device/%s/%s/config" % (prefix, BASE, "module_%d" % number if number else "bank")


class Case(unittest.TestCase):
    def rig(self, **options):
        options.setdefault("config", ON)
        options.setdefault("models", "us2kbpl")
        return Rig(modules=options.pop("modules", 2), foreign=(BIRTH,), **options)

    def announced(self, rig, number, since=0, prefix=PREFIX):
        """The device of the next announcement."""
        message = rig.subscriber.wait_for(lambda m: m.topic == topic_of(number, prefix) and m.payload, patience(15), since)
        self.assertIsNotNone(message, "device %d is not announced" % number)
        return discovery.Device(message.payload)

    def taken_back(self, rig, numbers, since=0, prefix=PREFIX):
        for number in numbers:
            message = rig.subscriber.wait_for(lambda m, n=number: m.topic == topic_of(n, prefix) and not m.payload,
                                              patience(10), since)
            self.assertIsNotNone(message, "device %d is not taken back" % number)

    def last(self, rig):
        """The last message of each of our topics, as Home Assistant has them."""
        with rig.subscriber.changed:
            return {m.topic: m.payload.decode() for m in rig.subscriber.messages if m.topic.startswith(BASE + "/")}

    def retained_devices(self, rig):
        return sorted(topic for topic in rig.broker.retained(PREFIX + "/#") if topic != BIRTH)


class AnnounceTest(Case):
    def test_at_start_and_kept(self):
        """One device for the bank, one a module; a Home Assistant that comes later finds them in the broker."""
        with self.rig() as rig:
            bank, first, second = (self.announced(rig, n) for n in (0, 1, 2))
            self.assertEqual(bank.document["device"]["name"], "Pylontech bank")
            for number, module in ((1, first), (2, second)):
                device = module.document["device"]
                self.assertEqual(device["serial_number"], rig.sim.stack[number].barcode)
                self.assertEqual(device["sw_version"], rig.sim.stack[number].firmware)
                self.assertEqual(device["model"], rig.sim.stack[number].device_name)
                self.assertEqual(device["via_device"], bank.document["device"]["identifiers"])
                self.assertTrue(all(rig.sim.stack[number].barcode in unique for unique in module.ids))
            self.assertFalse(bank.ids & first.ids or first.ids & second.ids)
            self.assertEqual(self.retained_devices(rig), [topic_of(0), topic_of(1), topic_of(2)])

    def test_birth(self):
        """Home Assistant starts: everything once more. Its last will is no reason."""
        with self.rig() as rig:
            self.announced(rig, 2)
            mark = rig.now()
            rig.broker.publish(BIRTH, "offline")
            time.sleep(1)
            self.assertEqual(rig.subscriber.on(topic_of(0), mark), [])
            rig.broker.publish(BIRTH, "online")
            for number in (0, 1, 2):
                self.announced(rig, number, mark)

    def test_every_connection(self):
        with self.rig() as rig:
            self.announced(rig, 2)
            rig.broker_down()
            mark = rig.now()
            rig.broker_up()
            for number in (0, 1, 2):
                self.announced(rig, number, mark)

    def test_another_module(self):
        """Another barcode at an address is another device: the one before is taken away first."""
        with self.rig() as rig:
            before = self.announced(rig, 2)
            mark = rig.now()
            rig.sim.stack[2].present = False
            rig.wait_bank(lambda flat: flat["System.NrOfModulesOnline"] == 1, timeout_s=25)
            rig.sim.stack[2].set_many(present=True, barcode="SIMZ00000099999")
            self.taken_back(rig, [2], mark)
            after = self.announced(rig, 2, mark)
            self.assertFalse(before.ids & after.ids)
            order = [bool(m.payload) for m in rig.subscriber.on(topic_of(2), mark)]
            self.assertEqual(order, [False, True])

    def test_without_barcodes(self):
        """A console that refuses `info`: the address stands for the barcode."""
        with self.rig(models="us3000d") as rig:
            module = self.announced(rig, 2)
            self.assertEqual(module.document["device"]["identifiers"], "pylontech_%s_module_2" % BASE)

    def test_sixteen(self):
        with self.rig(models="us5000new", modules=16, config=dict(ON, mqtt={"topic_base": BASE})) as rig:
            devices = [self.announced(rig, number) for number in range(17)]
            ids = [unique for device in devices for unique in device.ids]
            self.assertEqual(len(ids), len(set(ids)))


class DashboardTest(Case):
    def entity_ids(self, device):
        """As Home Assistant makes them of a device's name and an entity's."""
        name = device.document["device"]["name"]
        return {part["platform"] + "." + re.sub("[^a-z0-9]+", "_", (name + " " + part["name"]).lower())
                for part in device.entities.values()}

    def test_every_entity_is_announced(self):
        with open(os.path.join(ROOT, "conf", "home-assistant-dashboard.yaml"), encoding="ascii") as file:
            text = file.read()
        self.assertEqual(yaml.safe_load(text)["title"], "Battery")
        shown = set(re.findall(r"\b(?:binary_)?sensor\.[a-z0-9_]+", text))
        self.assertGreater(len(shown), 50)
        with self.rig() as rig:
            known = self.entity_ids(self.announced(rig, 0)) | self.entity_ids(self.announced(rig, 1))
        self.assertEqual(shown - known, set())


class BridgeTest(Case):
    """The bridge of docs/home-assistant.md: a broker of Home Assistant's own gets devices, values and says when it has started."""

    def lines(self, port):
        with open(os.path.join(ROOT, "docs/home-assistant.md"), encoding="ascii") as file:
            block = re.search(r"^connection gx\n(?:.+\n)+?(?=```)", file.read(), re.M)[0]
        self.assertIn("/victron_battery_middleware/", block)
        block = block.replace("192.168.1.20:1883", "127.0.0.1:%d" % port)
        return re.sub("victron.battery.middleware", BASE, block).splitlines()

    def test_readme(self):
        with self.rig() as rig, tempfile.TemporaryDirectory() as folder:
            self.announced(rig, 2)
            broker = Broker(folder, options=self.lines(rig.broker.port))
            subscriber = Subscriber(broker)
            try:
                broker.start()
                subscriber.start()
                for topic in (topic_of(0), topic_of(2), BASE + "/pylon", BASE + "/battery_2", BASE + "/link", BASE + "/status"):
                    self.assertIsNotNone(subscriber.wait_for(lambda m, t=topic: m.topic == t, patience(15)), topic)
                self.assertIn(topic_of(0), broker.retained(PREFIX + "/#"))
                mark = rig.now()
                broker.publish(BIRTH, "online")
                self.announced(rig, 2, mark)
            finally:
                subscriber.stop()
                broker.stop()


class QuietTest(Case):
    """Where nobody has asked for it nothing is said and nothing is listened to."""

    def subscriptions(self, rig):
        lines = rig.broker.log().splitlines()
        ours = [i for i, line in enumerate(lines) if "Received SUBSCRIBE from pylontech-mqtt" in line]
        return [lines[i + 1].split()[1] for i in ours]

    def test_default(self):
        with self.rig(config={}, broker_options=["log_type all"]) as rig:
            rig.wait_bank()
            rig.broker.publish(BIRTH, "online")
            rig.wait_link()
            time.sleep(1)
            self.assertEqual(self.retained_devices(rig), [])
            self.assertEqual(self.subscriptions(rig), [])

    def test_listens_to_the_birth_alone(self):
        with self.rig(broker_options=["log_type all"]) as rig:
            self.announced(rig, 0)
            self.assertEqual(self.subscriptions(rig), [BIRTH])


class OffTest(Case):
    """Switched off, the devices go; nothing of them stays in the broker."""

    def test_by_reload(self):
        with self.rig() as rig:
            self.announced(rig, 2)
            mark = rig.now()
            rig.hangup({"homeassistant": {"discovery": "no"}})
            self.taken_back(rig, (0, 1, 2), mark)
            rig.wait_bank(since=rig.now())
            self.assertEqual(self.retained_devices(rig), [])

    def test_by_a_restart(self):
        with self.rig() as rig:
            self.announced(rig, 2)
            time.sleep(1.5)                         # another bank, with which it is remembered
            rig.daemon.stop()
            rig.write_config({"homeassistant": {"discovery": "no"}})
            mark = rig.now()
            rig.start_daemon()
            self.taken_back(rig, (0, 1, 2), mark)
            self.assertEqual(self.retained_devices(rig), [])

    def test_another_prefix(self):
        with self.rig() as rig:
            self.announced(rig, 2)
            mark = rig.now()
            rig.hangup({"homeassistant": {"prefix": "ha"}})
            self.taken_back(rig, (0, 1, 2), mark)
            self.announced(rig, 2, mark, "ha")

    def test_a_stop_leaves_them(self):
        """The devices stay, as unavailable."""
        with self.rig() as rig:
            module = self.announced(rig, 1)
            rig.wait_link(lambda link: len(link["modules"]) == 2)
            self.assertTrue(module.available(self.last(rig)))
            rig.daemon.stop(signal.SIGTERM)
            rig.wait_status("offline")
            self.assertEqual(len(self.retained_devices(rig)), 3)
            self.assertFalse(module.available(self.last(rig)))


class ValueTest(Case):
    def states(self, device, rig):
        payloads = self.last(rig)
        return {name: device.state(name, payloads) for name in device.entities}

    def check_values(self, models, cells):
        with self.rig(models=models) as rig:
            bank, module = self.announced(rig, 0), self.announced(rig, 2)
            rig.wait_link(lambda link: link["passes"] > 2)
            battery = rig.sim.stack[2]
            states = self.states(module, rig)
            self.assertTrue(bank.available(self.last(rig)) and module.available(self.last(rig)))
            self.assertAlmostEqual(states["voltage"], battery.voltage_mv / 1000, delta=0.01)
            self.assertAlmostEqual(states["current"], battery.current_ma / 1000, delta=0.01)
            self.assertAlmostEqual(states["state_of_charge"], battery.percent, delta=1)
            self.assertAlmostEqual(states["stored_energy"], states["remaining_capacity"] * states["voltage"] / 1000, delta=0.02)
            hours = (states["installed_capacity"] - states["remaining_capacity"]) / states["current"]
            self.assertAlmostEqual(states["time_to_full"] / 3600, hours, delta=0.1)
            self.assertIsNone(states["time_to_empty"])
            for cell, cell_mv in enumerate(battery.cells_mv, 1):
                self.assertAlmostEqual(states["cell_%d_voltage" % cell], cell_mv / 1000)
                self.assertIs(states["cell_%d_balancing" % cell], False)
            self.assertNotIn("cell_%d_voltage" % (cells + 1), states)
            self.assertEqual((states["charge_allowed"], states["low_voltage"]), (True, "ok"))
            self.assertGreater(states["good_replies"], 2)
            self.assertLess(states["age_of_the_values"], 15000)
            states = self.states(bank, rig)
            self.assertEqual((states["modules_online"], states["modules_offline"]), (2, 0))
            self.assertEqual(states["charge_voltage_limit"], cells * 3.5)
            self.assertTrue(states["charge_mode"].startswith("Bulk"), states["charge_mode"])
            why = self.last(rig)[rig.topic("link")]
            self.assertIn('"charge_current":"%s"' % states["charge_limited_by"], why)
            self.assertIn('"discharge_current":"%s"' % states["discharge_limited_by"], why)
            self.assertGreater(states["good_replies"], 4)
            self.assertIn(states["console"], ("idle", "awaiting"))

    def test_fifteen_cells(self):
        self.check_values("us2kbpl", 15)

    def test_sixteen_cells(self):
        self.check_values("pytes48100", 16)

    def test_discharging_and_alarms(self):
        with self.rig() as rig:
            module = self.announced(rig, 1)
            rig.sim.stack[1].set_many(current_ma=-9000, temperature_mc=46500)
            rig.wait_module(1, lambda flat: flat["Dc.Current"] < 0)
            states = self.states(module, rig)
            self.assertIsNone(states["time_to_full"])
            self.assertGreater(states["time_to_empty"], 3600)
            self.assertEqual(states["high_charge_temperature"], "warning")

    def test_lost(self):
        """A lost module is unavailable, and so is a lost battery: what was known stays, what never was is unknown, not 0."""
        with self.rig(constants=QUICK_LOSS) as rig:
            bank, module = self.announced(rig, 0), self.announced(rig, 2)
            mark = rig.now()
            rig.sim.stack[2].present = False
            rig.wait_link(lambda link: [m["online"] for m in link["modules"]] == [1, 0], since=mark)
            self.assertFalse(module.available(self.last(rig)))
            self.assertTrue(bank.available(self.last(rig)))
            rig.sim.stack[1].present = False
            rig.wait_status("offline", since=mark)
            rig.wait_bank(lambda flat: flat["Alarms.BmsCable"] == 2, since=mark)
            self.assertFalse(bank.available(self.last(rig)))
            states = self.states(bank, rig)
            self.assertEqual(states["lost_modules"], "alarm")
            self.assertGreater(states["stored_energy"], 0.1)
            self.assertEqual(states["charge_limited_by"], "Battery lost")
            self.assertIsNone(states["time_since_full_charge"])


class SchemaTest(unittest.TestCase):
    """The checker finds what it is to find."""

    GOOD = {"dev": {"ids": "x", "name": "X"}, "o": {"name": "y"}, "stat_t": "b/pylon", "avty": [{"t": "b/status"}],
            "cmps": {"soc": {"p": "sensor", "name": "SoC", "uniq_id": "x_soc", "dev_cla": "battery", "unit_of_meas": "%",
                             "stat_cla": "measurement", "val_tpl": "{{ value_json.Soc }}"}}}

    def faults(self, top=None, **entity):
        document = discovery.json.loads(discovery.json.dumps(self.GOOD))
        document["cmps"]["soc"].update(entity)
        document.update(top or {})
        return list(discovery.faults(topic_of(0), discovery.json.dumps(document)))

    def test_good(self):
        self.assertEqual(self.faults(), [])
        self.assertEqual(list(discovery.faults(topic_of(0), b"")), [])

    def test_broken(self):
        second = {"cmps": {name: dict(self.GOOD["cmps"]["soc"], name=name) for name in ("soc", "other")}}
        for top, entity in (({"origin_": 1}, {}), ({"o": {}}, {}), ({"dev": {"name": "x"}}, {}), ({"cmps": {}}, {}),
                            ({"stat_t": "b/#"}, {}), ({"avty": [{"t": ""}]}, {}), ({"avty_mode": "some"}, {}), (second, {}),
                            ({"dev": {"ids": "x", "colour": "red"}}, {}), ({"dev": {"ids": 1}}, {}),
                            ({}, {"p": "light"}), ({}, {"uniq_id": ""}), ({}, {"unit_of_meas": "V"}), ({}, {"stat_cla": "total"}),
                            ({}, {"stat_cla": "often"}), ({}, {"dev_cla": "charge"}), ({}, {"dev_cla": "enum"}),
                            ({}, {"ops": ["a"]}), ({}, {"val_tpl": "{{ value_json."}), ({}, {"ent_cat": "config"}),
                            ({}, {"en": "no"}), ({}, {"sug_dsp_prc": 1.5}), ({}, {"pl_on": "1"}), ({}, {"name": 5}),
                            ({"avty": [{"t": "x", "val_tpl": "{% if %}"}]}, {})):
            with self.subTest(top=top, entity=entity):
                self.assertNotEqual(self.faults(top, **entity), [])
        self.assertNotEqual(list(discovery.faults("homeassistant/sensor/x/config", b"")), [])


if __name__ == "__main__":
    unittest.main()
