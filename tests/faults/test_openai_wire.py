"""The OpenAI adapter against a loopback server: what it sends, what counts as an answer, how every fault ends.

The official SDK runs unchanged. Every fault is one request, one named error, and no word of the key or the input.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import traceback
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.requests import (
    ChatMessage,
    ChatRequest,
    Clip,
    DecodingOptions,
    EmbeddingRequest,
    Image,
    ModelCapability,
    TranscriptionRequest,
)
from aiprov.core.results import ChatResult, Transcript, Usage
from aiprov.core.routing import ModelFacts
from aiprov.errors import ConfigError, InputError, ProviderError, Stopped
from aiprov.providers import openai_shaped, wire
from aiprov.providers.base import Health, Hooks
from aiprov.providers.openai_shaped import OpenAIShaped
from audio_factory import recording as made_recording
from vendor_server import (
    Reply,
    Vendor,
    answer,
    html,
    openai_chat,
    openai_chunks,
    openai_embeddings,
    openai_error,
    openai_models,
    raw,
    serving,
    sse,
    zipped,
)

KEY = "sk-canary-0123456789"
PROMPT = "prompt-canary"
CHAT, HEAR, EMBED = ModelCapability.CHAT, ModelCapability.TRANSCRIPTION, ModelCapability.EMBEDDING
FACTS = (
    ModelFacts("talker", CHAT, json_schema=True, successor="talker-2"),
    ModelFacts("silent-on-heat", CHAT, temperature=False),
    ModelFacts("whisper-x", HEAR, words=True, segments=True, prompt=True, translates=True, max_bytes=2000),
    ModelFacts("gpt-transcribe", HEAR, prompt=True, temperature=False),
    ModelFacts("vectors", EMBED, dimension=2),
)
QUESTION = ChatRequest((ChatMessage("user", PROMPT),))
VERBOSE = {
    "task": "transcribe",
    "language": "english",
    "duration": 4.0,
    "text": "Hello, there. It works!",
    "segments": [
        {"id": 0, "seek": 0, "start": 0.0, "end": 2.0, "text": " Hello, there.", "temperature": 0.0,
         "avg_logprob": -0.2, "compression_ratio": 1.1, "no_speech_prob": 0.01, "tokens": [1]},
        {"id": 1, "seek": 0, "start": 2.0, "end": 4.5, "text": " It works!", "temperature": 0.2,
         "avg_logprob": -0.3, "compression_ratio": 1.0, "no_speech_prob": 0.02, "tokens": [2]},
    ],
    "words": [
        {"word": "Hello", "start": 0.1, "end": 0.5},
        {"word": "there", "start": 0.6, "end": 1.0},
        {"word": "It", "start": 2.1, "end": 2.3},
        {"word": "works", "start": 2.4, "end": 4.2},
    ],
    "usage": {"type": "duration", "seconds": 5},
}  # fmt: skip

# For a server that nobody has reason to trust. It protects nothing.
CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4m/C+LXINW729sGD
rykPIbKKP3u4c9Q0Hbn8dJIgDVKhRANCAAR7O+VWlX31c5M0DU4/uoXBvCNkIMJQ
m1bpOS387C2x+TOpzqnGl8xINClJ04SWDL/89VCePbdKHs/Fo4smXT9r
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUXDggm8Z2l9hPrO4DMW9b/o1wKYkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDIyMzI1MVoYDzIxMjYxMDMx
MjIzMjUxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR7O+VWlX31c5M0DU4/uoXBvCNkIMJQm1bpOS387C2x+TOpzqnGl8xI
NClJ04SWDL/89VCePbdKHs/Fo4smXT9ro2QwYjAdBgNVHQ4EFgQU8Du97hsCftYU
l0HOpnqzneqrKmYwHwYDVR0jBBgwFoAU8Du97hsCftYUl0HOpnqzneqrKmYwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQC
IBQ5zq8DCF3qGfGMEk5xuvygkJGRf6rzMuzLPMiumNhOAiBjgT1zQRo3U988sDbJ
2tSUjKSJpew/CGeN9jcppyTHYg==
-----END CERTIFICATE-----
"""


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with serving(answer(openai_chat())) as vendor:
        yield vendor


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "Board secret-canary.MP3"
    path.write_bytes(b"ID3 canary-audio")
    return path


def provider_at(url: str, key: str | None = KEY, **more: Any) -> OpenAIShaped:
    return OpenAIShaped("house", base_url=f"{url}/v1", key=lambda: key, **({"models": FACTS} | more))


