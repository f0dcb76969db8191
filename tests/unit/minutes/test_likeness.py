"""Texts compared by their words."""

import math

import pytest

from aiprov.minutes.likeness import word_similarity, word_vectors

TEXTS = ("We painted the old wall.", "They are painting walls.", "The licence is expensive.", "")


def test_texts_that_share_stems_are_near_and_others_are_not():
    ((same, like, unlike, nothing),) = word_similarity(TEXTS[:1], TEXTS)
    assert same == pytest.approx(1.0)
    assert 0.3 < like < 1.0
    assert unlike == nothing == 0.0


def test_vectors_have_length_one_and_say_the_same():
    first, second, third, empty = word_vectors(TEXTS)
    assert math.fsum(value * value for value in first) == pytest.approx(1.0)
    assert sum(map(float.__mul__, first, second)) > 0.3
    assert sum(map(float.__mul__, first, third)) == pytest.approx(0.0)
    assert not any(empty)
