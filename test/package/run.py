#!/usr/bin/python3
"""Runs the tests of the package side by side, one process a test: they mostly wait for svscan and for each other's
processes to end.

    run.py [PATTERN ...]     only tests whose name holds one of the patterns

One line a test, the output of those that fail, and at the end `N passed, N failed, N skipped`.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import gx  # noqa: E402

WORKERS = 4
LONGEST_S = 300


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def find(patterns):
    names = [test.id() for test in flatten(unittest.defaultTestLoader.discover(HERE, "test_*.py", HERE))]
    return [name for name in names if not patterns or any(p in name for p in patterns)]


def run_one(name):
    """(name, "passed", "failed" or "skipped", seconds, output, or the reason of a skip)."""
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "unittest", "-v", name], cwd=HERE, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        text, _ = process.communicate(timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        process.terminate()
        text, _ = process.communicate()
    outcome = "passed" if process.returncode == 0 and "Ran 1 test " in text else "failed"
    skip = re.search(r"""\.\.\. skipped (['"])(.*)\1$""", text, re.M)
    if outcome == "passed" and skip:
        outcome, text = "skipped", skip[2]
    return name, outcome, time.monotonic() - began, text


def main():
    names = find(sys.argv[1:])
    gx.tools()                     # built once, and not by every worker
    counts = dict.fromkeys(("passed", "failed", "skipped"), 0)
    with tempfile.TemporaryDirectory(prefix="pylontech-gx-stage-") as folder, \
            concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        os.environ["PYLONTECH_STAGED"] = folder
        for future in concurrent.futures.as_completed([pool.submit(run_one, name) for name in names]):
            name, outcome, took, text = future.result()
            counts[outcome] += 1
            print("%-8s %6.1f s  %s%s" % (outcome, took, name, " (%s)" % text if outcome == "skipped" else ""), flush=True)
            if outcome == "failed":
                print("\n".join("    " + line for line in text.splitlines()), flush=True)
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    return 1 if counts["failed"] or not names else 0


if __name__ == "__main__":
    sys.exit(main())
