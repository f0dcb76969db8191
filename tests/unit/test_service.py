"""The status of providers has the contract's shape and claims no more than is there."""

import json

from aiprov.service import get_status
from aiprov.settings import Settings
from cli_world import aiprov


def test_local_models_are_the_one_provider_of_this_version(aiprov_home):
    status = get_status(Settings(home=aiprov_home))
    local = status["provider_manager"]["providers"]["local"]
    assert (status["total_providers"], status["enabled_providers"]) == (1, 1)
    assert set(local) == {"enabled", "priority", "capabilities", "models_count"}
    assert local["capabilities"] == ["transcription"]
    assert local["models_count"] >= 4


def test_a_provider_that_is_switched_off_is_counted_as_there(aiprov_home):
    status = get_status(Settings(home=aiprov_home, local_models_enabled=False, provider_strategy="priority"))
    assert status["provider_manager"]["strategy"] == "priority"
    assert (status["total_providers"], status["enabled_providers"]) == (1, 0)


def test_the_command_prints_a_table_or_the_same_as_json(aiprov_home, monkeypatch):
    monkeypatch.setenv("LOCAL_PRIORITY", "7")
    assert json.loads(aiprov("providers", "status", "--json").stdout) == get_status(
        Settings(home=aiprov_home, local_priority=7)
    )
    assert aiprov("providers", "status").stdout.splitlines()[1].split()[:3] == ["local", "yes", "7"]
