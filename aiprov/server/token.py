"""The word that opens the door: in a file that only its owner can read, or in `AIPROV_SERVER_TOKEN`."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from aiprov.core.secret import Secret
from aiprov.errors import ConfigError
from aiprov.files import write_private
from aiprov.settings import Settings

_BYTES = 32
_FORM = re.compile(r"[A-Za-z0-9._~+/=-]{16,512}")  # what a bearer token may be (RFC 6750), and not too easy to guess


def token_of(settings: Settings) -> Secret:
    """The token of the settings, else the one in the data folder, which is made when it is missing.

    Raises:
        ConfigError: It is too short, or others may read the file.
        StorageError: The file cannot be written.
    """
    if settings.server_token is not None:
        return _checked(settings.server_token.reveal(), "AIPROV_SERVER_TOKEN")
    path = token_file(settings)
    try:
        return _checked(_read(path), str(path))
    except FileNotFoundError:
        made = secrets.token_urlsafe(_BYTES)
        write_private(path, f"{made}\n".encode("ascii"))
        return Secret(made)


def token_file(settings: Settings) -> Path:
    """Where the token is kept."""
    return settings.home / "server.token"


def _read(path: Path) -> str:
    with path.open("rb") as stream:
        found = os.fstat(stream.fileno())
        if found.st_mode & 0o077 or found.st_uid not in (os.getuid(), 0):
            raise ConfigError(f"{path} can be read by other users", "remove it: the next start makes another token")
        return stream.read(1024).decode("ascii", "replace").strip()


def _checked(token: str, where: str) -> Secret:
    if not _FORM.fullmatch(token):
        raise ConfigError(f"{where} holds no usable token", "use at least 16 letters and digits, or remove it")
    return Secret(token)
