"""How errors are told: one shape that OpenAI's clients read, with the hint that people need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

from aiprov.core.failures import Kind
from aiprov.core.redaction import Redactor
from aiprov.errors import AiprovError, BudgetReached, Busy, ConfigError, InputError, ProviderError, StorageError

# The manager has tried what can be tried: OpenAI's clients obey this and do not ask a second time.
NO_RETRY = {"x-should-retry": "false"}
_KINDS = {400: "invalid_request_error", 401: "authentication_error", 402: "insufficient_quota", 404: "not_found_error"}

# What a provider cannot do is a gateway's trouble, unless the request itself is what does not fit.
_OF_PROVIDERS: dict[str, int] = {
    Kind.RATE_LIMITED: 429,
    Kind.OVERLOADED: 503,
    Kind.QUOTA: 402,
    Kind.NOT_FOUND: 404,
    Kind.TIMEOUT: 504,
    Kind.TOO_LARGE: 413,
    Kind.CONTEXT_LENGTH: 400,
    Kind.CONTENT_FILTERED: 400,
    Kind.INVALID_REQUEST: 400,
    Kind.ENGINE: 500,
}
_ABSENT = ("unknown_model", "unknown_provider", "unknown_name", "no_archive")
_OF_OTHERS: Mapping[type[AiprovError], int] = {
    ConfigError: 400,
    InputError: 400,
    BudgetReached: 402,
    Busy: 409,
    StorageError: 507,
}


def body_of(code: str, message: str, hint: str | None = None, *, status: int = 500) -> dict[str, Any]:
    """The document of an error."""
    kind = _KINDS.get(status, "invalid_request_error" if status < 500 else "api_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code, "hint": hint}}


def refusal(status: int, code: str, message: str, hint: str | None = None, **headers: str) -> JSONResponse:
    """The answer to a request that is not served."""
    more = {"www-authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse(body_of(code, message, hint, status=status), status, {**NO_RETRY, **more, **_dashed(headers)})


def failure(error: AiprovError, redactor: Redactor) -> JSONResponse:
    """The answer when the work failed."""
    headers = {}
    if isinstance(error, ProviderError) and (wait := error.parked_s or error.retry_after_s):
        headers["retry_after"] = str(max(1, round(wait)))
    hint = None if error.hint is None else redactor.clean(error.hint)
    return refusal(status_of(error), error.code, redactor.clean(error.message), hint, **headers)


def status_of(error: AiprovError) -> int:
    """The HTTP status that says whose fault it was."""
    if isinstance(error, ProviderError):
        return _OF_PROVIDERS.get(error.code, 502)
    if isinstance(error, ConfigError) and error.code in (
        "unknown_model",
        "unknown_provider",
        "unknown_name",
        "no_archive",
    ):
        return 404
    return next((status for kind, status in _OF_OTHERS.items() if isinstance(error, kind)), 500)


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


_TEXT = {"type": "string"}
_MAYBE_TEXT = {"anyOf": [_TEXT, {"type": "null"}]}
ERROR_SCHEMA: dict[str, Any] = {
    "title": "Error",
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "code"],
            "properties": {"message": _TEXT, "type": _TEXT, "param": _MAYBE_TEXT, "code": _TEXT, "hint": _MAYBE_TEXT},
        }
    },
}
