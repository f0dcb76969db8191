"""What of a meeting is embedded and found again: its lines, and excerpts of some lines that overlap. Pure.

A line is a sentence of a transcript or an entry of minutes. Knows nothing of vectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiprov.core.minutes import SECTIONS
from aiprov.core.turns import Utterance, chunks, sentences, utterances

# Characters that could steer a terminal or have no place in UTF-8; none of them is said.
_UNSAID = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f\ud800-\udfff]"
)
# Words in an excerpt, and how many of them at most it shares with the one before.
_MOST, _SHARED = 160, 40


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of somebody's, or one entry of minutes; times in seconds of the recording."""

    start: float
    end: float
    speaker: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """A transcript or minutes, cut for searching.

    Attributes:
        lines: In order.
        bounds: Of each excerpt its first line, and the one behind its last.
    """

    lines: tuple[Line, ...]
    bounds: tuple[tuple[int, int], ...]

    @property
    def excerpts(self) -> list[str]:
        """The excerpts' texts as they are embedded: without names, since vectors find better so."""
        return [" ".join(line.text for line in self.lines[first:last]) for first, last in self.bounds]

    @property
    def texts(self) -> list[str]:
        """All that is embedded: the excerpts, then the lines."""
        return [*self.excerpts, *(line.text for line in self.lines)]


def of_transcript(document: Mapping[str, Any]) -> Content:
    """Cut a transcript: whole turns together while they fit, and each excerpt begins with the end of the one before.

    Args:
        document: A transcript, from `document.to_document` or `reading.parse`.
    """
    lines: list[Line] = []
    bounds = []
    for chunk in chunks(utterances(document), _MOST - _SHARED, _words_in):
        first = _shared(lines)
        lines += (_line(each.start, each.end, each.speaker, each.text) for each in sentences(chunk))
        bounds.append((first, len(lines)))
    return Content(tuple(lines), tuple(bounds))


def of_minutes(document: Mapping[str, Any]) -> Content:
    """Cut minutes: every entry that the transcript carries is an excerpt of its own.

    Args:
        document: From `minutes.to_document`.
    """
    lines = tuple(
        _line(float(entry["start"]), float(entry["end"]), entry.get("speaker"), entry["text"])
        for section in SECTIONS
        for entry in document[section]
        if entry["text"].strip()
    )
    return Content(lines, tuple((at, at + 1) for at in range(len(lines))))


def text_of(lines: Sequence[Line]) -> str:
    """Lines as one text to be read and searched for words, with the name of whoever speaks where that changes."""
    return " ".join(_said(lines))


def _line(start: float, end: float, speaker: str | None, text: str) -> Line:
    return Line(start, end, None if speaker is None else _clean(speaker), _clean(text))


def _clean(text: str) -> str:
    return " ".join(_UNSAID.sub(" ", text).split())


def _said(lines: Sequence[Line]) -> Iterator[str]:
    speaker = None
    for line in lines:
        if line.speaker is not None and line.speaker != speaker:
            yield f"{line.speaker}:"
        speaker = line.speaker
        yield line.text


def _shared(lines: Sequence[Line]) -> int:
    """Where an excerpt that goes on here begins: some lines before."""
    first, left = len(lines), _SHARED
    while first and (left := left - len(lines[first - 1].text.split())) >= 0:
        first -= 1
    return first


def _words_in(utterance: Utterance) -> int:
    return sum(len(line.text.split()) for line in utterance.lines)
