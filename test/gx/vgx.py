"""Drives a virtual GX device: qemu with the images of image.sh, battery simulators on ptys, QMP and SSH. Loopback only.

    with Battery("--model", "extra2000") as battery, Gx(cache, "armhf") as gx:
        gx.adapter("bat", battery.pty, "A9E1Z2QV")
        gx.start()
        status, text = gx.sh("uname -a")

Everything that is started ends with its `with`, by process id.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOOT_S = 240
QEMU = {"armhf": ("qemu-system-arm", "virt,highmem=off", "cortex-a15"), "arm64": ("qemu-system-aarch64", "virt", "cortex-a53")}
# ttyS: Debian's kernel brings five that no GX has. ifnames: the card is called eth0.
APPEND = "console=ttyAMA0 quiet panic=5 net.ifnames=0 8250.nr_uarts=0"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Battery:
    """A battery of the project's own simulator, behind a pty; the speed that the guest sets reaches it."""

    def __init__(self, *options):
        self.process = subprocess.Popen([sys.executable, os.path.join(ROOT, "test/sim/sim.py"), "--control", *options],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("pty "):
            raise RuntimeError("the simulator says " + line)
        self.pty = line.split()[1]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.communicate(timeout=20)

    @contextlib.contextmanager
    def silent(self):
        """It says nothing, in the middle of a reply: qemu's adapter does not survive bytes for one that is pulled out."""
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        yield
        self.process.send_signal(signal.SIGCONT)


class Gx:
    def __init__(self, cache, architecture="armhf"):
        self.cache, self.architecture = cache, architecture
        self.folder = tempfile.mkdtemp(prefix="pylontech-vgx-")
        self.root = os.path.join(cache, architecture, "root.img")
        self.data = os.path.join(self.folder, "data.img")
        self.port = free_port()
        self.process = None
        self.chardevs, self.devices, self.sticks = {}, [], []
        subprocess.check_call(["cp", "--sparse=always", os.path.join(cache, architecture, "data.img"), self.data])

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.power_cut()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- its hardware ----

    def adapter(self, name, pty, serial):
        """An FTDI adapter, plugged in from the start, with `pty` behind it (None: nothing)."""
        self.chardevs[name] = pty
        self.devices.append(self.usb(name, serial))

    @staticmethod
    def usb(name, serial):
        return {"driver": "usb-serial", "id": name, "chardev": "c-" + name, "bus": "xhci.0", "always-plugged": True,
                **({"serial": serial} if serial else {})}

    def stick(self, *files):
        """A FAT stick with copies of these files, plugged in at the next start; its image."""
        image = os.path.join(self.folder, "stick%d.img" % len(self.sticks))
        subprocess.check_call(["truncate", "-s", "64M", image])
        subprocess.check_call(["/usr/sbin/mkfs.vfat", "-n", "STICK", image], stdout=subprocess.DEVNULL)
        for path in files:
            subprocess.check_call(["mcopy", "-o", "-i", image, path, "::"])
        self.sticks = [image]
        return image

    def from_stick(self, name):
        """The text of a file on the stick; "" when it is not there."""
        done = subprocess.run(["mtype", "-i", self.sticks[0], "::" + name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return done.stdout.decode("utf-8", "replace")

    def another_firmware(self, version):
        """Another root image: the same system under another version."""
        image = os.path.join(self.folder, "root-%s.img" % version)
        subprocess.check_call(["cp", "--sparse=always", self.root, image])
        text = os.path.join(self.folder, "version")
        with open(text, "w", encoding="ascii") as file:
            file.write(version + "\n")
        for command in ("rm /opt/victronenergy/version", "write %s /opt/victronenergy/version" % text):
            subprocess.check_call(["/usr/sbin/debugfs", "-w", "-R", command, image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.root = image

    # ---- its power ----

    def command(self):
        program, machine, cpu = QEMU[self.architecture]
        images = os.path.join(self.cache, self.architecture)
        a = [program, "-M", machine, "-cpu", cpu, "-smp", "2", "-m", "512", "-nodefaults", "-display", "none",
             "-kernel", os.path.join(images, "vmlinuz"), "-initrd", os.path.join(images, "initrd"), "-append", APPEND,
             "-drive", "if=none,id=r,format=raw,readonly=on,file=" + self.root, "-device", "virtio-blk-pci,drive=r",
             "-drive", "if=none,id=d,format=raw,cache=writethrough,file=" + self.data, "-device", "virtio-blk-pci,drive=d",
             "-netdev", "user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:%d-10.0.2.15:22" % self.port,
             "-device", "virtio-net-pci,netdev=n,romfile=", "-device", "virtio-rng-pci", "-device", "qemu-xhci,id=xhci,p2=8,p3=8",
             "-chardev", "file,id=con,append=on,path=%s/console.log" % self.folder, "-serial", "chardev:con",
             "-qmp", "unix:%s/qmp,server=on,wait=off" % self.folder]
        for name, path in self.chardevs.items():
            a += ["-chardev", "serial,id=c-%s,path=%s" % (name, path) if path else "null,id=c-" + name]
        for device in self.devices:
            a += ["-device", ",".join("%s=%s" % (key, str(value).lower() if value is True else value) for key, value in device.items())]
        for number, image in enumerate(self.sticks):
            a += ["-drive", "if=none,id=s%d,format=raw,file=%s" % (number, image), "-device", "usb-storage,bus=xhci.0,drive=s%d" % number]
        return a

    def start(self, wait=True):
        with open(os.path.join(self.folder, "qemu.log"), "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.connect_qmp()
        if wait:
            self.wait_up()

    def connect_qmp(self):
        self.socket = socket.socket(socket.AF_UNIX)
        until = time.monotonic() + 20
        while True:
            try:
                self.socket.connect(os.path.join(self.folder, "qmp"))
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    with open(os.path.join(self.folder, "qemu.log"), encoding="utf-8") as file:
                        raise RuntimeError("qemu does not start: " + file.read()) from None
                time.sleep(0.1)
        self.lines = self.socket.makefile("rw")
        self.lines.readline()
        self.qmp("qmp_capabilities")

    def wait_up(self):
        until = time.monotonic() + BOOT_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError("qemu ended")
            try:
                if self.sh("test -e /run/boot-done", timeout=25)[0] == 0:
                    return
            except subprocess.TimeoutExpired:
                pass
            time.sleep(1)
        with open(os.path.join(self.folder, "console.log"), encoding="utf-8", errors="replace") as file:
            raise RuntimeError("the guest does not come up:\n" + file.read()[-3000:])

    def power_cut(self):
        """At once: what was not on the flash is lost."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.socket.close()
            self.process = None

    def reboot(self):
        self.sh("cat /proc/sys/kernel/random/boot_id >/tmp/boot; (sleep 1; reboot) >/dev/null 2>&1 &")
        time.sleep(6)
        until = time.monotonic() + BOOT_S
        while time.monotonic() < until:
            self.wait_up()
            if self.sh("test ! -e /tmp/boot")[0] == 0:
                return
            time.sleep(2)
        raise RuntimeError("the guest does not reboot")

    # ---- its ports ----

    def qmp(self, command, **arguments):
        self.lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.lines.flush()
        while True:
            answer = json.loads(self.lines.readline())
            if "return" in answer or "error" in answer:
                return answer

    def unplug(self, name):
        self.qmp("device_del", id=name)

    def plug(self, name, serial):
        self.qmp("device_add", **self.usb(name, serial))

    # ---- its shell ----

    def ssh_options(self):
        return ["-i", os.path.join(self.cache, "key"), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=20"]

    def ssh(self, *options):
        return ["ssh", *self.ssh_options(), *options, "-p", str(self.port), "root@127.0.0.1"]

    def sh(self, command, timeout=120):
        """(status, output) of a command in the guest."""
        done = subprocess.run([*self.ssh(), command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=timeout, errors="replace", check=False)
        return done.returncode, done.stdout

    def put(self, local, remote):
        subprocess.check_call(["scp", "-q", *self.ssh_options(), "-P", str(self.port), local, "root@127.0.0.1:" + remote])
