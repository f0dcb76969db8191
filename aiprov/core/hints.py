"""Which passages of a recording are worth a second hearing with which of a glossary's terms in mind. Pure.

A model that is told many terms hears them everywhere, and little else well; told the few that a passage sounds like,
it mostly hears what was said. Knows nothing of engines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from aiprov.core.glossary import letters, mentions, stems
from aiprov.core.passages import Passage
from aiprov.core.results import Word
from aiprov.core.sounds import Ear, sound

# A span is worth hearing again when it is so like a term, less what the model doubts it by. Chosen with tiny.en on
# three speakers of LibriSpeech, measured on others.
_ALIKE = 0.9
_PER_DOUBT = 0.5
_LEAST = 0.5
# Slighter terms sound like something in every sentence.
_SLIGHTEST = 2.0
# Words that one term may have become.
_MOST_WORDS = 4
# More terms than this in one prompt draw the model away from what is said.
_MOST_TERMS = 6
# So much of the speech at hand is heard again at most: a second hearing costs as much as the first.
_SHARE = 0.5


class Hints:
    """A glossary's terms, made ready.

    Args:
        terms: Their spellings.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self._terms = tuple(terms)
        self._known = {letters(term): at for at, term in reversed(list(enumerate(terms))) if letters(term)}
        self._ear = Ear(self._terms, _SLIGHTEST)

    def chosen(self, passages: Sequence[Passage]) -> dict[int, tuple[str, ...]]:
        """Say which passages to hear again, by their positions, and for which terms, the likeliest last.

        At most half of the speech is chosen, but for the first passage: those that sound most like a term.
        """
        wanted = {at: found for at, passage in enumerate(passages) if (found := self._likely(passage))}
        room = _SHARE * sum(passage.span.length for passage in passages)
        chosen: dict[int, tuple[str, ...]] = {}
        for at in sorted(wanted, key=lambda at: (-max(wanted[at].values()), at)):
            room -= passages[at].span.length
            if room < 0 and chosen:
                break
            best = sorted(wanted[at], key=lambda term: (wanted[at][term], -term))[-_MOST_TERMS:]
            chosen[at] = tuple(self._terms[term] for term in best)
        return dict(sorted(chosen.items()))

    def better(self, before: Passage, after: Passage, terms: Iterable[str]) -> Passage:
        """Take from a second reading what is better in it: nothing when it is less sure of itself than the first.

        All of it, when it has more of the terms and nothing is lost; else the places alone where a term was gained.

        Args:
            before, after: The first reading and the second.
            terms: Those that the second was told of.
        """
        wanted = {at for term in terms if (at := self._known.get(letters(term))) is not None}
        if after.avg_logprob <= before.avg_logprob:
            return before
        if self._gains(before.words, after.words, wanted):
            return after
        words: list[Word] = []
        for old, new in _differences(before.words, after.words):
            gains = bool(old) and old != new and self._gains(old, new, wanted)
            words += _moved(new, old[0].start, old[-1].end) if gains else old
        return replace(before, words=tuple(words))

    def _gains(self, before: Sequence[Word], after: Sequence[Word], wanted: set[int]) -> bool:
        """Whether terms were gained and nothing was lost: each takes the place of a few words, and no more are gone."""
        had, has = self._said(before), self._said(after)
        gained = sum(count for at, count in (has - had).items() if at in wanted)
        return gained > 0 and not had - has and len(before) - len(after) < _MOST_WORDS * gained

    def _said(self, words: Sequence[Word]) -> Counter[int]:
        """The terms in it, each in as many words as it should have."""
        found = mentions([word.text for word in words], self._known)
        return Counter(at for first, end, _, at in found if end - first == len(self._terms[at].split()))

    def _likely(self, passage: Passage) -> dict[int, float]:
        """Terms that something in a passage sounds like, and how likely they are, without those that it has."""
        found: dict[int, float] = {}
        said = self._said(passage.words)
        for heard, sure in _spans(passage):
            needed = _ALIKE - _PER_DOUBT * (1.0 - sure)
            for at, alike in self._ear.near(heard, max(_LEAST, needed)):
                if at not in said:
                    found[at] = max(found.get(at, 0.0), alike - needed)
        return found


def _spans(passage: Passage) -> Iterable[tuple[str, float]]:
    """Every few words that follow each other: how they sound, and how sure the model is of the least sure."""
    sounds = [sound(stems(word.text)[0][0]) for word in passage.words]
    for first in range(len(sounds)):
        heard, sure = "", 1.0
        for word, own in zip(passage.words[first : first + _MOST_WORDS], sounds[first:], strict=False):
            heard, sure = heard + own, min(sure, word.probability)
            yield heard, sure


def _differences(before: Sequence[Word], after: Sequence[Word]) -> Iterator[tuple[Sequence[Word], Sequence[Word]]]:
    """Two readings side by side: stretches that read alike, as the first has them, and those that do not."""
    ours, theirs = ([letters(word.text) for word in words] for words in (before, after))
    alike = SequenceMatcher(None, ours, theirs, autojunk=False)
    for kind, first, end, other, behind in alike.get_opcodes():
        old = before[first:end]
        yield old, old if kind == "equal" else after[other:behind]


def _moved(words: Sequence[Word], start: float, end: float) -> list[Word]:
    """The words in the time of those whose place they take."""
    length = words[-1].end - words[0].start
    scale = (end - start) / length if length > 0 else 0.0
    place = [(start + (word.start - words[0].start) * scale, word) for word in words]
    return [replace(word, start=at, end=at + (word.end - word.start) * scale) for at, word in place]
