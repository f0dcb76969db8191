"""How providers fail, and what each failure means: for this call, for the next provider, for this provider's name.

The kinds are the `code` of a ProviderError. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Scope = Literal["none", "model", "account"]


class Kind(StrEnum):
    """What went wrong. Source of the distinctions: the vendors' error pages, and what their SDKs raise."""

    RATE_LIMITED = "rate_limited"  # 429: too many requests or tokens at the moment
    OVERLOADED = "overloaded"  # 503, 529
    QUOTA = "quota_exhausted"  # 402, 429 insufficient_quota: no money left there
    AUTH = "auth"  # 401, 403
    NOT_FOUND = "model_not_found"  # 404, 410: unknown or retired model
    TIMEOUT = "timeout"  # 408, or our own deadline
    NETWORK = "network"  # no connection, or it broke; TLS and DNS too
    SERVER = "server_error"  # 409, 500, 502, 504
    TOO_LARGE = "too_large"  # 413, or more than the model takes
    CONTEXT_LENGTH = "context_length"  # 400: more tokens than the model reads
    CONTENT_FILTERED = "content_filtered"
    INVALID_REQUEST = "invalid_request"  # 400, 422 and redirects: asking again does not help
    BAD_RESPONSE = "bad_response"  # 200, and still no answer: HTML, no usage, cut short, wrong types
    BAD_RESULT = "bad_result"  # an answer that cannot be right: empty, looping
    ENGINE = "engine"  # a local engine could not load or run the model


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows from a kind of failure.

    Attributes:
        retries: How often the same call may be tried again at the same place.
        elsewhere: Whether another provider could do better.
        scope: What it is held against: the model, the whole account, or nobody.
        trips: So many in a row open the breaker of that scope; 1 at once.
        hold_s: For so long, at first.
    """

    retries: int
    elsewhere: bool
    scope: Scope = "none"
    trips: int = 0
    hold_s: float = 0.0


_HOUR_S = 3600.0

RULES: dict[Kind, Rule] = {
    Kind.RATE_LIMITED: Rule(3, elsewhere=True, scope="model", trips=1, hold_s=5.0),
    Kind.OVERLOADED: Rule(3, elsewhere=True, scope="model", trips=5, hold_s=30.0),
    Kind.QUOTA: Rule(0, elsewhere=True, scope="account", trips=1, hold_s=_HOUR_S),
    Kind.AUTH: Rule(0, elsewhere=True, scope="account", trips=1, hold_s=_HOUR_S),
    Kind.NOT_FOUND: Rule(0, elsewhere=True, scope="model", trips=1, hold_s=_HOUR_S),
    Kind.TIMEOUT: Rule(2, elsewhere=True, scope="model", trips=5, hold_s=30.0),
    Kind.NETWORK: Rule(2, elsewhere=True, scope="model", trips=5, hold_s=30.0),
    Kind.SERVER: Rule(3, elsewhere=True, scope="model", trips=5, hold_s=30.0),
    Kind.TOO_LARGE: Rule(0, elsewhere=True),
    Kind.CONTEXT_LENGTH: Rule(0, elsewhere=True),
    Kind.CONTENT_FILTERED: Rule(0, elsewhere=True),
    Kind.INVALID_REQUEST: Rule(0, elsewhere=False),
    Kind.BAD_RESPONSE: Rule(1, elsewhere=True, scope="model", trips=5, hold_s=30.0),
    Kind.BAD_RESULT: Rule(1, elsewhere=True),
    Kind.ENGINE: Rule(0, elsewhere=True),
}


def rule_of(code: str) -> Rule:
    """The rule for an error's code; an unknown one is neither retried nor handed on."""
    return RULES[Kind(code)] if code in _CODES else Rule(0, elsewhere=False)


_CODES = frozenset(kind.value for kind in Kind)
