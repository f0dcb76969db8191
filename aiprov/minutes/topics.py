"""Where a meeting turns to another topic, and what each topic is called: a phrase that somebody said.

Knows vectors of utterances and the words of a language; no model.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiprov.core.clauses import Clause
from aiprov.core.meeting import Meeting
from aiprov.core.words import stem, words

if TYPE_CHECKING:
    from aiprov.minutes.vectors import Matrix, Vectors

# Topics are compared over blocks of so many words, so many blocks on each side.
_BLOCK, _SIDE = 30, 3
# A topic has at least so many words; there are at most so many topics.
_SHORTEST, _MOST = 60, 12
# A valley of nearness must be so many standard deviations deep, and an announced topic counts like so many.
_DEPTH, _ANNOUNCED = 0.5, 1.5
_LONGEST_NAME = 4


@dataclass(frozen=True, slots=True)
class Topic:
    """A stretch of a meeting about one thing.

    Attributes:
        name: A phrase, verbatim.
        clauses: All of the stretch, in order.
        named: The clause with the name.
    """

    name: str
    clauses: tuple[Clause, ...]
    named: Clause


def topics(meeting: Meeting, vectors: Vectors) -> tuple[Topic, ...]:
    """Return the topics of a meeting, in order; together they are the whole.

    Args:
        meeting: From `meeting.understood`.
        vectors: Of texts.
    """
    if not meeting.clauses:
        return ()
    parts = [tuple(part) for part in _parted(meeting, vectors)]
    seen = Counter(each for part in parts for each in {stem for clause in part for stem in clause.stems})
    return tuple(_topic(part, seen, len(parts), meeting, vectors) for part in parts)


def _parted(meeting: Meeting, vectors: Vectors) -> Iterator[list[Clause]]:
    blocks = list(_blocks(meeting.clauses))
    bounds = _bounds(blocks, meeting, vectors)
    part: list[Clause] = []
    for at, block in enumerate(blocks):
        if at in bounds and part:
            yield part
            part = []
        part += block
    yield part


def _blocks(clauses: Sequence[Clause]) -> Iterator[list[Clause]]:
    """Clauses in groups of about the same number of words, never across speakers when that can be helped."""
    block: list[Clause] = []
    for clause in clauses:
        length = sum(len(words(each.text)) for each in block)
        if block and (length >= 2 * _BLOCK or (length >= _BLOCK / 2 and clause.utterance != block[-1].utterance)):
            yield block
            block = []
        block.append(clause)
    if block:
        yield block


def _bounds(blocks: Sequence[Sequence[Clause]], meeting: Meeting, vectors: Vectors) -> set[int]:
    """The blocks that begin a topic: where what comes is far from what was, the deepest valleys first."""
    if len(blocks) < 2:
        return set()
    depths = _depths(vectors.of([" ".join(clause.text for clause in block) for block in blocks]))
    mean = sum(depths) / len(depths)
    spread = math.sqrt(sum((depth - mean) ** 2 for depth in depths) / len(depths))
    scores = {
        at + 1: (depth - mean) / max(spread, 1e-9) + _ANNOUNCED * _announces(blocks[at + 1], meeting)
        for at, depth in enumerate(depths)
    }
    sizes = [sum(len(words(clause.text)) for clause in block) for block in blocks]
    chosen: set[int] = set()
    for at in sorted(scores, key=lambda at: -scores[at]):
        if scores[at] < _DEPTH or len(chosen) + 1 >= _MOST:
            break
        edges = sorted({0, *chosen, len(blocks)})
        before = max(edge for edge in edges if edge < at or edge == 0)
        after = min(edge for edge in edges if edge > at)
        if sum(sizes[before:at]) >= _SHORTEST and sum(sizes[at:after]) >= _SHORTEST and at not in chosen:
            chosen.add(at)
    return chosen


def _depths(rows: Matrix) -> list[float]:
    """For each gap between blocks how much nearer the blocks around it are to each other than across it."""
    import numpy as np

    def near(at: int) -> float:
        left, right = rows[max(0, at - _SIDE) : at].mean(axis=0), rows[at : at + _SIDE].mean(axis=0)
        return float(left @ right / max(float(np.linalg.norm(left) * np.linalg.norm(right)), 1e-9))

    nearness = [near(at) for at in range(1, len(rows))]
    return [
        max(nearness[max(0, at - _SIDE) : at + 1]) + max(nearness[at : at + _SIDE + 1]) - 2 * value
        for at, value in enumerate(nearness)
    ]


def _announces(block: Sequence[Clause], meeting: Meeting) -> bool:
    return any(meeting.cues.introduces.search(clause.text) for clause in block[:2])


def _topic(part: tuple[Clause, ...], seen: Counter[str], count: int, meeting: Meeting, vectors: Vectors) -> Topic:
    phrases = list(_phrases(part, meeting))
    if not phrases:
        return Topic(part[0].text, part, part[0])
    often = Counter(each for clause in part for each in clause.stems)
    (row,) = vectors.similarity([" ".join(clause.text for clause in part)], [text for text, _ in phrases])

    def worth(at: int) -> float:
        text, clause = phrases[at]
        stems = {stem(word) for word in words(text)} & set(often)
        telling = sum(math.sqrt(often[each]) * math.log(1 + count / seen[each]) for each in stems)
        return row[at] + 0.15 * telling / math.sqrt(len(stems) or 1) + 0.3 * (_announced(text, clause, meeting))

    best = max(range(len(phrases)), key=lambda at: (worth(at), -at))
    text, clause = phrases[best]
    return Topic(text, part, clause)


def _announced(text: str, clause: Clause, meeting: Meeting) -> bool:
    match = meeting.cues.introduces.search(clause.text)
    return bool(match) and text in clause.text[match.start("name") :] if match else False


def _phrases(part: Sequence[Clause], meeting: Meeting) -> Iterator[tuple[str, Clause]]:
    """Runs of words that say something, of up to four words, with their clauses."""
    people = {word for name in meeting.people for word in name.split()}
    for clause in part:
        run: list[str] = []
        for word in (*words(clause.text), ""):
            tells = stem(word) in clause.stems and word not in people if word else False
            if tells and (not run or f"{run[-1]} {word}" in clause.text):
                run.append(word)
                continue
            if run:
                yield from (
                    (" ".join(run[at : at + _LONGEST_NAME]), clause)
                    for at in range(max(1, len(run) - _LONGEST_NAME + 1))
                )
            run = [word] if tells else []
