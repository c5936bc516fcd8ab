"""Calls of the daemon that a test counts and lets fail, by test/faults/fail.c: struct fail_control, mapped."""

import mmap
import os
import struct
import subprocess

from daemon import preloaded

ORIGINS = ("program", "mosquitto", "json", "ini", "others")
CALLS_MAX, NAME_MAX = 96, 40
HEAD = struct.Struct("=qIIIiQQ")
COUNTS = struct.Struct("=%dQ" % (CALLS_MAX * len(ORIGINS)))
SIZE = HEAD.size + COUNTS.size + CALLS_MAX * NAME_MAX


class Calls:
    """The control file in `folder`; one daemon at a time."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "calls")
        with open(self.path, "wb") as file:
            file.write(bytes(SIZE))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), SIZE)
        self.environment = {"LD_PRELOAD": preloaded("fail"), "FAIL_CONTROL": self.path}
        subprocess.run(["true"], env=dict(os.environ, **self.environment), check=True)     # fills in the names
        self.clear()

    def names(self):
        start = HEAD.size + COUNTS.size
        texts = [self.map[start + i * NAME_MAX:start + (i + 1) * NAME_MAX] for i in range(CALLS_MAX)]
        return [text.split(b"\0")[0].decode("ascii") for text in texts]

    def counts(self):
        """{(name, origin): how often so far}, without those that were never called."""
        values = COUNTS.unpack_from(self.map, HEAD.size)
        names, width = self.names(), len(ORIGINS)
        return {(names[i // width], ORIGINS[i % width]): n for i, n in enumerate(values) if n}

    def clear(self):
        """All counts from 0, nothing chosen."""
        self.map[:HEAD.size + COUNTS.size] = bytes(HEAD.size + COUNTS.size)

    def fail(self, name, origin, nth=1, error=0):
        """The nth such call from now fails."""
        call = self.names().index(name)
        HEAD.pack_into(self.map, 0, 0, call, ORIGINS.index(origin), 0, error, 0, 0)
        struct.pack_into("=q", self.map, 0, nth)

    def fired(self):
        return HEAD.unpack_from(self.map, 0)[3] != 0

    def caller(self):
        """Where the call that failed came from: an offset within its object, for addr2line."""
        return HEAD.unpack_from(self.map, 0)[5]

    def detail(self):
        """The second argument of an open, fcntl or ioctl that failed."""
        return HEAD.unpack_from(self.map, 0)[6]
