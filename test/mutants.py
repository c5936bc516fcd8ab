#!/usr/bin/python3
"""Changes the limits, dynamics, confirmation, alarms and publication code one operator, constant or statement at
a time and looks whether the tests notice.

  mutants.py [--file PART] [--jobs N] [--sample N] [--model-steps N] [--list]

Only the changed file is compiled, or what includes it; the unit tests of these subjects run first, then, for
what they did not notice, the comparison with the independent model. Ends with 1 when fewer than 95 % are killed
or test/mutants-survivors.txt does not explain the survivors, and no others."""

import argparse
import glob
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, namedtuple

SOURCES = ('src/core/protection/limits.c', 'src/core/protection/limits_module.c', 'src/core/protection/limits_subject.c',
           'src/core/protection/limits_print.c', 'src/core/protection/dynamics.c', 'src/core/rack/confirm.c', 'src/core/protection/alarms.c',
           'src/core/output/publication.c', 'include/core/base/trip.h')
TESTS = ('test_bank_figures', 'test_limits', 'test_limits_events', 'test_limits_full', 'test_limits_loss', 'test_limits_print',
         'test_limits_reasons', 'test_dynamics', 'test_confirm', 'test_alarms', 'test_publication', 'test_thresholds')
SURVIVORS = 'test/mutants-survivors.txt'
LEAST_PERCENT = 95
BUILD = os.path.join(os.environ.get('BUILD', 'build'), 'mutants')
# The sanitizers make a mutant that leaves an array die where it does so.
CFLAGS = ['-std=c11', '-D_GNU_SOURCE', f'-I{BUILD}/include', f'-I{BUILD}/src', '-O0', '-fPIC', '-w', '-fsanitize=address,undefined,bounds-strict',
          '-fno-sanitize-recover=all']
TEST_SECONDS = 20
MODEL_SECONDS = 120

Mutant = namedtuple('Mutant', 'path start end old new line function text nth')

# ---- Where and what ----

TOKEN = re.compile(r'''
      (?P<skip>/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|^[ \t]*\#[ \t]*include[^\n]*
              |\b_Static_assert\([^;]*;|\bsizeof\ [\w.]+\[0\])
    | (?P<number>\b(?:0[xX][0-9a-fA-F]+|[0-9]+)\b)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<op><<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|/=|\|=|&=|[-+*/%<>!&|=?:;,.(){}\[\]~^\#])
    ''', re.VERBOSE | re.DOTALL | re.MULTILINE)

INSTEAD = {'<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==', '&&': '||', '||': '&&',
           '+=': '-=', '-=': '+=', '|=': '='}
BINARY = {'+': '-', '-': '+', '*': '+', '/': '*', '&': '|', '|': '&', '>>': '<<', '<<': '>>', '%': '*'}
TRUTH = {'true': 'false', 'false': 'true'}


def another_number(text):
    """Bits become the bits next to them, a number the next one."""
    return f'{int(text, 16) << 1:#x}' if text[:2].lower() == '0x' else str(int(text) + 1)


def replacement(kind, text, spaced):
    """What stands there instead; None: this is left alone. `spaced`: a blank on either side, so that it is an
    operator between two values and no sign, address or pointer."""
    if kind == 'number':
        return another_number(text)
    if kind == 'word':
        return TRUTH.get(text)
    if text == '!':
        return ''
    if text in INSTEAD:
        return INSTEAD[text]
    return BINARY.get(text) if spaced else None


# A whole statement without a block, with the `if` before it. A declaration cannot go: its uses would not compile.
STATEMENT = re.compile(r'^\t+(?!return\b|break;|case\b|default\b|const\b|static\b|struct\b|enum\b|bool\b|size_t\b'
                       r'|u?int\w*\b|char\b)(?P<whole>[*(]*[a-z][^;{}]*;)$', re.MULTILINE)


def statements(source):
    """[(start, end)] of those that follow another statement, a block's brace, or what they depend on."""
    for found in STATEMENT.finditer(source):
        before = re.sub(r'/\*.*?\*/', '', source[:found.start()], flags=re.DOTALL).rstrip()
        if found['whole'].count('(') == found['whole'].count(')') and before.endswith((';', '{', '}', ')', 'else')):
            yield found.start('whole'), found.end('whole')


