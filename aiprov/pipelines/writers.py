"""Who writes the minutes of a run: a chat model, a small one for the title alone, or nobody. Asks nobody yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiprov.core.pricing import estimated_tokens
from aiprov.core.requests import ChatMessage, ChatRequest
from aiprov.core.routing import Candidate
from aiprov.errors import ConfigError
from aiprov.manager import Chatting, Route
from aiprov.minutes.reader import INVENTS, Ask, Reader
from aiprov.models import ModelEntry
from aiprov.pipelines.summarize_options import SummarizeOptions
from aiprov.providers.base import Hooks
from aiprov.providers.local.provider import LocalProvider

if TYPE_CHECKING:
    from aiprov.wiring import Kit

_SIZE = re.compile(r"(?<![a-z\d.])(\d+(?:\.\d+)?)([mb])(?![a-z\d])")
# Bytes for each parameter of a file, by its width.
_WIDTHS = {"4bit": 0.6, "8bit": 1.07, "16bit": 2.0}
# What is assumed of a model whose limit nobody states (tokens); a local one is asked itself.
_CONTEXT = 32_000


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes.

    Attributes:
        method: `abstractive` or `extractive`.
        route: Who is asked; None when nobody is.
        billions: Parameters of the first of them; None where nobody says.
    """

    method: str
    route: Route | None = None
    billions: float | None = None

    @property
    def first(self) -> Candidate | None:
        """Who is asked first."""
        return None if self.route is None else self.route.order[0]

    def reader(self, ask: Ask, count: Callable[[str], int] = estimated_tokens) -> Reader:
        """The model as the minutes see it."""
        first = self.first
        if first is None:
            raise ConfigError("no chat model writes these minutes")
        context = first.facts.context_tokens or _CONTEXT
        return Reader(first.provider, first.model, ask, count, context, first.local, self.billions)


def writer_of(kit: Kit, options: SummarizeOptions) -> Writer:
    """Decide who writes.

    Raises:
        ConfigError: The abstractive method, a provider or a model was asked for, and nobody can be asked.
    """
    if options.method == "extractive":
        return Writer("extractive")
    try:
        route = kit.manager.route(Chatting(_sample(options)), options.provider)
    except ConfigError:
        if options.method == "abstractive" or options.provider or options.model:
            raise
        return Writer("extractive")
    billions = _billions(kit, route.order[0])
    small = route.order[0].local and billions is not None and billions < INVENTS
    return Writer("extractive" if small and options.method == "auto" else "abstractive", route, billions)


async def counter_of(kit: Kit, writer: Writer, hooks: Hooks) -> Callable[[str], int]:
    """The first model's own count of tokens where it is on this machine; else an estimate.

    Raises:
        AiprovError: The model cannot be loaded.
    """
    first = writer.first
    if first is None or first.provider != LocalProvider.name:
        return estimated_tokens
    provider = kit.roster.entry(first.provider).provider
    return await provider.counter(first.model, hooks) if isinstance(provider, LocalProvider) else estimated_tokens


def _sample(options: SummarizeOptions) -> ChatRequest:
    """A request like those that will be made, as far as routing is concerned."""
    return ChatRequest([ChatMessage("user", "")], temperature=0.0, model=options.model, response_schema={})


def _billions(kit: Kit, candidate: Candidate) -> float | None:
    named = _SIZE.findall(candidate.model.lower())
    if named:
        number, unit = named[-1]
        return float(number) / (1000 if unit == "m" else 1)
    if candidate.provider != LocalProvider.name:
        return None
    try:
        return _weighed(kit.store.find(candidate.model, kit.settings.local_quantization))
    except ConfigError:
        return None


def _weighed(entry: ModelEntry) -> float:
    return entry.bytes / _WIDTHS.get(entry.width or "16bit", 2.0) / 1e9
