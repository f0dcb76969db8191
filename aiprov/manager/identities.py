"""What makes two requests the same at one provider. Asks nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from aiprov.core.identity import request_hash
from aiprov.core.requests import TranscriptionRequest
from aiprov.manager.roster import Entry
from aiprov.manager.tasks import R, Task
from aiprov.providers.base import Request


def hash_of(task: Task[R], entry: Entry, model: str) -> str:
    """The request's hash at one provider: content, kind, provider, model and parameters."""
    return request_hash(task.need.capability, task.content, identity_of(sent(task, entry), entry, model))


def sent(task: Task[R], entry: Entry) -> Request:
    """The request as a provider gets it."""
    bounded = getattr(task, "bounded", None)
    return task.request if bounded is None else cast(Request, bounded(entry.provider))


def identity_of(request: Request, entry: Entry, model: str) -> dict[str, object]:
    """What of a request at one provider is the same for every content.

    Raises:
        ConfigError: The model or its engine is not to be had.
    """
    if isinstance(request, TranscriptionRequest) and request.options.glossary:
        # A longer glossary does not make finished work undone: it corrects it, and is listened for from then on.
        request = replace(request, options=replace(request.options, glossary=()))
    clip = getattr(request, "clip", None)  # a part of a recording is a request of its own
    part: dict[str, object] = (
        {} if clip is None else {"part": [round(clip.start_s, 3), round(clip.end_s, 3), clip.suffix]}
    )
    if (channel := getattr(request, "channel", None)) is not None:
        part["channel"] = channel
    return {"provider": entry.provider.name, **part, **entry.provider.identity(request, model)}
