"""Who may serve, as the configuration has it, and who is left for one request. Makes no call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from aiprov.core.requests import ModelCapability
from aiprov.core.routing import Candidate, ModelFacts, Need, Strategy, unfit
from aiprov.errors import ConfigError
from aiprov.manager.pacing import Pace
from aiprov.prices import PriceBook
from aiprov.providers.base import Provider
from aiprov.state import Cap


@dataclass(frozen=True, slots=True)
class Entry:
    """One provider in its place.

    Attributes:
        priority: The lower, the earlier.
        enabled: Whether it takes part.
        account: Whose failures count together: the provider and the key it uses, never the key itself.
        refusal: Why it cannot serve at all, such as a missing key; None when it can.
        timeout_s: How long one call may take; None for what is usual.
        pace: How fast calls may follow each other; None for as they come.
    """

    provider: Provider
    priority: int
    enabled: bool = True
    account: str = ""
    refusal: str | None = None
    timeout_s: float | None = None
    pace: Pace | None = None

    @property
    def out(self) -> str | None:
        """Why it takes no part; None when it does."""
        return self.refusal if self.enabled else "is disabled"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of routing, apart from who there is.

    Attributes:
        strategy: How candidates are ordered.
        privacy: With `local`, nothing leaves this machine.
        cloud_fallback: With `never`, what begins on this machine stays there when it fails.
        caps: Limits on what may be spent.
        calls: Most calls for one item, over all providers.
    """

    strategy: Strategy = "fallback"
    privacy: Literal["any", "local"] = "any"
    cloud_fallback: Literal["allow", "never"] = "allow"
    caps: tuple[Cap, ...] = ()
    calls: int = 8


@dataclass(frozen=True, slots=True)
class Roster:
    """A configuration, whole: swapped at once, so that a call sees either the old one or the new one."""

    entries: tuple[Entry, ...]
    policy: Policy = field(default_factory=Policy)
    prices: PriceBook = field(default_factory=PriceBook)

    def entry(self, name: str) -> Entry:
        """The entry of a provider that is in the roster."""
        return next(entry for entry in self.entries if entry.provider.name == name)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, as far as routing is concerned.

    Attributes:
        model: As the request names it; None for the default.
        provider: Only this one; None for any.
        audio_s: Seconds of audio, for the expected cost.
        priced: Whether somebody looks at expected costs, even where the strategy does not.
    """

    need: Need
    model: str | None = None
    provider: str | None = None
    audio_s: float = 0.0
    priced: bool = True

    @property
    def capability(self) -> ModelCapability:
        """The kind of work."""
        return self.need.capability


def candidates(roster: Roster, asked: Asked, holds: Mapping[str, float], today: str) -> list[Candidate]:
    """Every provider's candidate for a request, those that are left out with the reason.

    Args:
        holds: Open breakers by scope, with the seconds for which they stay open.
        today: An ISO date, by which models that were shut down are known.

    Raises:
        ConfigError: The provider or the model is one that nobody has.
    """
    provider, model = _named(roster, asked)
    if provider is not None and all(entry.provider.name != provider for entry in roster.entries):
        known = ", ".join(entry.provider.name for entry in roster.entries)
        raise ConfigError(f"there is no provider {provider!r}", f"known are {known}", code="unknown_provider")
    entries = [entry for entry in roster.entries if provider in (None, entry.provider.name)]
    offers = _offers(entries, asked.capability, model)
    found = [_candidate(roster, entry, facts, asked, holds, today) for entry, facts in offers]
    if provider is not None and model is None and not found:
        raise ConfigError(
            f"{provider} has no model for {asked.capability}", "name another provider, or none", code="unknown_model"
        )
    if model is not None and not found:
        raise ConfigError(
            f"no provider has a model {model!r} for {asked.capability}",
            "`aiprov models list` shows those of this machine, `aiprov providers status` those of the others",
            code="unknown_model",
        )
    return found


def _candidate(
    roster: Roster, entry: Entry, facts: ModelFacts, asked: Asked, holds: Mapping[str, float], today: str
) -> Candidate:
    return Candidate(
        entry.provider.name,
        facts,
        entry.priority,
        entry.provider.local,
        _expected(roster, entry, facts, asked),
        entry.out or _private(roster.policy, entry) or unfit(asked.need, facts, today),
        max(holds.get(scope, 0.0) for scope in scopes(entry, facts)),
    )


def scopes(entry: Entry, facts: ModelFacts) -> tuple[str, str]:
    """The names under which failures are held: the account's and the model's."""
    return entry.account, f"{entry.account}|{facts.name}|{facts.capability}"


def _named(roster: Roster, asked: Asked) -> tuple[str | None, str | None]:
    """Take `provider/model` apart; a hub repository has a slash, too."""
    if asked.model is None:
        return asked.provider, None
    before, slash, after = asked.model.partition("/")
    named = slash and any(entry.provider.name == before for entry in roster.entries)
    # Whoever is named apart from the model wins: only that provider is asked, whatever the model's name begins with.
    if named and asked.provider in (None, before):
        return before, after
    return asked.provider, asked.model


def _offers(entries: Sequence[Entry], kind: ModelCapability, model: str | None) -> list[tuple[Entry, ModelFacts]]:
    if model is None:
        return [(entry, facts) for entry in entries for facts in entry.provider.models(kind)]
    known = [(entry, facts) for entry in entries if (facts := entry.provider.facts(kind, model))]
    # A cloud provider takes any name; it is asked only when nobody is known to have the model.
    listed = [(e, f) for e, f in known if e.provider.local or any(f.name == o.name for o in e.provider.models(kind))]
    return listed or known


def _private(policy: Policy, entry: Entry) -> str | None:
    if policy.privacy == "local" and not entry.provider.local:
        return "is not on this machine, and privacy is local"
    return None


def _expected(roster: Roster, entry: Entry, facts: ModelFacts, asked: Asked) -> Decimal | None:
    if entry.provider.local:
        return Decimal(0)
    if not asked.priced and roster.policy.strategy != "cost_optimized":
        return None
    price = roster.prices.expected(
        entry.provider.name,
        facts.name,
        capability=asked.capability,
        input_tokens=asked.need.input_tokens,
        output_tokens=asked.need.output_tokens or USUAL_ANSWER,
        audio_s=asked.audio_s,
    )
    return None if price is None else price.usd


# Tokens of an answer whose length the request leaves open, for the expected cost.
USUAL_ANSWER = 1000
