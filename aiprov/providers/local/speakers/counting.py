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
# Who is heard less than this share, or so long (seconds), is nobody new: a laugh, a noise, two voices in one.
_LEAST_SHARE, _LEAST_S, _ENOUGH_S = 0.02, 1.5, 12.0


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
    sure = 1.0 if len(people) == wish.exact else levels.confidence(steps)
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
        heard_s: dict[int, float] = {}
        for cluster, weight in zip(self._clusters(steps), self._tree.weights.tolist(), strict=True):
            heard_s[cluster] = heard_s.get(cluster, 0.0) + weight
        return tuple(sorted(heard_s, key=lambda each: (-heard_s[each], each))[:number])

    def confidence(self, steps: int) -> float:
        """How sure the number after so many steps is: how far voices could be from each other without another one."""
        number = self.heard[steps]
        later = [at for at in range(steps, len(self.heard)) if self.heard[at] != number]
        earlier = [at for at in range(steps) if self.heard[at] != number]
        below = self._nearness[later[0] - 1] if later else 0.0
        above = self._nearness[earlier[-1]] if earlier else 1.0
        return min(_SAME - below, above - _SAME)

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

    def _clusters(self, steps: int) -> list[int]:
        now = list(range(len(self._tree.weights)))
        for _, stays, joins in self._tree.steps[:steps]:
            now = [stays if each == joins else each for each in now]
        return now
