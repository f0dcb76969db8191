"""Vectors as the archive keeps them: rows of signed bytes, compared as floats.

A byte for a number keeps the direction (cosine 0.9999 to the float's), and a fourth of the size. Comparing with every
row is quick: 100 000 rows of 384 take one processor 10 ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

_ROWS = 8192  # turned into floats together


def packed(vectors: Sequence[Sequence[float]]) -> bytes:
    """Return rows of signed bytes."""
    import numpy as np

    rows = np.asarray(vectors, np.float32)
    if not rows.size:
        return b""
    most = np.abs(rows).max(axis=1, keepdims=True)
    found: bytes = np.rint(rows * (127 / np.maximum(most, 1e-12))).astype(np.int8).tobytes()
    return found


def unpacked(parts: Sequence[bytes], dimension: int) -> Floats:
    """Return packed rows as floats of length 1, (rows, dimension)."""
    import numpy as np

    whole = np.frombuffer(b"".join(parts), np.int8).reshape(-1, dimension)
    rows = np.empty(whole.shape, np.float32)
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        part[:] = whole[start : start + _ROWS]
        part /= np.sqrt(np.maximum(np.einsum("ij,ij->i", part, part), 1e-12))[:, None]
    return rows


def as_npy(vectors: Sequence[Sequence[float]]) -> bytes:
    """Return a numpy file's bytes: a matrix of 32-bit floats."""
    import io

    import numpy as np

    stream = io.BytesIO()
    np.save(stream, np.asarray(vectors, np.float32), allow_pickle=False)
    return stream.getvalue()


def normal(vector: Sequence[float]) -> Floats:
    """Return one vector of length 1."""
    import numpy as np

    row = np.asarray(vector, np.float32)
    return row / np.float32(max(float(np.linalg.norm(row)), 1e-12))


def best(values: Floats, most: int) -> list[int]:
    """Return the places of the highest values, the highest first."""
    import numpy as np

    places = np.argpartition(-values, most)[:most] if len(values) > most else np.arange(len(values))
    found: list[int] = places[np.lexsort((places, -values[places]))].tolist()
    return found
