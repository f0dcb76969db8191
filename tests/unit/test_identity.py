from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiprov.core.identity import request_hash

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_the_hash_is_the_same_on_every_machine_and_in_every_version() -> None:
    # A change here makes every stored answer unfindable: all work would be paid for again.
    text = (
        '{"aiprov":1,"content":"%s","operation":"transcription",'
        '"parameters":{"beam":5,"model":"base","prompt":"Z\\u00fcrich"}}' % ("ab" * 32)
    )
    known = hashlib.sha256(text.encode()).hexdigest()
    assert request_hash("transcription", "ab" * 32, {"model": "base", "beam": 5, "prompt": "Zürich"}) == known


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), JSON))
def test_the_order_of_parameters_does_not_matter(parameters: Mapping[str, Any]) -> None:
    backwards = dict(reversed(list(parameters.items())))
    assert request_hash("chat", "0" * 64, parameters) == request_hash("chat", "0" * 64, backwards)


def test_every_part_of_a_request_counts() -> None:
    requests = [
        ("chat", "a" * 64, {"x": 1}),
        ("embed", "a" * 64, {"x": 1}),
        ("chat", "b" * 64, {"x": 1}),
        ("chat", "a" * 64, {"x": "1"}),
        ("chat", "a" * 64, {"x": True}),
        ("chat", "a" * 64, {"y": 1}),
        ("chat", "a" * 64, {"x": 1, "y": None}),
        ("chat", "a" * 64, {"x": [1]}),
        ("chat", "a" * 64, {}),
    ]
    assert len({request_hash(*each) for each in requests}) == len(requests)


def test_a_tuple_is_a_list() -> None:
    assert request_hash("chat", "", {"t": (0.0, 0.2)}) == request_hash("chat", "", {"t": [0.0, 0.2]})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, Path("x"), b"x", {1: "a"}, [{"a": {None: 1}}]])
def test_what_has_no_place_in_json_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        request_hash("chat", "", {"x": value})
