"""How well a transcript reads: word errors after Whisper's English normaliser, and how far turn starts are off.

Knows nothing of programs, files or clocks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Score:
    """Word errors against a reference of `words` words."""

    words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def wer(self) -> float:
        """Errors in percent of the reference's words."""
        return 100 * (self.substitutions + self.deletions + self.insertions) / max(self.words, 1)

    def __add__(self, other: Score) -> Score:
        return Score(*(getattr(self, name) + getattr(other, name) for name in asdict(self)))

    def __str__(self) -> str:
        errors = f"{self.substitutions} sub, {self.deletions} del, {self.insertions} ins"
        return f"{self.wer:5.2f} % of {self.words} words ({errors})"

    def figures(self) -> dict[str, float]:
        return {"wer": round(self.wer, 3), **asdict(self)}


def score(reference: str, hypothesis: str) -> Score:
    """Align the words of both texts, normalised, and count the errors."""
    import jiwer

    found = jiwer.process_words(_normalised(reference), _normalised(hypothesis))
    words = found.hits + found.substitutions + found.deletions
    return Score(words, found.substitutions, found.deletions, found.insertions)


def differences(reference: str, hypothesis: str) -> list[str]:
    """The places where both texts differ, as 'reference -> hypothesis' in normalised words."""
    import jiwer

    found = jiwer.process_words(_normalised(reference), _normalised(hypothesis))
    ours, theirs = found.references[0], found.hypotheses[0]
    return [
        f"{' '.join(ours[a.ref_start_idx : a.ref_end_idx])} -> {' '.join(theirs[a.hyp_start_idx : a.hyp_end_idx])}"
        for a in found.alignments[0]
        if a.type != "equal"
    ]


def start_offsets_s(turns: list[dict[str, Any]], segments: list[dict[str, Any]]) -> list[float]:
    """For each turn, the seconds from its true start to the nearest segment's start."""
    return [min((abs(turn["start"] - seg["start"]) for seg in segments), default=float("inf")) for turn in turns]


def _normalised(text: str) -> str:
    return str(_normaliser()(text))


@cache
def _normaliser() -> Any:
    from whisper_normalizer.english import EnglishTextNormalizer

    return EnglishTextNormalizer()
