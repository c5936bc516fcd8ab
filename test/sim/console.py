"""The console: sleep and wake, prompt, login, echo, one command after the other.

A line ends with LF or CR. The echo of a line starts when its last byte has arrived.
"""

import re
import time

from . import replies

WAKE_SPEED = 1200
WAKE_FRAME = b"~20014682C0048520FCC3\r"
LINE_MAX = 128
PERMITTED = re.compile(r"(|pwr|pwr \d+|bat \d+|getpwr \d+|info|info \d+|stat \d+|soh \d+|pwrsys|login debug)$")
# Commands about one module; without a number they are about the master.
PER_MODULE = ("bat", "info", "stat", "soh", "getpwr")
NO_MARK = ("bat", "info", "stat", "soh")   # where the model has no_accept_mark
NEED_LOGIN = PER_MODULE + ("pwr", "pwrsys", "time", "help")
CLOCK_START = time.mktime((2024, 5, 1, 8, 0, 0, 0, 0, 0))


class Console:
    """`send(data, not_before, own_time, endless)` puts bytes on the wire."""

    def __init__(self, stack, faults, options):
        self.stack, self.faults, self.options = stack, faults, options
        self.send = None
        self.stop_endless = lambda: None
        self.started = time.monotonic()
        self.commands = []                 # (monotonic time, text) of every line
        self.sent = []                     # (monotonic time, text, body) of every reply
        self.forbidden = []                # (monotonic time, text) of lines that nobody may send
        self.recorded = options.recorded
        self.recorded_turn = {}
        self.wakes = 0                     # how often it was woken
        self.sleep() if options.asleep else self.reset()
        self.recommend = {"chg_mv": 53250, "dsg_mv": 47000, "chg_ma": 20000, "dsg_ma": -25000}

    # ---- state ----

    def reset(self):
        self.awake = True
        self.debug = False
        self.line = bytearray()
        self.wake_buffer = b""
        self.wake_frames = 0

    def sleep(self):
        """Off: silent at every speed until it is woken."""
        self.reset()
        self.awake = False

    @property
    def prompt(self):
        word = self.options.prompt or self.stack.master.model.prompt
        return word + ("_debug>" if self.debug else ">")

    def clock(self):
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(CLOCK_START + time.monotonic() - self.started))

    # ---- bytes in ----

    def byte(self, byte, speed, now):
        if not self.awake:
            self._wake_byte(byte, speed)
        elif speed != self.options.baud:
            if self.options.noise_at_wrong_speed and len(self.line) < LINE_MAX:
                self.line.append(0x80 | byte)
        elif byte in (0x0A, 0x0D):
            line, self.line = bytes(self.line).decode("latin-1"), bytearray()
            self.handle(line, now)
        elif len(self.line) < LINE_MAX:
            self.line.append(byte)

    def _wake_byte(self, byte, speed):
        """Only the exact frame at 1200 baud counts; a byte at another speed breaks it."""
        self.wake_buffer = (self.wake_buffer + bytes([byte]))[-len(WAKE_FRAME):] if speed == WAKE_SPEED else b""
        if self.wake_buffer != WAKE_FRAME:
            return
        self.wake_buffer = b""
        self.wake_frames += 1
        if self.wake_frames >= self.options.wakes_needed:
            self.reset()
            self.wakes += 1

    # ---- a line ----

    def handle(self, line, now):
        self.commands.append((now, line))
        noise = self.options.noise_at_wrong_speed and any(ord(c) > 0x7F for c in line)
        if not noise and not PERMITTED.match(line):
            self.forbidden.append((now, line))
        self.stop_endless()
        name, address = self.split(line)
        silence = self.faults.take("silence", line, address)
        if silence and silence.module is None and silence.command is None:
            return
        self._send_echo(line, address, now)
        if silence is None:
            self._send_reply(line, address, self.body(line, name, address), now)

    @staticmethod
    def split(line):
        """The command's name and the address that it is about (None: none given)."""
        words = line.split()
        if not words:
            return "", None
        number = words[1] if len(words) == 2 and words[1].isdigit() else None
        return words[0], int(number) if number is not None else None

    def _send_echo(self, line, address, now):
        stray = self.faults.take("stray", line, address)
        if stray:
            self.send(str(stray.value).encode("latin-1"), now)
        if self.faults.take("drop_echo", line, address):
            return
        echo = line.encode("latin-1") + (b"" if self._no_echo_end(line) else b"\n")
        if self.faults.find("garbage", line, address):
            echo = self.faults.garble(echo)
        self.send(echo, now)

    def _no_echo_end(self, line):
        """A recording holds the end of its echo; high-voltage firmware prints none."""
        bare = self.stack.master.model.no_accept_mark and self.split(line)[0] in NO_MARK
        return self._is_recorded(line) or (bare and self.recorded is None)

    def _send_reply(self, line, address, body, now):
        """Applies the faults that act on one reply and puts it on the wire."""
        at = now + self.options.latency_s
        self.sent.append((now, line, body))
        truncate, stall = (self.faults.take(k, line, address) for k in ("truncate", "stall"))
        late, endless = (self.faults.take(k, line, address) for k in ("late", "endless"))
        if self.faults.take("garbage", line, address):
            body = self.faults.garble(body)
        if endless:
            self.send(str(endless.value or "x").encode("latin-1"), at, endless=True)
            return
        if truncate:
            body = body[:int(truncate.value)]
        if late:
            self.send(body, at + late.seconds, own_time=True)
        elif stall:
            self.send(body[:int(stall.value)], at)
            self.send(body[int(stall.value):], at + stall.seconds)
        else:
            self.send(body, at)

    def inject(self, line, now):
        """Another program's command on the same port: its echo and the reply appear unasked."""
        name, address = self.split(line)
        self.send(line.encode("latin-1") + b"\n" + self.body(line, name, address), now)

    # ---- the reply ----

    def _is_recorded(self, line):
        return self.recorded is not None and line != "" and line in self.recorded

    def body(self, line, name, address):
        """The bytes that follow the echo."""
        frozen = self.faults.find("frozen", line, address)
        if frozen and line in frozen.cache:
            frozen.hits += 1
            return frozen.cache[line]
        if self._is_recorded(line):
            body = self._recorded_body(line)
        else:
            body = self._text(line, name, address).encode("latin-1")
        if frozen:
            frozen.cache[line] = body
        return body

    def _recorded_body(self, line):
        """The recorded bytes; several recordings of one command are served in turn."""
        held = self.recorded[line]
        if isinstance(held, (bytes, bytearray)):
            return bytes(held)
        turn = self.recorded_turn.get(line, 0)
        self.recorded_turn[line] = turn + 1
        return held[turn % len(held)]

    def _text(self, line, name, address):
        if not name:
            return "\r" + self.prompt
        refused = self._refusal(line, name, address)
        if refused:
            return replies.error_body(refused, line, self.prompt)
        if name in ("login", "logout", "shut"):
            return self._mode(line, name)
        if name in PER_MODULE or (name == "pwr" and address is not None):
            return self._per_module(line, name, address)
        return self._whole(line, name)

    def _refusal(self, line, name, address):
        """The kind of error that this command gets, or None."""
        fault = self.faults.take("refuse", line, address)
        if fault:
            return fault.value or "unknown"
        refused = dict(self.stack.master.model.refused)
        refused.update(self.options.refused)
        pattern = name + (" N" if address is not None else "")
        for key in (line, pattern):
            if key in refused:
                return refused[key]
        if self.recorded is not None:
            return "unknown"
        if self.options.login_required and not self.debug and name in NEED_LOGIN:
            return "unknown"
        if name == "pwr" and address is None and self.options.no_table:
            return "invalid"
        return None if self._known(name) else "unknown"

    def _known(self, name):
        model = self.stack.master.model
        if name == "getpwr":
            return model.getpwr if self.options.getpwr is None else self.options.getpwr
        if name == "pwrsys":
            return model.pwrsys == "user" or (model.pwrsys == "debug" and self.debug)
        return name in NEED_LOGIN + ("login", "logout", "shut")

    def _mode(self, line, name):
        """login, logout and shut: what changes the console itself."""
        if name == "login" and self.debug:
            return replies.error_body("mode", line, self.prompt)
        if name == "login" and line.split()[1:] != ["debug"]:
            return replies.error_body("invalid", line, self.prompt)
        if name == "shut":
            self.sleep()
            return ""
        self.debug = name == "login"
        return "\r@" + replies.LAST_END + replies.trailer(self.prompt)

    def _whole(self, line, name):
        master = self.stack.master
        if len(line.split()) > 1:
            return replies.error_body("invalid", line, self.prompt)
        if name == "pwr":
            return replies.pwr_table(self.stack, self.prompt, self.clock(), self._stale_rows())
        if name == "pwrsys":
            return replies.pwrsys(self.stack, self.prompt, self.recommend)
        if name == "time":
            return replies.time_reply(master, self.prompt, self.clock())
        return replies.help_reply(self.prompt)

    def _stale_rows(self):
        """Rows of the table that stand still, each as it was when the fault first acted."""
        rows = {}
        layout = replies.tables.PWR.get(self.stack.master.model.table)
        for module in self.stack.present():
            fault = self.faults.find("stale_row", "pwr", module.address)
            if fault and layout:
                values = replies.table_values(module, self.clock())
                rows[module.address] = fault.cache.setdefault(module.address, replies.table_row(layout, values))
        return rows

    def _per_module(self, line, name, address):
        master = self.stack.master
        if len(line.split()) > 2 or (len(line.split()) == 2 and address is None):
            return replies.error_body("invalid", line, self.prompt)
        if master.model.index_ignored:
            address = None
            if name == "pwr":
                return self._whole("pwr", "pwr")
        wrong = self.faults.take("wrong_module", line, address)
        target = int(wrong.value) if wrong else address if address is not None else 1
        if not 1 <= target <= master.model.rows:
            return replies.error_body("invalid", line, self.prompt)
        module = self.stack.find(target)
        if module is None:
            return replies.error_body(self.options.absent_error, line, self.prompt)
        return self._module_text(name, module, master)

    def _module_text(self, name, module, master):
        layout = module if self.options.own_layouts else master
        if name == "getpwr":
            return replies.getpwr_module(module, self.prompt)
        if name == "pwr":
            return replies.pwr_module(module, layout, self.prompt)
        if name == "bat":
            return replies.bat_module(module, layout, self.prompt, self.clock())
        build = {"info": replies.info_module, "stat": replies.stat_module, "soh": replies.soh_module}[name]
        return build(module, master, self.prompt)
