"""Seeds of the fuzzers, made from the fixtures and the sample configuration: inputs of the shape that each
harness takes (its first comment says which)."""

import os
import re

FIXTURES = 'test/fixtures'
SAMPLE = 'conf/pylontech-mqtt.ini'
PARSER = {'info': 'i', 'pwr': 'p', 'bat': 'b', 'table': 't', 'stat': 's', 'pwrsys': 'y', 'getpwr': 'g'}


def fixtures():
    for name in sorted(os.listdir(FIXTURES)):
        with open(os.path.join(FIXTURES, name), encoding='ascii', newline='') as f:
            yield name.removesuffix('.txt'), f.read()


def body(wire):
    """What the parsers get: the lines between the echo and the end that are not blank."""
    lines = [line.replace('\r', '') for line in wire.split('\n')[1:]]
    lines = [line for line in lines if line.strip() and line != '@']
    return ''.join(f'{line}\n' for line in lines if not re.match(r'Command completed|\$\$|\w+>', line))


def parser_of(name):
    return PARSER['table' if name.endswith('-table') else re.sub(r'\d', '', name.rsplit('-', 1)[-1])]


def framing():
    for _, wire in fixtures():
        yield wire.encode()
        yield wire.replace('\n', '\r\r\n').replace('\r\r\n', '\n\r', 1).encode()
    for error in ("Unknown command 'x' - try 'help'", 'Invalid command or fail to excute.',
                  'Command completed unccessfully', 'This version do not support this command!'):
        yield f'bat 9\n\r@\r\r\n{error}\r\r\n$$\r\n\rpylon>'.encode()


def reply():
    for name, wire in fixtures():
        address = (re.findall(r'\d+$', name) or ['0'])[0]
        yield f'{parser_of(name)}{address}{body(wire)}'.encode()


def session():
    """Operations as their numbers in fuzz_session.c: 2 runs (x 0.4 s), 3 sets a module, 6 replaces a reply."""
    some_seconds = bytes([2, 20])
    yield bytes([2, 0]) + some_seconds * 4
    yield bytes([0, 0x3f]) + some_seconds * 4
    yield bytes([8, 0x0c]) + some_seconds * 6
    for what in range(11):
        yield bytes([3, 0]) + some_seconds + bytes([3, 1, what, 1, 1]) + some_seconds
        yield bytes([1, 2]) + some_seconds + bytes([4, what]) + some_seconds + bytes([4, what]) + some_seconds
    yield bytes([2, 0]) + some_seconds + bytes([8]) + some_seconds * 2 + bytes([8]) + some_seconds
    yield bytes([2, 0]) + some_seconds + bytes([10, 9, 0x89, 1]) + some_seconds
    for _, wire in fixtures():
        text = body(wire).encode()[:2000]
        yield bytes([2, 0, 2, 20, 0, 200]) + bytes([6]) + len(text).to_bytes(2, 'big') + text + some_seconds
        yield bytes([1, 0, 7, 255]) + wire.encode()[:255] + some_seconds


def config():
    with open(SAMPLE, encoding='ascii') as f:
        sample = f.read()
    yield sample.encode()
    keys = re.findall(r'^(\[.*\])|^#(\w+ = ?.*)$', sample, re.MULTILINE)
    whole = [section or key for section, key in keys]
    yield '\n'.join(whole).encode()
    section = ''
    for line in whole:
        section = line if line.startswith('[') else section
        yield f'{section}\n{line}\n'.encode() if line != section else f'{line}\n'.encode()
    yield b'[mqtt]\nusername = me\npassword = geheim42\n'
    yield b'[mqtt]\r\npassword = geheim42\r\n[serial]\npassword = geheim42\n'
    yield b'\xef\xbb\xbf[battery]\nnum_cells = 15\nmax_charge_voltage = 52.1\naddresses = 1,2,3\n'


def limits():
    """Modules, changed settings, then steps: how many changes, each its number and arguments, then the time."""
    for modules in (0, 1, 2, 15):
        yield bytes([modules, 0]) + bytes([0, 0x03, 0xe8, 1, 0, 0]) * 20
    for change in range(17):
        for values in ((0, 0, 0), (1, 7, 200), (0, 3, 90), (2, 255, 255)):
            step = bytes([1, change, *values, 5, 40]) + bytes([0x03, 0xe8, 1, change, 0, 9])
            yield bytes([2, 0]) + step * 12
            yield bytes([1, 2, change, 77, 7, change * 9, 3, 3]) + step * 12


def write(harness, folder):
    """Writes the seeds of one harness into a folder; the number of them."""
    os.makedirs(folder, exist_ok=True)
    count = 0
    for count, seed in enumerate(globals()[harness](), 1):
        with open(os.path.join(folder, f'seed{count:03d}'), 'wb') as f:
            f.write(seed)
    return count
