"""How near texts are in meaning: embeddings behind a memory, compared all at once.

Knows no embedding model: it comes in as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Matrix = npt.NDArray[np.float32]

# One vector for each text, in order.
Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]


class Vectors:
    """Vectors of texts, each computed once.

    Args:
        embed: Turns texts into vectors; called with many at a time.
        known: What was computed before, by text; what is computed here goes there, too.
    """

    def __init__(self, embed: Embed, known: dict[str, Any] | None = None) -> None:
        self._embed = embed
        self._known: dict[str, Any] = {} if known is None else known

    def of(self, texts: Sequence[str]) -> Matrix:
        """Return a row of length 1 for each text."""
        import numpy as np

        self.learn(texts)
        return np.array([self._known[text] for text in texts], dtype=np.float32).reshape(len(texts), -1)

    def learn(self, texts: Iterable[str]) -> None:
        """Embed those of the texts that are not known yet, in one call."""
        import numpy as np

        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if not new:
            return
        for text, vector in zip(new, self._embed(new), strict=True):
            row = np.asarray(vector, dtype=np.float32)
            self._known[text] = row / max(float(np.linalg.norm(row)), 1e-12)

    def similarity(self, left: Sequence[str], right: Sequence[str]) -> list[list[float]]:
        """Return for each text on the left how near it is to each on the right: an `evidence.Similarity`."""
        if not left or not right:  # a model may have claimed nothing, and nothing has no dimension
            return [[] for _ in left]
        self.learn([*left, *right])
        nearness: list[list[float]] = (self.of(left) @ self.of(right).T).tolist()
        return nearness
