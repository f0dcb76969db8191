"""`aiprov providers`: who is there, what it costs, who would be asked and why; and changes that are kept."""

import json
import wave
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import typer

from aiprov.cli import provider_health
from aiprov.cli.provider_sizes import meeting_works
from aiprov.core.requests import ModelCapability
from aiprov.core.results import Usage
from aiprov.prices import PriceBook
from aiprov.service import status_of
from aiprov.settings import load
from aiprov.state import State
from aiprov.wiring import build
from cli_world import aiprov
from vendor_server import answer, openai_chat, openai_error, openai_models, serving

KEY = "sk-canary-0123456789abcdef"
FAKE = "providers:\n  fake: {priority: 5}\n"


@pytest.fixture
def config(aiprov_home):
    """Writes aiprov.yaml."""
    aiprov_home.mkdir()
    return (aiprov_home / "aiprov.yaml").write_text


@pytest.fixture
def recording(tmp_path):
    """Thirty seconds."""
    path = tmp_path / "meeting.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\1\0" * 8000 * 30)
    return path


@pytest.fixture
def vendor(monkeypatch):
    """OpenAI, played; it lists its models, and answers what it is told to."""
    with serving(answer(openai_models("gpt-6-luna", "gpt-transcribe", "whisper-1"))) as server:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        yield server


def providers(*args, code=0):
    result = aiprov("providers", *args)
    assert result.exit_code == code, result.output
    assert KEY not in result.output
    return result


def document(*args, code=0):
    return json.loads(providers(*args, "--json", code=code).stdout)


def cells(*args, code=0):
    """The rows of a table, cut where columns are."""
    return [line.split() for line in providers(*args, code=code).stdout.splitlines()]


def listed(capability, provider, model, **usage):
    """The price list's own answer."""
    return PriceBook().cost(provider, model, Usage(**usage), capability=capability).usd


# --- status -------------------------------------------------------------------------------------------------------


def test_status_lists_everybody_in_the_order_of_priority(config):
    config(FAKE)
    rows = cells("status")
    assert [row[0] for row in rows[1:5]] == ["fake", "openai", "anthropic", "local"]
    assert rows[1][:3] == ["fake", "enabled", "5"]
    assert rows[2][1:4] == ["no", "key", "50"]
    assert rows[5] == ["strategy:", "fallback"]


def test_status_in_json_is_the_status_of_the_service(config):
    config(FAKE)
    assert document("status") == status_of(build(load()).roster)


def test_status_says_where_a_provider_is_and_what_it_lacks(config):
    config(FAKE + "  mine: {base_url: 'https://api.example.com/v1', region: eu, enabled: false}\n")
    said = providers("status")
    assert "mine       disabled" in said.stdout
    assert "api.example.com (eu)" in said.stdout
    assert "`aiprov keys set openai`" in said.stderr


def test_looking_at_the_status_leaves_no_trace(aiprov_home):
    providers("status")
    providers("compare-cost", "--minutes", 60)
    assert not aiprov_home.exists()


# --- health -------------------------------------------------------------------------------------------------------


def test_health_makes_no_billed_call(vendor):
    found = document("health")
    assert found["providers"]["openai"]["usable"]
    assert found["providers"]["anthropic"] == {
        "state": "unconfigured", "usable": False, "reasons": ["has no key; `aiprov keys set anthropic` takes one"]
    }  # fmt: skip
    assert [(each.method, each.path) for each in vendor.requests] == [("GET", "/v1/models")]


def test_an_enabled_provider_that_cannot_work_is_exit_code_3(vendor):
    vendor.script(openai_error(401, "invalid_api_key"))
    rows = cells("health", code=3)
    assert ["openai", "unhealthy"] in [row[:2] for row in rows]
    assert document("health", code=3)["providers"]["openai"]["state"] == "unhealthy"


def test_one_that_is_disabled_does_not_matter(vendor, monkeypatch):
    vendor.script(openai_error(401, "invalid_api_key"))
    monkeypatch.setenv("OPENAI_ENABLED", "false")
    assert document("health")["providers"]["openai"]["state"] == "disabled"
    assert not vendor.requests


