"""Which runs are alive: each holds the kernel's lock on a small file of its own, free at once when its process dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path


class Liveness:
    """Marks of living runs under one folder.

    Args:
        folder: Holds one empty file for each run; created when missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, int] = {}

    def begin(self, run_id: str) -> None:
        """Mark a run of this process as alive."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / run_id
        while run_id not in self._held:
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Another process may have swept the file away before it was locked.
            if _is(path, descriptor):
                self._held[run_id] = descriptor
            else:
                os.close(descriptor)

    def end(self, run_id: str) -> None:
        """Take the mark away."""
        with contextlib.suppress(OSError):
            (self._folder / run_id).unlink()
        with contextlib.suppress(KeyError):
            os.close(self._held.pop(run_id))

    def release(self) -> None:
        """Let go of all marks without a trace, as a dying process does."""
        while self._held:
            os.close(self._held.popitem()[1])

    def alive(self, run_id: str) -> bool:
        """Whether the run's process still holds its mark."""
        try:
            descriptor = os.open(self._folder / run_id, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def sweep(self) -> None:
        """Remove the marks that dead runs left."""
        with contextlib.suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                self._remove_if_dead(path)

    def _remove_if_dead(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # most often because its run is alive
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
        finally:
            os.close(descriptor)


def _is(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
