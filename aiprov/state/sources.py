"""Content hashes of inputs, remembered by size, time and inode. Knows nothing of what the inputs are."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from aiprov.state.db import Database

# A file changed within this time of being hashed could change again without a change of its time stamp.
# Source: git's documentation, racy-git.
_RACY_NS = 2_000_000_000


class Sources(Database):
    """The inputs' part of the state."""

    def content_sha256(self, path: Path, compute: Callable[[Path], str]) -> str:
        """Return the SHA-256 of a file's content; `compute` is called when it is not known already.

        Args:
            path: The file; a symbolic link is followed.
            compute: Reads the file and returns 64 hex digits.
        """
        path = path.resolve()
        known = self.known_sha256([path]).get(path)
        if known is not None:
            return known
        before, now_ns = _facts(path), time.time_ns()
        sha256 = compute(path)
        if _facts(path) == before and before[1] < now_ns - _RACY_NS:
            with self._transaction(durable=False) as connection:
                row = (os.fsencode(path), *before, sha256)
                connection.execute("INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?)", row)
        return sha256

    def known_sha256(self, paths: Iterable[Path]) -> dict[Path, str]:
        """Return the hashes of those files that look as they did when they were hashed, in a few queries.

        Args:
            paths: Absolute, without symbolic links.
        """
        wanted = {os.fsencode(path): path for path in paths}
        query = "SELECT path, size, mtime_ns, inode, sha256 FROM sources WHERE path IN (?)"
        found = {}
        for name, *facts, sha256 in self._rows_among(query, wanted):
            path = wanted[name]
            try:
                if _facts(path) == tuple(facts):
                    found[path] = sha256
            except OSError:
                continue
        return found


def _facts(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino
