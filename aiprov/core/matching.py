"""Whose voice it is: the voices of one recording against voices that are known. Pure.

A voice is a vector of length 1, made by one voice model; vectors of different models cannot be compared. A wrong
name is worse than a label, so whatever is not clear stays unnamed. Knows nothing of audio and of where voices are kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from aiprov.core.results import Transcript
from aiprov.core.speakers import Diarization, Speaker

Voice = Sequence[float]

# Cosines of CAM++. Of five readers and five people at a meeting's table, strangers came to 0.42 at most, the same voice
# to 0.54 at least with noise or in a room; through a telephone to 0.5, which needs a sample of its own by telephone.
LEAST = 0.5
MARGIN = 0.15
UNLIKE = 0.35  # below it, hardly anybody is the same person, telephone or not


@dataclass(frozen=True, slots=True)
class Match:
    """Whose voice it is, and how near (cosine, -1..1) it is to the one that is known."""

    name: str
    cosine: float


def cosine(one: Voice, other: Voice) -> float:
    """How near two voices are: 1 for the same, about 0 for strangers."""
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def centre(voices: Iterable[Voice]) -> tuple[float, ...]:
    """The voice in the middle of several recordings of one person.

    Raises:
        ValueError: There is none, or they cancel each other.
    """
    sums = [math.fsum(values) for values in zip(*voices, strict=True)]
    length = math.hypot(*sums)
    if length < 1e-6:
        raise ValueError("no voice is left in the middle")
    return tuple(value / length for value in sums)


def matched(voices: Mapping[str, Voice], known: Mapping[str, Voice]) -> dict[str, Match]:
    """Say which voices of a recording are known; each name goes to one voice at most.

    A voice gets a name when it is near enough, and when it is nearer by a margin than every other voice of the
    recording to that name, and than that voice to every other name. So each of both is the other's best, and which
    pair is looked at first does not matter.

    Args:
        voices: By label.
        known: By name; made by the same model.
    """
    near = {(label, name): cosine(voice, known[name]) for label, voice in voices.items() for name in known}
    found = {}
    for (label, name), value in near.items():
        rivals = (other for pair, other in near.items() if (pair[0] == label) != (pair[1] == name))
        if value >= LEAST and value - max(rivals, default=-1.0) >= MARGIN:
            found[label] = Match(name, value)
    return found


def recognised(transcript: Transcript, diarization: Diarization, known: Mapping[str, Voice]) -> Transcript:
    """Put the names of known voices to the speakers of a transcript; its segments and words keep the labels.

    Args:
        transcript: Labelled by `diarization`.
        diarization: With its voices.
        known: By name; made by `diarization.model`.
    """
    if transcript.speakers is None:
        return transcript
    found = matched(diarization.voices, known)
    people = tuple(_named(each, found.get(each.label)) for each in transcript.speakers.people)
    return replace(transcript, speakers=replace(transcript.speakers, people=people))


def _named(speaker: Speaker, match: Match | None) -> Speaker:
    if match is None:
        return speaker
    return replace(speaker, name=match.name, source="profile", match=match.cosine)
