"""Recordings and transcripts in, minutes out. Ties the engine of batches to the minutes and their formats."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiprov.batch.engine import execute
from aiprov.batch.report import Report, Watcher
from aiprov.batch.stop import Stop
from aiprov.batch.work import Answer, Call, Expectation, Job, Step
from aiprov.core.identity import request_hash
from aiprov.core.languages import name_of
from aiprov.core.minutes import Minutes, from_document, to_document
from aiprov.core.results import ChatResult
from aiprov.files import sha256_of
from aiprov.pipelines.asking import Asking
from aiprov.pipelines.inputs import Meetings, meetings
from aiprov.pipelines.meaning import meaning_of
from aiprov.pipelines.minutes_formats import Rendering, render
from aiprov.pipelines.minutes_planning import MinutesPlanner
from aiprov.pipelines.minuting import Minuting
from aiprov.pipelines.named import people_of
from aiprov.pipelines.opening import opened
from aiprov.pipelines.planning import Planner
from aiprov.pipelines.summarize_options import SummarizeOptions
from aiprov.pipelines.transcribe import SUFFIXES, TranscribeWork
from aiprov.pipelines.writers import writer_of
from aiprov.providers.base import Hooks

if TYPE_CHECKING:
    from aiprov.wiring import Kit

# Meetings that are worked on at the same time: an engine here remembers the words that all calls of one begin with.
_ABREAST = {True: 1, False: 4}
# Raised when the same request would get other minutes, and when the same minutes would be rendered to other bytes.
_VERSION, _RENDERING = 2, 2


async def run(paths: Sequence[Path], options: SummarizeOptions, kit: Kit, watcher: Watcher) -> Report:
    """Write the minutes of meetings; recordings are transcribed first.

    Args:
        paths: Recordings, transcripts in JSON, folders and patterns.
        options: How.
        kit: From `wiring.build`; it is closed at the end.
        watcher: Told what happens.

    Returns:
        The report; of a dry run a `PlanReport`.

    Raises:
        ConfigError: Nothing to do, or an option cannot be used; nothing was done.
        InputError: Two inputs would share an output; nothing was done.
        Busy: Another run holds an output folder.
    """
    stop = Stop()
    kit = kit.for_run(options.run, watcher.fetching)
    endings = [f"minutes.{form}" for form in options.formats]
    try:
        content = partial(kit.state.content_sha256, compute=sha256_of)
        found = meetings([os.fspath(path) for path in paths], endings, options.run, content)
        planners = Planner(kit, options.run.provider), MinutesPlanner(kit, options.provider)
        report = await execute(
            found.plan,
            _steps(found, options, kit, *planners),
            command=shlex.join(["aiprov", "summarize", *map(os.fspath, paths)]),
            state=kit.state,
            locks=kit.settings.locks_folder,
            watcher=watcher,
            stop=stop,
            wait=options.run.wait,
            force=options.run.force,
            fail_fast=options.run.fail_fast,
            dry_run=options.run.dry_run,
        )
        return planners[1].report(report, planners[0], len(found.transcribing)) if options.run.dry_run else report
    finally:
        if stop.requested:
            kit.close(wait=False)
        else:
            await kit.aclose()


def _steps(
    found: Meetings, options: SummarizeOptions, kit: Kit, planner: Planner, minutes_planner: MinutesPlanner
) -> list[Step]:
    """Transcribing stands first where some recording needs it; nothing is asked of its engine otherwise."""
    work = SummarizeWork(kit, options, minutes_planner)
    steps = [Step("summarize", work, found.summarizing)]
    if found.transcribing:
        steps.insert(0, Step("transcribe", TranscribeWork(kit, options.run, planner), found.transcribing))
    return steps


class SummarizeWork:
    """Writing minutes with one set of options, as the engine of batches sees it.

    Args:
        kit: The parts of the run.
        options: How.
        planner: Says what a run would come to.
    """

    def __init__(self, kit: Kit, options: SummarizeOptions, planner: MinutesPlanner) -> None:
        self._kit = kit
        self._options = options
        self._planner = planner
        # The same for every meeting; what nobody can do ends the run here, before anything is done.
        self._writer = writer_of(kit, options)
        self._minuting = Minuting(kit, options, self._writer, meaning_of(kit))

    def rendering(self, content_sha256: str) -> str:  # noqa: ARG002  the engine's protocol
        """Names what besides the answer changes the outputs."""
        template = hashlib.sha256((self._options.template or "").encode()).hexdigest()[:16]
        return f"minutes {_RENDERING} {template}{' strict' if self._options.strict else ''}"

    def concurrency(self, waiting: int) -> int:
        """One meeting at a time where the model is on this machine."""
        first = self._writer.first
        return min(waiting, _ABREAST[first is None or first.local]) or 1

    def weigh(self, job: Job) -> float | None:
        """Seconds of talk."""
        if not job.source.exists():  # the step before makes it
            return None
        return _duration_s(opened(job.source))

    def identify(self, job: Job, content_sha256: str) -> Sequence[str]:  # noqa: ARG002  the engine's protocol
        """The request's hash, one for each provider that could write."""
        return [
            request_hash("minutes", content_sha256, {**self._parameters, "method": method, "chat": chat})
            for method, chat in self._writer.ways
        ]

    def expect(self, job: Job, content_sha256: str) -> Expectation:  # noqa: ARG002  the engine's protocol
        """Who would write, how much would be read and written, and for how much; nobody is asked."""
        return self._planner.expect(job, opened(job.source), self._writer, self._options)

    async def obtain(self, job: Job, call: Call) -> Answer:
        """Make the minutes; every answer of a model is stored and charged when it comes."""
        hooks = Hooks(check=call.stop.check)
        options, kit = self._options, self._kit
        asking = Asking(
            self._writer.manager or kit.manager,
            kit.state,
            job.source,
            call.run_id,
            hooks,
            options.provider,
            options.model,
            call.force,
        )
        document = opened(job.source)
        made = await self._minuting.minutes(document, asking, call.progress)
        source = {"path": job.source.name, "sha256": call.content_sha256, "duration_s": _duration_s(document)}
        recording = document.get("aiprov", {}).get("source")
        kept = to_document(made.minutes, source | ({"recording": recording} if recording else {}))
        answer = json.dumps(kept, separators=(",", ":")).encode("ascii")
        hashed = self.identify(job, call.content_sha256)[self._way(made.minutes, asking.answers)]
        kit.state.keep_answer(hashed, answer)
        found = _answer(answer, hashed, options)
        notes = (*made.notes, *found.notes, *_speakerless(document, job, options))
        return replace(found, cost=_cost(asking.answers), notes=notes)

    def recall(self, job: Job, document: bytes, request_hash: str) -> Answer:  # noqa: ARG002  the engine's protocol
        """Read a stored answer."""
        return _answer(document, request_hash, self._options)

    def render(self, job: Job, answer: Answer) -> Mapping[str, bytes]:
        """The outputs' bytes by format."""
        document = json.loads(answer.document)
        folder = str(Path(job.place).parent)
        document["source"]["path"] = os.path.relpath(job.source, folder)
        if self._options.strict:
            document["unsupported"] = []
        transcript = opened(job.source)
        html = "minutes.html" in job.formats
        with_ = Rendering(
            transcript,
            people_of(transcript),
            f"{Path(job.place).name}.minutes.html" if html else "",
            _recording(job, folder),
            self._options.template,
        )
        return {form: render(document, form.removeprefix("minutes."), with_).encode() for form in job.outputs}

    @property
    def _parameters(self) -> dict[str, Any]:
        """Everything of the request but the transcript, who answers, and how."""
        options = self._options
        return {
            "version": _VERSION,
            "wish": asdict(options.wish),
            "language": options.language,
            "people": [*options.attendees],
            "glossary": options.run.glossary.digest,
            "today": options.today,
            "meaning": self._minuting.meaning.identity,
        }

    def _way(self, minutes: Minutes, answers: Sequence[ChatResult]) -> int:
        """The place, among the ways to the minutes, of the one that was gone: who answered first, or the standby."""
        order = () if self._writer.route is None else self._writer.route.order
        names = [candidate.provider for candidate in order]
        if minutes.method != self._writer.method:
            return len(names)
        return names.index(answers[0].provider) if answers and answers[0].provider in names else 0


