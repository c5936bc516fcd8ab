"""What owners do with a GX, and what happens to one: each function is one device's story, from an empty /data on.

A story gets `Device`, makes the steps and checks with `expect(NAME, CONDITION, TEXT)`; the first that fails ends it.
"""

import os
import re
import subprocess
import sys
import time
import zipfile

from vgx import ROOT, Battery, Gx

sys.path[:0] = [os.path.join(ROOT, "test")]

SERIAL = "A9E1Z2QV"
PROGRAM = "/data/pylontech-mqtt"
LOG = "tail -n %d /var/volatile/log/pylontech-mqtt/current | tai64nlocal | cut -c12-"
INSTALL = "rm -rf /tmp/pylontech-mqtt; tar -xzf /tmp/r.tar.gz -C /tmp && sh /tmp/pylontech-mqtt/install.sh"
BANK = "mosquitto_sub -h 127.0.0.1 -t victron-battery-middleware/pylon -C 1 -W %d"
RUNS_S = 60


class Failed(Exception):
    pass


class Device:
    """A GX with a battery of five modules behind an FTDI adapter, and what every story does with it."""

    def __init__(self, cache, release, architecture="armhf", options=(), say=print):
        self.release, self.say = release, say
        self.battery = Battery("--model", "extra2000", "--modules", "5", "--physics", *options)
        self.gx = Gx(cache, architecture)
        self.gx.adapter("bat", self.battery.pty, SERIAL)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.gx.__exit__()
        self.battery.__exit__()

    def expect(self, name, right, text=""):
        self.say("%-6s %s" % ("ok" if right else "FAILED", name))
        if not right:
            raise Failed("%s\n%s" % (name, str(text).strip()[-3000:]))

    def sh(self, command, timeout=120):
        return self.gx.sh(command, timeout)[1]

    def wait(self, name, command, pattern, seconds=RUNS_S):
        """Until the output of a command matches."""
        until = time.monotonic() + seconds
        while True:
            text = self.sh(command)
            if re.search(pattern, text):
                break
            if time.monotonic() > until:
                self.expect(name, False, text + "\n" + self.sh("svstat /service/*; " + LOG % 8))
            time.sleep(2)
        self.expect(name, True)
        return text

    def put_release(self):
        self.gx.put(self.release, "/tmp/r.tar.gz")

    def install(self):
        """As the README says, by SSH."""
        self.put_release()
        status, text = self.gx.sh(INSTALL, 180)
        self.expect("install by SSH", status == 0 and "Installing pylontech-mqtt" in text, text)
        return text

    def reads(self, name="reads the battery"):
        """The bank of five modules is published: voltage, limits."""
        text = self.wait(name, BANK % 20, '"NrOfModulesOnline":5')
        self.expect("limits are published", '"MaxChargeVoltage":' in text and '"MaxDischargeCurrent":' in text, text)

    def whole(self, name):
        """Nothing is empty or damaged, and the service runs."""
        text = self.sh("find %s /data/conf -type f -size 0 | grep -v vgx; cd %s && sha256sum -c files.sha256 2>&1 | grep -v ': OK'"
                       % (PROGRAM, PROGRAM))
        self.expect(name + ": every file is whole", text.strip() == "", text)
        self.wait(name + ": the service is up", "svstat /service/pylontech-mqtt", ": up")

    def absent(self, name):
        """Nothing of an installation that counts: no line in rc.local, no service."""
        text = self.sh("cat /data/rc.local; ls -d /service/pylontech-mqtt")
        self.expect(name, "boot.sh" not in text and "\n/service/pylontech-mqtt" not in "\n" + text.split("ls:")[0], text)

    def given_away(self, name):
        """Taken with stop-tty.sh, as long as the adapter stays in."""
        self.wait(name + ": serial-starter has given the port away", "ls /dev/serial-starter; svstat /service/*.ttyUSB* | grep ': up'; echo end",
                  "^end", 30)

    def claimed(self, name):
        """Claimed for good, by the udev rule that a re-plug runs into."""
        text = self.wait(name, "udevadm info --query=property --name=$(readlink -f /dev/serial/by-id/* | head -n 1); ls /dev/serial-starter; ls /service",
                         "VE_SERVICE=ignore")
        self.expect("serial-starter leaves the port alone", "gps-dbus.ttyUSB" not in text, text)


