"""Models in memory: verified, loaded once when first needed, kept until they are cleared. Knows no requests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from aiprov.core.requests import ModelCapability
from aiprov.models import ModelEntry, ModelStore, Progress
from aiprov.providers.local.memory import require_room
from aiprov.providers.local.speech import loading_of
from aiprov.providers.local.threads import Check, held
from aiprov.providers.local.wishes import Wishes, spare_threads

if TYPE_CHECKING:
    from aiprov.providers.local.llama import LlamaModel
    from aiprov.providers.local.sentence import SentenceModel
    from aiprov.providers.local.whisper import WhisperModel


class Closable(Protocol):
    """A loaded model."""

    def close(self, *, wait: bool = True) -> None:
        """Free it, after what it does now; without `wait`, return before that."""


_M = TypeVar("_M", bound=Closable)


class Shelf(Generic[_M]):
    """Loaded models of one kind by their digest."""

    def __init__(self) -> None:
        self._loaded: dict[str, _M] = {}
        self._lock = threading.Lock()

    def get(self, digest: str, load: Callable[[], _M], check: Check) -> _M:
        """The model, loaded first where it is not there; who comes meanwhile waits for it."""
        with held(self._lock, check):
            check()
            if digest not in self._loaded:
                self._loaded[digest] = load()
            return self._loaded[digest]

    def clear(self, *, wait: bool = True) -> None:
        """Free every model."""
        while self._loaded:
            self._loaded.popitem()[1].close(wait=wait)


class Loaded:
    """The loaded models of every kind.

    Args:
        store: Where models are.
        wishes: How engines shall run.
        on_fetch: Told about the bytes of a model that has to be fetched first.
    """

    def __init__(self, store: ModelStore, wishes: Wishes, on_fetch: Progress | None) -> None:
        self._store = store
        self._wishes = wishes
        self._on_fetch = on_fetch
        self._whispers: Shelf[WhisperModel] = Shelf()
        self._llamas: Shelf[LlamaModel] = Shelf()
        self._sentences: Shelf[SentenceModel] = Shelf()

    def whisper(self, entry: ModelEntry, check: Check) -> WhisperModel:
        """The model for transcription."""

        def load() -> WhisperModel:
            from aiprov.providers.local.whisper import WhisperModel

            return WhisperModel(entry.name, self._verified(entry, check), loading_of(self._wishes))

        return self._whispers.get(entry.digest, load, check)

    def llama(self, entry: ModelEntry, check: Check) -> LlamaModel:
        """The model for chat."""

        def load() -> LlamaModel:
            from aiprov.providers.local.llama import LlamaModel

            path = self._verified(entry, check) / entry.weights
            require_room(entry, self._store.entries())
            return LlamaModel(entry.name, path, self._threads, gpu=self._wishes.device != "cpu")

        return self._llamas.get(entry.digest, load, check)

    def sentence(self, entry: ModelEntry, check: Check) -> SentenceModel:
        """The model for embeddings."""

        def load() -> SentenceModel:
            from aiprov.providers.local.sentence import SentenceModel

            folder = self._verified(entry, check)
            require_room(entry, self._store.entries())
            return SentenceModel(entry.name, folder, self._wishes.device, self._threads)

        return self._sentences.get(entry.digest, load, check)

    def any(self, entry: ModelEntry, check: Check) -> WhisperModel | LlamaModel | SentenceModel:
        """The model of whatever kind it is."""
        if entry.kind == ModelCapability.TRANSCRIPTION:
            return self.whisper(entry, check)
        return self.llama(entry, check) if entry.kind == ModelCapability.CHAT else self.sentence(entry, check)

    def clear(self, *, wait: bool = True) -> None:
        """Free every model, after what it does now; without `wait`, return before that."""
        for shelf in (self._whispers, self._llamas, self._sentences):
            shelf.clear(wait=wait)

    @property
    def _threads(self) -> int:
        return self._wishes.threads or spare_threads()

    def _verified(self, entry: ModelEntry, check: Check) -> Path:
        def progress(what: str, done: int, total: int) -> None:
            check()
            if self._on_fetch is not None:
                self._on_fetch(what, done, total)

        return self._store.ensure(entry, progress)
