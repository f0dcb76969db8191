"""How near texts are in the words that they share: what stands in for embeddings where no engine for them is installed.

Knows words, no meaning: two ways to say a thing are far apart here.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence

from aiprov.core.cues.table import cues_of
from aiprov.core.words import content, stem

_DIMENSIONS = 1024


def word_vectors(texts: Sequence[str], language: str = "en") -> list[list[float]]:
    """Return a vector of length 1 for each text: each stem has a place, drawn from its letters."""
    return [_vector(counts) for counts in _counted(texts, language)]


def word_similarity(left: Sequence[str], right: Sequence[str], language: str = "en") -> list[list[float]]:
    """Return the cosine of the stems of each text on the left with each on the right: an `evidence.Similarity`."""
    others = _counted(right, language)
    return [[_cosine(one, other) for other in others] for one in _counted(left, language)]


def _counted(texts: Sequence[str], language: str) -> list[Counter[str]]:
    cues = cues_of(language)
    return [Counter(stem(word) for word in content(text, cues)) for text in texts]


def _cosine(left: Counter[str], right: Counter[str]) -> float:
    shared = sum(count * right[each] for each, count in left.items() if each in right)
    return shared / math.sqrt(_squares(left) * _squares(right)) if shared else 0.0


def _squares(counts: Counter[str]) -> int:
    return sum(count * count for count in counts.values())


def _vector(counts: Counter[str]) -> list[float]:
    values = [0.0] * _DIMENSIONS
    for each, count in counts.items():
        values[zlib.crc32(each.encode()) % _DIMENSIONS] += count
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [value / length for value in values]
