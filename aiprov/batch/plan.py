"""From what the user named to jobs: inputs found, outputs named, clashes refused, all before any work.

Reads folders and file types, never contents; knows nothing of audio. Reading lists and stdin is the caller's.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from aiprov.batch.naming import Candidate, name_outputs, suffix_of
from aiprov.batch.report import FileReport
from aiprov.batch.work import Job
from aiprov.errors import ConfigError, InputError


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    Attributes:
        jobs: In the order of their paths.
        failures: Inputs that cannot be jobs, with the reason.
        notes: Short sentences about inputs that were left out.
    """

    jobs: tuple[Job, ...]
    failures: tuple[FileReport, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def paths(self) -> list[Path]:
        """The jobs' inputs."""
        return [job.path for job in self.jobs]

    @property
    def folders(self) -> list[Path]:
        """The folders that outputs go to."""
        return [Path(folder) for folder in sorted({os.path.dirname(job.place) for job in self.jobs})]  # noqa: PTH120


@dataclass(slots=True)
class _Findings:
    candidates: list[Candidate] = field(default_factory=list)
    failures: dict[Path, FileReport] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def fail(self, name: str, message: str, hint: str | None, code: str) -> None:
        path = Path(name)
        self.failures[path] = FileReport(path, "failed", error=InputError(message, hint, code=code))


def make_plan(
    inputs: Iterable[str],
    *,
    suffixes: AbstractSet[str],
    formats: Sequence[str],
    output_dir: Path | None = None,
    recursive: bool = False,
    on_collision: Literal["refuse", "suffix"] = "refuse",
) -> Plan:
    """Find the inputs and name their outputs.

    Args:
        inputs: Files, folders and glob patterns, as the user wrote them. Of a folder, the files with a known suffix
            are taken; hidden files and symbolic links to folders are not.
        suffixes: In lower case, with their dot.
        formats: What an output's name ends in after the stem and a dot.
        output_dir: Where outputs go, keeping the tree below a folder that was named; None puts them beside the input.
        recursive: Look into the folders below a folder.
        on_collision: `suffix` names `<stem>.<ext>.<format>` where two inputs would share an output.

    Raises:
        ConfigError: Nothing was found.
        InputError: Two inputs would share an output (code `outputs_clash`).
    """
    found = _Findings()
    given = list(inputs)
    for text in given:
        _take(text, found, suffixes, recursive)
    candidates = _distinct(found.candidates)
    named = name_outputs(candidates, suffixes, formats, output_dir, on_collision)
    for path, error in named.failures.items():
        found.failures[path] = FileReport(path, "failed", error=error)
    if not named.jobs and not found.failures:
        raise _nothing(given, found.notes + named.notes, recursive)
    failures = tuple(found.failures[path] for path in sorted(found.failures))
    return Plan(tuple(named.jobs), failures, tuple(found.notes + named.notes))


def _take(text: str, found: _Findings, suffixes: AbstractSet[str], recursive: bool) -> None:
    try:
        # Path("") would be the current folder.
        mode = os.stat(text).st_mode  # noqa: PTH116
    except (FileNotFoundError, ValueError):
        matches = _matches(text)
        if not matches:
            found.fail(text, f"there is no file {text!r}", "check the name", "not_found")
        for match in matches:
            _take(match, found, suffixes, recursive)
    except OSError as error:
        found.fail(text, f"{text!r} cannot be opened: {error.strerror}", None, "not_found")
    else:
        if stat.S_ISDIR(mode):
            _take_folder(text, found, suffixes, recursive)
        else:
            _take_file(Candidate(*os.path.split(Path(text))), mode, found)


def _take_file(candidate: Candidate, mode: int, found: _Findings) -> None:
    if stat.S_ISREG(mode):
        found.candidates.append(candidate)
    else:
        path = candidate.path
        found.fail(path, f"{path} is not a regular file", "give a recording's file", "not_a_file")


def _take_folder(text: str, found: _Findings, suffixes: AbstractSet[str], recursive: bool) -> None:
    before = len(found.candidates) + len(found.failures)
    folders = 0

    def refuse(error: OSError) -> None:
        path = str(error.filename)
        found.fail(path, f"the folder {path} cannot be read: {error.strerror}", "check its permissions", "not_found")

    top = str(Path(text))
    for folder, inner, names in os.walk(top, onerror=refuse):
        folders += len(inner)
        inner[:] = [name for name in inner if recursive and not name.startswith(".")]
        below = os.path.relpath(folder, top)
        for name in names:
            if not name.startswith(".") and suffix_of(name) in suffixes:
                _take_entry(Candidate(folder, name, below), found)
    if len(found.candidates) + len(found.failures) == before:
        hint = "; --recursive looks into the folders below it" if folders and not recursive else ""
        found.notes.append(f"nothing to work on in {top}{hint}")


def _take_entry(candidate: Candidate, found: _Findings) -> None:
    path = candidate.path
    try:
        _take_file(candidate, os.stat(path).st_mode, found)  # noqa: PTH116
    except OSError as error:
        found.fail(path, f"{path} cannot be opened: {error.strerror}", None, "not_found")


def _matches(pattern: str) -> list[str]:
    """Match a pattern that the shell left alone. `**` does not follow symbolic links, so it ends in every tree."""
    parts = Path(pattern).parts
    fixed = next((i for i, part in enumerate(parts) if glob.has_magic(part)), None)
    if fixed is None or "\0" in pattern:
        return []
    hidden = parts[-1].startswith(".")
    try:
        found = list(Path(*parts[:fixed]).glob(str(Path(*parts[fixed:]))))
    except (OSError, ValueError):
        return []
    return [str(path) for path in sorted(found) if hidden or not path.name.startswith(".")]


def _distinct(candidates: Iterable[Candidate]) -> dict[str, Candidate]:
    """Sort by path and leave out what is the same file by another name; the keys are the files' real names."""
    real: dict[str, str] = {}
    seen: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda each: os.fsencode(each.path)):
        folder, name = candidate.folder, candidate.name
        # Resolving each path by itself would cost most of the plan's time.
        if folder not in real:
            real[folder] = os.path.realpath(folder)
        linked = os.path.islink(candidate.path)  # noqa: PTH114
        seen.setdefault(os.path.realpath(candidate.path) if linked else f"{real[folder]}/{name}", candidate)
    return seen


def _nothing(given: Sequence[str], notes: Iterable[str], recursive: bool) -> ConfigError:
    if not given:
        return ConfigError("no inputs were given", "name recordings or folders of recordings", code="no_inputs")
    reasons = "; ".join(notes) or f"nothing matches {', '.join(map(repr, given[:3]))}"
    hint = "name files, or folders that hold some" if recursive else "name files, or folders with --recursive"
    return ConfigError(f"there is nothing to do: {reasons}", hint, code="no_inputs")