def run(provider: OpenAIShaped, call: Callable[[OpenAIShaped], Awaitable[Any]]) -> Any:
    async def running() -> Any:
        try:
            return await call(provider)
        finally:
            await provider.aclose()

    return asyncio.run(running())


def chat(vendor: Vendor, request: ChatRequest = QUESTION, model: str = "talker", key: str | None = KEY) -> ChatResult:
    return run(provider_at(vendor.url, key), lambda p: p.chat(request, model, Hooks()))


def hear(vendor: Vendor, request: TranscriptionRequest, model: str = "whisper-x") -> Transcript:
    return run(provider_at(vendor.url), lambda p: p.transcribe(request, model, Hooks()))


def embed(vendor: Vendor, *texts: str, model: str = "vectors") -> Any:
    return run(provider_at(vendor.url), lambda p: p.embed(EmbeddingRequest(texts), model, Hooks()))


def health(vendor: Vendor, key: str | None = KEY, **more: Any) -> Health:
    return run(provider_at(vendor.url, key, **more), lambda p: p.health())


def stream(vendor: Vendor, got: list[str | ChatResult], hooks: Hooks | None = None) -> None:
    """Put into `got` what comes, also before a failure."""

    async def collect(provider: OpenAIShaped) -> None:
        async for piece in provider.stream(QUESTION, "talker", hooks or Hooks()):
            got.append(piece)  # noqa: PERF401

    run(provider_at(vendor.url), collect)


def silent(error: BaseException, logged: str = "") -> None:
    """Neither the key nor the input shows in an error, its traceback or the log."""
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error)) + logged
    assert "canary" not in shown
    assert error.__cause__ is None


# --- what is sent -------------------------------------------------------------------------------------------------


def test_a_conversation_goes_out_as_servers_of_this_shape_want_it(vendor):
    picture = Image(b"\x89PNG", "image/png")
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    request = ChatRequest(
        (ChatMessage("system", "Be brief"), ChatMessage("user", "See", (picture,))), 0.0, 99, None, schema
    )
    result = chat(vendor, request)
    (sent,) = vendor.requests
    assert (sent.method, sent.path) == ("POST", "/v1/chat/completions")
    assert sent.json() == {
        "model": "talker",
        "messages": [
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": [
                {"type": "text", "text": "See"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw==", "detail": "high"}},
            ]},
        ],
        "temperature": 0.0,
        "max_tokens": 99,
        "response_format": {"type": "json_schema",
                            "json_schema": {"name": "answer", "strict": False, "schema": schema}},
    }  # fmt: skip
    assert result == ChatResult("Hello", "house", "gpt-served", Usage(input_tokens=9, output_tokens=2))


def test_a_schema_is_held_to_strictly_only_where_every_object_is_closed(vendor):
    inner = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
    outer = {"type": "object", "properties": {"a": {"type": "array", "items": inner}}, "required": ["a"]}
    closed = outer | {"additionalProperties": False}
    inner_closed = {"a": {"type": "array", "items": inner | {"additionalProperties": False}}}
    for schema in (
        closed,
        closed | {"properties": inner_closed},
        closed | {"properties": inner_closed, "required": []},
    ):
        chat(vendor, ChatRequest(QUESTION.messages, response_schema=schema))
    strict = [sent.json()["response_format"]["json_schema"]["strict"] for sent in vendor.requests]
    assert strict == [False, True, False]


def test_models_that_take_no_temperature_get_none(vendor):
    chat(vendor, ChatRequest(QUESTION.messages, 0.0), "silent-on-heat")
    assert set(vendor.requests[0].json()) == {"model", "messages"}


def test_openai_itself_gets_the_newer_name_of_the_limit():
    request = ChatRequest(QUESTION.messages, max_tokens=7)
    for url in (None, "https://eu.api.openai.com/v1"):
        provider = OpenAIShaped("openai", base_url=url, key=lambda: KEY, models=FACTS)
        assert provider.identity(request, "talker")["max_completion_tokens"] == 7
    other = OpenAIShaped("x", base_url="https://evilapi.openai.com.example.org/v1", key=lambda: KEY, models=FACTS)
    assert other.identity(request, "talker")["max_tokens"] == 7


