"""The library as its contract shows it: offline on the starter models, and against a server that plays both vendors."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from speech_world import excerpt_of

from aiprov import (
    ChatMessage,
    ChatRequest,
    ConfigError,
    EmbeddingRequest,
    ModelCapability,
    ProviderConfigService,
    ProviderManager,
    ProviderType,
    TranscriptionRequest,
    get_provider_config_service,
    get_provider_manager,
    initialize_provider_system,
    library,
)
from vendor_server import (
    Vendor,
    answer,
    anthropic_error,
    anthropic_models,
    openai_chat,
    openai_embeddings,
    openai_models,
    serving,
)

# --- offline ------------------------------------------------------------------------------------------------------

PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from aiprov import (
    ChatMessage, ChatRequest, EmbeddingRequest, ModelCapability, ProviderType, TranscriptionRequest,
    get_provider_config_service, get_provider_manager, initialize_provider_system,
)

async def main():
    initialize_provider_system()
    manager = get_provider_manager()
    heard = await manager.transcribe(TranscriptionRequest(audio_path=Path("meeting.wav"), language="en"))
    asked = ChatRequest([ChatMessage("user", "Say hello.")], temperature=0.0, max_tokens=16)
    said = await manager.chat_completion(asked, ProviderType.LOCAL)
    vectors = await manager.generate_embedding(EmbeddingRequest(["a cat", "a kitten", "an invoice"]))
    again = await manager.chat_completion(asked)
    compared = await manager.compare_providers(asked, ModelCapability.CHAT)
    health = await get_provider_config_service().health_check_all()
    print(json.dumps({
        "heard": [heard.text, len(heard.segments), heard.language, heard.duration_s, heard.provider, heard.model],
        "said": [said.content, said.provider, said.model, said.usage.output_tokens],
        "vectors": vectors.embeddings,
        "costs": [str(each.cost) for each in (heard, said, vectors, again)],
        "attempts": [len(each.attempts) for each in (heard, said, again)],
        "again": again.content,
        "cheapest": compared["cheapest"],
        "health": health,
    }))

asyncio.run(main())
"""


def test_the_example_runs_offline_on_the_starter_models(tmp_path: Path, home_with_models: Path) -> None:
    excerpt_of("product-sync", 12.0, tmp_path / "meeting.wav")
    environment = {**os.environ, "AIPROV_PRIVACY": "local", "AIPROV_OFFLINE": "1", "LOCAL_WHISPER_MODEL": "tiny.en"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    text, segments, *facts = found["heard"]
    assert len(text.split()) > 10
    assert segments >= 1
    assert facts == ["en", pytest.approx(12.0, abs=0.1), "local", "tiny.en"]
    content, *origin, tokens = found["said"]
    assert content.strip()
    assert (origin, 0 < tokens <= 16) == (["local", "smollm2-135m"], True)
    cat, kitten, invoice = found["vectors"]
    assert len(cat) == 384
    assert dot(cat, cat) == pytest.approx(1.0, abs=1e-3)
    assert dot(cat, kitten) > dot(cat, invoice) + 0.1
    assert found["costs"] == ["0", "0", "0", "0"]
    assert (found["attempts"], found["again"]) == ([1, 1, 0], content)
    assert found["cheapest"] == "local/smollm2-135m"
    assert found["health"] == {"openai": False, "anthropic": False, "local": True}


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


# --- both vendors -------------------------------------------------------------------------------------------------

CHAT = ChatRequest([ChatMessage("user", "Hello")], max_tokens=50)
# One document that answers chats in both forms, and recordings.
REPLY = openai_chat("from openai") | {
    "content": [{"type": "text", "text": "from anthropic"}],
    "type": "message",
    "role": "assistant",
    "stop_reason": "end_turn",
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11, "input_tokens": 9, "output_tokens": 2},
}
HEARD = {"text": "Hello there.", "usage": {"type": "duration", "seconds": 3}}
LISTS = openai_models() | anthropic_models()


