"""Which providers there are, by the configuration. Makes them without importing a vendor; asks nobody.

A third party adds a provider by an entry point in the group `aiprov.providers`; it is loaded only when the
configuration file names it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from aiprov.core.routing import ModelFacts
from aiprov.errors import ConfigError
from aiprov.providers import catalogue
from aiprov.providers.base import Provider

ENTRY_POINTS = "aiprov.providers"
_UNKEYED = "no-key"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the configuration says of one provider.

    Attributes:
        key: Gives the key when it is needed; None when there is none.
        models: What the user states of its models; they come before what is known.
        options: The provider's own.
    """

    name: str
    key: Callable[[], str | None]
    base_url: str | None = None
    preset: str | None = None
    region: str | None = None
    local: bool | None = None
    models: tuple[ModelFacts, ...] = ()
    options: Mapping[str, Any] | None = None


def provider_of(wanted: Wanted) -> Provider:
    """Make a provider.

    Raises:
        ConfigError: The configuration does not say where it is.
    """
    match wanted.name:
        case "openai":
            from aiprov.providers.openai_shaped import OpenAIShaped

            return OpenAIShaped(
                "openai",
                base_url=wanted.base_url,
                key=wanted.key,
                models=_with(wanted.models, catalogue.models("openai")),
                region=wanted.region,
            )
        case "anthropic":
            from aiprov.providers.anthropic_api import AnthropicProvider

            return AnthropicProvider(
                base_url=wanted.base_url,
                key=wanted.key,
                models=_with(wanted.models, catalogue.models("anthropic")),
                region=wanted.region,
            )
        case "fake":
            from aiprov.providers.fake import FakeProvider

            return FakeProvider("fake", _replies(wanted.options or {}), local=bool(wanted.local))
    return _third_party(wanted) if wanted.base_url is None and wanted.preset is None else _server(wanted)


def known() -> list[str]:
    """The names under which servers can be set up without an address: well-known ones, and those of third parties."""
    from importlib.metadata import entry_points

    return [*catalogue.presets(), *(point.name for point in entry_points(group=ENTRY_POINTS))]


def needs_key(wanted: Wanted) -> bool:
    """Whether a provider is of no use without a key: one on this machine is asked without."""
    if wanted.name == "fake":
        return False
    return not _is_local(wanted)


def account_of(name: str, key: str | None) -> str:
    """Whose failures count together: provider and key. The key cannot be told from it."""
    return name if key is None else f"{name}:{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _replies(options: Mapping[str, Any]) -> list[str]:
    replies = options.get("replies", [])
    if not isinstance(replies, list) or not all(isinstance(each, str) for each in replies):
        raise ConfigError("providers.fake.custom_config.replies is not a list of texts", "write one text an answer")
    return replies


def _server(wanted: Wanted) -> Provider:
    from aiprov.providers.openai_shaped import OpenAIShaped

    preset = _preset(wanted)
    known = preset.models if preset is not None else ()
    return OpenAIShaped(
        wanted.name,
        base_url=wanted.base_url or (preset.base_url if preset else None),
        key=lambda: wanted.key() or (_UNKEYED if _is_local(wanted) else None),
        models=_with(wanted.models, known),
        region=wanted.region,
        local=_is_local(wanted),
    )


def _preset(wanted: Wanted) -> catalogue.Preset | None:
    if wanted.preset is None:
        return None
    found = catalogue.preset(wanted.preset)
    if found is None:
        known = ", ".join(catalogue.presets())
        raise ConfigError(f"providers.{wanted.name}: there is no preset {wanted.preset!r}", f"known are {known}")
    return found


def _is_local(wanted: Wanted) -> bool:
    """A server is on this machine when the user says so, or when its preset's address does."""
    if wanted.local is not None:
        return wanted.local
    preset = _preset(wanted)
    return preset is not None and preset.local and wanted.base_url is None


def _third_party(wanted: Wanted) -> Provider:
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINTS, name=wanted.name):
        try:
            return cast(Provider, point.load()(wanted))
        except Exception as error:  # a stranger's code: whatever it raises is named, not shown
            raise ConfigError(
                f"the provider {wanted.name} could not be made: {type(error).__name__}", f"see {point.value}"
            ) from error
    raise ConfigError(
        f"providers.{wanted.name} has no address",
        f"give base_url, or preset: {', '.join(catalogue.presets())}",
    )


def _with(stated: tuple[ModelFacts, ...], known: tuple[ModelFacts, ...]) -> tuple[ModelFacts, ...]:
    """What the user states comes first, and takes the place of what is known of the same model."""
    names = {(facts.name, facts.capability) for facts in stated}
    return (*stated, *(facts for facts in known if (facts.name, facts.capability) not in names))
