"""The scripts themselves, the completion, and `make install` for a Debian host."""

import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from gx import NATIVE, OTHERS, ROOT, listed, tools
from shell_words import commands


def scripts():
    found = subprocess.run(["grep", "-rlE", "^#!/bin/sh|shellcheck shell=sh", "packaging", "service"], cwd=ROOT, check=True,
                           stdout=subprocess.PIPE, text=True).stdout.split()
    return sorted(found)


class Scripts(unittest.TestCase):
    def test_shellcheck(self):
        self.assertGreater(len(scripts()), 15)
        done = subprocess.run(["shellcheck", "-x", "-P", "SCRIPTDIR", "-P", "packaging/device", *scripts()], cwd=ROOT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_every_shell_can_read_them(self):
        for shell in (["busybox", "sh"], ["dash"], ["bash", "--posix"]):
            for script in scripts():
                done = subprocess.run([*shell, "-n", script], cwd=ROOT, capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, "%s %s" % (shell, done.stderr))

    def test_nothing_remounts_the_root_file_system(self):
        for script in scripts():
            with open(os.path.join(ROOT, script), encoding="ascii") as file:
                self.assertNotRegex(file.read(), r"\bremount\b|resize2fs|/opt/victronenergy/\S*service-templates")


class OnAGx(unittest.TestCase):
    """Every command that a script for a GX calls is there, with the options that it is given: a script that passes here
    with Debian's tools proves nothing."""

    BUILTINS = frozenset(". : [ break cd command continue echo eval exec exit export false getopts kill printf pwd read return "
                         "set shift test trap true umask unset wait".split())
    # What a GX has beside busybox: daemontools, udev, and its own; stand-ins where they do not exist on Debian.
    GX_OWN = frozenset(OTHERS) | {"udevadm", "dbus", "svrescan"}
    # What their usage does not name; each is tried below.
    UNTOLD = {"awk": "vF", "sort": "tknru", "head": "n", "cut": "f", "grep": "x"}
    TRIED = {"awk": "-v a=1 1", "sort": "-t . -k 1,1n -r -u", "head": "-n 1", "cut": "-f 1", "grep": "-x a"}

    def shipped(self):
        return sorted(glob.glob(os.path.join(ROOT, "packaging/device/*.sh")) + glob.glob(os.path.join(ROOT, "packaging/ipk/p*")) +
                      [os.path.join(ROOT, "service/run"), os.path.join(ROOT, "service/log/run")])

    def usage(self, applet):
        return subprocess.run([applet, "--help"], executable=os.path.join(tools(), "sh" if applet == "[" else applet), check=False,
                              capture_output=True, text=True).stderr

    def letters(self, applet):
        """The short options that its usage names, and the words of KEY= operands."""
        text = self.usage(applet)
        inside = "".join(re.findall(r"-([A-Za-z0-9]+(?:\[[A-Za-z0-9]+\])?)", text)) + "".join(re.findall(r"\|-?([A-Za-z])\b", text))
        return set(inside) | set(self.UNTOLD.get(applet, "")), set(re.findall(r"\b([a-z]+)=", text))

    def faults(self, text, functions, applets):
        for words in commands(text):
            if words[0] in ("exec", "command", "!") and len(words) > 1:
                words = words[1:] if words[0] != "command" else words[:1]
            name = words[0]
            if name.startswith(("$", "./")) or name in functions or name in self.BUILTINS or name in self.GX_OWN:
                continue
            if name not in applets:
                yield "%s: a GX has no such command" % name
                continue
            yield from ("%s %s: not on a GX" % (name, word) for word in words[1:] if not self.takes(name, word))

    def takes(self, applet, word):
        letters, keys = self.letters(applet)
        if applet == "dd":
            return word.split("=")[0] in keys
        if applet == "find":
            return not word.startswith("-") or self.find_knows(word)
        if applet == "sh":
            return True                          # what follows the script's name is the script's
        if word.startswith("--"):
            return word in self.usage(applet) or word == "--exclude" and applet == "tar"
        if re.fullmatch("-[A-Za-z]+", word):
            return set(word[1:]) <= letters
        return True

    def find_knows(self, word):
        done = subprocess.run([os.path.join(tools(), "find"), "/dev/null", word], capture_output=True, text=True, check=False)
        return "unrecognized" not in done.stderr

    def test_every_command(self):
        texts = {}
        for path in self.shipped():
            with open(path, encoding="ascii") as file:
                texts[path] = file.read()
        functions = {name for text in texts.values() for name in re.findall(r"^(\w+)\(\)", text, re.M)}
        self.assertGreater(len(functions), 80)
        applets = set(listed("applets.txt"))
        found = ["%s: %s" % (os.path.basename(path), fault) for path, text in texts.items() for fault in self.faults(text, functions, applets)]
        self.assertEqual(found, [])

    def test_it_finds_what_a_gx_has_not(self):
        applets = set(listed("applets.txt"))
        for text in ("timeout 5 true", "if ! dd if=/dev/zero of=x conv=fsync; then :; fi", 'say "$(install -m 755 a b)"', "x=$(tac <a)",
                     "case $a in\nb) stdbuf -o0 cat ;;\nesac", "cp --reflink=auto a b", "sort -V", "find . -printf x", "ls | nl",
                     "n=$((1 + $(numfmt 3)))", "exec 3<>a; LC_ALL=C join a b", "rm -rf a && getopt ab"):
            self.assertEqual(len(list(self.faults(text, {"say"}, applets))), 1, text)

    def test_what_the_usage_does_not_name(self):
        for applet in self.UNTOLD:
            done = subprocess.run([os.path.join(tools(), applet), *self.TRIED[applet].split()], input="a\n", capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), applet)

    def test_lists(self):
        self.assertEqual(set(listed("applets.txt")) & set(listed("not-on-a-gx.txt")), set())
        self.assertGreater(len(listed("applets.txt")), 100)
        for name in listed("not-on-a-gx.txt"):
            self.assertFalse(os.path.exists(os.path.join(tools(), name)), name)


