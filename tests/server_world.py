"""A server on loopback, in a thread of its own, over fake providers: what its tests ask."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiprov.configfile import ConfigFile
from aiprov.core.secret import Secret
from aiprov.providers.base import Provider
from aiprov.server.serving import Place, serve
from aiprov.settings import Settings
from aiprov.wiring import Kit, build

TOKEN = "a-token-for-tests-0123456789"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    port: int
    kit: Kit

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def ask(self, method: str, path: str, document: Any = None, *, token: str | None = TOKEN, **headers: str) -> Reply:
        """Send one request; header names are written with underscores."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = None if document is None else json.dumps(document).encode()
        given = {"content-type": "application/json"} if body else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            given["authorization"] = f"Bearer {token}"
        with contextlib.closing(connection):
            connection.request(method, path, body, given)
            reply = connection.getresponse()
            return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())

    def raw(self, data: bytes) -> bytes:
        """Send bytes, and read what comes until the server hangs up or has answered."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as sock:
            sock.sendall(data)
            with contextlib.suppress(ConnectionError):
                return sock.recv(65536)
            return b""


def settings_in(home: Path, **more: Any) -> Settings:
    """Settings of a home that says nothing else."""
    return Settings(home=home, config=ConfigFile(path=home / "aiprov.yaml"), **more)


@contextlib.contextmanager
def running(home: Path, *providers: Provider, kit: Kit | None = None, **place: Any) -> Iterator[Running]:
    """Serve these providers until the block ends."""
    kit = kit or replace(build(settings_in(home)), providers=providers)
    ready, found = threading.Event(), list[Any]()

    async def main() -> None:
        def listens(address: str) -> None:
            found.extend(
                (asyncio.get_running_loop(), asyncio.current_task(), int(address.rstrip("/").rpartition(":")[2]))
            )
            ready.set()

        with contextlib.suppress(asyncio.CancelledError):
            await serve(kit, Place(port=0, **place), Secret(TOKEN), listens, lambda _: None)

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    try:
        assert ready.wait(30)
        yield Running(found[2], kit)
    finally:
        if found:
            found[0].call_soon_threadsafe(found[1].cancel)
        thread.join(30)
