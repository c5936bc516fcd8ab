#!/usr/bin/python3
"""Runs the unit tests of a folder (test_*.py in it) or of one file, and closes with a count."""

import os
import sys
import unittest


def load(path):
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    pattern = 'test_*.py' if os.path.isdir(path) else os.path.basename(path)
    root = os.path.dirname(os.path.abspath(folder))
    sys.path[:0] = [root, os.path.abspath(folder)]
    return unittest.TestLoader().discover(folder, pattern=pattern, top_level_dir=folder)


def main():
    result = unittest.TextTestRunner(verbosity=1).run(load(sys.argv[1]))
    bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    for test, why in result.skipped:
        print(f'skipped  {test.id()} ({why})')
    print(f'{result.testsRun - bad - skipped} passed, {bad} failed, {skipped} skipped')
    return 1 if bad or result.testsRun == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
