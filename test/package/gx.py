"""A scratch root that looks like a GX device, as far as the package touches it.

    with Gx() as gx:
        gx.add_adapter("ttyUSB0", serial="A1")
        gx.unpack()
        done = gx.install()

Paths below the root: data, service, run, var, dev, proc, opt, media, tmp. serial-starter, udevadm and dbus are stand-ins
that write down how they were called, pidof knows this device's svscan alone; svscan, svc, svstat and multilog are the
real ones. Everything else that a script calls is the busybox of a GX device, built as Venus OS configures it: a command
or an option that a GX has not fails here too. Whatever was started is ended by process id.
"""

import atexit
import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NATIVE = os.path.join(ROOT, os.environ.get("BUILD", "build"), "pylontech-mqtt")
MACHINE = os.uname().machine
POLL_S = 0.2                       # each look starts programs of its own
FOLDERS = ("data/conf", "data/log", "service", "run/udev", "var/volatile/log", "dev/serial/by-id", "dev/serial/by-path",
           "proc", "opt/victronenergy/serial-starter", "stub", "udev", "dbus", "tmp", "media")
# What a GX has beside busybox, as far as the scripts call it; the last ones are stand-ins of this file.
OTHERS = ("bash", "svc", "svscan", "svstat", "supervise", "multilog", "tai64nlocal")
CACHE = os.environ.get("PYLONTECH_GX_CACHE") or os.path.expanduser("~/.cache/pylontech-mqtt-gx")
STUBS = {
    "opt/victronenergy/serial-starter/stop-tty.sh": 'echo "stop-tty $*" >>"$PYLONTECH_ROOT/calls"',
    "opt/victronenergy/serial-starter/start-tty.sh": 'echo "start-tty $*" >>"$PYLONTECH_ROOT/calls"',
    "stub/udevadm": 'case $1 in info) cat "$PYLONTECH_ROOT/udev/${3#--name=}" 2>/dev/null; exit 0 ;; esac\n'
                    'echo "udevadm $*" >>"$PYLONTECH_ROOT/calls"',
    "stub/pidof": "exit 1",
    "stub/dbus": 'case $# in 1) ls "$PYLONTECH_ROOT/dbus" ;; *) cat "$PYLONTECH_ROOT/dbus/$2" ;; esac',
}


@functools.cache
def staged(version):
    """The package as it is laid out in a release, with the native program in the place of the cross-built ones; made
    once for all tests, in PYLONTECH_STAGED when it is set."""
    shared = os.environ.get("PYLONTECH_STAGED")
    folder = tempfile.mkdtemp(prefix="pylontech-gx-stage-", dir=shared)
    if not shared:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    archive = os.path.join(shared or folder, version + ".tar.gz")
    if not os.path.exists(archive):
        make_archive(folder, version)
        os.rename(os.path.join(folder, "package.tar.gz"), archive)
    return archive


def make_archive(folder, version):
    binary = os.path.join(folder, "pylontech-mqtt-" + MACHINE)
    stage = os.path.join(folder, "stage")
    shutil.copy(NATIVE, binary)
    subprocess.run([os.path.join(ROOT, "packaging/release/stage.sh"), stage, binary], check=True, env=dict(os.environ, VERSION=version))
    subprocess.run(["tar", "-I", "gzip -1", "-cf", os.path.join(folder, "package.tar.gz"), "-C", os.path.join(stage, "data"),
                    "pylontech-mqtt", "-C", stage, "rc"], check=True)


def listed(name):
    """The words of one of the lists in test/gx."""
    with open(os.path.join(ROOT, "test", "gx", name), encoding="ascii") as file:
        return " ".join(line for line in file if not line.startswith("#")).split()


