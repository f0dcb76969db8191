"""What is offered without being named exists, has a price and is not about to vanish."""

from __future__ import annotations

from datetime import date
from typing import get_args
from urllib.parse import urlsplit

import pytest

from aiprov.core.requests import ModelCapability
from aiprov.prices import PriceBook
from aiprov.providers import catalogue

CLOUD = ("openai", "anthropic", "groq")
KINDS = (ModelCapability.CHAT, ModelCapability.TRANSCRIPTION, ModelCapability.EMBEDDING)
OFFERED = [(provider, facts) for provider in CLOUD for facts in catalogue.models(provider)]

each_model = pytest.mark.parametrize(
    ("provider", "facts"), OFFERED, ids=[f"{provider}/{facts.name}" for provider, facts in OFFERED]
)


def names(provider, kind):
    return [facts.name for facts in catalogue.models(provider) if facts.capability == kind]


def test_the_preferred_models_come_first():
    assert names("openai", ModelCapability.TRANSCRIPTION) == ["gpt-transcribe", "whisper-1"]
    assert names("openai", ModelCapability.CHAT)[0] == "gpt-6-luna"
    assert names("openai", ModelCapability.EMBEDDING)[0] == "text-embedding-3-small"
    assert names("anthropic", ModelCapability.CHAT)[0] == "claude-haiku-5-5"
    assert names("anthropic", ModelCapability.TRANSCRIPTION) == []


@pytest.mark.parametrize("provider", CLOUD)
def test_the_first_of_each_kind_is_not_to_be_shut_down(provider):
    for kind in KINDS:
        first = next((facts for facts in catalogue.models(provider) if facts.capability == kind), None)
        assert first is None or first.shutdown is None


@each_model
def test_every_model_has_a_price(provider, facts):
    price = PriceBook().expected(
        provider, facts.name, capability=facts.capability, input_tokens=1000, output_tokens=1000, audio_s=60
    )
    assert price.usd > 0


@each_model
def test_a_model_with_an_end_has_a_successor_that_is_offered(provider, facts):
    if facts.shutdown:
        assert date.fromisoformat(facts.shutdown) > date.fromisoformat(catalogue.checked())
        assert facts.successor in names(provider, facts.capability)


@each_model
def test_every_kind_of_work_has_the_facts_that_its_routing_needs(provider, facts):
    assert facts.capability in KINDS
    if facts.capability == ModelCapability.TRANSCRIPTION:
        assert 1_000_000 <= facts.max_bytes <= 25 * 1000 * 1000
    else:
        assert facts.context_tokens > (facts.max_output_tokens or 0)
    assert (facts.dimension is not None) == (facts.capability == ModelCapability.EMBEDDING)


def test_only_whisper_gives_times_and_translates():
    gives = {facts.name for _, facts in OFFERED if facts.words and facts.segments}
    assert gives == {"whisper-1", "whisper-large-v3-turbo", "whisper-large-v3"}
    assert {facts.name for _, facts in OFFERED if facts.translates} == {"whisper-1", "whisper-large-v3"}


def test_the_vendors_sdks_know_every_name():
    from anthropic.types import Model
    from openai.types import AudioModel, ChatModel, EmbeddingModel

    openai = {*get_args(AudioModel), *get_args(ChatModel), *get_args(EmbeddingModel)}
    assert {facts.name for facts in catalogue.models("openai")} <= openai
    assert {facts.name for facts in catalogue.models("anthropic")} <= set(get_args(get_args(Model)[0]))


def test_the_price_list_agrees_on_how_much_is_read():
    from genai_prices.data import providers

    windows = {(each.id, model.id): model.context_window for each in providers for model in each.models}
    for provider, facts in OFFERED:
        assert facts.context_tokens == windows[provider, facts.name] or facts.context_tokens is None


def test_nobody_is_made_up_for_an_unknown_name():
    assert catalogue.models("no-such-provider") == ()
    assert catalogue.preset("no-such-server") is None
    assert catalogue.preset("openai") is None


def test_presets_say_where_servers_listen():
    groq = catalogue.preset("groq")
    assert (groq.base_url, groq.key_variable) == ("https://api.groq.com/openai/v1", "GROQ_API_KEY")
    assert groq.models == catalogue.models("groq") != ()
    assert {name for name in catalogue.presets() if catalogue.preset(name).local} == {
        "ollama", "lmstudio", "vllm", "speaches"
    }  # fmt: skip


@pytest.mark.parametrize("name", catalogue.presets())
def test_keys_leave_the_machine_only_under_tls(name):
    preset = catalogue.preset(name)
    assert preset.local or urlsplit(preset.base_url).scheme == "https"
    assert preset.key_variable.endswith("_API_KEY")


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://localhost:11434/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://192.168.1.5:11434/v1", False),
        ("http://localhost.example.com/v1", False),
        ("http://127.0.0.1@example.com/v1", False),
        ("http://127.0.0.1.example.com/v1", False),
    ],
)
def test_a_server_elsewhere_is_not_taken_for_this_machine(address, local):
    assert catalogue.Preset(address, "X_API_KEY").local is local
