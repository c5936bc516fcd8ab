#!/usr/bin/python3
"""That the comparison can fail: a core with one constant altered, a model with one, and answers that break an
invariant are found, and shrunk to a few steps."""

import os
import random
import unittest
from unittest import mock

import cases
import compare
import invariants
import shrink
import walk
import world
from world import Scenario

CORE = os.environ.get('CORE_STEPS', compare.PROGRAM)


def first_failing(program, schema, seeds):
    """The first failing case of these batches."""
    for seed in seeds:
        failing = compare.run_batch((program, schema, f'self-test/{seed}'))[2]
        if failing:
            return failing[0]
    return None


def shortest(program, case):
    return shrink.Shrinker(lambda c: compare.check(program, c), seconds=30).shrink(case)


def altered(key, value):
    """The lines for a core whose setting is another one than the model's: as if a constant were wrong."""
    right = world.lines

    def lines(scenario):
        settings = {**scenario.settings, key: value}
        return right(scenario._replace(settings=settings))
    return mock.patch.object(compare, 'lines', lines)


class AlteredCore(unittest.TestCase):
    """One constant of the core is wrong: found, and told in at most four steps."""

    def setUp(self):
        self.schema = compare.schema_of(CORE)

    def found(self, key, value):
        with altered(key, value):
            case = first_failing(CORE, self.schema, range(20))
            self.assertIsNotNone(case, f'{key} = {value} was not noticed')
            case = shortest(CORE, case)
            fault = compare.check(CORE, case)
            self.assertIsNotNone(fault)
            self.assertLessEqual(len(case.scenario.steps), 4, shrink.readable(case, fault))
            self.assertIn('<-- here', shrink.readable(case, fault))

    def test_cell_over(self):
        self.found('cell_over_voltage', 3649)

    def test_taper(self):
        self.found('discharge_taper_percent', (100, 50, 21, 5, 0))

    def test_hold_of_recovery(self):
        self.found('recovery_hold_s', 30001)

    def test_alarm_release(self):
        self.found('alarm_soc_release', 3)

    def test_policy(self):
        self.found('lost_module', 'block')

    def test_days_to_a_full_charge(self):
        self.found('full_charge_days', 13)

    def test_hours_of_a_full_charge(self):
        self.found('full_charge_hours', 1)

    def test_lost_battery(self):
        self.found('lost_battery_soc', 11)


class AlteredModel(unittest.TestCase):
    def test_one_trip_row(self):
        import model_rules
        rows = list(model_rules.TRIPS)
        rows[0] = (*rows[0][:3], 'charge_cold_temperature', *rows[0][4:])
        with mock.patch.object(model_rules, 'TRIPS', tuple(rows)):
            self.assertIsNotNone(first_failing(CORE, compare.schema_of(CORE), range(5)))

    def test_full_of_any_module(self):
        import model
        right = model.Model.seen

        def seen(this, sound, kept):
            return {**right(this, sound, kept), 'full': any(this.modules[i].coulomb == 'Full' for i in sound)}
        with mock.patch.object(model.Model, 'seen', seen):
            self.assertIsNotNone(first_failing(CORE, compare.schema_of(CORE), range(5)))

    def test_same_seed_same_walk(self):
        schema = compare.schema_of(CORE)
        one, two = (walk.scenario(random.Random('x'), schema) for _ in range(2))
        self.assertEqual(one, two)
        self.assertNotEqual(one, walk.scenario(random.Random('y'), schema))


