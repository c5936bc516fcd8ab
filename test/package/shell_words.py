"""The simple commands of a shell script, as lists of words: as much of the shell's grammar as our own scripts use.

    commands(text) -> [["mv", "-f", "$new/$name", ...], ...]

What stands in quotes is one word; command substitutions are looked into, wherever they stand. Programs in single quotes
(awk, sed) are words like any other.
"""

import re

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
RESERVED = frozenset("if then elif else fi for while until do done case esac { } ! in function".split())
SEPARATORS = ("&&", "||", ";;", ";", "|", "&", "\n")


class Reader:
    def __init__(self, text):
        self.text, self.at, self.found = text.replace("\\\n", ""), 0, []

    def peek(self, what):
        return self.text.startswith(what, self.at)

    def quoted(self):
        """What stands between double quotes, from behind the first."""
        word = ""
        while self.at < len(self.text) and not self.peek('"'):
            word += self.dollar() if self.peek("$") else self.escaped()
        self.at += 1
        return word

    def escaped(self):
        step = 2 if self.peek("\\") else 1
        part = self.text[self.at:self.at + step]
        self.at += step
        return part[-1]

    def dollar(self):
        if self.peek("$(("):
            end = self.arithmetic_end()
            inner = self.text[self.at + 3:end - 2]
            self.found += commands(inner[inner.index("$("):]) if "$(" in inner else []
        elif self.peek("$("):
            self.at += 2
            self.commands(")")
            return "$()"
        elif self.peek("${"):
            end = self.text.index("}", self.at) + 1
        else:
            end = self.at + 1
        word, self.at = self.text[self.at:end], end
        return word

    def arithmetic_end(self):
        depth, at = 0, self.at + 1
        while True:
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            at += 1
            if depth == 0:
                return at

    def single(self):
        end = self.text.index("'", self.at + 1)
        word, self.at = self.text[self.at + 1:end], end + 1
        return word

    def word(self):
        word = ""
        while self.at < len(self.text) and self.text[self.at] not in " \t\n;&|()<>":
            if self.peek("'"):
                word += self.single()
            elif self.peek('"'):
                self.at += 1
                word += self.quoted()
            elif self.peek("$"):
                word += self.dollar()
            else:
                word += self.escaped()
        return word

    def redirection(self):
        """Past `>"$file"`, `2>&1`, `<&9`: no word of the command."""
        while self.at < len(self.text) and self.text[self.at] in "<>&":
            self.at += 1
        while self.peek(" "):
            self.at += 1
        self.word()

    def pattern(self):
        """Past a pattern of `case`, up to its `)`; False at `esac`."""
        while self.text[self.at] in " \t\n":
            self.at += 1
        if self.peek("esac"):
            return False
        while not self.peek(")"):
            if self.text[self.at] in "'\"$\\*":
                self.at += len(self.text[self.at]) if self.text[self.at] in "*" else 0
                self.word() if self.text[self.at] in "'\"$\\" else None
            else:
                self.at += 1
        self.at += 1
        return True

    def commands(self, until=None):
        words, cases = [], 0
        while self.at < len(self.text):
            mark = next((s for s in SEPARATORS if self.peek(s)), None)
            if until and self.peek(until):
                self.at += 1
                break
            if mark:
                self.at += len(mark)
                words = self.end(words)
                if mark == ";;":
                    cases -= not self.pattern()
            elif self.text[self.at] in " \t":
                self.at += 1
            elif self.peek("#"):
                self.at = self.text.find("\n", self.at) if "\n" in self.text[self.at:] else len(self.text)
            elif self.peek("("):
                self.at += 1
                if self.peek(")"):              # the head of a function
                    self.at += 1
                    words = []
                else:
                    words = self.end(words)
                    self.commands(")")
            elif self.text[self.at] in "<>":
                self.redirection()
            elif self.peek(")"):
                raise ValueError("a ) that nothing opens: " + self.text[max(0, self.at - 60):self.at])
            else:
                word = self.word()
                if word.isdigit() and self.text[self.at:self.at + 1] in ("<", ">"):
                    self.redirection()
                    continue
                if not words and word in RESERVED and word not in ("case", "for"):
                    continue
                words.append(word)
                if words[0] == "case" and word == "in" and len(words) > 2:
                    words = []
                    cases += self.pattern()
        self.end(words)
        return self.found

    def end(self, words):
        if words and words[0] not in ("case", "for"):
            self.found.append(words)
        return []


def commands(text):
    """Without the assignments before a command."""
    found = []
    for words in Reader(text).commands():
        while words and ASSIGNMENT.match(words[0]):
            words = words[1:]
        found += [words] if words else []
    return found
