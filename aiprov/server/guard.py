"""Who is let in: the holder of the token, asking this very server, and no web page.

An ASGI wrapper around the whole application, so that no route can forget it. Knows nothing of what the routes do.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiprov.core.secret import Secret
from aiprov.server.replies import refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# These hold nothing of anybody's: the dashboard's own files, and whether the process is there.
OPEN = ("/", "/healthz", "/readyz", "/favicon.ico", "/docs")
OPEN_BELOW = "/static/"
# Where a recording may be sent.
UPLOADS = ("/v1/audio/transcriptions", "/api/v1/jobs")
_JSON, _FORM = "application/json", "multipart/form-data"
_READ_S = 20.0  # between two pieces of a body
_CHANGING = ("POST",)  # what no route takes is refused by the router


@dataclass(frozen=True, slots=True)
class Door:
    """The rules at the door.

    Attributes:
        token: What a client must show, in the header alone.
        hosts: What a `Host` header may say, in lower case.
        json_bytes: The largest body.
        upload_bytes: The largest body where recordings are sent.
    """

    token: Secret
    hosts: frozenset[str]
    json_bytes: int = 1 << 20
    upload_bytes: int = 1 << 30


class RefusedError(Exception):
    """A request that goes no further.

    Args:
        status: The HTTP status.
        code: A stable word.
        message: What is wrong, for people.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Guard:
    """Lets requests through to the application, or answers them itself.

    Args:
        application: What is guarded.
        door: The rules.
    """

    def __init__(self, application: Application, door: Door) -> None:
        self._application, self._door = application, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":  # a web socket: there are none
            return
        try:
            length = self._checked(scope)
        except RefusedError as refused:
            await refusal(refused.status, refused.code, refused.message)(scope, receive, send)
            return
        await self._application(scope, _limited(receive, length), _hardened(send))

    def _checked(self, scope: Scope) -> int:
        """The length of the body that may come."""
        headers = _Headers(scope["headers"])
        self._check_place(headers)
        _check_origin(headers)
        if not _is_open(scope):
            self._check_token(headers)
        return self._length(scope, headers)

    def _check_place(self, headers: _Headers) -> None:
        """A name that leads here without being ours is a web page's trick (DNS rebinding)."""
        host = headers.one("host")
        if host is None:
            raise RefusedError(400, "bad_host", "the request needs one Host header")
        if host.lower() not in self._door.hosts:
            raise RefusedError(403, "foreign_host", "this server is not called that")

    def _check_token(self, headers: _Headers) -> None:
        scheme, _, given = (headers.one("authorization") or "").partition(" ")
        expected = self._door.token.reveal().encode()
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode("latin-1"), expected):
            raise RefusedError(401, "unauthorized", "send the token as `Authorization: Bearer TOKEN`")

    def _length(self, scope: Scope, headers: _Headers) -> int:
        if headers.one("transfer-encoding") is not None:
            raise RefusedError(411, "length_required", "send the body with its Content-Length")
        text = headers.one("content-length")
        if text is None:
            if headers.has("content-length") or scope["method"] in _CHANGING:
                raise RefusedError(411, "length_required", "send the body with its Content-Length")
            return 0
        if not (text.isascii() and text.isdigit()) or len(text) > 18:
            raise RefusedError(400, "bad_length", "Content-Length is no number")
        uploads = scope["method"] == "POST" and scope["path"] in UPLOADS
        _check_kind(scope, headers, int(text), uploads=uploads)
        most = self._door.upload_bytes if uploads else self._door.json_bytes
        if int(text) > most:
            raise RefusedError(413, "too_large", f"the body may have {most} bytes at most")
        return int(text)


class _Headers:
    """Headers by name; one that comes twice is none."""

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self._raw = raw

    def has(self, name: str) -> bool:
        return any(key == name.encode() for key, _ in self._raw)

    def one(self, name: str) -> str | None:
        found = [value.decode("latin-1") for key, value in self._raw if key == name.encode()]
        return found[0] if len(found) == 1 else None


def _check_origin(headers: _Headers) -> None:
    """Browsers say which page asks: only one of this server's own may."""
    if headers.one("sec-fetch-site") in ("cross-site", "same-site"):
        raise RefusedError(403, "foreign_origin", "web pages of others may not ask")
    if headers.has("origin"):
        origin, host = headers.one("origin") or "", headers.one("host") or ""
        if origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
            raise RefusedError(403, "foreign_origin", "web pages of others may not ask")


def _check_kind(scope: Scope, headers: _Headers, length: int, *, uploads: bool) -> None:
    """Forms of web pages can send anything but JSON without being asked whether they may."""
    if scope["method"] not in _CHANGING or not length:
        return
    kind = (headers.one("content-type") or "").split(";")[0].strip().lower()
    if kind != _JSON and not (uploads and kind == _FORM):
        raise RefusedError(415, "unsupported_type", f"send {_JSON}{f' or {_FORM}' if uploads else ''}")


def _is_open(scope: Scope) -> bool:
    path = scope["path"]
    return scope["method"] in ("GET", "HEAD") and (path in OPEN or path.startswith(OPEN_BELOW))


def _limited(receive: Receive, length: int) -> Receive:
    """Receive no more than was announced, and not for ever."""
    got = 0

    async def limited() -> Message:
        nonlocal got
        if got >= length:  # the body is through: whoever waits now waits for the client to go
            return await receive()
        async with asyncio.timeout(_READ_S):
            message = await receive()
        got += len(message.get("body", b""))
        return message

    return limited


def _hardened(send: Send) -> Send:
    """Answers that a browser neither keeps, guesses at, frames nor lets load from elsewhere."""
    policy = (
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
        b"connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    added = [
        (b"content-security-policy", policy),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]

    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [*message.get("headers", [])]
            if not any(name.lower() == b"cache-control" for name, _ in kept):
                kept.append((b"cache-control", b"no-store"))
            message = {**message, "headers": kept + added}
        await send(message)

    return hardened
