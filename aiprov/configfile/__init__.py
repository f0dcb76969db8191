"""`aiprov.yaml`: providers, priorities, prices and budgets that the user wrote down. Never keys.

Reads and edits the file that it is given; where that lies and what overrides it is the settings' business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aiprov.configfile.document import MAX_BYTES, decoded, parse
from aiprov.configfile.editing import put
from aiprov.configfile.schema import (
    LOCAL_OPTIONS,
    Budget,
    CloudFallback,
    ConfigFile,
    Device,
    ModelEntry,
    Privacy,
    ProviderEntry,
    Quantization,
    ServerEntry,
    config_of,
)
from aiprov.errors import ConfigError

__all__ = [
    "LOCAL_OPTIONS",
    "MAX_BYTES",
    "Budget",
    "CloudFallback",
    "ConfigFile",
    "Device",
    "ModelEntry",
    "Privacy",
    "ProviderEntry",
    "Quantization",
    "ServerEntry",
    "edit",
    "read",
]

_NEW = """\
# Providers, priorities, prices and budgets of aiprov. Settings in the environment and in .env win over this file.
# Keys do not belong here: `aiprov keys set PROVIDER` stores them.
"""


def read(path: Path) -> ConfigFile:
    """Read and check the file; one that is not there says nothing.

    Raises:
        ConfigError: It cannot be read, or says something that is not known or cannot be. The message names file, line
            and key, and never repeats a value.
    """
    text = _text(path)
    return ConfigFile(path=path) if text is None else config_of(parse(text, path), path)


def edit(
    path: Path,
    provider: str,
    *,
    enabled: bool | None = None,
    priority: int | None = None,
    custom_config: Mapping[str, Any] | None = None,
) -> None:
    """Change what the file says of one provider; all else stays as it is, to the byte. A missing file is made.

    Args:
        provider: Its name; an entry is added when there is none.
        custom_config: Options to set; others that are there stay.

    Raises:
        ConfigError: The file, or what it would become, cannot be used; then nothing is written.
        StorageError: It cannot be written.
    """
    stated = _text(path)
    text = _NEW if stated is None else stated
    config_of(parse(text, path), path)
    for keys, value in _changes(enabled, priority, custom_config or {}):
        text = put(text, ("providers", provider, *keys), value, path)
    config_of(parse(text, path), path)
    _replace(path.resolve(), text)


def _changes(
    enabled: bool | None, priority: int | None, custom_config: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    if enabled is not None:
        yield ("enabled",), enabled
    if priority is not None:
        yield ("priority",), priority
    for key, value in custom_config.items():
        yield ("custom_config", key), value


def _text(path: Path) -> str | None:
    try:
        if not path.is_file():
            if path.exists():
                raise ConfigError(f"{path} is not a file", "put the configuration there, or name another file")
            return None
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}", "correct its permissions") from error
    return decoded(content, path, "keep nothing there but configuration")


def _replace(path: Path, text: str) -> None:
    """Write the file whole or not at all; its mode stays."""
    from aiprov.files import write_atomic

    content = text.encode("utf-8")
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path} would be larger than {MAX_BYTES // 1024} KB", "take something out of it first")
    mode = path.stat().st_mode & 0o777 if path.exists() else None
    write_atomic(path, content)
    if mode is not None:
        path.chmod(mode)
