"""The local provider: models from the store, engines on this machine, nothing over the network but a missing model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from functools import partial
from typing import TypeVar

from aiprov.core.failures import Kind
from aiprov.core.requests import ChatRequest, EmbeddingRequest, ModelCapability, TranscriptionRequest
from aiprov.core.results import ChatResult, EmbeddingResult, Transcript, Usage
from aiprov.core.routing import ModelFacts
from aiprov.errors import ConfigError, ProviderError
from aiprov.models import ModelEntry, ModelStore, Progress
from aiprov.providers.base import Health, Hooks, Request
from aiprov.providers.local import checkup, speech
from aiprov.providers.local.engines import require_engine
from aiprov.providers.local.facts import facts_of
from aiprov.providers.local.loaded import Loaded
from aiprov.providers.local.threads import Check, in_thread
from aiprov.providers.local.wishes import Wishes

__all__ = ["LocalProvider", "Wishes"]

_T = TypeVar("_T")

_DOES = {
    ModelCapability.TRANSCRIPTION: "transcribe",
    ModelCapability.CHAT: "chat",
    ModelCapability.EMBEDDING: "embed",
}


class LocalProvider:
    """Transcribes with faster-whisper, answers with llama.cpp, embeds with sentence-transformers.

    A model is loaded once, when it is first needed, and serves the whole run.

    Args:
        store: Where models are.
        wishes: How engines shall run.
        on_fetch: Told about the bytes of a model that has to be fetched first.
        fetches: Whether the store may fetch absent models; only `health` asks.
    """

    name = "local"
    local = True
    host: str | None = None
    region: str | None = None

    def __init__(
        self, store: ModelStore, wishes: Wishes, on_fetch: Progress | None = None, *, fetches: bool = True
    ) -> None:
        self._store = store
        self._wishes = wishes
        self._fetches = fetches
        self._loaded = Loaded(store, wishes, on_fetch)
        self._by_path: dict[str, ModelEntry] = {}

    @property
    def workers(self) -> int:
        """How many batches of speech are decoded at the same time."""
        return speech.workers_of(self._wishes)

    def models(self, capability: ModelCapability) -> Sequence[ModelFacts]:
        """The one model that the user wishes for this kind of work, also while it cannot be had: `identity` says why.

        Raises:
            IntegrityError: The user's models.lock is damaged, or the wish is a path to what could run code.
        """
        wished = self._wishes.model_for(capability)
        if wished is None:
            return ()
        return (self.facts(capability, wished) or ModelFacts(wished, capability),)

    def facts(self, capability: ModelCapability, model: str) -> ModelFacts | None:
        """What the store knows of a model by name, hub repository or path; None when it is unknown or does other work.

        Raises:
            IntegrityError: The user's models.lock is damaged, or it is a path to what could run code.
        """
        try:
            entry = self._find(model, None)
        except ConfigError:
            return None
        return facts_of(entry) if entry.kind == capability else None

    def identity(self, request: Request, model: str) -> Mapping[str, object]:
        """The model's bytes and the parameters; not what only decides the speed.

        Raises:
            ConfigError: There is no such model, or the engine is not installed.
        """
        if isinstance(request, TranscriptionRequest):
            options = asdict(request.options)
            options.pop("glossary")  # a hint; see `manager.identities`
            return {
                "model": self._entry(ModelCapability.TRANSCRIPTION, model).digest,
                "device": self._wishes.device,
                "compute_type": self._wishes.compute_type,
                "language": request.language,
                "options": options,
            }
        if isinstance(request, ChatRequest):
            schema = request.response_schema
            return {
                "model": self._entry(ModelCapability.CHAT, model).digest,
                "device": self._wishes.device,
                "temperature": request.temperature or 0.0,
                "max_tokens": request.max_tokens,
                "schema": None if schema is None else dict(schema),
            }
        return {"model": self._entry(ModelCapability.EMBEDDING, model).digest}

    async def transcribe(self, request: TranscriptionRequest, model: str, hooks: Hooks) -> Transcript:
        """Transcribe one recording on this machine.

        Raises:
            InputError: The recording cannot be read.
            ConfigError: The model does not know the language, or is absent and may not be fetched.
            ProviderError, IntegrityError: The model cannot be fetched, verified, loaded or run.
        """

        def work(check: Check) -> Transcript:
            entry = self._entry(ModelCapability.TRANSCRIPTION, model)
            return speech.transcribe(request, lambda: self._loaded.whisper(entry, check), Hooks(hooks.progress, check))

        return await _run(work, hooks)

    async def chat(self, request: ChatRequest, model: str, hooks: Hooks) -> ChatResult:
        """Answer one conversation on this machine; equal requests get equal answers.

        Raises:
            ConfigError: The model is absent and may not be fetched.
            ProviderError, IntegrityError: The model cannot be fetched, verified, loaded or run, or the conversation
                does not fit into it.
        """
        return await _run(lambda check: self._answer(request, model, check, _unheard), hooks)

    async def stream(self, request: ChatRequest, model: str, hooks: Hooks) -> AsyncIterator[str | ChatResult]:
        """Answer in pieces of text as they come, and last the whole; raises what `chat` raises."""
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[str | None] = asyncio.Queue()

        def say(piece: str) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        answer = asyncio.ensure_future(_run(lambda check: self._answer(request, model, check, say), hooks))
        answer.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
            yield await answer
        finally:
            answer.cancel()

    async def embed(self, request: EmbeddingRequest, model: str, hooks: Hooks) -> EmbeddingResult:
        """Turn texts into vectors of length 1; texts longer than the model reads are cut.

        Raises:
            ConfigError: The model is absent and may not be fetched.
            ProviderError, IntegrityError: The model cannot be fetched, verified, loaded or run.
        """

        def work(check: Check) -> EmbeddingResult:
            entry = self._entry(ModelCapability.EMBEDDING, model)
            vectors, tokens = (
                self._loaded.sentence(entry, check).embed(request.texts, check) if request.texts else ((), 0)
            )
            return EmbeddingResult(vectors, self.name, entry.name, Usage(input_tokens=tokens), cost=Decimal(0))

        return await _run(work, hooks)

    async def counter(self, model: str, hooks: Hooks) -> Callable[[str], int]:
        """A function that says how many tokens a chat model takes a text for.

        Raises:
            ConfigError, ProviderError, IntegrityError: As for `chat`.
        """
        entry = self._entry(ModelCapability.CHAT, model)
        return (await _run(lambda check: self._loaded.llama(entry, check), hooks)).count

    async def health(self, *, deep: bool = False) -> Health:
        """Look at engines, files and memory; with `deep`, also verify and load what is here. Fetches nothing."""

        def work(check: Check) -> Health:
            kinds = {kind: wished for kind in _DOES if (wished := self._wishes.model_for(kind)) is not None}
            load = partial(self._loaded.any, check=check) if deep else None
            return checkup.look(kinds, self._entry, self._store, self._fetches, load)

        return await _run(work, Hooks())

    async def aclose(self) -> None:
        """Free every loaded model, after what runs now."""
        await asyncio.to_thread(self.close)

    def close(self, *, wait: bool = True) -> None:
        """Free every loaded model, after what runs now; without `wait`, return before that."""
        self._loaded.clear(wait=wait)

    def _answer(self, request: ChatRequest, model: str, check: Check, say: Callable[[str], None]) -> ChatResult:
        entry = self._entry(ModelCapability.CHAT, model)
        answer = self._loaded.llama(entry, check).answer(request, check, say)
        usage = Usage(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens)
        finish = "stop" if answer.complete else "length"
        return ChatResult(answer.text, self.name, entry.name, usage, cost=Decimal(0), finish_reason=finish)

    def _entry(self, capability: ModelCapability, model: str) -> ModelEntry:
        """The model for a kind of work.

        Raises:
            ConfigError: The engine is not installed, or there is no such model, not as wished, or not for this work.
        """
        require_engine(capability)
        entry = self._find(model, self._wishes.quantization)
        if entry.kind != capability:
            raise ConfigError(
                f"{entry.name} does not {_DOES[capability]}: it is a model for {entry.kind}",
                f"choose one that `aiprov models list` shows for {capability}",
            )
        return entry

    def _find(self, model: str, quantization: str | None) -> ModelEntry:
        # A file named by path is hashed when it is named: once is enough, it is checked again before it is loaded.
        if model in self._by_path:
            return self._by_path[model]
        entry = self._store.find(model, quantization)
        if entry.folder is not None:
            self._by_path[model] = entry
        return entry


def _unheard(_piece: str) -> None:
    return None


async def _run(work: Callable[[Check], _T], hooks: Hooks) -> _T:
    with _named():
        return await in_thread(work, hooks.check)


@contextmanager
def _named() -> Iterator[None]:
    """What the store or an engine could not do gets the kind of failure by which another provider is asked."""
    try:
        yield
    except ProviderError as error:
        if error.code not in set(Kind):
            error.code = Kind.ENGINE
        raise
