"""How far a run is and how long it will take, in seconds of audio. Pure arithmetic; prints nothing.

Lengths become known one by one as recordings are opened; until then a recording's size stands for its length, at
the rate of those already opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class Pace:
    """Follows one run.

    Args:
        sizes: Bytes of each recording that waits for work.
    """

    def __init__(self, sizes: Mapping[Path, int]) -> None:
        self._unopened = dict(sizes)
        self._opened_bytes = 0
        self._opened_s = 0.0
        self._lengths: dict[Path, float] = {}
        self._done: dict[Path, float] = {}
        self.done_s = 0.0

    def opened(self, path: Path, audio_s: float | None) -> None:
        """Work on a recording begins; its length in seconds when known."""
        if audio_s is not None and path not in self._lengths:
            self._lengths[path] = audio_s
            self._opened_s += audio_s
            self._opened_bytes += self._unopened.pop(path, 0)

    def progressed(self, path: Path, done_s: float) -> None:
        """So many seconds of a recording are through."""
        self.done_s += done_s - self._done.get(path, 0.0)
        self._done[path] = done_s

    def finished(self, path: Path, audio_s: float | None) -> None:
        """A recording needs no more work, however it ended."""
        self.opened(path, audio_s)
        self._unopened.pop(path, None)
        self.progressed(path, self._lengths.get(path, 0.0))

    def of(self, path: Path) -> tuple[float, float | None]:
        """How much of a recording is through, and its length when known."""
        return self._done.get(path, 0.0), self._lengths.get(path)

    @property
    def total_s(self) -> float | None:
        """Seconds of audio in all recordings, partly estimated; None while no length is known."""
        unopened = sum(self._unopened.values())
        if not unopened:
            return self._opened_s
        return self._opened_s * (1 + unopened / self._opened_bytes) if self._opened_bytes else None

    @property
    def estimated(self) -> bool:
        """Whether some lengths are not known yet."""
        return bool(self._unopened)

    def speed(self, elapsed_s: float) -> float | None:
        """Seconds of audio per second of clock, once there is something to go by."""
        return self.done_s / elapsed_s if elapsed_s > 0 and self.done_s > 0 else None

    def left_s(self, elapsed_s: float) -> float | None:
        """Seconds of clock until the end at the speed so far; None when that is unknown."""
        speed, total = self.speed(elapsed_s), self.total_s
        return max(total - self.done_s, 0.0) / speed if speed and total is not None else None