def test_only_headers_that_are_known_go_out_whatever_the_environment_says(vendor, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-from-the-environment")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-from-the-environment")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-from-the-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer from-the-environment\nX-Mine: the-environment")
    chat(vendor)
    headers = vendor.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert not any("environment" in value for value in headers.values())
    assert set(headers) == {
        "host", "accept", "accept-encoding", "connection", "content-type", "content-length", "user-agent",
        "authorization",
    }  # fmt: skip


def test_a_server_that_wants_no_key_gets_none_from_the_environment(vendor, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    assert chat(vendor, key=None).content == "Hello"
    assert vendor.requests[0].headers["authorization"] == "Bearer none"


def test_a_new_key_counts_with_the_next_call(vendor):
    keys = ["one", "two"]

    async def twice(provider: OpenAIShaped) -> None:
        await provider.chat(QUESTION, "talker", Hooks())
        await provider.chat(QUESTION, "talker", Hooks())

    run(OpenAIShaped("house", base_url=vendor.url, key=lambda: keys.pop(0), models=FACTS), twice)
    assert [sent.headers["authorization"] for sent in vendor.requests] == ["Bearer one", "Bearer two"]


def test_one_provider_serves_several_event_loops(vendor):
    provider = provider_at(vendor.url)
    for _ in range(2):
        assert asyncio.run(provider.chat(QUESTION, "talker", Hooks())).content == "Hello"


def test_openai_without_a_key_is_asked_nothing():
    provider = OpenAIShaped("openai", base_url=None, key=lambda: None, models=FACTS)
    with pytest.raises(ProviderError) as caught:
        run(provider, lambda p: p.chat(QUESTION, "talker", Hooks()))
    assert caught.value.code == "auth"
    assert run(provider, lambda p: p.health()).state == "unconfigured"


@pytest.mark.parametrize("key", ["sk-canary\n", "sk canary", "sk-canary-é", "“sk-canary”"])
def test_a_key_that_no_header_can_carry_is_named_and_not_shown(vendor, key):
    with pytest.raises(ConfigError, match="the key for house") as caught:
        chat(vendor, key=key)
    silent(caught.value)
    assert vendor.requests == []


def test_a_proxy_from_the_environment_never_sees_what_stays_on_this_machine(vendor, monkeypatch):
    with serving(answer(openai_chat("from the proxy"))) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert chat(vendor).content == "Hello"
        assert proxy.requests == []


def test_local_means_that_the_address_is_this_machine():
    with pytest.raises(ConfigError, match="leads elsewhere"):
        OpenAIShaped("far", base_url="https://api.example.com/v1", key=lambda: None, models=(), local=True)
    near = OpenAIShaped("near", base_url="http://localhost:11434/v1", key=lambda: None, models=(), local=True)
    assert (near.local, near.host) == (True, None)


def test_neither_repr_nor_identity_shows_the_key(vendor):
    provider = provider_at(vendor.url)
    chat(vendor)
    shown = repr(provider) + repr(provider.identity(QUESTION, "talker"))
    assert "canary" not in shown
    assert repr(provider) == f"OpenAIShaped('house', host={provider.host!r})"


# --- transcription ------------------------------------------------------------------------------------------------


def test_a_recording_goes_out_under_a_neutral_name_with_all_that_the_model_takes(vendor, recording):
    vendor.script(answer(VERBOSE))
    options = DecodingOptions(initial_prompt="Minutes.", hotwords="Ada, Grace")
    hear(vendor, TranscriptionRequest(recording, language="en", options=options))
    (sent,) = vendor.requests
    assert sent.path == "/v1/audio/transcriptions"
    assert sent.filename() == "audio.mp3"
    assert sent.form() == {
        "file": [b"ID3 canary-audio"],
        "model": ["whisper-x"],
        "language": ["en"],
        "prompt": ["Minutes. Ada, Grace"],
        "response_format": ["verbose_json"],
        "temperature": ["0.0"],
        "timestamp_granularities[]": ["segment", "word"],
    }
    assert b"Board" not in sent.body


def test_word_times_are_not_asked_for_when_nobody_wants_times(vendor, recording):
    vendor.script(answer(VERBOSE))
    hear(vendor, TranscriptionRequest(recording, enable_timestamps=False))
    form = vendor.requests[0].form()
    assert form["timestamp_granularities[]"] == ["segment"]
    assert "language" not in form


def test_the_model_that_takes_keywords_gets_keywords(vendor, recording):
    vendor.script(answer({"text": "Hi.", "languages": [{"code": "de"}]}))
    options = DecodingOptions(initial_prompt="Minutes.", hotwords="Ada, Grace")
    result = hear(vendor, TranscriptionRequest(recording, options=options), "gpt-transcribe")
    form = vendor.requests[0].form()
    assert form.keys() == {"file", "model", "keywords[]", "prompt", "response_format"}
    assert (form["keywords[]"], form["prompt"], form["response_format"]) == (["Ada", "Grace"], ["Minutes."], ["json"])
    assert result.language == "de"


def test_translation_has_its_own_address_and_is_english(vendor, recording):
    vendor.script(answer(VERBOSE | {"language": "german"}))
    options = DecodingOptions(task="translate")
    result = hear(vendor, TranscriptionRequest(recording, language="de", options=options))
    (sent,) = vendor.requests
    assert sent.path == "/v1/audio/translations"
    assert sent.form().keys() == {"file", "model", "response_format", "temperature"}
    assert result.language == "en"


def test_a_clip_goes_out_instead_of_the_file_and_gives_its_length(vendor, recording):
    vendor.script(answer({"text": "Hi."}))
    result = hear(vendor, TranscriptionRequest(recording, clip=Clip(b"OggS...", ".ogg", 60.0, 72.5)), "gpt-transcribe")
    assert vendor.requests[0].form()["file"] == [b"OggS..."]
    assert vendor.requests[0].filename() == "audio.ogg"
    assert (result.duration_s, result.segments[0].end, result.usage) == (12.5, 12.5, Usage(audio_s=12.5))


def test_the_length_of_a_file_comes_from_its_headers_when_the_reply_does_not_say(vendor, tmp_path):
    path = made_recording(tmp_path, "wav", 2.0)
    vendor.script(answer({"text": "Hi."}))
    assert hear(vendor, TranscriptionRequest(path), "gpt-transcribe").duration_s == pytest.approx(2.0, abs=0.1)


def test_a_file_beyond_the_limit_is_not_even_sent(vendor, recording):
    recording.write_bytes(b"x" * 2001)
    with pytest.raises(ProviderError) as caught:
        hear(vendor, TranscriptionRequest(recording))
    assert caught.value.code == "too_large"
    assert vendor.requests == []


def test_a_recording_that_is_none_is_the_inputs_fault(vendor, tmp_path):
    with pytest.raises(InputError):
        hear(vendor, TranscriptionRequest(tmp_path))
    assert vendor.requests == []


def test_progress_ends_with_the_length_and_a_stop_comes_before_the_request(vendor, recording):
    vendor.script(answer(VERBOSE))
    told: list[float] = []

    def stop() -> None:
        raise Stopped("stopped")

    run(
        provider_at(vendor.url),
        lambda p: p.transcribe(TranscriptionRequest(recording), "whisper-x", Hooks(told.append)),
    )
    assert told == [4.0]
    for call in (
        lambda p: p.transcribe(TranscriptionRequest(recording), "whisper-x", Hooks(check=stop)),
        lambda p: p.chat(QUESTION, "talker", Hooks(check=stop)),
        lambda p: p.embed(EmbeddingRequest("a"), "vectors", Hooks(check=stop)),
    ):
        with pytest.raises(Stopped):
            run(provider_at(vendor.url), call)
    assert len(vendor.requests) == 1


# --- embeddings ---------------------------------------------------------------------------------------------------


def test_vectors_come_back_in_the_order_of_the_texts(vendor):
    document = openai_embeddings([[1.0, 2.0], [3.0, 4]])
    document["data"].reverse()
    vendor.script(answer(document))
    result = embed(vendor, "a", "b")
    assert result.embeddings == ((1.0, 2.0), (3.0, 4.0))
    assert (result.usage, result.cost) == (Usage(input_tokens=5), None)
    assert vendor.requests[0].json() == {"input": ["a", "b"], "model": "vectors", "encoding_format": "float"}


# --- models -------------------------------------------------------------------------------------------------------


def test_models_that_are_not_listed_are_taken_with_as_little_as_is_safe():
    open_to_all = provider_at("http://127.0.0.1:1")
    whisper = open_to_all.facts(HEAR, "Systran/Faster-Whisper-large-v3")
    assert whisper == ModelFacts("Systran/Faster-Whisper-large-v3", HEAR, words=True, segments=True, prompt=True)
    assert open_to_all.facts(HEAR, "voxtral") == ModelFacts("voxtral", HEAR)
    assert open_to_all.facts(HEAR, "talker") is None
    assert open_to_all.facts(CHAT, "talker") is FACTS[0]
    assert [facts.name for facts in open_to_all.models(CHAT)] == ["talker", "silent-on-heat"]
    openai = OpenAIShaped("openai", base_url=None, key=lambda: KEY, models=())
    assert openai.facts(CHAT, "gpt-9") == ModelFacts("gpt-9", CHAT, temperature=False)


def test_equal_identities_mean_equal_answers(recording):
    one, other = provider_at("http://127.0.0.1:1"), provider_at("http://127.0.0.1:2")
    request = TranscriptionRequest(recording)
    assert one.identity(request, "whisper-x") == one.identity(TranscriptionRequest(Path("b.mp3")), "whisper-x")
    different = [
        one.identity(request, "whisper-x"),
        one.identity(request, "gpt-transcribe"),
        other.identity(request, "whisper-x"),
        one.identity(TranscriptionRequest(recording, language="de"), "whisper-x"),
        one.identity(TranscriptionRequest(recording, options=DecodingOptions(task="translate")), "whisper-x"),
        one.identity(TranscriptionRequest(recording, options=DecodingOptions(initial_prompt="x")), "whisper-x"),
        one.identity(QUESTION, "talker"),
        one.identity(ChatRequest(QUESTION.messages, 0.5), "talker"),
        one.identity(ChatRequest(QUESTION.messages, response_schema={"type": "object"}), "talker"),
    ]
    assert len({str(identity) for identity in different}) == len(different)


# --- health -------------------------------------------------------------------------------------------------------


TODAY = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)


