"""Takes meetings into the archive: those that changed, several at a time, each its own failure. Safe to be killed."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from aiprov.archive import Archive, Meeting
from aiprov.batch.report import FileReport, Status, Watcher
from aiprov.batch.run import ENDS_THE_RUN
from aiprov.batch.stop import Stop
from aiprov.errors import AiprovError, BudgetReached, InputError, ProviderError, Stopped
from aiprov.files import sha256_of
from aiprov.pipelines.embedding import Embedder, Vectors
from aiprov.pipelines.meetings import meeting_in
from aiprov.providers.base import Hooks
from aiprov.state import State

# Meetings that are with a provider elsewhere at the same time; engines of this machine take one after the other.
_ABREAST = 4


@dataclass(slots=True)
class Taking:
    """One run.

    Attributes:
        archive: The archive.
        embedder: Who embeds.
        named: What the user named: other files were only found in folders.
        anew: Take in what has not changed, too.
        empty: Empty the archive first (with the first meeting that comes in).
    """

    archive: Archive
    embedder: Embedder
    state: State
    watcher: Watcher
    stop: Stop
    run_id: str
    named: frozenset[Path]
    anew: bool = False
    empty: bool = False
    reports: dict[Path, FileReport] = field(default_factory=dict)
    strange: int = 0
    ended_by: AiprovError | None = None
    _beginning: Lock = field(default_factory=Lock)
    _contents: dict[Path, str] = field(default_factory=dict)
    _hashes: dict[Path, str] = field(default_factory=dict)

    async def through(self, files: Mapping[Path, Path]) -> None:
        """Take in the files, by the input that each came from; `reports` then says how each ended."""
        self._contents = {} if self.empty else await asyncio.to_thread(self.archive.contents)
        try:
            waiting = deque(await asyncio.to_thread(self._waiting, files))
        except Stopped as stopped:
            self.ended_by = stopped
            return
        self.watcher.planned([path for path, _ in waiting], len(files) - len(waiting))
        workers = 1 if self.embedder.candidate.local else _ABREAST
        tasks = [asyncio.create_task(self._worker(waiting)) for _ in range(min(workers, len(waiting)))]
        loop = asyncio.get_running_loop()
        with self.stop.waking(lambda: loop.call_soon_threadsafe(_cancel, tasks)):
            await asyncio.gather(*tasks, return_exceptions=True)
        if self.stop.requested and self.ended_by is None:
            self.ended_by = self.stop.error()
        if self.strange:
            self.watcher.noted(f"JSON files in folders that are no transcripts were left out: {self.strange}")

    def changed(self, files: Mapping[Path, Path]) -> list[Path]:
        """The inputs that would be taken in."""
        self._contents = {} if self.empty else self.archive.contents()
        return [path for path, _ in self._waiting(files)]

    def gone(self) -> list[Path]:
        """What the archive was made from and is not there any more."""
        return [path for path in self.archive.contents() if not path.exists()]

    def _waiting(self, files: Mapping[Path, Path]) -> list[tuple[Path, Path]]:
        found = []
        for path, source in files.items():
            try:
                self.stop.check()
                self._hashes[source] = self.state.content_sha256(source, sha256_of)
            except OSError as error:
                message = f"{path} cannot be read: {error.strerror}"
                self._finish(FileReport(path, "failed", error=InputError(message, code="not_found")))
                continue
            if self.anew or self._contents.get(source) != self._hashes[source]:
                found.append((path, source))
            else:
                self.reports[path] = FileReport(path, "skipped")
        return found

    async def _worker(self, waiting: deque[tuple[Path, Path]]) -> None:
        while waiting and self.ended_by is None:
            path, source = waiting.popleft()
            began = time.monotonic()
            try:
                report = await self._taken(path, source, began)
            except Exception as error:
                report = self._failure(path, source, error)
            if report is not None:
                self._finish(report)

    async def _taken(self, path: Path, source: Path, began: float) -> FileReport | None:
        self.stop.check()
        self.watcher.started(path, None)
        try:
            meeting = await asyncio.to_thread(meeting_in, source, self._hashes[source])
        except InputError as error:
            if error.code == "no_words":
                return FileReport(path, "skipped")
            if error.code == "bad_transcript" and path not in self.named:
                self.strange += 1
                return None
            raise
        known = {} if self.anew or self.empty else await asyncio.to_thread(self.archive.vectors, meeting)
        texts = [text for text in dict.fromkeys(meeting.content.texts) if text not in known]
        new = Vectors({}, 0, ())
        if texts:
            new = await self.embedder.vectors(texts, source, Hooks(check=self.stop.check), self.run_id)
        await asyncio.to_thread(self._put, meeting, new, known)
        spent = self.state.of_input(self.run_id, source)
        who = self.embedder.candidate
        cost, wall_s = spent.cost, time.monotonic() - began
        count = len(meeting.content.bounds)
        note = f"{count} excerpt{'' if count == 1 else 's'}"
        return FileReport(
            path, "done", (), who.provider, who.model, None, cost, wall_s, notes=(note,), sent_to=spent.hosts
        )

    def _put(self, meeting: Meeting, new: Vectors, known: Mapping[str, bytes]) -> None:
        with self._beginning:  # of two that come first, one begins
            if new.rows and (self.empty or self.archive.space is None):
                self.archive.begin(self.embedder.space(new.dimension))
                self.empty = False
        self.archive.put(meeting, {**known, **new.rows})
        # The same content elsewhere, that is not there any more, was this file under another name.
        same = (path for path, sha256 in self._contents.items() if sha256 == meeting.sha256 and path != meeting.path)
        self.archive.remove(path for path in list(same) if not path.exists())
        for asked in new.asked:  # the vectors are kept here now, and in a tenth of the space
            self.state.forget_answer(asked)

    def _failure(self, path: Path, source: Path, error: Exception) -> FileReport | None:
        named = error if isinstance(error, AiprovError) else _bug(path, error)
        if isinstance(named, ENDS_THE_RUN):
            self.ended_by = self.ended_by or named
        if isinstance(named, Stopped):
            return None
        waits = isinstance(named, ProviderError) and named.parked_s is not None
        status: Status = "parked" if waits or isinstance(named, BudgetReached) else "failed"
        spent = self.state.of_input(self.run_id, source)
        return FileReport(path, status, cost_usd=spent.cost, error=named, sent_to=spent.hosts)

    def _finish(self, report: FileReport) -> None:
        self.reports[report.path] = report
        self.watcher.finished(report)


def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


def _bug(path: Path, error: Exception) -> AiprovError:
    # The text of an unforeseen error may hold words of a transcript: only its type is shown.
    named = AiprovError(
        f"{path} failed in a way it should not: {type(error).__name__}",
        "the other files are not concerned; please report this with the version and the command",
        code="bug",
    )
    named.__cause__ = error
    return named
