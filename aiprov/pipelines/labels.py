"""Give names to the speakers of a transcript, and render its outputs again; nothing is transcribed.

A name is kept in the state for the recording, so that every later transcript of it shows the name, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiprov.core.naming import checked_name
from aiprov.errors import ConfigError, InputError
from aiprov.files import RunLock
from aiprov.pipelines.named import moments_of, named, names_at, people_of, unnamed
from aiprov.pipelines.opening import opened
from aiprov.pipelines.rerendering import Outputs
from aiprov.state import State


@dataclass(frozen=True, slots=True)
class Labelled:
    """What giving names came to.

    Attributes:
        transcript: The JSON file.
        names: The names that were given, by label; empty ones were taken away.
        people: Every speaker by label, and what each is shown as now.
        written: Outputs that were rendered again.
        kept: Outputs that were left alone since somebody edited them, or another program wrote them.
    """

    transcript: Path
    names: Mapping[str, str]
    people: Mapping[str, str]
    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def give_names(path: Path, wishes: Sequence[tuple[str, str]], state: State, locks: Path, *, force: bool) -> Labelled:
    """Give names to speakers.

    Args:
        path: A transcript's JSON, or the recording beside it.
        wishes: Label, or the name that is shown now, and the new name; an empty one takes the name away. Two labels may
            get one name.
        locks: Folder for the notes that name the holders of locks (`Settings.locks_folder`).
        force: Overwrite outputs that were edited, too.

    Raises:
        ConfigError: Nobody is called so, or it is no name. Nothing was done.
        InputError: There is no transcript, or it knows no speakers. Nothing was done.
        Busy: A run is writing into the folder.
        StorageError: Something could not be written.
    """
    transcript = transcript_of(path)
    with RunLock([transcript.parent], locks):
        before = opened(transcript)
        document = unnamed(before)
        names = chosen_names(document, wishes)
        now = named(document, names)
        moments = _kept_names(document, names, state)
        outputs = Outputs(transcript, before, now, moments, state, force)
        outputs.render()
    return Labelled(transcript, names, people_of(now), tuple(outputs.written), tuple(outputs.kept))


def transcript_of(path: Path) -> Path:
    """The transcript's JSON for itself or for the recording that it stands beside.

    Raises:
        InputError: There is none.
    """
    if path.suffix.lower() == ".json":
        if path.is_file():
            return path
        raise InputError(f"{path} is not a file", "check the name", code="not_found")
    for found in (path.with_suffix(".json"), path.with_name(f"{path.name}.json")):
        if found.is_file():
            return found
    hint = "name the transcript's .json; `aiprov transcribe -f json` writes one"
    raise InputError(f"there is no transcript beside {path}", hint, code="not_found")


def chosen_names(document: Mapping[str, Any], wishes: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return new names by label, for wishes that may say labels or the names that are shown.

    Raises:
        ConfigError: Nobody is called so, or the new name is none, or it is somebody else's label.
        InputError: The transcript knows no speakers.
    """
    people = people_of(document)
    if not people:
        hint = "transcribe the recording again with --diarize"
        raise InputError("the transcript does not say who speaks", hint, code="no_speakers")
    names: dict[str, str] = {}
    for said, wish in wishes:
        name = checked_name(wish) if wish.strip() else ""
        if name in people:
            raise ConfigError(f"{name} is the label of a speaker", "give the name of a person", code="usage")
        labels = labels_of(people, said)
        names |= dict.fromkeys(labels, name)
    return names


def labels_of(people: Mapping[str, str], said: str) -> list[str]:
    """The labels that somebody means by a label or a shown name.

    Raises:
        ConfigError: There is no such speaker.
    """
    wanted = said.strip().casefold()
    labels = [label for label in people if label.casefold() == wanted]
    labels = labels or [label for label, name in people.items() if name.casefold() == wanted]
    if not labels:
        there = ", ".join(dict.fromkeys(people.values()))
        raise ConfigError(f"there is no speaker {said!r}", f"there are: {there}", code="usage")
    return labels


def _kept_names(document: Mapping[str, Any], names: Mapping[str, str], state: State) -> dict[float, str]:
    """Keep the names for the recording; return all that were given to it, by moments."""
    sha256 = document.get("aiprov", {}).get("source", {}).get("sha256")
    if not sha256:
        return {}
    given = names_at(document, state.given_names(sha256)) | dict(names)
    moments = moments_of(document, given)
    state.give_names(sha256, moments)
    return moments
