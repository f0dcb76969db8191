"""The parts of replies from outside, checked one by one. Knows no vendor, and never repeats what it was given.

Nothing in a reply is taken on trust: a login page, a null or a count that is text is no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn


class NoAnswerError(Exception):
    """A reply is no answer. Says what is wrong with its form, and repeats nothing of it."""


class RefusedError(Exception):
    """The model declined, or a filter took its answer away."""


def object_of(value: object, what: str) -> Mapping[str, Any]:
    """The object that a value must be."""
    if not isinstance(value, dict):
        wrong(f"{what} is not an object")
    return value


def list_of(body: Mapping[str, Any], key: str) -> list[Any]:
    """The list that a part must be."""
    value = body.get(key)
    if not isinstance(value, list):
        wrong(f"{key} is not a list")
    return value


def text_of(body: Mapping[str, Any], key: str) -> str:
    """The text that a part must be."""
    value = body.get(key)
    if not isinstance(value, str):
        wrong(f"{key} is not text")
    return value


def optional(body: Mapping[str, Any], key: str, kind: type) -> Any:
    """A part that may be missing or null; of that type when it is there."""
    value = body.get(key)
    if value is not None and not isinstance(value, kind):
        wrong(f"{key} has the wrong type")
    return value


def count_of(body: Mapping[str, Any], key: str, default: int | None = None) -> int:
    """The whole number, 0 or more, that a part must be; true and 1.0 are none. `default` is for one that is missing."""
    value = default if body.get(key) is None else body[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        wrong(f"{key} is not a count")
    return value


def number_of(body: Mapping[str, Any], key: str) -> float:
    """The finite number that a part must be."""
    return finite(body.get(key), key)


def seconds_of(body: Mapping[str, Any], key: str) -> float:
    """The finite number, 0 or more, that a part must be."""
    value = number_of(body, key)
    if value < 0:
        wrong(f"{key} is negative")
    return value


def finite(value: object, what: str) -> float:
    """The finite number that a value must be."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e9 < value < 1e9:
        wrong(f"{what} is not a number")
    return float(value)


def wrong(why: str) -> NoReturn:
    """Say what is wrong with a reply."""
    raise NoAnswerError(why)
