"""The configuration of providers as people see and change it: who is there, in which order, able to do what.

Changes are kept in the configuration file and take effect with the next call; a change that cannot be used changes
nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiprov import configfile
from aiprov.core.requests import ModelCapability, ProviderType
from aiprov.errors import AiprovError, ConfigError
from aiprov.manager import ProviderManager, Roster
from aiprov.manager.roster import Entry
from aiprov.providers.base import Health
from aiprov.settings import Settings, config_path

# No health check takes longer: one provider that hangs must not hide the others.
_HEALTH_S = 20.0


class ProviderConfigService:
    """Looks at the providers of a manager, and changes them.

    Args:
        manager: Whose roster it is.
        settings: What the roster was built from.
        rebuild: Reads all settings again and gives the new ones with their roster; raises ConfigError when they
            cannot be used.
    """

    def __init__(
        self, manager: ProviderManager, settings: Settings, rebuild: Callable[[], tuple[Settings, Roster]]
    ) -> None:
        self._manager = manager
        self._settings = settings
        self._rebuild = rebuild

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    @property
    def config_file(self) -> Path:
        """Where changes are kept."""
        return self._settings.config.path or config_path(self._settings.env_file)

    def get_status(self) -> dict[str, Any]:
        """Return the contract's status: every provider, whether it takes part, and what it can do."""
        return status_of(self._manager.roster)

    async def health(self) -> dict[str, Health]:
        """Look at every provider without a billed call: keys and model lists, local files and engines."""
        entries = self._manager.roster.entries
        found = await asyncio.gather(*(self._health(entry) for entry in entries))
        return {entry.provider.name: health for entry, health in zip(entries, found, strict=True)}

    async def health_check_all(self) -> dict[str, bool]:
        """Say for every provider whether requests may go there; see `health` for the reasons."""
        return {name: health.usable for name, health in (await self.health()).items()}

    def enable_provider(self, provider: ProviderType | str) -> None:
        """Let a provider take part.

        Raises:
            ConfigError: There is no such provider, or the configuration file cannot be used.
        """
        self.update_provider_config(provider, {"enabled": True})

    def disable_provider(self, provider: ProviderType | str) -> None:
        """Take a provider out. Calls that are under way end as they began.

        Raises:
            ConfigError: As for `enable_provider`.
        """
        self.update_provider_config(provider, {"enabled": False})

    def set_provider_priority(self, provider: ProviderType | str, priority: int) -> None:
        """Set a provider's place; the lower number is asked first.

        Raises:
            ConfigError: As for `enable_provider`.
        """
        self.update_provider_config(provider, {"priority": priority})

    def get_provider_config(self, provider: ProviderType | str) -> dict[str, Any]:
        """Return one provider's status with its `custom_config`.

        Raises:
            ConfigError: There is no such provider.
        """
        entry = self._entry(provider)
        kept = self._settings.config.providers.get(entry.provider.name)
        return {
            "provider": entry.provider.name,
            **_status(entry),
            "custom_config": dict(kept.custom_config) if kept is not None else {},
        }

    def update_provider_config(
        self, provider: ProviderType | str, changes: Mapping[str, Any], hot_reload: bool = True
    ) -> dict[str, Any]:
        """Change and keep a provider's configuration.

        Args:
            provider: Whose.
            changes: Any of `enabled`, `priority` and `custom_config` (a mapping; its keys are merged in).
            hot_reload: Take effect at once; otherwise with the next start.

        Returns:
            The provider's configuration as it is now.

        Raises:
            ConfigError: The change cannot be used; everything stays as it was.
        """
        name = self._entry(provider).provider.name
        unknown = set(changes) - {"enabled", "priority", "custom_config"}
        if unknown:
            raise ConfigError(
                f"{', '.join(sorted(unknown))} cannot be set for {name}", "set enabled, priority or custom_config"
            )
        if not isinstance(changes.get("custom_config", {}), Mapping):
            raise ConfigError(f"custom_config of {name} is not a mapping", "give its options by name")
        configfile.edit(self.config_file, name, **changes)
        self._manager.forgive(name)
        if hot_reload:
            self.reload()
        return self.get_provider_config(name)

    def reload(self) -> None:
        """Read the configuration again and put it in force as a whole; calls under way keep the old one.

        Raises:
            ConfigError: It cannot be used; the old one stays in force.
        """
        self._settings, self._manager.roster = self._rebuild()

    async def watch(self, told: Callable[[str], None], every_s: float = 2.0) -> None:
        """Look at `.env` and `aiprov.yaml` again and again, and reload when one has changed; ends when cancelled.

        Args:
            told: Hears of every reload, and of what kept the old configuration in force.
            every_s: Seconds between two looks.
        """
        seen = self._stamps()
        while True:
            await asyncio.sleep(every_s)
            if (now := self._stamps()) == seen:
                continue
            seen = now
            try:
                self.reload()
                told("the configuration was read again")
            except AiprovError as error:
                told(f"the old configuration stays in force: {error.message}")

    def _stamps(self) -> list[tuple[int, int] | None]:
        """What shows that a file has changed; None where there is none."""
        files = [path for path in (self._settings.env_file, self.config_file) if path is not None]
        return [(path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else None for path in files]

    def _entry(self, provider: ProviderType | str) -> Entry:
        entries = {entry.provider.name: entry for entry in self._manager.roster.entries}
        if str(provider) not in entries:
            raise ConfigError(f"there is no provider {str(provider)!r}", f"known are {', '.join(entries)}")
        return entries[str(provider)]

    async def _health(self, entry: Entry) -> Health:
        if not entry.enabled:
            return Health("disabled")
        if entry.refusal is not None:
            return Health("unconfigured", (entry.refusal,))
        if self._manager.roster.policy.privacy == "local" and not entry.provider.local:
            return Health("disabled", ("privacy is local: it is not asked anything",))
        try:
            async with asyncio.timeout(_HEALTH_S):
                return await entry.provider.health()
        except TimeoutError:
            return Health("degraded", (f"it did not answer within {_HEALTH_S:.0f} s",), reached=False)
        except AiprovError as error:
            return Health("unhealthy", (error.message,), reached=False)


def status_of(roster: Roster) -> dict[str, Any]:
    """Return the contract's status of a roster; nothing is opened or asked for it."""
    return {
        "provider_manager": {
            "strategy": roster.policy.strategy,
            "providers": {entry.provider.name: _status(entry) for entry in roster.entries},
        },
        "total_providers": len(roster.entries),
        "enabled_providers": sum(entry.out is None for entry in roster.entries),
    }


def _status(entry: Entry) -> dict[str, Any]:
    models = {kind: entry.provider.models(kind) for kind in ModelCapability}
    abilities = [kind.value for kind, offered in models.items() if offered]
    if any(facts.images for facts in models[ModelCapability.CHAT]):
        abilities.append(ModelCapability.VISION.value)
    return {
        "enabled": entry.enabled,
        "configured": entry.refusal is None,
        "priority": entry.priority,
        "capabilities": abilities,
        "models_count": sum(map(len, models.values())),
        "models": [facts.name for offered in models.values() for facts in offered],
        "host": entry.provider.host,
        "region": entry.provider.region,
        "note": entry.out,
    }
