"""The chunks of a wav file, as its header lays them out."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

_KINDS = (b"RIFF", b"RF64", b"BW64")
_MANY = 1000


def chunks(file: io.FileIO, file_size: int) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's name, the place of its content and its claimed size; nothing when this is no wav file.

    Source: the RIFF layout: a kind, a 32-bit size and `WAVE`; then chunks of a four-letter name, a 32-bit size and as
    many bytes, rounded up to an even number.
    """
    file.seek(0)
    head = file.read(12)
    if head[:4] not in _KINDS or head[8:] != b"WAVE":
        return
    place = 12
    for _ in range(_MANY):
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            return
        name, size = struct.unpack("<4sI", head)
        yield name, place + 8, size
        place += 8 + size + size % 2
        if place >= file_size:
            return
