"""OpenAI, and every server of its shape (Groq, vLLM, Ollama, llama.cpp, Azure, speaches, ...), through OpenAI's SDK.

Knows which call serves which request, and whose key goes where. What is asked is in `openai_requests`, what comes
back in `openai_transcripts` and `openai_replies`, how calls fail in `wire`; retries and prices are the manager's.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from aiprov.core.failures import Kind
from aiprov.core.requests import ChatRequest, EmbeddingRequest, ModelCapability, TranscriptionRequest
from aiprov.core.results import ChatResult, EmbeddingResult, Transcript
from aiprov.core.routing import ModelFacts
from aiprov.errors import AiprovError, ConfigError, InputError
from aiprov.providers import wire
from aiprov.providers.base import Health, Hooks, Request
from aiprov.providers.openai_listing import listed, reasons
from aiprov.providers.openai_replies import Gathered, chat_result, vectors
from aiprov.providers.openai_requests import chat_parameters, message, sent_as, transcription_parameters, unlisted
from aiprov.providers.openai_transcripts import transcript
from aiprov.providers.reply_parts import NoAnswerError, RefusedError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_HOME = "https://api.openai.com/v1"
_LOOK_S = 15.0
# Failures of a look at the list that say nothing against the provider; some servers have no list.
_PASSING = frozenset({Kind.RATE_LIMITED, Kind.OVERLOADED, Kind.TIMEOUT, Kind.SERVER, Kind.NOT_FOUND})


class OpenAIShaped:
    """Transcribes, answers and embeds over one base URL. One request a call; connections stay until `aclose`.

    Args:
        name: The provider's name in results, settings and the ledger.
        base_url: Where requests go; None for OpenAI itself.
        key: Gives the API key, or None when there is none; asked at each call, so a new key counts at once.
        models: The models to offer, the preferred first.
        region: The user's label for where the server is.
        local: It runs on this machine: nothing leaves it, and calls are free.

    Raises:
        ConfigError: The base URL is not one that keys may be sent to, or not where it is said to be.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None,
        key: Callable[[], str | None],
        models: Sequence[ModelFacts],
        region: str | None = None,
        local: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.local = local
        self.region = region
        self._base_url = wire.checked_base_url(base_url or _HOME, named_by=f"the base URL of {name}")
        if local and not wire.is_this_machine(self._base_url):
            raise ConfigError(f"{name} is marked as local, and its base URL leads elsewhere", "do not mark it as local")
        self._key = key
        self._models = tuple(models)
        self._now = now
        self._clients: dict[tuple[object, str | None], AsyncOpenAI] = {}

    def __repr__(self) -> str:
        return f"OpenAIShaped({self.name!r}, host={wire.host_of(self._base_url)!r})"

    @property
    def host(self) -> str | None:
        """Where requests go; None when they stay on this machine."""
        return None if self.local else wire.host_of(self._base_url)

    @property
    def _is_openai(self) -> bool:
        # eu.api.openai.com and its like are OpenAI as well.
        return f".{wire.host_of(self._base_url)}".endswith(".api.openai.com")

    def models(self, capability: ModelCapability) -> Sequence[ModelFacts]:
        """The models offered for a kind of work, the preferred first."""
        return tuple(facts for facts in self._models if facts.capability == capability)

    def facts(self, capability: ModelCapability, model: str) -> ModelFacts | None:
        """What is known of a model; of one that is not listed, as little as is safe."""
        same_name = [facts for facts in self._models if facts.name == model]
        if same_name:
            return next((facts for facts in same_name if facts.capability == capability), None)
        # OpenAI's reasoning models refuse any temperature; other servers' defaults are rarely what one wants.
        return unlisted(capability, model, temperature=not self._is_openai)

    def identity(self, request: Request, model: str) -> Mapping[str, object]:
        """The server, the model, and the parameters as they are sent."""
        asked: dict[str, Any] = {}
        if isinstance(request, TranscriptionRequest):
            known = self._facts(ModelCapability.TRANSCRIPTION, model)
            asked = {"task": request.options.task} | transcription_parameters(request, known)
            if not (known.words or known.segments):  # with times needed, it is sent in pieces
                asked["times"] = request.enable_timestamps
        elif isinstance(request, ChatRequest):
            asked = self._chat_parameters(request, model)
        return {"host": self._base_url, "model": model, **asked}

    async def transcribe(self, request: TranscriptionRequest, model: str, hooks: Hooks) -> Transcript:
        """Transcribe one recording, or the clip that the request has of it.

        Raises:
            InputError: The recording cannot be read.
            ProviderError: There is no transcript, or none that can be trusted; the code says why.
        """
        hooks.check()
        facts = self._facts(ModelCapability.TRANSCRIPTION, model)
        translates = request.options.task == "translate"
        asked: dict[str, Any] = transcription_parameters(request, facts) | {"model": model}
        with _opened(request) as (name, size, file):
            if facts.max_bytes is not None and size > facts.max_bytes:
                raise wire.failed(Kind.TOO_LARGE, self.name, model, why=f"{size} bytes, and it takes {facts.max_bytes}")
            reply = await self._document(model, lambda at: _listener(at, translates).create(**asked, file=(name, file)))
        with self._reading(model):
            known = {"provider": self.name, "model": model, "language": request.language or ""}
            read = transcript(reply, **known, known_s=lambda: _length_s(request))
        hooks.progress(read.duration_s)
        return replace(read, language="en") if translates else read

    async def chat(self, request: ChatRequest, model: str, hooks: Hooks) -> ChatResult:
        """Answer one conversation.

        Raises:
            ProviderError: There is no answer, or none that can be trusted; the code says why.
        """
        hooks.check()
        reply = await self._posted(model, "/chat/completions", self._body(request, model))
        with self._reading(model):
            return chat_result(reply, provider=self.name, model=model)

    async def stream(self, request: ChatRequest, model: str, hooks: Hooks) -> AsyncIterator[str | ChatResult]:
        """Answer in pieces of text as they come, and last the whole.

        Raises:
            ProviderError: As with `chat`; also when the stream ends before its answer does.
        """
        import openai

        hooks.check()
        body = self._body(request, model) | {"stream": True, "stream_options": {"include_usage": True}}
        gathered = Gathered(model)
        with self._reading(model):
            async with (
                wire.translating(openai, self.name, model),
                await (await self._connected(model)).chat.completions.create(**body) as chunks,
            ):
                async for chunk in chunks:
                    hooks.check()
                    if piece := gathered.add(chunk.to_dict(warnings=False)):
                        yield piece
            yield gathered.result(self.name)

    async def embed(self, request: EmbeddingRequest, model: str, hooks: Hooks) -> EmbeddingResult:
        """Turn texts into vectors.

        Raises:
            ProviderError: There are no vectors, or none that can be trusted; the code says why.
        """
        hooks.check()
        dimension = self._facts(ModelCapability.EMBEDDING, model).dimension
        asked: dict[str, Any] = {"input": list(request.texts), "model": model, "encoding_format": "float"}
        reply = await self._posted(model, "/embeddings", asked)
        with self._reading(model):
            found, usage = vectors(reply, len(request.texts), dimension)
        return EmbeddingResult(found, self.name, model, usage)

    async def health(self) -> Health:
        """Ask for the list of models, which is not billed: is the key good, and how long do the models last?"""
        if self._is_openai and not self._key():
            return Health("unconfigured", (f"there is no key for {self.name}",))
        try:
            async with asyncio.timeout(_LOOK_S):
                reply = await self._document("", lambda client: client.models.with_raw_response.list())
            with self._reading(""):
                found = reasons(self._models, listed(reply), self._now().date())
        except TimeoutError:
            late = f"{self.name} did not list its models within {_LOOK_S:.0f} seconds"
            return Health("degraded", (late,), reached=False)
        except AiprovError as error:
            return Health("degraded" if error.code in _PASSING else "unhealthy", (error.message,), reached=False)
        return Health("degraded" if found else "healthy", found)

    async def aclose(self) -> None:
        """Close the connections."""
        loop, clients, self._clients = asyncio.get_running_loop(), self._clients, {}
        for (home, _key), client in clients.items():
            # Connections of another loop, which has ended, are gone with it.
            if home is loop:
                await client.close()

    async def _document(self, model: str, call: Callable[[AsyncOpenAI], Awaitable[Any]]) -> object:
        """Make a call, and return its reply as JSON says it: the SDK's own models take any reply for an answer."""
        import openai

        async with wire.translating(openai, self.name, model):
            reply = await call(await self._connected(model))
            return json.loads(reply.content)

    async def _posted(self, model: str, path: str, body: Mapping[str, Any]) -> object:
        """The same for a document that is as it is sent: the SDK's own methods copy it by its types for 0.3 ms."""
        import httpx2

        return await self._document(model, lambda client: client.post(path, cast_to=httpx2.Response, body=body))

    @contextlib.contextmanager
    def _reading(self, model: str) -> Iterator[None]:
        try:
            yield
        except NoAnswerError as error:
            raise wire.bad_response(self.name, model, str(error)) from None
        except RefusedError:
            raise wire.failed(Kind.CONTENT_FILTERED, self.name, model) from None

    async def _connected(self, model: str) -> AsyncOpenAI:
        """The client: a new one for a new key, and for a new event loop, which cannot use another's connections."""
        key, loop = self._key(), asyncio.get_running_loop()
        if not key and self._is_openai:
            raise wire.failed(Kind.AUTH, self.name, model, why="there is no key")
        if (loop, key) not in self._clients:
            self._clients = {place: client for place, client in self._clients.items() if place[0] is loop}
            self._clients[loop, key] = self._client(key)
        return self._clients[loop, key]

    def _client(self, key: str | None) -> AsyncOpenAI:
        """A client that takes nothing from the environment: what is None or missing here would be looked up there.

        Servers that want no key ignore the one that stands in for it, without which the SDK makes no request.
        """
        from openai import AsyncOpenAI

        sent = wire.checked_key(key, self.name) if key else "none"
        return AsyncOpenAI(
            api_key=sent,
            admin_api_key="",
            base_url=self._base_url,
            max_retries=0,
            default_headers={"Authorization": f"Bearer {sent}"},
            http_client=wire.http_client(),
        )

    def _facts(self, capability: ModelCapability, model: str) -> ModelFacts:
        """What is known of a model that the manager has settled on."""
        facts = self.facts(capability, model)
        if facts is None:
            raise wire.failed(Kind.NOT_FOUND, self.name, model)
        return facts

    def _body(self, request: ChatRequest, model: str) -> dict[str, Any]:
        return {"model": model, "messages": [*map(message, request.messages)], **self._chat_parameters(request, model)}

    def _chat_parameters(self, request: ChatRequest, model: str) -> dict[str, Any]:
        # Source: OpenAI's reference of chat completions: `max_tokens` is deprecated, and refused by reasoning models.
        limit_key = "max_completion_tokens" if self._is_openai else "max_tokens"
        return chat_parameters(request, self._facts(ModelCapability.CHAT, model), limit_key)


def _listener(client: AsyncOpenAI, translates: bool) -> Any:
    return (client.audio.translations if translates else client.audio.transcriptions).with_raw_response


@contextlib.contextmanager
def _opened(request: TranscriptionRequest) -> Iterator[tuple[str, int, BinaryIO]]:
    """The name to send, the size in bytes, and the audio."""
    if request.clip is not None:
        yield sent_as(request.clip.suffix), len(request.clip.data), io.BytesIO(request.clip.data)
        return
    path = request.audio_path
    if not path.is_file():
        raise InputError(f"{path} is not a file", "name an audio file", code="not_a_file")
    try:
        with path.open("rb") as file:
            yield sent_as(path.suffix), path.stat().st_size, file
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", code="unreadable_audio") from None


def _length_s(request: TranscriptionRequest) -> float:
    """What is known of the audio's length from this side; 0 for nothing."""
    if request.clip is not None:
        return request.clip.end_s - request.clip.start_s
    from aiprov.audio import probe

    with contextlib.suppress(AiprovError):
        return probe(request.audio_path).duration_s or 0.0
    return 0.0
