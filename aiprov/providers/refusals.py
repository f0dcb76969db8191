"""What a provider's refusal means, and how it is told: status, code and headers become a ProviderError.

What a vendor says about a failure decides its kind and is then dropped: vendors repeat keys and inputs in it. Knows
neither sockets nor SDKs.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from aiprov.core.failures import RULES, Kind
from aiprov.core.redaction import looks_like_key
from aiprov.errors import ProviderError

# Error codes and types that say more than the status. Sources: OpenAI's error codes guide, Anthropic's errors page.
_CODES: dict[str, Kind] = {
    "insufficient_quota": Kind.QUOTA,
    "billing_hard_limit_reached": Kind.QUOTA,
    "billing_not_active": Kind.QUOTA,
    "billing_error": Kind.QUOTA,
    "enforced_spend_limit_reached": Kind.QUOTA,
    "contract_spend_limit_reached": Kind.QUOTA,
    "linked_organization_spend_limit_reached": Kind.QUOTA,
    "linked_organization_billing_unavailable": Kind.QUOTA,
    "user_profile_not_billable": Kind.QUOTA,
    "organization_on_hold": Kind.AUTH,
    "image_dimensions_too_large": Kind.TOO_LARGE,
    "invalid_api_key": Kind.AUTH,
    "authentication_error": Kind.AUTH,
    "permission_error": Kind.AUTH,
    "model_not_found": Kind.NOT_FOUND,
    "not_found_error": Kind.NOT_FOUND,
    "context_length_exceeded": Kind.CONTEXT_LENGTH,
    "string_above_max_length": Kind.CONTEXT_LENGTH,
    "content_filter": Kind.CONTENT_FILTERED,
    "content_policy_violation": Kind.CONTENT_FILTERED,
    "moderation_blocked": Kind.CONTENT_FILTERED,
    "request_too_large": Kind.TOO_LARGE,
    "overloaded_error": Kind.OVERLOADED,
    "rate_limit_error": Kind.RATE_LIMITED,
    "rate_limit_exceeded": Kind.RATE_LIMITED,
    "timeout_error": Kind.TIMEOUT,
}
_STATUSES: dict[int, Kind] = {
    401: Kind.AUTH,
    402: Kind.QUOTA,
    403: Kind.AUTH,
    404: Kind.NOT_FOUND,
    408: Kind.TIMEOUT,
    409: Kind.SERVER,
    410: Kind.NOT_FOUND,
    413: Kind.TOO_LARGE,
    429: Kind.RATE_LIMITED,
    503: Kind.OVERLOADED,
    529: Kind.OVERLOADED,
}
_PATTERNS = (
    (re.compile(r"context.{0,10}(length|window|size)|prompt is too long|too many tokens|maximum.{0,20}tokens", re.I),
     Kind.CONTEXT_LENGTH),
    (re.compile(r"content.{0,20}(filter|policy)|safety system|usage policies", re.I), Kind.CONTENT_FILTERED),
    (re.compile(r"credit balance|specified API usage limits", re.I), Kind.QUOTA),
)  # fmt: skip

_WORDS: dict[Kind, tuple[str, str]] = {
    Kind.RATE_LIMITED: ("asks to slow down", "try again later, or with fewer jobs at a time"),
    Kind.OVERLOADED: ("is overloaded", "try again later"),
    Kind.QUOTA: ("has no credit left for this key", "add credit or raise the limit in the provider's billing settings"),
    Kind.AUTH: ("refused the key", "check the provider's key, and that it may use this model"),
    Kind.NOT_FOUND: ("does not know what was asked for", "check the model's name, and the base URL where one is set"),
    Kind.TIMEOUT: ("did not answer in time", "try again later"),
    Kind.NETWORK: ("could not be reached", "check the network, and the base URL where one is set"),
    Kind.SERVER: ("failed on its side", "try again later"),
    Kind.TOO_LARGE: ("does not take anything this large", "split or compress the input, or use another provider"),
    Kind.CONTEXT_LENGTH: ("cannot read that much at once", "shorten the input, or use a model with a larger context"),
    Kind.CONTENT_FILTERED: ("refused the content", "use another provider if its rules allow this content"),
    Kind.INVALID_REQUEST: ("refused the request", "the model may not take one of the options; try it without them"),
    Kind.BAD_RESPONSE: ("gave no usable answer", "try again; if it stays, check the base URL where one is set"),
}

_STATED = "or state `{}` of this model in aiprov.yaml"
_TIMES = f"ask for no times, {_STATED.format('words: false, segments: false')}"
# What to do when a refusal names what a model does not take, by the names under which it is sent.
_REMEDIES: dict[str, str] = {
    "temperature": f"leave the temperature out, {_STATED.format('temperature: false')}",
    "max_completion_tokens": "give another max_tokens, or none",
    "max_tokens": "give another max_tokens, or none",
    "timestamp_granularities": _TIMES,
    "verbose_json": _TIMES,
    "response_format": f"ask for no times and no schema, {_STATED.format('words: false, segments: false')}, or there "
    "`json_schema: false` of one that chats",
    "output_config": f"ask for no response_schema, {_STATED.format('json_schema: false')}",
    "keywords": f"give no hotwords, {_STATED.format('prompt: false')}",
    "prompt": f"give no prompt and no hotwords, {_STATED.format('prompt: false')}",
    "language": "name no language: the model detects it",
    "image_url": "send no image, or name a model that takes them",
}
_NAMES = "|".join(_REMEDIES)
_IN_PARAM = re.compile(rf"(?:^|[.\]])({_NAMES})(?:$|[.\[])")
_IN_MESSAGE = re.compile(rf"['\"`]({_NAMES})['\"`]|^({_NAMES}):")


def said(body: object) -> tuple[str | None, str]:
    """The code and the message in the body of an error, in any of the forms that servers use."""
    outer, inner, error = _parts(body)
    details = error.get("details")
    named = [error.get("code"), details.get("error_code") if isinstance(details, dict) else None, error.get("type")]
    codes = [code for code in named if isinstance(code, str)]
    known = [code for code in codes if code in _CODES]
    message = error.get("message", outer.get("detail", inner))
    return next(iter(known or codes), None), message if isinstance(message, str) else ""


def remedy(body: object) -> str | None:
    """What to do about a refusal that names one of the parameters that are sent; None where it names none.

    Sources: OpenAI's errors name it as `param` and between quotes, Anthropic's between backticks or before a colon.
    """
    param, message = _parts(body)[2].get("param"), said(body)[1]
    found = _IN_PARAM.search(param) if isinstance(param, str) else None
    found = found or _IN_MESSAGE.search(message)
    return None if found is None else _REMEDIES[next(name for name in found.groups() if name)]


def _parts(body: object) -> tuple[dict[str, Any], object, dict[str, Any]]:
    """The body, what it has under `error`, and the one of them that is the error's document."""
    outer = body if isinstance(body, dict) else {}
    inner = outer.get("error")
    return outer, inner, inner if isinstance(inner, dict) else outer


