#!/usr/bin/python3
"""run.py RELEASE.tar.gz [PATTERN ...]: the stories of scenarios.py on virtual GX devices, two at a time.

Makes the images when they are not there. One line a step, and at the end `N passed, N failed`.
"""

import concurrent.futures
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from scenarios import STORIES, Device  # noqa: E402

CACHE = os.environ.get("PYLONTECH_GX_CACHE") or os.path.expanduser("~/.cache/pylontech-mqtt-gx")
WORKERS = 2


def run_story(story, architecture, release):
    """(name, seconds, lines, what failed)."""
    began, lines = time.monotonic(), []
    try:
        with Device(CACHE, release, architecture, say=lines.append) as device:
            story(device)
        failed = None
    except Exception as error:  # noqa: BLE001 - any fault is this story's alone
        failed = "%s: %s" % (type(error).__name__, error)
    return story.__name__, time.monotonic() - began, lines, failed


def main():
    release, patterns = os.path.abspath(sys.argv[1]), sys.argv[2:]
    stories = [(story, arch) for story, arch in STORIES if not patterns or any(p in story.__name__ for p in patterns)]
    for architecture in sorted({arch for _, arch in stories}):
        subprocess.check_call([os.path.join(HERE, "image.sh"), architecture, CACHE])
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run_story, story, arch, release) for story, arch in stories]):
            name, seconds, lines, fault = future.result()
            print("== %s (%.0f s)" % (name, seconds))
            print("\n".join("  " + line for line in lines))
            passed += sum(line.startswith("ok") for line in lines)
            if fault:
                failed += 1
                print("  " + "\n  ".join(fault.splitlines()))
            sys.stdout.flush()
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
