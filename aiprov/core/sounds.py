"""How words sound, roughly: what one may hear alike comes out alike. Pure; knows nothing of glossaries.

For Latin script in general, tuned to no language: letters that most languages speak alike are one sound, accents are
gone, vowels weigh little, and consonants of one place in the mouth are near. In other scripts a word sounds as it is
spelled.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import accumulate, chain, islice

_VOWELS = "aeiou"
_WEAK = "hwy"
# Sounds that are easily taken for each other; those of the inner groups are nearly one.
_KIN = ("pb", "tdT", "kgC", "fvw", "szSCj", "mn", "lr")
_TWINS = ("pb", "td", "kg", "fv", "vw", "sz")
# A v may be taken for a w and weighs more: sounds that are alike differ in weight by so much.
_SLACK = 0.6
# In this order: what is written, what is heard. Capitals are sounds that no single letter has.
_SPELLINGS = (
    (re.compile(r"^(?:kn|gn)"), "n"),
    (re.compile(r"^wr"), "r"),
    (re.compile(r"^ps"), "s"),
    (re.compile(r"tsch|tch"), "C"),
    (re.compile(r"sch|sh"), "S"),
    (re.compile(r"ch"), "C"),
    (re.compile(r"th"), "T"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"gh"), "g"),
    (re.compile(r"wh"), "w"),
    (re.compile(r"qu"), "kw"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"dg"), "j"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"[cq]"), "k"),
    (re.compile(r"(?<=.)y"), "i"),
    (re.compile(r"([aeiou])[aeiou]+"), r"\1"),
    (re.compile(r"(.)\1+"), r"\1"),
)
_LETTERS = str.maketrans({"ø": "o", "œ": "oe", "æ": "e", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


@lru_cache(maxsize=50_000)
def sound(text: str) -> str:
    """The sounds of a text, one character each; empty when it has no letters."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    letters = "".join(letter for letter in plain if letter.isalnum())
    for written, heard in _SPELLINGS:
        letters = written.sub(heard, letters)
    return letters


@lru_cache(maxsize=50_000)
def weight(sounds: str) -> float:
    """How much there is to hear: about 1 for each consonant, a third for each vowel."""
    return sum(map(_lost, sounds))


def pairs(sounds: str, reach: int = 1) -> frozenset[str]:
    """Pairs of consonants, kin taken for one, that follow each other: what sounds alike shares most of them.

    Args:
        sounds: From `sound`.
        reach: How many consonants further on the second may be.
    """
    bones = "".join(filter(None, map(_bone, sounds)))
    found = {bones[at] + bones[at + step] for step in range(1, reach + 1) for at in range(len(bones) - step)}
    return frozenset(found or {bones})


def likeness(term: str, heard: str, least: float = 0.0) -> float:
    """How alike two sounds are: 1 for the same, 0 for those that share nothing or come out below `least`."""
    room = (1.0 - least) * weight(term)
    costs = [0.0, *accumulate(map(_lost, heard))]
    for each in term:
        costs = _step(each, heard, costs)
        if min(costs) > room:
            return 0.0
    return 1.0 - costs[-1] / weight(term) if term and costs[-1] <= room else 0.0


class Ear:
    """Terms, to be found by how they sound: quickly, where there are thousands.

    Args:
        terms: In their order.
        slightest: The least weight of a term; what sounds slighter is like too much, and is never found.
    """

    def __init__(self, terms: Sequence[str], slightest: float) -> None:
        self._sounds = [sound(term) for term in terms]
        self._weights = [weight(each) for each in self._sounds]
        self._pairs: list[int] = []
        self._with: dict[str, list[int]] = {}
        for at, each in enumerate(self._sounds):
            own = pairs(each) if self._weights[at] >= slightest else frozenset()
            self._pairs.append(len(own))
            for pair in own:
                self._with.setdefault(pair, []).append(at)

    def near(self, heard: str, least: float) -> Iterator[tuple[int, float]]:
        """Which terms sound like it, by their places, and how alike they are: `least` (0..1) or more."""
        for at in self._possible(heard, least):
            alike = likeness(self._sounds[at], heard, least)
            if alike:
                yield at, alike

    def _possible(self, heard: str, least: float) -> list[int]:
        """Those that share most of their pairs, and are neither too long nor too short."""
        shared = Counter(chain.from_iterable(self._with.get(pair, ()) for pair in pairs(heard, 2)))
        count, weights, own = self._pairs, self._weights, weight(heard)
        lightest, heaviest = own / (2.0 - least) - _SLACK, own / max(least, 0.1) + _SLACK
        return [at for at, n in shared.items() if n >= least * count[at] and lightest <= weights[at] <= heaviest]


def _step(term: str, heard: str, costs: list[float]) -> list[float]:
    """One sound of the term further: the cost of what was heard so far, for each of its sounds."""
    lost, instead = _lost(term), _instead(term)
    before = costs[0]
    now = [last := before + lost]
    for other, above in zip(heard, islice(costs, 1, None), strict=True):
        last = min(before + instead[other], above + lost, last + _lost(other))
        now.append(last)
        before = above
    return now


@cache
def _lost(sound_: str) -> float:
    return 0.35 if sound_ in _VOWELS else 0.3 if sound_ in _WEAK else 0.9


class _Costs(dict[str, float]):
    """What it costs to hear another sound instead of this one."""

    def __init__(self, own: str) -> None:
        super().__init__()
        self._own = own

    def __missing__(self, other: str) -> float:
        self[other] = cost = _changed(self._own, other)
        return cost


@cache
def _instead(sound_: str) -> _Costs:
    return _Costs(sound_)


def _changed(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if (one in _VOWELS and other in _VOWELS) or _together(one, other, _TWINS):
        return 0.2
    return 0.35 if _together(one, other, _KIN) else 1.1


def _together(one: str, other: str, groups: Iterable[str]) -> bool:
    return any(one in group and other in group for group in groups)


@cache
def _bone(sound_: str) -> str:
    """One sound for all its kin; nothing for vowels and what is hardly heard."""
    if sound_ in _VOWELS or sound_ in "hy":
        return ""
    return next((group[0] for group in _KIN if sound_ in group), sound_)
