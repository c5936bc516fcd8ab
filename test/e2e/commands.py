"""Only reads: every byte that was written to a console, against the allowlist of the daemon (src/core/console/command.c).

The list is taken from the source, so that a command that is added there must be seen by a test, and the other way
round: over all end-to-end tests the commands that were written are the allowlist, no more and no less.
"""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCE = os.path.join(ROOT, "src", "core", "console", "command.c")
ROW = re.compile(r'\{ "([^"]*)", \'(\\[nr])\', (true|false) \}')
KINDS = re.compile(r"(?m)^\t\[COMMAND_")
ENDS = {"\\n": "\n", "\\r": "\r"}
ADDRESSES = range(1, 17)


def allowlist(source=None):
    """Every command with its line end, as the table of the source spells it: 16 for each that takes an address."""
    if source is None:
        with open(SOURCE, encoding="ascii") as file:
            source = file.read()
    rows = ROW.findall(source)
    if not rows or len(rows) != len(KINDS.findall(source)):
        raise ValueError("the table of commands could not be read")
    return {text + (str(n) if takes else "") + ENDS[end] for text, end, address in rows
            for takes in [address == "true"] for n in (ADDRESSES if takes else [0])}


def split(written):
    """The lines of what was written, each with its end; what has none stands for itself."""
    return re.findall(r"[^\r\n]*[\r\n]|[^\r\n]+$", written.decode("latin-1"))


def foreign(commands, allowed):
    """What may never be written."""
    return sorted(set(commands) - set(allowed))


def verdict(commands, allowed, whole):
    """A sentence for everything that is wrong with the commands of a run; `whole`: every test ran."""
    wrong = ["written to a console, and not allowed: %r" % text for text in foreign(commands, allowed)]
    if whole:
        wrong += ["allowed, but no test saw it written: %r" % text for text in sorted(set(allowed) - set(commands))]
    return wrong