def kind_of(status: int, code: str | None, message: str) -> Kind:
    """What kind of failure a refusal is.

    Args:
        status: The HTTP status; 0 when the refusal came in the midst of a stream.
        code: The vendor's code or type.
        message: The vendor's words; they count only where nothing else tells (400, 422, and no status).
    """
    # Some servers give a request that is too large the code of a rate limit: waiting does not help it.
    if status == 413:
        return Kind.TOO_LARGE
    if code in _CODES:
        return _CODES[code]
    if status in (0, 400, 422):
        for pattern, kind in _PATTERNS:
            if pattern.search(message):
                return kind
    if status in _STATUSES:
        return _STATUSES[status]
    return Kind.INVALID_REQUEST if 300 <= status < 500 else Kind.SERVER


def failed(
    kind: Kind,
    provider: str,
    model: str,
    *,
    why: str | None = None,
    status: int | None = None,
    request_id: str | None = None,
    retry_after_s: float | None = None,
    hint: str | None = None,
) -> ProviderError:
    """The error for a kind of failure; `why` and `hint`, in place of the usual one, are words of ours."""
    words, usual = _WORDS[kind]
    where = ", ".join(part for part in (model, f"HTTP {status}" if status else "") if part)
    return ProviderError(
        f"{provider} {words}" + (f" ({where})" if where else "") + (f": {why}" if why else ""),
        hint or usual,
        provider=provider,
        model=model or None,
        status=status,
        request_id=_identifier(request_id),
        retry_after_s=retry_after_s,
        retryable=RULES[kind].retries > 0,
        code=kind.value,
    )


def _identifier(request_id: str | None) -> str | None:
    """What can be an identifier: some servers put whatever they were sent into the header."""
    if request_id is None or not re.fullmatch(r"[\w.:-]{1,128}", request_id) or looks_like_key(request_id):
        return None
    return request_id


def bad_response(provider: str, model: str, why: str) -> ProviderError:
    """The error for a reply that is no answer; `why` says what is wrong with its form, without repeating it."""
    return failed(Kind.BAD_RESPONSE, provider, model, why=why)


def retry_after_s(headers: Mapping[str, str], now: Callable[[], datetime]) -> float | None:
    """Seconds that a reply asks to wait, from `retry-after-ms` or `retry-after`; None for nonsense.

    Args:
        headers: Of the reply, with lower-case names or a mapping that ignores case.
        now: The time with its zone, asked for when the header is a date.

    Source: RFC 9110, section 10.2.3; `retry-after-ms` is OpenAI's and Azure's.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        seconds = _seconds(value, unit, now) if value is not None else math.nan
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    return None


def _seconds(value: str, unit: float, now: Callable[[], datetime]) -> float:
    with contextlib.suppress(ValueError):
        return float(value) * unit
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return math.nan
    return (date.replace(tzinfo=date.tzinfo or UTC) - now()).total_seconds()
