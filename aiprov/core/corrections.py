"""Near misses of a glossary's terms put right, by sound and spelling: each change recorded, and reversible. Pure.

What is spelled right stays, and so does every word that its recogniser was sure of: most of them are words of their
own. Where nobody says how sure a recogniser was, only what looks and sounds like a name becomes one. The same
transcript and glossary give the same changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from aiprov.core.glossary import Glossary, letters, mentions, shape, stems
from aiprov.core.passages import ends_sentence
from aiprov.core.results import Segment, Word
from aiprov.core.sounds import Ear, sound, weight

# A term is put in where it sounds so much like what stands there, and the words there are as unsure as this.
_ALIKE = 0.9
_UNSURE = 0.7
# The same where nobody says how sure they are.
_SAME = 0.95
_HEAVY = 3.0
# Terms with less to hear are taken for others too easily; shorter ones are only found by alias.
_SLIGHTEST = 2.4
_SHORTEST = 4
# Words that one term may have become.
_MOST_WORDS = 4
_PIECE = re.compile(r"\s*\S+\s*")


@dataclass(frozen=True, slots=True)
class Change:
    """One place where a term was put in.

    Attributes:
        id: Counts from 0 through the transcript.
        segment: The segment's position.
        first, count: The first of its words that is new, and how many are.
        before, after: The text that was there, and what is there now, with the white space and punctuation around.
        score: How alike they sound, 0..1; 1 for aliases.
        rule: `alias`, `spelling` (the same letters, other spaces or capitals) or `sound`.
        was: The words as they were; empty where the segment has none.
    """

    id: int
    segment: int
    first: int
    count: int
    before: str
    after: str
    score: float
    rule: str
    was: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class _Fix:
    """A change that is going to be made: which words become which term. The best come first."""

    rank: float
    first: int
    end: int
    text: str
    ending: str
    rule: str

    def meets(self, other: _Fix) -> bool:
        return self.first < other.end and other.first < self.end


def corrected(segments: Sequence[Segment], glossary: Glossary) -> tuple[tuple[Segment, ...], tuple[Change, ...]]:
    """Put a glossary's terms where they were misheard or misspelled.

    Args:
        segments: In order of time.
        glossary: Its terms and aliases.

    Returns:
        The segments, and what was changed in them, in order.
    """
    rules = _rules(glossary)
    done: list[Segment] = []
    changes: list[Change] = []
    for at, segment in enumerate(segments):
        moved = 0
        for fix in rules.fixes(pieces_of(segment), segment.words):
            segment, change = _applied(segment, fix, moved, len(changes), at)
            moved += change.count - (fix.end - fix.first)
            changes.append(change)
        done.append(segment)
    return tuple(done), tuple(changes)


def pieces_of(segment: Segment) -> list[str]:
    """A segment's words as they stand; without word times, its text where spaces part it.

    Nothing where its words are not its text: then nobody can tell which are meant.
    """
    words = [word.text for word in segment.words]
    if words:
        return words if "".join(words) == segment.text else []
    return _PIECE.findall(segment.text)


class _Rules:
    """A glossary, made ready."""

    def __init__(self, glossary: Glossary) -> None:
        self._texts = glossary.texts
        aliases = {letters(alias): (term.text, "alias") for term in glossary.terms for alias in term.aliases}
        own = {letters(term.text): (term.text, "spelling") for term in glossary.terms}
        self._known = {spelled: term for spelled, term in (aliases | own).items() if spelled}
        self._ear = Ear([text if len(letters(text)) >= _SHORTEST else "" for text in self._texts], _SLIGHTEST)

    def fixes(self, pieces: Sequence[str], words: Sequence[Word]) -> list[_Fix]:
        """What to change in one segment, in order; no two meet."""
        chosen = [
            _Fix(-1.0, first, end, text, ending, rule)
            for first, end, ending, (text, rule) in mentions(pieces, self._known)
        ]
        for fix in sorted(self._alike(pieces, words)):
            if not any(fix.meets(other) for other in chosen):
                chosen.append(fix)
        wrong = (fix for fix in chosen if fix.rule != "spelling" or _misspelled(pieces[fix.first : fix.end], fix.text))
        return sorted(wrong, key=lambda fix: fix.first)

    def _alike(self, pieces: Sequence[str], words: Sequence[Word]) -> Iterator[_Fix]:
        known = any(word.probability < 1.0 for word in words)
        for first in range(len(pieces)):
            before = ""
            for end in range(first + 1, min(first + _MOST_WORDS, len(pieces)) + 1):
                if _doubtful(words[first:end]) if known else _like_names(pieces, first, end):
                    yield from self._terms_like(before, pieces[end - 1], known, first, end)
                before += sound(stems(pieces[end - 1])[0][0])

    def _terms_like(self, before: str, last: str, known: bool, first: int, end: int) -> Iterator[_Fix]:
        for stem, ending in stems(last):
            for at, alike in self._ear.near(before + sound(stem), _ALIKE if known else _SAME):
                if _is_heavy(self._texts[at]) if known and end - first > 1 else known or _is_name(self._texts[at]):
                    yield _Fix(-alike, first, end, self._texts[at], ending, "sound")


@lru_cache(maxsize=4)
def _rules(glossary: Glossary) -> _Rules:
    return _Rules(glossary)


def _doubtful(words: Sequence[Word]) -> bool:
    return sum(word.probability for word in words) < _UNSURE * len(words)


def _like_names(pieces: Sequence[str], first: int, end: int) -> bool:
    """Whether each word is written like a name, where not every word is: behind the start of a sentence."""
    begins = first == 0 or ends_sentence(pieces[first - 1])
    return not begins and all(shape(piece).body[:1].isupper() for piece in pieces[first:end])


def _is_heavy(text: str) -> bool:
    return weight(sound(text)) >= _HEAVY


def _is_name(text: str) -> bool:
    return text != text.lower() and _is_heavy(text)


def _misspelled(pieces: Sequence[str], text: str) -> bool:
    """Whether the right letters stand there in a wrong form.

    A capital at a word's start tells nothing: sentences begin with one, and a term may be a common word, too. Short
    words that a term could fall apart into are mostly meant: `in to`.
    """
    plain = " ".join(shape(piece).body for piece in pieces)
    if " " not in text and (len(pieces) > 1 or text[1:] == text[1:].lower()):
        return len(pieces) > 1 and _is_heavy(text)
    return not plain.startswith(text) and plain[:1].swapcase() + plain[1:] != text


def _applied(segment: Segment, fix: _Fix, moved: int, number: int, at: int) -> tuple[Segment, Change]:
    pieces = pieces_of(segment)
    first, end = fix.first + moved, fix.end + moved
    old = pieces[first:end]
    new = _written(old, fix.text + fix.ending)
    words = segment.words
    was = words[first:end]
    if words:
        words = (*words[:first], *_timed(was, new), *words[end:])
    text = "".join((*pieces[:first], *new, *pieces[end:]))
    change = Change(number, at, first, len(new), "".join(old), "".join(new), round(-fix.rank, 4), fix.rule, was)
    return replace(segment, text=text, words=words), change


def _written(old: Sequence[str], text: str) -> list[str]:
    """The term in the place of words: what stood around them stays."""
    parts = text.split()
    new = [parts[0], *(f" {part}" for part in parts[1:])]
    new[0] = shape(old[0]).lead + new[0]
    new[-1] += shape(old[-1]).tail
    return new


def _timed(was: Sequence[Word], new: Sequence[str]) -> Iterator[Word]:
    """New words share the time of the old ones by their lengths; they are as sure as those."""
    sure = sum(word.probability for word in was) / len(was)
    start, length = was[0].start, was[-1].end - was[0].start
    total, done = sum(map(len, new)), 0
    for text in new:
        begins, done = start + length * done / total, done + len(text)
        ends = was[-1].end if done == total else start + length * done / total
        yield Word(begins, ends, text, sure, was[0].speaker)
