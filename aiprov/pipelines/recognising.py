"""Name the voices that are remembered in transcripts that were there before; nothing is transcribed.

A transcript holds no voice: of each speaker who has no name, up to a minute of the recording is heard again. The names
go into the stored answer as well, so that what is rendered from it later shows them, too. Whoever has a name keeps it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from aiprov.core.matching import Match, matched
from aiprov.errors import InputError
from aiprov.files import RunLock
from aiprov.pipelines.enrolling import Span, recording_of, spans_of
from aiprov.pipelines.labels import Labelled, transcript_of
from aiprov.pipelines.named import named, people_of, recognised, turns_of, unnamed
from aiprov.pipelines.opening import opened
from aiprov.pipelines.rerendering import Outputs
from aiprov.state import State

Known = Mapping[str, Sequence[float]]


class Ear(Protocol):
    """Hears voices (`providers.local.speakers.diarizer.Diarizer`)."""

    def voices(self, path: Path, spans: Mapping[str, Sequence[Span]]) -> Mapping[str, tuple[float, ...]]:
        """The voices in spans of a recording, by label; without those that cannot be told."""


def recognise(
    path: Path, known: Known, ear: Callable[[], Ear], state: State, locks: Path, *, force: bool = False
) -> Labelled:
    """Give the speakers of a transcript the names of known voices, where it is clear whose they are.

    Args:
        path: A transcript's JSON, or the recording beside it.
        known: Voices by name, made by the ear's model.
        ear: Gives what hears voices; asked only when somebody has no name yet.
        locks: Folder for the notes that name the holders of locks (`Settings.locks_folder`).
        force: Overwrite outputs that were edited, too.

    Raises:
        InputError: There is no transcript, it knows no speakers, or its recording is gone or was changed.
        Busy: A run is writing into the folder.
        StorageError: Something could not be written.
    """
    transcript = transcript_of(path)
    with RunLock([transcript.parent], locks):
        before = opened(transcript)
        document = unnamed(before)
        found = _found(transcript, document, known, ear)
        now = named(recognised(document, found), {}) if found else before
        moments = state.given_names(document["aiprov"]["source"]["sha256"])
        outputs = Outputs(transcript, before, now, moments, state, force)
        if found:
            outputs.amended = _amended(outputs, document, found)
            outputs.render()
    names = {label: match.name for label, match in found.items()}
    return Labelled(transcript, names, people_of(now), tuple(outputs.written), tuple(outputs.kept))


def _found(transcript: Path, document: Mapping[str, Any], known: Known, ear: Callable[[], Ear]) -> Mapping[str, Match]:
    """The known voices among the speakers who have no name."""
    if "speakers" not in document.get("aiprov", {}):
        hint = "transcribe the recording again with --diarize"
        raise InputError(f"{transcript} does not say who speaks", hint, code="no_speakers")
    people = document["aiprov"]["speakers"]["people"]
    nameless = [each["label"] for each in people if not each.get("name")]
    left = {name: voice for name, voice in known.items() if name not in {each.get("name") for each in people}}
    if not nameless or not left:
        return {}
    recording = recording_of(transcript, document)
    return matched(ear().voices(recording, {each: spans_of(document, {each}) for each in nameless}), left)


def _amended(outputs: Outputs, document: Mapping[str, Any], found: Mapping[str, Match]) -> dict[str, str]:
    """Put the names into the stored answers that tell the same speakers apart; the digests that changed."""
    digests = {}
    for request_hash in {row.request_hash for row in outputs.rows()[1].values()}:
        before = outputs.state.answer(request_hash)
        if before is not None and turns_of(said := json.loads(before)) == turns_of(document):
            after = json.dumps(recognised(said, found), separators=(",", ":")).encode("ascii")
            outputs.state.keep_answer(request_hash, after)
            digests[hashlib.sha256(before).hexdigest()] = hashlib.sha256(after).hexdigest()
    return digests
