"""Anthropic through its own SDK: conversations, with pictures, and with answers held to a schema.

Knows what the Messages API takes and how its answers, its streams and its list of models look. How calls travel and
how failures are named is `wire`'s; retries, prices and the check against a schema are the manager's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from aiprov.core.failures import Kind
from aiprov.core.requests import ChatRequest, EmbeddingRequest, ModelCapability, TranscriptionRequest
from aiprov.core.results import ChatResult, EmbeddingResult, Transcript
from aiprov.core.routing import ModelFacts
from aiprov.errors import ConfigError, ProviderError
from aiprov.providers import wire
from aiprov.providers.anthropic_messages import FINISH, Reply, conversation, ending, field_of, held_to, usage_of
from aiprov.providers.base import Health, Hooks, Request

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

_HOME = "https://api.anthropic.com"
_HEALTH_S = 15.0

# The longest answer where nobody says how long. Longer ones are streamed: the SDK refuses to wait for them in silence
# (above 21333 tokens for most models, above 8192 for some).
_USUAL_TOKENS = 8192

# Failures of a look at the list that say nothing against the provider.
_PASSING = frozenset({Kind.RATE_LIMITED, Kind.OVERLOADED, Kind.TIMEOUT, Kind.SERVER, Kind.NOT_FOUND})


class AnthropicProvider:
    """Answers with Claude. One request a call; connections open with the first call and stay until `aclose`.

    Args:
        base_url: Another server that speaks the Messages API; None for Anthropic's own.
        key: Gives the API key, or None when there is none; asked at each call, so a new key counts at once.
        models: The models to offer, the preferred first.
        region: The user's label for where the server is.
        now: The clock, for dates of retirement.

    Raises:
        ConfigError: The base URL is not one that keys may be sent to.
    """

    name = "anthropic"
    local = False

    def __init__(
        self,
        *,
        base_url: str | None,
        key: Callable[[], str | None],
        models: Sequence[ModelFacts],
        region: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._base_url = wire.checked_base_url(base_url or _HOME, named_by="ANTHROPIC_BASE_URL")
        self._key = key
        # Source: since API version 2026-10-21, which the SDK's 2.x sends, `temperature` is an error at any value.
        self._models = tuple(replace(facts, temperature=False) for facts in models)
        self.region = region
        self._now = now
        self._clients: dict[tuple[object, str], AsyncAnthropic] = {}

    @property
    def host(self) -> str:
        """Where requests go."""
        return wire.host_of(self._base_url)

    def models(self, capability: ModelCapability) -> Sequence[ModelFacts]:
        """The models offered for a kind of work: conversations only."""
        return tuple(facts for facts in self._models if facts.capability == capability)

    def facts(self, capability: ModelCapability, model: str) -> ModelFacts | None:
        """What is known of a model; any name that starts with `claude` is taken, with unknown limits."""
        known = next((facts for facts in self.models(capability) if facts.name == model), None)
        if known is None and capability == ModelCapability.CHAT and model.startswith("claude"):
            return ModelFacts(model, ModelCapability.CHAT, images=True, temperature=False)
        return known

    def identity(self, request: Request, model: str) -> Mapping[str, object]:
        """The server, the model, the length and the schema; no temperature, as none is sent.

        Raises:
            ConfigError: The request is not a conversation, or the model is not one of Anthropic's.
        """
        if not isinstance(request, ChatRequest) or self.facts(ModelCapability.CHAT, model) is None:
            raise ConfigError(f"{model} at Anthropic does not do that", "name a Claude model, for a conversation")
        schema = request.response_schema
        return {
            "host": self._base_url,
            "model": model,
            "max_tokens": self._max_tokens(request, model),
            "schema": None if schema is None else dict(schema),
        }

    async def transcribe(self, request: TranscriptionRequest, model: str, hooks: Hooks) -> Transcript:  # noqa: ARG002
        """Anthropic has no model for this.

        Raises:
            ProviderError: Always.
        """
        self._cannot("transcribe recordings", model)

    async def embed(self, request: EmbeddingRequest, model: str, hooks: Hooks) -> EmbeddingResult:  # noqa: ARG002
        """Anthropic has no model for this.

        Raises:
            ProviderError: Always.
        """
        self._cannot("turn texts into vectors", model)

    async def chat(self, request: ChatRequest, model: str, hooks: Hooks) -> ChatResult:
        """Answer one conversation. Long answers travel as a stream, as idle connections do not last.

        Raises:
            ProviderError: There is no answer, or none that can be trusted; the code says why.
        """
        hooks.check()
        reply, body = Reply(), self._body(request, model)
        async with self._calling(model) as client:
            if body["max_tokens"] > _USUAL_TOKENS:
                async for _piece in _pieces(client, body, reply, hooks):
                    pass
            else:
                reply.whole(await client.messages.create(**body))
        return self._result(reply, model)

    async def stream(self, request: ChatRequest, model: str, hooks: Hooks) -> AsyncIterator[str | ChatResult]:
        """Answer in pieces of text as they come, and last the whole.

        Raises:
            ProviderError: As with `chat`; also when the stream ends before its answer does.
        """
        reply = Reply()
        async with (
            self._calling(model) as client,
            contextlib.aclosing(_pieces(client, self._body(request, model), reply, hooks)) as pieces,
        ):
            async for piece in pieces:
                yield piece
        yield self._result(reply, model)

    async def health(self) -> Health:
        """Ask for the list of models, which is not billed: is the key good, and how long do the models last?"""
        if not self._key():
            return Health("unconfigured", ("ANTHROPIC_API_KEY is not set",))
        try:
            async with asyncio.timeout(_HEALTH_S):
                listed = await self._listed()
        except TimeoutError:
            late = f"{self.host} did not list its models within {_HEALTH_S:.0f} seconds"
            return Health("degraded", (late,), reached=False)
        except (ConfigError, ProviderError) as error:
            return Health("degraded" if error.code in _PASSING else "unhealthy", (error.message,), reached=False)
        today = self._now()
        reasons = [ending(facts, listed, today) for facts in self._models]
        found = tuple(reason for reason in reasons if reason)
        return Health("degraded" if found else "healthy", found)

    async def aclose(self) -> None:
        """Close the connections."""
        loop, clients = asyncio.get_running_loop(), self._clients
        self._clients = {}
        for (home, _key), client in clients.items():
            # Connections of another loop, which has ended, are gone with it.
            if home is loop:
                await client.close()

    async def _listed(self) -> list[object]:
        async with self._calling("") as client:
            page = await client.models.list(limit=1000, lifecycle=["active", "deprecated", "retired"])
        listed = field_of(page, "data")
        if not isinstance(listed, list):
            raise wire.bad_response(self.name, "", "it is not a list of models")
        return listed

    @contextlib.asynccontextmanager
    async def _calling(self, model: str) -> AsyncIterator[AsyncAnthropic]:
        """A client to call with; what the SDK raises becomes a ProviderError."""
        import anthropic

        async with wire.translating(anthropic, self.name, model):
            yield self._client()

    def _client(self) -> AsyncAnthropic:
        """The client: a new one for a new key, and for a new event loop, which cannot use another's connections."""
        key, loop = self._key(), asyncio.get_running_loop()
        if not key:
            raise ConfigError("there is no key for Anthropic", "set ANTHROPIC_API_KEY")
        if (loop, key) not in self._clients:
            self._clients = {place: client for place, client in self._clients.items() if place[0] is loop}
            self._clients[loop, key] = self._made(wire.checked_key(key, self.name))
        return self._clients[loop, key]

    def _made(self, key: str) -> AsyncAnthropic:
        """A client to which the environment adds no credential, no server and no tracing."""
        import anthropic

        return anthropic.AsyncAnthropic(
            api_key=key,
            # In both headers, as older servers of this shape read the second, and ANTHROPIC_CUSTOM_HEADERS must
            # put another key into neither.
            default_headers={"Authorization": f"Bearer {key}", "X-Api-Key": key},
            base_url=self._base_url,
            max_retries=0,
            http_client=wire.http_client(),
            open_telemetry=False,
        )

    def _body(self, request: ChatRequest, model: str) -> dict[str, Any]:
        limits = {"model": model, "max_tokens": self._max_tokens(request, model)}
        body: dict[str, Any] = limits | conversation(request.messages)
        facts = self.facts(ModelCapability.CHAT, model)
        if request.response_schema is not None and facts is not None and facts.json_schema:
            body |= held_to(request.response_schema)
        return body

    def _max_tokens(self, request: ChatRequest, model: str) -> int:
        """The API wants a limit; where the request has none, the model's own, but no more than usual."""
        if request.max_tokens is not None:
            return request.max_tokens
        facts = self.facts(ModelCapability.CHAT, model)
        most = facts.max_output_tokens if facts is not None else None
        return min(most or _USUAL_TOKENS, _USUAL_TOKENS)

    def _result(self, reply: Reply, model: str) -> ChatResult:
        if not reply.ended:
            raise wire.bad_response(self.name, model, "the stream ended before the answer did")
        if reply.stop == "refusal":
            raise wire.failed(Kind.CONTENT_FILTERED, self.name, model)
        usage, finish = usage_of(reply.counts), FINISH.get(str(reply.stop))
        if reply.text is None or finish is None or usage is None:
            missing = "text" if reply.text is None else "token counts" if usage is None else "known reason for its end"
            raise wire.bad_response(self.name, model, f"it has no {missing}")
        served = reply.model if isinstance(reply.model, str) and reply.model else model
        return ChatResult("".join(reply.text), self.name, served, usage, finish_reason=finish)

    def _cannot(self, what: str, model: str) -> NoReturn:
        raise ProviderError(
            f"Anthropic does not {what}",
            "use another provider for that",
            provider=self.name,
            model=model,
            code=Kind.INVALID_REQUEST,
        )


async def _pieces(client: AsyncAnthropic, body: dict[str, Any], reply: Reply, hooks: Hooks) -> AsyncGenerator[str]:
    async with await client.messages.create(**body, stream=True) as events:
        async for event in events:
            hooks.check()
            if piece := reply.take(event):
                yield piece
            if reply.ended:
                return
