"""`/api/v1`: providers, costs, runs and models, as the command line knows them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from aiprov.core.requests import ChatMessage, ChatRequest, EmbeddingRequest, ModelCapability, TranscriptionRequest
from aiprov.errors import ConfigError
from aiprov.models.shape import shape
from aiprov.pipelines.spending import USUAL_RIVAL, costs_document, hourly_rate, line_of, moment
from aiprov.providers.base import Health, Request
from aiprov.server.desk import Desk

By = Literal["day", "day-provider", "run", "provider", "model", "file"]
_MOST_MINUTES = 1e6


class Plain(BaseModel):
    """A body whose keys are all known: a mistyped one must not be taken for a wish that was fulfilled."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Update(Plain):
    """What shall change for a provider; what is not named stays."""

    provider: str = Field(max_length=40)
    enabled: bool | None = None
    priority: int | None = Field(None, ge=-(10**9), le=10**9)
    custom_config: dict[str, str | int | float | bool] | None = None


class AskedMessage(Plain):
    """A message, for its length."""

    role: Literal["system", "user", "assistant"] = "user"
    content: str


class Comparison(Plain):
    """A piece of work whose price is wanted."""

    request_type: Literal["chat", "transcription", "embedding"]
    messages: list[AskedMessage] | None = Field(None, min_length=1)
    minutes: float | None = Field(None, ge=0, le=_MOST_MINUTES)
    input: str | list[str] | None = None
    max_tokens: int | None = Field(None, ge=1, le=10_000_000)

    def request(self) -> Request:
        """The request whose price is wanted.

        Raises:
            ConfigError: Its size is not given.
        """
        if self.request_type == "chat" and self.messages is not None:
            messages = [ChatMessage(each.role, each.content) for each in self.messages]
            return ChatRequest(messages, max_tokens=self.max_tokens)
        if self.request_type == "transcription" and self.minutes is not None:
            return TranscriptionRequest(Path("recording"))
        if self.request_type == "embedding" and self.input:
            return EmbeddingRequest(self.input if isinstance(self.input, str) else tuple(self.input))
        needed = {"chat": "messages", "transcription": "minutes", "embedding": "input"}[self.request_type]
        raise ConfigError(f"the size of the work is missing: {needed}", f"give {needed}", code="usage")


def router(desk: Desk) -> APIRouter:
    """The routes of administration but for jobs and the archive."""
    routes = APIRouter(prefix="/api/v1", tags=["Administration"])

    @routes.get("/providers/status", summary="Who is there, in which order, able to do what")
    async def status() -> dict[str, Any]:
        return desk.kit.service.get_status()["provider_manager"]  # type: ignore[no-any-return]

    @routes.post("/providers/update", summary="Change a provider; kept in aiprov.yaml, in force at once")
    async def update(body: Update) -> dict[str, Any]:
        changes = body.model_dump(exclude={"provider"}, exclude_none=True)
        if not changes:
            raise ConfigError("nothing was named that shall change", "give enabled, priority or custom_config")
        return await asyncio.to_thread(desk.kit.service.update_provider_config, body.provider, changes)

    @routes.get("/providers/health", summary="Whether requests may go there; costs nothing")
    async def health(detail: Annotated[int, Query(ge=0, le=1)] = 0) -> dict[str, Any]:
        found = await desk.kit.service.health()
        return {name: _detailed(each) if detail else each.usable for name, each in found.items()}

    @routes.post("/providers/compare-cost", summary="What this very work would cost everywhere; makes no call")
    async def compare_cost(body: Comparison) -> dict[str, Any]:
        kind = ModelCapability(body.request_type)
        return await desk.manager.compare_providers(body.request(), kind, body.minutes)

    @routes.get("/costs", summary="What was spent, and what local work saved")
    async def costs(
        by: By = "day",
        since: Annotated[str | None, Query(max_length=20, description="A date (UTC), or 12h, 7d, 2w.")] = None,
    ) -> dict[str, Any]:
        began = None if since is None else moment(since, datetime.now(UTC))
        rate = hourly_rate(USUAL_RIVAL)
        rows = await asyncio.to_thread(desk.kit.state.charges, began, None, by)
        return costs_document([line_of(each, rate.usd) for each in rows], by, began, USUAL_RIVAL, rate)

    @routes.get("/models", summary="The models that have a name, and whether they are on this machine")
    async def models() -> dict[str, Any]:
        return {"models": await asyncio.to_thread(_models, desk)}

    return routes


def _detailed(health: Health) -> dict[str, Any]:
    return {"usable": health.usable, "state": health.state, "reasons": list(health.reasons)}


def _models(desk: Desk) -> list[dict[str, Any]]:
    store = desk.kit.store
    return [shape(entry, store.is_present(entry)) for entry in store.entries()]
