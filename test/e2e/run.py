#!/usr/bin/python3
"""Runs the end-to-end tests side by side, one process a test: they mostly wait.

    run.py [-j N] [--but PATTERN]... [PATTERN ...]     only tests whose name holds one of the patterns

One line a test, the output of those that fail, and at the end the fault matrix, a judgement of every command that
was ever written to a console, and `N passed, N failed, N skipped`. The exit status is 0 only when something ran and
nothing failed.
"""

import argparse
import concurrent.futures
import contextlib
import faulthandler
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import commands  # noqa: E402
import matrix  # noqa: E402
import records  # noqa: E402
from harness import binary_missing, patience  # noqa: E402

LONGEST_S = 240                    # no test may take longer; it can still clean up
KILL_S = LONGEST_S + 30            # when it cannot
WORKERS = 9
ONLY_READS = "only_reads.over_all_tests"   # the name of the judgement on all commands
OUTCOMES = {0: "passed", 1: "failed", 2: "skipped"}


class TooLong(Exception):
    """A test that does not come to its end."""


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def find(patterns):
    """The names of all tests that fit. Those of the contract checker need no program: they run by themselves."""
    names = [test.id() for test in flatten(unittest.defaultTestLoader.discover(HERE, "test_*.py", HERE))]
    if not patterns:
        return [name for name in names if not name.startswith("test_contract.")]
    return [name for name in names if any(p in name for p in patterns)]


def out_of_time(*unused):
    raise TooLong("longer than %g s" % patience(LONGEST_S))


def run_here(name):
    """Runs one test in this process; the exit status is a key of OUTCOMES."""
    faulthandler.enable()
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(int(patience(LONGEST_S)))
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromName(name).run(result)
    signal.alarm(0)
    if result.skipped:
        print(result.skipped[0][1])
        return 2
    wrong = result.failures + result.errors
    print("\n".join(text for _, text in wrong))
    odd = result.testsRun != 1 or result.unexpectedSuccesses or result.expectedFailures
    return 1 if wrong or odd else 0


def run_one(name):
    """(name, outcome, seconds, text) of one test, run in a process group of its own."""
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--one", name], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        text, _ = process.communicate(timeout=patience(KILL_S))
        outcome = OUTCOMES.get(process.returncode, "failed")
    except subprocess.TimeoutExpired:
        outcome = "failed"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        text, _ = process.communicate()
    return name, outcome, time.monotonic() - began, text.decode("utf-8", "replace").strip()


def show(result):
    name, outcome, took, text = result
    print("%-8s %6.1f s  %s%s" % (outcome, took, name, " (%s)" % text if outcome == "skipped" else ""), flush=True)
    if outcome == "failed":
        print("\n".join("    " + line for line in text.splitlines()), flush=True)


def main():
    parser = argparse.ArgumentParser(description="Runs the end-to-end tests side by side.")
    parser.add_argument("-j", "--jobs", type=int, default=WORKERS, help="how many at a time (%d)" % WORKERS)
    parser.add_argument("--but", action="append", default=[], metavar="PATTERN", help="none whose name holds this")
    parser.add_argument("--one", metavar="NAME", help="run this one here, without a line about it")
    parser.add_argument("patterns", nargs="*", help="only tests whose name holds one of these")
    options = parser.parse_args()
    if options.one:
        return run_here(options.one)
    missing = binary_missing()
    if missing:
        print(missing, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="pylontech-e2e-records-") as folder:
        os.environ[records.FOLDER] = folder
        names = [name for name in find(options.patterns) if not any(p in name for p in options.but)]
        counts, failed = run_all(names, options.jobs)
        close(folder, not options.patterns and not options.but, counts, failed)
    return 0 if counts["passed"] and not counts["failed"] else 1


def run_all(names, jobs):
    counts = dict.fromkeys(("passed", "failed", "skipped"), 0)
    failed = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run_one, name) for name in names]):
            result = future.result()
            show(result)
            counts[result[1]] += 1
            failed += [result[0]] if result[1] == "failed" else []
    return counts, failed


def close(folder, whole, counts, failed):
    """What can only be said of all tests together."""
    rows = records.collect(folder, "row")
    if rows:
        print("\n".join(matrix.table(rows)))
    written = {text for run in records.collect(folder, "commands") for text in run}
    wrong = commands.verdict(written, commands.allowlist(), whole)
    print("\n".join(wrong + ["%d different commands were written to a console" % len(written)]))
    if whole or wrong:
        outcome = "failed" if wrong else "passed"
        show((ONLY_READS, outcome, 0.0, ""))
        counts[outcome] += 1
        failed += [ONLY_READS] if wrong else []
    for name in sorted(failed):
        print("FAILED   " + name)
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)


if __name__ == "__main__":
    sys.exit(main())
