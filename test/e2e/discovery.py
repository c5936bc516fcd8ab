"""What Home Assistant accepts as the discovery of a device, and how it reads values by it.

Written from Home Assistant's documentation and schemas (MQTT device discovery, sensor and binary sensor platforms,
device classes of sensors): `faults` says what of a message it would refuse or warn about, `Device` reads values.
Templates are evaluated by the same engine as there, Jinja.
"""

import json
import re

import jinja2.sandbox

LONG = {"dev": "device", "o": "origin", "avty": "availability", "avty_mode": "availability_mode", "cmps": "components",
        "stat_t": "state_topic", "t": "topic", "val_tpl": "value_template", "p": "platform", "uniq_id": "unique_id",
        "dev_cla": "device_class", "unit_of_meas": "unit_of_measurement", "stat_cla": "state_class", "ops": "options",
        "sug_dsp_prc": "suggested_display_precision", "ent_cat": "entity_category", "en": "enabled_by_default",
        "pl_on": "payload_on", "pl_off": "payload_off"}
LONG_DEVICE = {"ids": "identifiers", "mf": "manufacturer", "mdl": "model", "sw": "sw_version", "sn": "serial_number"}
LONG_ORIGIN = {"sw": "sw_version", "url": "support_url"}

TOP = {"device", "origin", "components", "availability", "availability_mode", "state_topic"}
DEVICE = {"identifiers", "name", "manufacturer", "model", "sw_version", "serial_number", "via_device"}
ENTITY = {"platform", "name", "unique_id", "device_class", "value_template", "state_topic", "entity_category",
          "enabled_by_default"}
PLATFORMS = {"sensor": ENTITY | {"unit_of_measurement", "state_class", "options", "suggested_display_precision"},
             "binary_sensor": ENTITY | {"payload_on", "payload_off"}}
# device class of a sensor -> (units, state classes)
CLASSES = {"voltage": ({"V", "mV"}, {"measurement"}), "current": ({"A", "mA"}, {"measurement"}),
           "power": ({"W", "kW"}, {"measurement"}), "temperature": ({"\u00b0C", "\u00b0F", "K"}, {"measurement"}),
           "energy": ({"Wh", "kWh", "MWh"}, {"total", "total_increasing"}),
           "energy_storage": ({"Wh", "kWh", "MWh"}, {"measurement"}), "battery": ({"%"}, {"measurement"}),
           "duration": ({"d", "h", "min", "s", "ms"}, {"measurement", "total", "total_increasing"})}
STATE_CLASSES = {"measurement", "total", "total_increasing"}
TOPIC = re.compile(r"(?P<prefix>.+)/device/(?P<node>[a-zA-Z0-9_-]+)/(?P<object>[a-zA-Z0-9_-]+)/config")


def lengthened(value, names):
    return {names.get(key, key): part for key, part in value.items()}


def expand(payload):
    """The document with long keys."""
    document = lengthened(json.loads(payload), LONG)
    document["device"] = lengthened(document.get("device", {}), LONG_DEVICE)
    document["origin"] = lengthened(document.get("origin", {}), LONG_ORIGIN)
    document["availability"] = [lengthened(entry, LONG) for entry in document.get("availability", [])]
    document["components"] = {key: lengthened(part, LONG) for key, part in document.get("components", {}).items()}
    return document


def topic_faults(topic):
    if not isinstance(topic, str) or not topic or set("+#") & set(topic):
        yield "no topic: %r" % (topic,)


def template_faults(template):
    try:
        jinja2.Environment().parse(template)
    except jinja2.TemplateSyntaxError as error:
        yield "template %r: %s" % (template, error)


def sensor_faults(part):
    kind, unit, state = part.get("device_class"), part.get("unit_of_measurement"), part.get("state_class")
    if kind == "enum":
        if unit or state or not part.get("options"):
            yield "an enumeration has options, no unit and no state class"
    elif "options" in part:
        yield "options without an enumeration"
    elif kind is not None and kind not in CLASSES:
        yield "unknown device class %r" % kind
    elif kind is not None and (unit not in CLASSES[kind][0] or state not in CLASSES[kind][1]):
        yield "device class %s does not go with unit %r and state class %r" % (kind, unit, state)
    if state is not None and state not in STATE_CLASSES:
        yield "unknown state class %r" % state
    if (unit or "suggested_display_precision" in part) and state is None:
        yield "a number without a state class: no statistics"


