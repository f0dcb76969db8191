"""Voice activity detection and the cutting of a recording into windows that fit into memory.

Uses the Silero network that faster-whisper carries, on one thread. Knows nothing of decoding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiprov.core.speech import Span, quietest_cut, speech_spans

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

SAMPLE_RATE = 16_000
# The Silero network reads windows of 512 samples.
_STEP = 512
# A window is cut in the longest silence of its last minute.
_WINDOW_S = 240.0
_SEARCH_S = 60.0


@dataclass(frozen=True, slots=True)
class Window:
    """A few minutes of a recording.

    Attributes:
        offset: Where it begins in the recording, in seconds.
        samples: Mono float32 at 16 kHz.
        speech: Where people speak in it, in seconds of the recording.
    """

    offset: float
    samples: Samples
    speech: list[Span]

    @property
    def length(self) -> float:
        """Seconds of audio in it."""
        return len(self.samples) / SAMPLE_RATE

    def cut(self, span: Span, pad: float) -> tuple[float, Samples]:
        """Return the start (seconds of the recording) and samples of a span, with up to `pad` seconds around it."""
        first = max(0, int((span.start - pad - self.offset) * SAMPLE_RATE))
        last = int((span.end + pad - self.offset) * SAMPLE_RATE)
        return self.offset + first / SAMPLE_RATE, self.samples[first:last]


class Voice:
    """Finds speech.

    Args:
        threshold: Speech probability (0..1) above which 32 ms count as speech.
    """

    def __init__(self, threshold: float) -> None:
        from faster_whisper.vad import get_vad_model

        self._network: Any = get_vad_model()
        self._threshold = threshold

    def speech(self, samples: Samples) -> list[Span]:
        """Return where people speak in mono 16 kHz samples, in seconds from their start."""
        import numpy as np

        if not len(samples):
            return []
        padded = np.pad(_levelled(samples), (0, -len(samples) % _STEP))
        probabilities = self._network(padded).reshape(-1)
        return speech_spans(probabilities.tolist(), _STEP / SAMPLE_RATE, threshold=self._threshold)

    def windows(self, blocks: Iterable[Samples]) -> Iterator[Window]:
        """Cut a recording that arrives in blocks into windows of a few minutes, each cut in a silence."""
        import numpy as np

        offset, held = 0.0, np.zeros(0, dtype=np.float32)
        for block in blocks:
            held = np.concatenate([held, block])
            while len(held) >= _WINDOW_S * SAMPLE_RATE:
                length = len(held) / SAMPLE_RATE
                speech = self.speech(held)
                cut = quietest_cut(speech, length - _SEARCH_S, length - 1.0)
                yield _window(offset, held[: int(cut * SAMPLE_RATE)], speech, cut)
                held = held[int(cut * SAMPLE_RATE) :].copy()
                offset += int(cut * SAMPLE_RATE) / SAMPLE_RATE
        if len(held):
            yield _window(offset, held, self.speech(held), len(held) / SAMPLE_RATE)


def _window(offset: float, samples: Samples, speech: list[Span], end: float) -> Window:
    inside = [Span(s.start, min(s.end, end)).shifted(offset) for s in speech if s.start < end]
    return Window(offset, samples, inside)


def _levelled(samples: Samples) -> Samples:
    """Bring a quiet recording to a usual level: the network was trained on speech that peaks near full scale."""
    import numpy as np

    loud = float(np.quantile(np.abs(samples[:: max(1, len(samples) // 200_000)]), 0.995))
    if not 0 < loud < 0.1:
        return samples
    levelled: Samples = np.clip(samples * min(0.3 / loud, 60.0), -1.0, 1.0).astype(np.float32)
    return levelled
