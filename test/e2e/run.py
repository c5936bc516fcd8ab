#!/usr/bin/python3
"""Runs the end-to-end tests side by side, one process a test: they mostly wait.

    run.py [-j N] [PATTERN ...]     only tests whose name holds one of the patterns

One line a test, the output of those that fail, and at the end `N passed, N failed, N skipped`. The exit
status is 0 only when something ran and nothing failed.
"""

import argparse
import concurrent.futures
import contextlib
import faulthandler
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from harness import binary_missing, patience  # noqa: E402

LONGEST_S = 240                    # no test may take longer
WORKERS = 6


class TooLong(Exception):
    """A test that does not come to its end."""


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def find(patterns):
    """The names of all tests that fit."""
    names = [test.id() for test in flatten(unittest.defaultTestLoader.discover(HERE, "test_*.py", HERE))]
    return [name for name in names if not patterns or any(p in name for p in patterns)]


def out_of_time(*unused):
    raise TooLong("longer than %g s" % patience(LONGEST_S))


@contextlib.contextmanager
def captured():
    """What this process and its children print goes to a file."""
    with tempfile.TemporaryFile() as file:
        sys.stdout.flush()
        sys.stderr.flush()
        kept = [os.dup(1), os.dup(2)]
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield file
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for target, source in zip((1, 2), kept):
                os.dup2(source, target)
                os.close(source)


def run_one(name):
    """(name, passed|failed|skipped, seconds, text) of one test."""
    faulthandler.enable()
    signal.signal(signal.SIGALRM, out_of_time)
    began = time.monotonic()
    with captured() as file:
        signal.alarm(int(patience(LONGEST_S)))
        result = unittest.TestResult()
        try:
            unittest.defaultTestLoader.loadTestsFromName(name).run(result)
        finally:
            signal.alarm(0)
        file.seek(0)
        printed = file.read().decode("utf-8", "replace")
    took = time.monotonic() - began
    if result.skipped:
        return name, "skipped", took, result.skipped[0][1]
    wrong = result.failures + result.errors
    if wrong or result.testsRun != 1 or result.unexpectedSuccesses or result.expectedFailures:
        return name, "failed", took, "\n".join(text for _, text in wrong) + printed
    return name, "passed", took, ""


def run_all(names, workers):
    """Runs them; yields the results as they come."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context, max_tasks_per_child=8) as pool:
        waiting = {pool.submit(run_one, name): name for name in names}
        for future in concurrent.futures.as_completed(waiting):
            try:
                yield future.result()
            except Exception as error:     # the worker itself died
                yield waiting[future], "failed", 0.0, "the test's process ended: %s" % error


def show(result):
    name, outcome, took, text = result
    print("%-8s %6.1f s  %s%s" % (outcome, took, name, " (%s)" % text if outcome == "skipped" else ""), flush=True)
    if outcome == "failed":
        print("\n".join("    " + line for line in text.splitlines()), flush=True)


def main():
    parser = argparse.ArgumentParser(description="Runs the end-to-end tests side by side.")
    parser.add_argument("-j", "--jobs", type=int, default=WORKERS, help="how many at a time (%d)" % WORKERS)
    parser.add_argument("patterns", nargs="*", help="only tests whose name holds one of these")
    options = parser.parse_args()
    missing = binary_missing()
    if missing:
        print(missing, file=sys.stderr)
        return 1
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    failed = []
    for result in run_all(find(options.patterns), options.jobs):
        show(result)
        counts[result[1]] += 1
        if result[1] == "failed":
            failed.append(result[0])
    for name in sorted(failed):
        print("FAILED  " + name)
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    return 0 if counts["passed"] and not counts["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
