"""Answers that go round in circles are led out of them."""

import numpy as np
import pytest

from aiprov.providers.local.choosing import Loops


def after(tokens):
    loops = Loops()
    for token in tokens:
        loops.take(token)
    return loops.without(np.array([1, 2, 3, 4])).tolist()


@pytest.mark.parametrize("round_", [[1], [1, 2], [1, 2, 3], list(range(1, 40))])
def test_the_token_that_begins_another_round_is_passed_over(round_):
    assert 1 not in after([9, 9, *round_ * (30 if len(round_) < 9 else 3)])


def test_what_was_said_twice_may_be_said_again():
    assert after([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] * 2) == [1, 2, 3, 4]


def test_a_short_run_and_talk_without_loops_bar_nothing():
    assert after([1] * 10) == [1, 2, 3, 4]
    assert after([at * at % 97 for at in range(500)]) == [1, 2, 3, 4]


def test_a_loop_that_was_left_is_forgotten():
    assert after([*[1, 2] * 30, 7]) == [1, 2, 3, 4]
