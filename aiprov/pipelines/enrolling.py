"""Take up somebody's voice: from clips, or from what one speaker of a transcript says in its recording.

A sample that sounds like somebody else than its profile is refused. Knows nothing of how voices are heard.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

from aiprov.core.matching import LEAST, UNLIKE, centre, cosine
from aiprov.errors import InputError
from aiprov.files import sha256_of
from aiprov.pipelines.labels import labels_of
from aiprov.pipelines.named import people_of, turns_of
from aiprov.pipelines.opening import opened
from aiprov.voices import Profile, Sample, VoiceProfiles

Span = tuple[float, float]

_ENOUGH_S = 60.0  # more speech makes no better sample
_SHORT_S = 1.0  # turns below it say little about a voice


class Ear(Protocol):
    """Hears voices (`providers.local.speakers.diarizer.Diarizer`); `model` names what it hears with."""

    model: str

    def voice(self, path: Path, spans: Sequence[Span] | None) -> tuple[float, ...]:
        """The voice in these spans of a recording, or in all of it, as a vector of length 1.

        Raises:
            InputError: There is too little speech, or more than one voice.
        """


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A voice that was taken up.

    Attributes:
        profile: As it is now.
        new: Whether the name was not known before.
        alike: Other names whose voices are so near that neither will be told from the other.
    """

    profile: Profile
    new: bool
    alike: tuple[str, ...]


def enroll(name: str, samples: Sequence[Sample], model: str, voices: VoiceProfiles, *, force: bool = False) -> Enrolled:
    """Take up samples under a name.

    Args:
        force: Also where they do not sound like one person.

    Raises:
        ConfigError: It is no name.
        InputError: A sample sounds like somebody else than the others of that name.
    """
    before = voices.find(name)
    heard = [each.vector for each in before.samples] if before is not None and before.model == model else []
    for sample in samples:
        if heard and cosine(centre(heard), sample.vector) < UNLIKE and not force:
            hint = "check the recording; --force takes it up all the same, `aiprov speakers forget` begins anew"
            raise InputError(f"this does not sound like the other recordings of {name}", hint, code="other_voice")
        heard.append(sample.vector)
    profile = voices.enroll(name, samples, model)
    others = {other: voice for other, voice in voices.known(model).items() if other != profile.name}
    alike = tuple(other for other, voice in others.items() if cosine(voice, profile.voice) >= LEAST)
    return Enrolled(profile, before is None, alike)


def of_clips(clips: Sequence[Path], ear: Ear, today: date | None = None) -> list[Sample]:
    """A sample of each clip, all of whose speech is one person's.

    Raises:
        InputError: A clip cannot be read, has too little speech, or more than one voice.
    """
    from aiprov.audio import probe

    return [Sample(ear.voice(clip, None), probe(clip).duration_s or 0.0, _day(today)) for clip in clips]


def of_speaker(transcript: Path, said: str, ear: Ear, today: date | None = None) -> Sample:
    """A sample of one speaker of a transcript: their longest turns in the recording.

    Args:
        transcript: Its JSON.
        said: The speaker's label, or the name that is shown.

    Raises:
        ConfigError: There is no such speaker.
        InputError: The recording is gone or was changed; or the speech is too short, or of several people.
    """
    document = opened(transcript)
    labels = labels_of(people_of(document), said)
    recording = recording_of(transcript, document)
    spans = spans_of(document, set(labels))
    return Sample(ear.voice(recording, spans), sum(end - start for start, end in spans), _day(today))


def recording_of(transcript: Path, document: Mapping[str, Any]) -> Path:
    """The recording that a transcript names.

    Raises:
        InputError: It names none, or one that is not there or has another content.
    """
    source = (document.get("aiprov") or {}).get("source") or {}
    path = transcript.parent / str(source.get("path") or "")
    try:
        same = path.is_file() and sha256_of(path) == source.get("sha256")
    except OSError as error:
        said = f"the recording of {transcript} cannot be read: {error.strerror}"
        raise InputError(said, "check its permissions", code="unreadable_audio") from error
    if not same:
        said = "was changed since" if path.is_file() else "is not where it was"
        raise InputError(f"the recording of {transcript} {said}", "enroll a clip instead", code="not_found")
    return Path(os.path.normpath(path))


def spans_of(document: Mapping[str, Any], labels: set[str]) -> list[Span]:
    """The longest turns of a speaker (seconds), where nobody else speaks, up to a minute; in order of time."""
    turns = turns_of(document)
    others = [(turn.start, turn.end) for turn in turns if turn.speaker not in labels]
    alone = [span for turn in turns if turn.speaker in labels for span in _left((turn.start, turn.end), others)]
    spans = list[Span]()
    room_s = _ENOUGH_S
    for start, end in sorted(alone, key=lambda span: span[0] - span[1]):
        if room_s < _SHORT_S or (spans and end - start < _SHORT_S):
            break
        spans.append((start, min(end, start + room_s)))
        room_s -= spans[-1][1] - start
    return sorted(spans)


def _left(span: Span, others: Sequence[Span]) -> Iterator[Span]:
    """What is left of a span without others."""
    start, end = span
    for begin, until in sorted(other for other in others if other[0] < end and other[1] > start):
        if begin > start:
            yield start, begin
        start = max(start, until)
    if end > start:
        yield start, end


def _day(today: date | None) -> str:
    return (today or datetime.now(UTC).date()).isoformat()