def functions(source):
    """The name of the function, or of the table, that each line belongs to."""
    names, name_here = [], ''
    for line in source.splitlines():
        found = re.match(r'(?:\} )?(?!#|/|\s|\{)[\w *]*?\b(\w+)(?:\(|(?:\[\w*\])* = )', line)
        name_here = found[1] if found else '' if line.startswith('#') else name_here
        names.append(name_here)
    return names


def mutants_of(path):
    source = read(f'{BUILD}/{path}')
    lines, inside = source.splitlines(), functions(source)
    seen, found = Counter(), []
    for start, end in statements(source):
        number = source.count('\n', 0, start) + 1
        found.append(Mutant(path, start, end, 'the statement', ';', number, inside[number - 1],
                            lines[number - 1].strip(), 1))
    for token in TOKEN.finditer(source):
        kind, text = token.lastgroup, token.group()
        if kind == 'skip':
            continue
        spaced = source[token.start() - 1].isspace() and source[token.end()].isspace()
        new = replacement(kind, text, spaced)
        if new is None:
            continue
        number = source.count('\n', 0, token.start()) + 1
        line, where = lines[number - 1].strip(), inside[number - 1]
        seen[number, text] += 1
        found.append(Mutant(path, token.start(), token.end(), text, new, number, where, line,
                            seen[number, text]))
    return found


def name(mutant):
    """How the list of survivors calls it; a line may move."""
    nth = f' #{mutant.nth}' if mutant.nth > 1 else ''
    where = f'{os.path.basename(mutant.path)} {mutant.function}'.strip()
    return f'{where}: {mutant.text}: {mutant.old} -> {mutant.new or "nothing"}{nth}'


# ---- Building ----

def run(command, seconds=None, env=None):
    """The exit status; None when it took too long."""
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=seconds,
                              env=env, check=False).returncode
    except subprocess.TimeoutExpired:
        return None


