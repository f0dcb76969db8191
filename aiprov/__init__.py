"""Folders of meeting audio become transcripts. The public names, imported when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiprov.core.requests import (
        ChatMessage,
        ChatRequest,
        DecodingOptions,
        EmbeddingRequest,
        Image,
        ModelCapability,
        ProviderType,
        TranscriptionRequest,
    )
    from aiprov.core.results import (
        Attempt,
        ChatResult,
        EmbeddingResult,
        Finding,
        Provenance,
        Quality,
        Segment,
        Transcript,
        Usage,
        Word,
    )
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
    from aiprov.library import (
        fake_provider_system,
        get_provider_config_service,
        get_provider_manager,
        initialize_provider_system,
    )
    from aiprov.manager import ProviderManager
    from aiprov.providers.fake import FakeProvider
    from aiprov.service import ProviderConfigService
    from aiprov.version import __version__

__all__ = [
    "AiprovError",
    "Attempt",
    "BudgetReached",
    "Busy",
    "ChatMessage",
    "ChatRequest",
    "ChatResult",
    "ConfigError",
    "DecodingOptions",
    "EmbeddingRequest",
    "EmbeddingResult",
    "FakeProvider",
    "Finding",
    "Image",
    "InputError",
    "IntegrityError",
    "ModelCapability",
    "Provenance",
    "ProviderConfigService",
    "ProviderError",
    "ProviderManager",
    "ProviderType",
    "Quality",
    "Segment",
    "Stopped",
    "StorageError",
    "Transcript",
    "TranscriptionRequest",
    "Usage",
    "Word",
    "__version__",
    "fake_provider_system",
    "get_provider_config_service",
    "get_provider_manager",
    "initialize_provider_system",
]

_HOMES = {
    "aiprov.core.requests": (
        *("ChatMessage", "ChatRequest", "DecodingOptions", "EmbeddingRequest", "Image", "ModelCapability"),
        *("ProviderType", "TranscriptionRequest"),
    ),
    "aiprov.core.results": (
        *("Attempt", "ChatResult", "EmbeddingResult", "Finding", "Provenance", "Quality", "Segment"),
        *("Transcript", "Usage", "Word"),
    ),
    "aiprov.library": (
        *("fake_provider_system", "get_provider_config_service", "get_provider_manager"),
        "initialize_provider_system",
    ),
    "aiprov.manager": ("ProviderManager",),
    "aiprov.providers.fake": ("FakeProvider",),
    "aiprov.service": ("ProviderConfigService",),
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
