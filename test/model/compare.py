#!/usr/bin/python3
"""Compares the core with the independent model over seeded random walks.

  compare.py [--steps N] [--seed N] [--jobs N] [--core PROGRAM] [--quiet]

Every step's limits, blocks, alarms and published values must be the same, and the invariants of invariants.py
must hold. A difference is shrunk to a short scenario and printed as one would read it. Closes with the steps
done and a count of scenarios."""

import argparse
import multiprocessing
import random
import subprocess
import sys
import time

import invariants
import shrink
import walk
from model_settings import DEFAULTS
from world import in_words, lines, run_model

BATCH = 20       # scenarios that go through the core at once
SHOWN = 3        # differences that are shrunk and printed
PROGRAM = 'build/test/core_steps'


def core_says(program, scenarios):
    """The core's line for each step, by scenario."""
    text = '\n'.join(line for s in scenarios for line in lines(s)) + '\n'
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f'{program} ended with {done.returncode}: {done.stderr.strip()}')
    said = iter(done.stdout.splitlines())
    result = [[next(said) for step in s.steps if step != walk.SETTLE] for s in scenarios]
    if next(said, None) is not None:
        raise SystemExit(f'{program} said more than it was asked')
    return result


def fault_of(scenario, said, expected):
    """(step, text) of the first difference or broken invariant; None when there is none."""
    broken = invariants.first_broken(scenario, said)
    if said == expected:
        return broken
    at = next(i for i, (a, b) in enumerate(zip(said, expected)) if a != b)
    if broken and broken[0] <= at:
        return broken
    return at, f'core:  {said[at]}\nmodel: {expected[at]}'


def check(program, scenario):
    """The fault of one scenario, run on its own."""
    return (fault_of(scenario, core_says(program, [scenario])[0], run_model(scenario))
            or invariants.pair_fault(scenario, lambda several: core_says(program, several)))


def run_batch(task):
    """(scenarios, steps, faulty scenarios) of one batch."""
    program, schema, seed, count = task
    rng = random.Random(seed)
    scenarios = [walk.scenario(rng, schema) for _ in range(count)]
    pairs = [invariants.worse_variant(rng, s) for s in scenarios]
    probes = [invariants.fault_probe(rng, s) for s in scenarios]
    said = core_says(program, scenarios + pairs + probes)
    faulty = []
    for i, scenario in enumerate(scenarios):
        fault = (fault_of(scenario, said[i], run_model(scenario))
                 or invariants.worse_fault(scenario, said[i], pairs[i], said[count + i])
                 or invariants.probe_fault(probes[i], said[2 * count + i]))
        if fault:
            faulty.append(scenario)
    return count, sum(len(s) for s in said[:count]), faulty
