"""What is finished already, told from the journal and file sizes and times alone: no file is read.

What this cannot tell counts as waiting; the job's own turn looks closer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aiprov.batch.outputs import unchanged
from aiprov.batch.report import FileReport
from aiprov.batch.work import Job, Work
from aiprov.errors import AiprovError
from aiprov.state import Result, State, Written


@dataclass(frozen=True, slots=True)
class Survey:
    """Every job of a plan, once."""

    waiting: tuple[Job, ...]
    finished: tuple[FileReport, ...]


def survey(jobs: Sequence[Job], work: Work, state: State, *, force: bool) -> Survey:
    """Sort jobs into finished and waiting, in a few queries. With `force` none is finished."""
    if force:
        return Survey(tuple(jobs), ())
    hashes = _hashes(jobs, work, state)
    written = state.written(key for job in jobs if job.source in hashes for key in job.keys().values())
    answers = state.answer_digests(set(hashes.values()))
    rendering = work.rendering

    def current(row: Written | None, request_hash: str) -> bool:
        # An answer that is gone from the state cannot contradict the output.
        return (
            row is not None
            and (row.request_hash, row.rendering) == (request_hash, rendering)
            and answers.get(request_hash, row.answer_sha256) == row.answer_sha256
        )

    def done(job: Job) -> bool:
        request_hash = hashes.get(job.source)
        if request_hash is None:
            return False
        rows = [(key, written.get(key)) for key in job.keys().values()]
        return all(current(row, request_hash) and unchanged(key, row) for key, row in rows)

    finished = [job for job in jobs if done(job)]
    ready = {job.path for job in finished}
    return Survey(tuple(job for job in jobs if job.path not in ready), _reports(finished, hashes, state))


def _hashes(jobs: Sequence[Job], work: Work, state: State) -> dict[Path, str]:
    """Request hashes by source, for inputs whose content is known without reading them."""
    known = state.known_sha256(job.source for job in jobs)
    hashes: dict[Path, str] = {}
    for job in jobs:
        if job.source in known:
            try:
                hashes[job.source] = work.identify(job, known[job.source])
            except AiprovError:
                continue
    return hashes


def _reports(jobs: Sequence[Job], hashes: dict[Path, str], state: State) -> tuple[FileReport, ...]:
    results = state.results({hashes[job.source] for job in jobs})
    return tuple(_report(job, results.get(hashes[job.source])) for job in jobs)


def _report(job: Job, result: Result | None) -> FileReport:
    outputs = tuple(job.outputs.values())
    if result is None:
        return FileReport(job.path, "skipped", outputs)
    return FileReport(
        job.path, "skipped", outputs, result.provider, result.model, result.audio_s, verdict=result.verdict
    )
