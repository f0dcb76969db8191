"""Questions to a chat model about one input: each through the manager, paid once, and charged to that input."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aiprov.core.requests import ChatRequest
from aiprov.core.results import ChatResult
from aiprov.errors import ProviderError
from aiprov.manager import Chatting
from aiprov.manager.structured import asked, fitted
from aiprov.providers.base import Hooks

if TYPE_CHECKING:
    from aiprov.manager import ProviderManager
    from aiprov.state import State


@dataclass(slots=True)
class Asking:
    """Asks on behalf of one input of a batch.

    Attributes:
        path: The input, as the ledger names it.
        provider: Only this one; None lets the strategy choose.
        model: As a request names it.
        fresh: Ask again, whatever is stored.
        answers: What came, in order.
    """

    manager: ProviderManager
    state: State
    path: Path
    run_id: str
    hooks: Hooks
    provider: str | None = None
    model: str | None = None
    fresh: bool = False
    answers: list[ChatResult] = field(default_factory=list)

    async def __call__(self, request: ChatRequest) -> ChatResult:
        """Answer a request with a schema; one that was cut off comes as it is, without `data`.

        Raises:
            AiprovError: As `ProviderManager.chat_completion` does.
        """
        task = Chatting(asked(replace(request, model=self.model)), self.path, reusable=not self.fresh)
        answer = await self._served(task, self.provider)
        if answer.finish_reason == "length":
            return answer
        first = len(self.answers) - 1
        try:
            return await fitted(task, answer, lambda repair: self._served(repair, answer.provider))
        except ProviderError:
            for each in self.answers[first:]:  # what does not fit is no answer to the same request tomorrow
                if each.provenance is not None:
                    self.state.forget_answer(each.provenance.request_hash)
            raise

    async def _served(self, task: Chatting, provider: str | None) -> ChatResult:
        answer = await self.manager.serve(task, provider, self.hooks, self.run_id)
        self.answers.append(answer)
        return answer
