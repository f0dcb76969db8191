"""Running the server: where it listens, how long it waits, and how it stops."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from aiprov.core.secret import Secret
from aiprov.errors import ConfigError
from aiprov.server.app import create
from aiprov.server.desk import Desk
from aiprov.server.guard import Door
from aiprov.server.protocol import Protocol
from aiprov.wiring import Kit

_BACKLOG = 512
_GRACE_S = 20  # for what is under way when it is asked to stop
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server listens.

    Attributes:
        host: An address.
        port: 0 takes a free one.
        expose: It may be one that others reach.
        names: What it is called besides, as in a `Host` header.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    expose: bool = False
    names: tuple[str, ...] = ()


def listening(place: Place) -> socket.socket:
    """Take the address.

    Raises:
        ConfigError: It is not this machine's own without `expose`, or it is taken.
    """
    if place.host not in _LOOPBACK and not place.expose:
        raise ConfigError(
            f"{place.host} can be reached by others", "add --expose if that is meant; best behind a proxy with TLS"
        )
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where it is told that this is TCP; otherwise every answer waits 40 ms.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((place.host, place.port))
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise ConfigError(
            f"cannot listen on {place.host}:{place.port}: {error.strerror or error}", "choose another --port"
        ) from error
    return sock


def door_of(place: Place, port: int, token: Secret) -> Door:
    """Who is let in at that place. Behind `expose`, the names that were given, and the address itself."""
    hosts = (*_LOOPBACK, "[::1]", place.host, *place.names)
    return Door(token, frozenset(name.lower() for host in hosts for name in (host, f"{host}:{port}")))


async def serve(
    kit: Kit, place: Place, token: Secret, ready: Callable[[str], None], told: Callable[[str], None]
) -> None:
    """Serve until SIGINT or SIGTERM; what is under way gets some seconds to end.

    Args:
        kit: Its manager is served; it is closed at the end.
        ready: Hears the address when it listens.
        told: Hears of changes of the configuration.

    Raises:
        ConfigError: The address cannot be used.
    """
    with contextlib.closing(listening(place)) as sock:
        port = sock.getsockname()[1]
        desk = Desk(kit)
        config = uvicorn.Config(
            create(desk, door_of(place, port, token)),
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_GRACE_S,
        )
        beside = [asyncio.create_task(each) for each in (kit.service.watch(told), desk.queue.work())]
        shown = f"[{place.host}]" if ":" in place.host else place.host
        ready(f"http://{shown}:{port}/")
        try:
            await uvicorn.Server(config).serve([sock])
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await kit.aclose()
