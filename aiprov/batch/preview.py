"""A dry run: what would be done with each job, in a run's order. Reads inputs to know them; writes no output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiprov.batch.desk import content_sha256, stored_answer
from aiprov.batch.outputs import Outputs
from aiprov.batch.report import FileReport, together
from aiprov.batch.run import ENDS_THE_RUN, Ended
from aiprov.batch.stop import Stop
from aiprov.batch.survey import survey
from aiprov.batch.work import Answer, Job, Step, Work
from aiprov.errors import AiprovError, BudgetReached
from aiprov.state import State

_RENDERED = "its answer is stored: the outputs will be rendered without a call"


def preview(paths: Sequence[Path], steps: Sequence[Step], state: State, stop: Stop, *, force: bool) -> Ended:
    """Report what a run would do: `skipped`, `planned` or `failed` for every input, `parked` where the budget ends."""
    files, reached = list[FileReport](), None
    try:
        found = survey(paths, steps, state, force=force)
        files += found.finished
        looks = {
            step.name: _Look(step.work, state, stop, Outputs(step.work, state, force=force), force) for step in steps
        }
        for step in steps:
            jobs = [step.jobs[path] for path in found.waiting if path in step.jobs]
            looks[step.name].through(jobs, later=step is not steps[0])
        for path in found.waiting:
            reports = {name: look.files[path] for name, look in looks.items() if path in look.files}
            files.append(together(reports))
        reached = next((look.reached for look in looks.values() if look.reached), None)
    except AiprovError as error:
        return Ended(tuple(files), error)
    return Ended(tuple(files), reached)


@dataclass(slots=True)
class _Look:
    work: Work
    state: State
    stop: Stop
    outputs: Outputs
    force: bool
    files: dict[Path, FileReport] = field(default_factory=dict)
    reached: BudgetReached | None = None
    requests: dict[str, Path] = field(default_factory=dict)

    def through(self, jobs: Sequence[Job], *, later: bool) -> None:
        """Look at every job, the longest first: that is how the budget goes."""
        weighed = list[tuple[Job, float | None]]()
        for job in jobs:
            if later and not job.source.exists():  # the step before makes it
                self.files[job.path] = FileReport(job.path, "planned", job.outputs.values())
                continue
            try:
                self.stop.check()
                weighed.append((job, self.work.weigh(job)))
            except AiprovError as error:
                self.files[job.path] = self.failed(job, error)
        for job, length in sorted(weighed, key=lambda each: -(each[1] or 0.0)):
            try:
                self.stop.check()
                self.files[job.path] = self.expected(job, length)
            except AiprovError as error:
                self.files[job.path] = self.failed(job, error, length)

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
