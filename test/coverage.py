#!/usr/bin/python3
"""How much of the core the unit tests run: lines and branches by file and in all, and what is not covered.

Builds into BUILD/coverage, runs every unit test there and asks gcov. Ends with 1 when a test fails or anything
is not covered."""

import glob
import json
import os
import subprocess
import sys

BUILD = os.path.join(os.environ.get('BUILD', 'build'), 'coverage')
CFLAGS = '-O0 -g --coverage -fprofile-update=atomic -U_FORTIFY_SOURCE'


def build_and_run(jobs):
    for folder, _, names in os.walk(BUILD):
        for name in names:
            if name.endswith('.gcda'):
                os.unlink(os.path.join(folder, name))
    done = subprocess.run(['make', '-s', f'-j{jobs}', f'BUILD={BUILD}', f'CFLAGS={CFLAGS}', 'LDFLAGS=--coverage',
                           'unit'], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stdout + done.stderr)
        raise SystemExit('coverage: the unit tests fail')


class Source:
    """Counts of one file: a line or branch has run when it has in any object."""

    def __init__(self):
        self.lines = {}
        self.branches = {}

    def add(self, line):
        number = line['line_number']
        self.lines[number] = self.lines.get(number, 0) + line['count']
        for i, branch in enumerate(line['branches']):
            key = (number, i)
            self.branches[key] = self.branches.get(key, 0) + branch['count']

    def missing_lines(self):
        return {n for n, count in self.lines.items() if count == 0}

    def missing_branches(self):
        """Lines that ran, but not in every way."""
        return [key for key, count in self.branches.items() if count == 0]


def gather():
    """Source by path, of src/core and the inline functions of include/core."""
    sources = {}
    objects = sorted(glob.glob(f'{BUILD}/core/**/*.gcda', recursive=True))
    for path in objects:
        done = subprocess.run(['gcov', '--json-format', '--stdout', '--branch-probabilities',
                               path], check=True, capture_output=True, text=True)
        for document in done.stdout.splitlines():
            for file in json.loads(document)['files']:
                if file['file'].startswith(('src/core/', 'include/core/')):
                    source = sources.setdefault(file['file'], Source())
                    for line in file['lines']:
                        source.add(line)
    return sources


def share(whole, missing):
    """In whole percent, and 100 only when nothing is missing."""
    return 100 if whole == 0 else 100 * (whole - missing) // whole


def report(sources):
    """Prints the table; returns [(file, line, what)] of what is not covered."""
    holes, totals = [], [0, 0, 0, 0]
    print(f'{"file":34} {"lines":>14} {"branches":>15}')
    for path in sorted(sources):
        s = sources[path]
        counts = (len(s.lines), len(s.missing_lines()), len(s.branches), len(s.missing_branches()))
        totals = [a + b for a, b in zip(totals, counts)]
        print(row(path, counts))
        holes += [(path, n, 'never run') for n in sorted(s.missing_lines())]
        for number in sorted({n for n, _ in s.missing_branches()} - s.missing_lines()):
            ways = [i for n, i in s.missing_branches() if n == number]
            holes.append((path, number, f'branch {", ".join(map(str, ways))} never taken'))
    print(row('total', totals))
    return holes


def row(name, counts):
    lines, no_lines, branches, no_branches = counts
    return (f'{name:34} {lines - no_lines:5}/{lines:<5}{share(lines, no_lines):4}% '
            f'{branches - no_branches:5}/{branches:<5}{share(branches, no_branches):4}%')


def main():
    build_and_run(os.cpu_count() or 1)
    sources = gather()
    if not sources:
        raise SystemExit('coverage: nothing was measured')
    holes = report(sources)
    for path, number, what in holes:
        with open(path, encoding='utf-8') as f:
            print(f'{path}:{number}: {what}: {f.read().splitlines()[number - 1].strip()}')
    print(f'coverage: {len(holes)} not covered')
    return 1 if holes else 0


if __name__ == '__main__':
    sys.exit(main())
