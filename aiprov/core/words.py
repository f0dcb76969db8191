"""Words that carry meaning, so far cut down that inflected forms meet. Pure.

A stem here is a handle for comparing, not a linguist's: the ending goes, and what is left is cut at six letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from aiprov.core.cues.table import Cues

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,:]\d+)*")
_ENDING = re.compile(r"(?:['’]s|ations?|ances?|ences?|ments?|ingly|edly|ings?|ies|ied|ed|es|ers?|ly|s|e)$")
# "We'd", "wasn't": what is left without it is a small word.
_SHORTENED = re.compile(r"(?:n't|'(?:s|d|ll|re|ve|m))$")
_LONGEST = 6
_SHORTEST = 3


def words(text: str) -> list[str]:
    """The words of a text as they stand."""
    return _WORD.findall(text)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """What inflected forms of a word have in common."""
    low = word.casefold().replace("’", "'")
    cut = _ENDING.sub("", low)
    if len(cut) > _SHORTEST and cut[-1] == cut[-2] and cut != low:
        cut = cut[:-1]  # planned, planning: plan
    return (cut if len(cut) >= _SHORTEST else low)[:_LONGEST]


def content(text: str, cues: Cues) -> list[str]:
    """The words of a text that say something about its matter, as they stand, in order."""
    return [word for word in words(text) if _tells(word, cues)]


def stems(text: str, cues: Cues) -> frozenset[str]:
    """The stems of what `content` returns."""
    return frozenset(stem(word) for word in content(text, cues))


def share(wanted: Iterable[str], given: Iterable[str]) -> float:
    """The share (0..1) of the wanted stems that are given; 0 when none is wanted."""
    wanted, given = frozenset(wanted), frozenset(given)
    return len(wanted & given) / len(wanted) if wanted else 0.0


def _tells(word: str, cues: Cues) -> bool:
    low = word.casefold().replace("’", "'")
    counts = low[0].isdigit() or low in cues.numbers.values or low in cues.numbers.scales
    small = low in cues.stop or _SHORTENED.sub("", low) in cues.stop
    return not counts and not small and (len(low) > 1 or not low.isascii())
