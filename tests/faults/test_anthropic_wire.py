"""Anthropic's adapter against a loopback server: what it sends, what it takes for an answer, how every fault ends.

The official SDK runs unchanged. Every fault is one request, one named error, and no word of the key or the talk.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.failures import Kind
from aiprov.core.requests import (
    ChatMessage,
    ChatRequest,
    EmbeddingRequest,
    Image,
    ModelCapability,
    TranscriptionRequest,
)
from aiprov.core.results import ChatResult, Usage
from aiprov.core.routing import ModelFacts
from aiprov.errors import ConfigError, ProviderError, Stopped
from aiprov.providers.anthropic_api import AnthropicProvider
from aiprov.providers.base import Health, Hooks
from vendor_server import (
    Reply,
    Vendor,
    answer,
    anthropic_error,
    anthropic_events,
    anthropic_message,
    anthropic_models,
    html,
    raw,
    serving,
    sse,
    zipped,
)

KEY = "sk-ant-canary-1234567890"
PROMPT = "prompt-canary"
MODEL = "claude-haiku-5-5"
TODAY = datetime(2026, 11, 24, tzinfo=UTC)
FACTS = ModelFacts(
    MODEL, ModelCapability.CHAT, images=True, json_schema=True, max_output_tokens=64_000, successor="claude-haiku-6"
)
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]}


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with serving(answer(anthropic_message())) as vendor:
        yield vendor


def provider_at(url: str | None, key: str | None = KEY, models: Sequence[ModelFacts] = (FACTS,)) -> AnthropicProvider:
    return AnthropicProvider(base_url=url, key=lambda: key, models=models, region="eu", now=lambda: TODAY)


def talk(*messages: ChatMessage, **more: Any) -> ChatRequest:
    return ChatRequest(messages or (ChatMessage("user", PROMPT),), **more)


def chat(vendor: Vendor, request: ChatRequest | None = None, model: str = MODEL) -> ChatResult:
    async def run() -> ChatResult:
        provider = provider_at(vendor.url)
        try:
            return await provider.chat(request or talk(), model, Hooks())
        finally:
            await provider.aclose()

    return asyncio.run(run())


def stream(vendor: Vendor, got: list[str | ChatResult], hooks: Hooks | None = None) -> list[str | ChatResult]:
    """Put into `got` what comes, also before a failure."""

    async def run() -> None:
        provider = provider_at(vendor.url)
        try:
            async for piece in provider.stream(talk(), MODEL, hooks or Hooks()):
                got.append(piece)  # noqa: PERF401
        finally:
            await provider.aclose()

    asyncio.run(run())
    return got


def health(url: str, key: str | None = KEY, models: Sequence[ModelFacts] = (FACTS,)) -> Health:
    async def run() -> Health:
        provider = provider_at(url, key, models)
        try:
            return await provider.health()
        finally:
            await provider.aclose()

    return asyncio.run(run())


def silent(error: BaseException, logged: str) -> None:
    """Neither the key nor the talk shows in an error, its traceback or the log."""
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error)) + logged
    assert "canary" not in shown
    assert error.__cause__ is None


def sent(vendor: Vendor) -> Any:
    (request,) = vendor.requests
    return request.json()


# --- what is sent -------------------------------------------------------------------------------------------------


def test_a_conversation_is_sent_as_the_api_wants_it(vendor: Vendor) -> None:
    picture = Image(b"\x89PNG", "image/png")
    chat(
        vendor,
        talk(
            ChatMessage("system", "Be brief."),
            ChatMessage("user", "Look:", images=(picture,)),
            ChatMessage("user", "", images=(picture,)),
            ChatMessage("assistant", "I see."),
            ChatMessage("system", "Be kind."),
            ChatMessage("system", ""),
            ChatMessage("user", "And?"),
        ),
    )
    image = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": base64.b64encode(b"\x89PNG").decode()},
    }
    assert sent(vendor) == {
        "model": MODEL,
        "max_tokens": 8192,
        "system": "Be brief.\n\nBe kind.",
        "messages": [
            {"role": "user", "content": [image, {"type": "text", "text": "Look:"}, image]},
            {"role": "assistant", "content": [{"type": "text", "text": "I see."}]},
            {"role": "user", "content": [{"type": "text", "text": "And?"}]},
        ],
    }


@pytest.mark.parametrize("name", ["Authorization", "authorization", "X-Api-Key", "x-api-key", "X-Team"])
def test_the_settings_key_is_sent_to_the_settings_server_whatever_the_environment_says(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-other")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-other")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", f"{name}: Bearer token-other")
    chat(vendor)
    (request,) = vendor.requests
    assert request.path == "/v1/messages"
    assert (request.headers["authorization"], request.headers["x-api-key"]) == (f"Bearer {KEY}", KEY)
    assert "other" not in " ".join(request.headers.values())


def test_a_new_key_counts_with_the_next_call(vendor: Vendor) -> None:
    keys = iter(("sk-first", "sk-second"))

    async def run() -> None:
        provider = AnthropicProvider(base_url=vendor.url, key=lambda: next(keys), models=())
        await provider.chat(talk(), MODEL, Hooks())
        await provider.chat(talk(), MODEL, Hooks())
        await provider.aclose()

    asyncio.run(run())
    assert [request.headers["authorization"] for request in vendor.requests] == ["Bearer sk-first", "Bearer sk-second"]


def test_a_temperature_is_never_sent_as_the_api_refuses_any(vendor: Vendor) -> None:
    chat(vendor, talk(temperature=0.0))
    assert "temperature" not in sent(vendor)
    provider = provider_at(None)
    assert [facts.temperature for facts in provider.models(ModelCapability.CHAT)] == [False]
    cold, warm = (provider.identity(talk(temperature=heat), MODEL) for heat in (0.0, 1.0))
    assert cold == warm


def test_a_schema_is_sent_in_the_form_that_the_api_can_hold_an_answer_to(vendor: Vendor) -> None:
    chat(vendor, talk(response_schema=SCHEMA))
    form = sent(vendor)["output_config"]["format"]
    assert form["type"] == "json_schema"
    assert form["schema"]["additionalProperties"] is False
    assert "minimum" not in form["schema"]["properties"]["n"]


@pytest.mark.parametrize(("model", "schema"), [("claude-unknown", SCHEMA), (MODEL, {"title": "anything"})])
def test_a_schema_that_cannot_be_held_natively_is_left_to_the_manager(
    vendor: Vendor, model: str, schema: dict[str, Any]
) -> None:
    chat(vendor, talk(response_schema=schema), model)
    assert "output_config" not in sent(vendor)


@pytest.mark.parametrize(
    ("asked", "most", "given"), [(None, None, 8192), (None, 4096, 4096), (None, 64_000, 8192), (100, 64_000, 100)]
)
def test_the_limit_of_an_answer_is_the_requests_or_the_usual_one(
    vendor: Vendor, asked: int | None, most: int | None, given: int
) -> None:
    facts = ModelFacts(MODEL, ModelCapability.CHAT, max_output_tokens=most)

    async def run() -> None:
        provider = provider_at(vendor.url, models=(facts,))
        await provider.chat(talk(max_tokens=asked), MODEL, Hooks())
        await provider.aclose()

    asyncio.run(run())
    assert sent(vendor)["max_tokens"] == given
    assert "stream" not in sent(vendor)


def test_a_long_answer_travels_as_a_stream_and_comes_back_whole(vendor: Vendor) -> None:
    vendor.script(sse(*anthropic_events("Hel", "lo"), named=True))
    found = chat(vendor, talk(max_tokens=64_000))
    assert sent(vendor)["stream"] is True
    assert (found.content, found.finish_reason) == ("Hello", "stop")


# --- what comes back ----------------------------------------------------------------------------------------------


def test_an_answer_says_what_was_written_who_wrote_it_and_what_it_used(vendor: Vendor) -> None:
    usage = {
        "input_tokens": 10,
        "output_tokens": 4,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 1000,
        "service_tier": "priority",
    }
    thinking = {"type": "thinking", "thinking": "hm", "signature": "s"}
    content = [thinking, {"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    vendor.script(answer(anthropic_message(content=content, usage=usage)))
    found = chat(vendor)
    assert (found.content, found.provider, found.model) == ("Hello", "anthropic", "claude-served")
    assert found.usage == Usage(1110, 4, cached_tokens=100, cache_write_tokens=1000, tier="priority")
    assert (found.cost, found.attempts, found.provenance) == (None, (), None)


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
    ],
)
def test_an_answer_says_why_it_ended(vendor: Vendor, stop: str, finish: str) -> None:
    vendor.script(answer(anthropic_message(stop_reason=stop)))
    assert chat(vendor).finish_reason == finish


@pytest.mark.parametrize(("word", "tier"), [(None, None), ("standard", None), ("batch", "batch")])
def test_only_an_unusual_price_class_is_told(vendor: Vendor, word: str | None, tier: str | None) -> None:
    vendor.script(answer(anthropic_message(usage={"input_tokens": 9, "output_tokens": 2, "service_tier": word})))
    assert chat(vendor).usage.tier == tier


def test_a_stream_gives_pieces_and_then_the_whole(vendor: Vendor) -> None:
    vendor.script(sse(*anthropic_events("Hel", "lo"), named=True))
    *pieces, last = stream(vendor, [])
    assert pieces == ["Hel", "lo"]
    assert isinstance(last, ChatResult)
    assert (last.content, last.model, last.finish_reason) == ("Hello", "claude-served", "stop")
    assert last.usage == Usage(9, 2)


def test_a_connection_that_breaks_after_the_end_of_an_answer_takes_nothing_from_it(vendor: Vendor) -> None:
    events = sse(*anthropic_events("Hel", "lo"), named=True)
    vendor.script(Reply(events.body + b": idle\n\n" * 1000, headers=events.headers, fault="cut"))
    last = stream(vendor, [])[-1]
    assert isinstance(last, ChatResult)
    assert last.content == "Hello"


def test_a_stream_stops_when_its_caller_says_so(vendor: Vendor) -> None:
    vendor.script(sse(*anthropic_events("Hel", "lo"), named=True))
    got: list[str | ChatResult] = []

    def check() -> None:
        if got:
            raise Stopped("enough")

    with pytest.raises(Stopped):
        stream(vendor, got, Hooks(check=check))
    assert got == ["Hel"]


def test_a_stream_that_nobody_reads_on_is_hung_up(vendor: Vendor) -> None:
    events = sse(*anthropic_events("Hel", *"lo, and so on"), named=True)
    vendor.script(Reply(events.body, headers=events.headers, fault="drip"), answer(anthropic_message()))

    async def run() -> None:
        provider = provider_at(vendor.url)
        pieces = provider.stream(talk(), MODEL, Hooks())
        assert await anext(pieces) == "Hel"
        await pieces.aclose()  # type: ignore[attr-defined]
        assert (await provider.chat(talk(), MODEL, Hooks())).content == "Hello"
        await provider.aclose()

    asyncio.run(run())


# --- every fault: one request, one named error, no secret -----------------------------------------------------------

SAID = f"about {PROMPT} with {KEY}"

REFUSALS = {
    "400 own limit": (
        anthropic_error(400, "invalid_request_error", "You have reached your specified API usage limits."),
        Kind.QUOTA,
    ),
    "429 spent": (
        answer(
            {
                "error": {
                    "type": "rate_limit_error",
                    "message": SAID,
                    "details": {"error_code": "enforced_spend_limit_reached"},
                }
            },
            429,
        ),
        Kind.QUOTA,
    ),
    "400": (anthropic_error(400, "invalid_request_error", SAID), Kind.INVALID_REQUEST),
    "400 too many tokens": (
        anthropic_error(400, "invalid_request_error", f"prompt is too long: 9 tokens > 8 maximum {SAID}"),
        Kind.CONTEXT_LENGTH,
    ),
    "400 no credit": (
        anthropic_error(400, "invalid_request_error", f"Your credit balance is too low {SAID}"),
        Kind.QUOTA,
    ),
    "401": (anthropic_error(401, "authentication_error", SAID), Kind.AUTH),
    "402": (anthropic_error(402, "billing_error", SAID), Kind.QUOTA),
    "403": (anthropic_error(403, "permission_error", SAID), Kind.AUTH),
    "404": (anthropic_error(404, "not_found_error", SAID), Kind.NOT_FOUND),
    "408": (anthropic_error(408, "timeout_error", SAID), Kind.TIMEOUT),
    "409": (anthropic_error(409, "conflict_error", SAID), Kind.SERVER),
    "413": (anthropic_error(413, "request_too_large", SAID), Kind.TOO_LARGE),
    "429": (anthropic_error(429, "rate_limit_error", SAID), Kind.RATE_LIMITED),
    "500": (anthropic_error(500, "api_error", SAID), Kind.SERVER),
    "503 page": (raw(SAID.encode(), "text/html", 503), Kind.OVERLOADED),
    "504": (anthropic_error(504, "timeout_error", SAID), Kind.TIMEOUT),
    "529": (anthropic_error(529, "overloaded_error", SAID), Kind.OVERLOADED),
    "529 page": (raw(SAID.encode(), "text/html", 529), Kind.OVERLOADED),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["chat", "stream"])
@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_is_one_request_and_a_named_error(
    vendor: Vendor, name: str, streamed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    reply, kind = REFUSALS[name]
    error = failure(vendor, reply, streamed)
    assert (error.code, error.status) == (kind, reply.status)
    assert (error.provider, error.model) == ("anthropic", MODEL)
    assert error.hint
    silent(error, caplog.text)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("`temperature` is deprecated for this model.", "leave the temperature out"),
        ("max_tokens: 900000 > 128000, which is the maximum allowed number of output tokens", "another max_tokens"),
        ("output_config: Extra inputs are not permitted", "`json_schema: false`"),
    ],
)
def test_a_refusal_that_names_a_parameter_says_what_to_do_about_it(vendor: Vendor, message: str, told: str) -> None:
    error = failure(vendor, anthropic_error(400, "invalid_request_error", message))
    assert error.code == Kind.INVALID_REQUEST
    assert told in (error.hint or "")


def failure(vendor: Vendor, reply: Reply, streamed: bool = False) -> ProviderError:
    """The error that a reply ends in, after exactly one request."""
    vendor.script(reply)
    with pytest.raises(ProviderError) as caught:
        stream(vendor, []) if streamed else chat(vendor)
    assert len(vendor.requests) == 1
    return caught.value


@pytest.mark.parametrize(
    ("header", "seconds"), [("2", 2.0), ("100000", 100_000.0), ("nan", None), ("-5", None), ("soon", None)]
)
def test_a_wish_to_wait_is_reported_and_not_slept(vendor: Vendor, header: str, seconds: float | None) -> None:
    reply = anthropic_error(429, "rate_limit_error", retry_after=header, request_id="req_1")
    error = failure(vendor, reply)
    assert (error.retry_after_s, error.request_id) == (seconds, "req_1")


@pytest.mark.parametrize("streamed", [False, True], ids=["chat", "stream"])
def test_a_redirect_is_not_followed(vendor: Vendor, streamed: bool) -> None:
    with serving(answer(anthropic_message())) as other:
        error = failure(vendor, raw(b"", status=307, location=f"{other.url}/v1/messages"), streamed)
    assert (error.code, error.status) == (Kind.INVALID_REQUEST, 307)
    assert not other.requests


NO_ANSWERS = {
    "page": html(),
    "empty": raw(b""),
    "half json": raw(b'{"id": "msg'),
    "object": answer({}),
    "null": answer(None),
    "list": answer([]),
    "text": answer("Hello"),
    "no content": answer(anthropic_message(content=None)),
    "content is text": answer(anthropic_message(content="Hello")),
    "text is a number": answer(anthropic_message(content=[{"type": "text", "text": 5}])),
    "no end": answer(anthropic_message(stop_reason=None)),
    "unknown end": answer(anthropic_message(stop_reason="tool_use")),
    "end is a list": answer(anthropic_message(stop_reason=["end_turn"])),
    "no usage": answer(anthropic_message(usage=None)),
    "usage is text": answer(anthropic_message(usage="many")),
    "count is text": answer(anthropic_message(usage={"input_tokens": "many", "output_tokens": 2})),
    "count is missing": answer(anthropic_message(usage={"input_tokens": 9})),
    "count is negative": answer(anthropic_message(usage={"input_tokens": -1, "output_tokens": 2})),
    "count is true": answer(anthropic_message(usage={"input_tokens": True, "output_tokens": 2})),
    "count is a fraction": answer(anthropic_message(usage={"input_tokens": 9, "output_tokens": 2.5})),
    "cached count is text": answer(
        anthropic_message(usage={"input_tokens": 9, "output_tokens": 2, "cache_read_input_tokens": "few"})
    ),
    "65 MB zipped": zipped(b" " * (65 << 20)),
    "not zipped": raw(b"nonsense", content_encoding="gzip"),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_a_reply_that_is_no_answer_is_a_bad_response(
    vendor: Vendor, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    error = failure(vendor, NO_ANSWERS[name])
    assert error.code == Kind.BAD_RESPONSE
    silent(error, caplog.text)


def test_a_model_that_declines_is_named(vendor: Vendor) -> None:
    assert failure(vendor, answer(anthropic_message(stop_reason="refusal"))).code == Kind.CONTENT_FILTERED
    vendor.requests.clear()
    declined = sse(*anthropic_events("Hel", stop="refusal"), named=True)
    assert failure(vendor, declined, streamed=True).code == Kind.CONTENT_FILTERED


@pytest.mark.parametrize("fault", ["cut", "reset"])
def test_a_reply_that_breaks_off_is_a_network_failure(
    vendor: Vendor, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    error = failure(vendor, Reply(answer(anthropic_message()).body, fault=fault))
    assert error.code == Kind.NETWORK
    silent(error, caplog.text)


@pytest.mark.parametrize("fault", ["cut", "reset"])
def test_a_stream_that_breaks_off_is_a_network_failure_after_its_pieces(vendor: Vendor, fault: str) -> None:
    whole = sse(*anthropic_events(*"abcdefgh"), named=True)
    vendor.script(Reply(whole.body, headers=whole.headers, fault=fault))
    got: list[str | ChatResult] = []
    with pytest.raises(ProviderError) as caught:
        stream(vendor, got)
    assert caught.value.code == Kind.NETWORK
    assert all(isinstance(piece, str) for piece in got)
    silent(caught.value, "")


def without(kind: str) -> Reply:
    return sse(*(event for event in anthropic_events("Hel", "lo") if event["type"] != kind), named=True)


NO_STREAMS = {
    "page": html(),
    "message": answer(anthropic_message()),
    "empty": sse(),
    "no end": sse(*anthropic_events("Hel", stop=None), named=True),
    "no message_stop": without("message_stop"),
    "no message_delta": without("message_delta"),
    "no message_start": without("message_start"),
    "unknown end": sse(*anthropic_events("Hel", stop="pause_turn"), named=True),
    "bad json": raw(b"event: message_start\ndata: {\n\n", "text/event-stream"),
    "null": raw(b"event: message_start\ndata: null\n\nevent: message_stop\ndata: null\n\n", "text/event-stream"),
    "not utf-8": raw(b"event: message_start\ndata: \xff\n\n", "text/event-stream"),
}


@pytest.mark.parametrize("name", NO_STREAMS)
def test_a_stream_that_is_no_answer_is_a_bad_response(vendor: Vendor, name: str) -> None:
    error = failure(vendor, NO_STREAMS[name], streamed=True)
    assert error.code == Kind.BAD_RESPONSE
    silent(error, "")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("overloaded_error", Kind.OVERLOADED),
        ("rate_limit_error", Kind.RATE_LIMITED),
        ("billing_error", Kind.QUOTA),
        ("timeout_error", Kind.TIMEOUT),
        ("api_error", Kind.SERVER),
        ("new_error", Kind.SERVER),
    ],
)
def test_an_error_inside_a_stream_is_named_by_its_type(vendor: Vendor, kind: str, code: Kind) -> None:
    broken = [*anthropic_events("Hel", stop=None), {"type": "error", "error": {"type": kind, "message": SAID}}]
    error = failure(vendor, sse(*broken, named=True), streamed=True)
    assert error.code == code
    silent(error, "")


def test_a_server_that_is_not_there_is_a_network_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(ProviderError) as caught:
        chat(Vendor(url=url))
    assert caught.value.code == Kind.NETWORK
    silent(caught.value, "")


def test_a_server_that_hangs_is_left_at_the_callers_deadline(vendor: Vendor) -> None:
    vendor.script(Reply(fault="hang"))

    async def run() -> None:
        provider = provider_at(vendor.url)
        async with asyncio.timeout(0.05):
            await provider.chat(talk(), MODEL, Hooks())

    with pytest.raises(TimeoutError):
        asyncio.run(run())


@pytest.mark.parametrize("key", [None, "", "sk-canary\n", "sk-canär", "sk canary"])
def test_a_key_that_cannot_be_one_is_told_without_a_request(vendor: Vendor, key: str | None) -> None:
    provider = provider_at(vendor.url, key)
    with pytest.raises(ConfigError) as caught:
        asyncio.run(provider.chat(talk(), MODEL, Hooks()))
    assert not vendor.requests
    silent(caught.value, "")


# --- what is offered ----------------------------------------------------------------------------------------------


def test_only_conversations_are_offered_and_any_claude_is_taken() -> None:
    provider = provider_at(None)
    chat_, speech = ModelCapability.CHAT, ModelCapability.TRANSCRIPTION
    assert [facts.name for facts in provider.models(chat_)] == [MODEL]
    assert [provider.models(kind) for kind in (speech, ModelCapability.EMBEDDING)] == [(), ()]
    new = provider.facts(chat_, "claude-next-9")
    assert new == ModelFacts("claude-next-9", chat_, images=True, temperature=False)
    assert provider.facts(chat_, "gpt-6") is None
    assert provider.facts(speech, "claude-next-9") is None


def test_what_is_not_offered_is_refused_clearly() -> None:
    provider = provider_at(None)
    speech, texts = TranscriptionRequest(Path("a.wav")), EmbeddingRequest("a")
    for call in (provider.transcribe(speech, MODEL, Hooks()), provider.embed(texts, MODEL, Hooks())):
        with pytest.raises(ProviderError) as caught:
            asyncio.run(call)
        assert caught.value.code == Kind.INVALID_REQUEST
    with pytest.raises(ConfigError):
        provider.identity(speech, MODEL)
    with pytest.raises(ConfigError):
        provider.identity(talk(), "gpt-6")


def test_the_host_is_the_base_urls_and_the_label_the_users() -> None:
    assert (provider_at(None).host, provider_at(None).region, provider_at(None).local) == (
        "api.anthropic.com",
        "eu",
        False,
    )
    assert provider_at("https://claude.example.com/api").host == "claude.example.com"
    with pytest.raises(ConfigError) as caught:
        provider_at(f"https://user:{KEY}@claude.example.com")
    assert "ANTHROPIC_BASE_URL" in caught.value.message
    silent(caught.value, "")


@pytest.mark.parametrize(
    "changed",
    [
        (talk(max_tokens=5), MODEL, None),
        (talk(response_schema=SCHEMA), MODEL, None),
        (talk(), "claude-other", None),
        (talk(), MODEL, "https://claude.example.com"),
    ],
)
def test_whatever_decides_an_answer_is_in_its_identity(changed: tuple[ChatRequest, str, str | None]) -> None:
    request, model, url = changed
    assert provider_at(url).identity(request, model) != provider_at(None).identity(talk(), MODEL)


# --- health -------------------------------------------------------------------------------------------------------


def test_a_good_key_and_a_model_that_stays_are_healthy_and_nothing_is_billed(vendor: Vendor) -> None:
    vendor.script(answer(anthropic_models(f"{MODEL}-20261001", lifecycle="active", retires_at=None)))
    assert health(vendor.url) == Health("healthy")
    (request,) = vendor.requests
    assert (request.method, request.path.partition("?")[0]) == ("GET", "/v1/models")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"lifecycle": "deprecated", "retires_at": "2026-12-13T00:00:00Z"}, "shuts down in 19 days"),
        ({"lifecycle": "deprecated", "retires_at": "2026-11-25T00:00:00Z"}, "shuts down in 1 day"),
        ({"lifecycle": "deprecated", "retires_at": "2026-01-01T00:00:00Z"}, "shuts down any day now"),
        ({"lifecycle": "deprecated"}, "is deprecated"),
        ({"lifecycle": "retired", "retires_at": "2026-01-01T00:00:00Z"}, "was shut down"),
    ],
)
def test_a_model_that_goes_is_named_with_its_successor(vendor: Vendor, found: dict[str, str], reason: str) -> None:
    vendor.script(answer(anthropic_models(MODEL, **found)))
    assert health(vendor.url) == Health("degraded", (f"{MODEL} {reason}, use claude-haiku-6",))


def test_a_model_that_is_not_listed_is_named(vendor: Vendor) -> None:
    vendor.script(answer(anthropic_models(f"{MODEL}-1", "claude-other", lifecycle="active")))
    found = health(vendor.url, models=(ModelFacts(MODEL, ModelCapability.CHAT),))
    assert found == Health("degraded", (f"{MODEL} is not in the list of models",))


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (anthropic_error(401, "authentication_error", SAID), "unhealthy"),
        (anthropic_error(402, "billing_error", SAID), "unhealthy"),
        (html(), "unhealthy"),
        (answer({}), "unhealthy"),
        (answer(None), "unhealthy"),
        (anthropic_error(429, "rate_limit_error", SAID), "degraded"),
        (anthropic_error(529, "overloaded_error", SAID), "degraded"),
        (anthropic_error(408, "timeout_error", SAID), "degraded"),
        (anthropic_error(404, "not_found_error", SAID), "degraded"),
    ],
)
def test_a_failed_look_says_whether_the_provider_can_still_be_used(vendor: Vendor, reply: Reply, state: str) -> None:
    vendor.script(reply)
    found = health(vendor.url)
    assert found.state == state
    assert found.reasons
    assert "canary" not in repr(found)
    assert len(vendor.requests) == 1


def test_a_look_has_a_deadline(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiprov.providers.anthropic_api._HEALTH_S", 0.05)
    vendor.script(Reply(fault="hang"))
    assert health(vendor.url).state == "degraded"


@pytest.mark.parametrize(("key", "state"), [(None, "unconfigured"), ("sk canary", "unhealthy")])
def test_without_a_usable_key_there_is_no_look(vendor: Vendor, key: str | None, state: str) -> None:
    found = health(vendor.url, key)
    assert found.state == state
    assert "canary" not in repr(found)
    assert not vendor.requests
