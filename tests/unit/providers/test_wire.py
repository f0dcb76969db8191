"""What adapters over HTTP share: addresses, keys, waits, and what a refusal means."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime

import httpx2
import openai
import pytest

from aiprov.core.failures import RULES, Kind
from aiprov.errors import ConfigError, ProviderError, Stopped
from aiprov.providers.wire import (
    bad_response,
    checked_base_url,
    checked_key,
    failed,
    host_of,
    http_client,
    is_this_machine,
    kind_of,
    retry_after_s,
    translating,
)

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "as_used"),
    [
        ("https://api.example.com/v1/", "https://api.example.com/v1"),
        (" https://api.example.com:8443 ", "https://api.example.com:8443"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_https_and_this_machine_are_addresses(url, as_used):
    assert checked_base_url(url, named_by="OPENAI_BASE_URL") == as_used


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com",
        "ftp://canary.example.com",
        "https://",
        "https://user:canary@example.com/v1",
        "https://canary@example.com/v1",
        "https://example.com/v1?key=canary",
        "https://example.com/v1#canary",
        "https://example.com:canary/v1",
        "https://[canary/v1",
        "https://exa mple.com/canary",
        "https://example.com\\@canary.example.com",
        "https://example.com/\ncanary",
        "http://canary.example.com/v1",
        "http://192.168.1.20:8000/canary",
        "http://localhost.canary.example.com",
        "http://127.0.0.1.canary.example.com",
    ],
)
def test_other_addresses_are_refused_by_the_name_of_their_setting(url):
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL") as caught:
        checked_base_url(url, named_by="OPENAI_BASE_URL")
    assert "canary" not in caught.value.message + str(caught.value.hint)


def test_a_host_is_shown_without_what_is_secret():
    assert host_of("https://api.example.com/v1") == "api.example.com"
    assert host_of("http://localhost:11434/v1") == "localhost:11434"
    assert host_of("https://user:canary@example.com") == "example.com"


@pytest.mark.parametrize(("url", "here"), [("http://127.9.9.9/v1", True), ("https://example.com", False), ("x", False)])
def test_this_machine_is_told_from_others(url, here):
    assert is_this_machine(url) is here


def test_a_key_is_printable_and_in_one_piece():
    assert checked_key("sk-aZ09_-.~", "openai") == "sk-aZ09_-.~"
    for key in ("", "sk-canary\n", "sk canary", "sk-canaryé"):
        with pytest.raises(ConfigError) as caught:
            checked_key(key, "openai")
        assert "canary" not in caught.value.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "100000"}, 100_000.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Tue, 24 Nov 2026 12:01:30 GMT"}, 90.0),
        ({"retry-after": "Tue, 24 Nov 2026 13:01:30 +0100"}, 90.0),
        ({"retry-after": "Tue, 24 Nov 2026 12:01:30 -0000"}, 90.0),
        ({"retry-after": "Tue, 24 Nov 2026 11:59:00 GMT"}, None),
        ({"retry-after": "Tue, 99 Nov 2026 11:59:00 GMT"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "nan", "retry-after": "9"}, 9.0),
    ],
)
def test_a_wait_is_read_in_every_form(headers, seconds):
    assert retry_after_s(headers, lambda: NOW) == seconds


def test_the_clock_is_not_asked_without_a_date():
    assert retry_after_s({"retry-after": "3"}, lambda: pytest.fail("asked")) == 3.0


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (307, None, "", Kind.INVALID_REQUEST),
        (400, None, "", Kind.INVALID_REQUEST),
        (400, None, "This model's maximum context length is 8192 tokens", Kind.CONTEXT_LENGTH),
        (400, "invalid_request_error", "prompt is too long: 205000 tokens > 200000 maximum", Kind.CONTEXT_LENGTH),
        (400, "invalid_request_error", "Your credit balance is too low to access the API", Kind.QUOTA),
        (400, None, "blocked by our content filtering policy", Kind.CONTENT_FILTERED),
        (401, None, "maximum context length", Kind.AUTH),
        (402, None, "", Kind.QUOTA),
        (403, None, "", Kind.AUTH),
        (404, None, "", Kind.NOT_FOUND),
        (405, None, "", Kind.INVALID_REQUEST),
        (408, None, "", Kind.TIMEOUT),
        (409, None, "", Kind.SERVER),
        (410, None, "", Kind.NOT_FOUND),
        (413, "rate_limit_exceeded", "", Kind.TOO_LARGE),
        (422, None, "input exceeds the context window", Kind.CONTEXT_LENGTH),
        (429, None, "prompt is too long", Kind.RATE_LIMITED),
        (429, "insufficient_quota", "", Kind.QUOTA),
        (429, "a_new_code", "", Kind.RATE_LIMITED),
        (500, None, "context length", Kind.SERVER),
        (502, None, "", Kind.SERVER),
        (503, None, "", Kind.OVERLOADED),
        (504, None, "", Kind.SERVER),
        (529, "overloaded_error", "", Kind.OVERLOADED),
        (0, None, "", Kind.SERVER),
        (0, "rate_limit_error", "", Kind.RATE_LIMITED),
        (0, None, "maximum context length is 8192 tokens", Kind.CONTEXT_LENGTH),
    ],
)
def test_a_refusal_is_told_by_its_code_then_its_status_and_by_words_only_where_nothing_else_tells(
    status, code, message, kind
):
    assert kind_of(status, code, message) is kind


def test_every_failure_over_the_wire_has_words_and_a_hint():
    for kind in set(Kind) - {Kind.BAD_RESULT, Kind.ENGINE}:
        error = failed(kind, "openai", "m", status=400)
        assert (error.code, error.retryable) == (kind.value, RULES[kind].retries > 0)
        assert error.message.startswith("openai ")
        assert "(m, HTTP 400)" in error.message
        assert error.hint


def test_an_identifier_that_could_be_anything_is_dropped():
    assert failed(Kind.SERVER, "openai", "m", request_id="req_01.aZ-9").request_id == "req_01.aZ-9"
    for odd in ("two words", "\x1b[31m", "x" * 129, ""):
        assert failed(Kind.SERVER, "openai", "m", request_id=odd).request_id is None


def test_a_reply_that_is_no_answer_says_what_is_wrong():
    error = bad_response("openai", "", "usage is not a count")
    assert (error.code, error.model, str(error)) == (
        "bad_response", None, "openai gave no usable answer: usage is not a count"
    )  # fmt: skip


REQUEST = httpx2.Request("POST", "https://example.com", headers={"authorization": "Bearer canary"})


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (httpx2.ReadError("canary", request=REQUEST), "network"),
        (httpx2.RemoteProtocolError("canary", request=REQUEST), "network"),
        (httpx2.ReadTimeout("canary", request=REQUEST), "timeout"),
        (TimeoutError("canary"), "timeout"),
        (ssl.SSLError("canary"), "network"),
        (ConnectionResetError("canary"), "network"),
        (openai.APIConnectionError(request=REQUEST), "network"),
        (openai.APITimeoutError(request=REQUEST), "timeout"),
        (openai.OpenAIError("canary"), "bad_response"),
        (
            openai.APIError("canary", REQUEST, body={"message": "canary", "code": "insufficient_quota"}),
            "quota_exhausted",
        ),
        (openai.APIResponseValidationError(httpx2.Response(200, request=REQUEST), None), "bad_response"),
        (httpx2.DecodingError("canary", request=REQUEST), "bad_response"),
        (ValueError("canary"), "bad_response"),
        (AssertionError("canary"), "bad_response"),
        (KeyError("canary"), "bad_response"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_what_the_sdk_and_its_client_raise_becomes_one_named_error(raised, code):
    async def run() -> None:
        async with translating(openai, "house", "m"):
            raise raised

    with pytest.raises(ProviderError) as caught:
        asyncio.run(run())
    error = caught.value
    assert (error.code, error.provider, error.model) == (code, "house", "m")
    assert "canary" not in f"{error} {error.hint}"
    assert error.__cause__ is None
    assert error.__suppress_context__


@pytest.mark.parametrize("raised", [Stopped("stopped"), asyncio.CancelledError(), KeyboardInterrupt(), MemoryError()])
def test_what_is_not_the_providers_passes(raised):
    async def run() -> None:
        async with translating(openai, "house", "m"):
            raise raised

    with pytest.raises(type(raised)):
        asyncio.run(run())


def test_the_client_has_the_bounds_that_the_sdks_lack():
    client = http_client()
    assert client.follow_redirects is False
    assert client.timeout.connect == 10.0
    assert client.timeout.read is not None
    asyncio.run(client.aclose())
