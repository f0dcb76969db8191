"""One way of working in place of another that cannot be had. Knows of either what the engine of batches knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aiprov.batch.work import Answer, Call, Expectation, Job, Work
from aiprov.errors import AiprovError, BudgetReached, ConfigError, ProviderError

# Nobody is there for it, nobody answered, or the money is gone: none of it is the input's fault.
_ELSEWISE = (ConfigError, ProviderError, BudgetReached)


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Works as `first` does, and as `second` does with each input for which that fails.

    An answer of either is an answer: what was done the second way is not done again the first. Both render alike.
    """

    first: Work
    second: Work

    def rendering(self, content_sha256: str) -> str:
        """The same for both."""
        return self.first.rendering(content_sha256)

    def concurrency(self, waiting: int) -> int:
        """The first's."""
        return self.first.concurrency(waiting)

    def weigh(self, job: Job) -> float | None:
        """The same for both."""
        return self.first.weigh(job)

    def identify(self, job: Job, content_sha256: str) -> Sequence[str]:
        """The hashes of both, the first's before."""
        both = (*self.first.identify(job, content_sha256), *self.second.identify(job, content_sha256))
        return tuple(dict.fromkeys(both))

    def expect(self, job: Job, content_sha256: str) -> Expectation:
        """What the first would come to, else the second."""
        try:
            return self.first.expect(job, content_sha256)
        except _ELSEWISE as error:
            found = self.second.expect(job, content_sha256)
            return replace(found, notes=(*found.notes, _why(error)))

    async def obtain(self, job: Job, call: Call) -> Answer:
        """The first's answer, else the second's with a note."""
        try:
            return await self.first.obtain(job, call)
        except _ELSEWISE as error:
            found = await self.second.obtain(job, call)
            return replace(found, notes=(_why(error), *found.notes))

    def recall(self, job: Job, document: bytes, request_hash: str) -> Answer:
        """The same for both."""
        return self.first.recall(job, document, request_hash)

    def render(self, job: Job, answer: Answer) -> Mapping[str, bytes]:
        """The same for both."""
        return self.first.render(job, answer)


def _why(error: AiprovError) -> str:
    return f"done otherwise: {error.message}"
