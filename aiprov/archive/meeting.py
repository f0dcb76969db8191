"""What goes into an archive and what comes out. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aiprov.core.excerpts import Content, Line


@dataclass(frozen=True, slots=True)
class Space:
    """Whose vectors an archive holds: those of different models cannot be compared.

    Attributes:
        identity: Names the model's bytes, where they are known.
        dimension: Numbers in a vector.
    """

    provider: str
    model: str
    identity: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Meeting:
    """A transcript or minutes to be found again.

    Attributes:
        path: The file.
        name: What the meeting is called: the recording's name.
        day: When it was, as `2026-03-10`.
        sha256: The file's content.
    """

    path: Path
    name: str
    day: str
    sha256: str
    content: Content


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that an archive was made from.

    Attributes:
        path: The file.
        name: What the meeting is called.
        day: When it was, as `2026-03-10`.
    """

    path: Path
    name: str
    day: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which excerpts are looked at.

    Attributes:
        speaker: Somebody by this name, or with this first or last name, speaks in it.
        since, until: Days as `2026-03-10`, both included.
        meeting: A part of the meeting's name.
    """

    speaker: str | None = None
    since: str | None = None
    until: str | None = None
    meeting: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An excerpt.

    Attributes:
        lines: What it says.
        near: How near each line is to the query in meaning, -1..1.
    """

    meeting: str
    path: Path
    lines: tuple[Line, ...]
    near: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """An excerpt with its vector (length 1), for other programs."""

    meeting: str
    path: Path
    day: str
    lines: tuple[Line, ...]
    vector: tuple[float, ...]
