"""What a name means: which entry answers to it, and what to say when none does. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from aiprov.core.requests import ModelCapability
from aiprov.errors import ConfigError
from aiprov.models.entry import ModelEntry
from aiprov.models.lock import is_repo


def named(entries: Iterable[ModelEntry], name: str, quantization: str | None) -> ModelEntry | None:
    """The first entry that answers to `name`, or None.

    Raises:
        ConfigError: There is one, but not in this quantization.
    """
    wanted = name.strip().lower()
    found = next((entry for entry in entries if entry.answers_to(wanted)), None)
    if found is not None:
        _require_width(found, wanted, quantization)
    return found


def unknown(entries: Iterable[ModelEntry], name: str) -> ConfigError:
    """The error for a name that nothing answers to, with what comes close."""
    if is_repo(name):
        return ConfigError(
            f"hub repository {name} is not pinned here",
            f"aiprov models add {name} pins its present state; then use it by name",
        )
    known = sorted({each for entry in entries for each in (entry.name, *entry.aliases)})
    close = difflib.get_close_matches(name.strip().lower(), known, n=4, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else "aiprov models list shows all names"
    return ConfigError(f"there is no model called {name[:200]!a}", hint)


def _require_width(entry: ModelEntry, wanted: str, quantization: str | None) -> None:
    """Hold to what was asked for, unless the name itself says how the weights are stored."""
    said = entry.added or wanted.endswith(entry.quantization.lower())
    if entry.kind == ModelCapability.CHAT and quantization not in (None, entry.width) and not said:
        raise ConfigError(
            f"model {entry.name} is pinned as {entry.quantization} only, not in {quantization}",
            "set LOCAL_QUANTIZATION=4bit, or add a GGUF file of your choice: aiprov models add PATH --name NAME",
        )


def with_new(entries: Sequence[ModelEntry], entry: ModelEntry) -> list[ModelEntry]:
    """The entries with one more, whose name must be free.

    Call it under the lock: another process may have added the same name meanwhile.

    Raises:
        ConfigError: There is already one of that name.
    """
    if any(each.answers_to(entry.name) for each in entries):
        raise ConfigError(f"there is already a model called {entry.name}", "choose another name with --name")
    return [*entries, entry]
