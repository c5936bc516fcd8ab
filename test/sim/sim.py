#!/usr/bin/python3
"""Plays a Pylontech battery stack on a pty. First line on stdout: `pty /dev/pts/N`.

It ends on SIGTERM or SIGINT, at `end` in the scenario, or after --seconds, and prints a summary.
"""

import argparse
import os
import signal
import sys
import threading

if __package__ in (None, ""):      # run as a file: our own folder must not hide the package
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from sim.adapter import ADAPTERS
from sim.faults import KINDS
from sim.models import MODELS
from sim.scenario import ScenarioError
from sim.simulator import Simulator


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog="README.md describes scenarios and models.",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--model", default="us2kbpl", help="a model, or a list a,b,c with one for each module (default us2kbpl)")
    add("--modules", type=int, default=2, help="how many modules, where --model is one name (default 2)")
    add("--baud", type=int, help="console speed (default: the model's)")
    add("--unpaced", action="store_true", help="as fast as possible instead of true wire speed")
    add("--adapter", choices=ADAPTERS, default="direct", help="how bytes get from the line into the computer")
    add("--link", help="a symbolic link to the pty; stays the same over unplug and replug")
    add("--cooked", action="store_true", help="leave the terminal cooked with echo")
    add("--asleep", action="store_true", help="silent until woken by the frame at 1200 baud")
    add("--wakes-needed", type=int, default=1, metavar="N", help="only the Nth wake frame works")
    add("--login-required", action="store_true", help="read commands need `login debug`")
    add("--no-table", action="store_true", help="refuse `pwr` without a number")
    add("--own-layouts", action="store_true", help="each module answers in its own model's layout")
    add("--garbage-at-wrong-speed", action="store_true", help="bytes but no text at a wrong speed")
    add("--latency", type=float, metavar="S", help="seconds before each reply (default 0.02, unpaced 0)")
    add("--scenario", metavar="FILE", help="what changes when")
    add("--physics", action="store_true", help="values move with time")
    add("--time-scale", type=float, default=1.0, metavar="X", help="seconds of battery a second (with --physics)")
    add("--recorded", metavar="DIR", help="serve the captures of this folder byte for byte, nothing else")
    add("--recorded-match", default="*", metavar="GLOB", help="only the captures whose names match")
    add("--seed", type=int, default=1, help="for the random faults")
    add("--seconds", type=float, metavar="S", help="end after this time")
    add("--control", action="store_true", help="run scenario actions (`module 2 soc 40`) from stdin at once")
    add("--list", action="store_true", help="list models and faults and exit")
    return parser.parse_args()


def list_all():
    print("models:")
    for name, m in MODELS.items():
        print("  %-11s %6d baud, %2d rows, %3d cells, %d mAh, pwr layout %s, bat layout %s" % (
            name, m.baud, m.rows, m.cells, m.capacity_mah, m.table, m.bat))
    print("faults:")
    for name, text in KINDS.items():
        print("  %-13s %s" % (name, text))


def build(args):
    names = args.model.split(",")
    scenario = None
    if args.scenario:
        with open(args.scenario, encoding="ascii") as file:
            scenario = file.read()
    return Simulator(
        names if len(names) > 1 else names[0], args.modules, paced=not args.unpaced, link=args.link,
        cooked=args.cooked, garbage_at_wrong_speed=args.garbage_at_wrong_speed, recorded=args.recorded,
        recorded_match=args.recorded_match, scenario=scenario, seed=args.seed, physics=args.physics,
        time_scale=args.time_scale, adapter=args.adapter, baud=args.baud, asleep=args.asleep, wakes_needed=args.wakes_needed,
        login_required=args.login_required, no_table=args.no_table, own_layouts=args.own_layouts,
        latency_s=args.latency)


def control(sim):
    """Actions from stdin; what makes no sense is said on stderr and skipped."""
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            sim.do(line)
            print("done " + line.strip(), flush=True)
        except (ValueError, KeyError, IndexError) as error:
            print("refused %s: %s" % (line.strip(), error), file=sys.stderr, flush=True)


def summary(sim):
    wire, names = sim.wire, {}
    for _, text in sim.commands:
        key = text.split(" ")[0] or "newline"
        names[key] = names.get(key, 0) + 1
    print("bytes in %d, out %d, lost on a full pty %d, damaged %d, at a wrong speed in %d out %d" % (
        wire.bytes_in, wire.bytes_out, wire.overruns, sim.faults.damaged_bytes, wire.wrong_speed_in,
        wire.wrong_speed_out))
    print("woken %d, commands %d: %s" % (sim.console.wakes, len(sim.commands),
                                         " ".join("%s=%d" % n for n in sorted(names.items()))))
    for when, text in sim.forbidden:
        print("forbidden command at %.3f s: %r" % (when - sim.started, text))
    sys.stdout.flush()


def main():
    args = arguments()
    if args.list:
        list_all()
        return 0
    try:
        sim = build(args)
    except (ScenarioError, ValueError, KeyError, OSError) as error:
        print("sim: %s" % error, file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sim.ended.set())
    sim.start()
    print("pty %s" % sim.pty, flush=True)
    if args.control:
        threading.Thread(target=control, args=(sim,), daemon=True).start()
    sim.ended.wait(args.seconds)
    sim.stop()
    summary(sim)
    return 0


if __name__ == "__main__":
    sys.exit(main())
