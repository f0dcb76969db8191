"""What is finished already, told from the journal and file sizes and times alone: no file is read.

What this cannot tell counts as waiting; the job's own turn looks closer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiprov.batch.outputs import unchanged
from aiprov.batch.report import FileReport, together
from aiprov.batch.work import Job, Step, Work
from aiprov.errors import AiprovError
from aiprov.state import Result, State, Written

_CHUNK = 500  # jobs looked at together: few queries, and few objects alive at a time


@dataclass(frozen=True, slots=True)
class Survey:
    """Every input of a plan, once; in the order of the plan."""

    waiting: tuple[Path, ...]
    finished: tuple[FileReport, ...]


def survey(paths: Sequence[Path], steps: Sequence[Step], state: State, *, force: bool) -> Survey:
    """Sort inputs into those whose steps are all finished and those that wait. With `force` none is finished."""
    if force:
        return Survey(tuple(paths), ())
    found = [(step, _of_step(step, paths, state)) for step in steps]
    finished = dict[Path, FileReport]()
    for path in paths:
        reports = {step.name: reports.get(path) for step, reports in found if path in step.jobs}
        if reports and None not in reports.values():
            finished[path] = together({name: each for name, each in reports.items() if each is not None})
    return Survey(tuple(path for path in paths if path not in finished), tuple(finished.values()))


def _of_step(step: Step, paths: Sequence[Path], state: State) -> dict[Path, FileReport]:
    jobs = [step.jobs[path] for path in paths if path in step.jobs]
    reports = dict[Path, FileReport]()
    for start in range(0, len(jobs), _CHUNK):
        reports |= _finished(jobs[start : start + _CHUNK], step.work, state)
    return reports


def _finished(jobs: Sequence[Job], work: Work, state: State) -> dict[Path, FileReport]:
    contents = state.known_sha256(job.source for job in jobs)
    hashes = _hashes(jobs, work, contents)
    known = [job for job in jobs if job.path in hashes]
    rows = state.written(key for job in known for key in job.keys)
    every = {request_hash for each in hashes.values() for request_hash in each}
    answers = state.answer_digests(every)
    results = state.results(every)
    reports = {}
    for job in known:
        rendering = work.rendering(contents[job.source])
        for request_hash in hashes[job.path]:
            origin = (request_hash, rendering, answers.get(request_hash))
            # Where nothing is written, the answer alone tells that it was done.
            if (job.keys or origin[2]) and all(_stands(key, rows.get(key), origin) for key in job.keys):
                reports[job.path] = _report(job, results.get(request_hash))
                break
    return reports


def _hashes(jobs: Sequence[Job], work: Work, known: Mapping[Path, str]) -> dict[Path, Sequence[str]]:
    """Request hashes by path, for inputs whose content is known without reading them."""
    hashes = {}
    for job in jobs:
        if job.source in known:
            try:
                hashes[job.path] = work.identify(job, known[job.source])
            except AiprovError:
                continue  # the job's own turn meets this error again and reports it
    return hashes


def _stands(key: str, row: Written | None, origin: tuple[str, str, str | None]) -> bool:
    """Whether the output was rendered from this very answer and still looks as it did then."""
    request_hash, rendering, answer_sha256 = origin
    return (
        row is not None
        and row.request_hash == request_hash
        and row.rendering == rendering
        # An answer that is gone from the state cannot contradict the output.
        and answer_sha256 in (None, row.answer_sha256)
        and unchanged(key, row)
    )


def _report(job: Job, result: Result | None) -> FileReport:
    outputs = job.outputs.values()
    if result is None:
        return FileReport(job.path, "skipped", outputs)
    return FileReport(
        job.path, "skipped", outputs, result.provider, result.model, result.audio_s, verdict=result.verdict
    )
