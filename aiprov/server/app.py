"""The application: every route, every error in one shape, and the guard around all of it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from aiprov.errors import AiprovError
from aiprov.server import admin_api, archive_api, audio_api, openai_api, probes, runs_api
from aiprov.server.desk import Desk
from aiprov.server.guard import OPEN, Application, Door, Guard
from aiprov.server.replies import ERROR_SCHEMA, failure, refusal
from aiprov.version import __version__

_ABOUT = "Transcripts, minutes and an archive, over OpenAI, Anthropic, servers of your own and this machine."


def create(desk: Desk, door: Door) -> Application:
    """Make the application.

    Args:
        desk: What the routes work with.
        door: Who is let in.
    """
    app = FastAPI(title="aiprov", version=__version__, description=_ABOUT, docs_url=None, redoc_url=None)
    for each in (admin_api, runs_api, archive_api, openai_api, audio_api, probes):
        app.include_router(each.router(desk))
    _serve_pages(app)
    _tell_errors(app, desk)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return Guard(cast(Application, app), door)


def _serve_pages(app: FastAPI) -> None:
    folder = str(files("aiprov.server") / "static")
    app.mount("/static", StaticFiles(directory=folder), name="static")
    for path, name in (("/", "index.html"), ("/docs", "docs.html"), ("/favicon.ico", "icon.svg")):
        app.add_api_route(path, _page(f"{folder}/{name}"), include_in_schema=False)


def _page(file: str) -> Any:
    async def page() -> FileResponse:
        return FileResponse(file)

    return page


def _tell_errors(app: FastAPI, desk: Desk) -> None:
    @app.exception_handler(AiprovError)
    async def named(_: Request, error: AiprovError) -> Response:
        return failure(error, desk.redactor)

    @app.exception_handler(RequestValidationError)
    async def unfit(_: Request, error: RequestValidationError) -> Response:
        return refusal(400, "invalid_request", _what_is_wrong(error.errors()))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        headers = {"allow": _allowed(app, request.url.path)} if error.status_code == 405 else {}
        return refusal(
            error.status_code, "not_found" if error.status_code == 404 else "refused", str(error.detail), **headers
        )

    @app.exception_handler(TimeoutError)
    async def late(_: Request, __: TimeoutError) -> Response:
        return refusal(408, "timeout", "the body did not come in time", connection="close")

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> Response:
        # The text of an unforeseen error may hold anything, words of a transcript included: only its type is told.
        return refusal(500, "bug", f"this failed in a way it should not: {type(error).__name__}")


def _allowed(app: FastAPI, path: str) -> str:
    """What may be done there, by all routes: the router names the first one's methods alone."""
    routes = [each for each in app.routes if isinstance(each, Route) and each.path_regex.match(path)]
    return ", ".join(sorted({method for each in routes for method in each.methods or ()}))


def _what_is_wrong(errors: Sequence[Any]) -> str:
    """The first complaint, without what was sent."""
    first = errors[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return f"{where or 'the body'}: {first['msg']}"


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description: every route wants the token, and every error has one shape."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        components = document.setdefault("components", {})
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        components.setdefault("schemas", {})["Error"] = ERROR_SCHEMA
        for name in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(name, None)
        document["security"] = [{"token": []}]
        for path, operations in document["paths"].items():
            for operation in operations.values():
                if path in OPEN:
                    operation["security"] = []
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = _ERROR
        app.openapi_schema = document
    return app.openapi_schema


_ERROR = {
    "description": "An error.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
