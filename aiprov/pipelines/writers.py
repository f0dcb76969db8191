"""Who writes the minutes of a run: a chat model, a small one for the title alone, or nobody. Asks nobody yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiprov.core.pricing import estimated_tokens
from aiprov.core.requests import ChatMessage, ChatRequest
from aiprov.core.routing import Candidate
from aiprov.errors import ConfigError
from aiprov.manager import Chatting, ProviderManager, Route
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
        manager: Asks them and nobody else; None when nobody is asked.
        standby: Who takes over the whole meeting when none of them answers: minutes that one model began are not
            finished by another one that invents.
    """

    method: str
    route: Route | None = None
    billions: float | None = None
    manager: ProviderManager | None = None
    standby: Writer | None = None

    @property
    def first(self) -> Candidate | None:
        """Who is asked first."""
        return None if self.route is None else self.route.order[0]

    @property
    def ways(self) -> list[tuple[str, Mapping[str, object] | None]]:
        """Every way to the minutes, the preferred first: the method, and what stands in requests for who is asked."""
        own = [None] if self.route is None else self.route.identities
        return [*((self.method, each) for each in own), *(self.standby.ways if self.standby else ())]

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
    small = [each.provider for each in route.order if _invents(kit, each)]
    begins = route.order[0].provider in small
    if begins and options.method == "auto":
        return _writer(kit, "extractive", route)
    # A small model writes where it was wished for, not where it comes first because somebody else is held up.
    wished = len(small) == len(route.order) or (begins and not any(each.held_s for each in route.order))
    return _writer(kit, "abstractive", route) if wished or not small else _without(kit, small, options)


def _writer(kit: Kit, method: str, route: Route) -> Writer:
    return Writer(method, route, _billions(kit, route.order[0]), kit.manager)


def _without(kit: Kit, small: Sequence[str], options: SummarizeOptions) -> Writer:
    """Everybody else writes; with `auto`, the first of the small ones quotes when all of them fail."""
    roster, sample = kit.manager.roster, Chatting(_sample(options))
    entries = tuple(entry for entry in roster.entries if entry.provider.name not in small)
    manager = ProviderManager(replace(roster, entries=entries), kit.state)
    writer = _writer(kit, "abstractive", manager.route(sample, options.provider))
    standby = _writer(kit, "extractive", kit.manager.route(sample, small[0])) if options.method == "auto" else None
    return replace(writer, manager=manager, standby=standby)


def _invents(kit: Kit, candidate: Candidate) -> bool:
    billions = _billions(kit, candidate)
    return candidate.local and billions is not None and billions < INVENTS


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
