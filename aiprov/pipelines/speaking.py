"""Who speaks, for one run: by the channel, or by the voice once there are words.

Words come from the manager, which pays and keeps them by themselves: another wish about speakers pays nothing again.
Knows nothing of files' formats and of how voices are told apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from aiprov.audio import channels_of, levels_of
from aiprov.batch.stop import Stop
from aiprov.core.channels import merged
from aiprov.core.identity import request_hash
from aiprov.core.results import Transcript
from aiprov.core.speakers import Diarization, SpeakerWish
from aiprov.errors import ConfigError
from aiprov.manager import Transcribing
from aiprov.pipelines.options import SpeakerOptions
from aiprov.providers.local.threads import in_thread

Serve = Callable[[Transcribing], Awaitable[Transcript]]

# Raised when the same words would get other speakers.
_VERSION = 1


class Voices(Protocol):
    """Tells voices apart."""

    model: str

    def diarize(self, path: Path, wish: SpeakerWish, *, check: Callable[[], None]) -> Diarization:
        """Who speaks when in a recording."""


@dataclass(frozen=True, slots=True)
class Told:
    """A transcript, and who speaks in it where that was asked for.

    Attributes:
        way: How the speakers were told apart: `words` (not at all), `voices` or `channels`.
    """

    transcript: Transcript
    way: str


@dataclass(slots=True)
class Speaking:
    """Tells speakers apart in one way for a whole run.

    Attributes:
        options: How.
        voices: Gives what tells voices apart; asked when there is a first recording.
        local: Whether the words come from this machine, where a second channel costs no money.
        named: Puts names to the voices that are known.
    """

    options: SpeakerOptions
    voices: Callable[[], Voices]
    local: bool
    named: Callable[[Transcript, Diarization], Transcript] = lambda transcript, _: transcript
    _alone: asyncio.Lock = field(default_factory=asyncio.Lock)  # it takes every core

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways in which this run may tell speakers apart, the likeliest first."""
        if self._splits == "split":
            return ("channels",)
        by_voice = "voices" if self.options.diarize else "words"
        return (by_voice,) if self._splits == "mix" else (by_voice, "channels")

    @property
    def _splits(self) -> str:
        channels = self.options.channels
        return "mix" if channels == "auto" and not self.local else channels

    def hashes(self, words: Sequence[str]) -> list[str]:
        """Under which hashes a transcript with speakers is kept, given those of its words."""
        return [self.hash_of(way, each) for way in self.ways for each in words]

    def hash_of(self, way: str, words: str) -> str:
        """The hash of a transcript whose speakers were told apart in this way."""
        if way == "words":
            return words
        wish = self.options.wish
        asked = {"minimum": wish.minimum, "maximum": wish.maximum} if self.options.diarize else {}
        return request_hash(f"speakers by {way}", words, {"version": _VERSION, **asked})

    async def told(self, task: Transcribing, serve: Serve, stop: Stop) -> Told:
        """Get the words, and say who speaks them.

        Raises:
            AiprovError: As serving the task does; the voice model is not to be had.
        """
        if channels := await self._apart(task.path, stop):
            return Told(await self._merged(task, channels, serve, stop), "channels")
        transcript = await serve(task)
        if self.options.diarize and not self._was_told(transcript):
            from aiprov.core.labelling import labelled

            found = await self._heard(task.path, stop)
            transcript = self.named(labelled(transcript, found), found)
        return Told(transcript, self.ways[0])

    def _was_told(self, transcript: Transcript) -> bool:
        """Whether the provider told speakers apart, and nobody knows better how many they are."""
        return transcript.speakers is not None and self.options.wish == SpeakerWish()

    async def _apart(self, path: Path, stop: Stop) -> tuple[int, ...]:
        """The channels that are to be transcribed by themselves; none when the mix is."""
        if self._splits == "mix":
            return ()
        try:
            found = await in_thread(lambda check: channels_of(path, check), stop.check)
        except ConfigError:  # nothing is installed that reads audio
            if self._splits == "split":
                raise
            return ()
        if self._splits == "split" and found.channels > 1:
            return found.voices or tuple(range(found.channels))
        return found.voices if found.split else ()

    async def _merged(self, task: Transcribing, channels: Sequence[int], serve: Serve, stop: Stop) -> Transcript:
        found = [await serve(replace(task, request=replace(task.request, channel=each))) for each in channels]
        levels = await in_thread(lambda check: levels_of(task.path, channels, check), stop.check)
        return merged(found, levels=levels, channels=channels)

    async def _heard(self, path: Path, stop: Stop) -> Diarization:
        async with self._alone:
            voices = self.voices()
            return await in_thread(lambda check: voices.diarize(path, self.options.wish, check=check), stop.check)
