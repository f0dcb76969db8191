"""Many texts to be embedded: as many calls as it takes, and one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from aiprov.core.results import EmbeddingResult, Usage

# Texts in one call, and their bytes: vendors take some thousand texts and some hundred thousand tokens.
_BATCH_TEXTS, _BATCH_BYTES = 512, 400_000


def batched(texts: Sequence[str]) -> list[list[str]]:
    """Texts in order, in lists that one call takes; one empty list for none."""
    batches: list[list[str]] = [[]]
    size = 0
    for text in texts:
        length = len(text.encode("utf-8", "surrogatepass"))
        if batches[-1] and (len(batches[-1]) == _BATCH_TEXTS or size + length > _BATCH_BYTES):
            batches.append([])
            size = 0
        batches[-1].append(text)
        size += length
    return batches


def in_one(results: Sequence[EmbeddingResult]) -> EmbeddingResult:
    """The results of batches as one; what is known of all is known of it."""
    costs = [result.cost for result in results]
    known = [cost for cost in costs if cost is not None]
    return replace(
        results[0],
        embeddings=tuple(vector for result in results for vector in result.embeddings),
        usage=Usage(input_tokens=sum(result.usage.input_tokens for result in results)),
        cost=sum(known, Decimal(0)) if len(known) == len(costs) else None,
        attempts=tuple(attempt for result in results for attempt in result.attempts),
    )