def in_days(days: int) -> str:
    return (TODAY.date() + timedelta(days=days)).isoformat()


def test_health_looks_at_the_list_and_sends_nothing_that_is_billed(vendor):
    vendor.script(answer(openai_models(*(facts.name for facts in FACTS), "another")))
    assert health(vendor) == Health("healthy")
    assert [(sent.method, sent.path, sent.body) for sent in vendor.requests] == [("GET", "/v1/models", b"")]


@pytest.mark.parametrize(
    ("days", "reasons"),
    [
        (91, ()),
        (90, ("talker shuts down in 90 days, use talker-2",)),
        (1, ("talker shuts down in 1 day, use talker-2",)),
        (0, (f"talker was shut down on {in_days(0)}, use talker-2",)),
    ],
)
def test_a_model_that_will_be_gone_is_told_with_what_to_use_instead(vendor, days, reasons):
    vendor.script(answer(openai_models(talker=in_days(days))))
    assert health(vendor, models=FACTS[:1], now=lambda: TODAY) == Health("degraded" if reasons else "healthy", reasons)


def test_a_model_that_is_missing_is_told_and_a_tag_of_the_newest_is_no_difference(vendor):
    vendor.script(answer(openai_models("silent-on-heat:latest")))
    assert health(vendor, models=FACTS[:2]).reasons == ("talker is not among the models on offer, use talker-2",)


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (openai_error(401, "invalid_api_key"), "unhealthy"),
        (openai_error(429), "degraded"),
        (openai_error(503), "degraded"),
        (openai_error(404), "degraded"),
        (html(), "unhealthy"),
        (answer([]), "unhealthy"),
        (answer({"data": [{"id": 3}]}), "unhealthy"),
    ],
)
def test_what_passes_by_itself_does_not_mark_a_provider_down(vendor, reply, state):
    vendor.script(reply)
    found = health(vendor)
    assert found.state == state
    assert len(found.reasons) == 1


