"""Something that changes, as server-sent events: a document each time it is another one, until it is final."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

_LOOK_S = 0.5
_ALIVE_S = 15.0  # proxies hang up on a connection that says nothing
KIND = "text/event-stream"
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The document, or its changes.", "content": {"application/json": {}, KIND: {}}}
}


async def shown(
    request: Request, look: Callable[[], Mapping[str, Any]], over: Callable[[Mapping[str, Any]], bool]
) -> Response:
    """The document; or, to who accepts events, the document again whenever it changes.

    Args:
        look: Gives the document as it is now; called in a thread.
        over: Whether it will not change any more.
    """
    document = await asyncio.to_thread(look)
    if KIND not in request.headers.get("accept", ""):
        return JSONResponse(document)
    return StreamingResponse(_changes(document, look, over), media_type=KIND)


async def _changes(
    document: Mapping[str, Any], look: Callable[[], Mapping[str, Any]], over: Callable[[Mapping[str, Any]], bool]
) -> AsyncIterator[str]:
    quiet_s = 0.0
    yield _event(document)
    while not over(document):
        await asyncio.sleep(_LOOK_S)
        now = await asyncio.to_thread(look)
        if now != document:
            document, quiet_s = now, 0.0
            yield _event(document)
        elif (quiet_s := quiet_s + _LOOK_S) >= _ALIVE_S:
            quiet_s = 0.0
            yield ": still here\n\n"


def _event(document: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(document, separators=(',', ':'))}\n\n"
