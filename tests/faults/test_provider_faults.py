"""Every fault of a vendor through the manager, over both official SDKs: what it is called, what it costs, who is asked.

Each row is played twice: with nobody else to ask, and with a second candidate. Sleep is played, requests are counted
on the wire.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from aiprov.core.requests import ChatMessage, ChatRequest, EmbeddingRequest, TranscriptionRequest
from aiprov.core.results import ChatResult
from aiprov.errors import AiprovError, ProviderError
from aiprov.manager import ProviderManager, calling
from aiprov.providers.fake import FakeProvider
from manager_world import fails
from provider_world import GOOD, MODEL, SDKS, World, refused, short_recording
from vendor_server import (
    Reply,
    Vendor,
    answer,
    anthropic_error,
    anthropic_message,
    html,
    openai_chat,
    openai_embeddings,
    openai_error,
    raw,
    serving,
)

both = pytest.mark.parametrize("sdk", SDKS)
_BACKOFF = (0.25, 0.5, 1.0)  # half of the ceilings: chance is 0.5 here
_MODEL, _ACCOUNT = "model", "account"
assert openai.__name__, anthropic.__name__  # imported here, so that no call's time limit pays for it


@dataclass(frozen=True)
class Row:
    """A fault and all that follows from it.

    Attributes:
        reply: What the vendor always says, by SDK.
        code: What the failure is called.
        slept: Waits with nobody else to ask; every one is followed by another request.
        eager: With somebody else, no second try is made here.
        charged: `nothing`, or `unknown` when the vendor may have worked.
        holds: What is left alone afterwards: the account, the model or nothing.
        parked: After how many seconds another run is worth it.
        elsewhere: Whether somebody else is asked.
    """

    reply: Callable[[str], Reply]
    code: str
    slept: tuple[float, ...] = ()
    eager: bool = False
    charged: str = "nothing"
    holds: str = ""
    parked: float | None = None
    elsewhere: bool = True


def limited(slept: tuple[float, ...] = _BACKOFF, parked: float | None = None, **headers: str) -> Row:
    """A rate limit, with what it says of when to come again."""
    return Row(lambda sdk: refused(sdk, 429, **headers), "rate_limited", slept, True, holds=_MODEL, parked=parked)


def final(status: int, code: str, holds: str = "", *, elsewhere: bool = True) -> Row:
    """A refusal that asking again does not change."""
    return Row(lambda sdk: refused(sdk, status), code, holds=holds, elsewhere=elsewhere)


def passing(status: int, code: str, *, charged: str = "unknown", tries: int = 4) -> Row:
    """A failure that may be over in a moment."""
    return Row(lambda sdk: refused(sdk, status), code, _BACKOFF[: tries - 1], charged=charged)


def no_answer(reply: Reply | dict[str, Any]) -> Row:
    """Status 200 and still nothing that could be an answer."""
    return Row(lambda sdk: reply[sdk] if isinstance(reply, dict) else reply, "bad_response", (0.25,), charged="unknown")


def broken(fault: str) -> Row:
    """A connection that breaks in the midst of a good answer."""
    return Row(lambda sdk: Reply(GOOD[sdk].body, fault=fault), "network", _BACKOFF[:2], charged="unknown")


def _by_date(after: timedelta) -> str:
    return format_datetime(datetime.now(UTC) + after, usegmt=True)


def _no_quota(sdk: str) -> Reply:
    if sdk == "openai":
        return openai_error(429, "insufficient_quota", retry_after="2")
    return anthropic_error(400, "invalid_request_error", "Your credit balance is too low to access the API.")


_MANY = {"openai": answer(openai_chat(usage="many")), "anthropic": answer(anthropic_message(usage="many"))}
_TEXTS = {
    "openai": answer(openai_chat(usage={"prompt_tokens": "9", "completion_tokens": 2, "total_tokens": 11})),
    "anthropic": answer(anthropic_message(usage={"input_tokens": "9", "output_tokens": 2})),
}
_BELOW = {
    "openai": answer(openai_chat(usage={"prompt_tokens": -9, "completion_tokens": 2, "total_tokens": 11})),
    "anthropic": answer(anthropic_message(usage={"input_tokens": -9, "output_tokens": 2})),
}

ROWS = {
    "429": limited(),
    "429, in 2 s": limited((2.0, 2.0, 2.0), retry_after="2"),
    "429, in 90 s": limited((), 90.0, retry_after="90"),
    "429, in 100000 s": limited((), 100_000.0, retry_after="100000"),
    "429, in nan s": limited(retry_after="nan"),
    "429, in inf s": limited(retry_after="inf"),
    "429, in -5 s": limited(retry_after="-5"),
    "429, in 0 s": replace(limited((0.25, 0.5, 1.0), retry_after="0"), holds=""),
    "429, at a date gone by": limited(retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
    "429, in words": limited(retry_after="soon"),
    "429, no quota": Row(_no_quota, "quota_exhausted", holds=_ACCOUNT),
    "402": final(402, "quota_exhausted", _ACCOUNT),
    "500": passing(500, "server_error"),
    "502": passing(502, "server_error"),
    "503": passing(503, "overloaded", charged="nothing"),
    "529": passing(529, "overloaded", charged="nothing"),
    "408": passing(408, "timeout", tries=3),
    "409": passing(409, "server_error"),
    "401": final(401, "auth", _ACCOUNT),
    "403": final(403, "auth", _ACCOUNT),
    "404": final(404, "model_not_found", _MODEL),
    "400": final(400, "invalid_request", elsewhere=False),
    "422": final(422, "invalid_request", elsewhere=False),
    "413": final(413, "too_large"),
    "reset": broken("reset"),
    "cut short": broken("cut"),
    "html": no_answer(html()),
    "{}": no_answer(answer({})),
    "null": no_answer(answer(None)),
    "[]": no_answer(answer([])),
    "nothing": no_answer(raw(b"")),
    "half a document": no_answer(raw(b'{"choices": [')),
    "usage of another type": no_answer(_MANY),
    "usage in text": no_answer(_TEXTS),
    "usage below zero": no_answer(_BELOW),
}
every_fault = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


@pytest.fixture(autouse=True, scope="module")
def no_certificates() -> Iterator[None]:
    """Nothing here speaks TLS, and reading the system's certificates for every client would take longest of all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)
        yield


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with serving(answer({})) as vendor:
        yield vendor


