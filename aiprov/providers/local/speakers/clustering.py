"""Voices that sound alike become one: which are merged, nearest first, and how near they are.

Nearness is the mean cosine between all voices of two clusters, weighted by how long each is heard. Two people of one
window are two people, unless their voices say otherwise: that costs nearness instead of forbidding it, for the network
that hears windows sometimes takes one person before and after a pause for two. Knows nothing of how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

# What two people of one window lose in nearness.
_APART = 0.1
# More voices than the first are merged in groups of the second, where they are surely one person, before the rest.
_MOST, _GROUP = 1000, 400
_SURELY = (0.75, 0.7, 0.65, 0.6)


@dataclass(frozen=True, slots=True)
class Tree:
    """Which clusters become one, step by step.

    Attributes:
        first: The cluster of each voice before the first step; -1 for a voice that was left out.
        steps: Of each step the nearness, the cluster that stays and the one that joins it.
        weights: Seconds heard of each cluster before the first step.
        sums: The sum of each cluster's voices before the first step, weighted so.
    """

    first: Numbers
    steps: list[tuple[float, int, int]]
    weights: Floats
    sums: Floats

    def after(self, steps: int) -> Numbers:
        """The cluster of each voice after so many steps; -1 for a voice that was left out."""
        merged: Numbers = self._now(steps)[self.first]
        return merged

    def nearness(self, steps: int, ones: Sequence[int], others: Sequence[int]) -> Floats:
        """How near clusters are to others after so many steps: (ones, others)."""
        import numpy as np

        now = self._now(steps)[:-1]
        means = [self.sums[now == each].sum(axis=0) / self.weights[now == each].sum() for each in (*ones, *others)]
        near: Floats = np.stack(means[: len(ones)]) @ np.stack(means[len(ones) :]).T
        return near

    def _now(self, steps: int) -> Numbers:
        """The cluster that each became after so many steps; the last stands for voices left out."""
        import numpy as np

        now = np.arange(len(self.weights) + 1)
        for _, stays, joins in self.steps[:steps]:
            now[now == joins] = stays
        now[-1] = -1
        return now


def cluster(voices: NDArray[np.float32], weights: Floats, windows: Numbers) -> Tree:
    """Merge voices until all are one. Memory grows with the number of voices, not with its square.

    Args:
        voices: Vectors of length 1, (voices, dimensions), in order of time.
        weights: Seconds that each is heard for.
        windows: The window of each.
    """
    import numpy as np

    first, pairs = np.arange(len(voices)), _pairs(windows)
    sums, heard = voices * weights[:, None], weights
    for surely in _SURELY:
        if len(sums) <= _MOST:
            break
        merged = _in_groups(sums, heard, first[pairs], surely)
        first, sums, heard = merged[first], _summed(sums, merged), _summed(heard, merged)
    if len(sums) > _MOST:
        first, sums, heard = _longest(first, sums, heard)
    return Tree(first, _steps(sums, heard, _apart(first[pairs], len(sums)), -2.0), heard, sums)


def _in_groups(sums: Floats, weights: Floats, pairs: Numbers, least: float) -> Numbers:
    """The new cluster of each one, numbered from 0 in order of time; neighbours in time are compared."""
    import numpy as np

    now = np.arange(len(sums))
    for start in range(0, len(sums), _GROUP):
        end = min(start + _GROUP, len(sums))
        inside = pairs[((pairs >= start) & (pairs < end)).all(axis=1)] - start
        apart = _apart(inside, end - start)
        for _, stays, joins in _steps(sums[start:end], weights[start:end], apart, least):
            now[now == start + joins] = start + stays
    numbers: Numbers = np.unique(now, return_inverse=True)[1]
    return numbers


def _longest(first: Numbers, sums: Floats, weights: Floats) -> tuple[Numbers, Floats, Floats]:
    """Leave out all but those that are heard longest: what is alike nowhere is no speech that can be told apart."""
    import numpy as np

    kept = np.sort(np.argsort(-weights, kind="stable")[:_MOST])
    number = np.full(len(sums), -1)
    number[kept] = np.arange(len(kept))
    return number[first], sums[kept], weights[kept]


def _steps(sums: Floats, weights: Floats, apart: Flags, least: float) -> list[tuple[float, int, int]]:
    """Merge the nearest two clusters, again and again, while they are `least` near."""
    bench = _Bench(sums, weights, apart)
    steps: list[tuple[float, int, int]] = []
    for _ in range(len(weights) - 1):
        nearness, stays, joins = bench.nearest()
        if nearness < least:
            break
        bench.merge(stays, joins)
        steps.append((nearness, stays, joins))
    return steps


class _Bench:
    """Clusters while they are merged: between any two the sum of their voices' products, and the nearness."""

    def __init__(self, sums: Floats, weights: Floats, apart: Flags) -> None:
        import numpy as np

        self._products = sums @ sums.T
        self._weights, self._apart = weights.copy(), apart.copy()
        self._there = np.ones(len(weights), np.bool_)
        self._near = self._products / np.outer(weights, weights) - _APART * apart
        np.fill_diagonal(self._near, -np.inf)

    def nearest(self) -> tuple[float, int, int]:
        """The nearness of the nearest two, and which they are."""
        one, other = sorted(divmod(int(self._near.argmax()), len(self._weights)))
        return float(self._near[one, other]), one, other

    def merge(self, stays: int, joins: int) -> None:
        """One cluster joins another."""
        import numpy as np

        for matrix in (self._products, self._apart):
            matrix[stays] += matrix[joins]
            matrix[:, stays] += matrix[:, joins]
        self._weights[stays] += self._weights[joins]
        self._there[joins] = False
        near = self._products[stays] / (self._weights[stays] * self._weights) - _APART * self._apart[stays]
        near[~self._there] = near[stays] = -np.inf
        self._near[stays] = self._near[:, stays] = near
        self._near[joins] = self._near[:, joins] = -np.inf


def _pairs(windows: Numbers) -> Numbers:
    """Which voices belong to the same window, two by two: (pairs, 2). Voices of one window follow each other."""
    import numpy as np

    ends = [np.flatnonzero(windows[by:] == windows[:-by]) for by in (1, 2)]
    pairs: Numbers = np.concatenate(
        [np.stack([found, found + by], axis=1) for by, found in zip((1, 2), ends, strict=True)]
    )
    return pairs


def _apart(pairs: Numbers, size: int) -> Flags:
    """Between which clusters there are two people of one window."""
    import numpy as np

    apart = np.zeros((size, size), np.bool_)
    one, other = pairs[(pairs >= 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])].T
    apart[one, other] = apart[other, one] = True
    return apart


def _summed(rows: Floats, into: Numbers) -> Floats:
    """Rows added up by cluster."""
    import numpy as np

    sums = np.zeros((int(into.max()) + 1, *rows.shape[1:]))
    np.add.at(sums, into, rows)
    return sums
