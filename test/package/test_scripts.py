"""The scripts themselves, the completion, and `make install` for a Debian host."""

import os
import re
import subprocess
import tempfile
import unittest

from gx import ROOT


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


class Packages(unittest.TestCase):
    """A machine that has none of them: stand-ins for dpkg-query and sudo, and a user who is not root."""

    STAND_INS = {"dpkg-query": "", "id": "echo 1000", "sudo": "cat >/dev/null </dev/null\necho \"$*\" >>\"$ASKED\""}

    def asked_for(self, *purposes):
        with tempfile.TemporaryDirectory() as folder:
            for name, line in self.STAND_INS.items():
                path = os.path.join(folder, name)
                with open(path, "w", encoding="ascii") as file:
                    file.write("#!/bin/sh\n%s\n" % line)
                os.chmod(path, 0o755)
            asked = os.path.join(folder, "asked")
            subprocess.run(["packaging/install-packages.sh", *purposes], cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
                           env={"PATH": folder + ":" + os.environ["PATH"], "ASKED": asked})
            with open(asked, encoding="ascii") as file:
                return set(re.search("^apt-get install (.*)", file.read(), re.M)[1].split())

    def test_every_purpose_in_any_company(self):
        purposes = ("build", "test", "package", "fuzz", "lint", "bench", "release")
        alone = {purpose: self.asked_for(purpose) for purpose in purposes}
        self.assertLessEqual({"daemontools", "busybox"}, alone["package"])
        self.assertEqual(self.asked_for(*purposes), set.union(*alone.values()))
        self.assertEqual(self.asked_for(*reversed(purposes)), set.union(*alone.values()))


class Readme(unittest.TestCase):
    """What the README tells to type or to look for is there."""

    def setUp(self):
        with open(os.path.join(ROOT, "README.md"), encoding="ascii") as file:
            self.text = file.read()

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
        told = set(re.findall(r"/data/pylontech-mqtt/([a-z-]+\.sh)", self.text))
        self.assertEqual(told, {"install.sh", "uninstall.sh"})
        own = self.found_in("packaging/device")
        for place in ("/var/volatile/log", "/run/udev/rules.d/z90-", "/opt/victronenergy/serial-starter", "install.log", "--purge"):
            self.assertIn(place, self.text)
            self.assertIn(place, own)

    def test_words_of_the_log(self):
        """The table of what to check: each quoted message is one of the program's or of the scripts'."""
        told = re.findall("^\\| log: (`.*?) \\|", self.text, re.M)
        self.assertGreaterEqual(len(told), 6)
        sources = self.found_in("src", "packaging/device")
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
        told = subprocess.run(["build/pylontech-mqtt", "--help"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
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
        with open(os.path.join(ROOT, "README.md"), encoding="ascii") as file:
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
