"""The runs that were and those that are going on: who began them, how far they are, how they ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiprov.state.db import Database

if TYPE_CHECKING:
    from aiprov.state.liveness import Liveness

_FIELDS = ("id", "command", "started_at", "ended_at", "exit_code", "pid", "progress")
_SELECT = f"SELECT {', '.join(_FIELDS)} FROM runs"  # noqa: S608  our own names


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        command: The command line, or a word for who began it.
        started_at, ended_at: UTC, ISO 8601; None while it has not ended, or never will.
        exit_code: How it ended, in the contract's codes.
        pid: The process that began it.
        progress: How far it came, as it told last; empty when it tells nothing.
        alive: Its process is at work.
    """

    id: str
    command: str
    started_at: str
    ended_at: str | None
    exit_code: int | None
    pid: int | None
    progress: Mapping[str, Any]
    alive: bool


class History(Database):
    """The state's part that looks at runs."""

    if TYPE_CHECKING:
        _runs: Liveness

    def note_progress(self, run_id: str, progress: Mapping[str, Any]) -> None:
        """Keep how far a run is, in place of what it told before. A power cut may lose it."""
        told = json.dumps(progress, separators=(",", ":"))
        with self._transaction(durable=False) as connection:
            connection.execute("UPDATE runs SET progress = ? WHERE id = ?", (told, run_id))

    def runs(self, limit: int = 100) -> list[Run]:
        """The last runs, the newest first."""
        return [self._run(row) for row in self._rows(f"{_SELECT} ORDER BY id DESC LIMIT ?", (limit,))]

    def run(self, run_id: str) -> Run | None:
        """One run; None when there is none of that name."""
        return next((self._run(row) for row in self._rows(f"{_SELECT} WHERE id = ?", (run_id,))), None)

    def run_of(self, pid: int, since: str) -> Run | None:
        """The run that a process began at that moment (UTC, ISO 8601) or later; None when it has not begun one."""
        query = f"{_SELECT} WHERE pid = ? AND started_at >= ? ORDER BY id DESC LIMIT 1"
        return next((self._run(row) for row in self._rows(query, (pid, since))), None)

    def _run(self, row: tuple[Any, ...]) -> Run:
        said = dict(zip(_FIELDS, row, strict=True))
        alive = said["ended_at"] is None and self._runs.alive(said["id"])
        return Run(**{**said, "progress": json.loads(said["progress"] or "{}"), "alive": alive})
