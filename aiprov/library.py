"""aiprov for programs: one configured system for the whole process, made when it is first asked for.

manager = aiprov.get_provider_manager()
answer = await manager.chat_completion(aiprov.ChatRequest([aiprov.ChatMessage("user", "Hello")]))
"""

from __future__ import annotations

import atexit
import contextlib
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from aiprov.configfile import ConfigFile
from aiprov.core.routing import Strategy
from aiprov.errors import AiprovError, ConfigError
from aiprov.manager import ProviderManager
from aiprov.providers.base import Provider
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


@contextlib.contextmanager
def fake_provider_system(*providers: Provider, strategy: Strategy = "fallback") -> Iterator[ProviderManager]:
    """Inside, these providers alone are asked, the first first: for tests of programs that use aiprov.

    `get_provider_manager` gives the same manager. Its state is empty, lies in a folder of its own, and goes at the end;
    no key, setting or state of the user's is looked at.

    Args:
        providers: Such as `FakeProvider`s; each has a name of its own.
        strategy: How they are ordered.

    Raises:
        ConfigError: There is none, or two have the same name.
    """
    global _kit
    if len({each.name for each in providers}) < max(1, len(providers)):
        raise ConfigError("a system needs providers, each with a name of its own", "write FakeProvider('first', [...])")
    with tempfile.TemporaryDirectory(prefix="aiprov-") as folder:
        home = Path(folder)
        settings = Settings(home=home, provider_strategy=strategy, config=ConfigFile(path=home / "aiprov.yaml"))
        kit = replace(build(settings), providers=providers)
        with _lock:
            before, _kit = _kit, kit
        try:
            yield kit.manager
        finally:
            with _lock:
                _kit = before
            kit.close(wait=False)


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
