"""How many people there are, and how sure that is.

Knows how near clusters are when they are merged, and how long each is heard.
"""

from __future__ import annotations

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
    number = max(1, levels.heard[steps])
    wanted = max(wish.minimum, number if wish.maximum is None else min(number, wish.maximum))
    if wanted < number:  # the nearest of those heard become one
        steps = next(each for each in range(steps, len(levels.heard)) if levels.heard[each] <= wanted)
    elif wanted > len(tree.weights) - steps:  # what became one is taken apart again
        steps = max(len(tree.weights) - wanted, levels.at(_SURELY))
    people = levels.longest(steps, wanted)
    sure = 1.0 if len(people) == wish.exact else levels.confidence(steps, len(people))
    return Counted(people, tree.after(steps), sure)


class _Levels:
    """How many people there would be after each step.

    Attributes:
        heard: The number of clusters heard long enough, after 0, 1, 2... steps.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        total_s = float(tree.weights.sum())
        self._least_s = min(max(_LEAST_S, _LEAST_SHARE * total_s), _ENOUGH_S)
        self._nearness = list(accumulate((step[0] for step in tree.steps), min))
        self.heard = self._counted()

    def at(self, nearness: float) -> int:
        """How many steps join what is at least so near."""
        return sum(each >= nearness for each in self._nearness)

    def longest(self, steps: int, number: int) -> tuple[int, ...]:
        """The clusters that are heard longest after so many steps."""
        heard_s = self._heard_s(steps)
        return tuple(sorted(heard_s, key=lambda each: (-heard_s[each], each))[:number])

    def confidence(self, steps: int, people: int) -> float:
        """How sure the number of people is.

        It is the surer the more voices would have to differ from what they are to give another number, the clearer
        who is heard too little to count, and the more speech there is.
        """
        heard_s = sorted(self._heard_s(steps).values(), reverse=True)
        rest_s = max(heard_s[people:], default=0.0)
        doubt = min(1.0, max(self._least_s / heard_s[people - 1], rest_s / self._least_s))
        margin, total_s = self._margin(steps), sum(heard_s)
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