def test_a_list_that_does_not_come_is_no_verdict(vendor, monkeypatch):
    monkeypatch.setattr(openai_shaped, "_LOOK_S", 0.05)
    vendor.script(Reply(fault="hang"))
    assert health(vendor).state == "degraded"


# --- refusals -----------------------------------------------------------------------------------------------------

REFUSALS = [
    (openai_error(400, "context_length_exceeded"), "context_length"),
    (openai_error(400, None, "This model's maximum context length is 8192 tokens"), "context_length"),
    (openai_error(400, "content_filter"), "content_filtered"),
    (openai_error(400, "unsupported_parameter"), "invalid_request"),
    (openai_error(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"), "auth"),
    (openai_error(402), "quota_exhausted"),
    (openai_error(403), "auth"),
    (openai_error(404, "model_not_found"), "model_not_found"),
    (raw(b"404 page not found", "text/plain", 404), "model_not_found"),
    (openai_error(408), "timeout"),
    (openai_error(409), "server_error"),
    (openai_error(413), "too_large"),
    (openai_error(413, "rate_limit_exceeded"), "too_large"),
    (answer({"detail": [{"msg": PROMPT}]}, 422), "invalid_request"),
    (openai_error(429, "rate_limit_exceeded"), "rate_limited"),
    (openai_error(429, "insufficient_quota", f"{PROMPT}"), "quota_exhausted"),
    (openai_error(429, None, kind="insufficient_quota"), "quota_exhausted"),
    (openai_error(500), "server_error"),
    (raw(b"<html>bad gateway</html>", "text/html", 502), "server_error"),
    (openai_error(503), "overloaded"),
    (openai_error(529), "overloaded"),
]


@pytest.mark.parametrize(
    ("reply", "code"), REFUSALS, ids=[f"{r.status}-{c}-{at}" for at, (r, c) in enumerate(REFUSALS)]
)
def test_every_refusal_is_one_request_and_one_named_error(vendor, reply, code, caplog):
    caplog.set_level(logging.DEBUG)
    vendor.script(reply)
    with pytest.raises(ProviderError) as caught:
        chat(vendor)
    error = caught.value
    assert (error.code, error.status, error.provider, error.model) == (code, reply.status, "house", "talker")
    assert len(vendor.requests) == 1
    assert error.hint
    silent(error, caplog.text)


TEMPERATURE = "Unsupported parameter: 'temperature' is not supported with this model."


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"message": TEMPERATURE, "param": "temperature", "code": "unsupported_parameter"}, "`temperature: false`"),
        ({"message": TEMPERATURE}, "leave the temperature out"),
        ({"message": "no", "param": "max_completion_tokens"}, "give another max_tokens"),
        ({"message": "no", "param": "timestamp_granularities[]"}, "`words: false, segments: false`"),
        ({"message": "no", "param": "messages[0].content[1].image_url"}, "send no image"),
    ],
)
def test_a_refusal_that_names_a_parameter_says_what_to_do_about_it(vendor, error, told):
    vendor.script(answer({"error": {"type": "invalid_request_error", "code": None} | error}, 400))
    with pytest.raises(ProviderError) as caught:
        chat(vendor)
    assert caught.value.code == "invalid_request"
    assert told in (caught.value.hint or "")


