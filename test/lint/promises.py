#!/usr/bin/python3
"""The table of guarantees (docs/guarantees.md): every row names tests, and every test named must have run and passed.

`promises.py PAGE RAN`: RAN holds the names of the tests that passed, one a line."""

import re
import sys

HEADING = "# What you can rely on"


def rows(text):
    """(guarantee, [tests]) of each row of the table below the heading."""
    section = text.split(HEADING, 1)[1].split("\n# ", 1)[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 2 or set(cells[0]) <= set("- ") or cells[1] == "shown by":
            continue
        yield cells[0], re.findall(r"`([^`]+)`", cells[1])


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        table = list(rows(file.read()))
    with open(sys.argv[2], encoding="utf-8") as file:
        ran = {line.strip() for line in file}
    failed = 0
    for guarantee, tests in table:
        missing = [test for test in tests if test not in ran]
        if missing or not tests:
            failed += 1
            print("not shown: %s (%s)" % (guarantee, ", ".join(missing) or "names no test"))
    if not table:
        print("no guarantees found in " + sys.argv[1])
        failed += 1
    print("%d passed, %d failed" % (len(table) - failed if table else 0, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
