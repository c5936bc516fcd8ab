"""The contract checker: every published message of every test goes through it.

    checker = Checker(Settings(base="x"))
    breaches = checker.check(messages, end)      # [] or a list of Breach

It joins the rules about one document (document.py) with those about topics and about what follows what.
Times are monotonic seconds of arrival. `gaps` are spans of time in which the broker, the subscriber or
the daemon was away: nothing is concluded from what is missing there.
"""

import re
from dataclasses import dataclass, field

import discovery
from daemon import SLOWNESS
from document import DOCUMENT_RULES, LIMITS as LIMIT_KEYS, Document, NotJson, parse
from driver import TIMED_OUT, VERSIONS, Driver, follow

LEAST_GAP_S = 1 - 0.05 * SLOWNESS   # one message a second, and what arrival times jitter
REPEAT_S = (1.0, 1.6)      # a stricter message is sent again after 1.1 s, and what the host delays
LONGEST_GAP_S = 10.0       # while online something leaves every 5 s
LOST_GAP_S = 6.5           # a lost battery is told every 5 s
STATUS_SLACK_S = 0.5       # status and data are two messages: either may come first
CHANGE_S = 1.5             # until new settings show in every topic
LIMITS = ("Info.MaxChargeVoltage", "Info.MaxChargeCurrent", "Info.MaxDischargeCurrent")
LINK_KEYS = frozenset("version uptime_s console cycle_ms passes failed_polls replies limits modules".split())
LINK_CONSOLE = frozenset("state speed prompt woken garbage table".split())
LINK_REPLIES = frozenset("good damaged late refused".split())
LINK_LIMITS = frozenset("charge_voltage charge_current discharge_current".split())
LINK_MODULE = frozenset("address online failed age_ms good damaged late name firmware barcode getpwr cells base volt "
                        "current temperature coulomb soh bat_events bat_event_names power_events power_event_names "
                        "system_fault system_fault_names limits".split())


@dataclass(frozen=True)
class Message:
    """One message as a subscriber saw it."""

    time: float
    topic: str
    qos: int
    retain: bool
    payload: bytes


@dataclass(frozen=True)
class Breach:
    rule: str
    topic: str
    text: str

    def __str__(self):
        return "[%s] %s: %s" % (self.rule, self.topic, self.text)


@dataclass(frozen=True)
class Settings:
    """What the daemon was told; the defaults are its own."""

    base: str = "victron-battery-middleware"
    max_charge_v: float = None         # None: the bulk voltage
    bulk_cell_v: float = 3.50
    float_cell_v: float = 3.40
    max_charge_a: float = 50.0         # a module
    max_discharge_a: float = 50.0
    discharge_blocked_a: float = 0.0
    publish_limits: bool = True
    foreign: tuple = ()                # topics of others on this broker
    discovery: str = None              # prefix of the messages for Home Assistant; None: there are none


@dataclass
class Stream:
    """The messages of a run and what is known about it."""

    messages: list
    documents: dict                    # index of a message -> Document
    settings: list                     # every Settings that was in force
    end: float
    gaps: list = field(default_factory=list)
    quiet: list = field(default_factory=list)      # spans in which no data may come: the driver is to forget

    def __post_init__(self):
        self.bases = sorted({s.base for s in self.settings})
        self.foreign = {topic for s in self.settings for topic in s.foreign}
        self.prefixes = {s.discovery for s in self.settings} - {None}

    def kind(self, message):
        """bank, module, status, link, discovery, or None for a topic that is not ours."""
        base, _, name = message.topic.rpartition("/")
        for_others = discovery.TOPIC.fullmatch(message.topic)
        if for_others and for_others["prefix"] in self.prefixes:
            return "discovery"
        if base not in self.bases:
            return None
        if re.fullmatch(r"battery_([1-9]|1[0-6])", name):
            return "module"
        return {"pylon": "bank", "status": "status", "link": "link"}.get(name)

    def of(self, *kinds):
        return [m for m in self.messages if self.kind(m) in kinds]

    def data_topics(self):
        """topic -> [(message, Document)] of those that could be parsed."""
        topics = {}
        for index, document in sorted(self.documents.items()):
            message = self.messages[index]
            topics.setdefault(message.topic, []).append((message, document))
        return topics

    def interrupted(self, since, until):
        """Whether somebody was away at some time of this span."""
        return any(start < until and since < stop for start, stop in self.gaps)

    def silenced(self, since, until):
        """The same, or nothing was to be said."""
        return self.interrupted(since, until) or any(start < until and since < stop for start, stop in self.quiet)

    def status_at(self, time, beside):
        """The last status up to a moment under the base of a topic, None before the first."""
        last = None
        for message in self.of("status"):
            if message.time <= time and base_of(message.topic) == base_of(beside):
                last = message.payload
        return last


def base_of(topic):
    return topic.rpartition("/")[0]


