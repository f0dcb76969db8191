"""aiprov for programs: one configured system for the whole process, made when it is first asked for.

manager = aiprov.get_provider_manager()
answer = await manager.chat_completion(aiprov.ChatRequest([aiprov.ChatMessage("user", "Hello")]))
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from pathlib import Path

from aiprov.errors import AiprovError
from aiprov.manager import ProviderManager
from aiprov.service import ProviderConfigService
from aiprov.settings import Settings, find_env_file, load
from aiprov.wiring import Kit, build

_lock = threading.RLock()
_kit: Kit | None = None


def initialize_provider_system(settings: Settings | None = None, *, env_file: Path | None = None) -> ProviderManager:
    """Read the configuration and make the system; a second call makes it anew.

    Args:
        settings: Used as they are; None reads the environment, `.env` and `aiprov.yaml`.
        env_file: The `.env` to read; None takes the one in the current folder.

    Returns:
        The manager, as `get_provider_manager` gives it from now on.

    Raises:
        ConfigError: The configuration cannot be used; an earlier system stays in force.
        IntegrityError, StorageError: The state file cannot be used.
    """
    global _kit
    kit = build(settings or load(env_file or find_env_file()))
    manager = kit.manager
    with _lock:
        # An earlier system stays as it is for those who still use it, and goes with them.
        earlier, _kit = _kit, kit
    if earlier is None:
        atexit.register(_close)
    return manager


def get_provider_manager() -> ProviderManager:
    """The manager of this process; the system is initialized when it is not yet."""
    return _system().manager


def get_provider_config_service() -> ProviderConfigService:
    """Looks at the configuration of this process's manager, and changes it."""
    return _system().service


def _system() -> Kit:
    with _lock:
        if _kit is None:
            initialize_provider_system()
        assert _kit is not None
        return _kit


def _close() -> None:
    if _kit is not None:
        with contextlib.suppress(AiprovError):  # nobody is left to hear of it
            _kit.close(wait=False)
