"""What a batch did, file by file: the contract's report and its exit code. Prints nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol

from aiprov.errors import AiprovError

Status = Literal["done", "skipped", "failed", "parked", "planned"]  # planned: only in a dry run
_WORST_FIRST: tuple[Status, ...] = ("failed", "parked", "planned", "done", "skipped")


@dataclass(frozen=True, slots=True)
class FileReport:
    """How one input ended.

    Attributes:
        path: The input as the user named it.
        outputs: The files that stand for it now.
        audio_s: Length of the recording in seconds, when known.
        cost_usd: What this run paid for it, or in a dry run is expected to; None when the price is unknown.
        wall_s: Seconds this run spent on it.
        error: Why it failed or was parked.
        verdict: What the quality audit said (`ok`, `suspect`, `failed`), when there is a transcript.
        notes: Short sentences for people, such as an edited output that was kept.
        sent_to: The hosts that the input went to in this run, whatever came of it; none when it stayed here.
        steps: Where there were several, how each ended, by name.
    """

    path: Path
    status: Status
    outputs: Collection[Path] = ()
    provider: str | None = None
    model: str | None = None
    audio_s: float | None = None
    cost_usd: Decimal | None = Decimal(0)
    wall_s: float = 0.0
    error: AiprovError | None = None
    verdict: str | None = None
    notes: tuple[str, ...] = ()
    sent_to: tuple[str, ...] = ()
    steps: Mapping[str, Status] = field(default_factory=dict)


def together(steps: Mapping[str, FileReport]) -> FileReport:
    """One report of an input's steps, at least one: the worst status, all outputs, the sum of the costs."""
    reports = list(steps.values())
    if "" in steps:  # there is only one, and it has no name
        return reports[0]
    costs = [each.cost_usd for each in reports]
    worst = min((each.status for each in reports), key=_WORST_FIRST.index)
    return replace(
        reports[0],
        status=worst,
        outputs=[path for each in reports for path in each.outputs],
        cost_usd=None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0)),
        wall_s=sum(each.wall_s for each in reports),
        error=next((each.error for each in reports if each.error is not None), None),
        notes=tuple(note for each in reports for note in each.notes),
        sent_to=tuple(dict.fromkeys(host for each in reports for host in each.sent_to)),
        steps={name: each.status for name, each in steps.items()},
    )


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended.

    Attributes:
        run_id: Names the run in the ledger.
        files: In the order of the inputs.
        wall_s: Seconds from plan to end.
        ended_by: What ended the run early (Stopped, BudgetReached, StorageError, ...), or None.
        sent: How many inputs went to which host, those that have no report because of a stop included.
    """

    run_id: str
    # asyncio asks for the repr of what a program returns, and with thousands of files that took a second.
    files: tuple[FileReport, ...] = field(repr=False)
    wall_s: float
    ended_by: AiprovError | None = None
    sent: Mapping[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 all done, 3 some inputs failed (a bug met by one of them included) or wait, else what ended the run."""
        if self.ended_by is not None:
            return self.ended_by.exit_code
        return 3 if any(f.status in ("failed", "parked") for f in self.files) else 0

    def count(self, status: Status) -> int:
        """How many files ended this way."""
        return sum(f.status == status for f in self.files)

    def as_json(self) -> dict[str, Any]:
        """The report in the contract's shape; money as a number of dollars with all its digits kept by the ledger."""
        costs = [f.cost_usd for f in self.files]
        totals = {
            "files": len(self.files),
            "done": self.count("done"),
            "skipped": self.count("skipped"),
            "failed": self.count("failed"),
            "parked": self.count("parked"),
            "audio_s": round(sum(f.audio_s or 0.0 for f in self.files), 3),
            "cost_usd": float(sum((c for c in costs if c is not None), Decimal(0))),
            "unpriced": sum(c is None for c in costs),
            "wall_s": round(self.wall_s, 3),
        }
        document: dict[str, Any] = {"schema": 1, "run": self.run_id, "files": [_file(f) for f in self.files]}
        return document | {"totals": totals, "error": _error(self.ended_by)}


def _file(file: FileReport) -> dict[str, Any]:
    return {
        "path": str(file.path),
        "status": file.status,
        "outputs": [str(path) for path in file.outputs],
        "provider": file.provider,
        "model": file.model,
        "audio_s": None if file.audio_s is None else round(file.audio_s, 3),
        "cost_usd": None if file.cost_usd is None else float(file.cost_usd),
        "wall_s": round(file.wall_s, 3),
        "verdict": file.verdict,
        "notes": list(file.notes),
        "sent_to": list(file.sent_to),
        "error": _error(file.error),
        **({"steps": dict(file.steps)} if file.steps else {}),
    }


def _error(error: AiprovError | None) -> dict[str, str | None] | None:
    return None if error is None else {"code": error.code, "message": error.message, "hint": error.hint}


class Watcher(Protocol):
    """Is told what happens while a batch runs; called on the event loop's thread."""

    def planned(self, waiting: Sequence[Path], skipped: int) -> None:
        """The plan stands: these inputs wait for work, so many are finished already."""

    def started(self, path: Path, audio_s: float | None) -> None:
        """Work on an input begins; its length in seconds when known."""

    def progressed(self, path: Path, done_s: float) -> None:
        """So many seconds of the recording are through."""

    def finished(self, file: FileReport) -> None:
        """An input has ended, one way or another."""

    def fetching(self, what: str, done: int, total: int) -> None:
        """Bytes of a model arrive, `done` of `total`; may be called from any thread."""

    def noted(self, message: str) -> None:
        """Something worth a line: a model being fetched, a setting that was overruled."""
