"""The archive for other programs: excerpts with their vectors as JSON lines, a numpy matrix, or a Parquet table."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from aiprov.archive import Archive, Row, as_npy
from aiprov.core.excerpts import text_of
from aiprov.errors import ConfigError
from aiprov.files import write_atomic

_DIGITS = 6


def export(archive: Path, form: Literal["jsonl", "npy", "parquet"], folder: Path) -> list[Path]:
    """Write everything that is in an archive.

    Args:
        archive: The archive's file; the outputs have its name.
        form: `jsonl` has a line for each excerpt; `npy` is a matrix (float32) beside the same lines without vectors;
            `parquet` needs pyarrow.
        folder: Where the files go.

    Returns:
        The files.

    Raises:
        ConfigError: There is no archive, or pyarrow is not installed.
        StorageError: Something could not be written.
    """
    with closing(Archive(archive)) as opened:
        rows = list(opened.rows())
    contents = {"jsonl": _jsonl, "npy": _npy, "parquet": _parquet}[form](rows)
    paths = []
    for suffix, content in contents.items():
        paths.append(folder / f"{archive.stem}.{suffix}")
        write_atomic(paths[-1], content)
    return paths


def _jsonl(rows: Iterable[Row]) -> dict[str, bytes]:
    return {"jsonl": _lines([_shape(row) | {"vector": [round(each, _DIGITS) for each in row.vector]} for row in rows])}


def _npy(rows: list[Row]) -> dict[str, bytes]:
    return {"npy": as_npy([row.vector for row in rows]), "rows.jsonl": _lines(map(_shape, rows))}


def _parquet(rows: list[Row]) -> dict[str, bytes]:
    try:
        from pyarrow import Table, parquet
    except ImportError:
        raise ConfigError("pyarrow is not installed", "pip install pyarrow", code="not_installed") from None
    stream = io.BytesIO()
    parquet.write_table(Table.from_pylist([_shape(row) | {"vector": list(row.vector)} for row in rows]), stream)
    return {"parquet": stream.getvalue()}


def _lines(shapes: Iterable[Any]) -> bytes:
    return "".join(json.dumps(shape) + "\n" for shape in shapes).encode("ascii")


def _shape(row: Row) -> dict[str, Any]:
    speakers = list(dict.fromkeys(line.speaker for line in row.lines if line.speaker))
    times = {"start": row.lines[0].start, "end": max(line.end for line in row.lines)}
    where = {"meeting": row.meeting, "path": str(row.path), "day": row.day}
    return where | times | {"speakers": speakers, "text": text_of(row.lines)}