@pytest.fixture
def vendor(aiprov_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """Both vendors on this machine, each with a key; the system is closed afterwards."""
    monkeypatch.setattr(library, "_kit", None)
    with serving(answer(REPLY)) as vendor:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{vendor.url}/v1")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", vendor.url)
        for name in ("OPENAI", "ANTHROPIC"):
            monkeypatch.setenv(f"{name}_API_KEY", f"sk-{name.lower()}-0123456789abcdef")
        yield vendor
        if library._kit is not None:
            library._kit.close()


@pytest.fixture
def service(vendor: Vendor) -> ProviderConfigService:
    initialize_provider_system()
    return get_provider_config_service()


def chat(provider: ProviderType | None = None, text: str = "Hello") -> tuple[str, str]:
    """Who answers, and what; each time in an event loop of its own, as a script has it."""
    asked = ChatRequest([ChatMessage("user", text)], max_tokens=50)
    found = asyncio.run(get_provider_manager().chat_completion(asked, provider))
    return found.provider, found.content


def test_the_system_is_made_when_it_is_first_asked_for_and_is_one(vendor: Vendor) -> None:
    manager = get_provider_manager()
    assert isinstance(manager, ProviderManager)
    assert get_provider_manager() is manager
    assert initialize_provider_system() is get_provider_manager() is not manager


def test_each_vendor_is_asked_in_its_own_words(vendor: Vendor) -> None:
    assert chat(ProviderType.OPENAI) == ("openai", "from openai")
    assert chat(ProviderType.ANTHROPIC) == ("anthropic", "from anthropic")
    assert [request.path for request in vendor.requests] == ["/v1/chat/completions", "/v1/messages"]


@pytest.mark.parametrize("provider", [ProviderType.OPENAI, ProviderType.ANTHROPIC])
def test_a_script_may_call_in_one_event_loop_after_the_other(vendor: Vendor, provider: ProviderType) -> None:
    assert {chat(provider, f"call {at}")[0] for at in range(3)} == {provider}
    assert len(vendor.requests) == 3


def test_results_have_all_that_the_contract_names(vendor: Vendor, tmp_path: Path) -> None:
    recording = excerpt_of("product-sync", 3.0, tmp_path / "meeting.wav")

    async def main() -> tuple[Any, ...]:
        manager = get_provider_manager()
        said = await manager.chat_completion(CHAT)
        vendor.script(answer(HEARD))
        request = TranscriptionRequest(audio_path=recording, enable_timestamps=False)
        heard = await manager.transcribe(request, provider_type=ProviderType.OPENAI)
        vendor.script(answer(openai_embeddings([[0.6] * 1536, [0.8] * 1536])))
        vectors = await manager.generate_embedding(EmbeddingRequest(["one", "two"]))
        return said, heard, vectors

    said, heard, vectors = asyncio.run(main())
    assert (said.content, said.provider, said.usage.input_tokens, len(said.attempts)) == ("from openai", "openai", 9, 1)
    assert said.cost > 0
    assert (heard.text, heard.provider, heard.duration_s) == ("Hello there.", "openai", pytest.approx(3.0, abs=0.1))
    assert heard.cost > 0
    assert (len(vectors.embeddings), vectors.provider, vectors.usage.input_tokens) == (2, "openai", 5)
    assert vectors.cost is not None


def test_comparing_asks_nobody_and_names_the_cheapest(vendor: Vendor) -> None:
    found = asyncio.run(get_provider_manager().compare_providers(CHAT, ModelCapability.CHAT))
    assert set(found) == {"providers", "cheapest"}
    for row in found["providers"]:
        assert set(row) == {"provider", "model", "cost", "priority", "note"}
        assert row["cost"] is None or row["cost"]["total_cost"] >= 0
    assert {"openai", "anthropic"} <= {row["provider"] for row in found["providers"]}
    assert found["cheapest"] is not None
    assert vendor.requests == []