class Packages(unittest.TestCase):
    """A machine that has none of them: stand-ins for all that could change it, and a user who is not root."""

    TOOLS = ("sh", "cat", "dirname", "env", "grep", "head", "mkdir", "mktemp", "mv", "rm", "sed", "sleep", "tr")
    STAND_INS = {
        "dpkg-query": 'case " $INSTALLED " in *" $3 "*) echo "install ok installed" ;; *) exit 1 ;; esac',
        "apt-cache": 'case $3 in\nclang) echo "Depends: clang-19 (>= 19~)" ;;\n'
                     'mosquitto) echo "Depends: adduser (>= 3.10), libcjson1 (>= 1.7.13), libssl3t64 | libssl3, libwrap0" ;;\n*) exit 100 ;;\nesac',
        "id": "echo 1000",
        "sudo": 'echo "sudo $*" >>"$ASKED"\n"$@"',
        "apt-get": 'echo "apt-get $*" >>"$ASKED"\ncase "$*" in *"$HANG"*) sleep 60 ;; esac\n'
                   'case "$*" in *download*) : >mosquitto_1_any.deb ;; esac',
        "dpkg-deb": 'mkdir -p "$3/usr/sbin"\n: >"$3/usr/sbin/mosquitto"',
    }
    INSTALL = "apt-get -qq install -y --no-remove --no-install-recommends "

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder, self.build = os.path.join(scratch.name, "bin"), os.path.join(scratch.name, "build")
        self.asked = os.path.join(scratch.name, "asked")
        os.mkdir(self.folder)
        for name in self.TOOLS:
            os.symlink(shutil.which(name), os.path.join(self.folder, name))
        for name, lines in self.STAND_INS.items():
            path = os.path.join(self.folder, name)
            with open(path, "w", encoding="ascii") as file:
                file.write("#!/bin/sh\n%s\n" % lines)
            os.chmod(path, 0o755)

    @staticmethod
    def heed():
        """Signals as on a terminal: what was started in the background, or by nohup, ignores some."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    def start(self, *purposes, installed="", hang="never"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.asked)
        return subprocess.Popen(["packaging/install-packages.sh", *purposes], cwd=ROOT, start_new_session=True, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=self.heed,
                                env={"PATH": self.folder, "ASKED": self.asked, "BUILD": self.build, "INSTALLED": installed, "HANG": hang})

    def lines(self):
        """What was run that could change the machine."""
        try:
            with open(self.asked, encoding="ascii") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def asked_for(self, *purposes, status=0, **options):
        """The packages that apt-get is to install."""
        process = self.start(*purposes, **options)
        self.said = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, status, self.said)
        return {name for line in self.lines() if line.startswith(self.INSTALL) for name in line[len(self.INSTALL):].split()}

    def test_every_purpose_in_any_company(self):
        purposes = ("build", "test", "package", "fuzz", "lint", "bench", "release", "gx")
        alone = {}
        for purpose in purposes:
            alone[purpose] = self.asked_for(purpose)
            shutil.rmtree(self.build, ignore_errors=True)
        self.assertLessEqual({"daemontools", "busybox", "bzip2"}, alone["package"])
        self.assertEqual(self.asked_for(*purposes), set.union(*alone.values()))
        shutil.rmtree(self.build)
        self.assertEqual(self.asked_for(*reversed(purposes)), set.union(*alone.values()))

    def test_a_host_needs_nothing_of_the_tests(self):
        done = subprocess.run(["make", "-n", "deps"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        self.assertEqual([line for line in done.stdout.splitlines() if not line.startswith("make")], ["packaging/install-packages.sh build"])
        self.assertEqual(self.asked_for("build"), {"gcc", "make", "libc6-dev", "pkg-config", "libmosquitto-dev", "libjson-c-dev",
                                                   "libserialport-dev", "libinih-dev"})

    def test_names_of_the_release(self):
        self.assertEqual(self.asked_for("fuzz"), {"clang", "libclang-rt-19-dev"})
        self.assertLessEqual({"libcjson1", "libssl3t64", "libwrap0"}, self.asked_for("test"))
        os.remove(os.path.join(self.folder, "apt-cache"))
        self.assertEqual(self.asked_for("fuzz"), {"clang", "libclang-rt-14-dev"})

    def test_no_service_comes_with_it(self):
        """The broker's package would enable one: it is unpacked and never installed, and root runs nothing but apt-get."""
        names = self.asked_for("test", "bench")
        self.assertNotIn("mosquitto", names)
        self.assertIn("mosquitto-clients", names)
        self.assertEqual(os.listdir(self.build), ["broker"])
        for line in self.lines():
            self.assertRegex(line, "^(sudo env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 )?apt-get ")
        with open(os.path.join(ROOT, "packaging/install-packages.sh"), encoding="ascii") as file:
            self.assertNotRegex(file.read(), "policy-rc|systemctl|invoke-rc")

    def test_nothing_is_missing(self):
        everything = " ".join(self.asked_for("build", "test"))
        self.assertEqual(self.asked_for("build", "test", installed=everything + " mosquitto"), set())
        self.assertEqual((self.said, self.lines()), ("", []))

    def test_a_broker_of_the_machine_is_left_alone(self):
        self.asked_for("test", installed="mosquitto")
        self.assertFalse(os.path.exists(self.build))
        self.assertEqual([line for line in self.lines() if "download" in line], [])

    def test_interrupted(self):
        """Ctrl-C, `kill` or a closed window at any step: nothing is left of it."""
        for step in ("update", "install", "download"):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                with self.subTest(step=step, number=number):
                    process = self.start("test", hang=step)
                    until = time.monotonic() + 20
                    while not any(line.startswith("apt-get") and step in line for line in self.lines()) and time.monotonic() < until:
                        time.sleep(0.02)
                    os.killpg(process.pid, number)
                    process.communicate(timeout=20)
                    self.assertNotEqual(process.returncode, 0)
                    self.assertFalse(os.path.exists(self.build) and os.listdir(self.build))

    def test_no_way_to_root(self):
        """One line to pass on, and nothing tried."""
        os.remove(os.path.join(self.folder, "sudo"))
        self.asked_for("build", "test", status=1)
        self.assertRegex(self.said, r"^There is no sudo here\. .* root must run: apt-get update && apt-get install \S+ gcc .* libcjson1 .*\n$")
        self.assertNotRegex(self.said, r" mosquitto( |$)")
        os.remove(os.path.join(self.folder, "apt-get"))
        self.asked_for("build", status=1)
        self.assertRegex(self.said, r"^There is no apt-get here\. .*: gcc make .*\n$")
        self.assertEqual(self.lines(), [])


