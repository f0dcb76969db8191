"""Raw answers under their request hash: what was paid for is kept, so that nothing is paid twice."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Sequence

from aiprov.state.db import Database

_TINY, _SHORT = 512, 8192  # bytes


def put_answer(connection: sqlite3.Connection, request_hash: str, attempt_id: int, content: bytes) -> None:
    """Keep `content` as the answer to the request, in the caller's transaction. An earlier answer is replaced."""
    connection.execute(
        "INSERT OR REPLACE INTO answers (request_hash, sha256, attempt_id, content) VALUES (?, ?, ?, ?)",
        (request_hash, hashlib.sha256(content).hexdigest(), attempt_id, _compressed(content)),
    )


def _compressed(content: bytes) -> bytes:
    # Setting up zlib's usual buffers takes 60 microseconds, six times as long as a short answer needs with small ones;
    # a sentence is written as it is.
    level = 0 if len(content) <= _TINY else zlib.Z_DEFAULT_COMPRESSION
    window, memory = (12, 5) if len(content) <= _SHORT else (zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL)
    stream = zlib.compressobj(level, wbits=window, memLevel=memory)
    return stream.compress(content) + stream.flush()


class Answers(Database):
    """The answers' part of the state."""

    def answer(self, request_hash: str) -> bytes | None:
        """Return the raw answer to a request, or None when there is none.

        Raises:
            IntegrityError: The stored bytes are not what was stored.
        """
        found = self.first_answer([request_hash])
        return None if found is None else found[1]

    def first_answer(self, request_hashes: Sequence[str]) -> tuple[str, bytes] | None:
        """Return the first of some requests that has an answer, with its raw answer; None when none has.

        Raises:
            IntegrityError: The stored bytes are not what was stored.
        """
        marks = ", ".join("?" * len(request_hashes))
        query = f"SELECT request_hash, sha256, content FROM answers WHERE request_hash IN ({marks})"  # noqa: S608
        rows = self._rows(query, request_hashes)
        if not rows:
            return None
        request_hash, sha256, compressed = min(rows, key=lambda row: request_hashes.index(row[0]))
        return request_hash, self._content(request_hash, sha256, compressed)

    def _content(self, request_hash: str, sha256: str, compressed: bytes) -> bytes:
        try:
            content = zlib.decompress(compressed)
        except (zlib.error, TypeError):
            content = None
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            hint = "run the same command with --force to get this answer anew"
            raise self._damaged(f"the stored answer {request_hash[:12]} does not match its checksum", hint)
        return content

    def keep_answer(self, request_hash: str, content: bytes) -> None:
        """Keep an answer that was put together from others, whose charges stand with those."""
        with self._transaction() as connection:
            put_answer(connection, request_hash, 0, content)

    def answer_digests(self, request_hashes: Iterable[str]) -> dict[str, str]:
        """Return the SHA-256 of every stored answer among these requests, in a few queries."""
        query = "SELECT request_hash, sha256 FROM answers WHERE request_hash IN (?)"
        return dict(self._rows_among(query, request_hashes))

    def forget_answer(self, request_hash: str) -> None:
        """Drop an answer that turned out not to answer this request; its charge stays."""
        with self._transaction(durable=False) as connection:
            connection.execute("DELETE FROM answers WHERE request_hash = ?", (request_hash,))
