"""The administration over HTTP says and does what the command line does."""

import json
import re

import pytest

from aiprov.errors import ProviderError
from aiprov.providers.fake import FakeProvider
from aiprov.settings import load
from aiprov.wiring import build
from server_world import TOKEN, running


@pytest.fixture
def server(tmp_path):
    with running(tmp_path, FakeProvider("first"), FakeProvider("second", local=True)) as found:
        yield found


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """A server over a configuration file, as `aiprov serve` builds it."""
    monkeypatch.setenv("AIPROV_HOME", str(tmp_path))
    (tmp_path / "aiprov.yaml").write_text("providers:\n  fake: {priority: 5}\n")
    with running(tmp_path, kit=build(load())) as found:
        yield found


def test_status_has_the_contracts_shape(server):
    found = server.ask("GET", "/api/v1/providers/status").json
    assert set(found) == {"strategy", "providers"}
    assert found["strategy"] == "fallback"
    assert list(found["providers"]) == ["first", "second"]
    assert {"enabled", "priority", "capabilities", "models_count"} <= set(found["providers"]["first"])


def test_health_is_a_word_for_each_and_reasons_where_they_are_wanted(server):
    assert server.ask("GET", "/api/v1/providers/health").json == {"first": True, "second": True}
    detailed = server.ask("GET", "/api/v1/providers/health?detail=1").json
    assert detailed["first"] == {"usable": True, "state": "healthy", "reasons": []}


def test_a_change_is_in_force_at_once_and_kept(configured, tmp_path):
    change = {"provider": "fake", "enabled": False, "priority": 42, "custom_config": {"replies": "x"}}
    changed = configured.ask("POST", "/api/v1/providers/update", {**change, "custom_config": {}}).json
    assert (changed["enabled"], changed["priority"]) == (False, 42)
    status = configured.ask("GET", "/api/v1/providers/status").json["providers"]["fake"]
    assert (status["enabled"], status["priority"]) == (False, 42)
    assert "42" in (tmp_path / "aiprov.yaml").read_text()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"provider": "nobody", "enabled": True}, 400),
        ({"provider": "fake"}, 400),
        ({"provider": "fake", "priorty": 3}, 400),
        ({"provider": "fake", "priority": "high"}, 400),
        ({"enabled": True}, 400),
        ([], 400),
    ],
)
def test_a_change_that_cannot_be_used_changes_nothing_and_says_why(configured, tmp_path, body, status):
    before = (tmp_path / "aiprov.yaml").read_bytes()
    reply = configured.ask("POST", "/api/v1/providers/update", body)
    assert reply.status == status
    assert reply.json["error"]["message"]
    assert (tmp_path / "aiprov.yaml").read_bytes() == before


def test_a_file_that_somebody_edits_is_read_again(configured, tmp_path):
    (tmp_path / "aiprov.yaml").write_text("strategy: cost_optimized\nproviders:\n  fake: {priority: 7}\n")
    configured.kit.service.reload()
    found = configured.ask("GET", "/api/v1/providers/status").json
    assert (found["strategy"], found["providers"]["fake"]["priority"]) == ("cost_optimized", 7)


@pytest.mark.parametrize(
    "size",
    [
        {"request_type": "chat", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 100},
        {"request_type": "transcription", "minutes": 60},
        {"request_type": "embedding", "input": ["a", "b"]},
        {"request_type": "embedding", "input": "a"},
    ],
)
def test_compare_cost_prices_every_kind_of_work_and_asks_nobody(server, size):
    found = server.ask("POST", "/api/v1/providers/compare-cost", size).json
    assert [row["provider"] for row in found["providers"]] == ["second", "first"]
    assert found["providers"][0]["cost"]["total_cost"] == 0
    assert found["cheapest"].startswith("second/")
    assert server.kit.providers[0].calls == []


@pytest.mark.parametrize("size", [{"request_type": "chat"}, {"request_type": "transcription"}, {"request_type": "x"}])
def test_compare_cost_wants_the_size_of_the_work(server, size):
    assert server.ask("POST", "/api/v1/providers/compare-cost", size).status == 400


def test_costs_add_up_what_was_asked(server):
    for number in range(3):
        body = {"messages": [{"role": "user", "content": f"{number}"}]}
        assert server.ask("POST", "/v1/chat/completions", body).status == 200
    found = server.ask("GET", "/api/v1/costs?by=model&since=1d").json
    assert [(row["key"], row["attempts"]) for row in found["rows"]] == [("first/first-chat", 3)]
    both = server.ask("GET", "/api/v1/costs?by=day-provider").json
    assert [row["key"].split()[1] for row in both["rows"]] == ["first"]
    assert server.ask("GET", "/api/v1/costs?since=yesterday").status == 400
    assert server.ask("GET", "/api/v1/costs?by=weather").status == 400


def test_models_are_listed_with_what_is_here(server):
    models = server.ask("GET", "/api/v1/models").json["models"]
    assert {"base", "smollm2-135m"} <= {each["name"] for each in models}
    assert {each["present"] for each in models} == {False}


def test_probes_ask_no_provider_and_need_no_token(server):
    assert server.ask("GET", "/healthz", token=None).json == {"status": "ok"}
    assert server.ask("GET", "/readyz", token=None).json == {"status": "ready"}
    assert server.kit.providers[0].calls == []


def test_metrics_have_prometheus_form(server):
    server.ask("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "Hello"}]})
    text = server.ask("GET", "/metrics").body.decode()
    assert 'aiprov_attempts_total{model="first-chat",provider="first"} 1.0' in text
    for line in text.splitlines():
        assert line.startswith("#") or re.fullmatch(r'\w+(\{(\w+="[^"]*",?)+\})? [-+0-9.e]+', line), line


def test_no_answer_and_no_description_carries_the_token_or_a_key(tmp_path, monkeypatch):
    key = "sk-canary0123456789canary0123456789"
    monkeypatch.setenv("AIPROV_HOME", str(tmp_path))
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    with running(tmp_path, kit=build(load())) as server:
        bodies = [
            server.ask("GET", path).body
            for path in ("/api/v1/providers/status", "/api/v1/costs", "/api/v1/models", "/openapi.json", "/v1/models",
                         "/metrics", "/api/v1/runs", "/api/v1/jobs", "/", "/docs")
        ]  # fmt: skip
    for body in bodies:
        assert key.encode() not in body
        assert TOKEN.encode() not in body


def test_a_failure_is_told_without_what_the_vendor_said(tmp_path):
    error = ProviderError("there is no credit left", "add money", provider="first", code="quota_exhausted")
    with running(tmp_path, FakeProvider("first", [error])) as server:
        reply = server.ask("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "Hello"}]})
    assert reply.status == 402
    assert reply.json["error"]["code"] == "quota_exhausted"
    assert reply.headers["x-should-retry"] == "false"


def test_the_description_names_every_route_with_its_errors(server):
    described = server.ask("GET", "/openapi.json").json
    assert described["security"] == [{"token": []}]
    assert {"/api/v1/providers/status", "/api/v1/jobs", "/v1/chat/completions", "/metrics"} <= set(described["paths"])
    for operations in described["paths"].values():
        for operation in operations.values():
            assert "default" in operation["responses"]
            assert "422" not in operation["responses"]
    assert "HTTPValidationError" not in json.dumps(described)
