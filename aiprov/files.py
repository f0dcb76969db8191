"""The only room that writes outputs: atomic writes, content hashes, output names and the lock of a run.

Knows nothing of audio, models or jobs.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import io
import json
import os
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from aiprov.errors import Busy, StorageError

_BLOCK = 1 << 20
_MAX_NAME_BYTES = 255
_UNSUPPORTED = {errno.EINVAL, errno.EBADF, errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK}


def sha256_of(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits, read in blocks of 1 MiB.

    Args:
        path: The file to read.
        on_bytes: Called with the size of each block, for progress and for stopping (it may raise).
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            if on_bytes is not None:
                on_bytes(len(block))
    return digest.hexdigest()


def write_atomic(path: Path, content: bytes) -> None:
    """Put `content` under `path`, whole or not at all, and durably: temp file, fsync, rename, fsync of the folder.

    A symbolic link at `path` is replaced, never written through.

    Raises:
        StorageError: The disk is full, the folder read-only, or the system reports an I/O error. What stood
            under `path` before still stands there.
    """
    _place(path, io.BytesIO(content))


def write_private(path: Path, content: bytes) -> None:
    """Write as `write_atomic` does, for the owner alone: mode 600 from the first moment.

    Raises:
        StorageError: As for `write_atomic`.
    """
    take_in(io.BytesIO(content), path)


def take_in(source: BinaryIO, path: Path) -> None:
    """Write what a stream holds under `path`, for the owner alone, whole or not at all.

    Raises:
        StorageError: As for `write_atomic`.
    """
    _place(path, source, private=True)


def throw_away(folder: Path) -> None:
    """Remove a folder with all that is in it; one that is not there is fine.

    Raises:
        StorageError: Something in it could not be removed.
    """
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise storage_error(error, folder) from error


def storage_error(error: OSError, path: Path) -> StorageError:
    """Say what the system's error means for `path`, and what to do."""
    hints = {
        errno.ENOSPC: "free some space or choose another --output-dir, then run the same command again",
        errno.EDQUOT: "your quota is used up: free some space, then run the same command again",
        errno.EROFS: "choose a writable --output-dir",
        errno.EACCES: "choose a writable --output-dir or change the folder's permissions",
        errno.ENOTDIR: "a part of this path is a file: choose another --output-dir",
        errno.EEXIST: "a part of this path is a file: choose another --output-dir",
        errno.EFBIG: "raise the file size limit (ulimit -f), then run the same command again",
    }
    hint = hints.get(error.errno or 0, "check the disk, then run the same command again")
    return StorageError(f"cannot write {path}: {error.strerror or error}", hint)


def sweep_parts(folder: Path) -> None:
    """Remove temporary files that killed runs left in `folder`. Call it only while holding the folder's lock."""
    with contextlib.suppress(OSError):
        for part in folder.glob(".aiprov-*.part"):
            part.unlink(missing_ok=True)


def _part_name(name: str) -> str:
    """Name the temporary file so that even for a 255-byte name it fits, and so that it cannot be guessed."""
    head = os.fsencode(name)[: _MAX_NAME_BYTES - 40]
    return f".aiprov-{secrets.token_hex(8)}-{head.decode('utf-8', 'ignore')}.part"


def _place(path: Path, source: BinaryIO, *, private: bool = False) -> None:
    # The modes are given to the calls that make things: the mask belongs to the whole process, other threads included.
    part = path.with_name(_part_name(path.name))
    try:
        path.parent.mkdir(0o700 if private else 0o777, parents=True, exist_ok=True)
        _write_durably(part, source, 0o600 if private else 0o666)
        part.replace(path)
        _sync_folder(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink()
        if isinstance(error, OSError):
            raise storage_error(error, path) from error
        raise


def _write_durably(path: Path, source: BinaryIO, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as stream:
        shutil.copyfileobj(source, stream, _BLOCK)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:  # some file systems cannot sync a folder: nothing more can be done there
            raise
    finally:
        os.close(descriptor)


class RunLock:
    """Holds every output folder of a run; two runs never write into one folder at the same time.

    The lock is the kernel's `flock` on the folder itself: nothing is left behind, and a killed run's lock is free
    at once. A folder that cannot be locked, as on NFS, is held by a file under `notes` instead, against other runs
    on this machine. A note there names the holder for whoever meets the lock.

    Args:
        folders: The folders to hold; they are created when missing.
        notes: Folder for the holders' notes (`AIPROV_HOME/locks`).
        wait: Wait for the other run instead of raising.
        sleep: Called between looks while waiting; raise from it to give up.

    Raises:
        Busy: Another run holds one of the folders and `wait` is off.
        StorageError: A folder cannot be created, opened or locked.
    """

    def __init__(
        self,
        folders: Iterable[Path],
        notes: Path,
        *,
        wait: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folders = sorted({_made(folder) for folder in folders})
        self._notes = notes
        self._wait = wait
        self._sleep = sleep
        self._held: list[tuple[int, Path]] = []

    def __enter__(self) -> RunLock:
        _raise_descriptor_limit(len(self._folders))
        try:
            for folder in self._folders:
                self._hold(folder)
        except BaseException:
            self.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let go of every folder. Safe to call twice."""
        while self._held:
            descriptor, note = self._held.pop()
            # The note goes first: once the lock is free, a note there is the next holder's.
            with contextlib.suppress(OSError):
                note.unlink()
            os.close(descriptor)

    def _hold(self, folder: Path) -> None:
        note = self._notes / f"{hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]}.json"
        descriptor = _lockable(folder, note)
        try:
            for _ in self._tries(folder, note):
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
        except BaseException as error:
            os.close(descriptor)
            if isinstance(error, OSError):
                raise storage_error(error, folder) from error
            raise
        self._held.append((descriptor, note))
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "folder": str(folder)}
        with contextlib.suppress(OSError):  # the lock holds without its note
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(json.dumps(holder), encoding="utf-8", errors="surrogateescape")

    def _tries(self, folder: Path, note: Path) -> Iterator[None]:
        yield
        while self._wait:
            self._sleep(0.2)
            yield
        raise Busy(
            f"{folder} is in use by another run ({_holder(note)})",
            "wait for it to end, or run the same command with --wait",
        )


def _lockable(folder: Path, note: Path) -> int:
    """Open what the lock is put on: the folder, or a file beside its note where folders cannot be locked."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        except OSError:
            os.close(descriptor)
            note.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(note.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise storage_error(error, folder) from error
    return descriptor


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return folder.resolve(strict=True)
    except OSError as error:
        raise storage_error(error, folder) from error


def _holder(note: Path) -> str:
    """Name the holder. One that has just taken the lock may still be writing its note: look for up to half a second."""
    for _ in range(25):
        try:
            holder = json.loads(note.read_text(encoding="utf-8", errors="surrogateescape"))
            pid, host = int(holder["pid"]), str(holder["host"])
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            pid, host = 0, ""
        # The note of a killed run stays until the next holder writes its own.
        if pid > 0 and (host != socket.gethostname() or _alive(pid)):
            return f"process {pid} on {host}"
        time.sleep(0.02)
    return "its process could not be named"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _raise_descriptor_limit(folders: int) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = folders + 256
    if soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
