"""The HTTP client beneath the SDKs, with bounds that they lack. Imported with the first call: it takes half a second.

Knows requests and replies as bytes and headers; knows no vendor.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx2

# All that a request carries. The SDKs add the machine's details, and whatever OPENAI_CUSTOM_HEADERS and its like hold:
# meant for one vendor, it would go to every server of that shape.
# fmt: off
_HEADERS = frozenset({
    "accept", "accept-encoding", "connection", "content-length", "content-type", "host", "transfer-encoding",
    "user-agent", "authorization", "x-api-key", "anthropic-version", "anthropic-beta",
})
# fmt: on


class ReplyTooLargeError(Exception):
    """A reply went past the limit."""


class BoundedClient(httpx2.AsyncClient):
    """Counts each reply after decompression, and sends no header but known ones.

    Args:
        max_reply_bytes: No reply may be larger, streams included.
        options: As httpx2 has them.
    """

    def __init__(self, max_reply_bytes: int, **options: Any) -> None:
        super().__init__(**options)
        self._max_reply_bytes = max_reply_bytes

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send a request without what it should not carry; the reply comes decompressed, through the counter.

        Raises:
            ReplyTooLargeError: The reply, or what is read of it later.
        """
        sent = await super().send(_bare(request), stream=True, **options)
        plain = [(name, value) for name, value in sent.headers.multi_items() if name not in _OF_THE_WIRE]
        reply = httpx2.Response(
            sent.status_code,
            headers=plain,
            stream=_Counted(sent, self._max_reply_bytes),
            request=request,
            extensions=sent.extensions,
        )
        if not stream:
            await reply.aread()
        return reply


_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, response: httpx2.Response, limit: int) -> None:
        self._response = response
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async with contextlib.aclosing(self._response.aiter_bytes()) as parts:
            async for part in parts:
                size += len(part)
                if size > self._limit:
                    raise ReplyTooLargeError
                yield part

    async def aclose(self) -> None:
        await self._response.aclose()


def _bare(request: httpx2.Request) -> httpx2.Request:
    headers = [(name, value) for name, value in request.headers.multi_items() if name in _HEADERS]
    return httpx2.Request(
        request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
    )
