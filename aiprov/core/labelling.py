"""A transcript and who speaks when, brought together: words, then segments, get the labels of their speakers. Pure.

Labels by sound are a little early or late, so a segment is parted only where the words themselves leave room for a
change: at a pause, or behind a sentence. Elsewhere most of its time decides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from aiprov.core.passages import compression_ratio, ends_sentence
from aiprov.core.results import Segment, Transcript, Word
from aiprov.core.speakers import Diarization, Turn, speakers_of

_PAUSE_S = 0.12  # so much between two words is room for another speaker
_NEAR_S = 1.0  # a word outside all turns belongs to the nearest, unless that is further away
_OVERLAP = 0.3  # somebody else speaks during this share of a segment


def labelled(transcript: Transcript, diarization: Diarization) -> Transcript:
    """Say who speaks in every segment and word; nothing of the text changes.

    Args:
        transcript: Of the same recording, with or without word times.
        diarization: Who speaks when.

    Returns:
        The transcript with speakers; segments are parted where the speaker changes, and numbered anew.
    """
    turns = _Turns(diarization.turns)
    found = [piece for segment in transcript.segments for piece in _pieces(segment, turns)]
    return replace(
        transcript,
        segments=tuple(replace(segment, id=at) for at, segment in enumerate(found)),
        speakers=speakers_of(diarization.turns, "voices", diarization.model, diarization.confidence),
    )


class _Turns:
    """Turns that can be asked for by time."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = sorted(turns, key=lambda turn: turn.start)
        self._starts = [turn.start for turn in self._turns]
        self._ends = list(accumulate((turn.end for turn in self._turns), max))  # of all turns up to each

    def shares(self, start: float, end: float) -> dict[str, float]:
        """Seconds of each speaker in a stretch."""
        shares: dict[str, float] = defaultdict(float)
        for turn in self._within(start, end):
            shares[turn.speaker] += min(turn.end, end) - max(turn.start, start)
        return shares

    def speaker(self, start: float, end: float) -> str | None:
        """Who speaks longest in a stretch; the nearest where nobody does."""
        shares = self.shares(start, end)
        if shares:
            return max(shares, key=lambda label: shares[label])
        near = list(self._within(start - _NEAR_S, end + _NEAR_S))
        return min(near, key=lambda turn: max(turn.start - end, start - turn.end)).speaker if near else None

    def _within(self, start: float, end: float) -> Iterator[Turn]:
        for turn in self._turns[bisect_right(self._ends, start) : bisect_right(self._starts, end)]:
            if turn.end > start and turn.start < end:
                yield turn


def _pieces(segment: Segment, turns: _Turns) -> Iterator[Segment]:
    """The segment, or its parts where speakers change and the words leave room for that."""
    if not segment.words:
        yield _spoken(segment, turns)
        return
    words = [replace(word, speaker=turns.speaker(word.start, word.end)) for word in segment.words]
    runs = [words[first:end] for first, end in pairwise([0, *_rooms(words), len(words)])]
    joined: list[list[Word]] = []
    for run in runs:
        if joined and _main(joined[-1]) == _main(run):
            joined[-1] += run
        else:
            joined.append(run)
    for run in joined:
        yield _spoken(_part(segment, run) if len(joined) > 1 else replace(segment, words=tuple(words)), turns)


def _rooms(words: Sequence[Word]) -> Iterator[int]:
    """Where another speaker may begin: before these words."""
    for at, (before, after) in enumerate(pairwise(words), 1):
        if before.speaker != after.speaker and (after.start - before.end >= _PAUSE_S or ends_sentence(before.text)):
            yield at


def _main(words: Sequence[Word]) -> str | None:
    """Whose most of these words are, by time."""
    seconds: dict[str | None, float] = defaultdict(float)
    for word in words:
        seconds[word.speaker] += max(word.end - word.start, 0.01)
    return max(seconds, key=lambda label: seconds[label])


def _part(segment: Segment, words: Sequence[Word]) -> Segment:
    text = "".join(word.text for word in words)
    return replace(
        segment,
        start=words[0].start,
        end=words[-1].end,
        text=text,
        compression_ratio=compression_ratio(text),
        words=tuple(words),
    )


def _spoken(segment: Segment, turns: _Turns) -> Segment:
    speaker = _main(segment.words) if segment.words else turns.speaker(segment.start, segment.end)
    shares = turns.shares(segment.start, segment.end)
    others = sum(seconds for label, seconds in shares.items() if label != speaker)
    own = shares.get(speaker, 0.0) if speaker else 0.0
    both = max(0.0, own + others - (segment.end - segment.start))
    return replace(segment, speaker=speaker, overlap=both > _OVERLAP * (segment.end - segment.start))
