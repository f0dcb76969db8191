"""The main job: recordings in, transcripts out. Ties the engine of batches to the manager and the formats."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from aiprov.batch.engine import execute
from aiprov.batch.plan import make_plan
from aiprov.batch.report import Report, Watcher
from aiprov.batch.stop import Stop
from aiprov.batch.work import Answer, Call, Expectation, Job
from aiprov.core.requests import TranscriptionRequest
from aiprov.core.results import Transcript
from aiprov.errors import ConfigError
from aiprov.manager import ProviderManager, Transcribing
from aiprov.pipelines.formats import render
from aiprov.pipelines.options import TranscribeOptions
from aiprov.pipelines.planning import Planner
from aiprov.providers.base import Hooks

if TYPE_CHECKING:
    from aiprov.wiring import Kit

SUFFIXES = frozenset(
    {".3gp", ".aac", ".aif", ".aiff", ".amr", ".flac", ".m4a", ".m4b", ".m4v", ".mka", ".mkv"}
    | {".mov", ".mp3", ".mp4", ".oga", ".ogg", ".opus", ".wav", ".webm", ".wma"}
)
# Recordings that are with a cloud provider at the same time.
_CLOUD_ABREAST = 6
# Raised when the same answer would be rendered to other bytes.
_RENDERING = 1


async def run(paths: Sequence[Path], options: TranscribeOptions, kit: Kit, watcher: Watcher) -> Report:
    """Transcribe recordings and write their transcripts.

    Args:
        paths: Files, folders and patterns.
        options: How.
        kit: From `wiring.build`; it is closed at the end.
        watcher: Told what happens.

    Returns:
        The report; of a dry run a `PlanReport`.

    Raises:
        ConfigError: Nothing to do, or an option cannot be used; nothing was done.
        InputError: Two recordings would share an output; nothing was done.
        Busy: Another run holds an output folder.
    """
    stop = Stop()
    kit = kit.for_run(options, watcher.fetching)
    plan = make_plan(
        [os.fspath(path) for path in paths],
        suffixes=SUFFIXES,
        formats=options.formats,
        output_dir=options.output_dir,
        recursive=options.recursive,
        on_collision=options.on_collision,
    )
    try:
        planner = Planner(kit, options.provider)
        work = TranscribeWork(kit.manager, options, kit.local.workers, planner)
        report = await execute(
            plan,
            work,
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
        return planner.report(report, work.concurrency(len(plan.jobs))) if options.dry_run else report
    finally:
        if stop.requested:
            kit.close(wait=False)
        else:
            await kit.aclose()


class TranscribeWork:
    """Transcribing with one set of options, as the engine of batches sees it.

    Args:
        manager: Serves the requests.
        options: How.
        workers: Recordings that local engines work on at the same time.
        planner: Says what a run would come to.
    """

    def __init__(self, manager: ProviderManager, options: TranscribeOptions, workers: int, planner: Planner) -> None:
        self._manager = manager
        self._options = options
        self._planner = planner
        # The same for every recording; what nobody can do ends the run here, before anything is done.
        self._route = manager.route(Transcribing(self._request(Path()), ""), options.provider)
        self._abreast = workers + 1 if self._route.order[0].local else _CLOUD_ABREAST

    @property
    def rendering(self) -> str:
        """Names what besides the answer changes the outputs."""
        return f"{_RENDERING} {self._options.render}"

    def concurrency(self, waiting: int) -> int:
        """One more than the local workers: while one recording ends, the next is decoded and cut."""
        return min(waiting, self._abreast) or 1

    def weigh(self, job: Job) -> float | None:
        """Seconds that the recording's headers promise; None where nothing is installed that reads them."""
        from aiprov.audio import probe

        try:
            return probe(job.source).duration_s
        except ConfigError:
            return None

    def identify(self, job: Job, content_sha256: str) -> Sequence[str]:  # noqa: ARG002  the engine's protocol
        """The request's hash at each provider that could serve it."""
        return self._route.hashes(content_sha256)

    def expect(self, job: Job, content_sha256: str) -> Expectation:
        """Who would transcribe it, and for how much; nobody is asked."""
        return self._planner.expect(job, self._task(job, content_sha256))

    async def obtain(self, job: Job, call: Call) -> Answer:
        """Transcribe; charge and answer are stored when this returns."""
        task = self._task(job, call.content_sha256)
        hooks = Hooks(call.progress, call.stop.check)
        transcript = await self._manager.serve(task, self._options.provider, hooks, call.run_id)
        return _answer(transcript, task.encode(transcript))

    def recall(self, job: Job, document: bytes, request_hash: str) -> Answer:
        """Read a stored answer."""
        transcript = Transcribing(self._request(job.source), "").decode(document)
        return replace(_answer(transcript, document), request_hash=request_hash, cost=Decimal(0))

    def render(self, job: Job, answer: Answer) -> Mapping[str, bytes]:
        """The outputs' bytes by format."""
        document = json.loads(answer.document)
        document["aiprov"]["source"]["path"] = os.path.relpath(str(job.source), str(Path(job.place).parent))
        return {
            form: render(document, form, self._options.render).encode("utf-8", "surrogateescape")
            for form in job.outputs
        }

    def _task(self, job: Job, content_sha256: str) -> Transcribing:
        return Transcribing(self._request(job.source), content_sha256, self.weigh(job), reusable=False)

    def _request(self, path: Path) -> TranscriptionRequest:
        options = self._options
        times = set(options.formats) != {"txt"}
        return TranscriptionRequest(path, options.language, times, options.model, options.decoding)


def _answer(transcript: Transcript, document: bytes) -> Answer:
    quality, origin = transcript.quality, transcript.provenance
    notes = tuple(
        f"{finding.detail} at {finding.start:.0f} s" for finding in quality.findings if finding.severity != "note"
    )
    return Answer(
        document=document,
        request_hash="" if origin is None else origin.request_hash,
        provider=transcript.provider,
        model=transcript.model,
        audio_s=transcript.duration_s,
        cost=transcript.cost,
        verdict=quality.verdict,
        notes=notes[:3],
    )
