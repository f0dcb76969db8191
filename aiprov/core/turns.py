"""A transcript as talk: who says what until somebody else speaks, sentence by sentence, and in chunks. Pure.

Knows transcript documents, ours and those that `reading.parse` made of others'; nothing of what is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiprov.core.passages import ends_sentence

# Where nobody knows who speaks, a pause so long (seconds) behind a sentence is taken for a change of speakers.
_PAUSE_S = 0.9
# ... or so many characters, for a speech without pauses is no turn that anybody can read.
_MOST_CHARACTERS = 900
# "No." is an answer where a sentence begins, and short for "number" elsewhere.
_NO = re.compile(r"no\.", re.IGNORECASE)
# A word, or the part of one behind which a sentence of Chinese or Japanese ends; nothing parts it from the next.
_WORD = re.compile(r"[^\s。！？]*[。！？]+[」』）”’]*|[^\s。！？]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One segment of the transcript, or a part of one: text between two times in seconds."""

    segment: int
    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one person says until another one speaks.

    Attributes:
        id: Its place in the meeting, from 0. A part of an utterance has the id of the whole.
        speaker: The transcript's label; None when speakers were not told apart.
        lines: Its segments, in order; never empty.
    """

    id: int
    speaker: str | None
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """All that is said."""
        return " ".join(line.text for line in self.lines)

    @property
    def segments(self) -> tuple[int, ...]:
        """The ids of its segments."""
        return tuple(dict.fromkeys(line.segment for line in self.lines))

    @property
    def start(self) -> float:
        """Where it begins, in seconds."""
        return self.lines[0].start

    @property
    def end(self) -> float:
        """Where it ends, in seconds."""
        return self.lines[-1].end


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: the smallest thing that minutes quote.

    Attributes:
        id: Its place in the meeting, from 0.
        utterance: The id of its utterance.
        speaker: Who says it: the transcript's label, or None.
        segments: The ids of the segments that it is in.
        start, end: In seconds; within a segment by the length of the text.
    """

    id: int
    utterance: int
    speaker: str | None
    text: str
    segments: tuple[int, ...]
    start: float
    end: float


def utterances(document: Mapping[str, Any]) -> tuple[Utterance, ...]:
    """Return a transcript's talk; segments without text are left out.

    Without speakers, talk is parted at pauses behind sentences.

    Args:
        document: A transcript: `segments` with `start`, `end`, `text`, and perhaps `id` and `speaker`.
    """
    found: list[Utterance] = []
    for position, segment in enumerate(document["segments"]):
        text = " ".join(segment["text"].split())
        if not text:
            continue
        line = Line(segment.get("id", position), segment["start"], segment["end"], text)
        speaker = segment.get("speaker")
        if found and _goes_on(found[-1], speaker, line):
            found[-1] = replace(found[-1], lines=(*found[-1].lines, line))
        else:
            found.append(Utterance(len(found), speaker, (line,)))
    return tuple(found)


def sentences(talk: Iterable[Utterance]) -> tuple[Sentence, ...]:
    """Return the sentences of some talk, in order; a sentence may run over several segments, never over speakers."""
    found: list[Sentence] = []
    for utterance in talk:
        for run in _runs(utterance):
            segments = tuple(dict.fromkeys(line.segment for line in run))
            text = " ".join(line.text for line in run)
            place = (len(found), utterance.id, utterance.speaker)
            found.append(Sentence(*place, text, segments, run[0].start, run[-1].end))
    return tuple(found)


def chunks(
    talk: Iterable[Utterance], limit: int, cost: Callable[[Utterance], int], breaks: Collection[int] = ()
) -> Iterator[tuple[Utterance, ...]]:
    """Part talk into chunks that a model can read; joined they are the whole, nothing twice and nothing lost.

    Args:
        talk: In order.
        limit: The most that a chunk may cost; only a single word that costs more goes beyond it.
        cost: What an utterance costs as the model will read it, in tokens.
        breaks: Ids of utterances that begin a topic: a chunk that is half full ends before one.
    """
    chunk: list[Utterance] = []
    spent = 0
    for utterance in talk:
        for part in _parts(utterance, limit, cost):
            price = cost(part)
            if chunk and (spent + price > limit or (part.id in breaks and spent * 2 >= limit)):
                yield tuple(chunk)
                chunk, spent = [], 0
            chunk.append(part)
            spent += price
    if chunk:
        yield tuple(chunk)


def _goes_on(before: Utterance, speaker: str | None, line: Line) -> bool:
    if speaker is not None or before.speaker is not None:
        return speaker == before.speaker
    if not ends_sentence(before.lines[-1].text):
        return True
    length = sum(len(each.text) for each in before.lines)
    return line.start - before.end < _PAUSE_S and length < _MOST_CHARACTERS


def _runs(utterance: Utterance) -> Iterator[list[Line]]:
    """The lines or parts of lines that make up each sentence."""
    run: list[Line] = []
    for line in utterance.lines:
        for piece in _pieces(line):
            run.append(piece)
            if _ends(piece.text.split()):
                yield run
                run = []
    if run:
        yield run


def _pieces(line: Line) -> Iterator[Line]:
    """A line cut behind each sentence, each part with its share of the time."""
    texts: list[str] = []
    words: list[str] = []
    for word in _WORD.findall(line.text):
        words.append(word)
        if _ends(words):
            texts.append(" ".join(words))
            words = []
    return _timed(line, texts + [" ".join(words)] * bool(words))


def _ends(words: Sequence[str]) -> bool:
    return ends_sentence(words[-1]) or (len(words) == 1 and bool(_NO.fullmatch(words[0])))


def _timed(line: Line, texts: Sequence[str]) -> Iterator[Line]:
    length, done = max(sum(map(len, texts)), 1), 0
    for text in texts:
        start = line.start + (line.end - line.start) * done / length
        done += len(text)
        yield Line(line.segment, start, line.start + (line.end - line.start) * done / length, text)


def _parts(utterance: Utterance, limit: int, cost: Callable[[Utterance], int]) -> Iterator[Utterance]:
    """The utterance in parts that fit: cut between segments, else between sentences, else between words."""

    def fits(*lines: Line) -> bool:
        return cost(replace(utterance, lines=lines)) <= limit

    if fits(*utterance.lines):
        yield utterance
        return
    pieces = list(utterance.lines)
    for cut in (_pieces, _words):
        pieces = [part for piece in pieces for part in ((piece,) if fits(piece) else cut(piece))]
    part: tuple[Line, ...] = ()
    for piece in pieces:
        if part and not fits(*part, piece):
            yield replace(utterance, lines=part)
            part = ()
        part = (*part, piece)
    yield replace(utterance, lines=part)


def _words(line: Line) -> Iterator[Line]:
    return _timed(line, line.text.split())
