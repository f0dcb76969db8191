"""What of one channel's words is the echo of another channel. Pure.

An echo sounds like what is said in the other channel just before, and is as far below it as this channel always is
while the other one speaks. Who speaks at the same time is louder than that, or says something else. Knows nothing of
audio but its loudness.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import groupby, permutations

from aiprov.core.results import Segment

# An echo comes up to so much later; so exactly are words placed (seconds).
_LATE_S, _JITTER_S = 0.3, 0.5
# An echo is at least so far below (dB), and at most so far above what usually comes across.
_BELOW_DB, _JITTER_DB = 6.0, 6.0
# A channel speaks while it is at most so far below its loud moments (dB).
_SPEAKS_DB = 15.0
# So much of a word's power may be louder than an echo: it ends in somebody's own voice.
_OWN = 0.5
# So much of its letters stands in the other channel, in pieces of at least so many: an echo is often misheard. Fewer
# letters must be the same words.
_SAME, _PIECE, _FEW = 0.5, 3, 6

# A segment's place in its channel, and a word's place in it.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud each channel is.

    Attributes:
        step_s: Seconds from one figure to the next.
        curves: For each channel the power in dB below full scale, step by step; all of one length.
    """

    step_s: float
    curves: Sequence[Sequence[float]]


def echoes(segments: Sequence[Sequence[Segment]], levels: Levels) -> list[set[Place]]:
    """For each channel, which words are echoes; in a segment without words, which of its text.

    Args:
        segments: For each channel, in order of time.
        levels: Of the same channels.
    """
    said = [[list(_said(at, segment)) for at, segment in enumerate(each)] for each in segments]
    found: list[set[Place]] = [set() for _ in segments]
    for channel, source in permutations(range(len(segments)), 2):
        way, back = _Way(levels, source, channel), _Way(levels, channel, source)
        own = (word for words in said[source] for word in words if not back.explains(word))
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


@dataclass(frozen=True)
class _Way:
    """How sound comes from one channel into another."""

    levels: Levels
    source: int
    channel: int

    def explains(self, said: _Said) -> bool:
        """Whether what is heard of a word is as quiet as what comes across."""
        first, last = int(said.start / self.levels.step_s), math.ceil(said.end / self.levels.step_s)
        stretch = range(first, min(max(first + 1, last), len(self._own)))
        powers = [10 ** (self.levels.curves[self.channel][step] / 10) for step in stretch]
        own = sum(power for power, step in zip(powers, stretch, strict=True) if self._own[step])
        return own < _OWN * sum(powers)

    @cached_property
    def _own(self) -> list[bool]:
        """In which steps the channel is louder than an echo would be."""
        source, channel = self.levels.curves[self.source], self.levels.curves[self.channel]
        least = max(_BELOW_DB, self._usual_db() - _JITTER_DB)
        late = math.ceil(_LATE_S / self.levels.step_s)
        return [max(source[max(0, step - late) : step + 2]) - heard < least for step, heard in enumerate(channel)]

    def _usual_db(self) -> float:
        """How far the channel usually is below the other one while that speaks."""
        source, channel = self.levels.curves[self.source], self.levels.curves[self.channel]
        loud = sorted(source)
        least = loud[len(loud) * 19 // 20] - _SPEAKS_DB if loud else 0.0
        below = sorted(one - other for one, other in zip(source, channel, strict=True) if one >= least)
        return below[len(below) // 2] if below else math.inf


def _crossed(words: Sequence[_Said], there: Sequence[_Said], way: _Way) -> set[Place]:
    """Which words of a segment came across from another channel."""
    found: set[Place] = set()
    lettered = [word for word in words if word.letters]
    for is_quiet, group in groupby(lettered, key=way.explains):
        run = list(group)
        if is_quiet and _says_the_same(run, _around(run, there)):
            found |= {word.place for word in run}
    return found


def _around(run: Sequence[_Said], there: Sequence[_Said]) -> list[_Said]:
    """What is said in the other channel at about the time of a run of words."""
    start, end = run[0].start - _LATE_S - _JITTER_S, max(word.end for word in run) + _JITTER_S
    until = bisect_left(there, end, key=lambda word: word.start)
    return [word for word in there[:until] if word.end > start]


def _says_the_same(run: Sequence[_Said], there: Sequence[_Said]) -> bool:
    here, other = ("".join(word.letters for word in words) for words in (run, there))
    if len(here) < _FEW:
        return {word.letters for word in run} <= {word.letters for word in there}
    blocks = SequenceMatcher(None, here, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= _PIECE) >= _SAME * len(here)
