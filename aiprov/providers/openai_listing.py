"""The list of models of an OpenAI-shaped server: what is missing in it, and what will be gone soon. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import date

from aiprov.core.routing import ModelFacts
from aiprov.providers.reply_parts import list_of, object_of, text_of

# A shutdown is told this many days before.
_NOTICE_DAYS = 90


def listed(reply: object) -> dict[str, date | None]:
    """The names of all models, and when each is shut down.

    Source: the SDK's `types/model.py`: `shutdown_date` is there or null.

    Raises:
        NoAnswerError: It is no list of models.
    """
    rows = [object_of(row, "a model") for row in list_of(object_of(reply, "the reply"), "data")]
    return {text_of(row, "id"): _date(row.get("shutdown_date")) for row in rows}


def reasons(models: Sequence[ModelFacts], found: Mapping[str, date | None], today: date) -> tuple[str, ...]:
    """What is to be said about the models offered; nothing when all is well."""
    said = (_reason(facts, found, today) for facts in models)
    return tuple(dict.fromkeys(reason for reason in said if reason))


def _reason(facts: ModelFacts, found: Mapping[str, date | None], today: date) -> str | None:
    # Ollama lists `name:latest` for what is asked for as `name`.
    name = next((name for name in (facts.name, f"{facts.name}:latest") if name in found), None)
    gone = (found[name] if name else None) or _date(facts.shutdown)
    instead = f", use {facts.successor}" if facts.successor else ""
    if gone and gone <= today:
        return f"{facts.name} was shut down on {gone}{instead}"
    if name is None:
        return f"{facts.name} is not among the models on offer{instead}"
    days = (gone - today).days if gone else _NOTICE_DAYS + 1
    return f"{facts.name} shuts down in {days} day{'s' * (days != 1)}{instead}" if days <= _NOTICE_DAYS else None


def _date(value: object) -> date | None:
    with contextlib.suppress(ValueError):
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    return None
