"""The configuration of providers as people see it: who is there, in which order, able to do what."""

from __future__ import annotations

from typing import Any

from aiprov.core.requests import ModelCapability
from aiprov.models import ModelStore
from aiprov.settings import Settings


def get_status(settings: Settings) -> dict[str, Any]:
    """Return the contract's status: every provider of this version, whether it takes part, and what it can do.

    Args:
        settings: Those that a run would use.
    """
    providers = {"local": _local(settings)}
    return {
        "provider_manager": {"strategy": settings.provider_strategy, "providers": providers},
        "total_providers": len(providers),
        "enabled_providers": sum(provider["enabled"] for provider in providers.values()),
    }


def _local(settings: Settings) -> dict[str, Any]:
    """Local models transcribe; other kinds of models are listed when something uses them."""
    store = ModelStore(settings.models_folder)
    models = [entry for entry in store.entries() if entry.kind == ModelCapability.TRANSCRIPTION]
    return {
        "enabled": settings.local_models_enabled,
        "priority": settings.local_priority,
        "capabilities": [ModelCapability.TRANSCRIPTION.value],
        "models_count": len(models),
    }