def check_topics(stream):
    for message in stream.messages:
        if stream.kind(message) is None and message.topic not in stream.foreign:
            yield message.topic, "no topic of ours"


def check_qos(stream):
    for message in stream.of("bank", "module", "status", "link", "discovery"):
        if message.qos != 0:
            yield message.topic, "published with QoS %d" % message.qos


def check_retain(stream):
    for message in stream.of("bank", "module", "link"):
        if message.retain:
            yield message.topic, "retained: a stale one would count as fresh"
    for message in stream.of("status", "discovery"):
        if not message.retain:
            yield message.topic, "%r is not retained" % message.payload[:40]


def check_discovery(stream):
    for message in stream.of("discovery"):
        yield from ((message.topic, fault) for fault in discovery.faults(message.topic, message.payload))


def check_status(stream):
    for message in stream.of("status"):
        if message.payload not in (b"online", b"offline"):
            yield message.topic, "the payload is %r" % message.payload[:40]


def link_faults(data):
    """What is wrong with the shape of a link document."""
    if not isinstance(data, dict) or set(data) != LINK_KEYS:
        yield "keys are %s" % (sorted(data) if isinstance(data, dict) else type(data).__name__)
        return
    if not isinstance(data["console"], dict) or set(data["console"]) != LINK_CONSOLE:
        yield "console is %r" % data["console"]
    if not isinstance(data["replies"], dict) or set(data["replies"]) != LINK_REPLIES:
        yield "replies is %r" % data["replies"]
    yield from limit_faults(data["limits"])
    for module in data["modules"]:
        yield from limit_faults(module.get("limits"))
        if set(module) != LINK_MODULE:
            yield "module keys are %s" % sorted(module)
        elif module["online"] not in (0, 1) or isinstance(module["online"], bool):
            yield "online is %r" % module["online"]
        elif not all(re.fullmatch("0x[0-9a-f]+", module[k] or "0x0")
                     for k in ("bat_events", "power_events", "system_fault")):
            yield "an event word of module %r is no hexadecimal number" % module["address"]


def limit_faults(limits):
    if not isinstance(limits, dict) or set(limits) != LINK_LIMITS:
        yield "limits are %r" % limits
    elif not all(value is None or isinstance(value, str) and value for value in limits.values()):
        yield "a reason is %r" % limits


def check_link(stream):
    for message in stream.of("link"):
        try:
            for fault in link_faults(parse(message.payload)):
                yield message.topic, fault
        except NotJson as error:
            yield message.topic, str(error)


def check_keys_stay(stream):
    """A key that is not sent any more would keep its last value for ever. Limits that are off end otherwise (check_quiet),
    and of fewer cells there are fewer."""
    for topic, pairs in stream.data_topics().items():
        for (first, before), (second, after) in zip(pairs, pairs[1:]):
            gone = set(before.flat) - set(after.flat)
            if not after.settings.publish_limits:
                gone -= set(LIMIT_KEYS)
            if after.count != before.count:
                gone -= {path for path in gone if re.match(r"(Voltages|Balances)\.Cell\d", path)}
            if gone and not stream.interrupted(first.time, second.time):
                yield topic, "keys are gone: %s" % sorted(gone)


def check_quiet(stream):
    for message in stream.of("bank", "module"):
        if any(start < message.time < stop for start, stop in stream.quiet):
            yield message.topic, "data while the driver is to forget the limits"


def check_drivers(stream):
    """Either version reads every topic without a warning, and ends only where nothing comes for long."""
    for topic, messages in by_topic(stream.of("bank", "module")).items():
        for version in VERSIONS:
            driver = follow(Driver(version), [(m.time, m.payload) for m in messages])
            faults = driver.log + [why for why in driver.exits if why != TIMED_OUT] + ["it hangs"] * driver.hung
            for fault in sorted(set(faults)):
                yield topic, "%s: %s (%d times)" % (version, fault, faults.count(fault))


def check_rate(stream):
    for topic, messages in by_topic(stream.of("bank", "module")).items():
        for before, after in zip(messages, messages[1:]):
            apart = after.time - before.time
            if apart < LEAST_GAP_S and not stream.interrupted(before.time, after.time):
                yield topic, "two messages %.3f s apart" % apart


def by_topic(messages):
    topics = {}
    for message in messages:
        topics.setdefault(message.topic, []).append(message)
    return topics


def stricter(before, after):
    """Whether a limit went down."""
    pairs = [(before.number(path), after.number(path)) for path in LIMITS]
    return any(a is not None and b is not None and b < a for a, b in pairs)


def check_repeat(stream):
    """A stricter message comes again, because the driver may have lost it."""
    for topic, pairs in stream.data_topics().items():
        for k in range(1, len(pairs)):
            (first, before), (message, after) = pairs[k - 1], pairs[k]
            until = message.time + REPEAT_S[1]
            if not stricter(before, after) or stream.interrupted(first.time, until):
                continue
            if goes_offline(stream, message, until):
                continue
            following = [m.time - message.time for m, _ in pairs[k + 1:k + 2]]
            if not following and stream.end > until:
                yield topic, "a stricter message was not repeated"
            elif following and not REPEAT_S[0] <= following[0] <= REPEAT_S[1]:
                yield topic, "a stricter message was repeated after %.3f s" % following[0]


