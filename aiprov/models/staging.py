"""The bench on which a model is put together before it gets its name: one folder per model, swept and resumed.

    <root>/.partial/<name>/out/     files already found right
    <root>/.partial/<name>/...      what a source keeps there between two tries
    <root>/.locks/<name>            locked by whoever works on this model; free at once when its holder dies
    <root>/<name>/                  complete and verified, or absent

Knows nothing of hubs and indexes.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from aiprov.errors import IntegrityError, StorageError
from aiprov.files import sha256_of
from aiprov.models.entry import CountBytes, ModelEntry, ModelFile, Progress

BLOCK = 1 << 20
_MARGIN = 16 << 20


class Staging:
    """Where one model's files are collected. Use it only while holding `hold(root, name)`."""

    def __init__(self, root: Path, entry: ModelEntry) -> None:
        self.entry = entry
        self.work = root / ".partial" / entry.name
        self.out = self.work / "out"
        self.final = root / entry.name

    def open(self) -> None:
        """Start from what earlier tries left: good files stay, everything else on the bench goes.

        A model that stands under its name but is not right is taken back onto the bench: its good files are reused.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        if self.final.is_dir() and not self.final.is_symlink():
            remove(self.out)
            self.final.rename(self.out)
        remove(self.final)
        if self.out.is_symlink():
            remove(self.out)
        self.out.mkdir(exist_ok=True)
        _sweep(self.out, {file.name: file for file in self.entry.files})

    def missing(self) -> list[ModelFile]:
        """The files still to be fetched."""
        return [file for file in self.entry.files if not (self.out / file.name).exists()]

    def accept(self, part: Path, file: ModelFile, source: str) -> None:
        """Hash `part` and move it to its place; when it is not the pinned file, delete it and say so.

        Raises:
            IntegrityError: The bytes are not the pinned ones.
        """
        if not _is_right(part, file):
            part.unlink()
            raise wrong_bytes(self.entry, file, source)
        target = self._place(file)
        part.replace(target)
        sync(target)

    def write(self, blocks: Iterable[bytes], file: ModelFile, source: str, progress: Progress | None) -> None:
        """Write `blocks` as `file`, hashing on the way; stop at the first byte too many.

        Raises:
            IntegrityError: The bytes are not the pinned ones; what was written is deleted.
        """
        part = self.work / "writing.part"
        count = self.counter(file.name, file.bytes, progress)
        try:
            if _written(blocks, part, count, file.bytes) != file.sha256:
                raise wrong_bytes(self.entry, file, source)
            part.replace(self._place(file))
        finally:
            part.unlink(missing_ok=True)

    def counter(self, what: str, size: int, progress: Progress | None, done: int = 0) -> CountBytes:
        """Count the bytes of one file of this model for whoever watches."""
        return CountBytes(f"{self.entry.name}/{what}", size, progress, done)

    def finish(self) -> Path:
        """Give the complete folder its name: everything synced, one rename, the bench removed."""
        for where, _, _ in os.walk(self.out):
            sync(Path(where))
        self.out.rename(self.final)
        sync(self.final.parent)
        self.clear()
        return self.final

    def clear(self) -> None:
        """Remove the bench."""
        shutil.rmtree(self.work, ignore_errors=True)

    def _place(self, file: ModelFile) -> Path:
        target = self.out / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def wrong_bytes(entry: ModelEntry, file: ModelFile, source: str) -> IntegrityError:
    """The error for bytes that came and are not the pinned ones."""
    return IntegrityError(
        f"model {entry.name}: {file.name} from {source} is not the pinned one (wrong size or sha256); "
        "what arrived was deleted",
        f"try again, or another source: aiprov models pull {entry.name} --source hub|index|DIR",
    )


@contextlib.contextmanager
def hold(root: Path, name: str, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock of one model; wait while another process holds it.

    Args:
        root: The store.
        name: The model's name.
        waiting: Called between looks while another holds it; raise from it to give up.
    """
    path = root / ".locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        while not _locked(descriptor):
            if waiting is not None:
                waiting()
            time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)


def require_space(folder: Path, needed: int, what: str) -> None:
    """Raise before any work when the disk cannot take `needed` bytes.

    Raises:
        StorageError: Says how much is needed and how much there is.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + _MARGIN:
        raise StorageError(
            f"not enough room for {what} in {folder}: it needs {megabytes(needed)}, {megabytes(free)} are free",
            "free some space, or set AIPROV_HOME to a folder on another disk",
        )


def storage_trouble(error: OSError, what: str, root: Path) -> StorageError:
    """Say what the system's error means for something being stored."""
    hint = {
        errno.ENOSPC: "free some space, or set AIPROV_HOME to a folder on another disk",
        errno.EDQUOT: "your quota is used up: free some space, or set AIPROV_HOME to another folder",
        errno.EFBIG: "raise the file size limit (ulimit -f)",
    }.get(error.errno or 0, "check the folder's permissions and the disk, or set AIPROV_HOME to another folder")
    return StorageError(f"cannot store {what} in {root}: {error.strerror or error}", hint)


def megabytes(size: int) -> str:
    """A size as people read it, in decimal units."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 0.1):.{0 if size >= 1e7 else 1}f} MB"


def sync(path: Path) -> None:
    """Force a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Delete whatever is there, a link itself and never what it points to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def blocks_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file in blocks of 1 MiB."""
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block


def _written(blocks: Iterable[bytes], path: Path, count: CountBytes, size: int) -> str | None:
    """Write blocks to a file, durably; return their hash, or None when they are not exactly `size` bytes."""
    digest = hashlib.sha256()
    path.unlink(missing_ok=True)
    with path.open("xb") as stream:
        for block in blocks:
            if count.done + len(block) > size:
                return None
            digest.update(block)
            stream.write(block)
            count.add(len(block))
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hexdigest() if count.done == size else None


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep(out: Path, wanted: dict[str, ModelFile]) -> None:
    """Remove from the bench what is a link, not listed, or not right."""
    kept = {parent.as_posix() for name in wanted for parent in PurePosixPath(name).parents}
    for where, folders, files in os.walk(out):
        here = Path(where)
        for name in [name for name in folders if not _stays(here / name, out, kept)]:
            folders.remove(name)
            remove(here / name)
        for name in files:
            file = wanted.get((here / name).relative_to(out).as_posix())
            if file is None or not _is_right(here / name, file):
                remove(here / name)


def _stays(folder: Path, out: Path, kept: set[str]) -> bool:
    return not folder.is_symlink() and folder.relative_to(out).as_posix() in kept


def _is_right(path: Path, file: ModelFile) -> bool:
    found = path.lstat()
    return stat.S_ISREG(found.st_mode) and found.st_size == file.bytes and sha256_of(path) == file.sha256
