"""Works through waiting jobs: several at a time, longest first, each failure its own.

A job's turn: hash the input; look for the stored answer; otherwise look whether the outputs' places are free, obtain
the answer and hash the input again; then write the outputs. Ignorant of audio and of AI.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from aiprov.batch.outputs import Outcome, Outputs
from aiprov.batch.report import FileReport, Status, Watcher
from aiprov.batch.stop import Stop
from aiprov.batch.work import Answer, Call, Job, Work
from aiprov.errors import (
    AiprovError,
    BudgetReached,
    ConfigError,
    InputError,
    IntegrityError,
    ProviderError,
    Stopped,
    StorageError,
)
from aiprov.files import sha256_of
from aiprov.state import Spent, State

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")

_DESK_THREADS = 4  # hashing, stored answers, writing; the work has threads of its own

# These concern every job that would come next, not only the one that met them.
ENDS_THE_RUN = (ConfigError, StorageError, IntegrityError, BudgetReached, Stopped)


@dataclass(frozen=True, slots=True)
class Ended:
    """How far a run came.

    Attributes:
        files: Jobs that ended, in the order they were given; those that were not reached or dropped are missing.
        by: What ended the run early, or None.
    """

    files: tuple[FileReport, ...]
    by: AiprovError | None


async def run(
    jobs: Sequence[Job],
    work: Work,
    *,
    run_id: str,
    state: State,
    watcher: Watcher,
    stop: Stop,
    concurrency: int,
    fail_fast: bool = False,
    force: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Ended:
    """Work through `jobs`.

    An error that concerns one job fails it (status `failed`; code `bug` for an exception that nobody foresaw) and
    the others go on. ConfigError, StorageError, IntegrityError, BudgetReached and Stopped end the run. When the budget
    is reached (the job is `parked`), or at the first failure with `fail_fast`, running jobs still finish; in the other
    cases they are dropped.

    Args:
        run_id: The run in the ledger.
        concurrency: How many jobs are worked on at once.
        fail_fast: Begin no other job after the first that fails.
        force: Obtain every answer anew, and overwrite edited and foreign outputs.
        clock: Seconds for `wall_s`.
    """
    loop = asyncio.get_running_loop()
    # Leaving it waits for every write, also when the caller gives up: none may outlive the run's lock.
    with ThreadPoolExecutor(_DESK_THREADS, thread_name_prefix="aiprov-batch") as threads:
        batch = _Batch(work, run_id, state, watcher, stop, threads, fail_fast, force, clock)
        with stop.waking(lambda: loop.call_soon_threadsafe(batch.halted.set)):
            if stop.requested:
                batch.end(stop.error())
            await batch.through(jobs, concurrency)
    return Ended(tuple(batch.files[job.path] for job in jobs if job.path in batch.files), batch.ended_by)


@dataclass(slots=True)
class _Batch:
    work: Work
    run_id: str
    state: State
    watcher: Watcher
    stop: Stop
    threads: ThreadPoolExecutor
    fail_fast: bool
    force: bool
    clock: Callable[[], float]
    halted: asyncio.Event = field(default_factory=asyncio.Event)
    closing: bool = False
    ended_by: AiprovError | None = None
    files: dict[Path, FileReport] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    requests: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    outputs: Outputs = field(init=False)

    def __post_init__(self) -> None:
        self.outputs = Outputs(self.work, self.state, force=self.force)

    async def through(self, jobs: Sequence[Job], concurrency: int) -> None:
        queue = await self.longest_first(jobs)
        workers = [asyncio.create_task(self.worker(queue)) for _ in range(min(concurrency, len(queue)))]
        try:
            await asyncio.gather(*workers)
        except BaseException:
            # The caller gave up, or the watcher raised: long work must hear of it before the threads are awaited.
            self.stop.request()
            raise
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def longest_first(self, jobs: Sequence[Job]) -> deque[tuple[Job, float | None]]:
        weighed = list[tuple[Job, float | None]]()
        for job, length in await self.in_thread(_weighed, jobs, self.work, self.stop):
            if isinstance(length, Exception):
                self.finish(self.failure(job, length))
            else:
                weighed.append((job, length))
        return deque(sorted(weighed, key=lambda each: -(each[1] or 0.0)))

    async def worker(self, queue: deque[tuple[Job, float | None]]) -> None:
        while queue and not self.closing:
            job, length = queue.popleft()
            began = self.clock()
            try:
                report: FileReport | None = await self.turn(job, length)
            except Exception as error:
                report = self.failure(job, error, length)
            self.finish(report and replace(report, wall_s=self.clock() - began))

    async def turn(self, job: Job, length: float | None) -> FileReport:
        self.stop.check()
        sha256 = await self.in_thread(content_sha256, job, self.state, self.stop)
        hashes = self.work.identify(job, sha256)
        # Copies of one recording are one request: the second waits for the first one's answer.
        async with self.requests[hashes[0]]:
            stored = await self.in_thread(self.stored, job, hashes)
            answer = stored or await self.obtained(job, hashes, sha256, length)
        outcome: Outcome = await self.in_thread(self.outputs.save, job, hashes, answer)
        spent = self.spent(job)
        return FileReport(
            job.path,
            "done" if outcome.written or stored is None or self.force else "skipped",
            job.outputs.values(),
            answer.provider,
            answer.model,
            answer.audio_s,
            spent.cost,
            verdict=answer.verdict,
            notes=answer.notes + outcome.notes,
            sent_to=spent.hosts,
        )

    def stored(self, job: Job, hashes: Sequence[str]) -> Answer | None:
        usable = [each for each in hashes if not self.force or each in self.fresh]
        return stored_answer(job, usable, self.work, self.state)

    async def obtained(self, job: Job, hashes: Sequence[str], sha256: str, length: float | None) -> Answer:
        self.stop.check()
        await self.in_thread(self.outputs.refuse_foreign, job, hashes)
        self.watcher.started(job.path, length)
        call = Call(self.run_id, sha256, self.progress(job.path), self.stop)
        answer = await self.unless_halted(self.work.obtain(job, call))
        kept = await self.in_thread(_kept, job, sha256, answer.request_hash, self.state)
        self.fresh.add(answer.request_hash)
        return replace(answer, document=kept)

    async def unless_halted(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        task = asyncio.create_task(call)
        halt = asyncio.create_task(self.halted.wait())
        dropped = False
        try:
            await asyncio.wait({task, halt}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            halt.cancel()
            if not task.done():
                dropped = task.cancel()
                await asyncio.wait({task})
        if task.cancelled() or (dropped and task.exception() is not None):
            self.stop.check()
            raise RuntimeError("the work cancelled itself")
        return task.result()

    def progress(self, path: Path) -> Callable[[float], None]:
        loop = asyncio.get_running_loop()

        def report(done_s: float) -> None:
            with contextlib.suppress(RuntimeError):  # a straggling thread, after the loop has closed
                loop.call_soon_threadsafe(self.watcher.progressed, path, done_s)

        return report

    def failure(self, job: Job, error: Exception, length: float | None = None) -> FileReport | None:
        named = error if isinstance(error, AiprovError) else _bug(job, error)
        if isinstance(named, ENDS_THE_RUN):
            self.end(named)
        if isinstance(named, Stopped):
            return None
        waits = isinstance(named, ProviderError) and named.parked_s is not None
        status: Status = "parked" if waits or isinstance(named, BudgetReached) else "failed"
        spent = self.spent(job)
        return FileReport(job.path, status, audio_s=length, cost_usd=spent.cost, error=named, sent_to=spent.hosts)

    def spent(self, job: Job) -> Spent:
        try:
            return self.state.of_input(self.run_id, job.source)
        except AiprovError:  # the ledger itself fails: that is reported where it matters
            return Spent(None, ())

    def finish(self, report: FileReport | None) -> None:
        if report is None:
            return
        self.files[report.path] = report
        self.watcher.finished(report)
        if self.fail_fast and report.status == "failed":
            self.closing = True

    def end(self, error: AiprovError) -> None:
        self.closing = True
        if self.ended_by is None:
            self.ended_by = error
        if not isinstance(error, BudgetReached):
            self.stop.request()

    async def in_thread(self, function: Callable[_Given, _Made], *given: _Given.args, **named: _Given.kwargs) -> _Made:
        return await asyncio.get_running_loop().run_in_executor(self.threads, partial(function, *given, **named))


def _weighed(jobs: Sequence[Job], work: Work, stop: Stop) -> list[tuple[Job, float | Exception | None]]:
    weighed: list[tuple[Job, float | Exception | None]] = []
    for job in jobs:
        try:
            stop.check()
            weighed.append((job, work.weigh(job)))
        except Exception as error:
            weighed.append((job, error))
    return weighed


def stored_answer(job: Job, hashes: Sequence[str], work: Work, state: State) -> Answer | None:
    """The stored answer to a job's request, in the first of the ways in which it was answered."""
    for request_hash in hashes:
        document = state.answer(request_hash)
        if document is not None:
            return work.recall(job, document, request_hash)
    return None


