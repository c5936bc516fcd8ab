"""What nobody may get: the broker's password, and privileges that the daemon does not need."""

import glob
import os
import time
import unittest

from daemon import Daemon, run_once
from harness import Rig

PASSWORD = "s3cret-pass1"


def status(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


class SecretsTest(unittest.TestCase):
    def test_password_is_nowhere(self):
        """Not among the arguments, in the environment, in the log at its most talkative, with -n, in a topic or file."""
        with Rig(models="us2kbpl", modules=1, users={"gx": PASSWORD}, config={"logging": {"level": "debug"}}) as rig:
            rig.wait_bank()
            pid = rig.daemon.process.pid
            for name in ("cmdline", "environ"):
                with open("/proc/%d/%s" % (pid, name), "rb") as file:
                    self.assertNotIn(PASSWORD.encode(), file.read(), name)
            self.assertEqual([text for _, text in rig.daemon.lines if PASSWORD in text], [])
            for arguments in (["-c", rig.path, "-n"], ["--help"]):
                done = run_once(arguments)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn(PASSWORD, done.stdout + done.stderr)
            for message in rig.subscriber.messages:
                self.assertNotIn(PASSWORD.encode(), message.payload)
            for path in glob.glob(os.path.join(rig.folder, "memory*")):
                with open(path, "rb") as file:
                    self.assertNotIn(PASSWORD.encode(), file.read(), path)

    def test_no_core_dump(self):
        with Rig(models="us2kbpl", modules=1) as rig:
            rig.wait_bank()
            with open("/proc/%d/limits" % rig.daemon.process.pid, encoding="ascii") as file:
                line = next(line for line in file if line.startswith("Max core file size"))
            self.assertEqual(line.split()[4:6], ["0", "0"])

    def test_no_core_dump_of_watch(self):
        """It knows the password as well, and is started by hand from a shell that may allow dumps."""
        with Rig(models="us2kbpl", modules=1) as rig:
            watch = Daemon(rig.path, ("watch",)).start()
            try:
                time.sleep(0.5)
                with open("/proc/%d/limits" % watch.process.pid, encoding="ascii") as file:
                    line = next(line for line in file if line.startswith("Max core file size"))
                self.assertEqual(line.split()[4:6], ["0", "0"])
            finally:
                watch.kill()

    def test_no_privileges(self):
        """As root on a GX; and the port can be opened again all the same."""
        with Rig(models="us2kbpl", modules=1, link=True) as rig:
            rig.wait_bank()
            shown = status(rig.daemon.process.pid)
            self.assertEqual([shown[key] for key in ("CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs")],
                             ["0" * 16] * 4 + ["1"])
            if os.geteuid() == 0:
                self.assertEqual(shown["CapBnd"], "0" * 16)
            rig.sim.unplug()
            rig.daemon.wait_line("error: .*trying again", 10)
            rig.sim.replug()
            mark = rig.now()
            rig.wait_bank(timeout_s=30, since=mark)

    def test_nothing_is_subscribed(self):
        """Nobody can make the daemon do anything by a message: it hears none."""
        rig = Rig(models="us2kbpl", modules=1)
        rig.broker.more = ["log_type all"]
        with rig:
            rig.wait_bank()
            client = "from %s" % rig.config["mqtt"].get("client_id", "pylontech-mqtt")
            log = rig.broker.log()
            self.assertIn("Received SUBSCRIBE from ", log)
            self.assertIn("Received PUBLISH " + client, log)
            self.assertNotIn("Received SUBSCRIBE " + client, log)


if __name__ == "__main__":
    unittest.main()
