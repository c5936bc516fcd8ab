"""The daemon's clocks, shifted by test/faults/clock.c."""

import os
import struct
import tempfile

from daemon import preloaded


class Clock:
    """As a context; `environment` is for the daemon. The shifts are 0 at first."""

    def __enter__(self):
        handle, self.path = tempfile.mkstemp(prefix="pylontech-clock-")
        os.close(handle)
        self.environment = {"LD_PRELOAD": preloaded("clock"), "CLOCK_JUMP": self.path}
        self.shift()
        return self

    def __exit__(self, *unused):
        os.unlink(self.path)

    def shift(self, wall_s=0, monotonic_ms=0):
        with open(self.path, "r+b") as file:
            file.write(struct.pack("=qq", wall_s, monotonic_ms))
