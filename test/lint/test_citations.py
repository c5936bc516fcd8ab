"""The check of citations can fail, and finds what stands over two lines."""

import os
import tempfile
import unittest

import citations

DOCUMENT = "# Console\n\n## Bytes\n\n## `pwr`: one row a module\n\n### Port and wake-up\n"

HASH = "#"  # else these comments would be some of this file's

# file, its text, the fault of each citation in it
TABLE = (
    ("src/a.c", "/* Source: console.md. */", [""]),
    ("src/a.c", '/* console.md, "Bytes". */', [""]),
    ("src/a.c", '/* (console.md, "Port\n * and wake-up" and "Bytes") */', [""]),
    ("src/core/a.h", '/* a\n * (console.md, "`pwr`") */\n/* README.md */', ["", ""]),
    ("src/a.c", "/* nowhere.md */", ["there is no such document"]),
    ("src/a.c", '/* console.md, "Bits" */', ["has no heading Bits"]),
    ("include/a.h", '/* console.md,\n * "Bytes", "Bits" and "Wits" */', ["has no heading Bits, Wits"]),
    ("src/a.c", 'const char *name = "nowhere.md";', []),
    ("test/a.py", '"""Of nowhere.md."""\nopen("gone.md")  ' + HASH + ' also.md', ["there is no such document"] * 2),
    ("packaging/a.sh", 'cat gone.md "$#" ' + HASH + ' see console.md,\n' + HASH + ' "Bits"', ["has no heading Bits"]),
    ("docs/b.md", 'As in [console.md](console.md), "Bytes", or "Bits" elsewhere.', ["", ""]),
    ("docs/b.md", 'As in [console.md](console.md), "Bits".', ["", "has no heading Bits"]),
    ("test/sim/a.py", '"""See LOCAL.md."""', ["there is no such document"]),
    ("test/gx/a.py", '"""See LOCAL.md."""', [""]),
)


class CitationsTest(unittest.TestCase):
    def put(self, root, name, text):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    def test_table(self):
        for name, text, faults in TABLE:
            with self.subTest(name=name, text=text), tempfile.TemporaryDirectory() as root:
                self.put(root, "docs/console.md", DOCUMENT)
                self.put(root, "README.md", "")
                self.put(root, "test/gx/LOCAL.md", "")
                self.put(root, name, text)
                self.assertEqual([wrong for _, wrong in citations.check(root)], faults)

    def test_place(self):
        with tempfile.TemporaryDirectory() as root:
            self.put(root, "src/a.c", "int a;\n\n/* nowhere.md */")
            self.assertEqual([place for place, _ in citations.check(root)], ["src/a.c:3: nowhere.md"])


if __name__ == "__main__":
    unittest.main()
