"""A user's recordings, home and transcribing provider, all played: answers are made in an instant, for a price."""

from __future__ import annotations

import asyncio
import hashlib
import math
import struct
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from os import utime
from pathlib import Path
from typing import Any

from aiprov.batch.report import Report
from aiprov.core.requests import ModelCapability, TranscriptionRequest
from aiprov.core.results import Finding, Quality, Segment, Transcript, Word
from aiprov.core.routing import ModelFacts
from aiprov.manager import Entry, Roster
from aiprov.pipelines.options import TranscribeOptions
from aiprov.pipelines.transcribe import run
from aiprov.prices import OwnPrice, PriceBook
from aiprov.providers.base import Hooks
from aiprov.providers.fake import FakeProvider
from aiprov.providers.local.provider import Wishes
from aiprov.settings import Settings
from aiprov.state import State
from aiprov.wiring import Kit
from batch_world import Witness

PRICE = Decimal("0.25")
OLD_NS = 1_700_000_000_000_000_000  # old enough that a content hash may be remembered


@dataclass
class Scribe(FakeProvider):
    """Stands for a provider that transcribes. What it writes depends on the recording's bytes alone."""

    name: str = "scribe"
    before: Callable[[TranscriptionRequest, Hooks], object] = lambda request, hooks: None
    after: Callable[[TranscriptionRequest], object] = lambda request: None
    quality: Quality = field(default_factory=lambda: Quality("ok", 1.0, (), 2.0))
    heard: list[str] = field(default_factory=list)

    def models(self, capability: ModelCapability) -> Sequence[ModelFacts]:
        return [facts for facts in (self._facts("scribe-1"),) if facts.capability == capability]

    def facts(self, capability: ModelCapability, model: str) -> ModelFacts | None:
        return None if model == "nobody" else self._facts(model)

    def _facts(self, model: str) -> ModelFacts:
        return ModelFacts(model, ModelCapability.TRANSCRIPTION, words=True, segments=True, translates=True)

    async def transcribe(self, request: TranscriptionRequest, model: str, hooks: Hooks) -> Transcript:
        self.heard.append(request.audio_path.name)
        self.before(request, hooks)
        digest = hashlib.sha256(request.audio_path.read_bytes()).hexdigest()
        hooks.progress(2.0)
        await asyncio.sleep(0)
        self.after(request)
        words = (Word(0.1, 0.5, " Heard", 0.9), Word(0.6, 1.25, f" {digest[:8]}.", 0.8))
        segment = Segment(0, 0, 0.1, 1.25, f" Heard {digest[:8]}.", 0.0, -0.2, 0.7, 0.01, words)
        return Transcript(
            text=f"Heard {digest[:8]}.",
            segments=(segment,),
            language=request.language or "en",
            duration_s=2.0,
            provider=self.name,
            model=model,
            cost=None,
            quality=self.quality,
        )


def suspect() -> Quality:
    """A verdict with one finding to tell and one that explains itself."""
    findings = (
        Finding("words_on_silence", 0.2, 0.3, "note", "words on a noise were left out"),
        Finding("uncovered_speech", 1.2, 4.4, "suspect", "3.2 s of speech without words"),
    )
    return Quality("suspect", 0.7, findings, 5.0)


def put(folder: Path, name: str | bytes, pitch: int = 440) -> Path:
    """A recording of a tone, 0.2 s long; every pitch is another content."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"".join(struct.pack("<h", int(8000 * math.sin(pitch * i / 1273))) for i in range(1600)))
    utime(path, ns=(OLD_NS, OLD_NS))
    return path


def put_long(folder: Path, name: str, seconds: int, pitch: float = 3.0) -> Path:
    """A recording of a tone that comes and goes every second, 8 kHz."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    tone = [int(8000 * math.sin(i / pitch)) if i % 8000 < 5000 else 0 for i in range(8000 * seconds)]
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        sound.writeframes(struct.pack(f"<{len(tone)}h", *tone))
    utime(path, ns=(OLD_NS, OLD_NS))
    return path


@dataclass
class Audience(Witness):
    """A watcher that remembers, and hears of models being fetched."""

    fetched: list[str] = field(default_factory=list)

    def fetching(self, what: str, done: int, total: int) -> None:
        self.fetched.append(what)


@dataclass
class PlayedKit(Kit):
    """A kit whose only provider is the scribe, unless somebody comes before."""

    scribe: Scribe = field(default_factory=Scribe)
    newcomer: Scribe | None = None
    ear: Any = None

    @cached_property
    def diarizer(self) -> Any:
        return self.ear

    @cached_property
    def roster(self) -> Roster:
        prices = PriceBook({("scribe", "scribe-1"): OwnPrice(usd_per_audio_hour=PRICE * 1800)})
        first = () if self.newcomer is None else (Entry(self.newcomer, 1, account="newcomer"),)
        return Roster((*first, Entry(self.scribe, 10, account="scribe")), self._policy, prices)


@dataclass
class World:
    """A user's recordings and home."""

    root: Path
    home: Path
    scribe: Scribe = field(default_factory=Scribe)
    newcomer: Scribe | None = None
    ear: Any = None

    def transcribe(self, *paths: Path, witness: Audience | None = None, **wishes: Any) -> Report:
        """Run the pipeline as a command would."""
        played = {"scribe": self.scribe, "newcomer": self.newcomer, "ear": self.ear}
        kit = PlayedKit(Settings(home=self.home), Wishes(workers=2), **played)
        options = TranscribeOptions(**({"formats": ("json", "txt")} | wishes))
        return asyncio.run(run(paths or (self.root,), options, kit, witness or Audience()))

    def outputs(self) -> dict[str, bytes]:
        """Every file below the root that is no recording."""
        files = (path for path in self.root.rglob("*") if path.is_file() and path.suffix != ".wav")
        return {str(path.relative_to(self.root)): path.read_bytes() for path in files}

    def charges(self) -> Any:
        with State(self.home / "state.sqlite3") as state:
            return state.charges(by="file")