def test_health_tells_of_open_breakers_without_the_mark_of_a_key(config, aiprov_home):
    config(FAKE)
    with State(aiprov_home / "state.sqlite3") as state:
        scope = "openai:0a1b2c3d|gpt-6-luna|chat"
        hold = state.failed(scope, "server_error", datetime.now(UTC), trips=1, hold_s=600.0)
    line = f"openai gpt-6-luna chat: held until {hold.until.astimezone():%H:%M}, server_error"
    said = providers("health")
    assert line in said.stdout.splitlines()
    assert "0a1b2c3d" not in said.output
    assert document("health")["holds"] == [
        {
            "provider": "openai",
            "model": "gpt-6-luna",
            "capability": "chat",
            "kind": "server_error",
            "until": hold.until.isoformat(timespec="seconds"),
        }
    ]


def test_a_provider_that_looks_well_again_gets_the_next_request_and_a_look_tells_nothing_of_credit(vendor, aiprov_home):
    account = build(load()).roster.entry("openai").account
    with State(aiprov_home / "state.sqlite3") as state:
        for scope, kind in (
            (account, "auth"),
            (f"{account}|gpt-6-luna|chat", "quota_exhausted"),
            ("groq:1", "timeout"),
        ):
            state.failed(scope, kind, datetime.now(UTC), trips=1, hold_s=600.0)
    said = providers("health").stdout
    assert "openai: was held, auth; it looks well again: the next request is let through" in said
    assert "openai gpt-6-luna chat: held until" in said
    with State(aiprov_home / "state.sqlite3") as state:
        assert set(state.holds(datetime.now(UTC))) == {f"{account}|gpt-6-luna|chat", "groq:1"}
        assert state.try_probe(account, datetime.now(UTC))
        assert not state.try_probe(account, datetime.now(UTC)), "one request, and not all"


@pytest.mark.parametrize(("status", "code"), [(401, 3), (503, 0)])
def test_what_was_let_through_is_in_the_document_and_who_does_not_answer_stays_alone(vendor, aiprov_home, status, code):
    account = build(load()).roster.entry("openai").account
    with State(aiprov_home / "state.sqlite3") as state:
        state.failed(account, "auth", datetime.now(UTC), trips=1, hold_s=600.0)
    vendor.script(openai_error(status))
    assert document("health", code=code)["lifted"] == []
    vendor.script(answer(openai_models("gpt-6-luna", "gpt-transcribe", "whisper-1")))
    found = document("health")
    assert ([each["kind"] for each in found["lifted"]], found["holds"]) == (["auth"], [])


def deep(vendor, reply):
    vendor.script(answer(openai_models("gpt-6-luna", "gpt-transcribe", "whisper-1")), reply)


def test_a_deep_look_asks_one_short_question_and_says_first_what_it_can_cost(vendor):
    deep(vendor, answer(openai_chat("OK")))
    said = providers("health", "--deep", "--yes")
    assert "openai (openai/gpt-6-luna): one question, at most $0.0001" in said.stderr
    assert "openai answered with gpt-served, for under $0.0001" in said.stdout
    paths = [each.path for each in vendor.requests]
    assert paths == ["/v1/models", "/v1/chat/completions"]
    asked = vendor.requests[1].json()
    assert (asked["model"], asked["max_tokens"]) == ("gpt-6-luna", 256)


def test_a_deep_look_is_charged_in_the_ledger(vendor, aiprov_home):
    deep(vendor, answer(openai_chat("OK")))
    found = document("health", "--deep", "--yes")["providers"]["openai"]["answer"]
    with State(aiprov_home / "state.sqlite3") as state:
        (row,) = state.charges(by="model")
    assert (row.key, row.attempts, float(row.cost)) == ("openai/gpt-6-luna", 1, found["cost_usd"])


@pytest.mark.parametrize(("content", "code"), [("OK", 0), ("", 3)])
def test_a_deep_look_is_one_call_each_time_whatever_is_stored_and_whatever_comes(vendor, content, code):
    for calls in (1, 2):
        deep(vendor, answer(openai_chat(content)))
        providers("health", "--deep", "--yes", code=code)
        assert sum(each.method == "POST" for each in vendor.requests) == calls


def test_a_deep_look_wants_to_be_confirmed(vendor):
    said = providers("health", "--deep", code=2)
    assert "--yes" in said.stderr
    assert "at most $0.0001" in said.stderr
    assert all(each.method == "GET" for each in vendor.requests)