def asked(text: str = "prompt-canary") -> ChatRequest:
    return ChatRequest([ChatMessage("user", text)])


def chat(world: World, text: str = "prompt-canary", provider: str | None = None) -> ChatResult:
    return world.asking(lambda manager: manager.chat_completion(asked(text), provider))


def failing(world: World, text: str = "prompt-canary", provider: str | None = None) -> AiprovError:
    with pytest.raises(AiprovError) as caught:
        chat(world, text, provider)
    return caught.value


def scopes(world: World, row: Row) -> dict[str, str]:
    """What the row leaves alone, as the state names it."""
    names = {"": None, _ACCOUNT: world.sdk, _MODEL: f"{world.sdk}|{MODEL[world.sdk]}|chat"}
    scope = names[row.holds]
    return {} if scope is None else {scope: row.code}


# --- every fault --------------------------------------------------------------------------------------------------


@both
@every_fault
def test_alone_a_fault_ends_in_its_name_after_so_many_requests_and_waits(
    tmp_path: Path, vendor: Vendor, sdk: str, row: Row
) -> None:
    vendor.script(row.reply(sdk))
    world = World(tmp_path, sdk, vendor.url)
    error = failing(world)
    calls = len(row.slept) + 1
    assert isinstance(error, ProviderError)
    assert (error.code, error.provider, error.model) == (row.code, sdk, MODEL[sdk])
    assert (len(vendor.requests), world.clock.slept) == (calls, list(row.slept))
    assert error.parked_s == row.parked
    assert [attempt.error_code for attempt in error.attempts] == [row.code] * calls  # type: ignore[attr-defined]
    charges = world.charges()
    assert (charges.attempts, charges.failed, charges.cost, charges.unpriced) == (calls, calls, Decimal(0), 0)
    assert charges.unknown == (calls if row.charged == "unknown" else 0)
    assert world.held() == scopes(world, row)


