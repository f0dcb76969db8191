"""HTTP on the wire: uvicorn's protocol, and what it leaves open. A client that says nothing is let go, headers have an
end, and a request names a path here, not an address elsewhere.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEADERS_S = 10.0  # from the first moment to the end of the headers
_HEADERS_BYTES = 32 << 10
_MOST_CONNECTIONS = 512


class Protocol(HttpToolsProtocol):
    """One connection."""

    _patience: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait, or refuse one connection too many."""
        super().connection_made(transport)
        if len(self.connections) > _MOST_CONNECTIONS:
            transport.abort()
            return
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, as long as the headers stay within their size."""
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > _HEADERS_BYTES:
                self._refused("the headers are too large")

    def on_message_begin(self) -> None:
        """A request begins; on a connection that is kept, another one."""
        super().on_message_begin()
        if not self._in_head:
            self._begin_head()

    def on_headers_complete(self) -> None:
        """The headers are through: look at what they ask for."""
        self._in_head = False
        self._stop_waiting()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > _HEADERS_BYTES or not self.url.startswith(b"/"):
            self._refused("the request cannot be read")
            return
        super().on_headers_complete()

    def _begin_head(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self._stop_waiting()
        self._patience = self.loop.call_later(_HEADERS_S, self._given_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _given_up(self) -> None:
        self.transport.abort()

    def _refused(self, why: str) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.send_400_response(why)
