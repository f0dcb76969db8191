"""Which step of a recipe works on which file, and what it writes. Asks nobody, writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from aiprov.batch.plan import Plan
from aiprov.batch.work import Job
from aiprov.errors import ConfigError
from aiprov.pipelines.inputs import TRANSCRIPT, meetings
from aiprov.pipelines.meetings import is_recording
from aiprov.pipelines.recipe_options import RecipeOptions

Jobs = Mapping[Path, Job]


@dataclass(frozen=True, slots=True)
class Table:
    """The jobs of every step by input; a step that the recipe has not has none.

    Attributes:
        plan: Every input once.
    """

    plan: Plan
    transcribe: Jobs
    summarize: Jobs
    export: Jobs
    embed: Jobs


def table(inputs: list[str], options: RecipeOptions, content: Callable[[Path], str]) -> Table:
    """Find the meetings and lay out the jobs.

    Args:
        inputs: Recordings, transcripts in JSON, folders and patterns.
        options: The run's.
        content: The SHA-256 of a file.

    Raises:
        ConfigError: Nothing was found, or two steps would write the same.
        InputError: Two inputs would share an output (code `outputs_clash`).
    """
    wanted = _formats(options)
    _refuse_doubles(wanted)
    others = [form for forms in wanted.values() for form in forms if form != TRANSCRIPT]
    found = meetings(inputs, others, options.run, content)
    recordings = {job.path: job for job in found.plan.jobs if is_recording(job.path)}
    speech = recordings if options.transcribes else {path: recordings[path] for path in found.transcribing}
    spoken = {path: replace(job, formats=wanted["transcribe"]) for path, job in speech.items()}
    later = {job.path: replace(job, source=_transcript(job, spoken, found.summarizing)) for job in found.plan.jobs}
    minutes = _with(later, wanted["summarize"])
    return Table(found.plan, spoken, minutes, _with(later, wanted["export"]), _taken(later, minutes, options))


def minutes_formats(options: RecipeOptions) -> tuple[str, ...]:
    """What the names of minutes end in. The archive takes them from their JSON."""
    if options.summarize is None:
        return ()
    forms = options.summarize.formats
    more = ("json",) if options.embed is not None and "json" not in forms else ()
    return tuple(f"minutes.{form}" for form in (*more, *forms))


def _formats(options: RecipeOptions) -> dict[str, tuple[str, ...]]:
    spoken = options.run.formats
    return {
        "transcribe": spoken if TRANSCRIPT in spoken else (TRANSCRIPT, *spoken),
        "summarize": minutes_formats(options),
        "export": () if options.export is None else options.export.formats,
    }


def _refuse_doubles(wanted: Mapping[str, tuple[str, ...]]) -> None:
    for form in wanted["export"]:
        if form in wanted["transcribe"]:
            hint = "leave it out of the format of one of them"
            raise ConfigError(f"transcribe and export would both write {form}", hint, code="outputs_clash")


def _transcript(job: Job, spoken: Jobs, known: Jobs) -> Path:
    return Path(f"{job.place}.{TRANSCRIPT}") if job.path in spoken else known[job.path].source


def _with(jobs: Jobs, formats: tuple[str, ...]) -> dict[Path, Job]:
    return {path: replace(job, formats=formats) for path, job in jobs.items()} if formats else {}


def _taken(jobs: Jobs, minutes: Jobs, options: RecipeOptions) -> dict[Path, Job]:
    """Into the archive goes the transcript with its minutes, where there are some: those are made from no other."""
    if options.embed is None:
        return {}
    last = {path: _minutes_of(minutes[path]) if path in minutes else job.source for path, job in jobs.items()}
    return {path: replace(job, source=last[path], formats=()) for path, job in jobs.items()}


def _minutes_of(job: Job) -> Path:
    return Path(f"{job.place}.minutes.{TRANSCRIPT}")


def files_of(jobs: Table) -> Iterator[tuple[Path, tuple[Path, ...]]]:
    """For every input that goes into the archive, the files that are taken in."""
    for path, job in jobs.embed.items():
        transcript = jobs.summarize[path].source if path in jobs.summarize else job.source
        yield path, tuple(dict.fromkeys((transcript, job.source)))