@functools.cache
def tools():
    """A folder with the commands that a GX has, and no other."""
    subprocess.run([os.path.join(ROOT, "test", "gx", "busybox.sh"), "native", CACHE], check=True, stdout=subprocess.DEVNULL)
    folder = tempfile.mkdtemp(prefix="pylontech-gx-tools-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in listed("applets.txt"):
        os.symlink(os.path.join(CACHE, "busybox-native"), os.path.join(folder, name))
    for name in OTHERS:
        os.symlink(shutil.which(name), os.path.join(folder, name))
    return folder


class Gx:
    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="pylontech-gx-")
        self.outside = tempfile.mkdtemp(prefix="pylontech-gx-files-")   # of the test, not of the device
        self.svscan = None
        stubs = os.path.join(self.root, "stub")
        self.env = dict(os.environ, PYLONTECH_ROOT=self.root, PATH=stubs + ":" + tools())
        self.make_root()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop_svscan()
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.outside, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.root, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)

    # ---- the device ----

    def make_root(self):
        """Everything that a firmware brings along; /data is left as it is."""
        for folder in FOLDERS:
            os.makedirs(self.path(folder), exist_ok=True)
        if not os.path.islink(self.path("var/log")):
            os.symlink("../data/log", self.path("var/log"))
        for name, text in STUBS.items():
            self.write(name, "#!/bin/sh\n" + text + "\n", 0o755)

    def new_firmware(self):
        """A reboot into a new root file system: only /data (and the hardware) is what it was."""
        self.stop_svscan()
        for name in ("service", "run", "var", "opt", "tmp"):
            shutil.rmtree(self.path(name))
        self.make_root()

    def boot(self):
        """What the device does with /data/rc.local at the end of each boot."""
        if os.access(self.path("data/rc.local"), os.X_OK):
            subprocess.run([self.path("data/rc.local")], env=self.env, check=False, stdin=subprocess.DEVNULL)

    def add_adapter(self, tty, serial=None, target=None, model="FTDI_FT232R_USB_UART", place="1", **properties):
        """A plugged in adapter; `target` is the pty behind it. Without a serial number its by-id name says little."""
        if target:
            os.symlink(target, self.path("dev/" + tty))
        elif not os.path.lexists(self.path("dev/" + tty)):
            self.write("dev/" + tty, "")
        by_id = "usb-%s-if00-port0" % "_".join(filter(None, (model, serial)))
        by_path = "platform-usb-0:%s:1.0-port0" % place
        for folder, name in (("by-id", by_id), ("by-path", by_path)):
            with contextlib.suppress(FileExistsError):
                os.symlink("../../" + tty, self.path("dev/serial/%s/%s" % (folder, name)))
        known = {"ID_PATH": "platform-usb-0:%s:1.0" % place, "ID_VENDOR_ID": "0403", "ID_MODEL_ID": "6001", "ID_MODEL": model,
                 "ID_USB_INTERFACE_NUM": "00", **properties}
        if serial:
            known["ID_SERIAL_SHORT"] = serial
        self.write("udev/" + tty, "".join("%s=%s\n" % item for item in known.items()))
        return self.path("dev/serial/by-id/" + by_id), self.path("dev/serial/by-path/" + by_path)

    def calls(self, word=""):
        try:
            return [line for line in self.read("calls").splitlines() if line.startswith(word)]
        except FileNotFoundError:
            return []

    # ---- the package ----

    def unpack(self, version="1.0.0", into="tmp"):
        """As `tar -xzf FILE -C /tmp` leaves it."""
        archive = staged(version)
        subprocess.run(["tar", "-xzf", archive, "-C", self.path(into)], check=True)
        return archive


    def place(self):
        """The program's files in their place, and nothing else done."""
        self.unpack(into="data")
        self.write("data/pylontech-mqtt/new/ready", "")
        self.run("sh", self.path("data/pylontech-mqtt/new/place.sh"))

    def run(self, *command, **options):
        return subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=180, check=False, **options)

    def script(self, name, *arguments):
        return self.run("sh", self.path("data/pylontech-mqtt/" + name), *arguments)

    def install(self, *arguments, place="tmp"):
        """With the unpacked release file, as the README says."""
        return self.run("sh", self.path(place + "/pylontech-mqtt/install.sh"), *arguments)

    def uninstall(self, *arguments):
        return self.script("uninstall.sh", *arguments)

    def tree(self, below="", without=("calls", "tmp")):
        """{path: what it is}, to compare with later."""
        found = {}
        for folder, folders, files in os.walk(self.path(below)):
            for name in folders + files:
                path = os.path.join(folder, name)
                short = os.path.relpath(path, self.root)
                if short.split("/")[0] in without:
                    continue
                facts = os.lstat(path)
                what = [oct(facts.st_mode)]
                if os.path.islink(path):
                    what.append(os.readlink(path))
                elif os.path.isfile(path):
                    with open(path, "rb") as file:
                        what.append(file.read())
                found[short] = tuple(what)
        return found

    # ---- daemontools ----

    def start_svscan(self):
        self.svscan = subprocess.Popen(["svscan", self.path("service")], env=self.env, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.write("stub/pidof", "#!/bin/sh\necho %d\n" % self.svscan.pid, 0o755)

    def processes(self):
        """Everything that runs in the scratch root, by its working directory or its program."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                places = (os.readlink("/proc/%s/cwd" % pid), os.readlink("/proc/%s/exe" % pid))
                if any(place.startswith(self.root + "/") for place in places):
                    found.append(int(pid))
        return found

    def stop_svscan(self):
        """Ends svscan first, so that it starts nothing anew, then all that it had started."""
        if self.svscan is None:
            return
        self.svscan.kill()
        self.svscan.wait()
        self.svscan = None
        until = time.monotonic() + 10
        while self.processes() and time.monotonic() < until:
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(POLL_S)

    def svc(self, *arguments):
        self.run("svc", *arguments, self.path("service/pylontech-mqtt"))

    def svstat(self):
        return self.run("svstat", self.path("service/pylontech-mqtt")).stdout.strip()

    def pid(self):
        found = re.search(r"up \(pid (\d+)\)", self.svstat())
        return int(found[1]) if found else None

    def log(self, folder="var/volatile/log"):
        """The service's log as a user reads it, without its time stamps."""
        try:
            lines = self.read(folder + "/pylontech-mqtt/current").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(line.partition(" ")[2] for line in lines)

    def wait(self, condition, timeout_s=20.0, why="it did not happen"):
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            found = condition()
            if found:
                return found
            time.sleep(POLL_S)
        raise AssertionError("%s within %g s\nsvstat: %s\nlog:\n%s" % (why, timeout_s, self.svstat(), self.log()))
