"""What of one channel's words is the echo of another channel. Pure.

An echo sounds like what is said in the other channel just before, and is as far below it as this channel always is
while the other one speaks. Who speaks at the same time is louder than that, or says something else. Knows nothing of
audio but its loudness.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, permutations

from aiprov.core.crossing import LATE_S, Crossing, Levels
from aiprov.core.results import Segment

# So exactly are words placed (seconds).
_JITTER_S = 0.5
# No segment without words is longer (seconds).
_LONGEST_S = 60.0
# So much of its letters stands in the other channel, in pieces of at least so many: an echo is often misheard. Fewer
# letters must be the same words.
_SAME, _PIECE, _FEW = 0.5, 3, 6

# A segment's place in its channel, and a word's place in it.
Place = tuple[int, int]


def echoes(segments: Sequence[Sequence[Segment]], levels: Levels) -> list[set[Place]]:
    """For each channel, which words are echoes; in a segment without words, which of its text.

    Args:
        segments: For each channel, in order of time.
        levels: Of the same channels.
    """
    said = [[list(_said(at, segment)) for at, segment in enumerate(each)] for each in segments]
    found: list[set[Place]] = [set() for _ in segments]
    ways = {pair: Crossing(levels, *pair) for pair in permutations(range(len(segments)), 2)}
    for (source, channel), way in ways.items():
        back = ways[channel, source]
        own = (word for words in said[source] for word in words if not back.explains(word.start, word.end))
        there = sorted(own, key=lambda word: word.start)
        for words in said[channel]:
            found[channel] |= _crossed(words, there, way)
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """One word, by its letters, and where it is."""

    letters: str
    start: float
    end: float
    place: Place


def _said(at: int, segment: Segment) -> Iterator[_Said]:
    words = [(word.text, word.start, word.end) for word in segment.words]
    for place, (text, start, end) in enumerate(
        words or [(t, segment.start, segment.end) for t in segment.text.split()]
    ):
        letters = "".join(character for character in text.casefold() if character.isalnum())
        yield _Said(letters, start, end, (at, place))


def _crossed(words: Sequence[_Said], there: Sequence[_Said], way: Crossing) -> set[Place]:
    """Which words of a segment came across from another channel."""
    found: set[Place] = set()
    lettered = [word for word in words if word.letters]
    for is_quiet, group in groupby(lettered, key=lambda word: way.explains(word.start, word.end)):
        run = list(group)
        if is_quiet and _says_the_same(run, _around(run, there)):
            found |= {word.place for word in run}
    return found


def _around(run: Sequence[_Said], there: Sequence[_Said]) -> list[_Said]:
    """What is said in the other channel at about the time of a run of words."""
    start, end = run[0].start - LATE_S - _JITTER_S, max(word.end for word in run) + _JITTER_S
    since, until = (bisect_left(there, time, key=lambda word: word.start) for time in (start - _LONGEST_S, end))
    return [word for word in there[since:until] if word.end > start]


def _says_the_same(run: Sequence[_Said], there: Sequence[_Said]) -> bool:
    here, other = ("".join(word.letters for word in words) for words in (run, there))
    if len(here) < _FEW:
        return {word.letters for word in run} <= {word.letters for word in there}
    blocks = SequenceMatcher(None, here, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= _PIECE) >= _SAME * len(here)
