"""How far a run is, kept where other processes can see it. Passes everything on to the run's own watcher."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from aiprov.batch.report import FileReport, Watcher
from aiprov.errors import AiprovError


class Telling:
    """A watcher between the engine and the run's own. A thread of its own keeps what changed: a busy disk must not hold
    up the work, and that nobody could be told does not end it.

    Args:
        watcher: Hears everything as it happens.
        keep: Takes the whole of it: `{"waiting", "skipped", "done", "failed", "parked", "audio_s", "working"}`, the
            last a list of `{"path", "done_s", "audio_s"}`.
        every_s: Seconds between two times.
    """

    def __init__(self, watcher: Watcher, keep: Callable[[Mapping[str, Any]], None], every_s: float = 1.0) -> None:
        self._watcher, self._keep, self._every_s = watcher, keep, every_s
        self._lock, self._over, self._changed = threading.Lock(), threading.Event(), False
        self._counts: Counter[str] = Counter()
        self._waiting, self._audio_s = 0, 0.0
        self._working: dict[Path, tuple[float, float | None]] = {}
        self._thread = threading.Thread(target=self._keeping, name="aiprov-telling", daemon=True)

    def __enter__(self) -> Telling:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        self._working.clear()
        self._tell()

    def planned(self, waiting: Sequence[Path], skipped: int) -> None:
        """The plan stands."""
        with self._lock:
            self._waiting, self._changed = len(waiting), True
            self._counts["skipped"] += skipped
        self._watcher.planned(waiting, skipped)

    def started(self, path: Path, audio_s: float | None) -> None:
        """Work on an input begins."""
        with self._lock:
            self._working[path], self._changed = (0.0, audio_s), True
        self._watcher.started(path, audio_s)

    def progressed(self, path: Path, done_s: float) -> None:
        """So many seconds are through."""
        with self._lock:
            self._working[path], self._changed = (done_s, self._working.get(path, (0.0, None))[1]), True
        self._watcher.progressed(path, done_s)

    def finished(self, file: FileReport) -> None:
        """An input has ended."""
        with self._lock:
            self._working.pop(file.path, None)
            self._counts[file.status] += 1
            self._waiting, self._audio_s, self._changed = (
                max(0, self._waiting - 1),
                self._audio_s + (file.audio_s or 0),
                True,
            )
        self._watcher.finished(file)

    def fetching(self, what: str, done: int, total: int) -> None:
        """Bytes of a model arrive."""
        self._watcher.fetching(what, done, total)

    def noted(self, message: str) -> None:
        """Something worth a line."""
        self._watcher.noted(message)

    def _keeping(self) -> None:
        while not self._over.wait(self._every_s):
            if self._changed:
                self._tell()

    def _tell(self) -> None:
        with self._lock:
            self._changed = False
            working = [
                {"path": str(path), "done_s": round(done_s, 1), "audio_s": audio_s}
                for path, (done_s, audio_s) in self._working.items()
            ]
            counts = {status: self._counts[status] for status in ("skipped", "done", "failed", "parked")}
            told = {"waiting": self._waiting, **counts, "audio_s": round(self._audio_s, 1), "working": working}
        with contextlib.suppress(AiprovError):
            self._keep(told)
