#!/usr/bin/python3
"""`make bench`: how fast, how quick to react and how cheap the program is, on a simulated battery at true wire speed.

Each row is a process of its own (row.py) with its own battery and broker. The figures are printed as a table and
written to bench.json in BUILD (build); --readme FILE puts the table of that JSON file into a README. Nothing here judges.

REFERENCE='command with {tty} {port}' ({baud}, {modules}) measures another program beside ours and prints the
ratios; REFERENCE_TOPIC says where it publishes the bank (default: any topic with Info.MaxChargeCurrent in it).
"""

import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import time

import process
import table

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
ROW_S = 900                        # no row takes longer
# (modules, baud, changes to react to): what takes longest comes first
ROWS = ((16, 19200, 6), (8, 19200, 10), (5, 19200, 20), (1, 19200, 10),
        (16, 115200, 10), (8, 115200, 12), (5, 115200, 20), (1, 115200, 12))
QUICK = ((5, 19200, 5), (1, 115200, 5))
SMOKE = ((1, 115200, 1),)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--quick", action="store_true", help="two rows and few changes")
    add("--smoke", action="store_true", help="one row, just to see that it runs; no pause, no callgrind")
    add("--jobs", type=int, default=4, help="rows side by side (4)")
    add("--adapter", default="ftdi", help="how bytes come: ftdi (62 bytes or 16 ms), direct")
    add("--model", default="extra2000", help="of the simulated battery")
    add("--no-table", action="store_true", help="a console without the `pwr` table")
    add("--out", default=os.path.join(BUILD, "bench.json"), help="the JSON file (%s)" % os.path.join(BUILD, "bench.json"))
    add("--readme", metavar="FILE", help="measure nothing: put the table of the JSON file into FILE")
    return parser.parse_args()


def machine():
    """What it was measured on."""
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return "%s, %d of its cores, Linux %s" % (model, len(os.sched_getaffinity(0)), os.uname().release.split("-")[0])


def binary():
    return os.path.abspath(os.environ.get("PYLONTECH_MQTT", os.path.join(BUILD, "pylontech-mqtt")))


def version():
    return subprocess.run([binary(), "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def run_row(options, modules, baud, changes, extra=(), environment=None):
    """The figures of a row, or {"error": why}."""
    command = [sys.executable, os.path.join(HERE, "row.py"), "--modules", str(modules), "--baud", str(baud),
               "--changes", str(changes), "--cycles", "2" if modules > 8 else "3", "--adapter", options.adapter, "--model", options.model, *extra]
    if options.smoke:
        command.append("--no-idle")
    if options.no_table:
        command.append("--no-table")
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=ROW_S,
                              check=False, env=dict(os.environ, **(environment or {})))
    except subprocess.TimeoutExpired:
        return {"error": "took longer than %d s" % ROW_S}
    if done.returncode != 0:
        return {"error": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "ended badly"}
    return json.loads(done.stdout)


def symbols():
    """callgrind needs the names of functions: the program itself, or its twin that was not stripped."""
    twin = binary() + ".debug"
    return {"PYLONTECH_MQTT": twin} if os.access(twin, os.X_OK) else {}


def tasks(options):
    """(key, function) of everything to be run; a key is (who, modules, baud)."""
    reference, topic = os.environ.get("REFERENCE"), os.environ.get("REFERENCE_TOPIC")
    other = ["--reference", reference] + (["--topic", topic] if topic else []) if reference else None
    rows = SMOKE if options.smoke else QUICK if options.quick else ROWS
    for modules, baud, changes in rows:
        yield ("ours", modules, baud), lambda m=modules, b=baud, c=changes: run_row(options, m, b, c)
        if other:
            yield ("reference", modules, baud), lambda m=modules, b=baud, c=changes: run_row(options, m, b, c, other)
    if options.smoke:
        return
    for modules, baud, _ in rows:
        yield ("instructions", modules, baud), lambda m=modules, b=baud: run_row(
            options, m, b, 0, ["--instructions"], symbols())


def collect(options):
    """Runs everything; rows by (modules, baud), each {"ours": figures, "reference": figures}."""
    rows = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(run): key for key, run in tasks(options)}
        for future in concurrent.futures.as_completed(futures):
            who, modules, baud = futures[future]
            figures = future.result()
            row = rows.setdefault((baud, modules), {"modules": modules, "baud": baud, "ours": {}})
            row.setdefault("ours" if who == "instructions" else who, {}).update(figures)
            print("%-12s %2d modules, %6d baud: %s" % (who, modules, baud, figures.get("error", "done")), flush=True)
    return [rows[key] for key in sorted(rows)]


def write(path, result):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


def main():
    options = arguments()
    if options.readme:
        with open(options.out, encoding="ascii") as file:
            table.into_readme(options.readme, json.load(file))
        return 0
    began = time.time()
    result = {"date": time.strftime("%Y-%m-%d", time.gmtime(began)), "machine": machine(), "program": version(),
              "bytes_of_program": os.path.getsize(binary()), "adapter": options.adapter, "model": options.model,
              "table": not options.no_table, "reference": os.environ.get("REFERENCE"),
              "load": os.getloadavg()[0], "empty_wakeup_us": process.empty_wakeup_us(), "rows": collect(options)}
    result["seconds"] = round(time.time() - began)
    write(options.out, result)
    print("\n" + table.text(result) + "\nin %s" % options.out)
    return 1 if any("error" in row[who] for row in result["rows"] for who in ("ours", "reference") if who in row) else 0


if __name__ == "__main__":
    sys.exit(main())
