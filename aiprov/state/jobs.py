"""Work that waits for a server: each job is taken by one of them, and a job whose server died is taken again."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from aiprov.state.db import Database, utc_text

if TYPE_CHECKING:
    from aiprov.state.liveness import Liveness

JobStatus = Literal["queued", "running", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A recipe that is to be run, is running, or was.

    Attributes:
        recipe: Its name.
        source: What it works on: `{"folder": name}` or `{"upload": file name}`.
        created_at, started_at, ended_at: UTC, ISO 8601.
        owner: The run of the server that took it.
        pid: The process that does it.
        run_id: Its run, once it has one.
        exit_code: How that ended, in the contract's codes.
        error: Why it failed: `{"code", "message", "hint"}`.
    """

    id: str
    recipe: str
    source: Mapping[str, str]
    status: JobStatus
    created_at: str
    started_at: str | None
    ended_at: str | None
    owner: str | None
    pid: int | None
    run_id: str | None
    exit_code: int | None
    error: Mapping[str, Any] | None


_FIELDS = tuple(each.name for each in fields(QueuedJob))
_SELECT = f"SELECT {', '.join(_FIELDS)} FROM jobs"  # noqa: S608  our own names


class Jobs(Database):
    """The state's queue."""

    if TYPE_CHECKING:
        _runs: Liveness
        _now: Callable[[], datetime]

    def new_job_id(self) -> str:
        """A name that no job has yet: short, unique, in order of time."""
        return f"{self._now().astimezone(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"

    def add_job(self, job_id: str, recipe: str, source: Mapping[str, str]) -> QueuedJob:
        """Put a job at the end of the queue."""
        row = (job_id, recipe, json.dumps(source), "queued", utc_text(self._now()))
        with self._transaction() as connection:
            connection.execute("INSERT INTO jobs (id, recipe, source, status, created_at) VALUES (?, ?, ?, ?, ?)", row)
        return self._known(job_id)

    def take_job(self, owner: str) -> QueuedJob | None:
        """Take the first job that waits, or whose owner died; None when there is none.

        Args:
            owner: The run of whoever takes it, from `begin_run`; it holds the job while it lives.
        """
        with self._transaction() as connection:
            waiting = connection.execute(
                "SELECT id, status, owner FROM jobs WHERE status IN ('queued', 'running') ORDER BY id"
            ).fetchall()
            free = [job for job, status, by in waiting if status == "queued" or not self._runs.alive(by or "")]
            if not free:
                return None
            connection.execute(
                "UPDATE jobs SET status = 'running', owner = ?, started_at = ?, pid = NULL, run_id = NULL WHERE id = ?",
                (owner, utc_text(self._now()), free[0]),
            )
        return self._known(free[0])

    def job_runs_as(self, job_id: str, pid: int) -> None:
        """Note the process that does it."""
        self._change("UPDATE jobs SET pid = ? WHERE id = ?", pid, job_id)

    def requeue_job(self, job_id: str) -> None:
        """Give a job back that was not finished."""
        self._change("UPDATE jobs SET status = 'queued', owner = NULL, pid = NULL WHERE id = ?", job_id)

    def end_job(
        self,
        job_id: str,
        status: JobStatus,
        *,
        exit_code: int | None = None,
        run_id: str | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> bool:
        """End a job, unless it has ended. Returns whether it was this call that did."""
        return self._change(
            "UPDATE jobs SET status = ?, exit_code = ?, run_id = ?, error = ?, ended_at = ? "
            "WHERE id = ? AND status IN ('queued', 'running')",
            *(status, exit_code, run_id, None if error is None else json.dumps(error), utc_text(self._now()), job_id),
        )

    def jobs(self, limit: int = 100) -> list[QueuedJob]:
        """The last jobs, the newest first."""
        return [_job(row) for row in self._rows(f"{_SELECT} ORDER BY id DESC LIMIT ?", (limit,))]

    def job(self, job_id: str) -> QueuedJob | None:
        """One job; None when there is none of that name."""
        return next((_job(row) for row in self._rows(f"{_SELECT} WHERE id = ?", (job_id,))), None)

    def _known(self, job_id: str) -> QueuedJob:
        found = self.job(job_id)
        assert found is not None
        return found

    def _change(self, statement: str, *values: Any) -> bool:
        with self._transaction() as connection:
            return connection.execute(statement, values).rowcount > 0


def _job(row: tuple[Any, ...]) -> QueuedJob:
    said = dict(zip(_FIELDS, row, strict=True))
    error = None if said["error"] is None else json.loads(said["error"])
    return QueuedJob(**{**said, "source": json.loads(said["source"]), "error": error})