@pytest.mark.parametrize(
    "error",
    [
        {"message": f"{PROMPT}, at the temperature of today", "param": None},
        {"message": "no", "param": PROMPT},
        {"message": "no", "param": ["temperature"]},
    ],
)
def test_words_that_only_look_like_a_parameter_advise_nothing(vendor, error):
    vendor.script(answer({"error": error}, 400))
    with pytest.raises(ProviderError) as caught:
        chat(vendor)
    assert caught.value.hint == "the model may not take one of the options; try it without them"
    silent(caught.value)


@pytest.mark.parametrize("call", ["hear", "embed", "stream"])
def test_other_calls_name_refusals_alike(vendor, recording, call, caplog):
    caplog.set_level(logging.DEBUG)
    vendor.script(openai_error(401, message=f"Incorrect API key provided: {KEY}"))
    calls: dict[str, Callable[[], Any]] = {
        "hear": lambda: hear(vendor, TranscriptionRequest(recording)),
        "embed": lambda: embed(vendor, PROMPT),
        "stream": lambda: stream(vendor, []),
    }
    with pytest.raises(ProviderError) as caught:
        calls[call]()
    assert (caught.value.code, len(vendor.requests)) == ("auth", 1)
    silent(caught.value, caplog.text)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("2", 2.0), ("90", 90.0), ("100000", 100000.0), ("nan", None), ("-5", None), ("soon", None), (None, None)],
)
def test_a_wish_to_wait_is_handed_on_and_not_slept_away(vendor, header, seconds):
    vendor.script(openai_error(429, **({"retry_after": header} if header else {}), x_request_id="req_1"))
    with pytest.raises(ProviderError) as caught:
        chat(vendor)
    assert (caught.value.retry_after_s, caught.value.request_id) == (seconds, "req_1")
    assert len(vendor.requests) == 1


def test_a_redirect_is_not_followed_and_nothing_reaches_the_other_address(vendor, recording):
    with serving(answer(VERBOSE)) as other:
        for status in (301, 302, 307, 308):
            vendor.script(raw(b"", status=status, location=f"{other.url}/v1/audio/transcriptions"))
            with pytest.raises(ProviderError, match="redirects elsewhere") as caught:
                hear(vendor, TranscriptionRequest(recording))
            assert (caught.value.code, caught.value.status) == ("invalid_request", status)
        assert other.requests == []
    assert len(vendor.requests) == 4