def entity_faults(name, part):
    platform = part.get("platform")
    if platform not in PLATFORMS:
        yield "platform %r" % (platform,)
        return
    yield from ("unknown key %s" % key for key in sorted(set(part) - PLATFORMS[platform]))
    yield from ("no %s" % key for key in ("name", "unique_id", "value_template") if not part.get(key))
    yield from ("%s is no text" % key for key, value in part.items()
                if not isinstance(value, str) and key not in ("options", "suggested_display_precision", "enabled_by_default"))
    yield from template_faults(part.get("value_template", ""))
    if not re.fullmatch("[a-zA-Z0-9_-]+", name):
        yield "its key has other characters than an id may have"
    if part.get("entity_category", "diagnostic") != "diagnostic":
        yield "a sensor can only be diagnostic"
    if not isinstance(part.get("enabled_by_default", False), bool):
        yield "enabled_by_default is neither true nor false"
    if not isinstance(part.get("suggested_display_precision", 0), int):
        yield "suggested_display_precision is no whole number"
    if platform == "sensor":
        yield from sensor_faults(part)


def faults(topic, payload):
    """What Home Assistant would find wrong with a message on a discovery topic. An empty one takes a device away."""
    if not TOPIC.fullmatch(topic):
        yield "no discovery topic"
    if not payload:
        return
    document = expand(payload)
    yield from ("unknown key %s" % key for key in sorted(set(document) - TOP))
    yield from ("unknown key %s of the device" % key for key in sorted(set(document["device"]) - DEVICE))
    yield from ("%s of the device is no text" % key for key, value in document["device"].items() if not isinstance(value, str))
    if not document["device"].get("identifiers") or not document["origin"].get("name") or not document["components"]:
        yield "no identifier, origin or component"
    if document.get("availability_mode", "latest") not in ("all", "any", "latest"):
        yield "availability_mode %r" % document["availability_mode"]
    yield from topic_faults(document.get("state_topic"))
    for entry in document["availability"]:
        yield from topic_faults(entry.get("topic"))
        yield from template_faults(entry.get("value_template", ""))
    for name, part in document["components"].items():
        yield from ("%s: %s" % (name, text) for text in entity_faults(name, part))
        yield from topic_faults(part.get("state_topic", "x"))
    for key in ("unique_id", "name"):
        values = [part.get(key) for part in document["components"].values()]
        yield from ("%s %r twice" % (key, value) for value in sorted(set(values)) if values.count(value) > 1)


class Device:
    """A device as Home Assistant has it after a discovery message."""

    def __init__(self, payload):
        self.document = expand(payload)
        self.entities = self.document["components"]
        self.environment = jinja2.sandbox.ImmutableSandboxedEnvironment()

    @property
    def ids(self):
        return {part["unique_id"] for part in self.entities.values()}

    def render(self, template, payload):
        return self.environment.from_string(template).render(value_json=json.loads(payload)).strip()

    def state(self, name, payloads):
        """The state of an entity from {topic: payload}; None: unknown. A state that it may not have is an error."""
        part = self.entities[name]
        text = self.render(part["value_template"], payloads[part.get("state_topic", self.document["state_topic"])])
        if text == "None":
            return None
        if part["platform"] == "binary_sensor":
            return {part["payload_on"]: True, part["payload_off"]: False}[text]
        if "options" in part and text not in part["options"]:
            raise ValueError("%s: %r is none of %s" % (name, text, part["options"]))
        return float(text) if part.get("state_class") else text

    def available(self, payloads):
        """By the last messages; in mode `all` every topic must say so, and one must have spoken at all."""
        words = [self.render(entry["value_template"], payloads[entry["topic"]]) if "value_template" in entry
                 else payloads[entry["topic"]] for entry in self.document["availability"] if entry["topic"] in payloads]
        everybody = len(words) == len(self.document["availability"])
        return everybody and all(word == "online" for word in words)