def goes_offline(stream, message, until):
    """The end of the topic: the battery is gone, or this module is."""
    if stream.kind(message) == "bank":
        return stream.status_at(until, message.topic) == b"offline" and stream.status_at(
            until, message.topic) != stream.status_at(message.time - STATUS_SLACK_S, message.topic)
    banks = [(m.time, d.whole("System.NrOfModulesOffline")) for m, d in
             stream.data_topics().get(base_of(message.topic) + "/pylon", [])]
    return any(message.time - 1.1 < when < until + 1.1 and offline for when, offline in banks)


def check_online(stream):
    """Data come only while the status says that they are good; else only word that the battery is lost."""
    for topic, pairs in stream.data_topics().items():
        for message, document in pairs:
            if document.lost or stream.interrupted(message.time - STATUS_SLACK_S, message.time + STATUS_SLACK_S):
                continue
            last = stream.status_at(message.time, topic)
            soon = [m.payload for m in stream.of("status") if base_of(m.topic) == base_of(topic)
                    and message.time < m.time <= message.time + STATUS_SLACK_S]
            if b"online" not in [last] + soon:
                yield topic, "data while the status is %r" % (last,)


def check_silence(stream):
    """While online the bank's topic is never silent for long."""
    for base in stream.bases:
        statuses = [m for m in stream.of("status") if base_of(m.topic) == base]
        times = [m.time for m in stream.of("bank") if base_of(m.topic) == base]
        for online in [m for m in statuses if m.payload == b"online"]:
            stop = min([m.time for m in statuses if m.payload == b"offline" and m.time > online.time] + [stream.end])
            marks = [online.time] + [t for t in times if online.time < t < stop] + [stop]
            for before, after in zip(marks, marks[1:]):
                if after - before > LONGEST_GAP_S and not stream.silenced(before, after):
                    yield base + "/pylon", "silent for %.1f s while online" % (after - before)


def check_lost(stream):
    """The word that all modules are lost is repeated until one is back."""
    for topic, pairs in stream.data_topics().items():
        times = [m.time for m, _ in pairs] + [stream.end]
        for (message, document), following in zip(pairs, times[1:]):
            late = following - message.time > LOST_GAP_S
            if document.lost and late and not stream.silenced(message.time, following):
                yield topic, "the battery is lost: not said again for %.1f s" % (following - message.time)


STREAM_RULES = (
    ("topics", check_topics), ("qos", check_qos), ("retain", check_retain), ("discovery", check_discovery), ("status", check_status),
    ("link", check_link), ("keys stay", check_keys_stay), ("quiet", check_quiet), ("drivers", check_drivers), ("rate", check_rate), ("repeat", check_repeat),
    ("online", check_online), ("silence", check_silence),
    ("lost again", check_lost),
)
JSON_RULE = "json"


class Checker:
    """Applies every rule; `seen` counts how many messages it has looked at.

    epochs: [(time, Settings)] of a daemon that was told something else while it ran; for a moment a
    document may still be of the old ones.
    """

    def __init__(self, settings=Settings(), epochs=()):
        self.settings = settings
        self.epochs = [(float("-inf"), settings)] + sorted(epochs, key=lambda epoch: epoch[0])
        self.seen = 0

    def settings_at(self, time):
        """Those that may be in force: one, or two just after a change."""
        now = [s for since, s in self.epochs if since <= time]
        before = [s for since, s in self.epochs if since <= time - CHANGE_S]
        return now[-1:] + [s for s in before[-1:] if s is not now[-1]]

    def check(self, messages, end=None, gaps=(), quiet=()):
        messages = sorted(messages, key=lambda m: m.time)
        end = end if end is not None else max([m.time for m in messages], default=0.0)
        stream = Stream(messages, {}, [s for _, s in self.epochs], end, list(gaps), list(quiet))
        self.seen += len(messages)
        breaches = []
        for index, message in enumerate(messages):
            if stream.kind(message) in ("bank", "module"):
                breaches += self._document(stream, index, message)
        for rule, function in STREAM_RULES:
            breaches += [Breach(rule, topic, text) for topic, text in function(stream)]
        return breaches

    def _document(self, stream, index, message):
        try:
            data = parse(message.payload)
        except NotJson as error:
            return [Breach(JSON_RULE, message.topic, str(error))]
        found = []
        for settings in self.settings_at(message.time):
            document = Document(data, stream.kind(message) == "bank", settings)
            found.append([Breach(rule, message.topic, text) for rule, function in DOCUMENT_RULES
                          for text in function(document)])
        stream.documents[index] = document
        return min(found, key=len)