def test_status_and_health_have_the_contracts_shape(vendor: Vendor, service: ProviderConfigService) -> None:
    status = service.get_status()
    providers = status["provider_manager"]["providers"]
    assert (status["provider_manager"]["strategy"], list(providers)) == ("fallback", ["openai", "anthropic", "local"])
    assert [each["priority"] for each in providers.values()] == [50, 60, 100]
    assert "chat" in providers["anthropic"]["capabilities"]
    assert all(each["models_count"] > 0 for each in providers.values())
    assert (status["total_providers"], status["enabled_providers"]) == (3, 3)
    vendor.script(answer(LISTS))
    health = asyncio.run(service.health_check_all())
    assert (health["openai"], health["anthropic"], set(map(type, health.values()))) == (True, True, {bool})
    vendor.script(anthropic_error(401, "authentication_error"))
    assert not any(asyncio.run(service.health_check_all())[name] for name in ("openai", "anthropic"))


CHANGES: dict[str, Callable[[ProviderConfigService], object]] = {
    "disabled": lambda service: service.disable_provider(ProviderType.OPENAI),
    "moved behind": lambda service: service.set_provider_priority(ProviderType.OPENAI, priority=70),
    "overtaken": lambda service: service.update_provider_config(
        ProviderType.ANTHROPIC, {"priority": 1, "custom_config": {}}, hot_reload=True
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_counts_with_the_next_call_and_in_the_next_process(
    vendor: Vendor, service: ProviderConfigService, change: str
) -> None:
    assert chat()[0] == "openai"
    CHANGES[change](service)
    assert chat(text="next")[0] == "anthropic"
    initialize_provider_system()
    assert chat(text="in the next process")[0] == "anthropic"


def test_a_provider_that_is_disabled_says_so_and_comes_back(vendor: Vendor, service: ProviderConfigService) -> None:
    service.disable_provider(ProviderType.OPENAI)
    assert service.get_status()["enabled_providers"] == 2
    with pytest.raises(ConfigError, match="disabled"):
        chat(ProviderType.OPENAI)
    service.enable_provider(ProviderType.OPENAI)
    assert chat(ProviderType.OPENAI)[0] == "openai"


def test_local_options_are_changed_at_once_or_with_the_next_start(
    vendor: Vendor, service: ProviderConfigService
) -> None:
    def model() -> str:
        providers = get_provider_config_service().get_status()["provider_manager"]["providers"]
        return str(
            next(name for name in providers["local"]["models"] if "whisper" in name or name in ("base", "small"))
        )

    options = {"whisper_model": "small", "quantization": "8bit", "device": "cpu"}
    found = service.update_provider_config(ProviderType.LOCAL, {"custom_config": options}, hot_reload=False)
    assert (found["custom_config"], model()) == ({}, "base")
    service.reload()
    assert (service.get_provider_config(ProviderType.LOCAL)["custom_config"], model()) == (options, "small")


def test_a_change_that_cannot_be_used_changes_nothing(vendor: Vendor, service: ProviderConfigService) -> None:
    before = service.get_status()
    for changes in ({"priority": "first"}, {"custom_config": {"device": "abacus"}}, {"colour": "red"}):
        with pytest.raises(ConfigError):
            service.update_provider_config(ProviderType.LOCAL, changes)
    assert service.get_status() == before
    assert chat()[0] == "openai"


def test_calls_that_are_under_way_end_as_they_began(vendor: Vendor, service: ProviderConfigService) -> None:
    async def main() -> str:
        call = asyncio.create_task(get_provider_manager().chat_completion(CHAT))
        await asyncio.sleep(0)
        service.disable_provider(ProviderType.OPENAI)
        return (await call).provider

    assert asyncio.run(main()) == "openai"
    assert chat(text="next")[0] == "anthropic"
