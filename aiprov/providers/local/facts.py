"""What a model of the store can do, read from its entry. Pure: opens no file."""

from __future__ import annotations

import re

from aiprov.core.requests import ModelCapability
from aiprov.core.routing import ModelFacts
from aiprov.models import ModelEntry

# Source: the model cards of openai/whisper and distil-whisper: names ending in `.en` and the distilled models know
# English alone, and the turbo model was not trained to translate.
_ENGLISH_ONLY = re.compile(r"[.-]en$|(^|[/-])distil-")
_TRANSCRIBES_ONLY = re.compile(r"turbo")


def facts_of(entry: ModelEntry) -> ModelFacts:
    """What the router has to know of a model; limits that only the file itself states are left open."""
    if entry.kind == ModelCapability.TRANSCRIPTION:
        return _speech(entry)
    if entry.kind == ModelCapability.CHAT:
        return ModelFacts(entry.name, ModelCapability.CHAT, context_tokens=entry.context_length, json_schema=True)
    # A text that is too long is cut, as the library does, so there is no limit to state.
    return ModelFacts(entry.name, ModelCapability.EMBEDDING, temperature=False, dimension=entry.dims)


def _speech(entry: ModelEntry) -> ModelFacts:
    names = [name.lower().rstrip("/") for name in (entry.name, *entry.aliases, entry.repo or "")]
    english = any(map(_ENGLISH_ONLY.search, names))
    return ModelFacts(
        entry.name,
        ModelCapability.TRANSCRIPTION,
        words=True,
        segments=True,
        translates=not english and not any(map(_TRANSCRIBES_ONLY.search, names)),
        prompt=True,
        languages=("en",) if english else (),
    )
