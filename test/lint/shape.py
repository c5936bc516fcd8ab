#!/usr/bin/python3
"""The shape of the code: what the compiler does not check.

The core includes no header but its own and these few, so that it can call neither the shell nor the system; a room
includes only what it may know (rooms.py), and no two files need each other; functions fit one screen, files one subject;
everything is ASCII; nothing is unfinished. Closes with a count of checks."""

import os
import re
import sys

import rooms

CORE_MAY_INCLUDE = {'stdbool.h', 'stddef.h', 'stdint.h', 'limits.h', 'string.h'}
FUNCTION_LINES_MAX = 40
TEST_LINES_MAX = 60  # of a function of a test, most of which is its table
FILE_LINES_MAX = 700
SUFFIXES = ('.c', '.h', '.py', '.sh', '.md', '.ini', '.txt')
FOLDERS = ('src', 'include', 'test', 'packaging', 'service', 'conf', 'docs')


def files(*folders, suffixes):
    for folder in folders:
        for path, _, names in os.walk(folder):
            yield from (os.path.join(path, n) for n in sorted(names) if n.endswith(suffixes))


def core_includes(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
        beside = found and os.path.exists(os.path.join(os.path.dirname(path), found[1]))
        if found and found[1] not in CORE_MAY_INCLUDE and not found[1].startswith('core/') and not beside:
            yield f'{path}:{number}: the core may not include {found[1]}'


def long_functions(path, text):
    most = TEST_LINES_MAX if path.startswith('test') else FUNCTION_LINES_MAX
    start = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith('{'):
            start = number
        elif line.startswith('}') and start:
            if number - start > most:
                yield f'{path}:{start}: a function of {number - start} lines'
            start = None


def not_ascii(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if not line.isascii():
            yield f'{path}:{number}: not ASCII'


def long_file(path, text):
    lines = text.count('\n')
    if lines > FILE_LINES_MAX:
        yield f'{path}: {lines} lines: more than one subject?'


def unfinished(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r'\b(TO' + r'DO|FIX' + r'ME|XX' + r'X)\b', line):
            yield f'{path}:{number}: unfinished'


CHECKS = (
    ('core includes', core_includes, lambda: files('src/core', 'include/core', suffixes=('.c', '.h'))),
    ('functions', long_functions, lambda: files('src', 'test', suffixes=('.c',))),
    ('files', long_file, lambda: files('src', 'include', 'test', suffixes=('.c', '.h', '.py'))),
    ('ASCII', not_ascii, lambda: files(*FOLDERS, suffixes=SUFFIXES)),
    ('unfinished', unfinished, lambda: files(*FOLDERS, suffixes=SUFFIXES)),
)

# Of all sources together.
TREE_CHECKS = (
    ('rooms', rooms.nevers),
    ('circles of headers', rooms.include_circles),
    ('circles of calls', rooms.call_circles),
)


def main():
    passed = failed = 0
    for name, check, paths in CHECKS:
        looked, faults = 0, []
        for path in paths():
            looked += 1
            with open(path, encoding='utf-8') as f:
                faults += check(path, f.read())
        if looked == 0:
            faults.append(f'{name}: no file to look at')
        for fault in faults:
            print(fault)
        passed += not faults
        failed += bool(faults)
    tree = rooms.read_tree()
    for name, check in TREE_CHECKS:
        faults = list(check(tree)) if tree else [f'{name}: no file to look at']
        for fault in faults:
            print(fault)
        passed += not faults
        failed += bool(faults)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