@both
@every_fault
def test_with_a_second_candidate_the_fault_is_survived_and_what_is_held_is_not_asked_again(
    tmp_path: Path, vendor: Vendor, sdk: str, row: Row
) -> None:
    vendor.script(row.reply(sdk))
    world = World(tmp_path, sdk, vendor.url, FakeProvider("here", local=True))
    slept = () if row.eager else row.slept
    if row.elsewhere:
        answered = chat(world)
        assert (answered.provider, answered.content) == ("here", "You said: prompt-canary")
        assert [attempt.provider for attempt in answered.attempts] == [*[sdk] * (len(slept) + 1), "here"]
        assert answered.cost == Decimal(0)
    else:
        assert failing(world).code == row.code
    assert (len(vendor.requests), world.clock.slept) == (len(slept) + 1, list(slept))
    assert world.held() == scopes(world, row)
    vendor.requests.clear()
    vendor.script(GOOD[sdk])
    assert chat(world, "another").provider == ("here" if row.holds else sdk)
    assert len(vendor.requests) == (0 if row.holds else 1)


@both
def test_a_date_is_a_wait_like_any_other(tmp_path: Path, vendor: Vendor, sdk: str) -> None:
    vendor.script(refused(sdk, 429, retry_after=_by_date(timedelta(minutes=30))))
    world = World(tmp_path, sdk, vendor.url)
    error = failing(world)
    assert isinstance(error, ProviderError)
    assert error.parked_s == pytest.approx(1800, abs=60)
    assert (len(vendor.requests), world.clock.slept) == (1, [])


@both
def test_each_try_obeys_its_own_wish_to_wait(tmp_path: Path, vendor: Vendor, sdk: str) -> None:
    waits = [refused(sdk, 429, retry_after=wait) for wait in ("3", "1")]
    vendor.script(*waits, refused(sdk, 429), GOOD[sdk])
    world = World(tmp_path, sdk, vendor.url)
    assert chat(world).content == "Hello"
    assert world.clock.slept == [3.0, 1.0, 1.0]


@both
def test_what_comes_back_after_a_fault_is_paid_once_and_closes_what_was_open(
    tmp_path: Path, vendor: Vendor, sdk: str
) -> None:
    vendor.script(refused(sdk, 429, retry_after="2"), refused(sdk, 503), GOOD[sdk])
    world = World(tmp_path, sdk, vendor.url)
    answered = chat(world)
    assert [attempt.outcome for attempt in answered.attempts] == ["failed", "failed", "ok"]
    charges = world.charges()
    assert (charges.attempts, charges.failed, charges.unknown) == (3, 2, 0)
    assert charges.cost == answered.cost == Decimal("0.013")  # 9 tokens in at $1000, 2 out at $2000 a million
    assert world.held() == {}


@both
def test_all_that_were_tried_are_told_when_all_are_down(tmp_path: Path, vendor: Vendor, sdk: str) -> None:
    vendor.script(refused(sdk, 500))
    world = World(tmp_path, sdk, vendor.url, FakeProvider("other", fails("auth", "other")))
    error = failing(world)
    assert isinstance(error, ProviderError)
    assert [attempt.provider for attempt in error.attempts] == [*[sdk] * 4, "other"]  # type: ignore[attr-defined]
    assert error.message.index(f"{sdk} failed on its side") < error.message.index("other auth")
    assert world.clock.slept == list(_BACKOFF)


# --- what no reply tells ------------------------------------------------------------------------------------------


