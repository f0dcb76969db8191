"""What makes two requests the same. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_WRITE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def request_hash(operation: str, content_sha256: str, parameters: Mapping[str, Any]) -> str:
    """Name a request by what it asks: equal requests have equal names, on every machine and in every run.

    Args:
        operation: `transcription`, `chat`, ...
        content_sha256: The input's content; its name and place do not matter.
        parameters: Everything else that can change the answer, such as the model's digest. JSON values only; the
            order of keys does not matter, and a tuple equals a list.

    Returns:
        64 hex digits.

    Raises:
        TypeError, ValueError: A parameter has no place in JSON (NaN, a set, a Path, a key that is no text).
    """
    _refuse_other_keys(parameters)
    request = {"aiprov": 1, "operation": operation, "content": content_sha256, "parameters": dict(parameters)}
    return hashlib.sha256(_WRITE(request).encode("ascii")).hexdigest()


def _refuse_other_keys(value: Mapping[str, Any] | Sequence[Any]) -> None:
    # json would write the keys 1 and "1" alike.
    inner: Iterable[Any] = value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("the keys of parameters are text")
        inner = value.values()
    for each in inner:
        if isinstance(each, dict | list | tuple):
            _refuse_other_keys(each)
