"""What went over the wire, from the simulator's record alone: it fits every program that reads a battery."""

import bisect
import statistics
from dataclasses import dataclass

from sim.wire import BITS_PER_BYTE

ANCHORS = ("bat 1", "getpwr 1", "pwr 1", "bat")   # a pass holds one of these once, the others not more often
TABLE = "pwr"                      # where there is nothing else
RETURNS_MIN = 3


@dataclass
class Exchange:
    """A command with its reply. Times are monotonic; `at` is when the command's last byte was on the line."""

    at: float
    text: str
    bytes_in: int
    bytes_out: int
    idle_s: float = 0.0            # from the last byte that the program was given to the first that it sent
    held_s: float = 0.0            # how long the adapter kept the last byte before the command
    late_s: float = 0.0            # how late the simulator then was

    @property
    def total(self):
        return self.bytes_in + self.bytes_out


def exchanges(sim):
    """All of them so far, in order."""
    byte_s = BITS_PER_BYTE / sim.options.baud
    bodies = {(at, text): len(body) for at, text, body in list(sim.sent)}
    trace = list(sim.wire.trace)
    written = [entry[2] for entry in trace]
    found = []
    for at, text in list(sim.commands):
        sent = len(text) + 1
        one = Exchange(at, text, sent, sent + bodies.get((at, text), 0))
        before = bisect.bisect_left(written, at) - 1
        if before >= 0:
            line_end, due, done, _ = trace[before]
            one.idle_s = at - sent * byte_s - done
            one.held_s, one.late_s = due - line_end, done - due
        found.append(one)
    return found


def mark(found):
    """The command with which passes begin, once it has come back; None before. `found`: from the start on."""
    texts = [one.text for one in found]
    best = max([text for text in ANCHORS if text in texts] or [TABLE], key=texts.count)
    return best if texts.count(best) >= RETURNS_MIN else None


def cycles(found, begin):
    """The passes that are whole, from one command `begin` to the next, each a list of exchanges; the first one of the
    next is the last in it."""
    starts = [i for i, one in enumerate(found) if one.text == begin]
    return [found[a:b + 1] for a, b in zip(starts, starts[1:])]


def wire_s(some, baud):
    return sum(one.total for one in some) * BITS_PER_BYTE / baud


def figures(found, baud, begin):
    """What the passes took, and what they would take if the line were never silent."""
    passes = cycles(found, begin)
    if not passes:
        return None
    took = [p[-1].at - p[0].at for p in passes]
    wire = [wire_s(p[:-1], baud) for p in passes]
    inner = [one for p in passes for one in p[1:]]
    held = sum(one.held_s for one in inner)
    late = sum(one.late_s for one in inner)
    size = sum(one.total for p in passes for one in p[:-1])
    table = sum(one.total for p in passes for one in p[:-1] if one.text == TABLE)
    return {
        "cycles": len(passes),
        "cycle_s": statistics.median(took),
        "over_wire": sum(took) / sum(wire),
        "over_wire_and_adapter": sum(took) / (sum(wire) + held),
        "simulator_late_share": late / sum(took),
        "table_share": table / size,
        "bytes_a_cycle": size / len(passes),
        "turnaround_median_ms": 1000 * statistics.median(one.idle_s for one in inner),
        "turnaround_worst_ms": 1000 * max(one.idle_s for one in inner),
    }


def needed_s(found, until, baud):
    """Wire time of what a complete bank with its limits needs: the table, what the BMS recommends, and of each module
    what it is and may, `pwr N` and the cells, each once."""
    needed = {}
    for one in found:
        name, _, address = one.text.partition(" ")
        kind = "cells" if name in ("bat", "getpwr") else name if name in ("pwr", "pwrsys", "info") else None
        if kind and one.at < until:
            needed.setdefault((kind, address), one)
    return wire_s(needed.values(), baud)
