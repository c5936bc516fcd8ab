"""What the tests, each a process of its own, leave for the end of the run: files in the folder $E2E_RECORDS."""

import json
import os
import tempfile

FOLDER = "E2E_RECORDS"


def leave(kind, data):
    """Without a folder (a test run by itself) nothing is left."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return
    handle, path = tempfile.mkstemp(prefix=kind + "-", suffix=".json", dir=folder)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump(data, file)


def collect(folder, kind):
    """Everything of one kind, in no particular order."""
    found = []
    for name in sorted(os.listdir(folder)):
        if name.startswith(kind + "-"):
            with open(os.path.join(folder, name), encoding="ascii") as file:
                found.append(json.load(file))
    return found
