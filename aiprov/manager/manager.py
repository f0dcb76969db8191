"""The calls that people make. Knows providers by their protocol, and nothing of files' formats or vendors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from aiprov.core.requests import ChatRequest, EmbeddingRequest, ModelCapability, ProviderType, TranscriptionRequest
from aiprov.core.results import ChatResult, EmbeddingResult, Provenance, Transcript
from aiprov.core.routing import Candidate
from aiprov.errors import AiprovError, ConfigError, InputError, ProviderError
from aiprov.files import sha256_of
from aiprov.manager import streaming, structured
from aiprov.manager.batching import batched, in_one
from aiprov.manager.calling import Time
from aiprov.manager.comparing import comparison
from aiprov.manager.failing import SEEN
from aiprov.manager.flushing import Flushing
from aiprov.manager.loop import Item
from aiprov.manager.parts import Recording
from aiprov.manager.roster import Asked, Roster, candidates
from aiprov.manager.route import Route, routed
from aiprov.manager.tasks import Chatting, Embedding, R, Task, Transcribing, closed
from aiprov.manager.under_way import UnderWay
from aiprov.providers.base import Hooks, Request
from aiprov.state import Hold, State

_CLOCKS = Time()
_ALONE = Hooks()  # nobody listens
# With a limit on money, no answer is longer (tokens) than what can be reserved for it.
_CEILING = 4096


class ProviderManager:
    """Serves requests with the configured providers.

    Args:
        roster: The configuration; assigning another to `roster` takes effect with the next call.
        state: Ledger, breakers and stored answers.
        time: Clocks and chance; for tests.
    """

    def __init__(self, roster: Roster, state: State, time: Time = _CLOCKS) -> None:
        self.roster = roster
        self._state = state
        self._time = time
        self._run: str | None = None
        self._asked: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._flushing, self._under_way = Flushing(state.flush), UnderWay()

    async def transcribe(
        self, request: TranscriptionRequest, provider_type: ProviderType | str | None = None, hooks: Hooks = _ALONE
    ) -> Transcript:
        """Transcribe one recording, or give the stored answer to the same request.

        Args:
            request: What to transcribe, and how.
            provider_type: Only this provider; None lets the strategy choose.
            hooks: Progress and stopping.

        Raises:
            ConfigError: No provider is configured that could do it.
            InputError: The recording cannot be read.
            ProviderError: Nobody answered.
            BudgetReached: It could cost more than is left.
        """
        content = await asyncio.to_thread(self._content, request.audio_path)
        task = Transcribing(request, content, await asyncio.to_thread(_length_s, request.audio_path))
        return await self.serve(task, provider_type, hooks)

    async def chat_completion(
        self, request: ChatRequest, provider_type: ProviderType | str | None = None, *, fresh: bool = False
    ) -> ChatResult:
        """Answer a conversation. With a `response_schema`, `data` holds the document, checked against the schema.

        The stored answer to the same request is given again, unless a temperature above 0 asks for variety.

        Args:
            request: The conversation.
            provider_type: Only this provider; None lets the strategy choose.
            fresh: Ask again, whatever is stored.

        Raises:
            ConfigError, ProviderError, BudgetReached: As for `transcribe`.
        """
        task = Chatting(
            structured.asked(request), reusable=not fresh and not request.temperature, ceiling=self._ceiling
        )
        answer = await self.serve(task, provider_type)
        if request.response_schema is None:
            return answer
        served = [answer]

        async def repaired(repair: Chatting) -> ChatResult:
            served.append(await self.serve(repair, answer.provider))
            return served[-1]

        try:
            return await structured.fitted(task, answer, repaired)
        except ProviderError:
            for each in served:  # what does not fit is no answer to the same request tomorrow
                if each.provenance is not None:
                    self._state.forget_answer(each.provenance.request_hash)
            raise

    async def stream_chat(
        self, request: ChatRequest, provider_type: ProviderType | str | None = None
    ) -> AsyncIterator[str | ChatResult]:
        """Answer in pieces of text as they come, and last the whole. Until the first piece, routing is as usual.

        Raises:
            ConfigError, ProviderError, BudgetReached: As for `transcribe`; after the first piece nobody else is asked.
        """
        if request.response_schema is not None:
            raise ConfigError("an answer in pieces has no schema", "use chat_completion for a response_schema")
        task = Chatting(request, reusable=False, ceiling=self._ceiling)
        route = self.route(task, provider_type)
        async for piece in streaming.stream(self._item(self.roster, task, Hooks()), route.order):
            yield piece

    async def generate_embedding(
        self, request: EmbeddingRequest, provider_type: ProviderType | str | None = None
    ) -> EmbeddingResult:
        """Turn texts into vectors, a batch of texts at a time: what came before a failure is not paid again.

        Raises:
            ConfigError, ProviderError, BudgetReached: As for `transcribe`.
        """
        if not request.texts:
            raise InputError("there is no text to embed", "give at least one text")
        batches = batched(request.texts)
        if len(batches) == 1:
            return await self.serve(Embedding(request), provider_type)
        found = [await self.serve(Embedding(replace(request, input=batches[0])), provider_type)]
        # Vectors of different models cannot be compared: the first batch decides.
        same = replace(request, model=f"{found[0].provider}/{found[0].provenance.model_asked}")  # type: ignore[union-attr]
        found += [await self.serve(Embedding(replace(same, input=batch))) for batch in batches[1:]]
        return in_one(found)

    async def compare_providers(
        self,
        request: Request,
        capability: ModelCapability,  # noqa: ARG002  the request says it, too
        minutes: float | None = None,
    ) -> dict[str, Any]:
        """What this very request would cost at every provider and model, the cheapest named. Makes no call.

        Args:
            request: The request.
            capability: The kind of work.
            minutes: Length of the audio; None reads the recording's headers.

        Returns:
            `{"providers": [{"provider", "model", "cost": {"total_cost", ...} | None, "priority", "note"}], "cheapest"}`
        """
        task: Task[Any] = await asyncio.to_thread(_task_of, request, minutes)
        return comparison(self.roster, self._everybody(self.roster, task, None), task.need, task.audio_s or 0.0)

    def route(self, task: Task[R], provider_type: ProviderType | str | None = None) -> Route:
        """Decide who is asked for a request, in which order.

        Raises:
            ConfigError: Nobody can serve it; the message says why for each.
        """
        return self.explain(task, provider_type).checked()

    def explain(self, task: Task[R], provider_type: ProviderType | str | None = None) -> Route:
        """The same decision, also where nobody is left; `left_out` says why for each.

        Raises:
            ConfigError: The provider or the model is one that nobody has.
        """
        roster = self.roster
        return routed(roster, task, self._everybody(roster, task, provider_type))

    async def serve(
        self,
        task: Task[R],
        provider_type: ProviderType | str | None = None,
        hooks: Hooks = _ALONE,
        run_id: str | None = None,
    ) -> R:
        """Serve a task: from the stored answers of every candidate, else by asking them in turn."""
        roster = self.roster  # whatever comes while it waits, the call sees this one alone
        route = routed(roster, task, self._everybody(roster, task, provider_type, priced=False)).checked()
        if not task.reusable:
            return await self._item(roster, task, hooks, run_id).served(route.order)
        # Equal requests at the same time are one: the others wait for its answer.
        hashes = route.hashes(task.content)
        lock = self._asked[hashes[0]] = self._asked.get(hashes[0]) or asyncio.Lock()
        async with lock:
            if (stored := self._stored(roster, task, route, hashes)) is not None:
                return stored
            item = self._item(roster, task, hooks, run_id)
            item.hashes = dict(zip((each.provider for each in route.order), hashes, strict=True))
            return await item.served(route.order)

    def forgive(self, provider: str) -> None:
        """Ask a provider again, whatever failed there before: its configuration has changed."""
        self._state.forget(self.roster.entry(provider).account)

    def trust(self, provider: str) -> list[Hold]:
        """Let one item through to a provider that looks well again; returns what was held until now."""
        return self._state.let_through(self.roster.entry(provider).account, self._time.now(), SEEN)

    async def aclose(self) -> None:
        """Close the ledger's run of direct calls; providers belong to whoever built the roster."""
        if self._run is not None:
            self._state.end_run(self._run, 0)
            self._run = None

    @property
    def _ceiling(self) -> int:
        return _CEILING if self.roster.policy.caps else 0

    def _stored(self, roster: Roster, task: Task[R], route: Route, hashes: Sequence[str]) -> R | None:
        found = self._state.first_answer(hashes)
        if found is None:
            return None
        hashed, answer = found
        candidate = route.order[hashes.index(hashed)]
        host = roster.entry(candidate.provider).provider.host
        result = task.decode(answer)
        origin = Provenance(candidate.model, result.model, host=host, request_hash=hashed, stored=True)
        return closed(result, Decimal(0), (), origin)

    def _item(self, roster: Roster, task: Task[R], hooks: Hooks, run_id: str | None = None) -> Item[R]:
        if run_id is None:
            run_id = self._run = self._run or self._state.begin_run("library")
        kind: Any = Recording if isinstance(task, Transcribing) else Item
        shared = self._flushing, self._under_way
        item: Item[R] = kind(task, roster, self._state, run_id, hooks, self._time, *shared)
        return item

    def _everybody(
        self, roster: Roster, task: Task[R], provider_type: ProviderType | str | None, *, priced: bool = True
    ) -> list[Candidate]:
        now = self._time.now()
        provider = None if provider_type is None else str(provider_type)
        asked = Asked(task.need, task.request.model, provider, task.audio_s or 0.0, priced)
        holds = {scope: (hold.until - now).total_seconds() for scope, hold in self._state.holds(now).items()}
        return candidates(roster, asked, holds, now.date().isoformat())

    def _content(self, path: Path) -> str:
        try:
            return self._state.content_sha256(path.resolve(strict=True), sha256_of)
        except OSError as error:
            code = "not_found" if isinstance(error, FileNotFoundError) else "unreadable_audio"
            raise InputError(f"{path} cannot be read: {error.strerror}", "check the name", code=code) from error


def _length_s(path: Path) -> float | None:
    """Seconds of audio that the file's headers promise; None where nothing here can read them."""
    from aiprov.audio import probe

    try:
        return probe(path).duration_s
    except (AiprovError, ImportError):
        return None  # who needs the length says so; a provider may be able to read what we cannot


def _task_of(request: Request, minutes: float | None) -> Transcribing | Chatting | Embedding:
    if isinstance(request, ChatRequest):
        return Chatting(request)
    if isinstance(request, EmbeddingRequest):
        return Embedding(request)
    return Transcribing(request, "", _length_s(request.audio_path) if minutes is None else minutes * 60)
