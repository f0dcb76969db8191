"""Whether the server is there, and what it counts. No provider is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from aiprov.errors import AiprovError
from aiprov.server.desk import Desk
from aiprov.state import Charges


def router(desk: Desk) -> APIRouter:
    """The routes for machines that watch."""
    routes = APIRouter(tags=["Probes"])

    @routes.get("/healthz", summary="The process answers")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/readyz", response_model=None, summary="The state can be read")
    async def readyz() -> Response:
        try:
            await asyncio.to_thread(desk.kit.state.holds, datetime.now(UTC))
        except AiprovError as error:
            return JSONResponse({"status": error.code}, 503)
        return JSONResponse({"status": "ready"})

    @routes.get("/metrics", response_class=PlainTextResponse, summary="Counters in Prometheus' form")
    async def metrics() -> Response:
        rows = await asyncio.to_thread(desk.kit.state.charges, None, None, "model")
        content, kind = await asyncio.to_thread(_exposed, desk, rows)
        return Response(content, media_type=kind)

    return routes


class _Ledger:
    """What the ledger adds up to, as prometheus-client collects it."""

    def __init__(self, desk: Desk, rows: Iterable[Charges]) -> None:
        self._desk, self._rows = desk, list(rows)

    def collect(self) -> Iterable[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        labels = ["provider", "model"]
        families = {
            "attempts": CounterMetricFamily("aiprov_attempts", "Calls to providers.", labels=labels),
            "failed": CounterMetricFamily("aiprov_failed_attempts", "Calls that ended in an error.", labels=labels),
            "cost": CounterMetricFamily("aiprov_cost_usd", "Charges that are known, in US dollars.", labels=labels),
            "unknown": CounterMetricFamily("aiprov_unknown_charges", "Paid calls whose charge is open.", labels=labels),
            "audio_s": CounterMetricFamily("aiprov_audio_seconds", "Seconds of audio transcribed.", labels=labels),
        }
        for row in self._rows:
            provider, _, model = row.key.partition("/")
            for name, family in families.items():
                family.add_metric([provider, model], float(getattr(row, name)))
        yield from families.values()
        enabled = GaugeMetricFamily("aiprov_provider_enabled", "Whether a provider takes part.", labels=["provider"])
        for entry in self._desk.manager.roster.entries:
            enabled.add_metric([entry.provider.name], float(entry.out is None))
        yield enabled


def _exposed(desk: Desk, rows: Iterable[Charges]) -> tuple[bytes, str]:
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(_Ledger(desk, rows))
    return generate_latest(registry), CONTENT_TYPE_LATEST
