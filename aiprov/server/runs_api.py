"""`/api/v1`: runs, whoever began them, and jobs, which this server runs."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from aiprov.errors import ConfigError
from aiprov.server.desk import Desk
from aiprov.server.events import EVENTS, shown
from aiprov.state import Charges, QueuedJob, Run

Limit = Annotated[int, Query(ge=1, le=1000)]
Id = Annotated[str, Path(max_length=60)]


class NewJob(BaseModel):
    """A recipe over a folder, both by the names that the configuration gives them."""

    model_config = ConfigDict(extra="forbid")

    recipe: str = Field(max_length=40)
    folder: str = Field(max_length=40)


_AS_EVENTS = "as events with `Accept: text/event-stream`"
_UPLOAD = {
    "type": "object",
    "required": ["recipe", "file"],
    "properties": {"recipe": {"type": "string"}, "file": {"type": "string", "format": "binary"}},
}
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"application/octet-stream": {}}}
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": NewJob.model_json_schema()},
            "multipart/form-data": {"schema": _UPLOAD},
        },
    }
}


def router(desk: Desk) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/v1", tags=["Runs and jobs"])
    state = desk.kit.state

    @routes.get("/runs", summary="The last runs, the newest first")
    async def runs(limit: Limit = 50) -> dict[str, Any]:
        return {"runs": [asdict(each) for each in await asyncio.to_thread(state.runs, limit)]}

    @routes.get("/runs/{run_id}", response_model=None, summary=f"One run; {_AS_EVENTS}", responses=EVENTS)
    async def run(run_id: Id, request: Request) -> Response:
        return await shown(request, lambda: _run(desk, run_id), lambda document: not document["alive"])

    @routes.get("/recipes", summary="The recipes and folders that jobs may name")
    async def recipes() -> dict[str, Any]:
        return {"recipes": desk.queue.recipes(), "folders": desk.queue.folders()}

    @routes.post(
        "/jobs",
        status_code=202,
        response_model=None,
        summary="Run a recipe over a folder, or over a recording that is sent",
        openapi_extra=_BODY,
    )
    async def add(request: Request) -> Response:
        job = await _added(request, desk)
        desk.queue.wake()
        return JSONResponse(_job(desk, job), 202, {"location": f"/api/v1/jobs/{job.id}"})

    @routes.get("/jobs", summary="The last jobs, the newest first")
    async def jobs(limit: Limit = 50) -> dict[str, Any]:
        return {"jobs": [asdict(each) for each in await asyncio.to_thread(state.jobs, limit)]}

    @routes.get("/jobs/{job_id}", response_model=None, summary=f"One job; {_AS_EVENTS}", responses=EVENTS)
    async def job(job_id: Id, request: Request) -> Response:
        return await shown(
            request, lambda: _job(desk, _known(desk, job_id)), lambda document: document["ended_at"] is not None
        )

    @routes.delete("/jobs/{job_id}", summary="Stop a job; of one that has ended, remove what was sent")
    async def cancel(job_id: Id) -> dict[str, Any]:
        found = await asyncio.to_thread(_known, desk, job_id)
        await asyncio.to_thread(desk.queue.cancel, found)
        return await asyncio.to_thread(lambda: _job(desk, _known(desk, job_id)))

    @routes.get(
        "/jobs/{job_id}/files/{name}", response_model=None, summary="What was made of a recording that was sent"
    )
    async def output(job_id: Id, name: Annotated[str, Path(max_length=300)]) -> Response:
        found = await asyncio.to_thread(_known, desk, job_id)
        path = await asyncio.to_thread(desk.queue.output, found, name)
        # Whatever it is, no browser shall run it.
        return FileResponse(path, media_type="application/octet-stream", filename=name)

    return routes


async def _added(request: Request, desk: Desk) -> QueuedJob:
    if request.headers.get("content-type", "").startswith("multipart/"):
        async with request.form(max_files=1, max_fields=4) as form:
            recipe, file = form.get("recipe"), form.get("file")
            if not isinstance(recipe, str) or not isinstance(file, UploadFile):
                raise ConfigError("the form needs `recipe` and `file`", "send both", code="invalid_request")
            return await asyncio.to_thread(desk.queue.add_upload, recipe, file.filename or "", file.file)
    try:
        wished = NewJob.model_validate_json(await request.body())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise ConfigError(f"{where}: {first['msg']}", "give recipe and folder", code="invalid_request") from None
    return await asyncio.to_thread(desk.queue.add_folder, wished.recipe, wished.folder)


def _known(desk: Desk, job_id: str) -> QueuedJob:
    found = desk.kit.state.job(job_id)
    if found is None:
        raise ConfigError(f"there is no job {job_id!r}", "GET /api/v1/jobs lists them", code="unknown_name")
    return found


def _job(desk: Desk, job: QueuedJob) -> dict[str, Any]:
    """A job with how far its run is, and what lies there for the taking."""
    state = desk.kit.state
    run: Run | None = None
    if job.run_id is not None:
        run = state.run(job.run_id)
    elif job.pid is not None and job.started_at is not None:
        run = state.run_of(job.pid, job.started_at)
    progress = {} if run is None else dict(run.progress)
    return asdict(job) | {
        "run_id": run.id if run else job.run_id,
        "progress": progress,
        "files": desk.queue.outputs(job),
    }


def _run(desk: Desk, run_id: str) -> dict[str, Any]:
    state = desk.kit.state
    found = state.run(run_id)
    if found is None:
        raise ConfigError(f"there is no run {run_id!r}", "GET /api/v1/runs lists them", code="unknown_name")
    return asdict(found) | {"charges": [_charge(each) for each in state.charges(by="model", run_id=run_id)]}


def _charge(charges: Charges) -> dict[str, Any]:
    return {**asdict(charges), "cost": float(charges.cost)}
