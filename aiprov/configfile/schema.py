"""What `aiprov.yaml` can say, and what it says: frozen values. Knows nothing of the environment and of keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from aiprov.configfile.document import KEYS_HINT, Node
from aiprov.configfile.values import Value
from aiprov.core.requests import ModelCapability
from aiprov.core.routing import ModelFacts, Strategy

Quantization = Literal["4bit", "8bit", "16bit"]
Device = Literal["auto", "cpu", "cuda"]
Privacy = Literal["any", "local"]
CloudFallback = Literal["allow", "never"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{1,99}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_CAPABILITIES = tuple(str(each) for each in ModelCapability if each is not ModelCapability.VISION)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model of a provider, with what the user knows of it. Prices are US dollars, None when unknown.

    Attributes:
        facts: What routing wants to know of it.
        minimum_audio_s: Seconds of audio that every call is charged for at least.
    """

    facts: ModelFacts
    usd_per_audio_hour: Decimal | None = None
    usd_per_million_input_tokens: Decimal | None = None
    usd_per_million_output_tokens: Decimal | None = None
    usd_per_million_cached_tokens: Decimal | None = None
    minimum_audio_s: float | None = None


@dataclass(frozen=True, slots=True)
class ProviderEntry:
    """What the file says of one provider; None where it says nothing.

    Attributes:
        api_key_env: The name of the environment variable that holds the key.
        region: The user's label for where the server is, such as `eu`.
        local: The server runs on this machine: calls are free, and nothing leaves.
        preset: A well-known server whose address and models are filled in.
        timeout_s: How long one call may take.
        custom_config: Options of the provider's own: for `local` those of `LOCAL_OPTIONS`.
    """

    name: str
    enabled: bool | None = None
    priority: int | None = None
    base_url: str | None = None
    api_key_env: str | None = None
    region: str | None = None
    local: bool | None = None
    preset: str | None = None
    models: tuple[ModelEntry, ...] = ()
    timeout_s: float | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    custom_config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be spent, in US dollars; days and months are UTC. None is no limit."""

    per_run: Decimal | None = None
    per_day: Decimal | None = None
    per_month: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """What the file says of `aiprov serve`.

    Attributes:
        folders: The folders that jobs may work on, by name.
        recipes: Recipes besides those that come with aiprov, by name.
        aliases: What clients may write as a model, and what is meant by it.
    """

    folders: Mapping[str, Path] = field(default_factory=dict)
    recipes: Mapping[str, Path] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What `aiprov.yaml` says; None where it says nothing.

    Attributes:
        providers: By name, in the order of the file.
        path: The file, whether it exists or not; None when no file was looked for.
    """

    providers: Mapping[str, ProviderEntry] = field(default_factory=dict)
    budget: Budget = Budget()
    strategy: Strategy | None = None
    privacy: Privacy | None = None
    cloud_fallback: CloudFallback | None = None
    server: ServerEntry = ServerEntry()
    path: Path | None = None


def config_of(document: Node | None, path: Path) -> ConfigFile:
    """Read a document as configuration.

    Raises:
        ConfigError: It says something that is not known or cannot be.
    """
    return ConfigFile(**Value(document, path).fields(_FILE), path=path) if document else ConfigFile(path=path)


def _choice(options: Any) -> Callable[[Value], Any]:
    return lambda value: value.choice(get_args(options))


def _whole(least: int) -> Callable[[Value], int]:
    return lambda value: value.whole(least)


def _seconds(value: Value) -> float:
    return float(value.number(above=True))


def _named(pattern: re.Pattern[str], hint: str) -> Callable[[Value], str]:
    def read(value: Value) -> str:
        text = value.text()
        if not pattern.fullmatch(text):
            raise value.wrong("is not such a name", hint)
        return text

    return read


def _base_url(value: Value) -> str:
    text = value.text()
    if not re.fullmatch(r"https?://[^\s@?#]+", text, re.ASCII):
        raise value.wrong("is not the address of a server", "write https://host/path, without key, query or `#`")
    return text


def _languages(value: Value) -> tuple[str, ...]:
    read = _named(_LANGUAGE, "write ISO 639-1 codes such as de")
    return tuple(read(each) for each in value.items())


