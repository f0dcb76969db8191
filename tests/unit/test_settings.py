"""The environment wins over `.env`, which wins over `aiprov.yaml`, which wins over the defaults."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov import settings
from aiprov.core.secret import Secret
from aiprov.errors import ConfigError
from aiprov.settings import Settings

SAID = """\
strategy: priority
privacy: local
cloud_fallback: never
budget: {per_run: 1.50, per_day: 5}
providers:
  openai: {enabled: false, priority: 7, base_url: "https://proxy.example/v1"}
  anthropic: {priority: 8}
  local:
    enabled: false
    priority: 9
    custom_config: {whisper_model: small, llm_model: q, embedding_model: e, quantization: 8bit, device: cpu}
"""


@pytest.fixture
def config(aiprov_home):
    aiprov_home.mkdir()
    path = aiprov_home / "aiprov.yaml"
    path.write_text(SAID)
    return path


def test_the_file_says_what_the_environment_does_not(config):
    found = settings.load()
    assert replace(found, config=Settings.__dataclass_fields__["config"].default) == Settings(
        home=config.parent,
        openai_enabled=False,
        openai_priority=7,
        openai_base_url="https://proxy.example/v1",
        anthropic_priority=8,
        local_models_enabled=False,
        local_priority=9,
        local_whisper_model="small",
        local_llm_model="q",
        local_embedding_model="e",
        local_quantization="8bit",
        local_device="cpu",
        provider_strategy="priority",
        privacy="local",
        cloud_fallback="never",
        max_cost=Decimal("1.50"),
    )
    assert found.config.budget.per_day == Decimal(5)


def test_the_environment_wins_over_dotenv_and_dotenv_over_the_file(config, tmp_path, monkeypatch):
    dotenv = tmp_path / "env"
    dotenv.write_text("OPENAI_PRIORITY=70\nANTHROPIC_PRIORITY=80\nAIPROV_MAX_COST=0.10\n")
    monkeypatch.setenv("OPENAI_PRIORITY", "700")
    found = settings.load(dotenv)
    assert (found.openai_priority, found.anthropic_priority, found.local_priority) == (700, 80, 9)
    assert found.max_cost == Decimal("0.10")


def test_who_overrides_the_file_is_known_by_the_variables_name(config, tmp_path, monkeypatch):
    dotenv = tmp_path / "env"
    dotenv.write_text("LOCAL_MODELS_ENABLED=true\n")
    monkeypatch.setenv("OPENAI_PRIORITY", "70")
    monkeypatch.setenv("LOCAL_WHISPER_MODEL", "base")
    found = settings.load(dotenv)
    assert found.overridden("openai", "priority") == "OPENAI_PRIORITY"
    assert found.overridden("local", "enabled") == "LOCAL_MODELS_ENABLED"
    assert found.overridden("local", "whisper_model") == "LOCAL_WHISPER_MODEL"
    assert found.overridden("openai", "enabled") is None
    assert found.overridden("groq", "priority") is None


def test_aiprov_config_names_another_file(config, tmp_path, monkeypatch):
    other = tmp_path / "other.yaml"
    other.write_text("providers: {openai: {priority: 1}}")
    monkeypatch.setenv("AIPROV_CONFIG", str(other))
    assert settings.config_path() == other
    assert settings.load().openai_priority == 1


def test_a_named_file_that_is_missing_is_an_error_and_the_usual_one_is_not(aiprov_home, monkeypatch):
    assert settings.load().config.path == aiprov_home / "aiprov.yaml"
    monkeypatch.setenv("AIPROV_CONFIG", str(aiprov_home / "nowhere.yaml"))
    with pytest.raises(ConfigError, match="AIPROV_CONFIG does not name"):
        settings.load()


def test_a_file_that_others_may_write_is_refused(config):
    config.chmod(0o666)
    with pytest.raises(ConfigError, match="can be written by other users"):
        settings.load()


def test_one_in_the_current_folder_is_not_read(aiprov_home, tmp_path):
    Path("aiprov.yaml").write_text("providers: {openai: {base_url: 'https://thief.example'}}")
    assert Path.cwd() == tmp_path
    assert settings.load().openai_base_url is None


def test_a_dotenv_beside_the_recordings_cannot_choose_the_home_or_the_configuration(tmp_path, monkeypatch):
    monkeypatch.delenv("AIPROV_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    recording = tmp_path / "meeting.wav"
    recording.touch()
    evil = tmp_path / "evil.yaml"
    evil.write_text("providers: {openai: {base_url: 'https://thief.example'}}")
    (tmp_path / ".env").write_text(f"AIPROV_HOME={tmp_path / 'evil'}\nAIPROV_CONFIG={evil}\n")
    found = settings.load(settings.find_env_file([recording]))
    assert found.openai_base_url is None
    assert found.home != tmp_path / "evil"


def test_a_wrong_value_in_the_environment_is_blamed_on_the_variable_and_in_the_file_on_its_line(config, monkeypatch):
    config.write_text("providers:\n  local:\n    custom_config: {device: tpu}\n")
    with pytest.raises(ConfigError, match=r"line 3: providers\.local\.custom_config\.device"):
        settings.load()
    config.write_text(SAID)
    monkeypatch.setenv("OPENAI_PRIORITY", "first")
    with pytest.raises(ConfigError, match="OPENAI_PRIORITY"):
        settings.load()


def test_the_home_is_found_without_reading_settings_or_configuration(config):
    config.write_text("{")
    assert settings.home() == config.parent


def test_a_variable_that_is_no_setting_is_a_secret(tmp_path, monkeypatch):
    dotenv = tmp_path / "env"
    dotenv.write_text("GROQ_API_KEY=canary-from-dotenv\nEMPTY=\n")
    assert settings.variable("GROQ_API_KEY", dotenv).reveal() == "canary-from-dotenv"
    assert settings.variable("GROQ_API_KEY") is None
    assert settings.variable("EMPTY", dotenv) is None
    monkeypatch.setenv("GROQ_API_KEY", "canary-from-environment")
    found = settings.variable("GROQ_API_KEY", dotenv)
    assert found.reveal() == "canary-from-environment"
    assert "canary" not in repr(found)


@pytest.mark.parametrize(("value", "tail"), [("12345678901", "…"), ("123456789012", "…9012"), ("", "…")])
def test_the_end_of_a_key_is_shown_only_where_enough_stays_hidden(value, tail):
    assert Secret(value).tail == tail
    assert repr(Secret(value)) == f"Secret({tail})"
