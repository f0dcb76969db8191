"""Where a provider's key is: in the environment, the system's keyring, or a file that only its owner reads.

Knows no vendor but by name, and sends nothing. The order: what the caller gives, the environment and `.env`, the
keyring (the optional package `keyring`), `keys.json` in `AIPROV_HOME`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aiprov.core.redaction import Redactor, looks_like_key
from aiprov.core.secret import Secret
from aiprov.errors import ConfigError
from aiprov.settings import Settings, variable

Origin = Literal["argument", "environment", "keyring", "file"]

# Those that are asked about even when nothing names them.
KNOWN = ("openai", "anthropic", "huggingface")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_KEY = re.compile(r"[!-~]{1,4096}")
_SERVICE = "aiprov"
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Key:
    """A provider's key and where it was found. What of it may be shown is `secret.tail`."""

    provider: str
    secret: Secret
    origin: Origin


def find(
    provider: str, settings: Settings, *, explicit: str | None = None, variable_name: str | None = None
) -> Key | None:
    """Look for a provider's key in every place, in order; None when it is in none.

    Args:
        explicit: A key that the caller has, which then is the answer.
        variable_name: The variable to look into, where `aiprov.yaml` names none and it is not `<PROVIDER>_API_KEY`.

    Raises:
        ConfigError: `keys.json` can be read by others, or is damaged.
    """
    if explicit:
        return Key(provider, Secret(explicit), "argument")
    given = _given(provider, settings, variable_name)
    if given is not None:
        return Key(provider, given, "environment")
    kept = _in_keyring(provider)
    if kept:
        return Key(provider, Secret(kept), "keyring")
    stored = _stored(_path(settings)).get(provider)
    return Key(provider, Secret(stored), "file") if stored else None


def variable_of(provider: str, settings: Settings, default: str | None = None) -> str:
    """The environment variable that holds a provider's key."""
    entry = settings.config.providers.get(provider)
    if entry is not None and entry.api_key_env:
        return entry.api_key_env
    if provider == "huggingface":
        return "HUGGINGFACE_TOKEN"
    return default or f"{provider.upper().replace('-', '_')}_API_KEY"


def store(provider: str, secret: Secret, settings: Settings) -> Origin:
    """Keep a key: in the keyring where there is one, else in `keys.json` with mode 600. Returns where it went.

    Raises:
        ConfigError: It cannot be a key, or `keys.json` cannot be used.
        StorageError: `keys.json` cannot be written.
    """
    if not _NAME.fullmatch(provider) or looks_like_key(provider):
        # Not repeated: it may be the key, in the wrong place.
        raise ConfigError("that is not a provider's name", "small letters, digits, - and _ make one, such as openai")
    if not _KEY.fullmatch(secret.reveal()):
        raise ConfigError(
            f"what was given for {provider} is not a key", "give the key alone: no spaces, no line breaks, ASCII only"
        )
    path = _path(settings)
    stored = _stored(path)
    in_keyring = _put_into_keyring(provider, secret.reveal())
    # A key in the keyring leaves its name in the file, since keyrings cannot be listed.
    _write(path, stored | {provider: None if in_keyring else secret.reveal()})
    return "keyring" if in_keyring else "file"


def remove(provider: str, settings: Settings) -> bool:
    """Forget a stored key; the environment is not touched. Returns whether there was one.

    Raises:
        ConfigError: The keyring does not let go of it, or `keys.json` cannot be used.
        StorageError: `keys.json` cannot be written.
    """
    path = _path(settings)
    stored = _stored(path)
    was_in_keyring = _take_from_keyring(provider)
    if provider not in stored:
        return was_in_keyring
    left = {name: key for name, key in stored.items() if name != provider}
    _write(path, left)
    return was_in_keyring or stored[provider] is not None


def listing(settings: Settings) -> list[Key]:
    """The keys that can be found, by provider; of each, `secret.tail` may be shown.

    Raises:
        ConfigError: `keys.json` can be read by others, or is damaged.
    """
    configured = (name for name in settings.config.providers if name != "local")
    names = dict.fromkeys((*KNOWN, *configured, *_stored(_path(settings))))
    return [key for name in names if (key := find(name, settings)) is not None]


