"""Which passages of a recording are worth a second hearing with which of a glossary's terms in mind. Pure.

A model that is told many terms hears them everywhere, and little else well; told the few that a passage sounds like,
it mostly hears what was said. What it still does not hear is guessed, and the model says how likely the guess is.
Knows nothing of engines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from aiprov.core.corrections import put_in
from aiprov.core.glossary import letters, mentions, stems
from aiprov.core.passages import Passage
from aiprov.core.results import Word
from aiprov.core.sounds import Ear, sound, weight

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
# A term of a glossary may be so much less likely to the model (natural logarithm) than the words in whose place it is
# guessed: without the glossary, it does not expect the term at all. Less, where it sounds unlike or is slight.
_CREDIT = 11.0
_PER_UNLIKENESS = 10.0
_PER_SLIGHTNESS = 6.0
_HEAVY = 3.0
# Each guess costs the model a look at the whole passage.
_MOST_GUESSES = 4


@dataclass(frozen=True, slots=True)
class Guess:
    """A term that may have been said where other words stand.

    Attributes:
        first, end: The first of these words, and the one behind the last.
        term: Its spelling.
        credit: How much less likely (natural logarithm) the text with it may be than the text without it.
    """

    first: int
    end: int
    term: str
    credit: float

    def inside(self, passage: Passage) -> Passage:
        """The passage with the term in it."""
        return replace(passage, words=put_in(passage.words, self.first, self.end, self.term))


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

    def guesses(self, passage: Passage) -> list[Guess]:
        """Terms that words of a passage, none of which is a term, may stand for: few, the likeliest first."""
        taken = {at for first, end, *_ in self._mentions(passage.words) for at in range(first, end)}
        found = [
            (needed - alike, first, end, at, self._credit(at, alike))
            for first, end, at, alike, needed in self._sounding(passage)
            if taken.isdisjoint(range(first, end))
        ]
        likely = sorted(each for each in found if each[-1] > 0)[:_MOST_GUESSES]
        return [Guess(first, end, self._terms[at], credit) for _, first, end, at, credit in likely]

    def _credit(self, term: int, alike: float) -> float:
        slight = max(0.0, _HEAVY - weight(sound(self._terms[term])))
        return _CREDIT - _PER_UNLIKENESS * (1.0 - alike) - _PER_SLIGHTNESS * slight

    def _gains(self, before: Sequence[Word], after: Sequence[Word], wanted: set[int]) -> bool:
        """Whether terms were gained and nothing was lost: each takes the place of a few words, and no more are gone."""
        had, has = self._said(before), self._said(after)
        gained = sum(count for at, count in (has - had).items() if at in wanted)
        return gained > 0 and not had - has and len(before) - len(after) < _MOST_WORDS * gained

    def _said(self, words: Sequence[Word]) -> Counter[int]:
        """The terms in it, each in as many words as it should have."""
        return Counter(at for first, end, _, at in self._mentions(words) if end - first == self._count(at))

    def _mentions(self, words: Sequence[Word]) -> Iterator[tuple[int, int, str, int]]:
        return mentions([word.text for word in words], self._known)

    def _count(self, term: int) -> int:
        return len(self._terms[term].split())

    def _likely(self, passage: Passage) -> dict[int, float]:
        """Terms that something in a passage sounds like, and how likely they are, without those that it has."""
        found: dict[int, float] = {}
        said = self._said(passage.words)
        for _, _, at, alike, needed in self._sounding(passage):
            if at not in said:
                found[at] = max(found.get(at, 0.0), alike - needed)
        return found

    def _sounding(self, passage: Passage) -> Iterator[tuple[int, int, int, float, float]]:
        """Words (the first, and behind the last), the term that they sound like, how much, and how much is needed."""
        for first, end, heard, sure in _spans(passage):
            needed = _ALIKE - _PER_DOUBT * (1.0 - sure)
            for at, alike in self._ear.near(heard, max(_LEAST, needed)):
                yield first, end, at, alike, needed


def settled(passage: Passage, guesses: Sequence[Guess], weights: Sequence[float]) -> Passage:
    """Put in the guesses that are likely enough, the likeliest where two are of the same words.

    Args:
        passage: As it was read.
        guesses: Of its words.
        weights: Log probabilities of the text as it was read and, in order, with each guess instead.
    """
    gains = [weight_ - weights[0] + guess.credit for guess, weight_ in zip(guesses, weights[1:], strict=True)]
    chosen: list[Guess] = []
    for gain, guess in sorted(zip(gains, guesses, strict=True), key=lambda pair: (-pair[0], pair[1].first)):
        if gain > 0 and not any(guess.first < other.end and other.first < guess.end for other in chosen):
            chosen.append(guess)
    # The last first, so that the places of those before stay.
    for guess in sorted(chosen, key=lambda each: -each.first):
        passage = guess.inside(passage)
    return passage


def _spans(passage: Passage) -> Iterator[tuple[int, int, str, float]]:
    """Every few words that follow each other: how they sound, and how sure the model is of the least sure."""
    sounds = [sound(stems(word.text)[0][0]) for word in passage.words]
    for first in range(len(sounds)):
        heard, sure = "", 1.0
        for end in range(first + 1, min(first + _MOST_WORDS, len(sounds)) + 1):
            heard, sure = heard + sounds[end - 1], min(sure, passage.words[end - 1].probability)
            yield first, end, heard, sure


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
