"""The manager over the real adapters, and so over both official SDKs, at a loopback server; time is played."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aiprov.core.requests import ModelCapability
from aiprov.core.routing import ModelFacts
from aiprov.manager import Entry, Policy, ProviderManager, Roster
from aiprov.prices import PriceBook
from aiprov.providers.anthropic_api import AnthropicProvider
from aiprov.providers.base import Provider
from aiprov.providers.fake import FakeProvider
from aiprov.providers.openai_shaped import OpenAIShaped
from aiprov.state import Charges, State
from manager_world import PRICE, Clock
from vendor_server import Reply, answer, anthropic_error, anthropic_message, openai_chat, openai_error

T = TypeVar("T")
KEY = "sk-canary-0123456789abcdef"
SDKS = ("openai", "anthropic")
MODEL = {"openai": "gpt-x", "anthropic": "claude-x"}
GOOD = {"openai": answer(openai_chat()), "anthropic": answer(anthropic_message())}
# Anthropic names a type with every status.
_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 529: "overloaded_error",
}  # fmt: skip


def refused(sdk: str, status: int, **headers: str) -> Reply:
    """A refusal as the vendor words it."""
    if sdk == "openai":
        return openai_error(status, None, **headers)
    return anthropic_error(status, _TYPES.get(status, "api_error"), **headers)


@dataclass
class World:
    """One of the vendors first, and whoever else there is after it; each call in a process of its own, so to say.

    Attributes:
        url: Of the loopback server, without a path.
        second: Asked when the vendor fails; None leaves the vendor alone.
    """

    folder: Path
    sdk: str
    url: str
    second: FakeProvider | None = None
    clock: Clock = field(default_factory=Clock)
    policy: Mapping[str, Any] = field(default_factory=dict)

    def vendor(self) -> Provider:
        facts = [ModelFacts(MODEL[self.sdk], ModelCapability.CHAT)]
        if self.sdk == "anthropic":
            return AnthropicProvider(base_url=self.url, key=lambda: KEY, models=facts)
        facts.append(ModelFacts("whisper-x", ModelCapability.TRANSCRIPTION, words=True, segments=True))
        facts.append(ModelFacts("vectors", ModelCapability.EMBEDDING, dimension=2))
        return OpenAIShaped("openai", base_url=f"{self.url}/v1", key=lambda: KEY, models=facts)

    @contextmanager
    def state(self) -> Iterator[State]:
        with State(self.folder / "state.sqlite3", now=self.clock.time().now) as state:
            yield state

    def asking(self, call: Callable[[ProviderManager], Coroutine[Any, Any, T]]) -> T:
        """Make calls with a manager, a state and connections that are new."""

        async def asked() -> T:
            vendor = self.vendor()
            others = [] if self.second is None else [Entry(self.second, 20, account=self.second.name)]
            prices = PriceBook({(self.sdk, facts.name): PRICE for facts in vendor.models(ModelCapability.CHAT)})
            roster = Roster((Entry(vendor, 10, account=self.sdk), *others), Policy(**self.policy), prices)
            try:
                return await call(ProviderManager(roster, state, self.clock.time()))
            finally:
                await vendor.aclose()

        with self.state() as state:
            return asyncio.run(asked())

    def charges(self) -> Charges:
        """What the vendor has cost."""
        with self.state() as state:
            return next(row for row in state.charges(by="provider") if row.key == self.sdk)

    def held(self) -> dict[str, str]:
        """What is left alone for how long at least, by scope: the kind of failure."""
        with self.state() as state:
            return {scope: hold.kind for scope, hold in state.holds(self.clock.time().now()).items()}


def short_recording(path: Path) -> Path:
    """Half a second of a tone."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(range(0, 200, 2)) * 160)
    return path
