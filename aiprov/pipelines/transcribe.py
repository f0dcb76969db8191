"""The main job: recordings in, transcripts out. Ties the engine of batches to the manager and the formats."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiprov.batch.engine import execute
from aiprov.batch.plan import make_plan
from aiprov.batch.report import Report, Watcher
from aiprov.batch.stop import Stop
from aiprov.batch.work import Answer, Call, Job
from aiprov.core.document import to_document
from aiprov.core.requests import TranscriptionRequest
from aiprov.core.results import Transcript
from aiprov.manager import ProviderManager, identified, recalled
from aiprov.pipelines.formats import render
from aiprov.pipelines.options import TranscribeOptions
from aiprov.providers.base import Hooks

if TYPE_CHECKING:
    from aiprov.wiring import Kit

SUFFIXES = frozenset(
    {".3gp", ".aac", ".aif", ".aiff", ".amr", ".flac", ".m4a", ".m4b", ".m4v", ".mka", ".mkv"}
    | {".mov", ".mp3", ".mp4", ".oga", ".ogg", ".opus", ".wav", ".webm", ".wma"}
)
# Raised when the same answer would be rendered to other bytes.
_RENDERING = 1


async def run(paths: Sequence[Path], options: TranscribeOptions, kit: Kit, watcher: Watcher) -> Report:
    """Transcribe recordings and write their transcripts.

    Args:
        paths: Files, folders and patterns.
        options: How.
        kit: From `wiring.build`; it is closed at the end.
        watcher: Told what happens.

    Raises:
        ConfigError: Nothing to do, or an option cannot be used; nothing was done.
        InputError: Two recordings would share an output; nothing was done.
        Busy: Another run holds an output folder.
    """
    stop = Stop()
    kit = replace(
        kit.wishing(
            whisper_model=options.model,
            device=options.device,
            compute_type=options.compute_type,
            workers=options.workers,
            batch_size=options.batch_size,
        ),
        trust_cache=options.trust_cache,
        on_fetch=watcher.fetching,
    )
    plan = make_plan(
        [os.fspath(path) for path in paths],
        suffixes=SUFFIXES,
        formats=options.formats,
        output_dir=options.output_dir,
        recursive=options.recursive,
        on_collision=options.on_collision,
    )
    try:
        return await execute(
            plan,
            TranscribeWork(kit.manager, options, kit.local.workers),
            command=shlex.join(["aiprov", "transcribe", *map(os.fspath, paths)]),
            state=kit.state,
            locks=kit.settings.locks_folder,
            watcher=watcher,
            stop=stop,
            wait=options.wait,
            force=options.force,
            fail_fast=options.fail_fast,
            dry_run=options.dry_run,
        )
    finally:
        kit.close(wait=not stop.requested)


class TranscribeWork:
    """Transcribing with one model and one set of options, as the engine of batches sees it.

    Args:
        manager: Serves the requests.
        options: How.
        workers: Batches that are decoded at the same time.
    """

    def __init__(self, manager: ProviderManager, options: TranscribeOptions, workers: int) -> None:
        self._manager = manager
        self._options = options
        self._workers = workers
        self._provider = manager.transcriber()
        # The same for every recording; a model that does not exist ends the run here, before anything is done.
        self._identity = manager.identity(self._request(Path()))

    @property
    def rendering(self) -> str:
        """Names what besides the answer changes the outputs."""
        return f"{_RENDERING} {self._options.render}"

    def concurrency(self, waiting: int) -> int:
        """One more than the workers: while one recording ends, the next is decoded and cut."""
        return min(waiting, self._workers + 1) or 1

    def weigh(self, job: Job) -> float | None:
        """Seconds that the recording's headers promise."""
        from aiprov.audio import probe

        return probe(job.source).duration_s

    def identify(self, job: Job, content_sha256: str) -> str:  # noqa: ARG002  the engine's protocol
        """The request's hash."""
        return identified(self._identity, content_sha256)

    async def obtain(self, job: Job, call: Call) -> Answer:
        """Transcribe; charge and answer are stored when this returns."""
        transcript = await self._manager.call(
            self._request(job.source),
            call.content_sha256,
            call.run_id,
            call.request_hash,
            self._provider,
            Hooks(call.progress, call.stop.check),
            audio_s=self.weigh(job),
        )
        document = to_document(transcript, source_path=job.source.name, source_sha256=call.content_sha256)
        return _answer(transcript, document)

    def recall(self, job: Job, document: bytes) -> Answer:  # noqa: ARG002  the engine's protocol
        """Read a stored answer."""
        transcript = recalled(document)
        return replace(_answer(transcript, json.loads(document)), cost=Decimal(0))

    def render(self, job: Job, answer: Answer) -> Mapping[str, bytes]:
        """The outputs' bytes by format."""
        document = json.loads(answer.document)
        document["aiprov"]["source"]["path"] = os.path.relpath(str(job.source), str(Path(job.place).parent))
        return {
            form: render(document, form, self._options.render).encode("utf-8", "surrogateescape")
            for form in job.outputs
        }

    def _request(self, path: Path) -> TranscriptionRequest:
        options = self._options
        return TranscriptionRequest(path, options.language, model=options.model, options=options.decoding)


def _answer(transcript: Transcript, document: Mapping[str, Any]) -> Answer:
    quality = transcript.quality
    notes = tuple(
        f"{finding.detail} at {finding.start:.0f} s" for finding in quality.findings if finding.severity != "note"
    )
    return Answer(
        document=json.dumps(document, separators=(",", ":")).encode("ascii"),
        provider=transcript.provider,
        model=transcript.model,
        audio_s=transcript.duration_s,
        cost=transcript.cost,
        verdict=quality.verdict,
        notes=notes[:3],
    )
