"""Chunks of speech go to a model in batches of one context length, and passages come back in order.

Knows nothing of judgement. Which chunks share a batch depends on the chunks alone, never on timing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from aiprov.core.passages import Passage
from aiprov.core.requests import DecodingOptions
from aiprov.providers.local.whisper import Chunk, Manner, WhisperModel


@dataclass(frozen=True, slots=True)
class Pending:
    """Batches under way: the indexes of their chunks, and what will come of them."""

    batches: list[tuple[list[int], Future[list[Passage]]]]

    @property
    def count(self) -> int:
        """How many chunks are in it."""
        return sum(len(indexes) for indexes, _ in self.batches)

    def cancel(self) -> None:
        """Drop what has not begun."""
        for _, future in self.batches:
            future.cancel()


class Batches:
    """The way to a model for one recording.

    Args:
        model: The loaded model.
        options: How to decode.
        check: Raises to stop the work.
    """

    def __init__(self, model: WhisperModel, options: DecodingOptions, check: Callable[[], None]) -> None:
        self._model = model
        self._options = options
        self._check = check

    def submit(self, chunks: Sequence[Chunk], manner: Manner, language: str) -> Pending:
        """Send chunks to the model; returns at once."""
        batches = []
        for indexes in _by_context(chunks, self._model.loading.batch_size):
            future = self._model.read([chunks[index] for index in indexes], language, self._options, manner)
            batches.append((indexes, future))
        return Pending(batches)

    def gather(self, pending: Pending, ready: Callable[[float], None] | None = None) -> list[Passage]:
        """Wait for batches and return the passages in the order of their chunks.

        Whatever ends the waiting early, nothing of the batches stays in the model's queue.

        Args:
            pending: From `submit`.
            ready: Takes the share (0..1) that is through.
        """
        try:
            return self._gather(pending, ready)
        except BaseException:
            pending.cancel()
            raise

    def _gather(self, pending: Pending, ready: Callable[[float], None] | None) -> list[Passage]:
        waiting = {future for _, future in pending.batches}
        while waiting:
            self._check()
            waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED).not_done
            if ready is not None:
                through = sum(len(indexes) for indexes, future in pending.batches if future not in waiting)
                ready(through / pending.count)
        found: dict[int, Passage] = {}
        for indexes, future in pending.batches:
            found.update(zip(indexes, future.result(), strict=True))
        return [found[index] for index in range(pending.count)]


# A batch's memory grows with the sum of its contexts; long ones share a batch with fewer others.
_USUAL_CONTEXT_S = 10.0


def _by_context(chunks: Sequence[Chunk], size: int) -> Iterator[list[int]]:
    """Indexes of chunks that share a context length and hints, at most `size` together; the longest contexts first.

    The engine wants the prompts of a batch equally long, and hints fill the prompt.
    """
    alike: dict[tuple[float, tuple[str, ...]], list[int]] = {}
    for index, chunk in enumerate(chunks):
        alike.setdefault((chunk.context_s, chunk.hints), []).append(index)
    for (context, _), indexes in sorted(alike.items(), reverse=True):
        most = max(1, min(size, int(size * _USUAL_CONTEXT_S / context)))
        for at in range(0, len(indexes), most):
            yield indexes[at : at + most]
