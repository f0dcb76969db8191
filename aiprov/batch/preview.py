"""A dry run: what would be done with each job. Reads inputs to know them by content; writes no output."""

from __future__ import annotations

from collections.abc import Sequence

from aiprov.batch.outputs import Outputs
from aiprov.batch.report import FileReport
from aiprov.batch.run import ENDS_THE_RUN, Ended, content_sha256
from aiprov.batch.stop import Stop
from aiprov.batch.survey import survey
from aiprov.batch.work import Job, Work
from aiprov.errors import AiprovError
from aiprov.state import State

_RENDERED = "its answer is stored: the outputs will be rendered without a call"


def preview(jobs: Sequence[Job], work: Work, state: State, stop: Stop, *, force: bool) -> Ended:
    """Report what a run would do: `skipped`, `planned` or `failed` for every job."""
    files = list[FileReport]()
    try:
        found = survey(jobs, work, state, force=force)
        files.extend(found.finished)
        outputs = Outputs(work, state, force=force)
        for job in found.waiting:
            files.append(_expected(job, work, state, stop, outputs, force))
    except AiprovError as error:
        return Ended(tuple(files), error)
    return Ended(tuple(files), None)


def _expected(job: Job, work: Work, state: State, stop: Stop, outputs: Outputs, force: bool) -> FileReport:
    try:
        stop.check()
        return _planned(job, work, state, stop, outputs, force)
    except ENDS_THE_RUN:
        raise
    except AiprovError as error:
        return FileReport(job.path, "failed", error=error)


def _planned(job: Job, work: Work, state: State, stop: Stop, outputs: Outputs, force: bool) -> FileReport:
    request_hash = work.identify(job, content_sha256(job, state, stop))
    document = None if force else state.answer(request_hash)
    names = job.outputs.values()
    if document is None:
        outputs.refuse_foreign(job, request_hash)
        return FileReport(job.path, "planned", names, audio_s=work.weigh(job))
    answer = work.recall(job, document)
    outcome = outputs.preview(job, request_hash, answer)
    if not outcome.written:
        return FileReport(
            job.path, "skipped", names, answer.provider, answer.model, answer.audio_s, notes=outcome.notes
        )
    notes = (_RENDERED, *outcome.notes)
    return FileReport(job.path, "planned", names, answer.provider, answer.model, answer.audio_s, notes=notes)