# --- replies that are no answers ----------------------------------------------------------------------------------

JUNK = {
    "html": html(),
    "no bytes": raw(b""),
    "broken json": raw(b'{"choices": ['),
    "not utf-8": raw(b"\xff\xfe\xfa"),
    "endlessly deep": raw(b"[" * 100_000),
    "null": answer(None),
    "a list": answer([]),
    "text": answer(""),
    "a number": answer(3),
    "an empty object": answer({}),
    "an error": answer({"error": {"message": PROMPT}}),
    "broken gzip": raw(b"not gzip", content_encoding="gzip"),
}


@pytest.mark.parametrize("reply", JUNK.values(), ids=JUNK)
def test_what_is_no_answer_is_never_taken_for_one(vendor, recording, reply):
    vendor.script(reply)

    async def drained(provider: OpenAIShaped) -> None:
        async for _ in provider.stream(QUESTION, "talker", Hooks()):
            pass

    calls: list[Callable[[OpenAIShaped], Awaitable[Any]]] = [
        lambda p: p.chat(QUESTION, "talker", Hooks()),
        lambda p: p.transcribe(TranscriptionRequest(recording), "whisper-x", Hooks()),
        lambda p: p.transcribe(TranscriptionRequest(recording), "gpt-transcribe", Hooks()),
        lambda p: p.embed(EmbeddingRequest("a"), "vectors", Hooks()),
        drained,
    ]

    async def each(provider: OpenAIShaped) -> None:
        for made, call in enumerate(calls, 1):
            with pytest.raises(ProviderError) as caught:
                await call(provider)
            assert (caught.value.code, len(vendor.requests)) == ("bad_response", made)
            silent(caught.value)

    run(provider_at(vendor.url), each)


def test_a_refusal_of_the_model_is_no_answer(vendor):
    for document in (openai_chat(None, refusal="I cannot, canary"), openai_chat(None, finish_reason="content_filter")):
        vendor.script(answer(document))
        with pytest.raises(ProviderError) as caught:
            chat(vendor)
        assert caught.value.code == "content_filtered"
        silent(caught.value)


def test_an_answer_that_the_limit_cut_off_says_so(vendor):
    vendor.script(answer(openai_chat("Half a", finish_reason="length")))
    assert chat(vendor).finish_reason == "length"


def test_a_bomb_is_not_unpacked(vendor, monkeypatch):
    monkeypatch.setattr(wire, "MAX_REPLY_BYTES", 1000)
    monkeypatch.setattr(wire.http_client, "__defaults__", (1000,))
    for reply in (zipped(b" " * 100_000), raw(b" " * 1001)):
        vendor.script(reply)
        with pytest.raises(ProviderError, match="too large") as caught:
            chat(vendor)
        assert caught.value.code == "bad_response"
    vendor.script(sse(*openai_chunks("x" * 2000)))
    with pytest.raises(ProviderError, match="too large"):
        stream(vendor, [])


# --- connections --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["cut", "reset"])
def test_a_connection_that_breaks_in_the_midst_is_one_request_and_named(vendor, fault):
    vendor.script(Reply(answer(openai_chat()).body, fault=fault))
    with pytest.raises(ProviderError, match="broke off") as caught:
        chat(vendor)
    assert (caught.value.code, len(vendor.requests)) == ("network", 1)


@pytest.mark.parametrize("fault", ["drip", "hang"])
def test_a_slow_server_ends_at_the_callers_deadline(vendor, fault):
    vendor.script(Reply(answer(openai_chat("x" * 5000)).body, fault=fault))

    async def limited(provider: OpenAIShaped) -> None:
        async with asyncio.timeout(0.2):
            await provider.chat(QUESTION, "talker", Hooks())

    with pytest.raises(TimeoutError):
        run(provider_at(vendor.url), limited)
    assert len(vendor.requests) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [("http://127.0.0.1:1", "refused"), ("https://no-such-host.invalid", "cannot be resolved")],
)
def test_what_cannot_be_reached_says_why(url, why):
    with pytest.raises(ProviderError, match=why) as caught:
        run(provider_at(url), lambda p: p.chat(QUESTION, "talker", Hooks()))
    assert caught.value.code == "network"
    silent(caught.value)


