"""Who speaks when: what telling speakers apart gives, and what a transcript says of its speakers. Pure.

Labels (`SPEAKER_00`, in the order in which people first speak) name voices within one recording; names are what people
know them by. Knows nothing of audio: how voices were told apart is a provider's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of one speaker, in seconds. Turns of different speakers may overlap."""

    start: float
    end: float
    speaker: str


@dataclass(frozen=True, slots=True)
class SpeakerWish:
    """What is known before about the number of speakers.

    Attributes:
        minimum: At least so many.
        maximum: At most so many; None when nobody knows.
    """

    minimum: int = 1
    maximum: int | None = None

    @property
    def exact(self) -> int | None:
        """The number, when it is known."""
        return self.minimum if self.minimum == self.maximum else None


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who speaks when in one recording.

    Attributes:
        turns: In order of their starts.
        confidence: How sure the number of speakers is, 0..1; 1 where it was told.
        model: The voice model, by its name in the lock; what other way it was, where there was no model.
        voices: For each label the voice as a vector of length 1. It is personal data: never stored with a transcript.
    """

    turns: tuple[Turn, ...]
    confidence: float
    model: str
    voices: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        """The speakers, in the order in which they first speak."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))


@dataclass(frozen=True, slots=True)
class Speaker:
    """One speaker of a transcript.

    Attributes:
        label: `SPEAKER_00` and so on, or the channel's name.
        speech_s: Seconds of speech.
        name: Who it is, when that is known.
        source: Where the name is from: `given` (somebody said so), `profile` (the voice is known), `channel`.
        match: How near the voice is to its profile, -1..1; None without one.
    """

    label: str
    speech_s: float
    name: str | None = None
    source: str | None = None
    match: float | None = None


@dataclass(frozen=True, slots=True)
class Speakers:
    """What a transcript says of its speakers.

    Attributes:
        method: `voices` (told apart by sound), `channels`, or `provider` (it came with the transcript).
        model: The voice model; empty without one.
        confidence: How sure the number of speakers is, 0..1; None when nobody can tell.
        people: In the order in which they first speak.
        turns: Who speaks when, by label.
    """

    method: str
    people: tuple[Speaker, ...]
    turns: tuple[Turn, ...] = ()
    model: str = ""
    confidence: float | None = None


def label_of(number: int) -> str:
    """The label of a recording's speaker, from 0, as other tools write it."""
    return f"SPEAKER_{number:02d}"


def speakers_of(
    turns: Sequence[Turn],
    method: str,
    model: str = "",
    confidence: float | None = None,
    names: Mapping[str, str] | None = None,
) -> Speakers:
    """What a transcript says of the speakers of these turns.

    Args:
        turns: In order of their starts.
        method, model, confidence: As in `Speakers`.
        names: The channels' names by label, where they have any.
    """
    speech_s: dict[str, float] = {}
    for turn in turns:
        speech_s[turn.speaker] = speech_s.get(turn.speaker, 0.0) + turn.end - turn.start
    known = names or {}
    people = (
        Speaker(label, seconds, known.get(label), "channel" if label in known else None)
        for label, seconds in speech_s.items()
    )
    return Speakers(method, tuple(people), tuple(turns), model, confidence)
