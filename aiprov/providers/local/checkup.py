"""Would the local models work? Looks at packages, files and memory; fetches nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from aiprov.core.requests import ModelCapability
from aiprov.errors import AiprovError
from aiprov.models import ModelEntry, ModelStore
from aiprov.providers.base import Health
from aiprov.providers.local.memory import free_bytes, size, wanted_bytes

Find = Callable[[ModelCapability, str], ModelEntry]
Load = Callable[[ModelEntry], object]


class _Finding(NamedTuple):
    usable: bool
    reason: str | None = None


def look(
    wished: Mapping[ModelCapability, str], find: Find, store: ModelStore, fetches: bool, load: Load | None
) -> Health:
    """Look at the model wished for each kind of work.

    Args:
        wished: The models.
        find: Gives a model's entry, or raises what is wrong with its name or engine.
        store: Where they are.
        fetches: Whether an absent one would be fetched.
        load: Called for a model that is here and fits; raises when it does not work. None leaves it at a look.
    """
    found = [_look(partial(find, capability, name), store, fetches, load) for capability, name in wished.items()]
    reasons = tuple(finding.reason for finding in found if finding.reason)
    usable = any(finding.usable for finding in found)
    return Health("unhealthy" if not usable else "degraded" if reasons else "healthy", reasons)


def _look(find: Callable[[], ModelEntry], store: ModelStore, fetches: bool, load: Load | None) -> _Finding:
    try:
        return _one(find(), store, fetches, load)
    except AiprovError as error:
        return _Finding(False, f"{error.message}; {error.hint}" if error.hint else error.message)


def _one(entry: ModelEntry, store: ModelStore, fetches: bool, load: Load | None) -> _Finding:
    if not store.is_here(entry):
        if fetches:
            return _Finding(True, f"{entry.name} is not here yet; it is fetched at first use ({size(entry.bytes)})")
        return _Finding(False, f"{entry.name} is not here, and fetching is switched off")
    if not store.is_present(entry):
        return _Finding(False, f"{entry.name} is incomplete; `aiprov models pull {entry.name}` repairs it")
    free = free_bytes()
    if wanted_bytes(entry) > free:
        reason = f"{entry.name} works with about {size(wanted_bytes(entry))} of memory, and {size(free)} is free"
        return _Finding(entry.bytes < free, reason)
    if load is not None:
        load(entry)
    return _Finding(True)