def keyring_trouble() -> str | None:
    """Why the keyring cannot be used, in a few words; None when it can."""
    ring = _keyring()
    if ring is None:
        return "the package keyring is not installed"
    try:
        ring.get_password(_SERVICE, "openai")
    except Exception as error:  # backends raise what their systems raise
        return f"it does not answer ({type(error).__name__})"
    return None


def redactor(settings: Settings, keys: Iterable[Key] = ()) -> Redactor:
    """A redactor that knows every key in the settings, and `keys`."""
    known = (getattr(settings, name) for name in Settings.__dataclass_fields__)
    secrets = [value for value in known if isinstance(value, Secret)]
    return Redactor(secret.reveal() for secret in (*secrets, *(key.secret for key in keys)))


class Redacting(logging.Filter):
    """Takes keys out of log records, tracebacks included. Add it to handlers: a logger's filter misses its children."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place, and let it pass."""
        try:
            message = record.getMessage()
        except Exception:  # arguments that do not fit, in whatever way; an error here would end the work that logs
            message = str(record.msg)
        record.msg, record.args = self._redactor.clean(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._redactor.clean(record.exc_text)
        if record.stack_info:
            record.stack_info = self._redactor.clean(record.stack_info)
        # Formatters of other kinds would read the exception anew.
        record.exc_info = None
        return True


def _given(provider: str, settings: Settings, variable_name: str | None) -> Secret | None:
    name = variable_of(provider, settings, variable_name)
    field = getattr(settings, name.lower(), None)
    return field if isinstance(field, Secret) else variable(name, settings.env_file)


def _keyring() -> Any:
    """The package, or None where it is not installed. Its import costs about 0.15 s."""
    try:
        import keyring
    except ImportError:
        return None
    return keyring


def _in_keyring(provider: str) -> str | None:
    ring = _keyring()
    try:
        return None if ring is None else ring.get_password(_SERVICE, provider)
    except Exception:  # a keyring that does not answer is no keyring; `keyring_trouble` says why
        return None


def _put_into_keyring(provider: str, secret: str) -> bool:
    """Whether the keyring has it now: some backends take a key and keep nothing."""
    ring = _keyring()
    if ring is None:
        return False
    try:
        ring.set_password(_SERVICE, provider, secret)
    except Exception:  # backends raise what their systems raise; the file takes it then
        return False
    return _in_keyring(provider) == secret


def _take_from_keyring(provider: str) -> bool:
    if _in_keyring(provider) is None:
        return False
    # A backend that has no such key, or cannot delete, says so in many ways: what counts is whether it is gone.
    with contextlib.suppress(Exception):
        _keyring().delete_password(_SERVICE, provider)
    if _in_keyring(provider) is not None:
        raise ConfigError(f"the keyring keeps the key of {provider}", "remove it with the system's own program")
    return True


def _path(settings: Settings) -> Path:
    return settings.home / "keys.json"


def _stored(path: Path) -> dict[str, str | None]:
    """Names and keys; None stands for one that is in the keyring."""
    try:
        with path.open("rb") as stream:
            _refuse_shared(path, os.fstat(stream.fileno()))
            content = json.loads(stream.read(_MOST_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}", "correct its permissions") from error
    except (ValueError, RecursionError):
        content = None
    if not _is_keys(content):
        raise ConfigError(f"{path} is damaged", "remove it and store the keys again with `aiprov keys set`") from None
    return dict(content)


def _is_keys(content: Any) -> bool:
    return isinstance(content, dict) and all(
        _NAME.fullmatch(name) and (key is None or (isinstance(key, str) and _KEY.fullmatch(key)))
        for name, key in content.items()
    )


def _refuse_shared(path: Path, found: os.stat_result) -> None:
    if found.st_mode & 0o077 or found.st_uid not in (os.getuid(), 0):
        raise ConfigError(f"{path} can be read by other users", f"chmod 600 {path}, and replace the keys if it was")


def _write(path: Path, stored: dict[str, str | None]) -> None:
    from aiprov.files import write_private

    write_private(path, (json.dumps(stored, indent=1, sort_keys=True) + "\n").encode("ascii"))
