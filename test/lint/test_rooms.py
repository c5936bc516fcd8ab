"""The check of the rooms can fail: what it must find, seeded one at a time into the real tree and into small ones."""

import os
import unittest

import rooms
import shape

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def source(*names, calls=()):
    """A source that defines functions, the first of which calls others."""
    bodies = {name: ''.join(f'\t{called}(a, b);\n' for called in calls) if i == 0 else '' for i, name in enumerate(names)}
    return '\n'.join(f'int {name}(int a,\n        int b)\n{{\n{body}}}\n' for name, body in bodies.items())


class RealTreeTest(unittest.TestCase):
    def setUp(self):
        self.tree = rooms.read_tree(ROOT)

    def add(self, path, line):
        self.tree[path] += line + '\n'

    def test_it_is_in_order_and_looked_at(self):
        self.assertGreater(len(self.tree), 140)
        self.assertEqual(list(rooms.nevers(self.tree)), [])
        self.assertEqual(list(rooms.include_circles(self.tree)), [])
        self.assertEqual(list(rooms.call_circles(self.tree)), [])
        self.assertGreater(sum(len(others) for others in rooms.calls(self.tree).values()), 150)

    def test_every_function_is_seen(self):
        for path, text in self.tree.items():
            code = rooms.NOT_CODE.sub('', text)
            if path.endswith('.c'):
                self.assertEqual(len(rooms.DEFINITION.findall(code)), len([1 for line in code.split('\n') if line == '{']), path)

    def test_nevers(self):
        for path, header in (('src/core/console/session.c', 'core/rack/rack.h'),
                             ('include/core/console/session.h', 'core/reply/reply.h'),
                             ('src/core/reply/reply.c', 'core/console/framing.h'),
                             ('src/core/reply/reply.c', 'core/rack/rack.h'),
                             ('src/core/rack/rack.c', 'core/protection/limits.h'),
                             ('src/core/rack/rack.c', 'core/output/bank.h'),
                             ('src/core/rack/rack.c', 'core/engine/engine.h'),
                             ('src/core/rack/rack.c', 'core/console/command.h'),
                             ('src/core/protection/limits.c', 'core/output/bank.h'),
                             ('src/core/protection/limits.c', 'core/engine/engine.h'),
                             ('src/core/protection/limits.c', 'core/console/command.h'),
                             ('src/core/output/bank.c', 'core/engine/engine.h'),
                             ('src/core/settings/settings.c', 'core/console/command.h'),
                             ('src/core/base/text.c', 'core/settings/settings.h'),
                             ('src/core/engine/engine.c', 'shell/loop.h'),
                             ('src/shell/system/config.c', 'shell/broker/mqtt.h'),
                             ('src/shell/port/line.c', 'core/engine/engine.h'),
                             ('src/shell/watch/watch.c', 'shell/loop.h')):
            with self.subTest(path=path, header=header):
                self.setUp()
                self.add(path, f'#include "{header}"')
                found = list(rooms.nevers(self.tree))
                self.assertEqual(len(found), 1, found)
                self.assertIn('may not include ' + os.path.dirname(header), found[0])

    def test_another_rooms_private_header(self):
        self.add('src/core/output/bank.c', '#include "core/protection/limits_rules.h"')
        self.assertEqual(len(list(rooms.nevers(self.tree))), 1)

    def test_a_new_room(self):
        self.tree['src/core/attic/old.c'] = ''
        self.assertEqual(len(list(rooms.nevers(self.tree))), 1)

    def test_circle_of_headers(self):
        self.add('include/core/rack/rack.h', '#include "core/rack/confirm.h"')
        self.assertEqual(len(list(rooms.include_circles(self.tree))), 1)

    def test_circle_of_calls(self):
        self.add('src/core/engine/engine_figures.c', source('engine_new', calls=('engine_judge',)))
        found = list(rooms.call_circles(self.tree))
        self.assertEqual(len(found), 1, found)
        self.assertIn('engine_figures.c calls engine_judge of engine_judge.c', found[0])


class SmallTreeTest(unittest.TestCase):
    def circles(self, **sources):
        return list(rooms.call_circles({f'src/core/base/{name}.c': text for name, text in sources.items()}))

    def test_two_files(self):
        self.assertEqual(len(self.circles(a=source('a_go', calls=('b_go',)), b=source('b_go', calls=('a_go',)))), 1)

    def test_three_files(self):
        self.assertEqual(len(self.circles(a=source('a_go', calls=('b_go',)), b=source('b_go', calls=('c_go',)),
                                          c=source('c_go', calls=('a_go',)))), 1)

    def test_one_way_only(self):
        self.assertEqual(self.circles(a=source('a_go', 'a_end', calls=('b_go',)), b=source('b_go')), [])

    def test_a_name_in_a_comment_or_a_text_is_no_call(self):
        text = source('b_go') + '/* a_go(1) */ // a_go(2)\nchar *t = "a_go(3)";\n'
        self.assertEqual(self.circles(a=source('a_go', calls=('b_go',)), b=text), [])

    def test_a_static_namesake_or_a_member_is_no_call(self):
        text = source('b_go', calls=('a_go', 'p->a_go', 'p.a_go')) + 'static ' + source('a_go')
        self.assertEqual(self.circles(a=source('a_go', calls=('b_go',)), b=text), [])


class FunctionLengthTest(unittest.TestCase):
    def test_one_screen(self):
        for folder, most in (('src', shape.FUNCTION_LINES_MAX), ('test', shape.TEST_LINES_MAX)):
            fits = 'void f(void)\n{\n' + '\tg();\n' * (most - 1) + '}\n'
            self.assertEqual(list(shape.long_functions(f'{folder}/x.c', fits)), [])
            self.assertEqual(len(list(shape.long_functions(f'{folder}/x.c', fits.replace('{\n', '{\n\n')))), 1)


if __name__ == '__main__':
    unittest.main()
