"""Answers that are JSON documents: checked against their schema, and repaired once by asking again."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from aiprov.core.failures import Kind
from aiprov.core.requests import ChatMessage, ChatRequest
from aiprov.core.results import ChatResult
from aiprov.errors import ConfigError, ProviderError
from aiprov.manager.tasks import Chatting


def asked(request: ChatRequest) -> ChatRequest:
    """The request with its schema in words, too: not every provider holds a model to it.

    Raises:
        ConfigError: The schema is none.
    """
    schema = request.response_schema
    if schema is None:
        return request
    _refuse_no_schema(schema)
    order = f"Answer with one JSON document that this JSON Schema accepts, and nothing else:\n{json.dumps(schema)}"
    return replace(request, messages=(ChatMessage("system", order), *request.messages))


async def fitted(task: Chatting, answer: ChatResult, serve: Callable[[Chatting], Awaitable[ChatResult]]) -> ChatResult:
    """The answer with its parsed `data`; one that does not fit is sent back once with the reason.

    Args:
        task: As it was asked.
        answer: The first answer.
        serve: Asks the same provider again; costs and attempts of both are added up.

    Raises:
        ProviderError: The second answer does not fit either (`bad_result`).
    """
    request = task.request
    schema = request.response_schema or {}
    data, wrong = _parsed(answer.content, schema)
    if wrong is None:
        return replace(answer, data=data)
    repair = replace(
        request,
        messages=(
            *request.messages,
            ChatMessage("assistant", answer.content),
            ChatMessage("user", f"This does not fit the schema: {wrong}. Send the corrected JSON document alone."),
        ),
    )
    second = await serve(replace(task, request=repair))
    data, wrong = _parsed(second.content, schema)
    if wrong is not None:
        raise _unfit(second)
    cost = None if answer.cost is None or second.cost is None else answer.cost + second.cost
    return replace(second, data=data, cost=cost, attempts=answer.attempts + second.attempts)


def _parsed(content: str, schema: Mapping[str, Any]) -> tuple[Any, str | None]:
    """The document in an answer, and why it does not fit: where, and which rule, but none of its words."""
    import jsonschema

    try:
        data = json.loads(_bare(content))
    except (ValueError, RecursionError):
        return None, "it is not one JSON document"
    error = jsonschema.exceptions.best_match(_validator(schema).iter_errors(data))
    return data, None if error is None else f"at {error.json_path}: {error.validator} is violated"


def _bare(content: str) -> str:
    """Models like to put a fence around JSON."""
    text = content.strip()
    if text.startswith("```") and text.endswith("```") and "\n" in text:
        return text[text.index("\n") + 1 : -3]
    return text


def _validator(schema: Mapping[str, Any]) -> Any:
    import jsonschema

    return jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)(schema)


def _refuse_no_schema(schema: Mapping[str, Any]) -> None:
    import jsonschema

    try:
        type(_validator(schema)).check_schema(schema)
    except jsonschema.SchemaError as error:
        raise ConfigError(
            f"the response_schema is not a JSON Schema: {error.message[:200]}", "correct the schema"
        ) from None


def _unfit(answer: ChatResult) -> ProviderError:
    return ProviderError(
        f"{answer.provider} ({answer.model}) did not write a document that fits the schema, nor did its repair",
        "use a larger model, or a simpler schema",
        provider=answer.provider,
        model=answer.model,
        code=Kind.BAD_RESULT,
    )