def _model(value: Value) -> ModelEntry:
    found = value.fields(_MODEL)
    for name in ("name", "capability"):
        if name not in found:
            raise value.wrong(f"has no {name}", "every model needs a name and a capability")
    prices = {name: found.pop(name) for name in list(found) if name in _PRICES}
    return ModelEntry(ModelFacts(**found), **prices)


def _models(value: Value) -> tuple[ModelEntry, ...]:
    models = tuple(_model(each) for each in value.items())
    names = [(model.facts.name, model.facts.capability) for model in models]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise value.items()[place].wrong("is there twice", "keep one entry for each model and capability")
    return models


def _providers(value: Value) -> dict[str, ProviderEntry]:
    return {name: _provider(name, each) for name, each in value.keys().items()}


def _paths(value: Value) -> dict[str, Path]:
    found = {}
    for name, each in value.keys().items():
        if not _NAME.fullmatch(name):
            raise each.wrong("is not such a name", "use small letters, digits, - and _, and begin with a letter")
        path = Path(each.text()).expanduser()
        if not path.is_absolute():
            raise each.wrong("is not an absolute path", "a server has no folder that it works in")
        found[name] = path
    return found


def _provider(name: str, value: Value) -> ProviderEntry:
    if not _NAME.fullmatch(name):
        raise value.wrong("is not a provider's name", "use small letters, digits, - and _, and begin with a letter")
    if name != "local":
        return ProviderEntry(name, **value.fields(_PROVIDER))
    return ProviderEntry(name, **value.fields(_THIS_MACHINE))


LOCAL_OPTIONS: dict[str, Callable[[Value], str]] = {
    "whisper_model": Value.text,
    "llm_model": Value.text,
    "embedding_model": Value.text,
    "quantization": _choice(Quantization),
    "device": _choice(Device),
}
_THIS_MACHINE: dict[str, Callable[[Value], Any]] = {
    "enabled": Value.flag,
    "priority": _whole(-(10**9)),
    "custom_config": lambda value: value.fields(LOCAL_OPTIONS),
}
_PROVIDER: dict[str, Callable[[Value], Any]] = {
    "enabled": Value.flag,
    "priority": _whole(-(10**9)),
    "base_url": _base_url,
    "api_key_env": _named(_VARIABLE, f"this is the NAME of a variable, such as OPENAI_API_KEY; a key: {KEYS_HINT}"),
    "region": Value.text,
    "local": Value.flag,
    "preset": _named(_NAME, "write the name of a preset, such as groq"),
    "models": _models,
    "timeout_s": _seconds,
    "requests_per_minute": _whole(1),
    "tokens_per_minute": _whole(1),
    "custom_config": lambda value: {key: each.anything() for key, each in value.keys().items()},
}
_MODEL: dict[str, Callable[[Value], Any]] = {
    "name": Value.text,
    "capability": lambda value: ModelCapability(value.choice(_CAPABILITIES)),
    **dict.fromkeys(("words", "segments", "translates", "prompt", "images", "json_schema", "temperature"), Value.flag),
    "languages": _languages,
    **dict.fromkeys(("max_bytes", "context_tokens", "max_output_tokens", "dimension"), _whole(1)),
    "max_audio_s": _seconds,
    "usd_per_audio_hour": Value.number,
    "usd_per_million_input_tokens": Value.number,
    "usd_per_million_output_tokens": Value.number,
    "usd_per_million_cached_tokens": Value.number,
    "minimum_audio_s": _seconds,
}
_PRICES = frozenset(each.name for each in fields(ModelEntry))
_BUDGET: dict[str, Callable[[Value], Any]] = dict.fromkeys(("per_run", "per_day", "per_month"), Value.number)
_SERVER: dict[str, Callable[[Value], Any]] = {
    "folders": _paths,
    "recipes": _paths,
    "aliases": lambda value: {name: each.text() for name, each in value.keys().items()},
}
_FILE: dict[str, Callable[[Value], Any]] = {
    "providers": _providers,
    "budget": lambda value: Budget(**value.fields(_BUDGET)),
    "strategy": _choice(Strategy),
    "privacy": _choice(Privacy),
    "cloud_fallback": _choice(CloudFallback),
    "server": lambda value: ServerEntry(**value.fields(_SERVER)),
}
