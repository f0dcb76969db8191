"""Voices without sound: a recording's name says who speaks in it, and every meeting has the same three turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiprov.core.requests import TranscriptionRequest
from aiprov.core.results import Segment, Transcript, Word
from aiprov.core.speakers import Speaker, Speakers, Turn
from aiprov.errors import InputError
from aiprov.providers.base import Hooks
from transcribe_world import Scribe

VOICES = {
    "maria": (1.0, 0.0, 0.0),
    "maria-by-phone": (0.8, 0.6, 0.0),
    "peter": (0.0, 0.0, 1.0),
    "sister": (0.96, 0.28, 0.0),
}


@dataclass
class PlayedEar:
    """Hears the voice that a recording is named after; of several speakers those that `cast` says."""

    model: str = "cam++"
    cast: Mapping[str, str] = field(default_factory=dict)
    heard: list[tuple[str, Sequence[tuple[float, float]] | None]] = field(default_factory=list)

    def voice(self, path: Path, spans: Sequence[tuple[float, float]] | None) -> tuple[float, ...]:
        self.heard.append((path.name, spans))
        if path.stem not in VOICES:
            raise InputError(f"{path} has more than one voice", code="several_voices")
        return VOICES[path.stem]

    def voices(self, path: Path, spans: Mapping[str, Sequence[tuple[float, float]]]) -> dict[str, tuple[float, ...]]:
        self.heard += [(path.name, each) for each in spans.values()]
        return {label: VOICES[self.cast[label]] for label in spans if label in self.cast}


TURNS = (Turn(0.0, 1.0, "SPEAKER_00"), Turn(1.0, 2.0, "SPEAKER_01"), Turn(2.0, 2.5, "SPEAKER_02"))


def said(turn: Turn, number: int) -> Segment:
    words = (Word(turn.start, turn.end, " Heard.", 0.9, turn.speaker),)
    return Segment(number, 0, turn.start, turn.end, " Heard.", 0.0, -0.2, 0.7, 0.01, words, turn.speaker)


@dataclass
class Panel(Scribe):
    """A provider that tells three speakers apart; the second one's voice is known."""

    async def transcribe(self, request: TranscriptionRequest, model: str, hooks: Hooks) -> Transcript:
        transcript = await super().transcribe(request, model, hooks)
        people = [Speaker(turn.speaker, turn.end - turn.start) for turn in TURNS]
        people[1] = replace(people[1], name="Peter", source="profile", match=0.8)
        segments = tuple(said(turn, number) for number, turn in enumerate(TURNS))
        return replace(transcript, segments=segments, speakers=Speakers("voices", tuple(people), TURNS, "cam++", 0.9))
