"""A recording while it is decoded: blocks of samples, and the account of what was damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from aiprov.audio.gains import Gains
from aiprov.audio.mono import SAMPLE_RATE, Mixer, mixed, only
from aiprov.audio.reader import Reader
from aiprov.audio.source import MAX_S, Source, open_source, reading
from aiprov.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Generator

    from aiprov.audio.mono import Samples

_SPLIT = "split it, for example: ffmpeg -i RECORDING -f segment -segment_time 36000 -c copy part%02d.mka"


def decode(path: Path, *, block_s: float = 30.0, channel: int | None = None) -> Recording:
    """Open a recording for decoding.

    Args:
        path: A regular file, or a link to one.
        block_s: Length of the blocks in seconds; the last one is shorter.
        channel: The channel alone that shall be heard, from 0: a very quiet one at a usual level, and clear echoes of
            the others put down. None mixes all.

    Raises:
        InputError: `not_found`, `not_a_file`, `no_such_channel`, or `unreadable_audio` when it is no recording.
        ConfigError: The extra `speech` is not installed.
    """
    source = open_source(path)
    try:
        with reading(path):
            _must_have(source, channel)
            return Recording(source, block_s, channel)
    except BaseException:
        source.close()
        raise


def _must_have(source: Source, channel: int | None) -> None:
    there = source.track.codec_context.channels
    if channel is not None and not 0 <= channel < max(there, 1):
        why = f"{source.path} has {there} channels, and none with the number {channel + 1}"
        raise InputError(why, "take it as a mix: --channels mix", code="no_such_channel")


class Recording:
    """A recording while it is decoded: iterate once for mono float32 blocks at 16 kHz, in -1..1.

    Memory does not grow with the length. What cannot be decoded costs its own moment: it is replaced by silence of
    the same length, so later times stay right, and counted in `damaged_s`. What is missing at the end, where the
    container promises more than there is, is counted too but not filled. Formats that promise no length (ADTS, AMR,
    Ogg, mp3 without a Xing header) cannot show that their end was cut off. In mp3, ADTS and AMR the length of a lost
    part follows from its bytes, exactly at a constant bit rate.

    Iterating raises InputError: `unreadable_audio` when nothing can be decoded, `empty_audio` when there is no audio,
    `too_long` beyond 24 hours.
    """

    def __init__(self, source: Source, block_s: float, channel: int | None = None) -> None:
        self._source = source
        self._channel = channel
        self._reader = Reader(source)
        self._given = 0
        self._blocks = self._in_blocks(max(1, round(block_s * SAMPLE_RATE)))

    def __iter__(self) -> Iterator[Samples]:
        return self._blocks

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop decoding and close the file. Safe to call twice."""
        self._blocks.close()
        self._source.close()

    @property
    def duration_s(self) -> float:
        """Seconds given so far, gaps included; final after the last block."""
        return self._given / SAMPLE_RATE

    @property
    def damaged_s(self) -> float:
        """Seconds that could not be decoded: replaced by silence, or missing at the end. Final after the last block."""
        return self._reader.timeline.damaged_s

    @property
    def damage(self) -> list[tuple[float, float]]:
        """Where the damage is, as (start_s, end_s); places less than a second apart are one."""
        return list(self._reader.timeline.damage)

    def _in_blocks(self, size: int) -> Generator[Samples]:
        import numpy as np

        pending: list[Samples] = []
        have = 0
        try:
            for piece in self._pieces():
                pending.append(piece)
                have += len(piece)
                if have >= size:
                    whole = np.concatenate(pending)
                    cut = have - have % size
                    pending, have = [whole[cut:]], have - cut
                    for start in range(0, cut, size):
                        yield self._given_on(whole[start : start + size])
            if have:
                yield self._given_on(np.concatenate(pending))
        finally:
            self._source.close()

    def _given_on(self, block: Samples) -> Samples:
        self._given += len(block)
        if self.duration_s > MAX_S:
            raise InputError(f"{self._source.path} is longer than 24 hours", _SPLIT, code="too_long")
        return block

    def _pieces(self) -> Iterator[Samples]:
        if self._channel is None:
            yield from self._mixed(Mixer(mixed))
            return
        with reading(self._source.path):
            gains = Gains(self._source.path, self._channel)
        yield from map(gains.applied, self._mixed(Mixer(only(self._channel))))

    def _mixed(self, mixer: Mixer) -> Iterator[Samples]:
        with reading(self._source.path):
            for frame, silence_s in self._reader.frames():
                for rows in mixer.push(frame, silence_s):
                    yield rows[0]
            for rows in mixer.flush():
                yield rows[0]
