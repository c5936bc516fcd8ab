"""The broker: absent, restarted, frozen, with passwords; what is retained and what must not wait."""

import os
import time
import unittest

from daemon import write_config
from harness import Rig, patience


class BrokerTest(unittest.TestCase):
    def test_restart(self):
        """Nothing queued: after the return comes the newest only; the status is retained again."""
        with Rig(models="us2kbpl", modules=1) as rig:
            rig.wait_bank()
            rig.broker_down()
            self.assertIsNotNone(rig.daemon.wait_line("^warning: lost the broker", 5))
            for current in range(1000, 6000, 1000):
                rig.sim.stack[1].current_ma = current
                time.sleep(1)
            mark = rig.now()
            rig.broker_up()
            bank = rig.wait_bank(since=mark)
            self.assertEqual(bank["Dc.Current"], 5)
            time.sleep(2.5)
            seen = [rig.flat(m)["Dc.Current"] for m in rig.subscriber.on(rig.topic("pylon"), mark)]
            self.assertEqual(set(seen), {5}, "something had been queued")
            self.assertEqual(rig.broker.retained(), {rig.topic("status"): b"online"})
            self.assertEqual(len(rig.daemon.matching("^info: connected to the broker")), 2)

    def test_long_absence_is_told_once(self):
        with Rig(models="us2kbpl", modules=1) as rig:
            rig.wait_bank()
            rig.broker_down()
            time.sleep(8)
            self.assertLessEqual(len(rig.daemon.matching("broker")), 3)
            rig.broker_up()
            rig.wait_bank(since=rig.now(), timeout_s=20)

    def test_ends_in_time_while_frozen(self):
        with Rig(models="us2kbpl", modules=1) as rig:
            rig.wait_bank()
            rig.broker_down("freeze")
            time.sleep(1.5)
            status = rig.daemon.stop()
            self.assertEqual(status, 0)
            self.assertLess(rig.daemon.stop_took_s, patience(1.2))
            rig.broker_up()

    def test_inactive(self):
        """active = no: no connection at all, the battery is read."""
        with Rig(models="us2kbpl", modules=1, config={"mqtt": {"active": "no"}}) as rig:
            self.assertTrue(rig.sim.wait_command("bat 1", count=3))
            self.assertEqual(rig.subscriber.messages, [])
            self.assertNotIn("as pylontech-mqtt", rig.broker.log())
            self.assertEqual(rig.daemon.stop(), 0)


class RetainTest(unittest.TestCase):
    def test_only_the_status_is_retained(self):
        with Rig(models="us2kbpl", modules=2) as rig:
            rig.wait_bank()
            rig.wait_link()
            self.assertEqual(rig.broker.retained(), {rig.topic("status"): b"online"})
            self.assertEqual(rig.daemon.stop(), 0)
            self.assertEqual(rig.broker.retained(), {rig.topic("status"): b"offline"})

    def test_last_will(self):
        """A crash: the broker says offline for us, to those who come later as well."""
        with Rig(models="us2kbpl", modules=1) as rig:
            rig.wait_bank()
            mark = rig.now()
            rig.crash_daemon()
            last = rig.wait_status("offline", since=mark)
            self.assertTrue(last.retain)
            self.assertEqual(rig.broker.retained(), {rig.topic("status"): b"offline"})
            rig.start_daemon()
            rig.wait_status("online", since=rig.now())
            self.assertEqual(rig.broker.retained(), {rig.topic("status"): b"online"})

    def test_offline_before_the_first_reading(self):
        with Rig(models="us2kbpl", modules=1, paced=True, baud=9600, config={"serial": {"baud": 9600}}) as rig:
            rig.wait_bank()
            words = [m.payload for m in rig.subscriber.on(rig.topic("status"))]
            self.assertEqual(words, [b"offline", b"online"])

    def test_another_base(self):
        with Rig(models="us2kbpl", modules=1, config={"mqtt": {"topic_base": "house/battery-1"}}) as rig:
            rig.wait_bank()
            rig.wait_module(1)
            self.assertEqual(rig.broker.retained(), {"house/battery-1/status": b"online"})

    def test_default_base(self):
        with Rig(models="us2kbpl", modules=1, start=False) as rig:
            text = {s: {k: v for k, v in keys.items() if k != "topic_base"} for s, keys in rig.config.items()}
            rig.config["mqtt"]["topic_base"] = "victron-battery-middleware"
            write_config(rig.path, text)
            rig.start_daemon()
            rig.wait_bank()


class PasswordTest(unittest.TestCase):
    USERS = {"battery": "s3cret pass#1", "other": "x1y2z3a4"}

    def test_right(self):
        with Rig(models="us2kbpl", modules=1, users={"battery": "s3cret-pass1"}, quiet=True) as rig:
            rig.wait_bank()

    def test_file(self):
        """A password with what an INI value cannot hold."""
        with Rig(models="us2kbpl", modules=1, users=self.USERS, start=False, quiet=True) as rig:
            path = os.path.join(rig.folder, "secret")
            write_config(path, self.USERS["battery"] + "\n")
            rig.write_config({"mqtt": {"password": None, "password_file": path}})
            rig.start_daemon()
            rig.wait_bank()


if __name__ == "__main__":
    unittest.main()
