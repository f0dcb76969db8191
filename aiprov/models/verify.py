"""Is a folder exactly what its entry says? Every file is hashed; what is not listed is named; links are refused.

Knows nothing of where files come from. Never follows a symbolic link.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aiprov.errors import IntegrityError, StorageError
from aiprov.files import sha256_of, write_atomic
from aiprov.models.entry import ModelEntry, ModelFile

Verdicts = dict[str, list[object]]


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """One file: `ok`, `missing`, `not_a_file`, `wrong_size`, `wrong_hash`, `unreadable`, or `extra` when unlisted."""

    file: str
    verdict: str

    @property
    def ok(self) -> bool:
        """Whether the file is exactly the pinned one."""
        return self.verdict == "ok"


def looks_present(folder: Path, files: Iterable[ModelFile]) -> bool:
    """Whether all files are there as regular files of the right size. Cheap: nothing is read."""
    return not _is_link(folder) and all(_shape(folder, file) is None for file in files)


def check_folder(folder: Path, entry: ModelEntry, known: Verdicts) -> list[FileVerdict]:
    """Hash every file of `entry` in `folder` and name whatever else lies there.

    Args:
        folder: The model's folder.
        entry: What it has to hold.
        known: Earlier verdicts by file name; a file whose stamp is unchanged is not read again.
    """
    if _is_link(folder):
        return [FileVerdict(file.name, "not_a_file") for file in entry.files]
    verdicts = [FileVerdict(file.name, _verdict(folder, file, known)) for file in entry.files]
    listed = {file.name for file in entry.files}
    return verdicts + [FileVerdict(name, "extra") for name in sorted(_contents(folder)) if name not in listed]


def require_all_ok(verdicts: Iterable[FileVerdict], name: str, hint: str) -> None:
    """Raise for the first file that is not what the lock says.

    Raises:
        IntegrityError: Names the model, the file and what is wrong with it.
    """
    words = {
        "missing": "is missing",
        "not_a_file": "is not a regular file",
        "wrong_size": "has the wrong size",
        "wrong_hash": "has changed: its sha256 is not the one in the lock",
        "unreadable": "cannot be read",
        "extra": "does not belong to the model",
    }
    for verdict in verdicts:
        if not verdict.ok:
            raise IntegrityError(f"model {name}: {verdict.file!a} {words[verdict.verdict]}", hint)


def read_verdicts(path: Path) -> Verdicts:
    """Read remembered verdicts; an absent or damaged note means none."""
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(path.read_text("utf-8"))
        if isinstance(known, dict):
            return known
    return {}


def stamps_of(folder: Path, entry: ModelEntry) -> Verdicts:
    """What a verdict is remembered by. Take it before hashing: what is written meanwhile then shows next time."""
    return {file.name: [*_stamp(folder / file.name), file.sha256] for file in entry.files}


def remember_verdicts(path: Path, stamps: Verdicts) -> None:
    """Note the stamps of files that were found right. A store that cannot be written only costs time."""
    with contextlib.suppress(StorageError):
        write_atomic(path, json.dumps(stamps).encode())


def _verdict(folder: Path, file: ModelFile, known: Verdicts) -> str:
    path = folder / file.name
    if (shape := _shape(folder, file)) is not None:
        return shape
    try:
        if known.get(file.name) == [*_stamp(path), file.sha256]:
            return "ok"
        return "ok" if sha256_of(path) == file.sha256 else "wrong_hash"
    except OSError:
        return "unreadable"


def _shape(folder: Path, file: ModelFile) -> str | None:
    """What is wrong without reading, or None. (A link among the folders on the way is found as `extra`.)"""
    try:
        found = (folder / file.name).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError:
        return "unreadable"
    if not stat.S_ISREG(found.st_mode):
        return "not_a_file"
    return None if found.st_size == file.bytes else "wrong_size"


def _stamp(path: Path) -> list[object]:
    # The change time too: unlike the modification time nobody can set it back after writing.
    try:
        found = path.lstat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _contents(folder: Path) -> Iterator[str]:
    """Everything below `folder` but plain folders, by relative name."""
    for where, folders, files in os.walk(folder):
        links = [name for name in folders if _is_link(Path(where, name))]
        for name in [*files, *links]:
            yield Path(where, name).relative_to(folder).as_posix()


def _is_link(path: Path) -> bool:
    try:
        return stat.S_ISLNK(path.lstat().st_mode)
    except OSError:
        return False
