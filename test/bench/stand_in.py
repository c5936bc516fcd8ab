#!/usr/bin/python3
"""A stand-in for a reference program, no program that anybody uses: it shows that the benchmark measures another
program as well. `stand_in.py TTY PORT BAUD MODULES` reads one module after the other with fixed pauses, as simple
scripts do, and publishes the bank once a cycle, by way of mosquitto_pub."""

import json
import os
import subprocess
import sys
import termios
import time

TOPIC = "stand-in/bank"
PAUSE_S = 0.1
OVER_MV = 3650


def ask(fd, command):
    """The reply's text, after at most two seconds of looking at the port every now and then."""
    os.write(fd, command.encode("ascii") + b"\n")
    reply, until = b"", time.monotonic() + 2.0
    while not reply.endswith(b">") and time.monotonic() < until:
        time.sleep(PAUSE_S)
        reply += os.read(fd, 65536)
    return reply.decode("ascii", "replace")


def cells_mv(reply):
    """The second column of the rows that begin with a number."""
    rows = [line.split() for line in reply.splitlines()]
    return [int(row[1]) for row in rows if len(row) > 2 and row[0].isdigit() and row[1].isdigit()]


def open_port(tty, baud):
    fd = os.open(tty, os.O_RDWR | os.O_NOCTTY)
    attributes = termios.tcgetattr(fd)
    attributes[0] = attributes[1] = attributes[3] = 0
    attributes[4] = attributes[5] = getattr(termios, "B%d" % baud)
    attributes[6][termios.VMIN] = attributes[6][termios.VTIME] = 0
    termios.tcsetattr(fd, termios.TCSANOW, attributes)
    return fd


def main():
    tty, port, baud, modules = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    fd = open_port(tty, baud)
    out = subprocess.Popen(["mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-t", TOPIC, "-l"], stdin=subprocess.PIPE)
    try:
        while out.poll() is None:
            highest = [max(cells_mv(ask(fd, "bat %d" % n)), default=0) for n in range(1, modules + 1)]
            power = [ask(fd, "pwr %d" % n) for n in range(1, modules + 1)]
            bank = {"Info": {"MaxChargeCurrent": 0 if max(highest) > OVER_MV else 50 * len(power)},
                    "System": {"NrOfModulesOnline": sum(mv > 0 for mv in highest)}}
            out.stdin.write(json.dumps(bank).encode("ascii") + b"\n")
            out.stdin.flush()
    except BrokenPipeError:
        pass
    finally:
        out.stdin.close()
        out.wait()


if __name__ == "__main__":
    main()
