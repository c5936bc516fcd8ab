"""The judgement on what was written to the console can fail, and the run with it."""

import contextlib
import io
import os
import tempfile
import unittest

import commands
import records
import run

ALLOWED = commands.allowlist()


class AllowlistTest(unittest.TestCase):
    def test_of_the_source(self):
        """A bare newline, the wake frame, a login, two tables, and five commands of 16 modules."""
        self.assertEqual(len(ALLOWED), 5 + 5 * 16)
        self.assertLess({"\n", "login debug\n", "pwr\n", "pwrsys\n", "bat 1\n", "stat 16\n"}, ALLOWED)
        self.assertEqual([text for text in ALLOWED if text.endswith("\r")], ["~20014682C0048520FCC3\r"])

    def test_a_table_that_it_cannot_read(self):
        with self.assertRaises(ValueError):
            commands.allowlist('\t[COMMAND_NEWLINE] = { "", \'\\n\', false },\n\t[COMMAND_SHUT] = { SHUT, LF },\n')

    def test_split(self):
        self.assertEqual(commands.split(b"\npwr\n~2001\rbat 1"), ["\n", "pwr\n", "~2001\r", "bat 1"])


class VerdictTest(unittest.TestCase):
    def test_all_is_well(self):
        self.assertEqual(commands.verdict(ALLOWED, ALLOWED, whole=True), [])

    def test_more_than_allowed(self):
        for text in ("shut\n", "bat 17\n", "bat 0\n", "pwr 1\r", "bat 1", "login debug \n", "~20014682C0048520FCC2\r"):
            for whole in (False, True):
                wrong = commands.verdict(ALLOWED | {text}, ALLOWED, whole)
                self.assertEqual(len(wrong), 1, text)
                self.assertIn(repr(text), wrong[0])

    def test_less_than_allowed(self):
        for text in sorted(ALLOWED):
            self.assertEqual(len(commands.verdict(ALLOWED - {text}, ALLOWED, whole=True)), 1, text)
            self.assertEqual(commands.verdict(ALLOWED - {text}, ALLOWED, whole=False), [], text)


class RunTest(unittest.TestCase):
    """The end of a run over what its tests left."""

    def closed(self, whole, *runs):
        with tempfile.TemporaryDirectory() as folder:
            before = os.environ.get(records.FOLDER)
            os.environ[records.FOLDER] = folder
            try:
                for written in runs:
                    records.leave("commands", sorted(written))
            finally:
                del os.environ[records.FOLDER]
                if before is not None:
                    os.environ[records.FOLDER] = before
            counts, failed = {"passed": 1, "failed": 0, "skipped": 0}, []
            with contextlib.redirect_stdout(io.StringIO()) as said:
                run.close(folder, whole, counts, failed)
        return counts["failed"], failed, said.getvalue()

    def test_passes(self):
        count, failed, said = self.closed(True, ALLOWED - {"pwr\n"}, {"pwr\n", "\n"})
        self.assertEqual((count, failed), (0, []))
        self.assertIn("passed      0.0 s  " + run.ONLY_READS, said)

    def test_fails_on_a_write(self):
        for whole in (False, True):
            count, failed, said = self.closed(whole, ALLOWED, {"time 24 1 1\n"})
            self.assertEqual((count, failed), (1, [run.ONLY_READS]))
            self.assertIn("not allowed: 'time 24 1 1\\n'", said)

    def test_fails_on_what_nobody_saw(self):
        count, _, said = self.closed(True, ALLOWED - {"stat 9\n"})
        self.assertEqual(count, 1)
        self.assertIn("no test saw it written: 'stat 9\\n'", said)


if __name__ == "__main__":
    unittest.main()
