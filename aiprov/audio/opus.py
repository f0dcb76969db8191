"""Mono samples at 16 kHz become an Opus file in memory, at a constant bit rate: its size follows from its length."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from aiprov.audio.mono import SAMPLE_RATE

if TYPE_CHECKING:
    from aiprov.audio.mono import Samples

SUFFIX = ".ogg"
# 80 bytes for each 20 ms and Ogg's pages come to 4079 bytes a second, speech or noise; the head takes some hundred.
MOST_BYTES_PER_S, MOST_HEAD_BYTES = 4100, 1024
_BIT_RATE = 32_000


class Opus:
    """Writes one file. Equal samples give equal bytes: no date, name or random number is in it."""

    def __init__(self) -> None:
        import av

        self._bytes = io.BytesIO()
        self._container = av.open(self._bytes, mode="w", format="ogg", options={"fflags": "+bitexact"})
        options = {"vbr": "off"}
        self._stream: Any = self._container.add_stream("libopus", rate=SAMPLE_RATE, layout="mono", options=options)
        self._stream.bit_rate = _BIT_RATE

    def write(self, samples: Samples) -> None:
        """Append mono float32 samples at 16 kHz."""
        import av

        if not len(samples):
            return
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> bytes:
        """End the file and return it; nothing can be written any more."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._bytes.getvalue()
