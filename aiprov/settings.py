"""The only room that reads the environment and `.env`. They win over `aiprov.yaml`, which wins over the defaults.

`load()` gives validated settings and costs the import of pydantic-settings; `home()` is for commands that need
nothing but the folder.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiprov.configfile import LOCAL_OPTIONS, CloudFallback, ConfigFile, Device, Privacy, Quantization, read
from aiprov.core.redaction import looks_like_key
from aiprov.core.routing import Strategy
from aiprov.core.secret import Secret
from aiprov.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the environment, `.env` and `aiprov.yaml` can say, validated, the defaults filled in.

    Field names are the variables in lower case, but for some whose variables begin with AIPROV_.

    Attributes:
        config: What `aiprov.yaml` says. What other fields say already holds it, and what overrides it.
        given: The fields that the environment or `.env` set.
    """

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
    local_quantization: Quantization = "4bit"
    local_device: Device = "auto"
    huggingface_token: Secret | None = None
    provider_strategy: Strategy = "fallback"
    privacy: Privacy = "any"
    cloud_fallback: CloudFallback = "allow"
    max_cost: Decimal | None = None
    offline: bool = False
    glossary: Path | None = None
    server_token: Secret | None = None
    env_file: Path | None = field(default=None)
    config: ConfigFile = field(default=ConfigFile(), hash=False)
    given: frozenset[str] = field(default=frozenset(), compare=False)

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

    @property
    def voices_file(self) -> Path:
        """The voices that were enrolled; only the user may read it."""
        return self.home / "voices.json"

    def overridden(self, provider: str, key: str) -> str | None:
        """The variable that decides instead of a provider's key in `aiprov.yaml`; None when none does."""
        name = _SAID_OF_PROVIDERS.get((provider, key))
        return _variable(name) if name in self.given else None


# Fields whose variable is not simply the field's name in upper case.
_VARIABLES = {
    "home": "AIPROV_HOME",
    "privacy": "AIPROV_PRIVACY",
    "cloud_fallback": "AIPROV_CLOUD_FALLBACK",
    "max_cost": "AIPROV_MAX_COST",
    "offline": "AIPROV_OFFLINE",
    "glossary": "AIPROV_GLOSSARY",
    "server_token": "AIPROV_SERVER_TOKEN",
    "config": "AIPROV_CONFIG",
}
# Which field holds what `aiprov.yaml` says of a provider.
_SAID_OF_PROVIDERS = {
    **{(name, key): f"{name}_{key}" for name in ("openai", "anthropic") for key in ("enabled", "priority", "base_url")},
    **{("local", key): f"local_{key}" for key in ("priority", *LOCAL_OPTIONS)},
    ("local", "enabled"): "local_models_enabled",
}
# Fields that are no variables: where the others come from.
_SOURCES = {"env_file", "config", "given"}


def home(env_file: Path | None = None) -> Path:
    """Where aiprov keeps models and state: `AIPROV_HOME`, or the platform's data folder.

    Args:
        env_file: The `.env` to look into; without one, that of the current folder.
    """
    return _home(env_file if env_file is not None else find_env_file())


def config_path(env_file: Path | None = None) -> Path:
    """Where `aiprov.yaml` is or would be: `AIPROV_CONFIG`, or a file of that name in `home()`.

    One in the current folder or beside the recordings is not trusted: it could name another server for the keys.

    Args:
        env_file: As for `home`.

    Raises:
        ConfigError: `AIPROV_CONFIG` names no file, or others may write the file.
    """
    return _config_path(env_file if env_file is not None else find_env_file())


def variable(name: str, env_file: Path | None = None) -> Secret | None:
    """What the environment, or else `env_file`, says under a name that is no setting, such as the key of a server."""
    value = _variables(env_file).get(name)
    return Secret(value) if value else None


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
            raise ConfigError("AIPROV_ENV_FILE does not name a file", "correct or unset the variable")
        return _private(path)
    path = Path.cwd() / ".env"
    if not path.is_file():
        return None
    folder = path.parent.resolve()
    if any((p if p.is_dir() else p.parent).resolve() == folder for p in inputs):
        return None
    return _private(path)


def load(env_file: Path | None = None) -> Settings:
    """Read and validate all settings from the environment, `env_file` and `aiprov.yaml`, of which the first wins.

    Raises:
        ConfigError: A value cannot be used. The message names the variable, or file, line and key, and never repeats
            the value.
    """
    from pydantic import SecretStr

    config = read(_config_path(env_file))
    values = _environment(env_file, _said(config))
    found = {name: _plain(getattr(values, _variable(name).lower()), SecretStr) for name in _hints()}
    _refuse_keys(found)
    found["home"] = Path(found["home"]).expanduser() if found["home"] else _home(env_file)
    given = frozenset(name for name in _hints() if _variable(name).lower() in values.model_fields_set)
    return Settings(**found, env_file=env_file, config=config, given=given)


def _refuse_keys(found: Mapping[str, Any]) -> None:
    """A key in the wrong variable would be shown as what it stands for, such as a model's name."""
    for name, value in found.items():
        if isinstance(value, str) and looks_like_key(value):
            variable = _variable(name)
            raise ConfigError(f"{variable} holds what looks like a key", f"correct {variable}, and replace the key")


def _environment(env_file: Path | None, said: Mapping[str, Any]) -> Any:
    """What the environment and `env_file` say; elsewhere what the configuration file said, or the defaults."""
    from pydantic import SecretStr, ValidationError, create_model
    from pydantic_settings import BaseSettings, SettingsConfigDict

    fields: dict[str, Any] = {}
    for name, hint in _hints().items():
        default = None if name == "home" else said.get(name, Settings.__dataclass_fields__[name].default)
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
        return model()
    except ValidationError as error:
        raise _invalid(error) from None


def _said(config: ConfigFile) -> dict[str, Any]:
    """What the configuration file says, by the fields of the settings."""
    said: dict[str, Any] = {
        "provider_strategy": config.strategy,
        "privacy": config.privacy,
        "cloud_fallback": config.cloud_fallback,
        "max_cost": config.budget.per_run,
    }
    for (provider, key), name in _SAID_OF_PROVIDERS.items():
        entry = config.providers.get(provider)
        if entry is not None:
            said[name] = getattr(entry, key, entry.custom_config.get(key))
    return {name: value for name, value in said.items() if value is not None}


def _hints() -> dict[str, Any]:
    from typing import get_type_hints

    hints = get_type_hints(Settings)
    return {name: hint for name, hint in hints.items() if name not in _SOURCES}


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


def _home(env_file: Path | None) -> Path:
    import platformdirs

    value = _variables(env_file).get("AIPROV_HOME")
    return Path(value).expanduser() if value else platformdirs.user_data_path("aiprov", appauthor=False)


def _config_path(env_file: Path | None) -> Path:
    value = _variables(env_file).get("AIPROV_CONFIG")
    path = Path(value).expanduser() if value else _home(env_file) / "aiprov.yaml"
    if value and not path.is_file():
        raise ConfigError("AIPROV_CONFIG does not name a file", "correct or unset the variable")
    try:
        return _private(path)
    except OSError:  # it is not there; or it cannot be looked at, which who reads it will say
        return path


def _variables(env_file: Path | None) -> Mapping[str, str | None]:
    """The environment over `env_file`, which is the only `.env` that is looked into; empty values do not count."""
    found = {name: value for name, value in os.environ.items() if value}
    if env_file is None:
        return found
    from dotenv import dotenv_values

    return {**dotenv_values(env_file), **found}
