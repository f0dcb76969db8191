"""Who can serve a request, in which order, and what to do when one fails. Pure: facts in, decisions out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from aiprov.core.failures import rule_of
from aiprov.core.requests import ModelCapability

Strategy = Literal["fallback", "priority", "cost_optimized"]
Action = Literal["retry", "next", "park", "give_up"]

# A wait up to this many seconds is worth a worker's time; a longer one parks the item while others go on.
PATIENCE_S = 60.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 8.0


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What one model of one provider can do. None means: no limit that anybody states.

    Attributes:
        name: As the provider calls it.
        capability: What kind of work it does; a model that sees is a `chat` model with `images`.
        words: Gives word times (transcription).
        segments: Gives segment times.
        translates: Translates into English.
        speakers: Tells speakers apart.
        prompt: Takes a prompt or hotwords.
        languages: ISO 639-1 codes it knows; empty for all.
        max_bytes: Largest file.
        max_audio_s: Longest recording.
        context_tokens: Tokens it reads and writes together.
        max_output_tokens: Longest answer.
        images: Takes pictures.
        json_schema: Can be held to a schema by the provider.
        temperature: Takes a temperature.
        dimension: Length of its vectors.
        shutdown: ISO date after which it is gone.
        successor: What to use instead.
    """

    name: str
    capability: ModelCapability
    words: bool = False
    segments: bool = False
    translates: bool = False
    speakers: bool = False
    prompt: bool = False
    languages: tuple[str, ...] = ()
    max_bytes: int | None = None
    max_audio_s: float | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    images: bool = False
    json_schema: bool = False
    temperature: bool = True
    dimension: int | None = None
    shutdown: str | None = None
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What a request asks of a model.

    Attributes:
        times: Segment times are needed. A model that gives none is sent short pieces, whose places are the times;
            one that gives them is preferred.
        language: ISO 639-1, or None when it is to be detected.
        translates: The answer is to be in English.
        input_tokens: Estimate of what is read.
        output_tokens: Most that is written; 0 when the request leaves it open.
        images: There are pictures.
        json_schema: The answer has to fit a schema.
    """

    capability: ModelCapability
    times: bool = False
    language: str | None = None
    translates: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    images: bool = False
    json_schema: bool = False


def unfit(need: Need, facts: ModelFacts, today: str) -> str | None:
    """Why a model cannot do what is needed, in a few words; None when it can. `today` is an ISO date."""
    if facts.capability != need.capability:
        return f"does {facts.capability}, not {need.capability}"
    if facts.shutdown and facts.shutdown <= today:
        return f"was shut down on {facts.shutdown}" + (f"; use {facts.successor}" if facts.successor else "")
    if need.translates and not facts.translates:
        return "does not translate"
    if need.language and facts.languages and need.language not in facts.languages:
        return f"does not know the language {need.language}"
    if need.images and not facts.images:
        return "takes no images"
    return _too_long(need, facts)


def _too_long(need: Need, facts: ModelFacts) -> str | None:
    if need.capability == ModelCapability.EMBEDDING:  # each text stands for itself
        return None
    if facts.context_tokens and need.input_tokens + need.output_tokens > facts.context_tokens:
        asked = need.input_tokens + need.output_tokens
        return f"reads {facts.context_tokens} tokens, and about {asked} are asked of it"
    if facts.max_output_tokens and need.output_tokens > facts.max_output_tokens:
        return f"writes at most {facts.max_output_tokens} tokens"
    return None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model of one provider, seen for one request.

    Attributes:
        local: It runs on this machine.
        cost: Expected cost of this very request in US dollars; None when it is unknown.
        refusal: Why it is left out; None when it is not.
        held_s: Seconds for which its breaker stays open; 0 when it is closed.
    """

    provider: str
    facts: ModelFacts
    priority: int
    local: bool = False
    cost: Decimal | None = None
    refusal: str | None = None
    held_s: float = 0.0

    @property
    def model(self) -> str:
        """The model's name."""
        return self.facts.name


def ordered(candidates: Sequence[Candidate], strategy: Strategy) -> list[Candidate]:
    """The candidates that may serve, in the order in which a strategy tries them.

    A held one comes after those that are not: it is asked only when nobody else is left. `priority` keeps one.
    """
    able = [candidate for candidate in candidates if candidate.refusal is None]
    if strategy == "cost_optimized":
        able.sort(key=lambda c: (c.held_s > 0, c.cost is None, c.cost or Decimal(0), c.priority, c.provider))
    else:
        able.sort(key=lambda c: (c.held_s > 0, c.priority, c.provider))
    return able[:1] if strategy == "priority" else able


def reason(chosen: Candidate, strategy: Strategy, hop: int) -> str:
    """Why a candidate was asked, in one short sentence."""
    if hop:
        return f"the {hop} before it failed" if hop > 1 else "the one before it failed"
    if strategy == "cost_optimized":
        return "the cheapest for this request" if chosen.cost is not None else "the only one, at an unknown price"
    return f"the first in order of priority ({chosen.priority})"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an item has come when a call fails.

    Attributes:
        retried: How often this candidate was tried again already.
        others: Whether another candidate is left.
        left_s: Seconds until the item's deadline.
        calls_left: Calls that the item may still make.
    """

    retried: int
    others: bool
    left_s: float
    calls_left: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do after a failure; `wait_s` seconds before a retry, or until a parked item is worth another run."""

    action: Action
    wait_s: float = 0.0


def decide(code: str, retry_after_s: float | None, standing: Standing, jitter: float) -> Decision:
    """What to do after a failure.

    Args:
        code: The error's code.
        retry_after_s: What the provider asked for, if anything; a shorter wait than our own does not count.
        standing: How far the item has come.
        jitter: A random number, 0..1; the wait without a provider's wish is full jitter.
    """
    rule = rule_of(code)
    if standing.calls_left <= 0:
        return Decision("give_up")
    if standing.retried >= rule.retries:
        return Decision("next") if rule.elsewhere and standing.others else Decision("give_up")
    wait_s = max(backoff_s(standing.retried, jitter), retry_after_s or 0.0)
    if wait_s > min(PATIENCE_S, standing.left_s):
        return Decision("next") if rule.elsewhere and standing.others else Decision("park", wait_s)
    return Decision("retry", wait_s)


def backoff_s(retried: int, jitter: float) -> float:
    """Seconds to wait before the next try: full jitter below a ceiling that doubles from 0.5 to 8 seconds."""
    return jitter * min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(retried, 16))
