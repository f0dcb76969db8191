"""Recordings that are too large or too long for a provider become parts, each cut where it is quietest; so does what
only one channel of a recording holds.

Knows sizes, lengths and loudness; nothing of providers, and nothing of what is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aiprov.audio.mono import SAMPLE_RATE
from aiprov.audio.opus import MOST_BYTES_PER_S, MOST_HEAD_BYTES, SUFFIX, Opus
from aiprov.audio.recording import decode
from aiprov.audio.source import MAX_S, probe
from aiprov.core.speech import Span

if TYPE_CHECKING:
    from aiprov.audio.mono import Samples

# Files that speech services read as they are, by name and content. Source: OpenAI's speech-to-text guide ("flac, mp3,
# mp4, mpeg, mpga, m4a, ogg, wav, webm"), which goes by the name: the same Opus file is refused as `.opus`.
_SENT_AS_THEY_ARE = {
    ".flac": "flac",
    ".m4a": "mov",
    ".mp3": "mp3",
    ".mp4": "mov",
    ".ogg": "ogg",
    ".wav": "wav",
    ".webm": "matroska",
}
# A part ends in the last fifth of what it may hold, and in its last minute.
_SEARCH_SHARE, _SEARCH_S = 5, 60
# No part is shorter, unless the recording is: services refuse a tenth of a second.
_SHORTEST_S = 1
_LEAST_LIMIT_S = 10.0
# Who counts an encoder's lead-in as sound finds a part a little longer than it is.
_LEAD_IN_S = 0.1
_STEP = SAMPLE_RATE // 50
# Steps on each side of a cut that should be quiet as well: it falls into a pause, not into the gap within a word.
_AROUND = 15


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a recording as a file of its own: mono, 16 kHz.

    Attributes:
        index: From 0; parts follow each other without gap or overlap.
        start_s, end_s: Where it lies in the recording, in seconds.
        data: The file's bytes; the same for the same recording and limits.
        suffix: What the file's name has to end with.
        damage: Where the recording could not be decoded, in seconds of the recording; silence stands there. In the
            last part it may lie beyond the end: that much is missing.
    """

    index: int
    start_s: float
    end_s: float
    data: bytes
    suffix: str = SUFFIX
    damage: tuple[Span, ...] = ()


def fits(path: Path, max_bytes: int | None, max_s: float | None) -> bool:
    """Whether a recording can be sent as it is. None is no limit; a length that no header tells is too long for any.

    Raises:
        InputError: It cannot be read as audio.
        ConfigError: The extra `speech` is not installed.
    """
    headers = probe(path)
    short = max_s is None or (headers.duration_s is not None and headers.duration_s <= max_s)
    small = max_bytes is None or headers.size_bytes <= max_bytes
    return small and short and _SENT_AS_THEY_ARE.get(path.suffix.lower()) == headers.format


def cut(path: Path, *, max_bytes: int | None, max_s: float | None, channel: int | None = None) -> Iterator[Part]:
    """Cut a recording into parts within both limits. Memory holds one part's bytes and about two minutes of samples.

    Args:
        path: The recording.
        max_bytes: Most bytes of a part; None for no limit.
        max_s: Most seconds of a part; None for no limit.
        channel: The channel alone that shall be heard, from 0; None mixes all.

    Raises:
        InputError: It cannot be decoded, holds no audio, has no such channel, or is longer than 24 hours.
        ConfigError: The extra `speech` is not installed.
        ValueError: A limit leaves less than ten seconds.
    """
    most = _most_samples(max_bytes, max_s)
    with decode(path, channel=channel) as recording:
        feed, start, index = _Feed(iter(recording)), 0, 0
        while len(feed.peek(1)):
            data, size = _encoded(feed, most)
            last = not len(feed.peek(1))
            start_s, end_s = start / SAMPLE_RATE, (start + size) / SAMPLE_RATE
            damage = _within(recording.damage, start_s, None if last else end_s)
            yield Part(index, start_s, end_s, data, SUFFIX, damage)
            start, index = start + size, index + 1


class _Feed:
    """Samples that arrive in blocks and leave in any size."""

    def __init__(self, blocks: Iterator[Samples]) -> None:
        self._blocks = blocks
        self._held: list[Samples] = []

    def peek(self, size: int) -> Samples:
        """The next samples, `size` of them; fewer at the end."""
        import numpy as np

        while sum(map(len, self._held)) < size and (block := next(self._blocks, None)) is not None:
            self._held.append(block)
        self._held = [np.concatenate([*self._held, np.zeros(0, np.float32)])]
        return self._held[0][:size]

    def take(self, size: int) -> Samples:
        """The same, and they are gone."""
        taken = self.peek(size)
        self._held = [self._held[0][len(taken) :]]
        return taken


def _most_samples(max_bytes: int | None, max_s: float | None) -> int:
    """How many samples a part may have."""
    by_size = MAX_S if max_bytes is None else (max_bytes - MOST_HEAD_BYTES) / MOST_BYTES_PER_S
    by_length = MAX_S if max_s is None else max_s - _LEAD_IN_S
    if min(by_size, by_length) < _LEAST_LIMIT_S - _LEAD_IN_S:
        raise ValueError(f"parts within {max_bytes} bytes and {max_s} s would be too short to be understood")
    return int(min(by_size, by_length) * SAMPLE_RATE)


def _encoded(feed: _Feed, most: int) -> tuple[bytes, int]:
    """Take the next part; return its file and how many samples it has."""
    search = min(_SEARCH_S * SAMPLE_RATE, most // _SEARCH_SHARE)
    opus, size = Opus(), 0
    while len(piece := feed.take(min(most - search - size, _SEARCH_S * SAMPLE_RATE))):
        opus.write(piece)
        size += len(piece)
    rest = feed.peek(search + 1)  # one more than may follow tells whether the recording goes on
    tail = feed.take(quietest(rest[: search - _SHORTEST_S * SAMPLE_RATE]) if len(rest) > search else len(rest))
    opus.write(tail)
    return opus.finish(), size + len(tail)


def quietest(samples: Samples) -> int:
    """Where to cut: the sample in the middle of the quietest moment, the latest of equals.

    Loudness counts by its logarithm, so that a long pause wins over a short one between quiet words; in whole numbers,
    so that every machine cuts at the same place.
    """
    import numpy as np

    steps = samples[: len(samples) - len(samples) % _STEP].reshape(-1, _STEP)
    power = np.mean(np.square(steps, dtype=np.float64), axis=1)
    loudness = np.rint(100 * np.log10(power + 1e-5 * power.max() + 1e-12)).astype(np.int64)
    near = _AROUND + 1 - np.abs(np.arange(-_AROUND, _AROUND + 1))
    around = np.convolve(loudness - loudness.max() - 1, near, "same")
    return int((len(around) - 1 - np.argmin(around[::-1])) * _STEP + _STEP // 2)


def _within(damage: list[tuple[float, float]], start_s: float, end_s: float | None) -> tuple[Span, ...]:
    """The damage from `start_s` to `end_s`, or to wherever it goes."""
    stretches = (Span(max(start, start_s), end if end_s is None else min(end, end_s)) for start, end in damage)
    return tuple(stretch for stretch in stretches if stretch.length > 0)
