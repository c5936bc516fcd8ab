#!/usr/bin/python3
"""Static checks: each tool over its files, as many side by side as there are cores. A tool passes when it has
nothing to say at all. Closes with a count of tools."""

import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

LIBRARIES = ('libmosquitto', 'json-c', 'inih', 'libserialport')
DEFINES = ['-D_GNU_SOURCE', '-DVERSION="0.0.0"']
INCLUDES = ['-Iinclude', '-Isrc', '-Itest/unit', '-Itest/fuzz']

GCC = ['-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Werror']

# Everything that clang knows, less:
CLANG = ['-Weverything', '-Werror',
         '-Wno-padded',                      # the order of members is for the reader
         '-Wno-declaration-after-statement', # C11 has them
         '-Wno-switch-enum',                 # a default for the rest of an enum is meant; -Wswitch stays
         '-Wno-disabled-macro-expansion',    # stdout and friends of the C library
         '-Wno-reserved-identifier',         # __wrap_ and __real_ are what the linker's --wrap calls them
         '-Wno-unused-macros',               # of a test's shared header: not every test uses each
         # Of Debian 13's clang, which knows more:
         '-Wno-unknown-warning-option',
         '-Wno-unsafe-buffer-usage',         # made for C++: there is no other way in C
         '-Wno-pre-c11-compat',
         '-Wno-switch-default',              # a switch over a whole enum needs none; -Wswitch and the opposite of this stay
         '-Wno-format-signedness']           # an enum is printed with %d

CPPCHECK = ['--enable=warning,style,performance,portability', '--std=c11', '--inline-suppr', '--quiet',
            '--error-exitcode=1', '--library=posix', '--suppress=missingIncludeSystem',
            '--suppress=unusedStructMember',     # what only the kernel reads
            '--suppress=normalCheckLevelMaxBranches',
            '--suppress=constParameterPointer', '--suppress=constVariablePointer',   # members of one kind look alike
            '--suppress=readdirCalled']          # its successor is deprecated, and no folder is shared by threads


def library_flags():
    done = subprocess.run(['pkg-config', '--cflags', *LIBRARIES], check=True, capture_output=True, text=True)
    return [flag.replace('-I', '-isystem', 1) for flag in done.stdout.split()]


def sources(*patterns):
    return sorted(path for pattern in patterns for path in glob.glob(pattern, recursive=True))


def scripts(interpreter, suffix):
    """Files that end with the suffix or begin with a line that names the interpreter."""
    listed = subprocess.run(['git', 'ls-files', '--cached', '--others', '--exclude-standard'], check=False,
                            capture_output=True, text=True).stdout.split('\n')
    paths = listed if any(listed) else sources('**')
    found = []
    for path in filter(os.path.isfile, paths):
        if path.startswith('test/gx/overlay/'):
            continue                         # as the firmware of a GX has them
        with open(path, 'rb') as f:
            first = f.readline(80)
        if path.endswith(suffix) or re.match(rb'#!\S*(/| )' + interpreter + rb'\b', first):
            found.append(path)
    return sorted(found)


def table(scratch):
    """(name, command, files); a command gets one file, or with `together` all of them."""
    own = sources('src/**/*.c')
    tests = sources('test/**/*.c')
    flags = ['-std=c11', *DEFINES, *INCLUDES, *library_flags()]
    throw_away = ['-c', '-o', '/dev/null']
    return (
        # without optimisation: with it gcc 12 blames its own copies of structures for being uninitialised
        ('gcc -fanalyzer', ['gcc', *flags, '-O0', '-fanalyzer', *GCC, *throw_away], own, False),
        ('gcc, tests', ['gcc', *flags, '-O0', *GCC, '-fsyntax-only'], tests, False),
        ('clang -Weverything', ['clang', *flags, *CLANG, '-fsyntax-only'], own + tests, False),
        ('clang-tidy', ['tidy', *flags], own, False),
        ('cppcheck', ['cppcheck', *CPPCHECK, *DEFINES, *INCLUDES, f'--cppcheck-build-dir={scratch}'], own, True),
        ('shellcheck', ['shellcheck', '-x', '-P', 'SCRIPTDIR', '-P', 'packaging/device'], scripts(b'(ba|da)?sh', '.sh'), True),
        ('pyflakes', ['pyflakes3'], scripts(b'python3', '.py'), True),
    )


def run(command, files):
    if command[0] == 'tidy':
        command = ['clang-tidy', '--quiet', *files, '--', *command[1:]]
    else:
        command = [*command, *files]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    said = done.stdout + re.sub(r'\d+ warnings? (generated|treated as errors?)\.?\n', '', done.stderr)
    if command[0] == 'clang-tidy':
        said = re.sub(r'Suppressed .*\n|Use -header-filter.*\n', '', said)
    return said if said.strip() or done.returncode == 0 else f'{command[0]} ended with {done.returncode}\n'


def format_base():
    """Where this branch began: FORMAT_BASE, or the common commit with the branch that it follows or began at."""
    for name in (os.environ.get('FORMAT_BASE'), '@{upstream}', 'origin/HEAD', 'origin/main', 'main'):
        done = subprocess.run(['git', 'merge-base', 'HEAD', name or ''], check=False, capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.strip()
    return None


def formatted(base):
    """What clang-format would change of the lines that are new since `base`. Not `git clang-format`, which takes a file
    that was only moved for a new one."""
    changes = subprocess.run(['git', 'diff', '-U0', '--no-color', '--no-ext-diff', '--find-renames', base, '--', '*.c', '*.h'],
                             check=True, capture_output=True, text=True)
    done = subprocess.run(['clang-format-diff', '-p1', '-style=file'], check=False, capture_output=True, text=True,
                          input=changes.stdout)
    return done.stdout + done.stderr


def main():
    faults = {}
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = []
        for name, command, files, together in table(scratch):
            faults[name] = '' if files else 'no file to look at\n'
            for part in [files] if together else [[path] for path in files]:
                jobs.append((name, pool.submit(run, command, part)))
        for name, job in jobs:
            faults[name] += job.result()
    base = format_base()
    if base is None:
        print('skipped clang-format, changed lines (no commit to compare with: set FORMAT_BASE)')
    else:
        faults['clang-format, changed lines'] = formatted(base)
    for name, fault in faults.items():
        print(f'{"not ok" if fault else "ok":7} {name}')
        if fault:
            print(fault)
    failed = sum(bool(fault) for fault in faults.values())
    print(f'{len(faults) - failed} passed, {failed} failed, {int(base is None)} skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
