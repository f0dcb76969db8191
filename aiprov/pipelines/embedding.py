"""Vectors of one model for the archive: which model, and texts in calls that are paid once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from aiprov.archive import Space, packed
from aiprov.core.requests import EmbeddingRequest, ProviderType
from aiprov.core.results import EmbeddingResult
from aiprov.core.routing import Candidate
from aiprov.core.search import prompts_of
from aiprov.errors import ConfigError, ProviderError
from aiprov.manager import Embedding, ProviderManager
from aiprov.manager.batching import batched
from aiprov.providers.base import Hooks
from aiprov.state import State


@dataclass(frozen=True, slots=True)
class Vectors:
    """New vectors of some texts.

    Attributes:
        rows: The packed vector of each text.
        dimension: Numbers in a vector.
        asked: The requests that were answered; their answers can go when the vectors are kept.
    """

    rows: dict[str, bytes]
    dimension: int
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Embedder:
    """Embeds with one model of one provider: vectors of different models cannot be compared.

    Attributes:
        candidate: The provider and the model.
        identity: Names the model's bytes, where they are known.
    """

    manager: ProviderManager
    state: State
    candidate: Candidate
    identity: str

    @property
    def name(self) -> str:
        """The model as a request names it."""
        return f"{self.candidate.provider}/{self.candidate.model}"

    def space(self, dimension: int) -> Space:
        """The space that its vectors make."""
        return Space(self.candidate.provider, self.candidate.model, self.identity, dimension)

    def same(self, space: Space) -> bool:
        """Whether vectors of an archive are this model's."""
        return (space.provider, space.model, space.identity) == (
            self.candidate.provider,
            self.candidate.model,
            self.identity,
        )

    def expected(self, texts: Sequence[str], path: Path) -> Decimal | None:
        """What embedding texts would cost, in US dollars; None when nobody knows."""
        if not texts:
            return Decimal(0)
        return self.manager.route(self._task(texts, path)).order[0].cost

    async def vectors(self, texts: Sequence[str], path: Path, hooks: Hooks, run_id: str) -> Vectors:
        """Embed texts of a file, which the ledger names.

        Raises:
            ProviderError: Nobody answered, or the vectors are of different lengths.
            BudgetReached: It could cost more than is left.
        """
        rows: dict[str, bytes] = {}
        dimensions, asked = set[int](), []
        for batch in batched(texts):
            answer = await self.manager.serve(self._task(batch, path), None, hooks, run_id)
            dimensions |= {len(vector) for vector in answer.embeddings}
            whole, width = packed(answer.embeddings), len(answer.embeddings[0])
            rows |= {text: whole[at * width : (at + 1) * width] for at, text in enumerate(batch)}
            asked += _asked(answer)
        if len(dimensions) != 1:
            raise ProviderError(f"{self.name} gave vectors of different lengths", provider=self.candidate.provider)
        return Vectors(rows, dimensions.pop(), tuple(asked))

    async def query(self, text: str) -> tuple[float, ...]:
        """The vector of a query."""
        request = EmbeddingRequest(prompts_of(self.candidate.model).query + text, self.name)
        return (await self.manager.generate_embedding(request)).embeddings[0]

    def _task(self, texts: Sequence[str], path: Path) -> Embedding:
        prompt = prompts_of(self.candidate.model).text
        return Embedding(EmbeddingRequest([prompt + text for text in texts], self.name), path)


def embedder(
    manager: ProviderManager, state: State, space: Space | None, provider: str | None, model: str | None, *, free: bool
) -> Embedder:
    """Choose who embeds.

    Args:
        manager: Knows everybody.
        state: Keeps answers.
        space: What the archive holds already.
        provider, model: What was wished for.
        free: Nothing at all was wished for: then it is who made the archive, else this machine.

    Raises:
        ConfigError: Nobody can, or there is no such model.
    """
    if free and space is not None:
        model = f"{space.provider}/{space.model}"
    elif free:
        provider = ProviderType.LOCAL
    route = manager.route(Embedding(EmbeddingRequest("", model)), provider)
    return Embedder(manager, state, route.order[0], route.hashes("")[0])


def require_same(chosen: Embedder, space: Space, archive: Path) -> None:
    """Refuse to mix vectors.

    Raises:
        ConfigError: The archive holds another model's (`other_model`).
    """
    if chosen.same(space):
        return
    made = f"{space.provider}/{space.model}"
    what = "another version of it" if made == chosen.name else chosen.name
    raise ConfigError(
        f"{archive} was made with {made}, and vectors of {what} cannot be compared with its own",
        "give --rebuild to make it anew, or another file with --archive",
        code="other_model",
    )


def _asked(answer: EmbeddingResult) -> list[str]:
    return [answer.provenance.request_hash] if answer.provenance is not None else []
