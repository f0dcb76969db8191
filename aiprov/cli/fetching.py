"""Shows files while they arrive: a bar for each on a terminal, else one line when it is there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiprov.cli.output import Output, plain

if TYPE_CHECKING:
    from rich.console import Console

    from aiprov.models import Progress


@contextlib.contextmanager
def fetching(out: Output) -> Iterator[Progress]:
    """Give a progress callback that suits where stderr goes; the bars are off the screen afterwards."""
    console = out.console()
    if out.quiet or not console.is_terminal or console.is_dumb_terminal:
        yield _Lines(out)
    else:
        with _bars(out, console) as bars:
            yield bars


class _Lines:
    def __init__(self, out: Output) -> None:
        self._out = out

    def __call__(self, what: str, done: int, total: int) -> None:
        if done >= total:
            self._out.note(f"fetched {what} ({total / 1e6:.1f} MB)")


@contextlib.contextmanager
def _bars(out: Output, console: Console) -> Iterator[Progress]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    name = TextColumn("{task.description}", markup=False)
    columns = (name, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        tasks = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(plain(what), total=total)
            shown.update(tasks[what], completed=done)
            if done >= total:
                out.log(f"fetched {what} ({total / 1e6:.1f} MB)")

        yield progress