def a_device_by_ssh(d):
    """The README from installing to removing, with everything that an owner does in between."""
    d.gx.start()
    d.wait("serial-starter probes the adapter", "ls /service", r"(gps-dbus|vedirect-interface)\.ttyUSB0")
    text = d.install()
    for part in ("Adapter: /dev/serial/by-id/usb-", "The service runs: /service/pylontech-mqtt: up", "Broker: 127.0.0.1:1883 answers",
                 "dbus-mqtt-battery is not installed", "Log: tail -F /var/volatile/log"):
        d.expect("it says " + part, part in text, text)
    d.reads()
    d.expect("status", "online" in d.sh("mosquitto_sub -h 127.0.0.1 -t victron-battery-middleware/status -C 1 -W 5"))
    d.expect("the log says what it found", "console found at 19200" in d.sh(LOG % 20), d.sh(LOG % 20))
    d.given_away("installed")
    for option, state in (("t", ": up"), ("h", ": up"), ("d", ": down"), ("u", ": up")):
        d.sh("svc -%s /service/pylontech-mqtt" % option)
        d.wait("svc -" + option, "sleep 1; svstat /service/pylontech-mqtt", state, 15)
    d.reads("reads again")
    for name, hold in (("re-plugged", "true"), ("re-plugged under another number", "(exec 9<>/dev/ttyUSB0; sleep 60) >/dev/null 2>&1 </dev/null & sleep 1")):
        d.sh(hold)
        with d.battery.silent():
            d.gx.unplug("bat")
            time.sleep(4)
            d.gx.plug("bat", SERIAL)
            time.sleep(1)
        d.wait(name, "ls -l /dev/serial/by-id", "ttyUSB")
        d.claimed(name + ": claimed again")
        d.reads(name + ": reads again")
    terminal(d)
    d.gx.reboot()
    d.whole("after a reboot")
    d.reads("after a reboot: reads")
    d.given_away("after a reboot")
    d.gx.power_cut()
    d.gx.start()
    d.whole("after a power cut while running")
    d.reads("after a power cut: reads")
    d.gx.power_cut()
    d.gx.another_firmware("v3.70")
    d.gx.start()
    d.whole("under another firmware")
    d.reads("under another firmware: reads")
    text = d.sh("sh /data/pylontech-mqtt/uninstall.sh --purge; ls /run/udev/rules.d /data /data/conf; cat /data/rc.local")
    d.expect("uninstalled", "pylontech-mqtt is removed" in text and "pylontech" not in text.split("is removed.")[1], text)
    d.wait("serial-starter has its port back", "ls /dev/serial-starter /service", "ttyUSB")


def terminal(d):
    """probe, record, replay and watch by hand, in a terminal of 80x24."""
    binary = PROGRAM + "/bin/pylontech-mqtt-" + {"armhf": "armv7", "arm64": "aarch64"}[d.gx.architecture]
    text = on_terminal(d.gx, "stty cols 80 rows 24; %s watch" % binary, b"q", 14)
    d.expect("watch fits 80x24", "CVL" in text and "Bank" in text and max(map(len, plain_lines(text)), default=0) <= 80, text)
    d.sh("svc -d /service/pylontech-mqtt; sleep 2")
    text = d.sh(binary + " probe", 100)
    d.expect("probe finds the battery", "5 modules" in text and "baud = 19200" in text, text)
    d.expect("probe leaves the machine's own console alone", "ttyAMA0" not in text or "not tried: not on USB" in text, text)
    text = d.sh("%s record /tmp/battery.txt && %s replay /tmp/battery.txt --once --fast" % (binary, binary), 180)
    d.expect("record, then replay", '"NrOfModulesOnline":5' in text, text)
    d.sh("svc -u /service/pylontech-mqtt")


