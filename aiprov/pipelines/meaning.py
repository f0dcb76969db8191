"""How near sentences are in meaning, by an embedding model of this machine, or by their words where there is none.

Sentences leave this machine for a model that writes minutes, never to be compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from aiprov.core.evidence import Similarity
from aiprov.core.requests import EmbeddingRequest
from aiprov.errors import ConfigError
from aiprov.manager import Embedding
from aiprov.minutes.likeness import word_similarity, word_vectors
from aiprov.minutes.vectors import Embed, Vectors
from aiprov.providers.base import Hooks, Provider
from aiprov.providers.local.provider import LocalProvider

if TYPE_CHECKING:
    from aiprov.wiring import Kit

WORDS = "words"


@dataclass(frozen=True, slots=True)
class Meaning:
    """Where vectors come from.

    Attributes:
        provider: The engines of this machine; None where they cannot embed.
        model: What embeds; `words` where only words are compared.
        identity: What stands in request hashes for it.
    """

    provider: Provider | None = None
    model: str = WORDS
    identity: str = WORDS

    def embed(self, language: str, loop: asyncio.AbstractEventLoop, check: Callable[[], None]) -> Embed:
        """A function that embeds; to be called from a thread beside the loop."""
        if self.provider is None:
            return partial(word_vectors, language=language)
        provider, model = self.provider, self.model

        def embedded(texts: Sequence[str]) -> Sequence[Sequence[float]]:
            check()
            call = provider.embed(EmbeddingRequest(tuple(texts)), model, Hooks(check=check))
            return asyncio.run_coroutine_threadsafe(call, loop).result().embeddings

        return embedded

    def similarity(
        self, language: str, loop: asyncio.AbstractEventLoop, check: Callable[[], None], known: dict[str, Any]
    ) -> Similarity:
        """A function that compares texts, with the vectors in `known`; to be called from a thread beside the loop."""
        if self.provider is None:
            return partial(word_similarity, language=language)
        return Vectors(self.embed(language, loop, check), known).similarity


def meaning_of(kit: Kit) -> Meaning:
    """Return what this machine has; an absent model counts when it may be fetched."""
    with suppress(ConfigError):
        route = kit.manager.route(Embedding(EmbeddingRequest("")), LocalProvider.name)
        model = route.order[0].model
        fetches = not (kit.settings.offline or kit.roster.policy.privacy == "local")
        if fetches or kit.store.is_here(kit.store.find(model, None)):
            provider = kit.roster.entry(LocalProvider.name).provider
            return Meaning(provider, model, route.hashes("")[0])
    return Meaning()
