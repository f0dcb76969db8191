"""The lines that say most of a meeting: near to its topics, different from each other, every topic heard.

Knows vectors of sentences; no model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiprov.core.clauses import Act, Clause
from aiprov.core.meeting import Meeting
from aiprov.core.words import words

if TYPE_CHECKING:
    from aiprov.minutes.topics import Topic
    from aiprov.minutes.vectors import Matrix, Vectors

# A line has at least so many words that say something, and at most so many words.
_FEWEST, _MOST_WORDS = 4, 60
# How much a line's distance from those already chosen counts against its nearness to the matter.
_DIVERSITY = 0.1
# A long meeting's opening says what it is about: so many lines of so large a part, with so many telling words each.
_OPENING, _OPENING_SHARE, _OPENING_WORDS = 3, 0.03, 6
# Nearness to the topic and to the meeting, and what numbers and a good length add.
_TOPIC, _WHOLE = 0.6, 0.4
_SILENT = (Act.COURTESY, Act.RETRACT, Act.QUESTION, Act.OBJECTIONS, Act.CONTENTED, Act.PASSING)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of the meeting, verbatim, in one or more clauses."""

    clauses: tuple[Clause, ...]
    topic: int

    @property
    def text(self) -> str:
        """The sentence."""
        return " ".join(clause.text for clause in self.clauses)


def telling(meeting: Meeting, topics: Sequence[Topic], vectors: Vectors, most_words: int) -> list[Line]:
    """Return the lines that say most, in order of time.

    Args:
        meeting: From `meeting.understood`.
        topics: Its topics.
        vectors: Of texts.
        most_words: The most words of all lines together; at least one line is returned where there is one.
    """
    lines = [line for at, topic in enumerate(topics) for line in _lines(topic, at, meeting)]
    if not lines:
        return []
    rows = vectors.of([line.text for line in lines])
    worth = _worth(lines, rows)
    chosen = _opening(lines, meeting, most_words)
    room = most_words - sum(len(words(lines[at].text)) for at in chosen)
    while (best := _next(lines, rows, worth, chosen, room)) is not None:
        chosen.append(best)
        room -= len(words(lines[best].text))
    return [lines[at] for at in sorted(chosen)]


def _lines(topic: Topic, at: int, meeting: Meeting) -> Iterator[Line]:
    """The sentences of a topic that can stand alone."""
    sentence: list[Clause] = []
    for clause in (*topic.clauses, None):
        if clause is not None and sentence and clause.sentence == sentence[-1].sentence:
            sentence.append(clause)
            continue
        if sentence and _stands(sentence, meeting):
            yield Line(tuple(sentence), at)
        sentence = [clause] if clause is not None else []


def _stands(sentence: Sequence[Clause], meeting: Meeting) -> bool:
    stems = {stem for clause in sentence for stem in clause.stems}
    length = sum(len(words(clause.text)) for clause in sentence)
    silent = any(clause.does(*_SILENT) or clause.id in meeting.taken_back for clause in sentence)
    return len(stems) >= _FEWEST and length <= _MOST_WORDS and not silent


def _opening(lines: Sequence[Line], meeting: Meeting, room: int) -> list[int]:
    """The first full lines of the meeting's beginning that fit."""
    until = meeting.clauses[-1].end * _OPENING_SHARE
    chosen: list[int] = []
    for at, line in enumerate(lines):
        stems = {stem for clause in line.clauses for stem in clause.stems}
        if line.clauses[0].start > until or len(chosen) == _OPENING:
            break
        if len(stems) >= _OPENING_WORDS and len(words(line.text)) <= room:
            chosen.append(at)
            room -= len(words(line.text))
    return chosen


def _worth(lines: Sequence[Line], rows: Matrix) -> list[float]:
    """Each line's nearness to the middle of its topic and of the meeting."""
    import numpy as np

    def middle(of: Matrix) -> Matrix:
        mean: Matrix = of.mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-9)

    whole = middle(rows)
    topical = {
        at: middle(rows[[n for n, line in enumerate(lines) if line.topic == at]])
        for at in {line.topic for line in lines}
    }
    return [
        float(_TOPIC * (row @ topical[line.topic]) + _WHOLE * (row @ whole))
        for line, row in zip(lines, rows, strict=True)
    ]


def _next(lines: Sequence[Line], rows: Matrix, worth: Sequence[float], chosen: Sequence[int], room: int) -> int | None:
    """The best line that fits: from a topic that was not heard yet while there is one, unlike those chosen."""
    if chosen and room <= 0:
        return None
    fitting = [
        at for at in range(len(lines)) if at not in chosen and (not chosen or len(words(lines[at].text)) <= room)
    ]
    heard = {lines[at].topic for at in chosen}
    fresh = [at for at in fitting if lines[at].topic not in heard] or fitting
    if not fresh:
        return None
    near = rows[fresh] @ rows[list(chosen)].T if chosen else None

    def gain(place: int) -> float:
        like = float(near[place].max()) if near is not None else 0.0
        return (1 - _DIVERSITY) * worth[fresh[place]] - _DIVERSITY * like

    return fresh[max(range(len(fresh)), key=gain)]
