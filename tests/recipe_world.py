"""A user's recordings and home, and providers for every step of a recipe, all played."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from aiprov.batch.report import Report
from aiprov.core.requests import TranscriptionRequest
from aiprov.core.results import Segment, Transcript, Word
from aiprov.manager import Entry, Roster
from aiprov.pipelines.embed import EmbedOptions
from aiprov.pipelines.options import TranscribeOptions
from aiprov.pipelines.recipe_options import ExportOptions, RecipeOptions
from aiprov.pipelines.recipe_run import run
from aiprov.pipelines.summarize_options import SummarizeOptions
from aiprov.prices import OwnPrice, PriceBook
from aiprov.providers.base import Hooks
from aiprov.providers.local.provider import Wishes
from aiprov.settings import Settings
from aiprov.state import State
from aiprov.wiring import Kit
from archive_world import Meaner
from clerk_world import PRICE, TALK, Clerk
from transcribe_world import Audience, Scribe

__all__ = ["Clerk", "Meaner", "RecipeWorld", "Talker"]


@dataclass
class Talker(Scribe):
    """A scribe that hears the clerk's meeting in every recording, and what tells the recording from others."""

    async def transcribe(self, request: TranscriptionRequest, model: str, hooks: Hooks) -> Transcript:
        found = await super().transcribe(request, model, hooks)
        said = [text for _, text in TALK] + [found.text]
        segments = tuple(_segment(at, text) for at, text in enumerate(said))
        return replace(found, text=" ".join(said), segments=segments)


def _segment(at: int, text: str) -> Segment:
    """Five seconds of talk, four words a second."""
    begins = [5.0 * at + 0.25 * place for place, _ in enumerate(text.split())]
    words = tuple(Word(start, start + 0.25, f" {word}", 0.9) for start, word in zip(begins, text.split(), strict=True))
    return Segment(at, 0, 5.0 * at, 5.0 * at + 4.5, f" {text}", 0.0, -0.2, 0.7, 0.01, words)


@dataclass
class RecipeKit(Kit):
    """A kit of these three, who stand for everybody."""

    scribe: Scribe = field(default_factory=Talker)
    clerk: Clerk = field(default_factory=Clerk)
    meaner: Meaner = field(default_factory=lambda: Meaner("cloud", local=False))

    @cached_property
    def roster(self) -> Roster:
        own = {("clerk", "clerk-8b"): PRICE, ("scribe", "scribe-1"): OwnPrice(usd_per_audio_hour=Decimal(9))}
        own["cloud", "words-1"] = OwnPrice(usd_per_million_input_tokens=Decimal(1000))
        people = (self.scribe, self.clerk, self.meaner)
        entries = tuple(Entry(each, 10 * at, account=each.name) for at, each in enumerate(people, 1))
        return Roster(entries, self._policy, PriceBook(own))


@dataclass
class RecipeWorld:
    """A user's meetings and home."""

    root: Path
    home: Path
    scribe: Scribe = field(default_factory=Talker)
    clerk: Clerk = field(default_factory=Clerk)
    meaner: Meaner = field(default_factory=lambda: Meaner("cloud", local=False))

    @property
    def archive(self) -> Path:
        return self.home / "archive.sqlite3"

    def run(self, *paths: Path, witness: Audience | None = None, **wishes: Any) -> Report:
        """Run all steps as a command would; a wish for a step replaces what it is usually given, and None takes it out.

        The usual: json and txt, minutes in json and md, an archive.
        """
        kit = RecipeKit(
            Settings(home=self.home), Wishes(workers=2), scribe=self.scribe, clerk=self.clerk, meaner=self.meaner
        )
        of_run = {name: wishes.pop(name) for name in list(wishes) if name in TranscribeOptions.__dataclass_fields__}
        speech = TranscribeOptions(**({"formats": ("json", "txt"), "recursive": True} | of_run))
        usual: dict[str, Any] = {
            "summarize": SummarizeOptions(("json", "md"), speech),
            "embed": EmbedOptions(
                self.archive, provider="cloud", transcribe=speech, force=speech.force, dry_run=speech.dry_run
            ),
        }
        options = RecipeOptions("house", speech, **(usual | wishes))
        return asyncio.run(run(paths or (self.root,), options, kit, witness or Audience()))

    def minutes(self, **wishes: Any) -> SummarizeOptions:
        """Options of a way to summarize, with the usual formats."""
        speech = TranscribeOptions(("json",), recursive=True, max_cost=wishes.pop("max_cost", None))
        return SummarizeOptions(("json", "md"), speech, **wishes)

    def exported(self, *formats: str) -> ExportOptions:
        return ExportOptions(formats)

    def outputs(self) -> dict[str, bytes]:
        """Every file below the root that is no recording."""
        files = (path for path in self.root.rglob("*") if path.is_file() and path.suffix != ".wav")
        return {str(path.relative_to(self.root)): path.read_bytes() for path in files}

    def charges(self) -> Any:
        with State(self.home / "state.sqlite3") as state:
            return state.charges(by="model")
