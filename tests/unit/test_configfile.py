"""`aiprov.yaml` is read into frozen values, exactly; what is not known is refused by file, line and key."""

from dataclasses import FrozenInstanceError, replace
from decimal import Decimal

import pytest

from aiprov.configfile import Budget, ConfigFile, ModelEntry, ProviderEntry, read
from aiprov.core.requests import ModelCapability
from aiprov.core.routing import ModelFacts
from aiprov.errors import ConfigError

WHOLE = """\
strategy: cost_optimized
privacy: any
cloud_fallback: never
budget: {per_run: 0.1, per_day: "2.50", per_month: 30}
providers:
  openai:
    enabled: no          # YAML 1.1's false
    priority: 5
  groq:
    base_url: https://api.groq.com/openai/v1
    api_key_env: GROQ_API_KEY
    region: us
    local: false
    preset: groq
    timeout_s: 2.5
    requests_per_minute: 30
    tokens_per_minute: 6000
    custom_config: {note: "12:30:45", depth: 3, share: 0.5, on: [true, null, {a: b}]}
    models:
      - name: whisper-large-v3
        capability: transcription
        words: true
        segments: true
        languages: [de, en]
        max_bytes: 26214400
        max_audio_s: 7200
        usd_per_audio_hour: 0.111
        minimum_audio_s: 10
      - {name: llama, capability: chat, context_tokens: 131072, temperature: false, usd_per_million_input_tokens: 0.05}
  local:
    custom_config: {whisper_model: tiny.en, quantization: 4bit, device: cpu}
"""


@pytest.fixture
def config(tmp_path):
    def written(text):
        path = tmp_path / "aiprov.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read(path)

    return written


def test_a_whole_file_is_read_to_the_last_digit(config, tmp_path):
    found = config(WHOLE.replace("on: [", '"on": ['))
    assert (found.strategy, found.privacy, found.cloud_fallback) == ("cost_optimized", "any", "never")
    assert found.budget == Budget(Decimal("0.1"), Decimal("2.50"), Decimal(30))
    assert found.path == tmp_path / "aiprov.yaml"
    assert list(found.providers) == ["openai", "groq", "local"]
    assert found.providers["openai"] == ProviderEntry("openai", enabled=False, priority=5)
    groq = found.providers["groq"]
    assert replace(groq, models=(), custom_config={}) == ProviderEntry(
        "groq",
        base_url="https://api.groq.com/openai/v1",
        api_key_env="GROQ_API_KEY",
        region="us",
        local=False,
        preset="groq",
        timeout_s=2.5,
        requests_per_minute=30,
        tokens_per_minute=6000,
    )
    assert groq.custom_config == {"note": "12:30:45", "depth": 3, "share": 0.5, "on": [True, None, {"a": "b"}]}
    assert found.providers["local"].custom_config == {
        "whisper_model": "tiny.en",
        "quantization": "4bit",
        "device": "cpu",
    }


def test_a_model_states_facts_for_routing_and_prices_exactly(config):
    speech, chat = config(WHOLE.replace("on: [", '"on": [')).providers["groq"].models
    assert speech.facts == ModelFacts(
        "whisper-large-v3",
        ModelCapability.TRANSCRIPTION,
        words=True,
        segments=True,
        languages=("de", "en"),
        max_bytes=26214400,
        max_audio_s=7200.0,
    )
    assert (speech.usd_per_audio_hour, speech.minimum_audio_s) == (Decimal("0.111"), 10.0)
    assert chat == ModelEntry(
        ModelFacts("llama", ModelCapability.CHAT, context_tokens=131072, temperature=False),
        usd_per_million_input_tokens=Decimal("0.05"),
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n", "{}\n", "providers:\n", "\ufeff# mark\n"])
def test_nothing_said_is_nothing_configured(config, tmp_path, text):
    assert config(text) == ConfigFile(path=tmp_path / "aiprov.yaml")


def test_a_file_that_is_not_there_says_nothing(tmp_path):
    assert read(tmp_path / "none.yaml") == ConfigFile(path=tmp_path / "none.yaml")


def test_a_key_without_a_value_is_as_if_it_was_not_there(config):
    assert config("budget:\nproviders:\n  openai:\n  groq:\n    priority:\n").providers == {
        "openai": ProviderEntry("openai"),
        "groq": ProviderEntry("groq"),
    }


def test_what_was_read_cannot_be_changed(config):
    with pytest.raises(FrozenInstanceError):
        config(WHOLE.replace("on: [", '"on": [')).strategy = "priority"


@pytest.mark.parametrize("word", ["true", "True", "yes", "on", "ON"])
def test_yaml_words_for_true_switch_a_provider_on(config, word):
    assert config(f"providers: {{openai: {{enabled: {word}}}}}").providers["openai"].enabled is True


def test_a_message_names_file_line_key_and_the_nearest_known_key(config, tmp_path):
    with pytest.raises(ConfigError) as caught:
        config("# one\nproviders:\n  groq:\n    prioritty: 5\n")
    assert caught.value.message == (
        f"{tmp_path / 'aiprov.yaml'}, line 4: providers.groq.prioritty is not a key that is known here"
    )
    assert caught.value.hint == "did you mean priority?"


def test_without_a_near_key_all_known_ones_are_listed(config):
    with pytest.raises(ConfigError) as caught:
        config("budget: {xyz: 1}")
    assert caught.value.hint == "known are per_run, per_day, per_month"


@pytest.mark.parametrize("key", ["api_key", "key", "token", "secret", "password"])
def test_a_literal_key_is_refused_with_the_way_to_store_it(config, key):
    with pytest.raises(ConfigError) as caught:
        config(f"providers: {{groq: {{{key}: canary-canary-canary}}}}")
    assert "aiprov keys set" in caught.value.hint
    assert "canary-canary" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("name", ["1.10", "no", "12:30:45", "2026-11-24", "0x1f", "0777", "1_000", ".inf"])
def test_a_name_that_yaml_reads_as_something_else_wants_quotes(config, name):
    text = "providers: {groq: {models: [{name: %s, capability: chat}]}}"
    with pytest.raises(ConfigError) as caught:
        config(text % name)
    assert caught.value.hint == "put it in quotes"
    assert name not in caught.value.message.partition("line")[2]
    assert config(text % f"'{name}'").providers["groq"].models[0].facts.name == name
