"""Which cloud models are offered without being named, and where well-known servers listen.

Reads `catalogue.toml`, where the facts and their sources are. Knows no price and asks nobody.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiprov.core.requests import ModelCapability
from aiprov.core.routing import ModelFacts

_FILE = Path(__file__).with_name("catalogue.toml")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Preset:
    """A server that speaks OpenAI's language.

    Attributes:
        base_url: Where it listens, with the version.
        key_variable: The environment variable that holds its key.
        models: What it offers without being asked; empty when that depends on whoever runs it.
    """

    base_url: str
    key_variable: str
    models: tuple[ModelFacts, ...] = ()

    @property
    def local(self) -> bool:
        """Whether it is on this machine: judged by the address, so that another address is another answer."""
        return urlsplit(self.base_url).hostname in _LOOPBACK


@functools.cache
def models(provider: str) -> tuple[ModelFacts, ...]:
    """The models offered by a provider, the preferred first for each kind of work; none for an unknown one."""
    return tuple(_facts(entry) for entry in _catalogue()["models"].get(provider, ()))


@functools.cache
def preset(name: str) -> Preset | None:
    """The well-known server of that name, or None."""
    server = _catalogue()["servers"].get(name)
    return None if server is None else Preset(**server, models=models(name))


def presets() -> tuple[str, ...]:
    """The names of all well-known servers."""
    return tuple(_catalogue()["servers"])


def checked() -> str:
    """The day (ISO) on which the facts were last held against their sources."""
    return str(_catalogue()["checked"])


def _facts(entry: Mapping[str, Any]) -> ModelFacts:
    return ModelFacts(**{**entry, "capability": ModelCapability(entry["capability"])})


@functools.cache
def _catalogue() -> Mapping[str, Any]:
    import tomllib

    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
