"""Words and segments get the speakers that were told apart by voice. Pure.

A segment has one speaker, most of its words' one. It is split where speakers change only where its own words allow it:
behind a pause or the end of a sentence. Times of words and of turns are both off by tenths of a second, and splitting
wherever they meet tears more sentences apart than it mends. Knows nothing of how speakers were told apart.
Source: noScribe, issue 341 (802 recordings: splitting freely mended 1,482 words and broke 310, a loss on some corpora).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from aiprov.core.passages import compression_ratio, ends_sentence
from aiprov.core.results import Segment, Transcript, Word
from aiprov.core.speakers import Diarization, speakers_of
from aiprov.core.speech import Span, near

# A pause between words (seconds) in which the speaker may change.
_PAUSE_S = 0.25
# What lies farther from every turn (seconds) is nobody's.
_FAR_S = 2.0
# A word has no length less than this (seconds).
_SHORTEST_S = 0.02
# A second speaker who talks for this share of a segment overlaps it.
_OVERLAP = 1 / 3


def labelled(transcript: Transcript, diarization: Diarization) -> Transcript:
    """Say of every word and segment who speaks; its text stays what it is.

    Args:
        transcript: With times of words, where the provider gives them.
        diarization: Who speaks when in the same recording.
    """
    floor = _Floor.of(diarization)
    found = (part for segment in transcript.segments for part in _labelled(segment, floor))
    segments = tuple(replace(segment, id=number) for number, segment in enumerate(found))
    speakers = speakers_of(diarization.turns, "voices", diarization.model, diarization.confidence)
    return replace(transcript, segments=segments, speakers=speakers)


@dataclass(frozen=True, slots=True)
class _Floor:
    """Who has the floor when: the turns of each speaker, in order and apart from each other."""

    turns: Mapping[str, Sequence[Span]]

    @staticmethod
    def of(diarization: Diarization) -> _Floor:
        turns: dict[str, list[Span]] = {}
        for turn in diarization.turns:
            turns.setdefault(turn.speaker, []).append(Span(turn.start, turn.end))
        return _Floor(turns)

    def shares(self, start: float, end: float) -> dict[str, float]:
        """Seconds that each speaker talks between two times; who does not is left out."""
        spoken = {
            label: sum(turn.overlap(start, end) for turn in near(turns, start, end))
            for label, turns in self.turns.items()
        }
        return {label: seconds for label, seconds in spoken.items() if seconds > 0}

    def speaker(self, start: float, end: float, before: str | None = None) -> str | None:
        """Who talks most between two times; of equals the one from before, and in a silence the nearest."""
        if shares := self.shares(start, end):
            most = max(shares.values())
            return before if before and shares.get(before, 0.0) >= most else max(shares, key=lambda each: shares[each])
        distances = {label: _distance(turns, start, end) for label, turns in self.turns.items()}
        nearest = min(distances, key=lambda each: distances[each], default=None)
        return nearest if nearest is not None and distances[nearest] <= _FAR_S else None


def _labelled(segment: Segment, floor: _Floor) -> Iterator[Segment]:
    """The segment with its speaker, in parts where several speak."""
    words = _spoken(segment.words, floor)
    if not words:
        yield _one(segment, floor.speaker(segment.start, segment.end), floor)
        return
    parts = _parts(words) if "".join(word.text for word in words) == segment.text else [words]
    for part in _with_times(segment, parts):
        yield _one(part, _most(part.words), floor)


def _one(segment: Segment, speaker: str | None, floor: _Floor) -> Segment:
    shares = floor.shares(segment.start, segment.end)
    others = max((seconds for label, seconds in shares.items() if label != speaker), default=0.0)
    return replace(segment, speaker=speaker, overlap=others > _OVERLAP * (segment.end - segment.start))


def _spoken(words: Sequence[Word], floor: _Floor) -> list[Word]:
    found: list[Word] = []
    for word in words:
        before = found[-1].speaker if found else None
        speaker = floor.speaker(word.start, max(word.end, word.start + _SHORTEST_S), before)
        found.append(replace(word, speaker=speaker))
    return found


def _parts(words: Sequence[Word]) -> list[list[Word]]:
    """Words of one speaker each, split only where the words allow it."""
    pieces = [[words[0]]]
    for before, word in pairwise(words):
        if word.start - before.end >= _PAUSE_S or ends_sentence(before.text):
            pieces.append([word])
        else:
            pieces[-1].append(word)
    return [[word for piece in some for word in piece] for _, some in groupby(pieces, key=_most)]


def _most(words: Sequence[Word]) -> str | None:
    """Who speaks most of the words, by their length; nobody only where nobody speaks any."""
    spoken: dict[str, float] = {}
    for word in words:
        if word.speaker is not None:
            spoken[word.speaker] = spoken.get(word.speaker, 0.0) + max(word.end - word.start, _SHORTEST_S)
    return max(spoken, key=lambda each: spoken[each], default=None)


def _with_times(segment: Segment, parts: Sequence[Sequence[Word]]) -> Iterator[Segment]:
    """Segments of these words; the first begins and the last ends as the whole does."""
    if len(parts) == 1:
        yield replace(segment, words=tuple(parts[0]))
        return
    for number, words in enumerate(parts):
        start = segment.start if number == 0 else words[0].start
        end = segment.end if number == len(parts) - 1 else words[-1].end
        text = "".join(word.text for word in words)
        ratio = compression_ratio(text)
        yield replace(segment, start=start, end=end, text=text, words=tuple(words), compression_ratio=ratio)


def _distance(turns: Sequence[Span], start: float, end: float) -> float:
    """Seconds from a stretch to the nearest of turns that do not touch it."""
    after = bisect_left(turns, end, key=lambda turn: turn.start)
    gaps = [start - turn.end for turn in turns[max(0, after - 1) : after]]
    return min(gaps + [turn.start - end for turn in turns[after : after + 1]])