def test_a_deep_look_can_be_declined(vendor, monkeypatch):
    def declined():
        raise typer.Abort

    monkeypatch.setattr(provider_health, "_confirm", declined)
    providers("health", "--deep", code=130)
    assert all(each.method == "GET" for each in vendor.requests)


def test_a_deep_look_keeps_to_the_limit_on_money(vendor):
    said = providers("health", "--deep", "--yes", "--max-cost", "0.00001", code=3)
    assert "openai did not answer" in said.stdout
    assert all(each.method == "GET" for each in vendor.requests)


def test_a_deep_look_asks_nobody_while_privacy_is_local(vendor, monkeypatch):
    monkeypatch.setenv("AIPROV_PRIVACY", "local")
    monkeypatch.setenv("LOCAL_MODELS_ENABLED", "false")
    assert "nobody was asked" in providers("health", "--deep", "--yes").stderr
    assert not vendor.requests


# --- compare-cost -------------------------------------------------------------------------------------------------


def row_of(found, provider, model, work=None):
    return next(
        row for row in found["providers"]
        if (row["provider"], row["model"], row.get("work")) == (provider, model, work)
    )  # fmt: skip


def test_an_hour_of_audio_has_the_shape_of_the_contract():
    found = document("compare-cost", "--minutes", 60)
    assert set(found) == {"providers", "cheapest"}
    assert all(set(row) == {"provider", "model", "cost", "priority", "note"} for row in found["providers"])
    row = row_of(found, "openai", "gpt-transcribe")
    assert row["cost"]["total_cost"] == 0.27
    assert row["cost"]["usd_per_audio_hour"] == 0.27
    assert row["cost"]["source"].startswith("https://")
    assert row["priority"] == 50
    assert found["cheapest"] == "local/base"


def test_no_key_is_needed_and_well_known_servers_are_among_the_rows():
    found = document("compare-cost", "--minutes", 60)
    groq = row_of(found, "groq", "whisper-large-v3-turbo")
    assert (groq["cost"]["total_cost"], groq["priority"], groq["note"]) == (0.04, None, "is not set up")
    assert "has no key" in row_of(found, "openai", "whisper-1")["note"]
    assert row_of(found, "mistral", "voxtral-mini-2602")["cost"]["total_cost"] == 0.18


def test_tokens_and_texts_cost_what_the_price_list_says():
    chat = row_of(document("compare-cost", "--tokens", 12000, 1000), "anthropic", "claude-sonnet-5-5")
    assert chat["cost"]["total_cost"] == float(
        listed(ModelCapability.CHAT, "anthropic", "claude-sonnet-5-5", input_tokens=12000, output_tokens=1000)
    )
    embedded = row_of(document("compare-cost", "--inputs", 1000), "openai", "text-embedding-3-small")
    assert embedded["note"].startswith("has no key")  # and not that so many texts were too many for one request
    assert embedded["cost"]["total_cost"] == float(
        listed(ModelCapability.EMBEDDING, "openai", "text-embedding-3-small", input_tokens=200_000)
    )


def test_an_unknown_price_is_unknown_and_comes_after_the_known_ones(config):
    config(
        "providers:\n  mine:\n    base_url: http://127.0.0.1:9/v1\n    local: false\n    models:\n"
        "    - {name: secret-1, capability: transcription}\n"
    )
    found = document("compare-cost", "--minutes", 60)
    assert row_of(found, "mine", "secret-1")["cost"] is None
    shown = next(row for row in cells("compare-cost", "--minutes", 60) if row[0] == "mine")
    assert shown[2] == "unknown"


