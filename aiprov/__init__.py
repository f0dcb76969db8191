"""Folders of meeting audio become transcripts. The public names, imported when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiprov.core.requests import DecodingOptions, ModelCapability, ProviderType, TranscriptionRequest
    from aiprov.core.results import Attempt, Finding, Quality, Segment, Transcript, Word
    from aiprov.errors import (
        AiprovError,
        BudgetReached,
        Busy,
        ConfigError,
        InputError,
        IntegrityError,
        ProviderError,
        Stopped,
        StorageError,
    )
    from aiprov.version import __version__

__all__ = [
    "AiprovError",
    "Attempt",
    "BudgetReached",
    "Busy",
    "ConfigError",
    "DecodingOptions",
    "Finding",
    "InputError",
    "IntegrityError",
    "ModelCapability",
    "ProviderError",
    "ProviderType",
    "Quality",
    "Segment",
    "Stopped",
    "StorageError",
    "Transcript",
    "TranscriptionRequest",
    "Word",
    "__version__",
]

_HOMES = {
    "aiprov.core.requests": ("DecodingOptions", "ModelCapability", "ProviderType", "TranscriptionRequest"),
    "aiprov.core.results": ("Attempt", "Finding", "Quality", "Segment", "Transcript", "Word"),
    "aiprov.version": ("__version__",),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    home = next((module for module, names in _HOMES.items() if name in names), "aiprov.errors")
    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