def test_a_certificate_that_nobody_signed_gets_no_key(tmp_path):
    (tmp_path / "pair.pem").write_text(CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pair.pem")
    with serving(answer(openai_chat()), tls=context) as vendor:
        with pytest.raises(ProviderError, match="certificate is not trusted") as caught:
            chat(vendor)
        assert (caught.value.code, vendor.requests) == ("network", [])


def test_a_server_that_speaks_no_tls_is_named(vendor):
    with pytest.raises(ProviderError, match="no secure connection") as caught:
        run(provider_at(vendor.url.replace("http:", "https:")), lambda p: p.chat(QUESTION, "talker", Hooks()))
    assert caught.value.code == "network"


# --- streams ------------------------------------------------------------------------------------------------------


def test_a_stream_gives_pieces_and_last_the_whole(vendor):
    vendor.script(sse(*openai_chunks("Hel", "", "lo"), "[DONE]"))
    got: list[str | ChatResult] = []
    stream(vendor, got)
    assert got == ["Hel", "lo", ChatResult("Hello", "house", "gpt-served", Usage(input_tokens=9, output_tokens=3))]
    assert vendor.requests[0].json() == {
        "model": "talker",
        "messages": [{"role": "user", "content": PROMPT}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


BROKEN_STREAMS: dict[str, tuple[Reply, str]] = {
    "no end": (sse(*openai_chunks("Hello", finish=None)), "bad_response"),
    "no end but done": (sse(*openai_chunks("Hello", finish=None), "[DONE]"), "bad_response"),
    "an unknown end": (sse(*openai_chunks("Hello", finish="tool_calls")), "bad_response"),
    "no usage": (sse(*openai_chunks("Hello", usage=False), "[DONE]"), "bad_response"),
    "no events": (sse(), "bad_response"),
    "only done": (sse("[DONE]"), "bad_response"),
    "an event of null": (sse(*openai_chunks("Hello", finish=None), "null"), "bad_response"),
    "an event of broken json": (sse(*openai_chunks("Hello", finish=None), "{"), "bad_response"),
    "text that is a number": (sse({"choices": [{"delta": {"content": 3}}]}), "bad_response"),
    "choices that are text": (sse({"choices": "canary"}), "bad_response"),
    "usage that is text": (sse(*openai_chunks("Hello"), {"choices": [], "usage": "canary"}), "bad_response"),
    "an error": (sse(*openai_chunks("Hello", finish=None), {"error": {"message": "canary"}}), "server_error"),
    "an overload": (sse({"error": {"message": "x", "type": "overloaded_error"}}), "overloaded"),
    "a refusal": (sse({"choices": [{"delta": {"refusal": "no"}, "finish_reason": "stop"}]}), "content_filtered"),
    "a cut": (Reply(sse(*openai_chunks("Hello")).body, headers={"content-type": "text/event-stream"}, fault="cut"),
              "network"),
    "a reset": (Reply(sse(*openai_chunks("Hello")).body, headers={"content-type": "text/event-stream"}, fault="reset"),
                "network"),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "code"), BROKEN_STREAMS.values(), ids=BROKEN_STREAMS)
def test_a_stream_that_ends_before_its_answer_is_no_answer(vendor, reply, code):
    vendor.script(reply)
    got: list[str | ChatResult] = []
    with pytest.raises(ProviderError) as caught:
        stream(vendor, got)
    assert (caught.value.code, len(vendor.requests)) == (code, 1)
    assert not any(isinstance(piece, ChatResult) for piece in got)
    silent(caught.value)


def test_a_stream_stops_when_it_is_told_to(vendor):
    vendor.script(sse(*openai_chunks("a", "b", "c")))
    checks = iter([None, None, Stopped("stopped")])

    def check() -> None:
        if (error := next(checks)) is not None:
            raise error

    got: list[str | ChatResult] = []
    with pytest.raises(Stopped):
        stream(vendor, got, Hooks(check=check))
    assert got == ["a"]


def test_a_model_without_times_answers_another_request_when_times_are_needed():
    untimed = ModelFacts("deaf-to-time", ModelCapability.TRANSCRIPTION)
    provider = provider_at("http://127.0.0.1:1", models=(untimed,))
    asked = [TranscriptionRequest(Path("a.wav"), enable_timestamps=times) for times in (True, False)]
    one, other = (provider.identity(each, "deaf-to-time") for each in asked)
    assert one != other
