"""Which packages each kind of work needs, and whether they are installed. Imports none of them."""

from __future__ import annotations

import functools
import importlib.util
from typing import NamedTuple

from aiprov.core.requests import ModelCapability
from aiprov.errors import ConfigError


class _Engine(NamedTuple):
    purpose: str
    packages: tuple[str, ...]
    extra: str


_ENGINES = {
    ModelCapability.TRANSCRIPTION: _Engine("speech", ("av", "faster_whisper"), "speech"),
    ModelCapability.CHAT: _Engine("chat", ("llama_cpp",), "local"),
    ModelCapability.EMBEDDING: _Engine("embeddings", ("numpy", "tokenizers"), "speech"),
}


@functools.cache  # asked with every call; what is missing is looked for again
def require_engine(capability: ModelCapability) -> None:
    """Say at once what is not installed, before an input is blamed for it.

    Raises:
        ConfigError: It names what to install.
    """
    engine = _ENGINES[capability]
    if any(importlib.util.find_spec(package) is None for package in engine.packages):
        raise ConfigError(
            f"the engine for {engine.purpose} is not installed",
            f"pip install 'aiprov[{engine.extra}]'",
            code="not_installed",
        )