def read(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


def must(command):
    if run(command) != 0:
        raise SystemExit(f'mutants: failed: {" ".join(command)}')


def object_of(path):
    return f'{BUILD}/{path[:-2].replace("/", "-")}.o'


def core_sources():
    return sorted(os.path.relpath(path, BUILD) for path in glob.glob(f'{BUILD}/src/core/**/*.c', recursive=True))


def prepare():
    """A copy of the core, so that nobody's work disturbs this; the library of it, and programs that load it."""
    shutil.rmtree(BUILD, ignore_errors=True)
    shutil.copytree('src/core', f'{BUILD}/src/core')
    shutil.copytree('include', f'{BUILD}/include')
    for path in core_sources():
        must(['gcc', *CFLAGS, '-c', '-o', object_of(path), f'{BUILD}/{path}'])
    library(BUILD, {})
    link = ['-L', BUILD, '-lcore']
    for test in TESTS:
        must(['gcc', *CFLAGS, '-Itest/unit', '-o', f'{BUILD}/{test}', f'test/unit/{test}.c', *link, '-lcmocka'])
    must(['gcc', *CFLAGS, '-Itest/unit', '-o', f'{BUILD}/core_steps', 'test/model/core_steps.c', *link])


def touched(mutant):
    """The sources that must be compiled anew: the changed one, or what includes the changed header."""
    if mutant.path.endswith('.c'):
        return [mutant.path]
    name_there = f'#include "{mutant.path.removeprefix("include/")}"'
    return [path for path in core_sources() if name_there in read(f'{BUILD}/{path}')]


def library(folder, changed):
    """libcore.so in `folder`; `changed`: other objects for some sources."""
    objects = [changed.get(path, object_of(path)) for path in core_sources()]
    must(['gcc', *CFLAGS, '-shared', '-o', f'{folder}/libcore.so', *objects])


# ---- Trying ----

def noticed_by(folder, subject, model_steps):
    """Which test notices the library in `folder`; None when none does. That of the subject runs first."""
    env = {**os.environ, 'LD_LIBRARY_PATH': folder, 'ASAN_OPTIONS': 'detect_leaks=0'}
    for test in sorted(TESTS, key=lambda t: t != f'test_{subject}'):
        status = run([f'{BUILD}/{test}'], TEST_SECONDS, env)
        if status != 0:
            return f'{test}{" (too slow)" if status is None else ""}'
    status = run([sys.executable, 'test/model/compare.py', '--steps', str(model_steps), '--jobs', '1', '--seed',
                  'mutants', '--brief', '--core', f'{BUILD}/core_steps'], MODEL_SECONDS, env)
    return None if status == 0 else 'model'


def try_mutant(task):
    """(mutant, killer); killer 'does not compile' where it is none."""
    mutant, model_steps = task
    source = read(f'{BUILD}/{mutant.path}')
    with tempfile.TemporaryDirectory(prefix='mutant') as folder:
        there = f'{folder}/{mutant.path.removeprefix("include/")}'
        os.makedirs(os.path.dirname(there))
        with open(there, 'w', encoding='utf-8') as f:
            f.write(source[:mutant.start] + mutant.new + source[mutant.end:])
        changed = {}
        for path in touched(mutant):
            changed[path] = f'{folder}/{os.path.basename(object_of(path))}'
            new = there if path == mutant.path else f'{BUILD}/{path}'
            beside = f'-iquote{BUILD}/{os.path.dirname(path)}'
            if run(['gcc', f'-I{folder}', beside, *CFLAGS, '-c', '-o', changed[path], new]) != 0:
                return mutant, 'does not compile'
        library(folder, changed)
        subject = os.path.basename(mutant.path)[:-2]
        return mutant, noticed_by(folder, subject, model_steps)


# ---- Reporting ----

def explained():
    """Names of survivors that have an explanation: a name on a line of its own, indented text below it."""
    names, last = set(), None
    if not os.path.exists(SURVIVORS):
        return names
    with open(SURVIVORS, encoding='utf-8') as f:
        for line in f:
            if line.startswith('#') or not line.strip():
                last = None
            elif not line[0].isspace():
                last = [*(last or []), line.strip()] if last != 'told' and last else [line.strip()]
            elif last:
                names.update(last)
                last = None
    return names


def report(results, whole):
    """Prints the table and the survivors; True when all is well. `whole`: nothing was left out."""
    tried = [(m, by) for m, by in results if by != 'does not compile']
    survivors = sorted({name(m) for m, by in tried if by is None})
    known = explained()
    print(f'{"file":28} {"tried":>6} {"killed":>7} {"share":>7}')
    for path in SOURCES:
        of_file = [by for m, by in tried if m.path == path]
        if of_file:
            killed = sum(by is not None for by in of_file)
            print(f'{path:28} {len(of_file):6} {killed:7} {100 * killed / len(of_file):6.1f}%')
    for by, count in Counter(by for _, by in tried if by).most_common():
        print(f'  killed by {by}: {count}')
    unexplained = [n for n in survivors if n not in known]
    stale = sorted(known - set(survivors)) if whole else []
    for n in survivors:
        print(f'survives{"" if n in known else ", not explained"}: {n}')
    for n in stale:
        print(f'{SURVIVORS}: killed now, or gone: {n}')
    killed = sum(by is not None for _, by in tried)
    share = 100 * killed / max(1, len(tried))
    print(f'mutants: {killed} of {len(tried)} killed, {share:.1f} %; {len(unexplained)} survivors not explained; '
          f'{len(results) - len(tried)} did not compile')
    return bool(tried) and share >= LEAST_PERCENT and not unexplained and not stale


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--file', default='', help='only sources whose path has this in it')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--sample', type=int, default=0, help='only so many, at random')
    parser.add_argument('--model-steps', type=int, default=5000)
    parser.add_argument('--list', action='store_true', help='only print what would be tried')
    args = parser.parse_args()
    began = time.monotonic()
    prepare()
    mutants = [m for path in SOURCES if args.file in path for m in mutants_of(path)]
    if args.sample:
        mutants = random.Random(1).sample(mutants, min(args.sample, len(mutants)))
    if args.list:
        print('\n'.join(f'{m.path}:{m.line}: {name(m)}' for m in mutants))
        return 0
    if noticed_by(BUILD, '', args.model_steps) is not None:
        raise SystemExit('mutants: the tests fail without any change')
    with multiprocessing.Pool(args.jobs) as pool:
        results = list(pool.imap_unordered(try_mutant, [(m, args.model_steps) for m in mutants], chunksize=4))
    fine = report(results, whole=not args.file and not args.sample)
    print(f'{time.monotonic() - began:.0f} s')
    return 0 if fine else 1


if __name__ == '__main__':
    sys.exit(main())
