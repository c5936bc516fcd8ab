#!/usr/bin/python3
"""What comments and documents cite: every document that a comment names is in docs/, at the top of the repository or
beside the file, and has the headings that stand in quotes behind its name, as in (FILE, "Bytes" and "Login").

`citations.py [ROOT]` closes with a count of citations; test_citations.py shows that it can fail."""

import os
import re
import sys

FOLDERS = ('src', 'include', 'test', 'packaging', 'docs')
COMMENTS = {
    ('.c', '.h'): re.compile(r'/\*.*?\*/|//[^\n]*', re.S),
    ('.py',): re.compile(r'^[ \t]*""".*?"""|(?<!\S)#[^\n]*(?:\n[ \t]*#[^\n]*)*', re.S | re.M),
    ('.sh',): re.compile(r'(?<!\S)#[^\n]*(?:\n[ \t]*#[^\n]*)*'),
    ('.md',): re.compile(r'.+', re.S),
}
CITED = re.compile(r'([\w-]+\.md)\)?((?:(?:,| and)? "[^"]+")*)')


def files(root):
    for folder in FOLDERS:
        for path, _, names in os.walk(os.path.join(root, folder)):
            yield from (os.path.join(path, name) for name in sorted(names))


def comments(path, text):
    """(line, text) of each comment, without what begins its lines."""
    for suffixes, pattern in COMMENTS.items():
        for found in pattern.finditer(text) if path.endswith(suffixes) else ():
            yield text.count('\n', 0, found.start()) + 1, re.sub(r'\s*\n[ \t]*[*#]?[ \t]*', ' ', found[0])


def headings(root, path, name):
    """Those of the document, in lower case and up to a colon; None where there is no such document."""
    for folder in (os.path.join(root, 'docs'), root, os.path.dirname(path)):
        if os.path.isfile(os.path.join(folder, name)):
            with open(os.path.join(folder, name), encoding='utf-8') as file:
                return set(re.findall(r'^#+ ([^:\n]+)', file.read().lower(), re.M))
    return None


def fault(known, quoted):
    """What is wrong with one citation; nothing when it is right."""
    if known is None:
        return 'there is no such document'
    missing = [heading for heading in re.findall(r'"([^"]+)"', quoted) if heading.lower() not in known]
    return 'has no heading ' + ', '.join(missing) if missing else ''


def check(root):
    """(place, fault) of every citation."""
    for path in files(root):
        with open(path, encoding='utf-8', errors='replace') as file:
            text = file.read()
        for line, comment in comments(path, text):
            for name, quoted in CITED.findall(comment):
                yield f'{os.path.relpath(path, root)}:{line}: {name}', fault(headings(root, path, name), quoted)


def main():
    cited = list(check(sys.argv[1] if len(sys.argv) > 1 else '.'))
    faults = [f'{place}: {wrong}' for place, wrong in cited if wrong]
    if not cited:
        faults = ['no citation to look at']
    for line in faults:
        print(line)
    print(f'{max(len(cited) - len(faults), 0)} passed, {len(faults)} failed')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
