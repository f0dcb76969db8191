"""Who is asked for one request, in which order, and who is not and why. Makes no call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aiprov.core.identity import request_hash
from aiprov.core.requests import ModelCapability
from aiprov.core.routing import Candidate, ordered
from aiprov.errors import ConfigError
from aiprov.manager.failing import nobody
from aiprov.manager.identities import identity_of, sent
from aiprov.manager.roster import Policy, Roster
from aiprov.manager.tasks import R, Task

_STAYS = "is not on this machine, and cloud fallback is never"
_ALONE = "the strategy priority asks the first alone"


@dataclass(frozen=True, slots=True)
class Route:
    """Who could serve one request, decided before anything is done.

    Attributes:
        capability: The kind of work.
        order: In the order in which they are asked; one for each provider.
        identities: What of the request, at each of them, is the same for every content.
        left_out: The others, each with its refusal.
        errors: What kept those from serving that would have been asked, such as an engine that is not installed.
    """

    capability: ModelCapability
    order: tuple[Candidate, ...]
    identities: tuple[Mapping[str, object], ...]
    left_out: tuple[Candidate, ...]
    errors: tuple[ConfigError, ...] = ()

    def hashes(self, content_sha256: str) -> list[str]:
        """The request's hash at each of them, for one content: an answer under any of these is an answer."""
        return [request_hash(self.capability, content_sha256, identity) for identity in self.identities]

    def checked(self) -> Route:
        """The same, if it leads anywhere.

        Raises:
            ConfigError: Nobody can serve the request; the message says why for each.
        """
        if self.order:
            return self
        if len(self.errors) == 1 and len(self.left_out) == 1:
            raise self.errors[0]
        raise nobody(self.capability, self.left_out, self.errors)


def routed(roster: Roster, task: Task[R], found: Sequence[Candidate]) -> Route:
    """Decide who is asked for a task, also where nobody is left.

    Args:
        found: Every provider's candidate for it.
    """
    able, left_out = _one_each(found, times=task.need.times)
    order = ordered(able, roster.policy.strategy)
    stays = _stays(roster.policy, order)
    kept, identities, errors = [], [], []
    for candidate in order:
        entry = roster.entry(candidate.provider)
        try:
            identity = identity_of(sent(task, entry), entry, candidate.model)
        except ConfigError as error:  # its engine is not installed
            left_out.append(replace(candidate, refusal=error.message))
            errors.append(error)
            continue
        if stays and not candidate.local:
            left_out.append(replace(candidate, refusal=_STAYS))
        else:
            kept.append(candidate)
            identities.append(identity)
    if len(order) < len(able):
        left_out += [replace(candidate, refusal=_ALONE) for candidate in able if candidate not in order]
    return Route(task.need.capability, tuple(kept), tuple(identities), tuple(left_out), tuple(errors))


def _stays(policy: Policy, order: Sequence[Candidate]) -> bool:
    """Whether the request stays on this machine: falling back from there to the cloud needs leave."""
    return policy.cloud_fallback == "never" and bool(order) and order[0].local


def _one_each(found: Sequence[Candidate], *, times: bool) -> tuple[list[Candidate], list[Candidate]]:
    """Of each provider its first model that can serve, where times are needed one that gives them; all that cannot."""
    able: dict[str, Candidate] = {}
    for candidate in sorted(found, key=lambda each: times and not (each.facts.segments or each.facts.words)):
        if candidate.refusal is None:
            able.setdefault(candidate.provider, candidate)
    return list(able.values()), [candidate for candidate in found if candidate.refusal is not None]
