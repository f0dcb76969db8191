"""`/api/v1`: meetings with their transcripts and minutes, the sound of them, and search."""

from __future__ import annotations

import asyncio
from contextlib import closing
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, JSONResponse
from starlette.responses import Response

from aiprov.archive import Archive, Filters
from aiprov.core.search import Hit
from aiprov.errors import ConfigError
from aiprov.files import sha256_of
from aiprov.pipelines.opening import opened
from aiprov.pipelines.search import SearchOptions, searched
from aiprov.pipelines.shelf import Shelved, minutes_in, one_of, recording_of, shelved
from aiprov.server.desk import Desk

Id = Annotated[str, Path(max_length=40)]
Words = Annotated[str, Query(min_length=1, max_length=1000)]
Filter = Annotated[str | None, Query(max_length=200)]
Day = Annotated[str | None, Query(pattern=r"^\d{4}-\d\d-\d\d$")]


def router(desk: Desk) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/v1", tags=["Meetings"])

    @routes.get("/meetings", summary="The meetings of the archive, the newest first")
    async def meetings() -> dict[str, Any]:
        return {"meetings": [_row(each) for each in await asyncio.to_thread(_shelved, desk)]}

    @routes.get("/meetings/{meeting_id}", response_model=None, summary="A transcript and its minutes")
    async def meeting(meeting_id: Id) -> Response:
        return JSONResponse(await asyncio.to_thread(_whole, desk, meeting_id))

    @routes.get("/meetings/{meeting_id}/audio", response_class=FileResponse, summary="The recording, also in ranges")
    async def audio(meeting_id: Id) -> Response:
        path = await asyncio.to_thread(_recording, desk, meeting_id)
        if path is None:
            raise ConfigError("the recording is not there, or another one by now", code="unknown_name")
        return FileResponse(path, headers={"cache-control": "no-store"})

    @routes.get("/search", summary="What was said, by words and by meaning")
    async def search(
        q: Words,
        speaker: Filter = None,
        meeting: Filter = None,
        since: Day = None,
        until: Day = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 10,
        words_only: bool = False,
    ) -> dict[str, Any]:
        if not q.strip():
            raise ConfigError("the query is empty", "say what to look for", code="usage")
        filters = Filters(speaker=speaker, since=since, until=until, meeting=meeting)
        options = SearchOptions(desk.archive, filters, limit, words_only)
        ids = {path: each.id for each in await asyncio.to_thread(_shelved, desk) for path in _files(each)}
        with closing(await asyncio.to_thread(Archive, desk.archive)) as archive:
            hits = await searched(q, options, archive, desk.kit)
        return {"results": [_hit(each) | {"id": ids.get(each.path)} for each in hits]}

    return routes


def _shelved(desk: Desk) -> list[Shelved]:
    if not desk.archive.exists():
        return []
    with closing(Archive(desk.archive)) as archive:
        return shelved(archive)


def _one(desk: Desk, meeting_id: str) -> Shelved:
    with closing(Archive(desk.archive)) as archive:
        return one_of(archive, meeting_id)


def _recording(desk: Desk, meeting_id: str) -> Any:
    return recording_of(_one(desk, meeting_id), partial(desk.kit.state.content_sha256, compute=sha256_of))


def _row(meeting: Shelved) -> dict[str, Any]:
    said = {"id": meeting.id, "meeting": meeting.name, "day": meeting.day}
    return said | {"transcript": meeting.transcript is not None, "minutes": meeting.minutes is not None}


def _whole(desk: Desk, meeting_id: str) -> dict[str, Any]:
    meeting = _one(desk, meeting_id)
    audio = recording_of(meeting, partial(desk.kit.state.content_sha256, compute=sha256_of)) is not None
    transcript = None if meeting.transcript is None else opened(meeting.transcript)
    minutes = None if meeting.minutes is None else minutes_in(meeting.minutes)
    return _row(meeting) | {"transcript": transcript, "minutes": minutes, "audio": audio}


def _files(meeting: Shelved) -> list[str]:
    return [str(path) for path in (meeting.transcript, meeting.minutes) if path is not None]


def _hit(hit: Hit) -> dict[str, Any]:
    """The contract's row."""
    return {
        "meeting": hit.meeting,
        "path": hit.path,
        "start": hit.start,
        "end": hit.end,
        "speaker": hit.speaker,
        "text": hit.text,
        "score": hit.score,
    }
