"""Recorded replies: a folder of captures becomes {command: bytes that follow the echo}."""

import fnmatch
import os
import re

# The model may hold a hyphen, so the command is the first known word between hyphens.
NAME = re.compile(r"-(pwr-table|bmuinfo|getpwr|pwrsys|sysinfo|pwr|bat|info|stat|soh|time|help|log|unit|ver)(\d*)-")
PROMPT = re.compile(rb"([A-Za-z]\w*)>\Z")
WITHOUT_NUMBER = {"bat": "bat 1", "info": "info 1", "stat": "stat 1", "soh": "soh 1"}


def command_of(name):
    """The command that a file name stands for, None when it is no capture."""
    found = NAME.search(name)
    if not found:
        return None
    word = "pwr" if found.group(1) == "pwr-table" else found.group(1)
    return word + (" " + found.group(2) if found.group(2) else "")


def after_echo(data, command):
    """What follows the command's own echo; a file may start with an old prompt."""
    for word in (command, command.split(" ")[0]):
        for found in re.finditer(re.escape(word.encode()) + rb"(?: \d+)?", data):
            before = data[:found.start()]
            if before.strip(b"\r\n") == b"" or before.endswith(b">"):
                return data[found.end():]
    raise ValueError("no echo of '%s' in the capture" % command)


def load(folder, match="*"):
    """({command: [bytes, ...]}, prompt word or None) of the captures whose names match."""
    replies, prompt = {}, None
    for name in sorted(os.listdir(folder)):
        command = command_of(name)
        if command is None or not fnmatch.fnmatch(name, match):
            continue
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        replies.setdefault(command, []).append(after_echo(data, command))
        found = PROMPT.search(data)
        prompt = prompt or (found.group(1).decode() if found else None)
    for bare, numbered in WITHOUT_NUMBER.items():
        if bare in replies:
            replies.setdefault(numbered, replies[bare])
    if not replies:
        raise ValueError("no captures in %s match %s" % (folder, match))
    return replies, prompt
