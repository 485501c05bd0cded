# SPDX-License-Identifier: GPL-2.0
"""From what a guest says to verdicts. Whatever is missing is a failure."""

import dataclasses
import re


@dataclasses.dataclass
class Point:
    """One line of TAP. ok is None for what was skipped; notes go below it."""
    name: str
    ok: bool | None
    notes: list[str] = dataclasses.field(default_factory=list)


class Verdicts:
    """The points of the tests of one guest, from the lines of its control
    channel:

        @begin TEST             ok - TEXT       ok - TEXT # SKIP WHY
        @plan N (optional)      not ok - TEXT   # TEXT (a note)
        @finished               the test says that it reached its end
        @end TEST STATUS        init says that the test's process is gone
        @done                   init ran all it was told to
    """

    def __init__(self, prefix, tests):
        self.prefix = prefix
        self.points = []
        self.waiting = list(tests)
        self.current = None
        self.done = False
        self._forget()

    def _forget(self):
        self.count, self.plan, self.finished = 0, None, False

    def _add(self, text, good, notes=()):
        name = f"{self.prefix}/{self.current}" if self.current else self.prefix
        self.points.append(Point(f"{name}: {text}", good, list(notes)))

    def line(self, text):
        """Take one line. An unknown one is a failure: the channel is for us alone."""
        if match := re.fullmatch(r"(not )?ok - (.*?)(?: # SKIP (.*))?", text):
            self.count += 1
            skipped = match[3] is not None and not match[1]
            self._add(match[2], None if skipped else not match[1], [match[3]] if skipped else [])
        elif text.startswith("#"):
            if self.count:
                self.points[-1].notes.append(text.removeprefix("#").removeprefix(" "))
        elif match := re.fullmatch(r"@begin (\S+)(?: again)?", text):
            self.current = match[1]
            if not text.endswith(" again"):
                self._forget()
            if match[1] not in self.waiting:
                self._add("was not asked for", False)
        elif match := re.fullmatch(r"@plan (\d+)", text):
            self.plan = int(match[1])
        elif text == "@finished":
            self.finished = True
        elif match := re.fullmatch(r"@end (\S+) (\d+)", text):
            self._end(match[1], int(match[2]))
        elif text == "@done":
            self.done = True
        else:
            self._add(f"unknown line on the control channel: {text!r}", False)

    def _end(self, test, status):
        if test != self.current or test not in self.waiting:
            self._add(f"end of {test}, which was not running", False)
            return
        self.waiting.remove(test)
        if status:
            self._add(f"exited with status {status}", False)
        elif not self.finished:
            self._add("ended before its end (no done_testing)", False)
        elif not self.count:
            self._add("checked nothing", False)
        elif self.plan not in (None, self.count):
            self._add(f"planned {self.plan} checks, made {self.count}", False)
        self.current = None

    def close(self, why, complaints, log):
        """The guest is gone. why: the reason if it did not go of itself;
        complaints: what is wrong with its console; log: its last lines."""
        # Whoever was running when it happened is to blame, the rest never ran.
        for test in self.waiting:
            running = test == self.current
            self.current = test
            self._add("did not end" if running else "never ran", False,
                      [why or "the guest is gone"])
        self.current = None
        if not self.done and not why:
            why = "the guest went away before all was done"
        notes = [*([why] if why else []), *complaints]
        self._add("guest ends of itself, nothing wrong in its log", not notes, notes)
        if any(point.ok is False for point in self.points):
            self.points[-1].notes += log


class Printer:
    """Numbered TAP on a stream, and the sum."""

    def __init__(self, stream, only_bad=False):
        self.stream = stream
        self.only_bad = only_bad
        self.number = self.passed = self.failed = self.skipped = 0
        self.bad = []
        self._print("TAP version 13")

    def _print(self, line, good=True):
        if not (good and self.only_bad):
            print(line, file=self.stream, flush=True)

    def add(self, points):
        for point in points:
            self.number += 1
            if point.ok is None:
                self.skipped += 1
                reason = point.notes[0] if point.notes else ""
                self._print(f"ok {self.number} - {point.name} # SKIP {reason}", False)
                continue
            word = "ok" if point.ok else "not ok"
            self._print(f"{word} {self.number} - {point.name}", point.ok)
            for note in point.notes:
                self._print(f"# {note}", point.ok)
            if point.ok:
                self.passed += 1
            else:
                self.failed += 1
                self.bad.append(point.name)

    def close(self):
        """The last lines. True if nothing failed."""
        self._print(f"1..{self.number}")
        for name in self.bad:
            print(f"# failed: {name}", file=self.stream)
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped",
              file=self.stream, flush=True)
        return not self.failed