def on_terminal(gx, command, keys, seconds):
    """What a command writes onto a terminal."""
    process = subprocess.Popen([*gx.ssh("-tt"), command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    time.sleep(seconds)
    process.stdin.write(keys)
    process.stdin.flush()
    try:
        text, _ = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        text, _ = process.communicate()
    return text.decode("utf-8", "replace")


def plain_lines(text):
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in re.split(r"[\r\n]+|\x1b\[\d*;?\d*H", text)]


def power_cuts(d):
    """The power goes at the worst moments: what is there then is the old program or the new one, and it starts."""
    d.gx.start()
    d.put_release()
    d.sh("tar -xzf /tmp/r.tar.gz -C /data & sleep 0.3")
    d.gx.power_cut()
    d.gx.start()
    d.absent("cut while unpacking: nothing is installed")
    d.install()
    time.sleep(3)
    d.gx.power_cut()
    d.gx.start()
    d.whole("cut 3 s after an install")
    d.reads("cut 3 s after an install: reads")
    other = other_version(d)
    for delay in (0.5, 1.5, 3):
        d.gx.put(other, "/tmp/r.tar.gz")
        d.sh("(%s) >/dev/null 2>&1 </dev/null & sleep %g" % (INSTALL, delay))
        d.gx.power_cut()
        d.gx.start()
        d.whole("cut %g s into an upgrade" % delay)
    d.reads("after the cuts: reads")


def other_version(d):
    """The same release under another version: every upgrade writes something."""
    folder = os.path.join(d.gx.folder, "other")
    os.mkdir(folder)
    subprocess.check_call(["tar", "-xzf", d.release, "-C", folder])
    new = os.path.join(folder, "pylontech-mqtt/new")
    with open(os.path.join(new, "VERSION"), "w", encoding="ascii") as file:
        file.write("9.9.9\n")
    subprocess.check_call("find . -type f ! -name files.sha256 | sed 's,^./,,' | sort | xargs sha256sum >files.sha256", shell=True, cwd=new)
    archive = os.path.join(d.gx.folder, "venus-data-pylontech-mqtt-9.9.9.tar.gz")
    subprocess.check_call(["tar", "-czf", archive, "-C", folder, "pylontech-mqtt", "rc"])
    return archive


def full_data(d):
    """A full /data: what runs goes on running, and nothing is half installed."""
    d.gx.start()
    d.put_release()
    d.sh("dd if=/dev/urandom of=/data/fill bs=65536 2>/dev/null")
    status, text = d.gx.sh(INSTALL)
    d.expect("no room: refused in a sentence", status == 1 and "/data cannot be written" in text and "Nothing was installed" in text, text)
    d.absent("no room: nothing is installed")
    d.sh("rm /data/fill")
    d.install()
    d.sh("dd if=/dev/urandom of=/data/fill bs=65536 2>/dev/null")
    d.gx.put(other_version(d), "/tmp/r.tar.gz")
    for command in (INSTALL, "tar -xzf /tmp/r.tar.gz -C /data && sh /data/pylontech-mqtt/install.sh"):
        status, text = d.gx.sh(command)
        d.expect("an upgrade without room is refused", status != 0, text)
        text = d.sh("ls -l %s/bin; svc -t /service/pylontech-mqtt; sleep 3; svstat /service/pylontech-mqtt" % PROGRAM)
        d.expect("what ran goes on", ": up" in text and not re.search(r" root +0 ", text), text)
    d.sh("rm -rf /data/fill")
    status, text = d.gx.sh(INSTALL)
    d.expect("with room again it is upgraded", status == 0 and "9.9.9" in text, text)
    d.whole("after the upgrade")
    d.reads()


DRIVER = '''import time
FIRMWARE = ("/FirmwareVersion", "1.0.11 (20250409)")
while True:
    time.sleep(60)
'''


def driver_archive(d):
    """A stand-in of the driver, packed as its author packs it."""
    path = os.path.join(d.gx.folder, "venus-os_dbus-mqtt-battery.zip")
    here = "/data/etc/dbus-mqtt-battery"
    files = {"dbus-mqtt-battery.py": DRIVER, "config.sample.ini": "[DEFAULT]\ntimeout = 60\n[MQTT]\nbroker_address = IP_ADDR_OR_FQDN\ntopic = x\n",
             "service/run": "#!/bin/sh\nexec python3 %s/dbus-mqtt-battery.py\n" % here, "service/log/run": "#!/bin/sh\nexec cat\n",
             "install.sh": "#!/bin/bash\nln -sfn %s/service /service/dbus-mqtt-battery\ngrep -qs mqtt-battery/ /data/rc.local || "
                           "echo 'bash %s/install.sh' >>/data/rc.local\n" % (here, here)}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr("mr-manuel-venus-os_dbus-mqtt-battery-0123abc/dbus-mqtt-battery/" + name, text)
    return path


def write(d, name, text):
    path = os.path.join(d.gx.folder, name)
    with open(path, "w", encoding="ascii", newline="") as file:
        file.write(text)
    return path


def by_stick(d):
    """Without SSH: the stick's release, configuration and driver end in a working system, and the stick tells."""
    d.gx.stick(d.release, driver_archive(d), write(d, "pylontech-mqtt.ini", "[battery]\r\nmax_charge_current = many\r\n"))
    d.gx.start()
    d.absent("a broken configuration on the stick: nothing is installed")
    d.gx.reboot()
    d.gx.power_cut()
    text = d.gx.from_stick("pylontech-mqtt-install.log")
    d.expect("the stick says why", "pylontech-mqtt.ini:2: [battery] max_charge_current = many" in text and "Nothing was installed" in text, text)
    d.gx.stick(d.release, driver_archive(d), write(d, "pylontech-mqtt.ini", "[battery]\r\nmax_charge_current = 33\r\n"))
    d.gx.start()
    d.whole("installed by stick")
    d.reads("installed by stick: reads")
    d.expect("the configuration of the stick counts", "max_charge_current = 33" in d.sh("cat /data/conf/pylontech-mqtt.ini"))
    text = d.sh("svstat /service/dbus-mqtt-battery; cat /data/etc/dbus-mqtt-battery/config.ini")
    d.expect("the driver is there, and configured", ": up" in text and "topic = victron-battery-middleware/pylon" in text, text)
    d.wait("the service's log comes back to the stick", "ls -l /media/*/", r"pylontech-mqtt-service\.log", 150)
    d.sh("sync; umount /media/*")
    d.gx.power_cut()
    text = d.gx.from_stick("pylontech-mqtt-install.log")
    d.expect("the stick has the log of the installation", "Installing pylontech-mqtt" in text and "Driver: 1.0.11 installed" in text, text)
    d.expect("the stick has the log of the service", "console found" in d.gx.from_stick("pylontech-mqtt-service.log"),
             d.gx.from_stick("pylontech-mqtt-service.log"))
    d.gx.stick(d.release, other_version(d))
    d.gx.start()
    d.whole("with two release files on the stick")
    d.expect("what was installed stays", "9.9.9" not in d.sh("cat %s/VERSION" % PROGRAM))
    d.gx.power_cut()
    d.expect("the stick says so", "more than one release file" in d.gx.from_stick("pylontech-mqtt-install.log"))


def brokers_and_adapters(d):
    """No broker, one that hangs, one that comes late; a second adapter."""
    d.gx.adapter("second", None, "ZZZZZZZZ")
    d.gx.start()
    d.sh("touch /data/conf/vgx-no-broker; svc -t /service/flashmq")
    d.put_release()
    status, text = d.gx.sh(INSTALL)
    d.expect("two adapters: refused, both named", status == 1 and SERIAL in text and "ZZZZZZZZ" in text, text)
    d.absent("two adapters: nothing is installed")
    d.sh("sed -i \"s,^#port =$,port = $(ls -d /dev/serial/by-id/*%s*),\" /data/conf/pylontech-mqtt.ini" % SERIAL)
    text = d.install()
    d.expect("no broker: it says so", "does not answer" in text, text)
    d.wait("no broker: the log says so", LOG % 20, "broker")
    d.sh("rm /data/conf/vgx-no-broker")
    d.reads("the broker comes: reads")
    d.sh("killall -STOP mosquitto")
    started = time.monotonic()
    text = d.install()
    d.expect("a broker that hangs holds nothing up", time.monotonic() - started < 40, text)
    d.sh("killall -CONT mosquitto")
    d.reads("the broker goes on: reads")
    d.sh("echo 25 >/data/conf/vgx-late-broker")
    d.gx.reboot()
    d.whole("a late broker")
    d.reads("a late broker: reads")
    d.expect("no process of ours but two", d.sh("ps | grep -c '[p]ylontech-mqtt-armv7'").strip() == "1", d.sh("ps"))


def by_opkg(d):
    """The package unpacked and its scripts called as opkg does, in its order, and uninstall.sh in between."""
    ipk = d.release.replace("venus-data-pylontech-mqtt-", "pylontech-mqtt_").replace(".tar.gz", "_armv7ahf-vfp.ipk")
    folder = os.path.join(d.gx.folder, "ipk")
    os.mkdir(folder)
    subprocess.check_call(["ar", "x", ipk], cwd=folder)
    d.gx.start()
    for name in ("control.tar.gz", "data.tar.gz"):
        d.gx.put(os.path.join(folder, name), "/tmp/" + name)
    d.sh("mkdir -p /tmp/control && tar -xzf /tmp/control.tar.gz -C /tmp/control")
    install = "tar -xzf /tmp/data.tar.gz -C / && sh /tmp/control/postinst configure"
    remove = "sh /tmp/control/prerm remove && for f in $(tar -tzf /tmp/data.tar.gz); do [ -d /$f ] || rm -f /$f; done; sh /tmp/control/postrm remove"
    status, text = d.gx.sh(install)
    d.expect("opkg install", status == 0, text)
    d.whole("opkg install")
    d.reads()
    status, text = d.gx.sh("sh /tmp/control/prerm upgrade 2 && tar -xzf /tmp/data.tar.gz -C / && sh /tmp/control/postrm upgrade 2 && sh /tmp/control/postinst configure")
    d.expect("opkg upgrade", status == 0, text)
    d.whole("opkg upgrade")
    status, text = d.gx.sh(remove)
    d.expect("opkg remove", status == 0, text)
    d.absent("opkg remove")
    d.gx.sh(install)
    status, text = d.gx.sh("sh %s/uninstall.sh && %s" % (PROGRAM, remove))
    d.expect("uninstall.sh, then opkg remove", status == 0, text)
    d.absent("uninstall.sh, then opkg remove")
    d.expect("nothing stays", "pylontech-mqtt" not in d.sh("ls /data"))


def sixty_four_bits(d):
    """The other architecture: installs and reads."""
    d.gx.start()
    d.install()
    d.reads()
    d.gx.reboot()
    d.whole("after a reboot")
    d.reads("after a reboot: reads")
    d.given_away("after a reboot")


STORIES = ((a_device_by_ssh, "armhf"), (power_cuts, "armhf"), (by_stick, "armhf"), (full_data, "armhf"), (brokers_and_adapters, "armhf"),
           (by_opkg, "armhf"), (sixty_four_bits, "arm64"))
