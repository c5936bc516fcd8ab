"""Faults on the wire: which are on, for which command or module, and how often.

KINDS is the list; the scenario file, Simulator.fault() and the tests use the same names.
"""

import random

KINDS = {
    "lose": "lose a byte at the rate 1/rate",
    "double": "send a byte twice at the rate 1/rate",
    "flip": "flip one bit of a byte at the rate 1/rate",
    "insert": "put a random byte in at the rate 1/rate",
    "truncate": "cut the reply after `value` bytes (echo not counted); nothing follows, no prompt",
    "stall": "pause for `seconds` after `value` bytes of the reply",
    "late": "the reply comes `seconds` late, after its echo, whatever is sent by then",
    "drop_echo": "no echo",
    "silence": "the echo and then nothing; without module and command: nothing at all",
    "stray": "send `value` (text) before the echo",
    "endless": "a line that never ends instead of the reply, `value` (a character) again and again",
    "garbage": "the echo and the reply turned into question marks and bytes of 0x80 and more",
    "wrong_module": "answer with the data of module `value`",
    "frozen": "the same bytes every time, whatever changes",
    "stale_row": "the row of this module in the `pwr` table stands still",
    "refuse": "refuse with the error `value`: unknown, invalid, failed, version, mode",
}
RATES = ("lose", "double", "flip", "insert")


class Fault:
    """One fault that is on. `count` says how often it acts (None: until cleared)."""

    def __init__(self, kind, command=None, module=None, value=None, seconds=0.0, rate=None, count=None):
        if kind not in KINDS:
            raise ValueError("no such fault: %s" % kind)
        if (kind in RATES) != (rate is not None):
            raise ValueError("%s %s a rate" % (kind, "needs" if kind in RATES else "takes no"))
        self.kind, self.command, self.module = kind, command, module
        self.value, self.seconds, self.rate, self.count = value, float(seconds), rate, count
        self.hits = 0
        self.cache = {}

    def matches(self, line, address):
        if self.command is not None and self.command not in (line, line.split(" ")[0]):
            return False
        return self.module is None or self.module == address


class Faults:
    """All faults that are on, and the dice (seeded: the same run gives the same damage)."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.active = []
        self.damaged_bytes = 0

    def add(self, kind, **options):
        fault = Fault(kind, **options)
        self.active.append(fault)
        return fault

    def clear(self, kind=None):
        self.active = [f for f in self.active if kind is not None and f.kind != kind]

    def find(self, kind, line="", address=None):
        """The first fault of this kind that fits, without using it up."""
        for fault in self.active:
            if fault.kind == kind and fault.matches(line, address):
                return fault
        return None

    def take(self, kind, line="", address=None):
        """Like find(), and counts it as used."""
        fault = self.find(kind, line, address)
        if fault is None:
            return None
        fault.hits += 1
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                self.active.remove(fault)
        return fault

    def _hit(self, fault):
        if self.dice.random() * fault.rate >= 1:
            return False
        fault.hits += 1
        self.damaged_bytes += 1
        return True

    def damage(self, data):
        """The bytes as they come out of a bad cable."""
        rates = [f for f in self.active if f.kind in RATES]
        if not rates:
            return data
        out = bytearray()
        for byte in data:
            piece = bytes([byte])
            for fault in rates:
                if self._hit(fault):
                    piece = self._damage_one(fault.kind, piece)
            out += piece
        return bytes(out)

    def _damage_one(self, kind, piece):
        if kind == "lose":
            return b""
        if kind == "double":
            return piece + piece
        if kind == "insert":
            return piece + bytes([self.dice.randrange(256)])
        return bytes([piece[0] ^ (1 << self.dice.randrange(8))]) + piece[1:] if piece else piece

    def garble(self, data):
        """What a console at a wrong level or speed looks like."""
        return bytes(self.dice.choice((0x3F, 0x80, 0xA5, 0xE0, 0xFE, 0xFF)) for _ in data)
