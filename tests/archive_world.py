"""A user's transcripts, home and archive, with providers that are played."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from os import utime
from pathlib import Path
from typing import Any

from aiprov.batch.report import Report
from aiprov.core.pricing import estimated_tokens
from aiprov.core.requests import EmbeddingRequest, ModelCapability
from aiprov.core.results import EmbeddingResult, Usage
from aiprov.core.routing import ModelFacts
from aiprov.manager import Entry, Roster
from aiprov.pipelines.embed import EmbedOptions
from aiprov.pipelines.embed import run as embed
from aiprov.pipelines.options import TranscribeOptions
from aiprov.pipelines.search import Result, SearchOptions
from aiprov.pipelines.search import run as search
from aiprov.prices import OwnPrice, PriceBook
from aiprov.providers.base import Hooks
from aiprov.providers.fake import FakeProvider
from aiprov.providers.local.provider import Wishes
from aiprov.settings import Settings
from aiprov.state import State
from aiprov.wiring import Kit
from transcribe_world import OLD_NS, Audience

# Words of one meaning; a text's vector says which of these it speaks of.
MEANINGS = (("money", "budget", "cash", "spend"), ("dog", "puppy", "leash"), ("rain", "weather", "umbrella"))


@dataclass
class Meaner(FakeProvider):
    """Embeds by meaning, as far as it knows words."""

    name: str = "local"
    local: bool = True
    version: str = "1"
    width: int = 8

    def __post_init__(self) -> None:
        self.offers = (ModelFacts("words-1", ModelCapability.EMBEDDING),)
        super().__post_init__()

    def identity(self, request: Any, model: str) -> dict[str, object]:
        return {"model": model, "version": self.version}

    async def embed(self, request: EmbeddingRequest, model: str, hooks: Hooks) -> EmbeddingResult:
        await self._next(request, hooks)
        vectors = tuple(self.vector(text) for text in request.texts)
        return EmbeddingResult(vectors, self.name, model, Usage(input_tokens=sum(map(estimated_tokens, request.texts))))

    def vector(self, text: str) -> tuple[float, ...]:
        low = text.casefold()
        noise = [(byte - 127) / 1270 for byte in hashlib.sha256(text.encode()).digest()[: self.width]]
        hits = [sum(word in low for word in words) for words in MEANINGS]
        return tuple(each + (hits[at] if at < len(hits) else 0) for at, each in enumerate(noise))

    @property
    def texts(self) -> list[str]:
        """All that was embedded, in order."""
        return [text for call in self.calls for text in call.texts]  # type: ignore[union-attr]


@dataclass
class MeanerKit(Kit):
    """A kit with these providers."""

    people: tuple[FakeProvider, ...] = ()

    @property
    def roster(self) -> Roster:  # type: ignore[override]
        own = {(each.name, "words-1"): OwnPrice(usd_per_million_input_tokens=Decimal(1000)) for each in self.people}
        entries = tuple(Entry(each, 10 * at, account=each.name) for at, each in enumerate(self.people, 1))
        return Roster(entries, self._policy, PriceBook(own))


@dataclass
class Library:
    """A folder of meetings and the archive made of it."""

    folder: Path
    home: Path
    people: tuple[FakeProvider, ...] = field(default_factory=lambda: (Meaner(),))

    @property
    def archive(self) -> Path:
        return self.home / "archive.sqlite3"

    @property
    def meaner(self) -> Any:
        return self.people[0]

    def kit(self) -> Kit:
        return MeanerKit(Settings(home=self.home), Wishes(), people=self.people)

    def embed(self, *paths: Path, witness: Audience | None = None, **wishes: Any) -> Report:
        options = EmbedOptions(self.archive, **wishes)
        return asyncio.run(embed(paths or (self.folder,), options, self.kit(), witness or Audience()))

    def search(self, query: str, **wishes: Any) -> Result:
        return asyncio.run(search(query, SearchOptions(self.archive, **wishes), self.kit()))

    def found(self, query: str, **wishes: Any) -> list[tuple[str, str]]:
        """Meeting and text of each hit."""
        return [(hit.meeting, hit.text) for hit in self.search(query, **wishes).hits]

    def charges(self) -> list[Any]:
        with State(self.home / "state.sqlite3") as state:
            return state.charges(by="provider")


def routing(**wishes: Any) -> TranscribeOptions:
    return TranscribeOptions(("json",), **wishes)


def transcript(path: Path, *said: tuple[str | None, str], at: float = 0.0) -> Path:
    """A transcript in which each says a line of five seconds."""
    segments = [
        {"id": n, "start": at + 5.0 * n, "end": at + 5.0 * n + 4.5, "text": f" {text}"}
        | ({} if speaker is None else {"speaker": speaker})
        for n, (speaker, text) in enumerate(said)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"text": "", "segments": segments, "language": "en"}))
    utime(path, ns=(OLD_NS, OLD_NS))
    return path


def talk(topic: str, sentences: int = 12) -> Sequence[tuple[str, str]]:
    """Some talk of two people about a topic, no two sentences the same."""
    return [(("Anna", "Ben Okafor")[n % 2], f"Number {n} is about the {topic} that we know.") for n in range(sentences)]
