"""Names of outputs. No two inputs share one, and no output takes an input's place.

Names that differ in case or Unicode form only count as the same, because on some file systems they are.
"""

# Names are text here: a Path costs more than all else that is done with most inputs.
# ruff: noqa: PTH118, PTH122

from __future__ import annotations

import itertools
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from aiprov.batch.work import Job
from aiprov.errors import InputError

_MAX_NAME_BYTES = 255


@dataclass(frozen=True, slots=True)
class Candidate:
    """An input that was found.

    Attributes:
        folder: Its folder, as the user named it, or below one that the user named.
        name: Its name there.
        below: `folder`, relative to the one that the user named; empty for a file that was named itself.
    """

    folder: str
    name: str
    below: str = ""

    @property
    def path(self) -> str:
        """The input as the user would write it."""
        return os.path.join(self.folder, self.name)


@dataclass(frozen=True, slots=True)
class Named:
    """Jobs with their outputs, inputs that cannot have any, and what was left out."""

    jobs: list[Job]
    failures: dict[Path, InputError]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Draft:
    """An input with its outputs' folder (as shown, and real) and stem. Sources and homes are real names."""

    candidate: Candidate
    source: str
    folder: str
    home: str
    stem: str

    def names(self, formats: Iterable[str]) -> list[str]:
        start = f"{self.home}/{self.stem}."
        return [start + suffix for suffix in formats]

    def folded(self, formats: Iterable[str]) -> list[str]:
        start = _folded(f"{self.home}/{self.stem}.")
        return [start + suffix for suffix in formats]

    def overwrites_itself(self, formats: Iterable[str]) -> bool:
        return _folded(self.source) in self.folded(formats)

    def job(self, formats: Sequence[str]) -> Job:
        start = os.path.join(self.folder, self.stem)
        return Job(Path(self.candidate.path), Path(self.source), start, f"{self.home}/{self.stem}", formats)


def suffix_of(name: str) -> str:
    """A file name's ending in lower case, with its dot."""
    return os.path.splitext(name)[1].lower()


def name_outputs(
    candidates: Mapping[str, Candidate],
    suffixes: AbstractSet[str],
    formats: Sequence[str],
    output_dir: Path | None,
    on_collision: Literal["refuse", "suffix"],
) -> Named:
    """Turn candidates (by their real names) into jobs; see `plan.make_plan` for the arguments.

    Raises:
        InputError: Two inputs would share an output and `on_collision` is `refuse`.
    """
    drafts, notes = _without_outputs(_drafts(candidates, output_dir), suffixes, formats)
    settled = _renamed(drafts, formats) if on_collision == "suffix" else _undisputed(drafts, formats)
    jobs, failures = list[Job](), dict[Path, InputError]()
    for draft in settled:
        error = _unusable(draft, formats)
        if error is None:
            jobs.append(draft.job(formats))
        else:
            failures[Path(draft.candidate.path)] = error
    return Named(jobs, failures, notes)


def _drafts(candidates: Mapping[str, Candidate], output_dir: Path | None) -> list[_Draft]:
    homes: dict[str, str] = {}
    drafts = []
    for source, candidate in candidates.items():
        folder = candidate.folder if output_dir is None else os.path.join(output_dir, candidate.below)
        if folder not in homes:
            homes[folder] = os.path.realpath(folder)
        drafts.append(_Draft(candidate, source, folder, homes[folder], os.path.splitext(candidate.name)[0]))
    return drafts


def _without_outputs(
    drafts: Sequence[_Draft], suffixes: AbstractSet[str], formats: Sequence[str]
) -> tuple[list[_Draft], list[str]]:
    """Leave out what is an output of another input: `meetings/*` matches the transcripts of the last run, too."""
    outputs = {
        name
        for draft in drafts
        if suffix_of(draft.candidate.name) in suffixes
        for name in draft.names(formats)
        if name != draft.source
    }
    kept = [draft for draft in drafts if draft.source not in outputs]
    left_out = len(drafts) - len(kept)
    what = "1 file is an output" if left_out == 1 else f"{left_out} files are outputs"
    return kept, [f"{what} of other inputs and not taken as input"] if left_out else []


def _undisputed(drafts: Sequence[_Draft], formats: Sequence[str]) -> Sequence[_Draft]:
    for first, second in _disputes(drafts, formats):
        name = os.path.join(first.folder, f"{first.stem}.{formats[0]}")
        raise InputError(
            f"{first.candidate.path} and {second.candidate.path} would share the output {name}",
            "--on-collision suffix adds the ending to the name; --output-dir with a folder as input keeps its tree",
            code="outputs_clash",
        )
    return drafts


def _renamed(drafts: Sequence[_Draft], formats: Sequence[str]) -> Sequence[_Draft]:
    """Give every disputed input a name with its ending, and a number where that is not enough."""
    disputed = {draft.source for pair in _disputes(drafts, formats) for draft in pair}
    disputed |= {draft.source for draft in drafts if draft.overwrites_itself(formats)}
    taken = {_folded(draft.source) for draft in drafts}
    for draft in drafts:
        if draft.source not in disputed:
            taken.update(draft.folded(formats))
    return [_freely_named(draft, formats, taken) if draft.source in disputed else draft for draft in drafts]


def _freely_named(draft: _Draft, formats: Sequence[str], taken: set[str]) -> _Draft:
    name = draft.candidate.name
    tries = (replace(draft, stem=name if number == 1 else f"{name}-{number}") for number in itertools.count(1))
    named = next(each for each in tries if taken.isdisjoint(each.folded(formats)))
    taken.update(named.folded(formats))
    return named


def _disputes(drafts: Sequence[_Draft], formats: Sequence[str]) -> Iterator[tuple[_Draft, _Draft]]:
    """Pairs that would share an output's name; everyone who shares a name is in a pair."""
    first: dict[str, _Draft] = {}
    for draft in drafts:
        for name in draft.folded(formats):
            if first.setdefault(name, draft) is not draft:
                yield first[name], draft


def _unusable(draft: _Draft, formats: Sequence[str]) -> InputError | None:
    path = draft.candidate.path
    if draft.overwrites_itself(formats):
        hint = "choose another --format or --output-dir, or --on-collision suffix"
        return InputError(f"the output of {path} would take its own place", hint, code="outputs_clash")
    excess = len(os.fsencode(draft.stem)) + max(map(len, formats)) + 1 - _MAX_NAME_BYTES
    if excess > 0:
        message = f"the name of {path} is too long for its outputs: theirs would exceed the limit by {excess} bytes"
        return InputError(message, "rename it", code="name_too_long")
    return None


def _folded(name: str) -> str:
    return name.casefold() if name.isascii() else unicodedata.normalize("NFC", name).casefold()
