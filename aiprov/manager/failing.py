"""What callers hear when somebody did not answer, is held back, or nobody did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from aiprov.core.failures import Kind
from aiprov.core.requests import ModelCapability
from aiprov.core.routing import Candidate
from aiprov.errors import AiprovError, BudgetReached, ConfigError, ProviderError
from aiprov.state import Hold

# What waiting alone does not mend.
_MENDED: dict[str, str] = {
    Kind.AUTH: "correct the key (`aiprov keys set {0}`), then `aiprov providers enable {0}` asks it again",
    Kind.QUOTA: "see to the account, then `aiprov providers enable {0}` asks it again",
}

# What a look at the list of models can tell to be over: it shows neither credit nor how fast one may ask.
SEEN = frozenset(Kind) - {Kind.QUOTA, Kind.RATE_LIMITED}


def late(candidate: Candidate, limit_s: float) -> ProviderError:
    """Nobody waits for ever."""
    return ProviderError(
        f"{candidate.provider} ({candidate.model}) did not answer within {limit_s:.0f} s",
        "try again later, or another provider",
        provider=candidate.provider,
        model=candidate.model,
        retryable=True,
        code=Kind.TIMEOUT,
    )


def elsewhere(candidate: Candidate) -> ProviderError:
    """Another process has been at the same for too long; who asks as well pays twice."""
    return ProviderError(
        f"another process is asking {candidate.provider} ({candidate.model}) the very same, and has no answer yet",
        "run the same command again when that one has ended",
        provider=candidate.provider,
        model=candidate.model,
        retryable=True,
        code=Kind.TIMEOUT,
    )


def held(candidate: Candidate, holds: Sequence[Hold], now: datetime) -> ProviderError:
    """Left alone after it failed; says for how long."""
    hold = max(holds, key=lambda each: each.until, default=Hold("", Kind.OVERLOADED, now, 0))
    wait_s = max(1.0, (hold.until - now).total_seconds())
    error = ProviderError(
        f"{candidate.provider} ({candidate.model}) is not asked for another {wait_s:.0f} s, after it failed: "
        f"{hold.kind.replace('_', ' ')}",
        _MENDED.get(hold.kind, "run the same command again then; `aiprov providers health` looks at it now").format(
            candidate.provider
        ),
        provider=candidate.provider,
        model=candidate.model,
        retry_after_s=wait_s,
        code=hold.kind,
    )
    error.parked_s = wait_s
    return error


def unmeasured(path: Path, candidate: Candidate) -> BudgetReached:
    """Under a cap, nothing is sent whose cost nobody can tell before."""
    return BudgetReached(
        f"the length of {path} is not known, and so not what {candidate.provider} ({candidate.model}) would charge for "
        "it, and a cap is set",
        "install what reads lengths (pip install 'aiprov[speech]'), or set no cap",
        code="unknown_length",
    )


def all_failed(errors: Sequence[AiprovError]) -> ProviderError:
    """One error that names every failure, in order."""
    last = next((error for error in reversed(errors) if isinstance(error, ProviderError)), errors[-1])
    found = ProviderError(
        "nobody answered: " + "; ".join(dict.fromkeys(error.message for error in errors)),
        last.hint,
        provider=getattr(last, "provider", ""),
        model=getattr(last, "model", None),
        status=getattr(last, "status", None),
        code=last.code,
    )
    waits = [error.parked_s for error in errors if isinstance(error, ProviderError) and error.parked_s is not None]
    found.parked_s = min(waits, default=None)
    return found


def nobody(capability: ModelCapability, left_out: Sequence[Candidate], errors: Sequence[ConfigError]) -> ConfigError:
    """Nobody can serve a request: why each is left out, and what would change that.

    Args:
        left_out: Every candidate with its refusal.
        errors: What kept those from serving that would have been asked, such as an engine that is not installed.
    """
    models: dict[tuple[str, str | None], list[str]] = {}
    for candidate in left_out:
        models.setdefault((candidate.provider, candidate.refusal), []).append(candidate.model)
    reasons = [f"{provider} ({', '.join(names)}) {refusal}" for (provider, refusal), names in models.items()]
    private = any("privacy is local" in (candidate.refusal or "") for candidate in left_out)
    hints = dict.fromkeys(error.hint for error in errors if error.hint)
    return ConfigError(
        f"nobody can do this {capability}: {'; '.join(reasons) or 'nobody is configured'}",
        "; or ".join([*hints, "`aiprov providers status` shows who there is"]),
        code=errors[0].code if errors else "privacy" if private else "no_provider",
    )
