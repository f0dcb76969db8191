"""Sentences in parts that each say one thing, and what each part does: promise, ask, propose, decide. Pure.

Speech recognition ends sentences where it likes: "Agreed, certificates are installed by a script, James, can you write
it?" is a decision and a request. Knows no language: the words are in `cues`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from aiprov.core.cues.table import Cues, cues_of
from aiprov.core.turns import Sentence
from aiprov.core.words import stems, words

# A part of fewer words says nothing alone: it stays with what follows.
_FEWEST = 3
NAME = r"(?-i:[A-ZÀ-ÖØ-Þ][\w'’-]+)"


class Act(StrEnum):
    """What a clause does."""

    COMMIT = "commit"
    COMMIT_LATE = "commit_late"
    REQUEST = "request"
    DECIDE = "decide"
    RULING = "ruling"
    PROPOSE = "propose"
    OBJECTIONS = "objections"
    CONTENTED = "contented"
    AGREE = "agree"
    REFUSE = "refuse"
    UNDECIDED = "undecided"
    RETRACT = "retract"
    OPEN_POINT = "open_point"
    QUESTION = "question"
    COURTESY = "courtesy"
    PASSING = "passing"
    VACANT = "vacant"
    PAST = "past"
    DENIED = "denied"


_PATTERNS = {
    Act.COMMIT_LATE: "commit_late",
    Act.DECIDE: "decide",
    Act.RULING: "ruling",
    Act.PROPOSE: "propose",
    Act.OBJECTIONS: "objections",
    Act.CONTENTED: "contented",
    Act.AGREE: "agree",
    Act.REFUSE: "refuse",
    Act.UNDECIDED: "undecided",
    Act.RETRACT: "retract",
    Act.OPEN_POINT: "open_point",
    Act.COURTESY: "courtesy",
    Act.VACANT: "vacant",
    Act.PAST: "past",
    Act.DENIED: "negation",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that says one thing.

    Attributes:
        id: Its place in the meeting, from 0.
        sentence, utterance: The ids of what it is in.
        speaker: The transcript's label, or None.
        text: Verbatim.
        start, end: In seconds; within the sentence by the length of the text.
        acts: What it does.
        stems: Of its content words.
    """

    id: int
    sentence: int
    utterance: int
    speaker: str | None
    text: str
    segments: tuple[int, ...]
    start: float
    end: float
    acts: frozenset[Act]
    stems: frozenset[str]

    def does(self, *acts: Act) -> bool:
        """Whether it does any of these."""
        return not self.acts.isdisjoint(acts)


def clauses(sentences: Iterable[Sentence], language: str) -> tuple[Clause, ...]:
    """Return the clauses of a meeting, in order.

    Args:
        sentences: From `turns.sentences`.
        language: ISO 639-1 code.
    """
    cues = cues_of(language)
    found: list[Clause] = []
    for sentence in sentences:
        length, done = max(len(sentence.text), 1), 0
        pieces = list(_pieces(sentence.text, language))
        for piece in pieces:
            start = sentence.start + (sentence.end - sentence.start) * done / length
            done += len(piece) + 1
            end = min(sentence.end, sentence.start + (sentence.end - sentence.start) * done / length)
            asked = sentence.text.rstrip("\"'”’)").endswith("?") and piece is pieces[-1]
            place = (len(found), sentence.id, sentence.utterance, sentence.speaker)
            acts, matter = acts_of(piece, cues, asked=asked), _matter(piece, cues)
            found.append(Clause(*place, piece, _within(sentence, start, end), start, end, acts, matter))
    return tuple(found)


def acts_of(text: str, cues: Cues, *, asked: bool = False) -> frozenset[Act]:
    """Return what a clause does, by its words.

    Args:
        text: One clause.
        cues: Its language.
        asked: Whether it ends with a question mark.
    """
    acts = {act for act, name in _PATTERNS.items() if getattr(cues, name).search(text)}
    if asked or cues.asks.search(text):
        acts.add(Act.QUESTION)
    for act, cue in ((Act.COMMIT, cues.commit), (Act.REQUEST, cues.request)):
        if match := cue.search(text):
            acts.add(Act.PASSING if cues.passing.search(text[match.end() :]) else act)
    return frozenset(acts)


def _matter(text: str, cues: Cues) -> frozenset[str]:
    """The stems of a clause, without "does anyone object" and "is everyone happy with": these ask about other words."""
    return stems(cues.contented.sub(" ", cues.objections.sub(" ", text)), cues)


def _within(sentence: Sentence, start: float, end: float) -> tuple[int, ...]:
    """The segments of a part of a sentence; which these are is known only where there is one, or by time."""
    if len(sentence.segments) == 1 or sentence.end <= sentence.start:
        return sentence.segments
    count, length = len(sentence.segments), sentence.end - sentence.start
    first = int((start - sentence.start) / length * count)
    last = int((end - sentence.start) / length * count - 1e-9)
    return sentence.segments[min(first, count - 1) : last + 1] or sentence.segments[-1:]


@cache
def _cut(language: str) -> re.Pattern[str]:
    """Where a new clause begins: behind a comma, or at "and" before somebody's task."""
    cues = cues_of(language)
    asked = rf"{NAME},? (?:{cues.request.pattern}|{cues.asks.pattern.lstrip('^')})"
    third = rf"(?:and )?{NAME} (?:{cues.doing.pattern})"
    return re.compile(
        rf"[,;:]\s+(?=(?:and |but |so )?(?:{cues.starters.pattern}|{asked}|{third}))"
        rf"|\s+(?=and (?:{cues.commit.pattern}|{NAME} (?:{cues.doing.pattern})))",
        re.IGNORECASE,
    )


def _pieces(text: str, language: str) -> Iterator[str]:
    """A sentence cut into clauses; small parts and conditions stay with what follows."""
    cues = cues_of(language)
    start = 0
    for match in _cut(language).finditer(text):
        piece = text[start : match.end()].strip()
        if len(words(piece)) < _FEWEST or cues.subordinate.match(piece):
            continue
        yield piece
        start = match.end()
    if rest := text[start:].strip():
        yield rest
