"""Programs that use aiprov can be tested without keys, models and network, as the README shows."""

import asyncio
import json
import re
from pathlib import Path

import pytest

import aiprov
from aiprov import ChatMessage, ChatRequest, ConfigError, FakeProvider, fake_provider_system
from cli_world import aiprov as command
from transcribe_world import put

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
ASKED = ChatRequest([ChatMessage("user", "Hello")])


def shown(language, word):
    """The block of the README that has this word."""
    (block,) = [each for each in re.findall(rf"^```{language}\n(.*?)^```", README, re.S | re.M) if word in each]
    return block


def test_what_the_readme_shows_of_a_fake_system_runs():
    exec(compile(shown("python", "fake_provider_system"), "README.md", "exec"), {})


def test_what_the_readme_shows_of_a_fake_provider_in_the_configuration_runs(aiprov_home, tmp_path):
    aiprov_home.mkdir()
    (aiprov_home / "aiprov.yaml").write_text(shown("yaml", "replies"))
    recording = put(tmp_path / "in", "a.wav")
    assert command("transcribe", recording, "-f", "txt").exit_code == 0
    assert recording.with_suffix(".txt").read_text() == "The first recording.\n"


def test_a_program_under_test_meets_the_fake_manager_and_afterwards_its_own_again(aiprov_home, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-used-0123456789")
    own = aiprov.get_provider_manager()
    with fake_provider_system(FakeProvider("one"), FakeProvider("two")) as manager:
        assert aiprov.get_provider_manager() is manager
        providers = aiprov.get_provider_config_service().get_status()["provider_manager"]["providers"]
        assert list(providers) == ["one", "two"]
        aiprov.get_provider_config_service().set_provider_priority("one", 70)
    assert aiprov.get_provider_manager() is own
    assert not (aiprov_home / "aiprov.yaml").exists()


def test_each_system_begins_with_an_empty_state_and_leaves_none_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for _ in range(2):
        one = FakeProvider("one")
        with fake_provider_system(one) as manager:
            asyncio.run(manager.chat_completion(ASKED))
            assert len(list(tmp_path.glob("aiprov-*/state.sqlite3"))) == 1
        assert len(one.calls) == 1
    assert not list(tmp_path.glob("aiprov-*"))


@pytest.mark.parametrize("providers", [(), (FakeProvider(), FakeProvider())])
def test_a_system_without_providers_or_with_two_of_one_name_is_refused(providers):
    with pytest.raises(ConfigError), fake_provider_system(*providers):
        pass


@pytest.mark.parametrize("replies", ["Hello.", [1, 2], {"a": "b"}])
def test_replies_that_are_no_list_of_texts_are_refused(aiprov_home, replies):
    aiprov_home.mkdir()
    options = json.dumps({"replies": replies})
    (aiprov_home / "aiprov.yaml").write_text(f"providers:\n  fake:\n    custom_config: {options}\n")
    said = command("providers", "status")
    assert said.exit_code == 2
    assert "replies is not a list of texts" in said.stderr
