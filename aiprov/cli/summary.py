"""What a run came to, in words. Pure; prints nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from aiprov.batch.report import FileReport, Report, Status
from aiprov.cli.output import hours, money


def lines_of(file: FileReport) -> Iterator[str]:
    """Yield a line for how a recording ended, unless it was finished already, and one for each note."""
    if file.status != "skipped":
        yield f"{file.status} {file.path}: {_reason(file) or _outcome(file)}"
    for note in file.notes:
        yield f"note: {file.path}: {note}"


def summary(report: Report) -> str:
    """Return one sentence on the whole run."""
    worked = [file for file in report.files if file.status != "skipped"]
    if not worked and report.ended_by is not None:
        return "ended before a recording was finished"
    if not worked:
        return f"nothing to do: {_counted(len(report.files), 'input')} already done"
    statuses: tuple[Status, ...] = ("planned", "done", "failed", "parked")
    counts = [f"{report.count(status)} {status}" for status in statuses if report.count(status)]
    skipped = report.count("skipped")
    suspect = sum(file.verdict not in (None, "ok") for file in worked)
    parts = [*counts, *([f"{skipped} already done"] if skipped else []), *([f"{suspect} suspect"] if suspect else [])]
    audio_s = sum(file.audio_s or 0.0 for file in worked if file.status == "done")
    effort = [_pace(audio_s, report.wall_s)] if report.count("done") else []
    return ": ".join([", ".join(parts), ", ".join([*effort, *_spent(worked, bool(effort))])]).removesuffix(": ")


def departures(report: Report) -> Iterator[str]:
    """Yield a sentence for every host that recordings were sent to in this run."""
    for host, number in sorted(report.sent.items()):
        yield f"{_counted(number, 'recording')} left this machine, to {host}"


def _spent(worked: Sequence[FileReport], free_too: bool) -> Iterator[str]:
    """Yield what was paid, leaving out a zero that says nothing."""
    paid = [file.cost_usd for file in worked]
    unpriced = paid.count(None)
    known = sum((each for each in paid if each is not None), Decimal(0))
    if known or unpriced or free_too:
        yield money(known) + (f" and {_counted(unpriced, 'unpriced recording')}" if unpriced else "")


def speed(audio_s: float | None, wall_s: float) -> str:
    """Return how many times faster than it was spoken, as `14.2x`."""
    return f"{audio_s / wall_s:.1f}x" if audio_s and wall_s > 0 else ""


def _outcome(file: FileReport) -> str:
    if file.status == "planned":
        return ", ".join(map(str, file.outputs))
    cost = "" if file.cost_usd == 0 else f", {money(file.cost_usd)}"
    doubt = "" if file.verdict in (None, "ok") else f", {file.verdict}: its JSON says where"
    return f"{_pace(file.audio_s or 0.0, file.wall_s)}{cost}{doubt}"


def _pace(audio_s: float, wall_s: float) -> str:
    ratio = speed(audio_s, wall_s)
    return f"{hours(audio_s)} of audio in {hours(wall_s)}" + (f" ({ratio})" if ratio else "")


def _reason(file: FileReport) -> str:
    if file.error is None:
        return ""
    wait_s = getattr(file.error, "parked_s", None)
    return file.error.message + ("" if wait_s is None else f"; worth another run in {hours(wait_s)}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
