#!/usr/bin/python3
"""One row of the benchmark: one program, one number of modules, one speed. Prints its figures as JSON.

Run by bench.py, which says what the figures mean."""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from stand import Stand  # noqa: E402; first: it says where the others are
import process  # noqa: E402
import traffic  # noqa: E402
from reaction import Reaction  # noqa: E402

READ_PAUSE_S = 14                  # the longest that the configuration takes
SILENT_S = 1.5                     # so long without a command: the pass is over
IDLE_MAX_S = 12.0
FUNCTIONS = ("engine_step", "json_figures", "json_link")


def wait_for(stand, patience_s, look, missing):
    """Looks until there is something, and returns it."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        stand.alive()
        time.sleep(0.2)
    raise RuntimeError("%s within %g s" % (missing, patience_s))


def patience(stand, cycles):
    return 60 + 8.0 * cycles * stand.modules * 19200 / stand.baud


def wait_cycles(stand, since, count, patience_s):
    """Waits until `count` whole passes began after `since`; they are returned as one list of exchanges."""
    def look():
        found = [one for one in traffic.exchanges(stand.sim) if one.at >= since]
        return found if len(traffic.cycles(found, stand.mark)) >= count else None
    return wait_for(stand, patience_s, look, "not %d passes" % count)


def settle(stand, patience_s):
    """Waits until the passes after the first one have begun twice: by then counters are read that are left for an hour."""
    stand.mark = wait_for(stand, patience_s, lambda: traffic.mark(traffic.exchanges(stand.sim)), "no pass that came back")


def first_bank(stand, wire_guess_s):
    """Starts the program; how long until the bank is complete, and what the wire needs for that."""
    stand.start()
    message = stand.wait(stand.complete, 60 + 4 * wire_guess_s)
    if message is None:
        raise RuntimeError("no complete bank")
    needed = traffic.needed_s(traffic.exchanges(stand.sim), message.time, stand.baud)
    took = message.time - stand.started
    return {"start_s": took, "start_over_wire": took / needed if needed else None}


def reaction_figures(took):
    """Median and worst of each kind and of all, with the number of changes that nobody was told of."""
    kinds = dict(took, all=[t for times in took.values() for t in times])
    figures = {}
    for kind, times in kinds.items():
        seen = [t for t in times if t is not None]
        figures[kind] = {"changes": len(times), "missed": len(times) - len(seen),
                         "median_s": statistics.median(seen) if seen else None,
                         "worst_s": max(seen) if seen else None}
    return figures


def cost(before, after, found, cycle_s, seconds):
    """What the program took in so many seconds, with these exchanges in them."""
    cpu_s = (after.cpu_ns - before.cpu_ns) / 1e9
    return {"cpu_ms_a_cycle": 1000 * cpu_s * cycle_s / seconds,
            "cpu_us_a_kb": 1e6 * cpu_s / (sum(one.total for one in found) / 1000),
            "wakeups_a_s": (after.wakeups - before.wakeups) / seconds}


def at_full_speed(stand, reaction, options):
    """Passes and reactions of one stretch of time in which bytes come all the time; what its first passes cost, in which
    nothing happens."""
    settle(stand, patience(stand, 3))
    began, before = time.monotonic(), process.sample(stand.process.pid)
    found = wait_cycles(stand, began, options.cycles, patience(stand, options.cycles))
    calm, calm_s = process.sample(stand.process.pid), time.monotonic() - began
    cycle_s = traffic.figures(found, stand.baud, stand.mark)["cycle_s"]
    reaction.run(options.changes, cycle_s)
    after, ended = process.sample(stand.process.pid), time.monotonic()
    whole = [one for one in traffic.exchanges(stand.sim) if began <= one.at <= ended]
    figures = traffic.figures(whole, stand.baud, stand.mark)
    figures.update(cost(before, calm, found, cycle_s, calm_s), seconds=ended - began, rss_kb=after.rss_kb,
                   peak_kb=after.peak_kb)
    figures["reaction"] = reaction_figures(reaction.took)
    return figures


def idle(stand):
    """Wake-ups and CPU while the program pauses between two passes."""
    stand.configure({"serial": {"reading_freq": READ_PAUSE_S}})
    stand.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 2 * READ_PAUSE_S
    while time.monotonic() - stand.sim.commands[-1][0] < SILENT_S:
        if time.monotonic() > until:
            return {}
        time.sleep(0.1)
    count, began = len(stand.sim.commands), time.monotonic()
    first = last = process.sample(stand.process.pid)
    at = began
    while time.monotonic() - began < IDLE_MAX_S:
        time.sleep(0.25)
        now, newest = time.monotonic(), process.sample(stand.process.pid)
        if len(stand.sim.commands) > count:
            break
        last, at = newest, now
    if at - began < 2.0:
        return {}
    return {"idle_wakeups_a_s": (last.wakeups - first.wakeups) / (at - began),
            "idle_cpu_ms_a_s": (last.cpu_ns - first.cpu_ns) / 1e6 / (at - began)}


def measure(options):
    with Stand(options.modules, options.baud, options.adapter, options.model, not options.no_table,
               options.reference, options.topic) as stand:
        reaction = Reaction(stand)
        reaction.prepare()
        figures = first_bank(stand, 1.5 * options.modules * 19200 / options.baud)
        figures.update(at_full_speed(stand, reaction, options))
        if not (options.reference or options.no_idle) and figures["cycle_s"] < READ_PAUSE_S - SILENT_S - 3:
            figures.update(idle(stand))
        figures["load"] = os.getloadavg()[0]
        return figures


# ---- instructions ----

def instructions(options):
    """Instructions a pass in parsing, limits and documents: what callgrind counts in FUNCTIONS."""
    out = os.path.join("/tmp", "callgrind-bench-%d" % os.getpid())
    wrapper = ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out]
    wrapper += ["--toggle-collect=" + name for name in FUNCTIONS]
    try:
        with Stand(options.modules, options.baud, options.adapter, options.model, not options.no_table,
                   wrapper=wrapper) as stand:
            Reaction(stand).prepare()
            first_bank(stand, 60)
            settle(stand, 300)
            control(stand, "--zero")
            began = time.monotonic()
            wait_cycles(stand, began, options.cycles, 300)
            control(stand, "--dump")
            found = [one for one in traffic.exchanges(stand.sim) if one.at >= began]
            size = sum(one.total for one in found)
            per_cycle = traffic.figures(found, options.baud, stand.mark)["bytes_a_cycle"]
        a_byte = total(out + ".1") / size
        return {"instructions_a_cycle": a_byte * per_cycle, "instructions_a_byte": a_byte}
    finally:
        for path in (out, out + ".1"):
            if os.path.exists(path):
                os.unlink(path)


def control(stand, what):
    subprocess.run(["callgrind_control", what, str(stand.process.pid)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=60)


def total(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith(("totals:", "summary:")):
                return int(line.split()[1])
    raise RuntimeError("no total in " + path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--modules", type=int, required=True)
    add("--baud", type=int, required=True)
    add("--adapter", default="ftdi")
    add("--model", default="extra2000")
    add("--no-table", action="store_true")
    add("--changes", type=int, default=6)
    add("--cycles", type=int, default=3)
    add("--no-idle", action="store_true", help="without the half minute that looking at the pause takes")
    add("--reference")
    add("--topic")
    add("--instructions", action="store_true", help="only these, under callgrind")
    options = parser.parse_args()
    if options.instructions and not shutil.which("valgrind"):
        print("{}")
        return 0
    print(json.dumps((instructions if options.instructions else measure)(options)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
