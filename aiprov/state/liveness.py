"""Which runs are alive: each holds the kernel's lock on a small file of its own, free at once when its process dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable
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
        descriptor = os.open(self._folder / run_id, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._held[run_id] = descriptor

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

    def sweep(self, run_ids: Iterable[str]) -> None:
        """Remove the marks that dead runs left. Name only runs that have marked themselves already."""
        for run_id in run_ids:
            if not self.alive(run_id):
                (self._folder / run_id).unlink(missing_ok=True)
