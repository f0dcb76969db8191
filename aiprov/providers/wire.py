"""What all adapters over HTTP share: the client, checked addresses and keys, and the SDKs' exceptions translated.

Knows how HTTP and the vendors' SDKs fail; knows no vendor's requests and answers.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiprov.core.failures import Kind
from aiprov.errors import AiprovError, ConfigError, ProviderError
from aiprov.providers.refusals import bad_response, failed, kind_of, remedy, retry_after_s, said

if TYPE_CHECKING:
    import httpx2

__all__ = [
    "MAX_REPLY_BYTES", "bad_response", "checked_base_url", "checked_key", "failed", "host_of", "http_client",
    "is_this_machine", "kind_of", "retry_after_s", "translating",
]  # fmt: skip

MAX_REPLY_BYTES = 64 << 20
_CONNECT_S, _READ_S = 10.0, 1800.0
_THIS_MACHINE = ("all://localhost", "all://127.0.0.1", "all://[::1]")


def http_client(max_reply_bytes: int = MAX_REPLY_BYTES) -> httpx2.AsyncClient:
    """A client that follows no redirect, bounds every reply after decompression, and sends no header but known ones.

    Reads have a generous limit each; the caller owns the deadline of the whole. Proxies come from the environment, but
    never for this machine: what is local would leave it.
    """
    import httpx2

    from aiprov.providers.bounded_http import BoundedClient

    timeout = httpx2.Timeout(_READ_S, connect=_CONNECT_S)
    return BoundedClient(max_reply_bytes, follow_redirects=False, timeout=timeout, mounts=dict.fromkeys(_THIS_MACHINE))


def checked_base_url(url: str, *, named_by: str) -> str:
    """The address without a slash at its end, where requests may go: https, or http to this machine.

    Args:
        url: As the user wrote it.
        named_by: The setting that holds it, for the message; the address itself may hold a password.

    Raises:
        ConfigError: It cannot be used.
    """
    hint = f"set {named_by} to an address such as https://api.example.com/v1"
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(f"{named_by} is not an address", hint) from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\\\x00-\x1f\x7f]", url.strip()):
        raise ConfigError(f"{named_by} is not an address", hint)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(f"{named_by} holds a user name, a query or a fragment, which would show in logs", hint)
    if parts.scheme == "http" and not is_this_machine(url):
        raise ConfigError(f"{named_by} would send keys and transcripts over plain http to another machine", hint)
    return url.strip().rstrip("/")


def is_this_machine(base_url: str) -> bool:
    """Whether an address stays on this machine."""
    host = urlsplit(base_url.strip()).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def host_of(base_url: str) -> str:
    """The host, with its port where the address names one."""
    return urlsplit(base_url).netloc.rpartition("@")[2]


def checked_key(key: str, provider: str) -> str:
    """The key, if a header can carry it: the HTTP client's own error would repeat it.

    Raises:
        ConfigError: It holds spaces, line ends or other characters that no key has.
    """
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise ConfigError(f"the key for {provider} holds characters that no key has", "copy the key again, and only it")
    return key


@contextlib.asynccontextmanager
async def translating(sdk: ModuleType, provider: str, model: str) -> AsyncIterator[None]:
    """Turn all that goes wrong with a call inside into a ProviderError; the package's own errors pass.

    Args:
        sdk: `openai` or `anthropic`.
        provider: Its name here.
        model: The model asked; "" when the call concerns none.
    """
    import httpx2

    from aiprov.providers.bounded_http import ReplyTooLargeError

    # The SDKs look into answers without checking them first: an answer of another form raises any of the last line.
    failures = (
        sdk.APIError.__base__, httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ReplyTooLargeError,
        ssl.SSLError, ConnectionError, TimeoutError,
        ValueError, TypeError, AssertionError, AttributeError, LookupError, RecursionError,
    )  # fmt: skip
    try:
        yield
    except AiprovError:
        raise
    except failures as error:
        # The original holds the request with its key, and the vendor's words.
        raise _translated(error, sdk, provider, model) from None


def _translated(error: Any, sdk: ModuleType, provider: str, model: str) -> ProviderError:
    import httpx2

    causes = list(_causes(error))
    found = _named(error, causes, sdk, provider, model)
    found.unsent = any(isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout) for cause in causes)
    return found


def _named(error: Any, causes: list[BaseException], sdk: ModuleType, provider: str, model: str) -> ProviderError:
    import httpx2

    from aiprov.providers.bounded_http import ReplyTooLargeError

    if any(isinstance(cause, UnicodeEncodeError) for cause in causes):
        return failed(Kind.INVALID_REQUEST, provider, model, why="the text has characters that UTF-8 cannot say")
    if any(isinstance(cause, ReplyTooLargeError) for cause in causes):
        return bad_response(provider, model, "the reply is too large")
    if any(isinstance(cause, httpx2.DecodingError) for cause in causes):
        return bad_response(provider, model, "the reply cannot be decompressed")
    if isinstance(error, sdk.APIStatusError):
        return _refused(error, provider, model)
    if isinstance(error, sdk.APITimeoutError | httpx2.TimeoutException | TimeoutError):
        return failed(Kind.TIMEOUT, provider, model)
    if isinstance(error, sdk.APIConnectionError | httpx2.TransportError | ssl.SSLError | ConnectionError):
        return failed(Kind.NETWORK, provider, model, why=_broken(causes))
    if type(error) is sdk.APIError:  # an error event in the midst of a stream
        return failed(kind_of(0, *said(error.body)), provider, model, why="in the midst of its answer")
    return bad_response(provider, model, "the reply is not in the form of an answer")


def _refused(error: Any, provider: str, model: str) -> ProviderError:
    status, headers = error.status_code, error.response.headers
    kind = kind_of(status, *said(error.body))
    return failed(
        kind,
        provider,
        model,
        why="it redirects elsewhere, which is not followed" if 300 <= status < 400 else None,
        status=status,
        request_id=headers.get("x-request-id") or headers.get("request-id"),
        retry_after_s=retry_after_s(headers, lambda: datetime.now(UTC)),
        hint=remedy(error.body) if kind == Kind.INVALID_REQUEST else None,
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _causes(each)
        # httpcore2 raises its errors around the system's, without naming them as the cause.
        inside = error.args[0] if error.args else None
        error = error.__cause__ or (inside if isinstance(inside, BaseException) else None)


def _broken(causes: list[BaseException]) -> str:
    """Why there is no connection, in a few words: the SDKs say only that there is none."""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate is not trusted"
        if isinstance(cause, ssl.SSLError):
            return "no secure connection can be made"
        if isinstance(cause, socket.gaierror):
            return "its name cannot be resolved"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
    return "the connection broke off"
