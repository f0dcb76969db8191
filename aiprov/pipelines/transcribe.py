"""The main job: recordings in, transcripts out. Ties the engine of batches to the manager and the formats."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiprov.audio import probe
from aiprov.batch.engine import execute
from aiprov.batch.plan import make_plan
from aiprov.batch.report import Report, Watcher
from aiprov.batch.stop import Stop
from aiprov.batch.work import Answer, Call, Expectation, Job
from aiprov.core.changes import with_glossary
from aiprov.core.requests import TranscriptionRequest
from aiprov.core.results import Transcript
from aiprov.core.speakers import Speakers, label_of
from aiprov.errors import ConfigError
from aiprov.manager import Transcribing
from aiprov.pipelines.formats import render
from aiprov.pipelines.named import named, names_at, names_mark
from aiprov.pipelines.options import TranscribeOptions
from aiprov.pipelines.planning import Planner
from aiprov.pipelines.speaking import Speaking, Told
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
# A number of speakers that is less sure than this is worth a word.
_UNSURE = 0.5


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
        work = TranscribeWork(kit, options, planner)
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
        kit: The parts of the run.
        options: How.
        planner: Says what a run would come to.
    """

    def __init__(self, kit: Kit, options: TranscribeOptions, planner: Planner) -> None:
        self._manager, self._state = kit.manager, kit.state
        self._options = options
        self._planner = planner
        # The same for every recording; what nobody can do ends the run here, before anything is done.
        self._route = self._manager.route(Transcribing(self._request(Path()), ""), options.provider)
        local = self._route.order[0].local
        self._abreast = kit.local.workers + 1 if local else _CLOUD_ABREAST
        self._speaking = Speaking(options.speakers, lambda: kit.diarizer, local, kit.recognised)

    def rendering(self, content_sha256: str) -> str:
        """Names what besides the answer changes the outputs."""
        options = self._options
        spelled = f" spelled {options.glossary.digest[:16]}" if options.glossary.terms else ""
        called = f" channels {options.speakers.channel_names!r}" if options.speakers.channel_names else ""
        given = names_mark(self._state.given_names(content_sha256))
        return f"{_RENDERING} {options.render}{spelled}{called}{given}"

    def concurrency(self, waiting: int) -> int:
        """One more than the local workers: while one recording ends, the next is decoded and cut."""
        return min(waiting, self._abreast) or 1

    def weigh(self, job: Job) -> float | None:
        """Seconds that the recording's headers promise; None where nothing is installed that reads them."""
        try:
            return probe(job.source).duration_s
        except ConfigError:
            return None

    def identify(self, job: Job, content_sha256: str) -> Sequence[str]:  # noqa: ARG002  the engine's protocol
        """The request's hash at each provider that could serve it, in each way in which speakers may be told apart."""
        return self._speaking.hashes(self._route.hashes(content_sha256))

    def expect(self, job: Job, content_sha256: str) -> Expectation:
        """Who would transcribe it, and for how much; nobody is asked."""
        task = self._task(job, content_sha256)
        channels = self._channels(job)
        if task.audio_s is None or channels == 1:
            return self._planner.expect(job, task)
        found = self._planner.expect(job, replace(task, audio_s=task.audio_s * channels))
        return replace(found, audio_s=task.audio_s, notes=(*found.notes, f"{channels} channels, each asked for"))

    async def obtain(self, job: Job, call: Call) -> Answer:
        """Transcribe; charge and answer are stored when this returns."""
        task = self._task(job, call.content_sha256, fresh=call.force)
        notes: list[str] = []
        hooks = Hooks(call.progress, call.stop.check, notes.append)

        async def serve(each: Transcribing) -> Transcript:
            return await self._manager.serve(each, self._options.provider, hooks, call.run_id)

        answer = self._kept(task, await self._speaking.told(task, serve, call.stop))
        return replace(answer, notes=(*notes, *answer.notes))

    def _kept(self, task: Transcribing, told: Told) -> Answer:
        """The answer, stored with its speakers; the words alone were stored when they came."""
        answer = _answer(told.transcript, task.encode(told.transcript))
        if told.way == "words":
            return answer
        words = self._whole(task.content, answer.provider) if told.way == "channels" else answer.request_hash
        hashed = self._speaking.hash_of(told.way, words)
        self._state.keep_answer(hashed, answer.document)
        return replace(answer, request_hash=hashed)

    def _whole(self, content_sha256: str, provider: str) -> str:
        """The hash of the request for all channels at once, at who was asked for each by itself."""
        hashes = zip(self._route.order, self._route.hashes(content_sha256), strict=True)
        return next(hashed for candidate, hashed in hashes if candidate.provider == provider)

    def recall(self, job: Job, document: bytes, request_hash: str) -> Answer:
        """Read a stored answer."""
        transcript = Transcribing(self._request(job.source), "").decode(document)
        return replace(_answer(transcript, document), request_hash=request_hash, cost=Decimal(0))

    def render(self, job: Job, answer: Answer) -> Mapping[str, bytes]:
        """The outputs' bytes by format."""
        document = self._named(self._spelled(json.loads(answer.document)))
        document["aiprov"]["source"]["path"] = os.path.relpath(str(job.source), str(Path(job.place).parent))
        return {
            form: render(document, form, self._options.render).encode("utf-8", "surrogateescape")
            for form in job.outputs
        }

    def _spelled(self, document: dict[str, Any]) -> dict[str, Any]:
        return with_glossary(document, self._options.glossary) if self._options.glossary.terms else document

    def _named(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document with the names that people gave, and those of channels."""
        speakers = document["aiprov"].get("speakers") or {}
        called = self._options.speakers.channel_names if speakers.get("method") == "channels" else ()
        names = {label_of(at): name for at, name in enumerate(called)}
        given = names_at(document, self._state.given_names(document["aiprov"]["source"]["sha256"]))
        return named(document, {**names, **given})

    def _channels(self, job: Job) -> int:
        """How many channels are asked for one after the other, as far as the options alone say it."""
        if self._options.speakers.channels != "split":
            return 1
        try:
            return max(probe(job.source).channels, 1)
        except ConfigError:
            return 1

    def _task(self, job: Job, content_sha256: str, *, fresh: bool = False) -> Transcribing:
        # Answers with speakers are put together from those with words, which may be stored by themselves.
        reusable = not fresh and self._speaking.ways != ("words",)
        return Transcribing(self._request(job.source), content_sha256, self.weigh(job), reusable=reusable, fresh=fresh)

    def _request(self, path: Path) -> TranscriptionRequest:
        options = self._options
        times = set(options.formats) != {"txt"}
        decoding = replace(options.decoding, glossary=options.glossary.texts)
        return TranscriptionRequest(path, options.language, times, options.model, decoding)


def _answer(transcript: Transcript, document: bytes) -> Answer:
    quality, origin = transcript.quality, transcript.provenance
    notes = (
        *(f"{finding.detail} at {finding.start:.0f} s" for finding in quality.findings if finding.severity != "note"),
        *_doubt(transcript.speakers),
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


def _doubt(speakers: Speakers | None) -> Iterator[str]:
    if speakers is not None and speakers.confidence is not None and speakers.confidence < _UNSURE:
        yield f"{len(speakers.people)} speakers, but that is a guess; --speakers N says how many there are"