class Readme(unittest.TestCase):
    """What the README and docs/ tell to type, to look for or to read is there."""

    LONGEST = 220

    def setUp(self):
        self.pages = {}
        for path in ["README.md", *sorted(glob.glob("docs/*.md", root_dir=ROOT))]:
            with open(os.path.join(ROOT, path), encoding="ascii") as file:
                self.pages[path] = file.read()
        self.text = "\n".join(self.pages.values())

    def test_the_readme_is_short(self):
        self.assertLessEqual(self.pages["README.md"].count("\n"), self.LONGEST)

    def anchors(self, path):
        """As the usual viewers make them of the headings."""
        with open(os.path.join(ROOT, path), encoding="ascii") as file:
            heads = re.findall("^#+ (.*)$", file.read(), re.M)
        return {re.sub("[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}

    def test_links(self):
        count = 0
        for page, text in self.pages.items():
            for target in re.findall(r"\]\(([^)]+)\)", text):
                if target.startswith("http"):
                    continue
                path, _, anchor = target.partition("#")
                path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
                self.assertTrue(os.path.exists(os.path.join(ROOT, path)), "%s: %s" % (page, target))
                self.assertTrue(not anchor or anchor in self.anchors(path), "%s: %s" % (page, target))
                count += 1
        self.assertGreater(count, 20)

    def found_in(self, *folders):
        text = ""
        for folder in folders:
            for path, _, names in os.walk(os.path.join(ROOT, folder)):
                for name in names:
                    with open(os.path.join(path, name), encoding="utf-8", errors="replace") as file:
                        text += file.read()
        return text

    def test_make(self):
        known = subprocess.run(["make", "-s", "help"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
        known = {line.split()[0] for line in known.splitlines()}
        told = set(re.findall("(?:^|`)make ([a-z-]+)", self.text, re.M))
        self.assertLessEqual({"check", "demo", "install", "release"}, told)
        self.assertLessEqual(told, known)

    def test_scripts_and_places(self):
        told = set(re.findall(r"/(?:data|tmp)/pylontech-mqtt/([a-z-]+\.sh)", self.text))
        self.assertEqual(told, {"install.sh", "uninstall.sh"})
        own = self.found_in("packaging/device")
        for place in ("/var/volatile/log", "/run/udev/rules.d/z90-", "/opt/victronenergy/serial-starter", "install.log", "--purge"):
            self.assertIn(place, self.text)
            self.assertIn(place, own)

    def test_words_of_the_log(self):
        """The table of what to check: each quoted message is one of the program's or of the scripts'."""
        told = re.findall("^\\| log: (`.*?) \\|", self.text, re.M)
        self.assertGreaterEqual(len(told), 6)
        sources = self.found_in("src", "packaging/device", "service")
        for row in told:
            for words in re.findall("`([^`]+)`", row):
                self.assertIn(words, sources)


class Completion(unittest.TestCase):
    """What bash offers behind `pylontech-mqtt`, and what the program tells of itself."""

    SCRIPT = """source packaging/host/pylontech-mqtt.bash
        compopt() { echo "compopt $*"; }
        compgen() {
            case $* in
            "-G /dev/serial/"*) echo /dev/serial/by-id/usb-x ;;
            "-G /dev/tty"*) echo /dev/ttyUSB7 ;;
            *) builtin compgen "$@" ;;
            esac
        }
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        $(complete -p pylontech-mqtt | sed 's/complete -F \\([^ ]*\\) pylontech-mqtt/\\1/')
        [ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
    """
    FILES = ["compopt -o default"]
    PORTS = ["compopt -o default -o filenames", "/dev/serial/by-id/usb-x", "/dev/ttyUSB7"]

    def offered(self, *line):
        """What is offered for the last word of the line."""
        done = subprocess.run(["bash", "--norc", "-u", "-c", self.SCRIPT, "bash", "pylontech-mqtt", *line], cwd=ROOT,
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def help(self):
        """[(name, its arguments)] of the words, and of the options."""
        told = subprocess.run([NATIVE, "--help"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
        rows = [(name, arguments.split()) for name, arguments in
                re.findall(r"^  (-?-?[a-z][a-z-]*)((?: \[?[A-Z]+\]?)*)(?: {2,}|$)", told, re.M)]
        self.assertEqual(len(rows), len(re.findall(r"^  [a-z-]", told, re.M)))
        return ([row for row in rows if row[0][0] != "-"], [row for row in rows if row[0][0] == "-"])

    def expected(self, argument):
        return {"FILE": self.FILES, "PORT": self.PORTS}.get(argument.strip("[]"), [])

    def test_words(self):
        words, _ = self.help()
        self.assertGreaterEqual(len(words), 4)
        self.assertEqual(sorted(self.offered("")), sorted(name for name, _ in words))
        self.assertEqual(sorted(self.offered("re")), sorted(name for name, _ in words if name.startswith("re")))

    def test_arguments_of_words(self):
        for name, arguments in self.help()[0]:
            before = [name]
            for argument in arguments:
                self.assertEqual(self.offered(*before, ""), self.expected(argument), before)
                before.append("x")
            self.assertEqual(self.offered(*before, ""), self.offered(name, "-"))

    def test_options(self):
        words, options = self.help()
        with open(os.path.join(ROOT, "docs/commands.md"), encoding="ascii") as file:
            told = dict(re.findall(r"^\| `(--?[a-z-]+)[^`]*` \| ([a-z, ]+) \|", file.read(), re.M))
        self.assertEqual(set(told), {name for name, _ in options})
        for word in ["daemon", *(name for name, _ in words)]:
            goes = [name for name, _ in options if told[name] == "all" or word in told[name].split(", ")]
            self.assertEqual(self.offered(*([] if word == "daemon" else [word]), "-"), goes)

    def test_arguments_of_options(self):
        for name, arguments in self.help()[1]:
            for argument in arguments:
                self.assertEqual(self.offered("watch", name, ""), self.expected(argument))
                self.assertEqual(self.offered("watch", name, "="), self.expected(argument))
                self.assertEqual(self.offered("watch", name, "=", "x"), self.expected(argument))
                self.assertEqual(self.offered(name, "x", "wat"), ["watch"])
                self.assertEqual(self.offered(name, "=", "x", "wat"), ["watch"])
            if not arguments:
                self.assertEqual(self.offered(name, "wat"), ["watch"])

    def test_shellcheck(self):
        done = subprocess.run(["shellcheck", "packaging/host/pylontech-mqtt.bash"], cwd=ROOT, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.stdout, "")


class Host(unittest.TestCase):
    def test_make_install(self):
        with tempfile.TemporaryDirectory() as root:
            for _ in range(2):
                done = subprocess.run(["make", "-s", "install", "DESTDIR=" + root, "PREFIX=/opt/x"], cwd=ROOT, capture_output=True,
                                      text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                config = os.path.join(root, "etc/pylontech-mqtt.ini")
                if _ == 0:
                    with open(config, "a", encoding="ascii") as file:
                        file.write("[serial]\nport = /dev/null\n")
            with open(config, encoding="ascii") as file:
                text = file.read()
            self.assertIn("port = /dev/null", text)
            self.assertIn("\nmemory_file = /run/pylontech-mqtt/memory\n", text)
            self.assertIn("\n[history]\n", text)
            self.assertIn("\nfile = /var/lib/pylontech-mqtt/history\n", text)
            with open(os.path.join(root, "etc/systemd/system/pylontech-mqtt.service"), encoding="ascii") as file:
                program = re.search("^ExecStart=(\\S+)", file.read(), re.M)[1]
            self.assertEqual(program, "/opt/x/bin/pylontech-mqtt")
            for own, installed in (("pylontech-mqtt.8", "man/man8/pylontech-mqtt.8"),
                                   ("pylontech-mqtt.bash", "bash-completion/completions/pylontech-mqtt")):
                installed = os.path.join(root, "opt/x/share", installed)
                self.assertEqual(os.stat(installed).st_mode & 0o777, 0o644)
                with open(os.path.join(ROOT, "packaging/host", own), "rb") as one, open(installed, "rb") as other:
                    self.assertEqual(one.read(), other.read())
            done = subprocess.run([root + program, "-n", "-c", config], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
