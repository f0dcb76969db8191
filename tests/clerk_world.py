"""A user's transcripts, home and chat provider, all played: the clerk notes what lines say by their first words."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from os import utime
from pathlib import Path
from typing import Any

from aiprov.batch.report import Report
from aiprov.core.requests import ChatRequest, ModelCapability
from aiprov.core.results import ChatResult, Usage
from aiprov.core.routing import ModelFacts
from aiprov.manager import Entry, Roster
from aiprov.minutes.prompts import QUESTIONS
from aiprov.pipelines.options import TranscribeOptions
from aiprov.pipelines.summarize import run
from aiprov.pipelines.summarize_options import SummarizeOptions
from aiprov.prices import OwnPrice, PriceBook
from aiprov.providers.base import Hooks
from aiprov.providers.fake import FakeProvider
from aiprov.providers.local.provider import Wishes
from aiprov.settings import Settings
from aiprov.state import State
from aiprov.wiring import Kit
from transcribe_world import OLD_NS, Audience, Scribe

# 100 tokens in and 20 out cost 14 cents.
PRICE = OwnPrice(usd_per_million_input_tokens=Decimal(1000), usd_per_million_output_tokens=Decimal(2000))
COST = Decimal("0.14")
TALK = (
    ("Anna", "Good morning, let us talk about the pricing page."),
    ("Ben", "The short version won the test with twelve hundred visitors."),
    ("Anna", "We decided to use the short version of the pricing page."),
    ("Ben", "I will write the release notes by Friday."),
    ("Anna", "What does the second licence cost?"),
    ("Ben", "Nobody knows that yet."),
)
_LINE = re.compile(r"^\[(\d+)\] (?:([^:]+): )?(.*)$", re.MULTILINE)


def document(talk: Sequence[tuple[str | None, str]] = TALK, language: str = "en") -> dict[str, Any]:
    """A transcript: five seconds for each line."""
    segments = [
        {"id": at, "start": 5.0 * at, "end": 5.0 * at + 4.5, "text": f" {text}"} | ({"speaker": who} if who else {})
        for at, (who, text) in enumerate(talk)
    ]
    return {"text": " ".join(text for _, text in talk), "segments": segments, "language": language}


def topics(number: int, filler: int = 0) -> list[tuple[str, str]]:
    """A meeting of so many topics; each has a decision of its own, and perhaps talk without end."""
    things = (
        "garden",
        "kitchen",
        "roof",
        "cellar",
        "fence",
        "lift",
        "hall",
        "bridge",
        "harbour",
        "school",
        "mill",
        "shop",
    )
    talk = []
    for at in range(number):
        thing = things[at % len(things)] + ("" if at < len(things) else f" {at}")
        talk.append(("Anna", f"The next topic is the {thing}."))
        talk += [("Ben", f"The {thing} was painted in the year {1900 + each} by a company.") for each in range(filler)]
        talk.append(("Anna", f"We decided to repair the {thing} in spring."))
    return talk


@dataclass
class Clerk(FakeProvider):
    """Stands for a chat model that takes notes; `twist` may change each document before it is sent."""

    name: str = "clerk"
    size: str = "8b"
    context: int = 32_000
    before: Callable[[ChatRequest], object] = lambda request: None
    twist: Callable[[ChatRequest, dict[str, Any]], Any] = lambda request, found: found
    usage: Usage = field(default_factory=lambda: Usage(input_tokens=100, output_tokens=20))

    def models(self, capability: ModelCapability) -> Sequence[ModelFacts]:
        facts = ModelFacts(
            f"{self.name}-{self.size}", ModelCapability.CHAT, context_tokens=self.context, json_schema=True
        )
        return [facts] if capability == ModelCapability.CHAT else []

    def facts(self, capability: ModelCapability, model: str) -> ModelFacts | None:
        return next((facts for facts in self.models(capability) if facts.name == model), None)

    async def chat(self, request: ChatRequest, model: str, hooks: Hooks) -> ChatResult:
        self.calls.append(request)
        self.before(request)
        await asyncio.sleep(0)
        found = self.twist(request, noted(request))
        text = found if isinstance(found, str) else json.dumps(found)
        return ChatResult(text, self.name, model, self.usage)


def noted(request: ChatRequest) -> dict[str, Any]:
    """What a model would note that understands nothing but the words that lines begin with."""
    wanted = request.response_schema["properties"]
    lines = _LINE.findall(request.messages[-1].content)
    if "title" in wanted:
        points = [
            {"text": text, "notes": [int(number)]} for number, kind, text in lines if kind in ("decision", "point")
        ][:3]
        return {"title": "Pricing page", "summary": points}
    lists: dict[str, list[Mapping[str, Any]]] = {name: [] for name in QUESTIONS}
    for number, who, text in lines:
        item = {"text": text, "segments": [int(number)]}
        if text.startswith("We decided"):
            lists["decisions"].append(item)
        if text.startswith("I will"):
            due = re.search(r"by (\w+)", text)
            lists["action_items"].append({**item, "owner": who, "due": due and due[1]})
        if text.endswith("?"):
            lists["open_questions"].append(item)
        if topic := re.search(r"(?:about|topic is) the (.*)\.", text):
            lists["topics"].append({**item, "text": topic[1]})
    if "items" in wanted:
        asked = next(name for name, question in QUESTIONS.items() if question in request.messages[-1].content)
        return {"items": [{"owner": None, "due": None, **item} for item in lists[asked]]}
    return lists


@dataclass
class ClerkKit(Kit):
    """A kit with a clerk, and a scribe for recordings."""

    clerk: Clerk = field(default_factory=Clerk)
    scribe: Scribe = field(default_factory=Scribe)
    others: Sequence[Clerk] = ()

    @cached_property
    def roster(self) -> Roster:
        prices = PriceBook(
            {("clerk", "clerk-8b"): PRICE, ("scribe", "scribe-1"): OwnPrice(usd_per_audio_hour=Decimal(9))}
        )
        entries = (Entry(self.clerk, 10, account="clerk"), Entry(self.scribe, 20, account="scribe"))
        others = (Entry(each, 30 + at, account=each.name) for at, each in enumerate(self.others))
        return Roster((*entries, *others), self._policy, prices)


@dataclass
class World:
    """A user's meetings and home."""

    root: Path
    home: Path
    clerk: Clerk = field(default_factory=Clerk)
    others: Sequence[Clerk] = ()

    def put(self, name: str, talk: Sequence[tuple[str | None, str]] = TALK, **more: Any) -> Path:
        """A transcript."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document(talk, **more)), encoding="utf-8")
        utime(path, ns=(OLD_NS, OLD_NS))
        return path

    def summarize(self, *paths: Path, witness: Audience | None = None, **wishes: Any) -> Report:
        """Run the pipeline as a command would."""
        kit = ClerkKit(Settings(home=self.home), Wishes(workers=2), clerk=self.clerk, others=self.others)
        names = set(TranscribeOptions.__dataclass_fields__) - set(SummarizeOptions.__dataclass_fields__)
        run_wishes = {name: wishes.pop(name) for name in list(wishes) if name in names}
        wishes = {"formats": ("json", "md", "html"), **wishes}
        options = SummarizeOptions(run=TranscribeOptions(formats=("json",), **run_wishes), **wishes)
        return asyncio.run(run(paths or (self.root,), options, kit, witness or Audience()))

    def minutes(self, name: str) -> dict[str, Any]:
        """The minutes of a meeting."""
        found: dict[str, Any] = json.loads((self.root / f"{name}.minutes.json").read_text("utf-8"))
        return found

    def outputs(self) -> dict[str, bytes]:
        """Every file of minutes below the root."""
        return {str(path.relative_to(self.root)): path.read_bytes() for path in self.root.rglob("*.minutes.*")}

    def charges(self) -> Any:
        with State(self.home / "state.sqlite3") as state:
            return state.charges(by="file")
