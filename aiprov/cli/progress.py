"""Show a run while it happens and what came of it: bars and a table on a terminal, plain lines elsewhere.

Knows what to say; `bars` knows how a terminal shows it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from aiprov.batch.report import FileReport, Report
from aiprov.cli.output import Output
from aiprov.cli.summary import departures, lines_of, summary


@contextlib.contextmanager
def watching(out: Output) -> Iterator[Lines]:
    """Give a watcher that suits where stderr goes; bars are off the screen afterwards."""
    console = out.console()
    if out.quiet or not console.is_terminal or console.is_dumb_terminal:
        yield Lines(out)
        return
    from aiprov.cli.bars import drawn

    with drawn(out, console) as bars:
        yield bars


class Lines:
    """Says one plain line for each recording that ended, and one for all. Fit for a log or a cron mail."""

    def __init__(self, out: Output) -> None:
        self.out = out
        self._told: set[Path] = set()

    def planned(self, waiting: Sequence[Path], skipped: int) -> None:
        """Nothing to say before there is a result."""

    def started(self, path: Path, audio_s: float | None) -> None:
        """Nothing to say before there is a result."""

    def progressed(self, path: Path, done_s: float) -> None:
        """Nothing to say before there is a result."""

    def finished(self, file: FileReport) -> None:
        """Say how a recording ended, unless it was finished already."""
        self._told.add(file.path)
        for line in lines_of(file):
            (self.out.failed if file.error else self.out.line)(line)

    def noted(self, message: str) -> None:
        """Pass a note on."""
        self.out.note(f"note: {message}")

    def fetching(self, name: str, done: int, total: int) -> None:
        """Say that a file of a model has arrived; `done` and `total` are bytes."""
        if done >= total:
            self.noted(f"fetched {name} ({total / 1e6:.0f} MB)")

    def ended(self, report: Report) -> None:
        """Say what the run came to, and each hint once."""
        self.rest(report)
        self.out.line(summary(report))
        for sentence in departures(report):
            self.out.line(sentence)
        self.hints(report)

    def rest(self, report: Report) -> None:
        """Say how those recordings ended that were not heard of while the run went on."""
        for file in report.files:
            if file.path not in self._told:
                self.finished(file)

    def hints(self, report: Report) -> None:
        """Say what to do about failures, and what ended the run early."""
        for hint in dict.fromkeys(file.error.hint for file in report.files if file.error and file.error.hint):
            self.out.say("hint", hint, "bold cyan")
        if report.ended_by is not None:
            self.out.error(report.ended_by)
