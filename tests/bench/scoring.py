"""How well a transcript reads: `aiprov eval`'s word errors for English, and how far turn starts are off.

Knows nothing of programs, files or clocks.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiprov.evaluation import words
from aiprov.evaluation.counts import WordErrors


class Score(WordErrors):
    """Word errors against a reference of `words` words, in percent for the table."""

    @property
    def wer(self) -> float:
        """Errors in percent of the reference's words."""
        return 100 * (self.rate or 0.0)

    def __str__(self) -> str:
        errors = f"{self.substitutions} sub, {self.deletions} del, {self.insertions} ins"
        return f"{self.wer:5.2f} % of {self.words} words ({errors})"

    def figures(self) -> dict[str, float]:
        return {"wer": round(self.wer, 3), **asdict(self)}


def score(reference: str, hypothesis: str) -> Score:
    """Align the words of both texts, normalised, and count the errors."""
    return Score(**asdict(words.errors_of(words.aligned(reference, hypothesis, words.normaliser("en")))))


def differences(reference: str, hypothesis: str) -> list[str]:
    """The places where both texts differ, as 'reference -> hypothesis' in normalised words."""
    return words.differences(words.aligned(reference, hypothesis, words.normaliser("en")))


def start_offsets_s(turns: list[dict[str, Any]], segments: list[dict[str, Any]]) -> list[float]:
    """For each turn, the seconds from its true start to the nearest segment's start."""
    return [min((abs(turn["start"] - seg["start"]) for seg in segments), default=float("inf")) for turn in turns]
