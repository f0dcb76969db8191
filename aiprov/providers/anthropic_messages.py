"""The Messages API's shapes: a conversation as Anthropic takes it, an answer as it comes. Makes no call.

The SDK does not check what it reads: any field of an answer may be absent, or anything. So nothing here relies on one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, TypeGuard

from aiprov.core.requests import ChatMessage
from aiprov.core.results import Usage
from aiprov.core.routing import ModelFacts

FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}

_COUNTED = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "service_tier",
)


def conversation(messages: Sequence[ChatMessage]) -> dict[str, Any]:
    """The messages as the API wants them: instructions apart, turns that alternate, pictures before the text."""
    system = "\n\n".join(message.content for message in messages if message.role == "system" and message.content)
    spoken = [message for message in messages if message.role != "system"]
    turns = [
        {"role": role, "content": [block for message in group for block in _blocks(message)]}
        for role, group in groupby(spoken, key=lambda message: message.role)
    ]
    return {"messages": turns} | ({"system": system} if system else {})


def _blocks(message: ChatMessage) -> list[dict[str, Any]]:
    """A message's blocks; the API refuses an empty text."""
    pictures: list[dict[str, Any]] = [
        {
            "type": "image",
            "source": {
                "type": "base64",
                "media_type": image.media_type,
                "data": base64.b64encode(image.data).decode("ascii"),
            },
        }
        for image in message.images
    ]
    return pictures + ([{"type": "text", "text": message.content}] if message.content else [])


def held_to(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What makes the API hold an answer to a schema; nothing when it could not say that schema."""
    from anthropic import transform_schema

    try:
        accepted = transform_schema(dict(schema))
    except (ValueError, TypeError, AttributeError, AssertionError):
        return {}
    return {"output_config": {"format": {"type": "json_schema", "schema": accepted}}}


@dataclass
class Reply:
    """An answer: whole from a message, or as it grows from a stream's events. Only its text is checked yet.

    Taking a block of text that holds none raises TypeError.
    """

    ended: bool = False
    model: object = None
    stop: object = None
    text: list[str] | None = None
    counts: dict[str, object] = field(default_factory=dict)

    def whole(self, message: object) -> None:
        """Take a whole message."""
        self._begin(message)
        self.ended = True

    def _begin(self, message: object) -> None:
        self.model, self.stop = field_of(message, "model"), field_of(message, "stop_reason")
        self._count(field_of(message, "usage"))
        blocks = field_of(message, "content")
        if isinstance(blocks, list):
            self.text = [_text(block) for block in blocks]

    def take(self, event: object) -> str:
        """Take one event; return the text that it adds."""
        kind, piece = field_of(event, "type"), ""
        if kind == "message_start":
            self._begin(field_of(event, "message"))
        elif kind in ("content_block_start", "content_block_delta"):
            piece = _text(field_of(event, "content_block")) + _text(field_of(event, "delta"))
        elif kind == "message_delta":
            self.stop = field_of(field_of(event, "delta"), "stop_reason")
            self._count(field_of(event, "usage"))
        elif kind == "message_stop":
            self.ended = True
        if self.text is not None:
            self.text.append(piece)
        return piece

    def _count(self, usage: object) -> None:
        """Later counts are cumulative, and leave out what did not change."""
        self.counts |= {name: value for name in _COUNTED if (value := field_of(usage, name)) is not None}


def field_of(value: object, name: str) -> object:
    """A field of what the SDK made of an answer; None when there is none."""
    return getattr(value, name, None)


def _text(block: object) -> str:
    """A block's text; thinking and the like have none that is the answer's."""
    if field_of(block, "type") not in ("text", "text_delta"):
        return ""
    text = field_of(block, "text")
    if not isinstance(text, str):
        raise TypeError("a block of text without text")
    return text


def _whole(value: object) -> TypeGuard[int]:
    return type(value) is int and value >= 0


def usage_of(counts: Mapping[str, object]) -> Usage | None:
    """The counts as ours, None when they are not whole. Source: the API's `input_tokens` leaves the cache out."""
    fresh, written = counts.get("input_tokens"), counts.get("output_tokens")
    cached = counts.get("cache_read_input_tokens", 0)
    stored = counts.get("cache_creation_input_tokens", 0)
    if not (_whole(fresh) and _whole(written) and _whole(cached) and _whole(stored)):
        return None
    tier = counts.get("service_tier")
    return Usage(
        input_tokens=fresh + cached + stored,
        output_tokens=written,
        cached_tokens=cached,
        cache_write_tokens=stored,
        tier=tier if isinstance(tier, str) and tier != "standard" else None,
    )


def ending(facts: ModelFacts, listed: Iterable[object], today: datetime) -> str | None:
    """Why a model should be replaced, as the list of models has it; None while it need not be."""
    info = next((found for found in listed if _means(facts.name, field_of(found, "id"))), None)
    instead = f", use {facts.successor}" if facts.successor else ""
    if info is None:
        return f"{facts.name} is not in the list of models{instead}"
    if field_of(info, "lifecycle") == "retired":
        return f"{facts.name} was shut down{instead}"
    retires = field_of(info, "retires_at")
    if isinstance(retires, datetime):
        return f"{facts.name} shuts down {_in_days((retires.date() - today.date()).days)}{instead}"
    return f"{facts.name} is deprecated{instead}" if field_of(info, "lifecycle") == "deprecated" else None


def _in_days(days: int) -> str:
    if days < 1:
        return "any day now"
    return "in 1 day" if days == 1 else f"in {days} days"


def _means(name: str, listed: object) -> bool:
    """A name without a date stands for the listed one with a date."""
    return isinstance(listed, str) and re.fullmatch(re.escape(name) + r"(-\d{8})?", listed) is not None
