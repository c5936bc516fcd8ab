"""The rooms of the house: which folder may include which, and no two files that need each other.

A room is a folder below src and, by the same name, below include. What it includes is what it knows; the table says
what it may know. What is not in a row is a never: the console knows no values, the reply no console, the rack no
limits, the limits no documents, and nothing of the core the shell."""

import os
import re

MAY_INCLUDE = {
    'core/base': '',
    'core/settings': 'core/base',
    'core/console': 'core/base',
    'core/reply': 'core/base',
    'core/recording': 'core/base',
    'core/rack': 'core/base core/settings core/reply',
    'core/protection': 'core/base core/settings core/reply core/rack',
    'core/output': 'core/base core/settings core/reply core/rack core/protection',
    'core/engine': 'core/base core/settings core/console core/reply core/rack core/protection core/output',
    'shell/system': 'core/base core/settings core/output core/engine',
    'shell/port': 'core/base core/console core/recording shell/system',
    'shell/broker': 'core/base core/settings core/reply core/rack core/output core/engine shell/system',
    'shell': 'core/base core/engine shell/system shell/port shell/broker',
    # the command line's struct is what a word is started with
    'shell/watch': 'core/base core/output core/engine shell/system shell/broker shell/commands',
    'shell/commands': 'core/base core/protection core/recording core/engine shell/system shell/port shell shell/watch',
    '': 'core/engine shell/system shell/commands',  # src/main.c
}

INCLUDE = re.compile(r'(?m)^[ \t]*#[ \t]*include[ \t]+"([^"]+)"')
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:\\\n|[^\n])*',
                      re.DOTALL | re.MULTILINE)
DEFINITION = re.compile(r'(?m)^(?P<static>static )?(?!typedef\b)[A-Za-z_][\w \t*]*?[ *]'
                        r'(?P<name>[a-z_]\w*)\([^;{}]*\)\s*^\{')
CALL = re.compile(r'(?<![\w.>])([a-z_]\w*)\(')


def read_tree(root='.'):
    """Text by path ("src/core/..."), of every source and header of the program."""
    tree = {}
    for folder in ('src', 'include'):
        for path, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith(('.c', '.h')):
                    full = os.path.join(path, name)
                    with open(full, encoding='utf-8') as f:
                        tree[os.path.relpath(full, root)] = f.read()
    return tree


def room_of(path):
    return os.path.dirname(path).partition('/')[2]


def included(tree, path):
    """[(line, path)] of the own headers that a file includes."""
    found = []
    for match in INCLUDE.finditer(tree[path]):
        line = tree[path].count('\n', 0, match.start()) + 1
        beside = os.path.join(os.path.dirname(path), match[1])
        found.append((line, beside if beside in tree else f'include/{match[1]}'))
    return found


def nevers(tree):
    """What a room includes and may not."""
    for path in sorted(tree):
        room = room_of(path)
        if room not in MAY_INCLUDE:
            yield f'{path}: {room} is no room of test/lint/rooms.py'
            continue
        for line, header in included(tree, path):
            other = room_of(header)
            if header not in tree:
                yield f'{path}:{line}: there is no {header}; a header beside its source is for its own room only'
            elif other != room and other not in MAY_INCLUDE[room].split():
                yield f'{path}:{line}: {room or "main"} may not include {other}'


def circles(arrows):
    """The groups of nodes that reach each other; `arrows`: {node: set of nodes}."""
    def reach(start):
        seen, todo = set(), [start]
        while todo:
            for node in arrows.get(todo.pop(), ()):
                if node not in seen:
                    seen.add(node)
                    todo.append(node)
        return seen

    reached = {node: reach(node) for node in arrows}
    groups = {tuple(sorted(other for other in reached if other in reached[node] and node in reached[other]))
              for node in reached if node in reached[node]}
    return sorted(groups)


def include_circles(tree):
    arrows = {path: {header for _, header in included(tree, path)} for path in tree}
    for group in circles(arrows):
        yield f'{", ".join(group)}: include each other'


def calls(tree):
    """{source: {other source: the functions of it that are called}}"""
    code = {path: NOT_CODE.sub('', text) for path, text in tree.items() if path.endswith('.c')}
    own, home = {}, {}
    for path, text in code.items():
        found = list(DEFINITION.finditer(text))
        own[path] = {match['name'] for match in found}
        home.update({match['name']: path for match in found if not match['static']})
    arrows = {}
    for path, text in code.items():
        arrows[path] = {}
        for name in sorted(set(CALL.findall(text)) - own[path]):
            if name in home:
                arrows[path].setdefault(home[name], []).append(name)
    return arrows


def call_circles(tree):
    arrows = calls(tree)
    for group in circles(arrows):
        told = [f'{os.path.basename(a)} calls {names[0]} of {os.path.basename(b)}'
                for a in group for b, names in sorted(arrows[a].items()) if b in group]
        yield f'{", ".join(group)}: need each other: {"; ".join(told)}'
