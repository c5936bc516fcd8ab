"""Fault matrix: the console is not as it was, or not ours alone."""

import contextlib
import os
import termios
import threading
import unittest

from matrix import AGE_S, Row, all_lost
from test_faults_battery import Supervisor


def set_speed(row, baud):
    """The battery's console talks at another speed from now on."""
    with row.sim.lock:
        row.sim.options.baud = row.sim.wire.baud = baud


class ModeFaults(unittest.TestCase):
    def test_debug_at_start(self):
        """Somebody left the console in debug mode."""
        with Row("console in debug mode from the start", start=False, lost=()) as row:
            row.sim.console.debug = True
            row.mend(row.start_daemon)
            row.back(within_s=6)
            self.assertEqual(row.sim.count("login"), 0)

    def test_debug_meanwhile(self):
        with Row("console put into debug mode, and back", lost=()) as row:
            row.spoil(lambda: setattr(row.sim.console, "debug", True))
            row.watch(5)
            row.mend(lambda: setattr(row.sim.console, "debug", False))
            row.back(within_s=3)

    def test_user_mode_that_refuses(self):
        """The console was restarted, and this firmware reads nothing without a login."""
        with Row("console fell back to user mode, login needed", models="extra2000", login_required=True, lost=(),
                 config={"serial": {"baud": 19200}}) as row:
            row.spoil(lambda: setattr(row.sim.console, "debug", False))
            row.mend(lambda: self.assertTrue(row.sim.wait_command("login debug", count=2)))
            row.back(within_s=5, watch_s=AGE_S + 2)
            self.assertEqual(row.sim.count("login debug"), 2)


class SpeedFaults(unittest.TestCase):
    def test_other_speed_for_a_while(self):
        with Row("console at another speed for a while") as row:
            row.spoil(lambda: set_speed(row, 9600))
            row.safe(all_lost)
            row.mend(lambda: set_speed(row, 115200))
            row.back(within_s=12)

    def test_other_speed_with_rubbish(self):
        with Row("console at another speed, bytes but no text", garbage_at_wrong_speed=True,
                 noise_at_wrong_speed=True) as row:
            row.spoil(lambda: set_speed(row, 9600))
            row.safe(all_lost)
            row.mend(lambda: set_speed(row, 115200))
            row.back(within_s=12)

    def test_other_speed_for_good(self):
        """The program looks only where it found the console; started anew it looks everywhere."""
        constants = {"max_failed_polls": 2, "failed_poll_s": "0.5"}
        with Row("console at another speed for good", config={"serial": {"baud": "auto"}},
                 constants=constants) as row, Supervisor(row) as boss:
            row.spoil(lambda: set_speed(row, 19200))
            row.safe(all_lost)
            row.mend(lambda: None)
            row.back(within_s=40)
            self.assertEqual(boss.restarts, 1)

    def test_port_at_another_speed(self):
        """Another program sets the port's speed under us."""
        with Row("another program changes the port's speed") as row:
            row.spoil(lambda: self.misuse(row.sim.wire.slave))
            row.watch(AGE_S + 2)
            row.mend(lambda: None)
            row.back(within_s=12)

    def misuse(self, port):
        settings = termios.tcgetattr(port)
        settings[4] = settings[5] = termios.B9600
        termios.tcsetattr(port, termios.TCSANOW, settings)


class ForeignFaults(unittest.TestCase):
    def test_another_program(self):
        """Echoes and replies that nobody asked for are not taken for ours."""
        with Row("another program talks on the same port", paced=True) as row:
            over = threading.Event()

            def talk():
                for line in ("bat 2", "pwr 2", "pwr", "info 1", "pwr 1", "bat 1") * 100:
                    if over.wait(0.2):
                        break
                    row.sim.inject(line)
            talker = threading.Thread(target=talk, daemon=True)
            row.spoil(talker.start)
            row.watch(12)
            row.mend(over.set)
            talker.join()
            row.back(within_s=12)

    def test_another_reader(self):
        """A program that reads the port takes bytes of the replies away: what is left of them is not used."""
        with Row("another program takes bytes away", paced=True) as row:
            over = threading.Event()

            def read():
                fd = os.open(row.sim.port, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
                while not over.wait(0.003):
                    with contextlib.suppress(BlockingIOError):
                        os.read(fd, 20)
                os.close(fd)
            reader = threading.Thread(target=read, daemon=True)
            row.spoil(reader.start)
            row.safe(all_lost)
            row.watch(5)
            row.mend(over.set)
            reader.join()
            row.back(within_s=12)

    def test_wrong_module(self):
        """Replies of another module than the one that was asked."""
        with Row("replies of the wrong module") as row:
            row.spoil(lambda: row.sim.fault("wrong_module", command="pwr 1", value=2))
            row.safe(lambda bank: bank["System.NrOfModulesOffline"] == 1)
            row.mend(row.sim.clear)
            row.back(within_s=5)


if __name__ == "__main__":
    unittest.main()
