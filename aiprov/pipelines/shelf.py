"""Meetings to be looked at: what the archive was made from, put together by recording. Opens nothing that the archive
does not name, and plays only what a transcript was made from.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiprov.archive import Archive
from aiprov.errors import ConfigError, InputError
from aiprov.pipelines.meetings import is_recording
from aiprov.pipelines.opening import opened

_MINUTES = ".minutes.json"


@dataclass(frozen=True, slots=True)
class Shelved:
    """One meeting.

    Attributes:
        id: Stands for it in addresses; made from its files' place.
        name, day: As the archive has them.
        transcript, minutes: The files; None where there is none.
    """

    id: str
    name: str
    day: str
    transcript: Path | None
    minutes: Path | None


def shelved(archive: Archive) -> list[Shelved]:
    """The meetings of an archive whose files are there, the newest first."""
    found: dict[str, Shelved] = {}
    for entry in archive.meetings():
        minutes = entry.path.name.endswith(_MINUTES)
        stem = str(entry.path).removesuffix(_MINUTES if minutes else ".json")
        transcript, notes = Path(f"{stem}.json"), Path(f"{stem}{_MINUTES}")
        name = hashlib.sha256(os.fsencode(stem)).hexdigest()[:16]
        there = [path if path.is_file() else None for path in (transcript, notes)]
        if any(there):
            found.setdefault(name, Shelved(name, entry.name, entry.day, *there))
    return list(found.values())


def one_of(archive: Archive, meeting_id: str) -> Shelved:
    """One of them.

    Raises:
        ConfigError: There is none of that name.
    """
    for each in shelved(archive):
        if each.id == meeting_id:
            return each
    raise ConfigError(f"there is no meeting {meeting_id!r} in the archive", "search again", code="unknown_name")


def recording_of(meeting: Shelved, content_sha256: Callable[[Path], str]) -> Path | None:
    """The recording that a transcript was made from, where it still lies and is the same; else None.

    A transcript may come from anybody and name any file: what it names is played only if it is called like a recording
    and has the very content that was transcribed.

    Args:
        content_sha256: The SHA-256 of a file.
    """
    if meeting.transcript is None:
        return None
    source = opened(meeting.transcript).get("aiprov", {}).get("source", {})
    path = meeting.transcript.parent / str(source.get("path") or "")
    try:
        if is_recording(path) and path.is_file() and content_sha256(path) == source.get("sha256"):
            return path
    except (OSError, ValueError):
        pass
    return None


def minutes_in(path: Path) -> Mapping[str, Any]:
    """Minutes out of their JSON.

    Raises:
        InputError: They cannot be read.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InputError(f"{path} cannot be read as minutes", "write them again: aiprov summarize", code="damaged")
    return document