class BrokenInvariants(unittest.TestCase):
    """Right answers of the core, spoiled in one place."""

    def setUp(self):
        quiet = (1000, 0, 0, ())
        warm = (1000, 0, 0, ((1, 'temp', 46000),))
        self.scenario = Scenario({}, 2, 15, [quiet, warm, (1000, 0, 0, ((1, 'temp', 20000),)), quiet, quiet])
        self.said = compare.core_says(CORE, [self.scenario])[0]

    def broken(self, at, field, value):
        said = list(self.said)
        parts = said[at].split()
        parts[field] = str(value)
        said[at] = ' '.join(parts)
        return invariants.first_broken(self.scenario, said)

    def test_untouched_is_sound(self):
        self.assertIsNone(invariants.first_broken(self.scenario, self.said))

    def test_published_above_the_limit(self):
        self.assertIn('above the limit', self.broken(1, 6, 20001)[1])

    def test_too_early(self):
        self.assertIn('too early', self.broken(3, 6, 20001)[1])

    def test_outside_the_bounds(self):
        self.assertIn('outside', self.broken(0, 1, 52501)[1])
        self.assertIn('outside', self.broken(0, 3, 100001)[1])
        self.assertIn('outside', self.broken(0, 2, -1)[1])

    def test_absent_voltage_power_or_soc(self):
        for field in (8, 9, 10):
            self.assertIn('not a number', self.broken(2, field, '-')[1])

    def test_blocked_but_free(self):
        self.assertIn('charge is blocked', self.broken(2, 4, '10X')[1])
        self.assertIn('discharge is blocked', self.broken(2, 4, '01B')[1])

    def test_too_fast(self):
        steps = [*self.scenario.steps[:3], (30500, 0, 0, ()), (100, 0, 0, ())]
        self.scenario = self.scenario._replace(steps=steps)
        self.said = compare.core_says(CORE, [self.scenario])[0]
        self.assertIsNone(invariants.first_broken(self.scenario, self.said))
        rise = int(self.said[4].split()[6]) + 1001     # one more step of the ramp is forgiven
        self.assertIn('at most', self.broken(4, 6, rise)[1])


    def test_slow_ramp(self):
        """Parts of a millivolt are carried on, so one comes now and then in a step that is too short for it."""
        settings = {'recovery_hold_s': 0, 'recovery_voltage_v_s': 5}
        low = (1050, 0, 0, ((1, 'soc', 6),))
        steps = [(1000, 0, 0, ((1, 'soc', 100),)), low] + [(51, 0, 0, ())] * 40
        scenario = Scenario(settings, 1, 15, steps)
        said = compare.core_says(CORE, [scenario])[0]
        self.assertIsNone(invariants.first_broken(scenario, said))
        self.assertGreater(int(said[-1].split()[5]), int(said[1].split()[5]))


class Shrinking(unittest.TestCase):
    def test_settings_out_of_order(self):
        """A simpler case that the core does not take is none, and no reason to end."""
        def fails(case):
            if 'charge_cold_temperature' not in case.scenario.settings:
                raise shrink.Refused('out of order')
            return 0, 'fails'

        settings = {'charge_cold_temperature': 9000, 'charge_cold_block_temperature': 7000, 'cell_over_voltage': 3640}
        case = cases.Same(Scenario(settings, 1, 15, [(1000, 0, 0, ())]))
        self.assertIn('charge_cold_temperature', shrink.Shrinker(fails, seconds=5).shrink(case).scenario.settings)


class Pairs(unittest.TestCase):
    """Worse inputs and spoiled inputs."""

    def test_worse_input_is_compared(self):
        mark = (1, '+soc_up', 91)
        case = cases.Worse(Scenario({}, 1, 15, [(0, 0, 0, ()), (1000, 0, 0, (mark,)), (1000, 0, 0, ())]))
        said = compare.core_says(CORE, case.runs())
        self.assertEqual([line.split()[2] for line in said[0]], ['40000'] * 3)
        self.assertEqual([line.split()[2] for line in said[1]], ['40000', '7000', '7000'])
        self.assertIsNone(case.fault(said))
        self.assertIn('worse input', case.fault(said[::-1])[1])

    def test_worse_stays_worse(self):
        steps = [(0, 0, 0, ((1, 'soc', 60),)), (0, 0, 0, ((1, '+soc_up', 91),)), (0, 0, 0, ((1, 'soc', 99),)),
                 (0, 0, 0, ((1, 'soc', 10),))]
        worse = cases.Worse(Scenario({}, 1, 15, steps)).runs()[1]
        self.assertEqual([s[3] for s in worse.steps],
                         [((1, 'soc', v),) for v in (60, 91, 99, 91)])

    def test_probe_sees_a_rise(self):
        case = cases.Probe(Scenario({}, 1, 15, [(0, 0, 0, ((1, 'c1', 2550),)), (0, 0, 0, ((1, 'c1', None),))]))
        said = compare.core_says(CORE, case.runs())
        self.assertIsNone(case.fault(said))
        self.assertIn('absent', case.fault([said[0][::-1]])[1])


if __name__ == '__main__':
    unittest.main()
