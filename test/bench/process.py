"""What the kernel says about a running program: all threads of it and of its children."""

import os
import time
from dataclasses import dataclass


@dataclass
class Sample:
    """Sums since the start of the program."""

    cpu_ns: int = 0                # user and system
    wakeups: int = 0               # how often a thread went to sleep by itself
    rss_kb: int = 0
    peak_kb: int = 0


def _children(pid):
    """The process and everything below it."""
    found = [pid]
    for task in _tasks(pid):
        try:
            with open("/proc/%d/task/%s/children" % (pid, task), encoding="ascii") as file:
                for child in file.read().split():
                    found += _children(int(child))
        except OSError:
            continue
    return found


def _tasks(pid):
    try:
        return os.listdir("/proc/%d/task" % pid)
    except OSError:
        return []


def _status(path):
    """The lines `name: value` of a status file."""
    with open(path, encoding="utf-8", errors="replace") as file:
        parts = (line.partition(":") for line in file)
        return {name: value.strip() for name, _, value in parts}


def _kb(status, name):
    return int(status.get(name, "0 kB").split()[0])


def sample(pid):
    total = Sample()
    for process in _children(pid):
        for task in _tasks(process):
            folder = "/proc/%d/task/%s/" % (process, task)
            try:
                with open(folder + "schedstat", encoding="ascii") as file:
                    total.cpu_ns += int(file.read().split()[0])
                total.wakeups += int(_status(folder + "status")["voluntary_ctxt_switches"])
            except (OSError, KeyError):
                continue           # a thread that has just ended
        try:
            status = _status("/proc/%d/status" % process)
        except OSError:
            continue
        total.rss_kb += _kb(status, "VmRSS")
        total.peak_kb += _kb(status, "VmHWM")
    return total


def empty_wakeup_us(count=100, pause_s=0.005):
    """What it costs on this machine that a thread wakes up and does nothing, from the kernel's counter."""
    def cpu_ns():
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0])

    before = cpu_ns()
    for _ in range(count):
        time.sleep(pause_s)
    return (cpu_ns() - before) / 1000 / count