def _answer(document: bytes, request_hash: str, options: SummarizeOptions) -> Answer:
    shape = json.loads(document)
    minutes, length = from_document(shape), shape["source"]["duration_s"]
    return Answer(
        document,
        request_hash,
        minutes.provider,
        minutes.model,
        length,
        notes=(*_notes(minutes), *_quoting(options, minutes)),
    )


def _duration_s(transcript: Mapping[str, Any]) -> float:
    """Seconds of the recording, as far as the transcript knows."""
    source = transcript.get("aiprov", {}).get("source", {})
    ends = [segment["end"] for segment in transcript["segments"]]
    return float(source.get("duration_s") or max(ends, default=0.0))


def _notes(minutes: Minutes) -> tuple[str, ...]:
    count = len(minutes.unsupported)
    lines = "1 line is" if count == 1 else f"{count} lines are"
    return (f"{lines} not supported by the transcript and listed apart",) if count else ()


def _quoting(options: SummarizeOptions, minutes: Minutes) -> tuple[str, ...]:
    """That quotes are not translated."""
    other = options.language not in (None, minutes.language)
    return (f"lines are quoted as they were said, not in {name_of(options.language or '')}",) if other else ()


def _speakerless(document: Mapping[str, Any], job: Job, options: SummarizeOptions) -> tuple[str, ...]:
    """That nobody is told apart, although it was asked for: a transcript that is there is taken as it is."""
    if not options.run.speakers.diarize or any(segment.get("speaker") for segment in document["segments"]):
        return ()
    recording = job.path if job.path.suffix.lower() != ".json" else "its recording"
    return (f"{job.source.name} tells no speakers apart: aiprov transcribe --diarize {recording}, then this again",)


def _cost(answers: Sequence[ChatResult]) -> Decimal | None:
    costs = [answer.cost for answer in answers]
    return None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))


def _recording(job: Job, folder: str) -> str:
    """The recording, seen from the outputs: the input itself, or what lies beside a transcript under its name."""
    if job.path.suffix.lower() != ".json":
        return os.path.relpath(os.path.realpath(job.path), folder)
    for suffix in sorted(SUFFIXES):
        beside = job.source.with_suffix(suffix)
        if beside.is_file():
            return os.path.relpath(beside, folder)
    return ""
