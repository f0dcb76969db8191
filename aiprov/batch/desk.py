"""A job's turn: hash the input; look for the stored answer; otherwise look whether the outputs' places are free, obtain
the answer and hash the input again; then write the outputs. Ignorant of audio and of AI, and of other jobs but copies.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from aiprov.batch.outputs import Outcome, Outputs
from aiprov.batch.report import FileReport, Watcher
from aiprov.batch.stop import Stop
from aiprov.batch.work import Answer, Call, Job, Work
from aiprov.errors import AiprovError, InputError
from aiprov.files import sha256_of
from aiprov.state import Spent, State

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


@dataclass(slots=True)
class Shared:
    """What all jobs of a run have in common.

    Attributes:
        run_id: The run in the ledger.
        threads: Hashing, stored answers, writing; the work has threads of its own.
        force: Obtain every answer anew, and overwrite edited and foreign outputs.
        halted: Set when what is under way is to be dropped.
    """

    run_id: str
    state: State
    watcher: Watcher
    stop: Stop
    threads: ThreadPoolExecutor
    force: bool
    halted: asyncio.Event = field(default_factory=asyncio.Event)

    async def in_thread(self, function: Callable[_Given, _Made], *given: _Given.args, **named: _Given.kwargs) -> _Made:
        """Run a function in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, partial(function, *given, **named))

    def spent(self, job: Job) -> Spent:
        """What this run has paid for a job, and where its input went."""
        try:
            return self.state.of_input(self.run_id, job.source)
        except AiprovError:  # the ledger itself fails: that is reported where it matters
            return Spent(None, ())


@dataclass(slots=True)
class Desk:
    """Where one kind of work is done."""

    work: Work
    shared: Shared
    fresh: set[str] = field(default_factory=set)
    requests: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    outputs: Outputs = field(init=False)

    def __post_init__(self) -> None:
        self.outputs = Outputs(self.work, self.shared.state, force=self.shared.force)

    async def turn(self, job: Job, length: float | None) -> FileReport:
        """Do a job and report it; whatever goes wrong is raised."""
        self.shared.stop.check()
        sha256 = await self.shared.in_thread(content_sha256, job, self.shared.state, self.shared.stop)
        hashes = self.work.identify(job, sha256)
        # Copies of one recording are one request: the second waits for the first one's answer.
        async with self.requests[hashes[0]]:
            stored = await self.shared.in_thread(self.stored, job, hashes)
            answer = stored or await self.obtained(job, hashes, sha256, length)
        outcome: Outcome = await self.shared.in_thread(self.outputs.save, job, sha256, hashes, answer)
        spent = self.shared.spent(job)
        return FileReport(
            job.path,
            "done" if outcome.written or stored is None or self.shared.force else "skipped",
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
        usable = [each for each in hashes if not self.shared.force or each in self.fresh]
        return stored_answer(job, usable, self.work, self.shared.state)

    async def obtained(self, job: Job, hashes: Sequence[str], sha256: str, length: float | None) -> Answer:
        self.shared.stop.check()
        await self.shared.in_thread(self.outputs.refuse_foreign, job, hashes)
        self.shared.watcher.started(job.path, length)
        call = Call(self.shared.run_id, sha256, self.progress(job.path), self.shared.stop, self.shared.force)
        answer = await self.unless_halted(self.work.obtain(job, call))
        kept = await self.shared.in_thread(_kept, job, sha256, answer.request_hash, self.shared.state)
        self.fresh.add(answer.request_hash)
        return replace(answer, document=kept)

    async def unless_halted(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        task = asyncio.create_task(call)
        halt = asyncio.create_task(self.shared.halted.wait())
        dropped = False
        try:
            await asyncio.wait({task, halt}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            halt.cancel()
            if not task.done():
                dropped = task.cancel()
                await asyncio.wait({task})
        if task.cancelled() or (dropped and task.exception() is not None):
            self.shared.stop.check()
            raise RuntimeError("the work cancelled itself")
        return task.result()

    def progress(self, path: Path) -> Callable[[float], None]:
        loop = asyncio.get_running_loop()

        def report(done_s: float) -> None:
            with contextlib.suppress(RuntimeError):  # a straggling thread, after the loop has closed
                loop.call_soon_threadsafe(self.shared.watcher.progressed, path, done_s)

        return report


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
