"""The only room that reads the environment and `.env`.

`load()` gives validated settings and costs the import of pydantic-settings; `home()` is for commands that need
nothing but the folder.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from aiprov.errors import ConfigError

Strategy = Literal["fallback", "priority", "cost_optimized"]


class Secret:
    """A key that shows itself only when asked by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself. Call it only where it is handed to a vendor."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret(…{self._value[-4:]})" if len(self._value) >= 12 else "Secret(…)"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the environment and `.env` can say, validated. Field names are the variables in lower case."""

    home: Path
    openai_api_key: Secret | None = None
    openai_enabled: bool = True
    openai_priority: int = 50
    openai_base_url: str | None = None
    anthropic_api_key: Secret | None = None
    anthropic_enabled: bool = True
    anthropic_priority: int = 60
    anthropic_base_url: str | None = None
    local_models_enabled: bool = True
    local_priority: int = 100
    local_whisper_model: str = "base"
    local_llm_model: str = "smollm2-135m"
    local_embedding_model: str = "all-minilm-l6-v2"
    local_quantization: Literal["4bit", "8bit", "16bit"] = "4bit"
    local_device: Literal["auto", "cpu", "cuda"] = "auto"
    huggingface_token: Secret | None = None
    provider_strategy: Strategy = "fallback"
    privacy: Literal["any", "local"] = "any"
    cloud_fallback: Literal["allow", "never"] = "allow"
    max_cost: Decimal | None = None
    offline: bool = False
    server_token: Secret | None = None
    env_file: Path | None = field(default=None)

    @property
    def models_folder(self) -> Path:
        """Where verified model files live."""
        return self.home / "models"

    @property
    def state_file(self) -> Path:
        """The one SQLite file: ledger, answers, journal."""
        return self.home / "state.sqlite3"

    @property
    def locks_folder(self) -> Path:
        """Notes that name the holders of run locks."""
        return self.home / "locks"


# Fields whose variable is not simply the field's name in upper case.
_VARIABLES = {
    "home": "AIPROV_HOME",
    "privacy": "AIPROV_PRIVACY",
    "cloud_fallback": "AIPROV_CLOUD_FALLBACK",
    "max_cost": "AIPROV_MAX_COST",
    "offline": "AIPROV_OFFLINE",
    "server_token": "AIPROV_SERVER_TOKEN",
}


def home(env_file: Path | None = None) -> Path:
    """Where aiprov keeps models and state: `AIPROV_HOME`, or the platform's data folder."""
    import platformdirs

    value = os.environ.get("AIPROV_HOME") or _dotenv(env_file).get("AIPROV_HOME")
    return Path(value).expanduser() if value else platformdirs.user_data_path("aiprov", appauthor=False)


def find_env_file(inputs: Iterable[Path] = ()) -> Path | None:
    """The `.env` that applies: `AIPROV_ENV_FILE`, else the one in the current folder.

    A `.env` beside the recordings is not trusted: whoever sent the recordings may have sent it too, and it could
    name another server for the keys. One that others may write is refused.

    Raises:
        ConfigError: `AIPROV_ENV_FILE` names no file, or the file can be written by others.
    """
    named = os.environ.get("AIPROV_ENV_FILE")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigError(f"AIPROV_ENV_FILE names {path}, which is not a file", "correct or unset the variable")
        return _private(path)
    path = Path.cwd() / ".env"
    if not path.is_file():
        return None
    folder = path.parent.resolve()
    if any((p if p.is_dir() else p.parent).resolve() == folder for p in inputs):
        return None
    return _private(path)


def load(env_file: Path | None = None) -> Settings:
    """Read and validate all settings from the environment and `env_file`; the environment wins.

    Raises:
        ConfigError: A value cannot be used. The message names the variable and never repeats its value.
    """
    from pydantic import SecretStr, ValidationError, create_model
    from pydantic_settings import BaseSettings, SettingsConfigDict

    fields: dict[str, Any] = {}
    for name, hint in _hints().items():
        default = None if name == "home" else Settings.__dataclass_fields__[name].default
        fields[_variable(name).lower()] = (_accepted(hint, SecretStr), default)
    model: Any = create_model(
        "Environment",
        __config__=None,
        __base__=type(
            "_Base",
            (BaseSettings,),
            {"model_config": SettingsConfigDict(env_file=env_file, env_ignore_empty=True, extra="ignore")},
        ),
        **fields,
    )
    try:
        values = model()
    except ValidationError as error:
        raise _invalid(error) from None
    found = {name: _plain(getattr(values, _variable(name).lower()), SecretStr) for name in _hints()}
    found["home"] = Path(found["home"]).expanduser() if found["home"] else home(env_file)
    return Settings(**found, env_file=env_file)


def _hints() -> dict[str, Any]:
    from typing import get_type_hints

    hints = get_type_hints(Settings)
    hints.pop("env_file")
    return hints


def _variable(name: str) -> str:
    return _VARIABLES.get(name, name.upper())


def _accepted(hint: Any, secret: Any) -> Any:
    if hint == Secret | None:
        return secret | None
    return hint if hint is not Path else Path | None


def _plain(value: Any, secret: Any) -> Any:
    return Secret(value.get_secret_value()) if isinstance(value, secret) else value


def _invalid(error: Any) -> ConfigError:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    variable = str(first["loc"][0]).upper()
    return ConfigError(
        f"the value of {variable} cannot be used: {first['msg'].lower()}", f"correct or unset {variable}"
    )


def _private(path: Path) -> Path:
    mode = path.stat()
    if mode.st_mode & stat.S_IWOTH or (hasattr(os, "getuid") and mode.st_uid not in (os.getuid(), 0)):
        raise ConfigError(f"{path} can be written by other users", f"chmod 600 {path}, or remove it")
    return path


def _dotenv(env_file: Path | None) -> dict[str, str | None]:
    path = env_file if env_file is not None else find_env_file()
    if path is None:
        return {}
    from dotenv import dotenv_values

    return dotenv_values(path)
