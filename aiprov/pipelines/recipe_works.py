"""What a recipe does besides transcribing and summarizing: transcripts in more formats, and meetings into the archive.

Both as the engine of batches sees them; how they are rendered and kept is the business of `formats` and `taking`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from aiprov.archive import Archive
from aiprov.batch.report import FileReport
from aiprov.batch.work import Answer, Call, Expectation, Job
from aiprov.core.identity import request_hash
from aiprov.errors import InputError
from aiprov.pipelines.embedding import Embedder, Vectors
from aiprov.pipelines.formats import render
from aiprov.pipelines.meetings import meeting_in
from aiprov.pipelines.opening import opened
from aiprov.pipelines.recipe_options import ExportOptions
from aiprov.pipelines.taking import Taking
from aiprov.providers.base import Hooks
from aiprov.state import State

_NOTHING = b"{}"


@dataclass(slots=True)
class ExportWork:
    """Renders transcripts; there is nothing to ask for."""

    state: State
    options: ExportOptions

    def rendering(self, content_sha256: str) -> str:  # noqa: ARG002  the engine's protocol
        """The options: the rest is the transcript's content."""
        return f"export {self.options.render}"

    def concurrency(self, waiting: int) -> int:
        """One: it takes no time."""
        return min(waiting, 1) or 1

    def weigh(self, job: Job) -> float | None:  # noqa: ARG002  the engine's protocol
        """Nobody needs to know."""
        return None

    def identify(self, job: Job, content_sha256: str) -> Sequence[str]:  # noqa: ARG002  the engine's protocol
        """The transcript's content."""
        return (request_hash("export", content_sha256, {}),)

    def expect(self, job: Job, content_sha256: str) -> Expectation:  # noqa: ARG002  the engine's protocol
        """It costs nothing."""
        return Expectation("local", "export")

    async def obtain(self, job: Job, call: Call) -> Answer:
        """Keep that it was asked for; rendering reads the transcript."""
        (hashed,) = self.identify(job, call.content_sha256)
        self.state.keep_answer(hashed, _NOTHING)
        return self.recall(job, _NOTHING, hashed)

    def recall(self, job: Job, document: bytes, request_hash: str) -> Answer:  # noqa: ARG002  the engine's protocol
        """As it was kept."""
        return Answer(document, request_hash, "local", "export")

    def render(self, job: Job, answer: Answer) -> Mapping[str, bytes]:  # noqa: ARG002  the engine's protocol
        """The outputs' bytes by format."""
        document = opened(job.source)
        return {form: render(document, form, self.options.render).encode("utf-8") for form in job.outputs}


@dataclass(slots=True)
class EmbedWork:
    """Takes meetings into an archive, which is all that it writes.

    Attributes:
        files: What is taken in for each input; the last is the job's source.
    """

    archive: Archive
    embedder: Embedder
    state: State
    files: Mapping[Path, Sequence[Path]]
    _held: dict[Path, str] = field(init=False)

    def __post_init__(self) -> None:
        self._held = self.archive.contents()

    def rendering(self, content_sha256: str) -> str:  # noqa: ARG002  the engine's protocol
        """There is nothing to render."""
        return ""

    def concurrency(self, waiting: int) -> int:
        """One: the first that comes in begins the archive."""
        return min(waiting, 1) or 1

    def weigh(self, job: Job) -> float | None:  # noqa: ARG002  the engine's protocol
        """Nobody needs to know."""
        return None

    def identify(self, job: Job, content_sha256: str) -> Sequence[str]:
        """Another request while the archive lacks the files: what the state remembers of them does not count then."""
        files = self.files[job.path]
        held = self._held.get(job.source) == content_sha256 and all(file in self._held for file in files)
        return (self._hash(job, content_sha256, held=held),)

    def _hash(self, job: Job, content_sha256: str, *, held: bool) -> str:
        place = {"archive": str(self.archive.path), "file": str(job.source), "held": held}
        return request_hash("embed", content_sha256, place)

    def expect(self, job: Job, content_sha256: str) -> Expectation:
        """Who would embed, and for how much; nobody is asked."""
        who = self.embedder.candidate
        costs = [self._expected(file, content_sha256) for file in self.files[job.path] if file.exists()]
        known = [cost for cost in costs if cost is not None]
        return Expectation(who.provider, who.model, None, sum(known, Decimal(0)) if len(known) == len(costs) else None)

    def _expected(self, file: Path, content_sha256: str) -> Decimal | None:
        try:
            return self.embedder.expected(meeting_in(file, content_sha256).content.texts, file)
        except InputError:  # nothing in it to embed; its own turn says so
            return Decimal(0)

    async def obtain(self, job: Job, call: Call) -> Answer:
        """Take the files in; what they cost is charged to the last of them."""
        files = self.files[job.path]
        who = self.embedder
        charged = _Charged(who.manager, who.state, who.candidate, who.identity, job.source)
        named = frozenset(files)
        taking = Taking(self.archive, charged, self.state, _Nobody(), call.stop, call.run_id, named, anew=call.force)
        await taking.through({file: file for file in files})
        for error in filter(None, (taking.ended_by, *(report.error for report in taking.reports.values()))):
            raise error
        hashed = self._hash(job, call.content_sha256, held=True)
        await asyncio.to_thread(self.state.keep_answer, hashed, self._document)
        return self.recall(job, self._document, hashed)

    @property
    def _document(self) -> bytes:
        who = self.embedder.candidate
        return json.dumps({"provider": who.provider, "model": who.model}).encode("ascii")

    def recall(self, job: Job, document: bytes, request_hash: str) -> Answer:  # noqa: ARG002  the engine's protocol
        """As it was kept."""
        who = json.loads(document)
        return Answer(document, request_hash, who["provider"], who["model"])

    def render(self, job: Job, answer: Answer) -> Mapping[str, bytes]:  # noqa: ARG002  the engine's protocol
        """Nothing: the archive is no file of one input."""
        return {}


@dataclass(frozen=True, slots=True)
class _Charged(Embedder):
    """An embedder whose calls are all for one file, as the ledger sees it."""

    on: Path

    async def vectors(self, texts: Sequence[str], path: Path, hooks: Hooks, run_id: str) -> Vectors:  # noqa: ARG002
        return await Embedder.vectors(self, texts, self.on, hooks, run_id)


class _Nobody:
    """Watches nothing: the engine tells of each input."""

    def planned(self, waiting: Sequence[Path], skipped: int) -> None: ...
    def started(self, path: Path, audio_s: float | None) -> None: ...
    def progressed(self, path: Path, done_s: float) -> None: ...
    def finished(self, file: FileReport) -> None: ...
    def fetching(self, what: str, done: int, total: int) -> None: ...
    def noted(self, message: str) -> None: ...
