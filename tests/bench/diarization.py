"""How well turns match the truth: diarization error with a collar, overlap scored. Knows nothing of programs.

The collar is given as what is left out on each side of a true start or end. (pyannote.metrics' `collar` is the whole:
its 0.5 is 0.25 here.)
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

STEPS_PER_S = 100
Said = tuple[float, float, str]


@dataclass(frozen=True)
class Errors:
    """Seconds of speech, and of what is wrong with it."""

    speech: float = 0.0
    missed: float = 0.0
    false: float = 0.0
    confused: float = 0.0

    def __add__(self, other: Errors) -> Errors:
        mine, theirs = ((each.speech, each.missed, each.false, each.confused) for each in (self, other))
        return Errors(*(a + b for a, b in zip(mine, theirs, strict=True)))

    def percent(self) -> dict[str, float]:
        """Each kind in percent of the speech, and all together as `der`."""
        parts = {"missed": self.missed, "false": self.false, "confused": self.confused}
        shares = {name: round(100 * seconds / max(self.speech, 1e-9), 3) for name, seconds in parts.items()}
        return {"der": round(sum(shares.values()), 3), **shares}


def errors(truth: Sequence[Said], found: Sequence[Said], collar_s: float = 0.25) -> Errors:
    """Compare who speaks when, with the pairing of speakers that fits best."""
    from scipy.optimize import linear_sum_assignment

    length = math.ceil(max((end for _, end, _ in [*truth, *found]), default=0.0) * STEPS_PER_S) + 1
    scored = np.ones(length, bool)
    for start, end, _ in truth:
        for edge in (start, end):
            scored[_at(edge - collar_s) : _at(edge + collar_s)] = False
    true, guessed = (_speaking(said, length)[:, scored] for said in (truth, found))
    rows, columns = linear_sum_assignment(-(true.astype(float) @ guessed.T))
    right = (true[rows] & guessed[columns]).sum(axis=0)
    there, said = true.sum(axis=0), guessed.sum(axis=0)
    counts = (there, np.maximum(there - said, 0), np.maximum(said - there, 0), np.minimum(there, said) - right)
    return Errors(*(float(each.sum()) / STEPS_PER_S for each in counts))


def read_rttm(path: Path) -> list[Said]:
    """Turns of an RTTM file."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("SPEAKER")]
    return [(float(row[3]), float(row[3]) + float(row[4]), row[7]) for row in rows]


def read_truth(path: Path) -> list[Said]:
    """Turns of a composed meeting."""
    return [(turn["start"], turn["end"], turn["speaker"]) for turn in json.loads(path.read_text("utf-8"))["turns"]]


def _speaking(said: Sequence[Said], length: int) -> np.ndarray:
    names = sorted({speaker for *_, speaker in said})
    speaking = np.zeros((len(names), length), bool)
    for start, end, speaker in said:
        speaking[names.index(speaker), _at(start) : _at(end)] = True
    return speaking


def _at(seconds: float) -> int:
    return max(0, round(seconds * STEPS_PER_S))
