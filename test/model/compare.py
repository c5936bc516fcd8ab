#!/usr/bin/python3
"""Compares the core with the independent model over seeded random walks.

  compare.py [--steps N] [--seed N] [--jobs N] [--core PROGRAM] [--brief]

Every step's limits, blocks, alarms and published values must be the same, and the invariants must hold
(cases.py, invariants.py). A difference is shrunk to a short scenario and printed as one would read it. Closes
with the steps done and a count of cases."""

import argparse
import multiprocessing
import os
import random
import subprocess
import sys
import time

import cases
import shrink
import walk
from model_settings import DEFAULTS, with_changes
from world import DEFAULT_TEXT, SETTLE, lines

BATCH = 20       # scenarios that go through the core at once
SHOWN = 3        # faults that are shrunk and printed
PROGRAM = os.path.join(os.environ.get('BUILD', 'build'), 'test/core_steps')
REFUSED = 2      # its exit status for settings that it does not take


def core_says(program, scenarios):
    """The core's line for each step, by scenario."""
    text = '\n'.join(line for s in scenarios for line in lines(s)) + '\n'
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise (shrink.Refused if done.returncode == REFUSED else RuntimeError)(f'{program} ended with {done.returncode}: {done.stderr.strip()}')
    said = iter(done.stdout.splitlines())
    result = [[next(said) for step in s.steps if step != SETTLE] for s in scenarios]
    if next(said, None) is not None:
        raise RuntimeError(f'{program} said more than it was asked')
    return result


def check(program, case):
    """The fault of one case, run on its own."""
    return case.fault(core_says(program, case.runs()))


def random_cases(rng, schema, count):
    for _ in range(count):
        scenario = walk.scenario(rng, schema)
        yield cases.Same(scenario)
        values = walk.Values(with_changes(scenario.settings), scenario.cells)
        yield cases.random_worse(rng, scenario, values)
        yield cases.random_probe(rng, scenario)


def run_batch(task):
    """(steps compared with the model, cases, failing cases) of one batch."""
    program, schema, seed = task
    batch = list(random_cases(random.Random(seed), schema, BATCH))
    runs = [case.runs() for case in batch]
    said = iter(core_says(program, [scenario for several in runs for scenario in several]))
    steps, failing = 0, []
    for case, several in zip(batch, runs):
        heard = [next(said) for _ in several]
        if isinstance(case, cases.Same):
            steps += len(heard[0])
        if case.fault(heard):
            failing.append(case)
    return steps, len(batch), failing


def schema_of(program):
    done = subprocess.run([program, '--settings'], capture_output=True, text=True, check=True)
    return walk.Schema(done.stdout)


def wrong_defaults(schema):
    """The settings whose defaults are not those of the rules."""
    for key in DEFAULTS:
        row = schema.rows.get(key)
        if row is None:
            yield f'the program has no setting {key}'
        elif row[7] != DEFAULT_TEXT[key] and not same_numbers(row[7], DEFAULT_TEXT[key]):
            yield f'{key}: the default is {row[7]}, the rules say {DEFAULT_TEXT[key]}'


def same_numbers(a, b):
    try:
        return [float(v) for v in a.split()] == [float(v) for v in b.split()]
    except ValueError:
        return False


def show(program, case):
    shorter = shrink.Shrinker(lambda c: check(program, c)).shrink(case)
    print(f'-- {type(case).__name__}')
    print(shrink.readable(shorter, check(program, shorter)), flush=True)


def compare(program, steps, seed, jobs, brief=False):
    """(steps done, cases passed, failing cases); `brief`: no further than the first failing batch."""
    schema = schema_of(program)
    done = passed = 0
    failing = []
    batches = -(-steps // (BATCH * walk.STEPS))
    tasks = ((program, schema, f'{seed}/{i}') for i in range(batches))
    with multiprocessing.Pool(jobs) as pool:
        for some, count, bad in pool.imap_unordered(run_batch, tasks):
            done += some
            passed += count - len(bad)
            failing += bad
            if brief and failing:
                break
    return done, passed, failing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--steps', type=int, default=200000)
    parser.add_argument('--seed', default='1')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--core', default=PROGRAM)
    parser.add_argument('--brief', action='store_true', help='end at the first failure, and do not shrink it')
    args = parser.parse_args()
    began = time.monotonic()
    wrong = list(wrong_defaults(schema_of(args.core)))
    for text in wrong:
        print(text)
    done, passed, failing = compare(args.core, args.steps, args.seed, args.jobs, args.brief)
    for case in failing[:0 if args.brief else SHOWN]:
        show(args.core, case)
    print(f'model comparison: {done} steps in {time.monotonic() - began:.0f} s, seed {args.seed}')
    print(f'{passed + (not wrong)} passed, {len(failing) + bool(wrong)} failed')
    return 1 if failing or wrong or done < args.steps else 0


if __name__ == '__main__':
    sys.exit(main())
