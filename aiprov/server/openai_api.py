"""The endpoints of OpenAI that clients know: chat, embeddings, transcriptions, models. The manager does the work."""

from __future__ import annotations

import base64
import json
import secrets
import struct
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.responses import Response

from aiprov.core.requests import ModelCapability
from aiprov.core.results import ChatResult, EmbeddingResult, Usage
from aiprov.errors import AiprovError, ConfigError
from aiprov.server.asking import AUTO, ChatBody, EmbeddingBody, chosen
from aiprov.server.desk import Desk
from aiprov.server.replies import body_of

_STREAM = "text/event-stream"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer, or its pieces.", "content": {"application/json": {}, _STREAM: {}}}
}


def router(desk: Desk) -> APIRouter:
    """The routes under `/v1` but for recordings."""
    routes = APIRouter(prefix="/v1", tags=["OpenAI"])

    @routes.post("/chat/completions", response_model=None, summary="Answer a conversation", responses=_ANSWERS)
    async def chat(body: ChatBody) -> Response:
        provider, model = chosen(body.model, desk.providers, desk.aliases)
        request = body.request(model)
        if not body.stream:
            answer = await desk.manager.chat_completion(request, provider)
            return JSONResponse(_completion(answer), headers=_origin(answer))
        pieces = desk.manager.stream_chat(request, provider)
        first = await anext(pieces)  # until it comes, an error still has a status
        usage = body.stream_options is not None and body.stream_options.include_usage
        return StreamingResponse(_events(first, pieces, desk, usage), media_type=_STREAM)

    @routes.post("/embeddings", summary="Turn texts into vectors")
    async def embeddings(body: EmbeddingBody) -> Response:
        provider, model = chosen(body.model, desk.providers, desk.aliases)
        answer = await desk.manager.generate_embedding(body.request(model), provider)
        return JSONResponse(_vectors(answer, body.encoding_format), headers=_origin(answer))

    @routes.get("/models", summary="What `model` may be")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [_model(name, owner) for name, owner in _names(desk).items()]}

    @routes.get("/models/{name:path}", summary="One of them", responses={404: {"description": "There is none."}})
    async def model(name: str) -> dict[str, Any]:
        owners = _names(desk)
        if name not in owners:
            raise ConfigError(f"there is no model {name!r}", "GET /v1/models lists them", code="unknown_model")
        return _model(name, owners[name])

    return routes


def _completion(answer: ChatResult) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": answer.model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer.content, "refusal": None},
                "logprobs": None,
                "finish_reason": answer.finish_reason,
            }
        ],
        "usage": _usage(answer.usage),
    }


async def _events(
    first: str | ChatResult, rest: AsyncIterator[str | ChatResult], desk: Desk, usage: bool
) -> AsyncIterator[str]:
    """The answer as server-sent events; what goes wrong on the way is the last of them."""
    head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "object": "chat.completion.chunk", "created": int(time.time())}
    head["model"] = AUTO
    yield _event({**head, "choices": [_delta({"role": "assistant", "content": ""})]})
    try:
        piece = first
        while isinstance(piece, str):
            yield _event({**head, "choices": [_delta({"content": piece})]})
            piece = await anext(rest)
    except AiprovError as error:
        clean = desk.redactor.clean
        yield _event(body_of(error.code, clean(error.message), error.hint and clean(error.hint)))
        return
    head["model"] = piece.model
    yield _event({**head, "choices": [_delta({}, piece.finish_reason)], "aiprov": _served(piece)})
    if usage:
        yield _event({**head, "choices": [], "usage": _usage(piece.usage)})
    yield "data: [DONE]\n\n"


def _delta(delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _event(document: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(document, separators=(',', ':'))}\n\n"


def _vectors(answer: EmbeddingResult, form: str) -> dict[str, Any]:
    rows = [
        {"object": "embedding", "index": at, "embedding": _packed(vector) if form == "base64" else vector}
        for at, vector in enumerate(answer.embeddings)
    ]
    tokens = answer.usage.input_tokens
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": rows, "model": answer.model, "usage": usage}


def _packed(vector: tuple[float, ...]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def _origin(answer: ChatResult | EmbeddingResult) -> dict[str, str]:
    served = _served(answer)
    return {f"x-aiprov-{name}": "unknown" if value is None else str(value) for name, value in served.items()}


def _served(answer: ChatResult | EmbeddingResult) -> dict[str, Any]:
    return {
        "provider": answer.provider,
        "model": answer.model,
        "cost": None if answer.cost is None else f"{answer.cost:f}",
        "stored": answer.provenance is not None and answer.provenance.stored,
    }


def _names(desk: Desk) -> dict[str, str]:
    """What `model` may be, and whose it is."""
    names = {AUTO: "aiprov", **dict.fromkeys(desk.aliases, "aiprov")}
    for entry in desk.manager.roster.entries:
        if entry.out is None:
            names[entry.provider.name] = entry.provider.name
            for kind in (ModelCapability.CHAT, ModelCapability.TRANSCRIPTION, ModelCapability.EMBEDDING):
                for facts in entry.provider.models(kind):
                    names[f"{entry.provider.name}/{facts.name}"] = entry.provider.name
    return names


def _model(name: str, owner: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": owner}
