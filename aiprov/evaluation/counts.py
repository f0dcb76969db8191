"""What is counted, and the rates that follow. Counts add up and rates are never averaged. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self


class _Counts:
    """Numbers that add up field by field."""

    __slots__ = ()

    def __add__(self, other: Self) -> Self:
        names = [each.name for each in fields(self)]  # type: ignore[arg-type]
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True, slots=True)
class WordErrors(_Counts):
    """Word errors against a reference of `words` words."""

    words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def errors(self) -> int:
        """All of them."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float | None:
        """Errors per word of the reference, from 0 up; None when it has no words."""
        return _share(self.errors, self.words)


@dataclass(frozen=True, slots=True)
class TurnErrors(_Counts):
    """Seconds in which the wrong speakers are named, against `speech_s` seconds of scored speech in the reference."""

    speech_s: float = 0.0
    missed_s: float = 0.0
    false_alarm_s: float = 0.0
    confusion_s: float = 0.0

    @property
    def rate(self) -> float | None:
        """The diarization error rate, from 0 up; None when nobody speaks in the reference."""
        return _share(self.missed_s + self.false_alarm_s + self.confusion_s, self.speech_s)


@dataclass(frozen=True, slots=True)
class Recall(_Counts):
    """How often chosen terms are said in the reference, found at their place, and written where nobody said them."""

    said: int = 0
    found: int = 0
    inserted: int = 0

    @property
    def rate(self) -> float | None:
        """Found per said, 0..1; None when none is said."""
        return _share(self.found, self.said)


@dataclass(frozen=True, slots=True)
class Coverage(_Counts):
    """Seconds of heard speech that words cover, as the transcript's own audit says."""

    speech_s: float = 0.0
    covered_s: float = 0.0

    @property
    def rate(self) -> float | None:
        """Covered per heard, 0..1; None when no speech was heard."""
        return _share(self.covered_s, self.speech_s)


@dataclass(frozen=True, slots=True)
class SpeakerCount(_Counts):
    """Speakers in the reference and in the transcripts, and in how many recordings both numbers are the same."""

    reference: int = 0
    found: int = 0
    right: int = 0
    recordings: int = 0


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
