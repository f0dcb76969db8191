"""Taking meetings in, whole or not at all, and finding excerpts of them. See the package for what it knows."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiprov.archive.file import ArchiveFile
from aiprov.archive.meeting import Entry, Filters, Found, Meeting, Row, Space
from aiprov.archive.vectors import best, normal, unpacked
from aiprov.core.excerpts import Content, Line, text_of
from aiprov.core.search import folded, words_of

if TYPE_CHECKING:
    from aiprov.archive.vectors import Floats

_MOST_WORDS = 64  # of a query
# So many excerpts are ranked, at most: what common words find beyond that, rare ones tell apart better and sooner. Of
# more excerpts, words that say nothing are not even counted.
_RANKED = 20_000
# Of fewer excerpts, how many have a word does not say how much it tells: a list of words does.
_SMALL = 500
# Of few excerpts the mean says little: it counts as if so many more were not near at all.
_FEW = 10
# What SQLite's BM25 is made with.
_K1, _LEAST = 1.2, 1e-6


class Archive(ArchiveFile):
    """Meetings, their excerpts, and the vectors of one model.

    Args:
        path: The file.
        create: Make it where it is missing.
        dry: Where it is missing, be empty instead, in memory alone.

    Raises:
        ConfigError, IntegrityError, StorageError: As `ArchiveFile`.
    """

    def __init__(self, path: Path, *, create: bool = False, dry: bool = False) -> None:
        super().__init__(path, create=create, dry=dry)
        self._memory: tuple[int, Any, Floats] | None = None

    @property
    def space(self) -> Space | None:
        """Whose vectors it holds; None while there are none."""
        rows = self._rows("SELECT provider, model, identity, dimension FROM space")
        return Space(*rows[0]) if rows else None

    def begin(self, space: Space) -> None:
        """Empty it, and hold another model's vectors from now on."""
        with self._transaction() as connection:
            for table in ("space", "meetings", "excerpts", "words"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608
            connection.execute("INSERT INTO space VALUES (?, ?, ?, ?)", astuple(space))

    def contents(self) -> dict[Path, str]:
        """The files that it was made from, and their SHA-256 at that time."""
        return {_path(path): sha256 for path, sha256 in self._rows("SELECT path, sha256 FROM meetings")}

    def meetings(self) -> list[Entry]:
        """What it was made from, the newest meeting first."""
        rows = self._rows("SELECT path, name, day FROM meetings ORDER BY day DESC, name, path")
        return [Entry(_path(path), name, day) for path, name, day in rows]

    def vectors(self, meeting: Meeting) -> dict[str, bytes]:
        """The vectors of texts that are here already: of the same file before, and of others where the same is said."""
        query = (
            "SELECT content, excerpt_vectors, line_vectors FROM meetings "
            "WHERE path = ? OR sha256 = ? OR (length(content) = ? AND content = ?)"
        )
        content = _packed(meeting.content)
        values = (os.fsencode(meeting.path), meeting.sha256, len(content), content)
        space, known = self.space, dict[str, bytes]()
        for packed, *parts in self._rows(query, values):
            width, vectors = space.dimension if space else 0, b"".join(parts)
            for at, text in enumerate(_content(packed).texts):
                known[text] = vectors[at * width : (at + 1) * width]
        return known

    def put(self, meeting: Meeting, vectors: Mapping[str, bytes]) -> None:
        """Take a meeting in, in place of what the same file gave before.

        Args:
            meeting: The meeting.
            vectors: Packed rows (`vectors.packed`) for all of its `content.texts`.
        """
        content, width = meeting.content, len(next(iter(vectors.values()), b""))
        rows = b"".join(vectors[text] for text in content.texts)
        parted = len(content.bounds) * width
        with self._transaction() as connection:
            _remove(connection, meeting.path)
            first = connection.execute("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence").fetchone()[0]
            named = (os.fsencode(meeting.path), meeting.name, folded(meeting.name), meeting.day, meeting.sha256)
            found = connection.execute(
                "INSERT INTO meetings VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*named, first, _packed(content), rows[:parted], rows[parted:]),
            )
            for number, (start, end) in enumerate(content.bounds, first):
                lines = content.lines[start:end]
                values = (number, found.lastrowid, lines[0].start, max(line.end for line in lines), _speakers(lines))
                connection.execute("INSERT INTO excerpts VALUES (?, ?, ?, ?, ?)", values)
                connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, text_of(lines)))

    def remove(self, paths: Iterable[Path]) -> None:
        """Take meetings out."""
        with self._transaction() as connection:
            for path in paths:
                _remove(connection, path)

    def by_words(self, query: str, filters: Filters, most: int) -> dict[int, float]:
        """Return the excerpts that have words of a query, in whatever form, the best first.

        Nothing in the query is taken for a command of the full-text search.

        Returns:
            For each how much of the query it says, 0..1: its BM25 over that of an excerpt made of the query's words.
        """
        words, ideal = self._ranked(query)
        wanted = " OR ".join(f'"{word}"' for word in words)
        where, values = _where(filters)
        joined = f"JOIN excerpts ON excerpts.id = words.rowid {where}" if where else ""
        text = f"SELECT words.rowid, rank FROM words {joined} WHERE words MATCH ? ORDER BY rank LIMIT ?"  # noqa: S608
        found = self._rows(text, (*values, wanted, most)) if words else []
        return {number: min(1.0, -rank / ideal) for number, rank in found}

    def by_meaning(
        self, vector: Sequence[float], filters: Filters, most: int, also: Iterable[int] = ()
    ) -> dict[int, float]:
        """Return the excerpts that are nearest to a query's vector, the nearest first.

        Args:
            also: Excerpts that are wanted, too, however near they are.

        Returns:
            For each how near it is, up to 1: its cosine, where 0 stands for the mean of all excerpts.
        """
        import numpy as np

        ids, rows = self._matrix()
        if not len(ids):
            return {}
        near = rows @ normal(vector)
        mean = float(near.sum()) / (len(near) + _FEW)
        near = (near - mean) / max(1.0 - mean, 1e-6)
        where, values = _where(filters)
        if where:
            text = f"SELECT excerpts.id FROM excerpts {where.replace('AND', 'WHERE', 1)}"  # noqa: S608
            allowed = np.fromiter((row[0] for row in self._rows(text, values)), np.int64)
            kept = np.isin(ids, allowed)
            ids, near = ids[kept], near[kept]
        places = [*best(near, most), *np.flatnonzero(np.isin(ids, list(also)))]
        return {int(ids[at]): float(near[at]) for at in places}

    def spans(self, ids: Sequence[int]) -> dict[int, tuple[str, float, float]]:
        """The meeting's name, start and end of excerpts."""
        marks = ", ".join("?" * len(ids))
        text = f"""SELECT excerpts.id, name, start, "end" FROM excerpts JOIN meetings ON meetings.id = meeting
            WHERE excerpts.id IN ({marks})"""  # noqa: S608
        return {number: (name, start, end) for number, name, start, end in self._rows(text, ids)}

    def found(self, number: int, vector: Sequence[float] | None) -> Found:
        """Return an excerpt.

        Args:
            number: From `by_words` or `by_meaning`.
            vector: The query's, or None when only words are looked for.
        """
        text = """SELECT path, name, ? - first, content, line_vectors FROM meetings
            JOIN excerpts ON meetings.id = meeting WHERE excerpts.id = ?"""
        path, name, place, packed, vectors = self._rows(text, (number, number))[0]
        content = _content(packed)
        first, last = content.bounds[place]
        near = (0.0,) * (last - first)
        if vector is not None:
            width = len(vectors) // len(content.lines)
            near = tuple((unpacked([vectors[first * width : last * width]], width) @ normal(vector)).tolist())
        return Found(name, _path(path), content.lines[first:last], near)

    def rows(self) -> Iterator[Row]:
        """All excerpts, meeting by meeting."""
        space = self.space
        for (number,) in self._rows("SELECT id FROM meetings ORDER BY path"):
            text = "SELECT path, name, day, content, excerpt_vectors FROM meetings WHERE id = ?"
            for path, name, day, packed, vectors in self._rows(text, (number,)):
                content = _content(packed)
                width = space.dimension if space else 1
                floats = unpacked([vectors], width).tolist()
                for (first, last), vector in zip(content.bounds, floats, strict=True):
                    yield Row(name, _path(path), day, content.lines[first:last], tuple(vector))

    def _ranked(self, query: str) -> tuple[list[str], float]:
        """The words to look for, and the BM25 of an excerpt that would say them all.

        Source: https://www.sqlite.org/fts5.html, "The bm25() function".
        """
        with self._reading() as connection:
            total = connection.execute("SELECT count(*) FROM excerpts").fetchone()[0]
            words = words_of(query, telling=not _SMALL <= total <= _RANKED)[:_MOST_WORDS]
            counts = {word: _count(connection, word) for word in words}
        rare = _rarest(counts)
        weights = (math.log((total - counts[word] + 0.5) / (counts[word] + 0.5)) for word in rare)
        most = (_K1 + 1) * sum(max(weight, _LEAST) for weight in weights)
        return [word for word in rare if counts[word]], max(most, _LEAST)

    def _matrix(self) -> tuple[Any, Floats]:
        """The numbers and vectors of all excerpts; they stay in memory until somebody else changes the file."""
        import numpy as np

        with self._reading() as connection:
            version = connection.execute("PRAGMA data_version").fetchone()[0] + connection.total_changes
            if self._memory is None or self._memory[0] != version:
                space = self.space
                width = space.dimension if space else 1
                found = connection.execute("SELECT first, excerpt_vectors FROM meetings ORDER BY id").fetchall()
                ids = [np.arange(first, first + len(vectors) // width) for first, vectors in found]
                rows = unpacked([vectors for _, vectors in found], width)
                self._memory = (version, np.concatenate([np.empty(0, np.int64), *ids]), rows)
            return self._memory[1], self._memory[2]

    def _rows(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._reading() as connection:
            return connection.execute(text, values).fetchall()


def _remove(connection: sqlite3.Connection, path: Path) -> None:
    for (meeting,) in connection.execute("SELECT id FROM meetings WHERE path = ?", (os.fsencode(path),)).fetchall():
        connection.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM excerpts WHERE meeting = ?)", (meeting,))
        connection.execute("DELETE FROM excerpts WHERE meeting = ?", (meeting,))
        connection.execute("DELETE FROM meetings WHERE id = ?", (meeting,))


def _where(filters: Filters) -> tuple[str, list[Any]]:
    """Conditions for excerpts, each begun with AND; nothing without filters."""
    meetings, values = [], list[Any]()
    for condition, value in (
        ("day >= ?", filters.since),
        ("day <= ?", filters.until),
        ("instr(handle, ?)", filters.meeting and folded(filters.meeting)),
    ):
        if value:
            meetings.append(condition)
            values.append(value)
    where = f"AND meeting IN (SELECT id FROM meetings WHERE {' AND '.join(meetings)})" if meetings else ""  # noqa: S608
    if filters.speaker:
        where += " AND instr(speakers, ?)"
        values.append(f"\n{folded(filters.speaker)}\n")
    return where, values


def _speakers(lines: Sequence[Line]) -> str:
    """Everybody who speaks, by the whole name and by its parts, each between line ends."""
    names = {folded(line.speaker) for line in lines if line.speaker}
    return "\n".join(["", *sorted(names | {part for name in names for part in name.split()}), ""])


def _rarest(counts: Mapping[str, int]) -> list[str]:
    """The rarest words, as many as can be ranked; at least one that is there at all."""
    found, ranked = list[str](), 0
    for word, count in sorted(counts.items(), key=lambda pair: pair[1]):
        ranked += count
        if ranked > max(_RANKED, count):
            break
        found.append(word)
    return found


def _count(connection: sqlite3.Connection, word: str) -> int:
    """How many excerpts have a word."""
    text = "SELECT count(*) FROM words WHERE words MATCH ?"
    count: int = connection.execute(text, (f'"{word}"',)).fetchone()[0]
    return count


def _packed(content: Content) -> bytes:
    lines = [[line.start, line.end, line.speaker, line.text] for line in content.lines]
    return zlib.compress(json.dumps({"lines": lines, "bounds": content.bounds}).encode("ascii"))


def _content(packed: bytes) -> Content:
    shape = json.loads(zlib.decompress(packed))
    bounds = tuple((first, last) for first, last in shape["bounds"])
    return Content(tuple(Line(*line) for line in shape["lines"]), bounds)


def _path(name: bytes) -> Path:
    return Path(os.fsdecode(name))
