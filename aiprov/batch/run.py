"""Works through waiting inputs: several at a time, longest first, each through all steps, each failure its own.

While one input is in its second step, the next is in its first. Ignorant of audio and of AI.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiprov.batch.desk import Desk, Shared
from aiprov.batch.report import FileReport, Status, Watcher, together
from aiprov.batch.stop import Stop
from aiprov.batch.work import Job, Step
from aiprov.errors import (
    AiprovError,
    BudgetReached,
    ConfigError,
    IntegrityError,
    ProviderError,
    Stopped,
    StorageError,
)
from aiprov.state import State

_DESK_THREADS = 4

# These concern every job that would come next, not only the one that met them.
ENDS_THE_RUN = (ConfigError, StorageError, IntegrityError, BudgetReached, Stopped)


@dataclass(frozen=True, slots=True)
class Ended:
    """How far a run came.

    Attributes:
        files: Inputs that ended, in the order they were given; those that were not reached or dropped are missing.
        by: What ended the run early, or None.
    """

    files: tuple[FileReport, ...]
    by: AiprovError | None


async def run(
    paths: Sequence[Path],
    steps: Sequence[Step],
    *,
    run_id: str,
    state: State,
    watcher: Watcher,
    stop: Stop,
    fail_fast: bool = False,
    force: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Ended:
    """Work through inputs, each through all steps.

    An error that concerns one input fails it (status `failed`; code `bug` for an exception that nobody foresaw), its
    later steps are left out, and the others go on. ConfigError, StorageError, IntegrityError, BudgetReached and Stopped
    end the run. When the budget is reached (the input is `parked`), or at the first failure with `fail_fast`, inputs
    that were begun still finish; in the other cases they are dropped.

    Args:
        paths: The inputs, as their jobs name them.
        steps: In order.
        run_id: The run in the ledger.
        fail_fast: Begin no other input after the first that fails.
        force: Obtain every answer anew, and overwrite edited and foreign outputs.
        clock: Seconds for `wall_s`.
    """
    loop = asyncio.get_running_loop()
    # Leaving it waits for every write, also when the caller gives up: none may outlive the run's lock.
    with ThreadPoolExecutor(_DESK_THREADS, thread_name_prefix="aiprov-batch") as threads:
        shared = Shared(run_id, state, watcher, stop, threads, force)
        lines = [_Line(step, Desk(step.work, shared), step.work.concurrency(len(paths))) for step in steps]
        batch = _Batch(shared, lines, fail_fast, clock)
        with stop.waking(lambda: loop.call_soon_threadsafe(shared.halted.set)):
            if stop.requested:
                batch.end(stop.error())
            await batch.through(paths)
    return Ended(tuple(batch.files[path] for path in paths if path in batch.files), batch.ended_by)


class _Line:
    """A step, its desk, and places for as many jobs as may be worked on at once."""

    def __init__(self, step: Step, desk: Desk, places: int) -> None:
        self.step, self.desk, self.places = step, desk, places
        self.free = asyncio.Semaphore(places)


@dataclass(slots=True)
class _Batch:
    shared: Shared
    lines: Sequence[_Line]
    fail_fast: bool
    clock: Callable[[], float]
    closing: bool = False
    ended_by: AiprovError | None = None
    files: dict[Path, FileReport] = field(default_factory=dict)

    async def through(self, paths: Sequence[Path]) -> None:
        queue = await self.longest_first(paths)
        most = sum(line.places for line in self.lines)
        workers = [asyncio.create_task(self.worker(queue)) for _ in range(min(most, len(queue)))]
        try:
            await asyncio.gather(*workers)
        except BaseException:
            # The caller gave up, or the watcher raised: long work must hear of it before the threads are awaited.
            self.shared.stop.request()
            raise
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def longest_first(self, paths: Sequence[Path]) -> deque[tuple[Path, float | None]]:
        weighed = list[tuple[Path, float | None]]()
        for job, length in await self.shared.in_thread(
            _weighed, paths, [line.step for line in self.lines], self.shared.stop
        ):
            if isinstance(length, Exception):
                self.finish(self.failure(job, length))
            else:
                weighed.append((job.path, length))
        return deque(sorted(weighed, key=lambda each: -(each[1] or 0.0)))

    async def worker(self, queue: deque[tuple[Path, float | None]]) -> None:
        while queue and not self.closing:
            path, length = queue.popleft()
            began = self.clock()
            reports = await self.stepwise(path, length)
            self.finish(replace(together(reports), wall_s=self.clock() - began) if reports else None)

    async def stepwise(self, path: Path, length: float | None) -> dict[str, FileReport] | None:
        """What each step came to, up to the first that failed; None when the run was stopped meanwhile."""
        reports = dict[str, FileReport]()
        for line in self.lines:
            job = line.step.jobs.get(path)
            if job is None:
                continue
            async with line.free:
                report = await self.tried(line.desk, job, length)
            if report is None:
                return None
            reports[line.step.name] = report
            if report.error is not None:
                break
        return reports

    async def tried(self, desk: Desk, job: Job, length: float | None) -> FileReport | None:
        try:
            return await desk.turn(job, length)
        except Exception as error:
            return self.failure(job, error, length)

    def failure(self, job: Job, error: Exception, length: float | None = None) -> FileReport | None:
        named = error if isinstance(error, AiprovError) else _bug(job, error)
        if isinstance(named, ENDS_THE_RUN):
            self.end(named)
        if isinstance(named, Stopped):
            return None
        waits = isinstance(named, ProviderError) and named.parked_s is not None
        status: Status = "parked" if waits or isinstance(named, BudgetReached) else "failed"
        spent = self.shared.spent(job)
        return FileReport(job.path, status, audio_s=length, cost_usd=spent.cost, error=named, sent_to=spent.hosts)

    def finish(self, report: FileReport | None) -> None:
        if report is None:
            return
        self.files[report.path] = report
        self.shared.watcher.finished(report)
        if self.fail_fast and report.status == "failed":
            self.closing = True

    def end(self, error: AiprovError) -> None:
        self.closing = True
        if self.ended_by is None:
            self.ended_by = error
        if not isinstance(error, BudgetReached):
            self.shared.stop.request()


def _weighed(paths: Sequence[Path], steps: Sequence[Step], stop: Stop) -> list[tuple[Job, float | Exception | None]]:
    """The first job of every input, and its length."""
    weighed: list[tuple[Job, float | Exception | None]] = []
    for path in paths:
        step = next(step for step in steps if path in step.jobs)
        try:
            stop.check()
            weighed.append((step.jobs[path], step.work.weigh(step.jobs[path])))
        except Exception as error:
            weighed.append((step.jobs[path], error))
    return weighed


def _bug(job: Job, error: Exception) -> AiprovError:
    # The text of an unforeseen error may hold anything, words of a transcript included: only its type is shown.
    named = AiprovError(
        f"{job.path} failed in a way it should not: {type(error).__name__}",
        "the other files are not concerned; please report this with the version and the command",
        code="bug",
    )
    named.__cause__ = error
    return named
