"""Conversations and vectors as OpenAI-shaped servers answer them: documents become results, or it is said why not.

Knows the forms of the replies and nothing of how they came. An answer that does not say how it ended or what it used
is none: it may be cut short, and nobody could say what it cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiprov.core.results import ChatResult, Usage
from aiprov.providers.reply_parts import (
    NoAnswerError,
    RefusedError,
    count_of,
    finite,
    list_of,
    object_of,
    optional,
    text_of,
)

_FINISH = ("stop", "length", "content_filter")
_USUAL_TIERS = frozenset({"auto", "default", "standard", "on_demand"})


def chat_result(reply: object, *, provider: str, model: str) -> ChatResult:
    """Read a chat completion.

    Raises:
        NoAnswerError: It is none.
        RefusedError: The model declined.
    """
    body = object_of(reply, "the reply")
    choice = object_of(next(iter(list_of(body, "choices")), None), "its first choice")
    message = object_of(choice.get("message"), "its message")
    gathered = Gathered(model)
    gathered.finish(choice)
    gathered.count(body)
    if message.get("refusal"):
        raise RefusedError
    if isinstance(message.get("content"), str) or gathered.finish_reason != "content_filter":
        gathered.parts.append(text_of(message, "content"))
    return gathered.result(provider)


class Gathered:
    """An answer as far as it has come. Made of one reply, or of the chunks of a stream."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.parts: list[str] = []
        self.finish_reason: str | None = None
        self.usage: Usage | None = None
        self._refused = False
        self._tier: object = None

    def add(self, chunk: object) -> str:
        """Take a chunk in, and return its piece of text."""
        body = object_of(chunk, "a chunk")
        self.count(body)
        choices = optional(body, "choices", list) or []
        if not choices:
            return ""
        choice = object_of(choices[0], "a choice")
        if choice.get("finish_reason") is not None:
            self.finish(choice)
        delta = optional(choice, "delta", dict) or {}
        self._refused = self._refused or bool(delta.get("refusal"))
        piece = optional(delta, "content", str) or ""
        self.parts.append(piece)
        return piece

    def finish(self, choice: Mapping[str, Any]) -> None:
        """Take in why the answer ends."""
        if choice.get("finish_reason") not in _FINISH:
            raise NoAnswerError("it does not say how its answer ended")
        self.finish_reason = choice["finish_reason"]

    def count(self, body: Mapping[str, Any]) -> None:
        """Take in what was used, and who answered."""
        self.model = optional(body, "model", str) or self.model
        self._tier = body.get("service_tier") or self._tier
        if body.get("usage") is not None:
            self.usage = _usage(object_of(body["usage"], "its usage"), self._tier)

    def result(self, provider: str) -> ChatResult:
        """The whole.

        Raises:
            NoAnswerError: It broke off, or does not say what it used.
            RefusedError: The model declined.
        """
        if self._refused:
            raise RefusedError
        if self.finish_reason is None:
            raise NoAnswerError("it breaks off" if self.parts else "it is empty")
        if self.usage is None:
            raise NoAnswerError("it does not say what it used")
        content = "".join(self.parts)
        if self.finish_reason == "content_filter" and not content:
            raise RefusedError
        return ChatResult(content, provider, self.model, self.usage, finish_reason=self.finish_reason)


def _usage(usage: Mapping[str, Any], tier: object) -> Usage:
    details = optional(usage, "prompt_tokens_details", dict) or {}
    return Usage(
        input_tokens=count_of(usage, "prompt_tokens"),
        output_tokens=count_of(usage, "completion_tokens"),
        cached_tokens=count_of(details, "cached_tokens", 0),
        cache_write_tokens=count_of(details, "cache_write_tokens")
        if details.get("cache_write_tokens") is not None
        else 0,
        tier=tier if isinstance(tier, str) and tier not in _USUAL_TIERS else None,
    )


def vectors(reply: object, count: int, dimension: int | None) -> tuple[tuple[tuple[float, ...], ...], Usage]:
    """Read embeddings: `count` vectors by their index, all of one length, and what they used.

    Raises:
        NoAnswerError: They are too few or too many, of different lengths, or not numbers.
    """
    body = object_of(reply, "the reply")
    rows = [object_of(row, "a vector") for row in list_of(body, "data")]
    places = [count_of(row, "index") for row in rows]
    if sorted(places) != list(range(count)):
        raise NoAnswerError("it does not have one vector for each text")
    found = [_vector(row) for _, row in sorted(zip(places, rows, strict=True), key=lambda pair: pair[0])]
    if len({len(vector) for vector in found} | ({dimension} if dimension else set())) > 1 or not all(found):
        raise NoAnswerError("its vectors have the wrong length")
    return tuple(found), Usage(input_tokens=count_of(object_of(body.get("usage"), "its usage"), "prompt_tokens"))


def _vector(row: Mapping[str, Any]) -> tuple[float, ...]:
    return tuple(finite(value, "a vector's value") for value in list_of(row, "embedding"))