def test_the_cheapest_is_one_that_can_do_it_and_is_set_up(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    assert document("compare-cost", "--tokens", 12000, 1000)["cheapest"] == "anthropic/claude-haiku-5-5"
    rows = cells("compare-cost", "--tokens", 12000, 1000)
    assert [row[1] for row in rows if "cheapest" in row] == ["claude-haiku-5-5"]


def test_a_model_that_cannot_do_it_comes_last_and_is_never_the_cheapest():
    found = document("compare-cost", "--tokens", 12000, 1000)
    assert found["providers"][-1]["provider"] == "local"
    assert "tokens" in found["providers"][-1]["note"]
    assert found["cheapest"] == "openai/gpt-6-luna"  # nobody is set up: the cheapest of those that could be


def test_own_prices_win(config):
    config(
        "providers:\n  openai:\n    models:\n"
        "    - {name: gpt-transcribe, capability: transcription, usd_per_audio_hour: 0.11}\n"
    )
    cost = row_of(document("compare-cost", "--minutes", 30), "openai", "gpt-transcribe")["cost"]
    assert (cost["total_cost"], cost["source"]) == (0.055, "aiprov.yaml")


def test_recordings_are_priced_each_for_itself_by_their_length(recording, tmp_path):
    with wave.open(str(tmp_path / "short.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\1\0" * 8000)
    found = document("compare-cost", recording, tmp_path / "short.wav")
    assert row_of(found, "openai", "gpt-transcribe")["cost"]["total_cost"] == pytest.approx(0.27 * 31 / 3600)
    # Groq bills ten seconds at least.
    assert row_of(found, "groq", "whisper-large-v3")["cost"]["total_cost"] == pytest.approx(0.111 * 40 / 3600)


def test_a_recording_that_cannot_be_read_does_not_stop_the_comparison(recording, tmp_path):
    (tmp_path / "noise.mp3").write_bytes(b"no audio")
    said = providers("compare-cost", recording, tmp_path / "noise.mp3", code=3)
    assert said.stdout.startswith("1 recording, 0:30\n")
    assert "noise.mp3" in said.stderr
    providers("compare-cost", tmp_path / "noise.mp3", code=3)


def test_a_meeting_is_heard_read_and_embedded():
    works = meeting_works(60)
    assert (works["summarize"].input_tokens, works["summarize"].output_tokens) == (12000, 1000)
    found = document("compare-cost", "--meeting")
    assert found["minutes"] == 60
    assert {row["work"] for row in found["providers"]} == {"transcribe", "summarize", "embed"}
    assert found["cheapest"] == "local/base + openai/gpt-6-luna + local/all-minilm-l6-v2"
    assert found["total_cost"] == row_of(found, "openai", "gpt-6-luna", "summarize")["cost"]["total_cost"]
    assert providers("compare-cost", "--meeting").stdout.splitlines()[-1] == (
        "cheapest: $0.0017 with local/base + openai/gpt-6-luna (no key) + local/all-minilm-l6-v2"
    )


def test_without_options_usual_work_is_compared_for_every_provider():
    found = document("compare-cost")["by_provider"]
    assert list(found) == ["openai", "anthropic", "local", "groq", "mistral"]
    openai = found["openai"]
    whole = [
        listed(ModelCapability.TRANSCRIPTION, "openai", "gpt-transcribe", audio_s=3600.0),
        listed(ModelCapability.CHAT, "openai", "gpt-6-luna", input_tokens=12000, output_tokens=1000),
        listed(ModelCapability.EMBEDDING, "openai", "text-embedding-3-small", input_tokens=12000),
    ]
    assert openai["transcribe 1 h"] == float(whole[0])
    assert openai["100 meetings of 1 h"] == float(100 * sum(whole, Decimal(0)))
    assert set(found["anthropic"]) == {"summarize 12k, 1k out"}
    row = next(row for row in cells("compare-cost") if row[0] == "anthropic")
    assert row == ["anthropic", "-", "$0.0017", "-", "-", "no", "key"]


@pytest.mark.parametrize(
    "args",
    [
        ("--minutes", 60, "--tokens", 1, 1),
        ("--meeting", "--inputs", 5),
        ("--minutes", 5, "meeting.wav"),
        ("--minutes", 0),
        ("--minutes", "nan"),
        ("--tokens", 0, 5),
        ("--inputs", 0),
    ],
)
def test_sizes_that_do_not_go_together_or_are_none_are_refused(args, recording):
    assert providers("compare-cost", *args, code=2).stderr.startswith("error: ")


# --- explain ------------------------------------------------------------------------------------------------------


def test_explain_names_who_is_asked_in_order_and_who_is_not(config, recording, monkeypatch):
    config(FAKE)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    found = document("explain", recording)
    assert [(each["provider"], each["model"]) for each in found["candidates"]] == [
        ("fake", "fake-transcription"),
        ("openai", "whisper-1"),
        ("local", "base"),
    ]
    assert found["candidates"][0]["why"] == "the first in order of priority (5)"
    assert found["candidates"][1]["expected_cost"] == pytest.approx(0.36 * 30 / 3600)
    assert {(each["provider"], each["model"]): each["reason"] for each in found["left_out"]} == {
        ("openai", "gpt-transcribe"): "whisper-1 of the same provider comes before it",
        ("anthropic", None): "has no model for transcription",
    }


def test_explain_decides_as_a_run_does_and_knows_the_answer_that_the_run_left(config, recording):
    config(FAKE)
    assert not any(each["stored"] for each in document("explain", recording)["candidates"])
    report = json.loads(aiprov("transcribe", recording, "--json").stdout)["files"][0]
    found = document("explain", recording)
    assert found["candidates"][0]["provider"] == report["provider"] == "fake"
    assert found["candidates"][0]["stored"]
    assert "is stored: nobody is asked" in providers("explain", recording).stdout
    assert not document("explain", recording, "--language", "de")["candidates"][0]["stored"]


def test_explain_knows_the_strategy_that_is_wished(config, recording, monkeypatch):
    config(FAKE)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    found = document("explain", recording, "--strategy", "cost_optimized")
    assert [each["provider"] for each in found["candidates"]] == ["fake", "local", "openai"]
    assert found["candidates"][0]["why"] == "the cheapest for this request"


def test_explain_says_why_nobody_is_left(config, recording):
    config(FAKE)
    rows = providers("explain", recording, "--privacy", "local", "--provider", "fake").stdout.splitlines()
    assert rows[-1] == "nobody can transcribe it"
    assert "is not on this machine, and privacy is local" in rows[2]


def test_explain_tells_of_a_breaker(config, recording, aiprov_home, monkeypatch):
    config(FAKE)
    account = build(load()).roster.entry("fake").account
    with State(aiprov_home / "state.sqlite3") as state:
        state.failed(account, "auth", datetime.now(UTC), trips=1, hold_s=600.0)
    found = document("explain", recording)["candidates"]
    assert [each["provider"] for each in found] == ["local", "fake"]
    assert "left alone for" in found[1]["why"]
    assert found[1]["held_s"] > 500


@pytest.mark.parametrize(("args", "code"), [(("nowhere.wav",), 3), (("meeting.wav", "--provider", "nobody"), 2)])
def test_explain_refuses_what_a_run_would(recording, args, code):
    assert providers("explain", *args, code=code).stderr.startswith("error: ")


# --- changes ------------------------------------------------------------------------------------------------------


def test_a_change_is_kept_in_the_file_that_is_named(aiprov_home):
    said = providers("set-priority", "local", 1).stdout
    assert said == f"local: priority 1 (before: priority 100), kept in {aiprov_home / 'aiprov.yaml'}\n"
    assert document("status")["provider_manager"]["providers"]["local"]["priority"] == 1


def test_a_priority_below_zero_is_taken_and_what_is_no_number_refused(aiprov_home):
    assert "local: priority -5 (before: priority 100)" in providers("set-priority", "local", -5).stdout
    assert document("status")["provider_manager"]["providers"]["local"]["priority"] == -5
    assert "invalid value for 'N'" in providers("set-priority", "local", "--soon", code=2).stderr
    assert "--loud" in providers("set-priority", "local", 3, "--loud", code=2).stderr
    providers("set-priority", "local", 3, "--quiet")
    assert document("status")["provider_manager"]["providers"]["local"]["priority"] == 3


def test_a_provider_can_be_disabled_and_enabled():
    providers("disable", "anthropic")
    assert not document("status")["provider_manager"]["providers"]["anthropic"]["enabled"]
    said = providers("enable", "anthropic")
    assert "anthropic: enabled (before: disabled)" in said.stdout
    assert "`aiprov keys set anthropic`" in said.stderr
    assert document("status")["provider_manager"]["providers"]["anthropic"]["enabled"]


def test_a_variable_that_overrides_the_change_is_named_and_the_change_is_kept(aiprov_home, monkeypatch):
    monkeypatch.setenv("OPENAI_PRIORITY", "3")
    said = providers("set-priority", "openai", 7)
    assert "OPENAI_PRIORITY in the environment or .env is used instead: priority 3" in said.stderr
    assert "priority: 7" in (aiprov_home / "aiprov.yaml").read_text()


def test_an_unknown_provider_cannot_be_changed(aiprov_home):
    for verb in (("enable", "nobody"), ("disable", "nobody"), ("set-priority", "nobody", 1)):
        said = providers(*verb, code=2)
        assert "known are openai, anthropic, local" in said.stderr
    assert not (aiprov_home / "aiprov.yaml").exists()
