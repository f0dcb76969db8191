"""What this program wrote where, so that a second run can tell finished, edited and foreign files apart."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from aiprov.state.db import Database


class Written(NamedTuple):
    """An output as it was when it was written.

    Attributes:
        request_hash: Which request it answers.
        rendering: How it was rendered (formats' options), as the work calls it.
        answer_sha256: The stored answer that it was rendered from.
        sha256, size, mtime_ns: The file.
    """

    request_hash: str
    rendering: str
    answer_sha256: str
    sha256: str
    size: int
    mtime_ns: int


class Result(NamedTuple):
    """What a report says of a finished request besides its outputs."""

    provider: str
    model: str
    audio_s: float | None
    verdict: str | None


class Journal(Database):
    """The outputs' part of the state. Paths are absolute and without symbolic links in their folders."""

    def written(self, paths: Iterable[str]) -> dict[str, Written]:
        """Return what was last written under each of these paths, in a few queries."""
        query = (
            "SELECT path, request_hash, rendering, answer_sha256, sha256, size, mtime_ns FROM outputs WHERE path IN (?)"
        )
        rows = self._rows_among(query, map(os.fsencode, paths))
        return {os.fsdecode(row[0]): Written._make(row[1:]) for row in rows}

    def record(self, outputs: Mapping[str, Written], results: Mapping[str, Result]) -> None:
        """Note outputs (by path) and results (by request hash), together."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(os.fsencode(path), *row) for path, row in outputs.items()],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?)",
                [(request_hash, *result) for request_hash, result in results.items()],
            )

    def wrote(self, request_hash: str, sha256: str) -> bool:
        """Whether these bytes were ever written for this request, wherever: a moved output is known by them."""
        query = "SELECT 1 FROM outputs WHERE request_hash = ? AND sha256 = ? LIMIT 1"
        return bool(self._rows(query, (request_hash, sha256)))

    def results(self, request_hashes: Iterable[str]) -> dict[str, Result]:
        """Return what is known of each of these requests, in a few queries."""
        query = "SELECT request_hash, provider, model, audio_s, verdict FROM results WHERE request_hash IN (?)"
        return {row[0]: Result._make(row[1:]) for row in self._rows_among(query, request_hashes)}