@both
def test_a_refused_connection_is_tried_again_and_handed_on(tmp_path: Path, sdk: str) -> None:
    with serving(answer({})) as gone:
        pass
    alone = World(tmp_path / "alone", sdk, gone.url)
    error = failing(alone)
    assert (error.code, alone.clock.slept) == ("network", [0.25, 0.5])
    assert "refused" in error.message
    assert (alone.charges().attempts, alone.charges().unknown) == (3, 0), "what was never sent costs nothing"
    world = World(tmp_path, sdk, gone.url, FakeProvider("here", local=True))
    assert chat(world).provider == "here"


@both
def test_a_redirect_is_not_followed_and_nothing_reaches_the_other_address(
    tmp_path: Path, vendor: Vendor, sdk: str
) -> None:
    with serving(GOOD[sdk]) as elsewhere:
        vendor.script(raw(b"", status=307, location=f"{elsewhere.url}/v1/messages"))
        world = World(tmp_path, sdk, vendor.url, FakeProvider("here", local=True))
        error = failing(world)
        assert (error.code, len(vendor.requests), elsewhere.requests) == ("invalid_request", 1, [])
    assert "redirects" in error.message


@both
@pytest.mark.parametrize("fault", ["drip", "hang"])
def test_a_server_that_trickles_or_hangs_ends_at_the_deadline_of_the_whole_call(
    tmp_path: Path, vendor: Vendor, sdk: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, sdk, vendor.url)

    async def calls(manager: ProviderManager) -> None:
        await manager.chat_completion(asked("warm"))  # what comes first makes the connection
        monkeypatch.setattr(calling, "_LIMITS_S", dict.fromkeys(calling._LIMITS_S, 0.2))
        vendor.script(Reply(GOOD[sdk].body, fault=fault))
        await manager.chat_completion(asked())

    vendor.script(GOOD[sdk])
    with pytest.raises(ProviderError) as caught:
        world.asking(calls)
    # A third try would begin after the time of the whole item.
    assert (caught.value.code, len(vendor.requests), world.clock.slept) == ("timeout", 1 + 2, [0.25])
    assert world.charges().unknown == 2


# --- a page is never an answer ------------------------------------------------------------------------------------


def _transcribe(path: Path) -> Callable[[ProviderManager], Any]:
    return lambda manager: manager.transcribe(TranscriptionRequest(path))


def _embed(manager: ProviderManager) -> Any:
    return manager.generate_embedding(EmbeddingRequest("a text"))


@pytest.mark.parametrize("page", [html(), raw(b"<html>login</html>", "application/json")], ids=["html", "as json"])
@pytest.mark.parametrize("kind", ["transcription", "embedding"])
def test_a_login_page_is_never_a_transcript_nor_a_vector(
    tmp_path: Path, vendor: Vendor, page: Reply, kind: str
) -> None:
    vendor.script(page)
    call = _embed if kind == "embedding" else _transcribe(short_recording(tmp_path / "meeting.wav"))
    with pytest.raises(ProviderError) as caught:
        World(tmp_path / "alone", "openai", vendor.url).asking(call)
    assert (caught.value.code, len(vendor.requests)) == ("bad_response", 2)
    found = World(tmp_path, "openai", vendor.url, FakeProvider("here", local=True)).asking(call)
    assert found.provider == "here"
    assert "<html" not in repr(found)
    assert b"<html" not in (tmp_path / "state.sqlite3").read_bytes()


@pytest.mark.parametrize(
    ("status", "code", "requests"),
    [(401, "auth", 1), (413, "too_large", 1), (429, "rate_limited", 4), (500, "server_error", 4)],
)
@pytest.mark.parametrize("kind", ["transcription", "embedding"])
def test_recordings_and_texts_fail_by_the_same_rules(
    tmp_path: Path, vendor: Vendor, kind: str, status: int, code: str, requests: int
) -> None:
    vendor.script(refused("openai", status))
    call = _embed if kind == "embedding" else _transcribe(short_recording(tmp_path / "meeting.wav"))
    with pytest.raises(ProviderError) as caught:
        World(tmp_path, "openai", vendor.url).asking(call)
    assert (caught.value.code, len(vendor.requests)) == (code, requests)


