"""From what a user names to meetings: transcripts as they are, recordings with the transcripts that they have or get.

Reads folders, and of a transcript only where it says which recording it was made from.
"""

from __future__ import annotations

import glob
import mmap
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from aiprov.batch.plan import Plan, make_plan
from aiprov.batch.work import Job
from aiprov.errors import ConfigError, InputError
from aiprov.pipelines.options import TranscribeOptions
from aiprov.pipelines.transcribe import SUFFIXES

TRANSCRIPT = "json"
_MINUTES = ".minutes.json"
# What aiprov and other tools write beside a transcript in JSON.
_OTHERS = frozenset({".txt", ".srt", ".vtt", ".tsv", ".md", ".rttm", ".html"})
_OURS = re.compile(rb'"aiprov": \{"schema": \d+, "source": \{[^}]*?"sha256": "([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True)
class Meetings:
    """What is to be done, and with which files.

    Attributes:
        plan: Every input once.
        transcribing: The jobs of recordings that have no transcript yet, by input.
        summarizing: The jobs of all, by input; a job's source is the transcript.
    """

    plan: Plan
    transcribing: dict[Path, Job]
    summarizing: dict[Path, Job]


def meetings(
    inputs: Sequence[str], formats: Sequence[str], options: TranscribeOptions, content: Callable[[Path], str]
) -> Meetings:
    """Find the meetings.

    A recording whose transcript lies beside it, or where it would be written, is not transcribed again.

    Args:
        inputs: Recordings, transcripts in JSON, folders and patterns.
        formats: What the minutes' names end in.
        options: Where outputs go, and what to do about folders and clashes.
        content: The SHA-256 of a file.

    Raises:
        ConfigError: Nothing was found.
        InputError: Two inputs would share an output (code `outputs_clash`).
    """
    recordings, transcripts, left = _parted(inputs)
    spoken = _planned(recordings, SUFFIXES, (TRANSCRIPT, *formats), options)
    given = _planned(transcripts, {f".{TRANSCRIPT}"}, formats, options)
    if isinstance(spoken, ConfigError) or isinstance(given, ConfigError):
        raise _nothing(spoken, given, left)
    own = {job.path: _own(job, content) for job in spoken.jobs}
    known = {os.fspath(path) for pair in zip(spoken.jobs, own.values(), strict=True) for path in _places(*pair)}
    read = [job for job in given.jobs if os.fspath(job.source) not in known and _is_transcript(job, transcripts)]
    _refuse_clashes(spoken.jobs, read)
    jobs = {job.path: _second(job, own[job.path], formats) for job in spoken.jobs} | {job.path: job for job in read}
    plan = Plan((*spoken.jobs, *read), (*spoken.failures, *given.failures), (*spoken.notes, *left))
    if not plan.jobs and not plan.failures:
        raise _nothing(spoken, given, left)
    first = {job.path: replace(job, formats=(TRANSCRIPT,)) for job in spoken.jobs if own[job.path] is None}
    return Meetings(plan, first, jobs)


def _parted(inputs: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """What may be recordings, what may be transcripts, and notes about what is neither; folders may hold both."""
    recordings, transcripts, others = list[str](), list[str](), 0
    for text in _expanded(inputs):
        suffix = os.path.splitext(text)[1].lower()  # noqa: PTH122
        if Path(text).is_dir():
            recordings.append(text)
            transcripts.append(text)
        elif suffix == f".{TRANSCRIPT}":
            transcripts.append(text)
        elif suffix in _OTHERS:
            others += 1
        else:
            recordings.append(text)
    note = f"{others} {'file is' if others == 1 else 'files are'} neither a recording nor a transcript in JSON"
    return recordings, transcripts, [note] if others else []


def _expanded(inputs: Iterable[str]) -> Iterator[str]:
    for text in inputs:
        pattern = glob.has_magic(text) and not os.path.lexists(text)
        matches = sorted(glob.glob(text, recursive=True)) if pattern else []  # noqa: PTH207  names stay as written
        yield from matches or [text]


def _planned(
    inputs: Sequence[str], suffixes: frozenset[str] | set[str], formats: Sequence[str], options: TranscribeOptions
) -> Plan | ConfigError:
    if not inputs:
        return Plan(())
    try:
        found = make_plan(
            inputs,
            suffixes=suffixes,
            formats=formats,
            output_dir=options.output_dir,
            recursive=options.recursive,
            on_collision=options.on_collision,
        )
    except ConfigError:
        return Plan(())
    # That a folder holds no recordings is not worth a word where it holds transcripts, and the other way round.
    return replace(found, notes=())


def _nothing(*_: object) -> ConfigError:
    return ConfigError(
        "there is nothing to summarize",
        "name recordings, transcripts in JSON, or folders that hold some; --recursive looks into folders below",
        code="no_inputs",
    )


def _own(job: Job, content: Callable[[Path], str]) -> Path | None:
    """The transcript that was made from a recording already, by its content."""
    for path in (Path(f"{job.place}.{TRANSCRIPT}"), job.source.with_suffix(f".{TRANSCRIPT}")):
        with suppress(OSError):  # the recording cannot be read: its own turn says so
            if (made_from := _made_from(path)) is not None and made_from == content(job.source):
                return path
    return None


def _made_from(path: Path) -> str | None:
    """The content of the recording that a transcript of ours names; our key stands last, behind all that was said."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            found = _OURS.search(view, max(0, view.rfind(b'"aiprov": {"schema"')))
            return None if found is None else found[1].decode("ascii")
    except (OSError, ValueError):  # not there, or empty
        return None


def _places(job: Job, own: Path | None) -> Iterator[Path]:
    """Transcripts that belong to a recording of the plan: they are no meetings of their own."""
    yield Path(f"{job.place}.{TRANSCRIPT}")
    if own is not None:
        yield own


def _is_transcript(job: Job, named: Sequence[str]) -> bool:
    """In a folder there may be all kinds of JSON; a file that was named is taken at its word."""
    if str(job.path) in named:
        return True
    try:
        with job.source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return not job.source.name.endswith(_MINUTES) and view.find(b'"segments"') >= 0
    except (OSError, ValueError):
        return False


def _second(job: Job, own: Path | None, formats: Sequence[str]) -> Job:
    return replace(job, source=own or Path(f"{job.place}.{TRANSCRIPT}"), formats=tuple(formats))


def _refuse_clashes(recordings: Iterable[Job], transcripts: Iterable[Job]) -> None:
    taken = {job.place.casefold(): job for job in recordings}
    for job in transcripts:
        other = taken.get(job.place.casefold())
        if other is not None:
            raise InputError(
                f"{other.path} and {job.path} would share the minutes {job.start}",
                "summarize them apart, or with different --output-dir",
                code="outputs_clash",
            )
