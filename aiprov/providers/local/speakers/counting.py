"""How many people there are, and how sure that is.

Knows how near clusters are when they are merged, and how long each is heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from aiprov.core.speakers import SpeakerWish

if TYPE_CHECKING:
    from aiprov.providers.local.speakers.clustering import Numbers, Tree

# Voices nearer than the first are one person's, unless more people are asked for; nearer than the second, even then.
# Chosen on composed meetings of 2-5 voices, where anything from 0.48 to 0.56 counts right.
_SAME, _SURELY = 0.52, 0.65
# Who is heard less than this share of all speech is nobody new: a laugh, a noise, two voices in one. In seconds it is
# never less than the second and never more than the third.
_LEAST_SHARE, _LEAST_S, _ENOUGH_S = 0.015, 1.5, 12.0
# Who is heard longer than that but less than the share is nobody new either where the voice is so near to one that is
# heard more: over hours, what somebody says with a laugh or from the door adds up. Such strays were 0.45 to 0.62 near
# to their own person (12 people), somebody else of 8 to 30 seconds at most 0.43 to anybody.
_STRAY = 0.44
# At such a distance from another number, and after so much speech (seconds), it is as likely right as not.
_CLOSE, _LITTLE_S = 0.03, 10.0


@dataclass(frozen=True, slots=True)
class Counted:
    """The clusters that are people.

    Attributes:
        clusters: Of each person the cluster, those heard longest first.
        of_voice: The cluster of each voice.
        confidence: How sure their number is, 0..1; 1 where it was told.
    """

    clusters: tuple[int, ...]
    of_voice: Numbers
    confidence: float


def count(tree: Tree, wish: SpeakerWish) -> Counted:
    """Find as many people as there are, within what is wished.

    Fewer than are wished are found where no more voices can be told apart.
    """
    levels = _Levels(tree)
    steps = levels.at(_SAME)
    number = max(1, levels.number(steps))
    wanted = max(wish.minimum, number if wish.maximum is None else min(number, wish.maximum))
    if wanted < number:  # the nearest of those heard become one
        steps = next(each for each in range(steps, len(levels.heard)) if levels.number(each) <= wanted)
    elif wanted > len(tree.weights) - steps:  # what became one is taken apart again
        steps = max(len(tree.weights) - wanted, levels.at(_SURELY))
    people = levels.longest(steps, wanted)
    sure = 1.0 if len(people) == wish.exact else levels.confidence(steps, people)
    return Counted(people, tree.after(steps), sure)


class _Levels:
    """How many people there would be after each step.

    Attributes:
        heard: The number of clusters heard long enough, after 0, 1, 2... steps.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        total_s = float(tree.weights.sum())
        self._share_s = max(_LEAST_S, _LEAST_SHARE * total_s)
        self._least_s = min(self._share_s, _ENOUGH_S)
        self._nearness = list(accumulate((step[0] for step in tree.steps), min))
        self.heard = self._counted()

    def at(self, nearness: float) -> int:
        """How many steps join what is at least so near."""
        return sum(each >= nearness for each in self._nearness)

    def number(self, steps: int) -> int:
        """How many people there are after so many steps."""
        return self.heard[steps] - len(self._strays(steps))

    def longest(self, steps: int, number: int) -> tuple[int, ...]:
        """The clusters that are heard longest after so many steps; strays come last."""
        heard_s, strays = self._heard_s(steps), self._strays(steps)
        return tuple(sorted(heard_s, key=lambda each: (each in strays, -heard_s[each], each))[:number])

    def _strays(self, steps: int) -> frozenset[int]:
        """Clusters that are heard long enough, but little, and near to one that is heard more."""
        heard_s = self._heard_s(steps)
        little = [each for each, seconds in heard_s.items() if self._least_s <= seconds < self._share_s]
        much = [each for each, seconds in heard_s.items() if seconds >= self._share_s]
        if not little or not much:
            return frozenset()
        near = self._tree.nearness(steps, little, much).max(axis=1) >= _STRAY
        return frozenset(each for each, stray in zip(little, near.tolist(), strict=True) if stray)

    def confidence(self, steps: int, people: Sequence[int]) -> float:
        """How sure the number of people is.

        It is the surer the more voices would have to differ from what they are to give another number, the clearer
        who is heard too little to count, and the more speech there is.
        """
        heard_s = self._heard_s(steps)
        least_s = min(heard_s[each] for each in people)
        rest_s = max((seconds for each, seconds in heard_s.items() if each not in people), default=0.0)
        doubt = min(1.0, max(self._least_s / least_s, rest_s / self._least_s))
        margin, total_s = self._margin(steps), sum(heard_s.values())
        return margin / (margin + _CLOSE) * (1 - doubt**2 / 2) * total_s / (total_s + _LITTLE_S)

    def _margin(self, steps: int) -> float:
        """How much nearer or farther voices of one person could be taken to be without another number."""
        number = self.heard[steps]
        later = [at for at in range(steps, len(self.heard)) if self.heard[at] != number]
        earlier = [at for at in range(steps) if self.heard[at] != number]
        below = self._nearness[later[0] - 1] if later else 0.0
        above = self._nearness[earlier[-1]] if earlier else 1.0
        return max(0.0, min(_SAME - below, above - _SAME))

    def _heard_s(self, steps: int) -> dict[int, float]:
        """How long each cluster is heard after so many steps, in seconds."""
        heard_s = dict(enumerate(self._tree.weights.tolist()))
        for _, stays, joins in self._tree.steps[:steps]:
            heard_s[stays] += heard_s.pop(joins)
        return heard_s

    def _counted(self) -> list[int]:
        weights = self._tree.weights.tolist()
        number = sum(weight >= self._least_s for weight in weights)
        numbers = [number]
        for _, stays, joins in self._tree.steps:
            number -= (weights[stays] >= self._least_s) + (weights[joins] >= self._least_s)
            weights[stays] += weights[joins]
            number += weights[stays] >= self._least_s
            numbers.append(number)
        return numbers
