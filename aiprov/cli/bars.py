"""Progress on a terminal: a bar for the run, one for each running recording, and a table at the end."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from aiprov.batch.report import FileReport, Report
from aiprov.cli.output import Output, hours, money, plain
from aiprov.cli.pace import Pace
from aiprov.cli.progress import Lines
from aiprov.cli.summary import lines_of, speed

_NAME_CELLS, _BAR_CELLS = 26, 16
_STYLES = {"done": "green", "failed": "bold red", "parked": "yellow", "suspect": "yellow"}


@contextlib.contextmanager
def drawn(out: Output, console: Console) -> Iterator[Bars]:
    """Give bars that a thread draws four times a second on `console`; they leave nothing behind."""
    bars = Bars(out, console, time.monotonic)
    with bars.live:
        yield bars


class Row(NamedTuple):
    """One line of the display; `share` is None while there is no telling how far it is."""

    name: str
    share: float | None
    text: str


class Bars(Lines):
    """Shows the run on a terminal.

    Args:
        out: Where results go.
        console: Where to draw.
        clock: Gives seconds that only grow.
    """

    def __init__(self, out: Output, console: Console, clock: Callable[[], float]) -> None:
        super().__init__(out)
        self._clock = clock
        self._begun = clock()
        self._pace = Pace({})
        self._running: list[Path] = []
        self._planned: int | None = None
        self._ended = 0
        self._fetched: tuple[str, int, int] | None = None
        # Events come from the event loop and from workers, frames from the display's own thread.
        self._lock = threading.RLock()
        self.live = Live(
            get_renderable=self.frame, console=console, refresh_per_second=4, transient=True, redirect_stdout=False
        )

    def planned(self, waiting: Sequence[Path], skipped: int) -> None:
        """Begin to measure."""
        with self._lock:
            self._pace = Pace({path: _size(path) for path in waiting})
            self._planned, self._begun = len(waiting), self._clock()
        if skipped:
            self.noted(f"{skipped} already done")

    def started(self, path: Path, audio_s: float | None) -> None:
        """Give the recording a bar."""
        with self._lock:
            self._pace.opened(path, audio_s)
            self._running.append(path)

    def progressed(self, path: Path, done_s: float) -> None:
        """Move the recording's bar."""
        with self._lock:
            self._pace.progressed(path, done_s)

    def finished(self, file: FileReport) -> None:
        """Take the recording's bar away; its line waits for the table, unless results go elsewhere."""
        self._told.add(file.path)
        with self._lock:
            if file.path in self._running:
                self._running.remove(file.path)
            self._pace.finished(file.path, file.audio_s)
            self._ended += file.status != "skipped"
        if not self.out.results_on_terminal:
            super().finished(file)
            return
        for line in lines_of(file):
            self.out.log(line)
            if file.error is not None or line.startswith("note:"):
                self._above(line, _STYLES.get(file.status, "") if file.error else "dim")

    def noted(self, message: str) -> None:
        """Print a note above the bars."""
        self.out.log(message)
        self._above(message, "dim")

    def fetching(self, name: str, done: int, total: int) -> None:
        """Give the file of a model that is being fetched a bar; bytes."""
        with self._lock:
            self._fetched = (name, done, total) if done < total else None
        super().fetching(name, done, total)

    def ended(self, report: Report) -> None:
        """Take the bars away and print the table."""
        self.live.stop()
        self.rest(report)
        worked = [file for file in report.files if file.status != "skipped"]
        if worked and self.out.results_on_terminal:
            self.out.results().print(table(worked))
        super().ended(report)

    def frame(self) -> Table:
        """Draw what is known now."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=_NAME_CELLS, no_wrap=True, overflow="ellipsis")
        grid.add_column(width=_BAR_CELLS)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        for row in self.rows():
            bar = ProgressBar(total=1.0, completed=row.share or 0.0, width=_BAR_CELLS, pulse=row.share is None)
            grid.add_row(Text(plain(row.name)), bar, Text(row.text))
        return grid

    def rows(self) -> list[Row]:
        """The lines of the display: the run, the file being fetched, the running recordings."""
        with self._lock:
            rows = [self._whole(), *(self._part(path) for path in self._running)]
            if self._fetched is not None:
                name, done, total = self._fetched
                rows.insert(1, Row(name, done / total, f"{done / 1e6:.0f} of {total / 1e6:.0f} MB"))
        return rows

    def _whole(self) -> Row:
        if self._planned is None:
            return Row("looking at the recordings", None, "")
        elapsed_s = self._clock() - self._begun
        pace, total = self._pace, self._pace.total_s
        facts = []
        if total:
            facts.append(f"{hours(pace.done_s)} of {'about ' if pace.estimated else ''}{hours(total)}")
        if (ratio := pace.speed(elapsed_s)) is not None:
            facts.append(f"{ratio:.1f}x")
        if (left_s := pace.left_s(elapsed_s)) is not None:
            facts.append(f"{hours(left_s)} left")
        name = f"{self._ended} of {self._planned} recordings"
        return Row(name, min(pace.done_s / total, 1.0) if total else None, ", ".join(facts))

    def _part(self, path: Path) -> Row:
        done, length = self._pace.of(path)
        if not length:
            return Row(path.name, None, "")
        return Row(path.name, min(done / length, 1.0), f"{hours(done)} of {hours(length)}")

    def _above(self, message: str, style: str) -> None:
        self.live.console.print(Text(plain(message), style=style), soft_wrap=True)


def table(files: Sequence[FileReport]) -> Table:
    """Return the table of what was worked on in a run."""
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    made.add_column("recording", overflow="fold")
    made.add_column("status")
    for name in ("audio", "speed", "cost"):
        made.add_column(name, justify="right", no_wrap=True)
    made.add_column("quality")
    for file in files:
        made.add_row(
            Text(plain(file.path)),
            _styled(file.status),
            "" if file.audio_s is None else hours(file.audio_s),
            speed(file.audio_s, file.wall_s) if file.status == "done" else "",
            money(file.cost_usd) if file.status == "done" or file.cost_usd != 0 else "",
            _styled(file.verdict or ""),
        )
    return made


def _styled(word: str) -> Text:
    return Text(word, style=_STYLES.get(word, ""))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
