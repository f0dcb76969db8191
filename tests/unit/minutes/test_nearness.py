"""How near texts are to each other, also where there are none."""

from __future__ import annotations

from aiprov.minutes.vectors import Vectors
from minutes_world import bag_of_words


def test_nothing_is_near_to_nothing() -> None:
    vectors = Vectors(bag_of_words)
    assert vectors.similarity([], ["a budget"]) == []
    assert vectors.similarity(["a budget"], []) == [[]]


def test_the_same_words_are_nearest() -> None:
    ((same, other),) = Vectors(bag_of_words).similarity(["the budget"], ["the budget", "an alarm"])
    assert same > 0.99 > other
