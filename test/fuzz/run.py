#!/usr/bin/python3
"""Runs the fuzzers named, as many side by side as there are cores, from the kept corpus and fresh seeds.

    run.py [--seconds N] [--keep [--also FOLDER]] BUILD/fuzz_NAME ...

One line for each with its figures, the input that broke it when it did; closes with a count. --keep writes what
the run has learnt, minimised, into test/fuzz/corpus: one archive for each harness, bounded in size; --also takes in
FOLDER/NAME, the inputs of a longer run."""

import argparse
import base64
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import seeds  # noqa: E402

CORPUS = 'test/fuzz/corpus'
DICTIONARY = 'test/fuzz/console.dict'
KEPT_BYTES_MAX = 50000      # of one archive,
KEPT_INPUTS_MAX = 250       # so that reading them leaves time for new ones
ENTRY_BYTES = 60            # in an archive's directory
INPUT_MAX = {'framing': 16384, 'reply': 12288, 'session': 4096, 'config': 8192, 'limits': 4096}
INPUT_SECONDS_MAX = 10      # one input that takes longer has hung
MEMORY_MB = 512
ENVIRONMENT = dict(os.environ, CMOCKA_TEST_ABORT='1')


def name_of(program):
    return os.path.basename(program).removeprefix('fuzz_')


def archive_of(name):
    return os.path.join(CORPUS, f'{name}.zip')


def unpack(name, folder):
    with zipfile.ZipFile(archive_of(name)) as archive:
        archive.extractall(folder)


def options(name, scratch):
    chosen = [f'-max_len={INPUT_MAX[name]}', f'-timeout={INPUT_SECONDS_MAX}', f'-rss_limit_mb={MEMORY_MB}',
              f'-artifact_prefix={scratch}/broken-', '-print_final_stats=1', '-verbosity=1']
    return chosen + ([] if name in ('config', 'limits') else [f'-dict={DICTIONARY}'])


def figure(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def report(name, text):
    print(f"ok      fuzz_{name}: {figure(r'stat::number_of_executed_units: *([0-9]+)', text)} inputs, "
          f"{figure(r'stat::average_exec_per_sec: *([0-9]+)', text)} a second, "
          f"{figure(r' cov: ([0-9]+)', text)} edges, {figure(r' corp: ([0-9]+)', text)} kept", flush=True)


def report_broken(name, text, scratch):
    print(f'not ok  fuzz_{name}')
    print(text[-6000:])
    for broken in sorted(os.listdir(scratch)):
        if broken.startswith('broken-'):
            with open(os.path.join(scratch, broken), 'rb') as f:
                print(f'{broken} in base64: {base64.b64encode(f.read()).decode()}', flush=True)


def fuzz(program, given):
    name = name_of(program)
    with tempfile.TemporaryDirectory() as scratch:
        found, seed, kept = (os.path.join(scratch, folder) for folder in ('found', 'seed', 'kept'))
        for folder in (found, kept):
            os.mkdir(folder)
        if seeds.write(name, seed) == 0:
            raise SystemExit(f'fuzz: no seed for {name}')
        if os.path.exists(archive_of(name)):
            unpack(name, kept)
        elif not given.keep:
            raise SystemExit(f'fuzz: no kept corpus for {name}')
        done = subprocess.run([program, *options(name, scratch), f'-max_total_time={given.seconds}', found, kept, seed],
                              check=False, capture_output=True, text=True, errors='replace', env=ENVIRONMENT)
        good = done.returncode == 0 and figure(r'stat::number_of_executed_units: *([0-9]+)', done.stderr) > 0
        if not good:
            report_broken(name, done.stderr, scratch)
            return False
        report(name, done.stderr)
        if given.keep:
            also = [os.path.join(given.also, name)] if given.also else []
            keep_best(program, scratch, (found, kept, seed, *also))
        return True


def keep_best(program, scratch, folders):
    """The smallest inputs that together reach what all reach; the smallest first as far as there is room."""
    name = name_of(program)
    merged = os.path.join(scratch, 'merged')
    os.mkdir(merged)
    subprocess.run([program, *options(name, scratch), '-merge=1', '-use_value_profile=0', merged, *folders],
                   check=True, capture_output=True, env=ENVIRONMENT)
    os.makedirs(CORPUS, exist_ok=True)
    paths = sorted((os.path.join(merged, n) for n in os.listdir(merged)), key=lambda p: (os.path.getsize(p), p))
    fresh = os.path.join(scratch, 'fresh.zip')
    with zipfile.ZipFile(fresh, 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number, path in enumerate(paths):
            with open(path, 'rb') as f:
                archive.writestr(zipfile.ZipInfo(f'{number:04d}'), f.read(), zipfile.ZIP_DEFLATED, 9)
            if archive.fp.tell() + number * ENTRY_BYTES > KEPT_BYTES_MAX or number == KEPT_INPUTS_MAX:
                break
    shutil.copyfile(fresh, archive_of(name))
    print(f'        kept {number + 1} of {len(paths)} inputs, {os.path.getsize(fresh)} bytes', flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=int, default=10)
    parser.add_argument('--keep', action='store_true')
    parser.add_argument('--also', metavar='FOLDER')
    parser.add_argument('programs', nargs='+')
    given = parser.parse_args()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        good = list(pool.map(lambda program: fuzz(program, given), given.programs))
    print(f'{sum(good)} passed, {len(good) - sum(good)} failed')
    return 0 if all(good) else 1


if __name__ == '__main__':
    sys.exit(main())
