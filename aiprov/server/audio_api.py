"""`/v1/audio/transcriptions`: a recording in a form, its transcript in the form that the client names."""

from __future__ import annotations

import asyncio
import copy
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.responses import Response

from aiprov.core.document import to_document
from aiprov.core.languages import code_of, name_of
from aiprov.core.requests import DecodingOptions, TranscriptionRequest
from aiprov.core.results import Transcript
from aiprov.errors import AiprovError, ConfigError
from aiprov.pipelines.formats import render
from aiprov.pipelines.transcribe import SUFFIXES
from aiprov.server.asking import AUTO, chosen
from aiprov.server.desk import Desk

Form_ = Literal["json", "text", "srt", "vtt", "verbose_json"]
_TYPES = {"text": "text/plain", "srt": "application/x-subrip", "vtt": "text/vtt"}

_FORMS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The transcript.", "content": {kind: {} for kind in ("application/json", *_TYPES.values())}}
}


def router(desk: Desk) -> APIRouter:
    """The route for recordings."""
    routes = APIRouter(prefix="/v1", tags=["OpenAI"])

    @routes.post("/audio/transcriptions", response_model=None, summary="Transcribe a recording", responses=_FORMS)
    async def transcriptions(
        file: Annotated[UploadFile, File(description="A recording, under a name with its suffix.")],
        model: Annotated[str, Form(max_length=200)] = AUTO,
        language: Annotated[str | None, Form(max_length=40)] = None,
        prompt: Annotated[str | None, Form(max_length=10_000)] = None,
        response_format: Annotated[Form_, Form()] = "json",
        temperature: Annotated[float, Form(ge=0, le=1)] = 0.0,
        stream: Annotated[bool, Form()] = False,
        granularities: Annotated[list[Literal["word", "segment"]], Form(alias="timestamp_granularities[]")] = [],  # noqa: B006
    ) -> Response:
        if stream:
            raise ConfigError("stream: not served for recordings", "leave it out", code="unsupported_parameter")
        provider, named = chosen(model, desk.providers, desk.aliases)
        options = DecodingOptions(initial_prompt=prompt or None, temperatures=(temperature,))
        with tempfile.NamedTemporaryFile(prefix="aiprov-", suffix=_suffix(file.filename)) as kept:
            await asyncio.to_thread(shutil.copyfileobj, file.file, kept)
            kept.flush()
            times = response_format not in ("json", "text")
            request = TranscriptionRequest(Path(kept.name), _language(language), times, named, options)
            try:
                transcript = await desk.manager.transcribe(request, provider)
            except AiprovError as error:
                raise _of_upload(error, kept.name, file.filename or "the recording") from error
        return _reply(transcript, response_format, granularities)

    return routes


def _suffix(name: str | None) -> str:
    """The ending by which engines know a format; no other part of a client's name is used."""
    suffix = Path(name or "").suffix.lower()
    return suffix if suffix in SUFFIXES else ".audio"


def _of_upload(error: AiprovError, place: str, name: str) -> AiprovError:
    """The same error, about the file that the client knows."""
    told = copy.copy(error)
    told.message = error.message.replace(place, name)
    return told


def _language(wish: str | None) -> str | None:
    if not wish:
        return None
    code = code_of(wish)
    if code is None:
        raise ConfigError(f"there is no language {wish!r}", "give its ISO 639-1 code, such as en")
    return code


def _reply(transcript: Transcript, form: Form_, granularities: list[Any]) -> Response:
    headers = {
        "x-aiprov-provider": transcript.provider,
        "x-aiprov-model": transcript.model,
        "x-aiprov-cost": "unknown" if transcript.cost is None else f"{transcript.cost:f}",
        "x-aiprov-quality": transcript.quality.verdict,
    }
    if form == "json":
        return JSONResponse({"text": transcript.text, "usage": _usage(transcript)}, headers=headers)
    if form == "verbose_json":
        return JSONResponse(_verbose(transcript, granularities), headers=headers)
    if form == "text":
        return PlainTextResponse(f"{transcript.text}\n", headers=headers)
    document = to_document(transcript, source_path="recording", source_sha256="0" * 64)
    return Response(render(document, form), media_type=_TYPES[form], headers=headers)


def _verbose(transcript: Transcript, granularities: list[Any]) -> dict[str, Any]:
    """As OpenAI writes it: segments are there unless words alone are asked for; speakers where they are known."""
    document = to_document(transcript, source_path="recording", source_sha256="0" * 64)
    segments = [{"tokens": [], **segment} for segment in document["segments"]]
    words = [word for segment in segments for word in segment.pop("words", [])]
    shape = {
        "task": "transcribe",
        "language": name_of(transcript.language).lower(),
        "duration": transcript.duration_s,
        "text": transcript.text,
        "usage": _usage(transcript),
    }
    if "word" in granularities:
        shape["words"] = [{"word": word["word"].strip(), "start": word["start"], "end": word["end"]} for word in words]
    if granularities != ["word"]:
        shape["segments"] = segments
    return shape


def _usage(transcript: Transcript) -> dict[str, Any]:
    return {"type": "duration", "seconds": round(transcript.duration_s)}
