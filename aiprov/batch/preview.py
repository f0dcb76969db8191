"""A dry run: what would be done with each job, in a run's order. Reads inputs to know them; writes no output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiprov.batch.outputs import Outputs
from aiprov.batch.report import FileReport
from aiprov.batch.run import ENDS_THE_RUN, Ended, content_sha256, stored_answer
from aiprov.batch.stop import Stop
from aiprov.batch.survey import survey
from aiprov.batch.work import Answer, Job, Work
from aiprov.errors import AiprovError, BudgetReached
from aiprov.state import State

_RENDERED = "its answer is stored: the outputs will be rendered without a call"


def preview(jobs: Sequence[Job], work: Work, state: State, stop: Stop, *, force: bool) -> Ended:
    """Report what a run would do: `skipped`, `planned` or `failed` for every job, `parked` where the budget ends."""
    look = _Look(work, state, stop, Outputs(work, state, force=force), force)
    try:
        found = survey(jobs, work, state, force=force)
        look.files.extend(found.finished)
        look.through(found.waiting)
    except AiprovError as error:
        return Ended(tuple(look.files), error)
    return Ended(tuple(look.files), look.reached)


@dataclass(slots=True)
class _Look:
    work: Work
    state: State
    stop: Stop
    outputs: Outputs
    force: bool
    files: list[FileReport] = field(default_factory=list)
    reached: BudgetReached | None = None
    requests: dict[str, Path] = field(default_factory=dict)

    def through(self, jobs: Sequence[Job]) -> None:
        """Look at every job, the longest first: that is how the budget goes."""
        weighed = list[tuple[Job, float | None]]()
        for job in jobs:
            try:
                self.stop.check()
                weighed.append((job, self.work.weigh(job)))
            except AiprovError as error:
                self.files.append(self.failed(job, error))
        for job, length in sorted(weighed, key=lambda each: -(each[1] or 0.0)):
            try:
                self.stop.check()
                self.files.append(self.expected(job, length))
            except AiprovError as error:
                self.files.append(self.failed(job, error, length))

    def failed(self, job: Job, error: AiprovError, length: float | None = None) -> FileReport:
        if isinstance(error, BudgetReached):
            self.reached = self.reached or error
            return FileReport(job.path, "parked", audio_s=length, error=error)
        if isinstance(error, ENDS_THE_RUN):
            raise error
        return FileReport(job.path, "failed", audio_s=length, error=error)

    def expected(self, job: Job, length: float | None) -> FileReport:
        sha256 = content_sha256(job, self.state, self.stop)
        hashes = self.work.identify(job, sha256)
        answer = None if self.force else stored_answer(job, hashes, self.work, self.state)
        if answer is not None:
            return self.rendered(job, hashes, answer)
        names = job.outputs.values()
        self.outputs.refuse_foreign(job, hashes)
        if hashes[0] in self.requests:
            note = f"it is a copy of {self.requests[hashes[0]]}: one answer serves both"
            return FileReport(job.path, "planned", names, audio_s=length, notes=(note,))
        found = self.work.expect(job, sha256)
        self.requests[hashes[0]] = job.path
        notes = found.notes if found.sent_to is None else (f"goes to {found.sent_to}", *found.notes)
        return FileReport(
            job.path, "planned", names, found.provider, found.model, found.audio_s, found.cost, notes=notes
        )

    def rendered(self, job: Job, hashes: Sequence[str], answer: Answer) -> FileReport:
        names = job.outputs.values()
        outcome = self.outputs.preview(job, hashes, answer)
        notes = (_RENDERED, *outcome.notes) if outcome.written else outcome.notes
        return FileReport(
            job.path,
            "planned" if outcome.written else "skipped",
            names,
            answer.provider,
            answer.model,
            answer.audio_s,
            notes=notes,
        )
