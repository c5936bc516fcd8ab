"""The wire: a pty, paced like a UART of 10 bits a byte by absolute monotonic time.

Bytes are read from the pty at once but count as arrived only when a real line would have delivered
them, and they are judged by the speed that is set at that moment: who changes the speed too early
destroys what is still under way, as on a real port. A write that the pty does not take is lost and counted.
"""

import collections
import fcntl
import os
import pty
import select
import termios
import time
import tty

from .adapter import ADAPTERS

BITS_PER_BYTE = 10
BLOCK_S = 0.004                    # bytes that come in are looked at in blocks of about this length
GIVE_UP_S = 0.25                   # a full pty: the bytes are lost after this time
IDLE_S = 0.5

SPEEDS = {getattr(termios, name): int(name[1:]) for name in dir(termios)
          if name.startswith("B") and name[1:].isdigit()}


class Segment:
    """Bytes that go out one after the other, not before a moment; `own_time` ones push in when due."""

    def __init__(self, data, not_before, own_time=False, endless=False):
        self.data = bytearray(data)
        self.not_before = not_before
        self.own_time = own_time
        self.endless = bytes(data) if endless else None

    def pop(self, count):
        piece = bytes(self.data[:count])
        del self.data[:count]
        if self.endless is not None and len(self.data) < count:
            self.data += self.endless * (count // len(self.endless) + 1)
        return piece


class Wire:
    """The port. `deliver(byte, speed, now)` is called for every byte that arrives."""

    def __init__(self, baud, paced, faults, deliver, cooked=False, link=None, garbage_at_wrong_speed=False,
                 adapter="direct"):
        self.baud, self.paced, self.faults, self.deliver = baud, paced, faults, deliver
        self.cooked, self.link = cooked, link
        self.garbage_at_wrong_speed = garbage_at_wrong_speed
        self.master = self.slave = None
        self.port = None
        self.incoming = collections.deque()    # (arrival time, byte)
        self.queue = collections.deque()       # segments in order
        self.timed = []                        # segments with a time of their own
        self.block = None                      # on the line: (bytes, time when its last byte is out)
        self.adapter = ADAPTERS[adapter]()
        self.packet = None                     # on its way into the pty: (bytes, since when)
        self.trace = None                      # a list: (last byte off the line, packet due, written, bytes) of each write
        self.rx_free = self.tx_free = 0.0
        self.written = bytearray()             # every byte ever written to us, at any speed
        self.bytes_in = self.bytes_out = self.overruns = self.wrong_speed_in = self.wrong_speed_out = 0

    # ---- the pty ----

    def plug(self):
        """Opens a pty; our own end of the slave stays open so that a closing reader gives no EIO."""
        if self.master is not None:
            return
        self.master, self.slave = pty.openpty()
        if not self.cooked:
            tty.setraw(self.slave)
        flags = fcntl.fcntl(self.master, fcntl.F_GETFL)
        fcntl.fcntl(self.master, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        self.port = os.ttyname(self.slave)
        if self.link:
            self._relink()

    def _relink(self):
        new = "%s.%d" % (self.link, os.getpid())
        os.symlink(self.port, new)
        os.replace(new, self.link)

    def unplug(self):
        """The adapter is pulled: the port fails and its name is gone."""
        if self.master is None:
            return
        if self.link and os.path.islink(self.link):
            os.unlink(self.link)
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = None
        self.drop()

    def drop(self):
        """Forgets everything that is under way."""
        self.incoming.clear()
        self.queue.clear()
        self.timed.clear()
        self.block = self.packet = None
        self.adapter.clear()

    def speed(self):
        """The speed that the other side has set (0: none that we know)."""
        if self.master is None:
            return 0
        return SPEEDS.get(termios.tcgetattr(self.master)[5], 0)

    # ---- in ----

    def read(self, now):
        """Takes what was written and gives every byte its time of arrival."""
        try:
            data = os.read(self.master, 4096)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:
            return b""
        speed = self.speed()
        byte_s = BITS_PER_BYTE / speed if self.paced and speed else 0.0
        self.rx_free = max(self.rx_free, now)
        for byte in data:
            self.rx_free += byte_s
            self.incoming.append((self.rx_free, byte))
        self.bytes_in += len(data)
        self.written += data
        return data

    def arrive(self, now):
        """Hands over what has arrived by now; returns the time of the next arrival or None."""
        wrong = 0
        while self.incoming and self.incoming[0][0] <= now:
            at, byte = self.incoming.popleft()
            speed = self.speed()
            wrong += speed != self.baud
            self.deliver(byte, speed, at)
        self.wrong_speed_in += wrong
        if wrong and self.garbage_at_wrong_speed:
            self.send(self.faults.garble(b"?" * max(1, wrong // 2)), now)
        if not self.incoming:
            return None
        return min(self.incoming[-1][0], max(self.incoming[0][0], now + BLOCK_S))

    # ---- out ----

    def send(self, data, not_before, own_time=False, endless=False):
        if not data:
            return
        segment = Segment(data, not_before, own_time or endless, endless)
        (self.timed if segment.own_time else self.queue).append(segment)

    def stop_endless(self):
        self.timed = [s for s in self.timed if s.endless is None]

    def _next_segment(self, now):
        """(segment, None) to send from now, or (None, when the next is due)."""
        due = [s for s in self.timed if s.not_before <= now]
        if due:
            return min(due, key=lambda s: s.not_before), None
        times = [s.not_before for s in self.timed]
        if self.queue:
            if self.queue[0].not_before <= now:
                return self.queue[0], None
            times.append(self.queue[0].not_before)
        return None, min(times) if times else None

    def _next_block(self, segment, now):
        byte_s = BITS_PER_BYTE / self.baud
        slow = self.paced or segment.endless is not None
        start = max(self.tx_free, segment.not_before)
        piece = segment.pop(self.adapter.room(start, byte_s) if slow else len(segment.data))
        end = start + len(piece) * byte_s if slow else now
        self.tx_free = end
        self.block = (piece, end)
        if not segment.data:
            (self.timed if segment.own_time else self.queue).remove(segment)

    def transmit(self, now):
        """Does everything whose time has come; returns the time of the next thing or None."""
        while True:
            due = self.adapter.due()
            if self.packet is not None:
                if not self._write(now):
                    return now + 0.002
            elif due is not None and due <= min(now, self.block[1] if self.block else now):
                self.packet = (self.adapter.go(), due)
            elif self.block is not None:
                piece, end = self.block
                if end > now:
                    return end if due is None else min(due, end)
                self.block = None
                self.adapter.take(self._as_heard(piece), end)
            else:
                segment, next_s = self._next_segment(now)
                if segment is None:
                    times = [t for t in (due, next_s) if t is not None]
                    return min(times) if times else None
                self._next_block(segment, now)

    def _as_heard(self, piece):
        """What the other side makes of it, at the speed that it has set."""
        if self.speed() == self.baud:
            return self.faults.damage(piece)
        self.wrong_speed_out += len(piece)
        return self.faults.garble(piece) if self.garbage_at_wrong_speed else b""

    def _write(self, now):
        """True when the packet is done with: written, or lost for good."""
        packet, due = self.packet
        done = self._put(packet)
        self.bytes_out += done
        if done and self.trace is not None:
            self.trace.append((self.adapter.line_end, due, time.monotonic(), done))
        self.packet = None
        if done == len(packet):
            return True
        if now - due > GIVE_UP_S:
            self.overruns += len(packet) - done
            return True
        self.packet = (packet[done:], due)
        return False

    def _put(self, piece):
        try:
            return os.write(self.master, piece)
        except OSError:
            return 0


def wait(master, wake_fd, until):
    """Sleeps until there is input, somebody wakes us, or the time has come; True on input."""
    fds = [wake_fd] + ([master] if master is not None else [])
    timeout = IDLE_S if until is None else max(0.0, min(IDLE_S, until - time.monotonic()))
    try:
        ready = select.select(fds, [], [], timeout)[0]
    except (OSError, ValueError):
        return False               # unplug() has closed the pty meanwhile
    if wake_fd in ready:
        os.read(wake_fd, 512)
    return master is not None and master in ready
