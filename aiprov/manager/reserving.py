"""The most that a call can cost, to be reserved before it is made. Makes no call."""

from __future__ import annotations

from decimal import Decimal

from aiprov.core.routing import Candidate
from aiprov.manager.failing import unmeasured
from aiprov.manager.roster import USUAL_ANSWER, Roster
from aiprov.manager.tasks import R, Task

# Some scripts take up to 40 % more tokens than `estimated_tokens` says; vendors add some around the messages.
_HEADROOM, _HIDDEN_TOKENS = 1.5, 100
# A header's length may be a little less than what is billed.
LONGER = 1.02


def most(task: Task[R], roster: Roster, candidate: Candidate) -> Decimal | None:
    """US dollars; None when nobody knows the price. Estimates of tokens and headers' lengths can be too low.

    Raises:
        BudgetReached: A price is known and a cap is set, but not the length of the audio.
    """
    if candidate.local:
        return Decimal(0)
    need, kind = task.need, candidate.facts.capability
    price = roster.prices.expected(
        candidate.provider,
        candidate.model,
        capability=kind,
        input_tokens=int(need.input_tokens * _HEADROOM) + _HIDDEN_TOKENS,
        output_tokens=need.output_tokens or getattr(task, "ceiling", 0) or USUAL_ANSWER,
        audio_s=task.audio_s * LONGER + 1.0 if task.audio_s else 0.0,
    )
    if price is None and roster.policy.caps and not task.audio_s:
        priced = roster.prices.expected(candidate.provider, candidate.model, capability=kind, audio_s=1.0)
        if priced is not None:
            raise unmeasured(task.path, candidate)
    return None if price is None else price.usd