def content_sha256(job: Job, state: State, stop: Stop) -> str:
    """The hash of a job's input, from the state when it knows the file.

    Raises:
        InputError: The input cannot be read.
        Stopped: Asked to stop while reading.
    """
    try:
        return state.content_sha256(job.source, partial(sha256_of, on_bytes=lambda _: stop.check()))
    except OSError as error:
        raise _unreadable(job, error) from error


def _kept(job: Job, sha256: str, request_hash: str, state: State) -> bytes:
    """Return the answer as a later run will find it, so that both render the same bytes.

    It belongs to the content that was hashed; an answer to anything else must not be found under that hash.
    """
    try:
        after = sha256_of(job.source)
    except OSError as error:
        raise _unreadable(job, error) from error
    if after != sha256:
        state.forget_answer(request_hash)
        hint = "wait until nothing writes to it any more, then run the same command again"
        raise InputError(f"{job.path} changed while it was read", hint, code="changed_while_reading")
    document = state.answer(request_hash)
    if document is None:
        raise LookupError("the work has not stored its answer")
    return document


def _unreadable(job: Job, error: OSError) -> InputError:
    code = "not_found" if isinstance(error, FileNotFoundError) else "unreadable_audio"
    return InputError(f"{job.path} cannot be read: {error.strerror}", "check the file and its permissions", code=code)


def _bug(job: Job, error: Exception) -> AiprovError:
    # The text of an unforeseen error may hold anything, words of a transcript included: only its type is shown.
    named = AiprovError(
        f"{job.path} failed in a way it should not: {type(error).__name__}",
        "the other files are not concerned; please report this with the version and the command",
        code="bug",
    )
    named.__cause__ = error
    return named
