"""How bytes get from the line into the computer. An adapter takes pieces of the line and passes packets on."""

import math

DIRECT_S = 0.004                   # without a USB adapter: packets of about this length


class Direct:
    """No adapter between: bytes are there as they come, in blocks of DIRECT_S."""

    packet = None                  # as long as it gets

    def __init__(self):
        self.clear()

    def clear(self):
        """Forgets what it holds."""
        self.held = bytearray()
        self.tick = 0.0            # when the present packet goes off
        self.line_end = 0.0        # when its last byte came in

    def room(self, start, byte_s):
        """How many bytes from `start` on belong into the present packet; 1 at least."""
        return max(1, int(DIRECT_S / byte_s))

    def take(self, data, end):
        """Bytes of which the last came in at `end`."""
        self.held += data
        self.tick = self.line_end = end

    def due(self):
        """When the present packet goes off, None while it is empty."""
        return self.tick if self.held else None

    def go(self):
        """The packet that is due."""
        data, self.held = bytes(self.held), bytearray()
        return data


class Ftdi(Direct):
    """The usual USB adapter: a packet goes off with 62 bytes, or when the latency timer ends, which starts anew with
    every packet, an empty one too. Its phase has nothing to do with what is said on the line."""

    packet = 62

    def __init__(self, latency_s=0.016):
        super().__init__()
        self.latency_s = latency_s

    def room(self, start, byte_s):
        if not self.held and self.tick <= start:
            self.tick += self.latency_s * (1 + math.floor((start - self.tick) / self.latency_s))
        return max(1, min(self.packet - len(self.held), int((self.tick - start) / byte_s)))

    def take(self, data, end):
        self.held += data
        self.line_end = end
        if len(self.held) >= self.packet:
            self.tick = end

    def go(self):
        data = bytes(self.held[:self.packet])
        del self.held[:self.packet]
        if len(self.held) < self.packet:
            self.tick += self.latency_s
        return data


ADAPTERS = {"direct": Direct, "ftdi": Ftdi}