def test_a_fault_of_one_kind_of_work_leaves_the_others_alone(tmp_path: Path, vendor: Vendor) -> None:
    vendor.script(refused("openai", 429, retry_after="900"), answer(openai_embeddings([[0.0, 1.0]])))
    world = World(tmp_path, "openai", vendor.url)
    assert failing(world).code == "rate_limited"
    assert world.asking(_embed).embeddings == ((0.0, 1.0),)


# --- breakers -----------------------------------------------------------------------------------------------------


@both
def test_ten_failing_calls_open_the_breaker_for_every_process_until_one_item_succeeds(
    tmp_path: Path, vendor: Vendor, sdk: str
) -> None:
    vendor.script(refused(sdk, 500))
    world = World(tmp_path, sdk, vendor.url)
    codes = {failing(world, f"item {at}").code for at in range(10)}
    assert (codes, len(vendor.requests)) == (
        {"server_error"},
        8,
    )  # opened by the fifth; the second item ended its tries
    vendor.script(GOOD[sdk])
    held = failing(world, "in another process")
    assert isinstance(held, ProviderError)
    assert (len(vendor.requests), held.retryable, held.attempts) == (8, False, ())
    assert 0 < (held.parked_s or 0) <= 34
    world.clock.seconds += 60
    assert [chat(world, f"later {at}").provider for at in range(2)] == [sdk, sdk]
    assert (len(vendor.requests), world.held()) == (10, {})


@both
def test_one_item_looks_and_when_it_fails_the_time_doubles(tmp_path: Path, vendor: Vendor, sdk: str) -> None:
    vendor.script(refused(sdk, 500))
    world = World(tmp_path, sdk, vendor.url, FakeProvider("here", local=True))
    for at in range(3):
        chat(world, f"item {at}")
    before = len(vendor.requests)
    world.clock.seconds += 40
    assert chat(world, "looks").provider == "here"
    assert len(vendor.requests) == before + 1
    world.clock.seconds += 40
    assert chat(world, "too early").provider == "here"
    assert len(vendor.requests) == before + 1
    world.clock.seconds += 40
    vendor.script(GOOD[sdk])
    assert chat(world, "looks again").provider == sdk


@both
def test_a_refused_key_stops_every_model_of_the_account(tmp_path: Path, vendor: Vendor, sdk: str) -> None:
    vendor.script(refused(sdk, 401))
    world = World(tmp_path, sdk, vendor.url)
    assert failing(world).code == "auth"
    named = replace(asked(), model=f"{sdk}/claude-z")
    with pytest.raises(ProviderError):
        world.asking(lambda manager: manager.chat_completion(named))
    assert len(vendor.requests) == 1


# --- nobody pays for whom he does not ask -------------------------------------------------------------------------

CHILD = """
import asyncio, json, sys
from aiprov import ChatMessage, ChatRequest
from aiprov.settings import load
from aiprov.wiring import build

def loaded():
    return sorted({"openai", "anthropic"} & set(sys.modules))

async def main():
    kit = build(load(None))
    kit.service.get_status()
    seen = [loaded()]
    for provider in ("fake", "openai"):
        answer = await kit.manager.chat_completion(ChatRequest([ChatMessage("user", "hello")]), provider)
        seen.append([answer.provider, answer.content, loaded()])
    await kit.aclose()
    print(json.dumps(seen))

asyncio.run(main())
"""


def test_a_vendors_package_is_imported_with_the_first_request_to_it_and_no_other(
    aiprov_home: Path, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.script(GOOD["openai"])
    aiprov_home.mkdir()
    (aiprov_home / "aiprov.yaml").write_text("providers:\n  fake:\n    local: true\n")
    for name in SDKS:
        monkeypatch.setenv(f"{name.upper()}_API_KEY", "sk-canary-0123456789abcdef")
        monkeypatch.setenv(f"{name.upper()}_BASE_URL", f"{vendor.url}/v1")
    child = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    assert json.loads(child.stdout) == [[], ["fake", "You said: hello", []], ["openai", "Hello", ["openai"]]]
