"""The configuration of providers: its status has the contract's shape, and changes are kept and in force at once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aiprov import service as room
from aiprov.core.requests import ModelCapability, ProviderType, TranscriptionRequest
from aiprov.errors import ConfigError, ProviderError
from aiprov.manager import Entry, Policy, ProviderManager, Roster, Transcribing
from aiprov.providers.base import Health
from aiprov.providers.fake import FakeProvider
from aiprov.service import ProviderConfigService, status_of
from aiprov.settings import Settings, load
from aiprov.state import State
from aiprov.wiring import build

CONTRACT = {"enabled", "priority", "capabilities", "models_count"}


@pytest.fixture
def kit(aiprov_home, monkeypatch):
    """Played providers beside those that are always there; only the played ones and the local one are set up."""
    aiprov_home.mkdir()
    text = "# mine\nproviders:\n  fake: {priority: 5}\n  local:\n    priority: 20 # last\n"
    (aiprov_home / "aiprov.yaml").write_text(text)
    kit = build(load())
    yield kit
    kit.close()


def written(aiprov_home):
    return (aiprov_home / "aiprov.yaml").read_text()


def first(kit, tmp_path):
    """Who is asked first to transcribe."""
    return kit.manager.route(Transcribing(TranscriptionRequest(tmp_path / "a.wav"), "")).order[0].provider


def test_the_status_has_the_shape_of_the_contract(kit):
    status = kit.service.get_status()
    providers = status["provider_manager"]["providers"]
    assert set(status) == {"provider_manager", "total_providers", "enabled_providers"}
    assert status["provider_manager"]["strategy"] == "fallback"
    assert list(providers) == ["openai", "anthropic", "fake", "local"]
    assert all(set(each) >= CONTRACT for each in providers.values())
    assert (status["total_providers"], status["enabled_providers"]) == (4, 2)


def test_a_provider_without_a_key_is_enabled_and_not_configured(kit):
    openai = kit.service.get_status()["provider_manager"]["providers"]["openai"]
    assert (openai["enabled"], openai["configured"]) == (True, False)
    assert "aiprov keys set openai" in openai["note"]


def test_what_providers_can_do_is_in_the_status(kit):
    providers = kit.service.get_status()["provider_manager"]["providers"]
    assert providers["openai"]["capabilities"] == ["chat", "transcription", "embedding", "vision"]
    assert providers["anthropic"]["capabilities"] == ["chat", "vision"]
    assert providers["openai"]["models_count"] == len(providers["openai"]["models"])
    assert (providers["openai"]["host"], providers["local"]["host"]) == ("api.openai.com", None)


def test_the_status_of_a_roster_needs_no_state(kit, aiprov_home):
    assert status_of(kit.roster)["total_providers"] == 4
    assert not (aiprov_home / "state.sqlite3").exists()


def test_a_change_is_kept_and_leaves_the_rest_of_the_file_alone(kit, aiprov_home):
    kit.service.disable_provider(ProviderType.LOCAL)
    kit.service.set_provider_priority(ProviderType.LOCAL, priority=3)
    assert written(aiprov_home).startswith(
        "# mine\nproviders:\n  fake: {priority: 5}\n  local:\n    priority: 3 # last\n"
    )
    fresh = build(load())
    config = fresh.service.get_provider_config(ProviderType.LOCAL)
    fresh.close()
    assert (config["enabled"], config["priority"]) == (False, 3)


def test_a_provider_can_be_switched_off_and_on_again(kit):
    kit.service.disable_provider("fake")
    assert kit.service.get_provider_config("fake")["note"] == "is disabled"
    kit.service.enable_provider("fake")
    assert kit.service.get_provider_config("fake")["note"] is None


def test_a_change_counts_with_the_next_call(kit, tmp_path):
    assert first(kit, tmp_path) == "fake"
    kit.service.set_provider_priority("fake", priority=30)
    assert first(kit, tmp_path) == "local"


def test_without_hot_reload_a_change_waits_for_the_next_start(kit, aiprov_home, tmp_path):
    kit.service.update_provider_config("fake", {"priority": 30}, hot_reload=False)
    assert first(kit, tmp_path) == "fake"
    kit.service.reload()
    assert first(kit, tmp_path) == "local"


def test_own_options_are_merged_and_put_in_force(kit):
    kit.service.update_provider_config("local", {"custom_config": {"whisper_model": "tiny.en"}})
    config = kit.service.update_provider_config("local", {"custom_config": {"device": "cpu"}})
    assert config["custom_config"] == {"whisper_model": "tiny.en", "device": "cpu"}
    assert "tiny.en" in config["models"]


def test_the_environment_decides_over_what_is_kept(kit, aiprov_home, monkeypatch):
    monkeypatch.setenv("LOCAL_PRIORITY", "77")
    assert kit.service.update_provider_config("local", {"priority": 2})["priority"] == 77
    assert "priority: 2" in written(aiprov_home)
    assert kit.service.settings.overridden("local", "priority") == "LOCAL_PRIORITY"


@pytest.mark.parametrize(
    ("provider", "changes"),
    [
        ("nobody", {"enabled": True}),
        ("fake", {"base_url": "https://elsewhere.invalid/v1"}),
        ("fake", {"priority": "soon"}),
        ("local", {"custom_config": {"device": "abacus"}}),
    ],
)
def test_what_cannot_be_used_changes_nothing(kit, aiprov_home, provider, changes):
    before = written(aiprov_home), kit.service.get_status()
    with pytest.raises(ConfigError):
        kit.service.update_provider_config(provider, changes)
    assert (written(aiprov_home), kit.service.get_status()) == before


@pytest.mark.parametrize("hot_reload", [True, False])
def test_whoever_failed_is_asked_again_after_a_change_of_its_configuration(kit, hot_reload):
    accounts = [kit.manager.roster.entry(name).account for name in ("fake", "local")]
    for account in accounts:
        kit.state.failed(account, "auth", datetime.now(UTC), trips=1, hold_s=600.0)
    kit.service.update_provider_config("fake", {"enabled": True}, hot_reload=hot_reload)
    assert set(kit.state.holds(datetime.now(UTC))) == {accounts[1]}


class Closing(FakeProvider):
    closed = 0

    async def aclose(self):
        self.closed += 1


def test_a_kit_that_is_closed_closes_its_providers_too(aiprov_home):
    one, two = Closing("one"), Closing("two")
    kit = replace(build(load()), providers=(one, two))
    assert kit.manager.roster.entry("two").provider is two
    asyncio.run(kit.aclose())
    assert (one.closed, two.closed) == (1, 1)


# --- health -------------------------------------------------------------------------------------------------------


class Broken(FakeProvider):
    async def health(self):
        raise ProviderError("it is on fire", provider=self.name, code="server_error")


class Silent(FakeProvider):
    async def health(self):
        await asyncio.Event().wait()


def looked_at(tmp_path, entries, **policy):
    """The health of played providers."""
    with State(tmp_path / "state.sqlite3") as state:
        manager = ProviderManager(Roster(tuple(entries), Policy(**policy)), state)
        return asyncio.run(ProviderConfigService(manager, Settings(home=tmp_path), lambda: None).health())


def test_health_tells_apart_why_a_provider_cannot_work(tmp_path):
    found = looked_at(
        tmp_path,
        [
            Entry(FakeProvider("well"), 1),
            Entry(FakeProvider("off"), 1, enabled=False),
            Entry(FakeProvider("keyless"), 1, refusal="has no key"),
            Entry(Broken("broken"), 1),
            Entry(FakeProvider("slow", state=Health("degraded", ("it is slow",))), 1),
        ],
    )
    assert {name: (each.state, each.reasons) for name, each in found.items()} == {
        "well": ("healthy", ()),
        "off": ("disabled", ()),
        "keyless": ("unconfigured", ("has no key",)),
        "broken": ("unhealthy", ("it is on fire",)),
        "slow": ("degraded", ("it is slow",)),
    }
    assert [name for name, each in found.items() if each.usable] == ["well", "slow"]


def test_a_provider_that_hangs_does_not_hide_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_HEALTH_S", 0.01)
    found = looked_at(tmp_path, [Entry(Silent("silent"), 1), Entry(FakeProvider("well"), 2)])
    assert (found["silent"].state, found["well"].state) == ("degraded", "healthy")


def test_with_privacy_local_nobody_elsewhere_is_looked_at(tmp_path):
    found = looked_at(tmp_path, [Entry(Broken("far"), 1), Entry(FakeProvider("near", local=True), 2)], privacy="local")
    assert (found["far"].state, found["near"].state) == ("disabled", "healthy")


def test_health_in_short_says_who_can_be_asked(kit):
    found = asyncio.run(kit.service.health_check_all())
    assert set(found) == {"openai", "anthropic", "fake", "local"}
    assert (found["fake"], found["openai"]) == (True, False)
    assert kit.manager.roster.entry("fake").provider.models(ModelCapability.CHAT)


def test_a_file_that_changes_is_read_again_when_that_was_asked_for_and_a_bad_one_changes_nothing(kit, aiprov_home):
    heard = asyncio.Queue()

    async def change():
        watching = asyncio.create_task(kit.service.watch(heard.put_nowait, every_s=0))
        await asyncio.sleep(0)  # it has taken its first look
        (aiprov_home / "aiprov.yaml").write_text("providers:\n  fake: {priority: 500}\n")
        first = await heard.get()
        priorities = [kit.manager.roster.entry("fake").priority]
        (aiprov_home / "aiprov.yaml").write_text("providers:\n  fake: {priority: soon, and: more}\n")
        second = await heard.get()
        priorities.append(kit.manager.roster.entry("fake").priority)
        watching.cancel()
        return [first, second, priorities]

    first, second, priorities = asyncio.run(change())
    assert first == "the configuration was read again"
    assert second.startswith("the old configuration stays in force: ")
    assert priorities == [500, 500]


def test_a_reload_to_privacy_local_fetches_no_model_any_more(kit, aiprov_home):
    before = kit.local
    assert "it is fetched at first use" in " ".join(asyncio.run(kit.service.health())["local"].reasons)
    (aiprov_home / "aiprov.yaml").write_text("privacy: local\n")
    kit.service.reload()
    assert "fetching is switched off" in " ".join(asyncio.run(kit.service.health())["local"].reasons)
    assert kit.local is not before


def test_a_reload_that_does_not_concern_this_machine_keeps_its_engines(kit, aiprov_home):
    before = kit.local
    (aiprov_home / "aiprov.yaml").write_text("providers:\n  fake: {priority: 7}\n")
    kit.service.reload()
    assert kit.manager.roster.entry("local").provider is before
